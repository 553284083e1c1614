"""One pass over an input table: clean the cells, parse them, note the faults of each row in a mask."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from creditscore.core.days import LAST
from creditscore.core.identity import look_at_id
from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import quote
from creditscore.records import parse
from creditscore.records.faults import Fault, drop_pairs, mask, put_pairs

if TYPE_CHECKING:
    import duckdb


@dataclass
class Stage:
    """Collects what to read from a source. Each method returns the SQL of a finished value.

    Three nested SELECTs: `c_…` cleaned cells, `p_…` parsed values with sentinels, then values and mask.
    A column the input lacks gives a NULL of the right type and costs nothing. `latest`: the day of intake, after
    which no day may lie that is not planned.
    """

    source: Source
    latest: int | None = None
    cells: dict[str, str] = field(default_factory=dict)
    parsed: dict[str, str] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, reason: str, column: str, test: str = "false", detail: str = "") -> None:
        self.faults.append(Fault(reason, column, test, detail))

    def _cell(self, column: str, expression: str) -> str:
        name = quote("c_" + column)
        self.cells[name] = expression
        return name

    def text(self, column: str) -> str:
        if not self.source.has(column):
            return "CAST(NULL AS VARCHAR)"
        if column in self.source.cleaned:
            return self._cell(column, quote(column))
        return self._cell(column, cell_sql.text(column, self.source.types[column]))

    def raw(self, column: str) -> str:
        """The cell as text, not cleaned: for what is looked up as it stands first."""
        name = quote("r_" + column)
        self.cells[name] = cell_sql.raw_text(column, self.source.types[column])
        return name

    def code(self, column: str) -> str:
        if not self.source.has(column):
            return "CAST(NULL AS VARCHAR)"
        return self._cell(column, cell_sql.code(column, self.source.types[column]))

    def day(self, column: str, required: bool = False, planned: bool = False) -> str:
        """The day of a date column; what is `planned` may lie ahead."""
        if not self.source.has(column):
            return "CAST(NULL AS INTEGER)"
        if self.latest is not None and not planned:
            late = f"{quote('p_' + column)} BETWEEN {self.latest + 1} AND {LAST}"
            self.fault("after_intake", column, late)
        if column in self.source.sure_days:
            name = quote("p_" + column)
            self.parsed[name] = cell_sql.sure_day(self._cell(column, quote(column)))
            self.fault("bad_date", column, f"{name} IS NULL" if required else "false")
            return name
        name = self.day_as_read(column)
        empty = f" OR {name} IS NULL" if required else ""
        self.fault("bad_date", column, f"{name} = {cell_sql.BAD_DAY}{empty}")
        return f"nullif({name}, {cell_sql.BAD_DAY})"

    def day_as_read(self, column: str) -> str:
        """The parsed value, with its sentinel, of a date column; no fault."""
        if not self.source.has(column):
            return "CAST(NULL AS INTEGER)"
        kind = self.source.types[column]
        name = quote("p_" + column)
        self.parsed[name] = cell_sql.day(self._cell(column, cell_sql.day_cell(column, kind)), kind)
        return name

    def number(self, column: str, below: int = cell_sql.MOST_NUMBER, detail: str = "") -> str:
        if not self.source.has(column):
            return "CAST(NULL AS BIGINT)"
        kind = self.source.types[column]
        name = quote("p_" + column)
        self.parsed[name] = cell_sql.number(self._cell(column, cell_sql.number_cell(column, kind)), kind, below)
        self.fault("bad_number", column, f"{name} = {cell_sql.BAD_NUMBER}", detail)
        return f"nullif({name}, {cell_sql.BAD_NUMBER})"

    def whole(self, column: str) -> str:
        """The parsed value, with its sentinel, of a column of event numbers."""
        kind = self.source.types[column]
        return parse.event_no(self._cell(column, cell_sql.number_cell(column, kind)), kind)

    def share(self, column: str) -> str:
        """The parsed value, with its sentinel, of a column of shares."""
        kind = self.source.types[column]
        return cell_sql.share(self._cell(column, cell_sql.number_cell(column, kind)), kind)

    def select(self, values: dict[str, str], joins: str = "") -> str:
        """The pass as SQL: line, the `values`, and mask. `joins` may use the cleaned cells as `t.…`."""
        cells = "".join(f", {sql} AS {name}" for name, sql in self.cells.items())
        parsed = "".join(f", {sql} AS {name}" for name, sql in self.parsed.items())
        finished = "".join(f", {sql} AS {quote(name)}" for name, sql in values.items())
        return (
            f"SELECT line{finished}, {mask(self.faults)} AS mask"
            f" FROM (SELECT t.*{parsed} FROM (SELECT line{cells} FROM {self.source.view}) t {joins})"
        )


def resolve_subjects(
    con: duckdb.DuckDBPyConnection, table: str, bits: dict[str, int], column: str = "subject_id", *, upper: bool
) -> None:
    """Give rows whose subject did not match as it stands (`sid` NULL, `subject_raw` not) a sid or a fault.

    Ids are looked at once each: canonical form first, then natural_person, mangled_id or unknown_subject.
    `bits` maps these reasons to mask bits.
    """
    rows = con.execute(
        f"SELECT DISTINCT subject_raw FROM {table} WHERE sid IS NULL AND subject_raw IS NOT NULL"
    ).fetchall()
    if not rows:
        return
    looks = [(raw, *look_at_id(raw, uscc_only=False, upper=upper)) for (raw,) in rows]
    put_pairs(con, "looks", [(raw, reason or text) for raw, text, reason in looks])
    put_pairs(con, "spoilt", [(raw, reason) for raw, _, reason in looks if reason])
    cases = " ".join(f"WHEN '{reason}' THEN {bit}" for reason, bit in bits.items())
    con.execute(
        f"UPDATE {table} SET sid = f.sid, mask = mask | f.bit FROM ("
        f"SELECT l.a AS raw, s.sid, CAST(CASE p.b {cases} ELSE"
        f" CASE WHEN s.sid IS NULL THEN {bits['unknown_subject']} ELSE 0 END END AS BIGINT) AS bit"
        " FROM looks l LEFT JOIN spoilt p ON p.a = l.a"
        " LEFT JOIN subjects s ON p.a IS NULL AND s.subject_id = l.b) f"
        f" WHERE {table}.sid IS NULL AND {table}.subject_raw = f.raw"
    )
    drop_pairs(con, "looks", "spoilt")


def drop_repeats(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> int:
    """Delete good rows of `table` that repeat an earlier good row in all `columns`; returns how many."""
    chosen = ", ".join(quote(column) for column in columns)
    total, different = con.execute(
        f"SELECT count(*), count(DISTINCT hash({chosen})) FROM {table} WHERE mask = 0"
    ).fetchall()[0]
    if total == different:
        return 0
    con.execute(
        f"DELETE FROM {table} WHERE line IN (SELECT line FROM (SELECT line,"
        f" row_number() OVER (PARTITION BY {chosen} ORDER BY line) AS nth FROM {table} WHERE mask = 0)"
        " WHERE nth > 1)"
    )
    left: int = con.execute(f"SELECT count(*) FROM {table} WHERE mask = 0").fetchall()[0][0]
    return int(total) - left
