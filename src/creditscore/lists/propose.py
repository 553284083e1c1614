"""From a grading to proposals: which deciding rules held, for whom, and on which records; a person decides later."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Unpack

from creditscore.days import iso
from creditscore.errors import UsageError
from creditscore.grading.result import Grading
from creditscore.grading.several import Gradings
from creditscore.lists.book import Book, step
from creditscore.lists.case import Case
from creditscore.lists.decide import entry
from creditscore.lists.events import Day, Event, Said, as_json, day, subject
from creditscore.lists.graded import Graded, read
from creditscore.lists.rules import decision, items_read, list_rule, why_not
from creditscore.schemes import registry
from creditscore.schemes.model import Rule, Scheme

GONE = ("withdrawn", "repaired", "exempt")  # reasons under which a record carries nothing


@dataclass(frozen=True)
class Proposals:
    """`made`: the new cases. `skipped`: (subject, list, trigger, why) of each trigger that led to none.
    `refused`: (list, trigger, why) of triggers that may never lead to a proposal.
    """

    made: tuple[str, ...]
    skipped: tuple[tuple[str, str, str, str], ...]
    refused: tuple[tuple[str, str, str], ...]


def propose(
    book: Book,
    grading: Grading | Gradings | Path | str,
    *,
    lists: Iterable[str] | None = None,
    dates: Mapping[str, Mapping[str, Day]] | None = None,
    **said: Unpack[Said],
) -> tuple[Book, Proposals]:
    """Propose every organisation for which a deciding rule of the grading is a trigger of a list.

    `grading` is in memory or a folder of `creditscore grade`; `lists` narrows it to some lists. `dates` gives, per
    subject, days from which the steps of a rule count (`{"9131…": {"deadline_on": "2024-03-01"}}`). A proposal names
    its rule and the records of the items that the rule reads. It is not made again while a case on the same list is
    open or an entry holds, nor after the same records were declined; `skipped` says so. A trigger that is a band,
    compares the score, or counts without a published text is refused (`refused`), whatever the grading holds.
    """
    wanted = None if lists is None else set(lists)
    made, skipped, refused = [], [], []
    known: set[str] = set()
    for graded in read(grading):
        scheme = _of_library(graded)
        known |= set(scheme.lists)
        if day(said["on"], "on") < graded.as_of:
            raise UsageError(
                f"proposed on {said['on']}, before the day of the grading ({iso(graded.as_of)})",
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
                for who, records in _held(graded, scheme, trigger):
                    book, case_id, why = _one(
                        book, graded, key, trigger, who, records, (dates or {}).get(who, {}), said
                    )
                    if why is None:
                        made.append(case_id)
                    else:
                        skipped.append((who, key, trigger, why))
    if wanted is not None and wanted - known:
        raise UsageError(
            f"no scheme of the grading keeps {', '.join(sorted(wanted - known))}", allowed=sorted(known) or "none"
        )
    return book, Proposals(tuple(made), tuple(skipped), tuple(refused))


def take_over(
    book: Book,
    subject_id: str,
    key: str,
    scheme: str,
    *,
    records: Iterable[str] = (),
    triggers: Iterable[str] = (),
    published_on: Day | None = None,
    term: str = "",
    term_end: Day | None = None,
    entered_on: Day | None = None,
    dates: Mapping[str, Day] | None = None,
    **said: Unpack[Said],
) -> tuple[Book, str]:
    """Keep an entry that another organ has decided (`on`: the day of its decision), with its document.

    The hearing was that organ's; here the entry only runs and ends. `scheme` is a version of the library, such as
    `court/judgment_defaulter@2018`.
    """
    found = registry.pick(scheme)
    rule = list_rule(found.name, key)
    wrong = sorted(set(triggers) - set(rule.triggers))
    if wrong:
        raise UsageError(f"{', '.join(wrong)} is no trigger of {key}", allowed=rule.triggers or "none")
    who = subject(subject_id)
    given = {"entered_on": entered_on, "published_on": published_on, "term_end": term_end}
    args: dict[str, Any] = {name: iso(day(one, name)) for name, one in given.items() if one is not None}
    args |= {
        "subject": who,
        "list": key,
        "scheme": found.name,
        "triggers": sorted(triggers),
        "records": sorted(records),
        "term": term,
        "dates": {name: iso(day(one, name)) for name, one in (dates or {}).items()},
    }
    case_id = _id(key, who, [args[name] for name in ("scheme", "triggers", "records")], said)
    if case_id in book.cases:
        raise UsageError(f"this entry is kept already: {case_id}")
    return step(book, Case(case_id, who, key), "imported", args, said, taken_over), case_id


def proposed(book: Book, case: Case, made: Event) -> tuple[dict[str, Any], list[Rule]]:
    scheme = registry.pick(made.args["scheme"])
    rule = list_rule(scheme.name, made.args["list"])
    rules = [decision(scheme, trigger) for trigger in made.args["triggers"]]
    return {**_same(made, rule.kind), "state": "proposed", "proposed_on": made.on}, list(rules)


def taken_over(book: Book, case: Case, made: Event) -> tuple[dict[str, Any], list[Rule]]:
    rule = list_rule(made.args["scheme"], made.args["list"])
    if not made.document or not made.organ:
        raise UsageError("an entry of another organ needs its name and its document", next="give organ and document")
    same = _same(made, rule.kind)
    dates = {name: day(one, name) for name, one in made.args.get("dates", {}).items()}
    known = replace(
        case, triggers=tuple(same["triggers"]), records=tuple(same["records"]), kind=rule.kind, scheme=same["scheme"]
    )
    entered, term = entry(book, known, rule, made, dates)
    return {**same, "decided_on": made.on, **entered}, [rule, *([term] if term else [])]


def _same(made: Event, kind: str) -> dict[str, Any]:
    args = made.args
    return {
        "subject_id": args["subject"],
        "list": args["list"],
        "kind": kind,
        "scheme": args["scheme"],
        "triggers": list(args.get("triggers", [])),
        "records": list(args.get("records", [])),
        "dates": {name: day(one, name) for name, one in args.get("dates", {}).items()},
    }


def _one(
    book: Book,
    graded: Graded,
    key: str,
    trigger: str,
    who: str,
    records: list[str] | None,
    dates: Mapping[str, Day],
    said: Said,
) -> tuple[Book, str, str | None]:
    """A proposal for one subject, or why there is none."""
    on = day(said["on"], "on")
    if records is not None and not records:
        return book, "", "no record carries it any more"
    kind = list_rule(graded.scheme.name, key).kind
    mine = records or []
    for other in book.of(who, key):
        same = bool(set(other.records) & set(mine)) or kind != "record"
        if other.open and same:
            return book, "", f"a case is open: {other.case_id}"
        if other.state in ("listed", "exited") and other.holds(on) and same:
            return book, "", f"an entry holds: {other.case_id}"
        if other.state == "declined" and set(mine) <= set(other.records) and trigger in other.triggers:
            return book, "", f"declined on {iso(other.decided_on)}: {other.case_id}"
    args = {
        "subject": who,
        "list": key,
        "scheme": graded.scheme.name,
        "triggers": [trigger],
        "records": mine,
        "dates": {name: iso(day(one, name)) for name, one in dates.items()},
        "run_id": graded.run_id,
        "as_of": iso(graded.as_of),
    }
    case_id = _id(key, who, [graded.scheme.name, trigger, mine], said)
    if case_id in book.cases:
        return book, "", f"proposed already: {case_id}"
    return step(book, Case(case_id, who, key), "proposed", args, said, proposed), case_id, None


def _held(graded: Graded, scheme: Scheme, trigger: str) -> Iterable[tuple[str, list[str] | None]]:
    """The subjects for whom a rule decided, and the records of the items it reads (None: it reads no records)."""
    items = items_read(scheme, trigger)
    for who in graded.subjects_of(trigger):
        if items is None:
            yield subject(who), None
            continue
        rows = [row for row in graded.records_of(who) if row["item"] in items]
        yield subject(who), sorted({row["record_id"] for row in rows if row["reason"].partition(":")[0] not in GONE})


def _of_library(graded: Graded) -> Scheme:
    """A case must find its rule again years later, so the scheme must be the library's."""
    try:
        found = registry.pick(graded.scheme.name)
    except UsageError as error:
        raise UsageError(
            f"{graded.scheme.name} is not in the library, and a list needs a rule that can be found again",
            next="put the scheme into configs/schemes/ and grade with it",
        ) from error
    if found.model_dump_json() != graded.scheme.model_dump_json():
        raise UsageError(
            f"{graded.scheme.name} is not the version of the library that bears this name",
            next="grade with the library's own version",
        )
    return found


def _id(key: str, who: str, content: list[Any], said: Said) -> str:
    """The name of a case: the list, and a hash of whom, on what, since when."""
    whole = as_json([who, *content, iso(day(said["on"], "on"))])
    return f"{key}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"
