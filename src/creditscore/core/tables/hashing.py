"""Hashes of rows: a text per row that can be read back in one way only, and SHA-256 over texts in a fixed order.

Every hash of rows in the package is made of these. A sum of row hashes, as formats before the second had it, detects
change, but rows can be built that keep the sum; SHA-256 over the rows themselves has 128 bits against collisions.
"""

from __future__ import annotations

import hashlib
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
BATCH = 20_000  # rows that are hashed at once


def row_text(columns: Mapping[str, str], present: Collection[str], cells: Mapping[str, str]) -> str:
    """SQL: the text of a row. A cell that is NULL adds nothing to it.

    A day or a code is one character, from a range of its own for each column: that is much faster to make and
    to hash than digits. A number is a letter and digits; text is a letter, its length in bytes and itself. So
    the text can be read back in one way only. `columns` fixes letters and ranges, `present` picks, `cells` gives the
    SQL of cells that are not simply the column.
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
            parts.append(part)
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
    """SHA-256 (32 bytes) of each group of a query with the columns `key` (an integer) and `x` (text), in its order.

    The query is in order of `key`, so that rows of one group follow each other. The texts of a group are hashed one
    after the other; they tell by themselves where they end.
    """
    import numpy as np

    digest, last = None, None
    for batch in con.sql(query).to_arrow_reader(BATCH):
        keys = batch.column(0).to_numpy()
        offsets, content = _bytes_of(batch.column(1))
        cuts = np.flatnonzero(np.diff(keys)) + 1
        firsts, ends = [0, *cuts.tolist()], [*cuts.tolist(), len(keys)]
        for key, first, end in zip(
            keys[firsts].tolist(), offsets[firsts].tolist(), offsets[ends].tolist(), strict=True
        ):
            if digest is None or key != last:
                if digest is not None:
                    yield digest.digest()
                digest, last = hashlib.sha256(), key
            digest.update(content[first:end])
    if digest is not None:
        yield digest.digest()


def _bytes_of(column: pa.Array) -> tuple[np.ndarray, memoryview]:
    """The places at which the texts of a column begin and end in its bytes, and these bytes."""
    import numpy as np
    import pyarrow as pa

    column = column.cast(pa.large_string())
    _, places, content = column.buffers()
    offsets = np.frombuffer(places, dtype=np.int64)[column.offset : column.offset + len(column) + 1]
    return offsets, memoryview(content if content is not None else b"")
