"""A kept run computed again as it was kept: the files of the archive again, or the first difference and its cause."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from creditscore.core.boundary import guarded
from creditscore.core.errors import UsageError
from creditscore.grading.compare_tables import first_difference
from creditscore.grading.reproduce import Cause, Reproduction, recompute
from creditscore.store.archive.files import Archive
from creditscore.store.archive.runs import KeptRun, read_run, select_rows, snapshot_of, store_tables
from creditscore.store.fold import fold
from creditscore.store.log import read_streams
from creditscore.store.tables import event as event_table

if TYPE_CHECKING:
    from creditscore.records import Snapshot
    from creditscore.schemes.model import Scheme
    from creditscore.store.store import Store

CHANGED = "changed before it was kept, or kept from an earlier version under another calendar of working days"


@guarded("computing the run again")
def reproduce_run(
    store: Store,
    run: KeptRun,
    source: Snapshot | None = None,
    schemes: Mapping[str, Scheme] | None = None,
    *,
    memory_limit: str | None = None,
) -> Reproduction:
    """Grade a kept run again and compare it with what was kept, whatever was decided since.

    Parameters
    ----------
    store
        The open store; nothing is written.
    run
        A kept grading.
    source
        What was graded; None: the snapshot where it lay when the run was kept.
    schemes
        Schemes outside the library, by id without version, also those that graded in the same call.
    memory_limit
        As in `read_snapshot`, where the snapshot is opened here.

    Returns
    -------
    Reproduction
        As of a folder. `bytes` means that the same file comes out, under the same hash; there is no quarantine, since
        a store keeps none: its account in the manifest is compared.

    Raises
    ------
    InputError
        Where a file of the archive is gone, or the snapshot is gone or another one.
    StoreDiffers
        Where a file of the archive is not what its name says.
    UsageError
        For a composite, and where a scheme is missing or did not grade.
    """
    if run.kind != "grading":
        raise UsageError(
            "store.composite_not_reproduced",
            run_id=run.run_id,
            where=store.database.shown,
            listed=", ".join(run.inputs),
        )
    contents = {table: store.archive.read_bytes(name) for table, name in run.files.items()}
    source = source or snapshot_of(run, verify=True, memory_limit=memory_limit)
    where = f"run {run.run_id} in {store.database.shown}"
    recomputed = recompute(run.manifest, source, schemes or {}, where, _list_graded_with(store, run))
    files, first = {}, None
    with tempfile.TemporaryDirectory(prefix="creditscore-") as place:
        folder = recomputed.grading.write(Path(place) / "grading")
        archive = Archive(Path(place) / "archive")
        again, _, root = store_tables(archive, "grading", {table: select_rows(folder, table) for table in run.files})
        for table, content in contents.items():
            path = Path(place) / f"{table}.parquet"
            path.write_bytes(content)
            difference = first_difference(table, path, Path(archive.path(again[table])))
            files[table] = "differs" if difference else "bytes" if again[table] == run.files[table] else "rows"
            first = first or difference
    causes = recomputed.causes
    if first is None and root != run.root:
        causes = (*causes, Cause("root", run.root, root))
    if first is not None and not causes:
        causes = (Cause("files", f"{first.table}.parquet", CHANGED),)
    return Reproduction(run.run_id, files, causes, first)


def _list_graded_with(store: Store, run: KeptRun) -> list[str]:
    """The other schemes of the call, as the manifest names them; of a run of an earlier version, those kept with it."""
    if "graded_with" in run.manifest:
        return list(run.manifest["graded_with"])
    table = event_table.c
    act = sa.select(table.act).where(table.seq == run.kept_at_seq).scalar_subquery()
    query = sa.select(table.stream).where(table.act == act, table.kind == "run.kept", table.seq != run.kept_at_seq)
    with store.reading() as connection:
        names = connection.execute(query.order_by(table.seq)).scalars().all()
        streams = [fold(name, events) for name, events in read_streams(connection, names).items()]
    return [read_run(stream).pinned for stream in streams if not stream.is_erased]
