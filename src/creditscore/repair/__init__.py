"""Credit repair: what may be repaired, until when, and the earliest and cheapest way to a grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.repair.plan import RepairPlan as RepairPlan
    from creditscore.repair.plan import plan_repair as plan_repair
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "RepairPlan": "plan",
            "plan_repair": "plan",
        },
    )
