"""A calibrated composite: probabilities that hold, one bundle, registered and promoted like any model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditscore.core.errors import InputError, NotAllowed, TableError
from creditscore.modelling.registry.composite import CompositeModel, calibrate_composite
from creditscore.modelling.registry.pyfunc import load_bundle
from creditscore.modelling.registry.releases import approve, list_versions, load, propose, register
from creditscore.modelling.registry.tracking import ModelStore
from creditscore.store.store import Store
from tests.modelling.composite_data import scored

OUTCOME = "penalised in 2020"


@pytest.fixture(scope="module")
def trained() -> tuple[CompositeModel, dict]:
    model, report = calibrate_composite(*scored(), "composite", outcome=OUTCOME)
    return model, report.to_dict()


def rows_of() -> pd.DataFrame:
    table = scored()[0].contributions.to_pandas()
    return table.pivot(index="subject_id", columns="domain", values="value").reset_index()


def test_it_scores_as_the_composite_does_and_its_probabilities_hold(trained: tuple[CompositeModel, dict]) -> None:
    model, report = trained
    composite, outcomes = scored()
    rows = rows_of()
    data_table = model.predict(rows)
    table = composite.composite.to_pandas()
    assert data_table["score"].tolist() == table["score"].tolist()
    assert data_table["grade"].tolist() == table["grade"].tolist()
    assert data_table["advisory"].all()
    assert (data_table["probability_low"] <= data_table["probability"]).all()
    order = np.argsort(data_table["score"].to_numpy(), kind="stable")
    assert (np.diff(data_table["probability"].to_numpy()[order]) <= 0).all()
    assert abs(data_table["probability"].mean() - outcomes["event"].mean()) < 0.02
    assert report["verdict"] in ("pass", "warn")
    assert model.about["outcome"] == OUTCOME
    assert model.scheme == "composite/small@2018-06-27"


def test_saved_and_read_the_same_and_a_changed_file_is_seen(
    trained: tuple[CompositeModel, dict], tmp_path: Path
) -> None:
    model, _ = trained
    file = model.save(tmp_path)
    again = load_bundle(tmp_path)
    assert again.to_dict() == model.to_dict()
    rows = rows_of().head(50)
    pd.testing.assert_frame_equal(again.predict(rows), model.predict(rows))
    data = json.loads(file.read_text(encoding="utf-8"))
    data["rules"]["groups"][0]["domains"][0]["weight"] = 399
    file.write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(InputError, match="was changed after it was saved"):
        load_bundle(tmp_path)


def test_the_same_bundle_for_any_order(trained: tuple[CompositeModel, dict]) -> None:
    composite, outcomes = scored()
    again, _ = calibrate_composite(composite, outcomes.sample(frac=1, random_state=2), "composite", outcome=OUTCOME)
    assert again.content_hash == trained[0].content_hash


def test_inputs_that_are_wrong_are_said(trained: tuple[CompositeModel, dict]) -> None:
    model, rows = trained[0], rows_of().head(3)
    with pytest.raises(InputError, match="'tax' is missing"):
        model.predict(rows.drop(columns="tax"))
    with pytest.raises(TableError, match="a value of tax is none"):
        model.predict(rows.assign(tax=1200))
    with pytest.raises(TableError, match="there is no hard rule 'x'"):
        model.predict(rows.assign(hard_rules="x"))
    assert model.predict(rows.assign(tax=np.nan))["score"].notna().all()


@pytest.mark.slow
def test_registered_promoted_and_found_again(
    trained: tuple[CompositeModel, dict], office: Store, store: ModelStore
) -> None:
    model, report = trained
    version = register(office, store, model, "composite", by="li", on="2024-01-02", report=report).fields
    assert (version["kind"], version["scheme"]) == ("composite", "composite/small@2018-06-27")
    given = {"data_hash": version["data_hash"], "reason": "accepted"}
    case = propose(office, store, "composite", 1, by="li", on="2024-01-02", **given).name
    with pytest.raises(NotAllowed):
        approve(office, store, case, by="li", on="2024-01-02")
    approve(office, store, case, by="wang", on="2024-01-02")
    again = load(office, store, "composite")
    assert again.content_hash == model.content_hash
    assert [version.aliases for version in list_versions(office, store)] == [("champion",)]
    from mlflow import pyfunc

    with store.mlflow() as client:
        place = client.get_model_version_download_uri("composite", "1")
        served = pyfunc.load_model(place)
        rows = rows_of().head(5)
        assert served.predict(rows[list(model.columns)])["score"].tolist() == model.predict(rows)["score"].tolist()
