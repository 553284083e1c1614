"""Kept runs derived again with what was decided since: as if the decision had been known on the day of the run."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.cascade.inputs import RecordEvent, as_table, domains_of, fitting
from creditscore.cascade.regrade import regrade
from creditscore.grading.result import Grading
from creditscore.records import Snapshot
from creditscore.records.subset import unpack
from creditscore.schemes.model import Scheme
from creditscore.store import Database
from creditscore.store.legacy.archive.effective import Key, Rows, archived_rows, as_rows, subjects_in
from creditscore.store.legacy.archive.runs import KeptRun, grade_arguments, kept_runs

if TYPE_CHECKING:
    import pyarrow as pa

Find = Callable[[KeptRun], Snapshot]
SAID = ("state", "grade", "route")


@dataclass(frozen=True)
class Derived:
    """Rows by run and subject, the rows as they were kept, and what each rests on.

    `chained` names, for a run and subject, the earlier runs whose changed grade its history holds; `released` the
    annulled entries that it no longer reads; `laws` the grades made under the law as known on another day. `again`
    grades some subjects (all under the same law) in a run as `rows` were: the grading in memory, with what they bring.
    """

    rows: Mapping[Key, Rows]
    kept: Mapping[Key, Rows]
    chained: Mapping[Key, tuple[str, ...]]
    released: Mapping[Key, tuple[str, ...]]
    laws: Mapping[Key, date]
    again: Callable[[str, Sequence[str]], Grading] = field(compare=False)


def derive(
    store: Database,
    subject_ids: Iterable[str],
    events: Sequence[RecordEvent],
    find: Find,
    *,
    annulled: Collection[str] = (),
    schemes: Mapping[str, Scheme] | None = None,
    under_law: Mapping[Key, date] | None = None,
) -> Derived:
    """Grade subjects again in every kept run that holds them, oldest period first.

    The run's own day of knowledge, law and clock stay; the `events` decided since count as if they had been known on
    that day, each with its own legal day. So a record that is withdrawn and reinstated leaves the rows of the keeping,
    byte for byte. Where the history of a run holds a grade that an earlier kept run gave, the grade that run gives now
    stands in its place; entries on lists in `annulled` are no longer read. Grades in `under_law` are made as records
    and law were known on that day, because a case decided so. `find` opens the snapshot of a run. A run of another
    domain than the records of the events takes in none of them: its rows are those of the keeping.
    """
    ids = sorted(set(subject_ids))
    rows: dict[Key, Rows] = {}
    before: dict[Key, Rows] = {}
    chained: dict[Key, tuple[str, ...]] = {}
    released: dict[Key, tuple[str, ...]] = {}
    done: list[KeptRun] = []
    graded: dict[tuple[str, tuple[str, ...]], Grading] = {}
    ways: dict[str, tuple[KeptRun, Mapping[str, pa.Table]]] = {}
    for run in sorted(kept_runs(store), key=moment_of):
        mine = subjects_in(store, run.run_id, ids)
        ways[run.run_id] = (run, {})
        if not mine:
            continue
        own = archived_rows(store, run.run_id, mine, Rows)
        before |= {(run.run_id, subject_id): own[subject_id] for subject_id in mine}
        snapshot = find(run)
        tables, changed = with_later_grades(run, snapshot, mine, done, rows, before)
        chained |= changed
        freed = leave_out_annulled(tables, snapshot, mine, annulled)
        released |= {(run.run_id, subject_id): listing_ids for subject_id, listing_ids in freed.items()}
        laws = {
            subject_id: day
            for subject_id in mine
            if (day := (under_law or {}).get((run.run_id, subject_id))) is not None
        }
        done.append(run)
        ways[run.run_id] = (run, tables)
        if not (tables or laws or is_concerned(run, own, domains_of(snapshot, events))):
            rows |= {(run.run_id, subject_id): own[subject_id] for subject_id in mine}
            continue
        for day in sorted({laws.get(subject_id) for subject_id in mine}, key=lambda day: day or date.min):
            alike = [subject_id for subject_id in mine if laws.get(subject_id) == day]
            given = {name: rows_of(table, alike) for name, table in tables.items()}
            grading = grade_again(run, snapshot, alike, events, given, schemes, day)
            graded[run.run_id, tuple(alike)] = grading
            again = as_rows(grading)
            rows |= {(run.run_id, subject_id): again[subject_id] for subject_id in alike}
    chosen = {key: day for key, day in (under_law or {}).items() if key in rows}

    def once_more(run_id: str, subjects: Sequence[str]) -> Grading:
        run, tables = ways[run_id]
        mine = sorted(subject for subject in subjects if (run_id, subject) in rows)
        if (run_id, tuple(mine)) in graded:
            return graded[run_id, tuple(mine)]
        days = {chosen.get((run_id, subject_id)) for subject_id in mine} or {None}
        (day,) = days
        given = {name: rows_of(table, mine) for name, table in tables.items()}
        return grade_again(run, find(run), mine, events, given, schemes, day)

    return Derived(rows, before, chained, released, chosen, once_more)


def rows_of(table: pa.Table, ids: Sequence[str]) -> pa.Table:
    import pyarrow as pa
    import pyarrow.compute as pc

    return table.filter(pc.is_in(table["subject_id"], value_set=pa.array(sorted(ids), pa.string())))


def is_concerned(run: KeptRun, own: Mapping[str, Rows], domains: frozenset[str] | None) -> bool:
    """Whether a run takes in records of the domains; None stands for every domain."""
    return domains is None or any(row["domain"] in domains for rows in own.values() for row in rows.grades)


def moment_of(run: KeptRun) -> tuple[str, int, str]:
    """Runs of an earlier period come first; of one period those kept first."""
    return str(run.manifest["as_of"]), run.kept_at_seq, run.run_id


def grade_again(
    run: KeptRun,
    snapshot: Snapshot,
    ids: list[str],
    events: Sequence[RecordEvent],
    tables: Mapping[str, pa.Table],
    schemes: Mapping[str, Scheme] | None,
    on: date | None = None,
) -> Grading:
    """As known on the day of the run, or `on` another one."""
    known = on or date.fromisoformat(run.known_at)
    mine = fitting(snapshot, [event for event in events if event.subject_id in set(ids)])
    added = as_table(mine) if mine else None
    given: dict[str, Any] = {**grade_arguments(run, schemes), **tables}
    return regrade(
        snapshot, ids, **given, known_on=known, replayed=run.replayed or on is not None, events=added, known_by=known
    )


def with_later_grades(
    run: KeptRun,
    snapshot: Snapshot,
    ids: list[str],
    done: Sequence[KeptRun],
    rows: Mapping[Key, Rows],
    before: Mapping[Key, Rows],
) -> tuple[dict[str, pa.Table], dict[Key, tuple[str, ...]]]:
    """The history of the subjects with the grades that earlier runs give now; nothing where none of them changed."""
    moved = [
        (kept_run, subject)
        for kept_run in done
        for subject in ids
        if (key := (kept_run.run_id, subject)) in rows and _said(rows[key]) != _said(before[key])
    ]
    if not moved:
        return {}, {}
    history = unpack(snapshot, ids)["history"]
    lines = history.to_pylist()
    chained: dict[Key, tuple[str, ...]] = {}
    for earlier, subject in moved:
        key = (earlier.run_id, subject)
        for history_row in lines:
            if history_row["subject_id"] == subject and _is_of(history_row, earlier, before[key]):
                history_row.update(_said(rows[key]))
                here = (run.run_id, subject)
                chained[here] = tuple(sorted({*chained.get(here, ()), earlier.run_id}))
    if not chained:
        return {}, {}
    import pyarrow as pa

    return {"history": pa.Table.from_pylist(lines, schema=history.schema)}, chained


def _is_of(history_row: Mapping[str, Any], run: KeptRun, rows: Rows) -> bool:
    """Whether a line of the history is what a run said of its subject."""
    grade = rows.grades[0]
    named = history_row["scheme"] is None or str(history_row["scheme"]).partition("@")[0] == run.scheme
    same = all((history_row[name] or None) == grade[name] for name in ("grade", "route"))
    state = (history_row["state"] or "graded") == grade["state"]
    return (
        named
        and same
        and state
        and history_row["domain"] in (None, grade["domain"])
        and str(history_row["period"]) == run.period
    )


def _said(rows: Rows) -> dict[str, str | None]:
    return {name: rows.grades[0][name] for name in SAID}


def leave_out_annulled(
    tables: dict[str, pa.Table], snapshot: Snapshot, ids: list[str], annulled: Collection[str]
) -> dict[str, tuple[str, ...]]:
    """Take annulled entries out of the listings of the subjects; returns them by subject."""
    if not annulled or not snapshot.rows("listings"):
        return {}
    import pyarrow as pa
    import pyarrow.compute as pc

    listings = unpack(snapshot, ids)["listings"]
    gone = pc.is_in(listings["listing_id"], value_set=pa.array(sorted(annulled), pa.string()))
    annulled_entries: dict[str, tuple[str, ...]] = {}
    for row in listings.filter(gone).to_pylist():
        annulled_entries[row["subject_id"]] = (*annulled_entries.get(row["subject_id"], ()), row["listing_id"])
    if annulled_entries:
        tables["listings"] = listings.filter(pc.invert(gone))
    return annulled_entries
