"""What may stand at a place of a file, read off the models: the keys of a mapping, or the kind of a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel

# pydantic's type of a fault → what stands here
KINDS = {
    "string_type": "a text; words such as no, yes, on and numbers need quotes to be one",
    "bool_type": "true or false",
    "int_type": "a whole number",
    "list_type": "a list: [one, two]",
    "tuple_type": "a list: [one, two]",
    "date_type": "a day: 2024-12-31",
    "dict_type": "a mapping: {key: value}",
}


def unknown_key(model: type[BaseModel], loc: tuple[Any, ...]) -> str:
    """What is said of a key that no model at this place has: the ones it might have been, or all."""
    known = sorted(_keys(_at([model], loc[:-1])))
    near = difflib.get_close_matches(str(loc[-1]), known, 1)
    meant = f"did you mean {near[0]}? " if near else ""
    return f"unknown key; {meant}allowed are {list_few(known)}" if known else "unknown key"


def wrong_kind(model: type[BaseModel], loc: tuple[Any, ...], kind: str) -> str:
    """What belongs here in place of a value of another kind; empty where the kind says nothing."""
    if kind in KINDS:
        return f"needs {KINDS[kind]}"
    if kind.startswith(("model_", "dataclass_")):
        places = list(_at([model], loc))
        short = "a number, unknown, or " if any(place.__name__ == "Value" for place in places) else ""
        return f"needs {short}a mapping with keys among {list_few(sorted(_keys(places)))}"
    return ""


def _keys(models: Iterable[type[BaseModel]]) -> set[str]:
    return {field.alias or name for model in models for name, field in model.model_fields.items()}


def _at(models: Iterable[type[BaseModel]], loc: tuple[Any, ...]) -> Iterator[type[BaseModel]]:
    """The models that may stand at a location; what is no key there (places in lists, names, tags) is stepped over."""
    model_classes = list(models)
    for part in loc:
        fields = [
            field.annotation
            for value in model_classes
            for name, field in value.model_fields.items()
            if part in (name, field.alias)
        ]
        if fields:
            model_classes = [model for annotation in fields for model in _models(annotation)]
    yield from model_classes


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    """The models inside an annotation: of a list, a mapping, an alternative."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for inner in get_args(annotation):
        yield from _models(inner)


def list_few(values: Any) -> str:
    """What is allowed, for a message: at most twelve of them."""
    listed = sorted(map(str, values))
    return ", ".join(listed[:12]) + (f" … ({len(listed)} in all)" if len(listed) > 12 else "") or "none"
