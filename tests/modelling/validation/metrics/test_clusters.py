"""Several rows of one organisation are worth fewer independent ones."""

import numpy as np
import pytest

from creditscore.modelling.validation.drift import calibration_alarm
from creditscore.modelling.validation.metrics import calibration_tests as tests
from creditscore.modelling.validation.metrics.clusters import clustered, observed_to_expected, rows_worth
from creditscore.modelling.validation.metrics.grade_tests import grade_tests

COPIES = 8


def drawn(seed: int, many: int = 150) -> tuple[np.ndarray, np.ndarray]:
    """Outcomes of a calibrated model."""
    rng = np.random.default_rng(seed)
    p = rng.uniform(0.05, 0.6, many)
    return (rng.uniform(size=many) < p).astype(float), p


def copied(*columns: np.ndarray) -> list[np.ndarray]:
    return [np.repeat(column, COPIES) for column in columns]


def test_copies_of_a_row_are_worth_one() -> None:
    y, p = drawn(1, 1500)
    more_y, more_p, firm = copied(y, p, np.arange(len(y)))
    alike = clustered(more_y, more_p, firm)
    assert alike is not None
    assert alike.rho == pytest.approx(1, abs=0.05)
    ones = np.ones(len(more_y))
    assert rows_worth(ones, alike) == pytest.approx(len(y), rel=0.05)
    assert rows_worth(ones) == len(more_y)
    plain = tests.spiegelhalter(y, p)
    assert tests.spiegelhalter(more_y, more_p, clusters=alike).statistic == pytest.approx(plain.statistic, rel=0.05)
    assert observed_to_expected(more_y, more_p, ones, clusters=alike) == pytest.approx(
        observed_to_expected(y, p, np.ones(len(y))), rel=0.02
    )
    line, first = tests.calibration_line(more_y, more_p, clusters=alike), tests.calibration_line(y, p)
    assert (line.slope_low, line.slope_high) == pytest.approx((first.slope_low, first.slope_high), rel=0.05)
    grade = np.where(p < 0.3, "A", "B")
    set_index = grade_tests(y, p, grade).set_index("grade")
    all_rows = grade_tests(more_y, more_p, np.repeat(grade, COPIES), clusters=alike).set_index("grade")
    assert all_rows.loc["A", "rate_low"] == pytest.approx(set_index.loc["A", "rate_low"], rel=0.03)


def test_rows_that_are_not_alike_stay_what_they_are() -> None:
    y, p = drawn(2, 4000)
    alike = clustered(y, p, np.arange(len(y)) // 4)
    assert alike is not None
    assert alike.rho < 0.03
    assert clustered(y, p, np.arange(len(y))) is None  # no organisation has two rows
    assert clustered(y, p, [None] * len(y)) is None  # a row that names none stands alone


def test_a_model_wrong_everywhere_is_not_taken_for_likeness() -> None:
    y, p = drawn(3, 4000)
    alike = clustered(y, p / 5, np.arange(len(y)) // 4)
    assert alike is not None
    assert alike.rho < 0.03


@pytest.mark.slow
def test_the_alarm_stays_quiet_for_a_calibrated_model_whose_rows_repeat() -> None:
    loud = {False: 0, True: 0}
    for seed in range(40):
        y, p, firm = copied(*drawn(seed), np.arange(150))
        year = np.tile(np.arange(COPIES), 150)
        for known in loud:
            alike = clustered(y, p, firm) if known else None
            loud[known] += calibration_alarm(y, p, year, clusters=alike).state == "alarm"
    assert loud[True] <= 2
    assert loud[False] >= 8  # what the clusters are for


def test_the_alarm_still_speaks_at_five_times_the_prediction() -> None:
    y, p, firm = copied(*drawn(5, 300), np.arange(300))
    alike = clustered(y, p / 5, firm)
    assert calibration_alarm(y, p / 5, clusters=alike).state == "alarm"
