"""What a decision leaves to people: measures of an entry in question, new grounds of lists, linked organisations."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from creditscore.cascade.follow_up import GROUND, LINKED
from creditscore.core.days import to_day
from creditscore.core.errors import UsageError
from creditscore.evidence.papers import read_papers
from creditscore.grading.grade import grade
from creditscore.lists.beside import doubt_measures
from creditscore.measures.load import load_four_lists
from creditscore.measures.tables import BusinessEvent, Intake
from creditscore.measures.workflow import propose, read_cases
from creditscore.office import Store
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.fold import Stream
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify
from tests.lists.players import A, B

DAYS = {"event_on": "2023-01-05", "ordered_on": "2023-01-10", "deadline_on": "2023-01-20"}
ARREARS = {"item": "arrears", "workers": 12, "months_owed": 4, "amount": 50000}
RECORDS = [
    {"record_id": "r1", "subject_id": A, "item": "incident"},
    {"record_id": "r2", "subject_id": A, **ARREARS},
    {"record_id": "r3", "subject_id": B, **ARREARS, "workers": 2, "amount": 100, "source_subject_id": A},
]


class Desk:
    """An office that keeps a run of the scheme of a list, on two firms, one of which is a source of the other."""

    def __init__(self, address: str, folder: Path) -> None:
        subjects = pd.DataFrame({"subject_id": [A, B], "region": "220100"})
        write_snapshot(ingest(subjects, pd.DataFrame([{**DAYS, **row} for row in RECORDS])), folder / "snapshot")
        grade(read_snapshot(folder / "snapshot"), "wage_arrears", as_of="2023-03-01").write(folder / "grading")
        self.store = Store(address, archive=folder / "archive")
        (self.run,) = self.store.keep(folder / "grading", folder / "snapshot", by="li.na", check=False)

    def enter(self) -> str:
        given = {"subject": A, "list": "wage_arrears", "scheme": "wage_arrears@2022", "entered_on": "2023-03-20"}
        paper = {"organ": "人社局", "document": "2023-1", "on": "2023-03-20", "records": ["r2"]}
        return str(self.store.act("listing", "take_over", by="chen.jie", **given, **paper).name)

    def match(self) -> str:
        about = BusinessEvent("E1", "inspection_plan", "construction", to_day(date(2023, 4, 3)), (A,))
        return f"measure/{propose(self.store, load_four_lists(), Intake((about,), {}), by='li.na').new[0]}"

    def decide(self, finding: str, on: str) -> Any:
        grounds = [{"ground": "facts_wrong", "record_id": record} for record in ("r1", "r2")]
        given = {"subject": A, "run": self.run.run_id, "grounds": grounds}
        case = self.store.act("objection", "open", by="wang.wei", on=on, **given)
        findings = {"r1": finding, "r2": finding}
        ruling: dict[str, Any] = {"findings": findings, "reason": "查实", "articles": ["R2014B 010101"]}
        return self.store.act("objection", "decide", case.name, by="zhang.min", on=on, **ruling)

    def list_tasks(self, *kinds: str) -> list[tuple[str, str, str]]:
        return [(task.stream, task.what, task.note) for task in list_tasks(self.store) if task.what in kinds]


@pytest.fixture
def desk(store_url: str, tmp_path: Path) -> Iterator[Desk]:
    opened = Desk(store_url, tmp_path)
    yield opened
    opened.store.close()


def test_a_measure_of_an_entry_in_question_is_looked_at(desk: Desk) -> None:
    entry, measure = desk.enter(), desk.match()
    with pytest.raises(UsageError, match="nothing puts the measure in question"):
        desk.store.act("measure", "stand", measure, by="chen.jie", on="2023-05-04", reason="-")
    case = desk.decide("withdraw", "2023-05-04")
    assert desk.list_tasks("review") == [(measure, "review", entry.partition("/")[2])]
    assert desk.store.read(measure).fields["doubt"]["because"] == case.name
    kinds = {task["kind"] for task in read_papers(desk.store, case.name).follows["tasks"]}
    assert kinds >= {"list", "measure"}
    desk.store.act("measure", "stand", measure, by="chen.jie", on="2023-05-05", reason="另有其他事实")
    assert desk.list_tasks("review") == []
    (case_of_measure,) = read_cases(desk.store).values()
    assert (case_of_measure.state.state, case_of_measure.acts[-1].act) == ("proposed", "proposed")
    desk.decide("reinstate", "2023-05-08")
    assert desk.list_tasks("review", "review_withdrawn") == []  # the doubt of the entry is gone too
    assert verify(desk.store).faults == []


def test_an_entry_that_is_let_stand_ends_the_doubt_of_its_measures(desk: Desk) -> None:
    entry, measure = desk.enter(), desk.match()
    desk.decide("withdraw", "2023-05-04")
    assert desk.store.read(measure).fields["doubt"]["entry"] == entry.partition("/")[2]
    size = desk.store.head().size
    desk.store.act("listing", "stand", entry, by="chen.jie", on="2023-05-05", reason="另有其他事实")
    assert desk.store.head().size == size + 2  # both in one act
    events = desk.store.read(measure).events
    assert (events[-1].kind, events[-1].act) == ("measure.doubted", size)
    assert desk.store.read(measure).fields.get("doubt") is None
    assert desk.list_tasks("review", "review_withdrawn") == []
    with pytest.raises(UsageError, match="nothing puts the measure in question"):
        desk.store.act("measure", "stand", measure, by="chen.jie", on="2023-05-06", reason="-")
    assert verify(desk.store).faults == []
    assert desk.store.rebuild()
    assert verify(desk.store).faults == []


@pytest.mark.parametrize(("because", "ends"), [("objection/C2023-0001", True), ("objection/C2023-0099", False)])
def test_only_the_doubt_of_the_same_cause_ends(because: str, ends: bool) -> None:
    doubt = {"why": "record_withdrawn", "on": "2023-05-04", "because": "objection/C2023-0001", "records": ["r2"]}
    entry, measure = Stream("listing/1"), Stream("measure/1")
    entry.fields["doubt"], measure.state, measure.version = doubt, "accepted", 3
    own = {"entry": "1", "why": "record_withdrawn", "on": "2023-05-04", "because": because}
    measure.fields |= {"listing": "1", "doubt": own}
    emitted: list[Any] = []
    context: Any = SimpleNamespace(
        read_of=lambda kind, subject: [measure],
        emit=lambda name, kind, **more: emitted.append((name, kind, more["set"])),
    )
    doubt_measures(context, entry, None)
    assert emitted == ([("measure/1", "measure.doubted", {"doubt": None})] if ends else [])


def test_a_measure_that_was_let_stand_itself_hears_nothing(desk: Desk) -> None:
    entry, measure = desk.enter(), desk.match()
    desk.decide("withdraw", "2023-05-04")
    desk.store.act("measure", "stand", measure, by="chen.jie", on="2023-05-05", reason="-")
    version = desk.store.read(measure).version
    desk.store.act("listing", "stand", entry, by="chen.jie", on="2023-05-06", reason="-")
    assert desk.store.read(measure).version == version
    assert verify(desk.store).faults == []


def test_a_firm_whose_record_names_another_is_looked_at_when_that_one_changes(desk: Desk) -> None:
    case = desk.decide("withdraw", "2023-05-04")
    assert desk.list_tasks("look_at_linked") == [(case.name, "look_at_linked", f"{B} r3")]
    (row,) = desk.store.read(case.name).parts["follows"].values()
    assert (row["what"], row["subject"]) == (LINKED, B)
    with pytest.raises(UsageError, match="nothing of number 2 follows"):
        desk.store.act("objection", "settle", case.name, by="li.na", on="2023-05-05", number=2, result="-")
    desk.store.act("objection", "settle", case.name, by="li.na", on="2023-05-05", number=1, result="等级不变")
    assert desk.list_tasks("look_at_linked") == []
    (task,) = [task for task in read_papers(desk.store, case.name).follows["tasks"] if task["thing"] == "r3"]
    assert (task["subject_id"], task["done"]) == (B, "2023-05-05")
    assert verify(desk.store).faults == []


def test_a_ground_that_comes_back_asks_for_a_proposal_where_no_entry_stands(desk: Desk) -> None:
    desk.decide("withdraw", "2023-05-04")
    assert desk.list_tasks("propose") == []
    case = desk.decide("reinstate", "2023-05-08")
    follows = desk.store.read(case.name).parts["follows"].values()
    grounds = sorted(row["thing"] for row in follows if row["what"] == GROUND)
    assert grounds
    assert all(ground.startswith("wage_arrears: ") for ground in grounds)
    assert sorted(note for _, _, note in desk.list_tasks("propose")) == grounds


def test_a_ground_that_an_entry_carries_is_not_new(desk: Desk) -> None:
    desk.enter()
    desk.decide("withdraw", "2023-05-04")
    desk.decide("reinstate", "2023-05-08")
    assert desk.list_tasks("propose") == []
