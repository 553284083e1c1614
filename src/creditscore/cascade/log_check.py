"""The tables of the cascades against the log: every column that an entry speaks of, every row that was superseded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from creditscore.cascade.apply import CascadeAct, acts, content, stored_tasks
from creditscore.cascade.tasks import Task
from creditscore.objections.case import cases
from creditscore.store import Log
from creditscore.store.legacy.archive.composites import expired_composites
from creditscore.store.legacy.archive.effective import drawn
from creditscore.store.legacy.archive.runs import expired_runs
from creditscore.store.legacy.entry import Entry

DECIDED = "case.decide"
CASCADES = ("cascade.applied", "cascade.settled", "cascade.undone", DECIDED)  # acts that draw something
TOLD = ("cascade.told", "case.letter")  # acts by which somebody is told
OTHER = "its rows are not those of the log"


def changed_cascades(log: Log) -> list[tuple[int, str]]:
    """(entry, what) for each cascade, superseded row and letter that is no more what the log says; in their order.

    An entry whose payload is gone (its retention has ended) is taken at the word of the tables.
    """
    entries = list(log.entries())
    done = {entry.refers_to for entry in entries if entry.phase == "done"}
    begun = {entry.seq: entry for entry in entries if entry.phase == "begun" and entry.action in (*CASCADES, *TOLD)}
    return sorted({*_drawn(log, begun, done), *_told(log, begun, done)})


def _drawn(log: Log, begun: Mapping[int, Entry], done: set[int | None]) -> Iterator[tuple[int, str]]:
    listed = {act.seq: act for act in acts(log)}
    asked: dict[int, list[Task]] = {}
    for task, seq, _ in stored_tasks(log):
        asked.setdefault(seq, []).append(task)
    over = expired_runs(log) | expired_composites(log)
    states: dict[int, list[list[str]]] = {}
    for seq, *row in log.store.rows("SELECT seq, run_id, subject_id, hash FROM cascade_states ORDER BY ALL"):
        states.setdefault(seq, []).append(row)
    # not every decision of a case draws something
    known = {
        seq
        for seq, entry in begun.items()
        if seq in done
        and entry.action in CASCADES
        and (entry.action != DECIDED or "cascade" in (entry.data or ()) or seq in listed)
    }
    for seq in (listed.keys() | asked.keys() | states.keys()) - known:
        yield seq, "the tables hold what no finished act of the log wrote"
    for seq in known - listed.keys():
        yield seq, "the log speaks of a cascade that is not in the tables"
    for seq in listed.keys() & known:
        entry, act = begun[seq], listed[seq]
        logged = entry.data
        if not isinstance(logged, dict):
            continue
        logged = logged.get("cascade", {}) if entry.action == DECIDED else logged
        changes = sorted(
            [run, subject, after] for run, subject, _, after in logged.get("changes", []) if run not in over
        )
        same = _of_act(act) == _of_entry(entry, logged) and content(asked.get(seq, [])) == act.content
        if not same or changes != sorted(states.get(seq, [])):
            yield seq, OTHER
    for (seq, run, subject), (stated, computed) in drawn(log.store).items():
        if stated != computed and run not in over:
            yield seq, f"the rows that it drew for {subject} in {run} are not those of the log"


def _of_act(act: CascadeAct) -> dict[str, Any]:
    return {
        "kind": act.kind,
        "of": act.of_seq,
        "subjects": list(act.subjects),
        "record": act.record_id,
        "event": act.event,
        "on": act.on.isoformat(),
        "reason": act.reason,
        "document_no": act.document_no,
        "content": act.content,
        "by": act.by.strip(),
    }


def _of_entry(entry: Entry, row: Mapping[str, Any]) -> dict[str, Any]:
    names = ("kind", "of", "subjects", "record", "event", "on", "reason", "document_no", "content")
    return {**{name: row.get(name) for name in names}, "by": entry.actor.strip()}


def _told(log: Log, begun: Mapping[int, Entry], done: set[int | None]) -> Iterator[tuple[int, str]]:
    """Letters: which tasks, by whom, on which day, under which number."""
    held: dict[int, list[list[Any]]] = {}
    columns = 'seq, of_seq, nr, on_day, "by", document_no'
    for seq, of, nr, on, by, document_no in log.store.rows(f"SELECT {columns} FROM cascade_done ORDER BY ALL"):
        held.setdefault(seq, []).append([of, nr, on.isoformat(), by.strip(), document_no])
    numbers = {  # a letter of a case says its number in the case; its entry has the hash of that
        event.seq: str(event.data.get("document_no", "")).strip()
        for case in cases(log.store).values()
        for event in case.events
        if event.kind == "notified"
    }
    known = {seq: entry for seq, entry in begun.items() if seq in done and entry.action in TOLD}
    for seq in held.keys() - known.keys():
        yield seq, "the tables hold a letter that no finished act of the log wrote"
    for seq, entry in known.items():
        logged = entry.data
        if not isinstance(logged, dict) or (entry.action == "case.letter" and seq not in numbers):
            continue
        tasks = [[logged["of"], logged["nr"]]] if entry.action == "cascade.told" else logged.get("told", [])
        document_no = logged["document_no"] if entry.action == "cascade.told" else numbers[seq]
        wanted = sorted([of, nr, logged["on"], entry.actor.strip(), document_no] for of, nr in tasks)
        if wanted != sorted(held.get(seq, [])):
            yield seq, OTHER
