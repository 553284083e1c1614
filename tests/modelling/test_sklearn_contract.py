"""scikit-learn's own checks on every estimator of grades."""

from collections.abc import Callable
from typing import Any

from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from creditscore.modelling.models.boosting import MonotoneBoosting
from creditscore.modelling.models.ordinal import OrdinalGrader


@parametrize_with_checks([OrdinalGrader(), MonotoneBoosting(max_iter=30)])
def test_contract(estimator: Any, check: Callable[[Any], None]) -> None:
    with threadpool_limits(1):  # threads of small fits wait for each other longer than they work
        check(estimator)
