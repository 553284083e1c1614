"""Fairness: figures by group, and small cells that nobody can work out."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import beta

from creditscore.core.errors import InputError
from creditscore.modelling.validation.metrics.fairness import bands, fairness


def data(n: int = 2000) -> tuple[np.ndarray, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(8)
    p = rng.beta(1, 6, n)
    y = (rng.random(n) < p).astype(int)
    size = np.where(np.arange(n) % 4 == 0, "small", "large")
    return y, p, pd.DataFrame({"size": size, "age": rng.gamma(2, 5, n)})


def test_rates_of_a_group() -> None:
    y, p, groups = data()
    table = fairness(y, p, groups[["size"]], 0.2).set_index("group")
    which = (groups["size"] == "small").to_numpy()
    row = table.loc["small"]
    flagged = p >= 0.2
    k, n = int(flagged[which].sum()), int(which.sum())
    assert row["count"] == n
    assert row["flagged_rate"] == pytest.approx(k / n)
    assert row["flagged_low"] == pytest.approx(beta.ppf(0.025, k + 0.5, n - k + 0.5))
    assert row["tpr"] == pytest.approx(flagged[which & (y == 1)].mean())
    assert row["fpr"] == pytest.approx(flagged[which & (y == 0)].mean())
    assert row["oe"] == pytest.approx(y[which].sum() / p[which].sum())
    assert bool(row["calibrated"])
    assert row["impact"] == pytest.approx((1 - k / n) / (1 - flagged[~which].mean()))
    assert table.loc["large", "impact"] == 1  # the largest group is the reference
    assert row["impact_low"] < row["impact"] < row["impact_high"]
    other = fairness(y, p, groups[["size"]], 0.2, reference={"size": "small"}).set_index("group")
    assert other.loc["large", "impact"] == pytest.approx(1 / row["impact"])


def test_a_model_wrong_for_one_group_is_seen() -> None:
    y, p, groups = data(8000)
    wrong = np.where(groups["size"] == "small", np.clip(p * 2.5, 0, 1), p)
    table = fairness(y, wrong, groups[["size"]], 0.2).set_index("group")
    assert not table.loc["small", "calibrated"]
    assert table.loc["small", "oe_high"] < 1
    assert table.loc["small", "impact"] < 0.8
    assert bool(table.loc["large", "calibrated"])


def test_small_cells_cannot_be_worked_out() -> None:
    y, p, _ = data(300)
    district = np.repeat(["a", "b", "c"], [200, 80, 20])
    table = fairness(y, p, {"district": district}, 0.2).set_index("group")
    assert table["state"].to_dict() == {"a": "shown", "b": "secondary", "c": "small"}
    assert table.loc[["b", "c"], table.columns[2:]].isna().all(axis=None)
    two = fairness(y, p, {"district": np.repeat(["a", "b", "c"], [260, 20, 20])}, 0.2).set_index("group")
    assert two["state"].to_dict() == {"a": "shown", "b": "small", "c": "small"}


def test_few_events_give_no_error_rates() -> None:
    y = np.r_[np.ones(3), np.zeros(97)]
    row = fairness(y, np.linspace(0.01, 0.5, 100), {"all": ["x"] * 100}, 0.2).iloc[0]
    assert np.isnan(row["tpr"])
    assert np.isnan(row["auc"])
    assert row["rate"] == pytest.approx(0.03)
    assert not np.isnan(row["fpr"])


def test_ages_are_cut_and_the_unknown_is_a_group() -> None:
    y, p, groups = data()
    age = groups["age"].mask(np.arange(len(y)) % 10 == 0)
    table = fairness(y, p, {"age": age}, 0.2, edges={"age": [3, 10]})
    assert table["group"].to_list()[:3] == ["< 3", "3–10", "≥ 10"]
    assert table["group"].isna()[3]
    assert table["count"].sum() == len(y)
    assert len(fairness(y, p, {"age": groups["age"]}, 0.2)) == 4
    assert list(bands([1, 3, 9.9, 10], [3, 10])) == ["< 3", "3–10", "3–10", "≥ 10"]


def test_bad_input_is_named() -> None:
    y, p, groups = data(100)
    with pytest.raises(InputError, match="no group"):
        fairness(y, p, groups[["size"]], 0.2, reference={"size": "huge"})
    with pytest.raises(InputError, match="1 values"):
        fairness(y, p, {"size": ["a"]}, 0.2)


def test_what_is_withheld_cannot_be_worked_out_as_a_sum() -> None:
    # two groups of four: the total less the shown ones would tell of eight rows
    group = np.repeat(["a", "b", "c", "d"], [400, 60, 4, 4])
    p = np.full(len(group), 0.1)
    y = np.resize([0] * 9 + [1], len(group))
    table = fairness(y, p, {"g": group}, 0.2).set_index("group")
    assert table["state"].to_dict() == {"a": "shown", "b": "secondary", "c": "small", "d": "small"}
    withheld = table[table["state"] != "shown"]
    assert withheld.drop(columns=["attribute", "state"]).isna().all(axis=None)


@pytest.mark.slow
def test_many_sound_groups_are_rarely_called_off() -> None:
    rng = np.random.default_rng(12)
    alarms = 0
    for _ in range(100):
        p = rng.beta(2, 10, 2000)
        y = (rng.random(2000) < p).astype(int)
        alarms += bool((fairness(y, p, {"g": np.arange(2000) % 20}, 0.3)["calibrated"] == False).any())  # noqa: E712
    assert alarms <= 12  # 5 in 100 are expected at most; without the allowance it would be about 64
