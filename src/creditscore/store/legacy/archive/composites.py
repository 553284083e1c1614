"""A written composite copied into the store, beside the runs that it combines; and is it still what was kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.composite.combine import combine
from creditscore.composite.config import CompositeConfig
from creditscore.composite.result import Composite, composite_id, read_composite
from creditscore.composite.result_columns import SCORES
from creditscore.composite.tables import ENTRIES, LISTINGS, SUBJECTS
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.errors import DifferenceError, InputError, StoreError, UsageError
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import literal, quote
from creditscore.grading.grade import grade
from creditscore.grading.identity import is_run, rules_hash
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.schemes.model import Scheme
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import (
    ROLE,
    KeptRun,
    grade_arguments,
    kept_runs,
    named,
    snapshot_of,
    still_held,
)
from creditscore.store.legacy.archive.tables import stored_hash, table_hash

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from creditscore.records import Snapshot

ACTION = "composite.keep"
COLUMNS = ("run_id", "config", "config_version", "as_of", "manifest", "hashes", "kept_by", "kept_at_seq")
BESIDE = {  # tables that a composite takes, with the columns that are kept of them
    "listings": dict.fromkeys(("listing_id", *ENTRIES.columns), "VARCHAR"),
    "subjects": dict.fromkeys(("subject_id", "kind"), "VARCHAR"),
}
NOT_GIVEN = {"listings": "none given", "subjects": "all that were graded"}
Find = Callable[[KeptRun], "Snapshot"]


@dataclass(frozen=True)
class KeptComposite:
    """A composite in the store. `hashes` are `sha256:…` over every cell of each of its tables, and of those it took."""

    run_id: str
    config: str
    config_version: str
    as_of: str
    manifest: Mapping[str, Any]
    hashes: Mapping[str, str]
    kept_by: str
    kept_at_seq: int

    @property
    def name(self) -> str:
        """`jilin_edz@2018-06-27`: the composite with its version."""
        return f"{self.config}@{self.config_version}"

    @property
    def rules(self) -> CompositeConfig:
        """The composite's rules as they were."""
        return CompositeConfig.model_validate_json(json.dumps(self.manifest["rules"]))

    @property
    def runs(self) -> tuple[str, ...]:
        """The graded runs that it combines."""
        return tuple(str(source["run_id"]) for source in self.manifest["inputs"])

    def gave(self, table: str) -> bool:
        """Whether `listings` or `subjects` were given to it."""
        return was_given(self.manifest, table)


def was_given(manifest: Mapping[str, Any], table: str) -> bool:
    """Whether `listings` or `subjects` were given to a composite, as its manifest says."""
    return bool(manifest[table] != NOT_GIVEN[table])


def is_composite(folder: Path | str) -> bool:
    """Whether a folder holds a composite rather than a grading."""
    return (Path(folder) / "contributions.parquet").is_file()


def keep_composite(
    store: Database,
    log: Log,
    folder: Path | str,
    *,
    by: str,
    listings: Any = None,
    subjects: Any = None,
    schemes: Mapping[str, Scheme] | None = None,
    find: Find = snapshot_of,
) -> KeptComposite:
    """Copy a written composite into the store; the act `composite.keep` stands in the log before.

    The runs that it combines are kept already, and `listings` and `subjects` are the tables that it was given. It is
    computed again from them (an act weighing once: from the snapshots of the runs) and must come out the same. A
    composite that the store holds with the same content is left as it is. Raises InputError or DifferenceError where
    something does not fit, NotAllowed without the role of a grader.
    """
    named(by)
    scored_composite, place = read_composite(folder), str(folder)
    run_id = _sound(scored_composite, place)
    took = any(was_given(scored_composite.manifest, name) for name in BESIDE)
    if took and "run_format" not in scored_composite.manifest:
        raise InputError(
            "a composite of an earlier version names what it was given by another hash, which cannot be compared",
            where=place,
            next="make it again with `creditscore composite` and keep that",
        )
    runs = _combined(store, scored_composite, place)
    beside = _beside({"listings": listings, "subjects": subjects}, scored_composite, place)
    hashes = {name: _hash_of(getattr(scored_composite, name), columns) for name, columns in SCORES.items()}
    if run_id in expired_composites(log):
        raise InputError(
            f"composite {run_id} was kept before, and its rows were deleted when their retention ended",
            where=place,
            allowed="its entry in the log and its hashes remain",
        )
    known = next((composite for composite in kept_composites(store) if composite.run_id == run_id), None)
    if known is not None:
        if {name: known.hashes[name] for name in SCORES} != hashes:
            raise DifferenceError(
                f"composite {run_id} is kept already, with other rows",
                where=place,
                next="one of the two was changed after it was made; make it again from its gradings",
            )
        return known
    again = combine(
        _sources(store, scored_composite, runs, schemes, find),
        scored_composite.config,
        as_of=scored_composite.manifest["as_of"],
        acts=scored_composite.manifest["acts"],
        **beside,
    )
    _same(scored_composite, again, hashes, place)
    manifest = dict(scored_composite.manifest)
    payload = {
        "run_id": run_id,
        "config": f"{manifest['config']}@{manifest['config_version']}",
        "as_of": manifest["as_of"],
        "runs": [run.run_id for run in runs],
        "manifest_hash": hash_text(canonical(manifest)),
        "hashes": hashes | {name: str(manifest[name]) for name in BESIDE},
        "beside": {name: _hash_of(table, BESIDE[name]) for name, table in beside.items()},
    }
    with log.act(by, ROLE, ACTION, run_id, payload) as act:
        for name, columns in SCORES.items():
            _put(act.con, f"run_{name}", run_id, getattr(scored_composite, name), list(columns))
            if stored_hash(act.con, name, run_id) != hashes[name]:
                raise StoreError(f"the {name} changed while they were kept", where=place, next="keep it again")
        for name, table in beside.items():
            _put(act.con, f"composite_{name}", run_id, table, list(BESIDE[name]))
        row = [
            run_id,
            manifest["config"],
            manifest["config_version"],
            manifest["as_of"],
            json.dumps(manifest, ensure_ascii=False),  # rules stay in their order
            canonical(payload["hashes"]),
            by.strip(),
            act.entry.seq,
        ]
        act.con.execute(f"INSERT INTO composite_runs VALUES ({', '.join('?' * len(row))})", row)
    return next(composite for composite in kept_composites(store) if composite.run_id == run_id)


def kept_composites(store: Database) -> list[KeptComposite]:
    """All composites in the order in which they were kept."""
    listed = ", ".join(quote(name) for name in COLUMNS)
    archived_composites = []
    for row in store.rows(f"SELECT {listed} FROM composite_runs ORDER BY kept_at_seq, run_id"):
        run_id, config, version, as_of, manifest, hashes, by, seq = row
        archived_composites.append(
            KeptComposite(run_id, config, version, as_of.isoformat(), json.loads(manifest), json.loads(hashes), by, seq)
        )
    return archived_composites


def beside(store: Database, run_id: str, table: str, subject_ids: Iterable[str]) -> pa.Table:
    """The rows of `listings` or `subjects` that a kept composite was given, of some subjects, as they were given."""
    names = BESIDE[table]
    listed = ", ".join(map(literal, sorted(set(subject_ids)))) or "NULL"
    return store.con.sql(
        f"SELECT {', '.join(map(quote, names))} FROM composite_{table} WHERE run_id = {literal(run_id)}"
        # a credit code may come in small letters
        f" AND (subject_id IN ({listed}) OR upper(subject_id) IN ({listed})) ORDER BY place"
    ).to_arrow_table()


def changed_composites(store: Database, log: Log) -> list[tuple[str, str]]:
    """(run id, what) for each composite that is no more what its log entry says; empty when all is as it was kept."""
    acts = log.entries(action=ACTION)
    done = {entry.refers_to for entry in acts if entry.phase == "done"}
    entries = {entry.subject: entry for entry in acts if entry.seq in done}
    changed_scores = []
    held = {composite.run_id: composite for composite in kept_composites(store)}
    changed_scores += [(run_id, "the composite is gone") for run_id in sorted(entries.keys() - held.keys())]
    for run_id, kept_composite in held.items():
        entry = entries.get(run_id)
        if entry is None:
            changed_scores.append((run_id, "no entry of the log speaks of it"))
            continue
        if entry.payload is None:
            continue  # its retention has ended
        data: Any = entry.data
        stands = {
            "config": kept_composite.name,
            "as_of": kept_composite.as_of,
            "runs": list(kept_composite.runs),
            "hashes": dict(kept_composite.hashes),
            "manifest_hash": hash_text(canonical(dict(kept_composite.manifest))),
        }
        changed_scores += [(run_id, name) for name, value in stands.items() if data.get(name) != value]
        if (kept_composite.kept_by, kept_composite.kept_at_seq) != (entry.actor.strip(), entry.seq):
            changed_scores.append((run_id, "kept_by"))
        for name in SCORES:
            if stored_hash(store.con, name, run_id) != data["hashes"][name]:
                changed_scores.append((run_id, f"{name} rows"))
        for name, value in data.get("beside", {}).items():  # entries of earlier releases have none
            rows = f"(SELECT * FROM composite_{name} WHERE run_id = {literal(run_id)})"
            if table_hash(store.con, rows, BESIDE[name]) != value:
                changed_scores.append((run_id, f"{name} that it was given"))
    for name in (*(f"run_{name}" for name in SCORES), *(f"composite_{name}" for name in BESIDE)):
        stray = store.rows(f"SELECT DISTINCT run_id FROM {name}")
        changed_scores += [(value, f"{name} rows of no kept composite") for (value,) in stray if value not in held]
    return changed_scores


def expired_composites(log: Log) -> set[str]:
    """Composites whose retention has ended: their rows were deleted, the entry and its hashes remain."""
    return {entry.subject for entry in log.entries(action=ACTION) if entry.payload is None}


def _sources(
    store: Database, composite: Composite, runs: Sequence[KeptRun], schemes: Mapping[str, Scheme] | None, find: Find
) -> list[Any]:
    """What a composite combines, as it was: grades from the store, or where acts weigh once, graded from snapshots."""
    if composite.manifest["acts"] == "unchecked":
        listed = ", ".join(literal(run.run_id) for run in runs)
        rows = f"SELECT * EXCLUDE (run_id, place) FROM run_grades WHERE run_id IN ({listed})"
        return [store.con.sql(rows).to_arrow_table()]
    gradings = []
    for run in runs:
        known = run.known_at if run.replayed else None
        again = grade(
            as_graded(find(run), run.manifest),
            **grade_arguments(run, schemes),
            known_at=known,
            provisional=True,
            max_rejected=10**9,
            ledger=False,
        )
        if not is_run(again.manifest, run.manifest):
            raise DifferenceError(
                f"run {run.run_id} is no more what its snapshot and its rules give",
                where=str(run.snapshot_path),
                next="`creditscore reproduce` names the first difference",
            )
        gradings.append(again)
    return gradings


def _sound(composite: Composite, place: str) -> str:
    """The id of the composite's run; DifferenceError where the manifest does not fit itself."""
    manifest = composite.manifest
    try:
        rules = hashlib.sha256(composite.config.model_dump_json().encode()).hexdigest()
        run_id = composite_id(manifest)
        fits = manifest["run_id"] == run_id and manifest["config_sha256"] == rules
        fits = fits and manifest.get("rules_hash") in (None, rules_hash(composite.config))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"the manifest lacks {error}", where=place, next="make the composite again") from error
    if not fits:
        raise DifferenceError(
            "the manifest was changed: it does not have the id of what it names",
            where=f"{place}/manifest.json",
            next="make the composite again",
        )
    return run_id


def _combined(store: Database, composite: Composite, place: str) -> list[KeptRun]:
    """The kept runs that the composite combines."""
    known = {run.run_id: run for run in kept_runs(store)}
    archived_runs = []
    for source in composite.manifest["inputs"]:
        run = known.get(str(source.get("run_id", "")))
        if run is None:
            which = f"run {source['run_id']} ({source['scheme']})" if "run_id" in source else "a table of grades"
            raise InputError(
                f"the composite combines {which}, which the store does not keep",
                where=place,
                allowed="composites of kept gradings",
                next="`creditscore keep` the grading first",
            )
        still_held(store, run.run_id)
        archived_runs.append(run)
    return archived_runs


def _beside(given: Mapping[str, Any], composite: Composite, place: str) -> dict[str, pa.Table]:
    """The tables that the composite was given, read; UsageError for one that is missing or was never given."""
    import duckdb

    result = {}
    with duckdb.connect() as con:
        for name, table in given.items():
            wanted = was_given(composite.manifest, name)
            if wanted != (table is not None):
                raise UsageError(
                    f"the composite was made {'with' if wanted else 'without'} {name}",
                    where=place,
                    next=f"give --{name} with the same table" if wanted else f"leave --{name} away",
                )
            if not wanted:
                continue
            load_table(con, table, LISTINGS if name == "listings" else SUBJECTS)
            result[name] = con.sql(f"SELECT {', '.join(map(quote, BESIDE[name]))} FROM {name}").to_arrow_table()
    return result


def _same(composite: Composite, again: Composite, hashes: Mapping[str, str], place: str) -> None:
    for name in BESIDE:
        if again.manifest[name] != composite.manifest[name]:
            raise InputError(
                f"the {name} are not those that the composite was given",
                where=place,
                allowed=str(composite.manifest[name]),
            )
    differs = [name for name in SCORES if _hash_of(getattr(again, name), SCORES[name]) != hashes[name]]
    differs += [name for name in ("reference", "rules", "counts") if again.manifest[name] != composite.manifest[name]]
    if differs:
        raise DifferenceError(
            f"the composite does not come out of its gradings as it was written ({', '.join(differs)})",
            where=place,
            next="make it again with `creditscore composite` and keep that",
        )


def _hash_of(table: pa.Table, columns: Mapping[str, str]) -> str:
    import duckdb

    with duckdb.connect() as con:
        con.register("rows", table)
        cells = ", ".join(f"CAST({quote(name)} AS {kind}) AS {quote(name)}" for name, kind in columns.items())
        return table_hash(con, f"(SELECT {cells} FROM rows)", columns)


def _put(con: duckdb.DuckDBPyConnection, into: str, run_id: str, table: pa.Table, columns: Sequence[str]) -> None:
    import pyarrow as pa

    listed = ", ".join(map(quote, columns))
    con.register("more_rows", table.append_column("place", pa.array(range(table.num_rows), pa.int64())))
    con.execute(f"INSERT INTO {into} (run_id, place, {listed}) SELECT ?, place, {listed} FROM more_rows", [run_id])
    con.unregister("more_rows")
