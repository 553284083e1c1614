"""How points came about, in words."""

from decimal import Decimal
from typing import Any

import pytest

from creditscore.core.model import Label
from creditscore.explanation.derivation import NOTHING, derive, give_back
from creditscore.schemes.parts import Value

TIERS = [
    {"to": Decimal(1000), "points": Decimal(1)},
    {"to": Decimal(5000), "points": Decimal(3)},
    {"points": Decimal(5)},
]


def named(name: str) -> Label:
    return Label(zh="占比（0.02即2%）", en="share (0.02 is 2 %)") if name == "ratio" else Label(zh="金额", en="amount")


@pytest.mark.parametrize(
    ("value", "nominal", "zh", "en"),
    [
        (
            {"base": 3, "plus": "ratio", "unit": "percent_points"},
            "-11.5",
            "占比8.5%：3 + 8.5% → 11.5分",
            "share 8.5 %: 3 + 8.5 % → 11.5 points",
        ),
        ({"base": 1, "plus": "amount", "unit": "points"}, "-3", "金额2：1 + 2 → 3分", "amount 2: 1 + 2 → 3 points"),
        ({"each": Decimal("2.5")}, "-7.5", "2.5 × 3 = 7.5分", "2.5 × 3 = 7.5 points"),
        ({"of": "amount", "tiers": TIERS}, "-1", "金额不超过1000：1分", "amount up to 1000: 1 point"),
        (
            {"of": "amount", "tiers": TIERS},
            "-3",
            "金额超过1000、不超过5000：3分",
            "amount over 1000, up to 5000: 3 points",
        ),
        ({"of": "amount", "tiers": TIERS}, "-5", "金额超过5000：5分", "amount over 5000: 5 points"),
    ],
)
def test_points_that_follow_from_a_number_say_how(value: dict[str, Any], nominal: str, zh: str, en: str) -> None:
    told = derive(Value(**value), Decimal(nominal), named)
    assert (told.zh, told.en) == (zh, en)


@pytest.mark.parametrize(
    ("value", "nominal"),
    [
        ({"fixed": 3}, "-3"),  # the number stands in the rule
        ({"each": 3}, "-3"),  # once
        ({"each": 3}, "-1"),  # rounded: no number of times that is exact
        ({"of": "amount", "tiers": [*TIERS, {"points": Decimal(3)}]}, "-3"),  # two tiers give it
        ({"unknown": True}, "-3"),
    ],
)
def test_what_cannot_be_told_exactly_is_not_told(value: dict[str, Any], nominal: str) -> None:
    assert derive(Value(**value), Decimal(nominal), named) == NOTHING
    assert derive(None, Decimal(nominal), named) == derive(Value(**value), None, named) == NOTHING


def test_what_was_given_back_and_what_counts() -> None:
    assert give_back(Decimal(-5), Decimal("-3.52")).zh == "5分，返还1.48分，计3.52分"
    assert give_back(Decimal(-5), Decimal(-5)) == give_back(None, None) == NOTHING
