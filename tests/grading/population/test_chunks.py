"""Spans hold every subject once, and how many there are changes no result."""

import pytest

import creditscore.grading.population.chunks as module
from creditscore.grading.population.chunks import spans


@pytest.mark.parametrize("subjects", [0, 1, 2, 3, 1000])
@pytest.mark.parametrize("rows", [0, 1, 7, 5000])
def test_spans_hold_every_subject_once(subjects: int, rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SORTED", 7)
    ranges = spans(subjects, rows, in_order=True)
    assert len(ranges) >= 1
    assert [sid for low, high in ranges for sid in range(low, high + 1)] == list(range(subjects))
