"""Gradings of any shape, in memory, written or as a table, become one cell per subject and scheme."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.composite.cells import Cells, Statement, last_day_of
from creditscore.composite.score import Ints
from creditscore.core.days import to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.messages import Message, joined
from creditscore.core.tables import cell_sql
from creditscore.core.tables.hashing import hash_rows, row_text
from creditscore.core.tables.memory import to_arrow
from creditscore.core.tables.table import literal, quote
from creditscore.grading.batch import Gradings
from creditscore.grading.grade import grade
from creditscore.grading.identity import is_run
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.grading.manifest import read_manifest, refuse_failed
from creditscore.grading.result import Grading
from creditscore.records import Snapshot

if TYPE_CHECKING:
    import duckdb

COLUMNS = ("subject_id", "scheme", "version", "period", "state", "state_reason", "grade", "evidence", "input_state")
STATED = COLUMNS[:-1]  # the columns of every table of grades; those of earlier versions say no input_state
UNSTATED = "unstated"
KEY = COLUMNS[1:]


@dataclass(frozen=True)
class Gathered:
    """All grades as the view `g` of `con`; `runs` are the gradings in memory, whose records can be looked at."""

    con: duckdb.DuckDBPyConnection
    runs: tuple[Grading, ...]
    inputs: tuple[dict[str, Any], ...]
    unchecked: tuple[str | Message, ...]  # sources whose records cannot be looked at
    made_up: bool
    not_used: tuple[str, ...]  # schemes that were graded and are not in the composite
    kinds: Mapping[str, str] = field(default_factory=dict)


def gather(gradings: Any, schemes: Iterable[str], snapshot: Snapshot | None) -> Gathered:
    """Open every grading. Folders are graded again from `snapshot` where it is given, and must come out the same."""
    import duckdb

    con = duckdb.connect()
    runs: list[Grading] = []
    inputs: list[dict[str, Any]] = []
    unchecked: list[str | Message] = []
    views: list[str] = []
    wanted = set(schemes)
    others: set[str] = set()
    for source in _listed(gradings):
        if isinstance(source, str | os.PathLike):
            manifest = _manifest(Path(source))
            parts = [part for part in _parts(manifest) if part["scheme"].partition("@")[0] in wanted]
            others |= {part["scheme"].partition("@")[0] for part in _parts(manifest)} - wanted
            if snapshot is not None:
                runs += [_again(snapshot, part) for part in parts]
            else:
                unchecked.append(str(source))
                file = literal(str(Path(source) / "grades.parquet"))
                views.append(_select(con, f"read_parquet({file})"))
                inputs += [_input(part) for part in parts]
        elif isinstance(source, Grading):
            if source.plan.scheme.scheme in wanted:
                runs.append(source)
            else:
                others.add(source.plan.scheme.scheme)
        else:
            view = f"table_{len(views)}"
            con.register(view, to_arrow(source, "grades")[0])
            there = [column[0] for column in con.execute(f"SELECT * FROM {view} LIMIT 0").description or []]
            lacking = [column for column in STATED if column not in there]
            if lacking:
                raise InputError("composite.column_missing", lacking=lacking[0], where="grades", allowed=COLUMNS)
            columns = [column for column in COLUMNS if column in there]
            others |= {row[0] for row in con.execute(f"SELECT DISTINCT scheme FROM {view}").fetchall()} - wanted
            unchecked.append(Message("composite.a_table"))
            views.append(_select(con, view))
            inputs.append({"table_sha256": content(con, f"SELECT {', '.join(columns)} FROM {view}")})
    for k, run in enumerate(runs):
        chosen = ", ".join(f"CAST({name} AS VARCHAR) AS {name}" for name in COLUMNS)
        con.register(f"run_{k}", run.con.sql(f"SELECT {chosen} FROM result_grades").to_arrow_table())
        views.append(_select(con, f"run_{k}"))
        inputs.append(_input(run.manifest))
    if not views:
        raise UsageError("composite.no_grading_holds_scheme_composite", allowed=sorted(wanted))
    listed = ", ".join(map(literal, sorted(wanted)))
    con.execute(f"CREATE TEMP VIEW g AS SELECT * FROM ({' UNION ALL '.join(views)}) WHERE scheme IN ({listed})")
    inputs.sort(key=lambda source: json.dumps(source, sort_keys=True))
    made_up = any(source.get("made_up") for source in inputs)
    not_used = tuple(sorted(map(str, others)))
    return Gathered(con, tuple(runs), tuple(inputs), tuple(unchecked), made_up, not_used, _kinds(runs))


def content(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """`sha256-2:…` of the rows of a query, in any order of rows."""
    names = [name for name, *_ in con.execute(f"DESCRIBE {query}").fetchall()]
    cells = {name: f"CAST({quote(name)} AS VARCHAR)" for name in names}
    return "sha256-2:" + hash_rows(con, f"({query})", row_text(dict.fromkeys(names, "VARCHAR"), names, cells))


def _listed(gradings: Any) -> Iterator[Any]:
    if isinstance(gradings, list | tuple) and not (gradings and all(isinstance(row, Mapping) for row in gradings)):
        for grading in gradings:
            yield from _listed(grading)
    elif isinstance(gradings, Gradings):
        yield from gradings.runs
    else:
        yield gradings


def _select(con: duckdb.DuckDBPyConnection, rows: str) -> str:
    """Words that are not there are empty; of a reason only what stands before its details."""
    key_columns = ", ".join(
        f"COALESCE({name}, '') AS {name}" for name in KEY if name not in ("state_reason", "input_state")
    )
    there = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    state = "COALESCE(CAST(input_state AS VARCHAR), '')" if "input_state" in there else "''"
    marks = f"CASE {state} WHEN '' THEN '{UNSTATED}' ELSE {state} END AS input_state"
    why = "CASE WHEN state = 'graded' OR state_reason IS NULL THEN '' ELSE split_part(state_reason, ':', 1) END"
    who = cell_sql.code_of("subject_id", "VARCHAR")
    return f"SELECT {who} AS subject_id, {key_columns}, {why} AS state_reason, {marks} FROM {rows}"


def _manifest(folder: Path) -> dict[str, Any]:
    refuse_failed(folder)
    needed = ("grades.parquet", "manifest.json")
    lacking = [name for name in needed if not (folder / name).is_file()]
    if lacking:
        raise InputError("composite.not_found", listed=joined(lacking), where=str(folder))
    return read_manifest(folder)


def _parts(manifest: Mapping[str, Any]) -> list[dict[str, Any]]:
    made_up = {"made_up": True} if manifest.get("made_up") else {}
    return [{**scheme, **made_up} for scheme in manifest.get("schemes", {"": manifest}).values()]


def _input(manifest: Mapping[str, Any]) -> dict[str, Any]:
    names = ("run_id", "scheme", "period", "known_at", "snapshot_hash", "made_up")
    return {name: manifest[name] for name in names if name in manifest}


def _again(snapshot: Snapshot, manifest: Mapping[str, Any]) -> Grading:
    """The grading of a manifest, made again; UsageError where the snapshot is another one."""
    known = None if manifest["law_known_at"] == "latest" else manifest["known_at"]
    yearly = len(str(manifest["period"])) == 4
    grading = grade(
        as_graded(snapshot, manifest),
        manifest["scheme"],
        manifest["period"] if yearly else None,
        as_of=None if yearly else manifest["period"],
        known_at=known,
        provisional=True,
        max_rejected=10**9,
        ledger=False,
    )
    if not is_run(grading.manifest, manifest):
        raise UsageError(
            "composite.grading_under_not_made_snapshot_these",
            scheme=manifest["scheme"],
            run_id=manifest["run_id"],
            run_id_2=grading.manifest["run_id"],
        )
    return grading


def _kinds(runs: Iterable[Grading]) -> dict[str, str]:
    """Individual businesses among the subjects of gradings in memory."""
    kinds: dict[str, str] = {}
    for run in runs:
        rows = run.con.execute("SELECT subject_id, kind FROM subjects WHERE kind = 'individual_business'").fetchall()
        kinds |= dict(rows)
    return kinds


def newest_day(gathered: Gathered) -> date:
    """The last day of the newest period among the grades."""
    from creditscore.core.days import from_day

    periods = [row[0] for row in gathered.con.execute("SELECT DISTINCT period FROM g").fetchall()]
    if not periods:
        raise InputError("composite.no_grade_under_scheme_composite")
    return from_day(max(map(last_day_of, periods)))


def pivot(gathered: Gathered, cells: Cells) -> tuple[list[str], Ints]:
    """Subjects in order, and the cell of each in each scheme: the newest period, −1 where there is no row.

    InputError where a subject has two rows for one scheme and period.
    """
    con = gathered.con
    rows = con.execute(f"SELECT DISTINCT {', '.join(KEY)} FROM g").fetchall()
    statements_with_keys = sorted(
        (
            Statement(scheme, last_day_of(period), version, period, state, reason, grade, evidence, input_state=marks),
            key,
        )
        for key in rows
        for scheme, version, period, state, reason, grade, evidence, marks in [key]
    )
    import pyarrow as pa

    numbers = [cells.number(statement) for statement, _ in statements_with_keys]
    columns = {name: pa.array([key[k] for _, key in statements_with_keys], pa.string()) for k, name in enumerate(KEY)}
    columns |= {"cell": pa.array(numbers, pa.int32())}
    columns |= {
        "place": pa.array([cells.schemes.index(statement.scheme) for statement, _ in statements_with_keys], pa.int32())
    }
    con.register("key", pa.table(columns))
    con.execute(f"CREATE OR REPLACE TEMP TABLE coded AS SELECT hash({', '.join(KEY)}) AS h, cell, place FROM key")
    # one number to compare instead of eight texts; two of these few that are alike would be a fault of the hash
    assert con.execute("SELECT count(DISTINCT h) FROM coded").fetchall()[0][0] == len(statements_with_keys)
    wide = ", ".join(f"max(CASE WHEN place = {k} THEN cell END) AS c{k}" for k in range(len(cells.schemes)))
    hashed = f"SELECT subject_id, hash({', '.join(KEY)}) AS h FROM g"
    joined = f"SELECT subject_id, cell, place FROM ({hashed}) JOIN coded USING (h)"
    result = con.sql(
        f"SELECT subject_id, count(*) AS n, {wide} FROM ({joined}) GROUP BY subject_id ORDER BY subject_id"
    ).to_arrow_table()
    table = np.stack([result[f"c{k}"].fill_null(-1).to_numpy() for k in range(len(cells.schemes))], axis=1)
    if int((table >= 0).sum()) != int(result["n"].to_numpy().sum()):
        _no_doubles(con)
    return result["subject_id"].to_pylist(), table.astype(np.int64)


def _no_doubles(con: duckdb.DuckDBPyConnection) -> None:
    double = con.execute(
        "SELECT scheme, period, count(*) FROM g GROUP BY subject_id, scheme, period HAVING count(*) > 1 "
        "ORDER BY ALL LIMIT 1"
    ).fetchall()
    if double:
        scheme, period, count = double[0]
        raise InputError("composite.subject_grades_under", count=count, scheme=scheme, period=period, where="gradings")


def listed_rules(con: duckdb.DuckDBPyConnection, cells: Cells, ids: list[str]) -> tuple[Ints, dict[str, int]]:
    """The hard rules that entries in force on the day set off, as bits per subject; and what became of the entries."""
    import pyarrow as pa

    day = to_day(cells.as_of)
    bits: dict[str, int] = {}
    for bit, (owner, number) in enumerate(cells.pairs):
        for trigger in cells.config.hard_rules[number].when:
            if trigger.domain == cells.config.domains[owner].id:
                for name in trigger.lists:
                    bits[name] = bits.get(name, 0) | 1 << bit
    con.register("bit", pa.table({"list": list(bits), "bits": pa.array(list(bits.values()), pa.int64())}))
    con.register("who", pa.table({"subject_id": ids, "row": pa.array(range(len(ids)), pa.int64())}))
    there = "(SELECT subject_id FROM who)"  # a credit code may come in small letters
    con.execute(
        f"UPDATE listings SET subject_id = upper(subject_id)"
        f" WHERE subject_id NOT IN {there} AND upper(subject_id) IN {there}"
    )
    d = f"DATE '1970-01-01' + {day}"
    in_force = f"entered_on <= {d} AND (exited_on IS NULL OR exited_on > {d}) AND (term_end IS NULL OR term_end >= {d})"
    known = f"(recorded_on IS NULL OR recorded_on <= {d})"
    columns = con.execute(
        f"SELECT who.row, bit_or(bit.bits) FROM listings l JOIN bit USING (list) JOIN who USING (subject_id) "
        f"WHERE {in_force} AND {known} GROUP BY who.row"
    ).fetchnumpy()
    result = np.zeros(len(ids), dtype=np.int64)
    rows, values = columns.values()
    result[np.asarray(rows, dtype=np.int64)] = np.asarray(values, dtype=np.int64)
    counted = con.execute(
        f"SELECT count(*), count(*) FILTER (NOT {known}), count(*) FILTER ({known} AND NOT ({in_force})), "
        f"count(*) FILTER ({known} AND {in_force} AND list NOT IN (SELECT list FROM bit)), "
        f"count(*) FILTER ({known} AND {in_force} AND list IN (SELECT list FROM bit) "
        "AND subject_id NOT IN (SELECT subject_id FROM who)) FROM listings"
    ).fetchall()[0]
    names = ("rows", "not_yet_known", "not_in_force", "no_hard_rule", "not_scored")
    return result, dict(zip(names, map(int, counted), strict=True))
