"""What the names of a condition are: truths, numbers, texts or dates, and whether a condition fits them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

from creditscore.core.days import to_day
from creditscore.schemes.expressions import Node
from creditscore.schemes.model import Fact, Scheme
from creditscore.schemes.parts import DATES

Kind = Literal["bool", "number", "text", "date"]
SUBJECT_COLUMNS = ("kind", "region", "district", "industry", "size", "ownership")
RECORD: dict[str, Kind] = {
    "quantity": "number",
    "amount": "number",
    "act_id": "text",
    "source": "text",
    "document_no": "text",
    "basis": "text",
    "item": "text",
    **dict.fromkeys(DATES, "date"),
}
ASSESSED: dict[str, Kind] = {
    "corrected": "bool",
    "corrected_share": "number",
    "corrected_on": "date",  # the newest correction
    "standing": "bool",
    "net": "number",
    "repair_window": "text",
    "disputed": "bool",
    "status": "text",
}
HISTORY: dict[str, Kind] = dict.fromkeys(("grade", "route", "state", "status", "scheme"), "text")
LISTINGS: dict[str, Kind] = {
    "list": "text",
    "exit_reason": "text",
    "basis": "text",
    "entered_on": "date",
    "term_end": "date",
    "exited_on": "date",
}
MOMENTS: dict[str, Kind] = {"as_of": "date", "known_at": "date"}


def record_names(scheme: Scheme, assessed: bool = True) -> dict[str, Kind]:
    """What a condition over one record may name; `assessed`: also what follows from its corrections and subject."""
    own: dict[str, Kind] = {name: attribute.type for name, attribute in scheme.record_attributes.items()}
    return {**RECORD, **(ASSESSED | _lookups(scheme) if assessed else {}), **MOMENTS, **own}


def subject_names(scheme: Scheme) -> dict[str, Kind]:
    """What a condition over one subject may name."""
    names: dict[str, Kind] = dict.fromkeys(SUBJECT_COLUMNS, "text")
    names |= {"period": "number", "score": "number", "registered_on": "date", **MOMENTS, **_lookups(scheme)}
    names |= {name: attribute.type for name, attribute in scheme.attributes.items()}
    return names | {name: fact_kind(fact) for name, fact in scheme.facts.items()}


def fact_names(scheme: Scheme, fact: Fact) -> dict[str, Kind]:
    """What the `where` of a fact may name."""
    if fact.of == "records":
        return record_names(scheme)
    return {"history": HISTORY, "listings": LISTINGS | MOMENTS}.get(fact.of) or subject_names(scheme)


def fact_kind(fact: Fact) -> Kind:
    if fact.take == "any":
        return "bool"
    if fact.take == "newest":
        return "text"
    return "date" if fact.take in ("latest", "earliest") else "number"


def _lookups(scheme: Scheme) -> dict[str, Kind]:
    return {f"{table}_{column}": "number" for table, lookup in scheme.lookups.items() for column in lookup.columns}


def typed(tree: Node, kinds: Mapping[str, Kind]) -> Node:
    """The condition with comparisons of dates marked as such; ValueError where a name or a comparison does not fit."""
    result, kind = _typed(tree, kinds)
    if kind != "bool":
        raise ValueError(f"is a {kind}, not a condition; compare it with something")
    return result


def _typed(node: Node, kinds: Mapping[str, Kind]) -> tuple[Node, Kind]:
    match node:
        case ("name", name):
            if name not in kinds:
                raise ValueError(f"does not know {name}; there are: {', '.join(sorted(kinds))}")
            return node, kinds[name]
        case ("num", _):
            return node, "number"
        case ("text", _):
            return node, "text"
        case ("bool", _):
            return node, "bool"
        case ("given", inner):
            if _typed(inner, kinds)[1] != "date":
                raise ValueError(f"given() asks whether a date is there; {inner[1]} is no date")
            return node, "bool"
        case ("and" | "or" | "not" as kind, *parts):
            return (kind, *(_need(part, kinds, "bool", kind) for part in parts)), "bool"
        case ("add" | "sub" as kind, left, right):
            return (kind, _need(left, kinds, "number", kind), _need(right, kinds, "number", kind)), "number"
        case ("mul", left, right):
            return ("mul", _need(left, kinds, "number", "mul"), right), "number"
        case ("in", value, *options):
            inner, kind = _typed(value, kinds)
            return ("in", inner, *(_need(option, kinds, kind, "in") for option in options)), "bool"
        case ("cmp", op, left, right):
            a, first = _typed(left, kinds)
            b, second = _typed(right, kinds)
            if {first, second} == {"date", "text"}:  # a day of the calendar stands in a condition as a text
                a, b = (_day(a), b) if first == "text" else (a, _day(b))
                first = second = "date"
            if first != second:
                raise ValueError(f"compares a {first} with a {second}")
            if first in ("bool", "text") and op not in ("=", "<>"):
                raise ValueError(f"puts {first}s in order; only numbers and dates have one")
            return ("dates" if first == "date" else "cmp", op, a, b), "bool"
    raise ValueError(f"{node[0]} is not part of a condition")


def _need(node: Node, kinds: Mapping[str, Kind], wanted: Kind, where: str) -> Node:
    inner, kind = _typed(node, kinds)
    if kind != wanted:
        raise ValueError(f"has a {kind} where {where!r} needs a {wanted}")
    return inner


def _day(node: Node) -> Node:
    """The day that a quoted text names."""
    if node[0] != "text":
        raise ValueError(f"compares a date with the text {node[1]}")
    try:
        day = date.fromisoformat(node[1])
    except ValueError:
        day = None
    if day is None or day.isoformat() != node[1]:
        raise ValueError(f"compares a date with {node[1]!r}, which is no day; write one as '2020-01-31'")
    return ("day", to_day(day))


def at_moment(node: Node, moments: Mapping[str, int]) -> Node:
    """The condition with `as_of` and `known_at` as days."""
    if node[0] == "name" and node[1] in moments:
        return ("day", moments[node[1]])
    return tuple(at_moment(part, moments) if isinstance(part, tuple) else part for part in node)
