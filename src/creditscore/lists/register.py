"""The book: all events of all cases, append-only, and the cases they leave; the pure side, without files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from creditscore.core.days import from_day, iso
from creditscore.core.errors import UsageError
from creditscore.lists.case import ListCase, apply, fold, to_data
from creditscore.lists.events import Day, Event, StepFields, day, event, with_result
from creditscore.lists.rules import cited
from creditscore.schemes.model import Rule

# What a step does: the changes of the case, and the rules it rests on.
Work = Callable[["Book", ListCase, Event], tuple[dict[str, Any], list[Rule]]]


@dataclass(frozen=True)
class Book:
    """Hold every step of every list, in the order in which the steps were written.

    An empty book is `Book()`, and `len(book)` counts its steps. Steps are functions that take a book and return the
    next one; a step that the rules do not allow raises UsageError or NotAllowed, and nothing changes.

    Parameters
    ----------
    events
        The steps, oldest first.
    cases
        The cases that the steps leave, by id; `book_of` works them out.
    groups
        (subject, list) → ids of the cases; `book_of` works them out.

    Examples
    --------
    >>> book, proposals = propose(Book(), grading, on="2024-05-06", by="li.na")  # doctest: +SKIP
    >>> book = notice(book, proposals.made[0], on="2024-05-07", by="li.na", contents={...})  # doctest: +SKIP
    """

    events: tuple[Event, ...] = ()
    cases: Mapping[str, ListCase] = field(default_factory=dict, repr=False)
    groups: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict, repr=False)

    def __len__(self) -> int:
        return len(self.events)

    def case(self, case_id: str) -> ListCase:
        """The case as it stands; UsageError for an id that does not exist."""
        if case_id not in self.cases:
            raise UsageError(f"there is no case {case_id!r}", next="`creditscore lists due` and `show` name the cases")
        return self.cases[case_id]

    def of(self, subject_id: str, key: str | None = None) -> list[ListCase]:
        """The cases of a subject, oldest first, on one list or on all."""
        if key is not None:
            id_groups = [self.groups.get((subject_id, key), ())]
        else:
            id_groups = [ids for (subject, _), ids in self.groups.items() if subject == subject_id]
        cases = [self.cases[key] for ids in id_groups for key in ids]
        return sorted(cases, key=lambda case: (case.events[0].on, case.case_id))

    def beside(self, case: ListCase) -> list[ListCase]:
        """The other cases of the same subject and list."""
        ids = self.groups.get((case.subject_id, case.list), ())
        return [self.cases[key] for key in ids if key != case.case_id]

    def known(self, known_at: Day | None) -> Book:
        """The book as it was known on a day: what was recorded later is left out."""
        if known_at is None:
            return self
        until = day(known_at, "known_at")
        return book_of(list_event for list_event in self.events if list_event.recorded_on <= until)

    def add(self, step: Event) -> Book:
        """The book with one event more. Checks nothing: the steps do."""
        before = self.cases.get(step.case_id)
        if before is None:
            case = apply(ListCase(step.case_id), step)
        elif step.kind == "corrected":
            case = fold([*(list_event for list_event in self.events if list_event.case_id == step.case_id), step])
        else:
            case = apply(before, step)
        groups = self.groups
        if before is None:
            key = (case.subject_id, case.list)
            groups = {**groups, key: (*groups.get(key, ()), case.case_id)}
        return Book((*self.events, step), {**self.cases, step.case_id: case}, groups)


def book_of(events: Iterable[Event]) -> Book:
    """Build the book that events leave.

    Nothing is checked: the steps checked it when they were taken.

    Parameters
    ----------
    events
        Events of any number of cases, in the order in which they were written.

    Returns
    -------
    Book
        The events, and the cases that they leave; a correction replaces what it corrects.

    Examples
    --------
    >>> len(book_of([]))
    0
    """
    listed = tuple(events)
    by_case: dict[str, list[Event]] = {}
    for list_event in listed:
        by_case.setdefault(list_event.case_id, []).append(list_event)
    cases = {case_id: fold(own) for case_id, own in by_case.items()}
    groups: dict[tuple[str, str], list[str]] = {}
    for case in cases.values():
        groups.setdefault((case.subject_id, case.list), []).append(case.case_id)
    return Book(listed, cases, {key: tuple(ids) for key, ids in groups.items()})


def step(book: Book, case: ListCase, kind: str, args: Mapping[str, Any], step_fields: StepFields, work: Work) -> Book:
    """One step taken: read, ordered, allowed by `work`, and the book consistent afterwards."""
    list_event = event(case.case_id, 1 + len(case.events), kind, step_fields, args)
    group = [*book.beside(case), *([case] if case.events else [])]
    newest = max(
        (earlier_event.recorded_on for earlier_case in group for earlier_event in earlier_case.events),
        default=list_event.on,
    )
    if step_fields.get("recorded_on") is None:
        list_event = event(
            case.case_id,
            list_event.no,
            kind,
            {**step_fields, "recorded_on": from_day(max(list_event.on, newest))},
            args,
        )
    elif list_event.recorded_on < newest:
        raise UsageError(
            f"recorded on {iso(list_event.recorded_on)}, before another step of this subject and list ({iso(newest)})",
            allowed=f"recorded_on from {iso(newest)} on",
        )
    after = settle(book, case, list_event, work)
    one_at_a_time(after, after.cases[case.case_id])
    return after


def settle(book: Book, case: ListCase, list_event: Event, work: Work) -> Book:
    """The book with the step and what follows from it; that no other entry holds beside it is for the caller to see."""
    latest = max(
        (earlier_event.on for earlier_event in case.events if earlier_event.kind != "corrected"), default=list_event.on
    )
    if list_event.on < latest:
        raise UsageError(
            f"this step ({list_event.kind}) is dated {iso(list_event.on)}, before the step of {iso(latest)}",
            where=f"case {case.case_id}",
            allowed=f"from {iso(latest)} on",
            next="a step that was written down wrongly is mended with `correct`",
        )
    changes, rules = work(book, case, list_event)
    basis, mark = cited(rules)
    return book.add(with_result(list_event, to_data(changes), basis, mark))


def one_at_a_time(book: Book, case: ListCase) -> None:
    """UsageError where two entries of one subject on one list would hold on the same day.

    On a list that publishes decisions (`record`) each decision has an entry of its own; there, two entries that share a
    record may not hold together.
    """
    if case.entered_on is None or case.state not in ("listed", "exited"):
        return
    for other in book.beside(case):
        if other.entered_on is None or other.state not in ("listed", "exited"):
            continue
        if case.kind == "record" and not set(case.records) & set(other.records):
            continue
        ends = (case.first_day_out, other.first_day_out)
        after = ends[1] is not None and ends[1] <= case.entered_on
        before = ends[0] is not None and ends[0] <= other.entered_on
        if not (after or before):
            until = f"until {iso(ends[1] - 1)}" if ends[1] is not None else "without a known end"
            raise UsageError(
                f"{case.subject_id} is already on the list {case.list}: entered {iso(other.entered_on)}, {until}",
                where=f"case {other.case_id}",
                allowed="one entry at a time for each subject and list",
                next="where the rule lengthens a running entry, use `prolong`; else end the first entry",
            )
