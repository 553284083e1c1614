"""The papers of a case on a log: the life of its grade, what else the decision changed, and what was erased."""

from __future__ import annotations

from datetime import date

import pytest

from creditscore.core.errors import UsageError
from creditscore.evidence.papers import read_papers
from creditscore.objections.cases import read_cases
from creditscore.office.opening import Store
from creditscore.store.erasure import erase_stream
from tests.evidence.test_letter import decide, open_route
from tests.evidence.test_letter import store as store  # the fixture


def test_a_case_is_read_as_it_stood_on_a_day(store: Store) -> None:
    name, records = open_route(store, "objection")
    decide(store, name, dict.fromkeys(records, "uphold"))
    assert read_cases(store, date(2023, 5, 3)) == []
    assert [case.state for case in read_cases(store, date(2023, 5, 8))] == ["open"]
    (case,) = read_cases(store, date(2023, 5, 9))
    assert (case.state, case.records) == ("decided", tuple(records))
    assert read_papers(store, case.case_id).follows["changes"] == []


def test_an_erased_case_is_told_as_such(store: Store) -> None:
    name, records = open_route(store, "objection")
    decide(store, name, dict.fromkeys(records, "uphold"))
    erase_stream(store, name, reason="its time is over", by="chen.jie")
    with pytest.raises(UsageError, match="was erased"):
        read_papers(store, name)
    assert read_cases(store, date(2023, 5, 9)) == []
