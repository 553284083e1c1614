"""scikit-learn's own checks of every estimator of the card."""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from creditscore.modelling import Binner, ScorecardClassifier

# Checks feed made-up integers: some columns of theirs are constant, and a y of one kind may be coded anew.
pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.DataConversionWarning")


@parametrize_with_checks([Binner(), ScorecardClassifier(), ScorecardClassifier(method="woe")])
def test_contract(estimator: Any, check: Any) -> None:
    check(estimator)
