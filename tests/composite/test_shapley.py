"""Contributions are the Shapley values of the whole function: from the definition, from shap, in their properties."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from fractions import Fraction
from itertools import permutations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.composite.config import MOST_DOMAINS, TOP
from creditscore.composite.score import Function, GroupPart, points, raw, reference_score
from creditscore.composite.shapley import PARTS, shares, whole
from tests.paths import ROOT

EDGES = np.array([0, 400, 600, 800, 950])


def worth(f: Function, values: np.ndarray, ceilings: np.ndarray, known: set[int]) -> int:
    """v(S), written as it is said, × Σ weights."""
    n = len(f.weights)
    stand = [int(values[k]) if k in known else int(f.reference[k]) for k in range(n)]
    if f.weakest:
        total = min(stand[k] for k in range(n) if f.weights[k]) * f.total
    else:
        total = 0
        for part in f.parts:
            places = range(part.start, part.stop)
            weight = sum(int(f.weights[k]) for k in places)
            held = sum(int(f.weights[k]) * stand[k] for k in places)
            total += min(max(held, part.at_least * weight), part.at_most * weight)
    return min([total, *(int(ceilings[k]) * f.total for k in known)])


def by_orders(f: Function, values: np.ndarray, ceilings: np.ndarray) -> list[Fraction]:
    n = len(f.weights)
    moved = [Fraction(0)] * n
    orders = list(permutations(range(n)))
    for order in orders:
        known: set[int] = set()
        for k in order:
            before = worth(f, values, ceilings, known)
            known.add(k)
            moved[k] += worth(f, values, ceilings, known) - before
    return [share / len(orders) for share in moved]


@st.composite
def cases(draw: st.DrawFn, most: int = 5) -> tuple[Function, np.ndarray, np.ndarray]:
    n = draw(st.integers(1, most))
    weights = draw(st.lists(st.integers(0, 40), min_size=n, max_size=n).filter(any))
    reference = draw(st.integers(0, TOP))
    cut = draw(st.integers(1, n))
    limits = draw(st.integers(0, reference)), draw(st.integers(reference, TOP))
    parts = [GroupPart(0, cut, 0, TOP)] + ([GroupPart(cut, n, *limits)] if cut < n else [])
    value = st.sampled_from([0, 250, 500, 800, TOP, reference]) | st.integers(0, TOP)
    values = draw(st.lists(value, min_size=n, max_size=n))
    ceilings = draw(st.lists(st.sampled_from([TOP, TOP, 399, 599]), min_size=n, max_size=n))
    f = Function(np.array(weights), np.full(n, reference), tuple(parts), EDGES, draw(st.booleans()))
    return f, np.array(values), np.array(ceilings)


@settings(max_examples=120, deadline=None)
@given(cases())
def test_shares_are_the_mean_over_all_orders(case: tuple[Function, np.ndarray, np.ndarray]) -> None:
    f, values, ceilings = case
    share = shares(f, values[None], ceilings[None])[0]
    assert [Fraction(int(value), PARTS) for value in share] == by_orders(f, values, ceilings)


@settings(max_examples=150, deadline=None)
@given(st.lists(cases(6), min_size=1, max_size=1), st.data())
def test_whole_points_add_up_and_lie_within_one(
    case: list[tuple[Function, np.ndarray, np.ndarray]], data: st.DataObject
) -> None:
    f, values, ceilings = case[0]
    exact = shares(f, values[None], ceilings[None])
    score = points(f, raw(f, values[None], ceilings.min()[None]))
    result = whole(f, exact, score - reference_score(f))
    assert result.sum() + reference_score(f) == score[0]
    unit = PARTS * f.total
    assert (np.abs(result * unit - exact) < unit).all()
    assert (result[exact == 0] == 0).all()  # who moves nothing gets nothing
    # rows do not see each other
    again = shares(f, np.stack([values, f.reference, values]), np.stack([ceilings, ceilings, ceilings]))
    assert (again[[0, 2]] == exact).all()


def test_a_domain_that_moves_nothing_gets_nothing_even_under_a_ceiling() -> None:
    f = Function(np.array([500, 300, 200]), np.full(3, 800), (GroupPart(0, 3, 0, TOP),), EDGES)
    share = shares(f, np.array([[1000, 800, 0]]), np.array([[TOP, TOP, 399]]))[0]
    assert share[1] == 0
    assert share.sum() == (399_000 - 800_000) * PARTS
    # the list takes what the good domain would have brought: half of its 100 points are lost to the ceiling
    assert share[0] == 50 * 1000 * PARTS


def test_sixteen_domains_at_work_fit_in_the_integers() -> None:
    n = MOST_DOMAINS
    weights = np.array([62] * 15 + [70])
    f = Function(weights, np.full(n, 800), (GroupPart(0, n, 0, TOP),), EDGES)
    values = np.where(np.arange(n) % 2, 1000, 0)[None]
    ceilings = np.where(np.arange(n) == 3, 399, TOP)[None]
    share_values = shares(f, values, ceilings)
    assert share_values.sum() == (raw(f, values, np.array([399])) - 800 * 1000).sum() * PARTS
    alike = share_values[0, 1:15:2]
    assert len(set(alike.tolist()) - {int(share_values[0, 3])}) == 1  # equal domains, equal shares


SHAP = """
import json, sys
import numpy as np, shap
from tests.composite.test_shapley import shap_cases, worth

found = []
for f, values, ceilings in shap_cases():
    def model(masks):
        return np.array([worth(f, values, ceilings, set(np.flatnonzero(row).tolist())) / f.total for row in masks])
    n = len(values)
    explainer = shap.explainers.Exact(model, shap.maskers.Independent(np.zeros((1, n)), max_samples=1))
    found.append(explainer(np.ones((1, n))).values[0].tolist())
json.dump(found, sys.stdout)
"""


def shap_cases() -> Iterator[tuple[Function, np.ndarray, np.ndarray]]:
    rng = np.random.default_rng(4)
    for _ in range(5):
        parts = (GroupPart(0, 3, 0, TOP), GroupPart(3, 6, 500, 850))
        f = Function(rng.integers(10, 300, 6), np.full(6, 800), parts, EDGES)
        yield f, rng.choice([0, 500, 800, 1000], 6), rng.choice([TOP, TOP, 399], 6)


def test_shap_says_the_same() -> None:
    """In a process of its own, where shap's compiler is off: compiling takes a minute, these sums a moment."""
    env = os.environ | {"NUMBA_DISABLE_JIT": "1"}
    run = subprocess.run([sys.executable, "-c", SHAP], capture_output=True, text=True, check=False, env=env, cwd=ROOT)
    assert run.returncode == 0, run.stderr
    for load, (f, values, ceilings) in zip(json.loads(run.stdout), shap_cases(), strict=True):
        ours = shares(f, values[None], ceilings[None])[0] / (PARTS * f.total)
        np.testing.assert_allclose(load, ours, atol=1e-9)
