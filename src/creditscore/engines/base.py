"""The seam to an engine: four methods and one function.

Everything above speaks SQL of the common subset of DuckDB and Spark; integer division differs between them, so each
engine brings `share_of(v, p, w)`: v · p / w in integers, rounded half up, without overflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol


class Engine(Protocol):
    def table(self, name: str, columns: dict[str, tuple[str, list[Any]]]) -> None:
        """A small table of data: column → (SQL type, values)."""

    def source(self, name: str, path: Path) -> None:
        """A Parquet file or folder as a named relation."""

    def view(self, name: str, sql: str) -> None:
        """A named SELECT."""

    def write(self, sql: str, path: Path) -> None:
        """The rows of a SELECT as a Parquet file, in its order."""
