"""Steps that are refused, corrections, red lists, publications, and what grading reads of a book."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore import grade
from creditscore.core.config import config_root
from creditscore.core.errors import CreditscoreError, NotAllowed, SchemeError, UsageError
from creditscore.lists import Book, correct, due, expire, list_exits, listings, take_over
from creditscore.lists.rules import procedure
from tests.lists.players import CONTENTS, PAPER, A, B, entered, noticed, play, shown

PERSON = "11010519491231002X"


def run(book: Book, case_id: str, *steps: tuple[str, dict[str, Any]]) -> Book:
    for action, given in steps:
        book, case_id, _ = play(book, case_id, action, given)
    return book


def notice(**given: Any) -> tuple[str, dict[str, Any]]:
    return "notice", {"on": "2023-02-01", **given}


def decide(**given: Any) -> tuple[str, dict[str, Any]]:
    return "decide", {"enter": True, "on": "2023-02-09", **given}


TOLD = notice()
REFUSED: dict[str, tuple[list[tuple[str, dict[str, Any]]], str]] = {
    "a notice without remedies": (
        [notice(contents={**CONTENTS, "remedies": " "})],
        r"does not state: remedies \(救济途径\)",
    ),
    "a notice with an unknown part": ([notice(contents={**CONTENTS, "mood": "x"})], "no part mood"),
    "two notices": ([TOLD, ("notice", {"on": "2023-02-02"})], "the case is noticed"),
    "an objection before the notice": (
        [("object", {"on": "2023-02-01"})],
        "proposed; objected cannot follow",
    ),
    "an objection without words": (
        [TOLD, ("object", {"on": "2023-02-02", "content": ""})],
        "the objection says nothing",
    ),
    "a check of nothing": ([TOLD, ("check", {"on": "2023-02-02", "upheld": True})], "checked cannot"),
    "an answer without words": (
        [TOLD, ("object", {"on": "2023-02-02"}), ("check", {"on": "2023-02-03", "upheld": False, "answer": ""})],
        "gives no answer",
    ),
    "a decision without a document": (
        [TOLD, decide(document="")],
        "no document",
    ),
    "a decision without an organ": (
        [TOLD, decide(organ="")],
        "no organ",
    ),
    "a decision without a reason": ([decide(enter=False, on="2023-02-01", reason="")], "gives no reason"),
    "entered before the decision": (
        [TOLD, decide(entered_on="2023-02-08")],
        "before the decision",
    ),
    "published before the entry": (
        [TOLD, decide(published_on="2023-02-08")],
        "before the entry",
    ),
    "a term that the list does not have": (
        [TOLD, decide(term="life")],
        "'life' is no term",
    ),
    "a step before the one before": ([("notice", {"on": "2023-01-17"})], "before the step of 2023-01-18"),
    "publishing what is not entered": ([("publish", {"on": "2023-02-01"})], "published cannot follow"),
    "an exit from what is not entered": ([("exit", {"exit": "annulled", "on": "2023-02-01"})], "there is no entry"),
    "withdrawing what was not annulled": ([("withdraw", {"on": "2023-02-01"})], "nothing was annulled"),
    "refusing what nobody asked for": ([("refuse", {"on": "2023-02-01"})], "no application is open"),
    "a resident number in the reason": ([decide(enter=False, on="2023-02-01", reason=PERSON)], "resident identity"),
    "a resident number in the document": ([notice(document=f"见{PERSON}")], "stands in document"),
    "a person who is a resident number": ([notice(by=PERSON)], "stands in by"),
    "a day that is none": ([("notice", {"on": "2023-02-29"})], "on: '2023-02-29' is not a day"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    steps, words = REFUSED[name]
    given = {"list": "wage_arrears", "scheme": "wage_arrears@2022", "trigger": "to_be_noticed", "records": ["r1"]}
    book, case_id, _ = play(Book(), "", "propose", {**given, "on": "2023-01-18"})
    book = run(book, case_id, *steps[:-1])
    with pytest.raises(CreditscoreError, match=words):
        play(book, case_id, *steps[-1])


@pytest.mark.parametrize(("day", "mark"), [("2021-12-31", "project_default"), ("2022-01-04", "verified")])
def test_before_the_text_on_notices_its_parts_are_this_packages_demand(day: str, mark: str) -> None:
    given = {"list": "market_serious", "scheme": "market/serious@2021", "trigger": "all_three", "records": ["r1"]}
    book, case_id, _ = play(Book(), "", "propose", {**given, "on": "2021-12-30"})
    book, *_ = play(book, case_id, "notice", {"on": day, "heard_until": "2022-01-14"})
    assert book.events[-1].mark == mark


def test_who_proposed_or_announced_does_not_decide() -> None:
    book, case_id = noticed(Book())
    for person in ("li.na", "LI. NA", "ｌｉ.ｎａ"):
        with pytest.raises(NotAllowed, match="second person"):
            play(book, case_id, "decide", {"enter": True, "on": "2023-02-01", "by": person})
    assert play(book, case_id, "decide", {"enter": True, "on": "2023-02-01"})[0].case(case_id).state == "listed"


def test_a_correction_supersedes_and_what_follows_is_worked_out_again() -> None:
    book, case_id = noticed(Book())
    book = run(book, case_id, ("decide", {"enter": True, "on": "2023-01-31"}))
    mended = correct(
        book,
        case_id,
        3,
        to={"document": "〔2023〕2号", "entered_on": "2023-02-01"},
        reason="笔误",
        on="2023-04-03",
        by="z",
    )
    assert shown(mended.case(case_id), "entered_on") == date(2023, 2, 1)
    assert listings(mended, "2023-04-02") == listings(book)
    after = listings(mended).to_pylist()[0]
    assert (after["entered_on"], after["term_end"]) == (date(2023, 2, 1), date(2026, 1, 30))
    assert "〔2023〕2号" in after["basis"]
    assert mended.events[: len(book.events)] == book.events


@pytest.mark.parametrize(
    ("no", "to", "words"),
    [
        (2, {"on": "2023-01-19"}, "cannot be of 2023-01-19"),
        (2, {"heard_until": "2023-02-20"}, "a decision from 2023-02-21 on"),
        (1, {"subject": B}, "subject cannot be corrected"),
        (1, {"scheme": "wage_arrears@2018"}, "scheme cannot be corrected"),
        (9, {"document": "x"}, "no step 9"),
        (3, {"document": "〔2023〕1号"}, "changes nothing"),
        (3, {"document": PERSON}, "resident identity number"),
    ],
)
def test_a_correction_that_would_be_wrong(no: int, to: dict[str, Any], words: str) -> None:
    book, case_id = noticed(Book())
    book = run(book, case_id, ("decide", {"enter": True, "on": "2023-01-31"}))
    with pytest.raises(CreditscoreError, match=words):
        correct(book, case_id, no, to=to, reason="笔误", on="2023-04-03", by="z")


def test_a_correction_may_not_let_two_entries_hold_at_once() -> None:
    book, first = entered(Book(), "wage_arrears", "wage_arrears@2018", "2018-01-05")
    book, _ = entered(book, "wage_arrears", "wage_arrears@2018", "2019-01-05")
    with pytest.raises(UsageError, match="already on the list"):
        correct(book, first, 1, to={"entered_on": "2018-01-06"}, reason="笔误", on="2019-03-04", by="z")


def test_an_exit_by_itself_cannot_outlast_its_recording() -> None:
    book, case_id = entered(Book(), "wage_arrears", "wage_arrears@2018", "2018-01-05")
    book, _ = expire(book, "2019-01-05", by="z")
    with pytest.raises(UsageError, match="until 2019-01-05, but its exit by itself was recorded on 2019-01-05"):
        correct(book, case_id, 1, to={"entered_on": "2018-01-06"}, reason="笔误", on="2019-03-04", by="z")


def test_an_exit_known_late_does_not_change_what_was_known() -> None:
    book, _ = entered(Book(), "wage_arrears", "wage_arrears@2018", "2018-01-05")
    gone, expired = expire(book, "2019-06-03", by="z")
    assert len(expired.left) == 1
    assert listings(gone, "2019-06-02").to_pylist()[0]["exited_on"] is None
    row = listings(gone).to_pylist()[0]
    assert (row["exited_on"], row["exit_reason"]) == (date(2019, 1, 5), "expiry")
    (lifted,) = list_exits(gone).to_pylist()
    assert (lifted["lifted_from"], lifted["recorded_on"]) == (date(2019, 1, 5), date(2019, 6, 3))


def test_a_new_matter_holds_an_exit_back_that_it_may_bar() -> None:
    book, first = entered(
        Book(), "customs_dishonest", "customs/grade@2021", "2022-01-10", triggers=["bribery"], records=["r1"]
    )
    given = {"list": "customs_dishonest", "scheme": "customs/grade@2021", "trigger": "tax_late", "records": ["r2"]}
    with pytest.raises(UsageError, match="an entry holds"):
        play(book, first, "propose", {**given, "on": "2023-12-01"})
    other, *_ = play(Book(), "", "propose", {**given, "on": "2021-12-01"})
    both, first = entered(
        other, "customs_dishonest", "customs/grade@2021", "2022-01-10", triggers=["bribery"], records=["r1"]
    )
    _, expired = expire(both, "2024-01-10", by="z")
    assert expired.left == ()
    assert expired.waiting[first].code == "bars"
    assert {due_step.what for due_step in due(both, "2024-01-10") if due_step.case_id == first} == {"look_at"}


def test_a_red_list_is_to_be_left_when_a_serious_list_is_entered() -> None:
    scheme = "construction/blacklist@2018"
    book, red = entered(Book(), "construction_good_record", scheme, "2019-03-01", published_on="2019-03-01")
    assert [due_step.what for due_step in due(book, "2019-04-01")] == ["expire"]
    book, _ = entered(book, "market_serious", "market/serious@2014", "2019-04-02")
    assert "leave_red" in {due_step.what for due_step in due(book, "2019-04-02")}
    book, *_ = play(book, red, "exit", {"exit": "listed_elsewhere", "on": "2019-04-03"})
    assert book.case(red).exit_reason == "red_lost"


def test_on_a_publication_each_decision_has_its_own_entry() -> None:
    where = ("bidding_violation_record", "bidding/violation_record@2009")
    book, _ = entered(Book(), *where, "2019-03-10", records=["r1"], published_on="2019-03-15")
    book, _ = entered(book, *where, "2019-04-10", records=["r2"], published_on="2019-04-15")
    assert listings(book).num_rows == 2
    with pytest.raises(UsageError, match="already on the list"):
        entered(book, *where, "2019-05-10", records=["r1", "r3"])


def test_the_annulled_entry_is_to_be_withdrawn_within_three_days() -> None:
    book, case_id = entered(Book(), "market_serious", "market/serious@2021", "2022-03-15")
    book, *_ = play(book, case_id, "exit", {"exit": "annulled", "on": "2022-04-29"})
    (due_step,) = due(book, "2022-05-03")
    assert (due_step.what, due_step.by is not None and due_step.overdue, due_step.basis) == (
        "withdraw",
        True,
        "XZCFF 48",
    )
    assert list_exits(book).to_pylist()[0]["withdraw_by"] == date(2022, 5, 2)
    book, *_ = play(book, case_id, "withdraw", {"on": "2022-05-04"})
    assert due(book, "2022-05-04") == []


@pytest.mark.parametrize(
    ("day", "grade_then"),
    [("2023-03-09", "clear"), ("2023-03-10", "listed"), ("2026-03-09", "listed"), ("2026-03-10", "clear")],
)
def test_grading_reads_the_listings(day: str, grade_then: str) -> None:
    book, _ = entered(Book(), "wage_arrears", "wage_arrears@2022", "2023-03-10")
    subjects = pd.DataFrame({"subject_id": [A], "region": "220100"})
    records = pd.DataFrame(
        {
            "record_id": ["r"],
            "subject_id": [A],
            "item": ["arrears"],
            "event_on": ["2022-01-01"],
            "workers": [1],
            "months_owed": [1],
            "amount": [1],
        }
    )
    graded = grade(records, "wage_arrears", as_of=day, subjects=subjects, listings=listings(book))
    assert graded.grades.to_pylist()[0]["grade"] == grade_then


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"organ": ""}, "its name and its document"),
        ({"document": ""}, "its name and its document"),
        ({"triggers": ["x"]}, "x is no trigger"),
        ({"subject_id": PERSON}, "resident identity number"),
        ({"term_end": "2019-01-01"}, "before the entry"),
    ],
)
def test_what_cannot_be_taken_over(given: dict[str, Any], words: str) -> None:
    usual: dict[str, Any] = {
        "subject_id": A,
        "key": "judgment_defaulter",
        "scheme": "court/judgment_defaulter@2017",
        "on": "2019-05-06",
        "by": "li.na",
        **PAPER,
    }
    book, _ = take_over(Book(), **usual)
    with pytest.raises(UsageError, match="kept already"):
        take_over(book, **usual)
    with pytest.raises(CreditscoreError, match=words):
        take_over(Book(), **{**usual, **given})


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("  evidence: project_default\n  note: who", "  note: who", "second_person"),
        ("law: XZCFF", "law: nowhere", "nowhere"),
        ("kind: red_lost", "kind: lost", "red_lost"),
        ("within: {days: 3}", "within: {days: 3, months: 1}", "exactly one of"),
        ("needs_notice:", "needs_notices:", "needs_notice"),
    ],
)
def test_a_wrong_file_of_common_rules_names_its_place(tmp_path: Path, old: str, new: str, words: str) -> None:
    text = (config_root() / "lists" / "procedure.yaml").read_text(encoding="utf-8")
    assert old in text
    (tmp_path / "procedure.yaml").write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemeError, match=words) as wrong:
        procedure(tmp_path / "procedure.yaml")
    assert "lists/procedure.yaml:" in str(wrong.value)
