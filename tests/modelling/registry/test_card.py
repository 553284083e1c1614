"""Cards: read back as the model they were written from; reference cards made again from their data."""

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import DifferenceError, InputError, UsageError
from creditscore.modelling.registry.card import card_of, differences, load_card, write_card
from creditscore.modelling.registry.grading_model import GradingModel
from creditscore.modelling.registry.references import fhrs_as_known, regenerate_all, table_for
from tests.paths import ROOT

MODELS = ROOT / "models"
SHARED = ROOT.parent / "shared" / "data"
REFERENCES = sorted(file.parent.relative_to(MODELS).as_posix() for file in MODELS.glob("*/*/config.yaml"))


def test_a_card_is_the_model(judged: Any, table: pd.DataFrame, tmp_path: Path) -> None:
    report, model = judged
    files = write_card(model, tmp_path, report)
    assert [file.name for file in files] == ["card.json", "card.md", "card.html"]
    again = load_card(tmp_path)
    pd.testing.assert_frame_equal(again.predict(table), model.predict(table), check_exact=True)
    text, page = files[1].read_text(encoding="utf-8"), files[2].read_text(encoding="utf-8")
    for row in model.estimator.card_.rows:  # what is shown is what is scored
        assert f"| {model.label(row.variable)} | {row.bin} |" in text
        assert f"| {int(row.points)} |" in text
    for word in ("仅供参考", "Advisory", model.content_hash, "Verdict: pass"):
        assert word in text
        assert word in page
    assert "<script" not in page
    assert "http" not in page


@pytest.mark.parametrize("kind", ["boosted", "ordinal"])
def test_other_estimators_have_cards(
    request: pytest.FixtureRequest, kind: str, table: pd.DataFrame, tmp_path: Path
) -> None:
    model: GradingModel = request.getfixturevalue(kind)
    write_card(model, tmp_path)
    pd.testing.assert_frame_equal(load_card(tmp_path).predict(table), model.predict(table), check_exact=True)


def test_a_changed_card_is_refused(bare: GradingModel, tmp_path: Path) -> None:
    write_card(bare, tmp_path)
    file = tmp_path / "card.json"
    file.write_text(file.read_text(encoding="utf-8").replace('"points": ', '"points": 1', 1), encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        load_card(tmp_path)
    with pytest.raises(InputError, match="no card"):
        load_card(tmp_path / "none")


@pytest.mark.parametrize("name", REFERENCES)
def test_a_reference_model_is_loaded_by_its_name(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert load_card(name).content_hash == load_card(MODELS / name).content_hash
    with pytest.raises(InputError, match="benchmark/german-credit"):
        load_card("no/such-model")


def test_a_page_shows_names_as_text(bare: GradingModel, tmp_path: Path) -> None:
    odd = replace(bare, name="<b>x</b>", about={**bare.about, "purpose": "a | b <script>alert(1)</script>"})
    _, text, page = write_card(odd, tmp_path)
    assert "<script" not in page.read_text(encoding="utf-8")
    assert "a \\| b" in text.read_text(encoding="utf-8")


def test_a_text_of_a_card_that_is_a_number_is_refused_before_anything_is_written(
    bare: GradingModel, tmp_path: Path
) -> None:
    odd = replace(bare, scheme=1.5)
    with pytest.raises(InputError):
        write_card(odd, tmp_path / "card")
    assert not (tmp_path / "card").exists()


def test_differences_are_strict_where_they_must_be(judged: Any) -> None:
    report, model = judged
    card = json.loads(json.dumps(card_of(model, report)))

    def changed(change: Any) -> list[str]:
        other = json.loads(json.dumps(card))
        change(other)
        return differences(card, other)

    rows = card["model"]["estimator"]["card"]["rows"]
    edge = next(k for k, row in enumerate(rows) if row["low"] is not None)

    def at(data: Any) -> Any:
        return data["model"]["estimator"]["card"]["rows"][edge]

    assert changed(lambda d: None) == []
    assert changed(lambda d: at(d).update(woe=at(d)["woe"] + 1e-11)) == []
    assert changed(lambda d: d["model"]["calibrator"].update(shift=1e-8)) != []
    assert changed(lambda d: at(d).update(low=at(d)["low"] + 1e-11)) != []
    assert changed(lambda d: at(d).update(points=at(d)["points"] + 1)) != []
    assert changed(lambda d: d["model"]["estimator"]["card"]["rows"].pop()) != []
    assert changed(lambda d: d["model"]["about"]["data"].update(sha256="0")) != []
    assert changed(lambda d: d["model"]["about"].pop("split")) != []


@pytest.mark.parametrize("place", REFERENCES)
def test_reference_cards_load_and_are_attributed(place: str) -> None:
    model = load_card(MODELS / place)
    text = (MODELS / place / "README.md").read_text(encoding="utf-8")
    assert model.about["source"] in text.replace("\\|", "|")
    assert model.about["licence"] in text
    assert model.content_hash in text


@pytest.mark.slow
@pytest.mark.parametrize("place", REFERENCES)
def test_reference_cards_are_made_again(place: str, tmp_path: Path) -> None:
    """Integer points and edges equal, floats to 1e-9, from the data as they are."""
    folder = tmp_path / place
    shutil.copytree(MODELS / place, folder)
    if table_for(folder / "config.yaml", SHARED) is None:
        pytest.skip(f"the data of {place} are not beside the checkout")
    assert regenerate_all(tmp_path, SHARED, check=True) == [(place, "as the card says")]
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    assert card["model"]["about"]["licence"].startswith(("CC BY", "Open Government"))


def test_a_card_that_is_not_made_again_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "benchmark" / "german-credit"
    shutil.copytree(MODELS / "benchmark" / "german-credit", folder)
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    card["model"]["estimator"]["card"]["rows"][3]["points"] += 1
    (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    with pytest.raises(DifferenceError, match=r"rows\[3\]\.points"):
        regenerate_all(tmp_path, tmp_path, check=True)
    (folder / "data.parquet").unlink()
    assert regenerate_all(tmp_path, tmp_path, check=True) == [
        ("benchmark/german-credit", "data not here, card left as it is")
    ]
    with pytest.raises(UsageError, match="no reference models"):
        regenerate_all(tmp_path / "none")


def test_nothing_of_the_establishment_itself_is_used() -> None:
    """Changing an establishment's own scores and rating changes its outcome and none of its inputs."""
    day, later = "2013-06-01", "2014-06-01"
    past = [(k, "1", "pizza" if k % 2 else "", 5, 5, 5, "5" if k % 3 else "2", day) for k in range(60)]
    now = [
        (100, "1", "pizza", 5, 5, 5, "5", later),
        (101, "1", "", 5, 5, 5, "5", later),
        (102, "2", "", 5, 5, 5, "5", later),
    ]
    names = ["est_id", "authority_code", "chain", "hygiene", "structural", "confidence", "rating_value", "rating_date"]
    table = pd.DataFrame([*past, *now], columns=names)
    first = fhrs_as_known(table)
    assert first["not_compliant"].tolist() == [0, 0, 0]
    assert first["authority_rated_before"].tolist() == [60, 60, 0]
    assert first["chain_rated_before"].tolist() == [30, 0, 0]
    assert first["authority_share_of_fives"].isna().tolist() == [False, False, True]
    worse = table.copy()
    worse.loc[worse["est_id"] >= 100, ["hygiene", "structural", "confidence", "rating_value"]] = [20, 20, 20, "0"]
    second = fhrs_as_known(worse)
    assert second["not_compliant"].tolist() == [1, 1, 1]
    pd.testing.assert_frame_equal(first.drop(columns="not_compliant"), second.drop(columns="not_compliant"))


def test_a_reference_configuration_trains_as_any_other(tmp_path: Path) -> None:
    from creditscore.modelling.registry.config import TrainConfig, load_config

    folder = MODELS / "benchmark" / "german-credit"
    config = TrainConfig.of(load_config(folder / "config.yaml"))
    assert config.data == {"file": "data.parquet"}
    file = tmp_path / "config.yaml"
    for data in ("{prepare: none}", "{file: data.parquet, prepare: magic}"):
        file.write_text(f"target: bad\ndata: {data}\n", encoding="utf-8")
        with pytest.raises(UsageError, match="says where its table lies"):
            table_for(file, folder)


def test_a_card_of_an_earlier_version_predicts_as_it_did() -> None:
    """`older/` holds a card written before cards carried evidence, and what that version predicted with it."""
    folder = Path(__file__).parent / "older"
    expected = json.loads((folder / "predicted.json").read_text(encoding="utf-8"))
    model = load_card(folder)
    assert model.content_hash == expected["content_hash"]
    table = model.predict(pd.DataFrame(expected["inputs"]).astype(float))
    data_frame = pd.DataFrame(expected["predicted"])
    for name in data_frame.columns:
        if data_frame[name].dtype.kind == "f":
            assert table[name].to_numpy() == pytest.approx(data_frame[name].to_numpy(), rel=1e-9, nan_ok=True), name
        else:
            assert table[name].astype(object).where(table[name].notna(), None).tolist() == [
                None if value is None or value != value else value for value in data_frame[name].tolist()
            ], name
