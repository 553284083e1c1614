"""Tables as files, written in one way: Parquet, CSV for machines and CSV for people, each whole or not at all.

A table is a query of the engine, an Arrow table or a pandas data frame, and each is written by its own library: the
same rows of one kind give the same bytes.
"""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from creditscore.core.atomic import whole_file
from creditscore.core.errors import UsageError
from creditscore.core.tables.csv_people import BOM, inert, people_sql
from creditscore.core.tables.table import literal, quote

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

Csv = bool | Literal["people"]  # none, the form for machines, the form for people
Codec = Literal["snappy", "zstd"]

__all__ = ["Csv", "Query", "as_queries", "csv_text", "write_table", "write_tables"]


@dataclass(frozen=True)
class Query:
    """The rows of a SELECT of a connection, in its order."""

    con: duckdb.DuckDBPyConnection
    sql: str


def write_table(
    table: Any,
    file: Path | str,
    *,
    people: bool = False,
    codec: Codec | None = None,
    level: int | None = None,
    arrow_types: bool = True,
) -> Path:
    """Write a table as Parquet or CSV, as the name of the file says.

    Parameters
    ----------
    table : a `Query`, an Arrow table, or a pandas data frame (without its index).
    file : a name that ends in .parquet or .csv; its folder is made, an earlier file is replaced.
    people : CSV for people (see `csv_people`).
    codec, level : how Parquet is packed; without them a query as zstd, the others as snappy. `level` not of pandas.
    arrow_types : of Arrow tables only: whether the types of Arrow are noted in Parquet, so that codes of words are read
        as such again.

    Returns
    -------
    Path
        The file.

    Raises
    ------
    UsageError
        The name ends otherwise, or the file cannot be written.

    Examples
    --------
    >>> import pyarrow as pa
    >>> write_table(pa.table({"subject_id": ["A"], "points": [90]}), "points.csv")  # doctest: +SKIP
    PosixPath('points.csv')
    """
    place, kind = Path(file), Path(file).suffix.lower()
    if kind not in (".csv", ".parquet"):
        raise UsageError("core.table_kind", value=place.suffix or "unknown", where=str(place))
    if people and kind != ".csv":
        raise UsageError("core.csv_people_file", kind=kind, where=str(place))
    with whole_file(place) as part:
        _write(table, part, "people" if people else kind == ".csv", codec, level, arrow_types)
    return place


def write_tables(
    folder: Path | str,
    tables: Mapping[str, Any],
    csv: Csv = False,
    *,
    codec: Codec | None = None,
    level: int | None = None,
    arrow_types: bool = True,
) -> list[Path]:
    """Write tables into a folder, each as `<name>.parquet`, and as `<name>.csv` where CSV is wanted.

    A failure while they are written leaves every file as it was; then they are moved to their places one by one, and a
    CSV of before that is not wanted is deleted.

    Parameters
    ----------
    folder : made if need be.
    tables : what `write_table` takes, by name.
    csv : none, the form for machines, or "people".
    codec, level, arrow_types : as for `write_table`.

    Returns
    -------
    list of Path
        The files in the order of the tables, Parquet first.

    Raises
    ------
    UsageError
        They cannot be written there.
    """
    files = []
    with ExitStack() as parts:
        for name, table in tables.items():
            for kind, form in (("parquet", False), ("csv", csv))[: 1 + bool(csv)]:
                files.append(Path(folder) / f"{name}.{kind}")
                _write(table, parts.enter_context(whole_file(files[-1])), form, codec, level, arrow_types)
    for name in () if csv else tables:
        (Path(folder) / f"{name}.csv").unlink(missing_ok=True)
    return files


@contextmanager
def as_queries(tables: Mapping[str, pa.Table]) -> Iterator[dict[str, Query]]:
    """Give Arrow tables as queries, where their files are to be the engine's: no quotes but where CSV needs them."""
    import duckdb

    with duckdb.connect() as con:
        for name, table in tables.items():
            con.register(name, table)
        yield {name: Query(con, f"SELECT * FROM {quote(name)}") for name in tables}


def csv_text(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], people: bool = False) -> str:
    """Give rows as the text of a CSV file: a header, line feeds, quotes only where needed.

    `people`: marked as UTF-8, and no cell a formula.
    """
    out = io.StringIO("\ufeff" if people else "")
    out.seek(0, io.SEEK_END)
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(columns)
    cells = ([row[name] for name in columns] for row in rows)
    writer.writerows([inert(str(cell)) for cell in row] if people else row for row in cells)
    return out.getvalue()


def _write(table: Any, file: Path, form: Csv, codec: Codec | None, level: int | None, arrow_types: bool) -> None:
    """Write a file: Parquet, CSV for machines (`form` is True), or CSV for people."""
    if form == "people":
        _write_people(table, file)
    elif isinstance(table, Query):
        packed = f"FORMAT parquet, COMPRESSION {codec or 'zstd'}"
        packed += "" if level is None else f", COMPRESSION_LEVEL {level}"
        _copy(table, file, "FORMAT csv, HEADER" if form else packed)
    elif hasattr(table, "to_parquet"):
        if form:
            table.to_csv(file, index=False)
        else:
            table.to_parquet(file, index=False, compression=codec or "snappy")
    elif form:
        import pyarrow.csv

        pyarrow.csv.write_csv(table, file)
    else:
        import pyarrow.parquet

        packing = {"compression": codec or "snappy", "compression_level": level, "store_schema": arrow_types}
        pyarrow.parquet.write_table(table, file, **packing)


def _write_people(table: Any, file: Path) -> None:
    if not isinstance(table, Query):
        with as_queries({"rows": table}) as queries:
            _write_people(queries["rows"], file)
        return
    unmarked = file.with_name(f"{file.name}.unmarked")
    try:
        _copy(Query(table.con, people_sql(table.con, table.sql)), unmarked, "FORMAT csv, HEADER")
        with unmarked.open("rb") as source, file.open("wb") as target:
            target.write(BOM)
            shutil.copyfileobj(source, target)
    finally:
        unmarked.unlink(missing_ok=True)


def _copy(query: Query, file: Path, how: str) -> None:
    query.con.execute(f"COPY ({query.sql}) TO {literal(str(file))} ({how})")
