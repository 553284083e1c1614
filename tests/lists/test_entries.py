"""Entries on a store: refusals in their words, corrections, red lists, what is in force, rests on a record, is over."""

from __future__ import annotations

import pickle
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

from creditscore import grade
from creditscore.core.errors import CreditscoreError, NotAllowed
from creditscore.lists.entries import Note, expire_entries, list_due, list_in_force, list_resting_on, read_cases
from creditscore.lists.entry_tables import tabulate_events, tabulate_exits, tabulate_listings, write_entries
from creditscore.lists.history import tell_entries
from creditscore.store.context import Refused
from creditscore.store.erasure import erase_stream
from creditscore.store.log import Act, NewEvent
from creditscore.store.machine import Stale
from creditscore.store.people import grant_role
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify
from tests.lists.offices import Office
from tests.lists.players import CONTENTS, A, B
from tests.lists.refusals import PERSON, REFUSED
from tests.store.helpers import add_person

WAGE = {"list": "wage_arrears", "scheme": "wage_arrears@2022", "trigger": "to_be_noticed", "records": ["r1"]}
DEFAULTER = ("judgment_defaulter", "court/judgment_defaulter@2017")
CUSTOMS = ("customs_dishonest", "customs/grade@2021")
DECLARED = (  # those that the declaration itself refuses
    "a notice without remedies",
    "a notice with an unknown part",
    "a decision without a document",
    "a decision without an organ",
    "entered before the decision",
    "published before the entry",
)


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    opened.store.close()


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str, office: Office) -> None:
    steps, words = REFUSED[name]
    case, _ = office.play("", "propose", {**WAGE, "on": "2023-01-18"})
    for action, given in steps[:-1]:
        office.play(case, action, given)
    size = office.store.head().size
    with pytest.raises(CreditscoreError, match=words) as refused:
        office.play(case, *steps[-1])
    assert refused.value.allowed
    assert refused.value.next
    assert PERSON not in str(refused.value)
    assert office.store.head().size == size


@pytest.mark.parametrize("name", DECLARED)
def test_a_refusal_is_said_in_chinese_too(name: str, tmp_path: Any) -> None:
    office = Office(str(tmp_path / "credit.db"))
    steps, _ = REFUSED[name]
    case, _ = office.play("", "propose", {**WAGE, "on": "2023-01-18"})
    for action, given in steps[:-1]:
        office.play(case, action, given)
    with pytest.raises(CreditscoreError) as refused:
        office.play(case, *steps[-1])
    office.store.close()
    error = refused.value
    assert isinstance(error, Refused)
    assert error.zh
    assert error.in_language("en") == str(error)
    assert pickle.loads(pickle.dumps(error)).in_language("zh") == error.in_language("zh")
    chinese = error.in_language("zh").replace(str(error.zh.where), "")
    assert not re.search(r"[a-z]{4,}|[0-9]{4}-[0-9]{2}-[0-9]{2}|, ", re.sub(r"“[^”]*”", "", chinese)), chinese


def test_a_refusal_names_days_and_law_as_an_official_would(office: Office) -> None:
    case, _ = office.play("", "propose", {**WAGE, "on": "2023-01-18"})
    with pytest.raises(Refused) as refused:
        office.play(case, "decide", {"enter": True, "on": "2023-01-18"})
    assert "（依据《国务院办公厅关于" in refused.value.in_language("zh")
    office.play(case, "notice", {"on": "2023-01-18"})
    with pytest.raises(Refused) as refused:
        office.play(case, "decide", {"enter": True, "on": "2023-01-20"})
    assert refused.value.in_language("zh") == (
        f"异议期至2023年1月30日届满\n  事项：{case}（决定）\n  要求：2023年1月31日或以后作出决定\n"
        "  下一步：更正所填内容，或者办理其他事项"
    )


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"organ": ""}, "its name and its document"),
        ({"document": ""}, "its name and its document"),
        ({"triggers": ["x"]}, "x is no trigger"),
        ({"subject": PERSON}, "resident identity number is no id"),
        ({"subject": ""}, "subject: Field required"),
        ({"term_end": "2019-01-01"}, "before the entry"),
        ({"scheme": "court/nothing@2017"}, "court/nothing"),
        ({"list": "red"}, "has no list 'red'"),
        ({"dates": {"entered_on": "2019-05-01"}}, "entered_on is set by the steps of the case"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_what_cannot_be_taken_over(given: dict[str, Any], words: str, office: Office) -> None:
    usual: dict[str, Any] = {"list": DEFAULTER[0], "scheme": DEFAULTER[1], "on": "2019-05-06"}
    with pytest.raises(CreditscoreError, match=words):
        office.play("", "take_over", {**usual, **given})
    assert office.store.rows("listing") == []
    office.play("", "take_over", usual)
    with pytest.raises(CreditscoreError, match="is there already"):
        office.play("", "take_over", usual)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"trigger": "clear"}, "no trigger of this list"),
        ({"records": []}, "no record carries it"),
        ({"subject": PERSON}, "resident identity number is no id"),
        ({"scheme": "wage_arrears@1999"}, "wage_arrears"),
        ({"list": "red"}, "has no list 'red'"),
        ({"dates": {"deadline_on": "2023-02-30"}}, "dates.deadline_on"),
        ({"dates": {"noticed_on": "2023-02-01"}}, "noticed_on is set by the steps of the case"),
        ({"by": ""}, "nobody is said to act"),
        ({"recorded_on": "2023-02-01"}, "lies before the day of the act"),
        ({"recorded_on": "2092-02-01"}, "has not come"),
    ],
)
def test_what_cannot_be_proposed(given: dict[str, Any], words: str, office: Office) -> None:
    with pytest.raises(CreditscoreError, match=words):
        office.play("", "propose", {**WAGE, "on": "2023-03-01", **given})


def test_nothing_is_proposed_twice(office: Office) -> None:
    case, _ = office.play("", "propose", {**WAGE, "on": "2023-03-01"})
    again = {**WAGE, "on": "2023-03-02"}
    with pytest.raises(CreditscoreError, match=f"a case is open: {case.partition('/')[2]}"):
        office.play("", "propose", again)
    office.play(case, "decide", {"enter": False, "on": "2023-03-03"})
    with pytest.raises(CreditscoreError, match="declined on 2023-03-03"):
        office.play("", "propose", {**again, "on": "2023-03-04"})
    other, _ = office.play("", "propose", {**again, "records": ["r2"], "on": "2023-03-04"})
    office.play(other, "notice", {"on": "2023-03-06"})
    office.play(other, "decide", {"enter": True, "on": "2023-03-20"})
    with pytest.raises(CreditscoreError, match="an entry holds"):
        office.play("", "propose", {**again, "records": ["r3"], "on": "2023-03-21"})
    office.play(other, "exit", {"exit": "deregistered", "on": "2023-03-22"})
    with pytest.raises(CreditscoreError, match="the same records led to an entry before"):
        office.play("", "propose", {**again, "records": ["r2"], "on": "2023-03-23"})


def test_who_proposed_or_announced_does_not_decide(office: Office) -> None:
    case = office.give_notice()
    for person in ("li.na", "LI. NA", "ｌｉ.ｎａ", "lі.na"):
        with pytest.raises(NotAllowed, match="second person"):
            office.play(case, "decide", {"enter": True, "on": "2023-02-01", "by": person})
    office.play(case, "decide", {"enter": True, "on": "2023-02-01"})
    assert office.store.read(case).state == "listed"


def test_roles_are_enforced(office: Office) -> None:
    store = office.store
    case = office.give_notice()
    chen = store.people().find("chen.jie") or add_person(store, "chen.jie", (), by="root")
    store.change_people(lambda people: [grant_role(chen, "approver", number=1)], by="chen.jie")
    with pytest.raises(NotAllowed, match=r"wang\.fang"):
        office.play(case, "decide", {"enter": True, "on": "2023-01-31", "by": "wang.fang"})
    with pytest.raises(NotAllowed, match="no reviewer"):
        office.play(case, "object", {"on": "2023-01-19", "by": "li.na"})
    office.play(case, "decide", {"enter": True, "on": "2023-01-31"})
    li_na = store.people().find("li.na")
    assert li_na
    store.change_people(lambda people: [grant_role(li_na, "grader", domain="tax", number=1)], by="chen.jie")
    with pytest.raises(NotAllowed, match="no grader"):  # of another domain
        expire_entries(store, "2026-01-31", by="li.na")
    store.change_people(lambda people: [grant_role(li_na, "grader", domain="wages", number=2)], by="chen.jie")
    assert expire_entries(store, "2026-01-31", by="li.na").left == (case,)
    assert verify(store).faults == []


# --- corrections


def test_a_correction_supersedes_and_what_follows_is_worked_out_again(office: Office) -> None:
    case = office.give_notice()
    office.play(case, "decide", {"enter": True, "on": "2023-01-31"})
    before = tabulate_listings(office.store)
    to = {"document": "〔2023〕2号", "entered_on": "2023-02-01"}
    office.play(case, "correct", {"no": 3, "to": to, "on": "2023-04-03", "by": "z"})
    assert tabulate_listings(office.store, "2023-04-02").equals(before)
    (row,) = tabulate_listings(office.store).to_pylist()
    assert (row["entered_on"], row["term_end"]) == (date(2023, 2, 1), date(2026, 1, 30))
    assert "〔2023〕2号" in row["basis"]
    assert [row["document"] for row in tabulate_events(office.store).to_pylist()][2] == "〔2023〕1号"
    office.play(case, "publish", {"on": "2023-02-10", "recorded_on": "2023-04-04"})  # a step before the correction
    assert verify(office.store).faults == []


@pytest.mark.parametrize(
    ("no", "to", "words"),
    [
        (2, {"on": "2023-01-19"}, "cannot be of 2023-01-19"),
        (2, {"heard_until": "2023-02-20"}, "a decision from 2023-02-21 on"),
        (1, {"subject": B}, "subject: what a case is about is not corrected"),
        (1, {"scheme": "wage_arrears@2018"}, "scheme: what a case is about is not corrected"),
        (9, {"document": "x"}, "no step 9"),
        (3, {"document": "〔2023〕1号"}, "changes nothing"),
        (3, {"document": PERSON}, "resident identity number"),
        (3, {"colour": "red"}, "colour"),
    ],
)
def test_a_correction_that_would_be_wrong(no: int, to: dict[str, Any], words: str, office: Office) -> None:
    case = office.give_notice()
    office.play(case, "decide", {"enter": True, "on": "2023-01-31"})
    with pytest.raises(CreditscoreError, match=words):
        office.play(case, "correct", {"no": no, "to": to, "on": "2023-04-03", "by": "z"})
    with pytest.raises(CreditscoreError, match="needs a reason"):
        office.play(case, "correct", {"no": 3, "to": {"document": "x"}, "on": "2023-04-03", "by": "z", "reason": ""})
    with pytest.raises(CreditscoreError, match="which it does not know"):
        office.play(case, "correct", {"no": 3, "to": {"document": "x"}, "on": "2023-04-03", "colour": "red"})


def test_a_correction_may_not_let_two_entries_hold_at_once(office: Office) -> None:
    first = office.enter("wage_arrears", "wage_arrears@2018", "2018-01-05")
    office.enter("wage_arrears", "wage_arrears@2018", "2019-01-05")
    with pytest.raises(CreditscoreError, match="already on the list"):
        office.play(first, "correct", {"no": 1, "to": {"entered_on": "2018-01-06"}, "on": "2019-03-04", "by": "z"})


def test_an_entry_that_ended_before_another_began_can_be_corrected(office: Office) -> None:
    """Its first step alone would last until an exit, and stand in the way of the second entry."""
    given: dict[str, Any] = {"triggers": ["able_refuses"]}
    first = office.enter(*DEFAULTER, "2019-05-06", **given)
    office.play(first, "exit", {"exit": "deregistered", "on": "2019-08-01"})
    office.enter(*DEFAULTER, "2019-09-02", **given)
    office.play(first, "correct", {"no": 1, "to": {"document": "〔2019〕9号"}, "on": "2019-10-08", "by": "z"})
    assert "〔2019〕9号" in str(tabulate_listings(office.store)["basis"].to_pylist())


def test_a_correction_may_not_let_a_red_list_be_left_for_a_list_that_nobody_is_on(office: Office) -> None:
    red = office.enter("construction_good_record", "construction/blacklist@2018", "2019-03-01")
    office.play(red, "exit", {"exit": "wrong_entry", "on": "2019-04-04"})
    to = {"exit": "listed_elsewhere"}
    with pytest.raises(CreditscoreError, match="no serious and no watch list"):
        office.play(red, "correct", {"no": 2, "to": to, "on": "2019-05-06", "by": "z"})
    office.enter("market_serious", "market/serious@2014", "2019-04-02", recorded_on="2019-05-07")
    office.play(red, "correct", {"no": 2, "to": to, "on": "2019-05-08", "by": "z"})
    assert office.store.read(red).fields["exit_reason"] == "red_lost"


def test_a_correction_tells_red_lists_what_stands(office: Office) -> None:
    red = office.enter("construction_good_record", "construction/blacklist@2018", "2021-12-01")
    given = {"list": "market_serious", "scheme": "market/serious@2021", "trigger": "all_three", "records": ["r1"]}
    serious, _ = office.play("", "propose", {**given, "on": "2021-12-30"})
    office.play(serious, "notice", {"on": "2021-12-31", "heard_until": "2022-01-14", "contents": CONTENTS})
    office.play(serious, "decide", {"enter": True, "on": "2022-01-20"})
    for number, (enter, others) in enumerate(((False, []), (True, ["market_serious"]))):
        day = f"2022-02-0{number + 1}"
        office.play(serious, "correct", {"no": 3, "to": {"enter": enter}, "on": day, "by": "z"})
        assert office.store.read(red).fields["other_lists"] == others
        tasks = {(task.stream, task.what) for task in list_tasks(office.store)}
        assert ((red, "leave_red") in tasks) == enter
        assert ("leave_red" in {due.what for due in list_due(office.store, day) if due.case == red}) == enter
    assert verify(office.store).faults == []


def test_an_exit_is_revoked_once(office: Office) -> None:
    first = office.enter("wage_arrears", "wage_arrears@2022", "2022-01-10")
    early = {"exit": "early", "absent": {"new_arrears": "a", "criminal_case": "b"}}
    early |= {"confirm": {"corrected": "a", "pledge": "b"}, "dates": {"corrected_on": "2022-01-10"}}
    names, case, year = [], first, 2022
    for _ in range(3):
        office.play(case, "exit", {**early, "on": f"{year}-12-01"})
        names.append(case)
        case, _ = office.play(case, "revoke", {"on": f"{year}-12-20"})
        year += 1
    assert [*names, case] == [first, f"{first}.1", f"{first}.2", f"{first}.3"]
    office.play(f"{first}.1", "correct", {"no": 1, "to": {"document": "〔2025〕9号"}, "on": "2025-01-06", "by": "z"})
    office.play(case, "exit", {"exit": "deregistered", "on": "2025-02-01"})
    with pytest.raises(CreditscoreError, match=r"revoked already: listing/.*\.1"):
        office.play(first, "revoke", {"on": "2025-03-01"})
    assert verify(office.store).faults == []


def test_an_exit_by_itself_cannot_outlast_its_recording(office: Office) -> None:
    case = office.enter("wage_arrears", "wage_arrears@2018", "2018-01-05")
    office.play(case, "expire", {"on": "2019-01-05"})
    with pytest.raises(CreditscoreError, match="until 2019-01-05, but its exit by itself was recorded on 2019-01-05"):
        office.play(case, "correct", {"no": 1, "to": {"entered_on": "2018-01-06"}, "on": "2019-03-04", "by": "z"})
    with pytest.raises(CreditscoreError, match="follows from the passing of time"):
        office.play(case, "correct", {"no": 2, "to": {"on": "2019-01-04"}, "on": "2019-03-04", "by": "z"})


# --- across cases, and what is due


def test_an_exit_known_late_does_not_change_what_was_known(office: Office) -> None:
    case = office.enter("wage_arrears", "wage_arrears@2018", "2018-01-05")
    assert expire_entries(office.store, "2019-06-03", by="z").left == (case,)
    assert expire_entries(office.store, "2019-06-03", by="z").left == ()
    assert tabulate_listings(office.store, "2019-06-02").to_pylist()[0]["exited_on"] is None
    (row,) = tabulate_listings(office.store).to_pylist()
    assert (row["exited_on"], row["exit_reason"]) == (date(2019, 1, 5), "expiry")
    (lifted,) = tabulate_exits(office.store).to_pylist()
    assert (lifted["lifted_from"], lifted["recorded_on"]) == (date(2019, 1, 5), date(2019, 6, 3))
    with pytest.raises(CreditscoreError, match="before another step of this subject and list"):
        office.enter("wage_arrears", "wage_arrears@2018", "2019-03-01", recorded_on="2019-03-01")


def test_a_new_matter_holds_an_exit_back_that_it_may_bar(office: Office) -> None:
    given = {"list": CUSTOMS[0], "scheme": CUSTOMS[1], "trigger": "tax_late", "records": ["r2"]}
    other, _ = office.play("", "propose", {**given, "on": "2021-12-01"})
    first = office.enter(*CUSTOMS, "2022-01-10", triggers=["bribery"], records=["r1"])
    expired = expire_entries(office.store, "2024-01-10", by="z")
    assert (expired.left, expired.waiting) == ((), {first: Note("bars", (other,))})
    assert {due.what for due in list_due(office.store, "2024-01-10") if due.case == first} == {"look_at"}
    with pytest.raises(CreditscoreError, match="a matter is open that may bar the exit"):
        office.store.act("listing", "expire", first, by="z", on="2024-01-10")
    office.play(other, "decide", {"enter": False, "on": "2024-01-11"})
    assert expire_entries(office.store, "2024-01-12", by="z").left == (first,)


def test_a_red_list_is_to_be_left_when_a_serious_list_is_entered(office: Office) -> None:
    scheme = "construction/blacklist@2018"
    red = office.enter("construction_good_record", scheme, "2019-03-01", published_on="2019-03-01")
    assert [due.what for due in list_due(office.store, "2019-04-01")] == ["expire"]
    serious = office.enter("market_serious", "market/serious@2014", "2019-04-02")
    assert "leave_red" in {due.what for due in list_due(office.store, "2019-04-02")}
    (task,) = [task for task in list_tasks(office.store) if task.what == "leave_red"]
    assert (task.stream, task.note) == (red, "market_serious")
    office.play(serious, "exit", {"exit": "annulled", "on": "2019-04-02"})
    assert "leave_red" not in {task.what for task in list_tasks(office.store)}
    office.enter("market_serious", "market/serious@2014", "2019-04-03")
    office.play(red, "exit", {"exit": "listed_elsewhere", "on": "2019-04-04"})
    assert office.store.read(red).fields["exit_reason"] == "red_lost"
    assert "leave_red" not in {task.what for task in list_tasks(office.store)}
    late = office.enter("construction_good_record", scheme, "2019-05-06", published_on="2019-05-06")
    assert (late, "leave_red") in {(task.stream, task.what) for task in list_tasks(office.store)}
    assert {due.what for due in list_due(office.store, "2022-05-05") if due.case == late} == {"expire", "leave_red"}
    assert {due.what for due in list_due(office.store, "2022-05-06") if due.case == late} == {"expire"}  # over
    assert verify(office.store).faults == []
    assert office.store.rebuild()
    assert verify(office.store).faults == []


def test_on_a_publication_each_decision_has_its_own_entry(office: Office) -> None:
    where = ("bidding_violation_record", "bidding/violation_record@2009")
    office.enter(*where, "2019-03-10", records=["r1"], published_on="2019-03-15")
    office.enter(*where, "2019-04-10", records=["r2"], published_on="2019-04-15")
    assert len(list_in_force(office.store, "2019-05-01", list_=where[0])) == 2
    with pytest.raises(CreditscoreError, match="already on the list"):
        office.enter(*where, "2019-05-10", records=["r1", "r3"])


def test_an_entry_that_was_shown_is_not_kept_beside_another(office: Office) -> None:
    given = {"subject": A, "list": DEFAULTER[0], "scheme": DEFAULTER[1], "organ": "法院", "document": "〔2019〕1号"}
    plan = office.store.preview("listing", "take_over", by="li.na", on="2019-05-06", **given)
    office.enter(*DEFAULTER, "2019-05-07")
    with pytest.raises(Stale, match="moved on"):
        office.store.confirm(plan, plan.digest)
    with pytest.raises(CreditscoreError, match="already on the list"):
        office.store.act("listing", "take_over", by="li.na", on="2019-05-06", known_on="2019-05-07", **given)


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2023-01-20", "the window to be heard runs until 2023-01-30"),
        ("2023-02-01", "the objection of 2023-01-19 was not checked"),
    ],
)
def test_a_decision_written_past_the_machine_is_found(office: Office, day: str, words: str) -> None:
    case = office.store.read(office.give_notice())
    given = {"enter": True, "reason": "x", "organ": "o", "document": "d"}
    chen = office.play(case.name, "object", {"on": "2023-01-19"}) and office.store.read(case.name).events[-1].actor
    event = NewEvent(case.name, "listing.decided", {"given": given, "set": {}}, "listed", A, "listing/1")
    with office.store.log.write() as connection:
        office.store.write_act(connection, Act(chen, "approver", "", day, day, [event]))
    assert any(words in fault.what for fault in verify(office.store).faults)


def test_what_is_in_force_and_what_rests_on_a_record(office: Office) -> None:
    store = office.store
    wage = office.enter("wage_arrears", "wage_arrears@2018", "2018-01-05", records=["r1"])
    court = office.enter(*DEFAULTER, "2018-03-01", subject=B, records=["r2"], recorded_on="2018-03-09")
    assert [case.name for case in list_in_force(store, "2018-01-04")] == []
    assert {case.name for case in list_in_force(store, "2018-03-01")} == {wage, court}
    assert [case.name for case in list_in_force(store, "2018-03-01", known_at="2018-03-08")] == [wage]
    assert [case.name for case in list_in_force(store, "2019-01-04", subject=A)] == [wage]
    assert [case.name for case in list_in_force(store, "2019-01-05")] == [court]  # over by itself, not yet ended
    assert [case.name for case in list_in_force(store, "2019-01-05", list_="wage_arrears")] == []
    assert [case.name for case in read_cases(store, list_="wage_arrears")] == [wage]
    disputed = [(A, "r1"), (A, "r2"), (B, "r2"), (B, "r9")]
    assert list_resting_on(store, disputed) == {wage: [(A, "r1")], court: [(B, "r2")]}
    office.play(wage, "expire", {"on": "2019-01-05"})
    assert list_resting_on(store, disputed) == {court: [(B, "r2")]}
    assert list_resting_on(store, disputed, known_at="2018-03-08") == {wage: [(A, "r1")]}
    with pytest.raises(CreditscoreError, match="is not a day"):
        read_cases(store, known_at="soon")


def test_an_erased_case_is_passed_over(office: Office) -> None:
    store = office.store
    gone = office.enter("wage_arrears", "wage_arrears@2022", "2023-01-05", records=["r1"])
    office.play(gone, "exit", {"exit": "deregistered", "on": "2023-01-09"})
    red = office.enter("construction_good_record", "construction/blacklist@2018", "2023-02-01")
    erase_stream(store, gone, reason="its time is over", by="chen.jie", on="2023-03-01")
    other = office.enter("wage_arrears", "wage_arrears@2022", "2023-03-02", records=["r1"])
    assert [case.name for case in read_cases(store, subject=A)] == [red, other]
    assert {due.case for due in list_due(store, "2023-03-02")} == {red, other}
    assert {case.case_id for case in tell_entries(store, A)} == {red[8:], other[8:]}
    for tabulate in (tabulate_listings, tabulate_exits, tabulate_events):
        assert gone[8:] not in str(tabulate(store).to_pylist())
    assert list_resting_on(store, [(A, "r1")]) == {other: [(A, "r1")]}
    assert expire_entries(store, "2030-01-01", by="z").left == (other,)
    for action, given in (("publish", {}), ("revoke", {}), ("correct", {"no": 1, "to": {"document": "x"}})):
        with pytest.raises(CreditscoreError, match=r"was erased|there is no case") as refused:
            office.play(gone, action, {"on": "2030-01-02", **given})
        assert refused.value.where
        assert refused.value.allowed
        assert refused.value.next
    assert verify(store).faults == []


def test_the_annulled_entry_is_to_be_withdrawn_within_three_days(office: Office) -> None:
    case = office.enter("market_serious", "market/serious@2021", "2022-03-15")
    office.play(case, "exit", {"exit": "annulled", "on": "2022-04-29"})
    (due,) = list_due(office.store, "2022-05-03")
    assert (due.what, due.by, due.overdue, due.basis) == ("withdraw", "2022-05-02", True, "XZCFF 48")
    assert list_due(office.store, "2022-05-03", until="2022-05-01") == []
    office.play(case, "withdraw", {"on": "2022-05-04"})
    assert list_due(office.store, "2022-05-04") == []


@pytest.mark.parametrize(("day", "mark"), [("2021-12-31", "project_default"), ("2022-01-04", "verified")])
def test_before_the_text_on_notices_its_parts_are_this_packages_demand(day: str, mark: str, office: Office) -> None:
    given = {"list": "market_serious", "scheme": "market/serious@2021", "trigger": "all_three", "records": ["r1"]}
    case, _ = office.play("", "propose", {**given, "on": "2021-12-30"})
    office.play(case, "notice", {"on": day, "heard_until": "2022-01-14", "contents": CONTENTS})
    assert tabulate_events(office.store)["mark"].to_pylist()[-1] == mark


@pytest.mark.parametrize(
    ("day", "grade_then"), [("2023-03-09", "clear"), ("2023-03-10", "listed"), ("2026-03-10", "clear")]
)
def test_grading_reads_the_listings(day: str, grade_then: str, office: Office, tmp_path: Any) -> None:
    office.enter("wage_arrears", "wage_arrears@2022", "2023-03-10")
    assert write_entries(office.store, tmp_path / "out")["listings"] == 1
    record = {"record_id": ["r"], "subject_id": [A], "item": ["arrears"], "event_on": ["2022-01-01"], "workers": [1]}
    graded = grade(
        pd.DataFrame(record | {"months_owed": [1], "amount": [1]}),
        "wage_arrears",
        as_of=day,
        subjects=pd.DataFrame({"subject_id": [A], "region": "220100"}),
        listings=tmp_path / "out" / "listings.parquet",
    )
    assert graded.grades.to_pylist()[0]["grade"] == grade_then
