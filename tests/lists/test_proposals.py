"""From gradings to proposals in a store: who, under which rule, on which records; and what may never lead to one."""

from __future__ import annotations

import random
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore import Grading, grade, grade_all
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.lists.draft import draft_notice
from creditscore.lists.entries import list_due
from creditscore.lists.entry_tables import tabulate_listings
from creditscore.lists.proposals import propose_graded
from creditscore.schemes.model import Scheme
from tests.lists.offices import Office
from tests.lists.players import A, B
from tests.lists.test_rules import WAGE, changed

ON: dict[str, Any] = {"on": "2023-03-01", "by": "li.na"}
RECORDS = [
    {"record_id": "r1", "subject_id": A, "item": "incident"},
    {"record_id": "r2", "subject_id": A, "item": "arrears", "workers": 12, "months_owed": 4, "amount": 50000},
    {"record_id": "r3", "subject_id": B, "item": "arrears", "workers": 2, "months_owed": 1, "amount": 100},
]
DAYS = {"event_on": "2023-01-05", "ordered_on": "2023-01-10", "deadline_on": "2023-01-20"}


def table(rows: list[dict[str, Any]] = RECORDS, **more: Any) -> pd.DataFrame:
    return pd.DataFrame([{**DAYS, **row, **more} for row in rows])


@cache
def usual() -> Grading:
    return graded([*RECORDS])


def graded(rows: list[dict[str, Any]]) -> Grading:
    subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
    return grade(table(rows), "wage_arrears", as_of="2023-03-01", subjects=subjects)


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


def test_a_proposal_names_its_rule_records_and_days(office: Office) -> None:
    proposals = propose_graded(office.store, usual(), records=table(), **ON)
    (name,) = proposals.cases
    case = office.store.read(name)
    assert (case.subject, case.state) == (A, "proposed")
    assert (case.fields["triggers"], case.fields["records"]) == (["decision_overdue"], ["r1", "r2"])
    assert case.fields["dates"]["deadline_on"] == "2023-01-20"
    assert {due.what for due in list_due(office.store, "2023-03-01")} == {"notice", "decide"}
    assert tabulate_listings(office.store).num_rows == 0
    given = case.steps()[0]["given"]
    assert (given["records"], given["items"], given["as_of"]) == (["r1", "r2"], ["arrears", "incident"], "2023-03-01")
    words = draft_notice(case)
    assert "令第45号" in words["basis"].zh
    assert "r1" in words["facts"].en
    assert "书面承诺" in words["exits"].zh


def test_nothing_is_proposed_twice(office: Office) -> None:
    (name,) = propose_graded(office.store, usual(), **ON).cases
    again = propose_graded(office.store, usual(), on="2023-03-02", by="li.na")
    assert [why for *_, why in again.skipped] == [f"a case is open: {name.partition('/')[2]}"]
    office.play(name, "decide", {"enter": False, "on": "2023-03-03"})
    third = propose_graded(office.store, usual(), on="2023-03-04", by="li.na")
    assert third.cases == ()
    assert "declined on 2023-03-03" in third.skipped[0][3]


def test_nobody_is_proposed_beside_an_entry(office: Office) -> None:
    name = office.enter("wage_arrears", "wage_arrears@2022", "2023-02-01")
    proposals = propose_graded(office.store, usual(), **ON)
    assert [why for *_, why in proposals.skipped] == [f"an entry holds: {name.partition('/')[2]}"]


@pytest.mark.parametrize(("way", "count"), [("deregistered", 0), ("annulled", 1)])
def test_the_same_records_lead_to_a_second_entry_only_where_the_first_was_annulled(
    way: str, count: int, office: Office
) -> None:
    (name,) = propose_graded(office.store, usual(), **ON).cases
    office.play(name, "notice", {"on": "2023-03-02"})
    office.play(name, "decide", {"on": "2023-03-10", "enter": True})
    office.play(name, "exit", {"on": "2023-03-13", "exit": way})
    again = propose_graded(office.store, usual(), on="2023-03-14", by="li.na")
    assert len(again.cases) == count
    assert ["the same records led to an entry before" in why for *_, why in again.skipped] == [True] * (1 - count)


def test_the_first_deadline_of_several_records_counts(office: Office) -> None:
    rows = [{**RECORDS[0], "deadline_on": "2023-01-20"}, {**RECORDS[1], "deadline_on": "2023-01-16"}]
    (name,) = propose_graded(office.store, graded(rows), records=table(rows), **ON).cases
    assert office.store.read(name).fields["dates"]["deadline_on"] == "2023-01-16"
    assert [due.overdue for due in list_due(office.store, "2023-03-01") if due.what == "decide"] == [True]


def test_the_order_of_rows_changes_nothing(tmp_path: Path) -> None:
    rows = [{**RECORDS[0], "record_id": f"r{k}", "subject_id": (A, B)[k % 2]} for k in range(9)]
    names = []
    for number in range(2):
        office = Office(str(tmp_path / f"{number}.db"))
        names.append(propose_graded(office.store, graded(rows), **ON).cases)
        office.store.close()
        random.Random(3).shuffle(rows)
    assert len(names[0]) == 2
    assert names[0] == names[1]


def test_memory_folder_and_several_schemes_give_the_same(tmp_path: Path) -> None:
    several = grade_all(
        table(),
        ["wage_arrears", "labour/major_violations"],
        as_of="2023-03-01",
        max_rejected=9,
        subjects=pd.DataFrame({"subject_id": [A, B], "region": "220100"}),
    )
    folder = several.write(tmp_path / "both")
    names = set()
    for number, source in enumerate((usual(), usual().write(tmp_path / "one"), str(folder), several)):
        office = Office(str(tmp_path / f"{number}.db"))
        names.add(propose_graded(office.store, source, lists=["wage_arrears"], **ON).cases)
        office.store.close()
    assert len(names) == 1


def test_a_grading_that_cannot_be_read(office: Office, tmp_path: Path) -> None:
    with pytest.raises(CreditscoreError, match=r"there is no manifest\.json"):
        propose_graded(office.store, tmp_path, **ON)
    folder = usual().write(tmp_path / "g")
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(CreditscoreError, match="cannot be read"):
        propose_graded(office.store, folder, **ON)


def test_a_grading_of_which_no_scheme_keeps_a_list(office: Office) -> None:
    subjects = pd.DataFrame({"subject_id": [A], "first_filed_on": "2010-01-01"})
    records = pd.DataFrame({"record_id": ["1"], "subject_id": [A], "item": ["010101"], "occurred_on": ["2022-03-16"]})
    grading = grade(records.assign(tax_type="VAT"), "tax", 2022, subjects=subjects)
    with pytest.raises(UsageError, match="no scheme of this grading keeps a list"):
        propose_graded(office.store, grading, on="2023-05-01", by="li.na")


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
