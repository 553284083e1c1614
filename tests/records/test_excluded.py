"""Inputs without a legal basis are refused by item, domain, attribute and column; ordinary words are not."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import creditscore as cs
from creditscore.core.config import VARIABLE
from creditscore.core.errors import SchemeError
from creditscore.records.excluded import REASONS, by_reason, excluded

SUBJECTS = pd.DataFrame({"subject_id": ["a"]})


def records(**row: str) -> pd.DataFrame:
    return pd.DataFrame([{"record_id": "1", "subject_id": "a", "item": "x", "occurred_on": "2019-01-01"} | row])


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("family_planning", "no_legal_basis"),
        ("违反计划生育", "no_legal_basis"),
        ("red_light", "not_in_catalogue"),
        ("waste_sorting", "not_in_catalogue"),
        ("religion", "sensitive"),
        ("owner_religion", "sensitive"),
        ("general", None),
        ("region", None),
        ("010101", None),
        ("healthy_air", None),
    ],
)
def test_words(word: str, reason: str | None) -> None:
    assert by_reason([word]) == ({} if reason is None else {reason: [word]})


def test_a_faulty_table_is_refused_with_its_line_and_a_changed_one_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    file = tmp_path / "coverage.yaml"
    entry = "- {id: a, reason: sensitive, domains: [], words: [Amulet]"
    file.write_text(f"plan: X\nrefused_inputs:\n{entry}, why: {{zh: 甲}}}}\n", encoding="utf-8")
    assert by_reason(["an_amulet"]) == {"sensitive": ["an_amulet"]}
    for text, words in (
        (f"refused_inputs:\n{entry.replace(', words: [Amulet]', '}')}", "coverage.yaml:2: E107 refused_inputs.0.words"),
        ("plan: X", "coverage.yaml:1: E107 refused_inputs: required key is missing"),
    ):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(SchemeError, match=words):
            by_reason(["an_amulet"])


def test_every_entry_names_a_reason_and_words() -> None:
    assert len(excluded()) > 10
    for excluded_rule in excluded():
        assert excluded_rule.reason in REASONS
        assert excluded_rule.plain or excluded_rule.parts


@pytest.mark.parametrize("row", [{"item": "family_planning"}, {"domain": "family_planning"}])
def test_a_record_is_refused_with_its_reason(row: dict[str, str]) -> None:
    snapshot = cs.ingest(SUBJECTS, records(**row), subject_ids="local")
    refused = snapshot.rows("quarantine")
    assert (refused, snapshot.rows("log")) == (1, 0)
    rows = snapshot.con.sql("SELECT reason FROM quarantine").fetchall()
    assert rows == [("no_legal_basis",)]


def test_an_attribute_is_refused_with_its_reason() -> None:
    attributes = pd.DataFrame({"subject_id": ["a", "a"], "name": ["religion", "has_income"], "value": ["x", "true"]})
    snapshot = cs.ingest(SUBJECTS, records(), attributes=attributes, subject_ids="local")
    assert snapshot.con.sql("SELECT reason FROM quarantine").fetchall() == [("sensitive",)]
    assert snapshot.con.sql("SELECT name FROM attributes").fetchall() == [("has_income",)]


def test_a_column_is_an_error_that_names_all_of_them() -> None:
    with pytest.raises(cs.InputError, match=r"religion.*sensitive"):
        cs.ingest(SUBJECTS.assign(religion="x"), records(), subject_ids="local")
    with pytest.raises(cs.InputError, match="may not be used"):
        cs.ingest(SUBJECTS, records(family_planning="1"), subject_ids="local")
