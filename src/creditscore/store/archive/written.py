"""A kept run as a folder again, as it stands, as it was kept, or as the office knew it on a day."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.atomic import write_json
from creditscore.core.errors import UsageError
from creditscore.core.tables.write import write_tables
from creditscore.grading.result import open_folder
from creditscore.store.archive.rows import KINDS
from creditscore.store.archive.runs import KeptRun
from creditscore.store.archive.standing import tables_as_they_stand

if TYPE_CHECKING:
    from creditscore.store.store import Store

QUARANTINE = ("subject_id", "reason")  # of a composite; which rows were refused is not kept


def write_run(
    store: Store,
    run: KeptRun,
    folder: str | os.PathLike[str],
    *,
    subject_ids: Iterable[str] | None = None,
    as_kept: bool = False,
    known_on: str | None = None,
) -> Path:
    """Write a kept run as a folder that commands read like the one that was kept.

    Parameters
    ----------
    store
        The open store.
    run
        A kept grading or composite.
    folder
        Where it goes: a new or an empty folder.
    subject_ids
        Only these organisations; None: all.
    as_kept
        The rows of the keeping, in place of what stands now.
    known_on
        What stood by what the office knew on this day (`YYYY-MM-DD`); None: now.

    Returns
    -------
    Path
        The folder. Its manifest is that of the run, with `stands` (`as_kept`, `known_on`).

    Raises
    ------
    UsageError
        Where an organisation is not in the run, or both `as_kept` and `known_on` are given.
    """
    import pyarrow as pa

    if as_kept and known_on:
        raise UsageError("store.run_read_kept_known_day", run_id=run.run_id)
    tables = tables_as_they_stand(store, run, subject_ids, as_kept=as_kept, known_on=known_on)
    first = next(iter(KINDS[run.kind]))
    if missing := sorted(set(subject_ids or ()) - set(tables[first]["subject_id"].to_pylist())):
        raise UsageError(
            "store.not_run",
            missing=missing[0],
            run_id=run.run_id,
            pinned=run.pinned,
            period=run.period,
            where=store.database.shown,
        )
    if run.kind == "composite":
        tables["quarantine"] = pa.table({name: pa.array([], pa.string()) for name in QUARANTINE})
    place = open_folder(Path(folder))
    write_tables(place, tables)
    stands = {"as_kept": as_kept, "known_on": known_on or ""}
    write_json(place / "manifest.json", {**run.manifest, "stands": stands}, indent=2)
    return place
