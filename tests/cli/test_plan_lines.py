"""What a decision would change is told in words before it is taken: records, grades, entries, tasks."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.cells import cell_len

from creditscore.objections import workflow as objections
from tests.cascade.test_follow_entries import Desk
from tests.cli.promises import call
from tests.graded import Graded


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_decision_is_previewed_in_words(
    tmp_path: Path, graded: Graded, lang: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = str(tmp_path / "credit.db")
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(tmp_path / "archive"))
    desk = Desk(address, tmp_path / "archive", graded)
    record = desk.records[0]
    entry = desk.enter(record)
    ground = {"ground": "facts_wrong", "record_id": record, "statement": "不属于本单位"}
    given = {"subject": desk.subject, "run": desk.run.run_id, "grounds": [ground]}
    case = desk.store.act("objection", "open", by="wang.wei", on="2023-05-04", **given).name
    desk.store.close()
    ruling = ("--findings", f"{record}=withdraw", "--reason", "查实", "--articles", "R2014B 010101")
    common = ("--store", address, "--by", "zhang.min", "--on", "2023-05-08", "--lang", lang)
    shown = call("act", "objection", "decide", case.removeprefix(objections.PREFIX), *ruling, "--preview", *common)
    wanted = {
        "zh": (f"记录 {record}  撤销", " → ", "待办: 所依据的记录已撤销，复核本案", "待办: 送达告知书"),
        "en": (f"record {record}  withdrawn", " → ", "to do: its records were withdrawn; look at the case again"),
    }[lang]
    assert [words for words in wanted if words not in shown] == []
    assert entry in shown
    assert "{" not in shown
    assert "ledger" not in shown
    assert max(map(cell_len, shown.splitlines())) <= 80
