"""Tables of any columns, as models and added events have them: read whole, and each column of the kind its words are.

What kind a column is depends on its words and never on the kind of the file: the same table as CSV, Parquet or in
memory comes out the same.

- `number`: every filled cell is a number as people write it (`12`, `-0.5`, `1e-3`), without a leading zero and with at
  most 15 whole digits; with whole numbers alone and no empty cell, int64, else float64.
- `flag`: every filled cell is `true` or `false`.
- `text`: everything else, as it stands. `010203`, `NA` and a credit code of 18 digits are text; a day is `YYYY-MM-DD`.

A cell that is empty or blank is missing. Who says what kind a column is (`kinds`) is believed: a column of text stays
text whatever its words, and in a column of numbers a cell that is none is an error.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import outside
from creditscore.core.errors import InputError
from creditscore.core.identity import redact_cell
from creditscore.core.tables.memory import to_arrow
from creditscore.core.tables.source import open_relation, refuse_persons
from creditscore.core.tables.table import LINE, Table, quote, refuse_twice

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EXACT", "read_columns", "read_whole", "settle"]

# As people write it: no leading zero, so that `007` is a code; infinities are numbers, and refused where they matter.
NUMBER = r"^\s*[+-]?(?:(?:0|[1-9][0-9]{0,14})(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s*$"
INFINITY = r"^\s*[+-]?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?\s*$"
STATED = r"^\s*[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?\s*$"  # of a column said to be numbers
FLAG = r"^(?:true|false|True|False|TRUE|FALSE)$"
EXACT = 2**53  # whole numbers up to here are exact as floats


def read_whole(data: Any, name: str) -> pa.Table:
    """Read every column of a table as it stands: of CSV all text, of anything else in its own types.

    Parameters
    ----------
    data : a path (.csv, .parquet, a folder or pattern of .parquet), a pandas or Polars data frame, an Arrow table or
        reader, a DuckDB relation, or a list of mappings.
    name : what messages call the table.

    Returns
    -------
    The rows in their order. Names of columns are without blanks around them; a column without a name is left out.

    Raises
    ------
    InputError
        The table cannot be read, or two columns have one name.
    """
    if not isinstance(data, str | Path):
        table, origin, _ = to_arrow(data, name)
    else:
        table, origin = _read_path(data, name), str(data)
    names = [column.strip() for column in table.column_names]
    refuse_persons(name, names, origin)
    refuse_twice(name, names, origin)
    return table.rename_columns(names).select([column for column in names if column])


def read_columns(data: Any, name: str, kinds: Mapping[str, str] | None = None) -> pa.Table:
    """Read every column of a table, each of the kind that `kinds` says or its words are.

    Parameters
    ----------
    data, name : as for `read_whole`.
    kinds : the kinds of columns that are known, `text` or `number`; of the others the words decide.

    Returns
    -------
    Columns of int64, float64, bool and text; a column of another type (nested, durations) stays as it is.

    Raises
    ------
    InputError
        The table cannot be read; it has no rows; or a cell of a column that is said to be numbers is none.

    Examples
    --------
    >>> read_columns([{"code": "0102", "late": "3", "kind": "NA"}], "rows").to_pylist()
    [{'code': '0102', 'late': 3, 'kind': 'NA'}]
    """
    table = read_whole(data, name)
    where = str(data) if isinstance(data, str | Path) else name
    if not table.num_rows:
        raise InputError("core.table_no_rows", where=where)
    for place, column in enumerate(table.column_names):
        settled = settle(table.column(place), column, (kinds or {}).get(column), where)
        table = table.set_column(place, column, settled)
    return table


def settle(cells: Any, name: str, kind: str | None = None, where: str = "the table") -> Any:
    """Give a column its kind: by its words, or as `kind` (`text`, `number`) says.

    A column of numbers stays what it is where `kind` says text: whether a zero was lost in front of one is not known.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_dictionary(cells.type):
        if not _is_text(cells.type.value_type):
            return cells
        cells = pc.cast(cells, cells.type.value_type)
    if pa.types.is_null(cells.type):
        return pc.cast(cells, pa.float64())
    if pa.types.is_date(cells.type) or pa.types.is_timestamp(cells.type):
        return _days(cells)
    if pa.types.is_boolean(cells.type):
        return cells
    if pa.types.is_integer(cells.type) or pa.types.is_floating(cells.type) or pa.types.is_decimal(cells.type):
        return _numbers(cells)
    if not _is_text(cells.type):
        return cells
    words = pc.cast(cells, pa.string())
    words = pc.if_else(pc.equal(pc.utf8_trim_whitespace(words), ""), pa.scalar(None, pa.string()), words)
    if kind == "text":
        return words
    different = pc.unique(words).drop_null()
    if not len(different):
        return pc.cast(words, pa.float64())
    if kind == "number":
        if not _all(different, FLAG):
            _refuse_words(words, name, where)
    elif not _all(different, FLAG) and not _all(different, f"{NUMBER}|{INFINITY}"):
        return words
    if _all(different, FLAG):
        return pc.equal(pc.utf8_lower(words), "true")
    return _numbers(pc.cast(pc.replace_substring_regex(pc.utf8_trim_whitespace(words), r"^\+", ""), pa.float64()))


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind))


def _all(words: Any, pattern: str) -> bool:
    """Whether every word has the form; most columns of text are told by their first words."""
    import pyarrow.compute as pc

    first = words[:20]
    return all(re.search(pattern, word.as_py()) for word in first) and bool(
        pc.all(pc.match_substring_regex(words, pattern)).as_py()
    )


def _numbers(cells: Any) -> Any:
    """Whole numbers without an empty cell as int64, others as float64; whole ones too great for it are text."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_integer(cells.type):
        least, most = (pc.cast(end, pa.decimal128(38)).as_py() for end in pc.min_max(cells).values())
        if least is not None and max(abs(least), abs(most)) > EXACT:
            return pc.cast(cells, pa.string())
        if not cells.null_count:
            return pc.cast(cells, pa.int64())
    if pa.types.is_float32(cells.type) or pa.types.is_float16(cells.type):
        cells = pc.cast(pc.cast(cells, pa.string()), pa.float64())  # its shortest decimal form, as it is written
    cells = pc.cast(cells, pa.float64(), safe=False)
    cells = pc.if_else(pc.is_nan(cells), pa.scalar(None, pa.float64()), cells)
    whole = pc.and_(pc.equal(cells, pc.floor(cells)), pc.less_equal(pc.abs(cells), EXACT))
    if len(cells) and not cells.null_count and pc.all(whole).as_py():
        return pc.cast(cells, pa.int64())
    return cells


def _days(cells: Any) -> Any:
    """Days as `YYYY-MM-DD`; moments, where one of them is none, as they are written."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_timestamp(cells.type):
        zone, cells = cells.type.tz, pc.cast(cells, pa.timestamp("us", cells.type.tz), safe=False)
        days = pc.cast(pc.floor_temporal(cells, unit="day"), cells.type)
        if zone is not None or pc.any(pc.not_equal(days, cells)).as_py():
            return pc.cast(cells, pa.string())
    return pc.cast(pc.cast(cells, pa.date32()), pa.string())


def _refuse_words(words: Any, name: str, where: str) -> None:
    """InputError for the first cell of a column of numbers that is none."""
    import pyarrow.compute as pc

    bad = pc.invert(pc.match_substring_regex(words, f"{STATED}|{INFINITY}")).fill_null(False)
    count = pc.sum(bad).as_py()
    if count:
        row = pc.index(bad, True).as_py()
        raise InputError(
            f"column {name!r} is numbers, and {redact_cell(words[row].as_py())!r} is none"
            + (f"; so are {count - 1} more cells" if count > 1 else ""),
            where=f"{where}, row {row + 1} (the first row is 1)",
            allowed="numbers such as 12, -0.5 or 1e-3, without units and separators; empty where not known",
            next="correct the cells, or leave them empty",
        )


def _read_path(path: str | Path, name: str) -> pa.Table:
    import duckdb

    shape = Table(name, (), (), further=True)
    with duckdb.connect() as con, tempfile.TemporaryDirectory(prefix="creditscore-") as folder:
        rows, origin, _ = open_relation(con, shape, path, Path(folder))
        with outside(f"the table of {name}", origin, "export the file again", "CSV or Parquet"):
            return con.sql(f"SELECT * EXCLUDE ({quote(LINE)}) FROM ({rows}) ORDER BY {quote(LINE)}").to_arrow_table()
