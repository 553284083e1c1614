"""A sample of half events for a population of one in twenty: calibrated, validated and promoted for the population."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.models.calibration import Calibrator
from creditscore.modelling.registry.config import TrainConfig
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.population import population_weights
from creditscore.modelling.registry.releases import approve, propose, register
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.train import train
from creditscore.modelling.registry.validating import validate_model
from creditscore.store.store import Store

RATE = 0.05
CONFIG: dict[str, Any] = {
    "target": "bad",
    "name": "one-in-twenty",
    "parameters": {"smoothing": 1.0},
    "central_tendency": RATE,
    "scale": {"grades": ["A", "B", "C"], "rules": {"min_share": 0.1}},
    "background": 60,
}


def population(rows: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    late, ratio = rng.poisson(1.5, rows), rng.normal(size=rows).round(3)
    log_odds = -4.61 + 0.7 * late - 0.8 * ratio
    return pd.DataFrame({"late": late, "ratio": ratio, "bad": (rng.random(rows) < 1 / (1 + np.exp(-log_odds))) * 1})


@pytest.fixture(scope="module")
def sample() -> pd.DataFrame:
    """All events of 80,000 rows, and as many others."""
    whole = population(80_000, 5)
    assert abs(whole["bad"].mean() - RATE) < 0.003
    events = whole[whole["bad"] == 1]
    return pd.concat([events, whole[whole["bad"] == 0].head(len(events))], ignore_index=True)


@pytest.fixture(scope="module")
def model(sample: pd.DataFrame) -> GradingModel:
    return train(sample, TrainConfig.of(CONFIG))


def shifted(model: GradingModel, by: float) -> GradingModel:
    """The same model with every log-odds too high by so much."""
    assert model.calibrator is not None
    data = model.calibrator.to_dict()
    return replace(model, calibrator=Calibrator.from_dict({**data, "shift": data["shift"] + by}))


def test_weights_give_the_rate_of_the_population_and_keep_their_sum() -> None:
    y = np.array([1.0, 1.0, 0.0, 0.0, 0.0])
    weight = population_weights(y, np.array([1.0, 3.0, 1.0, 1.0, 2.0]), 0.2)
    assert weight @ y / weight.sum() == pytest.approx(0.2)
    assert weight.sum() == pytest.approx(8)
    assert weight[1] / weight[0] == pytest.approx(3)
    with pytest.raises(UsageError, match="rate of 1"):
        population_weights(y, None, 1.0)
    with pytest.raises(TableError, match="both classes"):
        population_weights(np.zeros(3), None, 0.2)


def test_an_honest_model_passes_on_its_sample_and_on_the_population(sample: pd.DataFrame, model: GradingModel) -> None:
    report, judged = validate_model(model, sample, bootstraps=5)
    assert report.verdict == "pass"
    assert report.numbers["coverage"]["rate"] == pytest.approx(RATE)
    assert report.numbers["observed_to_expected"]["oe"] == pytest.approx(1, abs=0.1)
    assert "5.00% as in the population; in the rows it is 50.00%" in report.about["weighting"]["en"]
    assert any("taken as stated" in limit["en"] for limit in report.limits)
    fresh, _ = validate_model(judged, population(60_000, 6), bootstraps=5)
    assert fresh.verdict == "pass"
    assert "weighting" not in fresh.about
    p = model.predict_proba(population(60_000, 7))[:, 1]
    assert p.mean() == pytest.approx(RATE, rel=0.05)
    assert report.numbers["psi"]["psi"] < 0.02
    assert fresh.numbers["psi"]["psi"] < 0.02


@pytest.mark.parametrize("by", [-0.9, 0.9])
def test_a_miscalibrated_model_fails(sample: pd.DataFrame, model: GradingModel, by: float) -> None:
    report, _ = validate_model(shifted(model, by), sample, bootstraps=5)
    assert report.verdict == "fail"
    outcomes = report.criteria.set_index("criterion")["outcome"]
    assert outcomes["alarm"] == "fail"


def test_another_enriched_table_is_weighted_when_its_population_is_named(model: GradingModel) -> None:
    whole = population(40_000, 8)
    events = whole[whole["bad"] == 1]
    other = pd.concat([events, whole[whole["bad"] == 0].head(len(events))], ignore_index=True)
    assert validate_model(model, other, bootstraps=5)[0].verdict == "fail"
    report, judged = validate_model(model, other, bootstraps=5, population_rate=RATE)
    assert report.verdict == "pass"
    assert judged.validation is not None
    assert judged.validation["settings"]["population_rate"] == RATE
    assert validate_model(model, other, bootstraps=5, population_rate=0.15)[0].verdict == "fail"


def test_rows_can_be_taken_as_they_are(sample: pd.DataFrame, model: GradingModel) -> None:
    report, _ = validate_model(model, sample, bootstraps=5, population_rate=0)
    assert report.verdict == "fail"
    assert "weighting" not in report.about


def test_it_is_promoted_and_a_miscalibrated_one_is_not(
    sample: pd.DataFrame, model: GradingModel, office: Store, store: ModelStore
) -> None:
    report, judged = validate_model(model, sample, bootstraps=5)
    register(office, store, judged, "twenty", by="wang", on="2024-01-02", report=report.to_dict())
    case = propose(office, store, "twenty", 1, by="wang", on="2024-01-02", table=sample).name
    fields = approve(office, store, case, by="li", on="2024-01-02").fields
    assert fields["verdict"] == "pass"
    assert fields["report_made_again"] == report.sha256
    report, judged = validate_model(shifted(model, 0.9), sample, bootstraps=5)
    register(office, store, judged, "twenty", by="wang", on="2024-01-02", report=report.to_dict())
    with pytest.raises(UsageError, match="validation failed"):
        propose(office, store, "twenty", 2, by="wang", on="2024-01-02", table=sample)


def test_a_rate_that_nothing_would_use_is_refused() -> None:
    with pytest.raises(UsageError, match="central_tendency without a calibrator"):
        TrainConfig.of({**CONFIG, "calibrator": "none"})
    for rate in (0, 1, -0.1, "x"):
        with pytest.raises(UsageError, match="central_tendency is"):
            TrainConfig.of({**CONFIG, "central_tendency": rate})
