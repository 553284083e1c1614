"""A kept run where a command wants the folder of a grading: its id, with the store that keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.office import open_store
from creditscore.cli.settings import STORE
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.grading.result import Grading

AsKept = Annotated[bool, typer.Option("--as-kept")]
KnownAt = Annotated[str | None, typer.Option("--known-at")]
StoreOfRun = Annotated[str | None, typer.Option("--store", envvar=STORE)]


def is_kept(folder: Path, store: str | None, *, as_kept: bool = False, known_at: str | None = None) -> bool:
    """Whether the id of a kept run was given; UsageError where a folder comes with what only a kept run has."""
    if store is not None and len(folder.parts) == 1 and not folder.exists():
        return True
    if as_kept or known_at:
        raise UsageError("cli.folder_stands_written", where=str(folder))
    return False


@contextmanager
def open_written(
    folder: Path, store: str | None, subject: str = "", *, as_kept: bool = False, known_at: str | None = None
) -> Iterator[Path]:
    """Give the folder of a grading; of a kept run one that is there for as long as it is read."""
    if not is_kept(folder, store, as_kept=as_kept, known_at=known_at):
        yield folder
        return
    from tempfile import TemporaryDirectory

    from creditscore.cli.acting import date_given
    from creditscore.core.identity import canonical_id
    from creditscore.store.archive.runs import find_run
    from creditscore.store.archive.written import write_run

    day = None if known_at is None else date_given(known_at, "--known-at").isoformat()
    with TemporaryDirectory() as place, open_store(str(store), says_mode=False) as opened:  # marks are asked next
        run = find_run(opened, str(folder))
        ids = [canonical_id(subject)] if subject else None
        yield write_run(opened, run, Path(place) / "run", subject_ids=ids, as_kept=as_kept, known_on=day)


def find_inputs(composite: Path, store: str, subject: str) -> list[Path]:
    """The ids of the gradings that a kept composite combines and that hold an organisation."""
    from creditscore.core.identity import canonical_id
    from creditscore.store.archive.runs import find_run
    from creditscore.store.archive.standing import subjects_in

    with open_store(store, says_mode=False) as opened:
        runs = [find_run(opened, name) for name in find_run(opened, str(composite)).inputs]
        return [Path(run.run_id) for run in runs if subjects_in(opened.archive, run, [canonical_id(subject)])]


def grade_kept(folder: Path, store: str, subject: str, snapshot: Path | None, *, as_kept: bool = False) -> Grading:
    """Grade one organisation of a kept run again, as it stands or as it was kept."""
    from creditscore.core.identity import canonical_id
    from creditscore.office.standing import grade_as_it_stands
    from creditscore.records.snapshot_files import read_snapshot
    from creditscore.store.archive.runs import find_run, make_finder

    find = make_finder([] if snapshot is None else [read_snapshot(snapshot)])
    with open_store(store) as opened:
        run = find_run(opened, str(folder))
        return grade_as_it_stands(opened, run, [canonical_id(subject)], as_kept=as_kept, find=find)
