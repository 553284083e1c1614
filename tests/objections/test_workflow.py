"""Objections: legal steps only, decided by another person; events only appended; what was decided comes out again."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditscore.cascade.inputs import RecordEvent, as_kept, as_known
from creditscore.cascade.record_streams import RECORD, read_record_events
from creditscore.core.clock import clock_at
from creditscore.core.errors import InputError, NotAllowed, UsageError
from creditscore.core.i18n import catalogue
from creditscore.evidence.case_file import compile_case_file
from creditscore.evidence.letter import compose_letter, letter_text
from creditscore.evidence.papers import read_papers
from creditscore.objections.case import ACTIONS, GROUNDS, WHOLE, Case
from creditscore.objections.counterfactuals import merits, without
from creditscore.objections.disputes import list_disputed
from creditscore.objections.due import due
from creditscore.objections.workflow import NUMBER, as_case, make_code
from creditscore.status import workflow as status
from creditscore.store.archive.files import Archive
from creditscore.store.archive.runs import keep_grading, snapshot_of
from creditscore.store.archive.standing import rows_as_they_stand
from creditscore.store.context import Registry
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.erasure import erase_stream
from creditscore.store.machine import Stale
from creditscore.store.store import Store
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify
from tests.graded import Graded
from tests.tiers import thinned

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

    def announce(self, on: str, **more: str) -> None:
        self.store.act("status", "open", by="li.na", on="2023-01-02", scheme="tax", period="2022")
        self.store.act("status", "announce", "status/tax.2022", by="chen.jie", on=on, run=self.run.run_id, **more)

    def read_events(self) -> list[RecordEvent]:
        with self.store.reading() as connection:
            return read_record_events(connection)

    def case(self, name: str) -> Case:
        return as_case(self.store.read(name))

    def disputed(self) -> set[str]:
        return {dispute.record_id for dispute in list_disputed(self.store)}


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
    waiting = due([desk.case(name)], date(2023, 5, 9))
    assert [(step.task, step.by, step.overdue) for step in waiting] == [("decide", date(2023, 5, 12), False)]
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
    for act, values, match in refused:
        with pytest.raises(UsageError, match=match):
            desk.store.act("objection", act, name, **shared, **values)
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


def test_a_rule_misapplied_is_decided_on_the_grade(desk: Desk) -> None:
    name = desk.open({"ground": "rule_misapplied", "record_id": WHOLE, "statement": "适用错误"})
    assert desk.disputed() == set()
    with pytest.raises(UsageError, match="is for records"):
        desk.decide(name, findings={WHOLE: "withdraw"})
    with pytest.raises(UsageError, match="nothing changes"):
        desk.decide(name, findings={WHOLE: "correct"})
    assert desk.decide(name, findings={WHOLE: "uphold"}).state == "decided"


@pytest.mark.parametrize(
    ("given", "match"),
    thinned(
        [
            ({"changes": {"0": {"amount": "1"}}}, "has a column"),
            ({"action": "correct", "changes": {"0": {"colour": "red"}}}, "have no column"),
            ({"action": "correct", "changes": {"0": {"subject_id": "x"}}}, "cannot be put right"),
            ({"action": "correct", "changes": {"0": {"corrected_on": "soon"}}}, "is not a day"),
            ({"action": "correct", "changes": {"0": {"corrected_on": "2023-06-01"}}}, "not yet put right"),
            ({"action": "correct", "changes": {"0": {"share": "0.5"}}}, "without the day"),
            ({"action": "correct", "changes": {"0": {"amount": ""}}}, "is empty"),
            ({"action": "correct", "changes": {"0": {"amount": "many"}}}, "many"),
            (
                {"action": "correct", "changes": {"0": {"share": "1.5", "corrected_on": "2023-05-01"}}},
                "a share",
            ),
            ({"action": "correct", "changes": {"0": {"item": "no such item"}}}, "no such item"),
            ({"reason": " "}, "reason"),
            ({"on": "2023-05-03"}, "before"),
        ],
        6,
        in_ci=2,
    ),
)
def test_what_cannot_be_put_right_is_not_decided(desk: Desk, given: dict[str, Any], match: str) -> None:
    name, size = desk.open(), desk.store.head().size
    given = {"action": "uphold", **given}
    findings = {desk.records[0]: given.pop("action")}
    changes = {desk.records[int(place)]: columns for place, columns in given.pop("changes", {}).items()}
    with pytest.raises((InputError, UsageError), match=match):
        desk.decide(name, findings=findings, changes=changes, **given)
    assert desk.store.head().size == size


@pytest.mark.slow
def test_an_application_for_repair_shuts_the_door_to_re_evaluation(desk: Desk) -> None:
    name, two = desk.records[:2]
    grounds = {record: {"ground": "facts_wrong", "record_id": record} for record in desk.records}
    applied, later = {"ground": "apply_repair", "record_id": two}, "2023-05-20"
    first = desk.open(grounds[name], procedure="reevaluation")
    assert desk.case(first).decide_by == date(2023, 5, 24)  # fifteen working days
    with pytest.raises(UsageError, match="under way"):
        desk.open(applied, procedure="repair")
    desk.decide(first, findings={name: "uphold"})
    repair = desk.open(applied, procedure="repair", on=later)
    assert desk.disputed() == set()  # nothing is disputed by it
    with pytest.raises(UsageError, match="no re-evaluation is accepted") as exception_info:
        desk.open(grounds[two], procedure="reevaluation", on=later)
    assert repair.removeprefix("objection/") in str(exception_info.value)
    assert "R2025" in str(exception_info.value)
    with pytest.raises(UsageError, match="does not lead to withdraw"):
        desk.decide(repair, findings={two: "withdraw"}, on=later)
    desk.decide(repair, findings={two: "repair"}, on=later)
    with desk.store.reading() as connection:
        assert read_record_events(connection)[-1].event == "repaired"
    data = compile_case_file(read_papers(desk.store, repair), snapshot_of(desk.run), on=date(2023, 5, 20))
    assert data["decision"]["remedies"] == []  # the door stays shut
    assert desk.case(desk.open(grounds[desk.records[2]], on=later)).state == "open"


@pytest.mark.slow
def test_a_changed_grade_supersedes_the_one_before_and_the_letter_says_so(desk: Desk) -> None:
    desk.announce("2023-04-20")
    grades = {row["subject_id"]: row for row in desk.store.archive.read(desk.run.files["grades"]).to_pylist()}
    ledger = desk.store.archive.read(desk.run.files["ledger"]).to_pylist()
    noted = {
        row["subject_id"]: row["record_id"]
        for row in reversed(ledger)
        if row["step"] == "record" and row["reason"] == "noted" and grades[row["subject_id"]]["route"] == "direct"
    }
    snapshot = snapshot_of(desk.run)
    grading = as_kept(desk.run, snapshot, noted)
    subject, record = next(
        (subject, record)
        for subject, record in sorted(noted.items())
        if without(grading, subject, [record]).grade != grades[subject]["grade"]
    )
    (merit,) = merits(desk.run, snapshot, subject, [record], [], date(2023, 5, 4), grades[subject])
    assert merit.decisive
    name = desk.open({"ground": "annulled", "record_id": record}, subject=subject, procedure="reevaluation")
    desk.decide(name, findings={record: "withdraw"})
    papers = read_papers(desk.store, name)
    assert [(step.status, step.step, step.grade) for step in papers.life[-2:]] == [
        ("superseded", "reevaluation", grades[subject]["grade"]),
        ("announced", "reevaluation", merit.now_without.grade),
    ]
    assert papers.life[-1].case_id == papers.case.case_id
    data = compile_case_file(papers, snapshot, on=date(2023, 5, 10))
    assert data["decision"]["changed"]
    assert merit.now_without.grade in letter_text(
        compose_letter(data, "en", document_no="1", on="2023-05-10", office="o", remedy="r")
    )


@pytest.mark.slow
def test_a_decision_before_the_announcement_announces_nothing_and_blocks_nothing(desk: Desk) -> None:
    name = desk.open()
    case = desk.decide(name, findings={desk.records[0]: "withdraw"})
    assert case.decision is not None
    assert case.decision.after["score"] != case.decision.before["score"]
    assert read_papers(desk.store, name).life == []  # nobody announced it
    desk.announce("2023-05-10", reason="迟延")
    (step,) = read_papers(desk.store, name).life
    assert (step.status, step.step, step.grade) == ("announced", "announce", case.decision.after["grade"])


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_decision_comes_to_the_grade_that_a_new_grading_gives(desk: Desk, data: Any) -> None:
    """Whatever is decided: the stored result is the snapshot with the decided events, and nothing was overwritten."""
    day = max((desk.store.read(row["stream"]).events[-1].on_day for row in desk.store.rows("objection")), default=MAY)
    chosen = data.draw(st.lists(st.sampled_from(desk.records), min_size=1, max_size=3, unique=True))
    before = desk.read_events()
    name = desk.open(*({"ground": "facts_wrong", "record_id": record} for record in chosen), on=day)
    findings = {record: data.draw(st.sampled_from(ACTIONS)) for record in chosen}
    changes = {record: {"corrected_on": "2023-04-30"} for record, action in findings.items() if action == "correct"}
    try:
        case = desk.decide(name, on=day, findings=findings, changes=changes)
    except (InputError, UsageError):  # put right twice, or reinstated though it stands
        case = desk.decide(name, on=day, findings=dict.fromkeys(chosen, "uphold"))
    assert case.decision is not None
    events = desk.read_events()
    assert events[: len(before)] == before
    if any(action != "uphold" for action in case.decision.findings.values()):
        known = as_known(desk.run, snapshot_of(desk.run), [desk.subject], events, date.fromisoformat(day))
        again = known.grades.to_pylist()[0]
        values = {key: value for key, value in case.decision.after.items() if value is not None}
        assert {key: str(value) for key, value in again.items() if value is not None} == values
    assert desk.disputed() == set()
    assert verify(desk.store).faults == []


def test_nothing_is_entered_on_a_day_that_has_not_come(desk: Desk) -> None:
    later, name = "2099-06-21", desk.open()
    acts: list[tuple[str, dict[str, Any]]] = [
        ("ask", {"department": "征管", "text": "?"}),
        ("decide", {"findings": {desk.records[0]: "uphold"}, "reason": "查实"}),
    ]
    for act, values in acts:
        with pytest.raises(UsageError, match="2099-06-21 has not come"):
            desk.store.act("objection", act, name, by="zhang.min", on=later, **values)
    with clock_at(datetime(2023, 5, 4, 15, 59, tzinfo=UTC)), pytest.raises(UsageError, match="2023-05-05 has not come"):
        desk.decide(name, findings={desk.records[0]: "uphold"}, on="2023-05-05")
    with clock_at(datetime(2023, 5, 4, 16, 0, tzinfo=UTC)):  # it is the fifth in Shanghai
        assert desk.decide(name, findings={desk.records[0]: "uphold"}, on="2023-05-05").state == "decided"


def test_grounds_and_acts_have_words() -> None:
    for section, codes in {"grounds": GROUNDS, "actions": ACTIONS}.items():
        assert set(catalogue()[section]) == set(codes)
