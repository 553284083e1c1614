"""The README's own tables and commands do what it says."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from creditscore.cli.main import main

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^creditscore (grade .+|explain .+)$", README, re.MULTILINE)


def test_every_grading_of_the_readme_runs_on_its_own_tables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = re.search(r"```csv\n(.+?)```", README, re.DOTALL)
    assert found is not None
    records = found[1]
    firm = records.splitlines()[1].split(",")[1]
    (tmp_path / "records.csv").write_text(records, encoding="utf-8")
    (tmp_path / "subjects.csv").write_text(f"subject_id\n{firm}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    commands = [one for one in COMMANDS if "--profile" not in one]  # thirty schemes: tests/schemes/test_profiles.py
    assert len(commands) == 3
    for command in commands:
        with pytest.raises(SystemExit) as stopped:
            main(shlex.split(command))
        assert not stopped.value.code, command
