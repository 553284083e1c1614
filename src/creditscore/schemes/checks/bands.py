"""Bands: every score that can occur has one grade; where two are printed, a reading says which."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from creditscore.core.quantities import plain, to_micro
from creditscore.core.yaml_source import Source
from creditscore.schemes.checks.satisfiability import GaveUp, compiled, together
from creditscore.schemes.checks.satisfiable_rules import SCORE, RuleSpace, build_rule_space
from creditscore.schemes.expressions import Node
from creditscore.schemes.model import Band, Decide, Rule, Scheme
from creditscore.schemes.validity import epochs

Ends = tuple[int | None, int | None]


def check(scheme: Scheme, source: Source) -> None:
    """Gaps and overlaps in each stretch of rules, for the scores with which the bands can be reached."""
    rules = [(i, rule) for i, rule in enumerate(scheme.decide) if rule.bands is not None]
    for i, rule in rules:
        if not rule.bands:
            source.fault(("decide", i, "bands"), "is empty; write a band for each grade", "E603")
        for k, band in enumerate(rule.bands or []):
            if _empty(ends(band)):
                source.fault(("decide", i, "bands", k), "covers no score: it ends before it begins", "E603")
            for pair in (("at_least", "above"), ("at_most", "below")):
                if getattr(band, pair[0]) is not None and getattr(band, pair[1]) is not None:
                    source.fault(("decide", i, "bands", k), f"has both {pair[0]} and {pair[1]}", "E603")
    if not rules or scheme.missing:
        return
    reported: set[tuple[int, str]] = set()
    for epoch in epochs(scheme, [*scheme.decide, *weighing(scheme)]):
        place = build_rule_space(scheme, epoch)
        for i, rule in rules:
            if epoch.has(rule) and rule.bands:
                for code, k, message in _rule(scheme, place, rule):
                    if (i, code) not in reported:
                        reported.add((i, code))
                        source.fault(("decide", i, "bands", k), message, code)


def weighing(scheme: Scheme) -> Iterator[Rule]:
    yield from (item for variants in scheme.items.values() for item in variants)
    yield from scheme.groups.values()
    yield from scheme.conditions
    if scheme.start:
        yield from scheme.start.rules
        yield from scheme.start.bonus


def _rule(scheme: Scheme, place: RuleSpace, rule: Decide) -> Iterator[tuple[str, int, str]]:
    """Codes, the band beside which the fault lies, and what is wrong."""
    bands = rule.bands or []
    covered = [ends(band) for band in bands]
    for gap in uncovered(covered):
        score = _reached(scheme, place, rule, gap)
        if score is not None:
            yield "E601", _beside(covered, gap), f"no band covers the score {plain(_decimal(score))}, which can occur"
            break
    for k, pair in enumerate(covered):
        for j, other in enumerate(covered[:k]):
            both = _common(pair, other)
            if both is None or bands[k].grade == bands[j].grade or bands[k].reading:
                continue  # the text may print both: the band that gives way then names the reading
            score = _reached(scheme, place, rule, both)
            if score is not None:
                grades = f"{bands[j].grade} and {bands[k].grade}"
                way = "part them, or add reading: to the second if the text prints both"
                yield "E602", k, f"the score {plain(_decimal(score))} is in two bands ({grades}); {way}"
                return


def _beside(covered: list[Ends], gap: Ends) -> int:
    """The first band that ends at the gap."""
    low, high = gap[0] if gap[0] is None else gap[0] - 1, gap[1] if gap[1] is None else gap[1] + 1
    touch = (
        k
        for k, pair in enumerate(covered)
        if (low is not None and pair[1] == low) or (high is not None and pair[0] == high)
    )
    return next(touch, 0)


def _decimal(score: int) -> Decimal:
    return Decimal(score).scaleb(-6)


def _reached(scheme: Scheme, place: RuleSpace, rule: Decide, gap: Ends) -> int | None:
    """A score in `gap` with which `rule` decides; where the search gives up, one that can occur at all."""
    plainly = place.scores.any_in(*gap)
    if plainly is None:
        return None
    edges: list[Node] = []
    for edge, test in zip(gap, (">=", "<="), strict=True):
        if edge is not None:
            node = ("cmp", test, ("name", "score"), ("num", _decimal(edge)))
            edges.append(node)
    try:
        goals = [(compiled(node, place.space), True) for node in edges]
        for before in scheme.decide:
            if before is rule:
                break
            if before.decides and place.epoch.has(before):
                goals.append((place.condition(before.when), False))
        goals.append((place.condition(rule.when), True))
        place.space.cells.clear()
        values = together(goals, place.space)
    except GaveUp:
        return plainly
    if values is None:
        return None
    result = values.get(SCORE)
    return plainly if result is None else int(result)


def ends(band: Band) -> Ends:
    """A band as whole numbers of 10⁻⁶, both ends included."""
    low = None if band.at_least is None else to_micro(band.at_least)
    low = low if band.above is None else to_micro(band.above) + 1
    high = None if band.at_most is None else to_micro(band.at_most)
    return low, high if band.below is None else to_micro(band.below) - 1


def _empty(band_ends: Ends) -> bool:
    return band_ends[0] is not None and band_ends[1] is not None and band_ends[0] > band_ends[1]


def _common(band_ends: Ends, other: Ends) -> Ends | None:
    lows = [end for end in (band_ends[0], other[0]) if end is not None]
    highs = [end for end in (band_ends[1], other[1]) if end is not None]
    both = max(lows, default=None), min(highs, default=None)
    return None if _empty(both) else both


def uncovered(bands: list[Ends]) -> Iterator[Ends]:
    """The stretches of whole numbers between, below and above bands."""
    low: int | None = None
    open_low = True
    for band in sorted(bands, key=lambda band: (band[0] is not None, band[0] or 0)):
        if _empty(band):
            continue
        if band[0] is not None and (open_low or (low is not None and band[0] > low)):
            yield (None if open_low else low), band[0] - 1
        if band[1] is None:
            return
        low, open_low = (band[1] + 1 if open_low or low is None else max(low, band[1] + 1)), False
    yield (None if open_low else low), None
