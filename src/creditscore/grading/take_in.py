"""What a plan takes in of a snapshot: records as known on its day, admitted and typed, and the tables beside them."""

from __future__ import annotations

from typing import NamedTuple

from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.admit import Admitted, admit, prepare_subjects, shorthand_codes
from creditscore.grading.plan import Plan
from creditscore.grading.refusals import Refusals
from creditscore.records import Snapshot
from creditscore.records.fold import Folded, fold


class Taken(NamedTuple):
    """The relations `all_admitted`, `all_subject`, `all_attribute`, `all_past`, `all_listed` and `corrections` stand
    in the engine; `codes`: item → its code in the log.
    """

    folded: Folded
    admitted: Admitted
    refusals: Refusals
    codes: dict[str, int]


def take_in(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan) -> Taken:
    """Fold the log as known on the plan's day and admit it, with what is known of each subject."""
    refusals = Refusals(engine, snapshot)
    folded = fold(snapshot, plan.known_at)
    codes = shorthand_codes(snapshot, plan)
    engine.table("item_name", {"code": ("INTEGER", list(codes.values())), "name": ("VARCHAR", list(codes))})
    prepare_subjects(engine, snapshot, plan, refusals)
    happened = f" WHERE day <= {plan.until}" if plan.until is not None else ""
    engine.view("corrections", f"SELECT * FROM {folded.corrections}{happened}")
    return Taken(folded, admit(engine, snapshot, folded, plan, refusals), refusals, codes)
