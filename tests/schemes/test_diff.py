"""What changed between two versions, part by part; and who moves."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pandas as pd
import pytest

from creditscore.grading.migration import movement
from creditscore.records import ingest
from creditscore.schemes import registry
from creditscore.schemes.diff import diff
from creditscore.schemes.laws import load_laws
from creditscore.schemes.load import load_scheme
from creditscore.schemes.model import Scheme
from tests.schemes.library_helpers import LAW, RICH, write


def schemes(tmp_path: Path, *changes: tuple[str, str]) -> tuple[Scheme, Scheme]:
    text = RICH
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    write(tmp_path, {"a.yaml": RICH, "b.yaml": text, "laws/L.yaml": LAW})
    return load_scheme(tmp_path / "a.yaml"), load_scheme(tmp_path / "b.yaml")


def test_equal_versions_do_not_differ(tmp_path: Path) -> None:
    assert diff(*schemes(tmp_path)) == []


def test_each_kind_of_change_is_said(tmp_path: Path) -> None:
    pair = schemes(
        tmp_path,
        ("deduct: {each: 2}", "deduct: {each: 3}"),
        (
            "at_least: 70, below: 90}, {grade: C, at_least: 40, below: 70}",
            "at_least: 60, below: 90}, {grade: C, at_least: 40, below: 60}",
        ),
        ("months: 6}, after_days: 3", "months: 9}, after_days: 3"),
        ("span: {years: 3}", "span: {years: 5}"),
        ("reading one}", "another reading}"),
        ("deduct: 11, cite: {law: L}, evidence: verified", "deduct: 11, cite: {law: L}, evidence: recalled"),
        ("  veto: {label: {zh: 十, en: veto}, tags: [veto]", "  block: {label: {zh: 十, en: veto}, tags: [veto]"),
    )
    results = {
        (change.section, change.name, change.what, change.aspect): (change.before, change.after)
        for change in diff(*pair)
    }
    assert results["items", "each", "changed", "points"] == ("-2 each", "-3 each")
    assert results["decide", "bands", "changed", "effect"][1] == "A ≥90; B ≥60 <90; C ≥40 <60; D <40"
    assert results["windows", "life", "changed", "text"][1].startswith("life of 9 months")
    assert results["lists", "serious.term", "changed", "term"][1] == "since decided_on, span 5 years, applies_to first"
    assert results["readings", "one", "changed", "text"][1] == "another reading"
    assert results["conditions", "carry", "changed", "evidence"] == ("verified", "recalled")
    assert ("items", "veto", "removed", "") in results
    assert ("items", "block", "added", "") in results
    assert len(results) == 8


def test_a_moved_line_of_decide_is_one_change(tmp_path: Path) -> None:
    a, b = schemes(tmp_path)
    b = b.model_copy(update={"decide": [b.decide[1], b.decide[0], *b.decide[2:]]})
    (change,) = diff(a, b)
    assert (change.section, change.what, change.aspect) == ("decide", "moved", "order")
    assert change.words("zh")[2] == "换序"


def test_tax_2014_and_2025_differ_in_words_of_both_languages() -> None:
    a, b = registry.pick("tax@2014"), registry.pick("tax@2025")
    for lang, word in (("zh", "分值"), ("en", "points")):
        rows = [change.words(lang) for change in diff(a, b, lang)]
        assert any(row[3] == word for row in rows)


def test_who_moves(tmp_path: Path) -> None:
    a, b = schemes(tmp_path, ("deduct: {each: 2}", "deduct: {each: 20}"))
    a, b = (scheme.model_copy(update={"beside": []}) for scheme in (a, b))
    people = pd.DataFrame({"subject_id": ["s1", "s2"], "staff": ["20", "20"], "registered_on": ["2000-01-01"] * 2})
    row = {"record_id": "r", "subject_id": "s1", "item": "each", "occurred_on": "2020-05-05", "level": "low"}
    snapshot = ingest(people, pd.DataFrame([row]), subject_ids="local")
    moves = movement(a, b, snapshot, period=2020)
    assert moves.matrix == {("A", "B"): 1, ("A", "A"): 1}
    assert moves.moved == (("s1", "A", "B"),)
    assert moves.subjects == 2


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_texts_are_named_by_title_and_number(lang: str) -> None:
    laws = re.compile(r"\b(" + "|".join(map(re.escape, load_laws())) + r")\b")
    changes = [
        change
        for first, second in itertools.pairwise(map(registry.load, registry.entries()))
        if first.scheme == second.scheme
        for change in diff(first, second, lang)
        if change.aspect == "cite" or change.name == "cite"
    ]
    assert len(changes) > 100
    for change in changes:
        assert not laws.search(" ".join(change.words(lang))), change
