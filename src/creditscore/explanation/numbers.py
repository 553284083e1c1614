"""Points as people write them: no idle zeros, a real minus sign."""

from __future__ import annotations

from decimal import Decimal

MINUS = "−"


def points(value: Decimal | None, plus: bool = False) -> str:
    """`89.4`, `−3`; empty for None; with `plus` a gain shows its sign."""
    if value is None:
        return ""
    shown = f"{abs(value):f}"
    if "." in shown:
        shown = shown.rstrip("0").rstrip(".")
    if value < 0:
        return MINUS + shown
    return "+" + shown if plus and value > 0 else shown
