"""A plan bound to a period, two interpreters that agree, and what comes out: grades, ledger, quarantine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.grading.batch import Gradings as Gradings
    from creditscore.grading.batch import grade_all as grade_all
    from creditscore.grading.result import Grading as Grading
    from creditscore.grading.written import WrittenGrading as WrittenGrading
    from creditscore.grading.written import read as read
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Grading": "result",
            "Gradings": "batch",
            "WrittenGrading": "written",
            "grade_all": "batch",
            "read": "written",
        },
    )
