"""Points as people write them."""

from decimal import Decimal

import pytest

from creditscore.core.quantities import points


@pytest.mark.parametrize(
    ("value", "shown", "signed"),
    [
        ("89.400000", "89.4", "+89.4"),
        ("-3", "−3", "−3"),
        ("0.000000", "0", "0"),
        ("100", "100", "+100"),
        ("0.000001", "0.000001", "+0.000001"),
    ],
)
def test_no_idle_zeros_and_a_real_minus(value: str, shown: str, signed: str) -> None:
    assert points(Decimal(value)) == shown
    assert points(Decimal(value), plus=True) == signed


def test_no_number() -> None:
    assert points(None) == ""
