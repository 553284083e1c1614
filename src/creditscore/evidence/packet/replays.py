"""Replays of a packet: as known then and as known now, with and without each record that can matter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from creditscore.core.quantities import from_micro, plain
from creditscore.evidence.packet.recompute import Again
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.plan import Plan

MOST = 200  # records replayed one by one; what is left out is said


def replay_rows(again: Again, records: Iterable[str], disputed: Iterable[str]) -> dict[str, Any]:
    """`whole`: with every record; `without`: without each of `records`, and without all `disputed` together.

    Each row has `then` and `now`: state, grade and score as known on the run's day, and with all that is known since.
    """
    chosen, contested = list(dict.fromkeys(records)), sorted(set(disputed))
    rows = [{"without": [name], **_both(again, {name})} for name in chosen[:MOST]]
    if len(contested) > 1:
        rows.insert(0, {"without": contested, **_both(again, set(contested))})
    return {"whole": _both(again, set()), "without": rows, "left_out": max(0, len(chosen) - MOST)}


def _both(again: Again, gone: set[str]) -> dict[str, Any]:
    then = _without(again.plan, again.then, gone)
    now = _without(again.plan_now, again.now, gone)
    return {"then": _reached(then), "now": _reached(now)}


def _without(plan: Plan, subject: Subject, gone: set[str]) -> Outcome:
    left = [record for record in subject.records if record["record_id"] not in gone]
    return grade_subject(plan, replace(subject, records=left))


def _reached(outcome: Outcome) -> Mapping[str, Any]:
    score = outcome.score if outcome.state != "not_graded" else None
    return {
        "state": outcome.state,
        "grade": outcome.grade,
        "score": None if score is None else plain(from_micro(score)),
    }
