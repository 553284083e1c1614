"""The papers of a case in a store of one file, of the kind that came before the log of events."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.cascade.apply import told_on
from creditscore.cascade.inputs import decided
from creditscore.cascade.tasks import TASKS
from creditscore.cascade.text import whom, word
from creditscore.core.errors import CreditscoreError
from creditscore.core.i18n import LANGS
from creditscore.evidence.papers import LifeStep, Papers
from creditscore.lists.rules import list_rule
from creditscore.lists.store import load
from creditscore.measures.load import load_four_lists
from creditscore.measures.register import read_cases
from creditscore.objections.case import Case, cases
from creditscore.objections.disputes import case_run
from creditscore.status.status import State, corrections, days_of_steps, states
from creditscore.store import Database
from creditscore.store.legacy.archive.runs import kept_grade, kept_rows


def read_first_papers(store: Database, case: Case) -> Papers:
    """Read the papers of a case of a store of one file."""
    run = case_run(store, case)
    newest = decided(store, [case.subject_id])
    last = case.decided_at
    own = [
        state for state in states(store, case.subject_id) if (state.scheme, state.period) == (run.scheme, run.period)
    ]
    grade = (case.subject_id, case.scheme, case.period)
    siblings = [other for other in cases(store).values() if (other.subject_id, other.scheme, other.period) == grade]
    opening = case.events[0].data
    return Papers(
        case=case,
        run=run,
        keeper=run.kept_by,
        basis=opening["basis"],
        mark=opening["mark"],
        grades=[kept_grade(store, run.run_id, case.subject_id)],
        ledger=kept_rows(store, run.run_id, "ledger", case.subject_id),
        earlier=newest if last < 0 else [event for event in newest if event.seq < last],
        events=newest if last < 0 else [event for event in newest if event.seq <= last],
        newest=newest,
        life=[_read_step(state) for state in own],
        corrections=corrections(store, case.subject_id, run.scheme, run.period),
        days=days_of_steps(store, run),
        asked=frozenset(other.procedure for other in siblings),
        follows=_list_following(store, case),
    )


def _read_step(state: State) -> LifeStep:
    about = (state.status, state.step, state.scheme, state.state, state.grade or "")
    return LifeStep(*about, state.decided_on.isoformat(), state.case_id, state.basis, state.mark)


def _list_following(store: Database, case: Case) -> dict[str, Any]:
    if case.decision is None:
        return {"cascade": case.decided_at, "changes": [], "composites": [], "tasks": []}
    follows, days = case.decision.follows, told_on(store)
    tasks = [
        {
            **task,
            "nr": nr,
            "label": _label("tasks", task["task"]),
            "why_label": _label("whys", task["why"]),
            "who_label": {lang: whom(task["who"], lang) for lang in LANGS},
            "thing_label": _label_thing(store, task["kind"], task["thing"]),
            "told": days.get((case.decided_at, nr)),
            "done": None,
            "command": f"cascade told {case.decided_at} {nr}" if task["task"] == "tell" else TASKS[task["task"]],
        }
        for nr, task in enumerate(follows.get("tasks", ()))
    ]
    return {
        "cascade": case.decided_at,
        "changes": list(follows.get("changes", ())),
        "composites": list(follows.get("composites", ())),
        "tasks": tasks,
    }


def _label(section: str, code: str) -> Mapping[str, str]:
    return {lang: word(section, code, lang) for lang in LANGS}


def _label_thing(store: Database, kind: str, thing: str) -> Mapping[str, str] | None:
    """What the list of an entry, or a measure, is called; None where nothing names it."""
    try:
        if kind == "list":
            entry = load(store).cases.get(thing)
            label = None if entry is None else list_rule(entry.scheme, entry.list).label
        elif kind == "measure":
            measure = read_cases(store).get(thing)
            label = None if measure is None else load_four_lists().measures[measure.proposal.measure_id].measure
        else:
            return None
    except (CreditscoreError, KeyError):
        return None
    return None if label is None else {lang: getattr(label, lang) for lang in LANGS}
