"""`regrade`: some subjects graded again with the events decided since, and not the whole population.

`readmit` only says by which plan, and what each subject brings: enough for the reference interpreter, and much quicker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

from creditscore.core.days import to_day
from creditscore.grading.grade import grade, grade_few, plan_for
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.replay import admitted
from creditscore.grading.result import Grading
from creditscore.records import Snapshot
from creditscore.records.subset import subset
from creditscore.schemes.model import Scheme

if TYPE_CHECKING:
    import pyarrow as pa

FEW = 50  # subjects up to which plain Python is done before the engine has bound its SELECTs


def regrade(
    snapshot: Snapshot,
    subject_ids: Iterable[str],
    scheme: str | Scheme,
    period: int | str | None = None,
    *,
    as_of: date | str | None = None,
    known_on: date | None = None,
    replayed: bool = False,
    events: pa.Table | None = None,
    known_by: date | None = None,
    **tables: pa.Table,
) -> Grading:
    """Grade `subject_ids` alone: the rows are those of a run over the whole snapshot, byte for byte.

    `known_on` is the day of knowledge of the records; absent, that of the snapshot with the events. `replayed`: the
    law, too, as known on that day, like `--known-at`. `events` and `tables` as for `creditscore.records.subset.subset`;
    with `known_by` the events count as known from that day on at the latest, whenever they were decided.
    """
    small = _small(snapshot, subject_ids, known_on, replayed, events, known_by, tables)
    known = known_on if replayed else None
    if small.rows("subjects") <= FEW:
        return grade_few(small, scheme, period, as_of=as_of, known_at=known)
    return grade(small, scheme, period, as_of=as_of, known_at=known, provisional=True, max_rejected=2**62)


def readmit(
    snapshot: Snapshot,
    subject_ids: Iterable[str],
    scheme: str | Scheme,
    period: int | str | None = None,
    *,
    as_of: date | str | None = None,
    known_on: date | None = None,
    replayed: bool = False,
    events: pa.Table | None = None,
) -> tuple[Plan, list[tuple[str, Subject]]]:
    """The plan by which `regrade` would grade `subject_ids`, and what each of them brings, in order of their ids."""
    small = _small(snapshot, subject_ids, known_on, replayed, events, None, {})
    plan = plan_for(small, scheme, period, as_of=as_of, known_at=known_on if replayed else None)
    return plan, list(admitted(small, plan))


def _small(
    snapshot: Snapshot,
    subject_ids: Iterable[str],
    known_on: date | None,
    replayed: bool,
    events: pa.Table | None,
    known_by: date | None,
    tables: Mapping[str, pa.Table],
) -> Snapshot:
    latest = None if known_by is None else to_day(known_by)
    small = subset(snapshot, subject_ids, events=events, known_by=latest, **tables)
    return small if known_on is None or replayed else replace(small, newest_day=to_day(known_on))
