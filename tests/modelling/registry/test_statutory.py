"""A statutory scheme as a version: its own text, the version in force, and nothing that was changed."""

import pandas as pd
import pytest

from creditscore.core.errors import InputError
from creditscore.modelling.registry.statutory import StatutoryModel, statutory_model

SUBJECTS = pd.DataFrame(
    [
        ("91500000MAAAAAA188", "enterprise", "2010-03-01", True, True),
        ("91500000MAAAAAA263", "enterprise", "2012-06-01", True, True),
    ],
    columns=["subject_id", "kind", "registered_on", "has_income", "books_compliant"],
)


def test_a_changed_scheme_is_refused() -> None:
    data = statutory_model("tax@2014").to_dict()
    with pytest.raises(InputError, match="was changed"):
        StatutoryModel.from_dict({**data, "text": data["text"] + "\n# a word"})
    with pytest.raises(InputError, match="no JSON"):
        StatutoryModel.from_dict(data).predict(SUBJECTS.assign(records="{"), period="2022")
    with pytest.raises(InputError, match="'records' is missing"):
        StatutoryModel.from_dict(data).predict(SUBJECTS, period="2022")


def test_the_version_in_force_is_found() -> None:
    assert statutory_model("tax", "2022").version == "2014"
    assert statutory_model("tax", "2025-12-31").version == "2025"
