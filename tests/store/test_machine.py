"""What acts are asked and refused: words of refusals, numbers of persons, days of knowledge, questions across cases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import NotAllowed, UsageError
from creditscore.store.context import Context, Refused, Registry
from creditscore.store.declaring import read_declaration
from creditscore.store.effects import ask_effect
from creditscore.store.erasure import erase_stream
from creditscore.store.log import Act, NewEvent
from creditscore.store.people import grant_role, let_person_leave, withdraw_role
from creditscore.store.store import Store
from creditscore.store.tasks import assign_task, hold_task
from creditscore.store.verify import verify
from tests.store.helpers import FIRM, add_person

PERSON = "11010519491231002X"
LOAN = """
workflow: loan
version: 1
title: {zh: 借阅, en: loan}
fields: {thing: text, until: day, papers: texts}
states: {lent: {zh: 已借出, en: lent}, back: {zh: 已归还, en: back}}
after: loan.one_at_a_time
domain: case.thing
tasks:
  fetch: {title: {zh: 催还, en: fetch}, when: case.state == 'lent', due: case.until, team: grader}
acts:
  lend:
    title: {zh: 借出, en: lend}
    event: lent
    by: grader
    opens: true
    give: {id: text, subject: organisation, thing: text, until: day}
    may: {papers: texts}
    stream: "loan/{given.id}"
    refuse:
      - when: given.until <= day
        say: {zh: "{given.until}已过", en: "{given.until} is over; papers: {given.papers}"}
        allowed: {zh: "{day}以后", en: "a day after {day}"}
        next: {zh: 另定日期, en: take another day}
    to: lent
    set: {thing: given.thing, until: given.until}
  give_back:
    title: {zh: 归还, en: give back}
    event: returned
    by: grader
    from: lent
    to: back
"""


def one_at_a_time(context: Context) -> None:
    """A thing is lent to an organisation once at a time."""
    now = context.now()
    for other in context.read_of("loan", context.subject):
        context.require_known_since(other.events[-1].known_on, "another loan of this firm")
        if now["state"] == other.state == "lent" and other.fields["thing"] == now["thing"]:
            raise context.refuse(f"{now['thing']} is lent already: {other.name}")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    registry = Registry([read_declaration(LOAN)], code={"loan.one_at_a_time": one_at_a_time})
    with Store(tmp_path / "loans.db", registry) as opened:
        yield opened


def lend(store: Store, number: str = "1", on: str = "2026-03-02", **given: Any) -> None:
    usual = {"subject": FIRM, "thing": "seal", "until": "2026-04-01", "by": "li.na"}
    store.act("loan", "lend", id=number, on=on, **{**usual, **given})


def test_a_refusal_says_what_is_allowed_and_what_next(store: Store) -> None:
    with pytest.raises(Refused) as refused:
        lend(store, until="2026-03-02", papers=["a", "b"])
    assert refused.value.what == "2026-03-02 is over; papers: a, b"
    assert (refused.value.allowed, refused.value.next) == ("a day after 2026-03-02", "take another day")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"thing": f"seal of {PERSON}"}, "stands in thing"),
        ({"papers": ["a", PERSON]}, "stands in papers"),
        ({"by": PERSON}, "stands in by"),
        ({"subject": PERSON}, "no id of an organisation"),
        ({"subject": " "}, "empty_id"),
    ],
)
def test_numbers_of_persons_stand_nowhere(store: Store, given: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words) as refused:
        lend(store, **given)
    assert PERSON not in str(refused.value)
    assert store.rows("loan") == []


def test_numbers_of_persons_stand_in_no_reason(store: Store) -> None:
    lend(store)
    wang = add_person(store, "wang.fang", ("approver",), by="li.na")
    size, words = store.head().size, f"asked by {PERSON}"
    for write in (
        lambda: hold_task(store, "loan/1", "fetch", until="2099-12-31", reason=words, by="wang.fang"),
        lambda: erase_stream(store, "loan/1", reason=words, by="wang.fang"),
        lambda: store.change_people(
            lambda there: [withdraw_role(wang, 1, on="2026-03-02", reason=words)], by="wang.fang"
        ),
    ):
        with pytest.raises(UsageError) as refused:
            write()
        assert PERSON not in str(refused.value)
    assert store.head().size == size


def test_tasks_are_changed_by_those_whose_domain_and_office_they_are(store: Store) -> None:
    lend(store)
    add_person(store, "wang.fang", ("approver",), by="li.na")
    for name, domain, limit in (("zhang.min", "seal", "north"), ("chen.jie", "stamp", "*")):
        person = add_person(store, name, (), by="wang.fang")
        granted = grant_role(person, "grader", domain=domain, office=limit)
        store.change_people(lambda there, granted=granted: [granted], by="wang.fang")  # type: ignore[misc]
    for by, office in (("chen.jie", "north"), ("zhang.min", "south")):
        with pytest.raises(NotAllowed, match="is no grader"):
            hold_task(store, "loan/1", "fetch", until="2099-12-31", reason="away", by=by, office=office)
    hold_task(store, "loan/1", "fetch", until="2099-12-31", reason="away", by="zhang.min", office="north")
    with pytest.raises(NotAllowed, match="is no grader"):
        assign_task(store, "loan/1", "fetch", to="chen.jie", by="zhang.min", office="north")
    assign_task(store, "loan/1", "fetch", to="zhang.min", by="zhang.min", office="north")
    assert verify(store).faults == []


def test_who_has_left_acts_no_more(store: Store) -> None:
    lend(store)
    li = store.people().find("li.na")
    assert li is not None
    store.change_people(lambda there: [let_person_leave(li, on="2026-03-03")], by="li.na")
    with pytest.raises(NotAllowed, match="has left"):
        store.act("loan", "give_back", "loan/1", by="Li Na", on="2026-03-04")
    with store.log.write() as connection:  # past the machine
        new = NewEvent("loan/1", "loan.returned", {"tasks": [{"change": "done", "what": "fetch", "number": 0}]}, "back")
        new = replace(new, subject=FIRM, flow="loan/1")
        store.log.append(connection, Act(li.id, "grader", "", "2026-03-04", "2026-03-04", [new]))
    store.rebuild()
    assert [str(fault) for fault in verify(store).faults] == ["event 5: li.na had left"]


def test_an_act_is_not_known_before_what_it_follows(store: Store) -> None:
    lend(store, known_on="2026-03-09")
    lend(store, "2", thing="stamp")  # known since the day of the other loan, where no day is given
    assert {event.known_on for event in store.read("loan/2").events} == {"2026-03-09"}
    with pytest.raises(Refused, match="recorded on 2026-03-05, before another loan of this firm"):
        lend(store, "3", known_on="2026-03-05", thing="pen")
    with pytest.raises(Refused, match="before an earlier step of the case"):
        store.act("loan", "give_back", "loan/1", by="li.na", on="2026-03-04", known_on="2026-03-05")


def test_a_correction_asks_across_cases_once_and_of_the_whole_case(store: Store) -> None:
    """The first loan lasted until the second began; taken again by itself, its first step would stand in the way."""
    lend(store)
    store.act("loan", "give_back", "loan/1", by="li.na", on="2026-03-04")
    lend(store, "2", on="2026-03-05")
    wrong = {"by": "zhang.min", "on": "2026-03-06", "reason": "misread"}
    case = store.act("loan", "correct", "loan/1", number=1, to={"until": "2026-05-01"}, **wrong)
    assert (case.state, case.fields["until"]) == ("back", "2026-05-01")
    with pytest.raises(UsageError, match=r"stands in to\.thing"):
        store.act("loan", "correct", "loan/1", number=1, to={"thing": PERSON}, **wrong)
    assert verify(store).faults == []


NOTICE = """
workflow: notice
version: 1
title: {zh: 通知, en: notice}
fields: {matter: text, told: text}
states: {open: {zh: 已登记, en: open}, sent: {zh: 已发出, en: sent}}
acts:
  open: {title: {zh: 登记, en: open}, event: opened, by: grader, opens: true, give: {id: text, matter: text},
         may: {clerk: text}, stream: "notice/{given.id}", to: open, set: {matter: given.matter}}
  send: {title: {zh: 发出, en: send}, event: sent, by: grader, from: open, to: sent, give: {post: yes_no},
         code: notice.send, emits: effect.asked, set: {told: case.matter}}
"""


@pytest.fixture
def notices(tmp_path: Path) -> Iterator[Store]:
    def send(context: Context) -> None:
        if context.given["post"]:
            ask_effect(context, "mail", "firm", {"words": context.case["matter"]})

    registry = Registry([read_declaration(NOTICE)], code={"notice.send": send})
    with Store(tmp_path / "notices.db", registry) as opened:
        opened.act(
            "notice", "open", by="li.na", on="2026-03-02", known_on="2026-03-04", id="1", matter="roof", clerk="a"
        )
        opened.act("notice", "send", "notice/1", by="li.na", on="2026-03-04", post=True)
        yield opened


@pytest.mark.parametrize(
    ("number", "to"),
    [
        (1, {"matter": "wall"}),  # what the later step told would change
        (2, {"post": False}),  # nothing but its consequence would change
        (2, {"on": "2026-03-03"}),
    ],
)
def test_no_correction_changes_a_step_with_consequences(notices: Store, number: int, to: dict[str, Any]) -> None:
    correct: dict[str, Any] = {"by": "zhang.min", "on": "2026-03-09", "reason": "misread"}
    with pytest.raises(Refused, match="consequences elsewhere"):
        notices.act("notice", "correct", "notice/1", number=number, to=to, **correct)
    notices.act("notice", "correct", "notice/1", number=1, to={"clerk": "b"}, **correct)
    assert verify(notices).faults == []


@pytest.mark.parametrize(
    ("to", "words"), [({"on": "soon"}, "is not a day"), ({"on": None}, "no day"), ("roof", "says nothing")]
)
def test_a_correction_is_given_a_day_that_is_one(notices: Store, to: Any, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        notices.act("notice", "correct", "notice/1", by="z", on="2026-03-09", reason="misread", number=1, to=to)


def test_a_corrected_day_is_written_as_days_are(notices: Store) -> None:
    correct: dict[str, Any] = {"by": "z", "on": "2026-03-09", "reason": "misread", "number": 1}
    case = notices.act("notice", "correct", "notice/1", to={"on": "20260303"}, **correct)
    assert case.day_of(case.events[0]) == "2026-03-03"
    assert verify(notices).faults == []


def test_a_task_is_of_the_corrected_day(store: Store) -> None:
    lend(store, known_on="2026-03-04")
    store.act("loan", "give_back", "loan/1", by="li.na", on="2026-03-04", known_on="2026-03-06")
    correct: dict[str, Any] = {"by": "zhang.min", "on": "2026-03-09", "reason": "misread"}
    store.act("loan", "correct", "loan/1", number=2, to={"on": "2026-03-05"}, **correct)
    store.act("loan", "correct", "loan/1", number=1, to={"on": "2026-03-03"}, **correct)
    (task,) = store.rows("task")
    assert (task["opened_on"], task["done_on"]) == ("2026-03-03", "2026-03-05")
    assert verify(store).faults == []
