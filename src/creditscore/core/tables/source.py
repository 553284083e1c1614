"""Where rows come from: files, data frames, Arrow tables and DuckDB relations, all as one kind of view.

A `Source` is a temporary view `src_<table>` with the input's columns under their contract names and `line`,
the place of the row in the input.
"""

from __future__ import annotations

import glob
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import outside, require_plain, translate
from creditscore.core.errors import InputError
from creditscore.core.identity import redact
from creditscore.core.tables.encoding import Reading, as_utf8, as_utf8_in_part, encoding_of, header_of
from creditscore.core.tables.table import Table, refuse_persons

if TYPE_CHECKING:
    import duckdb

MOST_LISTED = 500  # characters of the names in a message
LINE = "line of the row"  # a name no input column has
Opened = tuple[str, str, list[str] | None]  # SQL of the rows, origin, the input's columns where SQL does not show all


@dataclass(frozen=True)
class Source:
    """An opened input table. `types` maps each column name to its DuckDB type; `origin` is for people.

    `spelled` says what the input calls each column of a table with aliases; `unread` lists the input's columns that
    are not read.
    `sure_days` are the columns of type DATE in which every date can be: their cells need no test each.
    `cleaned` are the columns of text that were cleaned beforehand.
    """

    table: Table
    view: str
    types: Mapping[str, str]
    origin: str
    rows: int
    spelled: Mapping[str, str] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    sure_days: frozenset[str] = frozenset()
    cleaned: frozenset[str] = frozenset()

    def has(self, column: str) -> bool:
        return column in self.types

    @property
    def further(self) -> tuple[str, ...]:
        """Columns beyond the contract, sorted; empty unless the table gives them a meaning."""
        extra = sorted(set(self.types) - set(self.table.columns))
        return tuple(extra) if self.table.further else ()


def quote(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def open_sources(
    con: duckdb.DuckDBPyConnection, given: Mapping[str, Any], folder: Path, tables: Mapping[str, Table]
) -> dict[str, Source]:
    """Open every table that is given; one InputError names all that is wrong with any of them."""
    opened: dict[str, Source] = {}
    wrong: list[InputError] = []
    for name, data in given.items():
        if data is None:
            continue
        try:
            opened[name] = _open(con, tables[name], data, folder)
        except InputError as error:
            wrong.append(error)
    if len(wrong) == 1:
        raise wrong[0]
    if wrong:
        raise InputError(
            "\n".join(error.what + (f" ({error.where})" if error.where else "") for error in wrong),
            allowed="; ".join(dict.fromkeys(error.allowed for error in wrong if error.allowed)) or None,
            next="; ".join(dict.fromkeys(error.next for error in wrong if error.next)) or None,
        )
    return opened


def forget(con: duckdb.DuckDBPyConnection, sources: Mapping[str, Source]) -> None:
    """Let go of the input: views, copies and registered objects."""
    for name, source in sources.items():
        con.execute(f"DROP VIEW IF EXISTS {source.view}; DROP TABLE IF EXISTS raw_{name}")
        con.unregister(f"given_{name}")


def _open(con: duckdb.DuckDBPyConnection, table: Table, data: Any, folder: Path) -> Source:
    if isinstance(data, str | Path):
        relation, origin, columns = _open_path(con, table, str(data), folder)
    else:
        relation, origin, columns = _open_memory(con, table, data)
    described = con.execute(f"DESCRIBE {relation}").fetchall()
    types = {name: str(kind) for name, kind, *_ in described if name != LINE}
    refuse_persons(table.name, columns or types, origin)
    names = _contract_names(table, columns or list(types), origin)
    missing = [name for name in table.required if name not in names.values()]
    if missing:
        there = ", ".join(columns or types)
        listed = there if len(there) <= MOST_LISTED else f"{there[:MOST_LISTED]} …"

        def shown(wanted: Sequence[str]) -> str:
            return ", ".join(table.labels.get(name, name) for name in wanted)

        raise InputError(
            f"{table.name}: missing column{'s' * (len(missing) > 1)} {shown(missing)};"
            f" there are: {redact(listed) or 'none'}",
            where=origin,
            allowed=f"{table.name} needs {shown(table.required)}",
            next="save the file with commas between cells" if _other_marks(there) else "rename or add the columns",
        )
    view = f"src_{table.name}"
    chosen = ", ".join(f"{_cell(table, old)} AS {quote(new)}" for old, new in names.items())
    con.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS SELECT {quote(LINE)} AS line, {chosen} FROM ({relation})")
    rows = con.execute(f"SELECT count(*) FROM ({relation})").fetchall()[0][0]
    kinds = {new: "VARCHAR" if new in table.presence else types[old] for old, new in names.items()}
    return Source(
        table,
        view,
        kinds,
        origin,
        rows,
        spelled={new: old.strip() for old, new in names.items()} if table.aliases else {},
        unread=tuple(sorted(clean for name in columns or types if name not in names and (clean := name.strip()))),
        sure_days=_sure_days(con, view, kinds),
    )


def _cell(table: Table, name: str) -> str:
    """SQL of a cell as it is read: of a column in `presence`, 1 where there is any content."""
    if table.column_of(name) not in table.presence:
        return quote(name)
    return f"CASE WHEN regexp_matches(CAST({quote(name)} AS VARCHAR), '[^\\s]') THEN '1' END"


def _sure_days(con: duckdb.DuckDBPyConnection, view: str, kinds: Mapping[str, str]) -> frozenset[str]:
    """Parquet answers this from its statistics, without reading a row."""
    dates = [name for name, kind in kinds.items() if kind == "DATE"]
    if not dates:
        return frozenset()
    inside = ", ".join(
        f"coalesce(min({quote(name)}) >= DATE '1900-01-01' AND max({quote(name)}) <= DATE '2100-12-31', true)"
        for name in dates
    )
    found = con.execute(f"SELECT {inside} FROM {view}").fetchall()[0]
    return frozenset(name for name, sure in zip(dates, found, strict=True) if sure)


def _contract_names(table: Table, columns: list[str], origin: str) -> dict[str, str]:
    """Input name → contract name; blank names are dropped, names that collide are refused."""
    names = {column: new for column in columns if (new := table.column_of(column)) is not None}
    reserved = {"line"} if table.further else set()
    twice = [name for name, count in Counter(new.lower() for new in names.values()).items() if count > 1]
    if twice or reserved & {new.lower() for new in names.values()}:
        twice = twice or sorted(reserved)
        raise InputError(
            f"{table.name}: column name given twice or reserved: {redact(', '.join(twice))}",
            where=origin,
            next="rename the columns",
        )
    return names


def files_of(text: str) -> list[str]:
    """The files that a path, a folder of Parquet files or a pattern names."""
    path = Path(text)
    if path.is_dir():
        return sorted(str(file) for file in path.glob("*.parquet"))
    return [text] if path.exists() else sorted(glob.glob(text))


def _open_path(con: duckdb.DuckDBPyConnection, table: Table, text: str, folder: Path) -> Opened:
    path, files = Path(text), files_of(text)
    if not files:
        what = f"{table.name}: the folder holds no .parquet file" if path.is_dir() else f"{table.name}: nothing to read"
        raise InputError(what, where=text, next="check the path, or name one .csv file")
    endings = {Path(file).suffix.lower() for file in files}
    if endings == {".parquet"}:
        return _parquet(con, table, files), path.name, None
    if endings == {".csv"} and len(files) == 1:
        relation, columns = _csv(con, table, Path(files[0]), folder)
        return relation, path.name, columns
    raise InputError(
        f"{table.name}: cannot read this kind of file",
        where=text,
        allowed="one .csv file, .parquet, a directory or pattern of .parquet files",
        next="convert it to Parquet or CSV",
    )


def _parquet(con: duckdb.DuckDBPyConnection, table: Table, files: list[str]) -> str:
    import duckdb

    parts, before = [], 0
    for file in files:
        require_plain(file)
        try:
            rows = con.execute(f"SELECT num_rows FROM parquet_file_metadata({literal(file)})").fetchall()[0][0]
            schema = con.execute(f"SELECT name, num_children FROM parquet_schema({literal(file)})").fetchall()
        except duckdb.Error as error:
            _raise_of_machine(error, file)
            raise InputError(f"{table.name}: not a Parquet file", where=file, next="write it again") from error
        _refuse_twice(table.name, _top_names(schema), file)
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


def _refuse_twice(what: str, names: Sequence[str], where: str) -> None:
    twice = [name for name, count in Counter(name.lower() for name in names if name).items() if count > 1]
    if twice:
        raise InputError(f"{what}: column name given twice: {redact(', '.join(twice))}", where=where,
                         next="rename the columns")  # fmt: skip


def file_rows(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> str:
    """SQL of the rows of a Parquet or CSV file that is none of the input tables, and read as they are.

    Of a CSV file every column is text, and nothing is guessed: the first line is the header, commas part the cells,
    and no line is a comment.
    """
    if not path.is_file():
        require_plain(path)
        raise InputError(f"there is no file for {name}", where=str(path), next="give the path of a Parquet or CSV file")
    if path.suffix.lower() == ".parquet":
        rows = f"SELECT * FROM read_parquet({literal(str(path))})"
        with outside(f"the table of {name}", path, "give a Parquet or CSV file"):
            con.execute(f"SELECT 1 FROM ({rows}) LIMIT 1").fetchall()
        return rows
    encoding = encoding_of(path)
    header = header_of(path, encoding)
    _refuse_twice(name, header, str(path))
    names = [column or " " * (position + 1) for position, column in enumerate(header)]
    with tempfile.TemporaryDirectory() as folder:
        readable = as_utf8(path, encoding, Path(folder))
        _load(con, name, path, readable, names, ", ".join(map(quote, names)))
    return f"SELECT * FROM raw_{name}"


def _csv(con: duckdb.DuckDBPyConnection, table: Table, path: Path, folder: Path) -> tuple[str, list[str]]:
    encoding = encoding_of(path)
    header = header_of(path, encoding)
    _refuse_twice(table.name, header, str(path))
    names = [name or " " * (position + 1) for position, name in enumerate(header)]
    kept = [name for name in names if table.column_of(name) is not None]
    if table.aliases and encoding != "utf-8-sig":  # the copy holds no more than what is read
        readable = as_utf8_in_part(path, encoding, folder, [_reading(table, name) for name in names])
    else:
        readable = as_utf8(path, encoding, folder)
    cells = ", ".join(f"{_cell(table, name)} AS {quote(name)}" for name in kept) or "1 AS nothing"
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
    told = translate(error, where)
    if told is not None and not isinstance(told, InputError):
        raise told from error


def _reading(table: Table, name: str) -> Reading:
    column = table.column_of(name)
    return "not" if column is None else "filled" if column in table.presence else "whole"


def _other_marks(header: str) -> bool:
    """Whether one name holds what looks like a whole header, parted by other marks than commas."""
    return "," not in header and any(mark in header for mark in ";\t|")


def _open_memory(con: duckdb.DuckDBPyConnection, table: Table, data: Any) -> Opened:
    import numpy as np
    import pyarrow as pa

    columns: list[str] | None = None
    if table.aliases and hasattr(data, "columns"):  # pandas and DuckDB: leave out at once what is not read
        columns = [str(name) for name in (data.column_names if isinstance(data, pa.Table) else data.columns)]
        data = _narrowed(data, [place for place, name in enumerate(columns) if table.column_of(name)])
    if type(data).__module__.partition(".")[0] == "pandas":
        arrow, origin = _from_pandas(data), "pandas"
    elif isinstance(data, pa.Table):
        arrow, origin = data, "arrow"
    elif hasattr(data, "to_arrow_table"):
        arrow, origin = data.to_arrow_table(), "duckdb"
    elif hasattr(data, "__arrow_c_stream__"):
        arrow, origin = pa.table(data), "arrow"
    else:
        raise InputError(
            f"{table.name}: cannot read a {type(data).__name__}",
            allowed="a path, a pandas DataFrame, an Arrow table or a DuckDB relation",
        )
    _refuse_twice(table.name, arrow.column_names, origin)
    arrow = arrow.append_column(LINE, pa.array(np.arange(1, arrow.num_rows + 1)))
    odd = [field.name for field in arrow.schema if _unreadable(field.type)]
    if odd:
        raise InputError(
            f"{table.name}: columns of a type that cannot be read: {redact(', '.join(odd))}",
            where=origin,
            allowed="text, whole numbers, decimals of at most 38 digits, floats of 32 or 64 bits, dates, timestamps",
            next="cast these columns",
        )
    con.register(f"given_{table.name}", arrow)
    return f"SELECT * FROM given_{table.name}", origin, columns


def _narrowed(data: Any, places: list[int]) -> Any:
    """The table with the columns at `places` alone."""
    if type(data).__module__.partition(".")[0] == "pandas":
        return data.iloc[:, places]
    if hasattr(data, "to_arrow_table"):
        return data.project(", ".join(quote(data.columns[place]) for place in places) or "1 AS nothing")
    return data.select(places)


def _unreadable(kind: Any) -> bool:
    import pyarrow as pa

    if pa.types.is_decimal(kind):
        return bool(kind.bit_width > 128 or kind.scale < 0)
    return bool(pa.types.is_float16(kind) or (pa.types.is_nested(kind) and not pa.types.is_dictionary(kind)))


def _from_pandas(frame: Any) -> Any:
    """The frame as an Arrow table; a column of mixed Python objects becomes text."""
    import pyarrow as pa

    arrays, names = [], []
    for position, name in enumerate(frame.columns):
        column = frame.iloc[:, position]
        try:
            if getattr(column.dtype, "tz", None) is not None:  # pandas warns when it has to drop the zone itself
                array = pa.array(column.dt.tz_convert(None).to_numpy(), pa.timestamp("us", "UTC"), from_pandas=True)
            else:
                array = pa.Array.from_pandas(column)
        except (pa.lib.ArrowException, OverflowError):
            array = pa.Array.from_pandas(column.map(str, na_action="ignore"), type=pa.string())
        arrays.append(array if isinstance(array, pa.ChunkedArray) else pa.chunked_array([array]))
        names.append(str(name))
    return pa.Table.from_arrays(arrays, names=names)
