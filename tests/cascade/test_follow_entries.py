"""A decision puts in question the entries that rest on its records; a person looks at them, none ends by itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from creditscore.cascade.follow_entries import find_doubt
from creditscore.cascade.inputs import RecordEvent
from creditscore.core.errors import UsageError
from creditscore.office import Store
from creditscore.store.archive.runs import keep_grading
from creditscore.store.fold import Stream
from creditscore.store.tasks import list_tasks
from creditscore.store.verify import verify
from tests.graded import Graded

OTHER = {"scheme": "procurement/serious", "name": "procurement_serious"}
WITHDRAWN, PART, STAND = "review_withdrawn", "review_part", "stand"


class Desk:
    """An office with a kept run, an organisation with counted records, and entries that name some of them."""

    def __init__(self, address: str, folder: Path, graded: Graded) -> None:
        self.store = Store(address, archive=folder)
        kept_on: Any = {"by": "li.na", "on": "2023-04-21", "check": False}
        (self.run,) = keep_grading(self.store, graded.grading, graded.snapshot, **kept_on)
        counted: dict[str, list[str]] = {}
        for row in self.store.archive.read(self.run.files["ledger"]).to_pylist():
            if row["step"] == "record" and row["reason"] == "counted" and row["effective"] < 0:
                counted.setdefault(row["subject_id"], []).append(row["record_id"])
        self.subject, records = next((s, r) for s, r in sorted(counted.items()) if len(r) >= 2)
        self.records = sorted(records)

    def enter(self, *records: str, scheme: str = "wage_arrears@2022", name: str = "wage_arrears") -> str:
        given = {"subject": self.subject, "list": name, "scheme": scheme, "entered_on": "2023-01-05"}
        paper = {"organ": "人社局", "document": "2023-1", "on": "2023-01-05", "records": list(records)}
        return str(self.store.act("listing", "take_over", by="chen.jie", **given, **paper).name)

    def decide(self, record: str, finding: str, on: str) -> Any:
        ground = {"ground": "facts_wrong", "record_id": record, "statement": "不属于本单位"}
        given = {"subject": self.subject, "run": self.run.run_id, "grounds": [ground]}
        case = self.store.act("objection", "open", by="wang.wei", on=on, **given)
        ruling = {"findings": {record: finding}, "reason": "查实", "articles": ["R2014B 010101"]}
        return self.store.act("objection", "decide", case.name, by="zhang.min", on=on, **ruling)

    def tasks(self, entry: str) -> list[tuple[str, str]]:
        wanted = (WITHDRAWN, PART, "review_ground", "look_at_way_out")
        return [
            (task.what, task.note) for task in list_tasks(self.store) if task.stream == entry and task.what in wanted
        ]


@pytest.fixture
def desk(store_url: str, tmp_path: Path, graded: Graded) -> Iterator[Desk]:
    opened = Desk(store_url, tmp_path / "archive", graded)
    yield opened
    opened.store.close()


def test_an_entry_on_a_withdrawn_record_is_looked_at_by_a_person(desk: Desk) -> None:
    first, second = desk.records[:2]
    on_one, on_both = desk.enter(first), desk.enter("other", second, **OTHER)
    assert (desk.tasks(on_one), desk.tasks(on_both)) == ([], [])
    with pytest.raises(UsageError, match="nothing puts the case in question"):
        desk.store.act("listing", STAND, on_one, by="chen.jie", on="2023-05-04", reason="-")
    decided = desk.decide(first, "withdraw", "2023-05-04")
    assert desk.tasks(on_one) == [(WITHDRAWN, first)]
    assert desk.tasks(on_both) == []
    entry = desk.store.read(on_one)
    assert (entry.state, entry.fields["doubt"]["because"]) == ("listed", decided.name)
    desk.store.act("listing", STAND, on_one, by="chen.jie", on="2023-05-05", reason="另有其他事实")
    assert desk.tasks(on_one) == []
    desk.decide(second, "withdraw", "2023-05-08")
    assert desk.tasks(on_one) == []  # what was settled is not asked again
    assert desk.tasks(on_both) == [(PART, second)]
    assert verify(desk.store).faults == []


def test_a_record_that_was_put_right_asks_for_a_way_out(desk: Desk) -> None:
    first = desk.records[0]
    entry = desk.enter(first)
    desk.decide(first, "repair", "2023-05-04")
    assert desk.tasks(entry) == [("look_at_way_out", first)]


def make_event(record: str, kind: str) -> RecordEvent:
    from datetime import date

    return RecordEvent("S", record, kind, date(2023, 5, 4), date(2023, 5, 4), 2)


@pytest.mark.parametrize(
    ("kinds", "why"),
    [
        ([("r1", "withdrawn"), ("r2", "withdrawn")], "record_withdrawn"),
        ([("r1", "withdrawn")], "record_withdrawn_in_part"),
        ([("r1", "withdrawn"), ("r1", "reinstated")], None),
        ([("r1", "withdrawn"), ("r1", "dispute_resolved")], "record_withdrawn_in_part"),
        ([("r2", "amended")], "record_changed"),
        ([("r3", "withdrawn")], None),
    ],
)
def test_why_an_entry_is_in_question(kinds: list[tuple[str, str]], why: str | None) -> None:
    entry = Stream("listing/1")
    entry.fields["records"] = ["r1", "r2"]
    doubt = find_doubt(entry, [make_event(*pair) for pair in kinds], [])
    assert (doubt or {}).get("why") == why
