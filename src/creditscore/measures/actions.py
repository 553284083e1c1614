"""Acts on joint measures, from proposal to lifting. Each stands in the log before it takes effect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from creditscore.core.canonical import canonical, hash_text
from creditscore.core.clock import check_day_has_come
from creditscore.core.days import from_day, iso
from creditscore.core.errors import InputError, UsageError
from creditscore.core.free_text import refuse_persons_in
from creditscore.core.identity import redact
from creditscore.measures.codes import ENDINGS, FLAGS, MUST_ACKNOWLEDGE, NOT_PROPOSED
from creditscore.measures.force import basis_on
from creditscore.measures.match import Matched, Proposal, barring, flags_of, lacks_basis, match
from creditscore.measures.model import FourLists
from creditscore.measures.register import (
    ACT_COLUMNS,
    EVENT,
    PARTED,
    PROPOSAL,
    REFUSED,
    Listings,
    MeasureCase,
    ending,
    prior,
    read_cases,
)
from creditscore.measures.state import STANDING, step
from creditscore.measures.tables import BusinessEvent, Intake
from creditscore.schemes.laws import Law, load_laws
from creditscore.store import Log, second_person

PROPOSER, DECIDER = "grader", "approver"  # roles: who proposes and carries out, who decides


@dataclass(frozen=True)
class Proposed:
    """What a match brought into the store: ids of new proposals, ids that stood there already, and all that matched."""

    new: tuple[str, ...]
    repeated: tuple[str, ...]
    matched: Matched


def propose(log: Log, lists: FourLists, intake: Intake, *, by: str, known_at: int | None = None) -> Proposed:
    """Match the events and keep the proposals for a person to decide. The same events again add nothing.

    InputError where an event of the same id with other content was matched before.
    """
    refuse_persons_in(by=by)
    for event in intake.events:
        check_day_has_come(event.on, f"the event {event.event_id}")
    cases = read_cases(log.store)
    matched = match(
        lists, intake.events, intake.listings, subjects=intake.subjects, known_at=known_at, prior=prior(cases.values())
    )
    events = _new_events(log, intake.events)
    new = [proposal for proposal in matched.proposals if proposal.proposal_id not in cases]
    repeated = tuple(proposal.proposal_id for proposal in matched.proposals if proposal.proposal_id in cases)
    refused_before = set(log.store.rows(f"SELECT {', '.join(REFUSED)} FROM joint_refusal"))
    lines = (tuple(getattr(not_proposed, name) for name in REFUSED) for not_proposed in matched.refused)
    refused = [line for line in dict.fromkeys(lines) if line not in refused_before]
    if not (events or new or refused):
        return Proposed((), repeated, matched)
    rows = [[*_cells(proposal), _period(lists, proposal), by] for proposal in new]
    payload = {
        "tables": lists.digest,
        "known_at": iso(known_at),
        "events": len(events),
        "refused": len(refused),
        "proposals": [proposal.proposal_id for proposal in new],
        "content": hash_text(canonical(rows)),
        "asked": {cells[0]: hash_text(canonical(cells)) for cells in map(_event_cells, events)},
        "refusals": hash_text(canonical([list(line) for line in sorted(refused)])),
    }
    with log.act(by, PROPOSER, "joint.match", lists.head.four_lists, payload) as act:
        seq = act.entry.seq
        _insert(act.con, "joint_event", EVENT, map(_event_cells, events))
        _insert(act.con, "joint_proposal", (*PROPOSAL, "log_seq"), ([*row, seq] for row in rows))
        _insert(act.con, "joint_refusal", (*REFUSED, "log_seq"), ([*line, seq] for line in refused))
        _write(act.con, seq, [(proposal.proposal_id, "proposed", proposal.on, by, "", "", ()) for proposal in new])
    return Proposed(tuple(proposal.proposal_id for proposal in new), repeated, matched)


def decide(
    log: Log,
    lists: FourLists,
    listings: Listings,
    proposal_id: str,
    *,
    accept: bool,
    by: str,
    on: int,
    reason: str = "",
    acknowledge: Sequence[str] = (),
    texts: Mapping[str, Law] | None = None,
) -> None:
    """Accept or reject a proposal. Who decides did not propose it (NotAllowed).

    Rejecting needs a reason. Accepting needs an entry that stands that day, its link, a basis in force, no black or
    watch entry beside a reward, and an acknowledgement with a reason for each flag that demands one; else UsageError.
    """
    refuse_persons_in(by=by, reason=reason)
    check_day_has_come(on)
    case = read_cases(log.store, [proposal_id])[proposal_id]
    second_person(by, case.proposed_by, act="the decision on a measure")
    name = "accepted" if accept else "rejected"
    step(case.state, name, on, proposal_id)
    unknown = sorted(set(acknowledge) - FLAGS.keys())
    if unknown:
        raise UsageError(f"there is no flag {unknown[0]!r}", allowed=FLAGS)
    if not accept and not reason.strip():
        raise UsageError("a rejection needs a reason", where=proposal_id, next="give --reason TEXT")
    if accept:
        flags = _stands(case, lists, listings, on, load_laws() if texts is None else texts)
        open_flags = [flag for flag in MUST_ACKNOWLEDGE if flag in flags and flag not in acknowledge]
        if open_flags or (set(acknowledge) & set(MUST_ACKNOWLEDGE) and not reason.strip()):
            flag = open_flags[0] if open_flags else MUST_ACKNOWLEDGE[0]
            raise UsageError(
                f"the measure {FLAGS[flag]}; whoever accepts it must acknowledge this with a reason",
                where=f"{proposal_id}: {case.proposal.measure_id}, basis {case.proposal.basis}",
                next=f"give --acknowledge {flag} --reason TEXT, or reject the proposal",
            )
    row = (proposal_id, name, on, by, reason.strip(), "", tuple(sorted(set(acknowledge))))
    _record(log, by, DECIDER, "joint.decide", [row])


def notify(
    log: Log, lists: FourLists, listings: Listings, proposal_id: str, *, by: str, on: int, document_no: str
) -> None:
    """The subject was told: measure, basis, reason, and the ways to object. UsageError without the notice's number."""
    _carry(log, lists, listings, proposal_id, "notified", by, on, document_no)


def execute(
    log: Log, lists: FourLists, listings: Listings, proposal_id: str, *, by: str, on: int, document_no: str = ""
) -> None:
    """Record that a measure was carried out.

    Possible only after the notice, and only while everything the measure rests on still stands: its entry, its link and
    its legal basis, and for a reward that the subject is on no black or watch list.

    Parameters
    ----------
    log
        The log of the store.
    lists
        The four lists.
    listings
        The entries on lists by subject, as `read_intake` reads them.
    proposal_id
        A measure of which the subject was notified.
    by
        The person who carries it out (role `grader`).
    on
        The day, in days since 1970-01-01; not after today and not before the last act on the measure.
    document_no
        The number of a document; empty where there is none.

    Returns
    -------
    None
        The act stands in the log (`joint.execute`) and the store.

    Raises
    ------
    UsageError
        Where the measure does not exist or was not notified, something it rests on stands no more, `on` is not allowed,
        `by` is empty, or a text holds a resident identity number.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> execute(log, lists, intake.listings, "JM-0123456789abcdef", by="li.na", on=20150)  # doctest: +SKIP
    """
    _carry(log, lists, listings, proposal_id, "executed", by, on, document_no)


def _carry(
    log: Log, lists: FourLists, listings: Listings, proposal_id: str, act: str, by: str, on: int, document_no: str
) -> None:
    refuse_persons_in(by=by, document_no=document_no)
    check_day_has_come(on)
    case = read_cases(log.store, [proposal_id])[proposal_id]
    step(case.state, act, on, proposal_id)
    if act == "notified" and not document_no.strip():
        raise UsageError("a notice has a number", where=proposal_id, next="give --document-no NUMBER")
    _stands(case, lists, listings, on, load_laws())
    action = {"notified": "joint.notify", "executed": "joint.execute"}[act]
    _record(log, by, PROPOSER, action, [(proposal_id, act, on, by, "", document_no.strip(), ())])


def feedback(log: Log, proposal_id: str, *, by: str, on: int, result: str) -> None:
    """Record what came of a measure, as reported to whoever keeps the lists.

    Parameters
    ----------
    log
        The log of the store.
    proposal_id
        A measure that was carried out.
    by
        The person who reports it (role `grader`).
    on
        The day, in days since 1970-01-01; not after today and not before the last act on the measure.
    result
        What came of it; not empty.

    Returns
    -------
    None
        The act stands in the log (`joint.feedback`) and the store.

    Raises
    ------
    UsageError
        Where the measure does not exist, was not carried out or has feedback already, `on` is not allowed, `result` or
        `by` is empty, or a text holds a resident identity number.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> feedback(log, "JM-0123456789abcdef", by="li.na", on=20160, result="资格审查未通过")  # doctest: +SKIP
    """
    refuse_persons_in(by=by, result=result)
    check_day_has_come(on)
    case = read_cases(log.store, [proposal_id])[proposal_id]
    step(case.state, "fed_back", on, proposal_id)
    if not result.strip():
        raise UsageError("feedback without content", where=proposal_id, next="give --result TEXT")
    _record(log, by, PROPOSER, "joint.feedback", [(proposal_id, "fed_back", on, by, result.strip(), "", ())])


def annul(log: Log, proposal_id: str, *, by: str, on: int, document_no: str, reason: str) -> None:
    """Record that the decision on a measure was annulled, by a court or another office that may do so.

    What was carried out is then to be lifted.

    Parameters
    ----------
    log
        The log of the store.
    proposal_id
        A measure that was accepted, whether or not it was carried out, and has not ended.
    by
        The person who records it (role `approver`).
    on
        The day of the annulment, in days since 1970-01-01; not after today and not before the last act on the measure.
    document_no
        The number of the document that annuls it; not empty.
    reason
        Why it was annulled; not empty.

    Returns
    -------
    None
        The act stands in the log (`joint.annul`) and the store.

    Raises
    ------
    UsageError
        Where the measure does not exist or cannot be annulled in its state, `on` is not allowed, document, reason or
        `by` is empty, or a text holds a resident identity number.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> annul(log, "JM-0123456789abcdef", by="chen.jie", on=20170, document_no="〔2025〕行初1号",
    ...       reason="事实不清")  # doctest: +SKIP
    """
    refuse_persons_in(by=by, document_no=document_no, reason=reason)
    check_day_has_come(on)
    case = read_cases(log.store, [proposal_id])[proposal_id]
    step(case.state, "annulled", on, proposal_id)
    if not document_no.strip() or not reason.strip():
        raise UsageError(
            "an annulment needs its document and a reason", where=proposal_id, next="give --document-no and --reason"
        )
    row = (proposal_id, "annulled", on, by, reason.strip(), document_no.strip(), ())
    _record(log, by, DECIDER, "joint.annul", [row])


def lift(
    log: Log, lists: FourLists, listings: Listings, *, by: str, on: int, ids: Iterable[str] | None = None
) -> dict[str, str]:
    """Lift every measure that has ended by a day.

    What was carried out is `lifted`, what was not yet carried out has `lapsed`. A measure whose entry does not stand in
    the listings at all has no effect, and is lifted only where it is named, since the table may be the wrong one.

    Parameters
    ----------
    log
        The log of the store.
    lists
        The four lists.
    listings
        The entries on lists by subject, as `read_intake` reads them.
    by
        The person who lifts them (role `grader`).
    on
        The day, in days since 1970-01-01; not after today.
    ids
        Ids of the measures to lift; None for all that have ended.

    Returns
    -------
    dict of str
        Id → why the measure ended: annulled, repaired, exited, term_over, period_over, basis_gone,
        on_black_or_watch_list or entry_missing. Empty where nothing has ended; then nothing is logged.

    Raises
    ------
    UsageError
        Where a named measure does not exist, still stands, or is over already; where `on` is not allowed or `by` is
        empty.
    NotAllowed
        Where the person does not have the role.

    Examples
    --------
    >>> lift(log, lists, intake.listings, by="li.na", on=20500)  # doctest: +SKIP
    {'JM-0123456789abcdef': 'term_over'}
    """
    refuse_persons_in(by=by)
    check_day_has_come(on)
    named = None if ids is None else list(dict.fromkeys(ids))
    rows, causes, law_by_id = [], {}, load_laws()
    for key, case in read_cases(log.store, named).items():
        state = case.state
        if not (state.open or state.to_undo):
            if named is not None:
                step(state, "lifted", on, key)  # says what it is
            continue
        end = ending(case, lists, listings, on, law_by_id)
        if end.on > on:
            if named is not None:
                raise UsageError(
                    "the measure still stands",
                    where=key + (f", until {from_day(end.on)}: {ENDINGS[end.cause]}" if end.cause else ""),
                    next="`creditscore joint lift --annulled` ends a decision that was annulled",
                )
            continue
        if end.cause == "entry_missing" and named is None:
            continue
        act = "lifted" if state.state in (*STANDING, "annulled") else "lapsed"
        step(state, act, on, key)
        rows.append((key, act, on, by, f"{end.cause} {from_day(end.on)}", "", ()))
        causes[key] = end.cause
    if rows:
        _record(log, by, PROPOSER, "joint.lift", rows)
    return causes


def _stands(
    case: MeasureCase, lists: FourLists, listings: Listings, on: int, law_by_id: Mapping[str, Law]
) -> tuple[str, ...]:
    """The flags of a measure that may go on today; UsageError says why it may not."""
    proposal = case.proposal
    measure = lists.measures.get(proposal.measure_id)
    linked = lists.linked(proposal.conduct_id) if proposal.conduct_id in lists.conducts else []
    link = next((link for link, other in linked if other.id == proposal.measure_id), None)
    if measure is None or link is None:
        raise UsageError(
            "the four lists hold this link no more",
            where=f"{proposal.proposal_id}: {proposal.conduct_id} → {proposal.measure_id}",
            next="reject the proposal, or use the tables by which it was made",
        )
    end = ending(case, lists, listings, on, law_by_id)
    if end.on <= on:
        raise UsageError(
            f"nothing may follow any more: {ENDINGS[end.cause]}",
            where=f"{proposal.proposal_id}, since {from_day(end.on)}",
            next="`creditscore joint lift` closes it",
        )
    day = from_day(on)
    basis = basis_on(measure.cite, law_by_id, day, day)
    entries = [entry for entry in listings.get(proposal.subject_id, ()) if entry.known_on(on)]
    why = lacks_basis(measure, basis, day)
    why = why or (barring(lists, entries, on) if proposal.side == "reward" else None)
    if why is not None or basis is None:
        raise UsageError(
            NOT_PROPOSED[why or "basis_not_in_force"],
            where=f"{proposal.proposal_id} on {day}",
            next="reject the proposal; a measure that was accepted before is neither notified nor carried out",
        )
    conduct = lists.conducts[proposal.conduct_id]
    now = flags_of(measure, basis, (measure.evidence, link.evidence, conduct.evidence))
    return tuple(flag for flag in FLAGS if flag in now or flag in proposal.flags)


Row = tuple[str, str, int, str, str, str, tuple[str, ...]]


def _record(log: Log, by: str, role: str, action: str, rows: Sequence[Row]) -> None:
    payload = [
        {
            "proposal_id": key,
            "act": act,
            "on": iso(on),
            "reason": reason,
            "document_no": number,
            "acknowledged": list(flags),
        }
        for key, act, on, _, reason, number, flags in rows
    ]
    subject = rows[0][0] if len(rows) == 1 else f"{len(rows)} measures"
    with log.act(by, role, action, subject, payload) as act:
        _write(act.con, act.entry.seq, rows)


def _write(con: Any, seq: int, rows: Iterable[Row]) -> None:
    (start,) = con.execute("SELECT coalesce(max(nr) + 1, 0) FROM joint_act").fetchall()[0]
    cells = ([nr, *row[:-1], PARTED.join(row[-1]), seq] for nr, row in enumerate(rows, start))
    _insert(con, "joint_act", (*ACT_COLUMNS, "log_seq"), cells)


def _insert(con: Any, table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Rows at once; one statement each would take a hundred times as long."""
    import pyarrow as pa

    cells = list(zip(*rows, strict=True))
    if cells:
        names = ", ".join(columns)
        con.register("joint_rows", pa.table(dict(zip(columns, map(list, cells), strict=True))))
        con.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM joint_rows")
        con.unregister("joint_rows")


def _cells(proposal: Proposal) -> list[Any]:
    return [PARTED.join(value) if isinstance(value, tuple) else value for value in vars(proposal).values()]


def _period(lists: FourLists, proposal: Proposal) -> str:
    return lists.measures[proposal.measure_id].max_period.model_dump_json(exclude_none=True)


def _event_cells(event: BusinessEvent) -> list[Any]:
    # a hash tells whether the same event is given again; numbers of persons are cut before, since hashes can be guessed
    subjects = hash_text(canonical(sorted(map(redact, event.subject_ids))))
    return [event.event_id, event.kind, event.department, event.on, subjects]


def _new_events(log: Log, events: Iterable[BusinessEvent]) -> list[BusinessEvent]:
    rows = {row[0]: list(row) for row in log.store.rows("SELECT * FROM joint_event")}
    new = [event for event in events if event.event_id not in rows]
    changed = [event for event in events if rows.get(event.event_id, _event_cells(event)) != _event_cells(event)]
    if changed:
        raise InputError(
            f"the event {changed[0].event_id!r} was matched before with other content",
            next="give the changed event an id of its own",
        )
    return new
