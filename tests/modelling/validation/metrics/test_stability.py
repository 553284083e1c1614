"""Stability: parts that add up, bins that stay where they were fixed, gaps and new levels in bins of their own."""

import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.stability import (
    FixedBins,
    Profile,
    against,
    csi,
    fix_bins,
    profile_of,
    psi,
    psi_table,
)


def test_psi_by_hand() -> None:
    table = psi_table(["a", "b", "c"], [50, 30, 20], [40, 30, 30])
    parts = [(0.4 - 0.5) * np.log(0.4 / 0.5), 0.0, (0.3 - 0.2) * np.log(0.3 / 0.2)]
    assert table["part"].to_list() == pytest.approx(parts)
    empty = psi_table(["a", "b"], [10, 0], [5, 5])
    assert empty["part"][1] == pytest.approx((0.5 - 0.05) * np.log(0.5 / 0.05))
    assert psi_table(["a", "b"], [10, 0], [5, 0])["part"].to_list() == [0, 0]


def test_bins_stay_fixed() -> None:
    rng = np.random.default_rng(0)
    first, later = rng.normal(0, 1, 5000), rng.normal(0.5, 1, 5000)
    fixed = fix_bins("score", first)
    assert len(fixed.labels) == 11
    stability = psi(first, later, fixed)
    assert 0.2 < stability.psi < 0.35
    assert stability.table["expected"][:10].to_list() == pytest.approx([500] * 10)
    again = psi(first, rng.normal(0, 1, 5000), fixed)
    assert again.psi < 2 * again.noise
    assert FixedBins.from_dict(json.loads(json.dumps(fixed.to_dict()))) == fixed


def test_noise_is_what_chance_does() -> None:
    rng = np.random.default_rng(1)
    below = 0
    for _ in range(200):
        stability = psi(rng.integers(0, 8, 400), rng.integers(0, 8, 300))
        below += stability.psi <= stability.noise
    assert 180 <= below <= 199


def test_missing_and_unseen_have_their_bins() -> None:
    before = pd.Series(["微型", "小型", "大型", None] * 25)
    after = pd.Series(["微型", "新型", None, None] * 25)
    stability = psi(before, after, name="规模")
    counts = dict(zip(stability.table["bin"], stability.table["actual"], strict=True))
    assert counts == {"大型": 0, "小型": 0, "微型": 25, "other": 25, "missing": 50}
    numbers = psi(pd.Series([1.0, 2.0, None, 4.0]), pd.Series([None, None, None, 1.0]), 3)
    assert numbers.table["actual"].to_list()[-1] == 3
    many = fix_bins("town", [f"t{k:03d}" for k in range(500)])
    assert len(many.levels) == 50


def test_csi_names_the_column_that_moved() -> None:
    rng = np.random.default_rng(2)
    before = pd.DataFrame({"a": rng.normal(size=900), "b": rng.normal(size=900), "gone": 1.0, "void": np.nan})
    after = pd.DataFrame({"a": rng.normal(size=900), "b": rng.normal(1, 1, size=900), "void": 1.0})
    totals, parts = csi(before, after)
    assert totals["variable"].to_list() == ["b", "a", "gone", "void"]
    assert totals["state"].to_list() == ["measured", "measured", "not_supplied", "all_missing"]
    assert parts.groupby("variable")["part"].sum()["b"] == pytest.approx(totals["csi"][0])
    assert totals["csi"][0] > 0.5 > totals["csi"][1]


def test_a_profile_stands_for_its_rows() -> None:
    rng = np.random.default_rng(3)
    before = pd.DataFrame({"a": rng.normal(size=500), "规模": rng.choice(["大", "小"], 500), "void": np.nan})
    before.loc[:20, "a"] = np.nan
    after = before.sample(300, random_state=1).assign(a=lambda t: t["a"] + 0.4)
    profile = Profile.from_dict(json.loads(json.dumps(profile_of(before, p=np.linspace(0, 1, 500)).to_dict())))
    for table, two in zip(csi(before, after), csi(profile, after), strict=True):
        pd.testing.assert_frame_equal(table, two)
    assert profile.prediction is not None
    assert against(profile.prediction, np.linspace(0, 1, 900)).psi < 0.001
    with pytest.raises(InputError, match="no profile"):
        Profile.from_dict({})


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60),
    st.lists(st.one_of(st.none(), st.floats(-1e6, 1e6)), min_size=1, max_size=60),
)
def test_psi_never_below_zero_and_every_row_has_one_bin(before: list, after: list) -> None:
    first = pd.Series(before, dtype=float)
    if first.isna().all():
        with pytest.raises(InputError, match="missing"):
            psi(first, pd.Series(after, dtype=float))
        return
    stability = psi(first, pd.Series(after, dtype=float))
    assert stability.psi >= 0
    assert stability.table["expected"].sum() == len(before)
    assert stability.table["actual"].sum() == len(after)
    assert psi(first, first).psi == 0


@pytest.mark.parametrize("many", [3, 40])
def test_infinities_lie_in_the_outermost_bins(many: int) -> None:
    held = pd.Series([-np.inf, np.inf, *np.arange(float(many))])
    fixed = fix_bins("ratio", held)
    assert np.isfinite(fixed.edges).all()
    first, last = fixed.assign([-np.inf, np.inf])
    assert (first, last) == (0, len(fixed.edges))
    assert psi(held, held.replace([-np.inf, np.inf], [-1e308, 1e308])).psi == 0


def test_bad_input_is_named() -> None:
    with pytest.raises(InputError, match="texts"):
        psi([1.0, 2.0, 3.0], ["a", "b"])
    with pytest.raises(InputError, match="no row"):
        psi([1.0, 2.0], [])
