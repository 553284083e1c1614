"""Tables of inspection: folded to one line a cell where they are read, and written in one way only."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

from creditscore.core.boundary import described, require_plain
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import canonical_code, redact
from creditscore.core.tables import read
from creditscore.core.tables.table import Table

Row = read.Row


def read_rows(data: Any, table: Table) -> list[Row]:
    """Read the rows of a table as `core.tables.read.read_rows` does, each cell folded to a code on one line."""
    rows = read.read_rows(data, table)
    return [{name: " ".join(canonical_code(cell).split()) for name, cell in row.items()} for row in rows]


def rows_of(text: str) -> tuple[list[str], list[Row]]:
    """Header and rows of a CSV text."""
    lines = list(csv.reader(text.splitlines()))
    header = lines[0] if lines else []
    return header, [dict(zip(header, line, strict=False)) for line in lines[1:]]


def table_hash(text: str) -> str:
    """SHA-256 of a CSV text that ignores the order of its rows and the kind of its line ends.

    The rows are sorted, the header stays first; each becomes a JSON list without blanks; joined by line feeds.
    """
    head, *rows = csv.reader(text.splitlines())
    lines = [json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in (head, *sorted(rows))]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def read_text(folder: Path, name: str) -> str:
    """A file of a folder as text with line feeds; InputError when it is not there or no text."""
    require_plain(folder / name)
    try:
        return (folder / name).read_text(encoding="utf-8")
    except FileNotFoundError:
        raise InputError("inspection.not", name=name, where=str(folder)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("inspection.cannot_read", name=name, described=described(error), where=str(folder)) from error


def day_of(text: str, name: str) -> date:
    """A day; UsageError for anything but YYYY-MM-DD."""
    try:
        if len(text) != 10:
            raise ValueError
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("inspection.is", name=name, text=redact(text)) from None


def probability_text(value: Fraction) -> tuple[str, str]:
    """A probability as a fraction (`3/40`, `1`) and as a decimal with ten places."""
    scaled = (value.numerator * 10**10 * 2 + value.denominator) // (2 * value.denominator)
    return str(value), f"{scaled // 10**10}.{scaled % 10**10:010d}"


def new_folder(out: Path | str, names: Sequence[str] = ()) -> Path:
    """The folder for results, made when they are written; UsageError when it is a file or holds others than `names`."""
    folder = Path(out)
    try:
        others = sorted(path.name for path in folder.iterdir() if path.name not in names) if folder.exists() else []
    except OSError as error:
        raise UsageError("inspection.cannot_write_results", value=error.strerror or error, where=str(out)) from error
    if others:
        raise UsageError("inspection.folder_holds_other_files", listed=", ".join(others[:3]), where=str(out))
    return folder
