"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def show(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None = None) -> None:
    """Print a plain table that fits the terminal; numbers (all but the first column of digits) to the right."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    listed = [tuple(row) for row in rows]
    table = Table(title=title, box=None, pad_edge=False, header_style="bold")
    for i, column in enumerate(columns):
        numeric = bool(listed) and i > 0 and all(row[i][:1].isdigit() or not row[i] for row in listed)
        table.add_column(column, justify="right" if numeric else "left", overflow="fold", no_wrap=i == 0)
    for row in listed:
        table.add_row(*(Text(cell) for cell in row))
    Console().print(table)
