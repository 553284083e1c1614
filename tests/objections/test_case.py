"""Cases: legal steps only, decided by another person, events only appended, merits that the decision confirms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditscore.cascade.inputs import as_kept, as_known, decided
from creditscore.cascade.preview import bench
from creditscore.core.clock import clock_at
from creditscore.core.errors import DifferenceError, InputError, NotAllowed, UsageError
from creditscore.evidence.case_file import compile_case_file, review_words
from creditscore.evidence.first_papers import read_first_papers
from creditscore.evidence.letter import compose_letter
from creditscore.objections.actions import answer, ask, changed_cases, notify, open_case, standing
from creditscore.objections.case import ACTIONS, GROUNDS, WHOLE, Case, Ground, case_of, cases
from creditscore.objections.counterfactuals import merits, without
from creditscore.objections.decision import decide, weigh
from creditscore.objections.disputes import marks, open_disputes, said_of
from creditscore.objections.due import due
from creditscore.objections.ruling import Ruling
from creditscore.records import Snapshot
from creditscore.status.status import states
from creditscore.status.transitions import move
from creditscore.store import Database, Log, Roles
from creditscore.store.legacy.archive.runs import KeptRun, keep, kept_rows, snapshot_of
from tests.graded import Graded
from tests.tiers import thinned

D = date
MAY, NINTH = D(2023, 5, 4), D(2023, 5, 9)


@dataclass(frozen=True)
class Desk:
    """A store with one kept run, a subject with three counted records, and how cases are opened on it."""

    log: Log
    run: KeptRun
    snapshot: Snapshot
    subject: str
    records: tuple[str, ...]

    @property
    def store(self) -> Database:
        return self.log.store

    def open(self, *grounds: Ground, on: date = MAY, **more: Any) -> Case:
        chosen = grounds or (Ground("facts_wrong", self.records[0], "按期申报"),)
        return open_case(self.log, self.run, self.snapshot, self.subject, chosen, by="wang.wei", on=on, **more)

    def decide(self, case: Case, on: date = NINTH, by: str = "zhang.min", **statement: Any) -> Case:
        ruling = Ruling(**{"reason": "查实", **statement})
        on_bench = bench(self.store, [self.snapshot])
        return decide(self.log, on_bench, weigh(self.log, on_bench, case.case_id, ruling, by=by, on=on))


@pytest.fixture
def desk(tmp_path: Path, graded: Graded) -> Iterator[Desk]:
    with Database(tmp_path / "s.store") as store:
        log = Log(store)
        (run,) = keep(store, log, graded.grading, graded.snapshot, by="li.na", check=False)
        rows = store.rows(
            "SELECT subject_id, list(record_id ORDER BY record_id) FROM run_ledger WHERE step = 'record'"
            " AND reason = 'counted' AND effective < 0 GROUP BY subject_id HAVING count(*) >= 3 ORDER BY subject_id"
        )
        yield Desk(log, run, snapshot_of(run), rows[0][0], tuple(rows[0][1]))


def test_an_objection_from_opening_to_letter(desk: Desk) -> None:
    value, two, three = desk.records[:3]
    case = desk.open(
        Ground("facts_wrong", value, "按期申报"), Ground("amount_wrong", two), Ground("already_corrected", three)
    )
    assert (case.state, case.clock, case.decide_by, case.other_by) == ("open", "default", D(2023, 5, 8), D(2023, 5, 12))
    assert {row.record_id for row in open_disputes(desk.store)} == {value, two, three}
    assert [event.event for event in decided(desk.store)] == ["disputed"] * 3
    before = kept_rows(desk.store, desk.run.run_id, "grades", desk.subject)[0]
    disputed = as_known(desk.run, desk.snapshot, [desk.subject], decided(desk.store), MAY).grades.to_pylist()[0]
    assert (disputed["score"], disputed["grade"]) == (before["score"], before["grade"])  # a flag, no points
    case = ask(
        desk.log, case.case_id, department="征收科", text="?", by="wang.wei", on=D(2023, 5, 5), due=D(2023, 5, 8)
    )
    assert (case.state, case.decide_by) == ("asked", D(2023, 5, 12))
    assert [(task.task, task.by, task.overdue) for task in due([case], D(2023, 5, 9))] == [
        ("answer", D(2023, 5, 8), True),
        ("decide", D(2023, 5, 12), False),
    ]
    case = answer(desk.log, case.case_id, 1, text="有误", by="wang.wei", on=D(2023, 5, 8))
    merit_rows = merits(desk.run, desk.snapshot, desk.subject, [value], decided(desk.store), D(2023, 5, 9), before)
    case = desk.decide(case, findings={value: "withdraw", two: "uphold", three: "uphold"}, articles=("R2014B 010101",))
    assert case.decision is not None
    assert case.decision.after["score"] == f"{merit_rows[0].now_without.score:.6f}"
    assert case.decision.after["grade"] == merit_rows[0].now_without.grade
    assert open_disputes(desk.store) == []
    assert [task.task for task in due([case], D(2023, 5, 10))] == ["letter"]
    data = compile_case_file(read_first_papers(desk.store, case), desk.snapshot, on=D(2023, 5, 10))
    for lang in ("zh", "en"):
        text = str(compose_letter(data, lang, document_no="1", on="2023-05-10", office="税务局"))  # type: ignore[arg-type]
        assert all(record in text for record in (value, two, three))
        assert data["decision"]["after"]["words"][lang] in text
        assert ("2023年5月4日" if lang == "zh" else "2023-05-04") in text
        assert "{" not in text
    case = notify(desk.log, case.case_id, by="zhang.min", on=D(2023, 5, 10), document_no="1", content_hash="sha256:0")
    assert case.state == "closed"
    assert changed_cases(desk.store, desk.log) == []
    assert standing(desk.store, case) == {name: None if v is None else str(v) for name, v in before.items()}


def test_the_grader_does_not_decide_and_roles_are_enforced(desk: Desk) -> None:
    case = desk.open()
    with pytest.raises(NotAllowed, match="second person"):
        desk.decide(case, by="Ｌi.Na", findings={desk.records[0]: "uphold"})
    guarded = Log(desk.store, roles=Roles({"reviewer": ("zhang.min",), "grader": ("li.na",)}))
    with pytest.raises(NotAllowed, match="no reviewer"):
        ask(guarded, case.case_id, department="a", text="b", by="wang.wei", on=MAY, due=MAY)
    with pytest.raises(NotAllowed, match="no reviewer"):
        open_case(guarded, desk.run, desk.snapshot, desk.subject, [Ground("procedure", WHOLE)], by="wang.wei", on=MAY)
    assert case_of(desk.store, case.case_id).state == "open"


@pytest.mark.parametrize(
    ("grounds", "more", "match"),
    [
        ([], {}, "no ground is given"),
        ([("weather", "grade")], {}, "there is no ground"),
        ([("facts_wrong", "grade")], {}, "is about a record"),
        ([("facts_wrong", "none")], {}, "has no record"),
        ([("apply_repair", "0")], {}, "does not fit the procedure"),
        ([("facts_wrong", "0")], {"procedure": "repair"}, "does not fit the procedure"),
        ([("facts_wrong", "0")], {"procedure": "appeal"}, "there is no procedure"),
        ([("facts_wrong", "0")], {"procedure": "review"}, "cannot be asked for on 2023-05-04"),
        ([("facts_wrong", "0")], {"procedure": "reevaluation", "on": D(2024, 1, 1)}, "cannot be asked for"),
        ([("procedure", "grade")], {"procedure": "supplement"}, "a grade stands"),
        ([("facts_wrong", "0")], {"on": D(2023, 4, 19)}, "before the day of knowledge"),
        ([("facts_wrong", "0")], {"clock": "mars"}, "there is no clock"),
        ([("facts_wrong", "0", "身份证 11010519491231002X")], {}, "resident identity number"),
        ([("facts_wrong", "0", "身份证 110105 19491231 002X")], {}, "resident identity number"),
        ([("facts_wrong", "0", "身份证 １１０１０５１９４９１２３１００２Ｘ")], {}, "resident identity number"),
    ],
)
def test_what_does_not_fit_is_not_opened(desk: Desk, grounds: Any, more: Any, match: str) -> None:
    stated_grounds = [
        Ground(code, desk.records[0] if record == "0" else record, *rest) for code, record, *rest in grounds
    ]
    before = desk.store.rows("SELECT count(*) FROM log_entries")
    with pytest.raises(UsageError, match=match):
        open_case(desk.log, desk.run, desk.snapshot, desk.subject, stated_grounds, by="wang.wei", **{"on": MAY, **more})
    assert cases(desk.store) == {}
    assert desk.store.rows("SELECT count(*) FROM log_entries") == before


@pytest.mark.slow
def test_every_illegal_step_is_refused(desk: Desk) -> None:
    record = desk.records[0]
    case = desk.open()
    with pytest.raises(UsageError, match="contested already"):
        desk.open()
    for wrong, match in (
        ({"findings": {}}, "has no finding"),
        ({"findings": {record: "uphold", desk.records[1]: "uphold"}}, "not contested"),
        ({"findings": {record: "burn"}}, "there is no action"),
        ({"findings": {record: "correct"}}, "has no column"),
        ({"findings": {record: "uphold"}, "changes": {record: {"amount": "1"}}}, "has a column"),
        ({"findings": {record: "correct"}, "changes": {record: {"colour": "red"}}}, "have no column"),
        ({"findings": {record: "correct"}, "changes": {record: {"subject_id": "x"}}}, "cannot be put right"),
        ({"findings": {record: "correct"}, "changes": {record: {"corrected_on": "soon"}}}, "is not a day"),
        ({"findings": {record: "correct"}, "changes": {record: {"corrected_on": "2023-06-01"}}}, "not yet put right"),
        ({"findings": {record: "correct"}, "changes": {record: {"share": "0.5"}}}, "without the day"),
        ({"findings": {record: "correct"}, "changes": {record: {"amount": ""}}}, "is empty"),
        ({"findings": {record: "uphold"}, "articles": ("XX 1",)}, "no legal text"),
        ({"findings": {record: "uphold"}, "reason": " "}, "reason is empty"),
        ({"findings": {record: "uphold"}, "on": D(2023, 5, 3)}, "before the last step"),
    ):
        with pytest.raises(UsageError, match=match):
            desk.decide(case, **wrong)  # type: ignore[arg-type]
    for changes in ({"amount": "many"}, {"share": "1.5", "corrected_on": "2023-05-01"}, {"item": "no such item"}):
        with pytest.raises((InputError, UsageError)):
            desk.decide(case, findings={record: "correct"}, changes={record: changes})
    with pytest.raises(UsageError, match="cannot be answered"):
        answer(desk.log, case.case_id, 1, text="x", by="wang.wei", on=MAY)
    with pytest.raises(UsageError, match="names no days"):
        ask(desk.log, case.case_id, department="a", text="b", by="wang.wei", on=MAY)
    with pytest.raises(UsageError, match="before it was asked"):
        ask(desk.log, case.case_id, department="a", text="b", by="wang.wei", on=MAY, due=D(2023, 5, 1))
    with pytest.raises(UsageError, match="department is empty"):
        ask(desk.log, case.case_id, department=" ", text="b", by="wang.wei", on=MAY, due=MAY)
    case = ask(desk.log, case.case_id, department="a", text="b", by="wang.wei", on=MAY, due=D(2023, 5, 12))
    with pytest.raises(UsageError, match="is awaited until"):
        desk.decide(case, findings={record: "uphold"})
    with pytest.raises(UsageError, match="does not wait"):
        answer(desk.log, case.case_id, 2, text="x", by="wang.wei", on=MAY)
    with pytest.raises(UsageError, match="cannot be notified"):
        notify(desk.log, case.case_id, by="zhang.min", on=D(2023, 5, 12), document_no="1", content_hash="")
    with pytest.raises(UsageError, match="needs a decision"):
        compose_letter({"decision": None, "case_id": "C"}, "zh", document_no="1", on="", office="")
    case = desk.decide(case, findings={record: "uphold"}, on=D(2023, 5, 13))  # the answer is overdue
    for step in (
        lambda: desk.decide(case, findings={record: "uphold"}, on=D(2023, 5, 13)),
        lambda: ask(
            desk.log, case.case_id, department="a", text="b", by="wang.wei", on=D(2023, 5, 13), due=D(2023, 5, 14)
        ),
        lambda: answer(desk.log, case.case_id, 1, text="x", by="wang.wei", on=D(2023, 5, 13)),
    ):
        with pytest.raises(UsageError, match="that is decided cannot be"):
            step()
    with pytest.raises(UsageError, match="there is no case"):
        case_of(desk.store, "C1999-0001")
    assert changed_cases(desk.store, desk.log) == []


@pytest.mark.slow
def test_an_application_for_repair_shuts_the_door_to_re_evaluation(desk: Desk) -> None:
    name, two = desk.records[:2]
    first = desk.open(Ground("facts_wrong", name), procedure="reevaluation")
    assert first.decide_by == D(2023, 5, 24)  # fifteen working days
    with pytest.raises(UsageError, match="under way"):
        desk.open(Ground("apply_repair", two), procedure="repair")
    desk.decide(first, findings={name: "uphold"})
    later = D(2023, 5, 20)
    repair = desk.open(Ground("apply_repair", two), procedure="repair", on=later)
    assert open_disputes(desk.store) == []  # nothing is disputed by it
    with pytest.raises(UsageError, match="no re-evaluation is accepted") as exception_info:
        desk.open(Ground("facts_wrong", two), procedure="reevaluation", on=later)
    assert repair.case_id in str(exception_info.value)
    assert "R2025" in str(exception_info.value)
    with pytest.raises(UsageError, match="does not lead to withdraw"):
        desk.decide(repair, findings={two: "withdraw"}, on=later)
    done = desk.decide(repair, findings={two: "repair"}, on=later)
    assert decided(desk.store)[-1].event == "repaired"
    data = compile_case_file(read_first_papers(desk.store, done), desk.snapshot, on=later)
    assert [remedy["procedure"] for remedy in data["decision"]["remedies"]] == []  # the door stays shut
    assert desk.open(Ground("facts_wrong", desk.records[2]), on=later).state == "open"


@pytest.mark.slow
def test_a_changed_grade_supersedes_the_one_before_and_the_letter_says_so(desk: Desk) -> None:
    move(desk.log, desk.run, "announce", by="chen.jie", on=D(2023, 4, 20))
    candidates = dict(
        desk.store.rows(
            "SELECT l.subject_id, min(l.record_id) FROM run_ledger l JOIN run_grades g USING (subject_id)"
            " WHERE l.step = 'record' AND g.route = 'direct' AND l.reason = 'noted' GROUP BY ALL"
        )
    )
    grading = as_kept(desk.run, desk.snapshot, candidates)
    grades = {row["subject_id"]: row["grade"] for row in grading.grades.to_pylist()}
    subject = next(
        value for value, record in candidates.items() if without(grading, value, [record]).grade != grades[value]
    )
    record, before = candidates[subject], kept_rows(desk.store, desk.run.run_id, "grades", subject)[0]
    (merit,) = merits(desk.run, desk.snapshot, subject, [record], [], MAY, before)
    assert merit.decisive
    case = open_case(
        desk.log,
        desk.run,
        desk.snapshot,
        subject,
        [Ground("annulled", record)],
        by="wang.wei",
        on=MAY,
        procedure="reevaluation",
    )
    (mark,) = marks(desk.store, desk.run.run_id, [subject])
    assert mark.without == merit.then_without
    assert record in said_of(mark)
    assert case.case_id in said_of(mark, "en")
    desk.decide(case, findings={record: "withdraw"})
    rows = states(desk.store, subject)
    assert [(row.status, row.step, row.grade) for row in rows[-2:]] == [
        ("superseded", "reevaluation", before["grade"]),
        ("announced", "reevaluation", merit.now_without.grade),
    ]
    assert rows[-1].case_id == case.case_id
    assert marks(desk.store, desk.run.run_id, [subject]) == []
    data = compile_case_file(
        read_first_papers(desk.store, case_of(desk.store, case.case_id)), desk.snapshot, on=D(2023, 5, 10)
    )
    assert data["decision"]["changed"]
    assert merit.now_without.grade in str(compose_letter(data, "en", document_no="1", on="2023-05-10", office="o"))


@pytest.mark.slow
@settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_decision_comes_to_the_grade_that_a_new_grading_gives(desk: Desk, data: Any) -> None:
    """Whatever is decided: the stored result is the snapshot with the decided events, and nothing was overwritten."""
    day = max((case.events[-1].on for case in cases(desk.store).values()), default=MAY)
    chosen = data.draw(st.lists(st.sampled_from(desk.records), min_size=1, max_size=3, unique=True))
    before = decided(desk.store)
    case = desk.open(*(Ground("facts_wrong", value) for value in chosen), on=day)
    findings = {value: data.draw(st.sampled_from(ACTIONS)) for value in chosen}
    changes = {value: {"corrected_on": "2023-04-30"} for value, action in findings.items() if action == "correct"}
    try:
        case = desk.decide(case, on=day, findings=findings, changes=changes)
    except InputError:  # put right twice
        case = desk.decide(case, on=day, findings=dict.fromkeys(chosen, "uphold"))
    assert case.decision is not None
    assert decided(desk.store)[: len(before)] == before
    events = decided(desk.store)
    if any(action != "uphold" for action in case.decision.findings.values()):
        again = as_known(desk.run, desk.snapshot, [desk.subject], events, day).grades.to_pylist()[0]
        assert {name: None if v is None else str(v) for name, v in again.items()} == case.decision.after
    assert open_disputes(desk.store) == []
    assert changed_cases(desk.store, desk.log) == []


@pytest.mark.parametrize(
    ("sql", "what"),
    thinned(
        [
            ("UPDATE case_events SET data = replace(data, '查实', '不实') WHERE kind = 'decided'", "decided"),
            ("UPDATE run_events SET event = 'disputed' WHERE event = 'dispute_resolved'", "record events"),
            ("DELETE FROM run_events WHERE event = 'disputed'", "record events of event 0"),
            ('UPDATE case_events SET seq = 1 WHERE "no" = 0', "opened"),
            ("UPDATE case_events SET \"by\" = 'li.na' WHERE kind = 'decided'", "decided"),
            ('UPDATE case_events SET "on" = "on" + 1 WHERE kind = \'decided\'', "decided"),
            ("DELETE FROM case_events WHERE kind = 'decided'", "is gone"),
        ],
        4,
    ),
)
def test_a_changed_case_is_found(desk: Desk, sql: str, what: str) -> None:
    desk.decide(desk.open(), findings={desk.records[0]: "withdraw"})
    assert changed_cases(desk.store, desk.log) == []
    desk.store.con.execute(sql)
    assert any(what in text for _, text in changed_cases(desk.store, desk.log))


def test_a_grade_that_does_not_come_out_again_is_not_shown(desk: Desk) -> None:
    case = desk.open()
    desk.store.con.execute("UPDATE run_grades SET score = score + 1 WHERE subject_id = ?", [desk.subject])
    with pytest.raises(DifferenceError, match="does not come out of its snapshot"):
        compile_case_file(read_first_papers(desk.store, case), desk.snapshot, on=MAY)


def test_a_rule_misapplied_is_decided_on_the_grade(desk: Desk) -> None:
    case = desk.open(Ground("rule_misapplied", WHOLE, "适用错误"))
    assert open_disputes(desk.store) == []
    with pytest.raises(UsageError, match="is for records"):
        desk.decide(case, findings={WHOLE: "withdraw"})
    with pytest.raises(UsageError, match="nothing changes"):
        desk.decide(case, findings={WHOLE: "correct"}, on=D(2023, 5, 9))
    assert desk.decide(case, findings={WHOLE: "uphold"}).state == "decided"


def test_every_code_has_words_in_both_languages() -> None:
    words = review_words()
    for section, codes in {"grounds": GROUNDS, "actions": ACTIONS}.items():
        assert set(words[section]) == set(codes)
    assert all(label.zh.strip() and label.en.strip() for codes in words.values() for label in codes.values())


def test_nothing_is_entered_on_a_day_that_has_not_come(desk: Desk) -> None:
    later = D(2099, 6, 21)
    case = desk.open()
    for act in (
        lambda: desk.open(Ground("rule_misapplied", WHOLE), on=later),
        lambda: ask(desk.log, case.case_id, department="征管", text="?", by="wang.wei", on=later),
        lambda: answer(desk.log, case.case_id, 1, text="t", by="wang.wei", on=later),
        lambda: desk.decide(case, findings={desk.records[0]: "uphold"}, on=later),
        lambda: notify(desk.log, case.case_id, by="wang.wei", on=later, document_no="N", content_hash=""),
        lambda: move(desk.log, desk.run, "announce", by="zhang.min", on=later),
    ):
        with pytest.raises(UsageError, match="2099-06-21 has not come"):
            act()
    assert case_of(desk.store, case.case_id) == case
    with clock_at(datetime(2023, 5, 4, 15, 59, tzinfo=UTC)), pytest.raises(UsageError, match="2023-05-05 has not come"):
        desk.decide(case, findings={desk.records[0]: "uphold"}, on=D(2023, 5, 5))
    with clock_at(datetime(2023, 5, 4, 16, 0, tzinfo=UTC)):  # it is the fifth in Shanghai
        assert desk.decide(case, findings={desk.records[0]: "uphold"}, on=D(2023, 5, 5)).state == "decided"


def test_a_run_as_known_on_a_day_to_come_is_not_kept(graded: Graded, tmp_path: Path) -> None:
    day_before = datetime(2023, 4, 19, 4, tzinfo=UTC)
    with Database(tmp_path / "new.store") as store, clock_at(day_before), pytest.raises(UsageError, match="not come"):
        keep(store, Log(store), graded.grading, graded.snapshot, by="li.na", check=False)


@pytest.mark.slow
def test_a_decision_before_the_announcement_announces_nothing_and_blocks_nothing(desk: Desk) -> None:
    case = desk.open()
    before = dict(standing(desk.store, case))
    decided_case = desk.decide(case, findings={desk.records[0]: "withdraw"})
    assert decided_case.decision is not None
    after = decided_case.decision.after
    assert after["score"] != before["score"]
    assert states(desk.store, desk.subject) == []  # nobody announced it
    assert compile_case_file(read_first_papers(desk.store, decided_case), desk.snapshot, on=NINTH)["life"] == []
    count = move(desk.log, desk.run, "announce", by="zhang.min", on=D(2023, 5, 10), reason="迟延")
    assert count == 150
    (state,) = states(desk.store, desk.subject)
    assert (state.status, state.step, state.grade) == ("announced", "announce", after["grade"])
