"""The random arm: exact where all were drawn, unbiased over every sample, right as often as it says on known truth."""

from __future__ import annotations

import doctest
import re
from fractions import Fraction
from itertools import combinations, product

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.validation import random_audit
from creditscore.modelling.validation.metrics.discrimination import auc_interval
from creditscore.modelling.validation.random_audit import arm_of_results, evaluate_random_arm
from creditscore.modelling.validation.random_audit_trial import make_district, run_trial, visits

Y = [1, 0, 1, 0, 0, 1, 0, 0]
P = [0.9, 0.1, 0.3, 0.4, 0.2, 0.6, 0.15, 0.5]


def test_a_full_count_is_exact_and_certain() -> None:
    random_arm = evaluate_random_arm(Y, P, ["1"] * 8, strata=["a"] * 4 + ["b"] * 4)
    assert random_arm.rate.value == random_arm.rate_total.value == 3 / 8
    assert random_arm.observed_to_expected.value == pytest.approx(3 / sum(P))
    assert random_arm.gap.value == pytest.approx((3 - sum(P)) / 8)
    assert random_arm.auc is not None
    assert random_arm.auc.value == auc_interval(Y, P)[0]
    assert random_arm.gap.se == random_arm.auc.se == random_arm.rate_total.se == 0
    assert random_arm.gap.low == random_arm.gap.high
    assert random_arm.notes == ()  # nothing is estimated


def test_weights_by_hand() -> None:
    # one in ten and one in two: weights 10, 10, 2, 2
    random_arm = evaluate_random_arm([1, 0, 1, 1], [0.5, 0.2, 0.1, 0.4], ["1/10", 0.1, Fraction(1, 2), "0.5"])
    assert random_arm.rate.value == pytest.approx(14 / 24)
    assert random_arm.rate_total.value == pytest.approx(14 / 24)
    assert random_arm.observed_to_expected.value == pytest.approx(14 / (5 + 2 + 0.2 + 0.8))
    # event against the one clean row: 10 of 14 weights are above it, 2 are above it (0.4), 2 below (0.1)
    assert random_arm.auc is not None
    assert random_arm.auc.value == pytest.approx(12 / 14)


def test_few_results_say_that_the_interval_of_the_auc_is_too_narrow() -> None:
    rng = np.random.default_rng(4)
    for rows, statement in ((139, True), (461, False)):
        p = rng.random(rows)
        notes = evaluate_random_arm(rng.random(rows) < p, p, ["1/10"] * rows).notes
        assert any("the interval of the AUC is too narrow" in note for note in notes) is statement


def test_over_all_samples_the_total_and_its_variance_are_unbiased() -> None:
    population = {"a": [1, 0, 0, 1, 0], "b": [1, 1, 0, 1]}
    counts = {"a": 2, "b": 3}
    sizes = {name: len(values) for name, values in population.items()}
    values, variances = [], []
    for a, b in product(combinations(range(5), 2), combinations(range(4), 3)):
        y = [population["a"][i] for i in a] + [population["b"][i] for i in b]
        strata = ["a"] * 2 + ["b"] * 3
        chance = [Fraction(counts[name], sizes[name]) for name in strata]
        estimate = evaluate_random_arm(y, [0.5] * 5, chance, strata=strata, sizes=sizes).rate_total
        values.append(estimate.value)
        variances.append(estimate.se**2)
    assert np.mean(values) == pytest.approx(5 / 9)
    assert np.mean(variances) == pytest.approx(np.var(values))


def test_the_order_of_rows_is_nothing() -> None:
    rng = np.random.default_rng(1)
    y, p = rng.integers(0, 2, 40), rng.random(40)
    strata = np.repeat(["a", "b"], 20)
    chance = np.where(strata == "a", 0.1, 0.5)
    random_arm = evaluate_random_arm(y, p, chance, strata=strata)
    order = rng.permutation(40)
    two = evaluate_random_arm(y[order], p[order], chance[order], strata=strata[order])
    assert random_arm.rate.value == pytest.approx(two.rate.value)
    assert random_arm.auc is not None
    assert two.auc is not None
    assert (random_arm.auc.low, random_arm.auc.high) == pytest.approx((two.auc.low, two.auc.high))
    assert random_arm.bins.visits.sum() == 40
    assert random_arm.bins.share.sum() == pytest.approx(1)


def test_no_finding_is_no_certainty() -> None:
    random_arm = evaluate_random_arm([0] * 30, [0.1] * 30, ["1/10"] * 30)
    assert (random_arm.rate.value, random_arm.rate.low) == (0, 0)
    assert 0.08 < random_arm.rate.high < 0.15  # Clopper and Pearson: 1 − 0.025^(1/30) = 0.116
    assert random_arm.auc is None
    assert np.isnan(random_arm.observed_to_expected.high)


def test_those_without_a_result_are_like_their_stratum_and_it_is_said() -> None:
    y, strata = [1, 0, 0, 1], ["a", "a", "b", "b"]
    chance = ["4/40", "4/40", "1/5", "1/5"]  # four and two were drawn
    random_arm = evaluate_random_arm(y, [0.3] * 4, chance, strata=strata, sizes={"a": 40, "b": 10})
    assert random_arm.rate.value == pytest.approx(0.5)
    assert "about 2 drawn without a result" in random_arm.notes[0]
    half = evaluate_random_arm(y[:2], [0.3] * 2, chance[:2], strata=strata[:2], sizes={"a": 40, "b": 10})
    assert "10 organisations in strata without a result" in half.notes[0]


def test_strata_with_one_result_are_pooled_and_it_is_said() -> None:
    random_arm = evaluate_random_arm([1, 0, 0, 1], [0.3] * 4, ["1/4"] * 4, strata=["a", "b", "c", "d"])
    assert random_arm.notes == ("4 strata with one result are pooled for the variance",)
    assert random_arm.rate.se > 0
    alone = evaluate_random_arm([1, 0, 0, 1], [0.3] * 4, ["1/4"] * 4, strata=["a", "a", "a", "d"])
    assert alone.rate.se > 0


BAD = {
    "zero": ({"probability": ["0", "1/2"]}, r"outside \(0, 1\]"),
    "above one": ({"probability": [1.5, 0.5]}, r"outside \(0, 1\]"),
    "none": ({"probability": ["", "1/2"]}, "missing or no number"),
    "not a number": ({"probability": ["1/0", "1/2"]}, "missing or no number"),
    "mixed stratum": ({"probability": [0.1, 0.2], "strata": ["a", "a"]}, "differ inside a stratum"),
    "no size": ({"probability": [0.1, 0.1], "strata": ["a", "b"], "sizes": {"a": 10}}, "no size of the stratum"),
    "too many": ({"probability": [1, 1], "strata": ["a", "a"], "sizes": {"a": 1}}, "more results than"),
    "one row": ({"y": [1], "p": [0.5], "probability": [0.5]}, "at least 2"),
    "outcome": ({"y": [2, 0], "probability": [0.5, 0.5]}, "y holds 2"),
    "prediction": ({"p": [2, 0], "probability": [0.5, 0.5]}, "outside 0 to 1"),
    "length": ({"probability": [0.5]}, "has 1 values"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused(name: str) -> None:
    change, message = BAD[name]
    with pytest.raises(InputError) as raised:
        evaluate_random_arm(**({"y": [1, 0], "p": [0.5, 0.2]} | change))  # type: ignore[arg-type]
    assert re.search(message, str(raised.value))


def test_on_known_truth_the_plain_interval_misses_and_the_corrected_one_covers() -> None:
    table = run_trial(200, seed=7).set_index(["figure", "reading"])
    for figure in ("rate", "auc", "observed_to_expected"):
        assert table.loc[(figure, "plain"), "coverage"] < 0.10
        assert 0.91 <= table.loc[(figure, "corrected"), "coverage"] <= 0.99
        truth, mean = table.loc[(figure, "corrected"), ["truth", "mean"]]
        assert abs(mean - truth) < 0.02


def test_the_trial_draws_as_many_as_planned() -> None:
    district = make_district(1000)
    drawn, visited = visits(district, np.random.default_rng(1))
    assert np.bincount(district.stratum[drawn], minlength=12).tolist() == district.drawn.tolist()
    assert set(drawn) <= set(visited)
    with pytest.raises(UsageError, match="at least 400"):
        make_district(100)
    with pytest.raises(UsageError, match="at least 2"):
        run_trial(1)


def test_the_arm_of_imported_results() -> None:
    rows = [
        ("b", "2090-05-01", "random", "breach", "1/4"),
        ("b", "2090-02-01", "random", "clean", "1/4"),
        ("a", "2090-02-01", "random", "corrected_on_site", "1"),
        ("c", "2090-02-01", "complaint", "breach", "1/4"),
        ("d", "2090-02-01", "random", "not_found", "1/4"),
    ]
    table = pd.DataFrame(rows, columns=["subject_id", "inspected_on", "arm", "result", "probability"])
    table = table.assign(department="market", stratum="S0001")
    data_table = arm_of_results(table)
    assert data_table[["subject_id", "y", "probability"]].to_numpy().tolist() == [["a", 1, "1"], ["b", 0, "1/4"]]
    with pytest.raises(InputError, match="no column stratum"):
        arm_of_results(table.drop(columns="stratum"))
    with pytest.raises(InputError, match="has no probability"):
        arm_of_results(table.assign(probability=""))


def test_the_examples_run() -> None:
    assert doctest.testmod(random_audit).failed == 0
