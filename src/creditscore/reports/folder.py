"""A folder of results, written whole or not at all: made beside its place and moved there when it is complete."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from creditscore.errors import UsageError
from creditscore.records.source import literal

if TYPE_CHECKING:
    import pyarrow as pa


@contextmanager
def whole(out: Path | str, mark: str) -> Iterator[Path]:
    """A folder to write into; it becomes `out` when the block ends without an error.

    `mark` is a file that every folder of this kind holds. UsageError where `out` is a file, or a folder that holds
    something else and no `mark`.
    """
    place = Path(out)
    held = place.is_dir() and any(place.iterdir())
    if (place.exists() and not place.is_dir()) or (held and not (place / mark).is_file()):
        raise UsageError(
            "something else lies there", where=str(out), allowed=f"a new folder, or one with {mark}",
            next="choose a new folder",
        )  # fmt: skip
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise UsageError(f"cannot write there: {error.strerror}", where=str(out), next="give another folder") from error
    try:
        yield work
        os.chmod(work, 0o755)
        if place.exists():
            shutil.rmtree(place)
        work.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def write_tables(folder: Path, tables: Mapping[str, pa.Table]) -> list[Path]:
    """Each table as Parquet and as CSV, its rows in the order given."""
    import duckdb

    con = duckdb.connect()
    files = []
    for name, table in tables.items():
        con.register("given", table)
        for kind, how in (("parquet", "FORMAT parquet, COMPRESSION zstd"), ("csv", "FORMAT csv, HEADER true")):
            files.append(folder / f"{name}.{kind}")
            con.execute(f"COPY (SELECT * FROM given) TO {literal(str(files[-1]))} ({how})")
        con.unregister("given")
    con.close()
    return files
