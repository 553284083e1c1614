"""Hashes of rows: a text per row that can be read back in one way only, and SHA-256 over texts in a fixed order.

Content hashes are made of these. A sum of row hashes, as formats before the second had it, detects
change, but rows can be built that keep the sum; SHA-256 over the rows themselves has 128 bits against collisions.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from creditscore.core.days import FIRST, LAST
from creditscore.core.tables.table import literal, quote

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa

DAYS = LAST - FIRST + 1
FIRST_SIGN = 0x10000  # characters from here on stand for days and codes, those below for tags and text
Rows = list[tuple[int, bytes]]  # place and text of each
BATCH = 50_000  # rows that are hashed at once


def row_text(
    columns: Mapping[str, str],
    present: Collection[str],
    cells: Mapping[str, str],
    tagged: Mapping[str, str] | None = None,
) -> str:
    """SQL: the text of a row. A cell that is NULL adds nothing to it.

    A day or a code is one character, from a range of its own for each column: that is much faster to make and
    to hash than digits. A number is a letter and digits; text is a letter, its length in bytes and itself. So
    the text can be read back in one way only. `columns` fixes letters and ranges, `present` picks, `cells` gives the
    SQL of cells that are not simply the column, `tagged` of text that comes with its letter and length.
    """
    parts, sign = [], FIRST_SIGN
    for letter, (name, kind) in enumerate(columns.items(), start=ord("A")):
        cell = cells.get(name, quote(name))
        if kind == "INTEGER" and name.endswith("_day"):
            part = f"chr({cell} + {sign - FIRST})"
            sign += DAYS
        elif kind == "SMALLINT":
            part = f"chr({cell} + {sign})"
            sign += 1 << 15
        elif kind == "VARCHAR":
            part = f"'{chr(letter)}' || strlen({cell}), ':' || {cell}"
        else:
            part = f"'{chr(letter)}' || {cell}"
        if name in present:
            parts.append((tagged or {}).get(name, part))
    for name in sorted(set(present) - set(columns)):
        tag = literal(f"@{len(name.encode())}:{name}")
        parts.append(f"{tag} || strlen({quote(name)}), ':' || {quote(name)}")
    return f"concat('', {', '.join(parts)})"


def hash_rows(con: duckdb.DuckDBPyConnection, source: str, text: str) -> str:
    """SHA-256 (hex) over the texts of all rows of `source`, sorted by their bytes, each after its length.

    The order of the rows does not count; a row that stands twice counts twice.
    """
    digest = hashlib.sha256()
    reader = con.sql(f"SELECT {text} AS x FROM {source} ORDER BY x").to_arrow_reader(BATCH)
    for batch in reader:
        for row in batch.column(0).to_pylist():
            cell = row.encode()
            digest.update(b"%d:" % len(cell))
            digest.update(cell)
    return digest.hexdigest()


def hash_groups(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[bytes]:
    """SHA-256 (32 bytes) of each group of rows of a query: `key` and `place` (whole numbers), and `x` (text).

    The query is in order of key and place. Texts of one key and place are sorted by their bytes; all texts of a key are
    hashed one after the other, so that they have to tell by themselves where they end.
    """
    import numpy as np

    last: int | None = None
    carried: Rows = []  # of a group that the next batch may go on with
    for batch in con.sql(query).to_arrow_reader(BATCH):
        if not len(batch):
            continue
        keys, places = (batch.column(number).to_numpy(zero_copy_only=False) for number in (0, 1))
        offsets, content = _bytes_of(batch.column(2))
        if carried and keys[0] != last:
            yield _hash_of(carried)
            carried = []
        bounds = [0, *(np.flatnonzero(np.diff(keys)) + 1).tolist(), len(keys)]
        starts, ties = offsets[bounds].tolist(), _ties(keys, places)
        tied = next(ties, None)
        for number in range(len(bounds) - 2):  # groups that end in this batch
            first, end = bounds[number], bounds[number + 1]
            if carried:
                yield _hash_of(carried + _rows_in(places, offsets, content, first, end))
                carried = []
                continue
            if tied is None or tied[0] >= end:
                yield hashlib.sha256(content[starts[number] : starts[number + 1]]).digest()
                continue
            digest, done = hashlib.sha256(), starts[number]
            while tied is not None and tied[0] < end:
                if tied[0] >= first:
                    digest.update(content[done : offsets[tied[0]]])
                    digest.update(b"".join(sorted(_texts(offsets, content, *tied))))
                    done = int(offsets[tied[1]])
                tied = next(ties, None)
            digest.update(content[done : starts[number + 1]])
            yield digest.digest()
        carried += _rows_in(places, offsets, content, *bounds[-2:])
        last = int(keys[-1])
    if carried:
        yield _hash_of(carried)


def _hash_of(rows: Rows) -> bytes:
    return hashlib.sha256(b"".join(text for _, text in sorted(rows))).digest()


def _ties(keys: np.ndarray, places: np.ndarray) -> Iterator[tuple[int, int]]:
    """Where rows of one key and place begin and end, wherever there are several."""
    import numpy as np

    same = np.concatenate([[False], (np.diff(keys) == 0) & (np.diff(places) == 0), [False]])
    edges = np.diff(same.astype(np.int8))
    return zip(np.flatnonzero(edges == 1).tolist(), (np.flatnonzero(edges == -1) + 1).tolist(), strict=True)


def _rows_in(places: np.ndarray, offsets: np.ndarray, content: memoryview, first: int, end: int) -> Rows:
    """Place and text of the rows of a batch from one number to another."""
    return list(zip(places[first:end].tolist(), _texts(offsets, content, first, end), strict=True))


def _texts(offsets: np.ndarray, content: memoryview, first: int, end: int) -> list[bytes]:
    return [bytes(content[start:stop]) for start, stop in itertools.pairwise(offsets[first : end + 1].tolist())]


def _bytes_of(column: pa.Array) -> tuple[np.ndarray, memoryview]:
    """The places at which the texts of a column begin and end in its bytes, and these bytes."""
    import numpy as np
    import pyarrow as pa

    column = column.cast(pa.large_string())
    _, places, content = column.buffers()
    offsets = np.frombuffer(places, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    return offsets, memoryview(content if content is not None else b"")
