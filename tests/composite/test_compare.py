"""Composites compared: correlations as scipy has them, flows that add up, sensitivities as brute force finds them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import creditscore as cs
from creditscore.cli.main import main
from creditscore.composite.compare import compare_composites
from creditscore.composite.document import scores_document
from creditscore.composite.ranks import joint, kendall, spearman
from creditscore.composite.result import read_composite
from creditscore.pages.composite import compare_document, write_compare
from creditscore.present.html import render_page
from tests.composite.composite_helpers import COURT, ENV, LABOUR, TAX, grades, small
from tests.present.test_html import EVIL, LANGS, Page, stays_data

FIRMS = 400


def rows(seed: int = 5) -> Any:
    rng = np.random.default_rng(seed)
    return grades(
        (f"F{k:03}", name, "2019-12-31" if name == COURT else "2019", str(rng.choice(codes)))
        for k in range(FIRMS)
        for name, codes in (
            (TAX, list("ABMCD")),
            (ENV, ["green", "blue", "yellow"]),
            (LABOUR, list("ABC")),
            (COURT, ["clear", "listed"]),
        )
        if rng.random() < 0.85
    )


@pytest.fixture(scope="module")
def composites() -> list[Any]:
    table = rows()
    others = [
        small(label={"zh": EVIL, "en": EVIL}),
        small(rule="weakest_link", composite="weakest"),
        small(hard_rules=[], composite="soft"),
    ]
    return [cs.combine(table, composite_config, acts="unchecked") for composite_config in others]


@pytest.fixture(scope="module")
def data(composites: list[Any]) -> dict[str, Any]:
    return compare_composites(composites, draws=20)


@pytest.mark.parametrize("seed", range(4))
def test_correlations_are_those_of_scipy(seed: int) -> None:
    from scipy.stats import kendalltau, spearmanr

    rng = np.random.default_rng(seed)
    first = rng.integers(0, 1001, 300) // 50 * 50
    second = np.clip(first + rng.integers(-200, 200, 300) // 20 * 20, 0, 1000)
    table = joint(first, second, np.ones(300, dtype=np.int64))
    assert spearman(table) == pytest.approx(spearmanr(first, second).statistic, abs=1e-6)
    assert kendall(table) == pytest.approx(kendalltau(first, second).statistic, abs=1e-6)
    assert spearman(joint(first, first, np.full(300, 7))) == 1.0
    assert spearman(joint(first * 0, second, np.ones(300, dtype=np.int64))) is None
    assert kendall(joint(first * 0, second, np.ones(300, dtype=np.int64))) is None


def test_a_million_pairs_do_not_overflow() -> None:
    scores = np.arange(1001)
    table = joint(scores, scores[::-1], np.full(1001, 10_000))
    assert (spearman(table), kendall(table)) == (-1.0, -1.0)


def test_flows_and_counts_add_up(composites: list[Any], data: dict[str, Any]) -> None:
    assert [(row["first"], row["second"]) for row in data["pairs"]] == [
        ("small@2018-06-27", "weakest@2018-06-27"),
        ("small@2018-06-27", "soft@2018-06-27"),
        ("weakest@2018-06-27", "soft@2018-06-27"),
    ]
    for row in data["pairs"]:
        assert sum(flow["count"] for flow in row["flows"]) == FIRMS
        assert row["better"] + row["worse"] + row["same"] == row["both"]
    soft = data["pairs"][1]
    assert soft["worse"] == 0  # without hard rules nobody falls
    scores = [value.composite.to_pandas().set_index("subject_id")["score"] for value in (composites[0], composites[2])]
    moved = (scores[1] - scores[0]).dropna()
    assert soft["better"] == (moved > 0).sum()
    assert abs(soft["moved"][0]["second"] - soft["moved"][0]["first"]) == moved.abs().max()
    assert data["composites"][0]["fragile"] == composites[0].composite.to_pandas()["fragile"].sum()


def test_sensitivity_is_what_other_weights_give(data: dict[str, Any]) -> None:
    table = rows()
    before = cs.combine(table, small(), acts="unchecked").composite.to_pandas()
    graded = before["state"] == "graded"
    # tax 400 → 440 against 600 elsewhere is 423 of 1000 (0.4231) against 577: scored again with weights that add up
    (tax, *_) = data["sensitivity"][0]["domains"]
    shares = before["fragile"][graded].astype(bool).mean()
    assert 0 < tax["up"] <= shares
    assert data["sensitivity"][1] == {"name": "weakest@2018-06-27", "weights": False, "domains": [], "draws": None}
    drawn = data["sensitivity"][0]["draws"]
    assert 0 <= drawn["mean"] <= drawn["largest"] <= 1
    assert 0.5 < drawn["spearman_least"] <= 1


def test_only_the_same_inputs_are_compared(composites: list[Any]) -> None:
    with pytest.raises(cs.UsageError, match="give two or more"):
        compare_composites(composites[:1])
    other = cs.combine(rows().iloc[:40], small(), acts="unchecked", as_of="2020-06-30")
    with pytest.raises(cs.UsageError, match="different inputs: as_of"):
        compare_composites([composites[0], other])
    other = cs.combine(rows(6), small(), acts="unchecked")
    with pytest.raises(cs.UsageError, match="different tables of grades"):
        compare_composites([composites[0], other])
    with pytest.raises(cs.UsageError, match="step 100"):
        compare_composites(composites, step=100)


def test_the_page_shows_the_tables_and_nothing_else(data: dict[str, Any], tmp_path: Path) -> None:
    for lang in LANGS:
        seen = stays_data(render_page(compare_document(data, lang)), data)
        assert {"zh": "本项目默认值", "en": "project default"}[lang] in seen.text
        assert {"zh": "未核对同一行为", "en": "acts were not looked at: one that several domains count"}[
            lang
        ] in seen.text
    files = write_compare(data, tmp_path)
    again = json.loads(files[2].read_text(encoding="utf-8"))
    assert render_page(compare_document(again, "zh"), other="compare.en.html", data_file="compare.json") == files[
        0
    ].read_text(encoding="utf-8")
    english = Page(render_page(compare_document(data, "en"))).text
    for words in ("Spearman", "Who moves", "Sensitivity to weights", "weakest link", "Fragile"):
        assert words in english


def test_the_command_writes_page_and_json(
    composites: list[Any], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folders = [str(value.write(tmp_path / str(k))) for k, value in enumerate(composites)]
    with pytest.raises(SystemExit) as stopped:
        main(["composite", "compare", *folders, "--out", str(tmp_path / "out"), "--draws", "5"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert "weakest" in shown
    written = json.loads((tmp_path / "out" / "compare.json").read_text(encoding="utf-8"))
    direct = compare_composites([read_composite(folder) for folder in folders], draws=5)
    assert written == json.loads(json.dumps(direct))


@pytest.mark.parametrize("lang", LANGS)
def test_a_notebook_shows_a_composite(composites: list[Any], lang: Any) -> None:
    first = composites[0]
    shown = render_page(scores_document(first, lang))
    assert "&lt;script&gt;alert(1)" in shown
    assert f"{first.manifest['counts']['states']['graded']}" in shown
    assert "<html" not in first._repr_html_()
    assert first.plot(lang)._repr_html_().startswith("<svg")
    assert repr(first).startswith("<Composite small@2018-06-27 2019-12-31: ")
    assert first.to_pandas().shape == (first.composite.num_rows, first.composite.num_columns)
    assert first.to_polars().columns == first.composite.column_names
