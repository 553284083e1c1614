"""The scores that can occur: whole steps from each start, inside the range that points and limits leave."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from creditscore.core.quantities import to_micro
from creditscore.schemes.checks.values import numbers
from creditscore.schemes.model import Item, Scheme
from creditscore.schemes.validity import Epoch
from creditscore.schemes.walk import items


@dataclass(frozen=True)
class Lattice:
    """Scores in 10⁻⁶: `starts` plus multiples of `step`, clamped to `low` … `high` (None: no bound).

    Whole quantities are assumed: a quantity that is not whole can still land between two printed bands, and such
    a subject is `not_computable: no_band`, never guessed.
    """

    starts: tuple[int, ...]
    step: int
    low: int | None
    high: int | None
    limits: tuple[int, ...] = ()  # floor and ceiling, which occur whatever the step

    def any_in(self, low: int | None, high: int | None) -> int | None:
        """A score that can occur between two ends (included; None: no end), or None."""
        low = self.low if low is None else low if self.low is None else max(low, self.low)
        high = self.high if high is None else high if self.high is None else min(high, self.high)
        if low is not None and high is not None and low > high:
            return None
        for limit in self.limits:
            if (low is None or low <= limit) and (high is None or limit <= high):
                return limit
        best: list[int] = []
        for start in self.starts:
            if low is None and high is None:
                best.append(start)
            elif low is not None:
                first = low + (start - low) % self.step
                best += [first] if high is None or first <= high else []
            else:
                assert high is not None
                best.append(high - (high - start) % self.step)
        return min(best, default=None)


def lattice(scheme: Scheme, epoch: Epoch) -> Lattice:
    """The scores that can occur in a stretch of rules."""
    used = [item for _, _, item in items(scheme) if item.value and epoch.has(item)]
    start = scheme.start
    rules = [rule for rule in (start.rules if start else []) if epoch.has(rule)]
    ranges = [rule.range or (rule.points or Decimal(0), rule.points or Decimal(0)) for rule in rules]
    starts = sorted({to_micro(end) for span in ranges for end in span}) or [0]
    low, high = _range(scheme, epoch, used, starts)
    limits = [None if end is None else to_micro(end) for end in (scheme.combine.floor, scheme.combine.ceiling)]
    held: list[int] = []
    if limits[0] is not None and (low is None or low < limits[0]):
        low = limits[0]
        held.append(limits[0])
    if limits[1] is not None and (high is None or high > limits[1]):
        high = limits[1]
        held.append(limits[1])
    fine = any(item.value.base is not None for item in used if item.value) or any(span[0] != span[1] for span in ranges)
    step = 1 if fine or _gives_parts(used) else math.gcd(*_steps(scheme, epoch, used)) or 1
    if step > 1 and start and start.at_most is not None and any(epoch.has(bonus) for bonus in start.bonus):
        step = math.gcd(step, *(to_micro(start.at_most) - start_points for start_points in starts))
    if step == 1 and not fine and not _gives_parts(used) and not list(_steps(scheme, epoch, used)):
        step = 10**18  # nothing is added or taken: only the starts themselves
    return Lattice(tuple(starts), step, low, high, tuple(held))


def _gives_parts(used: Iterable[Item]) -> bool:
    """Whether a correction can give back part of a record's points, which then need not be whole."""
    return any(
        give.points != "all" for item in used if item.repair for gives in item.repair.gives.values() for give in gives
    )


def _steps(scheme: Scheme, epoch: Epoch, used: list[Item]) -> Iterator[int]:
    for item in used:
        yield from map(to_micro, numbers(item.value))
        value = item.value
        if value and value.pool and value.pool in scheme.pools:
            yield to_micro(scheme.pools[value.pool].total)
        if item.measure and value and (value.each is not None or value.pool):
            unit = value.each if value.each is not None else scheme.pools[value.pool or ""].total
            yield from (_product(unit, level) for level in item.measure.levels.values())
        if item.cap is not None:
            yield to_micro(item.cap)
        group = scheme.groups.get(item.group or "")
        if group and group.cap is not None and epoch.has(group):
            yield to_micro(group.cap)
    for bonus in scheme.start.bonus if scheme.start else []:
        if epoch.has(bonus):
            yield to_micro(bonus.each)
    for rule in scheme.conditions:
        if epoch.has(rule):
            yield to_micro(abs(rule.add or rule.deduct or Decimal(0)))


def _product(unit: Decimal, quantity: Decimal) -> int:
    exact = unit * quantity * 10**6
    return int(exact) if exact == exact.to_integral_value() else 1


def _range(scheme: Scheme, epoch: Epoch, used: list[Item], starts: list[int]) -> tuple[int | None, int | None]:
    """Least and most that can come together; None where nothing bounds it."""
    top: int | None = max(starts)
    start = scheme.start
    if start and any(epoch.has(bonus) for bonus in start.bonus):
        top = None if start.at_most is None else max(max(starts), to_micro(start.at_most))
    down = _most(scheme, epoch, [item for item in used if item.deduct])
    up = _most(scheme, epoch, [item for item in used if item.add])
    for rule in scheme.conditions:
        if epoch.has(rule):
            points = None if rule.unknown else to_micro(rule.deduct or rule.add or Decimal(0))
            if rule.deduct is not None or (rule.unknown and scheme.direction != "lower_is_better"):
                down = _sum(down, points)
            else:
                up = _sum(up, points)
    return (None if down is None else min(starts) - down), _sum(top, up)


def _sum(number: int | None, other: int | None) -> int | None:
    """Nothing bounds a sum of which nothing bounds a part."""
    return None if number is None or other is None else number + other


def _most(scheme: Scheme, epoch: Epoch, used: list[Item]) -> int | None:
    """The most that items weigh together: through caps, or because each counts once."""
    total: int | None = 0
    grouped: dict[str, list[int | None]] = {}
    for item in used:
        own = _once(scheme, item)
        if item.cap is not None:
            own = to_micro(item.cap) if own is None else min(own, to_micro(item.cap))
        grouped.setdefault(item.group or "", []).append(own)
    for name, parts in grouped.items():
        group = scheme.groups.get(name)
        known = [part for part in parts if part is not None]
        sums = None if len(known) < len(parts) else sum(known)
        if group and epoch.has(group):
            if group.take == "heaviest":
                sums = None if len(known) < len(parts) else max(known, default=0)
            if group.cap is not None:
                sums = to_micro(group.cap) if sums is None else min(sums, to_micro(group.cap))
        total = _sum(total, sums)
    return total


def _once(scheme: Scheme, item: Item) -> int | None:
    """The most that one item weighs without its cap, where it counts once in its window."""
    value = item.value
    if value is None:
        return 0
    if item.per != ["period"] or value.each is not None or value.base is not None or value.pool:
        return None
    if value.unknown:
        return None if value.range is None or value.range[1] is None else to_micro(value.range[1])
    return max((to_micro(amount) for amount in numbers(value)), default=0)
