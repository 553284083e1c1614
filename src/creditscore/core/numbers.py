"""Points as people write them: no idle zeros, a real minus sign."""

from __future__ import annotations

from decimal import Decimal

from creditscore.core.quantities import plain

MINUS = "−"


def points(value: Decimal | None, plus: bool = False) -> str:
    """`89.4`, `−3`; empty for None; with `plus` a gain shows its sign."""
    if value is None:
        return ""
    shown = plain(abs(value))
    if value < 0:
        return MINUS + shown
    return "+" + shown if plus and value > 0 else shown
