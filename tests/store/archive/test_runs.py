"""Kept runs and composites: what the archive holds is what was graded, and a change of either is found."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import creditscore as cs
from creditscore.core.errors import DifferenceError, ExitCode, InputError, NotAllowed, UsageError
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store.archive.composites import keep_composite, read_beside, rules_of
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import (
    LEDGER,
    Rows,
    find_rows_fault,
    group_rows,
    hash_leaf_of,
    hash_subjects,
)
from creditscore.store.archive.runs import find_run, keep_grading, list_runs, snapshot_of
from creditscore.store.archive.standing import (
    emit_redrawn,
    history_of,
    rows_as_kept,
    rows_as_they_stand,
    subjects_in,
    tables_as_they_stand,
)
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import Workflow
from creditscore.store.erasure import erase_stream
from creditscore.store.log import NewEvent
from creditscore.store.merkle import compute_root
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.composite.composite_helpers import small
from tests.composite.test_acts import ROWS, SCHEMES, A, B, C, D, E, F, G
from tests.graded import BOTH, Graded
from tests.store.helpers import add_person

FIRMS = [A, B, C, D, E, F, G]
ENTRIES = pd.DataFrame(
    {"listing_id": ["L1", "L2"], "subject_id": [B, E], "list": "judgment_defaulter", "entered_on": "2019-06-01"}
)
REDRAW = """
workflow: redrawing
version: 1
title: {zh: 重评, en: redrawing}
fields: {run: text}
states: {done: {zh: 已重评, en: done}}
acts:
  draw:
    title: {zh: 重评, en: draw anew}
    event: drawn
    by: reviewer
    opens: true
    give: {id: text, run: text, grade: text, subjects: texts, back: yes_no}
    stream: "redrawing/{given.id}"
    to: done
    set: {run: given.run}
    code: redraw
    emits: grade.redrawn
"""


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    """A store with a workflow that draws grades anew without reason."""
    declared = Workflow.model_validate({**yaml.safe_load(REDRAW), "text": REDRAW})
    places: dict[str, Store] = {}

    def redraw(context: Context) -> None:
        run = find_run(places["store"], context.given["run"])
        archive = places["store"].archive
        before = rows_as_they_stand(places["store"], run, context.given["subjects"])
        rows_of_keeping = rows_as_kept(archive, run, context.given["subjects"])
        after = {
            subject: rows_of_keeping[subject]
            if context.given["back"]
            else Rows(tuple({**row, "grade": context.given["grade"]} for row in rows.grades), rows.ledger)
            for subject, rows in before.items()
        }
        own = list(after) if context.given["back"] else []
        changes = {subject: (before[subject], after[subject]) for subject in after}
        emit_redrawn(context, archive, run, changes, because=context.stream, as_kept=own)

    with Store(store_url, Registry([declared], [], {"redraw": redraw}), archive=tmp_path / "archive") as opened:
        places["store"] = opened
        yield opened


def test_a_kept_run_has_every_row_and_is_repeated_without_effect(graded: Graded, store: Store) -> None:
    (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    assert (run.kind, run.scheme, run.period, run.known_at) == ("grading", "tax", "2022", "2023-04-20")
    assert store.people().name_of(run.kept_by) == "li.na"
    assert run.replayed
    assert run.pinned == run.manifest["scheme"]
    assert snapshot_of(run).content_hash() == run.snapshot
    tables = tables_as_they_stand(store, run)
    for table in ("grades", "ledger"):
        written = pq.read_table(graded.grading / f"{table}.parquet").to_pylist()
        assert tables[table].to_pylist() == sorted(written, key=lambda row: row["subject_id"])
        assert run.rows[table] == len(written)
    size = store.head().size
    assert keep_grading(store, graded.grading, graded.snapshot, by="chen.jie") == [run]
    assert store.head().size == size
    assert find_run(store, run.run_id[:6]) == run
    with pytest.raises(UsageError, match="no kept run begins"):
        find_run(store, "zz")
    assert verify(store).faults == []


def test_the_merkle_root_is_that_of_the_rows_of_each_organisation(graded: Graded, store: Store) -> None:
    for run in keep_grading(store, graded.both, graded.snapshot, by="li.na"):
        tables = {table: store.archive.read(name) for table, name in run.files.items()}
        rows = group_rows("grading", tables)
        leaves = [hash_leaf_of(subject, rows[subject].hash) for subject in sorted(rows)]
        assert compute_root(leaves).hex() == run.root
    assert {run.scheme for run in list_runs(store)} == set(BOTH)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=5), min_size=1))
def test_both_ways_to_hash_rows_agree(words: list[str]) -> None:
    rows = [dict.fromkeys(LEDGER) | {"subject_id": "A", "reason": word, "item": word[:1] or None} for word in words]
    table = pa.Table.from_pylist(rows, pa.schema([(name, pa.string()) for name in LEDGER]))
    expected = group_rows("grading", {"ledger": table})["A"].hash
    with duckdb.connect() as con:
        con.register("rows", table.append_column("place", pa.array(range(len(rows)))))
        assert list(hash_subjects(con, {"ledger": "(SELECT * FROM rows)"})) == [("A", expected)]


def test_what_is_drawn_anew_stands_and_what_was_kept_remains(graded: Graded, store: Store) -> None:
    (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    subjects = store.archive.read(run.files["grades"])["subject_id"].to_pylist()[:3]
    rows_of_keeping = rows_as_kept(store.archive, run, subjects)
    given = {"by": "zhang.min", "on": "2026-03-02", "run": run.run_id, "subjects": subjects[:2]}
    store.act("redrawing", "draw", id="1", grade="M", back=False, **given)
    first = store.head().size - 1
    store.act("redrawing", "draw", id="2", grade="C", back=False, **given)
    now = rows_as_they_stand(store, run, subjects)
    assert [now[subject].grade for subject in subjects] == ["C", "C", rows_of_keeping[subjects[2]].grade]
    assert rows_as_they_stand(store, run, subjects, until=first)[subjects[0]].grade == "M"
    assert rows_as_kept(store.archive, run, subjects) == rows_of_keeping
    grades = tables_as_they_stand(store, run)["grades"].to_pylist()
    assert {row["grade"] for row in grades if row["subject_id"] in subjects[:2]} == {"C"}
    assert len(grades) == run.rows["grades"]
    history = history_of(store, run.run_id, subjects[0])
    assert [event.payload["set"]["after"]["grade"] for event in history.events if event.payload] == ["M", "C"]
    store.act("redrawing", "draw", id="3", grade="x", back=True, **given)
    assert rows_as_they_stand(store, run, subjects) == rows_of_keeping
    assert tables_as_they_stand(store, run)["grades"] == store.archive.read(run.files["grades"])
    assert subjects_in(store.archive, run, [*subjects, "nobody"]) == sorted(subjects)
    assert verify(store).faults == []
    assert store.rebuild()
    assert verify(store).faults == []


def test_a_changed_or_missing_file_is_found(graded: Graded, store: Store, tmp_path: Path) -> None:
    (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    for table, change in (("grades", b"x"), ("ledger", None)):
        path = Path(store.archive.path(run.files[table]))
        whole = path.read_bytes()
        path.write_bytes(whole[:-1] + change) if change else path.unlink()
        result = verify(store)
        assert [fault.sort for fault in result.faults] == ["archive"]
        assert result.exit_code is ExitCode.DIFFERENCE
        path.write_bytes(whole)
    shutil.rmtree(tmp_path / "archive")
    with pytest.raises(InputError, match="not in the archive"):
        rows_as_kept(store.archive, run, ["x"])


@pytest.mark.parametrize("values", [{"root": "0" * 64}, {"rows": {"grades": 1, "ledger": 1}}])
def test_a_grader_who_writes_past_the_keeping_is_found(graded: Graded, store: Store, values: dict[str, Any]) -> None:
    (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    whole = store.read(f"run/{run.run_id}").fields
    forged = NewEvent("run/forged", "run.kept", {"set": {**whole, **values}}, "kept", expected=-1)
    store.record(lambda people: [forged], by="li.na", role="grader")
    (fault,) = verify(store).faults
    assert (fault.sort, fault.where) == ("archive", "run/forged")


def test_rows_are_checked_where_an_archive_has_an_address(graded: Graded, store: Store, tmp_path: Path) -> None:
    (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    away, values = Archive((tmp_path / "archive").as_uri()), store.read(f"run/{run.run_id}").fields
    assert not away.is_local
    assert find_rows_fault(away, values) is None
    for forged, fault in (
        ({"root": "0" * 64}, "its root"),
        ({"rows": {**values["rows"], "ledger": 1}}, "'ledger': 1}"),
    ):
        assert fault in str(find_rows_fault(away, {**values, **forged}))


def test_what_does_not_fit_is_not_kept(graded: Graded, store: Store, tmp_path: Path) -> None:
    changed = tmp_path / "changed"
    shutil.copytree(graded.grading, changed)
    rows = pq.read_table(changed / "grades.parquet").to_pylist()
    rows[0]["grade"] = "A" if rows[0]["grade"] != "A" else "B"
    pq.write_table(pa.Table.from_pylist(rows, pq.read_schema(changed / "grades.parquet")), changed / "grades.parquet")
    with pytest.raises(DifferenceError, match="does not come out of its snapshot"):
        keep_grading(store, changed, graded.snapshot, by="li.na")
    keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    with pytest.raises(DifferenceError, match="with other rows"):
        keep_grading(store, changed, graded.snapshot, by="li.na", check=False)
    (changed / "ledger.parquet").unlink()
    with pytest.raises(InputError, match="not found"):
        keep_grading(store, changed, graded.snapshot, by="li.na", check=False)
    manifest = json.loads((changed / "manifest.json").read_text())
    (changed / "manifest.json").write_text(json.dumps({**manifest, "snapshot_hash": "sha256-2:" + "0" * 64}))
    with pytest.raises(InputError, match="not the one that was graded"):
        keep_grading(store, changed, graded.snapshot, by="li.na")


def test_only_a_grader_keeps_and_only_an_approver_erases(graded: Graded, store: Store) -> None:
    from creditscore.store import people

    first = people.Person(people.make_id(), "chen.jie")
    store.change_people(
        lambda there: [people.add_person(first.id, first.name), people.grant_role(first, "approver")], by="setting.up"
    )
    add_person(store, "li.na", ("grader",), by="chen.jie")
    with pytest.raises(NotAllowed, match="no grader"):
        keep_grading(store, graded.grading, graded.snapshot, by="chen.jie")
    (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    with pytest.raises(NotAllowed, match="no approver"):
        erase_stream(store, f"run/{run.run_id}", reason="its time is over", by="li.na")
    assert set(run.files.values()) <= set(store.archive.names())
    erase_stream(store, f"run/{run.run_id}", reason="its time is over", by="chen.jie")
    assert list_runs(store) == []
    assert store.archive.names() == []
    with pytest.raises(InputError, match="was erased"):
        keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    with pytest.raises(UsageError, match="was erased"):
        find_run(store, run.run_id)
    assert verify(store).faults == []


def test_erasure_leaves_files_that_others_name_and_says_what_it_could_not_remove(
    graded: Graded, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = keep_grading(store, graded.grading, graded.snapshot, by="li.na")
    grades = run.files["grades"]
    rows = group_rows("grading", {"grades": store.archive.read(grades)})
    root = compute_root(hash_leaf_of(subject, rows[subject].hash) for subject in sorted(rows)).hex()
    fewer = {"files": {"grades": grades}, "rows": {"grades": run.rows["grades"]}, "root": root}
    values = {**store.read(f"run/{run.run_id}").fields, **fewer}
    other = NewEvent("run/other", "run.kept", {"set": values}, "kept", expected=-1)
    store.record(lambda there: [other], by="li.na", role="grader")
    erase_stream(store, f"run/{run.run_id}", reason="its time is over", by="chen.jie")
    assert store.archive.names() == [grades]
    assert verify(store).faults == []
    sentences: list[str] = []
    store.say = sentences.append
    monkeypatch.setattr(Archive, "remove", _fail)
    assert erase_stream(store, "run/other", reason="its time is over", by="chen.jie").is_erased
    assert grades in sentences[0]


def _fail(archive: Archive, name: str) -> None:
    raise InputError("the disk is not there", where=archive.path(name))


def test_composites_are_kept_beside_their_runs(store: Store, tmp_path: Path) -> None:
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS])
    subjects = pd.DataFrame({"subject_id": FIRMS, "kind": "enterprise", "registered_on": "2010-01-01"})
    write_snapshot(ingest(subjects, table), tmp_path / "snapshot")
    runs = cs.grade_all(read_snapshot(tmp_path / "snapshot"), SCHEMES, 2019)
    runs.write(tmp_path / "grading")
    beside = {"listings": ENTRIES, "subjects": subjects}
    cs.combine(runs, small()).write(tmp_path / "once")
    cs.combine(tmp_path / "grading", small(), acts="unchecked", **beside).write(tmp_path / "unchecked")
    with pytest.raises(InputError, match="does not keep"):
        keep_composite(store, tmp_path / "once", by="li.na")
    runs_of_keeping = keep_grading(store, tmp_path / "grading", tmp_path / "snapshot", by="li.na")
    once = keep_composite(store, tmp_path / "once", by="li.na")
    with pytest.raises(UsageError, match="was made with listings"):
        keep_composite(store, tmp_path / "unchecked", by="li.na")
    unchecked = keep_composite(store, tmp_path / "unchecked", by="li.na", **beside)
    assert set(once.inputs) == {run.run_id for run in runs_of_keeping}
    assert [run.kind for run in list_runs(store)] == ["grading"] * len(runs_of_keeping) + ["composite"] * 2
    assert rules_of(once) == small()
    size = store.head().size
    assert keep_composite(store, tmp_path / "once", by="li.na") == once
    assert store.head().size == size
    scored = rows_as_kept(store.archive, once, FIRMS)
    written = pq.read_table(tmp_path / "once" / "composite.parquet").to_pylist()
    assert {firm: rows.face["score"] for firm, rows in scored.items()} == {
        row["subject_id"]: "" if row["score"] is None else str(row["score"]) for row in written
    }
    listed = read_beside(store.archive, unchecked, "listings", FIRMS)
    assert listed.num_rows == len(ENTRIES)
    assert verify(store).faults == []


def test_an_archive_names_files_by_their_content(tmp_path: Path) -> None:
    archive = Archive(tmp_path)
    name = archive.put_bytes(b"a file")
    assert archive.put_bytes(b"a file") == name
    assert archive.names() == [name]
    assert archive.read_bytes(name) == b"a file"
    archive.remove(name)
    archive.remove(name)
    with pytest.raises(InputError, match="not in the archive"):
        archive.read_bytes(name)
    with pytest.raises(UsageError, match="no SHA-256"):
        archive.path("../x")
    with pytest.raises(UsageError, match="no place for an archive"):
        Archive("nowhere://x")
