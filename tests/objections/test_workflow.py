"""Objections on the log: legal steps only, decided by another person; compared with the store of one file on the same
steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditscore.cascade.inputs import decided
from creditscore.cascade.preview import bench
from creditscore.cascade.record_streams import RECORD, list_disputed, read_record_events, read_record_streams
from creditscore.core.errors import InputError, NotAllowed, UsageError
from creditscore.objections import actions
from creditscore.objections.case import Case, Ground
from creditscore.objections.decision import decide, weigh
from creditscore.objections.ruling import Ruling
from creditscore.objections.workflow import NUMBER, as_case, make_code
from creditscore.status import workflow as status
from creditscore.status.transitions import move
from creditscore.store import Database, Log
from creditscore.store.archive.files import Archive
from creditscore.store.archive.runs import keep_grading, snapshot_of
from creditscore.store.archive.standing import rows_as_they_stand
from creditscore.store.context import Registry
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.erasure import erase_stream
from creditscore.store.legacy.archive.effective import standing
from creditscore.store.legacy.archive.runs import keep
from creditscore.store.machine import Stale
from creditscore.store.store import Store
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify
from tests.graded import Graded

MAY, NINTH = "2023-05-04", "2023-05-09"


class Desk:
    """A store with one kept run, a subject with three counted records, and how cases are opened on it."""

    def __init__(self, address: str, folder: Path, graded: Graded) -> None:
        archive = Archive(folder)
        code = make_code(lambda: archive, snapshot_of)
        code |= status.make_code(lambda: archive, lambda context, run: set())
        workflows = [workflow for workflow in WORKFLOWS.load() if workflow.workflow in ("objection", "status")]
        self.store = Store(address, Registry(workflows, [RECORD, NUMBER], code), archive=folder)
        (self.run,) = keep_grading(self.store, graded.grading, graded.snapshot, by="li.na", check=False)
        ledger = archive.read(self.run.files["ledger"]).to_pylist()
        counted: dict[str, list[str]] = {}
        for row in ledger:
            if row["step"] == "record" and row["reason"] == "counted" and row["effective"] < 0:
                counted.setdefault(row["subject_id"], []).append(row["record_id"])
        self.subject, records = next((s, r) for s, r in sorted(counted.items()) if len(r) >= 3)
        self.records = sorted(records)

    def open(self, *grounds: dict[str, str], on: str = MAY, **more: Any) -> str:
        chosen = list(grounds) or [{"ground": "facts_wrong", "record_id": self.records[0], "statement": "按期申报"}]
        given = {"subject": self.subject, "run": self.run.run_id, "grounds": chosen, **more}
        return str(self.store.act("objection", "open", by="wang.wei", on=on, **given).name)

    def decide(self, case: str, by: str = "zhang.min", on: str = NINTH, **given: Any) -> Case:
        return as_case(self.store.act("objection", "decide", case, by=by, on=on, **{"reason": "查实", **given}))

    def case(self, name: str) -> Case:
        return as_case(self.store.read(name))

    def disputed(self) -> set[str]:
        with self.store.reading() as connection:
            return {record for _, record in list_disputed(read_record_streams(connection))}


@pytest.fixture
def desk(store_url: str, tmp_path: Path, graded: Graded) -> Iterator[Desk]:
    opened = Desk(store_url, tmp_path / "archive", graded)
    yield opened
    opened.store.close()


def test_an_objection_from_opening_to_letter(desk: Desk) -> None:
    value, two, three = desk.records[:3]
    grounds = [("facts_wrong", value), ("amount_wrong", two), ("already_corrected", three)]
    name = desk.open(*({"ground": ground, "record_id": record} for ground, record in grounds))
    case = desk.case(name)
    assert (name, case.state, case.clock) == ("objection/C2023-0001", "open", "default")
    assert (case.decide_by, case.other_by) == (date(2023, 5, 8), date(2023, 5, 12))
    assert desk.disputed() == {value, two, three}
    desk.store.act(
        "objection", "ask", name, by="wang.wei", on="2023-05-05", department="征收科", text="?", due="2023-05-08"
    )
    assert [(task.what, task.due_on, task.note) for task in list_tasks(desk.store)] == [
        ("answer", "2023-05-08", "征收科"),
        ("decide", "2023-05-12", ""),
    ]
    desk.store.act("objection", "answer", name, by="wang.wei", on="2023-05-08", question=1, text="有误")
    case = desk.decide(name, findings={value: "withdraw", two: "uphold", three: "uphold"}, articles=["R2014B 010101"])
    assert case.decision is not None
    assert desk.disputed() == set()
    assert [task.what for task in list_tasks(desk.store)] == ["letter"]
    standing = rows_as_they_stand(desk.store, desk.run, [desk.subject])[desk.subject]
    assert standing.score == case.decision.after["score"] > case.decision.before["score"]
    desk.store.act("objection", "letter", name, by="zhang.min", on="2023-05-10", document_no="1", content="sha256:0")
    case = desk.case(name)
    assert (case.state, case.letters[0]["document_no"]) == ("closed", "1")
    assert [event.kind for event in case.events] == ["opened", "asked", "answered", "decided", "notified"]
    assert list_tasks(desk.store) == []
    assert verify(desk.store).faults == []
    assert desk.store.rebuild()
    assert verify(desk.store).faults == []


def test_both_stores_come_to_the_same_decision(desk: Desk, graded: Graded, tmp_path: Path) -> None:
    value, two, three = desk.records[:3]
    findings = {value: "correct", two: "withdraw", three: "uphold"}
    changes = {value: {"corrected_on": "2023-01-05"}}
    with Database(tmp_path / "s.store") as former:
        log = Log(former)
        (run,) = keep(former, log, graded.grading, graded.snapshot, by="li.na", check=False)
        move(log, run, "announce", by="chen.jie", on=date(2023, 4, 28))
        desk.store.act("status", "open", by="li.na", on="2023-01-02", scheme="tax", period="2022")
        desk.store.act("status", "announce", "status/tax.2022", by="chen.jie", on="2023-04-28", run=desk.run.run_id)
        grounds = [Ground("facts_wrong", record) for record in desk.records[:3]]
        procedure = {"procedure": "reevaluation"}
        old = actions.open_case(
            log, run, snapshot_of(desk.run), desk.subject, grounds, by="wang.wei", on=date(2023, 5, 4), **procedure
        )
        name = desk.open(*({"ground": "facts_wrong", "record_id": record} for record in desk.records[:3]), **procedure)
        case = desk.case(name)
        same = ("case_id", "procedure", "clock", "mark_by", "decide_by", "other_by", "provisional", "grounds", "period")
        assert {key: getattr(case, key) for key in same} == {key: getattr(old, key) for key in same}
        on_bench = bench(former, [snapshot_of(desk.run)])
        ruling = Ruling(findings, "查实", (), changes)
        old = decide(log, on_bench, weigh(log, on_bench, old.case_id, ruling, by="zhang.min", on=date(2023, 5, 9)))
        case = desk.decide(name, findings=findings, changes=changes)
        assert old.decision is not None
        assert case.decision is not None
        for key in ("state", "grade", "score", "route", "margin"):
            assert case.decision.before[key] == old.decision.before[key]
            assert case.decision.after[key] == old.decision.after[key]
        rows = rows_as_they_stand(desk.store, desk.run, [desk.subject])[desk.subject]
        expected = standing(former, run.run_id, [desk.subject])[desk.subject]
        assert (rows.grades, rows.ledger) == (expected.grades, expected.ledger)
        with desk.store.reading() as connection:
            own = read_record_events(connection)
        assert [(e.record_id, e.event, e.event_no, e.corrected_on) for e in own] == [
            (e.record_id, e.event, e.event_no, e.corrected_on) for e in decided(former)
        ]
    assert verify(desk.store).faults == []


def test_who_graded_does_not_decide(desk: Desk) -> None:
    name = desk.open()
    with pytest.raises(NotAllowed, match="second person"):
        desk.decide(name, by="Ｌi.Na", findings={desk.records[0]: "uphold"})


@pytest.mark.parametrize(
    ("grounds", "more", "match"),
    [
        ([{"ground": "bad_weather", "record_id": "X"}], {}, "no ground 'bad_weather'"),
        ([{"ground": "facts_wrong", "record_id": "grade"}], {}, "is about a record"),
        ([{"ground": "apply_repair", "record_id": "X"}], {}, "does not fit the procedure"),
        ([{"ground": "facts_wrong", "record_id": "nothing"}], {}, "has no record 'nothing'"),
        ([{"ground": "procedure", "record_id": "grade"}], {"procedure": "complaint"}, "no procedure 'complaint'"),
        (
            [{"ground": "procedure", "record_id": "grade"}],
            {"procedure": "supplement"},
            "a grade stands|no text",
        ),
        ([{"ground": "procedure", "record_id": "grade"}], {"clock": "sundial"}, "no clock 'sundial'"),
        ([{"ground": "procedure", "record_id": "grade"}], {"on": "2023-04-01"}, "before the day of knowledge"),
        ([{"ground": "procedure", "record_id": "grade"}], {"on": "2099-04-01"}, "has not come"),
        ([{"ground": "procedure", "record_id": "grade"}], {"subject": "91500000MAAAAAA188"}, "did not grade"),
        ([{"ground": "procedure", "record_id": "grade", "statement": "11010519491231002X"}], {}, "resident"),
    ],
)
def test_what_does_not_fit_is_not_opened(
    desk: Desk, grounds: list[dict[str, str]], more: dict[str, Any], match: str
) -> None:
    size = desk.store.head().size
    with pytest.raises(UsageError, match=match):
        desk.open(*grounds, **more)
    assert desk.store.head().size == size


def test_every_illegal_step_is_refused(desk: Desk) -> None:
    name, record = desk.open(), desk.records[0]
    with pytest.raises(UsageError, match="contested already"):
        desk.open()
    shared = {"by": "wang.wei", "on": "2023-05-05"}
    refused: list[tuple[str, dict[str, Any], str]] = [
        ("ask", {"department": "x", "text": "?", "records": ["other"]}, "not contested here"),
        ("ask", {"department": "x", "text": "?", "due": "2023-05-01"}, "before it was asked"),
        ("ask", {"department": " ", "text": "?"}, "is empty"),
        ("answer", {"question": 1, "text": "x"}, "cannot follow"),
        ("letter", {"document_no": "1", "content": "x"}, "cannot follow"),
        ("decide", {"findings": {}, "reason": "x"}, "has no finding"),
        ("decide", {"findings": {record: "uphold", "other": "uphold"}, "reason": "x"}, "is not contested"),
        ("decide", {"findings": {record: "burn"}, "reason": "x"}, "no action 'burn'"),
        ("decide", {"findings": {record: "correct"}, "reason": "x"}, "no column to put right"),
        ("decide", {"findings": {record: "uphold"}, "reason": "x", "articles": ["R0 1"]}, "no legal text"),
    ]
    for act, given, match in refused:
        with pytest.raises(UsageError, match=match):
            desk.store.act("objection", act, name, **shared, **given)
    desk.store.act("objection", "ask", name, **shared, department="征收科", text="?", due="2023-05-08")
    with pytest.raises(UsageError, match="is awaited until"):
        desk.decide(name, on="2023-05-08", findings={record: "uphold"})
    with pytest.raises(UsageError, match="does not wait"):
        desk.store.act("objection", "answer", name, by="wang.wei", on="2023-05-08", question=2, text="x")
    with pytest.raises(InputError, match="cannot be taken in again"):
        desk.decide(name, findings={record: "correct"}, changes={record: {"quantity": "-5"}})
    desk.decide(name, findings={record: "uphold"})
    with pytest.raises(UsageError, match="cannot follow"):
        desk.decide(name, findings={record: "uphold"})
    assert desk.disputed() == set()
    assert verify(desk.store).faults == []


def test_a_decision_that_was_shown_is_refused_once_the_record_moved(desk: Desk) -> None:
    name, record = desk.open(), desk.records[0]
    given = {"findings": {record: "withdraw"}, "reason": "查实"}
    plan = desk.store.preview("objection", "decide", name, by="zhang.min", on=NINTH, **given)
    assert plan.events[0].payload["set"]["after"]["score"] > plan.events[0].payload["set"]["before"]["score"]
    desk.store.act("objection", "ask", name, by="wang.wei", on="2023-05-05", department="x", text="?", due="2023-05-06")
    with pytest.raises(Stale, match="moved on"):
        desk.store.confirm(plan, plan.digest)
    plan = desk.store.preview("objection", "decide", name, by="zhang.min", on=NINTH, **given)
    assert desk.store.confirm(plan, plan.digest).state == "decided"
    assert desk.disputed() == set()


def test_a_step_of_an_objection_is_corrected_under_its_number(desk: Desk) -> None:
    name = desk.open()
    desk.store.act("objection", "ask", name, by="wang.wei", on="2023-05-05", department="x", text="?", due="2023-05-08")
    given = {"by": "wang.wei", "on": "2023-05-06", "reason": "the name of the department"}
    desk.store.act("objection", "correct", name, number=2, to={"department": "征收科"}, **given)
    case = desk.case(name)
    assert [question.department for question in case.questions] == ["征收科"]
    assert desk.open({"ground": "procedure", "record_id": "grade"}) == "objection/C2023-0002"
    assert verify(desk.store).faults == []


def test_an_erased_case_is_passed_over(desk: Desk) -> None:
    name = desk.open()
    desk.decide(name, findings={desk.records[0]: "uphold"})
    erase_stream(desk.store, name, reason="its time is over", by="chen.jie")
    other = desk.open()
    desk.decide(other, findings={desk.records[0]: "withdraw"})
    assert verify(desk.store).faults == []


def test_numbers_of_cases_follow_each_other_within_a_year(desk: Desk) -> None:
    names = [desk.open({"ground": "facts_wrong", "record_id": record}) for record in desk.records[:3]]
    assert names == [f"objection/C2023-000{number}" for number in (1, 2, 3)]
    later = desk.open({"ground": "procedure", "record_id": "grade"}, on="2024-01-03")
    assert later == "objection/C2024-0001"
