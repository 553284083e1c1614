"""What a row of each part must look like, before anything of a packet is used: it comes from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

TEXTS = ("scheme", "version_before")  # one line of text each
FREE = ("model",)  # keys with values of any kind
NEEDED = {
    "about": ("name", "value"),
    "disputed": ("record_id",),
    "laws": ("id", "text"),
    "records": ("record_id",),
    "refused_rows": ("table", "line", "cells", "faults"),
    "refused_faults": ("table", "line"),
    "rules": ("file", "text"),
    "calendar": ("year", "days"),
    "proof": ("name", "value"),
}
SAID = ("run_id", "period", "as_of", "known_at", "law_known_at", "newest_day", "subject_id")
NAME = "[A-Za-z0-9_][A-Za-z0-9_.-]*"
SHAPED = {  # part → cell, what it must look like, and that in words; the first two become names of files
    "laws": (("id", re.compile(NAME), "an id of letters, digits and _"),),
    "rules": (("file", re.compile(rf"(?:{NAME}/)*{NAME}\.yaml"), "a file .yaml inside the folder of rules"),),
    "calendar": (
        ("year", re.compile("(?:19|20)[0-9]{2}"), "a year"),
        ("days", re.compile(r"(?:[0-9]{4}-[0-9]{2}-[0-9]{2}(?: [0-9]{4}-[0-9]{2}-[0-9]{2})*)?"), "days, YYYY-MM-DD"),
    ),
}


def odd_rows(inputs: Mapping[str, list[Any]]) -> Iterator[tuple[str, int, str]]:
    """Part, place and what is allowed, for each row that is not one of its part."""
    for part, rows in inputs.items():
        for k, row in enumerate(rows):
            allowed = _allowed(part, row)
            if allowed:
                yield part, k, allowed


def lacking(inputs: Mapping[str, list[Any]]) -> tuple[str, str] | None:
    """A part without which nothing can be computed, and what is missing in it."""
    names = {row["name"] for row in inputs["about"]}
    missing = [name for name in SAID if name not in names]
    if missing:
        return "about", f"rows for {', '.join(missing)}"
    if not inputs["calendar"]:
        return "calendar", "a row for each year"
    return None if len(inputs["subjects"]) == 1 else ("subjects", "one row")


def _allowed(part: str, row: Any) -> str:
    if part in TEXTS:
        return "" if isinstance(row, str) else "a line of text"
    if not isinstance(row, dict):
        return "a row with names and values"
    if part not in FREE and not all(isinstance(value, str) for value in row.values()):
        return "values that are texts"
    needed = [name for name in NEEDED.get(part, ()) if name not in row]
    if needed:
        return f"a row with {', '.join(needed)}"
    return next((text for name, shape, text in SHAPED.get(part, ()) if not shape.fullmatch(row[name])), "")
