"""What must outlive a command: one DuckDB file, and in it an append-only log of acts with chained hashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.store.legacy.archive.runs import KeptRun as KeptRun
    from creditscore.store.legacy.archive.runs import keep as keep
    from creditscore.store.legacy.database import Database as Database
    from creditscore.store.legacy.entry import Entry as Entry
    from creditscore.store.legacy.log import Act as Act
    from creditscore.store.legacy.log import Log as Log
    from creditscore.store.legacy.roles import Roles as Roles
    from creditscore.store.legacy.roles import load_roles as load_roles
    from creditscore.store.legacy.roles import second_person as second_person
    from creditscore.store.legacy.verify import Checkpoint as Checkpoint
    from creditscore.store.legacy.verify import LogFault as LogFault
    from creditscore.store.legacy.verify import Verification as Verification
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Act": "legacy.log",
            "Checkpoint": "legacy.verify",
            "Database": "legacy.database",
            "Entry": "legacy.entry",
            "KeptRun": "legacy.archive.runs",
            "Log": "legacy.log",
            "LogFault": "legacy.verify",
            "Roles": "legacy.roles",
            "Verification": "legacy.verify",
            "keep": "legacy.archive.runs",
            "load_roles": "legacy.roles",
            "second_person": "legacy.roles",
        },
    )
