"""Rules of what may be published by name: for a year, a grade and a list; wrong ones are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError
from creditscore.schemes.publication import load_publication

CITED = "cite: {law: R2025}, evidence: verified"


def test_a_grade_or_entry_is_published_only_under_a_rule(tmp_path: Path) -> None:
    grades = f"grades: [{{id: x, scheme: tax, grades: [A], from: 2018, to: 2020, {CITED}}}]"
    lists = f"lists: [{{id: y, list: wage_arrears, {CITED}}}]"
    (tmp_path / "publication.yaml").write_text(f"{grades}\n{lists}\n", encoding="utf-8")
    rules = load_publication(tmp_path)
    years = [year for year in range(2016, 2023) if rules.grade("tax", year, "A")]
    assert years == [2018, 2019, 2020]
    assert rules.grade("tax", 2019, "B") is rules.grade("customs/grade", 2019, "A") is rules.entry("gossip") is None
    entry = rules.entry("wage_arrears")
    assert entry is not None
    assert entry.id == "y"


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        (f"grades: [{{id: x, scheme: food/risk, grades: [A], {CITED}}}]\nlists: []", "never published"),
        (f"grades: [{{id: x, scheme: tax, grades: [Q], {CITED}}}]\nlists: []", "Q: no grade"),
        (f"grades: []\nlists: [{{id: x, list: gossip, {CITED}}}]", "no list of any scheme"),
        ("grades: []\nlists: [{id: x, list: market_serious, evidence: verified}]", "carries no cite"),
    ],
)
def test_publication_rules_that_are_wrong(tmp_path: Path, text: str, fault: str) -> None:
    (tmp_path / "publication.yaml").write_text(text + "\n", encoding="utf-8")
    with pytest.raises(SchemeError, match=fault):
        load_publication(tmp_path)
