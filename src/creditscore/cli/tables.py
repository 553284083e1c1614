"""Tables for a terminal, and the switches of commands that write some as CSV."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

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
        raise UsageError(
            "--csv and --csv-people write the same files", allowed="one of them", next="choose the form that is read"
        )
    return "people" if people else csv


def console() -> Any:
    from rich.console import Console

    return Console(highlight=False, soft_wrap=False)


def say_line(text: str) -> None:
    """Print a line, folded where the terminal ends."""
    from rich.text import Text

    console().print(Text(text))


def say_aside(text: str) -> None:
    """The same on the error stream: what is no part of the output."""
    from rich.console import Console
    from rich.text import Text

    Console(highlight=False, soft_wrap=False, stderr=True).print(Text(text))


def say_indented(text: str, indent: int) -> None:
    """Print a line under another one, its folded parts as far to the right."""
    from rich.padding import Padding
    from rich.text import Text

    console().print(Padding(Text(text), (0, 0, 0, indent), expand=False))


def say_beside(head: str, rest: str, indent: int = 4) -> None:
    """Print `head` and `rest` in one line where both fit, else `rest` below it."""
    from rich.cells import cell_len

    name = f"{head}  {rest}".rstrip()
    if cell_len(name) <= console().width:
        say_line(name)
        return
    say_line(head)
    say_indented(rest, indent)


def show(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None, fold: bool = False) -> None:
    """Print a plain table that fits the terminal; numbers (all but the first column of digits) to the right.

    `fold`: the first column may be broken too, and columns that are empty in every row are left out.
    """
    from rich.table import Table
    from rich.text import Text

    listed = [tuple(row) for row in rows]
    shown = [i for i in range(len(columns)) if not fold or any(row[i] for row in listed)]
    table = Table(title=title, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for i in shown:
        numeric = bool(listed) and i > 0 and all(row[i].isdigit() or not row[i] for row in listed)
        numeric = numeric or (bool(listed) and i > 0 and not fold and _figures(row[i] for row in listed))
        table.add_column(
            columns[i],
            justify="right" if numeric else "left",
            overflow="fold",
            no_wrap=_short(row[i] for row in listed) or (i == 0 and not fold),
        )
    for row in listed:
        table.add_row(*(Text(row[i]) for i in shown))
    console().print(table)


def show_blocks(blocks: Iterable[tuple[str, Iterable[str]]], title: str = "", indent: int = 0) -> None:
    """Print lines, each with what belongs to it indented below; long ones are folded, so that any width will do.

    `indent`: how far all of it stands to the right.
    """
    from rich.padding import Padding
    from rich.text import Text

    out = console()
    if title:
        out.print(Text(f"\n{title}", style="bold"))
    for head, under in blocks:
        out.print(Padding(Text(head), (0, 0, 0, indent)) if indent else Text(head))
        for line in under:
            out.print(Padding(Text(line), (0, 0, 0, indent + 4)))


def _figures(cells: Iterable[str]) -> bool:
    """Whether a column holds figures: each cell begins with a digit and is one figure, or is empty."""
    return all(not cell or (cell[:1].isdigit() and cell[4:5] != "-") for cell in cells)


def _short(cells: Iterable[str]) -> bool:
    """Whether a column is as narrow as a date, which would be hard to read in two lines."""
    return max((len(cell) for cell in cells), default=0) <= 10
