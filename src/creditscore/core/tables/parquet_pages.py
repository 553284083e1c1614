"""Are the pages of a Parquet file where its footer says? The engine trusts their headers and dies of a damaged one."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.tables.table import literal

if TYPE_CHECKING:
    import duckdb

DATA, INDEX, DICTIONARY, DATA_2 = range(4)  # types of pages
OWN_HEADER = {DATA: 5, DICTIONARY: 7, DATA_2: 8}  # the field that a page of a type must have
TYPE, SIZE, VALUES = 1, 3, 1  # fields: of a page its type and packed size, of its own header the number of values
DEEPEST = 8  # headers inside headers


class DamagedPage(ValueError):
    """A page that is not what the footer of its file says."""


def check_pages(con: duckdb.DuckDBPyConnection, file: Path | str) -> None:
    """Read the header of every page of a Parquet file; nothing is unpacked.

    Parameters
    ----------
    con
        Reads the footer; Arrow's reader ends the process for some damaged ones.
    file
        A Parquet file.

    Raises
    ------
    DamagedPage
        For a header that is none, or a page that ends behind the file.
    duckdb.Error, OSError
        For a file that is no Parquet, or cannot be read.
    """
    chunks = con.execute(
        "SELECT path_in_schema, num_values, data_page_offset, dictionary_page_offset"
        f" FROM parquet_metadata({literal(str(file))})"
    ).fetchall()
    with Path(file).open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
        for column, values, first, dictionary in chunks:
            _check_chunk(data, column, values or 0, min(first or 0, dictionary or first or 0))


def _check_chunk(data: mmap.mmap, column: str, left: int, place: int) -> None:
    """Look at the pages of a column in a group of rows until they hold as many values as it has."""
    while left > 0:
        fields, place = _read_struct(data, place)
        kind: Any = fields.get(TYPE)
        size: Any = fields.get(SIZE)
        own: Any = fields.get(OWN_HEADER.get(kind, -1))
        if kind not in (DATA, INDEX, DICTIONARY, DATA_2) or not isinstance(size, int) or size < 0:
            raise DamagedPage(f"page header of column {column}")
        if kind != INDEX and not (isinstance(own, dict) and isinstance(own.get(VALUES), int) and own[VALUES] >= 0):
            raise DamagedPage(f"page header of column {column}")
        place += size
        if place > len(data):
            raise DamagedPage(f"a page of column {column} ends behind the file")
        if kind in (DATA, DATA_2):
            left -= own[VALUES]


# --- Thrift's compact protocol, as far as headers of pages need it


def _read_struct(data: mmap.mmap, place: int, depth: int = 0) -> tuple[dict[int, Any], int]:
    """The fields of a struct by their numbers, and where it ends."""
    if depth > DEEPEST:
        raise DamagedPage("a header that is nested too deeply")
    fields: dict[int, Any] = {}
    number = 0
    while (lead := _byte(data, place)) != 0:
        place += 1
        if lead >> 4:
            number += lead >> 4
        else:
            number, place = _read_integer(data, place)
        fields[number], place = _read_value(data, place, lead & 15, depth)
    return fields, place + 1


def _read_value(data: mmap.mmap, place: int, kind: int, depth: int) -> tuple[Any, int]:
    """A value of a kind that headers have."""
    if kind in (1, 2):  # true and false
        return kind == 1, place
    if kind == 3:
        return _byte(data, place), place + 1
    if kind in (4, 5, 6):
        return _read_integer(data, place)
    if kind == 8:  # bytes: least and greatest values
        size, place = _read_varint(data, place)
        if place + size > len(data):
            raise DamagedPage("a value that ends behind the file")
        return None, place + size
    if kind == 12:
        return _read_struct(data, place, depth + 1)
    raise DamagedPage(f"a field of kind {kind}")


def _read_integer(data: mmap.mmap, place: int) -> tuple[int, int]:
    value, place = _read_varint(data, place)
    return (value >> 1) ^ -(value & 1), place


def _read_varint(data: mmap.mmap, place: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = _byte(data, place)
        value, shift, place = value | (byte & 127) << shift, shift + 7, place + 1
        if byte < 128:
            return value, place
        if shift > 63:
            raise DamagedPage("a number that does not end")


def _byte(data: mmap.mmap, place: int) -> int:
    if not 0 <= place < len(data):
        raise DamagedPage("a header behind the end of the file")
    return data[place]
