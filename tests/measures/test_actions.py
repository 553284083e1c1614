"""The way of a measure through the store: who may do what, in which order, and when it ends."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from creditscore.core.errors import InputError, NotAllowed, StoreError, UsageError
from creditscore.measures import actions as desk
from creditscore.measures.endings import after, entry_ending
from creditscore.measures.export import export, tables
from creditscore.measures.load import load_four_lists
from creditscore.measures.match import match
from creditscore.measures.model import FourLists, Period
from creditscore.measures.register import Listings, MeasureCase, due, in_force, read_cases
from creditscore.measures.replay import replay
from creditscore.measures.state import MeasureAct, fold, step
from creditscore.measures.tables import BusinessEvent, Intake, Listing, by_subject
from creditscore.schemes.lists import Span
from creditscore.store import Database, Log, Roles
from tests.measures.helpers import FIRM, copied, day, entry, event, shipped

ROLES = Roles({"analyst": (), "grader": ("li.na",), "reviewer": (), "approver": ("chen.jie",)})
CUSTOMS = event("2025-01-10", "clearance", "customs")
DISHONEST = entry("customs_dishonest", entered="2024-06-01", end=None, key="C1")
RED = entry("customs_advanced", entered="2024-06-01", end=None, key="R1")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    with Database(tmp_path / "s.store") as store:
        yield Log(store, roles=ROLES)


def put(log: Log, about: BusinessEvent, *entries: Listing, lists: FourLists | None = None) -> str:
    """Match, and the id of the first new proposal."""
    intake = Intake((about,), by_subject(entries))
    return desk.propose(log, lists or shipped(), intake, by="li.na").new[0]


def accept(log: Log, key: str, *entries: Listing, on: str = "2025-01-12", **more: object) -> None:
    desk.decide(log, shipped(), by_subject(entries), key, accept=True, by="chen.jie", on=day(on), **more)  # type: ignore[arg-type]


def carry(log: Log, key: str, *entries: Listing, on: str = "2025-01-12", **more: object) -> None:
    accept(log, key, *entries, on=on, **more)
    desk.notify(log, shipped(), by_subject(entries), key, by="li.na", on=day(on), document_no="N-1")
    desk.execute(log, shipped(), by_subject(entries), key, by="li.na", on=day(on))


def state(log: Log, key: str) -> str:
    return read_cases(log.store, [key])[key].state.state


def test_the_whole_way(log: Log) -> None:
    key = put(log, event(), entry())
    for name, on in (("decided", "2024-03-02"), ("notified", "2024-03-03"), ("executed", "2024-03-04")):
        if name == "decided":
            accept(log, key, entry(), on=on)
        else:
            call = desk.notify if name == "notified" else desk.execute
            call(log, shipped(), by_subject([entry()]), key, by="li.na", on=day(on), document_no="N-1")
    desk.feedback(log, key, by="li.na", on=day("2024-03-10"), result="资格审查未通过")
    assert not in_force(read_cases(log.store)[key], shipped(), by_subject([entry()]), day("2024-03-03"))
    (case,) = read_cases(log.store).values()
    assert [act.act for act in case.acts] == ["proposed", "accepted", "notified", "executed", "fed_back"]
    assert in_force(case, shipped(), by_subject([entry()]), day("2024-03-04"))
    assert log.verify().ok
    actions = [other_entry.action for other_entry in log.entries() if other_entry.phase == "begun"]
    assert actions == ["joint.match", "joint.decide", "joint.notify", "joint.execute", "joint.feedback"]


def test_matching_again_adds_nothing(log: Log) -> None:
    intake = Intake((event(), event(kind="licence", key="E2")), by_subject([entry()]))
    first = desk.propose(log, shipped(), intake, by="li.na")
    size = len(log.entries())
    again = desk.propose(log, shipped(), intake, by="li.na")
    assert (again.new, again.repeated) == ((), first.new)
    assert len(log.entries()) == size


def test_a_standing_measure_matched_again_is_repeated(log: Log) -> None:
    listed = entry("culture_tourism_serious")
    about = event(kind="inspection_plan", department="culture_tourism")
    key = put(log, about, listed)
    again = desk.propose(log, shipped(), Intake((about,), by_subject([listed])), by="li.na")
    assert again.repeated == (key,)


def test_one_event_has_one_content(log: Log) -> None:
    put(log, event(), entry())
    with pytest.raises(InputError, match="'E1' was matched before"):
        put(log, event(kind="bid"), entry())


def test_who_proposed_does_not_decide(log: Log) -> None:
    both = Log(log.store)
    key = put(both, event(), entry())
    with pytest.raises(NotAllowed, match="second person"):
        desk.decide(both, shipped(), by_subject([entry()]), key, accept=True, by="LI.NA ", on=day("2024-03-02"))


def test_roles_are_enforced(log: Log) -> None:
    key = put(log, event(), entry())
    with pytest.raises(NotAllowed, match="is no approver"):
        desk.decide(log, shipped(), by_subject([entry()]), key, accept=True, by="wang", on=day("2024-03-02"))
    with pytest.raises(NotAllowed, match="is no grader"):
        desk.propose(log, shipped(), Intake((event(key="E7"),), by_subject([entry()])), by="chen.jie")
    assert state(log, key) == "proposed"


def test_a_rejection_has_a_reason(log: Log) -> None:
    key = put(log, event(), entry())
    with pytest.raises(UsageError, match="needs a reason"):
        desk.decide(log, shipped(), {}, key, accept=False, by="chen.jie", on=day("2024-03-02"))
    desk.decide(log, shipped(), {}, key, accept=False, by="chen.jie", on=day("2024-03-02"), reason="情节轻微")
    with pytest.raises(UsageError, match="is rejected, so it cannot be accepted"):
        accept(log, key, entry(), on="2024-03-03")


def test_a_flag_is_acknowledged_with_a_reason(log: Log) -> None:
    key = put(log, CUSTOMS, DISHONEST)
    flag = "basis_department_rule"
    with pytest.raises(UsageError, match="departmental rule alone"):
        accept(log, key, DISHONEST)
    with pytest.raises(UsageError, match="with a reason"):
        accept(log, key, DISHONEST, acknowledge=[flag])
    with pytest.raises(UsageError, match="no flag 'all'"):
        accept(log, key, DISHONEST, acknowledge=["all"], reason="x")
    accept(log, key, DISHONEST, acknowledge=[flag], reason="规章明文规定")
    (act,) = [act for act in read_cases(log.store)[key].acts if act.act == "accepted"]
    assert (act.acknowledged, act.reason) == ((flag,), "规章明文规定")


def test_a_flag_that_came_later_is_demanded(log: Log) -> None:
    """The law is repealed between proposal and decision; what is left is a document, which may not cut rights."""
    from creditscore.schemes.laws import load_laws

    key = put(log, event(), entry())
    laws = dict(load_laws())
    laws["ZFCGF"] = laws["ZFCGF"].model_copy(update={"repealed": "2024-03-02"})
    with pytest.raises(UsageError, match="none may cut rights"):
        accept(log, key, entry(), on="2024-03-02", texts=laws)


EARLY = {
    "notify": lambda log, key: desk.notify(
        log, shipped(), by_subject([entry()]), key, by="li.na", on=day("2024-03-02"), document_no="N"
    ),
    "execute": lambda log, key: desk.execute(
        log, shipped(), by_subject([entry()]), key, by="li.na", on=day("2024-03-02")
    ),
    "feedback": lambda log, key: desk.feedback(log, key, by="li.na", on=day("2024-03-02"), result="x"),
    "annul": lambda log, key: desk.annul(log, key, by="chen.jie", on=day("2024-03-02"), document_no="D", reason="x"),
}


@pytest.mark.parametrize("act", EARLY)
def test_steps_keep_their_order(log: Log, act: str) -> None:
    key = put(log, event(), entry())
    with pytest.raises(UsageError, match="is proposed, so it cannot be"):
        EARLY[act](log, key)


def test_days_do_not_run_backwards(log: Log) -> None:
    key = put(log, event(), entry())
    with pytest.raises(UsageError, match="lies before the last act"):
        accept(log, key, entry(), on="2024-02-29")


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"exited": "2024-03-02"}, "taken off the list"),
        ({"exited": "2024-03-02", "why": "annulled"}, "annulled"),
        ({"end": "2024-03-01"}, "term of the entry"),
        ({"key": "L2"}, "does not stand in the listings"),
        ({"list_": "safety_serious"}, "does not stand in the listings"),
    ],
)
def test_no_decision_on_an_entry_that_is_over(log: Log, changed: dict[str, str], cause: str) -> None:
    key = put(log, event(), entry())
    with pytest.raises(UsageError, match=cause):
        accept(log, key, entry(**changed), on="2024-03-02")  # type: ignore[arg-type]
    assert state(log, key) == "proposed"


def test_nothing_is_carried_out_after_the_exit(log: Log) -> None:
    key = put(log, event(), entry())
    accept(log, key, entry(), on="2024-03-02")
    desk.notify(log, shipped(), by_subject([entry()]), key, by="li.na", on=day("2024-03-03"), document_no="N-1")
    with pytest.raises(UsageError, match="nothing may follow any more"):
        desk.execute(log, shipped(), by_subject([entry(exited="2024-03-04")]), key, by="li.na", on=day("2024-03-04"))


def test_a_link_that_was_removed_stops_the_measure(log: Log, tmp_path: Path) -> None:
    key = put(log, event(), entry())
    lists = load_four_lists(copied(tmp_path, links=("conduct_id: DC-PROCUREMENT", "conduct_id: DC-MARKET")))
    with pytest.raises(UsageError, match="hold this link no more"):
        desk.decide(log, lists, by_subject([entry()]), key, accept=True, by="chen.jie", on=day("2024-03-02"))


def test_a_reward_is_refused_to_whoever_came_onto_a_black_list(log: Log) -> None:
    key = put(log, CUSTOMS, RED)
    black = entry("market_serious", entered="2025-01-11", key="B1")
    with pytest.raises(UsageError, match="came onto a black or watch list"):
        accept(log, key, RED, black)


def test_a_reward_ends_with_a_black_entry(log: Log) -> None:
    key = put(log, CUSTOMS, RED)
    carry(log, key, RED)
    entries = by_subject([RED, entry("market_serious", entered="2025-02-01", key="B1")])
    case = read_cases(log.store)[key]
    assert in_force(case, shipped(), entries, day("2025-01-31"))
    assert not in_force(case, shipped(), entries, day("2025-02-01"))
    assert desk.lift(log, shipped(), entries, by="li.na", on=day("2025-02-01"))[key] == "on_black_or_watch_list"


@pytest.mark.parametrize(
    ("changed", "on", "cause"),
    [
        ({"exited": "2024-05-01"}, "2024-05-01", "exited"),
        ({"exited": "2024-05-01", "why": "repaired"}, "2024-05-01", "repaired"),
        ({"exited": "2024-05-01", "why": "early"}, "2024-05-01", "repaired"),
        ({"exited": "2024-05-01", "why": "annulled"}, "2024-05-01", "annulled"),
        ({}, "2026-01-10", "term_over"),
        ({"end": None}, "2026-01-10", "period_over"),
    ],
)
def test_what_hangs_on_an_entry_is_lifted_with_it(log: Log, changed: dict[str, str], on: str, cause: str) -> None:
    key = put(log, event(), entry())
    carry(log, key, entry(), on="2024-03-02")
    entries = by_subject([entry(**changed)])  # type: ignore[arg-type]
    eve = day(on) - 1
    assert in_force(read_cases(log.store)[key], shipped(), entries, eve)
    assert desk.lift(log, shipped(), entries, by="li.na", on=eve) == {}
    (due_step,) = [
        due_step
        for due_step in due(read_cases(log.store).values(), shipped(), entries, day(on))
        if due_step.task == "lift"
    ]
    assert (due_step.since, due_step.by, due_step.cause) == (
        day(on),
        day(on) + (3 if cause == "annulled" else 0),
        cause,
    )
    assert desk.lift(log, shipped(), entries, by="li.na", on=day(on)) == {key: cause}
    assert state(log, key) == "lifted"
    assert desk.lift(log, shipped(), entries, by="li.na", on=day(on)) == {}


def test_what_was_not_carried_out_lapses(log: Log) -> None:
    key = put(log, event(), entry())
    desk.lift(log, shipped(), by_subject([entry(exited="2024-03-05")]), by="li.na", on=day("2024-03-05"))
    assert state(log, key) == "lapsed"


def test_a_missing_entry_lifts_only_what_is_named(log: Log) -> None:
    key = put(log, event(), entry())
    carry(log, key, entry(), on="2024-03-02")
    on = day("2024-03-05")
    assert not in_force(read_cases(log.store)[key], shipped(), {}, on)
    assert desk.lift(log, shipped(), {}, by="li.na", on=on) == {}
    assert [due_step.cause for due_step in due(read_cases(log.store).values(), shipped(), {}, on)] == ["entry_missing"]
    assert desk.lift(log, shipped(), {}, by="li.na", on=on, ids=[key]) == {key: "entry_missing"}


def test_what_still_stands_is_not_lifted(log: Log) -> None:
    key = put(log, event(), entry())
    carry(log, key, entry(), on="2024-03-02")
    with pytest.raises(UsageError, match="still stands"):
        desk.lift(log, shipped(), by_subject([entry()]), by="li.na", on=day("2024-04-01"), ids=[key])
    with pytest.raises(UsageError, match="no proposal 'JM-0'"):
        desk.lift(log, shipped(), {}, by="li.na", on=day("2024-04-01"), ids=["JM-0"])


def test_an_annulled_decision_is_undone_within_three_days(log: Log) -> None:
    key = put(log, event(), entry())
    carry(log, key, entry(), on="2024-03-02")
    with pytest.raises(UsageError, match="its document and a reason"):
        desk.annul(log, key, by="chen.jie", on=day("2024-03-09"), document_no=" ", reason="x")
    desk.annul(log, key, by="chen.jie", on=day("2024-03-09"), document_no="行复〔2024〕1号", reason="事实不清")
    entries = by_subject([entry()])
    case = read_cases(log.store)[key]
    assert not in_force(case, shipped(), entries, day("2024-03-09"))
    (due_step,) = due([case], shipped(), entries, day("2024-03-10"))
    assert (due_step.task, due_step.since, due_step.by, due_step.cause) == (
        "lift",
        day("2024-03-09"),
        day("2024-03-12"),
        "annulled",
    )
    assert desk.lift(log, shipped(), entries, by="li.na", on=day("2024-03-10")) == {key: "annulled"}


def test_an_annulled_decision_that_was_not_carried_out_is_closed(log: Log) -> None:
    key = put(log, event(), entry())
    accept(log, key, entry(), on="2024-03-02")
    desk.annul(log, key, by="chen.jie", on=day("2024-03-09"), document_no="D", reason="x")
    assert due(read_cases(log.store).values(), shipped(), by_subject([entry()]), day("2024-03-10")) == []


def test_what_is_due(log: Log) -> None:
    key = put(log, event(), entry())

    def task(on: str) -> tuple[str, int | None]:
        (due_step,) = due(read_cases(log.store).values(), shipped(), by_subject([entry()]), day(on))
        return due_step.task, due_step.by

    assert task("2024-03-01") == ("decide", None)
    accept(log, key, entry(), on="2024-03-02")
    assert task("2024-03-02") == ("notify", None)
    desk.notify(log, shipped(), by_subject([entry()]), key, by="li.na", on=day("2024-03-03"), document_no="N")
    assert task("2024-03-03") == ("execute", None)
    desk.execute(log, shipped(), by_subject([entry()]), key, by="li.na", on=day("2024-03-04"))
    assert task("2024-03-04") == ("feedback", day("2024-03-19"))
    desk.feedback(log, key, by="li.na", on=day("2024-03-05"), result="done")
    assert due(read_cases(log.store).values(), shipped(), by_subject([entry()]), day("2024-03-20")) == []


@pytest.mark.parametrize("text", ["经办11010519491231002X", "11010519491231002X"])
def test_no_person_enters_the_store(log: Log, text: str) -> None:
    key = put(log, event(subjects=(FIRM, "11010519491231002X")), entry())
    with pytest.raises(UsageError, match="resident identity number"):
        desk.decide(log, shipped(), {}, key, accept=False, by="chen.jie", on=day("2024-03-02"), reason=text)
    with pytest.raises(UsageError, match="resident identity number"):
        desk.propose(log, shipped(), Intake((event(key="E9"),), {}), by=text)
    rows = [
        log.store.rows(f"SELECT * FROM {name}")
        for name in ("joint_event", "joint_refusal", "joint_proposal", "log_entries")
    ]
    assert "11010519491231002X" not in str(rows)


def test_nobody_is_not_somebody(log: Log) -> None:
    with pytest.raises(UsageError, match="nobody is named"):
        desk.propose(log, shipped(), Intake((event(),), {}), by=" ")


def test_a_failed_act_leaves_nothing(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("power cut")

    monkeypatch.setattr(desk, "_write", broken)
    with pytest.raises(RuntimeError):
        put(log, event(), entry())
    assert log.store.rows("SELECT count(*) FROM joint_proposal") == [(0,)]
    assert log.entries()[-1].phase == "failed"


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE joint_act SET act = 'rejected' WHERE act = 'accepted'",
        "UPDATE joint_act SET reason = 'x' WHERE act = 'accepted'",
        "UPDATE joint_act SET on_day = on_day - 1 WHERE act = 'proposed'",
        "DELETE FROM joint_act WHERE act = 'executed'",
        "UPDATE joint_proposal SET flags = 'condition'",
        "UPDATE joint_proposal SET log_seq = 99",
        "UPDATE joint_proposal SET period = '{\"until_exit\": true}'",
        "UPDATE joint_act SET log_seq = 77 WHERE act = 'notified'",
        "UPDATE joint_event SET department = 'x'",
        "DELETE FROM joint_event",
        "INSERT INTO joint_event SELECT * REPLACE ('E9' AS event_id) FROM joint_event",
        "INSERT INTO joint_refusal SELECT event_id, 's', 'l', 'm', 'no_link', log_seq FROM joint_proposal",
        "INSERT INTO joint_refusal SELECT event_id, 's', 'l', 'm', 'no_link', 99 FROM joint_proposal",
    ],
)
def test_tables_that_are_not_what_the_log_says(log: Log, tmp_path: Path, sql: str) -> None:
    key = put(log, event(), entry())
    carry(log, key, entry(), on="2024-03-02")
    assert replay(log) == 4
    log.store.con.execute(sql)
    with pytest.raises(
        StoreError, match=r"of the table are not|no finished act|is not what the log says|in no entry of the log"
    ):
        export(log, shipped(), by_subject([entry()]), day("2024-03-05"), tmp_path / "o")


def test_a_failed_act_does_not_disturb_the_replay(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    key = put(log, event(), entry())
    with monkeypatch.context() as patch:
        patch.setattr(desk, "_write", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            accept(log, key, entry(), on="2024-03-02")
    accept(log, key, entry(), on="2024-03-02")
    assert replay(log) == 2


def test_a_repealed_basis_ends_the_measure(log: Log) -> None:
    key = put(log, CUSTOMS, DISHONEST)
    carry(log, key, DISHONEST, acknowledge=["basis_department_rule"], reason="规章明文规定")
    case, entries = read_cases(log.store)[key], by_subject([DISHONEST])
    assert in_force(case, shipped(), entries, day("2026-03-31"))
    assert not in_force(case, shipped(), entries, day("2026-04-01"))
    assert desk.lift(log, shipped(), entries, by="li.na", on=day("2026-04-01")) == {key: "basis_gone"}


def test_contradictory_acts_are_a_damaged_store() -> None:
    with pytest.raises(StoreError, match="no proposal"):
        fold([MeasureAct(0, "JM-1", "accepted", 5, "a")])
    with pytest.raises(StoreError, match="contradict"):
        fold([MeasureAct(0, "JM-1", "proposed", 5, "a"), MeasureAct(1, "JM-1", "executed", 6, "a")])


def test_spans_end_on_their_day() -> None:
    assert after(day("2024-02-29"), Span(years=1)) == day("2025-02-28")
    assert after(day("2024-01-31"), Span(months=1)) == day("2024-02-29")
    assert after(day("2024-03-01"), Span(days=10)) == day("2024-03-11")
    assert after(day("2024-03-01"), Span(workdays=1)) == day("2024-03-04")
    assert entry_ending(None, 7).on == 7  # type: ignore[union-attr]


def test_export_is_the_same_bytes_and_says_all(log: Log, tmp_path: Path) -> None:
    key = put(log, event(), entry())
    carry(log, key, entry(), on="2024-03-02")
    put(log, CUSTOMS.__class__("E5", "clearance", "customs", CUSTOMS.on, (FIRM,)), DISHONEST)
    entries = by_subject([entry(), DISHONEST])
    exported = tables(log, shipped(), entries, day("2025-02-01"))
    (value, other) = exported["measures"].to_pylist()
    both = {value["proposal_id"]: value, other["proposal_id"]: other}
    assert (both[key]["state"], both[key]["in_force"]) == ("executed", True)
    flags = next(row["flags"] for k, row in both.items() if k != key)
    assert "basis_department_rule" in flags
    first = export(log, shipped(), entries, day("2025-02-01"), tmp_path / "a", csv=True)
    second = export(log, shipped(), entries, day("2025-02-01"), tmp_path / "b", csv=True)
    names = sorted(file.name for file in first.iterdir())
    assert {"measures.parquet", "acts.csv", "refusals.csv", "due.csv", "four_lists.json", "manifest.json"} <= set(names)
    assert all((first / name).read_bytes() == (second / name).read_bytes() for name in names)
    assert "project_default" in (first / "manifest.json").read_text(encoding="utf-8")
    (tmp_path / "c").mkdir()
    (tmp_path / "c" / "diary.txt").write_text("x")
    with pytest.raises(UsageError, match="other files"):
        export(log, shipped(), entries, day("2025-02-01"), tmp_path / "c")


STEPS = st.sampled_from(("accept", "reject", "notify", "execute", "feedback", "annul", "lift"))
NUMBERS = count()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    with Database(tmp_path_factory.mktemp("p") / "s.store") as store:
        yield Log(store)


def attempt(log: Log, act: str, key: str, entries: Listings, on: int) -> None:
    if act in ("accept", "reject"):
        desk.decide(log, shipped(), entries, key, accept=act == "accept", by="chen", on=on, reason="理由")
    elif act in ("notify", "execute"):
        call = desk.notify if act == "notify" else desk.execute
        call(log, shipped(), entries, key, by="li", on=on, document_no="N")
    elif act == "feedback":
        desk.feedback(log, key, by="li", on=on, result="完成")
    elif act == "annul":
        desk.annul(log, key, by="chen", on=on, document_no="D", reason="理由")
    else:
        desk.lift(log, shipped(), entries, by="li", on=on)


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(STEPS, st.integers(0, 40)), max_size=6),
    stay=st.integers(1, 120),
    term=st.none() | st.integers(1, 120),
)
@example(steps=[("accept", 0), ("notify", 1), ("execute", 1), ("feedback", 2), ("lift", 30)], stay=20, term=None)
@example(steps=[("accept", 0), ("notify", 1), ("execute", 1), ("annul", 2), ("lift", 3)], stay=100, term=50)
@example(steps=[("accept", 0), ("lift", 40), ("notify", 1)], stay=100, term=30)
def test_nothing_outlives_its_entry(shared: Log, steps: list[tuple[str, int]], stay: int, term: int | None) -> None:
    """Whatever people try in whatever order: no measure is in force without its entry, and the log says the same."""
    start, number = day("2024-03-01"), next(NUMBERS)
    end = None if term is None else start + term
    listed = Listing(f"L{number}", FIRM, "procurement_serious", start - 5, end, start + stay)
    entries, on = by_subject([listed]), start
    key = put(shared, event(key=f"E{number}"), listed)
    for act, wait in steps:
        on += wait
        with suppress(UsageError):
            attempt(shared, act, key, entries, on)
    case = read_cases(shared.store, [key])[key]
    assert case.state.executed_on is None or listed.valid_on(case.state.executed_on)
    assert all(listed.valid_on(m) for m in range(start, start + 200) if in_force(case, shipped(), entries, m))
    last = max(on, start + 130)
    desk.lift(shared, shipped(), entries, by="li", on=last)
    closed = read_cases(shared.store, [key])[key]
    assert not closed.state.open
    assert not closed.state.to_undo
    assert replay(shared) >= len(closed.acts)


ACTS = st.sampled_from(("accepted", "rejected", "notified", "executed", "fed_back", "annulled", "lifted", "lapsed"))


@settings(max_examples=200, deadline=None)
@given(
    acts=st.lists(st.tuples(ACTS, st.integers(0, 60)), max_size=8),
    begin=st.integers(-900, 0),
    stay=st.integers(1, 900),
    term=st.none() | st.integers(0, 900),
    span=st.none() | st.integers(1, 400),
)
def test_in_force_needs_the_entry_whatever_was_written(
    acts: list[tuple[str, int]], begin: int, stay: int, term: int | None, span: int | None
) -> None:
    start = day("2024-03-01")
    listed = Listing("L1", FIRM, "procurement_serious", start + begin, term and start + term, start + begin + stay)
    on, measure_acts = start, [MeasureAct(0, "JM-1", "proposed", start, "li")]
    for act, wait in acts:
        with suppress(UsageError):
            step(fold(measure_acts), act, on + wait, "JM-1")
            on += wait
            measure_acts.append(MeasureAct(len(measure_acts), "JM-1", act, on, "li"))
    proposals = match(shipped(), [event()], by_subject([replace(listed, exited_on=None, term_end=None)])).proposals
    period = Period(span=Span(days=span)) if span else Period(until_exit=True)
    for proposal in proposals:
        case = MeasureCase(proposal, period, "li", tuple(measure_acts))
        for moment in range(start - 30, start + 600, 11):
            if in_force(case, shipped(), by_subject([listed]), moment):
                assert listed.valid_on(moment)
                assert case.state.executed_on is not None
                assert moment >= case.state.executed_on
                assert span is None or moment < case.state.executed_on + span
