"""`reproduce ID --store`: a kept run computed again by command, whatever was decided since."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from creditscore.cli.main import main
from creditscore.core.errors import InputError, UsageError
from tests.cli.promises import call
from tests.cli.test_case_desk import CASE, Desk
from tests.cli.test_case_desk import desk as desk  # the fixture
from tests.graded import Graded


def end(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    """How a command ends, and all that it says."""
    with pytest.raises(SystemExit) as stopped:
        main([*words])
    shown = capsys.readouterr()
    return int(stopped.value.code or 0), " ".join((shown.out + shown.err).split())


def test_what_was_decided_since_is_no_difference_and_is_listed(desk: Desk) -> None:
    words = ("reproduce", desk.run, "--store", desk.address)
    assert "differently today" not in call(*words)
    desk.open()
    desk.decide()
    shown = call(*words)
    assert shown.count("the same bytes") == 2
    assert "nothing differs" in shown
    listed = shown.partition("1 organisation stands differently today")[2]
    assert desk.subject in listed
    assert re.search(rf"{desk.subject} +\w+ [\d.]+ +\w+ [\d.]+ +objection/", listed)
    assert f"objection/{CASE}" in listed


def test_a_difference_ends_in_exit_code_5(
    desk: Desk, graded: Graded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CREDITSCORE_STORE", desk.address)
    call("archive", "write", desk.run, "--as-kept", "--out", str(tmp_path / "written"))
    code, shown = end(capsys, "reproduce", str(tmp_path / "written"), "--snapshot", str(graded.snapshot))
    assert code == 2
    assert f"creditscore reproduce {desk.run}" in shown
    code, shown = end(capsys, "reproduce", desk.run, "--subjects", "s.csv")
    assert code == 2
    assert "--records FILE" in shown
    tables = [str(graded.snapshot.parent / name) for name in ("s.csv", "r.csv")]
    Path(tables[0]).write_text(f"subject_id,name,first_filed_on\n{desk.subject},甲公司,2010-01-01\n", encoding="utf-8")
    Path(tables[1]).write_text(
        f"record_id,subject_id,domain,item,occurred_on\nr1,{desk.subject},tax,010101,2022-03-16\n", encoding="utf-8"
    )
    code, shown = end(capsys, "reproduce", desk.run, "--subjects", tables[0], "--records", tables[1])
    assert code == 5
    assert "cause: snapshot_hash" in shown
    assert "first difference: grades.parquet" in shown
    assert "cannot be computed again as it was" in shown
    assert " kept sha256-2:" in shown


@pytest.mark.parametrize(
    ("name", "match"), [("nothing", "no kept run begins"), ("no/folder", "no folder"), (".", "not found")]
)
def test_what_is_neither_a_run_nor_a_folder_is_said(desk: Desk, name: str, match: str) -> None:
    with pytest.raises((UsageError, InputError), match=match):
        call("reproduce", name, "--store", desk.address)
