"""Columns for a population: the same as the search over each subject, whatever the spans and processes."""

from __future__ import annotations

from dataclasses import astuple, replace

import pyarrow as pa
import pytest

from creditscore.explanation.decisive import check
from creditscore.explanation.decisive.check import check_columns
from creditscore.explanation.decisive.population import brief, population, some_spans, span
from creditscore.explanation.synthetic import plans, subjects
from creditscore.explanation.synthetic_tables import tables
from creditscore.grading.plan import Plan
from creditscore.grading.population import chunks
from creditscore.grading.population.prescore import open_prescorer
from creditscore.records import Snapshot, ingest
from creditscore.schemes import registry
from tests.paths import TEST_SCHEMES

RICH = TEST_SCHEMES


def compare_columns(snapshot: Snapshot, plan: Plan) -> int:
    """Compare what was answered from sums with the search; returns for how many subjects."""
    with open_prescorer(snapshot, plan) as ready:
        searched: list[str] = []
        rows = span(ready, 0, searched=searched).to_pylist()
        quick = [k for k, row in enumerate(rows) if row["subject_id"] not in set(searched)]
        for k, (subject_id, subject) in zip(quick, ready.inputs(quick), strict=True):
            assert tuple(rows[k].values()) == astuple(brief(plan, subject_id, subject))
    return len(quick)


@pytest.mark.parametrize("name", ["caps", "acts", "dates", "unknown"])
@pytest.mark.slow
def test_the_columns_are_those_of_the_search_where_everything_meets(name: str) -> None:
    checked = check_columns(registry.pick(str(RICH / f"{name}.yaml")), 60, 3, range(13))
    assert checked.differences == ()
    assert checked.subjects >= 60
    assert checked.sets > 12  # answered from sums


def test_the_check_sees_a_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(*given: object) -> object:
        answer = brief(*given)  # type: ignore[arg-type]
        return replace(answer, smallest_set=1) if answer.smallest_set == 2 else answer

    monkeypatch.setattr(check, "brief", wrong)
    checked = check_columns(registry.pick(str(RICH / "acts.yaml")), 60, 3, range(13))
    assert any("by the search" in difference for difference in checked.differences)


def test_neither_spans_nor_shares_change_the_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plans(registry.pick(str(RICH / "acts.yaml")))[-1]
    snapshot = ingest(**tables(plan, subjects(plan, 5, 24, range(6))), subject_ids="local")
    with open_prescorer(snapshot, plan) as ready:
        whole = population(lambda share: some_spans(ready, share))
    monkeypatch.setattr(chunks, "UNSORTED", 25)
    with open_prescorer(snapshot, plan) as ready:
        assert len(ready.ranges) >= 3
        parts = [some_spans(ready, (share, 2)) for share in range(2)]
    assert pa.concat_tables(parts).sort_by("subject_id") == whole
    assert whole.num_rows == 24
