"""Master scales: grades best first, points and probabilities that agree, rates that are never zero."""

import doctest
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.models import scale as scale_module
from creditscore.modelling.models.calibration import Calibrator
from creditscore.modelling.models.cutoffs import CutRules, NoCuts
from creditscore.modelling.models.scale import (
    MasterScale,
    log_odds_of_score,
    probability_of_score,
    score_of_probability,
)


def test_examples_in_the_docs_hold() -> None:
    assert doctest.testmod(scale_module).failed == 0


@pytest.fixture
def outcomes() -> tuple[Any, Any]:
    rng = np.random.default_rng(2)
    p = rng.beta(1, 15, 5000)
    return p, (rng.random(5000) < p).astype(int)


def test_a_fitted_scale_orders_rates_and_counts_everybody(outcomes: Any) -> None:
    p, y = outcomes
    scale = MasterScale(rules=CutRules(min_share=0.05, distinct=0.05)).fit(p, y)
    table = scale.table_
    assert table["grade"].tolist() == ["A", "B", "M", "C", "D"]
    assert table["rate"].is_monotonic_increasing
    assert (table["count"].sum(), table["events"].sum()) == (len(p), y.sum())
    assert table["share"].sum() == pytest.approx(1)
    assert table["p_from"].tolist()[1:] == table["p_to"].tolist()[:-1] == list(scale.cuts_)
    code = scale.grade(p)
    for number, row in enumerate(table.itertuples()):
        assert row.count == (code == number).sum()
        assert row.mean_p == pytest.approx(p[code == number].mean())
        assert row.observed_rate == pytest.approx(y[code == number].mean())
        assert row.low < row.rate < row.high
        assert row.p_from <= p[code == number].min() <= p[code == number].max() < row.p_to
    assert (scale.labels(p) == np.array(scale.grades)[code]).all()


def test_no_rate_is_zero_and_an_empty_grade_has_none() -> None:
    scale = MasterScale.from_cuts([0.1, 0.5, 0.9], ["A", "B", "C", "D"])
    table = scale.fit([0.05] * 30 + [0.2] * 10 + [0.95] * 5, [0] * 30 + [0] * 9 + [1] + [1] * 5).table_
    assert table["observed_rate"].tolist()[:2] == [0, 0.1]
    assert table.loc[0, "rate"] == pytest.approx(0.5 / 31)
    assert (table.loc[0, "low"], table.loc[3, "high"]) == (0, 1)
    assert table.loc[2, ["observed_rate", "rate", "mean_p"]].isna().all()
    assert (table.loc[2, "low"], table.loc[2, "high"], table.loc[2, "share"]) == (0, 1, 0)
    assert (table["prudent_rate"] > 0).all()
    assert table["prudent_rate"].is_monotonic_increasing
    assert table.loc[3, "rate"] < 1


def test_weights_count_and_their_unit_does_not(outcomes: Any) -> None:
    p, y = outcomes
    w = np.random.default_rng(1).integers(0, 4, len(p)).astype(float)
    scale = MasterScale.from_cuts([0.02, 0.1], ["A", "B", "C"])
    table, ten = scale.fit(p, y, w).table_, scale.fit(p, y, 10 * w).table_
    assert table["count"].sum() == w.sum()
    for column in ("share", "observed_rate", "rate", "low", "high", "prudent_rate", "mean_p"):
        assert np.allclose(table[column], ten[column])
    assert scale.fit(p, y, np.ones(len(p))).table_.equals(scale.fit(p, y).table_)


@given(st.lists(st.floats(1e-6, 1 - 1e-6), min_size=1, max_size=5, unique=True), st.floats(200, 900))
def test_points_probability_and_grade_agree(cuts: list[float], score: float) -> None:
    cuts = sorted(cuts)
    scale = MasterScale.from_cuts(cuts, [f"g{k}" for k in range(len(cuts) + 1)])
    p = probability_of_score(score)
    assert score_of_probability(p) == pytest.approx(score, abs=1e-6)
    assert scale.grade_of_score([score]) == scale.grade([p])
    least = scale.least_scores()
    assert (np.diff(least) <= 0).all()
    for whole in {int(score), *(int(s) + d for s in least if np.isfinite(s) for d in (-1, 0, 1))}:
        assert int((least > whole).sum()) == scale.grade_of_score([whole])[0]


def test_least_points_through_a_calibrator(outcomes: Any) -> None:
    p, y = outcomes
    log_odds = np.log(p / (1 - p)) * 1.7
    calibrator = Calibrator("isotonic").fit(log_odds, y)

    def path(score: Any) -> Any:
        return calibrator.predict(log_odds_of_score(score))

    scale = MasterScale.from_cuts([1e-5, 0.02, 0.1, 0.3])
    least = scale.least_scores(path)
    assert np.isinf(least[0])
    assert least[0] > 0  # no points reach grade A: the best block is riskier than its cut
    whole = np.arange(300, 900)
    assert ((least[:, None] > whole).sum(axis=0) == scale.grade(path(whole))).all()


def test_cut_edges_belong_to_the_worse_grade() -> None:
    scale = MasterScale.from_cuts([0.1, 0.2], ["A", "B", "C"])
    below = np.nextafter(0.1, 0)
    assert scale.grade([0.0, below, 0.1, 0.2, 1.0]).tolist() == [0, 0, 1, 2, 2]


def test_geometric_cuts_have_one_ratio() -> None:
    cuts = np.array(MasterScale.geometric(0.005, 0.32).cuts_)
    assert cuts[1:] / cuts[:-1] == pytest.approx([4, 4, 4])
    assert (cuts[0], cuts[-1]) == (0.005, 0.32)
    assert MasterScale.geometric(0.1, 0.1, ["good", "bad"]).cuts_ == (0.1,)


def test_saved_exactly(outcomes: Any) -> None:
    p, y = outcomes
    fitted = MasterScale(["A", "B", "C"], rules=CutRules(min_events=10)).fit(p, y)
    bare = MasterScale.from_cuts([0.1, 0.9, 0.95], ["A", "B", "C", "D"]).fit([0.05, 0.2], [0, 1])
    for scale in (fitted, bare, MasterScale.geometric(0.01, 0.2)):
        text = json.dumps(scale.to_dict(), allow_nan=False)
        again = MasterScale.from_dict(json.loads(text))
        assert json.dumps(again.to_dict(), allow_nan=False) == text
        assert (again.grade(p) == scale.grade(p)).all()
        if hasattr(scale, "table_"):
            assert again.table_.equals(scale.table_)


def test_rules_that_cannot_be_kept_are_said_through_the_scale(outcomes: Any) -> None:
    with pytest.raises(NoCuts, match="min_events"):
        MasterScale(rules=CutRules(min_events=200)).fit(*outcomes)


@pytest.mark.parametrize("bad", [[0.5, np.nan], [0.5, 1.2], [-0.1], [np.inf], ["A"]])
def test_no_grade_for_an_impossible_probability(bad: Any) -> None:
    with pytest.raises(TableError):
        MasterScale.from_cuts([0.1], ["A", "B"]).grade(bad)
    assert len(MasterScale.from_cuts([0.1], ["A", "B"]).grade([])) == 0


@pytest.mark.parametrize("cuts", [[0.1, 0.1], [0.2, 0.1], [0.0, 0.1], [0.1, 1.1], [0.1], [0.1, float("nan")]])
def test_cut_offs_that_make_no_scale(cuts: Any) -> None:
    with pytest.raises(UsageError, match="cut-offs"):
        MasterScale.from_cuts(cuts, ["A", "B", "C"])


def test_misuse_is_said(outcomes: Any) -> None:
    for grades in (["A"], ["A", "A"], "ABC"):
        with pytest.raises(UsageError, match="grades"):
            MasterScale(grades).fit(*outcomes)
    with pytest.raises(UsageError, match="no cut-offs yet"):
        MasterScale().grade([0.1])
    with pytest.raises(UsageError, match="from"):
        MasterScale.geometric(0.3, 0.1)
    with pytest.raises(TableError, match="inside"):
        score_of_probability([0.0])
    for function in (log_odds_of_score, lambda s, pdo: score_of_probability(0.1, pdo=pdo)):
        with pytest.raises(UsageError, match="pdo"):
            function(600, pdo=0)
    with pytest.raises(TableError, match="master_scale"):
        MasterScale.from_dict({"kind": "calibrator"})
