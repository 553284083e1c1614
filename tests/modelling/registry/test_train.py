"""Training: the same for any order of rows, on the rows that are not the test, with clear refusals."""

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.features.data import ModelData
from creditscore.modelling.registry.config import TrainConfig, load_config
from creditscore.modelling.registry.describe import describe_model
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.train import prepare, train
from creditscore.modelling.registry.validating import compare_models, config_of, validate_model
from tests.modelling.registry.conftest import CONFIG, made_up


def test_order_of_rows_does_not_matter(table: pd.DataFrame, bare: GradingModel) -> None:
    again = train(table.sample(frac=1, random_state=1), TrainConfig.of(CONFIG))
    assert again.content_hash == bare.content_hash


def test_a_model_data_is_a_table(table: pd.DataFrame, bare: GradingModel) -> None:
    data = ModelData.from_frame(table, "bad", event=1)
    again = train(data, TrainConfig.of(CONFIG))
    assert again.estimator.to_dict() == bare.estimator.to_dict()
    assert again.about["data"]["content_hash"] == data.content_hash()


def test_seed_and_content_choose_the_test(table: pd.DataFrame) -> None:
    ready = prepare(table, TrainConfig.of(CONFIG))
    assert ready.test.sum() == 1250
    assert (np.sort(ready.place) == np.arange(len(table))).all()
    assert set(ready.fold[ready.test]) == {-1}
    assert np.ptp(np.bincount(ready.fold[~ready.test])) <= 1
    again = prepare(table.sample(frac=1, random_state=3), TrainConfig.of(CONFIG))
    pd.testing.assert_frame_equal(again.table[again.test], ready.table[ready.test])
    other = prepare(table, TrainConfig.of({**CONFIG, "seed": 1}))
    assert (other.test != ready.test).any()


def district(rows: int = 6000, seed: int = 1) -> pd.DataFrame:
    """Three of five organisations have no record: all their inputs are alike."""
    rng = np.random.default_rng(seed)
    seen = rng.random(rows) < 0.4
    records = np.where(seen, rng.poisson(1.5, rows) + 1, 0)
    points = np.where(seen, (3 * records * rng.random(rows)).round(1), 0.0)
    log_odds = -3.0 + 0.5 * records + 0.2 * points
    bad = (rng.random(rows) < 1 / (1 + np.exp(-log_odds))).astype(int)
    return pd.DataFrame({"records": records, "points": points, "bad": bad})


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("named", [True, False])
def test_rows_that_are_alike_are_told_apart(seed: int, named: bool) -> None:
    """Equal inputs fell on one side together: of 4,500 rows 1,740 to 5,436 were fitted, and no model passed."""
    table = district()
    if named:
        table["subject_id"] = [f"firm {k:05}" for k in range(len(table))]
    # two of five rows have records: four grades of a tenth each would leave no room between them
    model = train(table, TrainConfig.of({"target": "bad", "seed": seed, "scale": {"rules": {"min_share": 0.08}}}))
    data = model.about["data"]
    assert (data["fit"]["rows"], data["test"]["rows"]) == (4500, 1500)
    assert abs(data["test"]["events"] / table["bad"].sum() - 0.25) < 0.001
    assert data["test"]["organisations"] == (1500 if named else None)
    assert data["kept_whole"] == ("subject_id" if named else None)
    report, _ = validate_model(model, table.sample(frac=1, random_state=seed), bootstraps=5)
    assert report.verdict in ("pass", "warn")
    assert report.numbers["psi"]["psi"] < 0.05
    whose = "subject_id" if named else "row"
    shares = ": 25.0% (1,500 / 6,000) of rows, " + ("25.0% (1,500 / 6,000) of organisations, " if named else "")
    assert f"25% asked, drawn by {whose}, stratified by outcome{shares}" in report.about["split"]["en"]
    assert describe_model(model)["test"] == report.about["split"]["en"]


def test_a_draw_far_off_what_was_asked_is_refused(table: pd.DataFrame) -> None:
    giant = np.where(np.arange(len(table)) < 4000, "giant", [f"firm {k}" for k in range(len(table))])
    for names, share in ((np.arange(len(table)) % 2, "50.0%"), (giant, "5.0%")):
        with pytest.raises(InputError, match=f"would hold {share} of the rows") as refused:
            prepare(table.assign(subject_id=names), TrainConfig.of(CONFIG))
        assert refused.value.allowed == "12.5% to 37.5%"


def test_a_model_of_an_earlier_version_is_not_judged_on_rows_of_its_fit(
    table: pd.DataFrame, bare: GradingModel
) -> None:
    data = dict(bare.about["data"])
    data["test"] = {name: value for name, value in data["test"].items() if name != "sha256"}
    older = replace(bare, about={**bare.about, "data": data})
    with pytest.raises(InputError, match="earlier version"):
        validate_model(older, table, bootstraps=5)
    with pytest.raises(InputError, match="earlier version"):
        compare_models(older, bare, table)
    assert validate_model(older, made_up(800, seed=3), bootstraps=5)[0].numbers["coverage"]["used"] == 800
    moved = replace(bare, about={**bare.about, "seed": 3})
    with pytest.raises(InputError, match="other rows are drawn"):
        validate_model(moved, table, bootstraps=5)


def test_groups_and_times_are_kept_whole(table: pd.DataFrame) -> None:
    rows = table.assign(firm=np.arange(len(table)) // 5, day=np.arange(len(table)).astype(str))
    inputs = {"columns": ["late", "ratio", "sector"]}
    ready = prepare(rows, TrainConfig.of({**CONFIG, **inputs, "split": {"by": "group", "column": "firm"}}))
    assert (ready.table.assign(test=ready.test).groupby("firm")["test"].nunique() == 1).all()
    assert ready.sides["test"]["organisations"] == 250
    rows["day"] = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(len(rows)) % 700, unit="D")
    late = prepare(
        rows, TrainConfig.of({**CONFIG, **inputs, "split": {"by": "time", "column": "day", "test_from": "2025-01-01"}})
    )
    assert (late.test == (late.table["day"] >= "2025-01-01")).all()


def test_rows_without_outcome_are_counted(table: pd.DataFrame) -> None:
    rows = table.astype({"bad": "float64"})
    rows.loc[:9, "bad"] = np.nan
    assert train(rows, TrainConfig.of(CONFIG)).about["data"]["without_outcome"] == 10


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"target": "good"}, InputError, "no column 'good'"),
        ({"columns": ["late", "never"]}, InputError, "no column 'never'"),
        ({"columns": ["late", "bad"]}, UsageError, "among the inputs"),
        ({"event": 2}, InputError, "the outcome holds"),
        ({"parameters": {"depth": 3}}, UsageError, "depth"),
        ({"scale": {"rules": {"share": 1}}}, UsageError, "share"),
        ({"scale": {"cut": [0.1]}}, UsageError, "unknown key 'cut'"),
        ({"estimator": "forest"}, UsageError, "no estimator"),
        ({"estimator": "ordinal"}, UsageError, "needs its grades"),
        ({"calibrator": "magic"}, UsageError, "no calibration"),
        ({"split": {"by": "time"}}, UsageError, "without a column"),
        ({"split": {"by": "moon"}}, UsageError, "split by 'moon'"),
        ({"split": {"tset": 0.2}}, UsageError, "unknown key 'tset'"),
        ({"split": {"test": 1.5}}, UsageError, "0 < test < 1"),
        ({"nme": "x"}, UsageError, "unknown key 'nme'"),
        ({"data": {"fiel": "x"}}, UsageError, "unknown key 'fiel'"),
    ],
)
def test_wrong_settings_are_named(
    table: pd.DataFrame, change: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        train(table, TrainConfig.of({**CONFIG, **change}))


def test_one_outcome_only_is_refused(table: pd.DataFrame) -> None:
    with pytest.raises(InputError, match="one outcome only"):
        train(table.assign(bad=1), TrainConfig.of(CONFIG))


def test_a_configuration_file(tmp_path: Any) -> None:
    file = tmp_path / "m.yaml"
    file.write_text("target: bad\nsplit: {test: 0.5}\nabout: {day: 2024-01-31}\n", encoding="utf-8")
    assert load_config(file) == {"target": "bad", "split": {"test": 0.5}, "about": {"day": "2024-01-31"}}
    file.write_text("target: a\ntarget: b\n", encoding="utf-8")
    with pytest.raises(UsageError, match="target"):
        load_config(file)
    file.write_text("- target\n", encoding="utf-8")
    with pytest.raises(UsageError, match="no mapping"):
        load_config(file)
    with pytest.raises(UsageError, match="no such configuration"):
        load_config(tmp_path / "none.yaml")


def test_validation_takes_the_rows_that_were_kept(judged: Any, bare: GradingModel, table: pd.DataFrame) -> None:
    report, model = judged
    ready = prepare(table, TrainConfig.of(CONFIG))
    assert report.numbers["coverage"]["used"] == ready.test.sum() == bare.about["data"]["test"]["rows"]
    assert report.verdict == model.validation["verdict"] == "pass"
    other, _ = validate_model(bare, table.iloc[:2000], bootstraps=5)
    assert other.numbers["coverage"]["used"] == 2000  # another table: all of it
    with pytest.raises(InputError, match="not the table of the fit"):
        validate_model(bare, table.iloc[:2000], part="test")
    with pytest.raises(UsageError, match="part"):
        validate_model(bare, table, part="half")


def test_two_models_on_rows_that_neither_saw(bare: GradingModel, boosted: GradingModel, table: pd.DataFrame) -> None:
    challenge = compare_models(bare, boosted, table, by=("sector",))
    all_rows = challenge.swaps[challenge.swaps["by"] == "all"]
    assert all_rows["count"].sum() == prepare(table, TrainConfig.of(CONFIG)).test.sum()
    assert set(challenge.swaps["by"]) == {"all", "grade", "sector"}
    assert {"row", "set"} <= set(challenge.cases.columns)
    assert challenge.cases["row"].max() < len(table)
    assert len(challenge.cases) == all_rows[all_rows["set"].str.startswith("flagged")]["count"].sum()
    with pytest.raises(InputError, match="no column 'size'"):
        compare_models(bare, boosted, table, by=("size",))


def test_odd_tables_are_handled_or_refused(table: pd.DataFrame) -> None:
    rows = table.head(1500)
    for estimator in ("scorecard", "boosting"):
        far = rows.assign(ratio=np.where(np.arange(len(rows)) == 41, -np.inf, rows["ratio"]))
        with pytest.raises(InputError, match="'ratio' holds infinity in 1 of 1500 rows") as refused:
            train(far, TrainConfig.of({**CONFIG, "estimator": estimator, "parameters": {}}))
        assert refused.value.where == "column ratio, row 42 (the first row is 1): -inf"
    named = rows.assign(firm=[f"firm {k}" for k in range(len(rows))])
    for estimator in ("scorecard", "boosting"):
        with pytest.raises(InputError, match="another text in almost each row"):
            train(named, TrainConfig.of({"target": "bad", "estimator": estimator}))
    for weight in (-1.0, np.nan, np.inf, "x"):
        with pytest.raises(InputError, match="weights"):
            train(rows.assign(w=weight), TrainConfig.of({**CONFIG, "weight": "w"}))
    plain = train(rows.assign(w=3.0, nothing=np.nan, same=1), TrainConfig.of({"target": "bad", "weight": "w"}))
    assert set(plain.columns) == {"late", "ratio", "sector", "nothing", "same"}
    assert plain.estimator.left_.keys() >= {"nothing", "same"}


def firms(rows: int = 3000) -> pd.DataFrame:
    """Organisations with two rows each, and what validation asks of a row."""
    table = made_up(rows, seed=9)
    size = np.where(np.arange(rows) % 3 == 0, "large", "small")
    return table.assign(
        subject_id=[f"firm {k // 2}" for k in range(rows)],
        year=2018 + np.arange(rows) % 2,
        inspected=(np.arange(rows) % 4 != 0).astype(int),
        size=size,
        before=np.where(table["late"] > 2, "C", "A"),
    )


def test_an_organisation_is_no_input_and_stays_on_one_side() -> None:
    table = firms()
    config = {key: value for key, value in CONFIG.items() if key != "columns"}
    model = train(table, TrainConfig.of({**config, "exclude": ["before", "year"]}))
    assert set(model.columns) == {"late", "ratio", "sector", "inspected", "size"}
    assert model.about["data"]["kept_whole"] == "subject_id"
    ready = prepare(table, config_of(model))
    sides = pd.Series(ready.test).groupby(ready.table["subject_id"]).nunique()
    assert (sides == 1).all()
    assert 0.2 < ready.test.mean() < 0.3


def test_a_validation_uses_what_a_table_says_of_its_rows() -> None:
    table = firms()
    model = train(table, TrainConfig.of(CONFIG))
    columns = {"cohort": "year", "previous": "before", "protected": ["size", "sector"]}
    report, judged = validate_model(model, table, columns=columns, bootstraps=5)
    used = {"groups": "subject_id", "cohort": "year", "inspected": "inspected", "previous": "before"}
    assert report.about["columns_used"] == used | {"protected": ["size", "sector"]}
    assert {"labels", "cohorts", "migration", "fairness", "psi", "csi"} <= report.tables.keys()
    assert report.numbers["coverage"]["organisations"] < report.numbers["coverage"]["used"]
    assert report.tables["shifts"]["grade_changed"].notna().all()
    assert any("several rows" in limit["en"] for limit in report.limits)
    again, _ = validate_model(model, table.sample(frac=1.0, random_state=2), **judged.validation["settings"])  # type: ignore[index]
    assert again.sha256 == judged.validation["report_sha256"]  # type: ignore[index]
    bare, _ = validate_model(model, table, columns=dict.fromkeys(used, "") | {"protected": []}, bootstraps=5)
    assert not {"labels", "cohorts", "migration", "fairness"} & bare.tables.keys()
    with pytest.raises(InputError, match="no column 'x'"):
        validate_model(model, table, columns={"cohort": "x"})
    with pytest.raises(UsageError, match="no column is asked for"):
        validate_model(model, table, columns={"colour": "x"})
    with pytest.raises(UsageError, match="2 columns"):
        validate_model(model, table, columns={"groups": ["year", "size"]})


def test_new_rows_are_compared_with_the_fit(judged: Any) -> None:
    new = made_up(4000, seed=77)
    report, after = validate_model(judged[1], new, bootstraps=5)
    assert report.numbers["discrimination"]["initial_auc"] == pytest.approx(judged[0].numbers["discrimination"]["auc"])
    assert report.numbers["psi"]["psi"] < 0.02
    assert set(report.tables["csi"]["variable"]) == {"late", "ratio", "sector"}
    assert after.validation["first_auc"] == judged[1].validation["first_auc"]
    moved, _ = validate_model(judged[1], new.assign(late=new["late"] + 3), bootstraps=5)
    assert moved.numbers["psi"]["psi"] > 0.25
    assert moved.verdict == "fail"


@pytest.mark.parametrize("factor", [0.2, 5.0])
def test_a_rate_that_turned_is_seen_though_ranks_and_inputs_are_quiet(judged: Any, factor: float) -> None:
    new = made_up(40_000, seed=78)
    p = judged[1].predict_proba(new)[:, 1]
    odds = factor * p / (1 - p)
    turned = (np.random.default_rng(5).random(len(new)) < odds / (1 + odds)).astype(int)
    report, _ = validate_model(judged[1], new.assign(bad=turned), bootstraps=5)
    assert report.numbers["alarm"]["state"] == "alarm"
    assert report.verdict == "fail"
    quiet = report.criteria.set_index("criterion")["outcome"][["psi", "csi", "auc_low", "slope"]]
    assert set(quiet) == {"pass"}
