"""What must outlive a command: one DuckDB file, and in it an append-only log of acts with chained hashes."""

from creditscore.store.database import Database
from creditscore.store.entry import Entry
from creditscore.store.log import Act, Log
from creditscore.store.roles import Roles, load_roles, second_person
from creditscore.store.verify import Checkpoint, LogFault, Verification, verify

__all__ = [
    "Act",
    "Checkpoint",
    "Database",
    "Entry",
    "Log",
    "LogFault",
    "Roles",
    "Verification",
    "load_roles",
    "second_person",
    "verify",
]
