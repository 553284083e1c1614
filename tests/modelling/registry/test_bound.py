"""A model part is what a registered, validated model says of its inputs; anything else is refused."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import DifferenceError, UsageError
from creditscore.modelling.registry.bound import bound_version
from creditscore.modelling.registry.part import model_part
from creditscore.modelling.registry.releases import register
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.modelling.registry.workflow import make_registry
from creditscore.store.store import Store


@pytest.fixture(scope="module")
def log(judged: Any, boosted: Any, empty_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    place = tmp_path_factory.mktemp("registry")
    shutil.copy(empty_store / "mlflow.db", place / "mlflow.db")
    models = ModelStore.at(place)
    report, model = judged
    with Store(place / "credit.db", make_registry(), archive=place / "archive") as opened:
        register(opened, models, model, "cards", by="wang.fang", on="2024-01-02", report=report.to_dict())
        register(opened, models, boosted, "boosted", by="wang.fang", on="2024-01-02")
        yield opened


def part_of(model: Any, table: pd.DataFrame, row: int = 5) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(json.dumps(model_part(model, table, "S1", row=row, k=2, draws=5).to_dict()))
    return part


@pytest.mark.slow
def test_a_part_is_bound_to_its_version(log: Store, judged: Any, table: pd.DataFrame) -> None:
    gap = int(table["ratio"].isna().to_numpy().argmax())
    for row in (5, gap):
        assert bound_version(part_of(judged[1], table, row), log).name == "cards"


@pytest.mark.slow
def test_what_was_forged_is_refused(log: Store, judged: Any, boosted: Any, table: pd.DataFrame) -> None:
    part = part_of(judged[1], table)
    forged = json.loads(json.dumps(part))
    forged["shares"][0]["points"] += 100
    forged["points"] += 100  # it still adds up
    with pytest.raises(DifferenceError, match="is not what cards 1 says"):
        bound_version(forged, log)
    with pytest.raises(DifferenceError):
        bound_version(part | {"inputs": {**part["inputs"], "late": part["inputs"]["late"] + 3}}, log)
    with pytest.raises(DifferenceError):
        bound_version(part | {"grade": "Z"}, log)
    with pytest.raises(UsageError, match="does not say what the model read"):
        bound_version(part | {"inputs": {}}, log)
    with pytest.raises(UsageError, match="no registered model has the hash"):
        bound_version(part | {"model": {**part["model"], "content_hash": "sha256:0"}}, log)
    with pytest.raises(UsageError, match="never validated"):
        bound_version(part_of(boosted, table), log)
