"""`creditscore init`: a folder whose README runs, in both languages; one that holds something is left alone."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.cli.settings import read_file
from creditscore.core.errors import UsageError
from creditscore.core.i18n import set_language


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_readme_of_a_new_folder_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lang: str) -> None:
    set_language(lang)
    work = tmp_path / "work"
    assert CliRunner().invoke(app, ["init", str(work)], catch_exceptions=False).exit_code == 0
    settings = read_file(work / "creditscore.toml")
    assert (settings.store, settings.language) == (str(work / "office.db"), lang)
    assert "Apache-2.0" in (work / "tables" / "LICENSE.txt").read_text(encoding="utf-8")
    blocks = re.findall(r"```sh\n(.*?)```", (work / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    assert len(lines) == 7
    monkeypatch.chdir(work)
    for line in lines:
        done = CliRunner().invoke(app, shlex.split(line)[1:], catch_exceptions=False)
        assert done.exit_code == 0, (line, done.output)
    assert (work / "grade.html").is_file()


def test_a_folder_that_holds_something_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x", encoding="utf-8")
    with pytest.raises(UsageError, match="the folder is not empty"):
        CliRunner().invoke(app, ["init", str(tmp_path)], catch_exceptions=False)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
