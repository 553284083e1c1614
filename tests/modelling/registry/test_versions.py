"""Versions in MLflow: code plus JSON, with the figures and tables of their validation."""

import pickletools
import shutil
from pathlib import Path
from typing import Any

import pytest

from creditscore.modelling.registry import versions
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.versions import aliases_of, describe_model, log_model, read_stored


@pytest.fixture(scope="module")
def untouched(judged: Any, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A version that MLflow keeps and no test of this file changes."""
    place = tmp_path_factory.mktemp("untouched")
    shutil.copy(empty_store / "mlflow.db", place / "mlflow.db")
    report, model = judged
    models = ModelStore.at(place)
    with models.mlflow() as client:
        assert log_model(client, models, model, "food", report.to_dict(), describe_model(model)) == "1"
    return models


def test_nothing_is_pickled(untouched: ModelStore) -> None:
    files = [file for file in (untouched.folder / "artifacts").rglob("*") if file.is_file()]
    assert {"model.json", "served.py", "MLmodel", "validation.json"} <= {file.name for file in files}
    for file in files:
        assert file.suffix not in (".pkl", ".pickle", ".joblib", ".skops")
        with pytest.raises(ValueError, match=r"(?s).*"):
            list(pickletools.genops(file.read_bytes()))


def test_figures_and_tables_are_logged(untouched: ModelStore, judged: Any) -> None:
    with untouched.mlflow() as client:
        (run,) = client.search_runs([client.get_experiment_by_name("creditscore").experiment_id])
    assert run.data.metrics["discrimination.auc"] == pytest.approx(judged[0].numbers["discrimination"]["auc"])
    assert run.data.tags["content_hash"] == judged[1].content_hash


def test_a_version_is_read_back(untouched: ModelStore, judged: Any) -> None:
    with untouched.mlflow() as client:
        model, stated = read_stored(client, "food", "1")
        assert aliases_of(client, "food") == aliases_of(client, "drink") == {}
    assert model.to_dict() == judged[1].to_dict()
    assert stated == judged[1].content_hash


def test_names_of_the_registry() -> None:
    assert GradingModel.__name__ in versions.KINDS
