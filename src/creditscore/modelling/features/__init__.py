"""Data sets for models: indicators as known on a day, outcomes after a gap, a guard against leakage, and splits."""

# ruff: noqa: E402 (what follows imports pandas: without the extra it is named first)
from creditscore.core.extras import require

require("models")

from creditscore.modelling.features.build import build_dataset, rebuild
from creditscore.modelling.features.data import ModelData
from creditscore.modelling.features.guard import guard
from creditscore.modelling.features.recipe import Pick
from creditscore.modelling.features.severity import points_of, severity_of
from creditscore.modelling.features.splits import (
    GroupSplit,
    PeriodSplit,
    TimeSplit,
    by_group,
    out_of_time,
    stratified_by_period,
)

__all__ = [
    "GroupSplit",
    "ModelData",
    "PeriodSplit",
    "Pick",
    "TimeSplit",
    "build_dataset",
    "by_group",
    "guard",
    "out_of_time",
    "points_of",
    "rebuild",
    "severity_of",
    "stratified_by_period",
]
