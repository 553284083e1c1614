"""Where a measure stands after its acts, and that it is in force only with its entry."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.errors import StoreError, UsageError
from creditscore.measures.cases import MeasureCase, in_force
from creditscore.measures.match import match
from creditscore.measures.model import Period
from creditscore.measures.state import MeasureAct, fold, step
from creditscore.measures.tables import Listing, by_subject
from creditscore.schemes.lists import Span
from tests.measures.helpers import FIRM, day, event, shipped


def test_contradictory_acts_are_a_damaged_store() -> None:
    with pytest.raises(StoreError, match="no proposal"):
        fold([MeasureAct(0, "JM-1", "accepted", 5, "a")])
    with pytest.raises(StoreError, match="contradict"):
        fold([MeasureAct(0, "JM-1", "proposed", 5, "a"), MeasureAct(1, "JM-1", "executed", 6, "a")])


ACTS = st.sampled_from(("accepted", "rejected", "notified", "executed", "fed_back", "annulled", "lifted", "lapsed"))


@settings(max_examples=200, deadline=None)
@given(
    acts=st.lists(st.tuples(ACTS, st.integers(0, 60)), max_size=8),
    begin=st.integers(-900, 0),
    stay=st.integers(1, 900),
    term=st.none() | st.integers(0, 900),
    span=st.none() | st.integers(1, 400),
)
def test_in_force_needs_the_entry_whatever_was_written(
    acts: list[tuple[str, int]], begin: int, stay: int, term: int | None, span: int | None
) -> None:
    start = day("2024-03-01")
    listed = Listing("L1", FIRM, "procurement_serious", start + begin, term and start + term, start + begin + stay)
    on, measure_acts = start, [MeasureAct(0, "JM-1", "proposed", start, "li")]
    for act, wait in acts:
        with suppress(UsageError):
            step(fold(measure_acts), act, on + wait, "JM-1")
            on += wait
            measure_acts.append(MeasureAct(len(measure_acts), "JM-1", act, on, "li"))
    proposals = match(shipped(), [event()], by_subject([replace(listed, exited_on=None, term_end=None)])).proposals
    period = Period(span=Span(days=span)) if span else Period(until_exit=True)
    for proposal in proposals:
        case = MeasureCase(proposal, period, "li", tuple(measure_acts))
        for moment in range(start - 30, start + 600, 11):
            if in_force(case, shipped(), by_subject([listed]), moment):
                assert listed.valid_on(moment)
                assert case.state.executed_on is not None
                assert moment >= case.state.executed_on
                assert span is None or moment < case.state.executed_on + span
