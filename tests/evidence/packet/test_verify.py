"""Packets and gradings of every release still verify; words that a newer version changed are told from changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from creditscore.cli.main import main
from creditscore.core.i18n import set_language
from creditscore.evidence.packet.files import JSON, PAGES, verify_packet, write_packet
from creditscore.evidence.packet.form import assembled, text_of
from creditscore.grading.reproduce import reproduce
from creditscore.records.snapshot_files import read_snapshot
from creditscore.schemes.load import load_scheme

RELEASES = sorted((Path(__file__).parent / "releases").iterdir())  # of each a packet, a grading and its snapshot


@pytest.fixture
def newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The version that computes is a newer one than any that made a fixture."""
    for module in ("verify", "files"):
        monkeypatch.setattr(f"creditscore.evidence.packet.{module}.__version__", "99.0.0")


@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_grading_of_each_release_is_reproduced(release: Path) -> None:
    scheme = load_scheme(release / "caps.yaml")
    again = reproduce(release / "grading", read_snapshot(release / "snapshot"), {scheme.scheme: scheme})
    assert again.ok, again
    assert set(again.files.values()) <= {"bytes", "rows"}


@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize("release", RELEASES, ids=lambda path: path.name)
def test_a_packet_of_each_release_verifies_but_for_words(release: Path) -> None:
    assert [changed for changed in verify_packet(release / "packet") if not changed.words] == []


@pytest.fixture
def reworded(tmp_path: Path) -> Path:
    """A packet in which one label is worded as an earlier version did, with its digest."""
    packet = json.loads((RELEASES[0] / "packet" / JSON).read_text(encoding="utf-8"))
    label = packet["results"]["explanation"]["lines"][1]["label"]
    label["zh"] = f"旧称{label['zh']}"
    write_packet(assembled(packet["inputs"], packet["results"]), tmp_path / "packet")
    return tmp_path / "packet"


def verify(folder: Path, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    set_language("en")
    with pytest.raises(SystemExit) as stopped:
        main(["packet", "verify", str(folder)])
    shown = capsys.readouterr()
    assert isinstance(stopped.value.code, int)
    return stopped.value.code, shown.out + shown.err


@pytest.mark.usefixtures("newer")
def test_a_text_that_is_worded_otherwise_has_its_own_exit_code(
    reworded: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packet = json.loads((reworded / JSON).read_text(encoding="utf-8"))
    inputs = {**packet["inputs"], "model": []}  # which a store would have to vouch for
    write_packet(assembled(inputs, packet["results"]), reworded)
    code, shown = verify(reworded, capsys)
    assert code == 9
    assert "旧称" in shown
    assert "inputs, hashes and grade" in shown
    assert "in the words of version 0.1.0" in " ".join(shown.split())


def test_the_same_version_words_nothing_otherwise(reworded: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(reworded, capsys)[0] == 5


@pytest.mark.usefixtures("newer")
@pytest.mark.parametrize(
    "change",
    [
        lambda results: results["explanation"].update(grade="A"),
        lambda results: results["explanation"]["lines"][1].update(effective="-1"),
        lambda results: results["records"][0].update(use="no_effect"),
        lambda results: results["law"]["articles"].pop(),
    ],
)
def test_another_number_or_grade_is_no_wording(tmp_path: Path, change: Any) -> None:
    packet = json.loads((RELEASES[0] / "packet" / JSON).read_text(encoding="utf-8"))
    change(packet["results"])
    write_packet(assembled(packet["inputs"], packet["results"]), tmp_path / "packet")
    assert not any(changed.words for changed in verify_packet(tmp_path / "packet"))


@pytest.mark.usefixtures("newer")
def test_words_that_the_digest_does_not_hold_were_changed(reworded: Path) -> None:
    packet = json.loads((reworded / JSON).read_text(encoding="utf-8"))
    packet["results"]["explanation"]["lines"][1]["label"]["zh"] = "另称"
    (reworded / JSON).write_text(text_of(packet), encoding="utf-8")
    assert not any(changed.words for changed in verify_packet(reworded))


@pytest.mark.usefixtures("newer")
def test_a_page_that_is_drawn_otherwise_is_named(tmp_path: Path) -> None:
    shutil.copytree(RELEASES[0] / "packet", tmp_path / "packet")
    packet = json.loads((tmp_path / "packet" / JSON).read_text(encoding="utf-8"))
    write_packet(packet, tmp_path / "packet")
    page = tmp_path / "packet" / PAGES["en"]
    page.write_text(page.read_text(encoding="utf-8").replace("Arithmetic", "Sums"), encoding="utf-8")
    named = [changed for changed in verify_packet(tmp_path / "packet") if changed.file == PAGES["en"]]
    assert [changed.words for changed in named] == [True]
