"""Trained grading models beside the rules. Advisory: no statutory grade depends on anything here.

Names are imported at the moment of use, so that `import creditscore.modelling` starts nothing heavy.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

# public name -> module that defines it
_NAMES = {
    "AdditiveFit": "additive",
    "Binner": "binning",
    "Bins": "bins",
    "CardTable": "table",
    "ScorecardClassifier": "scorecard",
    "VariableSelector": "selection",
    "card_sql": "sql",
    "edit_points": "edits",
    "fit_additive": "additive",
    "rank_reasons": "reasons",
    "select_variables": "selection",
    "write_excel": "excel",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES])
