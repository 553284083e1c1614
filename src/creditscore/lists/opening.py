"""How a case begins: its name, and what the opening event says of it."""

from __future__ import annotations

import hashlib
from typing import Any

from creditscore.core.days import iso
from creditscore.lists.events import Event, StepFields, as_json, day


def opened(event: Event, kind: str) -> dict[str, Any]:
    """The case as its first event describes it."""
    args = event.args
    return {
        "subject_id": args["subject"],
        "list": args["list"],
        "kind": kind,
        "scheme": args["scheme"],
        "triggers": list(args.get("triggers", [])),
        "records": list(args.get("records", [])),
        "dates": {name: day(argument, name) for name, argument in args.get("dates", {}).items()},
    }


def case_id_of(key: str, who: str, content: list[Any], step_fields: StepFields) -> str:
    """The name of a case: the list, and a hash of whom, on what, since when."""
    whole = as_json([who, *content, iso(day(step_fields["on"], "on"))])
    return f"{key}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"
