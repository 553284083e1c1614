"""Retention: until when an office's store keeps what its streams say, by rule, and what may be erased on a day."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from creditscore.core.catalogue import Family
from creditscore.core.clock import check_day_has_come
from creditscore.core.days import from_day, to_day
from creditscore.core.model import Model
from creditscore.core.references import Citing, Unique
from creditscore.core.yaml_source import Source
from creditscore.lists.terms import later
from creditscore.schemes.lists import Span
from creditscore.schemes.model import Rule
from creditscore.schemes.references import LAWS
from creditscore.store.erasure import erase_streams
from creditscore.store.fold import Stream
from creditscore.store.store import Store

HOLDERS = {"objection": ("run",), "run": ("inputs",)}  # fields by which a stream needs kept runs


class Least(Rule):
    """What a text demands: streams of these kinds are kept at least so long."""

    id: str
    streams: list[str] = Field(min_length=1)
    keep: Span


class Term(Least):
    """How long streams of these kinds are kept, from the day of the newest event or from the end of their matter."""

    since: Literal["entry", "end"]
    over: list[str] = Field(default_factory=list)  # the states in which their matter is over; none: it never is open


class Retention(Model):
    """configs/retention.yaml."""

    checked_on: date
    rules: list[Term]
    least: list[Least]


def _check_terms(content: Retention, source: Source) -> None:
    """No term is shorter than a text demands of one of its kinds of streams."""
    for i, term in enumerate(content.rules):
        for kind in term.streams:
            short = [
                least.id for least in content.least if kind in least.streams and _is_shorter(term.keep, least.keep)
            ]
            if short:
                source.fault(("rules", i), f"{kind!r} is kept shorter than {short[0]} demands")


def _is_shorter(span: Span, other: Span) -> bool:
    return later(0, span) < later(0, other)


_OWED = "carries no evidence mark, or a mark without a text; only project_default has none"
RETENTION = Family(
    "retention",
    "file of retention rules",
    Retention,
    "retention.yaml",
    references=(LAWS,),
    citing=Citing(uncited=_OWED, unmarked=_OWED, free=("project_default",)),
    unique=(Unique("rules.*.streams.*", "{value!r} has a term already (on line {line})"),),
    check=_check_terms,
)


@dataclass(frozen=True)
class Matter:
    """Streams that are kept and erased together.

    Parameters
    ----------
    name
        The stream that it is named by: a case, or a run with the grades that were drawn anew in it.
    streams
        Those of its streams that still say something.
    rule, evidence
        The rule by which it is kept, and its evidence.
    since
        The day from which its term is counted; None while it is open.
    due_on
        The first day on which it may be erased; None while it, or what needs it, is open.
    """

    name: str
    streams: tuple[str, ...]
    rule: str
    evidence: str
    since: date | None
    due_on: date | None


@dataclass
class _Gathered:
    """What is known of a matter while the log is read."""

    term: Term
    streams: list[str]
    since: int | None = 0
    needs: tuple[str, ...] = ()  # runs
    as_of: str = ""  # of a run
    kept_at: int = -1
    redrawn_at: int = -1


def list_matters(store: Store, rules: Path | Retention | None = None) -> list[Matter]:
    """List everything that a rule speaks of and that still says something, with the day from which it may be erased.

    Parameters
    ----------
    store
        The open store; it is read once.
    rules
        Rules, or their file; None: those that ship.

    Returns
    -------
    list of Matter
        Those that need others first. A run is kept as long as the objections that contest it, the composites that
        combine it, and where a grade of it was drawn anew after they were kept, the runs that may read that grade.

    Raises
    ------
    SchemeError
        For rules that are none.
    """
    terms = {
        kind: term
        for term in (rules if isinstance(rules, Retention) else RETENTION.load_only(rules)).rules
        for kind in term.streams
    }
    gathered: dict[str, _Gathered] = {}
    with store.reading() as connection:
        for stream in store.projections.read_streams(connection):
            if (term := terms.get(stream.kind)) is not None:
                _gather(gathered, stream, term)
    days = _count_holders(gathered)
    return [_make_matter(name, matter, days[name]) for name, matter in sorted(gathered.items()) if matter.streams]


def list_due(matters: Iterable[Matter], on: date) -> list[Matter]:
    """Return those matters that may be erased on a day."""
    return [matter for matter in matters if matter.due_on is not None and matter.due_on <= on]


def erase_due(store: Store, on: date, *, by: str = "", rules: Path | Retention | None = None) -> Iterator[Matter]:
    """Erase what is due on a day, a matter in an act: events, hashes, the rule and the day stay.

    Parameters
    ----------
    store
        The open store.
    on
        The day; one that has come.
    by
        Who does it: an approver.
    rules
        As in `list_matters`.

    Yields
    ------
    Matter
        Each that was erased; those that need others go first, so that nothing rests on what is gone.
    """
    check_day_has_come(on, "on")
    for matter in list_due(list_matters(store, rules), on):
        reason = f"{matter.rule}: kept until {matter.due_on}"
        erase_streams(store, dict.fromkeys(matter.streams, reason), by=by, on=on)
        yield matter


def _gather(gathered: dict[str, _Gathered], stream: Stream, term: Term) -> None:
    """Add a stream to its matter."""
    run = stream.name.split("/")[1] if stream.kind == "grade" else ""
    matter = gathered.setdefault(f"run/{run}" if run else stream.name, _Gathered(term, []))
    if any(event.payload is not None for event in stream.events):
        matter.streams.append(stream.name)
    since = _count_since(stream, term)
    matter.since = None if since is None or matter.since is None else max(matter.since, since)
    if stream.kind == "grade":
        matter.redrawn_at = max(matter.redrawn_at, stream.events[-1].seq)
    elif stream.kind == "run":
        matter.kept_at = stream.events[0].seq
        matter.as_of = str(json.loads(stream.fields.get("manifest") or "{}").get("as_of", ""))
    matter.needs += tuple(f"run/{name}" for field in HOLDERS.get(stream.kind, ()) for name in _names_in(stream, field))


def _names_in(stream: Stream, field: str) -> list[str]:
    value: Any = stream.fields.get(field) or []
    return [value] if isinstance(value, str) else list(value)


def _count_since(stream: Stream, term: Term) -> int | None:
    """The day from which a stream's term is counted: of its newest event, or of the one that ended it; None: open."""
    if term.over and not _has_ended(stream, term):
        return None
    counted = stream.events
    if term.since == "end" and term.over:
        states = [event.state for event in stream.events]
        first = next(place for place in range(len(states)) if all(state in term.over for state in states[place:]))
        counted = stream.events[first : first + 1]
    days = [day for event in counted for day in (event.on_day, event.known_on) if day]
    return max(to_day(date.fromisoformat(day)) for day in days)


def _has_ended(stream: Stream, term: Term) -> bool:
    """Whether nothing is to be done in a stream any more: it is in a last state, and no task is open."""
    has_states = any(event.flow for event in stream.events)
    return not has_states or (stream.state in term.over and not stream.open_tasks())


def _count_holders(gathered: Mapping[str, _Gathered]) -> dict[str, int | None]:
    """The day from which each matter's term is counted, what needs it counted in."""
    days = {name: matter.since for name, matter in gathered.items()}
    holding = [(name, needed) for name, matter in gathered.items() for needed in matter.needs if matter.streams]
    runs = [(name, matter) for name, matter in gathered.items() if matter.kept_at >= 0 and matter.streams]
    holding += [
        (later_run, name)
        for name, matter in runs
        for later_run, other in runs
        if matter.redrawn_at > other.kept_at and matter.as_of < other.as_of
    ]
    for _ in range(2):  # a case holds a composite, and that its runs
        for holder, needed in holding:
            if needed in days:
                newest, own = days[holder], days[needed]
                days[needed] = None if newest is None or own is None else max(newest, own)
    return days


def _make_matter(name: str, matter: _Gathered, since: int | None) -> Matter:
    due = None if since is None else from_day(later(since, matter.term.keep))
    return Matter(
        name=name,
        streams=tuple(matter.streams),
        rule=matter.term.id,
        evidence=matter.term.evidence or "",
        since=None if since is None else from_day(since),
        due_on=due,
    )
