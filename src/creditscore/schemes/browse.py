"""Which schemes the library holds, which version is meant, and what one says at its head."""

from __future__ import annotations

from datetime import date

from creditscore.core.days import day_of
from creditscore.core.i18n import Lang
from creditscore.schemes import describe, registry
from creditscore.schemes.model import Scheme


def list(on: date | str | None = None) -> tuple[Scheme, ...]:
    """List every version of every scheme, or those in force on a day.

    Parameters
    ----------
    on
        A day; schemes graded by year are those of its year.

    Returns
    -------
    tuple of Scheme
        In order of id and version; `.name` is what `grade` takes.

    Examples
    --------
    >>> [scheme.name for scheme in list("2019-06-30") if scheme.domain == "tax"]
    ['tax@2014']
    """
    day = day_of(on, "on")
    versions = (registry.load(entry) for entry in registry.entries())
    return tuple(scheme for scheme in versions if day is None or _governs(scheme, day))


def pick(name: str, on: date | str | None = None) -> Scheme:
    """Pick one version of a scheme: the newest, the one that is pinned, or the one in force on a day.

    Parameters
    ----------
    name
        An id (`tax`), the last part of one, a pinned version (`tax@2014`) or a YAML file.
    on
        The day on which it must be in force; None: any day.

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
    return newest if day is None else registry.find(name, registry.moment(newest.period, day))


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


def _governs(scheme: Scheme, day: date) -> bool:
    return registry.in_force(scheme, registry.moment(scheme.period, day))
