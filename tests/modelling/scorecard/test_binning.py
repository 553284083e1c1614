"""Binner: trends, sizes, exact edges, policies, weights, round trip; one path for table and transform."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.modelling import Binner
from creditscore.modelling.features.columns_of import Column
from creditscore.modelling.scorecard.bins import assign
from creditscore.modelling.scorecard.prebinning import fine_bins, short
from creditscore.modelling.scorecard.shapes import choose, isotonic, projected, segments
from tests.modelling.data import firms

X, Y = firms(3000)


def test_counts_in_table_are_counts_by_transform() -> None:
    binner = Binner(specials={"margin": [-99]}).fit(X, Y)
    codes = Binner(specials={"margin": [-99]}, output="codes").fit(X, Y).transform(X)
    labels = Binner(specials={"margin": [-99]}, output="labels").fit(X, Y).transform(X)
    woe = binner.transform(X)
    for j, name in enumerate(X):
        own = binner.table_[binner.table_["variable"] == name].reset_index(drop=True)
        assert own["count"].tolist() == np.bincount(codes[:, j], minlength=len(own)).tolist()
        assert own["events"].tolist() == np.bincount(codes[:, j], Y, len(own)).tolist()
        assert own["bin"][codes[:, j]].tolist() == labels[:, j].tolist()
        assert own["woe"][codes[:, j]].tolist() == woe[:, j].tolist()


def test_sizes_trends_and_specials_hold() -> None:
    binner = Binner(
        max_bins=4, min_bin_size=0.1, trend={"margin": "monotone", "ratio": "valley"}, specials=[-99, "inn"]
    )
    table = binner.fit(X, Y).table_
    own = table[(table["role"] == "bin")]
    assert own.groupby("variable").size().max() <= 4
    wide = own[own["kind"] == "number"]
    assert (wide["count"] >= 0.1 * 0.85 * len(X)).all()
    assert (np.diff(own[own["variable"] == "margin"]["rate"]) < 0).all()
    signs = np.sign(np.diff(own[own["variable"] == "ratio"]["rate"])).tolist()
    assert signs == sorted(signs)
    assert binner.trends_["ratio"] == "valley"
    assert table[table["role"] == "special"]["bin"].tolist() == ["special: -99", "special: inn"]


def test_hand_set_cuts_stick() -> None:
    binner = Binner(cuts={"late": [0.5, 7], "kind": [["farm", "inn"], ["works"]]}).fit(X, Y)
    labels = binner.table_.groupby("variable")["bin"].agg(list)
    assert labels["late"] == ["< 0.5", "0.5 to < 7", ">= 7", "missing"]
    assert labels["kind"] == ["farm, inn", "works", "missing", "other"]


def test_policies_of_missing_and_unseen() -> None:
    row = pd.DataFrame({"late": [np.nan], "kind": ["never"]})
    table = X[["late", "kind"]]
    worst = Binner(missing="worst", unseen="worst").fit(table, Y)
    own = worst.table_[worst.table_["role"] == "bin"].groupby("variable")["woe"].min()
    assert worst.transform(row)[0].tolist() == [own["late"], own["kind"]]
    neutral = Binner(missing="neutral", unseen="neutral").fit(table, Y).transform(row)[0]
    assert abs(neutral).max() < 0.2


def test_round_trip_and_frames() -> None:
    binner = Binner().fit(X, Y)
    again = Binner.from_dict(json.loads(json.dumps(binner.to_dict())))
    assert again.to_dict() == binner.to_dict()
    np.testing.assert_array_equal(again.transform(X), binner.transform(X))
    framed = Binner().set_output(transform="pandas").fit(X, Y).transform(X)
    assert framed.columns.tolist() == list(X)


def test_order_of_rows_changes_nothing() -> None:
    order = np.random.default_rng(0).permutation(len(X))
    again = Binner().fit(X.iloc[order], Y[order])
    assert again.to_dict() == Binner().fit(X, Y).to_dict()


@given(st.lists(st.floats(-5, 5), min_size=1, max_size=12), st.data())
def test_isotonic_is_the_nearest_rising_sequence(values: list[float], data: st.DataObject) -> None:
    v = np.array(values)
    w = np.array(data.draw(st.lists(st.floats(0.1, 5), min_size=len(v), max_size=len(v))))
    fitted = isotonic(v, w)
    assert (np.diff(fitted) >= -1e-12).all()
    other = np.sort(np.array(data.draw(st.lists(st.floats(-6, 6), min_size=len(v), max_size=len(v)))))
    assert w @ (v - fitted) ** 2 <= w @ (v - other) ** 2 + 1e-9


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=9), st.sampled_from(["peak", "valley", "monotone"]))
def test_the_best_turn_is_found(values: list[float], trend: str) -> None:
    v, w = np.array(values), np.ones(len(values))
    k = len(v)
    _, signs = choose(v, w, trend)
    result = ((v - projected(v, w, signs)) ** 2).sum()
    s = 1 if trend == "peak" else -1
    patterns = [(s,) * (m - 1) + (0,) + (-s,) * (k - 1 - m) for m in range(1, k)]
    if trend == "monotone":
        patterns = [(1,) * (k - 1), (-1,) * (k - 1)]
    assert result <= min(((v - projected(v, w, p)) ** 2).sum() for p in patterns) + 1e-9


def brute(events: np.ndarray, counts: np.ndarray, most: int, least: float, gain: float) -> float:
    """The best penalised likelihood over all ways to cut."""
    from itertools import combinations

    def likelihood(a: int, b: int) -> float:
        e, n = events[a:b].sum(), counts[a:b].sum()
        return sum(x * np.log(x / n) for x in (e, n - e) if x > 0) if n >= least else -np.inf

    k, best = len(counts), -np.inf
    for number in range(min(most, k)):
        for cuts in combinations(range(1, k), number):
            ends = [0, *cuts, k]
            parts = itertools.pairwise(ends)
            best = max(best, sum(likelihood(a, b) for a, b in parts) - gain * number)
    return best


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20)), min_size=1, max_size=7),
    st.integers(1, 4),
    st.integers(0, 30),
)
def test_segments_are_the_best_of_all(bins: list[tuple[int, int]], most: int, least: int) -> None:
    events = np.array([float(e) for e, _ in bins])
    counts = np.array([float(e + g) for e, g in bins])
    starts = segments(events, counts, most, least, 0.5)
    if counts.sum() < least:
        assert starts == [0]
        return
    ends = [*starts[1:], len(counts)]
    own = -0.5 * (len(starts) - 1)
    for a, b in zip(starts, ends, strict=True):
        e, n = events[a:b].sum(), counts[a:b].sum()
        assert n >= least
        own += sum(x * np.log(x / n) for x in (e, n - e) if x > 0)
    assert own == pytest.approx(brute(events, counts, most, least, 0.5))


@given(st.floats(-1e6, 1e6), st.floats(1e-9, 1e3))
def test_short_cuts_lie_between(below: float, width: float) -> None:
    above = below + width
    if above > below:
        assert below < short(below, above) <= above


@pytest.mark.parametrize("weighted", [False, True])
def test_a_value_that_many_rows_hold_is_not_mixed_with_its_neighbours(weighted: bool) -> None:
    """Nothing, a code below and one above: each with a bin of its own, and no more bins than asked for."""
    random = np.random.default_rng(0)
    values = np.exp(random.standard_normal(4000))
    values[:1600] = 0.0
    high = np.where(np.arange(4000) % 35 == 0, 999.0, values)
    coded = np.where(np.arange(4000) % 40 == 0, -9.0, random.standard_normal(4000))
    weight = np.where(np.arange(4000) % 2, 1.5, 0.5) if weighted else np.ones(4000)
    for column, places in ((values, [0]), (high, [0, -1]), (coded, [0])):
        for most in (5, 10, 20):
            bins = fine_bins(Column("x", values=column), weight, most, 8.0)
            code = assign(bins, Column("x", values=column))
            assert bins.ordinary <= most
            assert bins.ordinary >= most / 2
            for place in places:
                end = column.min() if place == 0 else column.max()
                share = weight[column == end].sum() / weight.sum()
                if share >= 0.2 / most:
                    assert len(np.unique(column[code == range(bins.ordinary)[place]])) == 1, (most, place)


def test_the_lowest_of_many_values_has_no_bin_of_its_own() -> None:
    values = np.random.default_rng(0).standard_normal(4000).round(2)
    bins = fine_bins(Column("x", values=values), np.ones(4000), 20, 8.0)
    counts = np.bincount(assign(bins, Column("x", values=values)))[: bins.ordinary]
    assert bins.ordinary == 20
    assert counts.min() > 150
