"""`creditscore demo`: everything once, on made-up data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for data, results and pages.")],
    subjects: Annotated[int, typer.Option(min=50, help="Organisations in the made-up district.")] = 20_000,
    seed: Annotated[int, typer.Option(min=0, help="The same seed gives the same district.")] = 2022,
) -> None:
    """Grade a made-up district and a published data set, explain one grade, write the pages."""
    from creditscore.demo.run import run_demo

    run_demo(out, subjects, seed)
