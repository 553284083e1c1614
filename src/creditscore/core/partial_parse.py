"""Data to a model even where parts are wrong: each fault is kept, its part left out, the rest can still be checked."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from creditscore.core.errors import SchemeError
from creditscore.core.messages import LANGS
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
        source.fault((), "the file must be a mapping of keys", "E102")
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
        wrong, spare = "", Decimal(1)
        if not -LARGEST <= Decimal(value) <= LARGEST:
            wrong = f"{value} is too large; at most {LARGEST:f}"
        else:
            try:
                to_micro(value)
            except ValueError:
                wrong, spare = f"{value} has more than six decimals", round(Decimal(value), 6)
        if wrong:
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


def _message(detail: Any, model: type[BaseModel]) -> tuple[str, str]:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return "E106", unknown_key(model, detail["loc"])
    if kind == "missing":
        return "E107", "required key is missing"
    if kind == "literal_error":
        return "E108", f"{detail['input']!r} is not allowed here; allowed are {context.get('expected')}"
    given = detail.get("input")
    text = str(detail["msg"]).removeprefix("Value error, ")
    text = wrong_kind(model, detail["loc"], kind) or text
    shown = text if isinstance(given, dict | list | BaseModel) or given is None else f"{text} (here {given!r})"
    if "is not an exact number" in text:
        return "E105", text
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
        explained = (
            f"{docs} explains every key" if docs else "docs/checks.md explains each code, docs/schemes.md every key"
        )
        error = SchemeError(
            f"{len(ordered)} fault{'s' if len(ordered) > 1 else ''} in the configuration:\n  "
            + "\n  ".join(str(fault) for fault in ordered),
            next=f"mend the lines named above; {explained}",
        )
        error.faults = tuple(ordered)
        raise error
