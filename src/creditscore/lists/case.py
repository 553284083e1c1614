"""A case: one entry from proposal to exit, folded from its events, each of which carries what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from creditscore.core.days import iso
from creditscore.core.errors import UsageError
from creditscore.lists.events import Day, Event, day

STATES = ("proposed", "noticed", "objected", "checked", "declined", "listed", "exited")
OPEN = STATES[:4]  # nothing is decided yet


@dataclass(frozen=True)
class ListCase:
    """Describe one entry of a list and where it stands, from proposal to exit.

    Days are integers (days since 1970-01-01), None where nothing set them.

    Parameters
    ----------
    case_id
        Its id: the list and a hash of whom, on what, since when.
    subject_id
        The organisation.
    list
        The list, as its scheme names it.
    kind
        serious, watch, abnormal, record or red.
    scheme
        The version of the library whose rule holds, such as `wage_arrears@2022`.
    triggers
        The deciding rules under which it was proposed.
    records
        Ids of the records that these rest on.
    dates
        Named days that a person gave or the records hold, such as `deadline_on` or `restriction_until`.
    state
        proposed, noticed, objected, checked, declined, listed or exited.
    proposed_on
        When it was proposed; for a case opened by `revoke`, the day of the revocation.
    noticed_on
        When the intended entry was announced.
    heard_until
        The last day of the window to be heard.
    objected_on
        When the newest objection in time was received.
    checked_on
        When an objection was checked.
    upheld
        Whether an objection was upheld.
    decide_by
        The last day for the decision, where it was prolonged.
    decided_on
        When it was decided to enter or decline.
    entered_on
        The first day of the entry.
    published_on
        When the entry was published.
    term
        The id of its term; empty where the rule has none.
    term_end
        The last day of the term.
    end
        How the end is known: known, until_exit, unknown, or waiting (for a publication).
    more_terms
        Ids of the longer terms that were applied while the entry ran.
    restarted_on
        When the entry was prolonged until an exit, from which ways out count anew.
    bars
        What bars a way out, by its key, with the day on which it happened.
    applied
        An open application to leave: its way out (`exit`), its day (`on`), and `decide_by` where the rule has one;
        empty where none is open.
    exit
        The id of the way out that was taken.
    exit_reason
        The kind of that way out, such as expiry, early, corrected or annulled.
    exited_on
        The first day without the entry.
    withdraw_by
        The last day to take back the publication of an annulled entry.
    withdrawn_on
        When that publication was taken back.
    provisional
        Whether a day was counted in working days of which the public holidays are not known yet.
    events
        The steps of the case, oldest first.
    """

    case_id: str
    subject_id: str = ""
    list: str = ""
    kind: str = ""
    scheme: str = ""
    triggers: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    dates: Mapping[str, int] = field(default_factory=dict)
    state: str = ""
    proposed_on: int | None = None
    noticed_on: int | None = None
    heard_until: int | None = None
    objected_on: int | None = None
    checked_on: int | None = None
    upheld: bool = False
    decide_by: int | None = None
    decided_on: int | None = None
    entered_on: int | None = None
    published_on: int | None = None
    term: str = ""
    term_end: int | None = None
    end: str = ""
    more_terms: tuple[str, ...] = ()
    restarted_on: int | None = None
    bars: Mapping[str, int] = field(default_factory=dict)
    applied: Mapping[str, Any] = field(default_factory=dict)
    exit: str = ""
    exit_reason: str = ""
    exited_on: int | None = None
    withdraw_by: int | None = None
    withdrawn_on: int | None = None
    provisional: bool = False
    events: tuple[Event, ...] = ()

    @property
    def open(self) -> bool:
        return self.state in OPEN

    @property
    def first_day_out(self) -> int | None:
        """The first day on which the entry no longer holds, as far as known; None while no end is known."""
        if self.exited_on is not None:
            return self.exited_on
        return None if self.term_end is None else self.term_end + 1

    def holds(self, on: int) -> bool:
        """Whether the entry is in force on a day."""
        end = self.first_day_out
        return self.entered_on is not None and self.entered_on <= on and (end is None or on < end)

    def named(self) -> dict[str, int]:
        """Every day of the case by the name that rules use; days of its own come before days that were given."""
        return dict(self.dates) | {name: getattr(self, name) for name in NAMED if getattr(self, name) is not None}

    def step_day(self, since: str) -> int | None:
        """The day from which a step counts; `decided_on` of a step is the act's own decision where it was given."""
        return self.dates.get(since) if since == "decided_on" and since in self.dates else self.named().get(since)


NAMED = ("noticed_on", "objected_on", "decided_on", "entered_on", "published_on", "term_end")


def given_days(dates: Mapping[str, Day] | None, allowed: tuple[str, ...] = ()) -> dict[str, str]:
    """Named days that a person gives, as texts; UsageError for one that the case itself sets."""
    own = sorted(set(dates or {}) & set(NAMED) - set(allowed))
    if own:
        raise UsageError(
            f"{', '.join(own)} is set by the steps of the case and cannot be given",
            allowed="other days, such as corrected_on, deadline_on, restriction_until",
        )
    return {name: iso(day(named_day, name)) for name, named_day in (dates or {}).items()}


DAYS = frozenset(
    named_field.name for named_field in fields(ListCase) if named_field.name.endswith(("_on", "_by", "_until", "_end"))
)
DAY_MAPS = ("dates", "bars")


def to_data(changes: Mapping[str, Any]) -> dict[str, Any]:
    """Changes of a case as JSON: days as texts."""
    data: dict[str, Any] = {}
    for name, value in changes.items():
        if name in DAYS and value is not None:
            data[name] = iso(value)
        elif name in DAY_MAPS:
            data[name] = {key: iso(content) for key, content in value.items()}
        elif name == "applied":
            data[name] = {key: iso(content) if key != "exit" else content for key, content in value.items()}
        else:
            data[name] = value
    return {"set": [[name, value] for name, value in sorted(data.items())]}


def apply(case: ListCase, event: Event) -> ListCase:
    """The case after an event."""
    changes: dict[str, Any] = {}
    for name, value in event.data.get("set", []):
        if name in DAYS and value is not None:
            changes[name] = day(value, name)
        elif name in DAY_MAPS:
            changes[name] = {key: day(content, key) for key, content in value.items()}
        elif name == "applied":
            changes[name] = {key: content if key == "exit" else day(content, key) for key, content in value.items()}
        else:
            changes[name] = tuple(value) if isinstance(value, list) else value
    return replace(case, **changes, events=(*case.events, event))


def fold(events: Iterable[Event]) -> ListCase:
    """The case that its events leave; a correction replaces what it corrects, and what followed from it."""
    listed = list(events)
    effective: dict[int, Event] = {}
    for event in listed:
        if event.kind == "corrected":
            for event_no, parts in event.data.get("replaced", {}).items():
                old = effective[int(event_no)]
                effective[int(event_no)] = replace(old, **{**parts, "on": day(parts["on"], "on")})
        effective[event.no] = event
    case = ListCase(listed[0].case_id)
    for event_no in sorted(effective):
        case = apply(case, effective[event_no])
    return case
