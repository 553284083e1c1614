"""What would follow from a decision is what the decision then writes; asking writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from creditscore.cascade.inputs import RecordEvent
from creditscore.core.errors import StoreError, UsageError
from creditscore.office.consequences import find_consequences, find_subject
from creditscore.store.archive.standing import rows_as_they_stand
from tests.cascade.test_follow_entries import Desk
from tests.cli.promises import call
from tests.graded import Graded

MAY = date(2023, 5, 4)


@pytest.fixture
def desk(tmp_path: Path, graded: Graded, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(tmp_path / "archive"))
    opened = Desk(str(tmp_path / "credit.db"), tmp_path / "archive", graded)
    yield opened
    opened.store.close()


def test_a_question_is_answered_as_the_decision_does(desk: Desk) -> None:
    record = desk.records[0]
    entry = desk.enter(record)
    size = desk.store.head().size
    assert find_subject(desk.store, record) == desk.subject
    asked = find_consequences(desk.store, RecordEvent(desk.subject, record, "withdrawn", MAY, MAY))
    assert desk.store.head().size == size
    assert [(case.name, doubt["why"]) for case, doubt in asked.doubts] == [(entry, "record_withdrawn")]
    (change,) = asked.redrawn
    desk.decide(record, "withdraw", str(MAY))
    assert rows_as_they_stand(desk.store, desk.run, [desk.subject])[desk.subject] == change.after
    assert desk.store.read(entry).fields["doubt"]["why"] == "record_withdrawn"
    with pytest.raises(UsageError, match="no organisation has a record 'nothing'"):
        find_subject(desk.store, "nothing")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_told_in_words(desk: Desk, lang: str) -> None:
    record = desk.records[0]
    entry = desk.enter(record)
    address = desk.store.database.shown
    asked = ("cascade", "preview", "--record", record, "--event", "withdrawn", "--on", "2023-05-04", "--store", address)
    shown = call(*asked, "--lang", lang)
    words = {
        "zh": ("所依据的记录已撤销", "未写入任何内容；将变更 2 项"),
        "en": ("its records were withdrawn", "nothing is written; 2 would change"),
    }[lang]
    assert [part for part in (record, " → ", entry, *words) if part not in shown] == []
    assert max(map(cell_len, shown.splitlines())) <= 80
    data = json.loads(call(*asked, "--json"))
    assert (data["subject_id"], len(data["redrawn"]), data["doubts"][0]["case"]) == (desk.subject, 1, entry)
    with pytest.raises(UsageError, match="is no event"):
        call(*asked[:5], "lost", *asked[6:])


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_followed_is_read_again(desk: Desk, lang: str) -> None:
    record, address = desk.records[0], desk.store.database.shown
    entry = desk.enter(record)
    show = ("cascade", "show", "--store", address, "--lang", lang)
    assert "0 acts" in call(*show)
    case = desk.decide(record, "withdraw", str(MAY))
    words = ("记录", "撤销", "存疑", "所依据的记录已撤销") if lang == "zh" else ("record", "withdrawn", "in question")
    number = case.name.partition("/")[2]
    for asked in (show, (*show[:2], case.name, *show[2:]), (*show[:2], number, *show[2:])):
        shown = call(*asked)
        parts = (*words, case.name, "zhang.min", str(MAY), record, desk.subject, " → ", entry, "1 acts")
        assert [part for part in parts if part not in shown] == []
        assert max(map(cell_len, shown.splitlines())) <= 80
    (act,) = json.loads(call(*show, "--json"))
    assert (act["stream"], act["by"], act["on"]) == (case.name, "zhang.min", str(MAY))
    assert {row["event"] for row in act["records"]} == {"withdrawn", "dispute_resolved"}
    (change,) = act["redrawn"]
    assert (change["run"], change["subject_id"]) == (desk.run.run_id, desk.subject)
    assert change["before"]["score"] != change["after"]["score"]
    assert [(row["case"], row["why"]) for row in act["doubts"]] == [(entry, "record_withdrawn")]
    assert ("listing", "review_withdrawn") in [(row["stream"].partition("/")[0], row["what"]) for row in act["tasks"]]
    assert json.loads(call("cascade", "show", entry, "--store", address, "--json")) == []
    with pytest.raises(UsageError, match="there is no case 'objection/C1999-0001'"):
        call("cascade", "show", "objection/C1999-0001", "--store", address)


def test_what_a_case_changed_is_written_as_a_page(desk: Desk, tmp_path: Path) -> None:
    record, address = desk.records[0], desk.store.database.shown
    entry = desk.enter(record)
    ground = {"ground": "facts_wrong", "record_id": record}
    given = {"subject": desk.subject, "run": desk.run.run_id, "grounds": [ground]}
    opened = desk.store.act("objection", "open", by="wang.wei", on=str(MAY), **given).name
    write = ("cascade", "show", "--store", address, "--out", str(tmp_path / "page"))
    with pytest.raises(UsageError, match="is not decided"):
        call(*write, opened)
    ruling: Any = {"findings": {record: "withdraw"}, "reason": "查实", "articles": ["R2014B 010101"]}
    desk.store.act("objection", "decide", opened, by="zhang.min", on=str(MAY), **ruling)
    number = opened.partition("/")[2]
    names = ["cascade.html", "cascade.en.html", "cascade.json"]
    assert [Path(line).name for line in call(*write, number).splitlines()] == names
    data = json.loads((tmp_path / "page" / names[2]).read_text(encoding="utf-8"))
    assert (data["case_id"], data["subject_id"], data["on"]) == (number, desk.subject, str(MAY))
    (change,) = data["changes"]
    for lang, name in (("zh", names[0]), ("en", names[1])):
        page = (tmp_path / "page" / name).read_text(encoding="utf-8")
        after = change["after_words"][lang].replace("-", "−")
        assert [word for word in (record, desk.subject, after) if word not in page] == []
    for case in ("", entry):
        with pytest.raises(UsageError, match="a page is written of one case") as refused:
            call(*write, *([case] if case else []))
        assert refused.value.allowed


def test_what_cannot_be_supposed_is_said(desk: Desk) -> None:
    record, address = desk.records[0], desk.store.database.shown

    def ask(*more: str, on: str = "2023-05-04", store: str = address) -> str:
        return call(
            "cascade", "preview", "--record", record, "--event", "withdrawn", "--on", on, "--store", store, *more
        )

    with pytest.raises(UsageError, match="only a correction has a share"):
        ask("--share", "0.5")
    with pytest.raises(UsageError, match="before it happened"):
        ask("--recorded-on", "2023-05-01")
    with pytest.raises(UsageError, match="not a day"):
        ask(on="soon")
    with pytest.raises(StoreError, match="no store"):
        ask(store=f"{address}.no")
