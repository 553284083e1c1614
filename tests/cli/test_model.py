"""`creditscore model`: from a table to a promoted version, and what is refused on the way."""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import (
    CreditscoreError,
    DifferenceError,
    InputError,
    NotAllowed,
    StoreError,
    UsageError,
)
from creditscore.modelling.registry.grading_model import write_bundle
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.office import Store
from tests.modelling.registry.conftest import made_up

WIDTH = 80


def run(*args: Any) -> str:
    """Output of a command; its error is raised as main() would see it, before it becomes text and exit code."""
    result = CliRunner().invoke(app, ["model", *map(str, args)], env={"COLUMNS": str(WIDTH)})
    if isinstance(result.exception, CreditscoreError):
        raise result.exception
    assert result.exit_code == 0, result.output
    lines = result.output.splitlines()
    assert max((len(line) for line in lines if os.sep not in line), default=0) <= WIDTH
    return result.output


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table, two models, one validated."""
    place = tmp_path_factory.mktemp("cli")
    made_up().to_csv(place / "data.csv", index=False)
    (place / "m.yaml").write_text(
        "target: bad\nname: made-up\nparameters: {smoothing: 1.0}\n"
        "scale: {grades: [A, B, C], rules: {min_share: 0.15}}\n",
        encoding="utf-8",
    )
    command_run = run("train", place / "data.csv", "--config", place / "m.yaml", "--out", place / "one")
    assert "kept for validation" in command_run
    run(
        "train",
        place / "data.csv",
        "--target",
        "bad",
        "--estimator",
        "boosting",
        "--columns",
        "late,ratio",
        "--out",
        place / "two",
    )
    assert run("validate", place / "one", place / "data.csv", "--by", "zhao").startswith("pass: AUC 0.")
    return place


def test_what_is_written(folder: Path) -> None:
    names = {file.name for file in (folder / "one").iterdir()}
    assert names == {"model.json", "validation.html", "validation.en.html", "validation.json"}
    model = json.loads((folder / "one" / "model.json").read_text(encoding="utf-8"))
    report = json.loads((folder / "one" / "validation.json").read_text(encoding="utf-8"))
    assert model["validation"]["verdict"] == report["verdict"] == "pass"
    assert report["about"]["commands"] == [
        f"creditscore model validate {folder / 'one'} {folder / 'data.csv'} --by zhao"
    ]
    for page, rows in (("validation.html", "验证的行"), ("validation.en.html", "Rows validated")):
        assert rows in (folder / "one" / page).read_text(encoding="utf-8")


def test_predict_and_card(folder: Path, tmp_path: Path) -> None:
    command_run = run("predict", folder / "one", folder / "data.csv", "--out", tmp_path / "p.parquet", "--keep", "bad")
    assert "advisory" in command_run
    table = pd.read_parquet(tmp_path / "p.parquet")
    assert list(table.columns[:4]) == ["bad", "probability", "probability_low", "probability_high"]
    assert len(table) == 5000
    run("predict", folder / "one", folder / "data.csv", "--out", tmp_path / "p.csv", "--reasons", 0)
    assert "reason_1" not in pd.read_csv(tmp_path / "p.csv").columns
    run("card", folder / "one", "--out", tmp_path)
    assert {"card.json", "card.md", "card.html"} <= {file.name for file in tmp_path.iterdir()}
    with pytest.raises(UsageError, match="no column 'x'"):
        run("predict", folder / "one", folder / "data.csv", "--out", tmp_path / "p.csv", "--keep", "x")


def test_compare(folder: Path, tmp_path: Path) -> None:
    command_run = run(
        "compare", folder / "one", folder / "two", folder / "data.csv", "--segments", "sector", "--out", tmp_path
    )
    assert "flagged by challenger" in command_run
    assert set(pd.read_csv(tmp_path / "swaps.csv")["by"]) == {"all", "grade", "sector"}


@pytest.mark.slow
def test_csv_for_people(folder: Path, tmp_path: Path) -> None:
    table = pd.read_csv(folder / "data.csv")
    table["note"] = "=1+1"
    table.to_csv(tmp_path / "data.csv", index=False)
    compared = ("compare", folder / "one", folder / "two", tmp_path / "data.csv", "--by", "note")
    predicted = ("predict", folder / "one", tmp_path / "data.csv", "--keep", "note")
    run(*compared, "--out", tmp_path / "machine")
    run(*compared, "--out", tmp_path / "people", "--csv-people")
    run(*predicted, "--out", tmp_path / "machine" / "p.csv")
    run(*predicted, "--out", tmp_path / "people" / "p.csv", "--csv-people")
    for name in ("measures.csv", "swaps.csv", "cases.csv", "p.csv"):
        plain, shown = (tmp_path / kind / name for kind in ("machine", "people"))
        assert shown.read_bytes().startswith(b"\xef\xbb\xbf")
        assert not plain.read_bytes().startswith(b"\xef\xbb\xbf")
        cells = pd.read_csv(shown, dtype=str, keep_default_na=False)
        assert list(cells.columns) == list(pd.read_csv(plain).columns)
        assert len(cells) == len(pd.read_csv(plain))
        assert not cells.map(lambda cell: str(cell).startswith(("=", "@"))).any(axis=None)
    assert "'=1+1" in (tmp_path / "people" / "p.csv").read_text(encoding="utf-8-sig")
    assert "'=1+1" in (tmp_path / "people" / "swaps.csv").read_text(encoding="utf-8-sig")
    for wrong in ((*compared,), (*predicted, "--out", tmp_path / "p.parquet")):
        with pytest.raises(UsageError, match="--csv-people"):
            run(*wrong, "--csv-people")


@pytest.fixture
def place(empty_store: Path, tmp_path: Path) -> tuple[str, ...]:
    """Options that name an office's store and where MLflow keeps versions."""
    (tmp_path / "models").mkdir()
    shutil.copy(empty_store / "mlflow.db", tmp_path / "models" / "mlflow.db")
    Store(tmp_path / "credit.db").close()
    return ("--store", str(tmp_path / "credit.db"), "--models", str(tmp_path / "models"))


def test_from_registration_to_as_of(folder: Path, place: tuple[str, ...], tmp_path: Path) -> None:
    data, wang = folder / "data.csv", ("--by", "wang", *place)
    assert "food version 1  pass" in run("register", folder / "one", "food", "--on", "2024-04-01", *wang)
    propose = ("propose", "food", 1, "--on", "2024-05-01", *wang)
    with pytest.raises(UsageError, match="hash of the data is missing"):
        run(*propose)
    made_up(seed=5).to_csv(tmp_path / "other.csv", index=False)
    with pytest.raises(UsageError, match="another one"):
        run(*propose, "--data", tmp_path / "other.csv")
    assert "food.1.champion.1: food version 1 is proposed as champion\n" in run(*propose, "--data", data)
    approve = ("approve", "food.1.champion.1", "--on", "2024-05-01", *place)
    with pytest.raises(NotAllowed, match="second person"):
        run(*approve, "--by", "wang")
    assert "food version 1 is champion from 2024-05-01" in run(*approve, "--by", "li")
    listed = run("list", *place).splitlines()[-1]
    assert listed.split()[:4] == ["food", "1", "champion", "pass"]
    answer = run("as-of", "food", "--on", "2024-05-01", *place)
    assert "food version 1 was champion on 2024-05-01" in answer
    assert {"proposed by: wang", "approved by: li", "promotion: promotion/food.1.champion.1"} <= {*answer.splitlines()}
    assert "had no champion on 2024-04-30" in run("as-of", "food", "--on", "2024-04-30", *place)
    run("predict", "food@champion", data, "--out", tmp_path / "p.csv", *place)
    run("predict", "food/1", data, "--out", tmp_path / "q.csv", *place)
    run("predict", folder / "one", data, "--out", tmp_path / "r.csv")
    assert (tmp_path / "p.csv").read_bytes() == (tmp_path / "q.csv").read_bytes() == (tmp_path / "r.csv").read_bytes()
    run("register", folder / "two", "food", *wang)
    with pytest.raises(UsageError, match="validation is missing"):
        run("propose", "food", 2, "--data", data, *wang)
    undone = run("undo", "food.1.champion.1", "--reason", "wrong", "--by", "li", *place)
    assert "food: no version is champion from" in undone
    with pytest.raises(UsageError, match="food has no champion"):
        run("predict", "food", data, "--out", tmp_path / "p.csv", *place)
    assert "MLflow is what the log says" in run("catch-up", *wang)


def test_mlflow_follows_later_and_what_went_past_the_log_is_seen(
    folder: Path, place: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    models, data = ModelStore.at(tmp_path / "models"), folder / "data.csv"
    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "create_model_version", lambda *given, **more: 1 / 0)
        done = run("register", folder / "one", "food", "--by", "wang", *place)
    assert "MLflow has not followed yet, food/1: MLflow did not take it: division by zero" in " ".join(done.split())
    with pytest.raises(DifferenceError, match="food/1: not in MLflow"):
        run("list", *place)
    run("catch-up", "--by", "wang", *place)
    run("list", *place)
    with models.mlflow() as client:
        client.set_registered_model_alias("food", "champion", "1")
    with pytest.raises(DifferenceError, match="food@champion: MLflow 1, log None"):
        run("list", *place)
    noted = " ".join(run("as-of", "food", "--on", "2024-05-01", *place).split())
    assert "today MLflow is not what the log says: food@champion" in noted
    with pytest.raises(InputError, match="was never promoted"):
        run("predict", "food@champion", data, "--out", tmp_path / "p.csv", *place)
    for file in (tmp_path / "models" / "artifacts").rglob("model.json"):  # two: the first time it broke off later
        content = json.loads(file.read_text(encoding="utf-8"))
        content["scale"]["cuts"][0] *= 0.9
        write_bundle(content, file.parent)
    with pytest.raises(InputError, match="not what was registered"):
        run("predict", "food/1", data, "--out", tmp_path / "p.csv", *place)
    with pytest.raises(UsageError, match="stands in the log of a store"):
        run("predict", "food/1", data, "--out", tmp_path / "p.csv")


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        (["train", "none.csv", "--target", "bad", "--out", "x"], InputError, "nothing to read"),
        (["train", "{0}/data.csv", "--out", "x"], UsageError, "target is missing"),
        (
            ["train", "{0}/data.csv", "--target", "bad", "--group", "a", "--time", "b", "--out", "x"],
            UsageError,
            "at once",
        ),
        (["validate", "none", "{0}/data.csv"], InputError, "no model here"),
        (["validate", "{0}/one", "{0}/data.csv", "--part", "half"], UsageError, "part 'half'"),
        (
            ["register", "{0}/one", "food", "--by", "w", "--report", "none.json", "--store", "x"],
            UsageError,
            "no such report",
        ),
        (["list", "--store", "none"], StoreError, "there is no store"),
        (["card"], UsageError, "give a model"),
    ],
)
def test_errors_say_what_and_where(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, args: list[str], error: type[Exception], message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(error, match=message):
        run(*(argument.format(folder) for argument in args))


def test_predict_names_the_column_and_row_of_an_infinity(folder: Path, tmp_path: Path) -> None:
    rows = made_up().head(20).assign(ratio="0.5")
    rows.loc[11, "ratio"] = "inf"
    rows.to_csv(tmp_path / "new.csv", index=False)
    with pytest.raises(InputError, match="column 'ratio' holds infinity in 1 of 20 rows") as refused:
        run("predict", folder / "one", tmp_path / "new.csv", "--out", tmp_path / "p.csv")
    assert "row 12 " in str(refused.value.where)
    assert not (tmp_path / "p.csv").exists()


def test_a_sample_of_half_events_is_promoted_for_its_population(place: tuple[str, ...], tmp_path: Path) -> None:
    """Trained, validated and promoted for one event in twenty; taken as it is, the same sample fails."""
    from tests.modelling.registry.test_population import RATE, population

    whole = population(80_000, 9)
    events = whole[whole["bad"] == 1]
    sample = pd.concat([events, whole[whole["bad"] == 0].head(len(events))])
    sample.assign(subject_id=[f"firm {k}" for k in range(len(sample))]).to_csv(tmp_path / "data.csv", index=False)
    data, model = tmp_path / "data.csv", tmp_path / "model"
    text = f"target: bad\ncentral_tendency: {RATE}\nscale: {{grades: [A, B, C], rules: {{min_share: 0.1}}}}\n"
    (tmp_path / "m.yaml").write_text(text, encoding="utf-8")
    command_run = run("train", data, "--config", tmp_path / "m.yaml", "--out", model)
    assert "platt, to a population with 5.00% events" in command_run
    assert "drawn by subject_id" in command_run
    assert "of organisations" in command_run
    command_run = run("validate", model, data, "--population-rate", 0)
    assert command_run.startswith("fail")
    command_run = " ".join(run("validate", model, data).split())
    assert command_run.startswith("pass")
    assert "weighted so that the event rate is 5.00% as in the population; in the rows it is 49.98%" in command_run
    for page, words in (("validation.html", "各行经加权"), ("validation.en.html", "Rows are weighted")):
        assert words in (model / page).read_text(encoding="utf-8")
    run("register", model, "twenty", "--by", "wang", *place)
    run("propose", "twenty", 1, "--by", "wang", "--data", data, *place)
    assert "twenty version 1 is champion" in run("approve", "twenty.1.champion.1", "--by", "li", *place)


def test_a_reference_configuration_is_taken_and_its_preparation_left_out(folder: Path, tmp_path: Path) -> None:
    text = (folder / "m.yaml").read_text(encoding="utf-8")
    (tmp_path / "m.yaml").write_text(text + "data: {file: x.parquet, prepare: fhrs_as_known}\n", encoding="utf-8")
    command_run = run("train", folder / "data.csv", "--config", tmp_path / "m.yaml", "--out", tmp_path / "model")
    assert "note: the table was taken as it is" in command_run
