"""The tables of the lists as files: listings, list_exits and list_events, whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.tables.write import Csv, write_tables
from creditscore.lists.events import Day
from creditscore.lists.listings import list_events, list_exits, listings
from creditscore.lists.register import Book

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = {"listings": listings, "list_exits": list_exits, "list_events": list_events}


def write(
    book: Book,
    out: Path | str,
    known_at: Day | None = None,
    csv: Csv = False,
    more: Mapping[str, pa.Table] | None = None,
) -> dict[str, int]:
    """Write the three tables as Parquet (and CSV) to a folder, in place of earlier ones; returns their rows.

    `more`: further tables beside them.
    """
    tables = {name: make(book, known_at) for name, make in TABLES.items()} | dict(more or {})
    write_tables(out, tables, csv)
    return {name: table.num_rows for name, table in tables.items()}
