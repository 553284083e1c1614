"""`creditscore keep` and `creditscore runs`: written gradings into the store, and what it holds of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.acting import By, RolesFile, Schemes, open_log, own_schemes
from creditscore.cli.log import is_first_store
from creditscore.cli.office import KeyFile, StoreAddress, open_store
from creditscore.cli.progress import working
from creditscore.cli.tables import say_line, show_blocks
from creditscore.core.errors import StoreDiffers

if TYPE_CHECKING:
    from creditscore.store.archive.runs import KeptRun as LoggedRun
    from creditscore.store.legacy.archive.composites import KeptComposite
    from creditscore.store.legacy.archive.runs import KeptRun


def keep_command(
    grading: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="That `creditscore grade --out` or `creditscore composite --out` wrote."),
    ],
    store: StoreAddress,
    by: By = "",
    snapshot: Annotated[
        Path | None, typer.Option(help="The snapshot that was graded; a composite finds those of its gradings.")
    ] = None,
    scheme: Schemes = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Compute the run again from its snapshot before it is kept.")
    ] = True,
    listings: Annotated[
        Path | None, typer.Option(help="Entries of lists that a composite was given: Parquet or CSV.")
    ] = None,
    subjects: Annotated[Path | None, typer.Option(help="Who a composite was told to score: Parquet or CSV.")] = None,
    roles: RolesFile = None,
    key: KeyFile = None,
) -> None:
    """Keep a grading, or a composite of kept ones: its rows, its manifest and their hashes, logged before."""
    from creditscore.core.errors import UsageError
    from creditscore.store.archive.composites import keep_composite as log_composite
    from creditscore.store.archive.runs import keep_grading
    from creditscore.store.legacy.archive.composites import is_composite, keep_composite
    from creditscore.store.legacy.archive.runs import keep

    if is_composite(grading):
        if not check or snapshot is not None:
            raise UsageError(
                "a composite is always made again, from the gradings that the store keeps",
                where=str(grading),
                next="leave --no-check and --snapshot away",
            )
        if not is_first_store(store):
            with open_store(store, key) as opened, working(f"keeping {grading}"):
                logged_run = log_composite(
                    opened, grading, by=by, listings=listings, subjects=subjects, schemes=own_schemes(scheme)
                )
            _show_logged([logged_run])
            return
        with open_log(Path(store), roles) as log, working(f"keeping {grading}"):
            kept_composite = keep_composite(
                log.store, log, grading, by=by, listings=listings, subjects=subjects, schemes=own_schemes(scheme)
            )
        _show_composites([kept_composite])
        return
    if snapshot is None or listings is not None or subjects is not None:
        missing = "--snapshot" if snapshot is None else ""
        raise UsageError(
            f"{missing} is missing" if missing else "a grading takes no --listings and no --subjects",
            where=str(grading),
            next="give --snapshot DIR with the snapshot that was graded",
        )
    if not is_first_store(store):
        with open_store(store, key) as opened, working(f"keeping {grading}"):
            _show_logged(keep_grading(opened, grading, snapshot, by=by, schemes=own_schemes(scheme), check=check))
        return
    with open_log(Path(store), roles) as log, working(f"keeping {grading}"):
        archived_runs = keep(log.store, log, grading, snapshot, by=by, schemes=own_schemes(scheme), check=check)
    _show(archived_runs)


def runs_command(
    store: StoreAddress,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every row again and compare with the log; exit code 5 on a change.")
    ] = False,
    composites: Annotated[bool, typer.Option("--composites", help="Only the composites.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """The runs that a store keeps, and composites of them; `--verify` looks at states of grades and at cases too."""
    from creditscore.objections.actions import changed_cases
    from creditscore.status.status import changed_states
    from creditscore.store.legacy.archive.composites import changed_composites, kept_composites
    from creditscore.store.legacy.archive.runs import changed_runs, kept_runs

    if not is_first_store(store):
        _list_logged(store, verify, composites, as_json)
        return
    with open_log(Path(store), read_only=True, made_by="creditscore keep") as log:
        archived_runs, scored = kept_runs(log.store), kept_composites(log.store)
        changed: list[tuple[str, str]] = []
        if verify:
            log.verify().require()
            for check in (changed_runs, changed_composites, changed_states, changed_cases):
                changed += check(log.store, log)
    if as_json:
        listed = (
            [vars(kept_composite) for kept_composite in scored]
            if composites
            else [vars(kept_run) for kept_run in archived_runs]
        )
        typer.echo(json.dumps(listed, ensure_ascii=False, indent=1))
    else:
        if not composites:
            _show(archived_runs)
        if scored or composites:
            _show_composites(scored)
    if changed:
        raise StoreDiffers(
            f"{len(changed)} things in the store are not what its log says",
            where="; ".join(f"{where}: {what}" for where, what in changed[:5]),
            next="restore a copy; `creditscore keep` can keep the run again in a new store",
        )
    if verify and not as_json:
        say_line("log, kept runs, composites, states and cases: every hash fits")


def _show(archived_runs: list[KeptRun]) -> None:
    show_blocks(
        (
            f"{kept_run.run_id}  {kept_run.pinned}  {kept_run.period}",
            [
                f"known at {kept_run.known_at}; kept by {kept_run.kept_by}, entry {kept_run.kept_at_seq} of the log",
                f"grades {kept_run.grades_hash}",
                f"ledger {kept_run.ledger_hash}",
                f"snapshot {kept_run.snapshot_hash}",
            ],
        )
        for kept_run in archived_runs
    )
    say_line(f"{len(archived_runs)} runs")


def _show_composites(archived_composites: list[KeptComposite]) -> None:
    show_blocks(
        (
            f"{kept_composite.run_id}  {kept_composite.name}  {kept_composite.as_of}",
            [
                f"of runs {', '.join(kept_composite.runs)}; kept by {kept_composite.kept_by},"
                f" entry {kept_composite.kept_at_seq} of the log",
                *(f"{name} {value}" for name, value in kept_composite.hashes.items()),
            ],
        )
        for kept_composite in archived_composites
    )
    say_line(f"{len(archived_composites)} composites")


def _list_logged(address: str, verify: bool, composites: bool, as_json: bool) -> None:
    """The runs that a log names."""
    from creditscore.core.errors import UsageError
    from creditscore.store.archive.runs import list_runs

    if verify:
        raise UsageError(
            "the files of kept runs are checked with all that the log says",
            where=address,
            allowed="`creditscore runs` without --verify",
            next=f"creditscore store verify {address}",
        )
    with open_store(address) as opened:
        logged_runs = list_runs(opened, kind="composite" if composites else None)
    if as_json:
        typer.echo(json.dumps([{**vars(run), "manifest": dict(run.manifest)} for run in logged_runs], indent=1))
    else:
        _show_logged(logged_runs)


def _show_logged(logged_runs: list[LoggedRun]) -> None:
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
        for run in logged_runs
    )
    say_line(f"{len(logged_runs)} runs")
