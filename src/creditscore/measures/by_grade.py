"""Measures that a rule itself attaches to its grades, for plans to show: information, no grade triggers one here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditscore.schemes.describe import cites, label
from creditscore.schemes.measures import Belongs, GradeMeasure, load_measures
from creditscore.schemes.validity import holds


@dataclass(frozen=True)
class Attached:
    """A measure that the rule attaches to a grade. `running`: that many times in a row, which is to be checked."""

    subject_id: str
    scheme: str
    version: str
    grade: str
    measure_id: str
    what: str
    running: int
    where: str
    cuts_rights: bool
    basis: str
    basis_level: str
    evidence: str
    use: str = "information"


def attached(
    grades: Iterable[Mapping[str, Any]], lang: str = "zh", measures: Mapping[str, GradeMeasure] | None = None
) -> list[Attached]:
    """What the rules attach to each graded row of a `grades` table, by subject, scheme and measure.

    These lines enter no proposal: carrying them out is for the published decision of the office whose rule it is.
    """
    known = load_measures() if measures is None else measures
    rows = [row for row in grades if row["state"] == "graded" and row["grade"]]
    attached_measures = [
        _attached(row, grade_measure, belongs, lang)
        for row in rows
        for grade_measure in known.values()
        for belongs in grade_measure.of
        if _fits(row, belongs) and holds(grade_measure.applies, _period(row["period"]))
    ]
    return sorted(
        set(attached_measures),
        key=lambda attached_measure: (
            attached_measure.subject_id,
            attached_measure.scheme,
            attached_measure.version,
            attached_measure.measure_id,
            attached_measure.running,
        ),
    )


def _fits(row: Mapping[str, Any], belongs: Belongs) -> bool:
    scheme, _, pinned = (belongs.scheme or "").partition("@")
    return scheme == row["scheme"] and pinned in ("", row["version"]) and row["grade"] in belongs.grades


def _attached(row: Mapping[str, Any], grade_measure: GradeMeasure, belongs: Belongs, lang: str) -> Attached:
    return Attached(
        subject_id=str(row["subject_id"]),
        scheme=str(row["scheme"]),
        version=str(row["version"]),
        grade=str(row["grade"]),
        measure_id=grade_measure.id,
        what=label(grade_measure.what, lang),
        running=belongs.running,
        where=label(grade_measure.where, lang),
        cuts_rights=grade_measure.cuts_rights,
        basis=cites(grade_measure.cite),
        basis_level=grade_measure.level(),
        evidence=grade_measure.evidence or "",
    )


def _period(period: Any) -> int | date:
    text = str(period)
    return int(text) if len(text) == 4 else date.fromisoformat(text[:10])
