"""Values as a declaration has them: what is given to an act, and what fields hold; no resident's number among them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError, create_model

from creditscore.core.errors import UsageError
from creditscore.core.i18n import catalogue, language, phrase
from creditscore.core.identity import is_resident
from creditscore.core.model import Label
from creditscore.store.declarations import TYPES, Workflow

SHORTEST_NUMBER = 15  # digits of a resident's number
HASH = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])")  # whose digits are nobody's number
MODELS: dict[tuple[str, str, str], type[BaseModel]] = {}  # by workflow, its text and act


def _say_fault(fault: Mapping[str, Any]) -> Label:
    """What is wrong with a value: in Chinese by the kind of the fault, in English as the reader of values says it."""
    kind = str(fault["type"])
    codes = catalogue()["value_faults"]
    return Label(zh=phrase("value_faults", kind if kind in codes else "other", "zh"), en=str(fault["msg"]))


def make_given_model(workflow: Workflow, act: str) -> type[BaseModel]:
    """Make the model of what is given to an act; unknown names are refused."""
    key = (workflow.id, workflow.digest, act)
    if key in MODELS:
        return MODELS[key]
    rule = workflow.acts[act]
    fields: dict[str, Any] = {name: (TYPES[kind], ...) for name, kind in rule.give.items()}
    fields |= {name: (TYPES[kind] | None if kind != "data" else Any, None) for name, kind in rule.may.items()}
    config = ConfigDict(extra="forbid", strict=True)
    MODELS[key] = create_model(f"{workflow.workflow}_{act}", __config__=config, **fields)
    return MODELS[key]


def as_plain(value: Any) -> Any:
    """Return a value as JSON has it: a day as its text, a sequence as a list."""
    if type(value) is date:
        return value.isoformat()
    if isinstance(value, Mapping):
        return {name: as_plain(inner) for name, inner in value.items()}
    return [as_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def check_given(workflow: Workflow, act: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Check what is given to an act, and return it without what was left out; UsageError names every fault."""
    try:
        model = make_given_model(workflow, act).model_validate(given)
    except ValidationError as error:
        rule, optional = workflow.acts[act], phrase("value_faults", "optional", language())
        faults = [(".".join(map(str, fault["loc"])), _say_fault(fault)) for fault in error.errors()]
        wrong = Label(
            zh="；".join(f"{place}：{fault.zh}" for place, fault in faults),
            en="; ".join(f"{place}: {fault.en}" for place, fault in faults),
        )
        raise UsageError(
            "store.given_not_fit",
            wrong=wrong,
            id=workflow.id,
            act=act,
            allowed=", ".join(
                [f"{name} ({kind})" for name, kind in rule.give.items()]
                + [f"{name} ({kind}{optional})" for name, kind in rule.may.items()]
            )
            or phrase("value_faults", "nothing", language()),
        ) from error
    checked = {name: value for name, value in model.model_dump().items() if value is not None}
    check_no_resident(checked, f"{workflow.id}, act {act}")
    return checked


def find_resident(value: Any) -> tuple[str, ...] | None:
    """Find the keys that lead to a resident identity number in a value; None where there is none."""
    if isinstance(value, str):
        return () if len(value) >= SHORTEST_NUMBER and is_resident(HASH.sub("", value)) else None
    if isinstance(value, Mapping):
        for key, inner in value.items():
            if find_resident(str(key)) is not None:
                return ()
            if (keys := find_resident(inner)) is not None:
                return (str(key), *keys)
    elif isinstance(value, list | tuple):
        for inner in value:
            if (keys := find_resident(inner)) is not None:
                return keys
    return None


def check_no_resident(value: Any, where: str) -> None:
    """Raise UsageError, which does not repeat it, where a resident identity number stands in a value."""
    if (keys := find_resident(value)) is not None:
        name = ".".join(keys)
        raise UsageError("store.resident_identity_number_stands", value=name or "what is given", where=where)


@cache
def _value_model(kind: str) -> Any:
    from pydantic import TypeAdapter

    return TypeAdapter(TYPES[kind], config=None).validator.validate_python


def check_values(types: Mapping[str, str], values: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Check values of fields against their types; UsageError for a wrong one, or for a field that is not declared."""
    checked: dict[str, Any] = {}
    for name, value in values.items():
        if name not in types:
            raise UsageError("store.no_field", name=name, where=where, allowed=types)
        if value is None or value == "":
            checked[name] = None
            continue
        try:
            checked[name] = _value_model(types[name])(value, strict=True)
        except ValidationError as error:
            raise UsageError(
                "store.no_2", name=name, types=types[name], msg=_say_fault(error.errors()[0]), where=where
            ) from error
    return checked
