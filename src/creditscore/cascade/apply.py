"""A cascade carried out: the event, the rows that supersede others and the tasks, in one act of the log; and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.cascade.inputs import RecordEvent, decided, write_events
from creditscore.cascade.preview import Bench, Cascade, holding, preview, preview_undo
from creditscore.cascade.tasks import Task
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.clock import check_day_has_come
from creditscore.core.errors import StoreError, UsageError
from creditscore.core.free_text import refuse_persons_in
from creditscore.store import Database, Log, second_person
from creditscore.store.legacy.archive.effective import Rows, Scored, insert, write_rows

if TYPE_CHECKING:
    import duckdb

ROLE = "reviewer"


@dataclass(frozen=True)
class CascadeAct:
    """A cascade as the store holds it. `kind`: applied, undone (of `of_seq`), settled, decided (by a case).

    `document_no` of a decision is the id of its case.
    """

    seq: int
    kind: str
    of_seq: int | None
    subjects: tuple[str, ...]
    record_id: str | None
    event: str | None
    on: date
    by: str
    reason: str
    document_no: str
    content: str


COLUMNS = (
    "seq",
    "kind",
    "of_seq",
    "subjects",
    "record_id",
    "event",
    "on_day",
    "by",
    "reason",
    "document_no",
    "content",
)


def apply(log: Log, on_bench: Bench, event: RecordEvent, *, by: str, reason: str, document_no: str = "") -> Cascade:
    """Append the event to its record, supersede every row that rests on it, and write down what is to be done.

    All of it stands in one act of the log, or nothing does. Where the event holds already and everything was drawn
    from it, nothing is written and the cascade is empty. Who decides did not keep the runs that change (NotAllowed).
    """
    on = event.recorded_on
    cascade = preview(on_bench, replace(event, document_no=document_no or event.document_no))
    return _write(log, on_bench, cascade, "applied", None, on, by, reason, document_no)


def settle(
    log: Log, on_bench: Bench, subject_ids: Iterable[str], *, by: str, on: date, reason: str, document_no: str = ""
) -> Cascade:
    """Carry out what follows from events and annulments that were decided elsewhere.

    Superseded rows and tasks are written in one act of the log, or nothing is. Where everything was already drawn from
    the decisions, nothing is written and the cascade is empty.

    Parameters
    ----------
    log
        The log of the store that `on_bench` reads.
    on_bench
        What `bench` collected from that store.
    subject_ids
        The subjects to look at.
    by
        The account of the person who acts, with the role of reviewer where the store has roles.
    on
        The day of the act, today or earlier.
    reason
        Why, in words; needed where anything is written.
    document_no
        The number of the document; may be empty.

    Returns
    -------
    Cascade
        What was written; `seq` is its entry in the log, -1 where nothing was.

    Raises
    ------
    UsageError
        Where `on` has not come, `by` or a needed `reason` is empty, or a text holds a resident identity number.
    NotAllowed
        Where `by` lacks the role, or kept one of the runs that change.
    InputError
        Where a snapshot is gone, or differs from what was graded.

    Examples
    --------
    >>> settle(log, bench(store), ["91500000MAAAAAA188"], by="zhang.min", on=date(2025, 3, 3),
    ...        reason="court ruling 12").empty  # doctest: +SKIP
    False
    """
    cascade = preview(on_bench, None, subject_ids)
    return _write(log, on_bench, cascade, "settled", None, on, by, reason, document_no)


def undo(log: Log, on_bench: Bench, seq: int, *, by: str, on: date, reason: str, document_no: str = "") -> Cascade:
    """Take back the events of an applied cascade as a mistake, with everything that follows.

    From `on` its events no longer count; replays of the days between still see them. Undoing the same cascade again
    writes nothing and returns an empty cascade.

    Parameters
    ----------
    log
        The log of the store that `on_bench` reads.
    on_bench
        What `bench` collected from that store.
    seq
        The entry of the cascade in the log.
    by
        The account of the person who acts, with the role of reviewer where the store has roles.
    on
        The day of the act: today or earlier, and not before the day of the events.
    reason
        Why, in words; needed where anything is written.
    document_no
        The number of the document; may be empty.

    Returns
    -------
    Cascade
        The events that were taken back (`voided`), the rows superseded and the tasks.

    Raises
    ------
    UsageError
        Where `seq` is no cascade, is the decision of a case, or decided nothing itself; where later events of the same
        record rest on it (undo those first); where `on` has not come or lies before the events; where `by` or a needed
        `reason` is empty, or a text holds a resident identity number.
    NotAllowed
        Where `by` lacks the role, or kept one of the runs that change.
    InputError
        Where a snapshot is gone, or differs from what was graded.

    Examples
    --------
    >>> undo(log, bench(store), 41, by="zhang.min", on=date(2025, 3, 3), reason="wrong record").voided  # doctest: +SKIP
    (('91500000MAAAAAA188', 'r03', 2),)
    """
    act = act_of(log, seq)
    if act.kind == "decided":
        raise UsageError(
            f"cascade {seq} is the decision of case {act.document_no}, and no decision is taken back here",
            allowed="a cascade that was applied",
            next="open another case on the grade, or `creditscore cascade apply --event reinstated`",
        )
    own = [event for event in decided(log.store, act.subjects, ever=True) if event.seq == seq]
    if not own:
        raise UsageError(
            f"cascade {seq} only drew what others had decided ({act.kind})",
            allowed="a cascade that was applied",
            next="undo the decision itself",
        )
    left = [event for event in decided(log.store, act.subjects) if event.seq == seq]
    if not left:
        return Cascade(act.subjects, (), (), (), ())
    later = [
        event
        for event in decided(log.store, act.subjects)
        if event.seq > seq and event.record_id in {mine.record_id for mine in own}
    ]
    if later:
        raise UsageError(
            f"record {later[-1].record_id} was {later[-1].event} since",
            where=f"entry {later[-1].seq} of the log",
            next="undo the later decision first",
        )
    if on < max(event.recorded_on for event in left):
        raise UsageError(
            f"undone on {on}, before it was decided", allowed=f"{max(event.recorded_on for event in left)} or later"
        )
    return _write(log, on_bench, preview_undo(on_bench, left), "undone", seq, on, by, reason, document_no)


def _write(
    log: Log,
    on_bench: Bench,
    cascade: Cascade,
    kind: str,
    of_seq: int | None,
    on: date,
    by: str,
    reason: str,
    document_no: str,
) -> Cascade:
    refuse_persons_in(by=by, reason=reason, document_no=document_no)
    check_day_has_come(on)
    cascade = to_enter(log, cascade, by)
    if cascade.empty and not cascade.tasks:
        return cascade
    if not reason.strip():
        raise UsageError("nobody says why", next="give --reason TEXT")
    row = CascadeAct(
        -1, kind, of_seq, cascade.subjects, *_about(cascade), on, by, reason.strip(), document_no.strip(), ""
    )
    named = cascade.subjects[0] if len(cascade.subjects) == 1 else f"{len(cascade.subjects)} subjects"
    with log.act(by, ROLE, f"cascade.{kind}", named, payload_of(cascade, row)) as act:
        events = _append(on_bench, act.con, act.entry.seq, cascade.events)
        enter(act.con, act.entry.seq, cascade, row)
    return replace(cascade, events=tuple(events), seq=act.entry.seq)


def to_enter(log: Log, cascade: Cascade, by: str) -> Cascade:
    """The cascade with the tasks that are new; NotAllowed where who decides kept one of the runs that change."""
    keepers = sorted(
        {change.run.kept_by for change in cascade.changes} | {score.composite.kept_by for score in cascade.scores}
    )
    if keepers:
        second_person(by, *keepers, act="what changes a kept grade")
    known = {task for task, _, _ in stored_tasks(log)} if cascade.empty else set()
    return replace(cascade, tasks=tuple(task for task in cascade.tasks if task not in known))


def payload_of(cascade: Cascade, row: CascadeAct) -> dict[str, Any]:
    """What the log says of a cascade; `store check` compares the tables with it."""
    return {
        "kind": row.kind,
        "of": row.of_seq,
        "subjects": list(cascade.subjects),
        "record": row.record_id,
        "event": row.event,
        "on": row.on.isoformat(),
        "reason": row.reason,
        "document_no": row.document_no,
        "tasks": len(cascade.tasks),
        "changes": [
            *(
                [change.run.run_id, change.subject_id, change.before.hash, change.after.hash]
                for change in cascade.changes
            ),
            *(
                [score.composite.run_id, score.subject_id, score.before.hash, score.after.hash]
                for score in cascade.scores
            ),
        ],
        "composites": [
            [composite.config, composite.subject_id, *composite.before, *composite.after]
            for composite in cascade.composites
        ],
        "content": content(cascade.tasks),
    }


def enter(con: duckdb.DuckDBPyConnection, seq: int, cascade: Cascade, row: CascadeAct) -> None:
    """Write a cascade inside the open act `seq`: superseding rows, voided events, tasks; its own events apart."""
    cells = [
        seq,
        row.kind,
        row.of_seq,
        canonical(list(cascade.subjects)),
        row.record_id,
        row.event,
        row.on,
        row.by,
        row.reason,
        row.document_no,
        content(cascade.tasks),
    ]
    insert(con, "cascade_acts", COLUMNS, [cells])
    voided = [[seq, *key, row.on] for key in cascade.voided]
    insert(con, "cascade_voided", ("seq", "subject_id", "record_id", "event_no", "recorded_on"), voided)
    rows = {(change.run.run_id, change.subject_id): change.after for change in cascade.changes}
    write_rows(
        con, seq, rows, {(change.run.run_id, change.subject_id) for change in cascade.changes if change.as_kept}, Rows
    )
    scores = {(score.composite.run_id, score.subject_id): score for score in cascade.scores}
    as_kept = {key for key, score in scores.items() if score.as_kept}
    write_rows(con, seq, {key: score.after for key, score in scores.items()}, as_kept, Scored)
    lines = [[seq, nr, *(getattr(task, name) for name in TASK)] for nr, task in enumerate(cascade.tasks)]
    insert(con, "cascade_tasks", ("seq", "nr", *TASK), lines)


TASK = ("subject_id", "kind", "thing", "task", "who", "why", "because")


def content(tasks: Sequence[Task]) -> str:
    return hash_text(canonical([[getattr(task, name) for name in TASK] for task in tasks]))


def _append(
    on_bench: Bench, con: duckdb.DuckDBPyConnection, seq: int, events: Sequence[RecordEvent]
) -> list[RecordEvent]:
    """Numbered after the newest event of the record in any snapshot and in the store."""
    if not events:
        return []
    snapshot = holding(on_bench, events[0].record_id, events[0].subject_id)
    return write_events(con, seq, "", events, snapshot)


def _about(cascade: Cascade) -> tuple[str | None, str | None]:
    if cascade.events:
        return cascade.events[0].record_id, cascade.events[0].event
    return (cascade.voided[0][1], None) if cascade.voided else (None, None)


def act_of(log: Log, seq: int) -> CascadeAct:
    """The cascade of an entry; UsageError where the entry is none."""
    for act in acts(log):
        if act.seq == seq:
            return act
    raise UsageError(f"entry {seq} of the log is no cascade", next="`creditscore cascade show` lists them")


def acts(log: Log) -> list[CascadeAct]:
    """Every cascade in the order of the log."""
    listed = ", ".join(f'"{name}"' for name in COLUMNS)
    rows = log.store.rows(f"SELECT {listed} FROM cascade_acts ORDER BY seq")
    named = (dict(zip((*COLUMNS[:6], "on", *COLUMNS[7:]), row, strict=True)) for row in rows)
    return [CascadeAct(**{**row, "subjects": _subjects(row["subjects"], row["seq"])}) for row in named]


def _subjects(text: str, seq: int) -> tuple[str, ...]:
    try:
        return tuple(json.loads(text))
    except (ValueError, TypeError) as error:
        raise StoreError(
            "a cascade in the store cannot be read", where=f"entry {seq}: subjects {text[:80]!r}", next="restore a copy"
        ) from error


def mark_told(log: Log, seq: int, nr: int, *, by: str, on: date, document_no: str) -> None:
    """Who had to be told was told, by a letter with a number; UsageError for another task, twice, or without one."""
    refuse_persons_in(by=by, document_no=document_no)
    check_day_has_come(on)
    act_of(log, seq)
    task = next((task for task, task_seq, task_nr in stored_tasks(log) if (task_seq, task_nr) == (seq, nr)), None)
    if task is None or task.task != "tell":
        raise UsageError(
            f"task {nr} of cascade {seq} is nothing that is told", next="`creditscore cascade show` numbers the tasks"
        )
    if (seq, nr) in told_tasks(log):
        raise UsageError(
            f"task {nr} of cascade {seq} was done before",
            next="nothing is to be done; `creditscore cascade show` names the open tasks",
        )
    if not document_no.strip():
        raise UsageError("a letter has a number", next="give --document-no NUMBER")
    payload = {"of": seq, "nr": nr, "on": on.isoformat(), "document_no": document_no.strip()}
    with log.act(by, ROLE, "cascade.told", task.subject_id, payload) as act:
        write_told(act.con, act.entry.seq, [(seq, nr)], on, by, document_no)


def write_told(
    con: duckdb.DuckDBPyConnection, seq: int, tasks: Iterable[tuple[int, int]], on: date, by: str, document_no: str
) -> None:
    """Tasks (cascade, number) are done by a letter, inside the open act `seq`."""
    rows = [[seq, of, nr, on, by, document_no.strip()] for of, nr in tasks]
    insert(con, "cascade_done", ("seq", "of_seq", "nr", "on_day", "by", "document_no"), rows)


def untold(log: Log, of: int | None = None) -> list[tuple[Task, int, int]]:
    """Who is still to be told: (task, cascade, number), of one cascade or of all."""
    done = told_tasks(log)
    return [
        task for task in stored_tasks(log) if task[0].task == "tell" and of in (None, task[1]) and task[1:] not in done
    ]


def told_tasks(log: Log) -> set[tuple[int, int]]:
    """(seq, nr) of the tasks that were done."""
    return set(told_on(log.store))


def told_on(store: Database) -> dict[tuple[int, int], str]:
    """(seq, nr) of each task that was done → the day, as text."""
    rows = store.rows("SELECT of_seq, nr, on_day FROM cascade_done")
    return {(of, nr): on.isoformat() for of, nr, on in rows}


def stored_tasks(log: Log) -> list[tuple[Task, int, int]]:
    """(task, seq, nr) of every task that a cascade wrote down, in order."""
    listed = ", ".join(TASK)
    rows = log.store.rows(f"SELECT {listed}, seq, nr FROM cascade_tasks ORDER BY seq, nr")
    return [(Task(*row[:-2]), row[-2], row[-1]) for row in rows]
