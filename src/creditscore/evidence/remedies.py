"""What a subject may still ask for after a decision: open procedures, and repair where something can be repaired."""

from __future__ import annotations

from datetime import date
from typing import Any

from creditscore.core.days import from_day, iso, to_day
from creditscore.core.errors import NotInForce
from creditscore.evidence.papers import Papers
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading
from creditscore.repair.check import options
from creditscore.repair.course import Course, Version
from creditscore.repair.open import lists_of
from creditscore.status.deadlines import basis_of, opening
from creditscore.status.rules import life_rules
from creditscore.status.steps import REPLACING

TO_COME = ("open", "later", "unknown")  # states of ways to repair that a subject can still use, or may be able to


def remedies(papers: Papers, on: date, standing: Grading) -> list[dict[str, Any]]:
    """Procedures of the grade's own rule that are still open after the decision.

    `standing`: the grading of the subject as decided; repair is offered only where something of it can be repaired.
    """
    case, run = papers.case, papers.run
    rules, year = life_rules(run.scheme), int(run.period[:4])
    shut = {door.shut for door in rules.doors if door.by in papers.asked}
    offered = []
    for procedure in rules.procedures:
        procedure_id = procedure.id
        if (
            procedure_id not in ("reevaluation", "repair")
            or not procedure.years.hold(year)
            or procedure_id in shut | {case.procedure}
        ):
            continue
        last = opening(procedure, year, papers.days)[1]
        if last is None or iso(last) < on.isoformat() or (procedure_id == "repair" and not repairable(standing, on)):
            continue
        basis, mark = basis_of(procedure)
        offered.append(
            {
                "procedure": procedure_id,
                "label": {"zh": procedure.label.zh, "en": procedure.label.en},
                "until": iso(last),
                "basis": basis,
                "mark": mark,
                "open": papers.status in REPLACING[procedure_id],
            }
        )
    return offered


def repairable(standing: Grading, on: date) -> bool:
    """Whether a record or an entry of the one subject of a grading can still be repaired on a day, or may be."""
    plan = standing.plan
    ((_, subject),) = inputs(standing)
    law = None if plan.law_known_at is None else from_day(plan.law_known_at)
    period = plan.year if plan.scheme.period == "year" else None
    day = to_day(on)
    course = Course((Version(plan.scheme, subject),), period, day, law)
    try:
        ways = options(course, lists_of({str(row["list"]) for row in subject.listings}, day))
    except NotInForce:
        return True  # under a version that no longer governs nothing can be said; the procedure is open
    return any(way.state in TO_COME for way in ways)
