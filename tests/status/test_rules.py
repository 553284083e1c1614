"""What texts say of the life of a grade and of objections: read strictly; what no text says is not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.config import config_root
from creditscore.core.errors import SchemeError, UsageError
from creditscore.status.rules import clock_of, life_rules


def test_the_clock_is_that_of_the_place_from_its_year_on() -> None:
    days = {"220000": "default", "310115": "shanghai", "370100": "shandong", "410000": "henan", "440305": "shenzhen"}
    for region, name in days.items():
        assert clock_of(region, 19480).id == name
    assert clock_of("440305", 18000).id == "default"  # 2019
    assert clock_of("", 0, "henan").id == "henan"
    with pytest.raises(UsageError, match="there is no clock"):
        clock_of("", 0, "mars")
    assert clock_of("", 0).evidence == "project_default"


def test_what_no_text_says_is_not_there() -> None:
    rules = life_rules("tax")
    assert rules.procedure("review", 2019) is None
    assert rules.procedure("supplement", 2025).evidence == "unknown"  # type: ignore[union-attr]
    assert rules.procedure("supplement", 2025).decide is None  # type: ignore[union-attr]
    assert life_rules("fire/inspection").procedures == []


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("working_days: 15", "working_days: fifteen", "working_days"),
        ("cite: {law: R2015A}", "cite: {law: R1999}", "R1999"),
        ("    cite: {law: R2015A}\n", "", "carries no cite"),
        ("month: 3, day: 31", "month: 2, day: 31", "no day of the year"),
        ("years: {from: 2025}", "years: {from: 2024}", "two rules of"),
        ("id: preview", "id: parade", "parade"),
        ("decide: {with: announce}", "decide: {with: announce, working_days: 3}", "exactly one of"),
    ],
)
def test_a_wrong_file_names_every_fault_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    source = config_root() / "review"
    for file in source.glob("*.yaml"):
        text = file.read_text(encoding="utf-8")
        if file.name == "tax.yaml":
            assert old in text
            text = text.replace(old, new)
        (tmp_path / file.name).write_text(text, encoding="utf-8")
    with pytest.raises(SchemeError, match="fault") as caught:
        life_rules("tax", tmp_path)
    faults = caught.value.faults
    assert faults
    assert all("review/tax.yaml:" in str(fault) for fault in faults)
    assert any(message in str(fault) for fault in faults)
    assert clock_of("", 0, folder=tmp_path).id == "default"  # of another file, which is whole


def test_objections_must_be_there_and_begin_with_the_default(tmp_path: Path) -> None:
    with pytest.raises(SchemeError, match=r"review/objections\.yaml:1: E101 cannot be read"):
        clock_of("", 0, folder=tmp_path)
    text = (config_root() / "review" / "objections.yaml").read_text(encoding="utf-8")
    (tmp_path / "objections.yaml").write_text(text.replace("id: default", "id: henan"), encoding="utf-8")
    with pytest.raises(SchemeError, match="the first clock is the default") as caught:
        clock_of("", 0, folder=tmp_path)
    assert "stands twice" in str(caught.value)
    (tmp_path / "objections.yaml").write_text(
        text.replace("own: 3\n    other: 7\n    cite", "own: 9\n    other: 7\n    cite")
    )
    with pytest.raises(SchemeError, match="cannot take less time"):
        clock_of("", 0, folder=tmp_path)
