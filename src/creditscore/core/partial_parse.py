"""Data to a model even where parts are wrong: each fault is kept, its part left out, the rest can still be checked."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from creditscore.core.errors import SchemeError
from creditscore.core.messages import LANGS, Message
from creditscore.core.model_keys import unknown_key, wrong_kind
from creditscore.core.quantities import to_micro
from creditscore.core.yaml_source import Fault, KeyPath, Source

M = TypeVar("M", bound=BaseModel)
LARGEST = Decimal(10) ** 12  # amounts in yuan; points are bounded more tightly where they are checked
# What stands in for a key that the head must have, so that the other sections can be checked.
HEAD: dict[str, Any] = {
    "scheme": "unreadable",
    "domain": "unreadable",
    "use": "public_grade",
    "label": dict.fromkeys(LANGS, "?"),
    "period": "day",
    "effective_from": date(2000, 1, 1),
    "checked_on": date(2000, 1, 1),
    "cite": [],
    "evidence": "verified",
    "grades": [],
    "clocks": {},
    "windows": {},
    "admit": {"clock": "", "window": ""},
    "items": {},
    "decide": [],
}


def salvage(source: Source, model: type[M]) -> M | None:
    """`source.data` as `model` without the parts that are wrong; None where nothing is left to check."""
    if source.data is None:
        return None
    if not isinstance(source.data, dict):
        source.fault((), Message("core.file_no_mapping"), "E102")
        return None
    data = copy.deepcopy(source.data)
    _numbers(data, (), source)
    for _ in range(30):
        try:
            result = model.model_validate(data)
        except ValidationError as error:
            removed = set(_faults(error, data, source, model))
            if not removed:
                return None
            for path in sorted(removed, key=_order, reverse=True):
                _remove(data, path, source)
        else:
            source.salvaged = bool(source.pruned)
            return result
    return None


def _order(path: KeyPath) -> tuple[tuple[int, int, str], ...]:
    return tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in path)


def _numbers(value: Any, path: KeyPath, source: Source) -> Any:
    """Numbers as they are kept: what has more than six decimals or is too large is a fault, and rounded to go on."""
    if isinstance(value, dict):
        for key in value:
            value[key] = _numbers(value[key], (*path, key), source)
    elif isinstance(value, list):
        value[:] = [_numbers(element, (*path, i), source) for i, element in enumerate(value)]
    elif isinstance(value, Decimal) or (isinstance(value, int) and not isinstance(value, bool)):
        wrong, spare = None, Decimal(1)
        if not -LARGEST <= Decimal(value) <= LARGEST:
            wrong = Message("core.number_too_large", number=value, most=f"{LARGEST:f}")
        else:
            try:
                to_micro(value)
            except ValueError:
                wrong, spare = Message("core.number_too_exact", number=value), round(Decimal(value), 6)
        if wrong is not None:
            source.fault(path, wrong, "E110")
            source.pruned.add(path)
            return spare
    return value


def _faults(error: ValidationError, data: Any, source: Source, model: type[BaseModel]) -> Iterator[KeyPath]:
    """Report each detail that does not follow from a part already left out; yields what must go next."""
    reported = set()
    for detail in error.errors():
        path, there = _key_path(detail["loc"], data)
        code, message = _message(detail, model)
        if not source.touches_pruned(path) and (path, message) not in reported:
            reported.add((path, message))
            source.fault(path, message, code)
        if detail["type"] == "missing":
            yield path if len(path) == 1 else path[:-1]
        elif there and path:
            yield path
        if detail["type"] != "extra_forbidden":
            source.pruned.add(source.original(path))


def _key_path(loc: tuple[Any, ...], data: Any) -> tuple[KeyPath, bool]:
    """The part of pydantic's location that exists in the data, or that and the missing key; whether it exists."""
    path: KeyPath = ()
    there = True
    for part in loc:
        if (isinstance(data, dict) and part in data) or (
            isinstance(data, list) and isinstance(part, int) and part < len(data)
        ):
            data, path = data[part], (*path, part)
        elif isinstance(data, dict) and isinstance(part, str) and part == loc[-1]:
            path, there = (*path, part), False
    return path, there


def _remove(data: Any, path: KeyPath, source: Source) -> None:
    """Take a part out and remember it, and the names that go with it."""
    holder = data
    for part in path[:-1]:
        holder = holder[part]
    last, original = path[-1], source.original(path)
    gone = holder.get(last) if isinstance(holder, dict) else holder[last]
    if len(path) == 1 and last in HEAD:
        source.pruned.add(original)
        source.lost.update(_names(gone))
        holder[last] = copy.deepcopy(HEAD[last])
        if last in ("period", "effective_from"):
            year = data.get("period") == "year" if last == "effective_from" else _year(data.get("effective_from"))
            holder[last] = {"period": "year" if year else "day", "effective_from": 2000 if year else date(2000, 1, 1)}[
                str(last)
            ]
        return
    if isinstance(holder, list):
        above = source.original(path[:-1])
        source.kept.setdefault(above, list(range(len(holder)))).pop(int(last))
        holder.pop(int(last))
    else:
        holder.pop(last, None)
    if isinstance(gone, dict | list) or len(path) <= 2:
        source.pruned.add(original)
        source.lost.update(_names(gone))
        if len(path) == 2 and isinstance(last, str):
            source.lost.add(last)


def _year(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _names(gone: Any) -> Iterator[str]:
    """Names that a part may have brought: ids, codes, tags, keys."""
    if isinstance(gone, dict):
        for key, value in gone.items():
            yield str(key)
            if key in ("id", "code") or isinstance(value, dict | list):
                yield from _names(value)
    elif isinstance(gone, list):
        for value in gone:
            yield from _names(value)
    elif isinstance(gone, str):
        yield gone


def _message(detail: Any, model: type[BaseModel]) -> tuple[str, str | Message]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return "E106", unknown_key(model, detail["loc"])
    if kind == "missing":
        return "E107", Message("core.key_missing")
    if kind == "literal_error":
        return "E108", Message("core.value_not_allowed", value=detail["input"], expected=context.get("expected"))
    given = detail.get("input")
    said_by_model = str(detail["msg"]).removeprefix("Value error, ")
    if "is not an exact number" in said_by_model:
        return "E105", said_by_model
    text = wrong_kind(model, detail["loc"], kind) or said_by_model
    is_short = not isinstance(given, dict | list | BaseModel | None)
    shown = Message("core.fault_of_value", fault=text, value=given) if is_short else text
    return "E109" if kind == "value_error" else "E108", shown


def parse(source: Source, model: type[M]) -> M | None:
    """`source.data` as `model`; None when there were faults (kept in `source.faults`)."""
    result = salvage(source, model)
    return None if source.faults else result


def in_order(faults: Iterable[Fault]) -> list[Fault]:
    return sorted(
        faults, key=lambda fault: (fault.file, fault.severity, fault.line, fault.path, fault.code, str(fault.message))
    )


def raise_faults(faults: Iterable[Fault], docs: str | None = None) -> None:
    """Raise SchemeError with all faults, where there are any; `docs` is the page that explains the keys."""
    ordered = in_order(faults)
    if ordered:
        error = SchemeError(
            "core.faults_of_configuration",
            faults=Message("core.one_fault") if len(ordered) == 1 else Message("core.many_faults", count=len(ordered)),
            listed="\n  ".join(map(str, ordered)),
            next=Message("core.mend_lines_of", docs=docs) if docs else Message("core.mend_lines"),
        )
        error.faults = tuple(ordered)
        raise error
