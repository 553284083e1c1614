"""Exact numbers: int64 in 10⁻⁶ inside, decimals in output, never binary floats."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

MICRO = 1_000_000
BASIS = 10_000  # shares given back are whole basis points
UNBOUNDED = 10**15  # 10⁹ points: stands for "no bound is known"
TOP = 9_200_000_000_000_000_000  # above every amount and score that int64 holds


def to_micro(value: int | str | Decimal) -> int:
    """`value` in millionths; ValueError when it has more than six decimals or is not a finite number."""
    try:
        scaled = Decimal(value) * MICRO
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a number") from error
    if not scaled.is_finite() or scaled != scaled.to_integral_value():
        raise ValueError(f"{value!r} has more than six decimals")
    return int(scaled)


def from_micro(value: int | None) -> Decimal | None:
    """The decimal with six places, or None."""
    return None if value is None else Decimal(value).scaleb(-6)


def plain(value: Decimal | int | None) -> str:
    """A decimal as people write it: 89.4, 90, -3."""
    if value is None:
        return ""
    text = f"{Decimal(value):f}"
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def half_up(numerator: int, denominator: int) -> int:
    """numerator / denominator rounded half up; numerator ≥ 0."""
    return (2 * numerator + denominator) // (2 * denominator)


MINUS = "−"


def points(value: Decimal | None, plus: bool = False) -> str:
    """`89.4`, `−3`; empty for None; with `plus` a gain shows its sign."""
    if value is None:
        return ""
    shown = plain(abs(value))
    if value < 0:
        return MINUS + shown
    return "+" + shown if plus and value > 0 else shown
