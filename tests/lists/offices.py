"""Cases played on a store as an office would, step by step, by the people and on the papers of `players`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from creditscore.lists.entries import Expired, expire_entries
from creditscore.lists.workflow import make_registry
from creditscore.store.fold import Stream
from creditscore.store.store import Store
from tests.lists.players import FILLED, PAPER, PEOPLE, A

REGISTRY = make_registry()
OPENING = ("propose", "take_over", "revoke")
EMPTY: tuple[Any, ...] = (None, "", [], {}, False, ())


class Office:
    """An open store and whoever acts in it."""

    def __init__(self, address: str) -> None:
        self.store = Store(address, REGISTRY)

    def play(self, case: str, action: str, given: Mapping[str, Any]) -> tuple[str, Expired | None]:
        """Take one step of a case in YAML; return the case it concerns, and what `expire` reports."""
        given = {**given.get("like", {}), **{name: value for name, value in given.items() if name != "like"}}
        data = as_texts({"by": PEOPLE.get(action, "zhang.min"), **PAPER, **FILLED.get(action, {}), **given})
        day, by, known_on = data.pop("on"), data.pop("by"), data.pop("recorded_on", None)
        if action == "expire":
            return case, expire_entries(self.store, day, by=by)
        if action == "correct":
            data["number"] = data.pop("no")
        if action in ("propose", "take_over"):
            data.setdefault("subject", A)
        if action == "revoke":
            data["of"] = case
        on = "" if action in OPENING else case
        filled = {name: value for name, value in data.items() if value != ""}  # nobody gives an empty text
        return self.store.act("listing", action, on, by=by, on=day, known_on=known_on, **filled).name, None

    def enter(self, key: str, scheme: str, on: str, **more: Any) -> str:
        """Keep an entry of another office: the shortest way to something that runs."""
        return self.play("", "take_over", {"list": key, "scheme": scheme, "on": on, **more})[0]

    def give_notice(self, on: str = "2023-01-18", **more: Any) -> str:
        """Propose an entry for the list of wage arrears, and give notice on the same day."""
        given = {"list": "wage_arrears", "scheme": "wage_arrears@2022", "trigger": "to_be_noticed", "records": ["r1"]}
        case, _ = self.play("", "propose", {**given, "on": on, **more})
        return self.play(case, "notice", {"on": on})[0]


def as_texts(value: Any) -> Any:
    """Write days as texts, as acts take them."""
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: as_texts(inner) for name, inner in value.items()}
    return [as_texts(inner) for inner in value] if isinstance(value, list | tuple) else value


def read_field(case: Stream, name: str) -> Any:
    """Return a field of a case as cases in YAML name it; None where nothing is known."""
    value = {**case.fields, "state": case.state, "subject_id": case.subject}.get(name)
    if name == "applied" and value:
        value = {key: inner for key, inner in value.items() if inner is not None}
    return None if value in EMPTY else value


def as_known(value: Any) -> Any:
    """Write a value of a case in YAML as `read_field` gives it."""
    value = as_texts(value)
    return None if value in EMPTY else value
