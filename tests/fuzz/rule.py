"""One case through the command line, and the rule: no exit 1 or 6, no traceback, no silent row."""

from __future__ import annotations

import io
import json
import re
import time
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

ALLOWED = (0, 2, 3, 4, 5)  # 6 is a fault of ours, 1 is nobody's
ROWS = ("used", "not_yet_known", "out_of_window", "refused", "other_domain", "other_scheme")


@dataclass(frozen=True)
class Outcome:
    """How a command ended, what it printed, and the CPU seconds that it took."""

    code: Any
    text: str
    seconds: float


def run_command(args: list[str]) -> Outcome:
    """Run the command line in this process."""
    import typer.main

    from creditscore.cli.main import main

    # The commands are built from their annotations once, and not at every call: a tenth of a second each
    if not hasattr(typer.main.get_command, "cache_info"):
        typer.main.get_command = lru_cache(typer.main.get_command)
    out, err = io.StringIO(), io.StringIO()
    began = time.process_time()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            main(args)
            code: Any = "returned"
        except SystemExit as end:
            code = end.code or 0
        except BaseException as error:  # the rule is that nothing gets here
            code = f"raised {type(error).__name__}: {str(error)[:200]}"
    return Outcome(code, out.getvalue() + err.getvalue(), time.process_time() - began)


def broken_rule(outcome: Outcome) -> str | None:
    """What of the rule an outcome breaks; None where it keeps it."""
    if outcome.code not in ALLOWED:
        return f"ended with {outcome.code}: {outcome.text[-600:]}"
    if "Traceback (most recent call last)" in outcome.text:
        return f"a traceback: {outcome.text[-600:]}"
    if outcome.code and not re.search(r"(?mi)^(error|usage)|fault|note|cannot|changed|line \d+", outcome.text):
        return f"ended with {outcome.code} and says nothing: {outcome.text[-200:]}"
    return None


def silent_rows(out: Path, given: dict[str, int]) -> str | None:
    """Which rows of a grading are neither used nor refused; `given`: the rows of each table as they were written."""
    import pyarrow.parquet as pq

    manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
    for run in manifest.get("schemes", {"": manifest}).values():
        records, subjects = run["counts"]["records"], run["counts"]["subjects"]
        if records["in"] != sum(records.get(name, 0) for name in ROWS):
            return f"the rows of the records do not add up: {records}"
        for table, counted in (("records", records["in"]), ("subjects", subjects["rows"])):
            if table in given and counted != given[table]:
                return f"{given[table]} rows of {table} were given, {counted} are counted"
        graded = pq.read_table(out / "grades.parquet", columns=["scheme"]).num_rows
        expected = subjects["rows"] - subjects["refused"] - subjects["repeated"]
        if "schemes" not in manifest and graded != expected:
            return f"{expected} subjects are good, {graded} have a row"
    return None
