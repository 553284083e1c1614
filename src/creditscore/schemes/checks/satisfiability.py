"""A small complete search: can these conditions hold together? Names become finite sets of cells, tried with pruning.

Numbers are cut at every constant they are compared with, so that one value stands for a whole cell; texts keep the
words they are compared with and one other. Different names are taken as independent of each other.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from creditscore.core.quantities import MICRO
from creditscore.schemes.expressions import OPERATORS, Node

MOST_STEPS = 20_000
Values = Mapping[Any, Any]
Any_in = Callable[[int | None, int | None], int | None]


class GaveUp(Exception):
    """The search was cut off: nothing is proved either way."""


@dataclass
class Space:
    """The variables of some conditions and the cells of each."""

    cuts: dict[Any, set[Fraction]] = field(default_factory=dict)
    words: dict[Any, set[Any]] = field(default_factory=dict)  # finite variables
    points: dict[Any, Any_in] = field(default_factory=dict)  # numbers that are not every number
    cells: dict[Any, list[Any]] = field(default_factory=dict)

    def domain(self, variable: Any) -> list[Any]:
        if variable not in self.cells:
            kind = variable[0]
            if kind == "after":  # the same name once a record is withdrawn
                return self.domain(variable[1])
            if kind == "num":
                self.cells[variable] = self._numbers(variable)
            elif kind == "text":
                self.cells[variable] = sorted(self.words[variable])
            elif kind == "dates":
                self.cells[variable] = ["none", "<", "=", ">"]
            else:
                self.cells[variable] = [False, True]
        return self.cells[variable]

    def _numbers(self, variable: Any) -> list[Any]:
        cuts, inside = sorted(self.cuts[variable]), self.points.get(variable)
        if inside is None:
            between = [(a + b) / 2 for a, b in itertools.pairwise(cuts)]
            return sorted({cuts[0] - 1, *cuts, *between, cuts[-1] + 1})
        numbers: list[int | None] = []
        ends: list[tuple[int | None, int | None]] = [(None, _floor(cuts[0], strict=True))]
        for k, cut in enumerate(cuts):
            if cut.denominator == 1:
                ends.append((int(cut), int(cut)))
            after = cuts[k + 1] if k + 1 < len(cuts) else None
            ends.append((_ceil(cut), None if after is None else _floor(after, strict=True)))
        for low, high in ends:
            if low is None or high is None or low <= high:
                numbers.append(inside(low, high))
        return [Fraction(number) for number in numbers if number is not None]


def _floor(cut: Fraction, strict: bool) -> int:
    whole = cut.numerator // cut.denominator
    return whole - 1 if strict and cut.denominator == 1 else whole


def _ceil(cut: Fraction) -> int:
    return cut.numerator // cut.denominator + 1


# Conditions over cells: ("and" | "or", …), ("not", x), ("atom", variable, test), ("const", bool), and ("pair",
# variable, variable, test), which holds two variables to each other.


def compiled(node: Node, space: Space) -> Node:
    """A typed condition over the variables of `space`, whose cells it cuts further."""
    kind = node[0]
    if kind in ("and", "or"):
        return (kind, *(compiled(part, space) for part in node[1:]))
    if kind == "not":
        return ("not", compiled(node[1], space))
    match node:
        case ("bool", flag):
            return ("const", flag)
        case ("name", name):
            return ("atom", ("bool", name), _is(True))
        case ("given", ("name", name)):
            return ("atom", ("given", name), _is(True))
        case ("in", value, *options):
            return ("or", *(compiled(("cmp", "=", value, option), space) for option in options))
        case ("dates", op, a, b):
            return _dates(op, a, b)
        case ("cmp", op, a, b):
            return _comparison(op, a, b, space)
    raise GaveUp


def _is(wanted: Any) -> Callable[[Any], bool]:
    return lambda value: value == wanted


def _dates(op: str, a: Node, b: Node) -> Node:
    holds = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "=": "=", "<>": "<>"}[op]
    first, second = str(a[1]), str(b[1])
    if first == second:
        given = ("atom", ("given", first), _is(True))
        return given if holds in ("<=", ">=", "=") else ("const", False)
    if first > second:
        first, second = second, first
        holds = holds.translate(str.maketrans("<>", "><")) if holds != "<>" else holds
    return ("atom", ("dates", first, second), lambda value: value in holds)


def _comparison(op: str, a: Node, b: Node, space: Space) -> Node:
    if a[0] == "text" or (a[0] == "bool" and b[0] != "bool"):
        a, b = b, a
    if a[0] == "name" and b[0] == "text":
        variable = ("text", a[1])
        known = space.words.setdefault(variable, {"\0other"})
        if "\0other" in known:  # else only the words of a closed list can occur
            known.add(b[1])
        atom = ("atom", variable, _is(b[1]))
        return atom if op == "=" else ("not", atom)
    if a[0] == b[0] and a[0] in ("text", "bool"):
        return ("const", (a[1] == b[1]) == (op == "="))
    if b[0] == "bool":
        inner = compiled(a, space)
        return inner if (op == "=") == b[1] else ("not", inner)
    parts = _linear(a)
    for name, factor in _linear(b).items():
        parts[name] = parts.get(name, Fraction(0)) - factor
    constant = parts.pop("", Fraction(0))
    parts = {name: factor for name, factor in sorted(parts.items()) if factor}
    test = OPERATORS[op]
    if not parts:
        return ("const", test(constant, 0))
    lead = next(iter(parts.values()))
    cut, sign = -constant / lead, lead > 0
    key = next(iter(parts)) if len(parts) == 1 else tuple((name, factor / lead) for name, factor in parts.items())
    variable = ("num", key)
    space.cuts.setdefault(variable, set()).add(cut)
    return ("atom", variable, (lambda value: test(value, cut)) if sign else (lambda value: test(cut, value)))


def _linear(node: Node) -> dict[str, Fraction]:
    match node:
        case ("name", name):
            return {name: Fraction(1)}
        case ("num", number):
            return {"": Fraction(number) * MICRO}
        case ("mul", inner, ("num", factor)):
            return {name: value * Fraction(factor) for name, value in _linear(inner).items()}
        case ("add" | "sub", left, right):
            result, sign = _linear(left), 1 if node[0] == "add" else -1
            for name, value in _linear(right).items():
                result[name] = result.get(name, Fraction(0)) + sign * value
            return result
    raise GaveUp  # two texts or truths compared with each other


def value3(node: Node, values: Values) -> bool | None:
    """Truth under some values; None where the rest decides."""
    kind = node[0]
    if kind == "atom":
        return node[2](values[node[1]]) if node[1] in values else None
    if kind == "const":
        return bool(node[1])
    if kind == "pair":
        known = node[1] in values and node[2] in values
        return bool(node[3](values[node[1]], values[node[2]])) if known else None
    if kind == "not":
        inner = value3(node[1], values)
        return None if inner is None else not inner
    stop, result = kind == "or", kind == "and"
    open_ = False
    for part in node[1:]:
        inner = value3(part, values)
        if inner is stop:
            return stop
        open_ = open_ or inner is None
    return None if open_ else result


def free(node: Node, values: Values) -> Any:
    """A variable on which the truth still hangs."""
    if node[0] in ("atom", "pair"):
        return next((value for value in node[1 : 2 if node[0] == "atom" else 3] if value not in values), None)
    for part in node[1:]:
        if isinstance(part, tuple) and value3(part, values) is None:
            result = free(part, values)
            if result is not None:
                return result
    return None


def together(wanted: Iterable[tuple[Node, bool]], space: Space, budget: list[int] | None = None) -> Values | None:
    """Values under which each condition has its wanted truth, or None when there are none; GaveUp when cut off."""
    goals, left = list(wanted), budget if budget is not None else [MOST_STEPS]
    values: dict[Any, Any] = {}
    unfit = False  # a case of cells for which no single values were found

    def search(open_goals: list[tuple[Node, bool]]) -> bool:
        left[0] -= 1
        if left[0] < 0:
            raise GaveUp
        rest = []
        for node, want in open_goals:
            truth = value3(node, values)
            if truth is None:
                rest.append((node, want))
            elif truth is not want:
                return False
        if not rest:
            nonlocal unfit
            if not consistent(values):
                return False
            fits = not shares(values) or concrete(goals, values, space)
            unfit = unfit or not fits
            return fits
        # a wanted truth with few open parts is the hardest; decide it first
        node, _ = next(((n, w) for n, w in rest if (n[0] != "or") == w), rest[0])
        variable = free(node, values)
        for value in space.domain(variable):
            values[variable] = value
            if search(rest):
                return True
            del values[variable]
        return False

    if search(goals):
        return dict(values)
    if unfit:
        raise GaveUp
    return None


def consistent(values: Values) -> bool:
    """A comparison of dates holds or fails only where both are given."""
    for variable, value in values.items():
        if variable[0] == "dates":
            given = [values.get(("given", name), True if _always(name) else None) for name in variable[1:]]
            if (value == "none" and all(value is True for value in given)) or (value != "none" and False in given):
                return False
    return True


def _always(name: str) -> bool:
    """Whether a date is always there: a moment of the grading, or a day that the condition itself states."""
    return name in ("as_of", "known_at") or name.lstrip("-").isdigit()


def shares(values: Values) -> bool:
    """Whether a sum of names and one of its names both have values, which may then not fit each other."""
    single = {variable[1] for variable in values if variable[0] == "num" and isinstance(variable[1], str)}
    names = [name for total in _sums(values) for name, _ in total]
    return bool(single & set(names)) or len(names) > len(set(names))


def _sums(values: Values) -> list[tuple[tuple[str, Fraction], ...]]:
    return [variable[1] for variable in values if variable[0] == "num" and not isinstance(variable[1], str)]


def concrete(goals: list[tuple[Node, bool]], values: dict[Any, Any], space: Space) -> bool:
    """Find single numbers for names and their sums that keep every goal; they replace the cells in `values`."""
    sums = _sums(values)
    names = sorted({name for total in sums for name, _ in total})
    lists = [_candidates(name, sums, space) for name in names]
    if math.prod(map(len, lists)) > MOST_STEPS:
        return False
    for chosen in itertools.product(*lists):
        numbers = dict(zip(names, chosen, strict=True))
        tried = {**values, **{("num", name): number for name, number in numbers.items()}}
        tried |= {
            ("num", total): sum((factor * numbers[name] for name, factor in total), Fraction(0)) for total in sums
        }
        if all(value3(node, tried) is want for node, want in goals):
            values.update(tried)
            return True
    return False


def _candidates(name: str, sums: list[tuple[tuple[str, Fraction], ...]], space: Space) -> list[Fraction]:
    """Numbers worth trying for a name: its own cells, small numbers, and those beside the cuts of its sums."""
    variable = ("num", name)
    share_values = {Fraction(MICRO * n) for n in (0, 1, 2, 3, 10, 1000, 10**6)}
    share_values |= set(space.domain(variable)) if variable in space.cuts else set()
    for total in sums:
        factor = dict(total).get(name)
        for cut in space.cuts[("num", total)] if factor else ():
            share_values |= {cut / factor + shift for shift in (-MICRO, 0, MICRO)}  # type: ignore[operator]
    inside = space.points.get(variable)
    return sorted(
        share
        for share in share_values
        if inside is None or (share.denominator == 1 and inside(int(share), int(share)) is not None)
    )
