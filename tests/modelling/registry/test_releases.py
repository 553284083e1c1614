"""Versions and promotions on the log of a store: two people, the log before the effect, and any day's champion."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import CreditscoreError, InputError, NotAllowed, StoreError, UsageError
from creditscore.grading.grade import grade
from creditscore.modelling.registry import releases as registry
from creditscore.modelling.registry.grading_model import GradingModel, write_bundle
from creditscore.modelling.registry.statutory import statutory_model
from creditscore.modelling.registry.tables import table_hash
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.workflow import make_registry
from creditscore.modelling.validation.validate import report_sha256
from creditscore.store.context import Refused
from creditscore.store.effects import list_open_effects
from creditscore.store.fold import Stream
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.store.helpers import add_person

SUBJECTS = pd.DataFrame(
    [
        ("91500000MAAAAAA188", "enterprise", "2010-03-01", True, True),
        ("91500000MAAAAAA263", "enterprise", "2012-06-01", True, True),
    ],
    columns=["subject_id", "kind", "registered_on", "has_income", "books_compliant"],
)
LATE = {"record_id": "r1", "item": "010101", "event_on": "2022-04-20", "occurred_on": "2022-04-20", "tax_type": "vat"}


@pytest.fixture
def acts(store_url: str, tmp_path: Path) -> Iterator[Store]:
    with Store(store_url, make_registry(), archive=tmp_path / "archive") as opened:
        yield opened


@pytest.fixture
def models(store: ModelStore) -> ModelStore:
    return store


@pytest.fixture
def registered(judged: Any, acts: Store, models: ModelStore) -> Stream:
    return registry.register(acts, models, judged[1], "food", by="wang", on="2024-01-02", report=judged[0].to_dict())


@pytest.fixture
def right(table: pd.DataFrame) -> str:
    return table_hash(table)


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


def promote(acts: Store, models: ModelStore, version: int = 1, alias: str = "champion", **more: Any) -> Stream:
    """Propose by one person and approve by another, on one day."""
    given = {"name": "food", "by": "wang", "on": "2024-02-01"} | more
    approver = given.pop("approver", "li")
    proposed = registry.propose(acts, models, given.pop("name"), version, alias, **given)
    return registry.approve(acts, models, proposed.name, by=approver, on=given["on"])


def test_mlflow_serves_the_champion(
    registered: Stream, acts: Store, models: ModelStore, judged: Any, table: pd.DataFrame, right: str
) -> None:
    (task,) = promote_and_list_tasks(acts, models, right)
    assert (task["what"], task["team"], task["note"]) == ("approve", "approver", "food 1")
    model = serve(models, "models:/food@champion")
    assert table["late"].dtype.kind == "i"  # whole numbers are accepted as they are
    inputs, floats = table.drop(columns="bad"), table.drop(columns="bad").astype({"late": float})
    for data in (inputs, floats):
        pd.testing.assert_frame_equal(model.predict(data), judged[1].predict(inputs), check_dtype=False)
    assert "reason_1" not in model.predict(inputs, params={"reasons": 0}).columns
    from mlflow.exceptions import MlflowException

    with pytest.raises(MlflowException, match="late"):
        model.predict(inputs.drop(columns="late"))
    files = {file.name for file in (models.folder / "artifacts").rglob("*") if file.is_file()}
    assert {"model.json", "served.py", "MLmodel", "validation.json"} <= files
    assert registry.load(acts, models, "food").to_dict() == judged[1].to_dict()
    assert list_open_effects(acts) == []
    assert registry.list_differences(acts, models) == []
    assert verify(acts).faults == []


def serve(models: ModelStore, uri: str) -> Any:
    """What MLflow itself loads."""
    import mlflow

    with models.mlflow():
        return mlflow.pyfunc.load_model(uri)


def promote_and_list_tasks(acts: Store, models: ModelStore, right: str) -> list[dict[str, Any]]:
    proposed = registry.propose(acts, models, "food", 1, by="wang", on="2024-02-01", data_hash=right)
    tasks = acts.rows("task", stream=proposed.name)
    registry.approve(acts, models, proposed.name, by="li", on="2024-02-01")
    return tasks


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"approver": "wang"}, "second person"),
        ({"approver": " Ｗang "}, "second person"),
        ({"by": "chen", "approver": "wang"}, "second person"),
        ({"approver": ""}, "nobody is said to act"),
        ({"approver": "wa\u200bng"}, "second person"),
        ({"by": " "}, "nobody is said to act"),
        ({"data_hash": "0" * 64}, "another one"),
        ({"data_hash": None}, "is missing"),
        ({"alias": "king"}, "no alias"),
        ({"version": 9}, "no version 9"),
        ({"name": "drink"}, "no version 1"),
        ({"on": "2024-01-01"}, "before it was registered"),
        ({"on": "2999-01-01"}, "has not come"),
    ],
)
def test_a_promotion_without_a_ground_is_refused(
    registered: Stream, acts: Store, models: ModelStore, right: str, change: dict[str, Any], message: str
) -> None:
    with pytest.raises(CreditscoreError, match=message) as refused:
        promote(acts, models, **{"data_hash": right, **change})
    assert refused.value.allowed
    assert refused.value.next
    assert registry.find_holder(acts, "food", "2100-01-01") is None
    assert registry.list_versions(acts, models)[0].aliases == ()


@pytest.mark.parametrize(
    ("verdict", "reason", "allowed"),
    [("fail", "please", False), ("warn", " ", False), ("warn", "few events", True), (None, "x", False)],
)
def test_the_verdict_decides(
    judged: Any, acts: Store, models: ModelStore, right: str, verdict: str | None, reason: str, allowed: bool
) -> None:
    report, model = (None, replace(judged[1], validation=None)) if verdict is None else forged(judged, verdict)
    registry.register(acts, models, model, "food", by="wang", on="2024-01-02", report=report)
    if allowed:
        assert promote(acts, models, data_hash=right, reason=reason).fields["reason"] == reason
        return
    with pytest.raises(Refused, match="validation"):
        promote(acts, models, data_hash=right, reason=reason)


def test_roles_are_held_to(registered: Stream, acts: Store, models: ModelStore, right: str) -> None:
    add_person(acts, "chen", ("approver",), by="setup")
    add_person(acts, "zhou", ("analyst",), by="chen")
    with pytest.raises(NotAllowed, match="'chen' is no analyst"):
        promote(acts, models, by="chen", data_hash=right)
    with pytest.raises(NotAllowed, match="'zhou' is no approver"):
        promote(acts, models, by="zhou", approver="zhou", data_hash=right)
    registry.approve(acts, models, "promotion/food.1.champion.1", by="chen", on="2024-02-01")


def test_any_day_has_its_champion(registered: Stream, acts: Store, models: ModelStore, judged: Any, right: str) -> None:
    registry.register(acts, models, judged[1], "food", by="wang", on="2024-02-01", report=judged[0].to_dict())
    promote(acts, models, on="2024-03-01", data_hash=right)
    promote(acts, models, 2, "challenger", on="2024-03-05", data_hash=right)
    promote(acts, models, 2, on="2024-07-01", data_hash=right)
    back = promote(acts, models, 1, on="2024-09-01", data_hash=right, reason="back")

    def champion(day: str) -> int | None:
        holder = registry.find_holder(acts, "food", day)
        return None if holder is None else holder["number"]

    days = ["2024-02-29", "2024-03-01", "2024-06-30", "2024-07-01", "2024-08-31", "2024-09-01", "2030-01-01"]
    assert [champion(day) for day in days] == [None, 1, 1, 2, 2, 1, 1]
    challenger = registry.find_holder(acts, "food", "2024-12-31", alias="challenger")
    assert challenger is not None
    assert challenger["number"] == 2
    assert back.fields["previous"]["number"] == 2
    held = {version.version: version.aliases for version in registry.list_versions(acts, models)}
    assert held == {"1": ("champion",), "2": ("challenger",)}
    assert registry.list_differences(acts, models) == []
    for given, message in (
        ({"version": 2, "on": "2024-08-01"}, "before the last promotion"),
        ({"version": 2, "on": "2999-01-01"}, "has not come"),
        ({"version": 2, "alias": "challenger", "on": "2024-01-31"}, "before it was registered"),
    ):
        with pytest.raises(UsageError, match=message):
            promote(acts, models, data_hash=right, **given)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="no model is called"):
        registry.find_holder(acts, "drink", "2024-01-01")
    assert verify(acts).faults == []


def test_a_promotion_is_undone(registered: Stream, acts: Store, models: ModelStore, judged: Any, right: str) -> None:
    registry.register(acts, models, judged[1], "food", by="wang", on="2024-02-01", report=judged[0].to_dict())
    first = promote(acts, models, on="2024-03-01", data_hash=right)
    second = promote(acts, models, 2, on="2024-03-05", data_hash=right)
    with pytest.raises(Refused, match="another promotion followed"):
        registry.undo(acts, models, first.name, by="li", on="2024-03-06", reason="wrong")
    registry.undo(acts, models, second.name, by="li", on="2024-03-06", reason="wrong")
    assert [version.aliases for version in registry.list_versions(acts, models)] == [("champion",), ()]
    registry.undo(acts, models, first.name, by="li", on="2024-03-07", reason="wrong too")
    assert registry.list_differences(acts, models) == []
    assert [version.aliases for version in registry.list_versions(acts, models)] == [(), ()]
    days = ["2024-03-04", "2024-03-05", "2024-03-06", "2024-03-07"]
    holders = [registry.find_holder(acts, "food", day) for day in days]
    assert [holder and holder["number"] for holder in holders] == [1, 2, 1, None]
    with pytest.raises(Refused, match="undone"):
        registry.undo(acts, models, first.name, by="li", on="2024-03-08", reason="again")
    with pytest.raises(UsageError, match="no champion"):
        registry.load(acts, models, "food")


def test_a_proposal_is_declined_or_waits(registered: Stream, acts: Store, models: ModelStore, right: str) -> None:
    proposed = registry.propose(acts, models, "food", 1, by="wang", on="2024-02-01", data_hash=right)
    with pytest.raises(Refused, match="proposes the same and is open"):
        registry.propose(acts, models, "food", 1, by="wang", on="2024-02-01", data_hash=right)
    acts.act("promotion", "decline", proposed.name, by="li", on="2024-02-02", reason="not now")
    with pytest.raises(Refused, match="cannot follow"):
        registry.approve(acts, models, proposed.name, by="li", on="2024-02-02")
    assert promote(acts, models, on="2024-02-03", data_hash=right).name == "promotion/food.1.champion.2"


def test_the_act_stands_and_the_alias_follows(
    registered: Stream, acts: Store, models: ModelStore, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from mlflow import MlflowClient

    def breaks(self: Any, *given: Any) -> None:
        raise RuntimeError("the registry is gone")

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", breaks)
        promoted = promote(acts, models, data_hash=right)
        assert promoted.state == "promoted"
        (effect,) = list_open_effects(acts)
        assert (effect["what"], effect["to"], effect["tries"]) == ("mlflow.alias", "food@champion", 1)
        assert "the registry is gone" in effect["failed"]
    differences = registry.list_differences(acts, models)
    assert differences[0].startswith("mlflow.alias food@champion was asked for and is not done")
    assert differences[1:] == ["food@champion: MLflow None, log 1"]
    with pytest.raises(InputError, match="is version None in MLflow, and version 1 in the log"):
        registry.load(acts, models, "food")
    assert registry.catch_up(acts, models, by="li") == []
    assert registry.list_differences(acts, models) == []
    assert verify(acts).faults == []


def test_a_version_is_kept_once(acts: Store, models: ModelStore, judged: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """MLflow kept it, and the log was not told any more: the same effect again finds it."""
    from creditscore.store import effects

    with monkeypatch.context() as patch:
        patch.setattr(effects, "_log_outcome", lambda *given: (_ for _ in ()).throw(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            registry.register(acts, models, judged[1], "food", by="wang", on="2024-01-02", report=judged[0].to_dict())
    assert len(list_open_effects(acts)) == 1
    assert registry.catch_up(acts, models, by="wang") == []
    with models.mlflow() as client:
        assert [version.version for version in client.search_model_versions("name='food'")] == [1]
    assert registry.list_differences(acts, models) == []


def test_an_older_effect_does_not_move_the_alias_back(
    registered: Stream, acts: Store, models: ModelStore, judged: Any, right: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry.register(acts, models, judged[1], "food", by="wang", on="2024-02-01", report=judged[0].to_dict())
    with monkeypatch.context() as patch:
        patch.setattr(registry, "catch_up", lambda *given, **more: [])
        promote(acts, models, 1, on="2024-03-01", data_hash=right)
        promote(acts, models, 2, on="2024-03-02", data_hash=right)
    assert registry.catch_up(acts, models, by="li") == []
    assert registry.list_differences(acts, models) == []


def test_what_was_done_past_the_log_is_seen(registered: Stream, acts: Store, models: ModelStore, judged: Any) -> None:
    with models.mlflow() as client:
        client.set_registered_model_alias("food", "champion", "1")
        assert registry.list_differences(acts, models) == ["food@champion: MLflow 1, log None"]
        with pytest.raises(InputError, match="was never promoted"):
            registry.load(acts, models, "food")
        client.delete_registered_model_alias("food", "champion")
        result = client.get_model_version("food", "1")
        client.create_model_version("food", result.source, result.run_id)
        assert registry.list_differences(acts, models) == ["food/2: not in the log"]
        registry.register(acts, models, judged[1], "food", by="wang", on="2024-02-01", report=judged[0].to_dict())
        assert "the log expects 2" in list_open_effects(acts)[0]["failed"]
        client.delete_model_version("food", "1")
    assert "food/1: not in MLflow" in registry.list_differences(acts, models, "food")
    assert registry.list_differences(acts, models, "drink") == []


def test_a_tampered_artifact_is_refused(registered: Stream, acts: Store, models: ModelStore, right: str) -> None:
    (file,) = list((models.folder / "artifacts").rglob("model.json"))
    proposed = registry.propose(acts, models, "food", 1, by="wang", on="2024-02-01", data_hash=right)
    data = json.loads(file.read_text(encoding="utf-8"))
    data["scale"]["cuts"][0] *= 0.9
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        registry.approve(acts, models, proposed.name, by="li", on="2024-02-01")
    with pytest.raises(InputError, match="was changed"):
        serve(models, "models:/food/1")
    del data["content_hash"]
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="does not name its content hash"):
        registry.load(acts, models, "food", 1)
    write_bundle(data, file.parent)
    with pytest.raises(InputError, match="not the one that was registered"):
        serve(models, "models:/food/1")
    with pytest.raises(Refused, match="not what was registered"):
        registry.approve(acts, models, proposed.name, by="li", on="2024-02-01")
    with pytest.raises(Refused, match="not what was registered"):
        registry.propose(acts, models, "food", 1, "challenger", by="wang", on="2024-02-01", data_hash=right)
    with pytest.raises(InputError, match="not what was registered"):
        registry.load(acts, models, "food", 1)


@pytest.mark.slow
def test_a_verdict_is_made_again_from_the_table(
    judged: Any, acts: Store, models: ModelStore, table: pd.DataFrame
) -> None:
    report, model = forged(judged, "warn")
    registry.register(acts, models, model, "food", by="wang", on="2024-01-02", report=report)
    with pytest.raises(NotAllowed, match="made again, says pass"):
        promote(acts, models, table=table, reason="x")
    registry.register(acts, models, judged[1], "food", by="wang", on="2024-01-02", report=judged[0].to_dict())
    mixed = table.sample(frac=1.0, random_state=1)[sorted(table.columns)]
    fields = promote(acts, models, 2, table=mixed).fields
    assert fields["report_made_again"] == fields["report_sha256"] == judged[0].sha256
    lacking = replace(judged[1], validation={**judged[1].validation, "settings": None})
    registry.register(acts, models, lacking, "food", by="wang", on="2024-01-02", report=judged[0].to_dict())
    with pytest.raises(NotAllowed, match="does not say how"):
        promote(acts, models, 3, table=table)
    with pytest.raises(Refused, match="another one"):
        promote(acts, models, 2, "challenger", table=table[:-1])


def test_a_version_is_read_from_the_archive(registered: Stream, acts: Store, judged: Any) -> None:
    (version,) = registry.list_registered(acts)
    assert registry.read_archived(acts, version).to_dict() == judged[1].to_dict()
    file = Path(acts.archive.path(version.fields["file"]))
    file.chmod(0o644)
    file.write_bytes(file.read_bytes() + b" ")
    with pytest.raises(StoreError, match="not what its name says"):
        registry.read_archived(acts, version)


def test_the_report_must_be_the_models_own(acts: Store, models: ModelStore, judged: Any) -> None:
    report, model = judged

    def register(about: GradingModel, name: str = "food", on: str = "2024-01-02", data: Any = None) -> None:
        registry.register(acts, models, about, name, by="wang", on=on, report=data)

    with pytest.raises(InputError, match="not the one that the model names"):
        register(model, data={**report.to_dict(), "verdict": "warn"})
    for name in ("a/b", "", "x" * 65):
        with pytest.raises(UsageError, match="no name"):
            register(model, name)
    with pytest.raises(UsageError, match="has not come"):
        register(model, on="2999-01-01", data=report.to_dict())
    with pytest.raises(InputError, match="its report is not here"):
        register(model)
    lying = replace(model, validation={**model.validation, "verdict": "warn"})
    with pytest.raises(InputError, match="not the one that the model names"):
        register(lying, data=report.to_dict())
    data, lying = forged(judged, "fail")
    data = {**data, "verdict": "pass"}  # hashes made anew, but the criteria say otherwise
    note = {**lying.validation, "verdict": "pass", "report_sha256": report_sha256(data)}  # type: ignore[dict-item]
    with pytest.raises(InputError, match="its criteria say fail"):
        register(replace(lying, validation=note), data=data)
    with pytest.raises(InputError, match="the model names none"):
        register(replace(model, validation=None), data=report.to_dict())
    assert acts.rows("model") == []


@pytest.mark.slow
def test_a_statutory_scheme_is_a_version_too(acts: Store, models: ModelStore, bare: GradingModel) -> None:
    scheme = statutory_model("tax@2014")
    version = registry.register(acts, models, scheme, "tax", by="wang", on="2024-01-02").fields
    assert (version["kind"], version["scheme"], version.get("verdict")) == ("scheme", "tax@2014", None)
    promote(acts, models, name="tax", data_hash=scheme.content_hash)
    assert registry.load(acts, models, "tax") == scheme
    inputs = SUBJECTS.assign(records=[json.dumps([LATE]), ""])
    graded = serve(models, "models:/tax@champion").predict(inputs, params={"period": "2022"})
    records = pd.DataFrame([{**LATE, "subject_id": SUBJECTS["subject_id"][0]}])
    expected = grade(records, "tax@2014", 2022, subjects=SUBJECTS).grades.to_pandas()
    assert graded["grade"].tolist() == expected["grade"].tolist() == ["B", "A"]
    assert graded["score"].tolist() == ["85", "90"]
    assert set(graded["version"]) == {"2014"}
    assert set(graded["scheme_sha256"]) == {scheme.content_hash}
    with pytest.raises(Refused, match="another kind"):
        registry.register(acts, models, bare, "tax", by="wang", on="2024-01-02")
    given = {"name": "tax", "number": 5, "kind": "scheme", "content_hash": "x", "file": "x"}
    with pytest.raises(Refused, match="no version before 5"):
        acts.act("model", "register", by="wang", on="2024-01-02", **given)


def test_nothing_happens_without_mlflow(acts: Store, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="register a model first"):
        registry.list_versions(acts, ModelStore.at(tmp_path / "none"))
