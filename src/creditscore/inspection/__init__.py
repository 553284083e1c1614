"""Graded inspection: how often whom, a random draw that anybody can run again, and what the visits found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.inspection.commitment import Randomness as Randomness
    from creditscore.inspection.importing import import_results as import_results
    from creditscore.inspection.order import draw_key as draw_key
    from creditscore.inspection.order import draw_units as draw_units
    from creditscore.inspection.plan import InspectionPlan as InspectionPlan
    from creditscore.inspection.plan import plan_inspections as plan_inspections
    from creditscore.inspection.plan_tables import capacity_rows as capacity_rows
    from creditscore.inspection.plan_tables import visit_rows as visit_rows
    from creditscore.inspection.programme import load_programme as load_programme
    from creditscore.inspection.simulate import simulate_draws as simulate_draws
    from creditscore.inspection.simulate import strata_of as strata_of
    from creditscore.inspection.verify import verify_draw as verify_draw
    from creditscore.inspection.workflow import commit as commit
    from creditscore.inspection.workflow import draw_visits as draw_visits
    from creditscore.inspection.workflow import verify_draw_in as verify_draw_in
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "InspectionPlan": "plan",
            "Randomness": "commitment",
            "capacity_rows": "plan_tables",
            "commit": "workflow",
            "draw_key": "order",
            "draw_units": "order",
            "draw_visits": "workflow",
            "import_results": "importing",
            "load_programme": "programme",
            "plan_inspections": "plan",
            "simulate_draws": "simulate",
            "strata_of": "simulate",
            "verify_draw": "verify",
            "verify_draw_in": "workflow",
            "visit_rows": "plan_tables",
        },
    )
