"""The merits of a case: the grade with and without each contested record, as known then and as known now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from creditscore.cascade.inputs import RecordEvent, as_kept, as_known
from creditscore.core.errors import DifferenceError
from creditscore.core.quantities import MICRO
from creditscore.grading.interpreter.exact import Outcome, grade_subject
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading
from creditscore.records import Snapshot
from creditscore.schemes.model import Scheme
from creditscore.store.archive.runs import KeptRun


@dataclass(frozen=True)
class Cell:
    """One grade: its state, grade and score (None where a number nobody knows touches it), and what graded it."""

    state: str
    reason: str
    grade: str
    score: Decimal | None
    version: str

    def __str__(self) -> str:
        text = self.grade or self.state
        return text if self.score is None else f"{text} ({self.score.normalize():f})"


@dataclass(frozen=True)
class Merit:
    """The two by two of one contested record, or of all together (`record_id` empty)."""

    record_id: str
    then_with: Cell
    then_without: Cell
    now_with: Cell
    now_without: Cell

    @property
    def decisive(self) -> bool:
        """Whether the grade as known now is another one without it."""
        return (self.now_with.state, self.now_with.grade) != (self.now_without.state, self.now_without.grade)


def merits(
    run: KeptRun,
    snapshot: Snapshot,
    subject_id: str,
    record_ids: Sequence[str],
    events: Sequence[RecordEvent],
    on: date,
    row: Mapping[str, Any] | None = None,
    schemes: Mapping[str, Scheme] | None = None,
    then: Grading | None = None,
) -> tuple[Merit, ...]:
    """One row per contested record, and one for all where there are several.

    Then: the records, law and day of knowledge of the run. Now: the same with the `events` recorded until `on`, and
    the law as known on that day. `kept` is the grade as the store holds it; DifferenceError where the snapshot no
    longer gives it. `then`: the subject graded `as_kept`, by a caller who needs it as well.
    """
    then = as_kept(run, snapshot, [subject_id], schemes) if then is None else then
    if row is not None:
        comes_out(run, then, row)
    now = as_known(run, snapshot, [subject_id], events, on, schemes)
    groups: list[tuple[str, ...]] = [(key,) for key in record_ids]
    if len(record_ids) > 1:
        groups.append(tuple(record_ids))
    old = _cells(then, subject_id, groups)
    new = _cells(now, subject_id, groups)
    return tuple(
        Merit(group[0] if len(group) == 1 else "", old[()], old[group], new[()], new[group]) for group in groups
    )


def comes_out(run: KeptRun, then: Grading, row: Mapping[str, Any]) -> None:
    """DifferenceError where a subject that was graded `as_kept` has another grade than the store holds."""
    again = then.grades.to_pylist()[0]
    wrong = [name for name, value in again.items() if row[name] != value]
    if wrong:
        raise DifferenceError(
            "objections.grade_not_come_out_snapshot_kept",
            subject_id=again["subject_id"],
            listed=", ".join(wrong),
            run_id=run.run_id,
        )


def without(grading: Grading, subject_id: str, record_ids: Iterable[str]) -> Cell:
    """The grade of a subject of a grading without some of its records."""
    group = tuple(record_ids)
    return _cells(grading, subject_id, [group])[group]


def _cells(grading: Grading, subject_id: str, groups: Iterable[tuple[str, ...]]) -> dict[tuple[str, ...], Cell]:
    ((_, subject),) = list(inputs(grading, [subject_id]))
    records, plan = list(subject.records), grading.plan
    cells = {}
    for group in [(), *groups]:
        left = [record for record in records if record["record_id"] not in group]
        cells[group] = _cell(grade_subject(plan, replace(subject, records=left)), plan.scheme.version)
    return cells


def _cell(outcome: Outcome, version: str) -> Cell:
    score = None if outcome.score is None else Decimal(outcome.score) / MICRO
    return Cell(outcome.state, outcome.state_reason, outcome.grade, score, version)
