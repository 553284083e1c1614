"""Composite: grades of several domains become one score from 0 to 1000 and one grade, every point shared out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.composite.compare import compare_composites as compare_composites
    from creditscore.composite.config import CompositeConfig as CompositeConfig
    from creditscore.composite.load import load_composite as load_composite
    from creditscore.composite.result import Composite as Composite
    from creditscore.composite.result import read_composite as read_composite
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Composite": "result",
            "CompositeConfig": "config",
            "compare_composites": "compare",
            "load_composite": "load",
            "read_composite": "result",
        },
    )
