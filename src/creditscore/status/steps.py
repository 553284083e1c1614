"""The steps in the life of a grade: what each follows and leads to, and when it may be taken."""

from __future__ import annotations

from collections.abc import Mapping

from creditscore.status.deadlines import opening
from creditscore.status.rules import LifeRules

# step → the states it may follow ("" is none), and the state it leads to
MOVES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "preview": (("",), "provisional"),
    "announce": (("", "provisional"), "announced"),
    "finalise": (("announced",), "final"),
}
# step → the states in which another grade may take the place of this one, which is superseded
REPLACING: Mapping[str, tuple[str, ...]] = {
    "review": ("provisional",),
    "reevaluation": ("announced", "final"),
    "supplement": ("provisional", "announced", "final"),
    "repair": ("announced", "final"),
    "objection": ("provisional", "announced", "final"),
}
CLOSING = "reevaluation"  # after its end a grade is final


def span(rules: LifeRules, step: str, year: int, done: Mapping[str, int]) -> tuple[int | None, int | None]:
    """First and last day of a step, as far as the rules say: after the preview has lasted, after all may be asked."""
    rule = rules.procedure(step, year)
    first, last = opening(rule, year, done) if rule is not None else (None, None)
    if step == "announce":
        preview = rules.procedure("preview", year)
        if preview is not None and preview.lasts is not None and "preview" in done:
            first = max(first or 0, done["preview"] + preview.lasts.days)
    if step == "finalise":
        asked = rules.procedure(CLOSING, year)
        end = opening(asked, year, done)[1] if asked is not None else None
        first = None if end is None else end + 1
    return first, last
