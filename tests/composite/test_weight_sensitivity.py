"""Fragile: decided exactly, so never contradicted by weights that were tried."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from creditscore.composite.config import TOP
from creditscore.composite.score import Function, GroupPart, places, points, raw
from creditscore.composite.weight_sensitivity import fragile

EDGES = np.array([0, 400, 600, 800, 950])
STEPS = (900, 933, 967, 1000, 1033, 1067, 1100)


@pytest.mark.parametrize("seed", range(12))
def test_all_weights_within_a_tenth(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 5))
    cut = int(rng.integers(1, n + 1))
    parts = (
        GroupPart(0, cut, 0, TOP),
        *([GroupPart(cut, n, int(rng.integers(0, 700)), int(rng.integers(800, TOP)))] if cut < n else []),
    )
    f = Function(rng.integers(1, 40, n), np.full(n, 750), parts, EDGES)
    values, ceilings = rng.integers(0, TOP + 1, (60, n)), rng.choice([TOP, TOP, 599], 60)
    statement = fragile(f, values, ceilings)
    grade = places(f, points(f, raw(f, values, ceilings)))
    seen = np.zeros(60, dtype=bool)
    for tried in product(STEPS, repeat=n):
        other = f.with_weights(f.weights * np.array(tried))
        seen |= places(other, points(other, raw(other, values, ceilings))) != grade
    assert not (seen & ~statement).any()  # nothing that moved was called firm
    # the grid holds the corners, so without limits it finds every case; with them an optimum may lie inside
    if cut == n:
        assert (seen == statement).all()


def test_one_domain_has_no_weight_to_shift() -> None:
    f = Function(np.array([1000]), np.array([800]), (GroupPart(0, 1, 0, TOP),), EDGES)
    assert not fragile(f, np.arange(0, TOP + 1, 10)[:, None], np.full(101, TOP)).any()


def test_a_ceiling_makes_a_grade_firm() -> None:
    f = Function(np.array([500, 500]), np.array([800, 800]), (GroupPart(0, 2, 0, TOP),), EDGES)
    values = np.array([[1000, 600], [1000, 600]])
    assert fragile(f, values, np.array([TOP, 399])).tolist() == [True, False]


def test_the_weakest_link_has_no_weights() -> None:
    f = Function(np.array([500, 500]), np.array([800, 800]), (GroupPart(0, 2, 0, TOP),), EDGES, weakest=True)
    assert not fragile(f, np.array([[1000, 600]]), np.array([TOP])).any()


def test_an_optimum_inside_is_found() -> None:
    # the group's mean is held at 900 where its good domain is heavy: best for the sum is a weight in between
    f = Function(np.array([100, 60, 40]), np.full(3, 800), (GroupPart(0, 1, 0, TOP), GroupPart(1, 3, 0, 900)), EDGES)
    values = np.array([[y, 1000, z] for y in range(690, 720) for z in range(740, 770, 3)])
    ceilings = np.full(len(values), TOP)
    statement = fragile(f, values, ceilings)
    grade = places(f, points(f, raw(f, values, ceilings)))
    seen = np.zeros(len(values), dtype=bool)
    for tried in product(range(900, 1101, 10), repeat=3):
        other = f.with_weights(f.weights * np.array(tried))
        seen |= places(other, points(other, raw(other, values, ceilings))) != grade
    assert 0 < statement.sum() < len(statement)
    assert not (seen & ~statement).any()
    assert (statement & ~seen).mean() < 0.05
