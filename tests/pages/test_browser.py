"""The pages in a real browser: drawn, without complaint, with Chinese letters."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from creditscore.core.atomic import write_text
from creditscore.demo.run import telling_subject
from creditscore.explanation.ledger import explain
from creditscore.grading.result import Grading
from creditscore.modelling.validation.validate import Reference, validate
from creditscore.pages.overview import write_overview
from creditscore.pages.summary import Summary
from creditscore.pages.validation import write_validation
from creditscore.present.document import Chart, Document, Plot
from creditscore.present.html import render_page
from creditscore.present.svg import picture
from tests.browser import find_faults

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--enable-logging=stderr",
    "--v=0",
)
# A letter of each script drawn beside one that no font has: equal pictures would mean empty boxes.
PROBE = """<!doctype html><meta charset="utf-8"><title>?</title><body><canvas id="c" width="40" height="40"></canvas>
<script>const c = document.getElementById("c").getContext("2d"); function draw(t) { c.clearRect(0, 0, 40, 40);
c.font = '30px "Noto Sans CJK SC", "WenQuanYi Micro Hei", sans-serif'; c.fillText(t, 2, 30);
return c.getImageData(0, 0, 40, 40).data.join(); } const box = draw("\\u{10ffff}");
document.title = ["评", "级", "〔"].some(t => draw(t) === box) ? "boxes" : "letters";</script>"""

pytestmark = [pytest.mark.pages, pytest.mark.skipif(BROWSER is None, reason="no Chromium is installed")]


def browse(page: Path, home: Path, *flags: str) -> subprocess.CompletedProcess[str]:
    assert BROWSER is not None
    command = [BROWSER, *FLAGS, f"--user-data-dir={home / 'profile'}", *flags, page.as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)


@pytest.fixture(scope="module")
def files(graded: Grading, summary: Summary, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("pages")
    explanation = explain(graded, telling_subject(graded))
    return [
        *write_overview(summary, folder)[:2],
        write_text(folder / "subject.html", explanation.page("zh")),
    ]


def test_pages_are_drawn_without_complaint(files: list[Path], tmp_path: Path) -> None:
    for file in files:
        seen = browse(file, tmp_path, "--dump-dom")
        assert "CONSOLE" not in seen.stderr, seen.stderr
        titles = re.findall(r"<title>([^<]+)</title>", seen.stdout)
        assert titles
        assert ("评级" in titles[0]) == (".en." not in file.name)
        assert seen.stdout.count("<svg") >= 1


def test_pictures_come_out(files: list[Path], tmp_path: Path) -> None:
    for k, file in enumerate(files):
        picture = tmp_path / f"{k}.png"
        browse(file, tmp_path, "--window-size=900,1400", f"--screenshot={picture}")
        assert picture.read_bytes()[:8] == b"\x89PNG\r\n\x1a\n"
        assert picture.stat().st_size > 20_000  # an empty page of this size has 5,000


@pytest.mark.slow
def test_reports_of_models_are_drawn(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 0.5, 600)
    y = (rng.random(600) < p).astype(int)
    report = validate(
        p,
        y=y,
        grades=np.digitize(p, [0.1, 0.3]),
        cohort=rng.integers(2018, 2021, 600),
        bootstraps=5,
        protected=pd.DataFrame({"size": rng.choice(["小型", "大型"], 600)}),
        reference=Reference(p=p, auc=0.7),
    )
    for file in write_validation(report, tmp_path)[:2]:
        seen = browse(file, tmp_path, "--dump-dom")
        assert "CONSOLE" not in seen.stderr, seen.stderr
        assert seen.stdout.count("<svg") >= 6
        picture = file.with_suffix(".png")
        browse(file, tmp_path, "--window-size=900,3000", f"--screenshot={picture}")
        assert picture.stat().st_size > 60_000


def test_chinese_letters_are_no_boxes(tmp_path: Path) -> None:
    page = write_text(tmp_path / "probe.html", PROBE)
    seen = browse(page, tmp_path, "--dump-dom")
    title = re.findall(r"<title>([^<]+)</title>", seen.stdout)[0]
    if title == "boxes":
        pytest.skip("no font with Chinese letters is installed")
    assert title == "letters"


def test_a_chart_is_explored_with_the_pointer(browser: Browser, tmp_path: Path) -> None:
    name = "<b onmouseover=alert(1)>曲线</b>"
    plot = Plot("line", "x", "y", [(name, [(0, 0), (0.5, 0.25), (1, 1)])], 1)
    chart = Chart("curve", picture("c", "curve", "a curve", 10, []), plot=plot)
    page = write_text(tmp_path / "page.html", render_page(Document("report", "curves", "en", [chart])))
    assert find_faults(browser, page, 390) == []
    with browser.new_context() as context:
        view = context.new_page()
        view.goto(page.as_uri())
        view.locator(".stage").hover()
        view.get_by_text("y 0.25").wait_for(timeout=5000)
        assert name in str(view.locator(".stage").text_content())
        view.emulate_media(media="print")
        assert not view.locator(".stage").is_visible()
        assert view.locator("svg.paper").is_visible()
