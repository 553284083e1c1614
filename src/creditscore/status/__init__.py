"""Status of a grade: provisional, announced, final, superseded; each step by a second person and in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.status.workflow import GradeStatus as GradeStatus
    from creditscore.status.workflow import make_history as make_history
    from creditscore.status.workflow import statuses_of as statuses_of
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "GradeStatus": "workflow",
            "make_history": "workflow",
            "statuses_of": "workflow",
        },
    )
