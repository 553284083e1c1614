"""From a grading to proposals in a store: which deciding rules held, for whom, on which records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.core.clock import check_day_has_come
from creditscore.core.days import iso, read_day
from creditscore.core.errors import UsageError
from creditscore.grading.batch import Gradings
from creditscore.grading.result import Grading
from creditscore.lists import rules
from creditscore.lists.beside import find_obstacle
from creditscore.lists.entries import Day, read_cases, require_day
from creditscore.lists.graded import Graded, read
from creditscore.lists.named_days import named_days, names_of, of_records
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.store.store import Store

GONE = ("withdrawn", "repaired", "exempt")  # reasons under which a record carries nothing
Days = Mapping[str, Day]


@dataclass(frozen=True)
class Proposals:
    """Report what `propose_graded` did.

    Parameters
    ----------
    cases
        The new cases.
    skipped
        (subject, list, trigger, why) of each trigger that held for a subject and led to no case.
    refused
        (list, trigger, why) of triggers that may never lead to a proposal.
    """

    cases: tuple[str, ...]
    skipped: tuple[tuple[str, str, str, str], ...]
    refused: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True)
class Held:
    """A trigger that held for an organisation, with the records that meet it (None: it reads no records)."""

    subject: str
    key: str
    trigger: str
    records: list[str] | None
    dates: Mapping[str, str]
    items: list[str]


def propose_graded(
    store: Store,
    grading: Grading | Gradings | Path | str,
    *,
    on: Day,
    by: str = "",
    known_on: Day | None = None,
    office: str = "",
    lists: Iterable[str] | None = None,
    records: Any = None,
    dates: Mapping[str, Days] | None = None,
    **papers: str,
) -> Proposals:
    """Propose every organisation for which a deciding rule of a grading is a trigger of a list, each by an act.

    A proposal names its rule and the records of the items that the rule reads. It is not repeated while a case on the
    same list is open or an entry holds, nor after the same records were declined; `skipped` says so. A trigger that is
    a band of the score, compares the score, or counts without a published text is refused (`refused`), whatever the
    grading holds. A person decides later. Everything is read, and every day checked, before the first act.

    Parameters
    ----------
    store
        The open store.
    grading
        A grading or several in memory, or a folder that `creditscore grade` wrote.
    on, by, known_on, office
        As in `Store.act`; `on` is not before the day of the grading, and neither day is one that has not come.
    lists
        Names of the lists to propose for; None for all lists of the schemes.
    records
        The table that was graded, from which the days are read that the steps of a list count from (`deadline_on`,
        `handled_on` …): a table of any kind that `ingest` takes. None for none.
    dates
        Such days given for each subject, `{"9131…": {"deadline_on": "2024-03-01"}}`; they replace those of `records`.
        None for none.
    **papers
        `organ`, `document` and `evidence` of every proposal, where there are any.

    Returns
    -------
    Proposals
        What became of each trigger.

    Raises
    ------
    UsageError
        Where a day is none or has not come, `on` lies before the day of the grading, no scheme of it keeps a list or
        one of `lists`, or a scheme is not the library's version of this name.
    InputError
        Where the grading cannot be read, or a day in `records` is not a day.

    Examples
    --------
    >>> propose_graded(store, "out/wage", on="2024-05-06", by="li.na").cases  # doctest: +SKIP
    ('listing/wage_arrears-0d5f27ab3c11',)
    """
    day, wanted = _require_come(on, "on"), None if lists is None else set(lists)
    known = None if known_on is None else _require_come(known_on, "known_on")
    days = {subject: _require_days(own, f"dates of {subject}") for subject, own in (dates or {}).items()}
    gradings = list(read(grading))
    _require_lists(gradings, wanted)
    refused: list[tuple[str, str, str]] = []
    held: list[tuple[Graded, Held]] = []
    for graded in gradings:
        if read_day(day) < graded.as_of:
            raise UsageError(
                "lists.proposed_before_day_grading", day=day, as_of=iso(graded.as_of), where=graded.scheme.name
            )
        for key in graded.scheme.lists:
            if wanted is None or key in wanted:
                held += ((graded, own) for own in _list_held(graded, key, records, days, refused))
    cases, skipped = [], []
    for graded, own in held:
        kind = graded.scheme.lists[own.key].kind
        why = "no record carries it" if own.records == [] else None
        beside = read_cases(store, subject=own.subject, list_=own.key)
        why = why or find_obstacle(beside, kind, own.records or [], own.trigger, day)
        if why is not None:
            skipped.append((own.subject, own.key, own.trigger, why))
            continue
        given: dict[str, Any] = {
            "list": own.key,
            "scheme": graded.scheme.name,
            "trigger": own.trigger,
            "records": own.records or [],
        }
        given |= {"run": graded.run_id or None, "as_of": iso(graded.as_of), "items": own.items, **papers}
        case = store.act(
            "listing",
            "propose",
            by=by,
            on=day,
            known_on=known,
            office=office,
            subject=own.subject,
            dates=dict(own.dates),
            **given,
        )
        cases.append(case.name)
    return Proposals(tuple(cases), tuple(skipped), tuple(refused))


def _list_held(
    graded: Graded, key: str, records: Any, dates: Mapping[str, Mapping[str, str]], refused: list[tuple[str, str, str]]
) -> Iterator[Held]:
    """The triggers of a list that held, for whom and on what; those that may never lead to a proposal are noted."""
    scheme = graded.scheme
    for trigger in scheme.lists[key].triggers:
        if why := rules.why_not(scheme, key, trigger):
            refused.append((key, trigger, why))
            continue
        holding = list(_read_holding(graded, scheme, trigger))
        if holding:
            _require_of_library(scheme)
        ids = [record for _, own in holding for record in own or ()]
        days_of_records = named_days(records, ids, names_of(scheme.lists[key]))
        for subject, own in holding:
            days = _require_days(of_records(days_of_records, own or ()), f"days of the records of {subject}")
            yield Held(
                subject, key, trigger, own, {**days, **dates.get(subject, {})}, graded.items_of(subject, own or ())
            )


def _read_holding(graded: Graded, scheme: Scheme, trigger: str) -> Iterator[tuple[str, list[str] | None]]:
    """The subjects for whom a rule decided, and the records of the items it reads (None: it reads no records)."""
    items = rules.items_read(scheme, trigger)
    for subject in graded.subjects_of(trigger):
        if items is None:
            yield subject, None
            continue
        rows = [row for row in graded.records_of(subject) if row["item"] in items]
        yield subject, sorted({row["record_id"] for row in rows if row["reason"].partition(":")[0] not in GONE})


def _require_come(value: Day, name: str) -> str:
    day = require_day(value, name)
    check_day_has_come(read_day(day), name)
    return day


def _require_days(days: Days, where: str) -> dict[str, str]:
    return {name: require_day(value, f"{where}, {name}") for name, value in days.items()}


def _require_lists(gradings: Iterable[Graded], wanted: set[str] | None) -> None:
    known = {key for graded in gradings for key in graded.scheme.lists}
    if not known:
        raise UsageError("lists.no_scheme_grading_keeps_list")
    if wanted is not None and wanted - known:
        raise UsageError(
            "lists.no_scheme_grading_keeps", listed=", ".join(sorted(wanted - known)), allowed=sorted(known)
        )


def _require_of_library(scheme: Scheme) -> None:
    """A case must find its rule again years later, so the scheme must be the library's."""
    try:
        scheme_version = registry.pick(scheme.name)
    except UsageError as error:
        raise UsageError("lists.not_library_list_needs_rule_found", name=scheme.name) from error
    if scheme_version.model_dump_json() != scheme.model_dump_json():
        raise UsageError("lists.not_version_library_bears_name", name=scheme.name)
