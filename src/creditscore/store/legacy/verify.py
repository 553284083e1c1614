"""Is the log what it was: every hash again, the chain, the order, and the checkpoints that were held elsewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from creditscore.core.canonical import hash_text
from creditscore.core.errors import StoreDiffers, UsageError
from creditscore.store.legacy.database import Database
from creditscore.store.legacy.entry import PHASES, SQL_COLUMNS, START, Entry

REMOVED = "log.payload_removed"
LINE = re.compile(r"creditscore-log ([0-9a-f]{32}) ([0-9]+) ([0-9a-f]{64}) (\S+)")
BATCH = 10_000


@dataclass(frozen=True)
class Checkpoint:
    """The hash of one entry of a log at a time; `str` writes it as a line, and `Checkpoint.read` reads it back.

    Parameters
    ----------
    log_id
        The log, 32 hexadecimal digits.
    seq
        The number of the entry.
    hash
        The SHA-256 of the entry, 64 hexadecimal digits.
    at
        The time of the checkpoint in UTC, `2026-01-31T08:00:00Z`.
    """

    log_id: str
    seq: int
    hash: str
    at: str

    def __str__(self) -> str:
        return f"creditscore-log {self.log_id} {self.seq} {self.hash} {self.at}"

    @staticmethod
    def read(line: str) -> Checkpoint:
        """UsageError when the line is no checkpoint."""
        match = LINE.fullmatch(line.strip())
        if match is None:
            raise UsageError(
                f"{line[:80]!r} is no checkpoint", allowed="creditscore-log LOG SEQ HASH TIME, as `checkpoint` gave it"
            )
        return Checkpoint(match[1], int(match[2]), match[3], match[4])


@dataclass(frozen=True)
class LogFault:
    """Something in a log that does not fit.

    Parameters
    ----------
    seq
        The number of the entry.
    kind
        `edited`, `missing`, `reordered`, `truncated`, `payload`, `checkpoint`, `head` or `act`.
    message
        What is wrong, in words.
    """

    seq: int
    kind: str
    message: str


@dataclass(frozen=True)
class Verification:
    """The result of verifying a log.

    Parameters
    ----------
    entries
        The number of entries that were read.
    checkpoints
        The number of checkpoints that were compared.
    faults
        What does not fit, in order of entry; empty where the log is intact.

    Attributes
    ----------
    ok
        Whether there are no faults; `require()` raises StoreDiffers otherwise.
    """

    entries: int
    checkpoints: int
    faults: tuple[LogFault, ...]

    @property
    def ok(self) -> bool:
        return not self.faults

    def require(self) -> Verification:
        """Itself, or StoreDiffers that names the first faults."""
        if self.faults:
            first_faults = "; ".join(f"entry {fault.seq}: {fault.message}" for fault in self.faults[:5])
            raise StoreDiffers(
                f"the log was changed ({len(self.faults)} faults)", where=first_faults, next="restore a copy"
            )
        return self


def verify(store: Database, *held: Checkpoint | str) -> Verification:
    """Check the whole log of a store; `held` are checkpoints (or their lines) that somebody kept.

    Finds: a changed field (its hash no longer fits), a missing entry (a gap in seq or a broken chain), another
    order, a payload changed or removed without an entry that says so, a log shorter than its head or than a
    checkpoint, and a log written anew (an intact chain whose hashes are not those of a held checkpoint). Only a
    held checkpoint protects against somebody who may write the whole file, and only up to its entry.
    """
    points = [Checkpoint.read(checkpoint) if isinstance(checkpoint, str) else checkpoint for checkpoint in held]
    heads = store.rows("SELECT log_id, seq, hash FROM log_head")
    faults: list[LogFault] = []
    if len(heads) != 1:
        faults.append(LogFault(0, "head", f"the log has {len(heads)} heads"))
    log_id = heads[0][0] if heads else ""
    checkpoints = [Checkpoint(log_id, *row) for row in store.rows("SELECT * FROM log_checkpoints ORDER BY seq")]
    wanted: dict[int, set[str]] = {}
    for point in (*checkpoints, *points):
        if point.log_id != log_id:
            faults.append(LogFault(point.seq, "checkpoint", f"a checkpoint of another log ({point.log_id})"))
        else:
            wanted.setdefault(point.seq, set()).add(point.hash)
    walk = _Walk(wanted, faults)
    for entry in _entries(store):
        walk.step(entry)
    walk.end(heads[0][1:] if heads else None, log_id)
    ordered = sorted(set(faults), key=lambda fault: (fault.seq, fault.kind, fault.message))
    return Verification(walk.count, len(checkpoints) + len(points), tuple(ordered))


def _entries(store: Database) -> Iterator[Entry]:
    """All entries in order of seq, in batches."""
    last = None
    while True:
        where = "" if last is None else f"WHERE seq > {last}"
        rows = store.rows(f"SELECT {SQL_COLUMNS} FROM log_entries {where} ORDER BY seq LIMIT {BATCH}")
        yield from (Entry(*row) for row in rows)
        if len(rows) < BATCH:
            return
        last = rows[-1][0]


class _Walk:
    """What has been seen so far, entry by entry."""

    def __init__(self, wanted: dict[int, set[str]], faults: list[LogFault]) -> None:
        self.wanted, self.faults = wanted, faults
        self.previous, self.expected, self.count = START, 0, 0
        self.first: Entry | None = None
        self.begun: set[int] = set()
        self.bare: set[int] = set()  # entries whose payload is gone
        self.removed: set[int] = set()  # those of which an entry says so

    def fault(self, seq: int, kind: str, message: str) -> None:
        self.faults.append(LogFault(seq, kind, message))

    def step(self, entry: Entry) -> None:
        self.count += 1
        seq = entry.seq
        if seq != self.expected:
            self.fault(seq, "missing", f"entries {self.expected} to {seq - 1} are missing")
        if entry.computed_hash() != entry.hash:
            self.fault(seq, "edited", "its content does not match its hash")
        elif entry.previous != self.previous and seq == self.expected:
            self.fault(seq, "reordered", "it does not follow the entry before it")
        for value in self.wanted.pop(seq, set()):
            if value != entry.hash:
                self.fault(seq, "checkpoint", "its hash is not that of the checkpoint")
        if entry.payload is None:
            self.bare.add(seq)
        elif hash_text(entry.payload) != entry.payload_hash:
            self.fault(seq, "payload", "its payload does not match its hash")
        elif entry.action == REMOVED and isinstance(entry.data, dict):
            self.removed.add(int(entry.data.get("seq", -1)))
        self._phase(entry)
        self.first = self.first or entry
        self.previous, self.expected = entry.hash, seq + 1

    def _phase(self, entry: Entry) -> None:
        """Every end refers to a beginning that has no other end."""
        if entry.phase not in PHASES:
            self.fault(entry.seq, "act", f"the phase {entry.phase!r} does not exist")
        if entry.phase == "begun":
            self.begun.add(entry.seq)
        elif entry.refers_to is not None:
            if entry.refers_to not in self.begun:
                self.fault(entry.seq, "act", f"it ends act {entry.refers_to}, which is not open")
            self.begun.discard(entry.refers_to)

    def end(self, head: tuple[int, str] | None, log_id: str) -> None:
        for seq in sorted(self.bare - self.removed):
            self.fault(seq, "payload", "its payload is gone and no entry says why")
        for seq in sorted(self.wanted):
            self.fault(seq, "truncated", f"a checkpoint names entry {seq}, which is not there")
        if self.first is None or self.first.seq != 0 or self.first.subject != log_id:
            self.fault(0, "head", "the first entry is not the one that created this log")
        if head is not None and head != (self.expected - 1, self.previous):
            kind = "truncated" if head[0] >= self.expected else "head"
            self.fault(self.expected - 1, kind, f"the newest entry should be {head[0]} with its hash")
