"""How well the grades of a composite tell organisations apart: how many stand in each, and a sentence about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from creditscore.composite.result import Composite
from creditscore.core.messages import Message


@dataclass(frozen=True)
class Separation:
    """`counts`: each grade, best first, with the number of organisations in it and the share of all that were scored.

    `different`: of two organisations drawn at random, the share of pairs with different grades (Gini-Simpson, drawn
    without putting back); `even`: what it would be with all of them spread evenly over the grades.
    """

    counts: tuple[tuple[str, int, float], ...]
    scored: int
    different: float
    even: float

    @property
    def sentence(self) -> Message:
        if not self.scored:
            return Message("composite.nobody_scored")
        held = [count for count in self.counts if count[1]]
        fullest = max(held, key=lambda pair: pair[1])
        return Message(
            "composite.separation",
            held=len(held),
            grades=len(self.counts),
            scored=self.scored,
            fullest=fullest[0],
            share=100 * fullest[2],
            different=100 * self.different,
            even=100 * self.even,
        )


def separate(composite: Composite) -> Separation:
    """How the organisations of a composite spread over its grades."""
    grades = composite.composite["grade"].to_pylist()
    return spread([grade.code for grade in composite.config.grades], [grade for grade in grades if grade is not None])


def spread(codes: Sequence[str], grades: Sequence[str]) -> Separation:
    """How grades spread over the codes of a scale, best first.

    >>> round(spread(["A", "B"], ["A", "B", "B", "B"]).different, 2)
    0.5
    """
    scored = len(grades)
    sizes = [grades.count(code) for code in codes]
    counts = tuple((code, size, size / max(scored, 1)) for code, size in zip(codes, sizes, strict=True))
    share, rest = divmod(scored, len(codes))
    return Separation(counts, scored, _different(sizes), _different([share + (k < rest) for k in range(len(codes))]))


def _different(sizes: Sequence[int]) -> float:
    total = sum(sizes)
    return 1 - sum(size * (size - 1) for size in sizes) / (total * (total - 1)) if total > 1 else 0.0
