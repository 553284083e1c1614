"""The demo from end to end, on a small district."""

from __future__ import annotations

import io
import json
import os
import re
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest
from rich.console import Console

from creditscore.cli.demo import demo_command
from creditscore.core.errors import UsageError
from creditscore.demo.district import district
from creditscore.demo.run import Demo, grade_district, run_demo
from creditscore.evidence.packet.files import verify_packet
from creditscore.explanation.ledger import explain
from creditscore.inspection.workflow import verify_draw_in
from creditscore.office import Store
from tests.browser import WIDTHS, find_faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

PAPERS = ("case/letter", "case/packet/", "composite/")
FEW = SimpleNamespace(
    region="22",
    schemes=lambda _: ["tax", "labour/national", "wage_arrears", "market/abnormal", "safety/serious"],
)


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """One year of five schemes: what comes after the plan is the same."""
    monkeypatch.setattr("creditscore.demo.plan_years.YEARS", (2020,))
    monkeypatch.setattr("creditscore.demo.run.YEARS", (2020,))
    monkeypatch.setattr("creditscore.demo.plan_years.load_profile", lambda _: FEW)


@pytest.mark.slow
def test_everything_is_written_and_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("creditscore.demo.plan_years.YEARS", (2020,))
    out, place = io.StringIO(), tmp_path / "out"
    demo = run_demo(place, 200, 3, Console(file=out, width=100))
    shown = out.getvalue()
    assert all(file.exists() for file in demo.files)
    assert "Made-up data" in shown
    assert "ratings equal" in shown
    assert "82.58 %" in shown
    assert demo.subject in shown
    assert demo.objection.case_id in shown
    assert [year.year for year in demo.years] == [2020]
    assert "wage_arrears_jilin" in shown
    assert "left out  environment/jilin" in shown
    for year in demo.years:
        written = json.loads((place / "plan" / str(year.year) / "manifest.json").read_text(encoding="utf-8"))
        assert written["made_up"] is True
        assert written["schemes"]["tax"]["period"] == str(year.year)
        assert len(written["schemes"]) > 20
        assert {run["delivery"] for run in written["schemes"].values()} == {"declared"}
        assert not [name for name, run in written["schemes"].items() if run["input_marks"] or run["notes"]]
    assert "\x1b" not in shown
    manifest = json.loads((place / "tax_2022" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["made_up"] is True
    assert demo.uk.grading.manifest["input_marks"] == []
    assert explain(place / "tax_2022", demo.subject).made_up
    assert "Food Standards Agency" in (place / "uk" / "ATTRIBUTION.txt").read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_page_is_linked_and_the_same_seed_gives_the_same_bytes(
    few: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    demo = run_demo(tmp_path / "a", 100, 1, Console(file=io.StringIO()))
    _linked(tmp_path / "a", demo)
    monkeypatch.setenv("FORCE_COLOR", "1")  # a terminal shows how far the work is
    demo_command(tmp_path / "b", 100, 1)
    shown = capsys.readouterr().out
    assert "index.html" in shown
    assert "\x1b" in shown
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) > 70
    for file in files:
        value, other = ((tmp_path / name / file).read_bytes() for name in ("a", "b"))
        if file.suffix in (".store", ".db", ".lock"):  # its log says when each act was written down
            continue
        if file.name == "manifest.json":  # and a manifest how long the work took
            value, other = (re.sub(rb'"timings": \{[^}]*\}', b"", text) for text in (value, other))
        assert value == other, file


@pytest.mark.slow
@pytest.mark.parametrize("most", [1, pytest.param(1000, marks=pytest.mark.long)])
def test_every_page_is_whole_for_everybody(few: None, tmp_path: Path, browser: Browser, most: int) -> None:
    run_demo(tmp_path, 60, 1, Console(file=io.StringIO()))
    kinds: dict[str, list[Path]] = {}
    for page in sorted(tmp_path.rglob("*.html")):  # those of many domains and organisations are of one kind
        kind = re.sub(r"-[^.]*", "", page.relative_to(tmp_path).as_posix())
        kinds.setdefault(kind, []).append(page)
    pages = [page for own in kinds.values() for page in own[:most]]
    assert len(pages) > 15
    assert [fault for page in pages for width in WIDTHS for fault in find_faults(browser, page, width)] == []


def _linked(place: Path, demo: Demo) -> None:
    """Every page says that it is made up; the first leads to all of them, and all but papers lead back to it."""
    pages = {path.relative_to(place).as_posix() for path in place.rglob("*.html")}
    for page in pages:
        text = (place / page).read_text(encoding="utf-8")
        assert "虚构数据" in text or "Made-up data" in text, page
    linked: set[str] = set()
    left = {"index.html", "index.en.html"}
    assert all(demo.objection.case_id in (place / index).read_text(encoding="utf-8") for index in left)
    while left:
        page = left.pop()
        linked.add(page)
        links = re.findall(r'href="([^"]+\.html)"', (place / page).read_text(encoding="utf-8"))
        targets = {os.path.relpath((place / page).parent / link, place).replace(os.sep, "/") for link in links}
        assert targets <= pages, page
        assert page.startswith(("index.", *PAPERS)) or targets & {"index.html", "index.en.html"}, page
        left |= targets - linked
    assert linked == pages
    data = json.loads((place / "supervision" / "page" / "supervision.json").read_text(encoding="utf-8"))
    assert sum(row["done"] for row in data["classes"]) > 0
    with Store(place / "supervision" / "supervision.db", create=False) as store:
        assert verify_draw_in(store, place / "supervision" / "draw").ok
    assert not verify_packet(place / "case" / "packet")
    line = json.loads((place / "case" / "timeline.json").read_text(encoding="utf-8"))
    assert line["steps"][-1]["after"]["grade"] == demo.objection.after != demo.objection.before


def test_a_number_that_cannot_work(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="3 is not"):
        run_demo(tmp_path, 3)


def test_every_organisation_of_the_district_can_be_explained(tmp_path: Path) -> None:
    grading = grade_district(district(120).write(tmp_path))
    subjects = grading.grades["subject_id"].to_pylist()
    assert len(subjects) == 120
    for subject in subjects:
        explanation = explain(grading, subject)
        assert (explanation.score is None) == (
            explanation.state != "graded"
        )  # a slip may leave the grade of its subject open
        assert explanation.name.startswith("〔虚构〕")
