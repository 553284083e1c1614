"""A model part is what a registered, validated model says of its inputs; anything else is refused."""

import json
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import DifferenceError, UsageError
from creditscore.modelling.registry.bound import bound_version
from creditscore.modelling.registry.part import model_part
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.versions import register


@pytest.fixture(scope="module")
def models(judged: Any, boosted: Any, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    place = tmp_path_factory.mktemp("registry")
    shutil.copy(empty_store / "mlflow.db", place / "mlflow.db")
    store = ModelStore.at(place)
    report, model = judged
    register(model, "cards", actor="wang.fang", store=store, report=report.to_dict())
    register(boosted, "boosted", actor="wang.fang", store=store)
    return store


def part_of(model: Any, table: pd.DataFrame, row: int = 5) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(json.dumps(model_part(model, table, "S1", row=row, k=2, draws=5).to_dict()))
    return part


@pytest.mark.slow
def test_a_part_is_bound_to_its_version(models: ModelStore, judged: Any, table: pd.DataFrame) -> None:
    gap = int(table["ratio"].isna().to_numpy().argmax())
    for row in (5, gap):
        assert bound_version(part_of(judged[1], table, row), models).name == "cards"


@pytest.mark.slow
def test_what_was_forged_is_refused(models: ModelStore, judged: Any, boosted: Any, table: pd.DataFrame) -> None:
    part = part_of(judged[1], table)
    forged = json.loads(json.dumps(part))
    forged["shares"][0]["points"] += 100
    forged["points"] += 100  # it still adds up
    with pytest.raises(DifferenceError, match="is not what cards 1 says"):
        bound_version(forged, models)
    with pytest.raises(DifferenceError):
        bound_version(part | {"inputs": {**part["inputs"], "late": part["inputs"]["late"] + 3}}, models)
    with pytest.raises(DifferenceError):
        bound_version(part | {"grade": "Z"}, models)
    with pytest.raises(UsageError, match="does not say what the model read"):
        bound_version(part | {"inputs": {}}, models)
    with pytest.raises(UsageError, match="no registered model has the hash"):
        bound_version(part | {"model": {**part["model"], "content_hash": "sha256:0"}}, models)
    with pytest.raises(UsageError, match="never validated"):
        bound_version(part_of(boosted, table), models)
