"""The arithmetic of a grade as people write it: from the start score, term by term, to the score and the grade."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING

from creditscore.core.quantities import MINUS, points

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Line


def write_sum(lines: Iterable[Line], score: Decimal, grade: str = "") -> str:
    """Write the points of lines as a sum, `90 − 3 + 2.4 = 89.4 → B`; equal terms in a row once, times their number."""
    terms: list[tuple[str, int]] = []
    for line in lines:
        term = _term(line)
        if not term:
            continue
        if terms and terms[-1][0] == term and line.step != "start":
            terms[-1] = (term, terms[-1][1] + 1)
        else:
            terms.append((term, 1))
    parts: list[str] = []
    for term, times in terms:
        if times > 1:
            term = f"+ {times} × ({term})" if term.count(" ") > 1 else f"{term} × {times}"
        parts.append(term if parts else term.removeprefix("+ "))
    result = f"{' '.join(parts)} = {points(score)}"
    return f"{result} → {grade}" if grade else result


def _term(line: Line) -> str:
    if line.step == "start":
        return _signed(line.nominal or Decimal(0)) if line.nominal or line.reason == "start" else ""
    if line.step == "decide" or line.effective is None:
        return ""
    if line.given_back and line.nominal is not None and line.nominal != line.effective:
        return f"{_signed(line.nominal)} {_signed(line.effective - line.nominal)}"
    return _signed(line.effective) if line.effective else ""


def _signed(value: Decimal) -> str:
    return f"{MINUS if value < 0 else '+'} {points(abs(value))}"
