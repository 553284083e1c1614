"""`creditscore demo`: everything once, on made-up data."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def demo_command(
    out: Annotated[Path, typer.Option()],
    subjects: Annotated[int, typer.Option(min=50)] = 20_000,
    seed: Annotated[int, typer.Option(min=0)] = 2022,
) -> None:
    from creditscore.demo.run import run_demo

    run_demo(out, subjects, seed)
