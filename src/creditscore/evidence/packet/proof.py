"""The proof in a packet that the newest decided step of its case stands in the log of the office, under a head."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.core.identity import redact
from creditscore.evidence.case_file import graded_in_short
from creditscore.evidence.packet.form import line_of
from creditscore.objections.workflow import PREFIX
from creditscore.store.log import Event
from creditscore.store.notes import read_checkpoint, read_note
from creditscore.store.proofs import FORMAT, check_act, prove_act

if TYPE_CHECKING:
    from creditscore.store.store import Store

Row = Mapping[str, str]
STEPS = ("decided", "opened")  # of which one is proved: the first that the case has


def prove_case(store: Store, case_id: str) -> list[Row]:
    """Prove that a case was decided, or where it is open that it was opened, as rows of a packet.

    Parameters
    ----------
    store
        The open store.
    case_id
        `C2026-0001`.

    Returns
    -------
    list of dict
        `name` and `value`: the note of the newest head, the public key of who signed, each event of the act and its
        path. What the events say stands only with the decision, and there only where it holds no number of a person;
        the hash of what is left out remains.
    """
    stream = store.read(PREFIX + case_id)
    steps = {event.name: event for event in stream.events}
    step = next(steps[name] for name in STEPS if name in steps)
    proof = prove_act(store, step.seq)
    rows: list[Row] = [{"name": "format", "value": str(proof["format"])}]
    rows += [{"name": name, "value": proof[name]} for name in ("checkpoint", "public")]
    is_told = step.name == "decided" and stream.payload_of(step) == step.payload
    for event, path in zip(proof["events"], proof["paths"], strict=True):
        is_shown = is_told and event["seq"] == step.seq and redact(event["payload"]) == event["payload"]
        row = event if is_shown else {**event, "payload": None}
        rows += [{"name": "event", "value": line_of(row)}, {"name": "path", "value": " ".join(path)}]
    return rows


def read_proof(rows: Sequence[Row]) -> dict[str, Any]:
    """Read the rows of a packet as `check_act` takes a proof."""
    single = {row["name"]: row["value"] for row in rows}
    return {
        "format": int(single.get("format", FORMAT)),
        "checkpoint": single.get("checkpoint", ""),
        "public": single.get("public", ""),
        "events": [json.loads(row["value"]) for row in rows if row["name"] == "event"],
        "paths": [row["value"].split() for row in rows if row["name"] == "path"],
    }


def find_proof_fault(rows: Sequence[Row], case: Sequence[Mapping[str, str]], *, checkpoint: str = "") -> str:
    """Say why the proof of a packet does not hold, or proves another case; empty where it holds.

    Parameters
    ----------
    rows
        The rows of the proof.
    case
        The rows of the case in the same packet.
    checkpoint
        A note of the log that is held elsewhere; without it the proof's own is taken at its word.
    """
    try:
        events = check_act(read_proof(rows), checkpoint=checkpoint)
    except CreditscoreError as error:
        return error.what
    except (ValueError, TypeError, AttributeError) as error:
        return f"{type(error).__name__}: {error}"
    return _find_other(events, case)


def _find_other(events: Sequence[Event], case: Sequence[Mapping[str, str]]) -> str:
    """What the proved events say otherwise than the rows of the case; empty where they agree."""
    head = next((row for row in case if row.get("what") == "case"), {})
    name = f"{PREFIX}{head.get('case_id', '')}"
    step = next((event for event in events if event.stream == name and event.name in STEPS), None)
    if step is None:
        return f"it proves no step of case {head.get('case_id', '')}"
    decision = next((row for row in case if row.get("what") == "decision"), None)
    if (step.name == "decided") != (decision is not None):
        return f"it proves that the case was {step.name}"
    day = head.get("day") if decision is None else decision.get("day")
    if step.on_day != day and step.payload is not None:
        return f"the log says {step.on_day}, not {day}"
    if decision is None or step.payload is None:
        return ""
    values = step.payload["set"]
    wanted = {"reason": redact(values["reason"])}
    wanted |= {side: redact(graded_in_short(values[side])) for side in ("before", "after")}
    other = [name for name, text in wanted.items() if decision.get(name) != text]
    return f"the log says otherwise: {', '.join(other)}" if other else ""


def require_proof(packet: Mapping[str, Any], checkpoint: str) -> str:
    """Hold the proof of a packet against a note that is held elsewhere; the size of the log that the note fixes.

    Raises
    ------
    UsageError
        For a packet without a proof.
    DifferenceError
        Where the note is not the one under which it was proved.
    """
    rows = packet["inputs"].get("proof")
    if not rows:
        raise UsageError(
            "this packet holds no proof",
            where="--held",
            allowed="the packet of a case on a log",
            next="leave --held away",
        )
    check_act(read_proof(rows), checkpoint=checkpoint)
    return str(read_checkpoint(read_note(checkpoint, unsigned=True)[0]).size)


def describe_proof(rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Name what is proved, for a page: the events, and name, size and root of the log; nothing without a proof."""
    if not rows:
        return []
    proof = read_proof(rows)
    anchor = read_checkpoint(read_note(proof["checkpoint"], unsigned=True)[0])
    named = [("event", f"{event['seq']} {event['kind']} {event['hash']}") for event in proof["events"]]
    return [*named, ("log", anchor.origin), ("log_size", str(anchor.size)), ("log_root", anchor.root.hex())]
