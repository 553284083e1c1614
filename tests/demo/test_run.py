"""The demo from end to end, on a small district."""

import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from creditscore.cli.demo import demo_command
from creditscore.demo.district import district
from creditscore.demo.run import grade_district, run_demo
from creditscore.errors import UsageError
from creditscore.explanation.ledger import explain


def test_everything_is_written_and_shown(tmp_path: Path) -> None:
    out = io.StringIO()
    demo = run_demo(tmp_path / "out", 200, 3, Console(file=out, width=100))
    shown = out.getvalue()
    assert all(file.exists() for file in demo.files)
    assert "Made-up data" in shown
    assert "ratings equal" in shown
    assert "82.58 %" in shown
    assert demo.subject in shown
    assert [one.year for one in demo.years] == [2018, 2019, 2020]
    assert "wage_arrears_jilin" in shown
    assert "left out  environment/jilin" in shown
    for one in demo.years:
        written = json.loads((tmp_path / "out" / "plan" / str(one.year) / "manifest.json").read_text(encoding="utf-8"))
        assert written["made_up"] is True
        assert written["schemes"]["tax"]["period"] == str(one.year)
        assert len(written["schemes"]) > 20
    assert "\x1b" not in shown
    manifest = json.loads((tmp_path / "out" / "tax_2022" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["made_up"] is True
    for page in (tmp_path / "out").glob("*.html"):
        text = page.read_text(encoding="utf-8")
        assert "虚构数据" in text or "Made-up data" in text
    assert explain(tmp_path / "out" / "tax_2022", demo.subject).made_up
    assert "Food Standards Agency" in (tmp_path / "out" / "uk" / "ATTRIBUTION.txt").read_text(encoding="utf-8")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditscore.demo.plan_years.YEARS", (2018,))
    demo_command(tmp_path, 60, 1)
    assert "overview.html" in capsys.readouterr().out


def test_a_number_that_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="3 is not"):
        run_demo(tmp_path, 3)


def test_every_organisation_of_the_district_can_be_explained(tmp_path: Path) -> None:
    grading = grade_district(district(120).write(tmp_path))
    subjects = grading.grades["subject_id"].to_pylist()
    assert len(subjects) == 120
    for subject in subjects:
        one = explain(grading, subject)
        assert (one.score is None) == (one.state == "not_graded")
        assert one.name.startswith("〔虚构〕")


def test_a_terminal_shows_progress(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditscore.demo.plan_years.YEARS", (2018,))
    out = io.StringIO()
    run_demo(tmp_path, 60, 3, Console(file=out, width=80, force_terminal=True))
    assert "\x1b" in out.getvalue()
