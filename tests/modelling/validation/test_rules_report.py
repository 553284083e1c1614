"""One report of rules beside a model, from a grading of a made-up district and from plain tables."""

import json

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError
from creditscore.demo.district import district
from creditscore.demo.run import grade_district
from creditscore.modelling.validation.rules import Statutory, from_grading
from creditscore.modelling.validation.rules_report import RulesReport, rules_beside


@pytest.fixture(scope="module")
def held(tmp_path_factory: pytest.TempPathFactory) -> Statutory:
    return from_grading(grade_district(district(200).write(tmp_path_factory.mktemp("district"))))


def report(held: Statutory, order: object = None) -> RulesReport:
    ids = held.subjects["subject_id"]
    rng = np.random.default_rng(0)
    p = pd.Series(rng.beta(1, 4, len(ids)), index=ids)
    y = pd.Series((rng.random(len(ids)) < p).astype(int), index=ids)
    classes = pd.Series(np.array(list("ABMCD"))[np.digitize(p, [0.05, 0.1, 0.3, 0.6])], index=ids)
    if order is not None:
        p, y, classes = (column.iloc[order] for column in (p, y, classes))
    sector = pd.DataFrame({"subject_id": ids, "sector": rng.choice(["化工", "建筑"], len(ids))})
    return rules_beside(held, y, p, classes, attributes=sector, advisory_explanations=dict.fromkeys(ids, "负债率高"))


def test_everything_is_there_and_counted(held: Statutory) -> None:
    rules_report = report(held)
    assert set(rules_report.tables) == {
        "points",
        "items",
        "wrong_signs",
        "redundant",
        "inflation",
        "agreement",
        "queue",
        "measures",
        "swaps",
        "cases",
    }
    scored = int(held.subjects["score"].notna().sum())
    assert rules_report.numbers["coverage"]["used"] == scored
    assert rules_report.numbers["coverage"]["left_out"] == len(held.subjects) - scored
    assert rules_report.tables["agreement"]["count"].sum() == scored
    assert set(rules_report.tables["swaps"]["by"]) == {"all", "grade", "sector"}
    assert set(rules_report.tables["queue"]["advisory_explanation"]) == {"负债率高"}
    assert rules_report.tables["queue"]["statutory_explanation"].str.contains("−").any()
    assert rules_report.about["advisory"] is True
    assert json.loads(json.dumps(rules_report.to_dict(), allow_nan=False)) == rules_report.to_dict()


def test_order_of_outcomes_is_irrelevant(held: Statutory) -> None:
    order = np.random.default_rng(1).permutation(len(held.subjects))
    assert report(held).to_dict() == report(held, order).to_dict()


def test_without_a_model_the_points_stand_alone(held: Statutory) -> None:
    ids = list(held.subjects["subject_id"])
    outcome = {key: k % 5 == 0 for k, key in enumerate(ids) if k >= 10}
    rules_report = rules_beside(held, outcome)
    assert "queue" not in rules_report.tables
    assert rules_report.numbers["coverage"]["left_out"] >= 10
    assert any("left out" in limit["en"] for limit in rules_report.limits)


def test_bad_input_is_named(held: Statutory) -> None:
    ids = held.subjects["subject_id"]
    with pytest.raises(InputError, match="not keyed"):
        rules_beside(held, np.zeros(len(ids)))  # type: ignore[arg-type]
    with pytest.raises(InputError, match="twice"):
        rules_beside(held, pd.Series([0, 1], index=[ids[0], ids[0]]))
    with pytest.raises(InputError, match="no graded organisation"):
        rules_beside(held, {"stranger": 1})
