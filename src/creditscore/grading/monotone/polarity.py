"""What withdrawing one record can do to facts and conditions: let them fall, let them rise, or leave them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from creditscore.core.quantities import to_micro
from creditscore.schemes.expressions import Node, names, parse
from creditscore.schemes.model import Fact, Item, Scheme
from creditscore.schemes.types import typed
from creditscore.schemes.validity import Epoch

FALL, RISE = "fall", "rise"
Moves = frozenset[str]
NEITHER: Moves = frozenset()
BOTH: Moves = frozenset((FALL, RISE))
COLUMNS = ("quantity", "amount", "net", "corrected_share")  # never below zero
SWAP = {FALL: RISE, RISE: FALL}


@dataclass(frozen=True)
class Class:
    """Items that the same facts read: withdrawing a record of one does what it does for the others."""

    codes: tuple[str, ...]
    facts: Mapping[str, Moves] = field(hash=False)  # how each fact may move
    adverse: bool  # its points make the score worse
    weighs: bool


def swapped(moves: Moves) -> Moves:
    return frozenset(SWAP[move] for move in moves)


def classes(scheme: Scheme, epoch: Epoch) -> list[Class]:
    """The items in force, grouped by what reads them."""
    grouped: dict[Any, list[str]] = {}
    class_of_key: dict[Any, Class] = {}
    for code, variants in scheme.items.items():
        for item in variants:
            if epoch.has(item):
                moved = fact_moves(scheme, epoch, code, item)
                worse = bool(item.deduct) == (scheme.direction != "lower_is_better")
                weighs = item.value is not None
                key = (tuple(sorted((name, tuple(sorted(moves))) for name, moves in moved.items())), worse, weighs)
                grouped.setdefault(key, []).append(code)
                class_of_key[key] = Class((), moved, worse and weighs, weighs)
    return [
        Class(tuple(dict.fromkeys(codes)), class_of_key[key].facts, class_of_key[key].adverse, class_of_key[key].weighs)
        for key, codes in grouped.items()
    ]


def fact_moves(scheme: Scheme, epoch: Epoch, code: str, item: Item) -> dict[str, Moves]:
    """How each fact in force may move when one record of the item is withdrawn."""
    moved: dict[str, Moves] = {}
    for name, fact in scheme.facts.items():
        if epoch.has(fact) and fact.of == "records" and (code in fact.items or set(fact.tags) & set(item.tags)):
            moved[name] = _taken(scheme, fact)
    for name, fact in scheme.facts.items():
        read = [moved[date] for date in fact.dates if date in moved]
        if epoch.has(fact) and fact.of == "attributes" and read:
            moved[name] = _since(scheme, name, fact, read)
    return moved


def _taken(scheme: Scheme, fact: Fact) -> Moves:
    fall: Moves = frozenset((FALL,))
    if fact.take in ("any", "count", "run", "latest"):
        return fall
    if fact.take in ("sum", "max"):
        own = scheme.record_attributes.get(fact.column or "")
        positive = fact.column in COLUMNS or (own is not None and own.least is not None and own.least >= 0)
        return fall if positive and (fact.absent is None or fact.absent <= 0) else BOTH
    return BOTH  # earliest may become no date at all; min and newest may become anything


def _since(scheme: Scheme, name: str, fact: Fact, read: list[Moves]) -> Moves:
    """The time since the newest record grows when that record goes, also to `absent` where that is long enough."""
    compared = [edge for text in _texts(scheme) for edge in _edges(text, name)]
    long = fact.absent is not None and all(edge <= to_micro(fact.absent) for edge in compared)
    return frozenset((RISE,)) if len(fact.dates) == 1 and read == [frozenset((FALL,))] and long else BOTH


def _texts(scheme: Scheme) -> list[str]:
    rules: list[Any] = [*scheme.decide, *scheme.conditions, *(scheme.start.rules if scheme.start else [])]
    return [rule.when for rule in rules if rule.when]


def _edges(text: str, name: str) -> list[int]:
    tree = parse(text)

    def inside(node: Node) -> list[int]:
        if node[0] == "cmp" and name in set(names(node)):
            return [to_micro(part[1]) for part in node[2:] if part[0] == "num"]
        return [edge for part in node[1:] if isinstance(part, tuple) for edge in inside(part)]

    return inside(tree)


def condition_moves(text: str | None, moved: Mapping[str, Moves], kinds: Mapping[str, Any]) -> Moves:
    """How the truth of a condition may move; `moved` also says how `score` moves."""
    return NEITHER if text is None else _moves(typed(parse(text), kinds), moved)


def _moves(node: Node, moved: Mapping[str, Moves], there: frozenset[str] = frozenset()) -> Moves:
    """`there`: dates that are given both before and after wherever the condition holds after."""
    kind = node[0]
    if not set(names(node)) & set(moved):
        return NEITHER
    if kind == "and":
        parts = list(_parts(node))
        # given(x) falls when x goes, so where the whole holds afterwards x was only moved back, not taken away
        there |= {part[1][1] for part in parts if part[0] == "given" and moved.get(part[1][1]) == frozenset((FALL,))}
        return frozenset().union(*(_moves(part, moved, there) for part in parts))
    if kind == "or":
        return frozenset().union(*(_moves(part, moved, there) for part in node[1:]))
    if kind == "not":
        return swapped(_moves(node[1], moved, there))
    if kind in ("name", "given"):
        name = node[1] if kind == "name" else node[1][1]
        return moved.get(name, NEITHER)
    ordered = kind == "cmp" or (kind == "dates" and set(names(node)) & set(moved) <= there)
    if ordered and node[1] in ("<", "<=", ">", ">="):
        change = _number(node[2], moved) | swapped(_number(node[3], moved))
        return change if node[1] in (">", ">=") else swapped(change)
    return BOTH  # equal, a text, or a date that may be gone


def _parts(node: Node) -> Iterator[Node]:
    """The conditions that an `and` joins, also through further `and`s."""
    for part in node[1:] if node[0] == "and" else ():
        yield from _parts(part) if part[0] == "and" else (part,)


def _number(node: Node, moved: Mapping[str, Moves]) -> Moves:
    match node:
        case ("name", name):
            return moved.get(name, NEITHER)
        case ("mul", inner, ("num", factor)):
            return swapped(_number(inner, moved)) if factor < 0 else _number(inner, moved)
        case ("add", left, right):
            return _number(left, moved) | _number(right, moved)
        case ("sub", left, right):
            return _number(left, moved) | swapped(_number(right, moved))
    return NEITHER
