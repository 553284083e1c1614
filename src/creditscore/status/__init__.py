"""Status of a grade: provisional, announced, final, superseded; each step by a second person and in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.status.status import State as State
    from creditscore.status.status import current as current
    from creditscore.status.status import states as states
    from creditscore.status.transitions import move as move
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "State": "status",
            "current": "status",
            "move": "transitions",
            "states": "status",
        },
    )
