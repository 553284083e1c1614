"""Fitted weights: near the truth, never negative, the same in any order, and a configuration that says what it is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import creditscore as cs
from creditscore.composite.load import load_composite
from creditscore.core.errors import TableError
from creditscore.modelling.models.composite_weights import fit_weights, known_outcomes, write_fitted
from tests.composite.composite_helpers import TAX, grades, small, write_small
from tests.modelling.composite_data import TRUTH, scored


def test_near_the_truth_and_never_negative() -> None:
    fitted_weights = fit_weights(*scored())
    assert sum(fitted_weights.weights.values()) == 1000
    for name, truth in TRUTH.items():
        assert abs(fitted_weights.weights[name] - 1000 * truth / 6) < 90
        assert fitted_weights.coefficients[name] >= 0
    assert fitted_weights.log_loss < fitted_weights.log_loss_base
    assert (fitted_weights.rows, fitted_weights.base) == (6000, "small@2018-06-27")


def test_no_other_weights_that_may_not_be_negative_fit_better() -> None:
    composite, outcomes = scored()
    fitted_weights = fit_weights(composite, outcomes)
    _, _, values, y = known_outcomes(composite, outcomes)
    x = (800 - values) / 1000
    names = list(fitted_weights.coefficients)
    best = np.array([fitted_weights.intercept, *fitted_weights.coefficients.values()])

    def loss(b: np.ndarray) -> float:
        eta = b[0] + x @ b[1:]
        return float(np.mean(np.logaddexp(0, eta) - y * eta))

    assert loss(best) == pytest.approx(fitted_weights.log_loss, abs=1e-8)
    for k in range(len(names) + 1):
        for step in (-0.02, 0.02):
            other = best.copy()
            other[k] += step
            if k == 0 or other[k] >= 0:
                assert loss(other) > fitted_weights.log_loss - 1e-7


def test_a_domain_that_speaks_the_wrong_way_weighs_nothing() -> None:
    composite, outcomes = scored()
    turned = outcomes.assign(event=1 - outcomes["event"])
    with pytest.raises(TableError, match="in no domain are worse grades followed by clearly more events"):
        fit_weights(composite, turned)


def test_any_order_of_outcomes_gives_the_same() -> None:
    composite, outcomes = scored()
    assert fit_weights(composite, outcomes.sample(frac=1, random_state=1)) == fit_weights(composite, outcomes)


def test_outcomes_that_cannot_be_used_are_said() -> None:
    composite, outcomes = scored()
    for table, text in (
        (outcomes.rename(columns={"event": "x"}), "'event' is missing"),
        (outcomes.assign(event=2), "neither 0 nor 1"),
        (pd.concat([outcomes, outcomes.iloc[:1]]), "two outcomes"),
        (outcomes.assign(subject_id="x").iloc[:1], "no scored subject has an outcome"),
        (outcomes.iloc[:30], "too few for weights"),
    ):
        with pytest.raises(TableError, match=text):
            fit_weights(composite, table)
    unknown = outcomes.astype({"event": object})
    unknown.loc[:999, "event"] = None
    assert fit_weights(composite, unknown).rows == 5000


def test_the_configuration_says_what_it_is_and_scores(tmp_path: Path) -> None:
    fitted_weights = fit_weights(*scored())
    write_small(tmp_path, hard_rules=[])
    file = write_fitted(
        fitted_weights,
        tmp_path / "fitted.yaml",
        outcome="penalised in 2020",
        checked_on="2026-11-25",
        base=small(hard_rules=[]),
    )
    config = load_composite(file)
    assert (config.marks.weights, config.marks.maps) == ("derived", "project_default")
    assert config.fitted is not None
    assert (config.fitted.events, config.fitted.data_sha256) == (fitted_weights.events, fitted_weights.data_sha256)
    assert {domain.id: domain.weight for domain in config.domains} == fitted_weights.weights
    scores = cs.combine(grades([("F1", TAX, "2019", "D")]), file, acts="unchecked").composite.to_pylist()
    assert scores[0]["score"] == round(800 - fitted_weights.weights["tax"] * 0.8)
    with pytest.raises(cs.UsageError, match="is no YAML file"):
        write_fitted(fitted_weights, tmp_path / "x.json", outcome="x", checked_on="2026-11-25")
