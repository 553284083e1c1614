"""Bands: whether every score that can occur has its grade."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from creditscore.quantities import to_micro
from creditscore.schemes.model import Scheme

TINY = Decimal("0.000001")


def numbers(value: Any) -> list[Decimal]:
    if value is None:
        return []
    single = [one for one in (value.fixed, value.each, value.base) if one is not None]
    return single + [tier.points for tier in value.tiers or []] + list((value.levels or {}).values())


def step(scheme: Scheme) -> Decimal:
    """The smallest difference between two scores: whole points where every number is whole, else 10⁻⁶.

    Printed bands such as "0 to 13, 14 to 27" have no gap where only whole points exist. A quantity that is not
    whole can still land between them; such a subject is `not_computable: no_band`, never guessed.
    """
    items = [item for variants in scheme.items.values() for item in variants]
    if any(item.value and (item.value.base is not None or item.value.pool) for item in items):
        return TINY
    if any(
        give.points != "all" for item in items if item.repair for gives in item.repair.gives.values() for give in gives
    ):
        return TINY
    found = [number for item in items for number in numbers(item.value)]
    found += [
        cap
        for cap in (*(item.cap for item in items), *(group.cap for group in scheme.groups.values()))
        if cap is not None
    ]
    if scheme.start:
        found += [points for rule in scheme.start.rules for points in rule.range or (rule.points or Decimal(0),)]
        found += [bonus.each for bonus in scheme.start.bonus]
    found += [abs(rule.add or rule.deduct or Decimal(0)) for rule in scheme.conditions]
    common = math.gcd(*(to_micro(number) for number in found))
    return Decimal(common).scaleb(-6) if common else TINY


def band_faults(bands: list[Any], smallest: Decimal) -> Iterator[str]:
    """Scores that no band covers, found at and beside every edge (edges are all that can change the answer)."""
    edges = sorted(
        {edge for band in bands for edge in (band.at_least, band.above, band.at_most, band.below) if edge is not None}
    )
    probes = [edge + shift for edge in edges for shift in (-smallest, Decimal(0), smallest)] or [Decimal(0)]
    for probe in sorted(set(probes)):
        if not any(in_band(band, probe) for band in bands):
            yield f"no band covers the score {probe}"
            return


def in_band(band: Any, score: Decimal) -> bool:
    return (
        (band.at_least is None or score >= band.at_least)
        and (band.above is None or score > band.above)
        and (band.at_most is None or score <= band.at_most)
        and (band.below is None or score < band.below)
    )
