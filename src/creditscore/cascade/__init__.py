"""What follows when something is decided about a record: grades and scores drawn anew, entries put in question."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.cascade.drawn import Drawn as Drawn
    from creditscore.cascade.drawn import list_drawn as list_drawn
    from creditscore.cascade.inputs import RecordEvent as RecordEvent
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__, {"Drawn": "drawn", "RecordEvent": "inputs", "list_drawn": "drawn"}
    )
