"""Strict loading: every fault at once, each with file, line and key path."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError
from creditscore.schemes.load import load_scheme
from tests.paths import TEST_SCHEMES

GOOD = (TEST_SCHEMES / "third_city.yaml").read_text(encoding="utf-8")


def load(tmp_path: Path, text: str) -> str:
    file = tmp_path / "broken.yaml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SchemeError) as caught:
        load_scheme(file, "broken.yaml")
    assert caught.value.exit_code == 4
    return str(caught.value)


RULE = "grade: A, cite: {law: sf_food_safety_program}, evidence: verified}\n  - id: bands"

FAULTS = {
    "duplicate key": (
        "domain: food_hygiene",
        "domain: food_hygiene\ndomain: fire",
        ["broken.yaml:3", "duplicate key"],
    ),
    "unknown key": ("use: public_grade", "use: public_grade\ncolour: red", ["colour", "unknown key"]),
    "missing key": ("period: day\n", "", ["period", "required key is missing"]),
    "not allowed": ("period: day", "period: week", ["'week' is not allowed", "year"]),
    "binary float": ("add: {each: 1}", "add: {each: 1e3}", ["exact"]),
    "too many decimals": ("add: {each: 1}", "add: {each: 0.1234567}", ["more than six decimals"]),
    "not YAML": ("scheme: third_city", "scheme: [third_city", ["not YAML"]),
    "uncited": (
        "add: {each: 1}, cite: {law: sf_food_safety_program}",
        "add: {each: 1}",
        ["items.violation", "carries no cite"],
    ),
    "no evidence": (
        "cite: {law: sf_food_safety_program}, evidence: verified}\nstart",
        "cite: {law: sf_food_safety_program}}\nstart",
        ["no evidence mark"],
    ),
    "unknown law": (
        "add: {each: 1}, cite: {law: sf_food_safety_program}",
        "add: {each: 1}, cite: {law: nowhere}",
        ["nowhere", "configs/laws"],
    ),
    "unknown clock": (
        "admit: {clock: inspected",
        "admit: {clock: seen",
        ["'seen' is not a clock", "inspected"],
    ),
    "unknown window": ("window: ever}", "window: always}", ["'always' is not a window"]),
    "unknown grade": ("{grade: A, at_most: 13}", "{grade: Z, at_most: 13}", ["'Z' is not a grade"]),
    "gap": (
        "{grade: B, at_least: 14, at_most: 27}",
        "{grade: B, at_least: 15, at_most: 27}",
        ["no band covers the score 14"],
    ),
    "direction": ("direction: lower_is_better\n", "", ["must say direction"]),
    "negative": ("add: {each: 1}", "add: {each: -1}", ["negative"]),
    "two effects": ("add: {each: 1}", "add: {each: 1}, deduct: 2", ["both deduct and add"]),
    "unknown name": (
        "  - id: bands",
        "  - {id: x, when: speed > 3, " + RULE,
        ["does not know speed"],
    ),
    "no condition language": (
        "  - id: bands",
        "  - {id: x, when: __import__('os'), " + RULE,
        ["not allowed in a condition"],
    ),
    "unknown number": ("add: {each: 1}", "add: unknown", ["evidence disagree"]),
    "no last decision": ("  - id: bands", "  - id: bands\n    when: score > 3", ["must have no when"]),
    "window without edge": ("{ever: true}", "{months: 12}", ["needs edge"]),
    "empty": (GOOD, "", ["empty"]),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_names_its_place(tmp_path: Path, name: str) -> None:
    old, new, words = FAULTS[name]
    assert old in GOOD
    message = load(tmp_path, GOOD.replace(old, new))
    for word in ["broken.yaml:", *words]:
        assert word in message


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    text = GOOD.replace("use: public_grade", "use: secret\ncolour: red").replace("add: {each: 1}", "add: {eech: 1}")
    message = load(tmp_path, text)
    assert "3 faults" in message or "4 faults" in message
    for word in ("use:", "colour", "eech"):
        assert word in message


def test_the_good_text_loads(tmp_path: Path) -> None:
    file = tmp_path / "good.yaml"
    file.write_text(GOOD, encoding="utf-8")
    assert load_scheme(file).name == "third_city@2010-01-01"


def test_a_scheme_outside_the_library_may_bring_its_legal_texts(tmp_path: Path) -> None:
    file = tmp_path / "own.yaml"
    file.write_text(GOOD.replace("sf_food_safety_program", "town_rule"), encoding="utf-8")
    with pytest.raises(SchemeError, match="town_rule"):
        load_scheme(file, "own.yaml")
    (tmp_path / "laws").mkdir()
    law = "id: town_rule\ntitle: {zh: 办法, en: Town rule}\nlevel: foreign\npromulgated: unknown\nin_force: unknown\n"
    law += "evidence: verified\n"
    (tmp_path / "laws" / "town_rule.yaml").write_text(law, encoding="utf-8")
    assert load_scheme(file, "own.yaml").name == "third_city@2010-01-01"
