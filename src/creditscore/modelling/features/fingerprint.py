"""A canonical hash of a table in memory: any cell changes it, the order of the rows does not.

Each row becomes bytes of fixed width (a number its IEEE bits, a text the SHA-256 of its UTF-8, an absent cell a mark
of its own), each row its SHA-256, and the sorted hashes of all rows one SHA-256 with the names and kinds of the
columns. Equal numbers hash alike whatever their type holds them (1, 1.0, True), and so do text and categories.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

CHUNK = 50_000
ABSENT = b"\x00" * 32


def content_hash(columns: Mapping[str, pd.Series]) -> str:
    """`sha256:…` of named columns of one length, in their order (another order is another table)."""
    parts, kinds, rows = [], [], 0
    for name, column in columns.items():
        kind, encode = _encoder(column)
        parts.append(encode)
        kinds.append([str(name), kind])
        rows = len(column)
    digests: list[bytes] = []
    for first in range(0, rows, CHUNK):
        block = [encode(first, first + CHUNK) for encode in parts]
        width = sum(part.shape[1] for part in block)
        lines = np.ascontiguousarray(np.hstack(block)).tobytes() if block else b""
        count = min(CHUNK, rows - first)
        digests += [hashlib.sha256(lines[k * width : (k + 1) * width]).digest() for k in range(count)]
    digests.sort()
    total = hashlib.sha256(json.dumps([rows, kinds], ensure_ascii=False).encode())
    for digest in digests:
        total.update(digest)
    return "sha256:" + total.hexdigest()


def _encoder(column: pd.Series) -> tuple[str, Any]:
    """The kind of a column, and what gives the bytes of its rows from one place to another."""
    import pandas as pd

    kind = column.dtype
    if isinstance(kind, pd.CategoricalDtype):
        column = column.astype(object)
        kind = column.dtype
    if pd.api.types.is_bool_dtype(kind) or pd.api.types.is_numeric_dtype(kind):
        if pd.api.types.is_integer_dtype(kind):
            whole = column.dropna()
            if len(whole) and max(abs(int(whole.min())), abs(int(whole.max()))) > 2**53:
                return "text", _texts(column.map(str, na_action="ignore"))
        values = column.to_numpy(dtype=np.float64, na_value=np.nan)
        return "number", _numbers(values)
    if pd.api.types.is_datetime64_any_dtype(kind):
        stamps = column.map(lambda value: value.isoformat(), na_action="ignore")
        return "time", _texts(stamps)
    return "text", _texts(column)


def _numbers(values: np.ndarray) -> Any:
    def encode(first: int, last: int) -> np.ndarray:
        part = values[first:last] + 0.0  # -0.0 is 0.0
        bits = part.astype(">f8")
        bits[np.isnan(part)] = np.nan  # every NaN has the same bits
        return bits.view(np.uint8).reshape(len(part), 8)

    return encode


def _texts(column: pd.Series) -> Any:
    import pandas as pd

    codes, words = pd.factorize(column, use_na_sentinel=True)
    table = [ABSENT, *(hashlib.sha256(_text(word)).digest() for word in words)]
    digests = np.frombuffer(b"".join(table), np.uint8).reshape(len(table), 32)

    def encode(first: int, last: int) -> np.ndarray:
        return digests[codes[first:last] + 1]

    return encode


def _text(value: Any) -> bytes:
    """Text as it is; what is no text (a date, a Decimal) with the name of its type before it."""
    return value.encode() if isinstance(value, str) else f"\x00{type(value).__name__}:{value!r}".encode()
