"""Do the tables of joint measures say what the log says: every act again, and every proposal by its hash."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from creditscore.core.canonical import canonical, hash_text
from creditscore.core.days import iso
from creditscore.core.errors import StoreDiffers
from creditscore.measures.register import ACT_COLUMNS, EVENT, PROPOSAL, REFUSED, split
from creditscore.store import Entry, Log

MATCH = "joint.match"
LoggedAct = tuple[str, str, str, str, str, str, tuple[str, ...]]


def replay(log: Log) -> int:
    """How many acts the log holds on joint measures; StoreDiffers where the tables differ from it.

    What was removed from the log when its retention ended (`remove_payload`) can no longer be compared.
    """
    begun = {
        entry.seq: entry for entry in log.entries() if entry.phase == "begun" and entry.action.startswith("joint.")
    }
    ended = {entry.refers_to for entry in log.entries() if entry.phase == "done"}
    acts = _by_entry(log, "joint_act", ACT_COLUMNS, "nr")
    proposals = _by_entry(log, "joint_proposal", PROPOSAL, "on_day, event_id, subject_id, listing_id, measure_id")
    strange = sorted((acts.keys() | proposals.keys()) - (begun.keys() & ended))
    if strange:
        raise _differs(strange[0], "the tables hold what no finished act of the log wrote")
    for seq, entry in begun.items():
        if seq not in ended or entry.data is None:
            continue
        rows = [*map(_act_of_row, acts.get(seq, []))]
        if entry.action == MATCH:
            _proposals(entry, rows, proposals.get(seq, []))
        elif rows != list(_acts_of_entry(entry)):
            raise _differs(seq, "the acts of the table are not those of the log")
    _asked(log, {seq: entry for seq, entry in begun.items() if seq in ended and entry.action == MATCH})
    return sum(map(len, acts.values()))


def _asked(log: Log, matches: Mapping[int, Entry]) -> None:
    """The business events of the matches, and what was not proposed, where their entries hold them.

    An event names no entry of its own: those of matches that no longer say theirs cannot be told from others.
    """
    held = {
        row[0]: hash_text(canonical(list(row))) for row in log.store.rows(f"SELECT {', '.join(EVENT)} FROM joint_event")
    }
    refused = _by_entry(log, "joint_refusal", REFUSED, ", ".join(REFUSED))
    for seq in sorted(refused.keys() - matches.keys()):
        raise _differs(seq, "the tables hold what no finished act of the log wrote")
    asked: dict[str, str] = {}
    for seq, entry in sorted(matches.items()):
        if entry.data is None or "asked" not in entry.data:
            continue
        asked |= entry.data["asked"]
        if any(held.get(event_id) != value for event_id, value in entry.data["asked"].items()):
            raise _differs(seq, "the events of the table are not those of the log")
        if hash_text(canonical([list(row) for row in refused.get(seq, [])])) != entry.data["refusals"]:
            raise _differs(seq, "what was not proposed is not what the log says")
    whole = all(entry.data is not None and "asked" in entry.data for entry in matches.values())
    if whole and (strange := sorted(held.keys() - asked.keys())):
        raise StoreDiffers(
            f"the event {strange[0]!r} stands in no entry of the log",
            where="joint_event",
            next="restore a copy of the store",
        )


def _by_entry(log: Log, table: str, columns: Sequence[str], order: str) -> dict[int, list[tuple[Any, ...]]]:
    results: dict[int, list[tuple[Any, ...]]] = {}
    for seq, *row in log.store.rows(f"SELECT log_seq, {', '.join(columns)} FROM {table} ORDER BY {order}"):
        results.setdefault(seq, []).append(tuple(row))
    return results


def _act_of_row(row: tuple[Any, ...]) -> LoggedAct:
    _, key, act, on, by, reason, number, flags = row
    return key, act, iso(on), by, reason, number, split(flags)


def _acts_of_entry(entry: Entry) -> Iterator[LoggedAct]:
    for row in entry.data:
        flags = tuple(row["acknowledged"])
        yield row["proposal_id"], row["act"], row["on"], entry.actor, row["reason"], row["document_no"], flags


def _proposals(entry: Entry, acts: list[LoggedAct], rows: list[tuple[Any, ...]]) -> None:
    """The proposals of a match: their hash, and that each was proposed, by whoever matched, on the day of its event."""
    on, key = PROPOSAL.index("on_day"), PROPOSAL.index("proposal_id")
    if hash_text(canonical([list(row) for row in rows])) != entry.data["content"]:
        raise _differs(entry.seq, "the proposals of the table are not those of the log")
    if acts != [(row[key], "proposed", iso(row[on]), entry.actor, "", "", ()) for row in rows]:
        raise _differs(entry.seq, "the acts of the table are not those of the log")


def _differs(seq: int, what: str) -> StoreDiffers:
    return StoreDiffers(what, where=f"entry {seq} of the log", next="restore a copy of the store")
