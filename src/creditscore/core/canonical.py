"""One way to write a value as JSON, so that the same value always has the same hash."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from creditscore.core.errors import UsageError


def write_canonical(value: Any) -> str:
    """Write a value as JSON with sorted keys, no blanks and no floats.

    Parameters
    ----------
    value
        Texts, whole numbers, booleans, None, lists and mappings of them with texts as keys.

    Returns
    -------
    str
        The JSON; equal values give equal texts.

    Raises
    ------
    ValueError
        For a float, a key that is no text, or another type.

    Examples
    --------
    >>> write_canonical({"b": [1, True], "a": "甲"})
    '{"a":"甲","b":[1,true]}'
    """
    refuse_inexact(value)
    return encode(value)


# The same without the check, for values that are texts and whole numbers anyway
encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def refuse_inexact(value: Any) -> None:
    """Raise ValueError where a value has no single text: floats, keys that are no texts, unknown types."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if not isinstance(key, str):
                raise ValueError(f"the key {key!r} is no text")
            refuse_inexact(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            refuse_inexact(inner)
    elif not (value is None or isinstance(value, str | int)):
        raise ValueError(f"{value!r} ({type(value).__name__}) has no canonical text; write a decimal as text")


def hash_text(text: str) -> str:
    """Return the SHA-256 of a text in UTF-8, 64 hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: Any) -> str:
    """JSON in one way only: keys sorted, no blanks, text as it is, no NaN. UsageError for what JSON cannot hold."""
    try:
        text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError("core.not_plain_json", error=error) from error
    if json.loads(text) != value and not _same_but_tuples(json.loads(text), value):
        raise UsageError("core.not_plain_json_key_no_text")
    return text


def _same_but_tuples(read: Any, given: Any) -> bool:
    if isinstance(given, dict):
        same = isinstance(read, dict) and read.keys() == given.keys()
        return same and all(_same_but_tuples(read[key], given[key]) for key in given)
    if isinstance(given, list | tuple):
        same = isinstance(read, list) and len(read) == len(given)
        return same and all(map(_same_but_tuples, read, given))
    return bool(read == given)
