"""What may stand at a place of a file, read off the models: the keys of a mapping, or the kind of a value."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from typing import Any, get_args

from pydantic import BaseModel

from creditscore.core.messages import Message

# pydantic's type of a fault → what stands here
KINDS = {
    "string_type": Message("core.needs_text"),
    "bool_type": Message("core.needs_true_or_false"),
    "int_type": Message("core.needs_whole_number"),
    "list_type": Message("core.needs_list"),
    "tuple_type": Message("core.needs_list"),
    "date_type": Message("core.needs_day"),
    "dict_type": Message("core.needs_mapping"),
}


def unknown_key(model: type[BaseModel], loc: tuple[Any, ...]) -> Message:
    """What is said of a key that no model at this place has: the ones it might have been, or all."""
    known = sorted(_keys(_at([model], loc[:-1])))
    near = difflib.get_close_matches(str(loc[-1]), known, 1)
    if near:
        return Message("core.unknown_key_meant", near=near[0], known=list_few(known))
    return Message("core.unknown_key", known=list_few(known))


def wrong_kind(model: type[BaseModel], loc: tuple[Any, ...], kind: str) -> Message | None:
    """What belongs here in place of a value of another kind; None where the kind says nothing."""
    if kind.startswith(("model_", "dataclass_")):
        places = list(_at([model], loc))
        known = list_few(sorted(_keys(places)))
        if any(place.__name__ == "Value" for place in places):
            return Message("core.needs_value_or_keys", known=known)
        return Message("core.needs_keys", known=known)
    return KINDS.get(kind)


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
