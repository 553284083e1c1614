"""Versions: code plus JSON, two people, the log before the effect, and any day's champion."""

import json
import pickletools
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import InputError, NotAllowed, StoreError, UsageError
from creditscore.modelling.registry import versions
from creditscore.modelling.registry.grading_model import GradingModel, write_bundle
from creditscore.modelling.registry.history import as_of, differences
from creditscore.modelling.registry.statutory import StatutoryModel, statutory_model
from creditscore.modelling.registry.tables import table_hash
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.versions import list_versions, load, promote, register
from creditscore.modelling.validation.validate import report_sha256

PEOPLE: dict[str, Any] = {"actor": "wang", "approver": "li"}


@pytest.fixture
def registered(judged: Any, store: ModelStore) -> ModelStore:
    report, model = judged
    register(model, "food", actor="wang", store=store, report=report.to_dict(), at="2024-01-02T01:00:00Z")
    return store


@pytest.fixture(scope="module")
def untouched(judged: Any, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A registered version that no test of this file changes."""
    place = tmp_path_factory.mktemp("untouched")
    shutil.copy(empty_store / "mlflow.db", place / "mlflow.db")
    report, model = judged
    store = ModelStore.at(place)
    register(model, "food", actor="wang", store=store, report=report.to_dict(), at="2024-01-02T01:00:00Z")
    return store


@pytest.fixture
def right(table: pd.DataFrame) -> str:
    return table_hash(table)


def served(store: ModelStore, uri: str) -> Any:
    import mlflow

    with store.mlflow():
        return mlflow.pyfunc.load_model(uri)


def test_mlflow_serves_the_champion(registered: ModelStore, judged: Any, table: pd.DataFrame, right: str) -> None:
    promote("food", 1, store=registered, data_hash=right, **PEOPLE)
    model = served(registered, "models:/food@champion")
    assert table["late"].dtype.kind == "i"  # whole numbers are accepted as they are
    inputs = table.drop(columns="bad")
    pd.testing.assert_frame_equal(model.predict(inputs), judged[1].predict(inputs), check_dtype=False)
    pd.testing.assert_frame_equal(
        model.predict(inputs.astype({"late": float})), judged[1].predict(inputs), check_dtype=False
    )
    assert "reason_1" not in model.predict(inputs, params={"reasons": 0}).columns
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="late"):
        model.predict(inputs.drop(columns="late"))


def test_nothing_is_pickled(untouched: ModelStore) -> None:
    files = [file for file in (untouched.folder / "artifacts").rglob("*") if file.is_file()]
    assert {"model.json", "served.py", "MLmodel", "validation.json"} <= {file.name for file in files}
    for file in files:
        assert file.suffix not in (".pkl", ".pickle", ".joblib", ".skops")
        with pytest.raises(ValueError, match=r"(?s).*"):
            list(pickletools.genops(file.read_bytes()))


def forged(judged: Any, verdict: str) -> tuple[dict[str, Any], GradingModel]:
    """A report whose criteria give the verdict, with every hash made anew, and a model that names it."""
    statement = judged[0].to_dict()
    value = {"fail": 9.0, "warn": 1.0, "pass": 0.0}[verdict]
    rows = [
        {**row, "value": value} if row["criterion"] == "grades_understated" else row for row in statement["criteria"]
    ]
    report = {**statement, "criteria": rows, "verdict": verdict}
    note = {**judged[1].validation, "verdict": verdict, "report_sha256": report_sha256(report)}
    return report, replace(judged[1], validation=note)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"approver": "wang"}, "second person"),
        ({"approver": " Ｗang "}, "second person"),  # width and blanks do not make another person
        ({"actor": "chen", "approver": "wang"}, "second person"),  # wang registered it
        ({"approver": ""}, "second person"),
        ({"approver": "wa\u200bng\ufe0f"}, "second person"),  # nor do signs that nobody sees
        ({"actor": " "}, "second person"),
        ({"data_hash": "0" * 64}, "another one"),
        ({"data_hash": None}, "is missing"),
    ],
)
def test_a_promotion_without_a_ground_is_refused(
    untouched: ModelStore, right: str, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(NotAllowed, match=message):
        promote("food", 1, store=untouched, **{**PEOPLE, "data_hash": right, **change})
    assert as_of("food", "2100-01-01", store=untouched) is None
    assert list_versions(untouched)[0].aliases == ()
    with untouched.log(read_only=True) as log:
        assert log.entries(action="model.promote") == []


@pytest.mark.parametrize(
    ("verdict", "reason", "allowed"),
    [("fail", "please", False), ("warn", " ", False), ("warn", "few events", True), (None, "x", False)],
)
def test_the_verdict_decides(
    judged: Any, store: ModelStore, right: str, verdict: str | None, reason: str, allowed: bool
) -> None:
    report, model = (None, replace(judged[1], validation=None)) if verdict is None else forged(judged, verdict)
    register(model, "food", actor="wang", store=store, report=report)
    if allowed:
        promote("food", 1, store=store, data_hash=right, reason=reason, **PEOPLE)
        assert as_of("food", "2100-01-01", store=store).data["reason"] == reason  # type: ignore[union-attr]
        return
    with pytest.raises(NotAllowed, match="validation"):
        promote("food", 1, store=store, data_hash=right, reason=reason, **PEOPLE)


def test_roles_are_held_to(registered: ModelStore, right: str, tmp_path: Path) -> None:
    file = tmp_path / "roles.yaml"
    file.write_text("roles: {analyst: [wang], grader: [], reviewer: [], approver: [chen]}\n", encoding="utf-8")
    strict = replace(registered, roles=file)
    with pytest.raises(NotAllowed, match="'li' is no approver"):
        promote("food", 1, store=strict, data_hash=right, **PEOPLE)
    with pytest.raises(NotAllowed, match="'sun' is no analyst"):
        promote("food", 1, store=strict, data_hash=right, actor="sun", approver="chen")
    promote("food", 1, store=strict, data_hash=right, actor="wang", approver="chen")


def test_any_day_has_its_champion(registered: ModelStore, judged: Any, right: str) -> None:
    report, model = judged
    register(model, "food", actor="wang", store=registered, report=report.to_dict(), at="2024-02-01T00:00:00Z")
    data: dict[str, Any] = {"store": registered, "data_hash": right, **PEOPLE}
    promote("food", 1, at="2024-03-01T15:00:00Z", **data)
    promote("food", 2, "challenger", at="2024-03-05T00:00:00Z", **data)
    promote("food", 2, at="2024-06-30T16:30:00Z", **data)  # the first of July in China
    promote("food", 1, at="2024-09-01T00:00:00Z", reason="back", **data)

    def champion(day: str) -> str | None:
        entry = as_of("food", day, store=registered)
        return None if entry is None else entry.data["version"]

    days = ["2024-02-29", "2024-03-01", "2024-06-30", "2024-07-01", "2024-08-31", "2024-09-01", "2030-01-01"]
    assert [champion(day) for day in days] == [None, "1", "1", "2", "2", "1", "1"]
    assert champion("2024-06-30T16:29:59+00:00") == "1"
    assert as_of("food", "2024-12-31", alias="challenger", store=registered).data["version"] == "2"  # type: ignore[union-attr]
    assert as_of("food", "2024-09-01", store=registered).data["previous"] == "2"  # type: ignore[union-attr]
    assert {version.version: version.aliases for version in list_versions(registered)} == {
        "1": ("champion",),
        "2": ("challenger",),
    }
    assert differences(registered) == []
    with pytest.raises(UsageError, match="before the last promotion"):
        promote("food", 2, at="2024-08-01T00:00:00Z", **data)
    with pytest.raises(UsageError, match="in the future"):
        promote("food", 2, at="2999-01-01T00:00:00Z", **data)
    with pytest.raises(UsageError, match="before it was registered"):
        promote("food", 2, "challenger", at="2024-01-31T00:00:00Z", **data)
    for day in ("yesterday", "2024-06-30T16:00:00"):
        with pytest.raises(UsageError, match=r"day|time zone"):
            champion(day)
    with pytest.raises(UsageError, match="no model is called"):
        as_of("drink", "2024-01-01", store=registered)


def test_the_log_has_it_before_the_alias_moves(
    registered: ModelStore, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    def breaks(self: Any, *given: Any) -> None:
        raise RuntimeError("the registry is gone")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", breaks)
        with pytest.raises(RuntimeError, match="gone"):
            promote("food", 1, store=registered, data_hash=right, **PEOPLE)
    with registered.log(read_only=True) as log:
        assert [entry.phase for entry in log.entries(action="model.promote")] == ["begun", "failed"]
    assert as_of("food", "2100-01-01", store=registered) is None  # it never took effect
    promote("food", 1, store=registered, data_hash=right, **PEOPLE)
    assert as_of("food", "2100-01-01", store=registered) is not None
    with registered.log() as log:
        assert log.verify().ok


def test_without_the_log_nothing_happens(registered: ModelStore, right: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from creditscore.store import Log

    def full(self: Any, con: Any, **content: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patch:
        patch.setattr(Log, "_write", full)
        with pytest.raises(OSError, match="no space"):
            promote("food", 1, store=registered, data_hash=right, **PEOPLE)
    assert list_versions(registered)[0].aliases == ()


def test_an_alias_moved_past_the_log_is_seen(registered: ModelStore) -> None:
    with registered.mlflow() as client:
        client.set_registered_model_alias("food", "champion", "1")
    assert differences(registered) == ["food@champion: MLflow 1, log None"]
    with pytest.raises(InputError, match="was never promoted"):
        load("food", store=registered)


def test_versions_past_the_log_are_seen(registered: ModelStore) -> None:
    with registered.mlflow() as client:
        result = client.get_model_version("food", "1")
        client.create_model_version("food", result.source, result.run_id)
        assert differences(registered) == ["food/2: not in the log"]
        client.delete_model_version("food", "2")
        client.delete_model_version("food", "1")
    assert differences(registered, "food") == ["food/1: not in MLflow"]
    assert differences(registered, "drink") == []
    with registered.mlflow() as client:
        client.delete_registered_model("food")
    assert [version.aliases for version in list_versions(registered)] == [()]


def test_a_tampered_log_is_refused(registered: ModelStore, right: str) -> None:
    import duckdb

    promote("food", 1, store=registered, data_hash=right, **PEOPLE)
    with duckdb.connect(str(registered.folder / "acts.store")) as con:
        con.execute("UPDATE log_entries SET payload = replace(payload, '\"li\"', '\"sun\"')")
    with pytest.raises(StoreError, match="the log was changed"):
        as_of("food", "2100-01-01", store=registered)
    with pytest.raises(StoreError, match="the log was changed"):
        promote("food", 1, store=registered, data_hash=right, **PEOPLE)


@pytest.mark.slow
def test_a_verdict_is_made_again_from_the_table(judged: Any, store: ModelStore, table: pd.DataFrame) -> None:
    report, model = forged(judged, "warn")
    register(model, "food", actor="wang", store=store, report=report)
    with pytest.raises(NotAllowed, match="made again, says pass"):
        promote("food", 1, store=store, table=table, reason="x", **PEOPLE)
    register(judged[1], "food", actor="wang", store=store, report=judged[0].to_dict())
    mixed = table.sample(frac=1.0, random_state=1)[sorted(table.columns)]
    entry = promote("food", 2, store=store, table=mixed, **PEOPLE)
    assert entry.data["report_made_again"] == entry.data["report_sha256"] == judged[0].sha256
    note = {**judged[1].validation, "settings": None}
    register(replace(judged[1], validation=note), "food", actor="wang", store=store, report=judged[0].to_dict())
    with pytest.raises(NotAllowed, match="does not say how"):
        promote("food", 3, store=store, table=table, **PEOPLE)


def test_a_store_keeps_its_own_roles(registered: ModelStore, right: str, tmp_path: Path) -> None:
    text = "roles: {analyst: [wang], grader: [], reviewer: [], approver: [chen]}\n"
    own, other = registered.folder / "roles.yaml", tmp_path / "other.yaml"
    for file in (own, other):
        file.write_text(text, encoding="utf-8")
    strict = ModelStore.at(registered.folder)
    with pytest.raises(NotAllowed, match="'li' is no approver"):
        promote("food", 1, store=strict, data_hash=right, **PEOPLE)
    assert ModelStore.at(registered.folder, roles=own).roles == own
    with pytest.raises(UsageError, match="roles of its own"):
        ModelStore.at(registered.folder, roles=other)


def test_a_tampered_artifact_is_refused(registered: ModelStore, right: str, table: pd.DataFrame) -> None:
    (file,) = list((registered.folder / "artifacts").rglob("model.json"))
    data = json.loads(file.read_text(encoding="utf-8"))
    data["scale"]["cuts"][0] *= 0.9
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        promote("food", 1, store=registered, data_hash=right, **PEOPLE)
    with pytest.raises(InputError, match="was changed"):
        served(registered, "models:/food/1")
    del data["content_hash"]  # a cleverer hand leaves the hash out
    file.write_text(json.dumps(data), encoding="utf-8")
    for act in (
        lambda: promote("food", 1, store=registered, data_hash=right, **PEOPLE),
        lambda: served(registered, "models:/food/1"),
        lambda: load("food", 1, store=registered),
    ):
        with pytest.raises(InputError, match="does not name its content hash"):
            act()
    write_bundle(data, file.parent)  # or makes it again
    with pytest.raises(NotAllowed, match="not what was registered"):
        promote("food", 1, store=registered, data_hash=right, **PEOPLE)
    with pytest.raises(InputError, match="not the one that was registered"):
        served(registered, "models:/food/1")
    with pytest.raises(InputError, match="not what was registered"):
        load("food", 1, store=registered)
    result = CliRunner().invoke(
        app, ["model", "predict", "food/1", "none.csv", "--out", "x.csv", "--store", str(registered.folder)]
    )
    assert isinstance(result.exception, InputError)
    assert "not what was registered" in result.exception.what


def test_a_version_is_read_back(untouched: ModelStore, judged: Any) -> None:
    assert load("food", "1", store=untouched).to_dict() == judged[1].to_dict()
    with pytest.raises(UsageError, match="no champion"):
        load("food", store=untouched)
    with pytest.raises(UsageError, match="no version 9"):
        load("food", 9, store=untouched)
    with pytest.raises(UsageError, match="no version 9"):
        promote("food", 9, store=untouched, **PEOPLE)
    with pytest.raises(UsageError, match="no alias"):
        promote("food", 1, "king", store=untouched, **PEOPLE)


def test_the_report_must_be_the_models_own(judged: Any, store: ModelStore) -> None:
    report, model = judged
    other = {**report.to_dict(), "verdict": "warn"}
    with pytest.raises(InputError, match="not the one that the model names"):
        register(model, "food", actor="wang", store=store, report=other)
    for name in ("a/b", "", "x" * 65):
        with pytest.raises(UsageError, match="no name"):
            register(model, name, actor="wang", store=store)
    with pytest.raises(UsageError, match="in the future"):
        register(model, "food", actor="wang", store=store, at="2999-01-01T00:00:00Z")
    with pytest.raises(InputError, match="its report is not here"):
        register(model, "food", actor="wang", store=store)
    lied = replace(model, validation={**model.validation, "verdict": "warn"})
    with pytest.raises(InputError, match="not the one that the model names"):
        register(lied, "food", actor="wang", store=store, report=report.to_dict())
    data, lied = forged(judged, "fail")
    data = {**data, "verdict": "pass"}  # hashes made anew, but the criteria say otherwise
    note = {**lied.validation, "verdict": "pass", "report_sha256": report_sha256(data)}  # type: ignore[dict-item]
    with pytest.raises(InputError, match="its criteria say fail"):
        register(replace(lied, validation=note), "food", actor="wang", store=store, report=data)
    with pytest.raises(InputError, match="the model names none"):
        register(replace(model, validation=None), "food", actor="wang", store=store, report=report.to_dict())


def test_figures_and_tables_are_logged(untouched: ModelStore, judged: Any) -> None:
    with untouched.mlflow() as client:
        (run,) = client.search_runs([client.get_experiment_by_name("creditscore").experiment_id])
    assert run.data.metrics["discrimination.auc"] == pytest.approx(judged[0].numbers["discrimination"]["auc"])
    assert run.data.tags["content_hash"] == judged[1].content_hash


def test_the_place_is_stated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.delenv("CREDITSCORE_MODELS", raising=False)
    assert ModelStore.at().uri == f"sqlite:///{tmp_path}/creditscore-models/mlflow.db"
    assert ModelStore.at(tmp_path / "x").uri == f"sqlite:///{tmp_path}/x/mlflow.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://localhost:5000")
    assert ModelStore.at().uri == "http://localhost:5000"
    assert ModelStore.at(tmp_path).local  # a folder that is named comes first
    monkeypatch.setenv("CREDITSCORE_MODELS", str(tmp_path / "env"))
    assert ModelStore.at().folder == tmp_path / "env"
    with pytest.raises(UsageError, match="MLflow cannot use"):
        ModelStore.at(uri="mlruns")
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match="a folder"):
        ModelStore.at(tmp_path / "file")
    with pytest.raises(StoreError, match="register a model first"):
        list_versions(ModelStore.at(tmp_path / "none"))


def test_mlflows_own_settings_are_left_as_they_were(untouched: ModelStore) -> None:
    import mlflow

    assert not mlflow.is_tracking_uri_set() or mlflow.get_tracking_uri() != untouched.uri


SUBJECTS = pd.DataFrame(
    [
        ("91500000MAAAAAA188", "enterprise", "2010-03-01", True, True),
        ("91500000MAAAAAA263", "enterprise", "2012-06-01", True, True),
    ],
    columns=["subject_id", "kind", "registered_on", "has_income", "books_compliant"],
)
LATE = {"record_id": "r1", "item": "010101", "event_on": "2022-04-20", "occurred_on": "2022-04-20", "tax_type": "vat"}


@pytest.mark.slow
def test_a_statutory_scheme_is_a_version_too(store: ModelStore, bare: GradingModel) -> None:
    from creditscore.grading.grade import grade

    scheme = statutory_model("tax@2014")
    assert (scheme.scheme, scheme.version) == ("tax", "2014")
    version = register(scheme, "tax", actor="wang", store=store)
    assert (version.kind, version.scheme, version.verdict) == ("scheme", "tax@2014", None)
    promote("tax", 1, store=store, data_hash=scheme.content_hash, **PEOPLE)
    inputs = SUBJECTS.assign(records=[json.dumps([LATE]), ""])
    graded = served(store, "models:/tax@champion").predict(inputs, params={"period": "2022"})
    records = pd.DataFrame([{**LATE, "subject_id": SUBJECTS["subject_id"][0]}])
    expected = grade(records, "tax@2014", 2022, subjects=SUBJECTS).grades.to_pandas()
    assert graded["grade"].tolist() == expected["grade"].tolist() == ["B", "A"]
    assert graded["score"].tolist() == ["85", "90"]
    assert set(graded["version"]) == {"2014"}
    assert set(graded["scheme_sha256"]) == {scheme.content_hash}
    assert load("tax", store=store) == scheme
    with pytest.raises(UsageError, match="another kind"):
        register(bare, "tax", actor="wang", store=store)


def test_a_changed_scheme_is_refused(tmp_path: Path) -> None:
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


def test_names_of_the_registry() -> None:
    assert versions.ALIASES == ("champion", "challenger")
    assert GradingModel.__name__ in versions.KINDS


@pytest.mark.parametrize("address", ["file:///nowhere/mlruns", "foo://x"])
def test_an_address_that_mlflow_does_not_open_is_no_fault_of_ours(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_ALLOW_FILE_STORE", raising=False)
    store = ModelStore.at(tmp_path / "store", address)
    with pytest.raises(StoreError, match="MLflow does not open this address") as refused, store.mlflow():
        pass
    assert refused.value.where == address
    assert "sqlite" in str(refused.value)
