"""`creditscore workflow` and `creditscore key` on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.errors import UsageError
from creditscore.store.keys import load_key

pytestmark = pytest.mark.usefixtures("pages_in_chinese")


def call(*words: str) -> str:
    result = CliRunner().invoke(app, list(words), catch_exceptions=False)
    assert result.exit_code == 0
    return result.stdout


def test_workflows_are_listed_and_drawn() -> None:
    assert "status/1" in call("workflow", "list", "--lang", "en")
    drawn = call("workflow", "show", "status", "--lang", "en")
    assert "announce [approver ≠ run.kept] → announced" in drawn
    assert max(map(len, drawn.splitlines())) <= 80
    assert "公布结果" in call("workflow", "show", "status/1")
    with pytest.raises(UsageError, match="no workflow 'nothing'"):
        call("workflow", "show", "nothing")


def test_a_key_is_made_under_a_passphrase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "li.na.key"
    monkeypatch.setenv("CREDITSCORE_PASSPHRASE", "correct horse")
    printed = call("key", "new", str(file))
    assert load_key(file, "correct horse").public in printed
    assert call("key", "show", str(file)) == printed
    assert file.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="not written over"):
        call("key", "new", str(file))
    monkeypatch.setenv("CREDITSCORE_PASSPHRASE", "wrong horse")
    with pytest.raises(UsageError, match="passphrase is wrong"):
        call("key", "show", str(file))
    monkeypatch.setenv("CREDITSCORE_PASSPHRASE", "short")
    with pytest.raises(UsageError, match="too short"):
        call("key", "new", str(tmp_path / "other.key"))
    assert not (tmp_path / "other.key").exists()


def test_a_passphrase_is_asked_for_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CREDITSCORE_PASSPHRASE", raising=False)
    file = tmp_path / "k"
    result = CliRunner().invoke(app, ["key", "new", str(file)], input="correct horse\ncorrect horse\n")
    assert result.exit_code == 0
    assert "correct horse" not in result.stdout
    assert load_key(file, "correct horse")
