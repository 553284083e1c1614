"""Training: the same for any order of rows, on the rows that are not the test, with clear refusals."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.errors import InputError, UsageError
from creditscore.modelling.dataset.data import ModelData
from creditscore.modelling.release.bundle import GradingModel
from creditscore.modelling.release.config import TrainConfig, load_config
from creditscore.modelling.release.train import prepare, train
from creditscore.modelling.release.validating import compare_models, config_of, validate_model
from tests.modelling.release.conftest import CONFIG, made_up


def test_order_of_rows_does_not_matter(table: pd.DataFrame, bare: GradingModel) -> None:
    again = train(table.sample(frac=1, random_state=1), TrainConfig.of(CONFIG))
    assert again.content_hash == bare.content_hash


def test_a_model_data_is_a_table(table: pd.DataFrame, bare: GradingModel) -> None:
    data = ModelData.from_frame(table, "bad", event=1)
    again = train(data, TrainConfig.of(CONFIG))
    assert again.estimator.to_dict() == bare.estimator.to_dict()
    assert again.about["data"]["content_hash"] == data.content_hash()


def test_seed_and_content_choose_the_test(table: pd.DataFrame) -> None:
    twice = pd.concat([table, table], ignore_index=True)
    ready = prepare(twice, TrainConfig.of(CONFIG))
    assert 0.22 < ready.test.mean() < 0.28
    sides = ready.X.assign(test=ready.test).groupby(["late", "ratio", "sector"], dropna=False)["test"].nunique()
    assert (sides == 1).all()  # equal rows stand on one side
    other = prepare(twice, TrainConfig.of({**CONFIG, "seed": 1}))
    assert (other.test != ready.test).any()


def test_groups_and_times_are_kept_whole(table: pd.DataFrame) -> None:
    rows = table.assign(firm=np.arange(len(table)) // 5, day=np.arange(len(table)).astype(str))
    inputs = {"columns": ["late", "ratio", "sector"]}
    ready = prepare(rows, TrainConfig.of({**CONFIG, **inputs, "split": {"by": "group", "column": "firm"}}))
    assert (ready.table.assign(test=ready.test).groupby("firm")["test"].nunique() == 1).all()
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
    ("change", "error", "said"),
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
    table: pd.DataFrame, change: dict[str, Any], error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said):
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
    found = compare_models(bare, boosted, table, by=("sector",))
    all_rows = found.swaps[found.swaps["by"] == "all"]
    assert all_rows["count"].sum() == prepare(table, TrainConfig.of(CONFIG)).test.sum()
    assert set(found.swaps["by"]) == {"all", "grade", "sector"}
    assert {"row", "set"} <= set(found.cases.columns)
    assert found.cases["row"].max() < len(table)
    assert len(found.cases) == all_rows[all_rows["set"].str.startswith("flagged")]["count"].sum()
    with pytest.raises(InputError, match="no column 'size'"):
        compare_models(bare, boosted, table, by=("size",))


def test_odd_tables_are_handled_or_refused(table: pd.DataFrame) -> None:
    rows = table.head(1500)
    far = rows.assign(ratio=np.where(rows["late"] > 3, np.inf, rows["ratio"]))
    model = train(far, TrainConfig.of(CONFIG))
    again = GradingModel.from_dict(model.to_dict())
    pd.testing.assert_frame_equal(again.predict(far), model.predict(far), check_exact=True)
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
    assert any("several rows" in one["en"] for one in report.limits)
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
