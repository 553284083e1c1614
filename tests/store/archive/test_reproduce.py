"""A kept run is computed again as it was kept: the same files, or the first difference and its cause."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pandas as pd
import pytest

import creditscore as cs
from creditscore.core.config import config_root
from creditscore.core.errors import InputError, StoreDiffers, UsageError
from creditscore.grading.reproduce import reproduce
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.schemes import registry
from creditscore.store.archive.composites import keep_composite
from creditscore.store.archive.reproduce import reproduce_run
from creditscore.store.archive.runs import KeptRun, keep_grading, list_runs
from creditscore.store.archive.written import write_run
from creditscore.store.context import Registry
from creditscore.store.store import Store
from tests.composite.composite_helpers import small
from tests.composite.test_acts import ROWS, SCHEMES, A, B, C, D, E, F, G

FIRMS = [A, B, C, D, E, F, G]


def write_input(place: Path, rows: list[dict[str, object]]) -> Path:
    """Write a snapshot of the firms with some records."""
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in rows])
    subjects = pd.DataFrame({"subject_id": FIRMS, "kind": "enterprise", "registered_on": "2010-01-01"})
    write_snapshot(ingest(subjects, table), place)
    return place


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store that keeps three gradings of one call."""
    write_input(tmp_path / "snapshot", ROWS)
    cs.grade_all(read_snapshot(tmp_path / "snapshot"), SCHEMES, 2019).write(tmp_path / "grading")
    with Store(store_url, Registry([], [], {}), archive=tmp_path / "archive") as opened:
        keep_grading(opened, tmp_path / "grading", tmp_path / "snapshot", by="li.na")
        yield opened


def kept_under(store: Store, scheme: str) -> KeptRun:
    return next(run for run in list_runs(store) if run.scheme == scheme)


def test_every_run_of_a_call_gives_the_files_of_the_archive_again(store: Store) -> None:
    for run in list_runs(store):
        assert len(run.manifest["graded_with"]) == len(SCHEMES) - 1
        assert run.pinned not in run.manifest["graded_with"]
        reproduction = reproduce_run(store, run)
        assert reproduction.ok, reproduction
        assert reproduction.files == {"grades": "bytes", "ledger": "bytes"}


def test_a_snapshot_that_is_gone_is_asked_for_and_another_one_is_the_cause(store: Store, tmp_path: Path) -> None:
    run = kept_under(store, "tax")
    shutil.move(tmp_path / "snapshot", tmp_path / "moved")
    with pytest.raises(InputError, match="no longer lies where it lay") as gone:
        reproduce_run(store, run)
    assert (gone.value.where, "--snapshot" in str(gone.value.next)) == (run.snapshot_path, True)
    assert reproduce_run(store, run, read_snapshot(tmp_path / "moved")).ok
    other = read_snapshot(write_input(tmp_path / "other", ROWS[:-1]))
    assert [cause.what for cause in reproduce_run(store, run, other).causes] == ["snapshot_hash"]


def test_rows_that_were_changed_before_they_were_kept_are_found(store: Store, store_url: str, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    cs.grade(read_snapshot(tmp_path / "snapshot"), "tax", 2018).write(changed)
    path = changed / "grades.parquet"
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS SELECT * FROM read_parquet('{path}')")
        con.execute(f"UPDATE t SET evidence = 'nobody' WHERE subject_id = '{B}'")
        con.execute(f"COPY (SELECT * FROM t ORDER BY rowid) TO '{path}' (FORMAT parquet)")
    (run,) = keep_grading(store, changed, tmp_path / "snapshot", by="li.na", check=False)
    reproduction = reproduce_run(store, run)
    assert reproduction.files == {"grades": "differs", "ledger": "bytes"}
    assert [cause.what for cause in reproduction.causes] == ["files"]
    assert reproduction.first is not None
    assert (reproduction.first.table, reproduction.first.column) == ("grades", "evidence")
    assert reproduction.first.written == "nobody"
    assert B in reproduction.first.key


def test_files_of_the_archive_that_are_damaged_or_gone_are_no_run(store: Store) -> None:
    run = kept_under(store, "tax")
    path = Path(store.archive.path(run.files["ledger"]))
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    with pytest.raises(StoreDiffers):
        reproduce_run(store, run)
    path.unlink()
    with pytest.raises(InputError, match="not in the archive"):
        reproduce_run(store, run)


def test_a_composite_and_a_folder_that_a_store_wrote_are_not_computed_again(store: Store, tmp_path: Path) -> None:
    cs.combine(cs.grade_all(read_snapshot(tmp_path / "snapshot"), SCHEMES, 2019), small()).write(tmp_path / "composite")
    composite = keep_composite(store, tmp_path / "composite", by="li.na")
    with pytest.raises(UsageError, match="is a composite") as refused:
        reproduce_run(store, composite)
    assert composite.inputs[0] in str(refused.value.next)
    run = kept_under(store, "tax")
    folder = write_run(store, run, tmp_path / "written")
    with pytest.raises(UsageError, match="written from a store") as written:
        reproduce(folder, read_snapshot(tmp_path / "snapshot"))
    assert f"creditscore reproduce {run.run_id} --store" in str(written.value.next)


def test_a_scheme_of_ones_own_that_graded_in_the_same_call_is_asked_for(store: Store, tmp_path: Path) -> None:
    (shipped,) = (config_root() / "schemes" / "examples" / "food_hygiene_uk").glob("*.yaml")
    own = tmp_path / "own.yaml"
    own.write_text(shipped.read_text(encoding="utf-8").replace("food_hygiene_uk", "own_hygiene"), encoding="utf-8")
    scheme = registry.pick(str(own))
    cs.grade_all(read_snapshot(tmp_path / "snapshot"), ["tax", str(own)], as_of="2018-12-31").write(tmp_path / "both")
    keep_grading(store, tmp_path / "both", tmp_path / "snapshot", by="li.na", schemes={scheme.scheme: scheme})
    run = next(run for run in list_runs(store) if scheme.name in run.manifest.get("graded_with", ()))
    with pytest.raises(UsageError, match="graded together with") as refused:
        reproduce_run(store, run)
    assert "--scheme" in str(refused.value.next)
    assert reproduce_run(store, run, schemes={scheme.scheme: scheme}).ok
