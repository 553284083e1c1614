"""Tests per grade against scipy, and the lights they turn."""

import numpy as np
import pytest
from scipy.stats import beta, binom, norm

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.grade_tests import grade_tests, heterogeneity, holm, homogeneity

Y = np.r_[np.repeat([1, 0], [1, 99]), np.repeat([1, 0], [20, 180]), np.repeat([1, 0], [5, 5])]
P = np.r_[np.full(100, 0.02), np.full(200, 0.05), np.full(10, 0.4)]
GRADE = np.repeat(["A", "B", "D"], [100, 200, 10])


def test_binomial_and_jeffreys_are_scipys() -> None:
    table = grade_tests(Y, P, GRADE, order=["A", "B", "C", "D"])
    assert list(table["grade"]) == ["A", "B", "C", "D", "portfolio"]
    b = table.iloc[1]
    assert b["binomial_p"] == pytest.approx(binom.sf(19, 200, 0.05))
    assert b["jeffreys_p"] == pytest.approx(beta.cdf(0.05, 20.5, 180.5))
    assert b["over_p"] == pytest.approx(1 - b["jeffreys_p"])
    assert list(table["light"]) == ["green", "red", "none", "green", "red"]
    assert table["count"].to_list() == [100, 200, 0, 10, 310]
    assert table["events"].to_list() == [1, 20, 0, 5, 26]
    assert np.isnan(table["rate"][2])
    assert table["share"][:4].sum() == pytest.approx(1)
    assert table["pd"][4] == pytest.approx(P.mean())


def test_a_zero_is_no_proof() -> None:
    table = grade_tests(np.zeros(50), np.full(50, 0.01), ["A"] * 50)
    assert table["binomial_p"][0] == 1.0
    assert table["rate_high"][0] > 0.01
    assert table["light"][0] == "green"
    assert grade_tests(np.zeros(2000), np.full(2000, 0.01), ["A"] * 2000)["light_over"][0] == "red"


def test_the_master_scale_gives_the_probability() -> None:
    table = grade_tests(Y, P, GRADE, pd_by_grade={"A": 0.01, "B": 0.1, "D": 0.5})
    assert list(table["light"]) == ["green"] * 4
    assert table["pd"][3] == pytest.approx((100 * 0.01 + 200 * 0.1 + 10 * 0.5) / 310)
    with pytest.raises(InputError, match="no probability"):
        grade_tests(Y, P, GRADE, pd_by_grade={"A": 0.01})


def test_holm() -> None:
    assert holm([0.01, 0.04, 0.03, float("nan")])[:3] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(holm([0.01, float("nan")])[1])


def test_neighbours_are_told_apart() -> None:
    y = np.r_[np.repeat([1, 0], [10, 990]), np.repeat([1, 0], [50, 950]), np.repeat([1, 0], [45, 955])]
    table = heterogeneity(y, np.repeat([1, 2, 3], 1000))
    pooled = 60 / 2000
    z = 0.04 / (pooled * (1 - pooled) * 2 / 1000) ** 0.5
    assert table["z"][0] == pytest.approx(z)
    assert table["p_value"][0] == pytest.approx(norm.sf(z))
    assert table["distinct"].to_list() == [True, False]
    assert table["inverted"].to_list() == [False, True]
    small = heterogeneity([0, 0, 0, 1, 1, 1], list("AAABBB"))
    assert small["exact_p"][0] == pytest.approx(1 / 20)
    assert heterogeneity([0, 1], ["A", "A"]).empty


def test_within_a_grade_all_are_alike_or_not() -> None:
    rng = np.random.default_rng(1)
    p = rng.uniform(0.05, 0.4, 4000)
    y = (rng.random(4000) < p).astype(int)
    flat = (rng.random(4000) < 0.2).astype(int)
    grade = ["A"] * 4000
    assert not homogeneity(y, p, grade)["alike"][0]
    assert homogeneity(flat, p, grade)["alike"][0]
    same = homogeneity(flat, np.full(4000, 0.2), grade)
    assert same["state"][0] == "one_value"
    odd = homogeneity([0, 1, 1, 0], [0.1, 0.5, 0.5, 0.5], ["A"] * 4)
    assert (odd["count_low"][0], odd["count_high"][0]) == (1, 3)


@pytest.mark.parametrize(
    ("grade", "order", "message"),
    [
        (["A", None], None, "no grade"),
        (["A", "X"], ["A", "B"], "not in the order"),
        (["A", "A"], ["A", "A"], "twice"),
        (["A"], None, "1 values"),
    ],
)
def test_bad_grades_are_named(grade: list, order: list | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        grade_tests([0, 1], [0.1, 0.2], grade, order=order)


def test_numbers_sort_as_numbers() -> None:
    table = grade_tests([0, 1, 0], [0.1, 0.2, 0.3], [10, 9, 2])
    assert list(table["grade"]) == [2, 9, 10, "portfolio"]
