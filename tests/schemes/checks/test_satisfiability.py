"""The search over cells: what can hold together, what cannot, and that it says so when it gives up."""

from __future__ import annotations

import itertools
import random
from datetime import date
from pathlib import Path

import pytest

from creditscore.schemes.checks import satisfiability
from creditscore.schemes.checks.bands import uncovered
from creditscore.schemes.checks.lattice import Lattice
from creditscore.schemes.checks.satisfiability import GaveUp, Space, compiled, together
from creditscore.schemes.expressions import parse, to_python, to_sql
from creditscore.schemes.types import typed
from tests.schemes.library_helpers import library, library_faults

KINDS = {"a": "number", "b": "number", "p": "bool", "q": "bool", "t": "text", "d": "date", "e": "date"}


def can_hold(*texts: str) -> bool:
    space = Space()
    goals = [(compiled(typed(parse(text), KINDS), space), True) for text in texts]  # type: ignore[arg-type]
    return together(goals, space) is not None


@pytest.mark.parametrize(
    ("texts", "holds"),
    [
        (["a > 3", "a < 4"], True),
        (["a > 3", "a <= 3"], False),
        (["a > 3 and p", "not p or a < 2"], False),
        (["t == 'x'", "t == 'y'"], False),
        (["t in ['x', 'y']", "t != 'x'"], True),
        (["a * 2 > 7", "a < 3.5"], False),
        (["a + b > 10", "a + b < 10"], False),
        (["a + b > 10", "a < 5", "b < 5"], False),
        (["a - b > 0", "a < 5", "b > 3"], True),
        (["d <= e", "not given(d)"], False),
        (["not (d <= e)", "given(d)"], True),
        (["d < e", "e < d"], False),
        (["d < '2020-01-31'", "d > '2020-01-31'"], False),
        (["d < '2020-01-31'", "not given(d)"], False),
        (["not (d < '2020-01-31')", "given(d)"], True),
        (["true"], True),
    ],
)
def test_conditions_hold_together_or_not(texts: list[str], holds: bool) -> None:
    try:
        assert can_hold(*texts) is holds
    except GaveUp:  # a sum of names against its parts is not always settled, but never settled wrongly
        assert not holds


@pytest.mark.parametrize("day", ["2020-02-30", "20200131", "31 January 2020", ""])
def test_a_date_is_compared_with_a_day_of_the_calendar(day: str) -> None:
    with pytest.raises(ValueError, match=r"which is no day; write one as '2020-01-31'"):
        typed(parse(f"d < '{day}'"), KINDS)  # type: ignore[arg-type]


def test_days_in_conditions_are_read_alike_by_both_interpreters() -> None:
    node = typed(parse("d < '2020-01-31'"), KINDS)  # type: ignore[arg-type]
    eve = (date(2020, 1, 30) - date(1970, 1, 1)).days
    assert [to_python(node)({"d": day}) for day in (eve, eve + 1, None)] == [True, False, False]
    assert to_sql(node, str) == f"COALESCE(d < {eve + 1}, FALSE)"


def test_random_conditions_agree_with_trying_all_values() -> None:
    rng = random.Random(7)
    atoms = ["a > 1", "a <= 2", "b == 1", "a + b >= 3", "p", "q", "t == 'x'", "not q", "b * 2 < 3"]

    def condition(depth: int) -> str:
        if depth == 0 or rng.random() < 0.3:
            return rng.choice(atoms)
        return f"({condition(depth - 1)} {rng.choice(['and', 'or'])} {condition(depth - 1)})"

    values = [
        {"a": a * 500_000, "b": b * 500_000, "p": p, "q": q, "t": t}
        for a, b, p, q, t in itertools.product(range(10), range(10), (True, False), (True, False), "xz")
    ]
    settled = 0
    for _ in range(150):
        texts = [condition(3) for _ in range(3)]
        functions = [to_python(typed(parse(text), KINDS)) for text in texts]  # type: ignore[arg-type]
        truth = any(all(function(env) for function in functions) for env in values)
        try:
            assert can_hold(*texts) is truth, texts
            settled += 1
        except GaveUp:
            assert not truth or "a + b" in " ".join(texts)
    assert settled > 120


def test_a_search_that_is_cut_off_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(satisfiability, "MOST_STEPS", 1)
    faults, notes = library_faults(library(tmp_path))
    assert faults == []
    assert "N201" in {note.code for note in notes}


def test_scores_that_can_occur() -> None:
    steps = Lattice((100_000_000, 93_000_000), 5_000_000, None, 100_000_000)
    assert steps.any_in(94_000_000, 94_999_999) is None
    assert steps.any_in(93_000_000, 94_999_999) == 93_000_000
    assert steps.any_in(98_000_000, None) == 98_000_000
    assert steps.any_in(100_000_001, None) is None


def test_stretches_between_bands() -> None:
    assert list(uncovered([(90, None), (None, 40), (41, 80)])) == [(81, 89)]
    assert list(uncovered([(0, 10)])) == [(None, -1), (11, None)]
    assert list(uncovered([(None, None)])) == []
    assert list(uncovered([(5, 10), (0, 20)])) == [(None, -1), (21, None)]
