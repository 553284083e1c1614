"""An office's store: one signed log of events that many share, workflows that run on it, an archive of kept runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.store.archive.runs import KeptRun as KeptRun
    from creditscore.store.creation import create_store as create_store
    from creditscore.store.fold import Stream as Stream
    from creditscore.store.keys import Key as Key
    from creditscore.store.log import Event as Event
    from creditscore.store.machine import Plan as Plan
    from creditscore.store.machine import Stale as Stale
    from creditscore.store.verification import Verification as Verification
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Event": "log",
            "Key": "keys",
            "KeptRun": "archive.runs",
            "Plan": "machine",
            "Stale": "machine",
            "Stream": "fold",
            "Verification": "verification",
            "create_store": "creation",
        },
    )
