"""What must outlive a command: one DuckDB file, and in it an append-only log of acts with chained hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.store.archive.runs import KeptRun as KeptRun
    from creditscore.store.archive.runs import keep as keep
    from creditscore.store.database import Database as Database
    from creditscore.store.entry import Entry as Entry
    from creditscore.store.log import Act as Act
    from creditscore.store.log import Log as Log
    from creditscore.store.opened import Store as Store
    from creditscore.store.roles import Roles as Roles
    from creditscore.store.roles import load_roles as load_roles
    from creditscore.store.roles import second_person as second_person
    from creditscore.store.verify import Checkpoint as Checkpoint
    from creditscore.store.verify import LogFault as LogFault
    from creditscore.store.verify import Verification as Verification
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Act": "log",
            "Checkpoint": "verify",
            "Database": "database",
            "Entry": "entry",
            "KeptRun": "archive.runs",
            "Log": "log",
            "LogFault": "verify",
            "Roles": "roles",
            "Store": "opened",
            "Verification": "verify",
            "keep": "archive.runs",
            "load_roles": "roles",
            "second_person": "roles",
        },
    )
