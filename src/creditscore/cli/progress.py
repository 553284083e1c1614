"""A sign of work on a terminal; silent elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from creditscore.core.i18n import language, phrase


@contextmanager
def working(code: str, *values: object) -> Iterator[None]:
    """Say what is being done (a text of the catalogue) for as long as it is."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield
        return
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    with Progress(
        TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=console, transient=True
    ) as bar:
        bar.add_task(phrase("working", code, language(), *values), total=None)
        yield
