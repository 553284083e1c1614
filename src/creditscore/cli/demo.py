"""`creditscore demo`: everything once, on made-up data."""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.output import give, wants_json


def demo_command(
    out: Annotated[Path, typer.Option()],
    subjects: Annotated[int, typer.Option(min=50)] = 20_000,
    seed: Annotated[int, typer.Option(min=0)] = 2022,
) -> None:
    from creditscore.demo.run import run_demo

    with redirect_stdout(sys.stderr) if wants_json() else nullcontext():
        run_demo(out, subjects, seed)
    if wants_json():
        give({"folder": str(out), "subjects": subjects, "seed": seed})
