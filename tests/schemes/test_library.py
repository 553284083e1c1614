"""Every scheme of the library loads, and is in force where it says."""

from __future__ import annotations

import itertools
import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditscore.cli.main import app
from creditscore.core.config import config_root
from creditscore.core.errors import NotInForce, SchemeError, UsageError
from creditscore.schemes import library, registry
from creditscore.schemes.laws import load_laws
from tests.paths import TEST_SCHEMES


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda entry: f"{entry.scheme}@{entry.version}")
def test_each_version_loads_under_its_own_name(entry: registry.Entry) -> None:
    scheme = registry.load(entry)
    assert (scheme.scheme, scheme.version) == (entry.scheme, entry.version)


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda entry: f"{entry.scheme}@{entry.version}")
def test_who_gets_no_grade_reads_why_in_words(entry: registry.Entry) -> None:
    codes = [rule.id for rule in registry.load(entry).decide if rule.not_graded or rule.not_computable]
    silent = [rule.id for rule in registry.load(entry).decide if rule.id in codes and rule.label is None]
    assert silent == []


def test_whether_a_ground_is_met_is_said_in_words() -> None:
    """`clear` and `triggered` are codes; what a letter says instead is English."""
    every = [registry.load(entry) for entry in registry.entries()]
    words = {(scheme.name, grade.label.en) for scheme in every for grade in scheme.grades if grade.label is not None}
    assert not {(name, label) for name, label in words if label in ("clear", "triggered")}


def test_every_law_loads() -> None:
    assert len(load_laws()) > 3


def test_versions_of_one_scheme_do_not_overlap() -> None:
    for scheme in {entry.scheme for entry in registry.entries()}:
        schemes = registry.versions(scheme)
        for before, after in itertools.pairwise(schemes):
            assert before.effective_to is not None
            assert before.effective_to <= after.effective_from


@pytest.mark.parametrize(("year", "version"), [(2014, "2014"), (2024, "2014"), (2025, "2025"), (2026, "2025")])
def test_tax_is_switched_by_evaluation_year(year: int, version: str) -> None:
    assert registry.find("tax", year).version == version


def test_before_the_first_version_the_neighbour_is_named() -> None:
    with pytest.raises(NotInForce, match="tax@2014"):
        registry.find("tax", 2013)


def test_a_pinned_version_must_be_in_force() -> None:
    assert registry.find("tax@2014", 2020).version == "2014"
    with pytest.raises(NotInForce, match="not in force for 2026"):
        registry.find("tax@2014", 2026)
    with pytest.raises(UsageError, match="has no version"):
        registry.find("tax@1999", 2020)


def test_the_kind_of_period_must_fit() -> None:
    with pytest.raises(UsageError, match="evaluation year"):
        registry.find("tax", date(2024, 12, 31))
    with pytest.raises(UsageError, match="graded for a day"):
        registry.find("food_hygiene_uk", 2015)


def test_a_changed_file_is_read_again(tmp_path: Path) -> None:
    text = (TEST_SCHEMES / "third_city.yaml").read_text(encoding="utf-8")
    file = tmp_path / "city.yaml"
    for each in (1, 2):
        file.write_text(text.replace("add: {each: 1}", f"add: {{each: {each}}}"), encoding="utf-8")
        (scheme,) = registry.versions(str(file))
        assert scheme.items["violation"][0].add.each == each
    file.write_text("garbage: [", encoding="utf-8")
    with pytest.raises(SchemeError, match="E101"):
        registry.versions(str(file))


@pytest.mark.parametrize(
    ("file", "old", "new", "code"),
    [
        ("coverage.yaml", "schemes: [institution/grade]", "schemes: [institution/grad]", "E108"),
        ("coverage.yaml", "    status: mechanism", "    status: perfect", "E108"),
        ("laws/RSBL45.yaml", "level: department_rule\n", "", "E107"),
        ("profiles/jilin-edz.yaml", 'section: "(三)4"', 'section: "(三)44"', "E108"),
        ("supervision/labour.yaml", "grades: [A]", "grades: [AA]", "E108"),
        ("publicity/mapping.yaml", "item: SD-12", "item: SD-99", "E108"),
        ("publicity/mapping.yaml", "for: labour/national", "for: labour/nation", "E108"),
    ],
)
def test_a_fault_beside_the_schemes_is_said_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, file: str, old: str, new: str, code: str
) -> None:
    root = tmp_path / "configs"
    shutil.copytree(config_root(), root)
    text = (root / file).read_text(encoding="utf-8")
    assert old in text
    (root / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setenv("CREDITSCORE_CONFIGS", str(root))
    monkeypatch.setattr(library, "_files", lambda names, entries: iter(()))  # the schemes themselves are not the matter
    _, faults = library.check()
    assert [(fault.code, fault.file) for fault in faults] == [(code, file)], [str(fault) for fault in faults]


@pytest.mark.slow
def test_one_file_that_cannot_be_read_hides_no_fault_of_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "configs"
    shutil.copytree(config_root(), root)
    (root / "laws" / "HG2018_237.yaml").write_text("id: [", encoding="utf-8")
    for name, old, new in (
        ("schemes/customs/serious/2021-11-01.yaml", "cite: {law: HG2021_251}", "cite: {law: NOPE}"),
        ("schemes/market/serious/2014-10-01.yaml", "checked_on: 2026", "checked_on: soon2026"),
        ("supervision/tax.yaml", "checked_on: 2026", "checked_on: soon2026"),
        ("profiles/jilin-edz.yaml", "from: 2018", "from: soon2018"),
        (
            "composite/jilin_edz/2018-06-27.yaml",
            "effective_from: 2018",
            "effective_to: 2017-01-01\neffective_from: 2018",
        ),
    ):
        text = (root / name).read_text(encoding="utf-8")
        assert old in text
        (root / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setenv("CREDITSCORE_CONFIGS", str(root))
    # of the schemes, the two that hold a fault and one that cites the law
    schemes = ["customs/serious", "customs/abnormal", "market/serious"]
    files = library._files
    monkeypatch.setattr(library, "_files", lambda names, entries: files(names or schemes, entries))
    told_rows = json.loads(CliRunner().invoke(app, ["scheme", "check", "--json"]).stdout)
    faults = {(row["file"], row["code"]) for row in told_rows if row["severity"] == "fault"}
    assert faults >= {
        ("laws/HG2018_237.yaml", "E101"),
        ("schemes/customs/serious/2021-11-01.yaml", "E201"),
        ("schemes/market/serious/2014-10-01.yaml", "E108"),
        ("supervision/tax.yaml", "E108"),
        ("profiles/jilin-edz.yaml", "E108"),
        ("composite/jilin_edz/2018-06-27.yaml", "E131"),
    }
    assert not [row for row in told_rows if row["severity"] == "fault" and "HG2018_237" in row["message"]]
    assert len([row for row in told_rows if row["code"] == "E101"]) == 1
