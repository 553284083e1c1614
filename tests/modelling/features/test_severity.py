"""Severity read from a scheme: its points, and levels cut from them."""

from decimal import Decimal

import pytest

from creditscore.core.errors import UsageError
from creditscore.modelling.features import points_of, severity_of
from creditscore.schemes import registry


def test_points_of_a_shipped_scheme_are_those_of_its_file():
    scheme = registry.pick("tax")
    points = points_of("tax")
    fixed = {
        code: max(abs(item.value.fixed) for item in variants)
        for code, variants in scheme.items.items()
        if all(item.value and item.value.fixed is not None for item in variants)
    }
    assert len(fixed) >= 10
    assert {code: points[code] for code in fixed} == fixed
    assert points_of(scheme) == points
    assert set(points) <= set(scheme.items)
    assert all(isinstance(value, Decimal) and value >= 0 for value in points.values())


def test_levels_are_cut_from_points():
    points = points_of("tax", 2023)
    levels = severity_of("tax", (3, 11), ("minor", "medium", "grave"), at=2023)
    assert set(levels.values()) == {"minor", "medium", "grave"}
    for code, level in levels.items():
        assert level == ("minor" if points[code] < 3 else "medium" if points[code] < 11 else "grave")


@pytest.mark.parametrize(("cuts", "levels"), [((3,), ("a",)), ((5, 3), ("a", "b", "c")), ((3,), ("a", "a"))])
def test_cuts_that_cannot_be(cuts, levels):
    with pytest.raises(UsageError, match="cuts"):
        severity_of("tax", cuts, levels)
    with pytest.raises(UsageError, match="no scheme"):
        severity_of("taxes", (3,), ("a", "b"))
