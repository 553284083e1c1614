"""Cut-offs: equal to brute force under every rule and objective, conflicts named, hand-set ones measured beside."""

import doctest
from collections.abc import Callable
from itertools import combinations, pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling.models import cutoffs as cuts_module
from creditscore.modelling.models.cut_rules import OBJECTIVES, CutRules
from creditscore.modelling.models.cutoffs import NoCuts, compare_cuts, optimise_cuts
from creditscore.modelling.validation.low_default import distinct_p_value


def test_example_in_the_docs_holds() -> None:
    assert doctest.testmod(cuts_module).failed == 0


def keeps(rules: CutRules, groups: list[Any], y: Any, w: Any, period: Any) -> bool:
    """The rules once more, said plainly on the rows of each grade."""
    shares = [w[g].sum() / w.sum() for g in groups]
    rates = [np.average(y[g], weights=w[g]) for g in groups]
    sizes = [w[g].sum() ** 2 / (w[g] ** 2).sum() for g in groups]
    events = [r * n for r, n in zip(rates, sizes, strict=True)]

    def ascends(values: list[float]) -> bool:
        return all(b >= a - 1e-12 for a, b in pairwise(values))

    ok = not rules.monotone or ascends(rates)
    ok &= rules.min_share is None or min(shares) >= rules.min_share - 1e-9
    ok &= rules.max_share is None or max(shares) <= rules.max_share + 1e-9
    ok &= rules.min_events is None or min(events) >= rules.min_events - 1e-9
    if rules.distinct is not None:
        for i in range(len(groups) - 1):
            ok &= float(distinct_p_value(events[i], sizes[i], events[i + 1], sizes[i + 1])) <= rules.distinct
    if rules.shares is not None:
        ok &= all(abs(a - b) <= rules.tolerance + 1e-9 for a, b in zip(shares, rules.shares, strict=True))
    if rules.stable:
        for label in set(period):
            parts = [g & (period == label) for g in groups]
            ok = ok and all(part.any() for part in parts) and ascends([np.average(y[g], weights=w[g]) for g in parts])
    return bool(ok)


def worth(objective: str, groups: list[Any], y: Any, w: Any) -> float:
    e = np.array([(w * y)[g].sum() for g in groups])
    g = np.array([w[group].sum() for group in groups]) - e
    if objective == "likelihood":
        r = e / (e + g)
        return float(sum(k * np.log(v) for k, v in zip(np.r_[e, g], np.r_[r, 1 - r], strict=True) if k > 0))
    if objective == "iv":
        bad, good = ((part + 0.5) / (part + 0.5).sum() for part in (e, g))
        return float(((good - bad) * np.log(good / bad)).sum())
    code = np.sum([number * group for number, group in enumerate(groups)], axis=0)
    return float(roc_auc_score(y, code, sample_weight=w))


def brute(p: Any, y: Any, w: Any, period: Any, grades: int, rules: CutRules, objective: str) -> float | None:
    values = np.unique(p)
    result = []
    for inner in combinations(values[1:], grades - 1):
        code = np.searchsorted(inner, p, side="right")
        groups = [code == number for number in range(grades)]
        if keeps(rules, groups, y, w, period):
            result.append(worth(objective, groups, y, w))
    return max(result, default=None)


RULES = st.builds(
    CutRules,
    monotone=st.booleans(),
    min_share=st.sampled_from([None, 0.1, 0.2]),
    max_share=st.sampled_from([None, 0.5, 0.7]),
    min_events=st.sampled_from([None, 1, 3]),
    distinct=st.sampled_from([None, 0.05, 0.3]),
    stable=st.booleans(),
)


@settings(max_examples=80, deadline=None)
@given(st.integers(0, 10_000), st.integers(2, 4), RULES, st.sampled_from(OBJECTIVES), st.booleans(), st.booleans())
def test_equal_to_brute_force(
    seed: int, grades: int, rules: CutRules, objective: Any, weighted: bool, shared: bool
) -> None:
    rng = np.random.default_rng(seed)
    p = rng.integers(1, 10, 60) / 10
    y = (rng.random(60) < p).astype(int)
    w = rng.choice([0.5, 1.0, 3.0], 60) if weighted else np.ones(60)
    period = rng.integers(2018, 2020, 60)
    if shared:  # shares that some cut has, give or take
        edges = np.sort(rng.choice(np.unique(p)[1:], grades - 1, replace=False))
        parts = np.bincount(np.searchsorted(edges, p, side="right"), w, minlength=grades) / w.sum()
        rules = CutRules(rules.monotone, distinct=rules.distinct, shares=tuple(parts), tolerance=0.08)
    best = brute(p, y, w, period, grades, rules, objective)
    try:
        cut_solution = optimise_cuts(p, y, grades, rules, objective=objective, sample_weight=w, periods=period)
    except NoCuts as error:
        assert best is None
        # a smallest conflict: it cannot be kept, and each part of it is needed
        others = [name for name in rules.asked() if name not in error.conflict]
        only = rules.without(others)
        assert brute(p, y, w, period, grades, only, objective) is None
        for name in error.conflict:
            assert brute(p, y, w, period, grades, only.without([name]), objective) is not None
        return
    assert best is not None
    assert cut_solution.every_boundary
    assert cut_solution.value == pytest.approx(best, rel=1e-9, abs=1e-9)
    row = compare_cuts(p, y, {"x": cut_solution.cuts}, rules, sample_weight=w, periods=period).iloc[0]
    assert row[objective] == pytest.approx(best, rel=1e-9, abs=1e-9)
    assert row["broken"] == ()


@pytest.fixture
def portfolio() -> tuple[Any, Any, Any]:
    rng = np.random.default_rng(5)
    p = rng.beta(1, 12, 20_000)
    return p, (rng.random(20_000) < p).astype(int), rng.integers(2018, 2021, 20_000)


def test_statutory_shares(portfolio: Any) -> None:
    p, y, _ = portfolio
    wanted = (0.08, 0.42, 0.40, 0.03, 0.07)
    cut_solution = optimise_cuts(p, y, 5, CutRules(shares=wanted, tolerance=0.001))
    shares = np.bincount(np.searchsorted(cut_solution.cuts, p, side="right")) / len(p)
    assert np.abs(shares - wanted).max() <= 0.001
    free = optimise_cuts(p, y, 5)
    table = compare_cuts(p, y, {"free": free.cuts, "by share": cut_solution.cuts}, CutRules(shares=wanted))
    assert table["likelihood"].is_monotonic_decreasing
    assert table["broken"].tolist() == [("shares",), ()]


@pytest.mark.parametrize(
    ("rules", "conflict", "advice"),
    [
        (CutRules(min_share=0.3), ("min_share",), "with 3 grades there are"),
        (CutRules(min_share=0.1, max_share=0.15), ("max_share",), "without max_share"),
        (CutRules(min_share=0.1, max_share=0.3, shares=(0.4, 0.2, 0.2, 0.2)), ("max_share", "shares"), "without"),
        (CutRules(min_events=1000), ("min_events",), "without min_events"),
        (CutRules(distinct=1e-200), ("distinct",), "without distinct"),
    ],
)
def test_the_rules_in_conflict_are_named(portfolio: Any, rules: CutRules, conflict: Any, advice: str) -> None:
    p, y, _ = portfolio
    with pytest.raises(NoCuts) as caught:
        optimise_cuts(p, y, 4, rules, candidates=60)
    assert caught.value.conflict == conflict
    assert all(name in caught.value.what for name in conflict)
    assert advice in str(caught.value)


def test_an_order_that_turns_in_one_period_is_not_stable() -> None:
    p = np.repeat([0.1, 0.2, 0.3], 200)
    period = np.tile([2018, 2019], 300)
    rate = np.where(period == 2018, p, np.where(p == 0.2, 0.6, p))
    y = (np.arange(600) % 20 < rate * 20).astype(int)
    assert len(optimise_cuts(p, y, 3, CutRules(monotone=False)).cuts) == 2
    with pytest.raises(NoCuts) as caught:
        optimise_cuts(p, y, 3, CutRules(monotone=False, stable=True), periods=period)
    assert caught.value.conflict == ("stable",)
    row = compare_cuts(p, y, {"three": [0.15, 0.25]}, CutRules(stable=True), periods=period).iloc[0]
    assert row["stable"] is False or not row["stable"]
    assert "stable" in row["broken"]


def test_many_values_are_cut_at_candidates_and_that_is_said(portfolio: Any) -> None:
    p, y, _ = portfolio
    coarse, fine = (optimise_cuts(p, y, 4, candidates=n) for n in (30, 300))
    assert (coarse.candidates, coarse.every_boundary) == (30, False)
    assert fine.value >= coarse.value
    named = optimise_cuts(p, y, 3, candidates=[0.01, 0.02, 0.05, 0.1, 0.2, 0.9999])
    assert set(named.cuts) <= {0.01, 0.02, 0.05, 0.1, 0.2}


def test_row_order_changes_nothing(portfolio: Any) -> None:
    p, y, period = portfolio
    w = np.random.default_rng(0).random(len(p))
    rules = CutRules(min_share=0.02, distinct=0.01, stable=True)

    def solve(order: Any) -> Any:
        return optimise_cuts(p[order], y[order], 5, rules, sample_weight=w[order], periods=period[order], candidates=80)

    assert solve(np.arange(len(p))) == solve(np.random.default_rng(1).permutation(len(p)))


def test_compared_measures_are_what_they_say(portfolio: Any) -> None:
    p, y, period = portfolio
    hand = [0.02, 0.05, 0.2]
    code = np.searchsorted(hand, p, side="right")
    row = compare_cuts(p, y, {"hand": hand}, CutRules(min_share=0.2), periods=period).iloc[0]
    share = np.bincount(code) / len(p)
    assert row["discrimination"] == pytest.approx(roc_auc_score(y, code))
    assert row["herfindahl"] == pytest.approx((share**2).sum())
    assert (row["least_share"], row["greatest_share"]) == (share.min(), share.max())
    assert row["least_events"] == min(y[code == k].sum() for k in range(4))
    assert (row["grades"], row["monotone"], row["stable"]) == (4, True, True)
    assert row["broken"] == ("min_share",)
    empty = compare_cuts(p, y, {"none above": [0.02, 0.999]}).iloc[0]
    assert (empty["least_share"], empty["largest_p_value"]) == (0, 1)


CALLS: list[tuple[Callable[[], Any], type[Exception], str]] = [
    (lambda: optimise_cuts([0.1, 0.2, 0.3], [0, 0, 0], 2), TableError, "no adverse event"),
    (lambda: optimise_cuts([0.1, np.nan, 0.3], [0, 1, 0], 2), TableError, "missing or infinite"),
    (lambda: optimise_cuts([0.1, np.inf, 0.3], [0, 1, 0], 2), TableError, "missing or infinite"),
    (lambda: optimise_cuts([0.1] * 4, [0, 1, 0, 1], 2), NoCuts, "1 values"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 1), UsageError, "grades is 1"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, objective="gini"), UsageError, "gini"),  # type: ignore[arg-type]
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, CutRules(stable=True)), UsageError, "period"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, periods=[2018]), TableError, "periods"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, CutRules(shares=(1.0,))), UsageError, "1 shares for 2"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, CutRules(shares=(0.5, 0.4))), UsageError, "add to 0.9"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, CutRules(min_share=2)), UsageError, "min_share"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, CutRules(min_events=-1)), UsageError, "min_events"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, candidates=0), UsageError, "candidates"),
    (lambda: optimise_cuts([0.1, 0.2], [0, 1], 2, candidates=[0.2, 0.1]), TableError, "ascend"),
    (lambda: compare_cuts([0.1, 0.2], [0, 1], {"x": [0.2, 0.2]}), TableError, "ascend"),
]


@pytest.mark.parametrize(("call", "error", "word"), CALLS)
def test_misuse_is_said(call: Callable[[], Any], error: type[Exception], word: str) -> None:
    with pytest.raises(error) as caught:
        call()
    assert word in str(caught.value)
