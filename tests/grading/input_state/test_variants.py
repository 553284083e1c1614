"""A record without a cell that its item needs could have held anything there; grades stand only where none matters."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from creditscore.core.days import to_day, year_end
from creditscore.grading.bind import bind
from creditscore.grading.input_state.variants import Space, attribute_values
from creditscore.schemes import registry

VERSIONS = [entry for entry in registry.entries() if not registry.load(entry).missing]


@pytest.mark.parametrize("entry", VERSIONS, ids=[f"{version.scheme}@{version.version}" for version in VERSIONS])
def test_what_an_item_needs_may_have_been_something(entry: registry.Entry) -> None:
    """Every column that an item of a shipped scheme requires has other readings than silence."""
    scheme = registry.load(entry)
    at = scheme.effective_from
    day = to_day(at) if isinstance(at, date) else year_end(at)
    plan = bind(scheme, at, known_at=day + 400, siblings=registry.versions(scheme.scheme))
    space = Space(plan)
    for item in plan.items:
        for name in item.requires:
            assert set(attribute_values(space, name, "records")) - {None}, (item.code, name)


DECISIONS = [
    {"record_id": "1", "decided_on": "2019-01-01", "decided_grade": "general", "document_no": "x", "source": "c"},
    {"record_id": "2", "decided_on": "2019-06-01", "decided_grade": "dishonest", "document_no": "y", "source": "c"},
]


@pytest.mark.parametrize("column", ["document_no", "source", "decided_on", "decided_grade"])
def test_a_later_decision_with_an_empty_cell_leaves_the_grade_open(column: str) -> None:
    rows: list[dict[str, Any]] = [
        {"subject_id": "A", "domain": "customs", "item": "decision", **row} for row in DECISIONS
    ]
    rows[1][column] = None
    subjects = pd.DataFrame({"subject_id": ["A", "B"]})
    snapshot = cs.ingest(subjects, pd.DataFrame(rows), subject_ids="local", intake_on="2024-01-01")
    grading = cs.grade(snapshot, "customs/grade@2018-05-01", as_of="2020-01-01", max_rejected=9)
    (row,) = [row for row in grading.grades.to_pylist() if row["subject_id"] == "A"]
    assert (row["state"], row["state_reason"], row["grade_without"]) == ("not_computable", "refused_rows", "general")
