"""Objections: a case from its opening to its decision, a workflow of the log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.objections.case import Case as Case
    from creditscore.objections.case import Ground as Ground
    from creditscore.objections.cases import read_cases as read_cases
    from creditscore.objections.disputes import list_disputed as list_disputed
    from creditscore.objections.ruling import Ruling as Ruling
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {"Case": "case", "Ground": "case", "Ruling": "ruling", "list_disputed": "disputes", "read_cases": "cases"},
    )
