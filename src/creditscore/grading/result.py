"""A finished grading: tables in DuckDB, and how they are read and written."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.atomic import write_json
from creditscore.core.boundary import guarded
from creditscore.core.errors import UsageError
from creditscore.core.exports import call_later
from creditscore.core.i18n import Lang, language
from creditscore.core.tables.frames import as_pandas, as_polars
from creditscore.core.tables.write import Csv, Query, write_table
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.manifest import MANIFEST, UNFINISHED
from creditscore.grading.plan import Plan

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import polars as pl
    import pyarrow as pa

    from creditscore.present.svg import Picture

TABLES = ("grades", "ledger", "quarantine")
FAILED_TABLES = ("quarantine",)  # of a run that failed


def open_folder(out: Path | str) -> Path:
    """The folder for results, made if need be and cleared of earlier ones; UsageError where it cannot be written.

    Until the results are complete its manifest says that they are not.
    """
    folder = Path(out)
    try:
        if not str(out):
            raise OSError("no folder was named")
        if (folder / "snapshot.json").exists():
            raise OSError("a snapshot lies there")
        folder.mkdir(parents=True, exist_ok=True)
        for name in (*TABLES, "disputes"):
            for kind in ("parquet", "csv"):
                (folder / f"{name}.{kind}").unlink(missing_ok=True)
        write_manifest(folder, {"failed": UNFINISHED})
    except OSError as error:
        raise UsageError("grading.cannot_write_results", value=error.strerror or error, where=str(out)) from error
    return folder


def write_manifest(folder: Path, manifest: dict[str, Any]) -> None:
    """Write the manifest of a folder, last of its files."""
    write_json(folder / MANIFEST, manifest, indent=2, sort_keys=True, default=str)


@dataclass(frozen=True, repr=False)
class Grading:
    """A finished grading under one scheme: its tables in Arrow and its manifest.

    Parameters
    ----------
    con
        The DuckDB connection that holds the tables.
    plan
        The scheme bound to the period that was graded.
    manifest
        The run: scheme, period, days, inputs, counts, rejected rows and notes.
    has_ledger
        Whether the steps of each grade were kept.

    Attributes
    ----------
    grades
        One row per subject: state, score, grade, route and what the grade rests on.
    ledger
        The steps of each grade, in order; UsageError where it was graded with `ledger=False`.
    quarantine
        The refused rows, one row per fault.
    accepted_rows
        The faults of the refused rows that a person accepted as lost.
    """

    con: duckdb.DuckDBPyConnection = field(repr=False)
    plan: Plan = field(repr=False)
    manifest: dict[str, Any]
    has_ledger: bool

    def __repr__(self) -> str:
        counts = self.manifest.get("counts", {}).get("grades", {})
        listed = ", ".join(f"{grade} {number}" for grade, number in counts.items()) or "no grade"
        return f"<Grading {self.plan.scheme.name} {self.plan.period}: {listed}>"

    def _repr_html_(self) -> str:
        from creditscore.grading.document import grading_document
        from creditscore.present.html import render_cell

        return render_cell(grading_document(self, language()))

    def plot(self, lang: Lang | None = None) -> Picture:
        """Draw how many subjects have which grade (SVG, which a notebook shows)."""
        from creditscore.grading.document import draw_grades

        return draw_grades(self, lang or language())

    def explain(self, subject_id: str) -> Any:
        """Explain the grade of one subject: `creditscore.explanation.explain` of this grading."""
        return call_later("creditscore.explanation.explain", self, subject_id)

    def to_pandas(self) -> pd.DataFrame:
        """Give the grades as a pandas DataFrame, one row per subject."""
        return as_pandas(self.grades)

    def to_polars(self) -> pl.DataFrame:
        """Give the grades as a Polars DataFrame, one row per subject."""
        return as_polars(self.grades)

    @property
    def grades(self) -> pa.Table:
        return self._table("grades")

    @property
    def ledger(self) -> pa.Table:
        if not self.has_ledger:
            raise UsageError("grading.grading_made_without_ledger")
        return self._table("ledger")

    @property
    def quarantine(self) -> pa.Table:
        return self._table("quarantine")

    @property
    def accepted_rows(self) -> pa.Table:
        """The faults of the refused rows that a person accepts as lost."""
        return self.con.sql("SELECT * FROM accepted_rows").to_arrow_table()

    def _table(self, name: str) -> pa.Table:
        described = self.con.execute(f"DESCRIBE result_{name}").fetchall()
        # words are coded in the engine (fast to sort and write) and plain text outside
        shown = (
            f'CAST("{column}" AS VARCHAR) AS "{column}"' if str(kind).startswith("ENUM") else f'"{column}"'
            for column, kind, *_ in described
        )
        return self.con.sql(f"SELECT {', '.join(shown)} FROM result_{name}").to_arrow_table()

    @guarded("writing the results")
    def write(self, out: Path | str, csv: Csv = False, failed: str | None = None) -> Path:
        """Write grades, ledger, quarantine (Parquet; CSV too on request) and manifest.json; returns the folder.

        `csv`: True for machines, "people" for spreadsheets. `failed`: why the run is no result; then the quarantine and
        a manifest that says so are all that is written.
        """
        folder = open_folder(out)
        engine = DuckDBEngine(self.con)
        for name in FAILED_TABLES if failed else TABLES:
            if name == "ledger" and not self.has_ledger:
                continue
            rows = f"SELECT * FROM result_{name}"
            engine.write(rows, folder / f"{name}.parquet")
            if csv:
                write_table(Query(self.con, rows), folder / f"{name}.csv", people=csv == "people")
        write_manifest(folder, self.manifest | ({"failed": failed} if failed else {}))
        return folder
