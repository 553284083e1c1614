"""The rules of lists: which triggers may lead to a proposal, and that files are read again where they have changed."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.config import VARIABLE, config_root
from creditscore.core.errors import SchemeError, UsageError
from creditscore.lists.rules import PROCEDURE, list_rule, procedure, version, version_of_today, why_not
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme


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


def test_a_new_case_is_not_opened_under_a_former_name() -> None:
    with pytest.raises(UsageError, match="use market/serious@2014-10-01"):
        version_of_today("market/serious@2014-01-01")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  evidence: project_default\n  note: who", "  note: who", "second_person"),
        ("law: XZCFF", "law: nowhere", "nowhere"),
        ("kind: red_lost", "kind: lost", "red_lost"),
        ("within: {days: 3}", "within: {days: 3, months: 1}", "exactly one of"),
        ("needs_notice:", "needs_notices:", "needs_notice"),
    ],
)
def test_a_wrong_file_of_common_rules_names_its_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (config_root() / "lists" / "procedure.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "procedure.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemeError, match=words) as wrong:
        procedure(tmp_path / "procedure.yaml")
    assert "lists/procedure.yaml:" in str(wrong.value)


def changed(scheme: Scheme, rule_id: str, **more: Any) -> Scheme:
    """The scheme with one deciding rule changed, and `total` as a fact that counts."""
    data = scheme.model_dump(by_alias=True)
    data["facts"]["total"] = {"take": "count", "items": ["arrears"]}
    for rule in data["decide"]:
        if rule["id"] == rule_id:
            rule.update(more)
    data["use"] = more.get("use", data["use"])
    data["decide"] = [{key: value for key, value in rule.items() if key != "use"} for rule in data["decide"]]
    return Scheme.model_validate(data)


WAGE = registry.pick("wage_arrears@2022")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, None),
        ({"grade": None, "bands": [{"grade": "triggered", "at_least": 0}]}, "nobody is listed by a score alone"),
        ({"when": "score < 60"}, "compares the score"),
        ({"route": "score"}, "nobody is listed by a score alone"),
        ({"when": "total >= 3", "evidence": "project_default"}, "no published text counts so"),
        ({"when": "total >= 3", "evidence": "inference"}, "no published text counts so"),
        ({"when": "total >= 3", "cite": []}, "no published text counts so"),
        ({"when": "total >= 3"}, None),
        ({"grade": None, "not_graded": "x"}, "it sets no grade"),
        ({"grade": None, "ceiling": "triggered"}, "it sets no grade"),
        ({"when": None}, "nothing else does"),
        ({"use": "internal_risk"}, "internal risk class"),
    ],
)
def test_what_may_lead_to_a_proposal(more: dict[str, Any], why: str | None) -> None:
    scheme = changed(WAGE, "to_be_noticed", **more)
    text = why_not(scheme, "wage_arrears", "to_be_noticed")
    assert (text is None) if why is None else (why in str(text))


def test_every_shipped_trigger_may_lead_to_a_proposal() -> None:
    refused = {
        (scheme.name, key, trigger): why
        for scheme in map(registry.load, registry.entries())
        for key, rule in scheme.lists.items()
        for trigger in rule.triggers
        if (why := why_not(scheme, key, trigger))
    }
    assert refused == {}
