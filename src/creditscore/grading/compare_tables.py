"""Two result tables compared in the order in which they were written: the first row that differs, and where."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.core.boundary import described, outside
from creditscore.core.tables.table import literal, quote

KEYS = {
    "grades": ("subject_id", "scheme"),
    "ledger": ("subject_id", "scheme", "step", "record_id", "rule"),
    "quarantine": ("table", "subject_id", "record_id", "event_no", "reason", "column"),
}
LEFT_OUT = {"quarantine": ("line",)}  # where a row stood in the input is no part of the result


@dataclass(frozen=True)
class Difference:
    """The first row that differs: row `row` (from 1) of `table`, with its key; what was written and what is computed.

    `kind`: `cell` (one column, named), `missing` (a computed row was not written), `extra` (a written row is not
    computed), `order` (both tables have both rows, elsewhere), `columns` (the table has other columns, or of other
    types), `file` (the file is missing or cannot be read).
    """

    table: str
    kind: str
    row: int = 0
    key: str = ""
    column: str = ""
    written: str = ""
    computed: str = ""


def same_bytes(path: Path, other: Path) -> bool:
    """Whether two files are equal byte for byte."""
    return _digest(path) == _digest(other)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def first_difference(table: str, written: Path, computed: Path, added: Sequence[str] = ()) -> Difference | None:
    """None where both files hold the same rows in the same order (files of one layout, as `grade` writes them).

    `added`: columns that only the computed table has, because the other one is of an earlier version.
    """
    import duckdb

    for path, text in ((written, "written"), (computed, "computed")):
        if not path.is_file():
            return Difference(table, "file", **{text: "absent"})  # type: ignore[arg-type]
    con = duckdb.connect()
    try:
        for name, path in (("written", written), ("computed", computed)):
            con.execute(f"CREATE VIEW {name} AS FROM read_parquet({literal(str(path))}, file_row_number = true)")
        columns = {name: _columns(con, name) for name in ("written", "computed")}
        columns["computed"] = {name: kind for name, kind in columns["computed"].items() if name not in added}
    except duckdb.Error as error:
        return Difference(table, "file", written=f"cannot be read: {described(error)}")
    with con:
        sides = {name: list(those.items()) for name, those in columns.items()}
        if sides["written"] != sides["computed"]:
            listed = {name: ", ".join(map(" ".join, those)) for name, those in sides.items()}
            return Difference(table, "columns", written=listed["written"], computed=listed["computed"])
        left = LEFT_OUT.get(table, ())
        with outside("the table", written):
            return _first_row(con, table, [name for name in columns["computed"] if name not in left])


def _columns(con: Any, name: str) -> dict[str, str]:
    """The columns of a table in their order, with their types."""
    described = con.execute(f"DESCRIBE {name}").fetchall()
    return {column: kind for column, kind, *_ in described if column != "file_row_number"}


def _first_row(con: Any, table: str, columns: list[str]) -> Difference | None:
    differs = " OR ".join(f"w.{quote(column)} IS DISTINCT FROM c.{quote(column)}" for column in columns)
    table_row = con.execute(
        "SELECT min(coalesce(w.file_row_number, c.file_row_number)) FROM written w FULL JOIN computed c"
        f" ON w.file_row_number = c.file_row_number WHERE {differs}"
    ).fetchall()[0][0]
    if table_row is None:
        return None
    rows = {name: _row(con, name, columns, table_row) for name in ("written", "computed")}
    keys = [name for name in KEYS[table] if name in columns]
    written, computed = rows["written"], rows["computed"]
    if written is not None and computed is not None and all(written[key] == computed[key] for key in keys):
        column = next(name for name in columns if written[name] != computed[name])
        return Difference(
            table, "cell", table_row + 1, _key(written, keys), column, _text(written[column]), _text(computed[column])
        )
    # rows have shifted: a row that one table has more often than the other stands at the front
    here = {name: 0 if row is None else _often(con, "written", keys, row) for name, row in rows.items()}
    there = {name: 0 if row is None else _often(con, "computed", keys, row) for name, row in rows.items()}
    if written is not None and here["written"] > there["written"]:
        return Difference(table, "extra", table_row + 1, _key(written, keys), written=_whole(written))
    if computed is not None and there["computed"] > here["computed"]:
        return Difference(table, "missing", table_row + 1, _key(computed, keys), computed=_whole(computed))
    if written is None or computed is None:  # the end of one table; what is too many or too few stands before
        row, side = (computed, "computed") if written is None else (written, "written")
        assert row is not None
        kind = "missing" if written is None else "extra"
        return Difference(table, kind, table_row + 1, _key(row, keys), **{side: _whole(row)})
    results = {"written": _whole(written), "computed": _whole(computed)}
    return Difference(table, "order", table_row + 1, _key(written, keys), **results)


def _row(con: Any, name: str, columns: list[str], number: int) -> dict[str, Any] | None:
    listed = ", ".join(quote(column) for column in columns)
    rows = con.execute(f"SELECT {listed} FROM {name} WHERE file_row_number = ?", [number]).fetchall()
    return dict(zip(columns, rows[0], strict=True)) if rows else None


def _often(con: Any, name: str, keys: list[str], row: dict[str, Any]) -> int:
    """How many rows of a table have the keys of `row`."""
    same = " AND ".join(f"{quote(key)} IS NOT DISTINCT FROM ?" for key in keys)
    rows = con.execute(f"SELECT count(*) FROM {name} WHERE {same}", [row[key] for key in keys]).fetchall()
    return int(rows[0][0])


def _key(row: dict[str, Any], keys: list[str]) -> str:
    return " ".join(str(row[key]) for key in keys if row[key] is not None)


def _text(value: Any) -> str:
    return "(empty)" if value is None else str(value)


def _whole(row: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in row.items() if value is not None)
