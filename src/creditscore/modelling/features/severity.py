"""How grave an item is, read from a scheme: its points, and levels cut from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from itertools import pairwise

from creditscore.core.errors import UsageError
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.schemes.parts import Value

Given = str | Scheme


def points_of(scheme: Given, at: int | date | None = None) -> dict[str, Decimal]:
    """Item → the points of one record, deductions and additions both as positive numbers.

    `scheme` is an id, a pinned version (`tax@2014`), a file or a Scheme; `at` an evaluation year or day to choose the
    version in force, else the newest. A number given per quantity counts once; of tiers, levels and variants the
    heaviest counts; items whose weight nobody published, or that have none, are left out.
    """
    if isinstance(scheme, Scheme):
        chosen = scheme
    else:
        chosen = registry.pick(scheme) if at is None else registry.find(scheme, at)
    amounts: dict[str, Decimal] = {}
    for code, variants in chosen.items.items():
        weights = [weight for item in variants if item.value and (weight := _weight(item.value)) is not None]
        if weights:
            amounts[code] = max(weights)
    return amounts


def severity_of(
    scheme: Given, cuts: Sequence[int | Decimal], levels: Sequence[str], at: int | date | None = None
) -> dict[str, str]:
    """Item → level by its points: `levels[k]` from `cuts[k-1]` (included) to below `cuts[k]`.

        severity_of("tax", cuts=(3, 11), levels=("minor", "medium", "grave"))

    Raises UsageError unless there is one level more than cuts, and the cuts rise.
    """
    if len(levels) != len(cuts) + 1 or any(a >= b for a, b in pairwise(cuts)) or len(set(levels)) < len(levels):
        raise UsageError("modelling.cuts_levels", cuts_count=len(cuts), levels_count=len(levels))
    return {code: levels[sum(weight >= cut for cut in cuts)] for code, weight in points_of(scheme, at).items()}


def _weight(value: Value) -> Decimal | None:
    single = next((amount for amount in (value.fixed, value.each, value.base) if amount is not None), None)
    if single is not None:
        return abs(single)
    many = [tier.points for tier in value.tiers or ()] + list(_levels(value.levels))
    return max(map(abs, many)) if many else None


def _levels(levels: Mapping[str, Decimal] | None) -> list[Decimal]:
    return list((levels or {}).values())
