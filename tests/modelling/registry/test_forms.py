"""One table in every form trains the same model, is judged alike, and is predicted alike."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.registry.config import TrainConfig
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.train import train
from creditscore.modelling.registry.validating import validate_model

CONFIG = {"target": "bad", "exclude": ["seen_on"], "background": 50}


@pytest.fixture(scope="module")
def frame() -> pd.DataFrame:
    rng = np.random.default_rng(3)
    rows = 600
    late, code = rng.poisson(1.5, rows), rng.choice(["010203", "NA", "110105", "020304"], rows)
    chance = 1 / (1 + np.exp(2.0 - 0.7 * late - 1.2 * (code == "NA")))
    days = pd.Timestamp("2021-01-01") + pd.to_timedelta(rng.integers(0, 300, rows), unit="D")
    table = pd.DataFrame(
        {
            "subject_id": [f"{k:05d}" for k in range(rows)],
            "late": late,
            "ratio": rng.normal(size=rows).round(3),
            "code": code,
            "sector": rng.choice(["51", "52", "53"], rows),
            "place": rng.choice(["长春", "吉林", "四平"], rows),
            "fined": rng.random(rows) < 0.3,
            "seen_on": days,
            "bad": (rng.random(rows) < chance).astype(int),
        }
    )
    table.loc[::17, "ratio"] = np.nan
    return table


@pytest.fixture(scope="module")
def forms(frame: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Callable[[], Any]]:
    folder = tmp_path_factory.mktemp("forms")
    for encoding in ("utf-8", "utf-16", "gb18030"):
        frame.to_csv(folder / f"{encoding}.csv", index=False, encoding=encoding)
    frame.to_parquet(folder / "t.parquet", index=False)
    polars = pl.read_parquet(folder / "t.parquet")
    return {
        **{file.name: lambda file=file: file for file in sorted(folder.iterdir())},
        "pandas": lambda: frame,
        "polars": lambda: polars,
        "lazy": polars.lazy,
        "arrow": polars.to_arrow,
        "reader": lambda: polars.to_arrow().to_reader(),
        "relation": lambda: duckdb.read_parquet(str(folder / "t.parquet")),
        "rows": polars.to_dicts,
    }


@pytest.fixture(scope="module")
def model(frame: pd.DataFrame) -> GradingModel:
    return train(frame, TrainConfig.of(CONFIG))


@pytest.mark.slow
def test_every_form_trains_the_same_model_and_is_predicted_alike(
    model: GradingModel, frame: pd.DataFrame, forms: dict[str, Callable[[], Any]]
) -> None:
    saved, predicted = json.dumps(model.to_dict()), model.predict(frame)
    for name, form in forms.items():
        assert json.dumps(train(form(), TrainConfig.of(CONFIG)).to_dict()) == saved, name
        assert model.predict(form()).equals(predicted), name


@pytest.mark.slow
def test_every_form_is_judged_alike(model: GradingModel, forms: dict[str, Callable[[], Any]]) -> None:
    reports = {name: validate_model(model, form(), bootstraps=10)[0].sha256 for name, form in forms.items()}
    assert len(set(reports.values())) == 1, reports


def test_codes_stay_text_and_the_configuration_has_the_last_word(
    model: GradingModel, frame: pd.DataFrame, forms: dict[str, Callable[[], Any]]
) -> None:
    kinds = {
        "late": "number",
        "ratio": "number",
        "code": "text",
        "sector": "number",
        "place": "text",
        "fined": "number",
    }
    assert model.kinds == kinds
    stated = TrainConfig.of({**CONFIG, "columns": {"late": None, "sector": {"kind": "text", "en": "Sector"}}})
    models = {name: train(form(), stated) for name, form in forms.items()}
    assert len({other.content_hash for other in models.values()}) == 1
    assert models["pandas"].kinds == {"late": "number", "sector": "text"}
    predictions = models["t.parquet"].predict(frame)
    assert all(models["t.parquet"].predict(form()).equals(predictions) for form in forms.values())


def test_a_cell_that_is_no_number_is_named(model: GradingModel, frame: pd.DataFrame, tmp_path: Path) -> None:
    file = tmp_path / "new.csv"
    frame.assign(late=frame["late"].astype(str).where(frame.index != 4, "n/a")).to_csv(file, index=False)
    with pytest.raises(InputError, match="column 'late' is numbers, and 'n/a' is none") as refused:
        model.predict(file)
    assert "row 5" in str(refused.value.where)


def test_a_kind_that_is_none_is_refused() -> None:
    with pytest.raises(UsageError, match="kind 'day'"):
        TrainConfig.of({**CONFIG, "columns": {"late": {"kind": "day"}}}).kinds()


def test_an_arrow_table_is_read_as_what_it_is(model: GradingModel, frame: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(frame, preserve_index=False)
    coded = table.set_column(table.column_names.index("code"), "code", table["code"].dictionary_encode())
    assert model.predict(coded).equals(model.predict(frame))
