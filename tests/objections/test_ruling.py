"""A decision that was wrong is decided otherwise: the record counts again, and all stands as it was kept."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from creditscore.store.archive.standing import history_of, rows_as_kept, rows_as_they_stand
from creditscore.store.verify import verify
from tests.cascade.test_follow_entries import WITHDRAWN, Desk
from tests.graded import Graded


@pytest.fixture
def desk(store_url: str, tmp_path: Path, graded: Graded) -> Iterator[Desk]:
    opened = Desk(store_url, tmp_path / "archive", graded)
    yield opened
    opened.store.close()


@pytest.mark.parametrize("finding", ["withdraw", "repair"])
def test_a_record_that_is_reinstated_leaves_all_as_it_was_kept(desk: Desk, finding: str) -> None:
    record = desk.records[0]
    entry = desk.enter(record)
    before = rows_as_kept(desk.store.archive, desk.run, [desk.subject])[desk.subject]
    with pytest.raises(UsageError, match="neither withdrawn nor repaired"):
        desk.decide(record, "reinstate", "2023-05-04")
    (case,) = [row["stream"] for row in desk.store.rows("objection")]
    ruling = {"findings": {record: finding}, "reason": "查实"}
    desk.store.act("objection", "decide", case, by="zhang.min", on="2023-05-05", **ruling)
    assert rows_as_they_stand(desk.store, desk.run, [desk.subject])[desk.subject] != before
    assert [what for what, _ in desk.tasks(entry)] == [WITHDRAWN if finding == "withdraw" else "look_at_way_out"]
    decided = desk.decide(record, "reinstate", "2023-05-08")
    assert rows_as_they_stand(desk.store, desk.run, [desk.subject])[desk.subject] == before
    history = history_of(desk.store, desk.run.run_id, desk.subject)
    assert (history.fields["as_kept"], history.fields["because"]) == (True, decided.name)
    assert desk.tasks(entry) == []
    assert verify(desk.store).faults == []
