"""Until when an office keeps what its log says: by rule, never before what needs it, and provably afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from creditscore.composite.combine import combine
from creditscore.core.clock import clock_at
from creditscore.core.errors import NotAllowed, UsageError
from creditscore.office import Store
from creditscore.office.retention import erase_due, list_due, list_matters
from creditscore.store.archive.composites import keep_composite
from creditscore.store.archive.runs import keep_grading, list_runs
from creditscore.store.people import grant_role
from creditscore.store.verify import verify
from tests.cli.promises import call
from tests.graded import Graded

LETTER = "2023-05-10"
DUE = date(2028, 5, 10)
AFTER = datetime(2028, 5, 10, 4, tzinfo=UTC)


class Desk:
    """An office with a kept run of whose grades one is contested."""

    def __init__(self, address: str, folder: Path, graded: Graded) -> None:
        self.address, self.folder = address, folder
        self.store: Store = Store(address, archive=folder)
        kept_on: Any = {"by": "li.na", "on": "2023-04-21", "check": False}
        (self.run,) = keep_grading(self.store, graded.grading, graded.snapshot, **kept_on)
        ledger = self.store.archive.read(self.run.files["ledger"]).to_pylist()
        row = next(row for row in ledger if row["step"] == "record" and row["reason"] == "counted")
        ground = {"ground": "facts_wrong", "record_id": row["record_id"], "statement": "按期申报"}
        given = {"subject": row["subject_id"], "run": self.run.run_id, "grounds": [ground]}
        self.case = self.act("open", "wang.wei", "2023-05-04", **given)
        self.record = row["record_id"]

    def act(self, act: str, by: str, on: str, stream: str = "", **given: Any) -> str:
        return str(self.store.act("objection", act, stream, by=by, on=on, **given).name)

    def close_case(self) -> None:
        given = {"findings": {self.record: "uphold"}, "reason": "查实", "articles": ["R2014B 010101"]}
        self.act("decide", "zhang.min", "2023-05-08", self.case, **given)
        self.act("letter", "zhang.min", LETTER, self.case, document_no="1", content="sha256:0")

    def dues(self) -> dict[str, date | None]:
        return {matter.name.partition("/")[0]: matter.due_on for matter in list_matters(self.store)}


@pytest.fixture
def desk(store_url: str, tmp_path: Path, graded: Graded) -> Iterator[Desk]:
    opened = Desk(store_url, tmp_path / "archive", graded)
    yield opened
    opened.store.close()


def test_nothing_of_a_contested_run_goes_while_the_case_is_open(desk: Desk) -> None:
    assert desk.dues() == {"objection": None, "run": None}
    assert list_due(list_matters(desk.store), date(2090, 1, 1)) == []
    desk.close_case()
    assert desk.dues() == {"objection": DUE, "run": DUE}


def test_what_is_due_is_erased_and_the_log_still_proves_itself(desk: Desk) -> None:
    desk.close_case()
    files = [desk.folder / "sha256" / name[:2] / name for name in desk.run.files.values()]
    assert all(file.exists() for file in files)
    with pytest.raises(UsageError, match="has not come"):
        list(erase_due(desk.store, DUE, by="chen.jie"))
    with clock_at(AFTER):
        assert list(erase_due(desk.store, date(2028, 5, 9), by="chen.jie")) == []
        erased = [matter.name for matter in erase_due(desk.store, DUE, by="chen.jie")]
        assert erased == [desk.case, f"run/{desk.run.run_id}"]
        assert list_matters(desk.store) == list(erase_due(desk.store, DUE, by="chen.jie")) == []
    assert [file for file in files if file.exists()] == []
    assert list_runs(desk.store) == []
    assert desk.store.read(desk.case).is_erased
    assert verify(desk.store).faults == []
    desk.store.rebuild()
    assert verify(desk.store).faults == []


def test_a_run_is_kept_as_long_as_a_composite_of_it(desk: Desk, graded: Graded, tmp_path: Path) -> None:
    desk.close_case()
    combine(graded.grading, "jilin_edz", acts="unchecked").write(tmp_path / "composite")
    keep_composite(desk.store, tmp_path / "composite", by="li.na", on="2024-01-15")
    assert {matter.due_on for matter in list_matters(desk.store)} == {DUE, date(2029, 1, 15)}
    with clock_at(datetime(2029, 1, 15, 4, tzinfo=UTC)):
        names = [matter.name for matter in erase_due(desk.store, date(2029, 1, 15), by="chen.jie")]
    assert names[-1] == f"run/{desk.run.run_id}"
    assert len(names) == 3


def test_only_an_approver_erases(desk: Desk) -> None:
    desk.close_case()
    desk.store.change_people(lambda there: [grant_role(there.find("zhang.min"), "approver")], by="zhang.min")
    with clock_at(AFTER), pytest.raises(NotAllowed):
        list(erase_due(desk.store, DUE, by="li.na"))


def test_the_command_lists_before_it_erases(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.close_case()
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(desk.folder))
    command = ("store", "retention", "--store", desk.address, "--on")
    output = call(*command, "2028-05-10")
    assert "2 of 2 may be erased on 2028-05-10" in output
    assert "project_default" in output
    with pytest.raises(UsageError, match="has not come"):
        call(*command, "2028-05-10", "--delete", "--by", "chen.jie")
    assert call(*command, "2026-01-01", "--json").strip() == "[]"
    with clock_at(AFTER):
        assert "2 of 2 erased on 2028-05-10" in call(*command, "2028-05-10", "--delete", "--by", "chen.jie")
        assert "0 of 0 may be erased" in call(*command, "2028-05-10")
