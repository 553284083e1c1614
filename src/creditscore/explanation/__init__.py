"""Why a grade is what it is: its ledger in words, the records that decide it, its way through time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.explanation.composite import CompositeExplanation as CompositeExplanation
    from creditscore.explanation.composite import explain_composite as explain_composite
    from creditscore.explanation.decisive.of_grading import DecisiveRecords as DecisiveRecords
    from creditscore.explanation.ledger import Explanation as Explanation
    from creditscore.explanation.ledger import Line as Line
    from creditscore.explanation.ledger import explain as explain
    from creditscore.explanation.reason_codes import principal_reasons as principal_reasons
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "CompositeExplanation": "composite",
            "DecisiveRecords": "decisive.of_grading",
            "Explanation": "ledger",
            "Line": "ledger",
            "explain": "ledger",
            "explain_composite": "composite",
            "principal_reasons": "reason_codes",
        },
    )
