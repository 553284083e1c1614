"""What would follow from a decision is what the decision then writes; asking writes nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from rich.cells import cell_len

from creditscore.cascade.inputs import RecordEvent
from creditscore.core.errors import UsageError
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
    words = "所依据的记录已撤销" if lang == "zh" else "its records were withdrawn"
    assert [
        part for part in (record, " → ", entry, words, "nothing is written; 2 would change") if part not in shown
    ] == []
    assert max(map(cell_len, shown.splitlines())) <= 80
    data = json.loads(call(*asked, "--json"))
    assert (data["subject_id"], len(data["redrawn"]), data["doubts"][0]["case"]) == (desk.subject, 1, entry)
    with pytest.raises(UsageError, match="is no event"):
        call(*asked[:5], "lost", *asked[6:])
