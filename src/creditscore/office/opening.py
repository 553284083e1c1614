"""An office's store: the log with every workflow that ships, and what their functions need."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from datetime import date
from typing import Any

from creditscore.cascade.record_streams import RECORD
from creditscore.core.errors import UsageError
from creditscore.inspection import workflow as draws
from creditscore.lists import workflow as lists
from creditscore.measures import workflow as measures
from creditscore.modelling.registry import workflow as models
from creditscore.objections import workflow as objections
from creditscore.office.annulment import make_follower
from creditscore.records import Snapshot
from creditscore.schemes.model import Scheme
from creditscore.status import workflow as status
from creditscore.store import store as log_of_events
from creditscore.store.archive.composites import is_composite, keep_composite
from creditscore.store.archive.files import Archive, place_archive
from creditscore.store.archive.runs import KeptRun, find_run, keep_grading, list_runs, make_finder
from creditscore.store.beginning import Beginning
from creditscore.store.context import Registry
from creditscore.store.database import WAIT
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.keys import Key
from creditscore.store.log import NewEvent
from creditscore.store.people import People, add_newcomer, grant_role


class Store(log_of_events.Store):
    """An office's store: a signed log of events that many share, with every workflow that ships.

    Parameters
    ----------
    address
        A path, `sqlite:///PATH` or `postgresql+psycopg://…`.
    archive
        Where kept runs lie; None: what `CREDITSCORE_ARCHIVE` says, else for SQLite a folder beside the file.
    snapshots
        Opened snapshots in place of those that no longer lie where they were when their runs were kept.
    key, create, wait, say, beginning
        As in `creditscore.store.store.Store`; that it waits for another writer is said too.

    Raises
    ------
    StoreError
        Where there is no store, or it is damaged, somebody else's, or of a newer version.

    Examples
    --------
    >>> with Store("credit.db") as store:  # doctest: +SKIP
    ...     (run,) = store.keep("out", "snapshot", by="li.na")
    ...     store.act("objection", "answer", "objection/C2026-0001", by="li.na", on="2026-03-02", question=1, text="…")
    """

    def __init__(
        self,
        address: str | os.PathLike[str],
        *,
        archive: str | os.PathLike[str] | None = None,
        snapshots: Iterable[Snapshot] = (),
        key: Key | None = None,
        create: bool = True,
        wait: float = WAIT,
        say: Callable[[str], None] | None = None,
        beginning: Beginning | None = None,
    ) -> None:
        super().__init__(
            address,
            make_registry(address, archive=archive, snapshots=snapshots),
            archive=archive,
            key=key,
            create=create,
            wait=wait,
            say_waiting=say,
            say=say,
            beginning=beginning,
        )

    def keep(
        self,
        folder: str | os.PathLike[str],
        snapshot: str | os.PathLike[str] | None = None,
        *,
        by: str = "",
        on: date | str | None = None,
        schemes: Mapping[str, Scheme] | None = None,
        check: bool = True,
        listings: Any = None,
        subjects: Any = None,
    ) -> list[KeptRun]:
        """Keep a written grading, or a composite of kept gradings, after it came out again.

        Parameters
        ----------
        folder
            What `Grading.write`, `Gradings.write` or `Composite.write` wrote.
        snapshot
            The folder of the snapshot that was graded; of a composite None.
        by, on, schemes
            As in `keep_grading` and `keep_composite`.
        check
            Whether a grading is computed again; a composite always is.
        listings, subjects
            What a composite was given beside its gradings.

        Returns
        -------
        list of KeptRun
            The runs as the store has them.

        Raises
        ------
        UsageError
            Where a grading comes without its snapshot, or a composite with one.
        """
        if is_composite(os.fspath(folder)):
            if snapshot is not None or not check:
                raise UsageError("office.composite_always_made_again_gradings_store", where=os.fspath(folder))
            given: dict[str, Any] = {"listings": listings, "subjects": subjects, "schemes": schemes}
            return [keep_composite(self, os.fspath(folder), by=by, on=on, **given)]
        if snapshot is None or listings is not None or subjects is not None:
            raise UsageError(
                "the snapshot of a grading is missing"
                if snapshot is None
                else "a grading takes no listings and subjects",
                where=os.fspath(folder),
                allowed="a grading and its snapshot; a composite with what it was given",
                next="give --snapshot DIR with the snapshot that was graded, and no --listings and no --subjects",
            )
        place = os.fspath(snapshot)
        return keep_grading(self, os.fspath(folder), place, by=by, on=on, schemes=schemes, check=check)

    def grant(self, name: str, *roles: str, by: str = "", on: date | str | None = None) -> None:
        """Give a person roles (`grader`, `reviewer`, `approver` …); one whom the log does not know is added.

        Whoever grants is an approver; in a log in mode `open` that holds no roles yet, anybody is.
        """

        def make_grants(people: People) -> list[NewEvent]:
            person = people.find(name)
            if person is None:
                return add_newcomer(people, name, roles)
            first = len(person.grants) + 1
            return [grant_role(person, role, number=number) for number, role in enumerate(roles, first)]

        self.change_people(make_grants, by=by, on=on)

    def runs(self) -> list[KeptRun]:
        """List the kept runs, in the order in which they were kept."""
        return list_runs(self)

    def run(self, run_id: str) -> KeptRun:
        """Find a kept run by its id or how it begins; UsageError where there is none."""
        return find_run(self, run_id)


def make_registry(
    address: str | os.PathLike[str],
    *,
    archive: str | os.PathLike[str] | None = None,
    snapshots: Iterable[Snapshot] = (),
) -> Registry:
    """Return every workflow that ships, with the functions that they need in the store at an address."""
    find_snapshot = make_finder(snapshots)

    def find_archive() -> Archive:
        return Archive(place_archive(address, archive))

    own = [workflow for workflow in WORKFLOWS.load() if workflow.workflow in ("objection", "status")]
    code = objections.make_code(find_archive, find_snapshot) | status.make_code(find_archive, objections.find_held)
    code["listing.look_beside"] = make_follower(find_archive, find_snapshot)
    return lists.make_registry().joined(
        Registry(own, [RECORD, objections.NUMBER], code),
        measures.make_registry(),
        draws.make_registry(),
        models.make_registry(),
    )
