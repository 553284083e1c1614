"""Joint measures (联合奖惩): four lists, their links, and the way of a measure from a business event to its lifting.

A measure needs an entry on a list that is valid that day, a link with its reason, and a legal text in force; a person
decides, and nothing outlives the entry it hangs on. A score or grade alone triggers none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.measures.actions import annul as annul
    from creditscore.measures.actions import execute as execute
    from creditscore.measures.actions import feedback as feedback
    from creditscore.measures.actions import lift as lift
    from creditscore.measures.load import load_four_lists as load_four_lists
    from creditscore.measures.register import MeasureCase as MeasureCase
    from creditscore.measures.register import read_cases as read_cases
    from creditscore.measures.tables import read_intake as read_intake
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "MeasureCase": "register",
            "annul": "actions",
            "execute": "actions",
            "feedback": "actions",
            "lift": "actions",
            "load_four_lists": "load",
            "read_cases": "register",
            "read_intake": "tables",
        },
    )
