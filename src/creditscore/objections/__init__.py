"""Objections: a case from its opening to its decision, in one log."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.exports import export_lazily

if TYPE_CHECKING:
    from creditscore.objections.actions import answer as answer
    from creditscore.objections.actions import ask as ask
    from creditscore.objections.actions import notify as notify
    from creditscore.objections.actions import open_case as open_case
    from creditscore.objections.case import Case as Case
    from creditscore.objections.case import Ground as Ground
    from creditscore.objections.case import case_of as case_of
    from creditscore.objections.case import cases as cases
    from creditscore.objections.decision import Weighed as Weighed
    from creditscore.objections.decision import decide as decide
    from creditscore.objections.decision import weigh as weigh
    from creditscore.objections.ruling import Ruling as Ruling
else:
    __getattr__, __dir__, __all__ = export_lazily(
        __name__,
        {
            "Case": "case",
            "Ground": "case",
            "Ruling": "ruling",
            "Weighed": "decision",
            "answer": "actions",
            "ask": "actions",
            "case_of": "case",
            "cases": "case",
            "decide": "decision",
            "notify": "actions",
            "open_case": "actions",
            "weigh": "decision",
        },
    )
