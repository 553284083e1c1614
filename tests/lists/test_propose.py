"""From gradings to proposals: who, under which rule, on which records; and what may never lead to one."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore import Grading, grade, grade_all
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.lists import Book, draft, due, listings, propose, propose_one
from creditscore.lists.rules import why_not
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from tests.lists.players import A, B, entered, play

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


def test_a_proposal_names_its_rule_records_and_day() -> None:
    book, proposals = propose(Book(), usual(), records=table(), **ON)
    (case_id,) = proposals.made
    case = book.case(case_id)
    assert (case.subject_id, case.triggers, case.records) == (A, ("decision_overdue",), ("r1", "r2"))
    assert case.state == "proposed"
    assert {due_step.what for due_step in due(book, "2023-03-01")} == {"notice", "decide"}
    assert listings(book).num_rows == 0
    words = draft(book, case_id)
    assert "令第45号" in words["basis"].zh
    assert "r1" in words["facts"].en
    assert "书面承诺" in words["exits"].zh


def test_the_first_deadline_of_several_records_counts() -> None:
    rows = [{**RECORDS[0], "deadline_on": "2023-01-20"}, {**RECORDS[1], "deadline_on": "2023-01-16"}]
    book, _ = propose(Book(), graded(rows), records=table(rows), **ON)
    (decide,) = [due_step for due_step in due(book, "2023-03-01") if due_step.what == "decide"]
    assert decide.overdue
    later = book.cases[decide.case_id].dates["deadline_on"]
    assert later == (pd.Timestamp("2023-01-16") - pd.Timestamp("1970-01-01")).days


def test_a_deadline_that_is_no_day_is_named() -> None:
    with pytest.raises(CreditscoreError, match="deadline_on of record r1 is not a day"):
        propose(Book(), usual(), records=table(deadline_on="soon"), **ON)


def test_memory_folder_and_several_schemes_give_the_same(tmp_path: Path) -> None:
    memory = propose(Book(), usual(), **ON)
    several = grade_all(
        table(),
        ["wage_arrears", "labour/major_violations"],
        as_of="2023-03-01",
        max_rejected=9,
        subjects=pd.DataFrame({"subject_id": [A, B], "region": "220100"}),
    )
    folder = several.write(tmp_path / "both")
    for source in (usual().write(tmp_path / "one"), str(folder), several):
        other = propose(Book(), source, lists=["wage_arrears"], **ON)
        assert [case.case_id for case in other[0].cases.values()] == list(memory[1].made)


def test_the_order_of_rows_changes_nothing() -> None:
    rows = [{**RECORDS[0], "record_id": f"r{k}", "subject_id": (A, B)[k % 2]} for k in range(9)]
    first = propose(Book(), graded(rows), **ON)
    random.Random(3).shuffle(rows)
    assert propose(Book(), graded(rows), **ON) == first


def test_nothing_is_proposed_twice() -> None:
    grading = usual()
    book, proposals = propose(Book(), grading, **ON)
    again, second = propose(book, grading, on="2023-03-02", by="li.na")
    assert again == book
    assert [why for *_, why in second.skipped] == [f"a case is open: {proposals.made[0]}"]
    declined, *_ = play(book, proposals.made[0], "decide", {"enter": False, "on": "2023-03-03"})
    _, third = propose(declined, grading, on="2023-03-04", by="li.na")
    assert third.made == ()
    assert "declined on 2023-03-03" in third.skipped[0][3]
    listed, case_id = entered(Book(), "wage_arrears", "wage_arrears@2022", "2023-02-01")
    _, fourth = propose(listed, grading, **ON)
    assert [why for *_, why in fourth.skipped] == [f"an entry holds: {case_id}"]


def test_the_same_records_do_not_lead_to_a_second_entry() -> None:
    book, proposals = propose(Book(), usual(), **ON)
    case_id = proposals.made[0]
    book, *_ = play(book, case_id, "notice", {"on": "2023-03-02"})
    book, *_ = play(book, case_id, "decide", {"on": "2023-03-10", "enter": True})
    gone, *_ = play(book, case_id, "exit", {"on": "2023-03-13", "exit": "deregistered"})
    _, again = propose(gone, usual(), on="2023-03-14", by="li.na")
    assert again.made == ()
    assert "the same records led to an entry before" in again.skipped[0][3]
    annulled, *_ = play(book, case_id, "exit", {"on": "2023-03-13", "exit": "annulled"})
    _, again = propose(annulled, usual(), on="2023-03-14", by="li.na")
    assert len(again.made) == 1


def test_a_withdrawn_record_carries_nothing() -> None:
    rows = [*RECORDS[:2], {**RECORDS[0], "event_no": 2, "event": "withdrawn", "event_on": "2023-02-01"}]
    rows = [{"event_no": 1, "event": "filed", **row} for row in rows]
    book, proposals = propose(Book(), graded(rows), **ON)
    assert book.case(proposals.made[0]).records == ("r2",)


def test_not_before_the_day_of_the_grading() -> None:
    with pytest.raises(UsageError, match="before the day of the grading"):
        propose(Book(), usual(), on="2023-02-28", by="li.na")


def test_a_list_that_no_scheme_keeps() -> None:
    with pytest.raises(UsageError, match="no scheme of the grading keeps red"):
        propose(Book(), usual(), lists=["red"], **ON)


def test_a_grading_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(CreditscoreError, match=r"there is no manifest\.json"):
        propose(Book(), tmp_path, **ON)
    folder = usual().write(tmp_path / "g")
    (folder / "manifest.json").write_text("{", encoding="utf-8")
    with pytest.raises(CreditscoreError, match="cannot be read"):
        propose(Book(), folder, **ON)


def changed(scheme: Scheme, rule_id: str, **more: Any) -> Scheme:
    """The scheme with one deciding rule changed, and `total` as a fact that counts."""
    data = scheme.model_dump(by_alias=True)
    data["facts"]["total"] = {"take": "count", "items": ["arrears"]}
    for rule in data["decide"]:
        if rule["id"] == rule_id:
            rule.update(more)
    data["use"] = more.get("use", data["use"])
    data["decide"] = [{key: value for key, value in rule.items() if key != "use"} for rule in data["decide"]]
    return Scheme.model_validate(data)


WAGE = registry.pick("wage_arrears@2022")


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({}, None),
        ({"grade": None, "bands": [{"grade": "triggered", "at_least": 0}]}, "nobody is listed by a score alone"),
        ({"when": "score < 60"}, "compares the score"),
        ({"route": "score"}, "nobody is listed by a score alone"),
        ({"when": "total >= 3", "evidence": "project_default"}, "no published text counts so"),
        ({"when": "total >= 3", "evidence": "inference"}, "no published text counts so"),
        ({"when": "total >= 3", "cite": []}, "no published text counts so"),
        ({"when": "total >= 3"}, None),
        ({"grade": None, "not_graded": "x"}, "it sets no grade"),
        ({"grade": None, "ceiling": "triggered"}, "it sets no grade"),
        ({"when": None}, "nothing else does"),
        ({"use": "internal_risk"}, "internal risk class"),
    ],
)
def test_what_may_lead_to_a_proposal(more: dict[str, Any], why: str | None) -> None:
    scheme = changed(WAGE, "to_be_noticed", **more)
    text = why_not(scheme, "wage_arrears", "to_be_noticed")
    assert (text is None) if why is None else (why in str(text))


def test_a_grading_in_which_the_trigger_is_a_band_leads_to_nothing() -> None:
    data = registry.pick("wage_arrears@2022").model_dump(by_alias=True)
    data["start"] = {"rules": [{"id": "s", "points": 100, "evidence": "local"}]}
    bands = [{"grade": "clear", "at_least": 200}, {"grade": "triggered", "below": 200}]
    data["decide"] = [{"id": "to_be_noticed", "bands": bands, "route": "score", "evidence": "verified"}]
    data["lists"]["wage_arrears"]["triggers"] = ["to_be_noticed"]
    subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
    grading = grade(table(), Scheme.model_validate(data), as_of="2023-03-01", subjects=subjects)
    assert set(grading.grades["grade"].to_pylist()) == {"triggered"}
    book, proposals = propose(Book(), grading, **ON)
    assert (book, proposals.made, proposals.skipped) == (Book(), (), ())
    ((key, trigger, why),) = proposals.refused
    assert (key, trigger) == ("wage_arrears", "to_be_noticed")
    assert "nobody is listed by a score alone" in why


def test_a_grading_of_which_no_scheme_keeps_a_list() -> None:
    subjects = pd.DataFrame({"subject_id": [A], "first_filed_on": "2010-01-01"})
    records = pd.DataFrame({"record_id": ["1"], "subject_id": [A], "item": ["010101"], "occurred_on": ["2022-03-16"]})
    grading = grade(records.assign(tax_type="VAT"), "tax", 2022, subjects=subjects)
    with pytest.raises(UsageError, match="no scheme of this grading keeps a list"):
        propose(Book(), grading, on="2023-05-01", by="li.na")


def test_every_shipped_trigger_may_lead_to_a_proposal() -> None:
    refused = {
        (scheme.name, key, trigger): why
        for scheme in map(registry.load, registry.entries())
        for key, rule in scheme.lists.items()
        for trigger in rule.triggers
        if (why := why_not(scheme, key, trigger))
    }
    assert refused == {}


def test_a_grading_under_another_scheme_of_that_name_is_refused() -> None:
    subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
    other = changed(WAGE, "to_be_noticed", note="another")
    grading = grade(table(), other, as_of="2023-03-01", subjects=subjects)
    with pytest.raises(UsageError, match="not the version of the library"):
        propose(Book(), grading, **ON)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"trigger": "clear"}, "no trigger of this list"),
        ({"records": []}, "no record carries it"),
        ({"subject_id": "11010519491231002X"}, "a resident identity number is no id of an organisation"),
        ({"subject_id": " "}, "empty_id"),
        ({"records": ["11010519491231002X"]}, "resident identity number stands in records"),
        ({"key": "market_serious"}, "has no list"),
        ({"scheme": "wage_arrears@1999"}, "no version"),
        ({"dates": {"deadline_on": "2023-02-30"}}, "is not a day"),
        ({"dates": {"noticed_on": "2023-02-01"}}, "noticed_on is set by the steps of the case"),
        ({"by": "11010519491231002X"}, "stands in by"),
        ({"by": ""}, "nobody is named"),
        ({"recorded_on": "2023-02-01"}, "before it happened"),
        ({"colour": "red"}, "a step has no colour"),
    ],
)
def test_what_a_person_may_not_propose(given: dict[str, Any], words: str) -> None:
    given_usually: dict[str, Any] = {
        "subject_id": A,
        "key": "wage_arrears",
        "scheme": "wage_arrears@2022",
        "trigger": "to_be_noticed",
        "records": ["r1"],
        **ON,
    }
    book, case_id = propose_one(Book(), **given_usually)
    assert book.case(case_id).state == "proposed"
    with pytest.raises(CreditscoreError, match=words):
        propose_one(Book(), **{**given_usually, **given})
