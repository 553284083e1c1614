"""The switches of commands that write tables as CSV."""

from __future__ import annotations

from typing import Annotated

import typer

from creditscore.core.errors import UsageError
from creditscore.core.tables.write import Csv

CsvFiles = Annotated[bool, typer.Option("--csv")]
CsvPeople = Annotated[
    bool,
    typer.Option("--csv-people"),
]


def chosen_csv(csv: bool, people: bool) -> Csv:
    """Which form of CSV is wanted; UsageError where both are, for both have the same name."""
    if csv and people:
        raise UsageError("cli.two_forms_of_csv")
    return "people" if people else csv
