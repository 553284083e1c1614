"""`creditscore explain`."""

from pathlib import Path

import pytest

from creditscore.cli.explain import explain_command
from creditscore.errors import InputError, UsageError

from .conftest import MANY


def test_text_and_page(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "page.html"
    explain_command(folder, MANY, "en", page)
    shown = capsys.readouterr().out
    assert "80.88 → B" in shown
    assert str(page) in shown
    assert "80.88 → B" in page.read_text(encoding="utf-8")
    explain_command(folder, MANY)
    assert "得分：80.88" in capsys.readouterr().out


def test_what_cannot_be_explained(folder: Path) -> None:
    with pytest.raises(UsageError):
        explain_command(folder, MANY, "fr")
    with pytest.raises(InputError):
        explain_command(folder, "nobody")
