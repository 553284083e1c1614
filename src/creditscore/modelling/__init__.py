"""Trained grading models beside the rules. Advisory: no statutory grade depends on anything here.

Names are imported at the moment of use, so that `import creditscore.modelling` starts nothing heavy; without the
extra `models` it raises MissingExtra.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from creditscore.core.extras import require

require("models")  # once for all that stands below

# public name -> module that defines it
_NAMES = {
    "AdditiveFit": "scorecard.additive",
    "Binner": "scorecard.binning",
    "Bins": "scorecard.bins",
    "Calibrator": "models.calibration",
    "CardTable": "scorecard.table",
    "CutRules": "models.cut_rules",
    "Explainer": "models.explain",
    "Explanation": "models.explain",
    "GradingModel": "registry.grading_model",
    "MasterScale": "models.scale",
    "ModelData": "features.data",
    "ModelPart": "registry.part",
    "ModelStore": "registry.tracking",
    "MonotoneBoosting": "models.boosting",
    "OrdinalGrader": "models.ordinal",
    "ScorecardClassifier": "scorecard.classifier",
    "TrainConfig": "registry.config",
    "ValidationReport": "validation.validate",
    "VariableSelector": "scorecard.selection",
    "build_dataset": "features.build",
    "by_group": "features.splits",
    "calibration_alarm": "validation.drift",
    "card_sql": "scorecard.sql",
    "champion_challenger": "validation.champion_challenger",
    "compare_cuts": "models.cutoffs",
    "disagreement_queue": "validation.champion_challenger",
    "edit_points": "scorecard.overrides",
    "fit_additive": "scorecard.additive",
    "guard": "features.guard",
    "jeffreys_interval": "validation.low_default",
    "load_model": "registry.grading_model",
    "make_explainer": "models.explain",
    "model_part": "registry.part",
    "most_prudent_rates": "validation.low_default",
    "optimise_cuts": "models.cutoffs",
    "out_of_time": "features.splits",
    "rank_reasons": "scorecard.reasons",
    "rebuild": "features.build",
    "recalibrate": "validation.drift",
    "rules_beside": "validation.rules_report",
    "select_variables": "scorecard.selection",
    "stratified_by_period": "features.splits",
    "train": "registry.train",
    "validate": "validation.validate",
    "validate_model": "registry.validating",
    "write_excel": "scorecard.excel",
}

__all__ = list(_NAMES)


def __getattr__(name: str) -> Any:
    if name in _NAMES:
        return getattr(import_module(f"{__name__}.{_NAMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted([*globals(), *_NAMES])
