"""The verdict of a validation: one table of criteria with their bounds, from configs/modelling/validation.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.config import config_root
from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.inputs import frame

if TYPE_CHECKING:
    import pandas as pd

RANK = {"pass": 0, "warn": 1, "fail": 2}
KEYS = {"better", "warn", "fail", "essential", "section", "label"}
BETTER = ("high", "low", "near_one")


def load_criteria(file: Path | None = None) -> Mapping[str, Mapping[str, Any]]:
    """Load the criteria by name; InputError names the criterion that cannot be read, and what one may say."""
    from creditscore.modelling.registry.config import load_config

    place = file or config_root() / "modelling" / "validation.yaml"
    given = load_config(place).get("criteria")
    criteria: dict[str, Mapping[str, Any]] = given if isinstance(given, dict) else {"criteria": {}}
    for name, row in criteria.items():
        strange = not isinstance(row, dict) or row.keys() - KEYS
        if strange or row.get("better") not in BETTER or not {"warn", "fail"} & row.keys():
            raise InputError("modelling.criterion_cannot_read", name=name, listed=" | ".join(BETTER), where=str(place))
    return criteria


def judge(value: float | None, rule: Mapping[str, Any]) -> str:
    """pass, warn, fail, or not_assessed where nothing was measured."""
    if value is None or np.isnan(value):
        return "not_assessed"
    for outcome in ("fail", "warn"):
        bound = rule.get(outcome)
        if bound is not None and _crossed(float(value), rule["better"], float(bound)):
            return outcome
    return "pass"


def _crossed(value: float, better: str, bound: float) -> bool:
    if better == "high":
        return value < bound
    if better == "low":
        return value >= bound
    return value > bound or value < 1 / bound


def verdict(
    measured: Mapping[str, float | None], criteria: Mapping[str, Mapping[str, Any]] | None = None
) -> tuple[str, pd.DataFrame]:
    """The verdict and its table: criterion, section, value, better, warn, fail, essential, outcome, evidence.

    fail where any criterion fails; else warn where any warns or an essential one could not be assessed; else pass.
    """
    rules = load_criteria() if criteria is None else criteria
    rows = []
    for name, rule in rules.items():
        value = measured.get(name)
        outcome = judge(value, rule)
        essential = bool(rule.get("essential", False))
        rows.append(
            {"criterion": name, "section": rule["section"], "value": value, "better": rule["better"]}
            | {"warn": rule.get("warn"), "fail": rule.get("fail"), "essential": essential, "outcome": outcome}
            | {"label_zh": rule["label"]["zh"], "label_en": rule["label"]["en"], "evidence": "project_default"}
        )
    return verdict_of(rows), frame(rows)


def verdict_of(rows: Iterable[Mapping[str, Any]]) -> str:
    """The verdict that the rows of a table of criteria give, each judged again by its value and its bounds."""
    worst = 0
    for row in rows:
        worst = max(worst, RANK.get(judge(row["value"], row), 1 if row["essential"] else 0))
    return {rank: name for name, rank in RANK.items()}[worst]
