"""Migration between grades against values worked out by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.migration import migration

BEFORE = np.repeat(["A", "B", "C"], [10, 10, 10])
AFTER = np.r_[
    np.repeat(["A", "B", "C"], [6, 3, 1]), np.repeat(["A", "B", "C"], [2, 7, 1]), np.repeat(["B", "C"], [1, 9])
]


def test_migration_by_hand() -> None:
    migration_table = migration(BEFORE, AFTER, ["A", "B", "C"])
    counts = migration_table.cells["count"].to_numpy().reshape(3, 3)
    assert counts.tolist() == [[6, 3, 1], [2, 7, 1], [0, 1, 9]]
    # up: 3 by one and 1 by two from A (farthest 2), 1 by one from B (farthest 1)
    assert migration_table.upper == pytest.approx((3 + 2 + 1) / (2 * 4 + 1 * 1))
    assert migration_table.lower == pytest.approx((2 + 1) / (1 * 2 + 2 * 1))
    assert (migration_table.stayed, migration_table.worse, migration_table.better) == pytest.approx(
        (22 / 30, 5 / 30, 3 / 30)
    )
    cell = migration_table.cells.iloc[2]  # A → C beside A → B
    z = (0.3 - 0.1) / ((0.3 * 0.7 + 0.1 * 0.9 + 2 * 0.3 * 0.1) / 10) ** 0.5
    assert cell["z"] == pytest.approx(z)
    assert cell["p_value"] == pytest.approx(norm.cdf(z))
    assert np.isnan(migration_table.cells["z"][0])


def test_nobody_moves_and_everybody_jumps() -> None:
    still = migration(["A", "B"], ["A", "B"], ["A", "B"])
    assert still.stayed == 1
    assert np.isnan(still.upper)
    jump = migration(["A"] * 5, ["D"] * 5, list("ABCD"))
    assert jump.upper == 1.0
    assert jump.cells["p_value"][3] < 1e-6  # the far cell holds more than the near one
    with pytest.raises(InputError, match="not in the order"):
        migration(["A"], ["X"], ["A"])
    with pytest.raises(InputError, match="nobody"):
        migration([], [], ["A"])
