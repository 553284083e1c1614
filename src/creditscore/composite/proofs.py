"""Proofs over a composite: which grades its values can reach, computed whole and not sampled."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from math import gcd

from creditscore.composite.cells import aged
from creditscore.composite.config import TOP, CompositeConfig, CompositeDomain
from creditscore.composite.score import Function, GroupPart, function_of, points, raw
from creditscore.core.messages import Message, joined
from creditscore.core.yaml_source import KeyPath, Source
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme

Cell = tuple[int, int]  # the value of a domain, and the place of the worst grade that its hard rules allow (0: any)
OURS = "project_default"


def prove(config: CompositeConfig, source: Source) -> None:
    """Fault in `source` what no grading could ever show: grades out of reach, best grades that cost points."""
    _own_numbers(config, source)
    _best_grades(config, source)
    first: dict[int, tuple[date, int]] = {}
    for day, cells in stretches(config):
        reach = reached(config, cells)
        for place in range(len(config.grades)):
            if place not in reach.places:
                first.setdefault(place, (day, reach.best))
    for place, (day, best) in first.items():
        grade = config.grades[place]
        source.fault(
            ("grades", place),
            Message("composite.grade_out_of_reach", grade=grade.code, at_least=grade.at_least, day=day, best=best),
            "E901",
        )


def _own_numbers(config: CompositeConfig, source: Source) -> None:
    own = [name for name in ("weights", "maps", "bands") if getattr(config.marks, name) == OURS]
    if not own:
        return
    because = Message("composite.own_numbers", own=joined(own), mark=OURS)
    if config.use != "internal_risk":
        source.fault(("use",), Message("composite.own_numbers_published", because=because), "E903")
    if "示例" not in config.label.zh or "illustrative" not in config.label.en.lower():
        source.fault(("label",), Message("composite.own_numbers_not_said", because=because), "E903")


def _best_grades(config: CompositeConfig, source: Source) -> None:
    for g, group in enumerate(config.groups):
        for d, domain in enumerate(group.domains):
            stands = config.stands_at(domain)
            for name, values in domain.schemes.items():
                if values and max(values.values()) < stands and domain.best_costs is None:
                    path: KeyPath = ("groups", g, "domains", d, "schemes", name)
                    most = max(values.values())
                    source.fault(path, Message("composite.best_grade_costs", most=most, stands=stands), "E902")


@dataclass(frozen=True)
class Reach:
    """`places` of the grades that some values reach (0 the best); the best and the worst score."""

    places: frozenset[int]
    best: int
    worst: int


def stretches(config: CompositeConfig) -> Iterator[tuple[date, tuple[frozenset[Cell], ...]]]:
    """From each day on which other versions are in force: what each domain can be worth, every combination of them."""
    held = {
        name: registry.load(entry)
        for entry in registry.entries()
        for name in [f"{entry.scheme}@{entry.version}"]
        if any(name in domain.schemes for domain in config.domains)
    }
    spans = {name: _span(scheme) for name, scheme in held.items() if not scheme.missing}
    days = {config.effective_from, *(day for span in spans.values() for day in span if day is not None)}
    end = config.effective_to or date.max
    seen: set[tuple[frozenset[Cell], ...]] = set()
    for day in sorted(day for day in days if config.effective_from <= day < end):
        live = {name for name, (start, stop) in spans.items() if start <= day and (stop is None or day < stop)}
        cells = tuple(_cells(config, domain, live) for domain in config.domains)
        if cells not in seen:
            seen.add(cells)
            yield day, cells


def _span(scheme: Scheme) -> tuple[date, date | None]:
    start, end = scheme.effective_from, scheme.effective_to
    return (
        date(start, 1, 1) if isinstance(start, int) else start,
        date(end, 1, 1) if isinstance(end, int) else end,
    )


def _cells(config: CompositeConfig, domain: CompositeDomain, live: Iterable[str]) -> frozenset[Cell]:
    """What a domain can be worth when any of its schemes are graded: of several the worst value, and every ceiling."""
    states: set[tuple[int | None, int]] = {(None, 0)}
    for name in sorted(set(domain.schemes) & set(live)):
        graded = [(value, _ceiling(config, domain, name, grade)) for grade, value in domain.schemes[name].items()]
        states |= {
            (value if known is None else min(value, known), max(place, capped))
            for known, capped in states
            for value, place in graded
        }
    stands = config.stands_at(domain)
    return frozenset((stands if value is None else value, place) for value, place in states)


def _ceiling(config: CompositeConfig, domain: CompositeDomain, name: str, grade: str) -> int:
    codes = [grade.code for grade in config.grades]
    return max(
        (
            codes.index(rule.ceiling)
            for rule in config.hard_rules
            for trigger in rule.when
            if trigger.domain == domain.id and grade in trigger.grades.get(name.partition("@")[0], ())
        ),
        default=0,
    )


def reached(config: CompositeConfig, cells: tuple[frozenset[Cell], ...]) -> Reach:
    """Which grades these values reach; where fresh grades leave one out, ages are looked at too."""
    import numpy as np

    f = function_of(config)
    ends = [[pick(value for value, _ in cell) for cell in cells] for pick in (max, min)]
    best, worst = points(f, raw(f, np.array(ends, dtype=np.int64), np.full(2, TOP, dtype=np.int64))).tolist()
    places = _places(config, f, cells)
    inside = [k for k, grade in enumerate(config.grades) if k not in places and grade.at_least <= best]
    if inside and config.stale is not None and config.stale.decay_from is not None:
        aging = tuple(_with_ages(config, domain, cell) for domain, cell in zip(config.domains, cells, strict=True))
        places |= _places(config, f, aging)
    return Reach(frozenset(places), best, worst)


def _with_ages(config: CompositeConfig, domain: CompositeDomain, cells: frozenset[Cell]) -> frozenset[Cell]:
    assert config.stale is not None
    months, stands = range(config.stale.drop_after), config.stands_at(domain)
    return frozenset((aged(value, stands, month, config.stale), place) for value, place in cells for month in months)


def _places(config: CompositeConfig, f: Function, cells: tuple[frozenset[Cell], ...]) -> set[int]:
    """The grades reached, ceiling by ceiling: under the worst ceiling that holds, a score stands at most at its top."""
    codes = [grade.code for grade in config.grades]
    listed = {codes.index(rule.ceiling) for rule in config.hard_rules for trigger in rule.when if trigger.lists}
    places: set[int] = set()
    for ceiling in sorted({0, *listed, *(place for cell in cells for _, place in cell)}):
        allowed = [{value for value, place in cell if place <= ceiling} for cell in cells]
        held = [{value for value, place in cell if place == ceiling} for cell in cells]
        choices = [allowed] if ceiling in {0, *listed} else []
        if ceiling:
            choices += [[*allowed[:k], held[k], *allowed[k + 1 :]] for k in range(len(cells)) if held[k]]
        for values in choices:
            if all(values):
                places |= {max(place, ceiling) for place in _bands(f, _sums(f, values))}
    return places


Sums = tuple[int, int]  # a set of sums as the bits of one number, and the unit that a bit stands for


def _bands(f: Function, sums: Sums) -> set[int]:
    """The places of the bands in which some sum lies: a score is the sum over the weights, rounded half up."""
    bits, unit = sums
    bands, top = set(), bits.bit_length()
    edges = [int(edge) for edge in reversed(f.edges)]  # best first
    for place, edge in enumerate(edges):
        low = max(0, -(-(2 * f.total * edge - f.total) // (2 * unit)))
        if low < top and (bits >> low) & ((1 << (top - low)) - 1):
            bands.add(place)
        top = min(top, low)
    return bands


def _sums(f: Function, values: list[set[int]]) -> Sums:
    """Every sum that the function can take before rounding and ceilings."""
    weights = [int(weight) for weight in f.weights]
    if f.weakest:
        live = [value for value, weight in zip(values, weights, strict=True) if weight]
        most = min(max(ids) for ids in live)
        return sum(1 << value for value in {value for ids in live for value in ids} if value <= most), f.total
    whole = {part: sum(weights[part.start : part.stop]) for part in f.parts}
    limits = [edge * whole[part] for part in f.parts for edge in (part.at_least, part.at_most)]
    steps = [weight * value for weight, ids in zip(weights, values, strict=True) for value in ids]
    unit = gcd(*limits, *steps) or 1
    total = 1
    for part in sorted(f.parts, key=lambda part: part.limited):
        if not part.limited:
            total = _added(total, weights, values, part, unit)
            continue
        inside = _held(_added(1, weights, values, part, unit), part, whole[part], unit)
        total = _shifted(total, (k for k, bit in enumerate(reversed(f"{inside:b}")) if bit == "1"))
    return total, unit


def _added(bits: int, weights: list[int], values: list[set[int]], part: GroupPart, unit: int) -> int:
    for k in range(part.start, part.stop):
        bits = _shifted(bits, {weights[k] * value // unit for value in values[k]})
    return bits


def _held(bits: int, part: GroupPart, weight: int, unit: int) -> int:
    """The sums of a group inside its limits; what lies beyond stands at the limit."""
    low, high = part.at_least * weight // unit, part.at_most * weight // unit
    inside = bits & ((1 << (high + 1)) - 1) & ~((1 << low) - 1)
    if bits & ((1 << low) - 1):
        inside |= 1 << low
    return inside | (1 << high) if bits >> (high + 1) else inside


def _shifted(bits: int, steps: Iterable[int]) -> int:
    shifted = 0
    for step in steps:
        shifted |= bits << step
    return shifted
