"""Frequencies of many draws: the routine of this package holds every probability, deliberately unequal ones fail."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from creditscore.inspection.frame import build_frame
from creditscore.inspection.order import draw_key, order, place_of
from creditscore.inspection.programme import load_programme
from creditscore.inspection.simulate import binomial_p_value, bonferroni_bound, keyed, simulate_draws, strata_of
from tests.inspection.synthetic import SyntheticDraw, classes, make_draw, programme

Strata = Mapping[str, Sequence[str]]
STRATA = {name: [f"p|{name}-{i:03d}" for i in range(size)] for name, size in (("S1", 60), ("S2", 25), ("S3", 5))}
VISITS = {"S1": 3, "S2": 10, "S3": 7}
DRAWS = 1500


def test_every_unit_holds_its_probability() -> None:
    simulated = simulate_draws(STRATA, VISITS, draws=DRAWS, seed=11)
    assert simulated.holds
    assert simulated.bound[0] <= simulated.worst_count <= simulated.bound[1]
    assert sum(simulated.counts[unit] for unit in STRATA["S1"]) == DRAWS * 3
    assert sum(simulated.counts[unit] for unit in STRATA["S2"]) == DRAWS * 10
    assert {simulated.counts[unit] for unit in STRATA["S3"]} == {DRAWS}  # one visit for sure


@pytest.mark.slow
def test_departments_draw_independently_so_that_joint_probabilities_hold(tmp_path: Path) -> None:
    table = classes(60)
    table["class"] = "B"
    given = [(load_programme(programme(tmp_path, name=name)), table) for name in ("mine", "other")]
    frame = build_frame(given)
    strata: dict[str, list[str]] = {}
    for unit in frame.units:
        strata.setdefault(frame.stratum_of[unit.unit].name, []).append(unit.unit)
    visits = {stratum.name: stratum.visits for stratum in frame.strata}
    counts: Counter[str] = Counter()
    rng = random.Random(5)
    for _ in range(DRAWS):
        drawn = keyed(draw_key("11" * 32, rng.randbytes(8).hex()), strata, visits)
        counts.update({unit.split("|")[1] for unit in drawn})
    assert set(frame.joint.values()) != {Fraction(1)}
    for subject, probability in frame.joint.items():
        low, high = bonferroni_bound(DRAWS, probability, 0.01, len(frame.joint))
        assert low <= counts[subject] <= high


def short_hash(key: bytes, strata: Strata, visits: Mapping[str, int]) -> list[str]:
    """Orders by four bits of the hash, ties by name: those that sort first are drawn more often."""
    return [
        unit
        for name, units in strata.items()
        for unit in sorted(units, key=lambda unit: (place_of(key, f"{name}|{unit}")[0] >> 4, unit))[: visits[name]]
    ]


def one_key_for_all(key: bytes, strata: Strata, visits: Mapping[str, int]) -> list[str]:
    """A start at random, then neighbours, but never over the end of the list."""
    drawn = []
    for name, units in strata.items():
        count = min(visits[name], len(units))
        first = int.from_bytes(place_of(key, name)[:4]) % (len(units) - count + 1)
        drawn += sorted(units)[first : first + count]
    return drawn


def a_friend(key: bytes, strata: Strata, visits: Mapping[str, int]) -> list[str]:
    """As it should be, but one unit is passed over in half of its draws."""
    rng = random.Random(key)
    return [unit for unit in keyed(key, strata, visits) if unit != "p|S2-007" or rng.random() < 0.5]


def across_strata(key: bytes, strata: Strata, visits: Mapping[str, int]) -> list[str]:
    """The strata forgotten: the first of all in one order."""
    units = [unit for texts in strata.values() for unit in texts]
    return order(key, "all", units)[: sum(visits.values())]


@pytest.mark.parametrize("routine", [short_hash, one_key_for_all, a_friend, across_strata])
def test_an_unequal_routine_fails(routine) -> None:  # type: ignore[no-untyped-def]
    simulated = simulate_draws(STRATA, VISITS, draws=DRAWS, seed=11, routine=routine)
    assert not simulated.holds
    assert not simulated.bound[0] <= simulated.worst_count <= simulated.bound[1]


def test_a_certain_unit_left_out_once_fails() -> None:
    left = iter([True])

    def careless(key: bytes, strata: Strata, visits: Mapping[str, int]) -> list[str]:
        drawn = keyed(key, strata, visits)
        return drawn[:-1] if next(left, False) else drawn

    simulated = simulate_draws(STRATA, VISITS, draws=200, seed=3, routine=careless)
    assert simulated.p_value == 0
    assert simulated.worst.startswith("p|S3")


def test_the_p_value_is_exact() -> None:
    # Binomial(10, 1/2): P(X ≤ 1) = 11/1024
    assert binomial_p_value(1, 10, Fraction(1, 2)) == pytest.approx(22 / 1024)
    assert binomial_p_value(9, 10, Fraction(1, 2)) == pytest.approx(22 / 1024)
    assert binomial_p_value(5, 10, Fraction(1, 2)) == 1
    assert bonferroni_bound(10, Fraction(1, 2), 0.05, 2) == (2, 8)  # 22/1024 is below 0.05/2
    assert binomial_p_value(10, 10, Fraction(1)) == 1
    assert binomial_p_value(9, 10, Fraction(1)) == 0


def test_few_draws_are_refused() -> None:
    with pytest.raises(UsageError, match="at least 100"):
        simulate_draws(STRATA, VISITS, draws=99)


def test_the_strata_of_a_folder(tmp_path_factory: pytest.TempPathFactory) -> None:
    drawn: SyntheticDraw = make_draw(tmp_path_factory.mktemp("drawn"))
    strata, visits = strata_of(drawn.folder)
    assert {name: len(units) for name, units in strata.items()} == {
        name: row["units"] for name, row in drawn.commitment.content["strata"].items()
    }
    assert simulate_draws(strata, visits, draws=150).holds
