"""Does the draw hold its probabilities: many draws with made-up public values, every unit's frequency counted."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from creditscore.core.errors import UsageError
from creditscore.core.statistics.tails import binomial_upper
from creditscore.inspection.commitment import read_commitment, read_tables
from creditscore.inspection.order import draw_key, draw_units
from creditscore.inspection.rows import rows_of

Routine = Callable[[bytes, Mapping[str, Sequence[str]], Mapping[str, int]], Sequence[str]]


@dataclass(frozen=True)
class Simulated:
    """How often each unit was drawn in `draws` draws, and whether that fits its probability.

    `p_value`: the smallest two-sided exact binomial p-value over the units times their number (Bonferroni), at most
    1. `holds`: it is at least `level`, so the largest deviation lies inside the bound. `worst` is that unit, with its
    count, its expectation, and the counts between which it had to lie.
    """

    draws: int
    units: int
    counts: Mapping[str, int]
    worst: str
    worst_count: int
    worst_expected: float
    bound: tuple[int, int]
    p_value: float
    level: float

    @property
    def holds(self) -> bool:
        return self.p_value >= self.level


def keyed(key: bytes, strata: Mapping[str, Sequence[str]], visits: Mapping[str, int]) -> list[str]:
    """The routine of this package: the units drawn at least once."""
    return [unit.unit for unit in draw_units(key, strata, visits) if unit.visits]


def strata_of(folder: Path | str) -> tuple[dict[str, list[str]], dict[str, int]]:
    """Read the units and the visits of each stratum from the folder of a draw.

    Parameters
    ----------
    folder
        A folder that `commit` wrote; the value need not be known yet.

    Returns
    -------
    tuple of dict
        Stratum → its units, from `frame.csv`; stratum → its number of visits, from the commitment.

    Raises
    ------
    InputError
        Where a file is missing, cannot be read, or is not that of a draw.

    Examples
    --------
    >>> strata, visits = strata_of("out/draw")  # doctest: +SKIP
    >>> simulate_draws(strata, visits).holds  # doctest: +SKIP
    True
    """
    commitment, tables = read_commitment(Path(folder)), read_tables(Path(folder))
    strata: dict[str, list[str]] = defaultdict(list)
    for row in rows_of(tables["frame.csv"])[1]:
        strata[row["stratum"]].append(row["unit"])
    return dict(strata), {name: row["visits"] for name, row in commitment.content["strata"].items()}


def simulate_draws(
    strata: Mapping[str, Sequence[str]],
    visits: Mapping[str, int],
    *,
    draws: int = 1000,
    seed: int = 7,
    level: float = 0.01,
    routine: Routine = keyed,
) -> Simulated:
    """Draw many times under random public values and test whether every unit is drawn as often as it should be.

    Each unit is compared with n/N of its stratum (n visits, N units). A fair routine fails with probability at most
    `level`. Units of probability 1 must be drawn every time, or the p-value is 0.

    Parameters
    ----------
    strata
        Stratum → its units, at least one in each.
    visits
        Stratum → number of visits, 0 or more.
    draws
        How many draws to run, at least 100: with fewer hardly any routine could fail.
    seed
        Seed of the random public values; the same seed gives the same result.
    level
        The level of the test, between 0 and 1.
    routine
        The routine to test: takes key, strata and visits, and gives the units drawn at least once. The default is that
        of this package.

    Returns
    -------
    Simulated
        Counts by unit, the unit that deviates most, and the p-value; `holds` is True where it is at least `level`.

    Raises
    ------
    UsageError
        For fewer than 100 draws.

    Notes
    -----
    For a unit of probability p = min(n/N, 1), drawn k times in m draws, the two-sided exact p-value is min(1, 2 min(P(X
    ≤ k), P(X ≥ k))) with X ~ Binomial(m, p). The p-value of the whole is the smallest of these times the number of
    units (Bonferroni), at most 1.

    Examples
    --------
    >>> simulate_draws({"S": ["a", "b", "c", "d"]}, {"S": 2}, draws=200).holds
    True
    """
    if draws < 100:
        raise UsageError("inspection.draws", draws=draws)
    rng = random.Random(seed)
    committed = rng.randbytes(32).hex()
    counts: Counter[str] = Counter()
    for _ in range(draws):
        counts.update(routine(draw_key(committed, rng.randbytes(16).hex()), strata, visits))
    worst, smallest, chance = "", 2.0, Fraction(1)
    cache: dict[tuple[int, Fraction], float] = {}
    number = sum(len(units) for units in strata.values())
    for name, units in strata.items():
        probability = min(Fraction(visits[name], len(units)), Fraction(1))
        for unit in units:
            pair = (counts[unit], probability)
            if pair not in cache:
                cache[pair] = binomial_p_value(counts[unit], draws, probability)
            if cache[pair] < smallest:
                worst, smallest, chance = unit, cache[pair], probability
    return Simulated(
        draws,
        number,
        {unit: counts[unit] for units in strata.values() for unit in units},
        worst,
        counts[worst],
        float(chance * draws),
        bonferroni_bound(draws, chance, level, number),
        min(1.0, smallest * number),
        level,
    )


def binomial_p_value(count: int, draws: int, probability: Fraction) -> float:
    """Two-sided: twice the smaller tail of Binomial(draws, probability), at most 1."""
    if probability in (0, 1):
        return 1.0 if count == probability * draws else 0.0
    below = binomial_upper(draws - count, draws, float(1 - probability))
    above = binomial_upper(count, draws, float(probability))
    return min(1.0, 2 * min(below, above))


def bonferroni_bound(draws: int, probability: Fraction, level: float, units: int) -> tuple[int, int]:
    """Counts whose p-value is at least level / units: between which a unit of this probability has to lie."""
    inside = [k for k in range(draws + 1) if binomial_p_value(k, draws, probability) >= level / units]
    return inside[0], inside[-1]
