"""`creditscore keep` and `creditscore runs`: written gradings into the store, and what it holds of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.acting import Schemes, own_schemes
from creditscore.cli.kept_runs import AsKept, KnownOn
from creditscore.cli.office import By, Json, KeyFile, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import say_line, show_blocks
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.store.archive.runs import KeptRun


def keep_command(
    grading: Annotated[
        Path,
        typer.Argument(metavar="FOLDER"),
    ],
    store: StoreAddress,
    by: By = "",
    snapshot: Path | None = None,
    scheme: Schemes = None,
    check: Annotated[bool, typer.Option("--check/--no-check")] = True,
    listings: Path | None = None,
    subjects: Path | None = None,
    key: KeyFile = None,
) -> None:
    with open_store(store, key) as opened, working(f"keeping {grading}"):
        runs = opened.keep(
            grading,
            snapshot,
            by=by,
            schemes=own_schemes(scheme),
            check=check,
            listings=listings,
            subjects=subjects,
        )
    _show_runs(runs)


def runs_command(
    store: StoreAddress,
    run: Annotated[str, typer.Argument(metavar="[RUN]", show_default=False)] = "",
    out: Path | None = None,
    as_kept: AsKept = False,
    known_on: KnownOn = None,
    composites: Annotated[bool, typer.Option("--composites")] = False,
    as_json: Json = False,
) -> None:
    from creditscore.store.archive.runs import list_runs

    if bool(run) != (out is not None) or ((as_kept or known_on) and not run):
        raise UsageError(
            "a run is written to a folder",
            allowed="runs, or runs RUN --out DIR [--as-kept | --known-on DATE]",
            next="give both RUN and --out, or neither",
        )
    if out is not None:
        _write_run(store, run, out, as_kept, known_on)
        return
    with open_store(store) as opened:
        runs = list_runs(opened, kind="composite" if composites else None)
    if as_json:
        rows = [{**vars(run), "manifest": dict(run.manifest)} for run in runs]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _show_runs(runs)


def _write_run(store: str, run_id: str, out: Path, as_kept: bool, known_on: str | None) -> None:
    from creditscore.cli.acting import date_given
    from creditscore.store.archive.runs import find_run
    from creditscore.store.archive.written import write_run

    day = None if known_on is None else date_given(known_on, "--known-on").isoformat()
    with open_store(store) as opened, working(f"writing {run_id}"):
        write_run(opened, find_run(opened, run_id), out, as_kept=as_kept, known_on=day)
    say_line(f"written to {out}")


def _show_runs(runs: list[KeptRun]) -> None:
    show_blocks(
        (
            f"{run.run_id}  {run.pinned}  {run.period}",
            [
                f"known at {run.known_at}; event {run.kept_at_seq} of the log",
                f"root {run.root}",
                *([f"snapshot {run.snapshot}"] if run.snapshot else []),
                *([f"of runs {', '.join(run.inputs)}"] if run.inputs else []),
            ],
        )
        for run in runs
    )
    say_line(f"{len(runs)} runs")
