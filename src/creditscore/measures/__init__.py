"""Joint measures (联合奖惩): four lists, their links, and the way of a measure from a business event to its lifting.

A measure needs an entry on a list that is valid that day, a link with its reason, and a legal text in force; a person
decides, and nothing outlives the entry it hangs on. A score or grade alone triggers none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.measures.cases import MeasureCase as MeasureCase
    from creditscore.measures.export import export_measures as export_measures
    from creditscore.measures.load import load_four_lists as load_four_lists
    from creditscore.measures.tables import read_intake as read_intake
    from creditscore.measures.workflow import lift as lift
    from creditscore.measures.workflow import propose as propose
    from creditscore.measures.workflow import read_cases as read_cases
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "MeasureCase": "cases",
            "export_measures": "export",
            "lift": "workflow",
            "load_four_lists": "load",
            "propose": "workflow",
            "read_cases": "workflow",
            "read_intake": "tables",
        },
    )
