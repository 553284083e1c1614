"""A composite in the store follows its grades: derived as if the record had been withdrawn before, and back again."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

import creditscore as cs
from creditscore.cascade.apply import apply, settle, undo
from creditscore.cascade.check import check
from creditscore.cascade.history import past
from creditscore.cascade.inputs import RecordEvent, write_events
from creditscore.cascade.preview import Bench, bench, preview
from creditscore.cascade.text import as_data
from creditscore.cli.main import app
from creditscore.composite.result import read_composite
from creditscore.core import clock
from creditscore.core.errors import DifferenceError, InputError, NotAllowed, UsageError
from creditscore.objections.actions import open_case
from creditscore.objections.case import Ground
from creditscore.objections.disputed_scores import score_marks
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.composites import changed_composites, keep_composite, kept_composites
from creditscore.store.legacy.archive.effective import Scored, archived_rows, as_scored, standing, standing_hashes
from creditscore.store.legacy.archive.runs import keep, kept_rows, kept_runs
from creditscore.store.legacy.retention import delete
from tests.composite.composite_helpers import small
from tests.composite.test_acts import ROWS, SCHEMES, A, B, C, D, E, F, G, graded

pytestmark = pytest.mark.slow

ON = date(2026, 11, 2)  # after the day of the snapshot
SAID: dict[str, Any] = {"by": "zhang.min", "reason": "the matter is another firm's"}
FIRMS = [A, B, C, D, E, F, G]
ENTRIES = pd.DataFrame(
    {"listing_id": ["L1", "L2"], "subject_id": [B, E], "list": "judgment_defaulter", "entered_on": "2019-06-01"}
)


@pytest.fixture(scope="module")
def store_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with three schemes of one year and two composites of them: acts once, and unchecked with entries."""
    folder = tmp_path_factory.mktemp("scored")
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS])
    subjects = pd.DataFrame({"subject_id": FIRMS, "kind": "enterprise", "registered_on": "2010-01-01"})
    write_snapshot(ingest(subjects, table), folder / "snapshot")
    runs = cs.grade_all(read_snapshot(folder / "snapshot"), SCHEMES, 2019)
    runs.write(folder / "grading")
    cs.combine(runs, small()).write(folder / "once")
    ENTRIES.to_csv(folder / "entries.csv", index=False)
    subjects.to_csv(folder / "subjects.csv", index=False)
    beside = {"listings": folder / "entries.csv", "subjects": folder / "subjects.csv"}
    cs.combine(folder / "grading", small(), acts="unchecked", **beside).write(folder / "unchecked")
    with Database(folder / "scored.store") as store:
        log = Log(store)
        keep(store, log, folder / "grading", folder / "snapshot", by="li.na")
        keep_composite(store, log, folder / "once", by="li.na")
        keep_composite(store, log, folder / "unchecked", by="li.na", **beside)
    return folder


@pytest.fixture
def log(store_file: Path, tmp_path: Path) -> Iterator[Log]:
    with Database(shutil.copy(store_file / "scored.store", tmp_path / "scored.store")) as store:
        yield Log(store)


def withdrawn(subject: str, record: str, kind: str = "withdrawn", on: date = ON) -> RecordEvent:
    return RecordEvent(subject, record, kind, on, on)


def oracle(record: str, listings: Any = None) -> list[dict[str, Scored]]:
    """Both composites of gradings whose log has always held the withdrawal."""
    event = next({**row, "event": "withdrawn", "event_no": 2} for row in ROWS if row["record_id"] == record)
    runs = graded([*ROWS, event | {"event_on": "2019-12-01", "recorded_on": "2019-12-01"}])
    both = cs.combine(runs, small()), cs.combine(runs, small(), acts="unchecked", listings=listings)
    return [as_scored(composite) for composite in both]


def hashes(log: Log) -> list[dict[str, str]]:
    return [standing_hashes(log.store, composite.run_id, Scored) for composite in kept_composites(log.store)]


def as_kept(log: Log) -> list[dict[str, str]]:
    wanted = tuple(Scored.tables)
    return [{name: composite.hashes[name] for name in wanted} for composite in kept_composites(log.store)]


def faces(rows: dict[str, Scored]) -> dict[str, Any]:
    return {
        who: (scored.face, [(r["domain"], r["value"], r["note"]) for r in scored.contributions])
        for who, scored in rows.items()
    }


def test_what_is_kept_is_what_was_written(log: Log, store_file: Path) -> None:
    once, unchecked = kept_composites(log.store)
    assert as_kept(log) == hashes(log)
    assert changed_composites(log.store, log) == []
    assert check(log, bench(log.store)).flaws == ()
    assert (once.gave("listings"), unchecked.gave("listings"), unchecked.gave("subjects")) == (False, True, True)
    assert len(once.runs) == 3
    rows = archived_rows(log.store, once.run_id, FIRMS, Scored)
    written = pq.read_table(store_file / "once" / "composite.parquet").to_pylist()
    assert {who: scored.face[1] for who, scored in rows.items()} == {
        row["subject_id"]: "" if row["score"] is None else str(row["score"]) for row in written
    }
    entries = len(log.entries())
    assert keep_composite(log.store, log, store_file / "once", by="li.na").run_id == once.run_id
    assert len(log.entries()) == entries  # the same once more is left as it is


@pytest.mark.parametrize("record", ["16l", "43e", "4De"])
def test_withdrawn_it_is_the_composite_of_gradings_that_never_counted_the_record(log: Log, record: str) -> None:
    subject = next(row["subject_id"] for row in ROWS if row["record_id"] == record)
    cascade_result = apply(log, bench(log.store), withdrawn(subject, record), **SAID)
    for composite, expected in zip(kept_composites(log.store), oracle(record, ENTRIES), strict=True):
        assert faces(standing(log.store, composite.run_id, FIRMS, Scored)) == faces(expected)
    assert check(log, bench(log.store)).flaws == ()
    assert all(score.because and score.subject_id == subject for score in cascade_result.scores)
    tasks = {task.thing for task in cascade_result.tasks if task.why == "composite_changed"}
    assert tasks == {score.composite.run_id for score in cascade_result.scores if score.seen}
    undone = undo(log, bench(log.store), cascade_result.seq, on=ON, **SAID)
    assert [score.as_kept for score in undone.scores] == [True] * len(cascade_result.scores)
    assert hashes(log) == as_kept(log)


def test_a_shared_act_moves_to_the_other_domain_when_its_record_falls(log: Log) -> None:
    cascade_result = apply(log, bench(log.store), withdrawn(A, "16e"), **SAID)
    once = next(score for score in cascade_result.scores if score.composite.manifest["acts"] == "once")
    assert [row["counted_in"] for row in once.before.shared_acts] == ["environment"]
    assert (once.after.shared_acts, once.after.regraded) == ((), ())
    assert once.before.regraded != ()
    assert once.before.face[1] < once.after.face[1]
    data = as_data(cascade_result)
    assert [score["as_of"] for score in data["scores"]] == ["2019-12-31"] * 2
    assert {edge["thing"] for edge in data["edges"] if edge["how"] == "score"} == {
        f"composite {composite.run_id} {A}" for composite in kept_composites(log.store)
    }
    again = past(log, cascade_result.seq)
    bare = [replace(change, because=()) for change in (*cascade_result.changes, *cascade_result.scores)]
    assert [*again.changes, *again.scores] == sorted(
        bare, key=lambda value: (hasattr(value, "composite"), run_of(value))
    )
    assert (again.events, again.tasks, again.runs) == (cascade_result.events, cascade_result.tasks, cascade_result.runs)
    back = apply(log, bench(log.store), withdrawn(A, "16e", "reinstated"), **SAID)
    assert past(log, cascade_result.seq) == again  # what came after changes nothing of it
    assert all(score.as_kept for score in back.scores)
    assert hashes(log) == as_kept(log)


def test_who_kept_a_composite_does_not_change_it(log: Log) -> None:
    with pytest.raises(NotAllowed):
        apply(log, bench(log.store), withdrawn(A, "16e"), by="li.na", reason="mine")


def test_what_was_decided_elsewhere_is_stale_until_it_is_drawn(log: Log, store_file: Path) -> None:
    with log.act("zhang.min", "reviewer", "case.decide", A, {}) as act:
        write_events(act.con, act.entry.seq, "", [withdrawn(A, "16e")], read_snapshot(store_file / "snapshot"))
    flaws = check(log, bench(log.store)).flaws
    stale = [flaw.thing for flaw in flaws if flaw.kind == "stale" and flaw.thing.startswith("composite")]
    assert stale == sorted(f"composite {composite.run_id} {A}" for composite in kept_composites(log.store))
    settle(log, bench(log.store), [A], on=ON, **SAID)
    assert check(log, bench(log.store)).flaws == ()
    assert hashes(log) != as_kept(log)


def test_an_annulled_entry_is_no_longer_read(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    from creditscore.cascade import preview as cascade
    from creditscore.lists.case import ListCase

    entry = ListCase(case_id="L1", subject_id=B, list="judgment_defaulter")
    monkeypatch.setattr(cascade, "annulled", lambda desk, ids: [entry] if B in ids else [])
    cascade_result = preview(bench(log.store), None, [B, E])
    (score_change,) = cascade_result.scores
    assert (score_change.subject_id, score_change.because) == (B, ("list L1",))
    assert score_change.before.composite[0]["hard_rules"] == "red;defaulter"
    assert score_change.after.composite[0]["hard_rules"] == "red"


@pytest.mark.parametrize(
    ("statement", "what"),
    [
        ("UPDATE run_composite SET score = score + 1 WHERE subject_id = '" + A + "'", "composite rows"),
        ("UPDATE run_contributions SET note = 'x' WHERE domain = 'tax'", "contributions rows"),
        ("DELETE FROM run_shared_acts", "shared_acts rows"),
        ("DELETE FROM run_regraded WHERE place = 0", "regraded rows"),
        ("UPDATE composite_runs SET config = 'other'", "config"),
        ("UPDATE composite_runs SET kept_by = 'other'", "kept_by"),
        (
            "UPDATE composite_runs SET manifest = replace(manifest, '\"reference\": 800', '\"reference\": 9')",
            "manifest_hash",
        ),
        ("DELETE FROM composite_runs", "the composite is gone"),
        ("UPDATE composite_listings SET entered_on = entered_on + 1", "listings that it was given"),
        ("UPDATE composite_listings SET listing_id = 'L9' WHERE listing_id = 'L1'", "listings that it was given"),
        ("INSERT INTO composite_subjects SELECT * FROM composite_subjects LIMIT 1", "subjects that it was given"),
    ],
)
def test_edited_rows_are_found(log: Log, statement: str, what: str) -> None:
    with log.store.transaction() as con:
        con.execute(statement)
    assert what in [text for _, text in changed_composites(log.store, log)]
    assert {flaw.kind for flaw in check(log, bench(log.store)).flaws} >= {"composite"}


@pytest.mark.parametrize(("subject", "record"), [(A, "16l"), (D, "4De")])
def test_a_disputed_score_has_a_second_one_that_never_counted_the_record(
    log: Log, store_file: Path, subject: str, record: str
) -> None:
    run = next(
        run
        for run in kept_runs(log.store)
        if any(row["record_id"] == record for row in kept_rows(log.store, run.run_id, "ledger", subject))
    )
    about = [Ground("not_my_record", record, "")]
    open_case(log, run, read_snapshot(store_file / "snapshot"), subject, about, by="zhang.min", on=ON)
    find = bench(log.store).find
    for name, expected in zip(("once", "unchecked"), oracle(record, ENTRIES), strict=True):
        (marked,) = score_marks(log.store, read_composite(store_file / name), find)
        assert [(dispute.case_id, dispute.record_id) for dispute in marked.disputes] == [("C2026-0001", record)]
        assert marked.without is not None
        assert (str(marked.without.score), marked.without.grade) == expected[subject].face[1:]
    # a composite that the store does not keep: given what it took, else no second score is guessed
    given = {"listings": store_file / "entries.csv", "subjects": store_file / "subjects.csv"}
    new = cs.combine(store_file / "grading", small(), acts="unchecked", as_of="2020-03-31", **given)
    (marked,) = score_marks(log.store, new, find, **given)
    assert marked.without is not None
    assert score_marks(log.store, new, find)[0].without is None


def test_the_second_score_of_grades_as_they_are_leaves_nobody_out_whom_the_first_has(tmp_path: Path) -> None:
    records = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in ROWS if row["subject_id"] == A])
    trader = pd.DataFrame({"subject_id": [A], "kind": "individual_business", "registered_on": "2010-01-01"})
    write_snapshot(ingest(trader, records), tmp_path / "snapshot")
    cs.grade_all(read_snapshot(tmp_path / "snapshot"), SCHEMES, 2019).write(tmp_path / "grading")
    first = cs.combine(tmp_path / "grading", small(), acts="unchecked")  # grades do not tell the kind
    assert first.composite["state"].to_pylist() == ["graded"]
    with Database(tmp_path / "traders.store") as store:
        log = Log(store)
        keep(store, log, tmp_path / "grading", tmp_path / "snapshot", by="li.na", check=False)
        run = next(run for run in kept_runs(store) if run.scheme == "environment/national")
        about = [Ground("annulled", "16e", "not ours")]
        open_case(log, run, read_snapshot(tmp_path / "snapshot"), A, about, by="zhang.min", on=ON)
        (marked,) = score_marks(store, first, bench(store).find)
    assert marked.without is not None
    assert marked.without.reason == "coverage"  # and not that it is an individual business


def run_of(value: Any) -> str:
    return str(value.composite.run_id if hasattr(value, "composite") else value.run.run_id)


def edit(folder: Path, table: str, **cells: Any) -> None:
    file = folder / f"{table}.parquet"
    frame = pq.read_table(file).to_pandas()
    for name, value in cells.items():
        frame.loc[0, name] = value
    frame.to_parquet(file, index=False)


@pytest.mark.parametrize("edited", ["composite", "contributions", "manifest", "rules", "runs"])
def test_a_composite_that_does_not_come_out_again_is_not_kept(store_file: Path, tmp_path: Path, edited: str) -> None:
    folder = Path(shutil.copytree(store_file / "once", tmp_path / "edited"))
    if edited in ("composite", "contributions"):
        edit(folder, edited, evidence="verified" if edited == "composite" else "other")
    else:
        manifest = json.loads((folder / "manifest.json").read_text())
        if edited == "manifest":
            manifest["as_of"] = "2020-01-01"
        elif edited == "rules":
            manifest["rules"]["reference"] = 790
        else:
            manifest["inputs"][0]["run_id"] = "0" * 16
        (folder / "manifest.json").write_text(json.dumps(manifest))
    with Database(tmp_path / "new.store") as store:
        log = Log(store)
        keep(store, log, store_file / "grading", store_file / "snapshot", by="li.na", check=False)
        with pytest.raises(DifferenceError, match=r"does not come out|changed"):
            keep_composite(store, log, folder, by="li.na")
        assert kept_composites(store) == []


def test_what_cannot_be_kept_is_refused_with_the_reason(store_file: Path, tmp_path: Path) -> None:
    with Database(tmp_path / "new.store") as store:
        log = Log(store)
        with pytest.raises(InputError, match="which the store does not keep"):
            keep_composite(store, log, store_file / "once", by="li.na")
        keep(store, log, store_file / "grading", store_file / "snapshot", by="li.na", check=False)
        with pytest.raises(UsageError, match="was made with listings"):
            keep_composite(store, log, store_file / "unchecked", by="li.na", subjects=store_file / "subjects.csv")
        with pytest.raises(UsageError, match="was made without listings"):
            keep_composite(store, log, store_file / "once", by="li.na", listings=ENTRIES)
        with pytest.raises(InputError, match="listings are not those"):
            keep_composite(
                store,
                log,
                store_file / "unchecked",
                by="li.na",
                subjects=store_file / "subjects.csv",
                listings=ENTRIES.head(1),
            )
        with pytest.raises(UsageError, match="nobody is named"):
            keep_composite(store, log, store_file / "once", by=" ")
        table = pq.read_table(store_file / "grading" / "grades.parquet")
        cs.combine(table, small(), acts="unchecked").write(tmp_path / "of_table")
        with pytest.raises(InputError, match="a table of grades"):
            keep_composite(store, log, tmp_path / "of_table", by="li.na")


def test_rows_go_with_their_term_and_the_runs_below_stay_until_then(log: Log) -> None:
    apply(log, bench(log.store), withdrawn(A, "16e"), **SAID)
    year = clock.today().year + 5
    assert {retained_payload.action for retained_payload in delete(log, clock.today(), by="chen.jie")} == set()
    from creditscore.store.legacy.retention import due

    listed = {retained_payload.action for retained_payload in due(log, date(year + 1, 1, 1))}
    assert {"grading.keep", "composite.keep"} <= listed
    gone = delete(log, date(year + 1, 1, 1), by="chen.jie", at=f"{year + 1}-01-02T00:00:00+00:00")
    assert {"grading.keep", "composite.keep"} <= {retained_payload.action for retained_payload in gone}
    for table in ("run_composite", "run_regraded", "composite_listings", "cascade_contributions", "cascade_states"):
        assert log.store.rows(f"SELECT count(*) FROM {table}") == [(0,)]
    assert len(kept_composites(log.store)) == 2  # who, when, and the hashes
    assert changed_composites(log.store, log) == []
    assert log.verify().faults == ()


def test_in_the_terminal(store_file: Path, tmp_path: Path) -> None:
    store = str(tmp_path / "new.store")

    def run(*words: str, code: int = 0) -> str:
        done = CliRunner().invoke(app, [*words, "--store", store])
        assert done.exit_code == code, done.output
        return f"{done.output} {done.exception or ''}"

    run("keep", str(store_file / "grading"), "--snapshot", str(store_file / "snapshot"), "--by", "li.na")
    assert "--snapshot is missing" in run("keep", str(store_file / "grading"), "--by", "li.na", code=1)
    assert "always made again" in run("keep", str(store_file / "once"), "--no-check", "--by", "li.na", code=1)
    assert "small@2018-06-27  2019-12-31" in run("keep", str(store_file / "once"), "--by", "li.na")
    beside = ("--listings", str(store_file / "entries.csv"), "--subjects", str(store_file / "subjects.csv"))
    run("keep", str(store_file / "unchecked"), *beside, "--by", "li.na")
    assert "2 composites" in run("runs", "--verify")
    assert [load["config"] for load in json.loads(run("runs", "--composites", "--json"))] == ["small", "small"]
    change = ("--record", "16e", "--event", "withdrawn", "--on", "2026-11-02", "--by", "zhang.min", "--reason", "…")
    applied = run("cascade", "apply", *change, "--lang", "en", "--out", str(tmp_path / "page"))
    assert f"{A}  composite small@2018-06-27" in applied
    number = applied.rpartition("cascade ")[2].partition(":")[0]
    shown = run("cascade", "show", number, "--lang", "en", "--out", str(tmp_path / "again"))
    assert f"{A}  composite small@2018-06-27" in shown
    assert "a page shows one cascade" in run("cascade", "show", "--out", str(tmp_path / "none"), code=1)
    first, second = (
        json.loads((tmp_path / name / "cascade.json").read_text(encoding="utf-8")) for name in ("page", "again")
    )
    assert first["scores"]
    assert [score["after"] for score in first["scores"]] == [score["after"] for score in second["scores"]]
    assert "小" in (tmp_path / "page" / "cascade.html").read_text(encoding="utf-8")


def test_bench_is_not_needed_for_what_nobody_touched(log: Log) -> None:
    desk: Bench = bench(log.store)
    assert preview(desk, None, [F]).scores == ()
