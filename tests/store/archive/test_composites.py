"""A composite is kept as it was written, or refused with the reason: it must come out of its kept gradings again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.core.errors import DifferenceError, InputError, UsageError
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.archive.composites import keep_composite
from creditscore.store.archive.runs import keep_grading, list_runs
from creditscore.store.context import Registry
from creditscore.store.store import Store
from tests.cascade.test_follow_scores import ENTRIES, FIRMS
from tests.composite.composite_helpers import small
from tests.composite.test_acts import ROWS, SCHEMES

SUBJECTS = pd.DataFrame({"subject_id": FIRMS, "kind": "enterprise", "registered_on": "2010-01-01"})


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS])
    write_snapshot(ingest(SUBJECTS, table), folder / "snapshot")
    runs = cs.grade_all(read_snapshot(folder / "snapshot"), SCHEMES, 2019)
    runs.write(folder / "grading")
    cs.combine(runs, small()).write(folder / "once")
    beside: Any = {"listings": ENTRIES, "subjects": SUBJECTS}
    cs.combine(folder / "grading", small(), acts="unchecked", **beside).write(folder / "unchecked")
    grades = pq.read_table(folder / "grading" / "grades.parquet")
    cs.combine(grades, small(), acts="unchecked").write(folder / "of_table")
    return folder


@pytest.fixture
def store(tmp_path: Path, written: Path) -> Iterator[Store]:
    with Store(tmp_path / "credit.db", Registry([]), archive=tmp_path / "archive") as opened:
        keep_grading(opened, written / "grading", written / "snapshot", by="li.na", check=False)
        yield opened


def edit(folder: Path, what: str) -> None:
    """Change a cell of a table, or a value of the manifest."""
    if what in ("composite", "contributions"):
        file = folder / f"{what}.parquet"
        frame = pq.read_table(file).to_pandas()
        frame.loc[0, "evidence"] = "verified" if what == "composite" else "other"
        frame.to_parquet(file, index=False)
        return
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    if what == "manifest":
        manifest["as_of"] = "2020-01-01"
    elif what == "rules":
        manifest["rules"]["reference"] = 790
    else:
        manifest["inputs"][0]["run_id"] = "0" * 16
    (folder / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("edited", ["composite", "contributions", "manifest", "rules", "runs"])
def test_one_that_does_not_come_out_again_is_not_kept(store: Store, written: Path, tmp_path: Path, edited: str) -> None:
    folder = Path(shutil.copytree(written / "once", tmp_path / "edited"))
    edit(folder, edited)
    with pytest.raises(DifferenceError, match=r"does not come out|changed"):
        keep_composite(store, folder, by="li.na")
    assert list_runs(store, kind="composite") == []


@pytest.mark.slow
def test_what_cannot_be_kept_is_refused_with_the_reason(store: Store, written: Path) -> None:
    refusals: list[tuple[type[Exception], str, str, dict[str, Any]]] = [
        (UsageError, "was made with listings", "unchecked", {"subjects": SUBJECTS}),
        (UsageError, "was made without listings", "once", {"listings": ENTRIES}),
        (InputError, "listings are not those", "unchecked", {"subjects": SUBJECTS, "listings": ENTRIES.head(1)}),
        (InputError, "a table of grades", "of_table", {}),
        (UsageError, "nobody is said to act", "once", {"by": " "}),
    ]
    for kind, message, name, given in refusals:
        with pytest.raises(kind, match=message):
            keep_composite(store, written / name, **{"by": "li.na", **given})
    assert list_runs(store, kind="composite") == []
