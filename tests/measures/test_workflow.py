"""Measures on the log of a store: the whole way, every refusal and ending."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from creditscore.core.days import iso
from creditscore.core.errors import InputError, NotAllowed, UsageError
from creditscore.measures.cases import in_force
from creditscore.measures.load import load_four_lists
from creditscore.measures.tables import Intake, Listing
from creditscore.measures.workflow import (
    lift,
    name_occasion,
    propose,
    read_cases,
    read_listings,
    read_refusals,
)
from creditscore.office import Store
from creditscore.schemes.laws import load_laws
from creditscore.store.context import Refused
from creditscore.store.erasure import erase_stream
from creditscore.store.log import NewEvent
from creditscore.store.verify import verify
from tests.lists.players import PAPER
from tests.measures.helpers import CUSTOMS, DISHONEST, FIRM, RED, code, copied, day, entry, event, shipped
from tests.measures.offices import Office
from tests.store.helpers import add_person

FLAG = "basis_department_rule"


@pytest.fixture
def office(store_url: str) -> Iterator[Office]:
    opened = Office(store_url)
    yield opened
    assert verify(opened.store).faults == []
    opened.store.close()


def test_the_whole_way(office: Office) -> None:
    key = office.put(event(), entry())
    office.act("accept", key, "2024-03-02")
    office.act("notify", key, "2024-03-03", document_no="N-1")
    case = office.store.act("measure", "execute", f"measure/{key}", by="li.na", on="2024-03-04")
    assert (case.fields["executed_on"], case.fields["feedback_by"]) == ("2024-03-04", "2024-03-19")
    assert (case.fields["ends_by"], case.subject) == ("2026-01-10", FIRM)
    office.act("feedback", key, "2024-03-10", result="资格审查未通过")
    assert not office.in_force(key, "2024-03-03")
    (measure,) = read_cases(office.store).values()
    assert [act.act for act in measure.acts] == ["proposed", "accepted", "notified", "executed", "fed_back"]
    assert office.in_force(key, "2024-03-04")


def test_matching_again_adds_nothing(office: Office) -> None:
    office.enter(entry())
    first = office.match(event(), event(kind="licence", key="E2"))
    size = office.store.head().size
    again = office.match(event(), event(kind="licence", key="E2"))
    assert (again.new, again.repeated) == ((), first.new)
    assert office.store.head().size == size
    with pytest.raises(InputError, match="'E1' was matched before"):
        office.match(event(kind="bid"))
    assert read_refusals(office.store)
    office.enter(entry("market_serious", entered="2023-01-11", key="L7"))
    assert office.match(event()).repeated == (first.new[0],)


def test_a_match_that_was_cut_off_is_made_whole(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    office.enter(entry())
    events = (event(), event(key="E3", on="2024-03-05"), event(kind="licence", key="E2"))
    kind, left = type(office.store), [1]
    act = kind.act

    def fail(self: Any, *given: Any, **more: Any) -> Any:
        if not left:
            raise RuntimeError("power cut")
        left.pop()
        return act(self, *given, **more)

    with monkeypatch.context() as patch:
        patch.setattr(kind, "act", fail)
        with pytest.raises(RuntimeError):
            office.match(*events)
    assert len(read_cases(office.store)) == 1
    whole = office.match(*events)
    assert len(whole.repeated) == 1
    assert len(read_cases(office.store)) == len(whole.new) + 1


def test_only_what_a_match_gives_is_proposed(office: Office) -> None:
    key = office.put(event(), entry())
    wanted = office.store.read(f"measure/{key}").fields
    given = {"subject": FIRM, "event": "E1", "listing": "L1", "measure": wanted["measure"]}
    refused: list[tuple[dict[str, Any], str, str]] = [
        (given, "2024-03-01", "is there already"),
        ({**given, "event": "E9"}, "2024-03-01", "was not matched"),
        (given, "2024-03-02", "of another day"),
        ({**given, "measure": "PM-NONE"}, "2024-03-01", "no measure is linked"),
        ({**given, "listing": "L9"}, "2024-03-01", "no measure is linked"),
    ]
    for values, on, words in refused:
        with pytest.raises(Refused, match=words) as raised:
            office.store.act("measure", "propose", by="li.na", on=on, **values)
        assert raised.value.allowed
        assert raised.value.next


def test_who_may(office: Office) -> None:
    key = office.put(event(), entry())
    with pytest.raises(NotAllowed, match="second person"):
        office.act("accept", key, by="LI.NA ")
    with pytest.raises(NotAllowed, match="second person"):
        office.act("reject", key, by="li.na", reason="x")
    with pytest.raises(UsageError, match="nobody is said to act"):
        office.match(event(key="E8"), by=" ")
    add_person(office.store, "wang", ("approver",), by="setup")
    add_person(office.store, "sun", ("grader",), by="wang")
    with pytest.raises(NotAllowed, match="is no approver"):
        office.act("accept", key, by="sun")
    with pytest.raises(NotAllowed, match="is no grader"):
        office.match(event(key="E7"), by="wang")
    assert office.act("accept", key, by="wang") == "accepted"


def test_a_rejection_has_a_reason(office: Office) -> None:
    key = office.put(event(), entry())
    with pytest.raises(UsageError, match="reason"):
        office.act("reject", key)
    assert office.act("reject", key, reason="情节轻微") == "rejected"
    with pytest.raises(Refused, match="is rejected: accepted cannot follow"):
        office.act("accept", key, "2024-03-03")


def test_a_flag_is_acknowledged_with_a_reason(office: Office) -> None:
    key = office.put(CUSTOMS, DISHONEST)
    for more, words in (
        ({}, "departmental rule alone"),
        ({"acknowledge": [FLAG]}, "with a reason"),
        ({"acknowledge": ["all"], "reason": "x"}, "no flag 'all'"),
    ):
        with pytest.raises(Refused, match=words):
            office.act("accept", key, "2025-01-12", **more)
    office.act("accept", key, "2025-01-12", acknowledge=[FLAG], reason="规章明文规定")
    (act,) = [act for act in read_cases(office.store)[key].acts if act.act == "accepted"]
    assert (act.acknowledged, act.reason, act.actor) == ((FLAG,), "规章明文规定", "chen.jie")


def test_a_flag_that_came_later_is_demanded(store_url: str) -> None:
    office = Office(store_url)
    key = office.put(event(), entry())
    office.store.close()
    laws = dict(load_laws())
    laws["ZFCGF"] = laws["ZFCGF"].model_copy(update={"repealed": "2024-03-02"})
    office = Office(store_url, laws=laws)
    with pytest.raises(Refused, match="none may cut rights"):
        office.act("accept", key)
    office.store.close()


def test_a_link_that_was_removed_stops_the_measure(store_url: str, tmp_path: Path) -> None:
    office = Office(store_url)
    key = office.put(event(), entry())
    office.store.close()
    lists = load_four_lists(copied(tmp_path, links=("conduct_id: DC-PROCUREMENT", "conduct_id: DC-MARKET")))
    office = Office(store_url, lists)
    with pytest.raises(Refused, match="hold this link no more"):
        office.act("accept", key)
    office.store.close()


EARLY: dict[str, dict[str, Any]] = {
    "notify": {"document_no": "N"},
    "execute": {},
    "feedback": {"result": "x"},
    "annul": {"document_no": "D", "reason": "x"},
    "lift": {},
}


@pytest.mark.parametrize("act", EARLY)
def test_steps_keep_their_order(office: Office, act: str) -> None:
    key = office.put(event(), entry())
    with pytest.raises(Refused, match=r"the case is proposed: .* cannot follow"):
        office.act(act, key, **EARLY[act])
    with pytest.raises(Refused, match="lies before the step"):
        office.act("accept", key, "2024-02-29")


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"exited": "2024-03-02"}, "taken off the list"),
        ({"exited": "2024-03-02", "why": "annulled"}, "annulled"),
        ({"end": "2024-03-01"}, "term of the entry"),
        ({"list_": "safety_serious"}, "does not stand in the log"),
    ],
)
def test_no_decision_on_an_entry_that_is_over(office: Office, changed: dict[str, str], cause: str) -> None:
    key = office.put(event(), entry())
    office.enter(entry(**changed))  # type: ignore[arg-type]
    with pytest.raises(Refused, match=cause):
        office.act("accept", key)
    assert office.state(key) == "proposed"


def test_nothing_is_carried_out_after_the_exit(office: Office) -> None:
    key = office.put(event(), entry())
    office.act("accept", key)
    office.act("notify", key, "2024-03-03", document_no="N-1")
    office.enter(entry(exited="2024-03-04"))
    with pytest.raises(Refused, match="nothing may follow any more"):
        office.act("execute", key, "2024-03-04")


def test_a_reward_ends_with_a_black_entry(office: Office) -> None:
    key = office.put(CUSTOMS, RED)
    office.carry(key, "2025-01-12")
    office.enter(entry("market_serious", entered="2025-02-01", key="B1"))
    assert office.in_force(key, "2025-01-31")
    assert not office.in_force(key, "2025-02-01")
    assert lift(office.store, shipped(), by="li.na", on="2025-02-01")[key] == "on_black_or_watch_list"


def test_a_reward_is_refused_to_whoever_came_onto_a_black_list(office: Office) -> None:
    key = office.put(CUSTOMS, RED)
    office.enter(entry("market_serious", entered="2025-01-11", key="B1"))
    with pytest.raises(Refused, match="came onto a black or watch list"):
        office.act("accept", key, "2025-01-12")


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
def test_what_hangs_on_an_entry_is_lifted_with_it(office: Office, changed: dict[str, str], on: str, cause: str) -> None:
    key = office.put(event(), entry())
    office.carry(key)
    office.enter(entry(**changed))  # type: ignore[arg-type]
    eve = iso(day(on) - 1)
    assert office.in_force(key, eve)
    assert lift(office.store, shipped(), by="li.na", on=eve) == {}
    with pytest.raises(Refused, match="still stands"):
        office.act("lift", key, eve)
    (step,) = [step for step in office.due(on) if step.task == "lift"]
    assert (step.since, step.by, step.cause) == (day(on), day(on) + (3 if cause == "annulled" else 0), cause)
    assert lift(office.store, shipped(), by="li.na", on=on) == {key: cause}
    fields = office.store.read(f"measure/{key}").fields
    assert (office.state(key), fields["ended_on"], fields["ended_by"]) == ("lifted", on, cause)
    assert lift(office.store, shipped(), by="li.na", on=on) == {}
    with pytest.raises(Refused, match="is lifted"):
        lift(office.store, shipped(), by="li.na", on=on, ids=[key])


def test_what_was_not_carried_out_lapses(office: Office) -> None:
    key = office.put(event(), entry())
    office.enter(entry(exited="2024-03-05"))
    lift(office.store, shipped(), by="li.na", on="2024-03-05")
    assert office.state(key) == "lapsed"


def test_a_missing_entry_lifts_only_what_is_named(office: Office) -> None:
    key = office.put(event(), entry())
    office.carry(key)
    office.enter(entry("safety_serious"))
    assert not office.in_force(key, "2024-03-05")
    assert lift(office.store, shipped(), by="li.na", on="2024-03-05") == {}
    assert [step.cause for step in office.due("2024-03-05")] == ["entry_missing"]
    named = lift(office.store, shipped(), by="li.na", on="2024-03-05", ids=[key])
    assert named == {key: "entry_missing"}
    with pytest.raises(UsageError, match="no proposal 'JM-0'"):
        lift(office.store, shipped(), by="li.na", on="2024-04-01", ids=["JM-0"])


def test_an_annulled_decision_is_undone_within_three_days(office: Office) -> None:
    key = office.put(event(), entry())
    office.carry(key)
    with pytest.raises(UsageError, match="document_no"):
        office.act("annul", key, "2024-03-09", document_no=" ", reason="x")
    office.act("annul", key, "2024-03-09", document_no="行复〔2024〕1号", reason="事实不清")
    assert not office.in_force(key, "2024-03-09")
    (step,) = office.due("2024-03-10")
    assert (step.task, step.since, step.by, step.cause) == ("lift", day("2024-03-09"), day("2024-03-12"), "annulled")
    (task,) = office.store.rows("task", stream=f"measure/{key}", done_seq=None)
    assert (task["what"], task["due_on"], task["team"]) == ("lift", "2024-03-12", "grader")
    assert lift(office.store, shipped(), by="li.na", on="2024-03-10") == {key: "annulled"}
    assert office.store.rows("task", stream=f"measure/{key}", done_seq=None) == []


def test_an_annulled_decision_that_was_not_carried_out_is_closed(office: Office) -> None:
    key = office.put(event(), entry())
    office.act("accept", key)
    office.act("annul", key, "2024-03-09", document_no="D", reason="x")
    assert office.due("2024-03-10") == []
    assert office.store.rows("task", done_seq=None) == []
    with pytest.raises(Refused, match="nothing to lift"):
        office.act("lift", key, "2024-03-10")


def test_what_is_due(office: Office) -> None:
    key = office.put(event(), entry())

    def task(on: str) -> tuple[str, int | None]:
        (step,) = office.due(on)
        (row,) = office.store.rows("task", stream=f"measure/{key}", what=step.task, done_seq=None)
        assert row["due_on"] == (iso(step.by) if step.by else None)
        return step.task, step.by

    assert task("2024-03-01") == ("decide", None)
    office.act("accept", key, "2024-03-02")
    assert task("2024-03-02") == ("notify", None)
    office.act("notify", key, "2024-03-03", document_no="N")
    assert task("2024-03-03") == ("execute", None)
    office.act("execute", key, "2024-03-04")
    assert task("2024-03-04") == ("feedback", day("2024-03-19"))
    office.act("feedback", key, "2024-03-05", result="done")
    assert office.due("2024-03-20") == []


@pytest.mark.parametrize("text", ["经办11010519491231002X", "11010519491231002X"])
def test_no_person_enters_the_store(office: Office, text: str) -> None:
    key = office.put(event(subjects=(FIRM, "11010519491231002X")), entry())
    with pytest.raises(UsageError, match="resident identity number"):
        office.act("reject", key, reason=text)
    with pytest.raises(UsageError, match="resident identity number"):
        office.match(event(key="E9"), by=text)
    assert "11010519491231002X" not in "".join(str(known.payload) for known in office.store.events())


def test_a_repealed_basis_ends_the_measure(office: Office) -> None:
    key = office.put(CUSTOMS, DISHONEST)
    office.carry(key, "2025-01-12", acknowledge=[FLAG], reason="规章明文规定")
    assert office.in_force(key, "2026-03-31")
    assert not office.in_force(key, "2026-04-01")
    assert lift(office.store, shipped(), by="li.na", on="2026-04-01") == {key: "basis_gone"}


def test_a_step_is_corrected(office: Office) -> None:
    key = office.put(event(), entry())
    office.act("accept", key, reason="a")
    office.act("notify", key, "2024-03-03", document_no="N-1")
    to = {"document_no": "N-2"}
    office.act("correct", key, "2024-03-04", by="zhou", number=3, to=to, reason="a misprint")
    assert [act.document_no for act in read_cases(office.store)[key].acts] == ["", "", "N-2"]


def test_what_was_erased_is_passed_over(office: Office) -> None:
    first = office.put(event(), entry())
    office.carry(first)
    erase_stream(office.store, f"measure/{first}", reason="its time is over", by="chen.jie")
    office.enter(entry(exited="2024-03-04"))
    second = office.put(event("2024-03-05", key="E2"), entry(key="L2", entered="2024-03-04"))
    office.act("accept", second, "2024-03-06")
    assert list(read_cases(office.store)) == [second]
    assert office.match(event()).repeated == (first,)
    assert [step.proposal_id for step in office.due("2024-03-07")] == [second]
    with pytest.raises(UsageError, match="there is no proposal"):
        lift(office.store, shipped(), by="li.na", on="2024-03-07", ids=[first])
    for name in ("listing/L2", name_occasion("E1")):
        erase_stream(office.store, name, reason="its time is over", by="chen.jie")
    with pytest.raises(Refused, match="does not stand in the log"):
        office.act("notify", second, "2024-03-07", document_no="N")
    with pytest.raises(InputError, match="'E1' was matched before and erased"):
        office.match(event())
    given = {"subject": FIRM, "event": "E1", "listing": "L1", "measure": "PM-NONE"}
    with pytest.raises(Refused, match="was not matched"):
        office.store.act("measure", "propose", by="li.na", on="2024-03-01", **given)
    assert [row[0] for row in read_refusals(office.store)].count("E1") == 0


def test_an_event_alone_proposes_nothing(office: Office) -> None:
    """The kind of events is written by graders, and by no act on a measure."""
    office.match(event())
    assert office.store.read(name_occasion("E1")).fields["event_kind"] == "procurement"
    assert read_cases(office.store) == {}
    forged = NewEvent(name_occasion("E2"), "occasion.matched", {"set": {"event": "E2"}})
    for role in ("analyst", "reviewer", "approver"):
        with pytest.raises(UsageError, match=f"not written by itself as {role}"):
            office.store.record(lambda people: [forged], by="zhou", role=role)
    assert "occasion.matched" not in {
        kind for act in office.store.registry.newest["measure"].acts.values() for kind in act.emits
    }


STEPS = st.sampled_from(("accept", "reject", "notify", "execute", "feedback", "annul", "lift"))
NUMBERS = count(1)
PAPERS: dict[str, dict[str, Any]] = {
    "accept": {"reason": "理由"},
    "reject": {"reason": "理由"},
    "notify": {"document_no": "N"},
    "feedback": {"result": "完成"},
    "annul": {"document_no": "D", "reason": "理由"},
}


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    opened = Office(f"sqlite:///{tmp_path_factory.mktemp('p') / 'credit.db'}")
    yield opened
    assert verify(opened.store).faults == []
    opened.store.close()


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    steps=st.lists(st.tuples(STEPS, st.integers(0, 40)), max_size=6),
    stay=st.integers(1, 120),
    term=st.none() | st.integers(1, 120),
)
@example(steps=[("accept", 0), ("notify", 1), ("execute", 1), ("feedback", 2), ("lift", 30)], stay=20, term=None)
@example(steps=[("accept", 0), ("notify", 1), ("execute", 1), ("annul", 2), ("lift", 3)], stay=100, term=50)
@example(steps=[("accept", 0), ("lift", 40), ("notify", 1)], stay=100, term=30)
def test_nothing_outlives_its_entry(shared: Office, steps: list[tuple[str, int]], stay: int, term: int | None) -> None:
    """Whatever people try in whatever order: no measure is in force without its entry."""
    start, number = day("2024-03-01"), next(NUMBERS)
    subject = code("91440300", f"MA{number:06d}")
    end = None if term is None else start + term
    listed = Listing(f"P{number}", subject, "procurement_serious", start - 5, end, start + stay)
    on = start
    key = shared.put(event(key=f"P{number}", subjects=(subject,)), replace(listed, exited_on=None))
    shared.enter(listed)
    for act, wait in steps:
        on += wait
        with suppress(UsageError):
            if act == "lift":
                lift(shared.store, shipped(), by="li.na", on=iso(on))
            else:
                shared.act(act, key, iso(on), **PAPERS.get(act, {}))
    case = read_cases(shared.store, [key])[key]
    assert case.state.executed_on is None or listed.valid_on(case.state.executed_on)
    entries = read_listings(shared.store, [subject])
    assert all(listed.valid_on(m) for m in range(start, start + 200) if in_force(case, shipped(), entries, m))
    lift(shared.store, shipped(), by="li.na", on=iso(max(on, start + 130)))
    closed = read_cases(shared.store, [key])[key]
    assert not closed.state.open
    assert not closed.state.to_undo


def test_a_context_reads_entries_from_the_log(office: Office) -> None:
    """A row that was edited in a table of the store steers nothing."""
    key = office.put(event(), entry())
    with office.store.log.write() as connection:
        table = office.store.projections.metadata.tables["listing"]
        connection.execute(table.update().values(exited_on="2024-03-01"))
    assert office.act("accept", key) == "accepted"
    assert [fault.where for fault in verify(office.store).faults]
    office.store.rebuild()


def test_a_measure_rests_on_an_entry_of_the_lists(store_url: str, tmp_path: Path) -> None:
    """With every workflow that ships: the entry is left, and what hangs on it is lifted."""
    paper = {name: value for name, value in PAPER.items() if value}
    with Store(store_url, archive=tmp_path / "archive") as store:
        given = {"subject": FIRM, "list": "procurement_serious", "scheme": "procurement/serious", **paper}
        listed = store.act("listing", "take_over", by="chen.jie", on="2024-01-10", **given)
        (key,) = propose(store, shipped(), Intake((event(),), {}), by="li.na").new
        for act, by, more in (
            ("accept", "chen.jie", {}),
            ("notify", "li.na", {"document_no": "N-1"}),
            ("execute", "li.na", {}),
        ):
            store.act("measure", act, f"measure/{key}", by=by, on="2024-03-02", **more)
        assert lift(store, shipped(), by="li.na", on="2024-04-30") == {}
        given = {"exit": "ban_over", "confirm": {"ban_over": "决定书"}, **paper}
        assert {row["what"]: row["due_on"] for row in list_open(store, key)} == {
            "feedback": "2024-03-17",
            "lift": "2027-01-10",
        }
        store.act("listing", "exit", listed.name, by="chen.jie", on="2024-05-01", known_on="2024-05-06", **given)
        assert [(row["what"], row["due_on"]) for row in list_open(store, key)] == [("lift", "2024-05-01")]
        to = {"on": "2024-05-02"}
        store.act("listing", "correct", listed.name, by="z", on="2024-05-06", number=2, to=to, reason="a misprint")
        assert [row["due_on"] for row in list_open(store, key)] == ["2024-05-02"]
        to = {"on": "2024-05-01"}
        store.act("listing", "correct", listed.name, by="z", on="2024-05-06", number=2, to=to, reason="it was right")
        assert lift(store, shipped(), by="li.na", on="2024-05-01") == {key: "repaired"}
        assert store.read(f"measure/{key}").state == "lifted"
        (late,) = propose(store, shipped(), Intake((event("2024-04-02", key="E3"),), {}), by="li.na").new
        assert [(row["what"], row["due_on"]) for row in list_open(store, late)] == [("lift", "2024-05-01")]
        assert lift(store, shipped(), by="li.na", on="2024-05-02") == {late: "repaired"}
        assert [row for name in (key, late) for row in list_open(store, name)] == []
        assert verify(store).faults == []


def list_open(store: Store, key: str) -> list[dict[str, Any]]:
    """List the open tasks of a measure."""
    return store.rows("task", stream=f"measure/{key}", done_seq=None)


def test_an_entry_that_is_annulled_closes_what_was_not_carried_out(store_url: str, tmp_path: Path) -> None:
    paper = {name: value for name, value in PAPER.items() if value}
    with Store(store_url, archive=tmp_path / "archive") as store:
        given = {"subject": FIRM, "list": "procurement_serious", "scheme": "procurement/serious", **paper}
        listed = store.act("listing", "take_over", by="chen.jie", on="2024-01-10", **given)
        (key,) = propose(store, shipped(), Intake((event(),), {}), by="li.na").new
        assert [row["what"] for row in list_open(store, key)] == ["decide"]
        store.act("listing", "exit", listed.name, by="chen.jie", on="2024-03-04", exit="annulled", **paper)
        assert [(row["what"], row["due_on"]) for row in list_open(store, key)] == [("lift", "2024-03-07")]
        assert lift(store, shipped(), by="li.na", on="2024-03-05") == {key: "annulled"}
        assert store.read(f"measure/{key}").state == "lapsed"
        assert list_open(store, key) == []
        assert verify(store).faults == []
