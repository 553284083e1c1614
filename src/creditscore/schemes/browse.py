"""Which schemes the library holds, which version is meant, and what one says at its head."""

from __future__ import annotations

from datetime import date

from creditscore.core.days import day_of
from creditscore.core.i18n import Lang
from creditscore.schemes import describe, registry
from creditscore.schemes.model import Scheme


def list(on: date | str | None = None) -> tuple[Scheme, ...]:
    """List every version of every scheme, or those in force on a day.

    A version that holds for evaluation years is in force on every day of them, also where the year cannot be graded
    yet. Which version grades a period is another question: on 30 June 2025 the last whole year is 2024.

    Parameters
    ----------
    on
        A day; None: any day.

    Returns
    -------
    tuple of Scheme
        In order of id and version; `.name` is what `grade` takes.

    Raises
    ------
    UsageError
        Where `on` is no day.

    Examples
    --------
    >>> [scheme.name for scheme in list("2025-06-30") if scheme.domain == "tax"]
    ['tax@2025']
    """
    day = day_of(on, "on")
    versions = (registry.load(entry) for entry in registry.entries())
    return tuple(scheme for scheme in versions if day is None or registry.in_force(scheme, _place(scheme, day)))


def list_last_graded(on: date) -> tuple[Scheme, ...]:
    """List the versions that grade the last evaluation year complete on a day, where others are in force on the day.

    Parameters
    ----------
    on
        The day.

    Returns
    -------
    tuple of Scheme
        In order of id and version; none on 31 December, when the year of the day is complete.

    Examples
    --------
    >>> [scheme.name for scheme in list_last_graded(date(2025, 6, 30)) if scheme.domain == "tax"]
    ['tax@2014']
    """
    year = registry.moment("year", on)
    versions = (registry.load(entry) for entry in registry.entries())
    return tuple(
        scheme
        for scheme in versions
        if scheme.period == "year" and registry.in_force(scheme, year) and not registry.in_force(scheme, on.year)
    )


def pick(name: str, on: date | str | None = None) -> Scheme:
    """Pick one version of a scheme: the newest, the one that is pinned, or the one in force on a day.

    Parameters
    ----------
    name
        An id (`tax`), the last part of one, a pinned version (`tax@2014`) or a YAML file.
    on
        The day on which it must be in force, as for `list`; None: any day.

    Returns
    -------
    Scheme
        The version; its `.name` is what `grade` takes.

    Raises
    ------
    UsageError
        Where there is no such scheme; those with a name near to it are named.
    NotInForce
        Where none is in force on that day; the versions before and after are named.

    Examples
    --------
    >>> pick("tax", on="2019-06-30").name
    'tax@2014'
    """
    newest = registry.pick(name)
    day = day_of(on, "on")
    return newest if day is None else registry.find(name, _place(newest, day))


def show(name: str, lang: Lang = "en") -> dict[str, str]:
    """Show what a scheme says at its head; `creditscore scheme show` shows every rule.

    Parameters
    ----------
    name
        As for `pick`.
    lang
        `zh` or `en`.

    Returns
    -------
    dict
        Its role, when it is in force, what it is graded for, its grades from the best, its text and evidence.

    Raises
    ------
    UsageError
        Where there is no such scheme; those with a name near to it are named.

    Examples
    --------
    >>> show("tax@2014")["in force"]
    'from 2014 to before 2025'
    """
    return summarise(pick(name), lang)


def summarise(scheme: Scheme, lang: str) -> dict[str, str]:
    """Say in short lines what a scheme is, without its rules; what it does not say is left out."""
    grades = " > ".join(
        grade.code if grade.code == getattr(grade.label, lang) else f"{grade.code} {getattr(grade.label, lang)}"
        for grade in scheme.grades
    )
    by, until = scheme.imported_decision, scheme.effective_to
    lines = {
        "role": f"{scheme.role.replace('_', ' ')} ({scheme.use.replace('_', ' ')})",
        "decided by": getattr(by.by, lang) + (f", for {describe.span(by.life)}" if by.life else "") if by else "",
        "in force": f"from {scheme.effective_from}" + (f" to before {until}" if until else ""),
        "graded for": "an evaluation year" if scheme.period == "year" else "a day",
        "grades, best first": grades,
        "kinds": ", ".join(scheme.kinds or []),
        "direction": (scheme.direction or "").replace("_", " "),
        "text": describe.cited(scheme.cite, lang),
        "evidence": f"{scheme.evidence}, compared with its source on {scheme.checked_on}",
        "beside": ", ".join(scheme.beside),
        "gap": "; ".join(f"{gap.from_} to {gap.to}: {gap.reason}" for gap in scheme.gap),
    }
    return {name: line for name, line in lines.items() if line}


def _place(scheme: Scheme, day: date) -> int | date:
    """Where a day lies in a scheme's own time: in its evaluation year, or on the day itself."""
    return day.year if scheme.period == "year" else day
