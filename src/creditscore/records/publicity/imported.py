"""What an import gives: the tables of the data contract, what was left out and why, and how it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.atomic import write_json
from creditscore.core.tables.write import Csv, Query, write_table

if TYPE_CHECKING:
    import duckdb
    import pyarrow

# Relation, file, and whether it is a table of the data contract; these are Parquet, what people look through is CSV.
TABLES = (
    ("pub_subjects", "subjects", True),
    ("pub_records", "records", True),
    ("quarantine", "quarantine", True),
    ("pub_unmapped", "unmapped", False),
    ("pub_late", "late", False),
)
ORDER = {"pub_unmapped": 'measures DESC, "table", authority, about, kind, word'}  # the others by all columns


@dataclass(frozen=True)
class Imported:
    """`subjects` and `records` go to `ingest` as they are; `manifest` says what became of every row."""

    con: duckdb.DuckDBPyConnection
    manifest: Mapping[str, Any]

    def table(self, relation: str) -> pyarrow.Table:
        return self.con.sql(f"SELECT * FROM {relation} ORDER BY {ORDER.get(relation, 'ALL')}").to_arrow_table()

    @property
    def subjects(self) -> pyarrow.Table:
        return self.table("pub_subjects")

    @property
    def records(self) -> pyarrow.Table:
        return self.table("pub_records")

    @property
    def unmapped(self) -> pyarrow.Table:
        """Measures that no row of the mapping fits, with counts."""
        return self.table("pub_unmapped")

    @property
    def faults(self) -> pyarrow.Table:
        """The quarantine of refused rows, as in docs/contract.md."""
        return self.table("quarantine")

    @property
    def late(self) -> pyarrow.Table:
        """Rows published after their deadline."""
        return self.table("pub_late")

    @property
    def counts(self) -> dict[str, dict[str, int]]:
        """Per input table: rows = imported + repeated + dropped + unmapped + refused."""
        return dict(self.manifest["counts"])

    @property
    def dropped(self) -> dict[str, dict[str, int]]:
        """Per input table: rows of natural persons, by the reason they were recognised."""
        return dict(self.manifest["dropped"])

    @property
    def refused(self) -> int:
        return sum(count["refused"] for count in self.counts.values())

    def write(self, out: str | Path, *, csv: Csv = False, accepted: bool = True) -> None:
        """Write the tables and the manifest to the folder `out`; subjects and records only if `accepted`."""
        folder = Path(out)
        folder.mkdir(parents=True, exist_ok=True)
        for relation, name, typed in TABLES:
            endings = (".parquet", ".csv") if typed else (".csv",)
            for ending in endings:  # nothing of an earlier import may look like a part of this one
                (folder / f"{name}{ending}").unlink(missing_ok=True)
            if not accepted and name in ("subjects", "records"):
                continue
            rows = f"SELECT * FROM {relation} ORDER BY {ORDER.get(relation, 'ALL')}"
            for ending in endings if csv or not typed else endings[:1]:
                people = ending == ".csv" and csv == "people"
                write_table(Query(self.con, rows), folder / f"{name}{ending}", people=people)
        write_json(folder / "manifest.json", self.manifest)
