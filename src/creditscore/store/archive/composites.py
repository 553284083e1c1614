"""Kept composites: the tables of a written composite, and those that it was given, beside the runs it combines."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.composite.combine import combine
from creditscore.composite.config import CompositeConfig
from creditscore.composite.result import Composite, composite_id, read_composite
from creditscore.composite.result_columns import SCORES
from creditscore.composite.tables import ENTRIES, LISTINGS, SUBJECTS
from creditscore.core.clock import today
from creditscore.core.errors import DifferenceError, InputError, UsageError
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import quote
from creditscore.grading.grade import grade
from creditscore.grading.identity import is_run, rules_hash
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.schemes.model import Scheme
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import add_place
from creditscore.store.archive.runs import (
    ROLE,
    KeptRun,
    grade_arguments,
    is_kept,
    list_runs,
    read_run,
    snapshot_of,
    store_tables,
    write_manifest,
)
from creditscore.store.log import NewEvent

if TYPE_CHECKING:
    import pyarrow as pa

    from creditscore.records import Snapshot
    from creditscore.store.store import Store

BESIDE = {  # tables that a composite takes, with the columns that are kept of them
    "listings": dict.fromkeys(("listing_id", *ENTRIES.columns), "VARCHAR"),
    "subjects": dict.fromkeys(("subject_id", "kind"), "VARCHAR"),
}
NOT_GIVEN = {"listings": "none given", "subjects": "all that were graded"}
FindSnapshot = Callable[[KeptRun], "Snapshot"]


def rules_of(composite: KeptRun) -> CompositeConfig:
    """Return the rules of a kept composite as they were."""
    import json

    return CompositeConfig.model_validate_json(json.dumps(composite.manifest["rules"]))


def was_given(manifest: Mapping[str, Any], table: str) -> bool:
    """Whether `listings` or `subjects` were given to a composite, as its manifest says."""
    return bool(manifest[table] != NOT_GIVEN[table])


def is_composite(folder: Path | str) -> bool:
    """Whether a folder holds a composite rather than a grading."""
    return (Path(folder) / "contributions.parquet").is_file()


def keep_composite(
    store: Store,
    folder: Path | str,
    *,
    by: str = "",
    on: date | str | None = None,
    listings: Any = None,
    subjects: Any = None,
    schemes: Mapping[str, Scheme] | None = None,
    find: FindSnapshot = snapshot_of,
) -> KeptRun:
    """Keep a written composite.

    Parameters
    ----------
    store
        An open store that keeps the runs that the composite combines.
    folder
        The folder of the written composite.
    by, on
        Who keeps it (a grader), and when; today where it is not given.
    listings, subjects
        The tables that it was given.
    schemes
        Schemes outside the library, by id without version.
    find
        Finds the snapshot of a run, where acts weigh once.

    Returns
    -------
    KeptRun
        The composite as the store has it.

    Raises
    ------
    InputError
        Where a run that it combines is not kept, or a table is not the one that it was given.
    DifferenceError
        Where it does not come out of its gradings as it was written, or was kept before with other rows.
    """
    composite, place = read_composite(folder), str(folder)
    run_id = _require_sound(composite, place)
    if any(was_given(composite.manifest, name) for name in BESIDE) and "run_format" not in composite.manifest:
        raise InputError("store.composite_earlier_version_names_given_another", where=place)
    runs = _find_inputs(store, composite, place)
    beside = _read_beside({"listings": listings, "subjects": subjects}, composite, place)
    again = combine(
        _read_sources(store, composite, runs, schemes, find),
        composite.config,
        as_of=composite.manifest["as_of"],
        acts=composite.manifest["acts"],
        **beside,
    )
    files, counts, root = _store_scores(store, composite)
    _require_same(store, composite, again, root, place)
    values = {
        "kind": "composite",
        "scheme": composite.manifest["config"],
        "version": composite.manifest["config_version"],
        "period": str(composite.manifest["as_of"]),
        "known_at": str(composite.manifest["as_of"]),
        "manifest": write_manifest(composite.manifest),
        "files": files,
        "rows": counts,
        "root": root,
        "checked": True,
        "inputs": [run.run_id for run in runs],
        "beside": {name: store.archive.put(table) for name, table in beside.items()},
    }
    new = NewEvent(f"run/{run_id}", "run.kept", {"set": values}, "kept", expected=-1)
    if not is_kept(store, new, place):
        store.record(lambda people: [new], by=by, on=on or today(), role=ROLE)
    return read_run(store.read(f"run/{run_id}"))


def read_beside(archive: Archive, composite: KeptRun, table: str, subject_ids: Sequence[str]) -> pa.Table:
    """Read the rows of `listings` or `subjects` that a kept composite was given, of some organisations."""
    import pyarrow.compute as pc

    given = archive.read(composite.beside[table])
    wanted = sorted({subject.upper() for subject in subject_ids})  # a credit code may come in small letters
    return given.filter(pc.is_in(pc.utf8_upper(given["subject_id"]), value_set=_array(wanted)))


def _array(values: Sequence[str]) -> pa.Array:
    import pyarrow as pa

    return pa.array(values, pa.string())


def _store_scores(store: Store, composite: Composite) -> tuple[dict[str, str], dict[str, int], str]:
    tables, sources = {}, {}
    for name, columns in SCORES.items():
        table = getattr(composite, name)
        tables[f"given_{name}"] = add_place(table)
        cells = ", ".join(f"CAST({quote(column)} AS {kind}) AS {quote(column)}" for column, kind in columns.items())
        sources[name] = f"(SELECT {cells}, place FROM given_{name})"
    return store_tables(store.archive, "composite", sources, tables)


def _read_sources(
    store: Store,
    composite: Composite,
    runs: Sequence[KeptRun],
    schemes: Mapping[str, Scheme] | None,
    find: FindSnapshot,
) -> list[Any]:
    """What a composite combines, as it was: kept grades, or where acts weigh once, gradings of the snapshots."""
    import pyarrow as pa

    if composite.manifest["acts"] == "unchecked":
        return [pa.concat_tables([store.archive.read(run.files["grades"]) for run in runs])]
    gradings = []
    for run in runs:
        again = grade(
            as_graded(find(run), run.manifest),
            **grade_arguments(run, schemes),
            known_at=run.known_at if run.replayed else None,
            provisional=True,
            max_rejected=10**9,
            ledger=False,
        )
        if not is_run(again.manifest, run.manifest):
            raise DifferenceError("store.run_no_more_snapshot_rules_give", run_id=run.run_id, where=run.snapshot_path)
        gradings.append(again)
    return gradings


def _require_sound(composite: Composite, place: str) -> str:
    """Return the id of the composite's run; DifferenceError where the manifest does not fit itself."""
    import hashlib

    manifest = composite.manifest
    try:
        rules = hashlib.sha256(composite.config.model_dump_json().encode()).hexdigest()
        run_id = composite_id(manifest)
        fits = manifest["run_id"] == run_id and manifest["config_sha256"] == rules
        fits = fits and manifest.get("rules_hash") in (None, rules_hash(composite.config))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError("store.manifest_lacks", error=error, where=place) from error
    if not fits:
        raise DifferenceError("store.manifest_changed_not_id_names", place=place)
    return run_id


def _find_inputs(store: Store, composite: Composite, place: str) -> list[KeptRun]:
    """Find the kept runs that a composite combines."""
    known = {run.run_id: run for run in list_runs(store, kind="grading")}
    runs = []
    for source in composite.manifest["inputs"]:
        run = known.get(str(source.get("run_id", "")))
        if run is None:
            which = f"run {source['run_id']} ({source['scheme']})" if "run_id" in source else "a table of grades"
            raise InputError("store.composite_combines_store_not_keep", which=which, where=place)
        runs.append(run)
    return runs


def _read_beside(given: Mapping[str, Any], composite: Composite, place: str) -> dict[str, pa.Table]:
    """Read the tables that a composite was given; UsageError for one that is missing or was never given."""
    import duckdb

    tables = {}
    with duckdb.connect() as con:
        for name, table in given.items():
            is_wanted = was_given(composite.manifest, name)
            if is_wanted != (table is not None):
                raise UsageError(
                    "store.composite_made",
                    value="with" if is_wanted else "without",
                    name=name,
                    where=place,
                    next=f"give --{name} with the same table" if is_wanted else f"leave --{name} away",
                )
            if is_wanted:
                load_table(con, table, LISTINGS if name == "listings" else SUBJECTS)
                listed = ", ".join(map(quote, BESIDE[name]))
                tables[name] = con.sql(f"SELECT {listed} FROM {name}").to_arrow_table()
    return tables


def _require_same(store: Store, composite: Composite, again: Composite, root: str, place: str) -> None:
    for name in BESIDE:
        if again.manifest[name] != composite.manifest[name]:
            raise InputError(
                "store.not_those_composite_given", name=name, where=place, allowed=str(composite.manifest[name])
            )
    differs = [name for name in ("reference", "rules", "counts") if again.manifest[name] != composite.manifest[name]]
    if _store_scores(store, again)[2] != root:
        differs.append("rows")
    if differs:
        raise DifferenceError("store.composite_not_come_out_gradings_written", listed=", ".join(differs), where=place)
