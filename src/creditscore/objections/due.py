"""What is due about cases: answers that are awaited, decisions to be made, letters to be written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditscore.objections.case import Case


@dataclass(frozen=True)
class Due:
    """One task: `answer` (of a department), `decide` or `letter`.

    `by` is None where no text names a day.
    """

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
    """List the tasks of all cases as they stand on a day, the earliest day first, those without a day last."""
    dues = []
    for case in cases:
        head = (case.case_id, case.subject_id, case.scheme, case.period, case.procedure)
        if case.state == "decided":
            dues.append(Due(*head, "letter", None, False, False))
        if not case.open:
            continue
        late = case.decide_by is not None and case.decide_by < on
        dues.append(Due(*head, "decide", case.decide_by, late, case.provisional))
        dues += [
            Due(*head, "answer", question.due, question.due < on, False, question.department)
            for question in case.questions
            if question.answered_on is None
        ]
    return sorted(dues, key=lambda due_step: (due_step.by is None, due_step.by or on, due_step.case_id, due_step.task))
