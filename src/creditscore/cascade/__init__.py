"""What follows when a record changes: grades made again, scores, lists, measures, and who has to do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.cascade.apply import settle as settle
    from creditscore.cascade.apply import undo as undo
    from creditscore.cascade.inputs import RecordEvent as RecordEvent
    from creditscore.cascade.preview import Bench as Bench
    from creditscore.cascade.preview import Cascade as Cascade
    from creditscore.cascade.preview import bench as bench
    from creditscore.cascade.tasks import Task as Task
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Bench": "preview",
            "Cascade": "preview",
            "RecordEvent": "inputs",
            "Task": "tasks",
            "bench": "preview",
            "settle": "apply",
            "undo": "apply",
        },
    )
