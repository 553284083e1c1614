"""What a command says on stdout: text for people, or with `--json` the same as JSON and nothing else."""

from __future__ import annotations

import json
from typing import Any

import typer


def print_json(data: Any) -> None:
    """Print data as JSON; days as texts."""
    typer.echo(json.dumps(data, ensure_ascii=False, indent=1, default=str))
