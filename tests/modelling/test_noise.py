"""The simulation of noise in its short form; `python -m tests.modelling.noise_simulation --full` is the long one."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.modelling import noise_simulation as noise

pytestmark = pytest.mark.slow

TABLES = {500: 10, 2000: 10, 6000: 8}


@pytest.fixture(scope="module")
def mixed() -> dict[int, dict[str, float]]:
    return {
        n: noise.summarise(noise.measure_once("mixed", n, seed, {}) for seed in range(tables))
        for n, tables in TABLES.items()
    }


def test_noise_leaves_and_real_columns_stay(mixed: dict[int, dict[str, float]]) -> None:
    tables = sum(TABLES.values())
    stays = sum(mixed[n]["noise_stays"] * TABLES[n] for n in TABLES) / tables
    linked = sum(mixed[n]["linked_stays"] * TABLES[n] for n in TABLES) / tables
    assert stays <= 0.05
    assert linked <= 0.08
    assert mixed[2000]["stays_r02"] >= 0.7
    assert mixed[6000]["stays_r02"] >= 0.95
    assert mixed[6000]["stays_u02"] == 1.0


def test_reasons_are_not_noise(mixed: dict[int, dict[str, float]]) -> None:
    for results in mixed.values():
        assert results["noise_reasons"] <= 0.03
    assert mixed[6000]["reasons_per_row"] > 1.2
    assert 0.02 < mixed[6000]["rows_without"] < 0.25


def test_leaving_costs_neither_rank_nor_time(mixed: dict[int, dict[str, float]]) -> None:
    assert mixed[6000]["rarer_per_column"] >= 50
    assert mixed[6000]["auc_change"] >= -0.002
    for results in mixed.values():
        assert results["cpu_ratio"] <= 2.5


@pytest.mark.parametrize("setting", noise.SETTINGS)
def test_pure_noise_leaves_under_every_setting(setting: str) -> None:
    few = noise.summarise(noise.measure_once("few", 2000, seed, noise.SETTINGS[setting]) for seed in range(6))
    assert few["noise_stays"] <= 0.05
    assert few["noise_reasons"] <= 0.03
    assert few["auc_change"] >= 0.0  # eight columns of noise cost what they add
    assert few["stays_r05"] == 1.0
    nothing = noise.summarise(noise.measure_once("nothing", 2000, seed, noise.SETTINGS[setting]) for seed in range(10))
    assert nothing["empty"] >= 0.8


def test_the_command_writes_what_it_prints(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "noise.json"
    given = ["--designs", "few", "--settings", "woe", "--sizes", "500=2", "--out", str(out)]
    monkeypatch.setattr(sys, "argv", ["noise_simulation", *given])
    noise.main()
    lines = json.loads(out.read_text(encoding="utf-8"))
    assert lines == [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0]["tables"] == 2
    assert lines[0]["n"] == 500
