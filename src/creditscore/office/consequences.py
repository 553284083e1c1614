"""What would follow if something were decided about a record: asked of an office's log, and nothing is written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditscore.cascade.follow import FindSnapshot, Redrawn, find_following, sort_runs
from creditscore.cascade.follow_entries import IN_QUESTION, find_doubt
from creditscore.cascade.inputs import RecordEvent
from creditscore.cascade.record_streams import read_record_events
from creditscore.core.errors import UsageError
from creditscore.core.i18n import Phrase
from creditscore.lists.beside import make_id
from creditscore.objections.case import list_decided_laws
from creditscore.objections.cases import read_cases
from creditscore.store.archive.runs import KeptRun, list_runs, snapshot_of
from creditscore.store.fold import Stream
from creditscore.store.store import Store


@dataclass(frozen=True)
class Consequences:
    """What would follow.

    Parameters
    ----------
    event
        What is supposed.
    redrawn
        The grades and scores that would be drawn anew, oldest period first, composites last.
    doubts
        The entries on lists that would be in question, each with why (as in `listing.doubted`).
    """

    event: RecordEvent
    redrawn: tuple[Redrawn, ...]
    doubts: tuple[tuple[Stream, dict[str, Any]], ...]


def find_consequences(store: Store, event: RecordEvent, find: FindSnapshot = snapshot_of) -> Consequences:
    """Work out what would follow if an event of a record were decided.

    Parameters
    ----------
    store
        The open store; nothing is written.
    event
        The event; its number follows the newest one of the record.
    find
        Opens the snapshot of a kept run.

    Returns
    -------
    Consequences
        As the act that decides it would find them now.
    """
    subject = event.subject_id
    runs = list_runs(store)
    gradings = sort_runs(run for run in runs if run.kind == "grading")
    composites = [run for run in runs if run.kind == "composite"]
    entries = [store.read(row["stream"]) for row in store.rows("listing", subject=subject)]
    gone, laws = read_annulled(store, [subject]), read_laws(store, [subject])
    with store.reading() as connection:
        events = [*read_record_events(connection, [subject]), event]
        redrawn = find_following(
            connection, store.archive, find, (gradings, composites), [subject], events, annulled=gone, under_law=laws
        )
    doubts = [
        (entry, doubt)
        for entry in entries
        if entry.state in IN_QUESTION and (doubt := find_doubt(entry, events, redrawn)) is not None
    ]
    return Consequences(event, tuple(redrawn), tuple(doubts))


def read_annulled(store: Store, subject_ids: Iterable[str]) -> set[str]:
    """Read which entries of some organisations on lists were annulled: no grade reads them any more."""
    rows = [row for subject in subject_ids for row in store.rows("listing", subject=subject)]
    entries = [store.read(row["stream"]) for row in rows]
    return {make_id(entry) for entry in entries if entry.fields.get("exit_reason") == "annulled"}


def read_laws(store: Store, subject_ids: Iterable[str]) -> dict[tuple[str, str], date]:
    """Read which grades a case put right as a whole, and on which day: they are made under the law of that day."""
    return list_decided_laws(read_cases(store, subject_ids=subject_ids))


def find_subject(store: Store, record_id: str, find: FindSnapshot = snapshot_of) -> str:
    """Find whose record it is, in the snapshots of kept gradings; UsageError where none has it, or several."""
    subjects: set[str] = set()
    seen: set[str] = set()
    runs: list[KeptRun] = list_runs(store, kind="grading")
    for run in runs:
        if run.snapshot in seen:
            continue
        seen.add(run.snapshot)
        snapshot = find(run)
        rows = snapshot.con.execute(
            f"SELECT DISTINCT s.subject_id FROM {snapshot.log} x JOIN {snapshot.subjects} s ON s.sid = x.sid"
            " WHERE x.record_id = ?",
            [record_id],
        ).fetchall()
        subjects |= {str(subject) for (subject,) in rows}
    if len(subjects) != 1:
        raise UsageError(
            "office.organisation_record",
            value=Phrase("fragments", "organisations_have" if subjects else "nobody", (len(subjects),)),
            record_id=record_id,
            where=store.database.shown,
            allowed=sorted(subjects) or "a record of a kept run",
            next="name the organisation (--subject)" if subjects else "take the id from the ledger of a grade",
        )
    return subjects.pop()
