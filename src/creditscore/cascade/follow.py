"""What follows in kept runs on the log: every grade that rests on what was decided is drawn anew, in the same act."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from creditscore.cascade import recompute
from creditscore.cascade.follow_scores import derive_scores
from creditscore.cascade.inputs import RecordEvent, domains_of
from creditscore.core.errors import NotAllowed
from creditscore.grading.result import Grading
from creditscore.records import Snapshot
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import ArchivedRows, Rows, group_rows
from creditscore.store.archive.runs import KeptRun, read_run
from creditscore.store.archive.standing import emit_redrawn, read_standing, rows_as_kept, subjects_in
from creditscore.store.context import Context

if TYPE_CHECKING:
    import pyarrow as pa

FindSnapshot = Callable[[KeptRun], Snapshot]
Key = tuple[str, str]  # run, organisation


@dataclass(frozen=True)
class Redrawn:
    """A grade in a kept run that is drawn anew.

    Parameters
    ----------
    run, subject_id
        Whose grade in which run.
    before, after
        Its rows as they stood, and as they stand then.
    as_kept
        Whether the rows of the keeping stand again.
    """

    run: KeptRun
    subject_id: str
    before: ArchivedRows
    after: ArchivedRows
    as_kept: bool


@dataclass(frozen=True)
class Derivation:
    """Grades of some organisations as they are once something was decided.

    Parameters
    ----------
    before, rows
        Their rows as they were kept, and anew, by run and organisation.
    laws
        Grades that are made as records and law were known on another day.
    again
        Grades some organisations, all under the same law, in a run as `rows` were: the grading in memory.
    """

    before: Mapping[Key, Rows]
    rows: Mapping[Key, Rows]
    laws: Mapping[Key, date]
    again: Callable[[str, Sequence[str]], Grading] = field(compare=False)

    def has_moved(self, run_id: str, subject_id: str) -> bool:
        """Whether a grade is another than it was kept."""
        key = (run_id, subject_id)
        return key in self.rows and self.rows[key].hash != self.before[key].hash


def read_runs(context: Context) -> tuple[list[Any], list[Any]]:
    """Read the kept gradings and the kept composites; the act rests on them.

    Gradings of earlier periods come first, of one period those kept first.
    """
    runs: list[Any] = [read_run(stream) for stream in context.read_kind("run.kept") if not stream.is_erased]
    return sort_runs(run for run in runs if run.kind == "grading"), [run for run in runs if run.kind == "composite"]


def sort_runs(runs: Iterable[Any]) -> list[Any]:
    """Sort kept gradings: those of earlier periods come first, of one period those kept first."""
    return sorted(runs, key=recompute.moment_of)


def derive_rows(
    runs: Sequence[Any],
    archive: Archive,
    subject_ids: Sequence[str],
    events: Sequence[RecordEvent],
    find: FindSnapshot,
    *,
    annulled: Collection[str] = (),
    under_law: Mapping[Key, date] | None = None,
) -> Derivation:
    """Grade organisations again in every kept grading that holds them.

    Parameters
    ----------
    runs
        The kept gradings, oldest period first.
    archive
        Of the store.
    subject_ids
        The organisations.
    events
        What was decided about their records, in its order.
    find
        Opens the snapshot of a run.
    annulled
        Entries on lists that are no longer read.
    under_law
        Grades that are made as records and law were known on a day, because a case decided so.

    Returns
    -------
    Derivation
        The run's own day of knowledge, law and clock stay; the events count as if
        known on that day, so that a record that is withdrawn and reinstated leaves the rows of the keeping.
        Where the history of a run holds a grade that an earlier one gave, the grade that run gives now stands there.
    """
    ids = sorted(set(subject_ids))
    rows: dict[Key, Rows] = {}
    before: dict[Key, Rows] = {}
    done: list[Any] = []
    ways: dict[str, tuple[Any, Mapping[str, pa.Table]]] = {run.run_id: (run, {}) for run in runs}
    gradings: dict[tuple[str, tuple[str, ...]], Grading] = {}

    def grade_once(run_id: str, subjects: Sequence[str]) -> Grading:
        own = tuple(sorted(subject for subject in subjects if (run_id, subject) in before))
        if (run_id, own) not in gradings:
            run, tables = ways[run_id]
            (day,) = {(under_law or {}).get((run_id, subject)) for subject in own} or {None}
            given = {name: recompute.rows_of(table, own) for name, table in tables.items()}
            gradings[run_id, own] = recompute.grade_again(run, find(run), list(own), events, given, None, day)
        return gradings[run_id, own]

    for run in runs:
        mine = subjects_in(archive, run, ids)
        if not mine:
            continue
        rows_of_keeping = rows_as_kept(archive, run, mine)
        before |= {(run.run_id, subject): rows_of_keeping[subject] for subject in mine}
        snapshot = find(run)
        laws = {subject: (under_law or {}).get((run.run_id, subject)) for subject in mine}
        tables = _changed_tables(run, snapshot, mine, done, rows, before, annulled)
        ways[run.run_id] = (run, tables)
        done.append(run)
        is_concerned = recompute.is_concerned(run, rows_of_keeping, domains_of(snapshot, events))
        if not (tables or any(laws.values()) or is_concerned):
            rows |= {(run.run_id, subject): rows_of_keeping[subject] for subject in mine}
            continue
        for day in sorted({laws[subject] for subject in mine}, key=lambda day: day or date.min):
            alike = [subject for subject in mine if laws[subject] == day]
            grading = grade_once(run.run_id, alike)
            again = group_rows("grading", {"grades": grading.grades, "ledger": grading.ledger})
            rows |= {(run.run_id, subject): again[subject] for subject in alike}
    laws_of_rows = {key: day for key, day in (under_law or {}).items() if key in rows}
    return Derivation(before, rows, laws_of_rows, grade_once)


def _changed_tables(
    run: Any,
    snapshot: Snapshot,
    mine: list[str],
    done: list[Any],
    rows: Mapping[Key, Any],
    before: Mapping[Key, Any],
    annulled: Collection[str],
) -> dict[str, pa.Table]:
    """History with later grades, and listings without annulled entries, where either differs from the snapshot's."""
    tables, _ = recompute.with_later_grades(run, snapshot, mine, done, rows, before)
    recompute.leave_out_annulled(tables, snapshot, mine, annulled)
    return tables


def find_redrawn(
    connection: sa.Connection,
    archive: Archive,
    runs: Sequence[KeptRun],
    before: Mapping[Key, Any],
    derived: Mapping[Key, Any],
) -> list[Redrawn]:
    """Compare what is derived with what stands; one for each grade that differs, with whether it is that of before."""
    redrawn = []
    for run in runs:
        own = {subject: rows for (run_id, subject), rows in derived.items() if run_id == run.run_id}
        standing = read_standing(connection, archive, run, own)
        redrawn += [
            Redrawn(run, subject, standing[subject], rows, rows.hash == before[run.run_id, subject].hash)
            for subject, rows in sorted(own.items())
            if rows.hash != standing[subject].hash
        ]
    return redrawn


def find_following(
    connection: sa.Connection,
    archive: Archive,
    find: FindSnapshot,
    kept: tuple[Sequence[Any], Sequence[Any]],
    subject_ids: Sequence[str],
    events: Sequence[RecordEvent],
    *,
    annulled: Collection[str] = (),
    under_law: Mapping[Key, date] | None = None,
) -> list[Redrawn]:
    """Work out which grades and scores would be drawn anew; nothing is written, and no act is needed.

    Parameters
    ----------
    connection
        Any connection to the store.
    archive, find, subject_ids, events, annulled, under_law
        As in `follow_events`.
    kept
        The kept gradings, oldest period first, and the kept composites.

    Returns
    -------
    list of Redrawn
        What differs from what stands.
    """
    runs, composites = kept
    derived = derive_rows(runs, archive, subject_ids, events, find, annulled=annulled, under_law=under_law)
    redrawn = find_redrawn(connection, archive, runs, derived.before, derived.rows)
    before, scores = derive_scores(composites, archive, subject_ids, derived, annulled=annulled)
    return redrawn + find_redrawn(connection, archive, composites, before, scores)


def follow_events(
    context: Context,
    archive: Archive,
    find: FindSnapshot,
    subject_ids: Sequence[str],
    events: Sequence[RecordEvent],
    *,
    annulled: Collection[str] = (),
    under_law: Mapping[Key, date] | None = None,
) -> list[Redrawn]:
    """Draw anew, in the act of a context, every grade and score of some organisations that rests on what was decided.

    Parameters
    ----------
    context
        Of the act; it must declare that it writes `grade.redrawn`.
    archive, find
        The archive of the store, and what opens the snapshot of a run.
    subject_ids
        The organisations.
    events
        All that was decided about their records, the events of this act among them.
    annulled, under_law
        As in `derive_rows`.

    Returns
    -------
    list of Redrawn
        What was drawn anew.

    Raises
    ------
    NotAllowed
        Where who acts kept one of the runs that change.
    """
    runs, composites = read_runs(context)
    redrawn = find_following(
        context.connection,
        archive,
        find,
        (runs, composites),
        subject_ids,
        events,
        annulled=annulled,
        under_law=under_law,
    )
    keepers = {change.run.kept_by for change in redrawn}
    if context.actor in keepers:
        raise NotAllowed("cascade.who_kept_run_not_take_act", where=context.stream)
    for run in [*runs, *composites]:
        own = [change for change in redrawn if change.run.run_id == run.run_id]
        if own:
            changes = {change.subject_id: (change.before, change.after) for change in own}
            as_kept = [change.subject_id for change in own if change.as_kept]
            emit_redrawn(context, archive, run, changes, because=context.stream, as_kept=as_kept)
    return redrawn
