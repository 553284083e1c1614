"""Two opinions on the same organisations: agreement by hand, a queue in order, and a swap set that adds up."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import cohen_kappa_score, roc_auc_score

from creditscore.core.errors import InputError
from creditscore.modelling.validation.champion_challenger import (
    agreement,
    champion_challenger,
    disagreement_queue,
    ledger_explanations,
)
from creditscore.modelling.validation.rules import Statutory

ORDER = ["A", "B", "C", "D"]


def test_agreement_is_counted_and_kappa_is_cohens() -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, 4, 500)
    two = np.clip(values + rng.integers(-1, 2, 500), 0, 3)
    y = (rng.random(500) < 0.1 + 0.1 * two).astype(int)
    grade, advisory = np.array(ORDER)[values], np.array(["1", "2", "3", "4"])[two]
    agreement_table = agreement(grade, advisory, ORDER, ["1", "2", "3", "4"], y=y)
    assert agreement_table.equal == pytest.approx((values == two).mean())
    assert agreement_table.model_worse == pytest.approx((two > values).mean())
    assert agreement_table.rule_worse == pytest.approx((two < values).mean())
    assert agreement_table.kappa == pytest.approx(cohen_kappa_score(values, two, weights="quadratic"))
    assert agreement_table.cells["count"].sum() == 500
    assert agreement_table.cells["events"].sum() == y.sum()
    cell = agreement_table.cells[
        (agreement_table.cells["grade"] == "B") & (agreement_table.cells["advisory"] == "3")
    ].iloc[0]
    inside = (values == 1) & (two == 2)
    assert cell["rate"] == pytest.approx(y[inside].mean())
    assert "rate" not in agreement(grade, grade, ORDER).cells
    assert agreement(grade, grade, ORDER).kappa == 1
    with pytest.raises(InputError, match="4 grades, 2 classes"):
        agreement(["A"], ["1"], ORDER, ["1", "2"])


def test_the_queue_is_in_order_and_carries_both_explanations() -> None:
    ids = ["a", "b", "c", "d", "e", "f"]
    grade = ["A", "A", "D", "B", "C", "A"]
    advisory = ["D", "D", "A", "B", "B", "B"]
    p = [0.5, 0.9, 0.01, 0.1, 0.2, 0.3]
    queue = disagreement_queue(
        ids, grade, advisory, p, ORDER, statutory_explanations={"b": "010101 −5"}, advisory_explanations={"b": "debt"}
    )
    assert queue["subject_id"].to_list() == ["c", "b", "a", "e", "f"]
    assert queue["steps"].to_list() == [-3, 3, 3, -1, 1]
    assert queue["direction"].to_list() == ["rule_worse", "model_worse", "model_worse", "rule_worse", "model_worse"]
    assert queue.loc[1, ["statutory_explanation", "advisory_explanation"]].to_list() == ["010101 −5", "debt"]
    assert queue["place"].to_list() == [1, 2, 3, 4, 5]
    short = disagreement_queue(ids, grade, advisory, p, ORDER, least=2, most=2)
    assert len(short) == 2
    assert short.attrs["total"] == 3
    order = [3, 5, 0, 2, 4, 1]
    again = disagreement_queue(*([values[k] for k in order] for values in (ids, grade, advisory, p)), ORDER)
    assert again["subject_id"].to_list() == queue["subject_id"].to_list()
    assert disagreement_queue(["a"], ["A"], ["A"], [0.1], ORDER).empty
    with pytest.raises(InputError, match="twice"):
        disagreement_queue(["a", "a"], ["A", "A"], ["A", "B"], [0.1, 0.2], ORDER)


def test_the_ledger_explains() -> None:
    items = pd.DataFrame(
        {
            "subject_id": ["a", "a", "a", "b"],
            "item": ["x", "y", "z", "x"],
            "points": [-2.0, -5.0, 0.0, 1.5],
            "records": 1,
        }
    )
    held = Statutory(pd.DataFrame({"subject_id": ["a", "b"]}), items, ("A",), True, 0)
    assert ledger_explanations(held) == {"a": "y −5; x −2", "b": "x +1.5"}
    assert ledger_explanations(held, 1)["a"] == "y −5"


def pair(n: int = 4000) -> tuple[np.ndarray, np.ndarray, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(4)
    a, b = rng.normal(size=n), rng.normal(size=n)
    y = (rng.random(n) < 1 / (1 + np.exp(2 - a - b))).astype(int)
    by = pd.DataFrame({"grade": rng.choice(ORDER, n), "sector": rng.choice(["化工", "建筑"], n)})
    return y, 1 / (1 + np.exp(1.8 - a)), 1 / (1 + np.exp(2 - a - b)), by


def test_a_better_challenger_swaps_the_right_way() -> None:
    y, champion, challenger, by = pair()
    challenge = champion_challenger(y, champion, challenger, by=by)
    table = challenge.measures.set_index("measure")
    assert table.loc["auc", "challenger"] == pytest.approx(roc_auc_score(y, challenger))
    assert set(table["better"]) == {"challenger"}
    assert challenge.auc_p < 1e-6
    whole = challenge.swaps[challenge.swaps["by"] == "all"].set_index("set")
    assert whole["count"].sum() == len(y)
    assert whole["share"].sum() == pytest.approx(1)
    assert whole.loc["flagged_by_challenger", "rate_low"] > whole.loc["flagged_by_champion", "rate_high"]
    flagged = y.sum()
    for flagged_by in ("flagged_by_champion", "flagged_by_challenger"):
        assert whole.loc[flagged_by, "count"] + whole.loc["both_flagged", "count"] == flagged
    for name in ("grade", "sector"):
        part = challenge.swaps[challenge.swaps["by"] == name]
        assert part.groupby("set")["count"].sum().to_dict() == whole["count"].to_dict()
    assert len(challenge.cases) == whole.loc[["flagged_by_champion", "flagged_by_challenger"], "count"].sum()


def test_cases_carry_both_explanations_and_capacity_is_kept() -> None:
    y, champion, challenger, _ = pair(500)
    ids = [f"S{k}" for k in range(500)]
    challenge = champion_challenger(
        y,
        champion,
        challenger,
        subject_id=ids,
        flag_share=0.1,
        champion_explanations=dict.fromkeys(ids, "old"),
        challenger_explanations=dict.fromkeys(ids, "new"),
    )
    assert ((champion >= challenge.champion_threshold).sum(), (challenger >= challenge.challenger_threshold).sum()) == (
        50,
        50,
    )
    assert set(challenge.cases["champion_explanation"]) == {"old"}
    assert set(challenge.cases["challenger_explanation"]) == {"new"}
    gap = (challenge.cases["challenger_p"] - challenge.cases["champion_p"]).abs()
    assert gap.is_monotonic_decreasing


def test_a_model_beside_itself_changes_nothing() -> None:
    y, champion, _, _ = pair(500)
    challenge = champion_challenger(y, champion, champion)
    assert challenge.cases.empty
    assert challenge.auc_p == 1
    assert set(challenge.measures["better"]) == {"equal"}


def test_bad_input_is_named() -> None:
    y, champion, challenger, _ = pair(100)
    with pytest.raises(InputError, match="cannot be flagged"):
        champion_challenger(y, champion, challenger, flag_share=0)
    with pytest.raises(InputError, match="one class"):
        champion_challenger(np.zeros(100), champion, challenger, flag_share=0.1)
    with pytest.raises(InputError, match="2 ids"):
        champion_challenger(y, champion, challenger, subject_id=["a", "b"])


def test_one_name_at_two_places_is_refused() -> None:
    grade, advisory, turned = ["A", "B"], ["A", "B"], ["A", "C", "D", "B"]
    with pytest.raises(InputError, match="'C' is grade 3 and class 2"):
        agreement(grade, advisory, ["A", "B", "C", "D"], turned)
    with pytest.raises(InputError, match="'C' is grade 3 and class 2"):
        disagreement_queue(["x", "y"], grade, advisory, [0.1, 0.2], ["A", "B", "C", "D"], turned)
