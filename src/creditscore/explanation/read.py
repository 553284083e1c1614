"""One subject of a written grading (or of one in memory), without reading the others."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import described, guarded
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import canonical_code, canonical_id, redact
from creditscore.grading.manifest import FILES, read_manifest, require_files
from creditscore.grading.result import Grading
from creditscore.grading.result_columns import GRADES, LEDGER, column_fault

if TYPE_CHECKING:
    import duckdb

Row = Mapping[str, Any]


@dataclass(frozen=True)
class SubjectRows:
    """The rows of one subject, in the order of the result tables."""

    grade: Row
    ledger: tuple[Row, ...]
    manifest: Mapping[str, Any]
    name: str = ""
    refused: tuple[Row, ...] = ()  # rows of the quarantine that name the subject or could be its


@guarded("the grading")
def read(source: Grading | os.PathLike[str] | str, subject_id: str, scheme: str = "") -> SubjectRows:
    """The grade and ledger of `subject_id`; InputError when folder, file or subject is missing.

    `scheme` chooses one where the folder holds several; without it the first.
    """
    if isinstance(source, Grading):
        return _from_memory(source, subject_id)
    return _from_folder(Path(source), subject_id, scheme)


def schemes_in(folder: Path) -> tuple[str, ...]:
    """The schemes under which a folder was graded."""
    manifest = read_manifest(folder)
    return tuple(manifest["schemes"]) if "schemes" in manifest else (str(manifest["scheme"]).partition("@")[0],)


def manifest_of(folder: Path, scheme: str = "") -> dict[str, Any]:
    """The manifest of one scheme of a written grading; without a name the first."""
    return run_of(read_manifest(folder), scheme, folder)


def run_of(manifest: dict[str, Any], scheme: str, folder: Path) -> dict[str, Any]:
    """The manifest of one scheme."""
    runs = manifest.get("schemes", {str(manifest.get("scheme")).partition("@")[0]: manifest})
    if not scheme:
        return dict(next(iter(runs.values())))
    for name, run in runs.items():
        if scheme in (name, run["scheme"]):
            return dict(run)
    raise UsageError("explanation.no_scheme_in_grading", scheme=scheme, where=str(folder), allowed=", ".join(runs))


def _from_memory(grading: Grading, subject_id: str) -> SubjectRows:
    if not grading.has_ledger:
        raise InputError("explanation.needs_ledger")
    con = grading.con
    grade = _grade(con, "result_grades", (), subject_id, "this grading")
    # DuckDB keeps the order of the sorted table behind the view, as it does when the ledger is written
    ledger = _rows(con, "SELECT * FROM result_ledger WHERE subject_id = ?", [grade["subject_id"]])
    names = con.execute("SELECT name FROM subjects WHERE subject_id = ?", [grade["subject_id"]]).fetchall()
    name = redact(names[0][0] or "") if names else ""
    return SubjectRows(
        grade, ledger, grading.manifest, name, _refused(con, "result_quarantine", [], grade["subject_id"])
    )


def _from_folder(folder: Path, subject_id: str, scheme: str) -> SubjectRows:
    import duckdb
    import pyarrow as pa
    import pyarrow.parquet as parquet

    require_files(folder, FILES)
    whole = read_manifest(folder)
    manifest = run_of(whole, scheme, folder)
    of_scheme = [manifest["scheme"].partition("@")[0]] if "schemes" in whole else []
    where = " AND scheme = ?" if of_scheme else ""
    con = duckdb.connect()
    try:
        for name, columns in (("grades.parquet", GRADES), ("ledger.parquet", LEDGER)):
            fault = column_fault(parquet.read_schema(folder / name), columns)
            if fault:
                raise _damaged(folder / name, fault)
        grades = [str(folder / "grades.parquet"), *of_scheme]
        grade = _grade(con, f"(SELECT * FROM read_parquet(?) WHERE true{where})", grades, subject_id, str(folder))
        ledger = _rows(
            con,
            "SELECT * EXCLUDE file_row_number FROM read_parquet(?, file_row_number = true)"
            f" WHERE subject_id = ?{where} ORDER BY file_row_number",
            [str(folder / "ledger.parquet"), grade["subject_id"], *of_scheme],
        )
        refused: tuple[Row, ...] = ()
        quarantine = folder / "quarantine.parquet"
        if quarantine.is_file():
            refused = _refused(con, "read_parquet(?)", [str(quarantine)], grade["subject_id"])
    except (duckdb.Error, pa.ArrowException, OSError) as error:
        raise _damaged(folder, error) from error
    finally:
        con.close()
    return SubjectRows(grade, ledger, manifest, refused=refused)


def _damaged(place: Path, error: object) -> InputError:
    first = described(error) if isinstance(error, BaseException) else error
    return InputError("explanation.grading_cannot_read", why=first, where=str(place))


def _grade(con: duckdb.DuckDBPyConnection, table: str, given: Any, subject_id: str, place: str) -> Row:
    for wanted in dict.fromkeys((subject_id, canonical_code(subject_id), canonical_id(subject_id))):
        rows = _rows(con, f"SELECT * FROM {table} WHERE subject_id = ?", [*given, wanted])
        if rows:
            return rows[0]
    raise _unknown(con, table, given, canonical_code(subject_id), place)


def _unknown(con: duckdb.DuckDBPyConnection, table: str, given: Any, wanted: str, place: str) -> InputError:
    near = con.execute(
        f"SELECT subject_id, damerau_levenshtein(subject_id, ?) AS far FROM {table} ORDER BY far, subject_id LIMIT 3",
        [wanted, *given],
    ).fetchall()
    close = [value for value, far in near if far <= max(1, len(wanted) // 3)]
    total = con.execute(f"SELECT count(*) FROM {table}", [*given]).fetchall()[0][0]
    wanted = redact(wanted)
    if close:
        return InputError("explanation.no_subject_but_near", wanted=wanted, total=total, close=close, where=place)
    return InputError("explanation.no_subject_among_graded", wanted=wanted, total=total, where=place)


def _refused(con: duckdb.DuckDBPyConnection, table: str, given: list[Any], subject_id: str) -> tuple[Row, ...]:
    """The refused rows that name the subject; an earlier version did not say whose else they could be."""
    columns = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {table}", given).fetchall()}
    near = " OR list_contains(string_split(could_be, ';'), ?)" if "could_be" in columns else ""
    values = [*given, subject_id, *([subject_id] if near else [])]
    return _rows(con, f"SELECT * FROM {table} WHERE subject_id = ?{near}", values)


def _rows(con: duckdb.DuckDBPyConnection, sql: str, given: list[Any]) -> tuple[Row, ...]:
    cursor = con.execute(sql, given)
    names = [column[0] for column in cursor.description or []]
    return tuple(dict(zip(names, row, strict=True)) for row in cursor.fetchall())
