"""Measures per grade: strict loading, each promised fault with its place; the shipped files."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError
from creditscore.schemes.laws import load_laws
from creditscore.schemes.measures import load_measures

GOOD = """\
domain: tax
checked_on: 2026-11-24
measures:
  - id: T-1
    of: [{scheme: tax@2014, grades: [A], running: 3}]
    what: {zh: 绿色通道, en: a fast lane}
    value: {number: 2.5, unit: months, bound: at_most}
    frequency: yearly
    cuts_rights: false
    cite: {law: R2014A, article: "29"}
    evidence: verified
  - id: T-2
    of: [{scheme: tax, grades: [D]}, {rule: {zh: 旧办法, en: an older rule}, grades: [丁]}]
    what: {zh: 重点监控, en: key supervision}
    cuts_rights: true
    cite: [{law: R2014A}]
    evidence: recalled
"""

FAULTS = {
    "duplicate id": ("id: T-2", "id: T-1", ["measures.1.id", "taken by supervision/tax.yaml:4", "unique"]),
    "unknown scheme": ("scheme: tax,", "scheme: taxes,", ["measures.1.of.0.scheme", "'taxes' is not a scheme"]),
    "unknown version": ("tax@2014", "tax@1999", ["measures.0.of.0.scheme", "2014, 2025"]),
    "unknown grade": ("grades: [A]", "grades: [E]", ["measures.0.of.0.grades", "'E' is not a grade of tax@2014"]),
    "grade of one version only": ("grades: [D]}", "grades: [green]}", ["tax@2014", "tax@2025"]),
    "no grade": ("grades: [A]", "grades: []", ["measures.0.of.0.grades", "at least 1"]),
    "scheme and rule": ("{rule: {", "{scheme: tax, rule: {", ["measures.1.of.1", "exactly one of: scheme"]),
    "neither": ("scheme: tax@2014, ", "", ["measures.0.of.0", "exactly one of: scheme"]),
    "unknown law": ("{law: R2014A, ", "{law: nowhere, ", ["measures.0.cite", "nowhere", "configs/laws"]),
    "uncited": ("    cite: [{law: R2014A}]\n", "", ["measures.1", "carries no cite"]),
    "no evidence": ("    evidence: recalled\n", "", ["measures.1", "no evidence mark"]),
    "wrong mark": ("recalled", "hearsay", ["measures.1.evidence", "'hearsay' is not allowed"]),
    "reading": ("    evidence: recalled", "    reading: doubt\n    evidence: recalled", ["write a note"]),
    "rights not said": ("    cuts_rights: true\n", "", ["measures.1.cuts_rights", "required key is missing"]),
    "one language": ("{zh: 绿色通道, en: a fast lane}", "{zh: 绿色通道}", ["measures.0.what.en", "required"]),
    "unit": ("unit: months", "unit: moons", ["measures.0.value.unit", "'moons' is not allowed"]),
    "number without unit": (", unit: months", "", ["measures.0.value.unit", "required key is missing"]),
    "binary float": ("number: 2.5", "number: 25e-1", ["measures.0.value.number", "exact"]),
    "too many decimals": ("2.5", "0.1234567", ["measures.0.value.number", "more than six decimals"]),
    "frequency": ("yearly", "often", ["measures.0.frequency", "'often' is not allowed"]),
    "running": ("running: 3", "running: 0", ["measures.0.of.0.running", "greater than or equal to 1"]),
    "unknown key": ("frequency:", "frequence:", ["measures.0.frequence", "unknown key"]),
    "duplicate key": ("    frequency: yearly", "    frequency: yearly\n    frequency: monthly", ["duplicate key"]),
    "file name": ("domain: tax", "domain: labour", ["domain", "must be the file's name 'tax'"]),
}


def load(folder: Path, text: str) -> str:
    (folder / "tax.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SchemeError) as caught:
        load_measures(folder)
    assert caught.value.exit_code == 4
    return str(caught.value)


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_names_its_place(tmp_path: Path, name: str) -> None:
    old, new, words = FAULTS[name]
    assert old in GOOD
    message = load(tmp_path, GOOD.replace(old, new))
    for word in ["supervision/tax.yaml:", *words]:
        assert word in message


def test_all_faults_are_listed_at_once(tmp_path: Path) -> None:
    message = load(tmp_path, GOOD.replace("grades: [A]", "grades: [E]").replace("{law: R2014A, ", "{law: nowhere, "))
    assert "2 faults" in message


def test_an_id_is_unique_over_all_files(tmp_path: Path) -> None:
    (tmp_path / "labour.yaml").write_text(GOOD.replace("domain: tax", "domain: labour"), encoding="utf-8")
    assert "taken by supervision/labour.yaml:4" in load(tmp_path, GOOD)


def test_the_good_text_loads(tmp_path: Path) -> None:
    (tmp_path / "tax.yaml").write_text(GOOD, encoding="utf-8")
    grade_measures = load_measures(tmp_path)
    assert list(grade_measures) == ["T-1", "T-2"]
    first = grade_measures["T-1"]
    assert first.value is not None
    assert (first.value.number, first.value.bound, first.of[0].running) == (Decimal("2.5"), "at_most", 3)
    assert first.level() == "normative_document"


def test_the_strongest_text_is_the_basis(tmp_path: Path) -> None:
    text = GOOD.replace("cite: [{law: R2014A}]", "cite: [{law: sf_food_safety_program}, {law: R2014A}]")
    (tmp_path / "tax.yaml").write_text(text, encoding="utf-8")
    assert load_measures(tmp_path)["T-2"].level() == "normative_document"


def test_the_shipped_measures_load() -> None:
    grade_measures = load_measures()
    assert len(grade_measures) > 40
    assert {grade_measure.level() for grade_measure in grade_measures.values()} <= {
        law.level for law in load_laws().values()
    }
