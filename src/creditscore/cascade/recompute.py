"""Kept runs derived again with what was decided since: as if the decision had been known on the day of the run."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.cascade.inputs import RecordEvent, as_table, fitting
from creditscore.cascade.regrade import regrade
from creditscore.grading.result import Grading
from creditscore.records import Snapshot
from creditscore.records.subset import unpack
from creditscore.schemes.model import Scheme
from creditscore.store.archive.rows import Rows
from creditscore.store.archive.runs import KeptRun, grade_arguments

if TYPE_CHECKING:
    import pyarrow as pa

Key = tuple[str, str]  # run, organisation
SAID = ("state", "grade", "route")


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
