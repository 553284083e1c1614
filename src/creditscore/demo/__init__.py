"""Made-up organisations: a district, its years, and credit codes that belong to nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.demo.codes import credit_codes as credit_codes
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "credit_codes": "codes",
        },
    )
