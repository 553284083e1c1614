"""What a plan takes in of a snapshot: records as known on its day, admitted and typed, and the tables beside them."""

from __future__ import annotations

from typing import NamedTuple

from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.admit import Admitted, admit, prepare_subjects, shorthand_codes
from creditscore.grading.plan import Plan
from creditscore.grading.population.chunks import show, spans
from creditscore.grading.quarantine import Refusals
from creditscore.grading.scope import Scope
from creditscore.records import Snapshot
from creditscore.records.fold import Folded, fold

FEW_ROWS = 10_000  # of subjects and log together, up to which the rows of every step are kept


class Taken(NamedTuple):
    """The relations `all_admitted`, `all_subject`, `all_attribute`, `all_past`, `all_listed` and `corrections` stand
    in the engine, and without `all_` what is shown of them, first everything; `codes`: item → its code in the log.
    """

    folded: Folded
    admitted: Admitted
    refusals: Refusals
    codes: dict[str, int]


def engine_of(snapshot: Snapshot) -> DuckDBEngine:
    """An engine on the snapshot's connection; what is graded in several spans is made anew in each, and not kept."""
    subjects, rows = snapshot.rows("subjects"), snapshot.rows("log")
    alone = len(spans(subjects, rows, snapshot.in_order)) == 1
    return DuckDBEngine(snapshot.con, few_rows=alone and subjects + rows <= FEW_ROWS)


def take_in(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, scope: Scope | None = None) -> Taken:
    """Fold the log as known on the plan's day and admit it, with what is known of each subject.

    `scope`: the schemes of the run; absent, the plan's alone.
    """
    scope = scope or Scope((plan.scheme,))
    refusals = Refusals(engine, snapshot)
    folded = fold(snapshot, plan.known_at)
    codes = shorthand_codes(snapshot, plan)
    engine.table("item_name", {"code": ("INTEGER", list(codes.values())), "name": ("VARCHAR", list(codes))})
    prepare_subjects(engine, snapshot, plan, refusals, scope)
    happened = f" WHERE day <= {plan.until}" if plan.until is not None else ""
    engine.view("corrections", f"SELECT * FROM {folded.corrections}{happened}")
    admitted = admit(engine, snapshot, folded, plan, refusals, scope)
    show(engine, None, bool(plan.scheme.attributes))
    return Taken(folded, admitted, refusals, codes)
