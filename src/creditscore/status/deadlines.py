"""Days until when something may be done or must be done, by the calendar where it is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from creditscore.core.calendars import add_working_days, is_provisional
from creditscore.core.days import iso
from creditscore.schemes.model import MARKS, Rule
from creditscore.status.rules import Procedure


@dataclass(frozen=True)
class Deadline:
    """A last day (days since 1970-01-01). `provisional`: beyond the known public holidays, weekends alone counted."""

    day: int
    provisional: bool = False

    def __str__(self) -> str:
        return iso(self.day) + (" (provisional)" if self.provisional else "")


def working(day: int, count: int) -> Deadline:
    """The `count`-th working day after `day`; with 0 the day itself."""
    last = add_working_days(day, count)
    return Deadline(last, is_provisional(last) and count > 0)


def opening(rule: Procedure, year: int, done: Mapping[str, int]) -> tuple[int | None, int | None]:
    """First and last day on which a procedure may be asked for; None where no text fixes it.

    `done` maps the steps that were taken (announce …) to their days: a window after one of them has not begun before.
    """
    window = rule.open
    if window is None:
        return None, None
    first = window.from_.on(year) if window.from_ is not None else None
    last = window.to.on(year) if window.to is not None else None
    if window.after is not None and window.after in done:
        first = done[window.after]
        last = first + window.days if window.days is not None else last
    return first, last


def basis_of(*rules: Rule | None) -> tuple[str, str]:
    """The articles of some rules as one text and their weakest mark; unknown where there is no rule."""
    given = [rule for rule in rules if rule is not None]
    places = dict.fromkeys(f"{cite.law} {cite.article}".strip() for rule in given for cite in rule.cite)
    marks = [rule.evidence or "unknown" for rule in given] or ["unknown"]
    return "; ".join(places), max(marks, key=MARKS.index)
