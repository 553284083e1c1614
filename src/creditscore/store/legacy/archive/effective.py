"""What stands now of a kept run: its own rows, or for some subjects those that superseded them; with its hashes."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, overload

from creditscore.composite.result_columns import SCORES
from creditscore.core.canonical import canonical, hash_text
from creditscore.core.tables.table import literal, quote
from creditscore.grading.result import Grading
from creditscore.grading.result_columns import LATER
from creditscore.store import Database
from creditscore.store.legacy.archive.tables import ALL, TABLES, table_hash

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

    from creditscore.composite.result import Composite

Key = tuple[str, str]  # run, subject
Row = Mapping[str, str | None]


@dataclass(frozen=True)
class _ArchivedRows:
    """The rows of one subject in one run, a tuple for each table of the run, every cell as text, in their order."""

    tables: ClassVar[Mapping[str, Mapping[str, str]]]

    @cached_property
    def hash(self) -> str:
        """SHA-256 (hex) over every cell and the order of the rows; of later columns what they say."""
        return hash_text(canonical([[_stated(row) for row in getattr(self, table)] for table in self.tables]))


@dataclass(frozen=True)
class Rows(_ArchivedRows):
    """The rows of one subject in one graded run."""

    grades: tuple[Row, ...]
    ledger: tuple[Row, ...]
    tables: ClassVar[Mapping[str, Mapping[str, str]]] = TABLES

    @property
    def grade(self) -> str:
        """`B`, or the state where there is no grade."""
        first = self.grades[0] if self.grades else {}
        return first.get("grade") or first.get("state") or "absent"

    @property
    def score(self) -> str:
        return (self.grades[0].get("score") if self.grades else None) or ""

    @property
    def route(self) -> str:
        return (self.grades[0].get("route") if self.grades else None) or ""

    def rules(self) -> frozenset[str]:
        """The rules that decided."""
        return frozenset(row["rule"] or "" for row in self.ledger if row["step"] == "decide")

    def uses(self, record_id: str) -> bool:
        return any(row["record_id"] == record_id for row in self.ledger)

    def weight(self, record_id: str) -> bool:
        """Whether a record is taken as one that stands: in a ledger, a withdrawn one says that it is."""
        own = (row for row in self.ledger if row["record_id"] == record_id and row["step"] == "record")
        return any((row["reason"] or "").partition(":")[0] != "withdrawn" for row in own)


@dataclass(frozen=True)
class Scored(_ArchivedRows):
    """The rows of one subject in one composite."""

    composite: tuple[Row, ...]
    contributions: tuple[Row, ...]
    shared_acts: tuple[Row, ...]
    regraded: tuple[Row, ...]
    tables: ClassVar[Mapping[str, Mapping[str, str]]] = SCORES

    @property
    def face(self) -> tuple[str, str, str]:
        """The state, or the reason why there is no score; score; grade."""
        row = self.composite[0] if self.composite else {}
        return (row.get("state_reason") or row.get("state") or "absent", row.get("score") or "", row.get("grade") or "")


R = TypeVar("R", bound=_ArchivedRows)


def as_rows(grading: Grading) -> dict[str, Rows]:
    """The rows of a grading by subject, in the columns that a store keeps."""
    return _grouped(Rows, {table: getattr(grading, table) for table in TABLES})


def as_scored(composite: Composite) -> dict[str, Scored]:
    """The rows of a composite by subject, in the columns that a store keeps."""
    return _grouped(Scored, {table: getattr(composite, table) for table in SCORES})


def archived_rows(store: Database, run_id: str, subject_ids: Iterable[str], kind: type[R]) -> dict[str, R]:
    """The rows of some subjects as they were kept; a subject that is not in the run is left out.

    `kind`: Rows of a graded run, Scored of a composite.
    """
    run = literal(run_id)
    return _by_subject(
        store, {table: f"(SELECT * FROM run_{table} WHERE run_id = {run})" for table in kind.tables}, subject_ids, kind
    )


@overload
def standing(store: Database, run_id: str, subject_ids: Iterable[str]) -> dict[str, Rows]: ...
@overload
def standing(
    store: Database, run_id: str, subject_ids: Iterable[str], kind: type[R], until: int | None = None
) -> dict[str, R]: ...
def standing(
    store: Database, run_id: str, subject_ids: Iterable[str], kind: Any = Rows, until: int | None = None
) -> dict[str, Any]:
    """The rows of some subjects as they stand now: the newest that superseded the kept ones, else those.

    `until`: as they stood after that entry of the log.
    """
    tables = {table: standing_sql(table, run_id, until) for table in kind.tables}
    return _by_subject(store, tables, subject_ids, kind)


def standing_sql(table: str, run_id: str, until: int | None = None) -> str:
    """A query, in brackets, of the rows of a run that stand now, or stood after entry `until`, with their place."""
    then = "" if until is None else f" AND seq <= {until}"
    run, columns = literal(run_id), ", ".join(f"r.{quote(name)}" for name in ("place", *ALL[table]))
    newest = (
        "(SELECT c.subject_id, c.seq FROM cascade_states c JOIN (SELECT subject_id, max(seq) AS seq FROM cascade_states"
        f" WHERE run_id = {run}{then} GROUP BY subject_id) n ON n.subject_id = c.subject_id AND n.seq = c.seq"
        f" WHERE c.run_id = {run} AND NOT c.as_kept)"
    )
    return (
        f"(SELECT {columns} FROM run_{table} r WHERE r.run_id = {run}"
        f" AND r.subject_id NOT IN (SELECT subject_id FROM {newest})"
        f" UNION ALL SELECT {columns} FROM cascade_{table} r"
        f" JOIN {newest} c ON c.subject_id = r.subject_id AND c.seq = r.seq WHERE r.run_id = {run})"
    )


def standing_hashes(store: Database, run_id: str, kind: type[_ArchivedRows] = Rows) -> dict[str, str]:
    """The hash of each table of a run as it stands now, comparable with those of its keeping.

    Equal to `grades_hash` and `ledger_hash` of a graded run, and to `hashes` of a composite (`kind` Scored), where
    nothing has superseded a row, or all was restored.
    """
    return {table: table_hash(store.con, standing_sql(table, run_id), own) for table, own in kind.tables.items()}


def standing_tables(store: Database, run_id: str, subject_ids: Iterable[str] | None = None) -> dict[str, pa.Table]:
    """`grades` and `ledger` of a run as Arrow tables as they stand now; of some subjects, or of all."""
    chosen = ""
    if subject_ids is not None:
        chosen = f" WHERE subject_id IN ({', '.join(map(literal, sorted(set(subject_ids)))) or 'NULL'})"
    return {
        table: store.con.sql(
            f"SELECT {', '.join(map(quote, columns))} FROM {standing_sql(table, run_id)}{chosen}"
            " ORDER BY subject_id, place"
        ).to_arrow_table()
        for table, columns in TABLES.items()
    }


def subjects_in(
    store: Database, run_id: str, subject_ids: Iterable[str], kind: type[_ArchivedRows] = Rows
) -> list[str]:
    """Those of some subjects that a run graded, or a composite scored; sorted."""
    table = next(iter(kind.tables))
    rows = store.rows(
        f"SELECT DISTINCT subject_id FROM run_{table} WHERE run_id = ? AND list_contains(?, subject_id) ORDER BY 1",
        [run_id, sorted(set(subject_ids))],
    )
    return [value for (value,) in rows]


def write_rows(
    con: duckdb.DuckDBPyConnection, seq: int, changes: Mapping[Key, R], as_kept: Collection[Key], kind: type[R]
) -> None:
    """Rows of runs superseded by entry `seq` of the log; `as_kept`: those whose own rows stand again."""
    states = [[seq, *key, key in as_kept, rows.hash] for key, rows in changes.items()]
    insert(con, "cascade_states", ("seq", "run_id", "subject_id", "as_kept", "hash"), states)
    for table, columns in kind.tables.items():
        cells = [
            [seq, run_id, place, *(row[name] for name in columns)]
            for (run_id, subject), rows in changes.items()
            if (run_id, subject) not in as_kept
            for place, row in enumerate(getattr(rows, table))
        ]
        insert(con, f"cascade_{table}", ("seq", "run_id", "place", *columns), cells)


def drawn(store: Database) -> dict[tuple[int, str, str], tuple[str, str]]:
    """(entry, run, subject) of all rows that superseded others → their hash as stated, and as computed from the rows.

    Empty where there is none: of a state that names the kept rows again, and of rows that no state speaks of.
    """
    results: dict[tuple[int, str, str], tuple[str, str]] = {
        (seq, run, subject): ("" if as_kept else stated, "")
        for seq, run, subject, as_kept, stated in store.rows(
            "SELECT seq, run_id, subject_id, as_kept, hash FROM cascade_states"
        )
    }
    kinds: tuple[type[_ArchivedRows], ...] = (Rows, Scored)
    for kind in kinds:
        rows: dict[tuple[int, str, str], dict[str, list[Row]]] = {}
        for table, columns in kind.tables.items():
            listed = ", ".join(map(quote, columns))
            order = "ORDER BY seq, run_id, subject_id, place"
            for seq, run, *row in store.rows(f"SELECT seq, run_id, {listed} FROM cascade_{table} {order}"):
                named = _texts(dict(zip(columns, row, strict=True)))
                own = rows.setdefault((seq, run, str(named["subject_id"])), {name: [] for name in kind.tables})
                own[table].append(named)
        for key, own in rows.items():
            stated, computed = results.get(key, ("", ""))
            result: Any = kind
            results[key] = (stated, computed + result(*map(tuple, own.values())).hash)
    return results


def insert(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Rows at once; one statement each would take a hundred times as long."""
    import pyarrow as pa

    if rows:
        names = ", ".join(map(quote, columns))
        cells = list(zip(*rows, strict=True))
        con.register("more_rows", pa.table(dict(zip(columns, map(list, cells), strict=True))))
        con.execute(f"INSERT INTO {table} ({names}) SELECT {names} FROM more_rows")
        con.unregister("more_rows")


def _by_subject(store: Database, sources: Mapping[str, str], subject_ids: Iterable[str], kind: type[R]) -> dict[str, R]:
    ids = sorted(set(subject_ids))
    results: dict[str, dict[str, list[Row]]] = {}
    for table, source in sources.items():
        columns = ALL[table]
        listed = ", ".join(map(quote, columns))
        rows = store.rows(
            f"SELECT {listed} FROM {source} WHERE list_contains(?, subject_id) ORDER BY subject_id, place", [ids]
        )
        for row in rows:
            own = results.setdefault(row[0], {name: [] for name in sources})
            own[table].append(_texts(dict(zip(columns, row, strict=True))))
    make: Any = kind
    return {subject: make(*map(tuple, own.values())) for subject, own in results.items()}


def _grouped(kind: type[R], tables: Mapping[str, pa.Table]) -> dict[str, R]:
    results: dict[str, dict[str, list[Row]]] = {}
    for table, rows in tables.items():
        for row in rows.select(list(ALL[table])).to_pylist():
            own = results.setdefault(row["subject_id"], {name: [] for name in tables})
            own[table].append(_texts(row))
    make: Any = kind
    return {subject: make(*map(tuple, own.values())) for subject, own in results.items()}


def _stated(row: Row) -> dict[str, str | None]:
    return {name: cell for name, cell in row.items() if cell is not None or name not in LATER}


def _texts(row: Mapping[str, Any]) -> Row:
    return {name: _text(value) for name, value in row.items()}


def _text(value: Any) -> str | None:
    if isinstance(value, Decimal):
        return f"{value:.6f}"
    return value.isoformat() if isinstance(value, date) else None if value is None else str(value)
