"""Tables in files: CSV in any of its encodings, Parquet files, folders and patterns of them."""

from __future__ import annotations

import glob
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.boundary import described, require_plain, translate
from creditscore.core.errors import InputError
from creditscore.core.tables.encoding import Reading, as_utf8, as_utf8_in_part, encoding_of, header_of
from creditscore.core.tables.table import LINE, Opened, Table, column_sql, literal, quote, refuse_twice

if TYPE_CHECKING:
    import duckdb


def files_of(text: str) -> list[str]:
    """The files that a path, a folder of Parquet files or a pattern names."""
    path = Path(text)
    if path.is_dir():
        return sorted(str(file) for file in path.glob("*.parquet"))
    return [text] if path.exists() else sorted(glob.glob(text))


def open_path(con: duckdb.DuckDBPyConnection, table: Table, text: str, folder: Path) -> Opened:
    path, files = Path(text), files_of(text)
    if not files:
        what = f"{table.name}: the folder holds no .parquet file" if path.is_dir() else f"{table.name}: nothing to read"
        raise InputError(what, where=text, next="check the path, or name one .csv file")
    endings = {Path(file).suffix.lower() for file in files}
    if endings == {".parquet"}:
        return _parquet(con, table, files), path.name, None
    if endings <= {".csv", ".txt"} and len(files) == 1:
        relation, columns = _csv(con, table, Path(files[0]), folder)
        return relation, path.name, columns
    raise InputError("core.cannot_read_kind_file", name=table.name, where=text)


def _parquet(con: duckdb.DuckDBPyConnection, table: Table, files: list[str]) -> str:
    import duckdb

    from creditscore.core.tables.parquet_pages import DamagedPage, check_pages

    parts, before = [], 0
    for file in files:
        require_plain(file)
        try:
            rows = con.execute(f"SELECT num_rows FROM parquet_file_metadata({literal(file)})").fetchall()[0][0]
            schema = con.execute(f"SELECT name, num_children FROM parquet_schema({literal(file)})").fetchall()
        except duckdb.Error as error:
            _raise_of_machine(error, file)
            raise InputError("core.not_parquet_file", name=table.name, where=file) from error
        refuse_twice(table.name, _top_names(schema), file)
        try:
            check_pages(con, file)
        except (DamagedPage, duckdb.Error, OSError) as error:
            raise InputError(
                "core.parquet_file_damaged", name=table.name, described=described(error), where=file
            ) from error
        parts.append(
            f"SELECT * EXCLUDE (file_row_number), file_row_number + {before + 1} AS {quote(LINE)}"
            f" FROM read_parquet({literal(file)}, file_row_number = true)"
        )
        before += rows
    return " UNION ALL BY NAME ".join(parts)


def _top_names(schema: Sequence[tuple[str, int | None]]) -> list[str]:
    """The names of the columns of a Parquet file; its schema lists what is inside a column behind it."""
    names, inside = [], 0
    for name, children in schema[1:]:  # the first line is the table itself
        if inside:
            inside -= 1
        else:
            names.append(name)
        inside += children or 0
    return names


def _csv(con: duckdb.DuckDBPyConnection, table: Table, path: Path, folder: Path) -> tuple[str, list[str]]:
    encoding = encoding_of(path)
    header = header_of(path, encoding)
    refuse_twice(table.name, header, str(path))
    names = [name or " " * (position + 1) for position, name in enumerate(header)]
    known_columns = [name for name in names if table.column_of(name) is not None]
    if table.aliases and encoding != "utf-8-sig":  # the copy holds no more than what is read
        readable = as_utf8_in_part(path, encoding, folder, [_reading(table, name) for name in names])
    else:
        readable = as_utf8(path, encoding, folder)
    cells = ", ".join(f"{column_sql(table, name)} AS {quote(name)}" for name in known_columns) or "1 AS nothing"
    _load(con, table.name, path, readable, names, cells)
    return f"SELECT *, rowid + 2 AS {quote(LINE)} FROM raw_{table.name}", names


def _load(
    con: duckdb.DuckDBPyConnection, name: str, path: Path, readable: Path, names: Sequence[str], cells: str
) -> None:
    """Read a CSV file into the table `raw_<name>`; `path` is what people know of it, `readable` the same in UTF-8."""
    import duckdb

    columns = ", ".join(f"{literal(column)}: 'VARCHAR'" for column in names)
    try:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE raw_{name} AS SELECT {cells} FROM read_csv({literal(str(readable))},"
            f" columns = {{{columns}}}, auto_detect = false, header = true, delim = ',', quote = '\"',"
            " escape = '\"', nullstr = '', max_line_size = 16777216)"
        )
    except duckdb.Error as error:
        _raise_of_machine(error, str(path))
        # The engine's message quotes the line, and the line may hold personal data: only its number is passed on.
        place = next((line for line in str(error).splitlines() if "on Line" in line or "Line:" in line), "")
        digits = "".join(letter for letter in place.partition("ine:")[2][:12] if letter.isdigit())
        raise InputError(
            f"{name}: not a well-formed CSV file" + (f", line {digits}" if digits else ""),
            where=str(path),
            allowed="commas between cells, double quotes around cells with commas, as many cells as the header, "
            "one kind of line end, cells of at most 16 MB",
            next="export the file again",
        ) from None


def _raise_of_machine(error: Exception, where: str) -> None:
    """Raise what is no fault of the file: no memory, or no room on the disk."""
    creditscore_error = translate(error, where)
    if creditscore_error is not None and not isinstance(creditscore_error, InputError):
        raise creditscore_error from error


def _reading(table: Table, name: str) -> Reading:
    column = table.column_of(name)
    return "not" if column is None else "filled" if column in table.presence else "whole"
