"""Draws: whole organisations, each outcome with its share, equal rows told apart, any order of rows."""

import doctest

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditscore.core.errors import InputError
from creditscore.modelling.features import draws as module
from creditscore.modelling.features.draws import Units, check_shares, count_sides, mixed

SEED = 7


def test_examples_in_the_docs_hold() -> None:
    assert doctest.testmod(module).failed == 0


def hashes_of(values: list[int]) -> np.ndarray:
    return mixed(np.array(values, dtype=np.uint64), 5)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=80),
    st.integers(0, 2**40),
    st.floats(0.05, 0.95),
    st.randoms(use_true_random=False),
)
def test_rows_are_drawn_alike_in_any_order(rows: list[tuple[int, bool]], seed: int, share: float, random) -> None:
    """Of equal rows as many are drawn, wherever they stand."""

    def drawn(ordered: list[tuple[int, bool]]) -> tuple[list, list]:
        units = Units.of(hashes_of([value for value, _ in ordered]))
        stratum = np.array([event for _, event in ordered], dtype=np.int64)
        test, fold = units.draw(stratum, share, seed), units.deal(stratum, 3, seed)
        assert set(fold) <= {0, 1, 2}
        rows = [(*row, bool(side)) for row, side in zip(ordered, test, strict=True)]
        dealt = [(*row, int(part)) for row, part in zip(ordered, fold, strict=True)]
        return sorted(rows), sorted(dealt)

    shuffled = list(rows)
    random.shuffle(shuffled)
    assert drawn(rows) == drawn(shuffled)


@given(st.lists(st.integers(0, 1), min_size=1, max_size=200), st.floats(0.05, 0.95), st.integers(0, 1000))
def test_each_outcome_has_its_share(events: list[int], share: float, seed: int) -> None:
    """Though all rows are alike."""
    stratum = np.array(events)
    test = Units.of(np.zeros(len(events), dtype=np.uint64)).draw(stratum, share, seed)
    assert abs(test.sum() - share * len(events)) <= 0.5 + 1e-9
    for value in (0, 1):
        assert abs(test[stratum == value].sum() - share * (stratum == value).sum()) <= 1 + 1e-9


def test_organisations_stay_whole_and_rows_without_one_stand_alone() -> None:
    names = pd.Series([f"firm {k // 3}" if k % 10 else None for k in range(3000)])
    hashes = np.zeros(3000, dtype=np.uint64)
    units = Units.of(hashes, names)
    event = (np.arange(3000) % 13 == 0).astype(int)
    test, fold = units.draw(event, 0.25, SEED), units.deal(event, 5, SEED)
    for part in (test, fold):
        assert (pd.Series(part).groupby(names).nunique() == 1).all()
    loose = names.isna().to_numpy()
    assert 0.2 < test[loose].mean() < 0.3
    sides = count_sides(units, test, event)
    assert sides["test"]["organisations"] + sides["fit"]["organisations"] == names.nunique()
    check_shares(sides, 0.25)
    order = np.random.default_rng(1).permutation(3000)
    again = Units.of(hashes, names.iloc[order].reset_index(drop=True)).draw(event[order], 0.25, SEED)
    named = ~loose[order]
    assert (again[named] == test[order][named]).all()


def test_large_organisations_have_their_share_too() -> None:
    size = np.random.default_rng(3).geometric(0.1, 400)
    names = pd.Series(np.repeat(np.arange(400), size))
    units = Units.of(np.zeros(len(names), dtype=np.uint64), names)
    tests = [units.draw(np.zeros(len(names)), 0.25, seed) for seed in range(30)]
    assert all(0.24 < test.mean() < 0.26 for test in tests)
    assert len({tuple(names[test].unique()) for test in tests}) == 30


@pytest.mark.parametrize(
    ("held", "asked", "what"),
    [((400, 10, 20), 0.25, "rows"), ((250, 40, 20), 0.25, "organisations"), ((250, 25, 45), 0.25, "events")],
)
def test_shares_far_off_are_refused(held: tuple[int, int, int], asked: float, what: str) -> None:
    totals = (1000, 100, 80)
    names = ("rows", "organisations", "events")
    sides = {
        "test": dict(zip(names, held, strict=True)),
        "fit": {name: total - part for name, total, part in zip(names, totals, held, strict=True)},
    }
    with pytest.raises(InputError, match=f"of the {what}") as refused:
        check_shares(sides, asked)
    assert refused.value.allowed == "12.5% to 37.5%"
    assert refused.value.next is not None


def test_draws_depend_on_the_seed() -> None:
    units = Units.of(np.arange(20_000, dtype=np.uint64))
    values, other = (units.draw(np.zeros(20_000), 0.25, seed) for seed in (3, 4))
    assert abs(np.corrcoef(values, other)[0, 1]) < 0.03
    assert values.sum() == other.sum() == 5000
    assert np.bincount(units.deal(np.zeros(20_000), 5, 1)).tolist() == [4000] * 5
