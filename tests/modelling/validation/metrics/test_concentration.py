"""Concentration against values worked out by hand."""

import numpy as np
import pytest
from scipy.stats import norm

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.concentration import concentration


def test_herfindahl_by_hand() -> None:
    concentration_table = concentration([50, 30, 20], [40, 30, 30])
    assert concentration_table.index == pytest.approx(0.38)
    assert concentration_table.normalised == pytest.approx((0.38 - 1 / 3) / (2 / 3))
    cv, cv_0 = (3 * 0.38 - 1) ** 0.5, (3 * 0.34 - 1) ** 0.5  # Σ(s − 1/K)² = Σs² − 1/K
    assert concentration_table.log_index == pytest.approx(1 + np.log((cv**2 + 1) / 3) / np.log(3))
    statistic = 2**0.5 * (cv - cv_0) / (cv**2 * (0.5 + cv**2)) ** 0.5
    assert concentration_table.p_value == pytest.approx(norm.sf(statistic))
    assert concentration_table.index_low < 0.38 < concentration_table.index_high
    assert concentration_table.largest_share == 0.5


def test_concentration_at_the_ends() -> None:
    assert concentration([10, 10]).normalised == pytest.approx(0)
    assert concentration([10, 10]).log_index == pytest.approx(0)
    assert concentration([10, 0]).normalised == pytest.approx(1)
    assert concentration([10, 0]).log_index == pytest.approx(1)
    assert concentration([7]).index == 1
    assert concentration([9000, 1000], [500, 500]).p_value_sampling < 1e-6
    for counts, initial in (([0, 0], None), ([-1, 2], None), ([1, 2], [1, 2, 3]), ([], None)):
        with pytest.raises(InputError):
            concentration(counts, initial)
