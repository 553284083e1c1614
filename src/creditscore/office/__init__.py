"""An office's store: the log with every workflow that ships."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.office.opening import Store as Store
else:
    __getattr__, __dir__, __all__ = export_lazily(__name__, {"Store": "opening"})
