"""Every shipped scheme, on random subjects: both interpreters agree, the ledger adds up, order does not matter.

The columns of decisive records, too, are counted here against the search, on the same subjects."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

import creditscore as cs
from creditscore.grading.grade import grade_few
from creditscore.schemes import registry
from tests.explanation.decisive.test_population import compare_columns
from tests.grading.shipped_tables import moments, tables
from tests.grading.test_parity import same
from tests.tiers import thinned

FITTING = ("records: item_not_in_version", "records: missing_date")
CASES = [(entry, at) for entry in registry.entries() for at in moments(entry)]


@pytest.mark.parametrize(
    ("entry", "at"), thinned(CASES, 32, in_ci=8), ids=lambda case: str(getattr(case, "scheme", case))
)
def test_both_interpreters_agree_under_every_shipped_scheme(entry: registry.Entry, at: int | date) -> None:
    scheme = registry.load(entry)
    year = at if isinstance(at, int) else at.year
    inputs = tables(scheme, year, 1, 120 if scheme.domain in ("tax", "medical") else 40)
    intake = date(year + 3, 1, 1)  # the period is over, and no record lies ahead
    snapshot = cs.ingest(subject_ids="local", intake_on=intake, **inputs)
    when: dict[str, Any] = {"period": at} if isinstance(at, int) else {"as_of": at}
    few = grade_few(snapshot, f"{entry.scheme}@{entry.version}", **when)
    when["max_rejected"] = 10**6  # rows that this version does not take, or that do not fit their item
    grading = cs.grade(snapshot, f"{entry.scheme}@{entry.version}", **when)
    same(grading, few)
    compare_columns(snapshot, grading.plan)
    counts = grading.manifest["counts"]
    assert counts["records"]["used"] > 8 or not scheme.items, counts
    if scheme.domain in ("tax", "food_hygiene", "food_inspection"):
        assert len(counts["grades"]) > 1, counts
        assert grading.manifest["rejected"] == sum(
            number for why, number in grading.manifest["reasons"].items() if why in FITTING
        )
    if scheme.domain not in ("tax", "environment", "wages"):
        return  # order is the engine's affair: a few families show it
    shuffled = {name: frame.sample(frac=1, random_state=7) for name, frame in inputs.items()}
    again = cs.grade(
        cs.ingest(subject_ids="local", intake_on=intake, **shuffled), f"{entry.scheme}@{entry.version}", **when
    )
    assert again.grades == grading.grades
    assert again.ledger == grading.ledger
    assert again.manifest["run_id"] == grading.manifest["run_id"]
