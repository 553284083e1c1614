"""One made-up table whose model passes validation, trained once, and stores of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.modelling.registry.config import TrainConfig
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.train import train
from creditscore.modelling.registry.validating import validate_model
from creditscore.modelling.registry.workflow import make_registry
from creditscore.store.store import Store


def made_up(rows: int = 5000, seed: int = 4) -> pd.DataFrame:
    """Whole numbers, floats with gaps and text; the event depends on all three as a scorecard can say it."""
    rng = np.random.default_rng(seed)
    late = rng.poisson(1.5, rows)
    ratio = rng.normal(size=rows).round(3)
    sector = rng.choice(["trade", "works", "food"], rows, p=[0.5, 0.3, 0.2])
    log_odds = -3.2 + 0.7 * late - 0.8 * ratio + 0.6 * (sector == "works")
    bad = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
    gap = rng.random(rows) < 0.05
    return pd.DataFrame({"late": late, "ratio": np.where(gap, np.nan, ratio), "sector": sector, "bad": bad})


CONFIG: dict[str, Any] = {
    "target": "bad",
    "name": "made-up",
    "columns": {"late": {"en": "Late filings", "zh": "逾期申报次数"}, "ratio": None, "sector": None},
    "scale": {"grades": ["A", "B", "C"], "rules": {"min_share": 0.15}},
    "parameters": {"smoothing": 1.0},
    "background": 60,
    "about": {"purpose": {"en": "A test", "zh": "测试"}},
}


@pytest.fixture(scope="session")
def table() -> pd.DataFrame:
    return made_up()


@pytest.fixture(scope="session")
def bare(table: pd.DataFrame) -> GradingModel:
    """Trained, not validated."""
    return train(table, TrainConfig.of(CONFIG))


@pytest.fixture(scope="session")
def judged(bare: GradingModel, table: pd.DataFrame) -> tuple[Any, GradingModel]:
    """Its report, and the model that names it."""
    return validate_model(bare, table, validator="zhao", bootstraps=20)


@pytest.fixture(scope="session")
def boosted(table: pd.DataFrame) -> GradingModel:
    parameters = {"max_iter": 15, "max_leaf_nodes": 6, "monotone": {"late": "up"}}
    return train(table, TrainConfig.of({**CONFIG, "estimator": "boosting", "parameters": parameters}))


@pytest.fixture(scope="session")
def ordinal(table: pd.DataFrame) -> GradingModel:
    graded = table.drop(columns="bad").assign(
        grade=np.where(table["bad"] == 1, "C", np.where(table["late"] > 1, "B", "A"))
    )
    config = {"target": "grade", "estimator": "ordinal", "event_from": "C", "background": 60}
    return train(graded, TrainConfig.of({**config, "parameters": {"grades": ["A", "B", "C"]}}))


@pytest.fixture
def store(empty_store: Path, tmp_path: Path) -> ModelStore:
    place = tmp_path / "store"
    place.mkdir()
    shutil.copy(empty_store / "mlflow.db", place / "mlflow.db")
    return ModelStore.at(place)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Store]:
    """The log of an office that registers and promotes models."""
    with Store(tmp_path / "credit.db", make_registry()) as opened:
        yield opened
