"""`creditscore keep` and `creditscore runs`: written gradings into the store, and what it holds of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.acting import By, RolesFile, Schemes, Store, open_log, own_schemes
from creditscore.cli.progress import working
from creditscore.cli.tables import say_line, show_blocks
from creditscore.errors import StoreError

if TYPE_CHECKING:
    from creditscore.review.keeping import KeptRun


def keep_command(
    grading: Annotated[Path, typer.Argument(metavar="GRADING", help="Folder that `creditscore grade --out` wrote.")],
    snapshot: Annotated[Path, typer.Option(help="The snapshot that was graded.")],
    store: Store,
    by: By,
    scheme: Schemes = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Compute the run again from its snapshot before it is kept.")
    ] = True,
    roles: RolesFile = None,
) -> None:
    """Keep a grading in the store: its rows, its manifest and their hashes, logged before."""
    from creditscore.review.keeping import keep

    with open_log(store, roles) as log, working(f"keeping {grading}"):
        kept = keep(log.store, log, grading, snapshot, by=by, schemes=own_schemes(scheme), check=check)
    _show(kept)


def runs_command(
    store: Store,
    verify: Annotated[
        bool, typer.Option("--verify", help="Hash every row again and compare with the log; exit code 3 on a change.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For machines.")] = False,
) -> None:
    """The runs that a store keeps; `--verify` looks at states of grades and at cases too."""
    from creditscore.review.casework import changed_cases
    from creditscore.review.keeping import changed_runs, kept_runs
    from creditscore.review.life import changed_states

    with open_log(store, read_only=True, made_by="creditscore keep") as log:
        kept = kept_runs(log.store)
        changed: list[tuple[str, str]] = []
        if verify:
            log.verify().require()
            for check in (changed_runs, changed_states, changed_cases):
                changed += check(log.store, log)
    if as_json:
        typer.echo(json.dumps([vars(one) for one in kept], ensure_ascii=False, indent=1))
    else:
        _show(kept)
    if changed:
        raise StoreError(
            f"{len(changed)} things in the store are not what its log says",
            where="; ".join(f"{where}: {what}" for where, what in changed[:5]),
            next="restore a copy; `creditscore keep` can keep the run again in a new store",
        )
    if verify and not as_json:
        say_line("log, kept runs, states and cases: every hash fits")


def _show(kept: list[KeptRun]) -> None:
    show_blocks(
        (
            f"{one.run_id}  {one.pinned}  {one.period}",
            [
                f"known at {one.known_at}; kept by {one.kept_by}, entry {one.kept_at_seq} of the log",
                f"grades {one.grades_hash}",
                f"ledger {one.ledger_hash}",
                f"snapshot {one.snapshot_hash}",
            ],
        )
        for one in kept
    )
    say_line(f"{len(kept)} runs")
