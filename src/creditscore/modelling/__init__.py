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
    "CutRules": "cut_rules",
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
    "by_group": "dataset.splits",
    "calibration_alarm": "drift",
    "card_sql": "sql",
    "champion_challenger": "challenge",
    "compare_cuts": "cuts",
    "disagreement_queue": "challenge",
    "edit_points": "edits",
    "fit_additive": "additive",
    "guard": "dataset.guard",
    "jeffreys_interval": "smallnumbers",
    "load_model": "release.bundle",
    "make_explainer": "explain",
    "model_part": "release.part",
    "most_prudent_rates": "smallnumbers",
    "optimise_cuts": "cuts",
    "out_of_time": "dataset.splits",
    "rank_reasons": "reasons",
    "rebuild": "dataset.build",
    "recalibrate": "drift",
    "rules_beside": "rules_report",
    "select_variables": "selection",
    "stratified_by_period": "dataset.splits",
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
