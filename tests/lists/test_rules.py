"""The rules of lists are read again where a file has changed."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from creditscore.core.config import VARIABLE, config_root
from creditscore.lists.rules import PROCEDURE, list_rule, procedure, version


def test_changed_common_rules_are_seen(tmp_path: Path) -> None:
    file = tmp_path / "procedure.yaml"
    text = (config_root() / PROCEDURE.place).read_text(encoding="utf-8")
    file.write_text(text, encoding="utf-8")
    before = procedure(file)
    assert procedure(file) is before
    file.write_text(text.replace(f"checked_on: {before.checked_on}", "checked_on: 2001-01-31"), encoding="utf-8")
    assert str(procedure(file).checked_on) == "2001-01-31"


def test_a_changed_version_and_another_folder_of_rules_are_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shipped = version("wage_arrears@2022")
    shutil.copytree(config_root() / "laws", tmp_path / "laws")
    shutil.copytree(config_root() / "schemes" / "wage_arrears", tmp_path / "schemes" / "wage_arrears")
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    file = tmp_path / "schemes" / "wage_arrears" / f"{shipped.version}.yaml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace(f"checked_on: {shipped.checked_on}", "checked_on: 2001-01-31"), encoding="utf-8")
    assert str(version("wage_arrears@2022").checked_on) == "2001-01-31"
    file.write_text(text, encoding="utf-8")
    assert version("wage_arrears@2022") == shipped
    assert list_rule("wage_arrears@2022", "wage_arrears") == shipped.lists["wage_arrears"]
