"""Programmes: strict loading, each fault with its place; no class is forgotten; the shipped files."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError, UsageError
from creditscore.inspection.programme import PROGRAMMES, load_programme, programmes, project_defaults, rules_of
from tests.inspection.synthetic import PROGRAMME, programme

EXEMPT = "{code: A, label: {zh: 甲, en: A}, exempt: {cite: {law: GSJX2022_6}, evidence: verified}, evidence: local, cite: {law: LDNY2024}}"  # noqa: E501
A = "{code: A, label: {zh: 甲, en: A}, ratio: 0.05, evidence: project_default}"
FAULTS = {
    "probability 0": ("ratio: 0.05", "ratio: 0", ["classes.0", "never visited", "above 0"]),
    "no rate": ("ratio: 0.05, ", "", ["classes.0", "exactly one of: ratio, frequency, exempt"]),
    "two rates": ("ratio: 0.05", "ratio: 0.05, frequency: 1", ["classes.0", "exactly one of"]),
    "exempt without a text": (A, EXEMPT.replace("cite: {law: GSJX2022_6}, ", ""), ["classes.0.exempt", "cited rule"]),
    "exempt by the project": (A, EXEMPT.replace("verified", "project_default"), ["classes.0.exempt", "cited rule"]),
    "below its bounds": ("ratio: 0.20", "ratio: 0.05", ["classes.1", "0.05 is below the 0.1"]),
    "above its bounds": ("ratio: 0.20", "ratio: 0.6", ["classes.1", "0.6 is above the 0.5"]),
    "ratio above 1": ("ratio: 0.05", "ratio: 1.5", ["classes.0.ratio", "at most 1"]),
    "binary float": ("ratio: 0.05", "ratio: 5e-2", ["classes.0.ratio", "exact"]),
    "no mark": (", evidence: project_default}\n  - code: B", "}\n  - code: B", ["classes.0", "no evidence mark"]),
    "uncited": (
        "frequency: 2, evidence: local, cite: {law: LDNY2024}",
        "frequency: 2, evidence: local",
        ["classes.2", "names no law"],
    ),
    "unknown law": ("cite: {law: GSJX2022_6}", "cite: {law: nowhere}", ["cite", "'nowhere'"]),
    "class twice": ("code: C", "code: B", ["classes", "'B'"]),
    "grade twice": ("frequency: 2", "grades: [C, A], frequency: 2", ["classes.2", "'A' belongs to class 'A'"]),
    "one inspector": ("team: {number: 2", "team: {number: 1", ["team.number", "at least 2"]),
    "no minimum": ("minimum_per_stratum: {number: 1", "minimum_per_stratum: {number: 0", ["minimum", "at least 1"]),
    "half a cap": ("visits_per_enterprise: {number: 4", "visits_per_enterprise: {number: 0.5", ["visits_per", "whole"]),
    "no time": ("visit_days: {number: 0.5", "visit_days: {number: 0", ["visit_days", "above 0"]),
    "unknown drawn_as": ("draw_as: B", "draw_as: Z", ["data_errors.draw_as", "A, B, C"]),
    "unknown stratum": ("strata: [industry, district]", "strata: [colour]", ["strata.0", "colour"]),
    "unknown key": ("certificate:", "certificates:", ["certificates", "unknown key"]),
    "scheme's use": ("use: public_grade", "scheme: market/risk_class\nuse: public_grade", ["use", "internal_risk"]),
    "scheme's grades": ("use: public_grade", "scheme: labour/tianjin\nuse: public_grade", ["'A+'", "no class"]),
    "no scheme": ("use: public_grade", "scheme: nowhere\nuse: public_grade", ["scheme", "'nowhere'"]),
}


def test_who_names_a_file_calls_it_as_he_likes_and_a_file_of_a_folder_has_the_name_it_says(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(PROGRAMME.replace("programme: mine", "programme: yours", 1), encoding="utf-8")
    assert load_programme(file).programme == "yours"
    for load in (lambda: load_programme("mine", tmp_path), lambda: PROGRAMMES.load(tmp_path)):
        with pytest.raises(SchemeError, match=r"inspection/mine\.yaml:.* programme: 'yours' must be the file's name"):
            load()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_named_with_its_place(fault: str, tmp_path: Path) -> None:
    old, new, words = FAULTS[fault]
    assert old in PROGRAMME
    file = tmp_path / "mine.yaml"
    file.write_text(PROGRAMME.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemeError) as raised:
        load_programme(file)
    for word in words:
        assert word in str(raised.value)
    assert "inspection/mine.yaml:" in str(raised.value)


def test_faults_are_said_all_at_once(tmp_path: Path) -> None:
    text = PROGRAMME.replace("ratio: 0.05", "ratio: 0").replace("draw_as: B", "draw_as: Z")
    with pytest.raises(SchemeError, match="2 faults"):
        load_programme(programme(tmp_path, text))


def test_an_exempt_class_names_the_rule(tmp_path: Path) -> None:
    loaded = load_programme(programme(tmp_path, PROGRAMME.replace(A, EXEMPT)))
    assert loaded.class_of("A").rate == 0
    assert loaded.class_of("A").exempt is not None


def test_rates_are_exact(tmp_path: Path) -> None:
    loaded = load_programme(programme(tmp_path))
    assert [group.rate for group in loaded.classes] == [Fraction(1, 20), Fraction(1, 5), Fraction(2)]
    assert loaded.class_of("B").lowest == Fraction(1, 10)
    assert loaded.class_of("B").highest == Fraction(1, 2)


def test_an_unknown_programme_is_named() -> None:
    with pytest.raises(UsageError, match="food_risc") as raised:
        load_programme("food_risc")
    assert "food_risk" in str(raised.value)


@pytest.mark.parametrize("name", programmes())
def test_a_shipped_programme_marks_and_cites_every_number(name: str) -> None:
    loaded = load_programme(name)
    for path, rule in rules_of(loaded):
        assert rule.evidence is not None, path
        assert rule.cite or rule.evidence in ("project_default", "inference"), path
    for group in loaded.classes:
        assert group.rate > 0 or (group.exempt is not None and group.exempt.cite)


SHIPPED = {
    ("agriculture_lindian", "A"): (0, Fraction(1, 20)),
    ("agriculture_lindian", "B"): (Fraction(1, 20), Fraction(1, 5)),
    ("agriculture_lindian", "C"): (Fraction(21, 100), Fraction(3, 5)),
    ("agriculture_lindian", "D"): (Fraction(61, 100), 1),
    ("food_risk", "A"): (1, None),
    ("food_risk", "B"): (1, 2),
    ("food_risk", "C"): (2, 3),
    ("food_risk", "D"): (3, 4),
    ("environment_shandong", "blue"): (0, 1),
}


@pytest.mark.parametrize(("name", "code"), SHIPPED)
def test_bounds_are_those_that_were_read(name: str, code: str) -> None:
    class_of = load_programme(name).class_of(code)
    assert (class_of.lowest, class_of.highest) == SHIPPED[name, code]
    assert {bounds.evidence for bounds in class_of.bounds} == {"verified"}


def test_only_cited_rules_exempt() -> None:
    exempt = {(name, group.code) for name in programmes() for group in load_programme(name).classes if group.exempt}
    assert exempt == {("market_risk", "A"), ("environment_shandong", "green")}


def test_what_nobody_published_is_listed() -> None:
    assert "classes.1" in project_defaults(load_programme("market_risk"))
    assert "classes.0" not in project_defaults(load_programme("market_risk"))
