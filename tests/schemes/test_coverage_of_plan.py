"""The table of what the plan asks: regular, complete, and true to the plan's own words."""

from __future__ import annotations

import re
from typing import Any

import pytest

from creditscore.core.config import config_root
from creditscore.core.yaml_source import read
from creditscore.schemes import registry
from creditscore.schemes.laws import load_laws
from creditscore.schemes.parts import MARKS
from tests.paths import SHARED

PLAN = SHARED / "plan" / "jilin-edz-2018-2020.txt"
needs_plan = pytest.mark.skipif(not PLAN.is_file(), reason=f"no text of the plan at {PLAN}")
KEYS = {
    "systems": "id section asks subject lead support schemes status reason notes cite evidence",
    "refused_inputs": "id section domains words reason why cite evidence",
    "without_evaluation": "section what",
}
TABLE: dict[str, Any] = read(config_root() / "coverage.yaml").data


@pytest.mark.parametrize("part", KEYS)
def test_every_entry_has_the_same_keys(part: str) -> None:
    assert {" ".join(value) for value in TABLE[part]} == {KEYS[part]}


def test_ids_are_unique_and_marks_known() -> None:
    for part in ("systems", "refused_inputs"):
        ids = [row["id"] for row in TABLE[part]]
        assert len(ids) == len(set(ids))
        assert {row["evidence"] for row in TABLE[part]} <= set(MARKS)


def test_laws_are_known() -> None:
    cited = {law for part in ("systems", "refused_inputs") for row in TABLE[part] for law in row["cite"]}
    assert cited - set(load_laws()) == set()
    assert TABLE["plan"] in load_laws()


@pytest.mark.parametrize("plan_row", TABLE["systems"], ids=lambda row: str(row["id"]))
def test_a_status_says_what_is_there(plan_row: dict[str, Any]) -> None:
    assert plan_row["status"] in TABLE["statuses"]
    assert (plan_row["reason"] is not None) == (plan_row["status"] == "excluded")
    if plan_row["status"] in ("excluded", "mechanism"):
        assert plan_row["schemes"] == []
    if plan_row["status"] in ("exact", "partial", "decision_only"):
        assert plan_row["schemes"]
    assert plan_row["schemes"] == sorted(plan_row["schemes"])
    if plan_row["subject"] == ["person"]:
        assert plan_row["status"] in ("excluded", "record_only")
        assert plan_row["schemes"] == []


def test_no_scheme_is_forgotten_and_none_is_made_up() -> None:
    """Every scheme of the library is named; where the library holds every family, every name is a scheme."""
    ids = {entry.scheme for entry in registry.entries() if not entry.scheme.startswith("examples/")}
    named = {scheme for system in TABLE["systems"] for scheme in system["schemes"]}
    assert ids - named == set()
    if {value.split("/")[0] for value in named} <= {key.split("/")[0] for key in ids}:
        assert named - ids == set()


@pytest.mark.parametrize("plan_row", TABLE["refused_inputs"], ids=lambda row: str(row["id"]))
def test_a_refusal_has_a_reason_and_words(plan_row: dict[str, Any]) -> None:
    assert plan_row["reason"] in TABLE["refusals"]
    assert plan_row["domains"]
    assert plan_row["words"]


def test_no_shipped_scheme_asks_for_what_is_refused() -> None:
    """A refused word matches a name or whole parts of it; no item, attribute or domain of the library is hit."""
    words = {word for source in TABLE["refused_inputs"] for word in source["words"]}
    domains = {word for source in TABLE["refused_inputs"] for word in source["domains"]}
    for entry in registry.entries():
        scheme = registry.load(entry)
        assert scheme.domain not in domains
        for name in (*scheme.items, *scheme.attributes, *scheme.record_attributes):
            hit = {word for word in words if re.search(rf"(^|_){re.escape(word)}(_|$)", name)}
            assert not hit, f"{scheme.name}: {name}"


@needs_plan
def test_departments_stand_in_the_plan() -> None:
    text = PLAN.read_text(encoding="utf-8")
    for system in TABLE["systems"]:
        for name in (*system["lead"], *system["support"]):
            base, _, inner = name.partition("〔")
            assert base in text, (system["id"], name)
            assert inner.rstrip("〕") in text, (system["id"], name)


@needs_plan
def test_every_section_of_the_plan_is_accounted_for() -> None:
    text = PLAN.read_text(encoding="utf-8").split("四、主要任务")[1].split("五、实施步骤")[0]
    result, chapter = set(), ""
    for line in text.splitlines():
        if head := re.match(r"(\([一二三四五六七八九十]\))", line):
            chapter = head[1]
            result.add(chapter)
        if number := re.match(r"(\d+)\.", line):
            result.add(chapter + number[1])
    sections = {row["section"] for part in ("systems", "without_evaluation") for row in TABLE[part]}
    whole = {name for name in result if name[-1].isdigit() or not any(other[:3] == name != other for other in result)}
    assert sections == whole
