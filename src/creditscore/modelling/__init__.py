"""Trained grading models beside the rules. Advisory: no statutory grade depends on anything here.

Names are imported at the moment of use, so that `import creditscore.modelling` starts nothing heavy; without the
extra `models` each of them raises MissingExtra. `registry.workflow`, which the log of an office needs, does without.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditscore.core.exports import export_lazily
from creditscore.core.extras import require

if TYPE_CHECKING:
    from creditscore.modelling.features.build import build_dataset as build_dataset
    from creditscore.modelling.features.build import rebuild as rebuild
    from creditscore.modelling.features.data import ModelData as ModelData
    from creditscore.modelling.features.guard import guard as guard
    from creditscore.modelling.features.splits import by_group as by_group
    from creditscore.modelling.features.splits import out_of_time as out_of_time
    from creditscore.modelling.features.splits import stratified_by_period as stratified_by_period
    from creditscore.modelling.models.boosting import MonotoneBoosting as MonotoneBoosting
    from creditscore.modelling.models.calibration import Calibrator as Calibrator
    from creditscore.modelling.models.composite_weights import fit_weights as fit_weights
    from creditscore.modelling.models.composite_weights import write_fitted as write_fitted
    from creditscore.modelling.models.cut_rules import CutRules as CutRules
    from creditscore.modelling.models.cutoffs import compare_cuts as compare_cuts
    from creditscore.modelling.models.cutoffs import optimise_cuts as optimise_cuts
    from creditscore.modelling.models.explain import Explainer as Explainer
    from creditscore.modelling.models.explain import ModelExplanation as ModelExplanation
    from creditscore.modelling.models.explain import make_explainer as make_explainer
    from creditscore.modelling.models.explain_plots import beeswarm as beeswarm
    from creditscore.modelling.models.explain_plots import chinese as chinese
    from creditscore.modelling.models.explain_plots import dependence as dependence
    from creditscore.modelling.models.explain_plots import waterfall as waterfall
    from creditscore.modelling.models.ordinal import OrdinalGrader as OrdinalGrader
    from creditscore.modelling.models.scale import MasterScale as MasterScale
    from creditscore.modelling.registry.composite import calibrate_composite as calibrate_composite
    from creditscore.modelling.registry.config import TrainConfig as TrainConfig
    from creditscore.modelling.registry.describe import describe_model as describe_model
    from creditscore.modelling.registry.grading_model import GradingModel as GradingModel
    from creditscore.modelling.registry.grading_model import load_model as load_model
    from creditscore.modelling.registry.part import ModelPart as ModelPart
    from creditscore.modelling.registry.part import model_part as model_part
    from creditscore.modelling.registry.tracking import ModelStore as ModelStore
    from creditscore.modelling.registry.train import train as train
    from creditscore.modelling.registry.validating import validate_model as validate_model
    from creditscore.modelling.scorecard.additive import AdditiveFit as AdditiveFit
    from creditscore.modelling.scorecard.additive import fit_additive as fit_additive
    from creditscore.modelling.scorecard.binning import Binner as Binner
    from creditscore.modelling.scorecard.bins import Bins as Bins
    from creditscore.modelling.scorecard.classifier import ScorecardClassifier as ScorecardClassifier
    from creditscore.modelling.scorecard.excel import write_excel as write_excel
    from creditscore.modelling.scorecard.overrides import edit_points as edit_points
    from creditscore.modelling.scorecard.reasons import rank_reasons as rank_reasons
    from creditscore.modelling.scorecard.selection import VariableSelector as VariableSelector
    from creditscore.modelling.scorecard.selection import select_variables as select_variables
    from creditscore.modelling.scorecard.sql import card_sql as card_sql
    from creditscore.modelling.scorecard.table import CardTable as CardTable
    from creditscore.modelling.validation.champion_challenger import champion_challenger as champion_challenger
    from creditscore.modelling.validation.champion_challenger import disagreement_queue as disagreement_queue
    from creditscore.modelling.validation.drift import calibration_alarm as calibration_alarm
    from creditscore.modelling.validation.drift import recalibrate as recalibrate
    from creditscore.modelling.validation.low_default import jeffreys_interval as jeffreys_interval
    from creditscore.modelling.validation.low_default import most_prudent_rates as most_prudent_rates
    from creditscore.modelling.validation.metrics.calibration_tests import calibration_error as calibration_error
    from creditscore.modelling.validation.random_audit import arm_of_results as arm_of_results
    from creditscore.modelling.validation.random_audit import evaluate_random_arm as evaluate_random_arm
    from creditscore.modelling.validation.rules import from_grading as from_grading
    from creditscore.modelling.validation.rules_report import rules_beside as rules_beside
    from creditscore.modelling.validation.validate import Reference as Reference
    from creditscore.modelling.validation.validate import ValidationReport as ValidationReport
    from creditscore.modelling.validation.validate import validate as validate
else:
    _get, __dir__, __all__ = export_lazily(
        __name__,
        {
            "AdditiveFit": "scorecard.additive",
            "Binner": "scorecard.binning",
            "Bins": "scorecard.bins",
            "Calibrator": "models.calibration",
            "CardTable": "scorecard.table",
            "CutRules": "models.cut_rules",
            "Explainer": "models.explain",
            "GradingModel": "registry.grading_model",
            "MasterScale": "models.scale",
            "ModelData": "features.data",
            "ModelExplanation": "models.explain",
            "ModelPart": "registry.part",
            "ModelStore": "registry.tracking",
            "MonotoneBoosting": "models.boosting",
            "OrdinalGrader": "models.ordinal",
            "Reference": "validation.validate",
            "ScorecardClassifier": "scorecard.classifier",
            "TrainConfig": "registry.config",
            "ValidationReport": "validation.validate",
            "VariableSelector": "scorecard.selection",
            "arm_of_results": "validation.random_audit",
            "beeswarm": "models.explain_plots",
            "build_dataset": "features.build",
            "by_group": "features.splits",
            "calibrate_composite": "registry.composite",
            "calibration_alarm": "validation.drift",
            "calibration_error": "validation.metrics.calibration_tests",
            "card_sql": "scorecard.sql",
            "champion_challenger": "validation.champion_challenger",
            "chinese": "models.explain_plots",
            "compare_cuts": "models.cutoffs",
            "dependence": "models.explain_plots",
            "describe_model": "registry.describe",
            "disagreement_queue": "validation.champion_challenger",
            "edit_points": "scorecard.overrides",
            "evaluate_random_arm": "validation.random_audit",
            "fit_additive": "scorecard.additive",
            "fit_weights": "models.composite_weights",
            "from_grading": "validation.rules",
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
            "waterfall": "models.explain_plots",
            "write_excel": "scorecard.excel",
            "write_fitted": "models.composite_weights",
        },
    )

    def __getattr__(name: str) -> Any:
        if name in __all__:
            require("models")
        return _get(name)
