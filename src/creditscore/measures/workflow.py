"""Joint measures on the log of a store: what their declaration cannot say, the match of events, what has ended."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from functools import cache
from typing import Any

from creditscore.core.canonical import hash_text, write_canonical
from creditscore.core.clock import check_day_has_come
from creditscore.core.days import from_day, iso, read_day, to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import Phrase, label_of, word
from creditscore.core.identity import redact
from creditscore.measures.cases import NEVER, REFUSED, Listings, MeasureCase, ending, prior
from creditscore.measures.codes import FLAGS, MUST_ACKNOWLEDGE
from creditscore.measures.endings import Ending
from creditscore.measures.force import basis_on
from creditscore.measures.load import load_four_lists
from creditscore.measures.match import Matched, NotProposed, Proposal, barring, flags_of, lacks_basis, match
from creditscore.measures.model import FourLists, Period
from creditscore.measures.state import STANDING, MeasureAct
from creditscore.measures.tables import BusinessEvent, Intake, Listing, by_subject
from creditscore.schemes.laws import Law, load_laws
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import WORKFLOWS, StreamType
from creditscore.store.fold import Stream, fold
from creditscore.store.log import NewEvent, read_streams
from creditscore.store.store import Day, Store

OCCASION = StreamType(
    "occasion",  # a business event that was matched, and what was not proposed for it
    fields={"event": "text", "event_kind": "text", "department": "text", "on_day": "day", "subjects": "text"},
    events={"occasion.matched": ("grader",)},
    parts={"refused": {"subject_id": "text", "listing_id": "text", "measure_id": "text", "reason": "text"}},
)
# Fields of a proposal by the names that the declaration has; days as texts
NAMED = {
    "event_id": "event",
    "listing_id": "listing",
    "conduct_id": "conduct",
    "measure_id": "measure",
    "on": "proposed_on",
}
DAYS = ("on", "entered_on", "ends_by")
OWN = ("proposal_id", "subject_id")  # the name of the case, and its subject


@dataclass(frozen=True)
class Proposed:
    """What a match brought into the store: ids of new proposals, ids that stood there already, and all that matched."""

    new: tuple[str, ...]
    repeated: tuple[str, ...]
    matched: Matched


def make_registry(lists: FourLists | None = None, laws: Mapping[str, Law] | None = None) -> Registry:
    """Return what joint measures register with a store: their workflow, the kind of business events, functions.

    Parameters
    ----------
    lists, laws
        The four lists and the laws that acts read; None: those of the package, read when the first act needs them.
    """

    @cache
    def load() -> tuple[FourLists, Mapping[str, Law]]:
        return lists or load_four_lists(), load_laws() if laws is None else laws

    def read(context: Context) -> dict[str, Any]:
        return read_rules(context, *load())

    declared = [workflow for workflow in WORKFLOWS.load() if workflow.workflow == "measure"]
    return Registry(declared, [OCCASION], {"measure.read_rules": read, "measure.keep_proposal": keep_proposal})


# --- what the declaration calls


def read_rules(context: Context, lists: FourLists, laws: Mapping[str, Law]) -> dict[str, Any]:
    """Read what a measure rests on: the entries of its organisation, the four lists and the laws."""
    if context.act == "propose":
        return _read_match(context, lists, laws)
    on = read_day(context.day)
    listings = _read_entries(context, context.subject)
    case = make_case(context.before)
    end = ending(case, lists, listings, on, laws)
    then = ending(_carried_out(case, on), lists, listings, on, laws) if context.act == "execute" else end
    facts: dict[str, Any] = {
        "is_over": end.on <= on,
        "ended_on": iso(end.on) if end.on < NEVER else None,
        "ended_by": end.cause,
        "ended": word("measure_endings", end.cause),
        "until": label_of("measure_lines", "ends", from_day(end.on), word("measure_endings", end.cause))
        if end.cause
        else "",
        "ends_by": iso(then.on) if then.on < NEVER else None,
        "feedback_by": iso(on + lists.head.feedback.days),
        "withdraw_by": iso(on + lists.head.withdrawal.days),
    }
    if context.act in ("accept", "notify", "execute"):
        facts |= _read_basis(context, case.proposal, lists, listings, laws)
    return facts


def _carried_out(case: MeasureCase, on: int) -> MeasureCase:
    """The case once it is carried out on a day, from which its longest period may count."""
    done = MeasureAct(case.acts[-1].nr + 1, case.proposal.proposal_id, "executed", on, "")
    may = case.state.state == "notified" and on >= case.state.since
    return MeasureCase(case.proposal, case.period, case.proposed_by, (*case.acts, done)) if may else case


def _read_match(context: Context, lists: FourLists, laws: Mapping[str, Law]) -> dict[str, Any]:
    """Match the event again with the entries of this organisation, and pick the measure that is to be proposed."""
    given, subject = context.given, context.given["subject"]
    occasion = context.read(name_occasion(given["event"]))
    facts: dict[str, Any] = {"name": context.before.name.partition("/")[2] or "none"}
    if occasion.version < 0 or occasion.is_erased:
        return facts
    known = occasion.fields
    facts["on_day"] = known["on_day"]
    day = read_day(known["on_day"])
    event = BusinessEvent(given["event"], known["event_kind"], known["department"], day, (subject,))
    entries = _read_entries(context, subject)
    others = [make_case(stream) for stream in context.read_of("measure", subject) if not stream.is_erased]
    matched = match(
        lists,
        [event],
        entries,
        subjects={subject: given["subject_kind"]} if given.get("subject_kind") else None,
        known_at=read_day(given["known_at"]) if given.get("known_at") else None,
        prior=prior(others),
        laws=laws,
    )
    wanted = (given["listing"], given["measure"])
    for proposal in matched.proposals:
        if (proposal.listing_id, proposal.measure_id) == wanted:
            period = lists.measures[proposal.measure_id].max_period.model_dump(mode="json", exclude_none=True)
            entry = next(entry for entry in entries[subject] if entry.listing_id == proposal.listing_id)
            facts |= {"proposal": proposal, "period": period, "entry_left_on": iso(entry.exited_on) or None}
            return facts | {"name": proposal.proposal_id}
    reasons = [no.reason for no in matched.refused if (no.listing_id, no.measure_id or wanted[1]) == wanted]
    reason = reasons[0] if reasons else "no_link"
    return facts | {"why": word("not_proposed", reason)}


def keep_proposal(context: Context) -> None:
    """Keep what the match found in the fields of the case."""
    proposal: Proposal = context.facts["proposal"]
    for name, value in vars(proposal).items():
        if name in OWN:
            continue
        value = list(value) if isinstance(value, tuple) else iso(value) if name in DAYS else value
        context.changes[NAMED.get(name, name)] = value or None
    context.changes |= {name: context.facts[name] for name in ("period", "entry_left_on")}


def _read_basis(
    context: Context, proposal: Proposal, lists: FourLists, listings: Listings, laws: Mapping[str, Law]
) -> dict[str, Any]:
    """Read whether link and legal basis stand on the day, and which flags whoever accepts must acknowledge."""
    given = {*(context.given.get("acknowledge") or ())}
    facts: dict[str, Any] = {"unknown_flags": sorted(given.difference(FLAGS)), "all_flags": [*FLAGS]}
    measure = lists.measures.get(proposal.measure_id)
    linked = lists.linked(proposal.conduct_id) if proposal.conduct_id in lists.conducts else []
    link = next((link for link, other in linked if other.id == proposal.measure_id), None)
    if measure is None or link is None:
        return facts | {"lost_link": True}
    day = date.fromisoformat(context.day)
    basis = basis_on(measure.cite, laws, day, day)
    entries = [entry for entry in listings.get(proposal.subject_id, ()) if entry.known_on(to_day(day))]
    why = lacks_basis(measure, basis, day)
    why = why or (barring(lists, entries, to_day(day)) if proposal.side == "reward" else None)
    if why is not None or basis is None:
        why = why or "basis_not_in_force"
        return facts | {"why": word("not_proposed", why)}
    conduct = lists.conducts[proposal.conduct_id]
    now = {*flags_of(measure, basis, (measure.evidence, link.evidence, conduct.evidence)), *proposal.flags}
    open_flags = [flag for flag in MUST_ACKNOWLEDGE if flag in now and flag not in given]
    flag = open_flags[0] if open_flags else MUST_ACKNOWLEDGE[0]
    facts |= {"to_acknowledge": open_flags, "flag": word("measure_flags", flag)}
    return facts | {"lacks_reason": bool(given & {*MUST_ACKNOWLEDGE}) and not context.given.get("reason")}


def _read_entries(context: Context, subject: str) -> Listings:
    return by_subject(entry for stream in context.read_of("listing", subject) if (entry := make_entry(stream)))


def make_entry(stream: Stream) -> Listing | None:
    """Make of an entry's stream what a match reads; None where it led to no entry."""
    known = stream.fields
    if not known.get("entered_on"):
        return None
    days = {name: read_day(known[name]) if known.get(name) else None for name in ENTRY_DAYS}
    event = next(event for event in stream.events if stream.payload_of(event).get("set", {}).get("entered_on"))
    return Listing(
        stream.name.partition("/")[2],
        stream.subject,
        known["list"],
        read_day(known["entered_on"]),
        **days,
        exit_reason=known.get("exit_reason") or "",
        recorded_on=read_day(event.known_on),
    )


ENTRY_DAYS = ("term_end", "exited_on")


MOVES_NOTHING = ("corrected", "upgraded", "upheld")  # acts after which a measure stands where it stood


def make_case(stream: Stream, name_of: Callable[[str], str] = str) -> MeasureCase:
    """Make of a measure's stream what is asked about it: where it stands, when it ends, what is due."""
    known, key = stream.fields, stream.name.partition("/")[2]
    cells: dict[str, Any] = {"proposal_id": key, "subject_id": stream.subject}
    for field in fields(Proposal):
        if field.name in OWN:
            continue
        value = known.get(NAMED.get(field.name, field.name))
        if field.name in DAYS and value:
            value = read_day(value)
        cells[field.name] = tuple(value or ()) if field.name in ("laws", "flags") else value
    cells["relevance_reason"] = cells["relevance_reason"] or ""
    acts = []
    for event in stream.events:
        if not event.flow or event.name in MOVES_NOTHING:
            continue
        payload = stream.payload_of(event)
        given, follows = payload.get("given", {}), payload.get("set", {})
        reason = given.get("reason") or given.get("result") or ""
        if event.name in ("lifted", "lapsed"):
            reason = f"{follows['ended_by']} {follows['ended_on']}"
        day = read_day(stream.day_of(event))
        flags = tuple(sorted(given.get("acknowledge") or ()))
        number = given.get("document_no") or ""
        acts.append(MeasureAct(event.seq, key, event.name, day, name_of(event.actor), reason, number, flags))
    first = stream.payload_of(stream.events[0]).get("set", {})
    cells["ends_by"] = read_day(first["ends_by"]) if first.get("ends_by") else None
    period = Period.model_validate(known["period"])
    return MeasureCase(Proposal(**cells), period, acts[0].actor, tuple(acts))


# --- acts over several cases


def name_occasion(event_id: str) -> str:
    """Return the stream of a business event, whatever signs its id has."""
    return f"occasion/{hashlib.sha256(event_id.encode()).hexdigest()[:16]}"


def propose(store: Store, lists: FourLists, intake: Intake, *, by: str, known_at: int | None = None) -> Proposed:
    """Match business events with the entries in the log and propose what follows, an act for each measure.

    The same events again add nothing; a match that was cut off is made whole by the same match.

    Parameters
    ----------
    store
        The open store, whose registry has the same four lists.
    lists
        The four lists.
    intake
        The events, and the kinds of subjects where they are known; entries are read from the log alone.
    by
        Who matches (role `grader`).
    known_at
        The day of knowledge, in days since 1970-01-01; None: that of each event.

    Returns
    -------
    Proposed
        New proposals, repeated ones, and all that matched.

    Raises
    ------
    InputError
        Where an event of the same id with other content was matched before, or what was known of it was erased.
    UsageError
        For an event that has not come.

    Examples
    --------
    >>> propose(store, lists, read_intake(events="events.csv"), by="li.na").new  # doctest: +SKIP
    ('JM-0123456789abcdef',)
    """
    for event in intake.events:
        check_day_has_come(event.on, f"the event {event.event_id}")
    cases = read_cases(store)
    subjects = {subject for event in intake.events for subject in event.subject_ids}
    listings = read_listings(store, subjects)
    matched = match(
        lists, intake.events, listings, subjects=intake.subjects, known_at=known_at, prior=prior(cases.values())
    )
    occasions = _list_occasions(store, intake.events, matched.refused)
    if occasions:
        store.record(lambda people: occasions, by=by, role="grader")
    known = {row["stream"].partition("/")[2] for row in store.rows("measure")}  # those that were erased among them
    new = [proposal for proposal in matched.proposals if proposal.proposal_id not in known]
    for proposal in new:
        given: dict[str, Any] = {
            "subject": proposal.subject_id,
            "event": proposal.event_id,
            "listing": proposal.listing_id,
            "measure": proposal.measure_id,
        }
        if intake.subjects is not None:
            given["subject_kind"] = intake.subjects[proposal.subject_id]
        if known_at is not None:
            given["known_at"] = iso(known_at)
        store.act("measure", "propose", by=by, on=iso(proposal.on), **given)
    repeated = tuple(proposal.proposal_id for proposal in matched.proposals if proposal.proposal_id in known)
    return Proposed(tuple(proposal.proposal_id for proposal in new), repeated, matched)


def _list_occasions(store: Store, events: Sequence[BusinessEvent], refused: Sequence[NotProposed]) -> list[NewEvent]:
    """The events of business events that are new, or for which something new was not proposed."""
    names = {event.event_id: name_occasion(event.event_id) for event in events}
    with store.reading() as connection:
        streams = {name: fold(name, own) for name, own in read_streams(connection, names.values()).items()}
    occasions = []
    for event in sorted(events, key=lambda event: event.event_id):
        before = streams[names[event.event_id]]
        # numbers of persons are cut before hashing, since hashes can be guessed
        subjects = hash_text(write_canonical(sorted(map(redact, event.subject_ids))))
        content = {"event": event.event_id, "event_kind": event.kind, "department": event.department}
        content |= {"on_day": iso(event.on), "subjects": subjects}
        if before.version >= 0 and before.fields != content:
            why = Phrase("fragments", "matched_and_erased" if before.is_erased else "matched_otherwise")
            raise InputError("measures.event", event_id=event.event_id, why=why, where=before.name)
        known = before.parts.get("refused", {}).values()
        there = {tuple(row.get(name) or "" for name in REFUSED[1:]) for row in known}
        own = (line for line in refused if line.event_id == event.event_id)
        lines = dict.fromkeys(tuple(getattr(line, name) for name in REFUSED[1:]) for line in own)
        fresh = [line for line in lines if line not in there]
        if before.version >= 0 and not fresh:
            continue
        rows = [
            {"number": number, **{name: cell for name, cell in zip(REFUSED[1:], line, strict=True) if cell}}
            for number, line in enumerate(fresh, len(there) + 1)
        ]
        payload: dict[str, Any] = {"parts": {"refused": rows}} if rows else {}
        payload |= {} if before.version >= 0 else {"set": content}
        occasions.append(NewEvent(before.name, "occasion.matched", payload, "matched", expected=before.version))
    return occasions


def lift(store: Store, lists: FourLists, *, by: str, on: Day, ids: Iterable[str] | None = None) -> dict[str, str]:
    """Lift every measure that has ended by a day; what was not yet carried out lapses.

    Parameters
    ----------
    store, lists
        The open store, and the four lists.
    by, on
        Who lifts them (role `grader`), and the day.
    ids
        Ids of the measures to lift; None for all that have ended, those without an entry excepted.

    Returns
    -------
    dict of str to str
        Id → why the measure ended, a key of `codes.ENDINGS`.

    Raises
    ------
    UsageError
        Where a named measure does not exist, still stands, or is over already.

    Examples
    --------
    >>> lift(store, lists, by="li.na", on="2026-03-02")  # doctest: +SKIP
    {'JM-0123456789abcdef': 'term_over'}
    """
    named = None if ids is None else list(dict.fromkeys(ids))
    check_day_has_come(date.fromisoformat(str(on)))
    day = read_day(str(on))
    cases = read_cases(store, named)
    listings = read_listings(store, {case.proposal.subject_id for case in cases.values()})
    causes, laws = {}, load_laws()
    for key, case in cases.items():
        end = ending(case, lists, listings, day, laws) if case.state.open or case.state.to_undo else Ending(NEVER, "")
        if named is None and (end.on > day or end.cause == "entry_missing"):
            continue
        act = "lift" if case.state.state in (*STANDING, "annulled", "lifted") else "lapse"
        causes[key] = str(store.act("measure", act, f"measure/{key}", by=by, on=on).fields["ended_by"])
    return causes


# --- reading


def read_cases(store: Store, ids: Iterable[str] | None = None) -> dict[str, MeasureCase]:
    """Read the measures of a store from its log, each with what was done about it, by id.

    Parameters
    ----------
    store
        The open store.
    ids
        Ids of the measures to read; None for all.

    Returns
    -------
    dict of MeasureCase
        The cases by id, in order of id.

    Raises
    ------
    UsageError
        For an id that does not exist, or whose measure was erased.

    Examples
    --------
    >>> cases = read_cases(store)  # doctest: +SKIP
    """
    names = [row["stream"] for row in store.rows("measure")] if ids is None else [f"measure/{key}" for key in ids]
    name_of = store.people().name_of
    cases = {}
    for stream in _read_folded(store, sorted(names)):
        if stream.version < 0 or (stream.is_erased and ids is not None):
            raise UsageError(
                "measures.no_proposal", partition=stream.name.partition("/")[2], where=store.database.shown
            )
        if not stream.is_erased:
            cases[stream.name.partition("/")[2]] = make_case(stream, name_of)
    return cases


def read_listings(store: Store, subjects: Iterable[str]) -> Listings:
    """Read the entries of organisations from the log."""
    names = [row["stream"] for subject in sorted(set(subjects)) for row in store.rows("listing", subject=subject)]
    return by_subject(entry for stream in _read_folded(store, names) if (entry := make_entry(stream)))


def read_refusals(store: Store) -> list[tuple[str, ...]]:
    """Read what was not proposed, with its reason, in the order of the columns of `REFUSED`."""
    streams = _read_folded(store, [row["stream"] for row in store.rows("occasion")])
    return sorted(
        (stream.fields["event"], *(row.get(name) or "" for name in REFUSED[1:]))
        for stream in streams
        for row in stream.parts.get("refused", {}).values()
    )


def _read_folded(store: Store, names: Sequence[str]) -> list[Stream]:
    with store.reading() as connection:
        return [fold(name, events) for name, events in read_streams(connection, names).items()]
