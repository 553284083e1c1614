"""Noise leaves the card: what stays, what may be told, what is said of each column, and what becomes of odd tables."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy import stats

from creditscore.core.errors import InputError, UsageError
from creditscore.core.i18n import label_of
from creditscore.modelling import ScorecardClassifier, edit_points, rank_reasons
from creditscore.modelling.registry.card import load_card, markdown
from creditscore.modelling.registry.config import TrainConfig
from creditscore.modelling.registry.describe import blocks
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.part import model_part
from creditscore.modelling.registry.train import train
from creditscore.modelling.scorecard.score_tests import combine_cauchy, compute_tail
from tests.modelling.noise_simulation import simulate, simulate_few, simulate_nothing
from tests.paths import ROOT

X, Y = simulate_few(6000, 1)
NO_REASON = label_of("models", "no_reason").model_dump()


CARD = ScorecardClassifier().fit(X, Y)
SETTINGS: list[dict[str, Any]] = [{}, {"trend": "monotone"}, {"trend": "none"}, {"method": "woe"}]


def test_the_tail_is_that_of_chi_squared() -> None:
    for q in (0.3, 1.0, 4.0, 30.0):
        assert compute_tail(q, np.ones(1)) == pytest.approx(stats.chi2.sf(q, 1), rel=0.15)
        assert compute_tail(q, np.ones(6)) == pytest.approx(stats.chi2.sf(q, 6), rel=0.01)
    assert compute_tail(6.0, np.ones(6)) == pytest.approx(stats.chi2.sf(6, 6), rel=0.01)  # at the mean
    assert compute_tail(900.0, np.ones(2)) < 1e-150
    assert compute_tail(0.0, np.ones(2)) == compute_tail(5.0, np.zeros(2)) == 1.0


def test_mixtures_are_those_that_are_drawn() -> None:
    weights = np.array([4.0, 1.0, 0.25, 0.25])
    drawn = np.random.default_rng(0).chisquare(1, (200_000, 4)) @ weights
    for q in (2.0, 8.0, 20.0):
        assert compute_tail(q, weights) == pytest.approx(float((drawn > q).mean()), rel=0.06)


def test_p_values_are_combined() -> None:
    assert combine_cauchy([0.2]) == 0.2
    assert combine_cauchy([0.2, 0.2, 0.2]) == pytest.approx(0.2)
    assert combine_cauchy([1e-12, 0.9]) == pytest.approx(2e-12, rel=0.01)
    assert 0.01 < combine_cauchy([0.01, 1.0]) < 0.03  # one that says nothing hides none that does


@pytest.mark.parametrize("settings", SETTINGS)
def test_pure_noise_beside_two_real_columns_leaves(settings: dict[str, Any]) -> None:
    card = ScorecardClassifier(**settings).fit(X, Y)
    assert {"r08", "r05"} <= set(card.variables_)
    assert len(card.variables_) <= 3  # before: all ten
    table = card.reasons(X)
    assert set(table["variable"].astype(str)) <= {"r08", "r05"}
    gone = [name for name in X if name not in card.variables_]
    assert all(card.left_[name].startswith("its effect cannot be told from zero: p 0.") for name in gone)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_table_of_noise_gives_the_base_rate(settings: dict[str, Any]) -> None:
    noise, y = simulate_nothing(3000, 0)
    card = ScorecardClassifier(**settings).fit(noise, y)
    assert card.variables_ == []
    p = card.predict_proba(noise)[:, 1]
    assert p == pytest.approx(y.mean(), rel=0.02)
    assert len(set(card.score_points(noise))) == 1
    assert any("says the base rate" in note for note in card.notes_)
    again = ScorecardClassifier.from_dict(json.loads(json.dumps(card.to_dict(), allow_nan=False)))
    np.testing.assert_array_equal(again.predict_proba(noise), card.predict_proba(noise))
    table = card.reasons(noise)
    assert table.empty
    assert table.attrs["without"] == NO_REASON
    assert "WITH" in card.to_sql("t") or "SELECT" in card.to_sql("t")


def test_a_turn_a_category_and_gaps_stay() -> None:
    rng = np.random.default_rng(0)
    turn, kind, gap, noise = (
        rng.standard_normal(5000),
        rng.integers(0, 8, 5000),
        rng.random(5000) < 0.2,
        rng.random(5000),
    )
    log_odds = -1.5 + 0.4 * (turn**2 - 1) / np.sqrt(2) + 0.4 * np.where(kind % 2, 1, -1) + 1.0 * gap
    y = (rng.random(5000) < 1 / (1 + np.exp(-log_odds))).astype(int)
    columns = {"turn": turn, "kind": np.array(list("ABCDEFGH"))[kind], "gap": np.where(gap, np.nan, noise)}
    table = pd.DataFrame(columns | {"noise": rng.standard_normal(5000)})
    for settings in ({}, {"trend": "none"}, {"method": "woe"}):
        assert ScorecardClassifier(**settings).fit(table, y).variables_ == ["turn", "kind", "gap"]


@pytest.mark.parametrize("method", ["additive", "woe"])
def test_forced_columns_stay_and_are_not_told(method: str) -> None:
    card = ScorecardClassifier(method=method, forced=["z_normal0"]).fit(X, Y)
    table = card.evidence_.set_index("variable")
    assert table.loc["z_normal0", "why"] == "forced"
    assert table.loc["z_normal0", "stays"]
    assert not table.loc["z_normal0", "told"]
    assert "z_normal0" in card.variables_
    assert "z_normal0" not in set(card.reasons(X, k=9)["variable"].astype(str))
    assert ScorecardClassifier.from_dict(card.to_dict()).to_dict() == card.to_dict()


@pytest.mark.parametrize("method", ["additive", "woe"])
def test_without_a_level_nothing_leaves_and_the_verdicts_are_the_same(method: str) -> None:
    report = ScorecardClassifier(method=method, evidence=None).fit(X, Y)
    assert len(report.variables_) > 6
    card = ScorecardClassifier(method=method).fit(X, Y)
    a, b = report.evidence_.set_index("variable"), card.evidence_.set_index("variable")
    assert a["p"].to_dict() == b["p"].to_dict()
    assert (a["why"] == "reported").sum() == (b["why"] == "no_evidence").sum() > 5
    assert set(report.reasons(X)["variable"].astype(str)) <= {"r08", "r05"}


def test_each_column_carries_its_evidence() -> None:
    table = CARD.evidence_
    assert list(table.columns) == [
        "variable",
        "stays",
        "told",
        "why",
        "p",
        "gain",
        "freedom",
        "spread",
        "spread_low",
        "spread_high",
        "left_as",
    ]
    assert set(table["variable"]) == set(X)
    assert table["p"].between(0, 1).all()
    assert table["p"].is_monotonic_increasing
    stays = table[table["stays"]]
    assert ((stays["spread_low"] <= stays["spread"]) & (stays["spread"] <= stays["spread_high"])).all()
    real = table.set_index("variable").loc["r08"]
    assert real["spread_low"] < 0.8 * 20 / np.log(2) < real["spread_high"]  # its true effect, in points
    assert real["gain"] > 300 < real["gain"]
    gone = table[~table["stays"]]
    assert sorted(gone["left_as"]) == list(range(1, len(gone) + 1))


def test_errors_of_bins_cover_the_truth() -> None:
    rows = CARD.table_[(CARD.table_["variable"] == "r08") & (CARD.table_["count"] > 0)]
    assert rows["error"].notna().all()
    middle = rows[(rows["low"] > -1.5) & (rows["high"] < 1.5)]
    truth = -0.8 * 20 / np.log(2) * (middle["low"] + middle["high"]) / 2
    inside = (middle["points"].astype(float) - truth).abs() <= 1.96 * middle["error"] + 0.5
    assert inside.mean() > 0.85
    missing = CARD.table_[CARD.table_["role"] == "missing"]
    assert missing["error"].isna().all()  # no rows, no estimate


def test_a_shortfall_within_chance_is_no_reason() -> None:
    reasons = CARD.reasons(X, k=4)
    table = CARD.table_.set_index(["variable", "bin"])
    error = [table.loc[(str(v), str(b)), "error"] for v, b in zip(reasons["variable"], reasons["bin"], strict=True)]
    assert (reasons["shortfall"] > 1.645 * np.array(error)).all()
    short = [base - CARD.contributions(X)[name].to_numpy() for name, base in reasons.attrs["baseline"].items()]
    subset = np.stack(short, axis=1).max(axis=1) > 0
    assert reasons["row"].nunique() < subset.sum()  # rows whose only shortfalls are chance have no reason
    against_best = rank_reasons(CARD.card_, X, 4, "best")
    assert (against_best["shortfall"] > 1.645 * 0).all()
    assert set(against_best["variable"].astype(str)) <= {"r08", "r05"}


def test_points_set_by_hand_have_no_error() -> None:
    row = next(row for row in CARD.card_.rows if row.role == "bin" and row.variable == "r08")
    card = edit_points(CARD.card_, "r08", row.bin, -90, reason="a ruling", author="Li", on="2020-01-01")
    assert next(r for r in card.rows if r.bin == row.bin and r.variable == "r08").error == 0.0
    old = edit_points(replace(CARD.card_, evidence=None), "r08", row.bin, -90, reason="a", author="Li", on="2020-01-01")
    assert "error" not in old.to_dict()["rows"][1]
    assert old == type(old).from_dict(old.to_dict()) or old.evidence is None


def test_a_card_without_evidence_is_written_and_told_as_before() -> None:
    """Cards of earlier versions keep their content, and so the hash under which they were registered."""
    folder = ROOT / "models"
    for file in sorted(folder.glob("*/*/card.json")):
        data = json.loads(file.read_text(encoding="utf-8"))["model"]["estimator"]
        data["card"].pop("evidence", None)
        for name in ("evidence", "forced"):
            data["parameters"].pop(name, None)
        for row in data["card"]["rows"]:
            row.pop("error", None)
        card = ScorecardClassifier.from_dict(data)
        assert json.loads(json.dumps(card.to_dict())) == data
        assert card.notes_ == ()
        with pytest.raises(UsageError, match="carries no evidence"):
            _ = card.evidence_


def test_few_events_are_said() -> None:
    small, y = simulate(500, 0)
    card = ScorecardClassifier().fit(small, y)
    (note,) = card.notes_
    assert note.startswith(f"{min(y.sum(), 500 - y.sum())} rows of the rarer outcome for 22 columns, ")
    assert "may rank worse" in note
    assert not CARD.notes_


@pytest.mark.parametrize("evidence", [0, 1, -0.1, 2, "strict", True, float("nan")])
def test_a_level_that_is_none_is_refused(evidence: Any) -> None:
    with pytest.raises(UsageError, match="evidence is"):
        ScorecardClassifier(evidence=evidence).fit(X, Y)


def test_forced_columns_must_be_there() -> None:
    with pytest.raises(UsageError, match="forced names columns that are not there: nobody"):
        ScorecardClassifier(forced=["nobody"]).fit(X, Y)
    with pytest.raises(UsageError, match="a list of columns"):
        ScorecardClassifier(forced="r08").fit(X, Y)


def test_rows_that_belong_together_are_no_evidence_of_their_own() -> None:
    """Noise of 300 firms over ten years beside outcomes that follow the firm: rows alone keep it, clusters do not."""
    alone = together = 0
    for seed in range(8):
        rng = np.random.default_rng(seed)
        firm = np.repeat(np.arange(300), 10)
        noise = pd.DataFrame(rng.standard_normal((300, 6)), columns=[f"n{k}" for k in range(6)]).iloc[firm]
        y = (rng.random(3000) < 1 / (1 + np.exp(1.5 - 1.2 * rng.standard_normal(300)[firm]))).astype(int)
        alone += len(ScorecardClassifier(smoothing=1).fit(noise, y).variables_)
        card = ScorecardClassifier(smoothing=1).fit(noise, y, groups=firm)
        together += len(card.variables_)
        assert card.card_.evidence is not None
        assert card.card_.evidence.clusters == 300
        assert " clusters of the rarer outcome for 6 columns, " in card.notes_[0]  # 3,000 rows would be enough
    assert alone > 10
    assert together <= 4
    plain = ScorecardClassifier().fit(X, Y)
    single = ScorecardClassifier().fit(X, Y, groups=np.arange(len(X)))  # clusters of one row are rows
    assert single.evidence_.equals(plain.evidence_)


def test_a_row_that_weighs_much_is_one_observation() -> None:
    """Weights count rows; where they do not, noise leaves if each row is a cluster, as a trained model has it."""
    stays = 0
    for seed in range(3):
        random = np.random.default_rng(seed)
        X = pd.DataFrame(random.standard_normal((3000, 12)), columns=["r0", *[f"z{k}" for k in range(11)]])
        y = random.random(3000) < 1 / (1 + np.exp(1.4 - 0.9 * X["r0"]))
        weight = random.exponential(size=3000) + 0.05
        card = ScorecardClassifier().fit(X, y, sample_weight=weight, groups=np.arange(3000))
        assert "r0" in card.variables_
        stays += len(card.variables_) - 1
    assert stays <= 2
    table = X.assign(bad=y.astype(int), weight=weight)
    config = {"target": "bad", "weight": "weight", "scale": {"rules": {"min_share": 0.05}}}
    model = train(table, TrainConfig.of(config))
    assert model.estimator.variables_ == ["r0"]
    assert model.estimator.card_.evidence.clusters == 2250
    even = ScorecardClassifier().fit(X, y, groups=np.arange(3000))
    assert even.to_dict() == ScorecardClassifier().fit(X, y).to_dict()


def test_an_effect_of_whole_firms_stays() -> None:
    rng = np.random.default_rng(0)
    firm = np.repeat(np.arange(400), 6)
    table = pd.DataFrame({"real": rng.standard_normal(400), "noise": rng.standard_normal(400)}).iloc[firm]
    log_odds = -1.2 + 0.8 * table["real"] + 0.7 * rng.standard_normal(400)[firm]
    y = (rng.random(2400) < 1 / (1 + np.exp(-log_odds))).astype(int)
    for settings in SETTINGS:
        assert ScorecardClassifier(**settings).fit(table, y, groups=firm).variables_ == ["real"]


def test_copies_do_not_leave_together() -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal(3000)
    table = pd.DataFrame({"a": x, "b": x, "c": x + 0.05 * rng.standard_normal(3000), "z": rng.standard_normal(3000)})
    y = (rng.random(3000) < 1 / (1 + np.exp(1.4 - 0.5 * x))).astype(int)
    card = ScorecardClassifier().fit(table, y)
    assert {"a", "b", "c"} & set(card.variables_)


@pytest.mark.parametrize("method", ["additive", "woe"])
@pytest.mark.parametrize("coded", [450, 200, 100])
def test_a_code_in_the_same_rows_of_all_columns_makes_nothing_real_of_noise(method: str, coded: int) -> None:
    """-9 in all columns of a row without a file, given as a number like any other; eight columns, four of noise."""
    stays = number = noise = 0
    for seed in range(3):
        random = np.random.default_rng(seed)
        values = random.standard_normal((8000, 8)).round(2)
        log_odds = values @ np.array([0.8, 0.5, 0.3, 0.2, 0.0, 0.0, 0.0, 0.0])
        without_file = np.arange(8000) < coded
        log_odds[without_file] = 0.2
        values[without_file] = -9
        X = pd.DataFrame(values, columns=[f"{'rz'[i > 3]}{i}" for i in range(8)])
        card = ScorecardClassifier(method=method).fit(X, random.random(8000) < 1 / (1 + np.exp(-log_odds)))
        assert {"r0", "r1", "r2"} <= set(card.variables_)
        first = card.table_[card.table_["variable"] == "r0"].iloc[0]
        assert first["count"] == coded or method == "woe"  # its bins hold a twentieth of the rows at least
        stays += sum(name.startswith("z") for name in card.variables_)
        reasons = card.reasons(X)["variable"].astype(str)
        number, noise = number + len(reasons), noise + reasons.str.startswith("z").sum()
    assert stays <= 1
    assert noise <= 0.01 * number


@pytest.mark.slow
def test_a_choice_among_many_columns_counts_all_of_them() -> None:
    """The 150 columns with most information of 400 look better than they are."""
    rng = np.random.default_rng(3)
    table = pd.DataFrame(rng.standard_normal((1500, 400)), columns=[f"n{k}" for k in range(400)])
    table["real"] = rng.standard_normal(1500)
    y = (rng.random(1500) < 1 / (1 + np.exp(1 - table["real"]))).astype(int)
    for method in ("additive", "woe"):
        card = ScorecardClassifier(method=method).fit(table, y)
        assert "real" in card.variables_
        assert len(card.variables_) <= 4
        assert card.card_.evidence is not None
        assert card.card_.evidence.columns == 401


def test_a_trained_model_tells_no_noise_and_has_a_sentence_for_the_rest(tmp_path: Path) -> None:
    model = train(X.assign(bad=Y), TrainConfig.of({"target": "bad"}))
    table = model.predict(X)
    column = table["reason_1_points"].notna()
    assert set(table.loc[~column, "reason_1"]) == {NO_REASON["en"]}
    words = table.loc[column, "reason_1"].str.partition(": ")[0]
    assert set(words) <= {"r08", "r05"}
    none = int(np.flatnonzero(~column)[0])
    for lang in ("zh", "en"):
        assert NO_REASON[lang] in model_part(model, X, "x", row=none, draws=4).lines(lang)
    text = markdown(blocks(model))
    assert "## Evidence" in text
    assert "its effect cannot be told from zero" in text
    assert GradingModel.from_dict(json.loads(json.dumps(model.to_dict()))).content_hash == model.content_hash


def test_a_model_of_rows_that_belong_together_is_judged_by_organisation() -> None:
    rng = np.random.default_rng(7)
    firm = np.repeat(np.arange(300), 10)
    table = pd.DataFrame(rng.standard_normal((300, 4)), columns=list("abcd")).iloc[firm].reset_index(drop=True)
    table["real"] = rng.standard_normal(3000)
    log_odds = -1.5 + table["real"] + 1.2 * rng.standard_normal(300)[firm]
    table = table.assign(subject_id=firm, bad=(rng.random(3000) < 1 / (1 + np.exp(-log_odds))).astype(int))
    model = train(table, TrainConfig.of({"target": "bad"}))
    assert 150 < model.estimator.card_.evidence.clusters < 300
    assert model.estimator.variables_ == ["real"]
    rows_alone = train(table.drop(columns="subject_id"), TrainConfig.of({"target": "bad"}))
    assert len(rows_alone.estimator.variables_) > 2  # firms without their names pass for evidence


def test_the_workbook_shows_the_evidence(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(CARD.to_excel(tmp_path / "card.xlsx"))
    lines = list(book["evidence"].iter_rows(values_only=True))
    assert lines[0][:5] == ("variable", "stays", "told", "why", "p")
    assert {line[0] for line in lines[1:]} == set(X)


def test_reference_cards_carry_their_evidence() -> None:
    for file in sorted((ROOT / "models").glob("*/*/card.json")):
        card = load_card(file).estimator.card_
        assert card.evidence is not None
        assert {v.name for v in card.variables} == {c.variable for c in card.evidence.variables if c.stays}


def test_a_model_of_noise_is_refused_or_says_the_base_rate() -> None:
    noise, y = simulate_nothing(3000, 0)
    table = noise.assign(bad=y)
    with pytest.raises(InputError, match="no column has an effect on the outcome that can be told from zero"):
        train(table, TrainConfig.of({"target": "bad"}))
    given = {"calibrator": "none", "scale": {"grades": ["A", "B"], "cuts": [0.1]}}
    model = train(table, TrainConfig.of({"target": "bad", **given}))
    data_table = model.predict(table)
    assert data_table["probability"].to_numpy() == pytest.approx(y.mean(), rel=0.05)
    assert set(data_table["reason_1"]) == {NO_REASON["en"]}
