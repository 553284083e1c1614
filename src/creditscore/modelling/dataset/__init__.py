"""Data sets for models: indicators as known on a day, outcomes after a gap, a guard against leakage, and splits."""

from creditscore.modelling.dataset.build import build_dataset, rebuild
from creditscore.modelling.dataset.data import ModelData
from creditscore.modelling.dataset.guard import guard
from creditscore.modelling.dataset.recipe import Pick
from creditscore.modelling.dataset.severity import points_of, severity_of
from creditscore.modelling.dataset.splits import (
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
