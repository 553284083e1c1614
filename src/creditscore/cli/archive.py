"""`creditscore archive`: written gradings into the store, what it holds of them, and runs written as folders again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.acting import Schemes, own_schemes
from creditscore.cli.application import App
from creditscore.cli.kept_runs import AsKept, KnownAt
from creditscore.cli.office import By, Json, KeyFile, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import say_line, show_blocks

if TYPE_CHECKING:
    from creditscore.store.archive.runs import KeptRun


archive_app = App()


@archive_app.command("add")
def add_command(
    grading: Annotated[Path, typer.Argument(metavar="GRADING")],
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


@archive_app.command("list")
def list_command(
    store: StoreAddress,
    composites: Annotated[bool, typer.Option("--composites")] = False,
    as_json: Json = False,
) -> None:
    from creditscore.store.archive.runs import list_runs

    with open_store(store) as opened:
        runs = list_runs(opened, kind="composite" if composites else None)
    if as_json:
        rows = [{**vars(run), "manifest": dict(run.manifest)} for run in runs]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=1))
    else:
        _show_runs(runs)


@archive_app.command("write")
def write_command(
    run: Annotated[str, typer.Argument(metavar="RUN", show_default=False)],
    store: StoreAddress,
    out: Annotated[Path, typer.Option()],
    as_kept: AsKept = False,
    known_at: KnownAt = None,
) -> None:
    from creditscore.cli.acting import date_given
    from creditscore.store.archive.runs import find_run
    from creditscore.store.archive.written import write_run

    day = None if known_at is None else date_given(known_at, "--known-at").isoformat()
    with open_store(store) as opened, working(f"writing {run}"):
        write_run(opened, find_run(opened, run), out, as_kept=as_kept, known_on=day)
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
