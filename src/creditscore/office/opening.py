"""An office's store: the log with every workflow that ships, and what their functions need."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable

from creditscore.cascade.record_streams import RECORD
from creditscore.inspection import workflow as draws
from creditscore.lists import workflow as lists
from creditscore.measures import workflow as measures
from creditscore.modelling.registry import workflow as models
from creditscore.objections import workflow as objections
from creditscore.office.annulment import make_follower
from creditscore.records import Snapshot
from creditscore.status import workflow as status
from creditscore.store.archive.files import Archive, place_archive
from creditscore.store.archive.runs import KeptRun, snapshot_of
from creditscore.store.beginning import Beginning
from creditscore.store.context import Registry
from creditscore.store.database import WAIT
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.keys import Key
from creditscore.store.store import Store


def open_office(
    address: str | os.PathLike[str],
    *,
    archive: str | os.PathLike[str] | None = None,
    snapshots: Iterable[Snapshot] = (),
    key: Key | None = None,
    create: bool = True,
    wait: float = WAIT,
    say: Callable[[str], None] | None = None,
    beginning: Beginning | None = None,
) -> Store:
    """Open an office's store with every workflow that ships.

    Parameters
    ----------
    address
        A path, `sqlite:///PATH` or `postgresql+psycopg://…`.
    archive
        Where kept runs lie; None: what `CREDITSCORE_ARCHIVE` says, else for SQLite a folder beside the file.
    snapshots
        Opened snapshots in place of those that no longer lie where they were when their runs were kept.
    key, create, wait, say, beginning
        As in `Store`; that it waits for another writer is said too.

    Returns
    -------
    Store
        The open store; use it as a context manager.

    Raises
    ------
    StoreError
        Where there is no store, or it is damaged, somebody else's, or of a newer version.

    Examples
    --------
    >>> with open_office("credit.db") as store:  # doctest: +SKIP
    ...     store.act("objection", "answer", "objection/C2026-0001", by="li.na", on="2026-03-02", question=1, text="…")
    """
    registry = make_registry(address, archive=archive, snapshots=snapshots)
    return Store(
        address,
        registry,
        archive=archive,
        key=key,
        create=create,
        wait=wait,
        say_waiting=say,
        say=say,
        beginning=beginning,
    )


def make_registry(
    address: str | os.PathLike[str],
    *,
    archive: str | os.PathLike[str] | None = None,
    snapshots: Iterable[Snapshot] = (),
) -> Registry:
    """Return every workflow that ships, with the functions that they need in the store at an address."""
    given = tuple(snapshots)

    def find_archive() -> Archive:
        return Archive(place_archive(address, archive))

    def find_snapshot(run: KeptRun) -> Snapshot:
        fitting = (snapshot for snapshot in given if snapshot.has_hash(run.snapshot))
        return next(fitting, None) or snapshot_of(run)

    own = [workflow for workflow in WORKFLOWS.load() if workflow.workflow in ("objection", "status")]
    code = objections.make_code(find_archive, find_snapshot) | status.make_code(find_archive, objections.find_held)
    code["listing.look_beside"] = make_follower(find_archive, find_snapshot)
    return lists.make_registry().joined(
        Registry(own, [RECORD, objections.NUMBER], code),
        measures.make_registry(),
        draws.make_registry(),
        models.make_registry(),
    )
