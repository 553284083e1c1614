"""Rules beside models: lifts counted by hand, wrong signs found where they were planted, a real grading read."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError
from creditscore.demo.district import district
from creditscore.demo.run import grade_district
from creditscore.modelling.validation.rules import (
    Statutory,
    benjamini,
    from_grading,
    item_lift,
    points_against_log_odds,
    redundancy,
    statutory,
    wrong_signs,
)


def tables(n: int = 4000, seed: int = 1) -> tuple[pd.DataFrame, pd.DataFrame, np.ndarray]:
    """Items: `late` predicts, `copy` comes with late, `good` protects though it costs points, `noise` says nothing,
    `noted` predicts and has no points, `praise` gives points and protects, `rare` is met twice."""
    rng = np.random.default_rng(seed)
    has = {
        "late": rng.random(n) < 0.3,
        "good": rng.random(n) < 0.3,
        "noise": rng.random(n) < 0.3,
        "noted": rng.random(n) < 0.2,
        "praise": rng.random(n) < 0.2,
        "rare": np.arange(n) < 2,
    }
    has["copy"] = has["late"] & (rng.random(n) < 0.97)
    points = {"late": -5, "copy": -3, "good": -4, "noise": -5, "noted": 0, "praise": 2, "rare": -1}
    z = -1.8 + 1.2 * has["late"] - 1.0 * has["good"] + 0.9 * has["noted"] - 0.9 * has["praise"]
    y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    ids = np.array([f"S{k:05d}" for k in range(n)])
    rows = [
        pd.DataFrame(
            {"subject_id": ids[who], "step": "record", "item": item, "effective": points[item], "reason": "counted"}
        )
        for item, who in has.items()
    ]
    ledger = pd.concat(
        [*rows, pd.DataFrame({"subject_id": ids, "step": "start", "item": "", "effective": 0, "reason": ""})]
    )
    score = 100 + ledger.groupby("subject_id")["effective"].sum().reindex(ids).to_numpy()
    grades = pd.DataFrame(
        {"subject_id": ids, "score": score, "state": "graded", "grade": np.where(score >= 95, "A", "B")}
    )
    return grades, ledger, y


@pytest.fixture(scope="module")
def rules() -> tuple[Statutory, np.ndarray]:
    grades, ledger, y = tables()
    return statutory(grades, ledger.sample(frac=1, random_state=0), ["A", "B"]), y


def test_lift_is_a_ratio_of_rates(rules: tuple[Statutory, np.ndarray]) -> None:
    held, y = rules
    table = item_lift(held, y).set_index("item")
    late = held.subjects["subject_id"].isin(held.items.loc[held.items["item"] == "late", "subject_id"]).to_numpy()
    row = table.loc["late"]
    assert (row["count"], row["events"]) == (late.sum(), y[late].sum())
    assert row["lift"] == pytest.approx(y[late].mean() / y[~late].mean())
    spread = (1 / y[late].sum() - 1 / late.sum() + 1 / y[~late].sum() - 1 / (~late).sum()) ** 0.5
    assert row["lift_low"] == pytest.approx(row["lift"] * np.exp(-1.959964 * spread))
    assert row["mean_cost"] == 5
    assert (table["q_value"] >= table["p_value"]).all()
    assert table["sign"].to_dict() == {
        "late": "as_expected",
        "copy": "as_expected",
        "good": "wrong",
        "noise": "unclear",
        "noted": "unscored",
        "praise": "as_expected",
        "rare": "too_few",
    }


def test_weights_count_rows_again(rules: tuple[Statutory, np.ndarray]) -> None:
    held, y = rules
    doubled = item_lift(held, y, np.full(len(y), 2.0))
    pd.testing.assert_frame_equal(doubled, item_lift(held, y))


def test_wrong_signs_alone_and_beside_the_others(rules: tuple[Statutory, np.ndarray]) -> None:
    held, y = rules
    table = item_lift(held, y)
    data_table = wrong_signs(table)
    assert data_table["item"][0] == "good"
    assert data_table["how"][0] == "wrong"
    turned = table.set_index("item")
    turned.loc["noise", ["adjusted", "adjusted_se"]] = [-0.9, 0.1]
    assert wrong_signs(turned.reset_index()).set_index("item").loc["noise", "how"] == "beside"


def test_adjusted_is_a_logistic_regression(rules: tuple[Statutory, np.ndarray]) -> None:
    from sklearn.linear_model import LogisticRegression

    held, y = rules
    table = item_lift(held, y).set_index("item")
    wide = held.items.assign(one=1.0).pivot_table(index="subject_id", columns="item", values="one")
    wide = wide.reindex(held.subjects["subject_id"]).fillna(0.0)
    fitted = LogisticRegression(C=1.0, tol=1e-10, max_iter=1000).fit(wide.to_numpy(), y)
    assert table.loc[wide.columns, "adjusted"].to_numpy() == pytest.approx(fitted.coef_[0], abs=1e-4)


def test_copies_are_redundant(rules: tuple[Statutory, np.ndarray]) -> None:
    held, _ = rules
    pairs, items = redundancy(held)
    assert pairs[["first", "second"]].to_numpy().tolist() == [["copy", "late"]]
    wide = held.items.pivot_table(index="subject_id", columns="item", values="points")
    wide = wide.reindex(held.subjects["subject_id"]).fillna(0.0)
    assert pairs["correlation"][0] == pytest.approx(wide["late"].corr(wide["copy"]))
    inverse = np.linalg.inv(wide.drop(columns="noted").corr())
    assert items.set_index("item").loc[wide.drop(columns="noted").columns, "vif"].to_numpy() == pytest.approx(
        np.diag(inverse)
    )
    assert set(items.loc[items["inflated"], "item"]) == {"copy", "late"}
    same = held.items[held.items["item"] == "late"].assign(item="twin")
    twin = Statutory(held.subjects, pd.concat([held.items, same]), held.grades, True, 0)
    assert np.isinf(redundancy(twin)[1].set_index("item").loc[["late", "twin"], "vif"]).all()


def test_points_against_log_odds(rules: tuple[Statutory, np.ndarray]) -> None:
    held, y = rules
    points = points_against_log_odds(held.subjects["score"], y)
    table = points.table
    assert table["count"].sum() == len(y)
    assert (table["low"][:-1].to_numpy() > table["high"][1:].to_numpy()).all()  # best points first
    assert points.auc > 0.5
    assert points.slope < 0
    assert points.doubling == pytest.approx(np.log(2) / -points.slope)
    worse = points_against_log_odds(-held.subjects["score"], y, higher_is_better=False)
    assert (worse.auc, worse.slope) == pytest.approx((points.auc, -points.slope))
    rng = np.random.default_rng(3)
    score = rng.normal(80, 10, 20_000)
    straight = (rng.random(20_000) < 1 / (1 + np.exp(2 + (score - 80) * 0.07))).astype(int)
    line = points_against_log_odds(score, straight)
    assert line.slope_low < -0.07 < line.slope_high
    assert line.straight_p > 0.001
    assert not line.table["against"].any()
    bent = (rng.random(20_000) < np.where(np.abs(score - 80) > 8, 0.3, 0.05)).astype(int)
    odd = points_against_log_odds(score, bent)
    assert odd.straight_p < 1e-6
    assert odd.table["against"].any()


def test_a_real_grading_is_read(tmp_path: Path) -> None:
    grading = grade_district(district(120).write(tmp_path))
    held = from_grading(grading)
    assert held.grades[0] == "A"
    assert held.higher_is_better
    ledger = grading.ledger.to_pandas()
    remaining = ledger[(ledger["step"] == "record") & ledger["subject_id"].isin(held.subjects["subject_id"])]
    gone = remaining["reason"].str.startswith(("withdrawn", "exempt"))
    assert set(remaining.loc[~gone, "item"]) <= set(held.items["item"])
    counted = ledger[ledger["subject_id"].isin(held.subjects["subject_id"])]
    counted = counted[counted["step"].isin(["record", "condition"])]
    assert held.items["points"].sum() == pytest.approx(float(counted["effective"].astype(float).sum()))
    y = (np.arange(len(held.subjects)) % 7 == 0).astype(int)
    assert len(item_lift(held, y)) == held.items["item"].nunique()


def test_withdrawn_records_say_nothing() -> None:
    grades = pd.DataFrame({"subject_id": ["a", "b", "c"], "score": [1, 2, None], "grade": ["A", "B", None]})
    grades["state"] = ["graded", "graded", "not_graded"]
    ledger = pd.DataFrame(
        {
            "subject_id": ["a", "a", "b", "c"],
            "step": ["record", "record", "condition", "record"],
            "item": ["x", "x", "", "x"],
            "rule": ["", "", "no_audit", ""],
            "effective": [0, -3, -2, -9],
            "reason": ["withdrawn", "counted", "counted", "counted"],
        }
    )
    held = statutory(grades, ledger, ["A", "B"])
    assert held.items.to_numpy().tolist() == [["a", "x", -3.0, 1], ["b", "no_audit", -2.0, 1]]
    assert held.not_graded == 1
    with pytest.raises(InputError, match="lacks effective"):
        statutory(grades, ledger.drop(columns="effective"), ["A"])
    with pytest.raises(InputError, match="twice"):
        statutory(pd.concat([grades, grades]), ledger, ["A"])
    with pytest.raises(InputError, match="1 outcomes"):
        item_lift(held, [1])
    assert set(item_lift(held, [0, 1])["sign"]) == {"too_few"}
    with pytest.raises(InputError, match="one class"):
        points_against_log_odds([1, 2], [0, 0])


def test_benjamini() -> None:
    assert benjamini([0.01, 0.04, 0.03, 0.5]) == pytest.approx([0.04, 0.16 / 3, 0.16 / 3, 0.5])
    assert np.isnan(benjamini([float("nan"), 0.2])[0])


def test_a_grade_that_refused_rows_leave_open_is_no_label() -> None:
    """A false-invoice record with a day that cannot be read: its subject has no grade, whatever the rest says."""
    from creditscore.grading.grade import grade

    rows = pd.DataFrame(
        {"record_id": ["1", "2"], "subject_id": ["914403001922038216", "91440115618712245T"], "domain": "tax"}
    ).assign(item=["030110", "010101"], booked_on=["2022年4月", "2022-04-01"])
    firms = rows[["subject_id"]]
    held = from_grading(grade(rows, "tax", 2022, subjects=firms, max_rejected=5))
    assert held.subjects["subject_id"].tolist() == ["91440115618712245T"]
