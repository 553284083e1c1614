"""`creditscore explain`."""

from pathlib import Path

import pytest

from creditscore.cli.explain import explain_command
from creditscore.core.errors import InputError, UsageError
from tests.explanation.conftest import MANY


def test_text_and_page(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "new" / "page.html"
    explain_command(folder, MANY, "en", page)
    shown = capsys.readouterr().out
    assert "80.88 → B" in shown
    assert str(page) in shown
    assert "80.88 → B" in page.read_text(encoding="utf-8")
    explain_command(folder, MANY)
    assert "得分：80.88" in capsys.readouterr().out


def test_what_cannot_be_explained(folder: Path) -> None:
    with pytest.raises(UsageError):
        explain_command(folder, MANY, "fr")
    with pytest.raises(InputError):
        explain_command(folder, "nobody")


OWN = """
scheme: city/letters
domain: food_hygiene
use: public_grade
label: {zh: 餐馆字母评级, en: Letter grades}
period: day
effective_from: 2015-01-01
checked_on: 2026-11-23
cite: {law: city_rule}
evidence: verified
subject_id: local
direction: lower_is_better
grades: [{code: A, label: {zh: 甲, en: A}}, {code: B, label: {zh: 乙, en: B}}, {code: C, label: {zh: 丙, en: C}}]
clocks: {inspected: [occurred_on]}
windows: {ever: {ever: true}}
admit: {clock: inspected, window: ever}
items: {violation: {label: {zh: 违规, en: violation}, add: {each: 1}, CITED}}
start: {rules: [{id: zero, points: 0, CITED}]}
decide: [{id: bands, bands: [{grade: A, at_most: 13}, {grade: B, above: 13, below: 28},
  {grade: C, at_least: 28}], CITED}]
""".replace("CITED", "cite: {law: city_rule}, evidence: verified")
LAW = "id: city_rule\ntitle: {zh: 某市办法, en: Rule of a city}\nnumber: No. 7\nlevel: foreign\n"
LAW += "promulgated: unknown\nin_force: unknown\nevidence: verified\n"


def test_an_own_scheme_is_explained_with_its_labels_and_legal_texts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    import pandas as pd

    import creditscore as cs

    (tmp_path / "laws").mkdir()
    (tmp_path / "laws" / "city_rule.yaml").write_text(LAW, encoding="utf-8")
    file = tmp_path / "letters.yaml"
    file.write_text(OWN, encoding="utf-8")
    record = {"record_id": "r", "subject_id": "s", "item": "violation", "occurred_on": "2020-01-01", "quantity": "14"}
    subjects = pd.DataFrame({"subject_id": ["s"]})
    cs.grade(pd.DataFrame([record]), str(file), subjects=subjects, as_of="2020-12-31").write(tmp_path / "out")
    explain_command(tmp_path / "out", "s", "en", scheme=str(file))
    shown = capsys.readouterr().out
    assert "0 + 14 = 14 → B" in shown
    assert "Rule of a city (No. 7)" in shown
    explain_command(tmp_path / "out", "s", "en")
    assert "name its YAML file with --scheme" in " ".join(capsys.readouterr().out.split())  # however wide
