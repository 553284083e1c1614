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
    "Calibrator": "calibration",
    "CardTable": "table",
    "Explainer": "explain",
    "Explanation": "explain",
    "GradingModel": "release.bundle",
    "MasterScale": "scale",
    "ModelData": "dataset.data",
    "ModelPart": "release.part",
    "ModelStore": "release.tracking",
    "MonotoneBoosting": "boosting",
    "OrdinalGrader": "ordinal",
    "ScorecardClassifier": "scorecard",
    "TrainConfig": "release.config",
    "ValidationReport": "validation",
    "VariableSelector": "selection",
    "build_dataset": "dataset.build",
    "card_sql": "sql",
    "edit_points": "edits",
    "explain": "explain",
    "fit_additive": "additive",
    "load_model": "release.bundle",
    "make_explainer": "explain",
    "model_part": "release.part",
    "rank_reasons": "reasons",
    "reason_stability": "reason_stability",
    "select_variables": "selection",
    "train": "release.train",
    "validate": "validation",
    "validate_model": "release.validating",
    "write_excel": "excel",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES])
