"""scikit-learn's own checks on every estimator."""

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from creditscore.modelling import Binner, ScorecardClassifier
from creditscore.modelling.models.boosting import MonotoneBoosting
from creditscore.modelling.models.ordinal import OrdinalGrader

CARDS = [Binner(), ScorecardClassifier(), ScorecardClassifier(method="woe")]
GRADERS = [OrdinalGrader(), MonotoneBoosting(max_iter=30)]


# Checks feed made-up integers: some columns of theirs are constant, and a y of one kind may be coded anew.
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")
@parametrize_with_checks(CARDS)
def test_contract_of_cards(estimator: Any, check: Callable[[Any], None]) -> None:
    check(estimator)


@parametrize_with_checks(GRADERS)
def test_contract_of_graders(estimator: Any, check: Callable[[Any], None]) -> None:
    with threadpool_limits(1):  # threads of small fits wait for each other longer than they work
        check(estimator)
