"""Yields: how often past random visits found something, by class, with intervals, and what a plan can expect."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import sqrt
from statistics import NormalDist
from typing import Any

from creditscore.inspection.frame import Frame
from creditscore.inspection.results import CARRIED_OUT, FINDINGS, read_results
from creditscore.inspection.rows import Row


@dataclass(frozen=True)
class Yield:
    """`findings` (breach, or corrected on site) in `visits` carried out; rate and its interval, in [0, 1]."""

    visits: int
    findings: int
    rate: float
    low: float
    high: float


def wilson(events: int, count: int, level: float = 0.95) -> tuple[float, float]:
    """Wilson's interval of a rate; (0, 1) where nothing was counted.

    (p + z²/2n ± z √(p(1−p)/n + z²/4n²)) / (1 + z²/n). Source: Wilson 1927, JASA 22, 209-212.

    >>> [round(one, 4) for one in wilson(5, 100)]
    [0.0215, 0.1118]
    """
    if count == 0:
        return 0.0, 1.0
    z, p = NormalDist().inv_cdf(0.5 + level / 2), events / count
    middle, spread = p + z * z / (2 * count), z * sqrt(p * (1 - p) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    low, high = max(0.0, (middle - spread) / scale), min(1.0, (middle + spread) / scale)
    return (low if events else 0.0), (high if events < count else 1.0)


def past_yields(frame: Frame, past: Sequence[Row]) -> dict[tuple[str, str], Yield]:
    """(programme, class) → yield of its past random visits.

    The class is the one a result carries (`class`, as `import` writes it), else the organisation's class of today. A
    result belongs to the programme it names, else to every programme of its department.
    """
    today = {unit.unit: unit.drawn_as for unit in frame.units}
    visits: Counter[tuple[str, str]] = Counter()
    findings: Counter[tuple[str, str]] = Counter()
    for row in past:
        if row["arm"] != "random" or row["result"] not in CARRIED_OUT:
            continue
        for programme in frame.programmes:
            if row["department"] != programme.department.code or row["programme"] not in ("", programme.programme):
                continue
            class_ = row["class"] or today.get(f"{programme.programme}|{row['subject_id']}", "")
            if class_:
                visits[(programme.programme, class_)] += 1
                findings[(programme.programme, class_)] += row["result"] in FINDINGS
    return {
        key: Yield(count, findings[key], findings[key] / count, *wilson(findings[key], count))
        for key, count in sorted(visits.items())
    }


def visits_in_year(past: Sequence[Row], year: int) -> Mapping[str, int]:
    """Subject → days of the year on which it was visited, by whomever and for whatever reason; a joint visit is one."""
    days = {
        (row["subject_id"], row["inspected_on"])
        for row in past
        if row["inspected_on"] and date.fromisoformat(row["inspected_on"]).year == year and row["result"] != "not_done"
    }
    return Counter(subject for subject, _ in days)


def read_past(data: Any) -> list[Row]:
    """Past results, checked as `import` checks them but for their draw; [] where none are given."""
    return [] if data is None else read_results(data)
