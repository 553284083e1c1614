"""On every quarter since 2014, each scheme grades a typical subject, or a version says why there is none then."""

from __future__ import annotations

from datetime import date

import pytest

from creditscore.core.days import to_day
from creditscore.core.errors import NotInForce
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.exact import Subject, grade_subject
from creditscore.schemes import registry

QUARTERS = [
    date(year, month, day) for year in range(2014, 2027) for month, day in ((3, 31), (6, 30), (9, 30), (12, 31))
]
SCHEMES = sorted({entry.scheme for entry in registry.entries()})


@pytest.mark.parametrize("scheme", SCHEMES)
def test_every_quarter_has_a_grade_or_a_reason(scheme: str) -> None:
    schemes = registry.versions(scheme)
    first, last = schemes[0], schemes[-1]
    columns = {
        "kind": (first.kinds or ["enterprise"])[0],
        "region": "220200",
        "registered_day": to_day(date(2008, 1, 1)),
    }
    states = set()
    for day in QUARTERS:
        at = registry.moment(first.period, day)
        if not any(registry.in_force(scheme, at) for scheme in schemes):
            outside = at < first.effective_from or (last.effective_to is not None and at >= last.effective_to)
            with pytest.raises(NotInForce, match=None if outside else "declared gap"):
                registry.find(scheme, at)
            continue
        version = registry.find(scheme, at)
        if version.missing:
            states.add("missing")
            continue
        plan = bind(version, at, known_at=to_day(day), siblings=schemes)
        outcome = grade_subject(plan, Subject(columns, {}, []))
        assert outcome.state == "graded" or outcome.state_reason, (at, outcome)
        states.add(outcome.state)
    assert states, f"{scheme} is never in force"
