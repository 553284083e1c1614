"""One entry of the log, its canonical text and its hash."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from creditscore.core.canonical import canonical, hash_text
from creditscore.core.clock import moment
from creditscore.core.errors import UsageError

PHASES = ("done", "begun", "failed")
START = "0" * 64  # what the first entry has for its previous hash
COLUMNS = (
    "seq",
    "at",
    "actor",
    "role",
    "action",
    "phase",
    "refers_to",
    "subject",
    "payload_hash",
    "previous",
    "hash",
    "payload",
)
SQL_COLUMNS = ", ".join(f'"{name}"' for name in COLUMNS)


@dataclass(frozen=True)
class Entry:
    """One entry of the log. Entries are numbered without gaps, and each contains the hash of its predecessor.

    Parameters
    ----------
    seq
        Its number, from 0.
    at
        The time in UTC, `2026-01-31T08:00:00Z`.
    actor, role
        Who acted, and in which role.
    action
        What was done, such as `grading.keep`.
    phase
        `begun` before the act takes effect, then `done` or `failed` in an entry of its own; an entry that only states a
        fact is `done` at once.
    refers_to
        The number of the entry that began the act; None for an entry that ends none.
    subject
        What the act is about; may be empty.
    payload_hash
        The SHA-256 of the payload.
    previous
        The hash of the entry before; 64 zeros for the first.
    hash
        The SHA-256 (hex) of all fields but `hash` and `payload`.
    payload
        The details as canonical JSON; None once they were removed.
    """

    seq: int
    at: str
    actor: str
    role: str
    action: str
    phase: str
    refers_to: int | None
    subject: str
    payload_hash: str
    previous: str
    hash: str
    payload: str | None

    def values(self) -> list[Any]:
        return [getattr(self, name) for name in COLUMNS]

    def computed_hash(self) -> str:
        """SHA-256 (hex) of the canonical JSON of all fields but `hash` and `payload`."""
        content = {name: getattr(self, name) for name in COLUMNS if name not in ("hash", "payload")}
        return hash_text(canonical(content))

    @property
    def data(self) -> Any:
        """The payload as Python data; None where it was removed."""
        return None if self.payload is None else json.loads(self.payload)


def make(
    seq: int,
    previous: str,
    *,
    at: datetime | str | None,
    actor: str,
    role: str,
    action: str,
    subject: str,
    payload: Any,
    phase: str = "done",
    refers_to: int | None = None,
) -> Entry:
    """The entry with its hashes. UsageError for an empty actor, role or action, or a payload that is no JSON."""
    for name, word in {"actor": actor, "role": role, "action": action, "subject": subject}.items():
        if not isinstance(word, str) or (not word.strip() and name != "subject"):
            raise UsageError(f"{name} is {word!r}", allowed="a text that is not empty", where="an entry of the log")
    text = canonical(payload)
    bare = Entry(seq, moment(at), actor, role, action, phase, refers_to, subject, hash_text(text), previous, "", text)
    return Entry(**{**bare.__dict__, "hash": bare.computed_hash()})
