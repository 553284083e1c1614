"""The manifest of a finished run: its identity, what became of every row, and what has to be known beside it."""

from __future__ import annotations

from typing import Any

from creditscore.core.calendars import coverage
from creditscore.core.days import LAST, from_day
from creditscore.core.errors import InternalError
from creditscore.core.version import __version__
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.admit import Admitted
from creditscore.grading.identity import FORMAT, hash_of, other_items, rules_hash, working_days_hash
from creditscore.grading.input_state.period_over import judged_on, law_notes, time_notes
from creditscore.grading.input_state.unread import float_notes
from creditscore.grading.plan import Plan
from creditscore.grading.population import run
from creditscore.grading.quarantine import Refusals
from creditscore.records import Snapshot
from creditscore.records.refused import refused_hash


def make_manifest(
    engine: DuckDBEngine,
    snapshot: Snapshot,
    plan: Plan,
    admitted: Admitted,
    used: int,
    not_yet_known: int,
    refusals: Refusals,
    features: run.Features,
    accepted: list[dict[str, str]],
) -> dict[str, Any]:
    counted = snapshot.counts.get("records", {})
    refused = int(counted.get("refused", 0)) + admitted.refused
    rows = int(counted.get("rows", 0))
    repeated = int(counted.get("repeated", 0))
    outside = admitted.rows - admitted.refused - used
    records = {
        "in": rows,
        "used": used + repeated,
        "not_yet_known": not_yet_known,
        "out_of_window": outside,
        "refused": refused,
        "other_domain": admitted.other_domain,
        "other_scheme": admitted.other_scheme,
        "repeated": repeated,
    }
    left = admitted.other_domain + admitted.other_scheme
    if rows != records["used"] + not_yet_known + outside + refused + left:
        raise InternalError("grading.rows_records_not_add_up", records=records)
    parameters = {
        "scheme": plan.scheme.name,
        "period": plan.period,
        "as_of": from_day(plan.as_of).isoformat(),
        "known_at": from_day(plan.known_at).isoformat(),
        "law_known_at": from_day(plan.law_known_at).isoformat() if plan.law_known_at is not None else "latest",
    }
    feeds = snapshot.feeds_declared
    judged = snapshot.judges_refused
    identity: dict[str, Any] = {
        "creditscore": __version__,
        "scheme_hash": hash_of(plan.scheme),
        "snapshot_hash": snapshot.content_hash(),
        **parameters,
        "refused_hash": refused_hash(engine.con, snapshot.refused, snapshot.hash_format) if judged else "",
        "accepted": accepted,
        "period_over": plan.as_of <= judged_on(snapshot, plan),
        "feeds": "declared" if feeds else "none declared",
    }
    if not snapshot.in_first_format:
        identity |= {
            "run_format": FORMAT,
            "rules_hash": rules_hash(plan.scheme),
            "other_items": other_items(plan, snapshot.items),
            "working_days": working_days_hash(plan.known_at) if _counts_working_days(plan) else "none",
        }
    states = dict(engine.rows("SELECT state, COUNT(*) FROM result_grades GROUP BY state ORDER BY state"))
    shares = dict(
        engine.rows("SELECT grade, COUNT(*) FROM result_grades WHERE grade IS NOT NULL GROUP BY grade ORDER BY grade")
    )
    notes = time_notes(snapshot, plan) + law_notes(plan) + float_notes(snapshot)
    notes += [] if feeds else ["no feeds declared: a subject without records may be clean, or its feed may be silent"]
    return {
        "run_id": "",  # when its last part is known
        **identity,
        "intake_on": snapshot.intake_on.isoformat(),
        "counts": {
            "records": records,
            "subjects": dict(snapshot.counts.get("subjects", {})),
            "states": states,
            "grades": shares,
        },
        "rejected": refusals.rows(),
        "reasons": refusals.reasons(),
        "delivery": snapshot.inputs.get("feeds", {}).get("delivery", "undeclared"),
        "provisional_calendar": _provisional(engine, plan, features),
        "readings": {name: {"zh": label.zh, "en": label.en} for name, label in plan.scheme.readings.items()},
        "inputs": {name: dict(about) for name, about in snapshot.inputs.items()},
        "notes": notes,
        **({"made_up": True} if snapshot.made_up else {}),
    }


def _counts_working_days(plan: Plan) -> bool:
    return plan.rolls or any(attribute.workdays is not None for attribute in plan.scheme.record_attributes.values())


def _provisional(engine: DuckDBEngine, plan: Plan, features: run.Features) -> bool:
    """Whether a day that depends on working days lies beyond the known public holidays."""
    last = coverage()[1]
    if features.corrections and plan.rolls:
        width = len([name for name in engine.columns("deadline") if name.startswith("last")])
        days = ", ".join(f"MAX(CASE WHEN d.last{k} < {LAST} THEN d.last{k} END)" for k in range(width))
        row = engine.rows(
            f"SELECT {days} FROM deadline d WHERE EXISTS (SELECT 1 FROM mended m "
            "WHERE m.repair = d.rule AND m.repair_day = d.day)"
        )[0]
        if any(day is not None and day > last for day in row):
            return True
    counted = [name for name, attribute in plan.scheme.record_attributes.items() if attribute.workdays is not None]
    days = ", ".join(f'MAX("t_{name}")' for name in counted)
    row = engine.rows(f"SELECT {days} FROM admitted")[0] if counted else ()
    return any(day is not None and day > last for day in row)
