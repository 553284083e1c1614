"""What a review works on: the record events decided so far, and a kept run's subjects graded again with them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.cascade.regrade import regrade
from creditscore.core.days import to_day
from creditscore.grading.result import Grading
from creditscore.records import Snapshot
from creditscore.records.faults import drop_pairs, put_pairs
from creditscore.records.schema import EVENTS
from creditscore.schemes.model import Scheme
from creditscore.store.archive.runs import KeptRun, grade_arguments

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class RecordEvent:
    """An event of a record that a review decided, with the columns of the record log.

    Days are dates, numbers are exact text; None where the event does not give a column. The columns of an `amended`
    event replace those of the record, so its `event_on` is None unless that day itself is corrected.

    Parameters
    ----------
    subject_id, record_id
        The subject and its record.
    event
        The kind: `amended`, `corrected`, `repaired`, `withdrawn`, `reinstated` or another kind of the record log.
    event_on
        The day of the event.
    recorded_on
        The day from which the event is known.
    event_no
        The number of the event in its record, from 1; 0 means the number after the newest one.
    domain, item
        Codes of the scheme's domain and item.
    occurred_on, decided_on, booked_on, published_on, corrected_on
        The other dates of the record or the event.
    quantity, amount
        The number of units, and the amount in CNY.
    share
        The corrected share of the record, 0 to 1; None: what is left of it.
    act_id, source_subject_id, source, document_no, basis
        The act behind the record, the subject it came from, its source, document number and legal basis.
    further
        Record attributes of the scheme, by name, that an `amended` event replaces.
    case_id
        The case that decided the event; empty where none did.
    seq
        The entry of the log that decided it; -1 before it is written.
    """

    subject_id: str
    record_id: str
    event: str
    event_on: date | None
    recorded_on: date
    event_no: int = 0
    domain: str | None = None
    item: str | None = None
    occurred_on: date | None = None
    decided_on: date | None = None
    booked_on: date | None = None
    published_on: date | None = None
    corrected_on: date | None = None
    quantity: str | None = None
    amount: str | None = None
    share: str | None = None
    act_id: str | None = None
    source_subject_id: str | None = None
    source: str | None = None
    document_no: str | None = None
    basis: str | None = None
    further: Mapping[str, str] | None = None
    case_id: str = ""
    seq: int = -1


OF_THE_LOG = tuple(field.name for field in fields(RecordEvent) if field.name not in ("further", "case_id", "seq"))


def as_table(events: Sequence[RecordEvent]) -> pa.Table:
    """Events as rows of the record log; columns that no event fills are left out."""
    import pyarrow as pa

    rows = [{**{name: getattr(event, name) for name in OF_THE_LOG}, **(event.further or {})} for event in events]
    names = list(dict.fromkeys(name for row in rows for name in row))
    filled_columns = [name for name in names if any(row.get(name) is not None for row in rows)] or [
        "subject_id",
        "record_id",
    ]
    return pa.table({name: pa.array([_text(row.get(name)) for row in rows], pa.string()) for name in filled_columns})


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def fitting(snapshot: Snapshot, events: Sequence[RecordEvent]) -> list[RecordEvent]:
    """The events that belong to records of the snapshot, numbered after what it holds of them.

    An event that the snapshot has already (same number, kind and day) is left out; one of a record that the snapshot
    does not hold belongs to another one. A later snapshot may have grown events of its own: those come first.
    """
    newest, held = count_newest(snapshot, events)
    numbered_events = []
    for event in events:
        if event.record_id not in newest or _key(event) in held:
            continue
        newest[event.record_id] += 1
        numbered_events.append(replace(event, event_no=newest[event.record_id]))
    return numbered_events


def domains_of(snapshot: Snapshot, events: Sequence[RecordEvent]) -> frozenset[str] | None:
    """The domains of the records that events are about; None where one may be of any domain, or becomes another's."""
    if any("domain" in (event.further or {}) for event in events):
        return None
    con = snapshot.con.cursor()
    put_pairs(con, "asked", [(event.subject_id, event.record_id) for event in events])
    try:
        rows = con.execute(
            f"SELECT DISTINCT x.domain FROM {snapshot.log} x WHERE x.record_id IN (SELECT b FROM asked)"
        ).fetchall()
    finally:
        drop_pairs(con, "asked")
    if any(code is None for (code,) in rows):
        return None
    return frozenset(snapshot.domains[code] for (code,) in rows)


def _key(event: RecordEvent) -> tuple[str, int, str, int | None]:
    return event.record_id, event.event_no, event.event, None if event.event_on is None else to_day(event.event_on)


def count_newest(
    snapshot: Snapshot, events: Sequence[RecordEvent]
) -> tuple[dict[str, int], set[tuple[str, int, str, int | None]]]:
    """The newest event number by record, and the later events that the snapshot holds."""
    con = snapshot.con.cursor()
    put_pairs(con, "asked", [(event.subject_id, event.record_id) for event in events])
    try:
        rows = con.execute(
            f"SELECT x.record_id, x.event_no, x.event, x.event_day FROM {snapshot.log} x"
            f" JOIN {snapshot.subjects} s ON s.sid = x.sid"
            " JOIN (SELECT DISTINCT a, b FROM asked) q ON q.a = s.subject_id AND q.b = x.record_id"
            f" WHERE x.sid IN (SELECT sid FROM {snapshot.subjects} WHERE subject_id IN (SELECT a FROM asked))"
        ).fetchall()
    finally:
        drop_pairs(con, "asked")
    newest: dict[str, int] = {}
    for record_id, event_no, *_ in rows:
        newest[record_id] = max(newest.get(record_id, 0), event_no)
    return newest, {(record_id, event_no, EVENTS[event], day) for record_id, event_no, event, day in rows}


def as_kept(
    run: KeptRun, snapshot: Snapshot, subject_ids: Iterable[str], schemes: Mapping[str, Scheme] | None = None
) -> Grading:
    """Some subjects of a kept run graded again as the run was: the same rows, from the snapshot alone."""
    known = date.fromisoformat(run.known_at) if run.replayed else None
    return regrade(snapshot, subject_ids, **grade_arguments(run, schemes), known_on=known, replayed=run.replayed)


def as_known(
    run: KeptRun,
    snapshot: Snapshot,
    subject_ids: Iterable[str],
    events: Sequence[RecordEvent],
    on: date,
    schemes: Mapping[str, Scheme] | None = None,
    **tables: pa.Table,
) -> Grading:
    """Some subjects for the period of a kept run, as records, law and the decided `events` are known on a day.

    `tables` (listings, history) take the place of those of the snapshot. An event recorded later than `on` is not
    yet known.
    """
    ids = sorted(set(subject_ids))
    known = fitting(snapshot, [event for event in events if event.subject_id in set(ids) and event.recorded_on <= on])
    added = as_table(known) if known else None
    return regrade(snapshot, ids, **grade_arguments(run, schemes), known_on=on, replayed=True, events=added, **tables)
