"""From a grading to proposals: which deciding rules held, for whom, and on which records; a person decides later."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Unpack

from creditscore.core.days import iso
from creditscore.core.errors import UsageError
from creditscore.grading.batch import Gradings
from creditscore.grading.result import Grading
from creditscore.lists.case import ListCase, given_days
from creditscore.lists.events import Day, Event, StepFields, case_id_of, day, opened, subject, text
from creditscore.lists.graded import Graded, read
from creditscore.lists.named_days import named_days, names_of, of_records
from creditscore.lists.register import Book, step
from creditscore.lists.rules import decision, items_read, list_rule, version, version_of_today, why_not
from creditscore.schemes import registry
from creditscore.schemes.model import Rule, Scheme

GONE = ("withdrawn", "repaired", "exempt")  # reasons under which a record carries nothing


@dataclass(frozen=True)
class Proposals:
    """Report what `propose` did.

    Parameters
    ----------
    made
        Ids of the new cases.
    skipped
        (subject, list, trigger, why) of each trigger that held for a subject and led to no case.
    refused
        (list, trigger, why) of triggers that may never lead to a proposal.
    """

    made: tuple[str, ...]
    skipped: tuple[tuple[str, str, str, str], ...]
    refused: tuple[tuple[str, str, str], ...]


def propose(
    book: Book,
    grading: Grading | Gradings | Path | str,
    *,
    lists: Iterable[str] | None = None,
    records: Any = None,
    dates: Mapping[str, Mapping[str, Day]] | None = None,
    **step_fields: Unpack[StepFields],
) -> tuple[Book, Proposals]:
    """Propose every organisation for which a deciding rule of a grading is a trigger of a list.

    A proposal names its rule and the records of the items that the rule reads. It is not repeated while a case on the
    same list is open or an entry holds, nor after the same records were declined; `skipped` says so. A trigger that is
    a band of the score, compares the score, or counts without a published text is refused (`refused`), whatever the
    grading holds. A person decides later.

    Parameters
    ----------
    book
        The book.
    grading
        A grading or several in memory, or a folder that `creditscore grade` wrote.
    lists
        Names of the lists to propose for; None for all lists of the schemes.
    records
        The table that was graded, from which the days are read that the steps of a list count from (`deadline_on`,
        `handled_on` …): a table of any kind that `ingest` takes. None for none.
    dates
        Such days given for each subject, `{"9131…": {"deadline_on": "2024-03-01"}}`; they replace those of `records`.
        None for none.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later). `on` is not before
        the day of the grading.

    Returns
    -------
    tuple of Book and Proposals
        The book with the new cases, and what became of each trigger.

    Raises
    ------
    UsageError
        Where `on` lies before the day of the grading, no scheme of it keeps a list or one of `lists`, or a scheme is
        not the library's version of this name. Also where `on` or `recorded_on` is no day, lies in the future or before
        an earlier step, `recorded_on` lies before `on`, `by` is empty, or a text holds a resident identity number.
    InputError
        Where the grading cannot be read, or a day in `records` is not a day.

    Examples
    --------
    >>> book, proposals = propose(Book(), "out/wage", on="2024-05-06", by="li.na")  # doctest: +SKIP
    >>> len(proposals.made)  # doctest: +SKIP
    3
    """
    wanted = None if lists is None else set(lists)
    result, skipped, refused = [], [], []
    known: set[str] = set()
    for graded in read(grading):
        scheme = graded.scheme
        known |= set(scheme.lists)
        if day(step_fields["on"], "on") < graded.as_of:
            raise UsageError(
                f"proposed on {step_fields['on']}, before the day of the grading ({iso(graded.as_of)})",
                where=graded.scheme.name,
                allowed=f"{iso(graded.as_of)} or later",
            )
        for key in scheme.lists:
            if wanted is not None and key not in wanted:
                continue
            for trigger in scheme.lists[key].triggers:
                why = why_not(scheme, key, trigger)
                if why is not None:
                    refused.append((key, trigger, why))
                    continue
                held = list(_held(graded, scheme, trigger))
                if held:
                    _of_library(scheme)
                days_of_records = named_days(
                    records, [record_id for _, own in held for record_id in own or ()], names_of(scheme.lists[key])
                )
                for who, own in held:
                    given = {**of_records(days_of_records, own or ()), **(dates or {}).get(who, {})}
                    case, why = _case(book, who, key, scheme, trigger, own, step_fields)
                    if why is not None:
                        skipped.append((who, key, trigger, why))
                        continue
                    run: dict[str, Any] = {"run_id": graded.run_id, "as_of": iso(graded.as_of)}
                    run |= {"items": graded.items_of(who, own or ())}
                    args = _args(case, scheme, trigger, own, given) | run
                    book = step(book, case, "proposed", args, step_fields, proposed)
                    result.append(case.case_id)
    if not known:
        raise UsageError(
            "no scheme of this grading keeps a list", next="`creditscore scheme show` names a scheme's lists"
        )
    if wanted is not None and wanted - known:
        raise UsageError(
            f"no scheme of the grading keeps {', '.join(sorted(wanted - known))}", allowed=sorted(known) or "none"
        )
    return book, Proposals(tuple(result), tuple(skipped), tuple(refused))


def propose_one(
    book: Book,
    subject_id: str,
    key: str,
    scheme: str,
    trigger: str,
    *,
    records: Iterable[str] = (),
    dates: Mapping[str, Day] | None = None,
    **step_fields: Unpack[StepFields],
) -> tuple[Book, str]:
    """Propose one organisation for a list without a grading, as a person found it.

    Parameters
    ----------
    book
        The book.
    subject_id
        The id of the organisation.
    key
        The list, as its scheme names it.
    scheme
        A version of the library, such as `wage_arrears@2022`.
    trigger
        The deciding rule that is met; a trigger of the list.
    records
        Ids of the records that meet it; required where the trigger reads records.
    dates
        Days that the steps of the list count from and the case does not set itself, such as `deadline_on`; None for
        none.
    **step_fields
        The common parts of a step: `on` (its legal day, a date or `YYYY-MM-DD`) and `by` (who acts), both required;
        `organ`, `document`, `evidence`, free texts; `recorded_on`, the day from which the step is known (default: `on`,
        or the newest recorded day of the cases of this subject on this list, whichever is later).

    Returns
    -------
    tuple of Book and str
        The book with the new case, and its id.

    Raises
    ------
    UsageError
        Where `propose` would refuse or skip it; for an unknown scheme or list, or a subject that is no organisation.
        Also where `on` or `recorded_on` is no day, lies in the future or before an earlier step, `recorded_on` lies
        before `on`, `by` is empty, or a text holds a resident identity number.

    Examples
    --------
    >>> book, case_id = propose_one(book, "91350100M000100Y43", key, "wage_arrears@2022", trigger,
    ...                             records=["R1"], on="2024-05-06", by="li.na")  # doctest: +SKIP
    """
    chosen = version_of_today(scheme)
    list_rule(chosen.name, key)
    why = why_not(chosen, key, trigger)
    named = sorted({text(record, "records") for record in records})
    own = named if why is not None or named or items_read(chosen, trigger) is not None else None
    case, no = (
        _case(book, subject(subject_id), key, chosen, trigger, own, step_fields) if why is None else (ListCase(""), why)
    )
    if no is not None:
        raise UsageError(
            f"{trigger!r} leads to no proposal for {key}: {no}", where=chosen.name, allowed=chosen.lists[key].triggers
        )
    args = _args(case, chosen, trigger, own, dates or {})
    return step(book, case, "proposed", args, step_fields, proposed), case.case_id


def proposed(book: Book, case: ListCase, event: Event) -> tuple[dict[str, Any], list[Rule]]:
    scheme = version(event.args["scheme"])
    rule = list_rule(scheme.name, event.args["list"])
    rules = [decision(scheme, trigger) for trigger in event.args["triggers"]]
    return {**opened(event, rule.kind), "state": "proposed", "proposed_on": event.on}, list(rules)


def _case(
    book: Book, who: str, key: str, scheme: Scheme, trigger: str, records: list[str] | None, step_fields: StepFields
) -> tuple[ListCase, str | None]:
    """The case that a proposal opens, and why it may not."""
    on = day(step_fields["on"], "on")
    mine = records or []
    case = ListCase(case_id_of(key, who, [scheme.name, trigger, mine], step_fields), who, key)
    if records is not None and not records:
        return case, "no record carries it"
    record_list = scheme.lists[key].kind == "record"
    for other in book.of(who, key):
        same = bool(set(other.records) & set(mine)) or not record_list
        if other.open and same:
            return case, f"a case is open: {other.case_id}"
        if other.state in ("listed", "exited") and other.holds(on) and same:
            return case, f"an entry holds: {other.case_id}"
        settled = set(mine) <= set(other.records) if mine else trigger in other.triggers
        if other.state == "declined" and settled:
            return case, f"declined on {iso(other.decided_on)}: {other.case_id}"
        if other.state == "exited" and other.exit_reason != "annulled" and mine and settled:
            return case, f"the same records led to an entry before: {other.case_id}"
    return case, f"proposed already: {case.case_id}" if case.case_id in book.cases else None


def _args(
    case: ListCase, scheme: Scheme, trigger: str, records: list[str] | None, dates: Mapping[str, Day]
) -> dict[str, Any]:
    return {
        "subject": case.subject_id,
        "list": case.list,
        "scheme": scheme.name,
        "triggers": [trigger],
        "records": records or [],
        "dates": given_days(dates, ("decided_on",)),
    }


def _held(graded: Graded, scheme: Scheme, trigger: str) -> Iterable[tuple[str, list[str] | None]]:
    """The subjects for whom a rule decided, and the records of the items it reads (None: it reads no records)."""
    items = items_read(scheme, trigger)
    for who in graded.subjects_of(trigger):
        if items is None:
            yield subject(who), None
            continue
        rows = [row for row in graded.records_of(who) if row["item"] in items]
        yield subject(who), sorted({row["record_id"] for row in rows if row["reason"].partition(":")[0] not in GONE})


def _of_library(scheme: Scheme) -> None:
    """A case must find its rule again years later, so the scheme must be the library's."""
    try:
        scheme_version = registry.pick(scheme.name)
    except UsageError as error:
        raise UsageError(
            f"{scheme.name} is not in the library, and a list needs a rule that can be found again",
            next="put the scheme into configs/schemes/ and grade with it",
        ) from error
    if scheme_version.model_dump_json() != scheme.model_dump_json():
        raise UsageError(
            f"{scheme.name} is not the version of the library that bears this name",
            next="grade with the library's own version",
        )
