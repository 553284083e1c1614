"""What is due about open cases: answers that are awaited, decisions to be made, letters to be written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditscore.review.cases import Case


@dataclass(frozen=True)
class Due:
    """One task: `answer` (of a department), `decide` or `letter`; `by` is None where no text names a day."""

    case_id: str
    subject_id: str
    scheme: str
    period: str
    procedure: str
    task: str
    by: date | None
    overdue: bool
    provisional: bool
    department: str = ""

    def plain(self) -> dict[str, Any]:
        return {**vars(self), "by": None if self.by is None else self.by.isoformat()}


def due(cases: Iterable[Case], on: date) -> list[Due]:
    """The tasks of all open cases as they stand on a day, the earliest day first, those without a day last."""
    found = []
    for case in cases:
        head = (case.case_id, case.subject_id, case.scheme, case.period, case.procedure)
        if case.state == "decided":
            found.append(Due(*head, "letter", None, False, False))
        if not case.open:
            continue
        late = case.decide_by is not None and case.decide_by < on
        found.append(Due(*head, "decide", case.decide_by, late, case.provisional))
        found += [
            Due(*head, "answer", one.due, one.due < on, False, one.department)
            for one in case.questions
            if one.answered_on is None
        ]
    return sorted(found, key=lambda one: (one.by is None, one.by or on, one.case_id, one.task))
