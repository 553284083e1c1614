"""What an event of the store itself may say and where it may stand: asked before it is written, and by `verify`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.store.declarations import StreamType
from creditscore.store.fold import Stream
from creditscore.store.log import Event
from creditscore.store.people import PERSON, People
from creditscore.store.streams import TASK_KINDS
from creditscore.store.values import check_values

PAYLOAD = frozenset({"given", "set", "parts", "basis", "tasks", "because", "replaced", "salt"})


@dataclass(frozen=True)
class Shape:
    """What one kind of event says.

    Parameters
    ----------
    fields
        The fields that it sets; those with a question mark may be left out.
    part, cells
        The part to which it adds one row, or in which it changes one, and the cells beside `number`.
    begins
        Whether it is the first of its stream.
    before, after
        The states before and after it; `before` None: any.
    """

    fields: str = ""
    part: str = ""
    cells: str = ""
    begins: bool = False
    before: str | None = None
    after: str = ""


SHAPES: Mapping[str, Shape] = {
    "log.opened": Shape("format mode zone", begins=True, after="open"),
    "person.added": Shape("name office?", begins=True),
    "person.renamed": Shape("name"),
    "person.left": Shape("left_on"),
    "person.key_added": Shape(part="keys", cells="key_id public"),
    "person.key_revoked": Shape(part="keys", cells="revoked_on reason?"),
    "person.role_granted": Shape(part="grants", cells="role office? domain? act?"),
    "person.role_withdrawn": Shape(part="grants", cells="withdrawn_on reason?"),
    "workflow.declared": Shape("declaration digest newest", begins=True, after="declared"),
    "witness.added": Shape("address", begins=True, after="added"),
    "witness.removed": Shape("removed_on reason?", before="added", after="removed"),
    "effect.asked": Shape("what to content because tries", begins=True, after="open"),
    "effect.done": Shape("result done_on tries", before="open", after="done"),
    "effect.failed": Shape("failed tries", before="open", after="open"),
    "run.kept": Shape(
        "kind scheme version period known_at snapshot? snapshot_path? manifest files rows root checked inputs? beside?",
        begins=True,
        after="kept",
    ),
    "retention.erased": Shape("of reason article? versions erased_on", after="erased"),
}


def find_misfit(
    kind: str, payload: Mapping[str, Any], own_type: StreamType | None, version: int, before: str, after: str
) -> str | None:
    """Say why an event cannot be of its kind; None where nothing speaks against it.

    Parameters
    ----------
    kind, payload
        What happened, and what it says.
    own_type
        The kind of its stream; None for cases of a workflow.
    version
        Which event of its stream it is, from 0.
    before, after
        The state of the stream before and after it.
    """
    if strange := {*payload} - PAYLOAD:
        return f"it says {', '.join(sorted(strange))}, which no event says"
    shape = SHAPES.get(kind)
    if own_type is not None:
        if kind not in own_type.events and kind not in TASK_KINDS:
            return f"no stream {own_type.name}/… has such an event"
        if fault := _check_types(payload, own_type):
            return fault
    if shape is None:
        return None
    if shape.begins and version:
        return "it begins a stream, and something stands before it"
    if shape.before is not None and before != shape.before:
        return f"it cannot follow {before or 'nothing'}"
    if after != shape.after:
        return f"it does not lead to {after or 'no state'}"
    return _check_shape(shape, payload)


def require_fitting(types: Mapping[str, StreamType], stream: Stream, event: Event, people: People) -> None:
    """Raise UsageError where an event says what its kind cannot say, or reaches beyond the right of its actor.

    Parameters
    ----------
    types
        The kinds of streams, by name.
    stream
        The stream before the event.
    event
        What was appended.
    people
        All persons before it; an event about one is taken.
    """
    own_type, payload = types.get(stream.kind), event.payload or {}
    fault = find_misfit(event.kind, payload, own_type, event.version, stream.state, event.state)
    if fault is None and event.kind in PERSON.events:
        fault = people.find_misfit(event)
        if fault is None and event.act and people.holds_roles(event.act):
            fault = people.find_excess(event.actor, event, event.act)
        if fault is None:
            people.take(event)
    if fault is not None:
        raise UsageError("store.message", kind=event.kind, fault=fault, where=event.stream)


def _check_shape(shape: Shape, payload: Mapping[str, Any]) -> str | None:
    parts = payload.get("parts", {})
    if {*payload} & {"given", "basis", "tasks", "replaced"} or {*parts} - {shape.part}:
        return "it says more than an event of its kind"
    if fault := _check_names(shape.fields, payload.get("set", {})):
        return fault
    if not shape.part:
        return None
    rows = parts.get(shape.part, ())
    if len(rows) != 1:
        return f"it is about {len(rows)} {shape.part}"
    return _check_names(f"number {shape.cells}", rows[0])


def _check_names(declared: str, values: Mapping[str, Any]) -> str | None:
    names = declared.split()
    needed = {name for name in names if not name.endswith("?")}
    if missing := {name for name in needed if values.get(name) is None}:
        return f"it does not say {', '.join(sorted(missing))}"
    if more := {*values} - {name.rstrip("?") for name in names}:
        return f"it says {', '.join(sorted(more))} too"
    return None


def _check_types(payload: Mapping[str, Any], own_type: StreamType) -> str | None:
    try:
        check_values(own_type.fields, payload.get("set", {}), "")
        for part, rows in payload.get("parts", {}).items():
            if part not in own_type.parts:
                return f"there is no part {part}"
            for row in rows:
                if not isinstance(row.get("number"), int):
                    return f"a row of {part} has no number"
                check_values({**own_type.parts[part], "number": "number"}, row, "")
    except CreditscoreError as error:
        return error.what
    except (AttributeError, TypeError):
        return "its payload has another form than the store writes"
    return None
