"""The switch of every command that writes CSV: none, the form for machines, the form for people."""

from __future__ import annotations

from typing import Annotated

import typer

from creditscore.core.errors import UsageError
from creditscore.core.tables.write import Csv

CsvFiles = Annotated[bool, typer.Option("--csv", help="Write CSV beside Parquet, for machines.")]
CsvPeople = Annotated[
    bool,
    typer.Option("--csv-people", help="Write CSV for spreadsheets in its place: marked as UTF-8, no cell a formula."),
]


def chosen_csv(csv: bool, people: bool) -> Csv:
    """Which form of CSV is wanted; UsageError where both are, for both have the same name."""
    if csv and people:
        raise UsageError(
            "--csv and --csv-people write the same files", allowed="one of them", next="choose the form that is read"
        )
    return "people" if people else csv
