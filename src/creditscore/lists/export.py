"""The tables of the lists as files: listings, list_exits and list_events, whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.core.csv_people import Csv, write_people_table
from creditscore.core.errors import UsageError
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
    import pyarrow.csv as pcsv
    import pyarrow.parquet as pq

    folder = Path(out)
    tables = {name: make(book, known_at) for name, make in TABLES.items()} | dict(more or {})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="creditscore-", dir=folder) as parts:
            for name, table in tables.items():
                pq.write_table(table, Path(parts) / f"{name}.parquet")
                if csv == "people":
                    write_people_table(table, Path(parts) / f"{name}.csv")
                elif csv:
                    pcsv.write_csv(table, Path(parts) / f"{name}.csv")
            for name in tables:
                (folder / f"{name}.csv").unlink(missing_ok=True)
            for part in sorted(Path(parts).iterdir()):
                part.replace(folder / part.name)
    except OSError as error:
        raise UsageError(
            f"cannot write the tables there: {error.strerror or error}", where=str(out), next="give another folder"
        ) from error
    return {name: table.num_rows for name, table in tables.items()}
