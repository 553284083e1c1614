"""A grading model: one object, one JSON file, the same predictions from both."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError
from creditscore.core.i18n import label_of
from creditscore.modelling.registry.grading_model import GradingModel, load_model
from creditscore.modelling.registry.pyfunc import load_bundle
from creditscore.modelling.scorecard.reasons import find_told

NO_REASON = label_of("models", "no_reason").model_dump()


KINDS = ("bare", "boosted", "ordinal")


@pytest.fixture(params=KINDS)
def model(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue(request.param)


def test_the_file_predicts_what_the_object_predicts(model: GradingModel, table: pd.DataFrame, tmp_path: Path) -> None:
    model.save(tmp_path)
    again = load_model(tmp_path)
    assert again.to_dict() == model.to_dict()
    assert again.content_hash == model.content_hash
    pd.testing.assert_frame_equal(again.predict(table), model.predict(table), check_exact=True)


def test_predictions_hold_together(model: GradingModel, table: pd.DataFrame) -> None:
    data_table = model.predict(table.set_index(np.arange(len(table)) + 7))
    assert data_table.index[0] == 7
    assert data_table["advisory"].all()
    assert (
        (data_table["probability_low"] <= data_table["probability"])
        & (data_table["probability"] <= data_table["probability_high"])
    ).all()
    assert data_table["score"].dtype == np.int64
    best, worst = (getattr(data_table.groupby("score")["probability"], end)().to_numpy() for end in ("min", "max"))
    assert (best[:-1] >= worst[1:] - 1e-12).all()  # more points never mean more risk
    assert np.allclose(model.predict_proba(table).sum(axis=1), 1)
    assert set(data_table["grade"]) <= set("ABC")


def test_reasons_are_what_costs_most(bare: GradingModel, table: pd.DataFrame) -> None:
    data_table, shares = bare.predict(table), bare.explain(table).shares
    certain = find_told(bare.estimator, bare.inputs(table), list(shares.columns), bare.explainer.means)
    worst = shares.where(certain, 0.0).min(axis=1)
    column = worst < 0
    assert 0.5 < column.mean() < (shares.min(axis=1) < 0).mean()  # what costs a fraction of a point is no reason
    assert np.allclose(data_table.loc[column, "reason_1_points"], worst[column], atol=0.05)
    assert data_table.loc[~column, "reason_1_points"].isna().all()
    assert set(data_table.loc[~column, "reason_1"]) == {NO_REASON["en"]}
    assert set(bare.predict(table[~column], lang="zh")["reason_1"]) == {NO_REASON["zh"]}
    assert data_table.loc[~column, "reason_2"].isna().all()
    row = int(np.flatnonzero((shares.idxmin(axis=1) == "late") & column)[0])
    assert str(data_table["reason_1"].iloc[row]).startswith("Late filings: ")
    assert str(bare.predict(table.iloc[[row]], lang="zh")["reason_1"].iloc[0]).startswith("逾期申报次数: ")
    assert data_table["reason_4"].isna().all()  # three columns cannot give four reasons
    assert list(bare.predict(table, reasons=0).columns)[-1] == "advisory"


def test_columns_are_found_by_name(model: GradingModel, table: pd.DataFrame) -> None:
    expected = model.predict(table)
    pd.testing.assert_frame_equal(model.predict(table[["sector", "bad", "ratio", "late"]]), expected)
    with pytest.raises(InputError, match=r"'ratio' is missing") as caught:
        model.predict(table.drop(columns="ratio"))
    assert "late, ratio, sector" in str(caught.value)
    with pytest.raises(InputError, match="stands twice"):
        model.predict(pd.concat([table, table[["late"]]], axis=1))


def test_whole_numbers_floats_and_other_tables_are_one_input(bare: GradingModel, table: pd.DataFrame) -> None:
    expected = bare.predict(table)
    pd.testing.assert_frame_equal(bare.predict(table.astype({"late": float})), expected)
    arrow = pytest.importorskip("pyarrow")
    pd.testing.assert_frame_equal(bare.predict(arrow.Table.from_pandas(table)), expected)
    pd.testing.assert_frame_equal(bare.predict(table.to_dict("list")), expected)


@pytest.mark.parametrize("change", ["points", "calibrator", "cut", "purpose"])
def test_a_changed_file_is_refused(bare: GradingModel, tmp_path: Path, change: str) -> None:
    file = bare.save(tmp_path)
    data = json.loads(file.read_text(encoding="utf-8"))
    if change == "points":
        data["estimator"]["card"]["rows"][1]["points"] += 1
    elif change == "calibrator":
        data["calibrator"]["shift"] += 0.5
    elif change == "cut":
        data["scale"]["cuts"][0] *= 1.01
    else:
        data["about"]["purpose"] = "another"
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        load_model(tmp_path)


def test_columns_that_are_not_those_of_the_estimator_are_refused(boosted: GradingModel, tmp_path: Path) -> None:
    data = boosted.to_dict()
    names = list(data["about"]["columns"])
    data["about"]["columns"] = {("x" + name if name == names[0] else name): {} for name in names}
    with pytest.raises(InputError, match="columns that are not those of its estimator"):
        GradingModel.from_dict(data)


@pytest.mark.parametrize("hash_", ["gone", None, 7])
def test_a_file_without_its_content_hash_is_refused(bare: GradingModel, tmp_path: Path, hash_: Any) -> None:
    """Whoever leaves the hash out of a changed file must not be believed."""
    file = bare.save(tmp_path)
    data = json.loads(file.read_text(encoding="utf-8"))
    data["calibrator"]["shift"] += 0.5
    del data["content_hash"]
    file.write_text(json.dumps(data if hash_ == "gone" else {**data, "content_hash": hash_}), encoding="utf-8")
    for load in (load_model, load_bundle, GradingModel.load):
        with pytest.raises(InputError, match=r"content hash|was changed") as refused:
            load(tmp_path)
        assert "content_hash" in str(refused.value.where)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("no json", "no JSON"),
        ("[" * 100_000, "nested too deeply"),
        ("{}", "not a saved grading_model"),
        ('{"kind": "grading_model", "format": 1}', "cannot be read"),
        ("[]", "it is no object"),
    ],
)
def test_what_is_no_model_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "model.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=message):
        load_model(tmp_path)


def test_no_model_in_the_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no model here"):
        load_model(tmp_path / "nowhere")


def test_the_validation_does_not_change_the_name_of_the_model(judged: Any, bare: GradingModel) -> None:
    report, model = judged
    assert model.content_hash == bare.content_hash == report.about["model_hash"]
    assert model.validation["report_sha256"] == report.sha256


@pytest.mark.parametrize("kind", ["bare", "boosted", "ordinal"])
@pytest.mark.parametrize("cell", [np.inf, -np.inf])
@pytest.mark.parametrize("dtype", ["float64", "float32", "Float64", "object"])
def test_infinities_are_refused_by_column_and_row(
    kind: str, cell: float, dtype: str, table: pd.DataFrame, request: pytest.FixtureRequest
) -> None:
    """A ratio without a denominator is no number: the model must not grade it as the best or the worst."""
    model = request.getfixturevalue(kind)
    rows = table.head(9).copy()
    rows["ratio"] = rows["ratio"].astype(dtype)
    rows.loc[6, "ratio"] = cell
    for act in (model.predict, model.predict_proba, model.labels, model.explain):
        with pytest.raises(InputError, match="column 'ratio' holds infinity in 1 of 9 rows") as refused:
            act(rows)
        assert "column ratio, row 7 " in str(refused.value.where)
        assert refused.value.next is not None
    rows.loc[6, "ratio"] = np.nan
    assert len(model.predict(rows)) == 9
