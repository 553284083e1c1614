"""A cascade of the log as it was carried out: what it changed, read from the rows before its entry and after."""

from __future__ import annotations

from creditscore.cascade.apply import act_of, stored_tasks
from creditscore.cascade.inputs import decided
from creditscore.cascade.preview import Cascade, Change, ScoreChange
from creditscore.store import Log
from creditscore.store.legacy.archive.composites import kept_composites
from creditscore.store.legacy.archive.effective import Rows, Scored, standing, subjects_in
from creditscore.store.legacy.archive.runs import kept_runs


def past(log: Log, seq: int) -> Cascade:
    """What entry `seq` did: its events, the rows of each grading and composite before and after, and its tasks.

    What each change rested on is not kept. Rows that retention deleted are left out. UsageError where the entry is no
    cascade.
    """
    act = act_of(log, seq)
    states = log.store.rows(
        "SELECT run_id, subject_id, as_kept FROM cascade_states WHERE seq = ? ORDER BY run_id, subject_id", [seq]
    )
    runs = {run.run_id: run for run in kept_runs(log.store)}
    composites = {composite.run_id: composite for composite in kept_composites(log.store)}
    changes, scores = [], []
    for run_id, subject, as_kept in states:
        if run_id in runs:
            before, after = (standing(log.store, run_id, [subject], Rows, until)[subject] for until in (seq - 1, seq))
            changes.append(Change(runs[run_id], subject, before, after, as_kept, ()))
        elif run_id in composites:
            was, now = (standing(log.store, run_id, [subject], Scored, until)[subject] for until in (seq - 1, seq))
            scores.append(ScoreChange(composites[run_id], subject, was, now, as_kept, ()))
    voided = log.store.rows(
        "SELECT subject_id, record_id, event_no FROM cascade_voided WHERE seq = ? ORDER BY ALL", [seq]
    )
    events = [event for event in decided(log.store, act.subjects, ever=True) if event.seq == seq]
    tasks = [task for task, task_seq, _ in stored_tasks(log) if task_seq == seq]
    held = sum(bool(subjects_in(log.store, run, act.subjects)) for run in runs)
    return Cascade(
        act.subjects, tuple(events), tuple(voided), tuple(changes), tuple(tasks), tuple(scores), (), held, seq
    )
