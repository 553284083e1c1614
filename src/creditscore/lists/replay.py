"""Does the book of a store say what the log says: every step again."""

from __future__ import annotations

from typing import Any

from creditscore.core.errors import StoreDiffers
from creditscore.lists.events import COLUMNS
from creditscore.store import Log


def replay(log: Log) -> int:
    """How many steps the log holds on lists; StoreDiffers where the book differs from it.

    What was removed from the log when its retention ended can no longer be compared.
    """
    begun = {entry.seq: entry for entry in log.entries() if entry.phase == "begun" and entry.action.startswith("list.")}
    ended = {entry.refers_to for entry in log.entries() if entry.phase == "done"}
    listed = ", ".join(f'"{name}"' for name in COLUMNS)
    held: dict[int, list[dict[str, Any]]] = {}
    for seq, *row in log.store.rows(f"SELECT entry, {listed} FROM list_events ORDER BY place"):
        held.setdefault(seq, []).append(dict(zip(COLUMNS, row, strict=True)))
    strange = sorted(held.keys() - (begun.keys() & ended))
    if strange:
        raise _differs(strange[0], "the book holds what no finished act of the log wrote")
    for seq, entry in begun.items():
        if seq not in ended or entry.data is None:
            continue
        rows = [
            {**row, "on": row["on"].isoformat(), "recorded_on": row["recorded_on"].isoformat()}
            for row in held.get(seq, [])
        ]
        if rows != entry.data:
            raise _differs(seq, "the steps of the book are not those of the log")
    return sum(map(len, held.values()))


def _differs(seq: int, what: str) -> StoreDiffers:
    return StoreDiffers(what, where=f"entry {seq} of the log", next="restore a copy of the store")
