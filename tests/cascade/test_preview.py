"""A withdrawn record carries through every year that used it, and back again to the same hashes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from creditscore.cascade.apply import acts, apply, mark_told
from creditscore.cascade.check import check
from creditscore.cascade.inputs import decided
from creditscore.cascade.log_check import changed_cascades
from creditscore.cascade.preview import bench, preview, subject_of
from creditscore.cascade.recompute import derive
from creditscore.core.errors import StoreError, UsageError
from creditscore.demo.district import district
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.effective import standing_hashes, standing_tables
from creditscore.store.legacy.archive.runs import kept_runs, snapshot_of
from tests.cascade.chained import DIRECT, FIRM, Chained, event

SAID = {"by": "zhang.min", "reason": "it concerns another firm"}


@pytest.fixture(scope="module")
def chain(two_years: Chained) -> Chained:
    return two_years


@pytest.fixture(scope="module")
def applied(chain: Chained, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which the record was withdrawn."""
    path = chain.copy(tmp_path_factory.mktemp("applied"))
    with Database(path) as store:
        apply(Log(store), bench(store), event(FIRM, DIRECT, "withdrawn"), **SAID)
    return path


@pytest.fixture(scope="module")
def past(applied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, the subject was told, and the record was reinstated."""
    path = Path(shutil.copy(applied, tmp_path_factory.mktemp("past") / "past.store"))
    with Database(path) as store:
        log = Log(store)
        mark_told(log, acts(log)[0].seq, 0, by="zhang.min", on=date(2023, 6, 9), document_no="N 1")
        apply(log, bench(store), event(FIRM, DIRECT, "reinstated", "2023-07-01"), **SAID)
    return path


@pytest.fixture
def withdrawn(applied: Path, tmp_path: Path) -> Iterator[Log]:
    with Database(shutil.copy(applied, tmp_path / "withdrawn.store")) as store:
        yield Log(store)


@pytest.fixture
def log(chain: Chained, tmp_path: Path) -> Iterator[Log]:
    with Database(chain.copy(tmp_path)) as store:
        yield Log(store)


def hashes(log: Log) -> list[dict[str, str]]:
    return [standing_hashes(log.store, run.run_id) for run in kept_runs(log.store)]


def as_kept(log: Log) -> list[dict[str, str]]:
    return [{"grades": run.grades_hash, "ledger": run.ledger_hash} for run in kept_runs(log.store)]


def test_a_withdrawn_record_reaches_the_next_year_through_its_retained_grade(log: Log, chain: Chained) -> None:
    cascade = preview(bench(log.store), event(FIRM, DIRECT, "withdrawn"))
    first, second = cascade.changes
    assert (first.run.period, first.before.grade, first.before.route) == ("2021", "D", "direct")
    assert (second.run.period, second.before.route) == ("2022", "retained")
    assert first.after.grade == second.after.grade == "B"
    assert f"run {chain.runs[0]} {FIRM}" in second.because
    assert (f"run {chain.runs[0]} {FIRM}", DIRECT, "grade") in cascade.edges()
    assert {task.thing for task in cascade.tasks if task.task == "tell"} == set(chain.runs)
    assert hashes(log) == as_kept(log)  # a preview changes nothing
    assert decided(log.store) == []


def test_applied_rows_are_those_of_a_run_over_all_that_never_had_the_record(withdrawn: Log) -> None:
    run = next(run for run in kept_runs(withdrawn.store) if run.period == "2021")
    tables = district(subjects=150, seed=5).tables()
    whole = grade(ingest(**tables), "tax", 2021, known_at=run.known_at, max_rejected=10**6)
    stands = standing_tables(withdrawn.store, run.run_id)
    names = ["subject_id", "state", "score", "grade", "route", "margin", "evidence"]
    assert stands["grades"].select(names).to_pylist() == whole.grades.select(names).to_pylist()
    names = ["subject_id", "step", "record_id", "item", "nominal", "effective", "rule", "reason"]
    rows = stands["ledger"].select(names).to_pylist()
    assert [row["reason"] for row in rows if row["record_id"] == DIRECT] == ["withdrawn"]
    assert [row for row in rows if row["record_id"] != DIRECT] == whole.ledger.select(names).to_pylist()
    assert standing_tables(withdrawn.store, run.run_id, [FIRM])["grades"].num_rows == 1


@pytest.mark.slow
def test_the_same_twice_changes_nothing_and_reinstating_restores_every_hash(withdrawn: Log) -> None:
    log = withdrawn
    assert hashes(log) != as_kept(log)
    entries = len(log.entries())
    assert apply(log, bench(log.store), event(FIRM, DIRECT, "withdrawn", "2023-09-09"), **SAID).empty
    assert len(log.entries()) == entries
    back = apply(log, bench(log.store), event(FIRM, DIRECT, "reinstated", "2023-07-01"), **SAID)
    assert all(change.as_kept for change in back.changes)
    assert hashes(log) == as_kept(log)
    assert check(log, bench(log.store)).flaws == ()
    assert apply(log, bench(log.store), event(FIRM, DIRECT, "reinstated", "2023-07-01"), **SAID).empty
    assert [other_event.event for other_event in decided(log.store)] == ["withdrawn", "reinstated"]


@pytest.mark.parametrize(
    ("kind", "match"),
    [("reinstated", "neither withdrawn nor repaired"), ("filed", "no event that a cascade follows")],
)
def test_events_that_cannot_follow(log: Log, kind: str, match: str) -> None:
    with pytest.raises(UsageError, match=match):
        preview(bench(log.store), event(FIRM, DIRECT, kind))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE cascade_acts SET reason = 'other'",
        "UPDATE cascade_acts SET \"by\" = 'zhao.lei'",
        "UPDATE cascade_acts SET document_no = 'N 9'",
        "UPDATE cascade_done SET on_day = on_day - 7",
        "UPDATE cascade_done SET document_no = 'N 9'",
        "UPDATE cascade_done SET \"by\" = 'zhao.lei'",
        "DELETE FROM cascade_done",
        "UPDATE cascade_ledger SET effective = effective - 1 WHERE seq = {seq} AND item IS NOT NULL",
        "DELETE FROM cascade_grades WHERE seq = {seq} AND run_id = (SELECT max(run_id) FROM cascade_grades)",
        "INSERT INTO cascade_grades SELECT * REPLACE (99 AS seq) FROM cascade_grades LIMIT 1",
    ],
)
def test_every_column_and_every_row_of_the_past_is_compared_with_the_log(
    past: Path, tmp_path: Path, statement: str
) -> None:
    """Also of a cascade that another one superseded: nothing that stands today rests on its rows."""
    with Database(shutil.copy(past, tmp_path / "past.store")) as store:
        log = Log(store)
        seq = acts(log)[0].seq
        assert changed_cascades(log) == []
        with store.transaction() as con:
            con.execute(statement.format(seq=seq))
        assert changed_cascades(log) != []


def test_a_cascade_that_cannot_be_read_names_its_entry(withdrawn: Log) -> None:
    with withdrawn.store.transaction() as con:
        con.execute("UPDATE cascade_acts SET subjects = subjects || 'x'")
    with pytest.raises(StoreError, match=r"cannot be read\n  where: entry \d+"):
        check(withdrawn, bench(withdrawn.store))


def test_records_that_nobody_knows(log: Log) -> None:
    assert subject_of(bench(log.store), DIRECT) == FIRM
    with pytest.raises(UsageError, match="no kept run knows"):
        subject_of(bench(log.store), "none")
    with pytest.raises(UsageError, match="no kept run knows"):
        preview(bench(log.store), event("91220291MADM85K80D", DIRECT, "withdrawn"))


def test_a_repair_of_a_withdrawn_record_is_refused(withdrawn: Log) -> None:
    with pytest.raises(UsageError, match="cannot be repaired"):
        preview(bench(withdrawn.store), event(FIRM, DIRECT, "repaired"))


def test_one_grade_under_the_law_of_another_day_beside_a_chain_of_another_subject(two_years: Chained) -> None:
    with Database(two_years.store, read_only=True) as store:
        first, second = two_years.runs
        other = store.rows(
            "SELECT subject_id FROM run_grades WHERE run_id = ? AND subject_id <> ? LIMIT 1", [second, FIRM]
        )
        (who,) = other[0]
        law = {(second, who): date(2023, 6, 1)}
        gone = [event(FIRM, DIRECT, "withdrawn")]
        both = derive(store, [FIRM, who], gone, snapshot_of, under_law=law)
        alone = derive(store, [who], gone, snapshot_of, under_law=law)
        assert both.chained == {(second, FIRM): (first,)}
        assert both.rows[second, who] == alone.rows[second, who]
        assert both.again(second, [who]).grades.to_pylist()[0]["subject_id"] == who
