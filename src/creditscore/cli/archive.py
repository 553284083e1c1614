"""`creditscore archive`: written gradings into the store, what it holds of them, and runs written as folders again."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.acting import Schemes, own_schemes
from creditscore.cli.application import App
from creditscore.cli.kept_runs import AsKept, KnownAt
from creditscore.cli.office import By, KeyFile, StoreAddress, open_store
from creditscore.cli.output import give, told
from creditscore.cli.progress import working

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
    with open_store(store, key) as opened, working("keeping", grading):
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
) -> None:
    from creditscore.store.archive.runs import list_runs

    with open_store(store) as opened:
        runs = list_runs(opened, kind="composite" if composites else None)
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
    with open_store(store) as opened, working("writing", run):
        write_run(opened, find_run(opened, run), out, as_kept=as_kept, known_on=day)
    give({"run_id": run}, written=[out])


def _show_runs(runs: list[KeptRun]) -> None:
    from creditscore.present.document import Listing

    items = [
        (
            f"{run.run_id}  {run.pinned}  {run.period}",
            [
                told("run_known", run.known_at, run.kept_at_seq),
                told("run_root", run.root),
                *([told("run_snapshot", run.snapshot)] if run.snapshot else []),
                *([told("run_inputs", list(run.inputs))] if run.inputs else []),
            ],
        )
        for run in runs
    ]
    rows = [{**vars(run), "manifest": dict(run.manifest)} for run in runs]
    give(rows, Listing(items) if items else None, told("runs", len(runs)))
