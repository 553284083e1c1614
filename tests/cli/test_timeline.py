"""`creditscore timeline`: the terminal in two widths and languages, the pages with their JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.cli.main import main
from creditscore.core.i18n import clean
from creditscore.grading.grade import grade
from creditscore.present.svg import columns
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from tests.paths import TEST_SCHEMES
from tests.tiers import thinned

pytestmark = pytest.mark.usefixtures("pages_in_chinese")

SCHEME = str(TEST_SCHEMES / "caps.yaml")


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    filed = {
        "record_id": "R1",
        "subject_id": "S1",
        "item": "a2",
        "event_no": "1",
        "event": "filed",
        "quantity": "1",
        "occurred_on": "2020-02-10",
        "recorded_on": "2020-02-15",
        "amount": "100",
        "ratio": "0.02",
    }
    rows = [
        filed,
        {**filed, "record_id": "R2", "item": "a1", "occurred_on": "2019-03-01", "recorded_on": "2020-03-01"},
        {
            "record_id": "R1",
            "event_no": "2",
            "event": "withdrawn",
            "event_on": "2021-02-01",
            "recorded_on": "2021-02-02",
        },
    ]
    subjects = pd.DataFrame([{"subject_id": "S1", "name": "<b>甲厂</b>", "registered_on": "2015-01-01"}])
    folder = tmp_path_factory.mktemp("timeline") / "snap"
    write_snapshot(ingest(subjects=subjects, records=pd.DataFrame(rows).fillna(""), subject_ids="local"), folder)
    return folder


def run(capsys: pytest.CaptureFixture[str], *args: str) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(["timeline", "S1", "--scheme", SCHEME, *args])
    assert stopped.value.code == 0
    return capsys.readouterr().out


@pytest.mark.parametrize(
    ("lang", "width", "message"), thinned([("zh", 60, "记录撤销"), ("en", 80, "withdrawn"), ("zh", 120, "事后获知")], 3)
)
def test_the_terminal_keeps_its_width(
    snapshot: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    lang: str,
    width: int,
    message: str,
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    shown = run(capsys, "--snapshot", str(snapshot), "--from", "2019", "--to", "2020", "--lang", lang)
    assert all(columns(line) <= width for line in shown.splitlines())
    assert message in shown
    assert "R1" in shown
    assert shown == "".join(clean(line) + "\n" for line in shown.splitlines())


def test_the_pages_show_what_their_json_says(
    snapshot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shown = run(capsys, "--snapshot", str(snapshot), "--from", "2019", "--to", "2020", "--out", str(tmp_path))
    assert shown.count("已写入") == 3
    data: dict[str, Any] = json.loads((tmp_path / "timeline.json").read_text(encoding="utf-8"))
    assert [(step["day"], [cause["kind"] for cause in step["causes"]]) for step in data["steps"][1:]] == [
        ("2020-03-01", ["knowledge"]),
        ("2020-12-31", ["clock", "record"]),
        ("2021-02-02", ["withdrawal"]),
    ]
    for name in ("timeline.html", "timeline.en.html"):
        page = (tmp_path / name).read_text(encoding="utf-8")
        assert "<b>甲厂" not in page
        assert "&lt;b&gt;甲厂" in page
        for step in data["steps"]:
            assert step["day"] in page


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("--known-at", "soon"), "neither a year nor a day"),
        (("--known-at", "2020"), "is not a day"),
        (("--from", "2020-01-01"), "graded by year"),
        (("--lang", "fr"), "--lang cannot be 'fr'"),
    ],
)
def test_a_wrong_option_is_named(
    snapshot: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], message: str
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["timeline", "S1", "--scheme", SCHEME, "--snapshot", str(snapshot), *args])
    assert stopped.value.code == 2
    assert message in capsys.readouterr().err


def test_what_is_made_of_made_up_records_says_so(
    snapshot: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    real = read_snapshot(snapshot)
    write_snapshot(replace(real, made_up=True), tmp_path / "snap")
    command_run = run(capsys, "--snapshot", str(tmp_path / "snap"), "--out", str(tmp_path / "pages"))
    assert command_run.startswith("*** 虚构数据")
    assert "虚构数据" in (tmp_path / "pages" / "timeline.html").read_text(encoding="utf-8")
    assert json.loads((tmp_path / "pages" / "timeline.json").read_text(encoding="utf-8"))["made_up"] is True
    assert "虚构数据" not in run(capsys, "--snapshot", str(snapshot))
    assert read_snapshot(tmp_path / "snap").content_hash() == real.content_hash()
    graded = grade(read_snapshot(tmp_path / "snap"), Path(SCHEME), as_of="2021-06-30")
    assert graded.manifest["made_up"] is True
