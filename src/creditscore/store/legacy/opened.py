"""`Store`: an open store and its log as one thing, with what an office does with it first: keep what was graded."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType

from creditscore.schemes.model import Scheme
from creditscore.store.legacy.archive.runs import KeptRun, keep, kept_run, kept_runs
from creditscore.store.legacy.database import Database
from creditscore.store.legacy.entry import Entry
from creditscore.store.legacy.log import Log
from creditscore.store.legacy.roles import Roles
from creditscore.store.legacy.verify import Verification


class Store:
    """An open store: kept runs, cases, lists, measures, and the log in which every act stands.

    Parameters
    ----------
    path
        The file; it is made where it is not there.
    roles
        Who may do what, where the log does not say it yet (`creditscore.store.load_roles`).
    read_only
        Open for reading: several may at once.

    Raises
    ------
    StoreBusy
        While another writer has the file.
    StoreError
        For a file that is damaged, is no store, or was written by a newer version.

    Examples
    --------
    >>> with Store("credit.store") as store:  # doctest: +SKIP
    ...     (run,) = store.keep("out", "snapshot", by="li.na")
    """

    def __init__(self, path: str | os.PathLike[str], *, roles: Roles | None = None, read_only: bool = False) -> None:
        self.database = Database(Path(path), read_only=read_only)
        try:
            self.log = Log(self.database, roles=roles)
        except BaseException:
            self.database.close()
            raise

    def keep(
        self,
        grading: str | os.PathLike[str],
        snapshot: str | os.PathLike[str],
        *,
        by: str,
        schemes: Mapping[str, Scheme] | None = None,
        check: bool = True,
    ) -> list[KeptRun]:
        """Keep the runs of a written grading, after each came out of its snapshot again (`store.archive.runs.keep`)."""
        return keep(self.database, self.log, Path(grading), Path(snapshot), by=by, schemes=schemes, check=check)

    def runs(self) -> list[KeptRun]:
        """List the runs that are kept."""
        return kept_runs(self.database)

    def run(self, run_id: str) -> KeptRun:
        """Find a kept run; UsageError where there is none of that id."""
        return kept_run(self.database, run_id)

    def acts(self) -> list[Entry]:
        """List the acts of the log, oldest first, each once: by the entry that began it, or its only one."""
        return [entry for entry in self.log.entries() if entry.refers_to is None]

    def verify(self) -> Verification:
        """Compute the chain of the log again."""
        return self.log.verify()

    def close(self) -> None:
        """Close the file."""
        self.database.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
