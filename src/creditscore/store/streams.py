"""The kinds of streams that the store itself has: its beginning, workflows, witnesses, effects outside, erasures."""

from __future__ import annotations

from creditscore.store.archive.runs import RUN
from creditscore.store.archive.standing import GRADE
from creditscore.store.declarations import StreamType
from creditscore.store.people import PERSON

LOG = StreamType(
    "log",
    fields={"format": "number", "mode": "text", "zone": "text"},
    events={"log.opened": ()},
)
WORKFLOW = StreamType(
    "workflow",
    fields={"declaration": "text", "digest": "text", "newest": "number"},
    events={"workflow.declared": ("approver",)},
)
WITNESS = StreamType(
    "witness",
    fields={"address": "text", "removed_on": "day", "reason": "text"},
    events={"witness.added": ("approver",), "witness.removed": ("approver",)},
)
EFFECT = StreamType(
    "effect",
    fields={
        "what": "text",
        "to": "text",
        "content": "data",
        "because": "text",
        "done_on": "day",
        "result": "text",
        "failed": "text",
        "tries": "number",
    },
    events={
        "effect.asked": (),
        "effect.done": ("analyst", "grader", "reviewer", "approver"),
        "effect.failed": ("analyst", "grader", "reviewer", "approver"),
    },
)
RETENTION = StreamType(
    "retention",
    fields={"of": "text", "reason": "text", "article": "text", "versions": "data", "erased_on": "day"},
    events={"retention.erased": ("approver",)},
)
OWN_TYPES = (LOG, PERSON, WORKFLOW, WITNESS, EFFECT, RETENTION, RUN, GRADE)
TASK_KINDS = ("task.assigned", "task.held", "task.released")  # of any stream with tasks, by the team whose task it is
