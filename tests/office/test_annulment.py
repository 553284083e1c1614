"""An annulled entry is read no more: scores that rested on it are drawn anew in the act that annuls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from creditscore.core.errors import NotAllowed
from creditscore.office import Store
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.archive.composites import keep_composite
from creditscore.store.archive.runs import keep_grading, list_runs
from creditscore.store.archive.standing import history_of, rows_as_kept, rows_as_they_stand
from creditscore.store.verify import verify
from tests.composite.composite_helpers import small
from tests.composite.test_acts import ROWS, SCHEMES, A, B

LIST = {"list": "judgment_defaulter", "scheme": "court/judgment_defaulter"}
PAPER = {"organ": "法院", "document": "2019-6"}


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """A kept composite that read an entry of the office's own."""
    opened = Store(store_url, archive=tmp_path / "archive")
    given: Any = {"subject": B, "on": "2019-06-01", "entered_on": "2019-06-01", **LIST, **PAPER}
    entry = opened.act("listing", "take_over", by="chen.jie", **given)
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS])
    subjects = pd.DataFrame({"subject_id": [A, B], "kind": "enterprise", "registered_on": "2010-01-01"})
    rows = table[table["subject_id"].isin([A, B])]
    write_snapshot(ingest(subjects, rows), tmp_path / "snapshot")
    cs.grade_all(read_snapshot(tmp_path / "snapshot"), SCHEMES, 2019).write(tmp_path / "grading")
    listed = {
        "listing_id": entry.name.partition("/")[2],
        "subject_id": B,
        "entered_on": "2019-06-01",
        "list": LIST["list"],
    }
    entries = pd.DataFrame([listed])
    combined = cs.combine(tmp_path / "grading", small(), acts="unchecked", listings=entries)
    combined.write(tmp_path / "composite")
    keep_grading(opened, tmp_path / "grading", tmp_path / "snapshot", by="li.na", check=False)
    keep_composite(opened, tmp_path / "composite", by="li.na", listings=entries)
    yield opened
    opened.close()


def test_a_score_is_drawn_anew_without_it(store: Store) -> None:
    (composite,) = list_runs(store, kind="composite")
    (entry,) = [row["stream"] for row in store.rows("listing")]
    annul: Any = {"exit": "annulled", "on": "2026-03-02", **PAPER}
    with pytest.raises(NotAllowed, match="second person"):
        store.act("listing", "exit", entry, by="li.na", **annul)
    store.act("listing", "exit", entry, by="chen.jie", **annul)
    before, after = rows_as_kept(store.archive, composite, [B])[B], rows_as_they_stand(store, composite, [B])[B]
    assert before.composite[0]["hard_rules"] == "red;defaulter"
    assert after.composite[0]["hard_rules"] == "red"
    assert history_of(store, composite.run_id, B).fields["because"] == entry
    assert not history_of(store, composite.run_id, A).events
    assert verify(store).faults == []
