"""The ordered rules of a scheme over cells: which can decide, and what grade can come of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from creditscore.core.quantities import MICRO, to_micro
from creditscore.records.schema import KINDS
from creditscore.schemes.checks.lattice import Lattice, lattice
from creditscore.schemes.checks.satisfiability import Any_in, Space, compiled
from creditscore.schemes.expressions import Node, parse
from creditscore.schemes.model import Band, Scheme
from creditscore.schemes.types import Kind, subject_names, typed
from creditscore.schemes.validity import Epoch

ALWAYS: Node = ("const", True)
SCORE = ("num", "score")


@dataclass
class RuleSpace:
    """The conditions of one stretch of rules over one space; each condition is compiled before the first search."""

    scheme: Scheme
    epoch: Epoch
    scores: Lattice
    space: Space = field(default_factory=Space)
    kinds: dict[str, Kind] = field(default_factory=dict)

    def condition(self, text: str | None) -> Node:
        return ALWAYS if text is None else compiled(typed(parse(text), self.kinds), self.space)

    def band(self, band: Band) -> Node:
        """Whether the score lies in a band."""
        parts = []
        for edge, test in ((band.at_least, ">="), (band.above, ">"), (band.at_most, "<="), (band.below, "<")):
            if edge is not None:
                parts.append(compiled(("cmp", test, ("name", "score"), ("num", edge)), self.space))
        return ("and", *parts) if parts else ALWAYS


def build_rule_space(scheme: Scheme, epoch: Epoch) -> RuleSpace:
    """A space whose names have the values that can occur."""
    result = RuleSpace(scheme, epoch, lattice(scheme, epoch), kinds=subject_names(scheme))
    space = result.space
    space.points[SCORE] = result.scores.any_in
    for name, fact in scheme.facts.items():
        if fact.take in ("run", "chain", "months_since") or (fact.of == "records" and fact.take == "count"):
            extra = () if fact.absent is None else (to_micro(fact.absent),)
            space.points["num", name] = _whole(0, None, extra)
        elif fact.of in ("history", "listings") and fact.take == "count":
            space.points["num", name] = _whole(0, None)
        elif fact.take == "days_since":
            space.points["num", name] = _whole(None, None)
    begin, end = scheme.effective_from, scheme.effective_to
    first = begin if isinstance(begin, int) else begin.year
    last = None if end is None else end - 1 if isinstance(end, int) else end.year
    space.points["num", "period"] = _whole(first, last)
    for name, attribute in scheme.attributes.items():
        if attribute.type == "text":
            space.words["text", name] = {attribute.absent, *(attribute.allowed or ["\0other"])}
    for name, fact in scheme.facts.items():
        column = scheme.record_attributes.get(fact.column or "")
        if fact.take == "newest" and column is not None and column.allowed:
            space.words["text", name] = {"", *column.allowed}
    space.words["text", "kind"] = {"", *(scheme.kinds or KINDS)}
    return result


def _whole(low: int | None, high: int | None, extra: Sequence[int] = ()) -> Any_in:
    """Whole numbers between two ends, and some others."""
    grid = Lattice((0,), MICRO, None if low is None else low * MICRO, None if high is None else high * MICRO)

    def any_in(least: int | None, most: int | None) -> int | None:
        given_number = grid.any_in(least, most)
        if given_number is None:
            fitting = (
                number for number in extra if (least is None or least <= number) and (most is None or number <= most)
            )
            return next(fitting, None)
        return given_number

    return any_in
