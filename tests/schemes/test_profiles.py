"""The district's profile names schemes, departments and days that exist; faults have a place."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError, UsageError
from creditscore.schemes.coverage import load_coverage
from creditscore.schemes.profiles import load_profile

HEAD = """profile: x
label: {zh: 区, en: zone}
region: "22"
from: 2018-06-27
to: 2020-12-31
cite: {law: JLEDZ2018}
evidence: verified
sections:
"""


def test_the_district_has_a_scheme_for_each_system_that_can_be_graded() -> None:
    profile = load_profile("jilin-edz")
    chosen = set(profile.schemes(date(2019, 12, 31)))
    for system in load_coverage().systems:
        if system.status in ("exact", "partial", "decision_only") and "2022-" not in str(system.notes):
            later = {"culture_tourism", "medical_points", "medical_insurance", "intellectual_property", "eia_agencies"}
            assert system.id in later or chosen & set(system.schemes), system.id
    assert {section.rule for section in profile.sections} == {"own", "national", "other", "none"}
    assert all(section.note for section in profile.sections if section.rule == "none")
    assert all(section.rule != "own" or section.note or "wage" in str(section.schemes) for section in profile.sections)


def test_every_section_of_the_plan_has_its_entry() -> None:
    """Also those under which nobody is graded, and each system that has a scheme of the district or of the nation."""
    profile = load_profile("jilin-edz")
    assert {system.section for system in load_coverage().systems} == {section.section for section in profile.sections}
    for system in load_coverage().systems:
        chosen = {name for section in profile.sections if section.section == system.section for name in section.schemes}
        assert chosen & set(system.schemes) or not system.schemes, system.id


def test_departments_are_those_of_the_plan() -> None:
    leads = {lead for system in load_coverage().systems for lead in system.lead}
    for section in load_profile("jilin-edz").sections:
        left = section.department.zh
        for lead in sorted(leads, key=len, reverse=True):
            left = left.replace(lead, "")
        assert left.strip("、") == "", section.section


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            HEAD + "  - {section: a, label: {zh: 一, en: a}, department: {zh: 局, en: o}, schemes: [nix], rule: own}\n",
            "nix",
        ),
        (
            HEAD
            + "  - {section: a, label: {zh: 一, en: a}, department: {zh: 局, en: o}, schemes: [tax], rule: ours}\n",
            "rule",
        ),
        (
            HEAD
            + "  - {section: (三)44, label: {zh: 一, en: a}, department: {zh: 局, en: o}, schemes: [], rule: none}\n",
            "not a section of the plan",
        ),
        (
            HEAD
            + "  - {section: (三)4, label: {zh: 一, en: a}, department: {zh: 局, en: o}, schemes: [], rule: own}\n",
            "go together",
        ),
        (HEAD.replace("JLEDZ2018", "NIX") + "  []\n", "NIX"),
        (HEAD.replace("2020-12-31", "2017-12-31") + "  []\n", "must not be earlier"),
    ],
)
def test_a_fault_names_its_place(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SchemeError, match=words) as caught:
        load_profile(str(file))
    assert "p.yaml:" in str(caught.value)


def test_an_unknown_profile_names_the_known() -> None:
    with pytest.raises(UsageError, match="jilin-edx") as caught:
        load_profile("jilin-edx")
    assert caught.value.allowed == "jilin-edz"
