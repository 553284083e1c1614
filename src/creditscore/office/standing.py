"""A grade of a kept run in memory again, as it stands: with what was decided about its records since."""

from __future__ import annotations

from collections.abc import Sequence

from creditscore.cascade.follow import FindSnapshot, derive_rows, sort_runs
from creditscore.cascade.inputs import as_kept as grade_as_kept
from creditscore.cascade.record_streams import read_record_events
from creditscore.core.errors import DifferenceError
from creditscore.grading.result import Grading
from creditscore.office.consequences import read_annulled, read_laws
from creditscore.store.archive.rows import group_rows
from creditscore.store.archive.runs import KeptRun, list_runs, snapshot_of
from creditscore.store.archive.standing import rows_as_kept, rows_as_they_stand
from creditscore.store.store import Store


def grade_as_it_stands(
    store: Store, run: KeptRun, subject_ids: Sequence[str], *, as_kept: bool = False, find: FindSnapshot = snapshot_of
) -> Grading:
    """Grade organisations of a kept run again, with what was decided about them since.

    Parameters
    ----------
    store
        The open store; nothing is written.
    run
        A kept grading.
    subject_ids
        The organisations.
    as_kept
        As the run graded them, without what was decided since.
    find
        Opens the snapshot of a run.

    Returns
    -------
    Grading
        With the rows that stand; `explain` and `decisive` take it.

    Raises
    ------
    DifferenceError
        Where the rows do not come out as the store holds them.
    """
    ids = sorted(set(subject_ids))
    if as_kept:
        grading, standing = grade_as_kept(run, find(run), ids), rows_as_kept(store.archive, run, ids)
    else:
        runs = sort_runs(list_runs(store, kind="grading"))
        with store.reading() as connection:
            events = read_record_events(connection, ids)
        gone, laws = read_annulled(store, ids), read_laws(store, ids)
        derivation = derive_rows(runs, store.archive, ids, events, find, annulled=gone, under_law=laws)
        is_moved = any(derivation.has_moved(run.run_id, subject) for subject in ids)
        grading = derivation.again(run.run_id, ids) if is_moved else grade_as_kept(run, find(run), ids)
        standing = rows_as_they_stand(store, run, ids)
    again = group_rows("grading", {"grades": grading.grades, "ledger": grading.ledger})
    for subject, rows in standing.items():
        if subject not in again or again[subject].hash != rows.hash:
            raise DifferenceError(
                "office.grade_not_come_out_run", subject=subject, run_id=run.run_id, where=store.database.shown
            )
    return grading
