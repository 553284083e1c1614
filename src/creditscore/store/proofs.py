"""Proofs that an act is in a log, for outsiders: the act, its signature, and for each event a path to an anchored root.

A proof shows nothing of other acts but hashes, and is checked without the store (RFC 6962).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from creditscore.core.boundary import described
from creditscore.core.errors import DifferenceError, InputError, StoreDiffers, UsageError
from creditscore.store.keys import check_signature, identify
from creditscore.store.log import Event, find_fault, message_of, read_event
from creditscore.store.merkle import check_inclusion, compute_root, hash_leaf, prove_consistency, prove_inclusion
from creditscore.store.notes import Checkpoint, read_checkpoint, read_note
from creditscore.store.tables import event as event_table

if TYPE_CHECKING:
    from creditscore.store.store import Store

FORMAT = 1


def prove_act(store: Store, seq: int, *, checkpoint: str = "") -> dict[str, Any]:
    """Prove that the act to which an event belongs is in the log.

    Parameters
    ----------
    store
        The open store.
    seq
        The number of one of its events.
    checkpoint
        The anchor under which it is proved; the newest head where none is given.

    Returns
    -------
    dict
        JSON for `check_act`: the rows of its events, the public key of who signed, the paths, the anchor.

    Raises
    ------
    UsageError
        For an event that is not there, or that the anchor does not hold.
    StoreDiffers
        Where the log is not the one that was anchored.
    """
    note = checkpoint or store.checkpoint()
    anchor = _read_anchor(note)
    with store.reading() as connection:
        act = connection.execute(sa.select(event_table.c.act).where(event_table.c.seq == seq)).scalar()
        query = sa.select(event_table).where(event_table.c.act == act).order_by(event_table.c.seq)
        rows = [dict(row) for row in connection.execute(query).mappings()]
        hashes = sa.select(event_table.c.hash).where(event_table.c.seq < anchor.size).order_by(event_table.c.seq)
        leaves = [hash_leaf(bytes.fromhex(text)) for text in connection.execute(hashes).scalars()]
    if not rows or rows[-1]["seq"] >= len(leaves):
        raise UsageError(
            "store.event_not_held_anchor",
            seq=seq,
            count=len(leaves) - 1,
            where=store.database.shown,
            next="give a newer anchor" if rows else "name an event that is there",
        )
    if len(leaves) != anchor.size or compute_root(leaves) != anchor.root:
        raise StoreDiffers("store.log_not_anchored", where=store.database.shown)
    public = store.people().public_keys.get(rows[-1]["key_id"], "")
    paths = [[node.hex() for node in prove_inclusion(row["seq"], leaves)] for row in rows]
    return {"format": FORMAT, "checkpoint": note, "public": public, "events": rows, "paths": paths}


def check_act(proof: Mapping[str, Any], *, checkpoint: str = "", public: str = "") -> list[Event]:
    """Check a proof without the store.

    Parameters
    ----------
    proof
        What `prove_act` returned, or the same read from JSON.
    checkpoint
        An anchor that is held elsewhere: it must be the proof's. Without it, the proof's own is taken at its word.
    public
        The public key of who acted, known from elsewhere; without it, the proof's own is taken at its word.

    Returns
    -------
    list of Event
        The events of the act, in their order.

    Raises
    ------
    InputError
        For what is no proof.
    DifferenceError
        Where it does not prove what it says.
    """
    try:
        if proof["format"] != FORMAT:
            raise InputError("store.proof_format", format=proof["format"], allowed=str(FORMAT))
        anchor, rows, paths = _read_anchor(proof["checkpoint"]), list(proof["events"]), list(proof["paths"])
        fault = _find_fault(anchor, rows, paths, public or str(proof["public"]))
        if checkpoint and _read_anchor(checkpoint) != anchor:
            fault = "its anchor is not the one that is held elsewhere"
        events = [read_event(row) for row in rows]
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        raise InputError("store.no_proof_act", described=described(error)) from error
    if fault is not None:
        raise DifferenceError("store.proof_not_hold", fault=fault)
    return events


def prove_growth(store: Store, older: str, newer: str = "") -> list[str]:
    """Return the hashes that prove that the log of a newer anchor continues that of an older one (RFC 6962)."""
    first, last = _read_anchor(older), _read_anchor(newer or store.checkpoint())
    with store.reading() as connection:
        hashes = sa.select(event_table.c.hash).where(event_table.c.seq < last.size).order_by(event_table.c.seq)
        leaves = [hash_leaf(bytes.fromhex(text)) for text in connection.execute(hashes).scalars()]
    return [node.hex() for node in prove_consistency(first.size, leaves)]


def _find_fault(anchor: Checkpoint, rows: list[dict[str, Any]], paths: list[list[str]], public: str) -> str | None:
    for place, (row, path) in enumerate(zip(rows, paths, strict=True)):
        if fault := find_fault(row):
            return f"event {row['seq']}: {fault}"
        if row["act"] != rows[0]["seq"] or row["seq"] != rows[0]["seq"] + place:
            return f"event {row['seq']} is not of this act"
        leaf = hash_leaf(bytes.fromhex(row["hash"]))
        if not check_inclusion(leaf, row["seq"], anchor.size, [bytes.fromhex(node) for node in path], anchor.root):
            return f"event {row['seq']} is not in the log of the anchor"
    last = rows[-1]
    if not last["key_id"]:
        return None  # a log of mode `open`: nobody signed
    if identify(public) != last["key_id"]:
        return "the public key is not the one that signed"
    if not check_signature(public, message_of(last["hash"]), bytes.fromhex(last["signature"])):
        return "the signature is not of this key"
    return None


def _read_anchor(note: str) -> Checkpoint:
    return read_checkpoint(read_note(note, unsigned=True)[0])
