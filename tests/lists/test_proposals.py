"""From gradings to proposals in a store: the same cases, and the same reasons for those that are not proposed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore import grade
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.lists import Book, propose
from creditscore.lists.proposals import propose_graded
from creditscore.schemes.model import Scheme
from tests.lists.offices import Office
from tests.lists.players import A, B
from tests.lists.test_propose import ON, RECORDS, WAGE, changed, graded, table, usual
from tests.lists.test_workflow import require_same


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


def test_a_proposal_names_its_rule_records_and_days(office: Office) -> None:
    book, old = propose(Book(), usual(), records=table(), **ON)
    new = propose_graded(office.store, usual(), records=table(), **ON)
    assert [name.partition("/")[2] for name in new.cases] == list(old.made)
    assert (new.skipped, new.refused) == (old.skipped, old.refused)
    require_same(office, book, "2023-03-01")
    given = office.store.read(new.cases[0]).steps()[0]["given"]
    assert (given["records"], given["items"], given["as_of"]) == (["r1", "r2"], ["arrears", "incident"], "2023-03-01")
    again = propose_graded(office.store, usual(), on="2023-03-02", by="li.na")
    assert [why for *_, why in again.skipped] == [f"a case is open: {old.made[0]}"]


def test_the_order_of_rows_changes_nothing(office: Office) -> None:
    rows = [{**RECORDS[0], "record_id": f"r{k}", "subject_id": (A, B)[k % 2]} for k in range(9)]
    _, old = propose(Book(), graded(rows), **ON)
    random.Random(3).shuffle(rows)
    new = propose_graded(office.store, graded(rows), **ON)
    assert [name.partition("/")[2] for name in new.cases] == list(old.made)


def test_a_withdrawn_record_carries_nothing(office: Office, tmp_path: Path) -> None:
    rows = [*RECORDS[:2], {**RECORDS[0], "event_no": 2, "event": "withdrawn", "event_on": "2023-02-01"}]
    folder = graded([{"event_no": 1, "event": "filed", **row} for row in rows]).write(tmp_path / "graded")
    (name,) = propose_graded(office.store, folder, **ON).cases
    assert office.store.read(name).fields["records"] == ["r2"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"on": "2023-02-28"}, "before the day of the grading"),
        ({"on": "soon"}, "is not a day"),
        ({"on": "2091-01-02"}, "has not come"),
        ({"known_on": "soon"}, "known_on: 'soon' is not a day"),
        ({"known_on": "2091-01-02"}, "has not come"),
        ({"dates": {B: {"deadline_on": "soon"}}}, "deadline_on: 'soon' is not a day"),
        ({"lists": ["red"]}, "no scheme of the grading keeps red"),
        ({"by": " "}, "nobody is said to act"),
        ({"colour": "red"}, "colour"),
        ({"records": table(deadline_on="soon")}, "deadline_on of record r1 is not a day"),
    ],
)
def test_what_is_refused_as_a_whole(given: dict[str, Any], words: str, office: Office) -> None:
    with pytest.raises(CreditscoreError, match=words):
        propose_graded(office.store, usual(), **{**ON, **given})
    assert office.store.rows("listing") == []


def test_a_grading_that_the_library_does_not_know(office: Office) -> None:
    subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
    other = changed(WAGE, "to_be_noticed", note="another")
    grading = grade(table(), other, as_of="2023-03-01", subjects=subjects)
    with pytest.raises(UsageError, match="not the version of the library"):
        propose_graded(office.store, grading, **ON)


def test_nobody_is_listed_by_a_score_alone(office: Office) -> None:
    data = WAGE.model_dump(by_alias=True)
    data["start"] = {"rules": [{"id": "s", "points": 100, "evidence": "local"}]}
    bands = [{"grade": "clear", "at_least": 200}, {"grade": "triggered", "below": 200}]
    data["decide"] = [{"id": "to_be_noticed", "bands": bands, "route": "score", "evidence": "verified"}]
    data["lists"]["wage_arrears"]["triggers"] = ["to_be_noticed"]
    subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
    grading = grade(table(), Scheme.model_validate(data), as_of="2023-03-01", subjects=subjects)
    proposals = propose_graded(office.store, grading, **ON)
    assert (proposals.cases, proposals.skipped) == ((), ())
    assert "nobody is listed by a score alone" in proposals.refused[0][2]
