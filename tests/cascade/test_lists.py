"""What rests on an entry of a list: proposals, entries, measures and who is told; and any sequence of events."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.cascade.apply import acts, apply, mark_told, settle, stored_tasks, told_tasks, undo
from creditscore.cascade.check import check
from creditscore.cascade.inputs import decided, record_events, write_events
from creditscore.cascade.preview import bench, preview
from creditscore.cascade.recompute import derive
from creditscore.core.days import to_day
from creditscore.core.errors import InputError, NotAllowed, StoreError, UsageError
from creditscore.lists import leave, listings, load, save
from creditscore.measures import actions
from creditscore.measures.load import load_four_lists
from creditscore.measures.tables import read_intake
from creditscore.records.snapshot_files import read_snapshot
from creditscore.store import Database, Log, Roles
from creditscore.store.legacy.archive.effective import standing_hashes
from creditscore.store.legacy.archive.runs import kept_runs
from tests.cascade.chained import event
from tests.cascade.listed import entered_wages, kept_wages
from tests.lists.players import PAPER, A, B

SAID: dict[str, Any] = {"by": "zhang.min", "reason": "the matter is another firm's"}


@pytest.fixture(scope="module")
def wages(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    return entered_wages(tmp_path_factory.mktemp("wages"))


@pytest.fixture
def log(wages: tuple[Path, str, str], tmp_path: Path) -> Iterator[Log]:
    with Database(shutil.copy(wages[0], tmp_path / "wages.store")) as store:
        yield Log(store)


def hashes(log: Log) -> list[dict[str, str]]:
    return [standing_hashes(log.store, run.run_id) for run in kept_runs(log.store)]


def as_kept(log: Log) -> list[dict[str, str]]:
    return [{"grades": run.grades_hash, "ledger": run.ledger_hash} for run in kept_runs(log.store)]


def change(log: Log, record: str, kind: str, on: str = "2023-06-01", **further: str) -> Any:
    return apply(log, bench(log.store), event(A, record, kind, on, **further), **SAID)


def both_withdrawn(log: Log) -> Any:
    change(log, "r1", "withdrawn")
    return change(log, "r2", "withdrawn")


def asked(result: Any) -> set[tuple[str, str, str, str]]:
    return {(task.kind, task.thing, task.task, task.who) for task in result.tasks}


def test_one_of_two_records_leaves_the_entry_and_asks_for_its_correction(
    log: Log, wages: tuple[Path, str, str]
) -> None:
    result = change(log, "r1", "withdrawn")
    assert asked(result) == {("list", wages[1], "correct", PAPER["organ"])}
    assert check(log, bench(log.store)).flaws == ()


def test_without_its_records_entry_and_measure_are_to_be_annulled_and_all_are_told(
    log: Log, wages: tuple[Path, str, str]
) -> None:
    result = both_withdrawn(log)
    run = kept_runs(log.store)[0].run_id
    assert (result.changes[0].before.grade, result.changes[0].after.grade) == ("triggered", "clear")
    assert asked(result) == {
        ("list", wages[1], "annul", PAPER["organ"]),
        ("measure", wages[2], "annul_measure", "construction"),
        ("told", run, "tell", "subject"),
        ("told", wages[1], "tell", "subject"),
        ("told", wages[1], "tell", PAPER["organ"]),
        ("told", wages[2], "tell", "construction"),
        ("linked", "r3", "look_at_linked", B),
    }
    assert (f"measure {wages[2]}", wages[1], "entry_in_question") in result.edges()
    checked = check(log, bench(log.store))
    assert checked.flaws == ()
    assert {task.thing for task in checked.open} == {wages[1], wages[2]}


def test_when_people_have_acted_nothing_is_open_and_a_reinstated_record_asks_for_a_proposal(
    log: Log, wages: tuple[Path, str, str]
) -> None:
    both_withdrawn(log)
    book = load(log.store)
    after = leave(book, wages[1], exit="annulled", on="2023-06-10", by="chen.jie", **PAPER)
    save(log, book, after)
    entries = read_intake(listings=listings(after)).listings
    on = to_day(date(2023, 6, 10))
    actions.annul(log, wages[2], by="chen.jie", on=on, document_no="A1", reason="its entry was annulled")
    assert {task.task for task in check(log, bench(log.store)).open} <= {"lift"}
    actions.lift(log, load_four_lists(), entries, by="li.na", on=on, ids=[wages[2]])
    checked = check(log, bench(log.store))
    assert (checked.flaws, checked.open) == ((), ())
    assert settle(log, bench(log.store), [A], on=date(2023, 6, 10), **SAID).empty
    result = change(log, "r1", "reinstated", "2023-07-01")
    assert ("list", "wage_arrears: decision_overdue", "propose", "") in asked(result)
    assert check(log, bench(log.store)).flaws == ()


def test_a_repaired_record_asks_for_a_look_at_the_ways_out_only(log: Log, wages: tuple[Path, str, str]) -> None:
    cascade = preview(bench(log.store), event(A, "r1", "repaired"))
    assert {(task.task, task.why) for task in cascade.tasks if task.kind != "told"} == {
        ("look_at_exit", "record_repaired")
    }


def test_an_entry_on_a_withdrawn_record_of_which_nobody_was_told_is_a_flaw(
    log: Log, wages: tuple[Path, str, str]
) -> None:
    both_withdrawn(log)
    with log.store.transaction() as con:
        con.execute("DELETE FROM cascade_tasks")
    kinds = {flaw.kind for flaw in check(log, bench(log.store)).flaws}
    assert {"cascade", "entry", "measure"} <= kinds


def test_steps_of_the_book_that_the_log_does_not_hold_are_found(log: Log) -> None:
    with log.store.transaction() as con:
        con.execute("UPDATE list_events SET organ = 'another' WHERE kind = 'noticed'")
    assert {flaw.kind for flaw in check(log, bench(log.store)).flaws} == {"lists"}


def test_who_was_told_is_written_down_once(log: Log) -> None:
    result = both_withdrawn(log)
    tasks = {task: nr for task, seq, nr in stored_tasks(log) if seq == result.seq}
    nr = next(nr for task, nr in tasks.items() if task.task == "tell")
    other = next(nr for task, nr in tasks.items() if task.task == "annul")
    on: dict[str, Any] = {"by": "zhang.min", "on": date(2023, 6, 2)}
    mark_told(log, result.seq, nr, document_no="N7", **on)
    assert told_tasks(log) == {(result.seq, nr)}
    with pytest.raises(UsageError, match="done before"):
        mark_told(log, result.seq, nr, document_no="N7", **on)
    with pytest.raises(UsageError, match="nothing that is told"):
        mark_told(log, result.seq, other, document_no="N7", **on)
    assert check(log, bench(log.store)).flaws == ()


def test_shares_add_up_and_undo_goes_backwards(log: Log) -> None:
    first = change(log, "r2", "corrected", share="0.4")
    second = change(log, "r2", "corrected", "2023-06-05", share="0.6")
    assert change(log, "r2", "corrected", "2023-06-05", share="0.6").empty
    on: dict[str, Any] = {"on": date(2023, 8, 1), **SAID}
    with pytest.raises(UsageError, match="was corrected since"):
        undo(log, bench(log.store), first.seq, **on)
    with pytest.raises(InputError, match="more than 1"):
        preview(bench(log.store), event(A, "r2", "corrected", "2023-06-06", share="0.1"))
    with pytest.raises(UsageError, match="before it was decided"):
        undo(log, bench(log.store), second.seq, on=date(2023, 6, 4), **SAID)
    undo(log, bench(log.store), second.seq, **on)
    undo(log, bench(log.store), first.seq, **on)
    assert hashes(log) == as_kept(log)
    assert len(decided(log.store, ever=True)) == 2


@pytest.mark.parametrize("seed", [3])
def test_any_sequence_holds_together_and_undone_backwards_restores_every_hash(log: Log, seed: int) -> None:
    draw, done = random.Random(seed), []
    for step in range(4):
        kind = draw.choice(["withdrawn", "withdrawn", "repaired", "reinstated", "corrected"])
        share = {"share": "0.2"} if kind == "corrected" else {}
        try:
            result = change(log, draw.choice(["r1", "r2"]), kind, f"2023-06-{step + 1:02}", **share)
        except UsageError:
            continue
        if not result.empty:
            done.append((result.seq, hashes(log)))
    assert done
    assert check(log, bench(log.store)).flaws == ()
    for place, (seq, _) in reversed(list(enumerate(done))):
        undo(log, bench(log.store), seq, on=date(2023, 8, 1), **SAID)
        assert hashes(log) == (done[place - 1][1] if place else as_kept(log))
    assert check(log, bench(log.store)).flaws == ()


def test_who_kept_the_run_does_not_change_it_and_nothing_is_written_then(log: Log) -> None:
    entries = len(log.entries())
    there = bench(log.store)
    withdrawn = event(A, "r1", "withdrawn")
    with pytest.raises(NotAllowed, match="second person"):
        apply(log, there, withdrawn, by="Li.Na", reason="mine")
    with pytest.raises(UsageError, match="nobody says why"):
        apply(log, there, withdrawn, by="zhang.min", reason=" ")
    with pytest.raises(UsageError, match="identity number"):
        apply(log, there, withdrawn, by="zhang.min", reason="11010519491231002X")
    strict = Log(log.store, roles=Roles({"analyst": ("zhang.min",), "grader": (), "reviewer": (), "approver": ()}))
    with pytest.raises(NotAllowed, match="is no reviewer"):
        apply(strict, there, withdrawn, **SAID)
    assert len(log.entries()) == entries
    assert decided(log.store) == []


def test_a_composite_is_followed_with_the_entries_that_are_to_be_annulled(
    log: Log, wages: tuple[Path, str, str]
) -> None:
    from creditscore.cascade.composite import composite_changes
    from creditscore.store.legacy.archive.effective import Rows
    from tests.composite.composite_helpers import small

    row = dict.fromkeys(("subject_id", "version", "period", "state", "state_reason", "evidence"), "")
    row |= {
        "subject_id": A,
        "scheme": "tax",
        "version": "2014",
        "period": "2019",
        "state": "graded",
        "evidence": "verified",
    }
    before, after = (Rows(({**row, "grade": grade},), ()) for grade in ("C", "A"))
    book = load(log.store)
    rules = small()
    assert composite_changes(rules, A, {"r": before}, {"r": before}, book, []) == []
    (composite_change,) = composite_changes(rules, A, {"r": before}, {"r": after}, book, [wages[1]])
    assert (composite_change.before[1], composite_change.after[1]) == (
        "680",
        "880",
    )  # absent domains count as the reference, 800
    assert composite_change.config == "small@2018-06-27"


def test_an_annulled_entry_is_no_longer_read_by_the_rules_that_look_at_lists(tmp_path: Path) -> None:
    entry = pd.DataFrame([{"listing_id": "L1", "subject_id": A, "list": "wage_arrears", "entered_on": "2023-02-01"}])
    with Database(kept_wages(tmp_path, entry)) as store:
        there = bench(store)
        run = next(iter(there.runs))
        before = derive(store, [A, B], [], there.find)
        assert before.rows[run, A].grade == "listed"
        assert {key: rows.hash for key, rows in before.rows.items()} == {
            key: rows.hash for key, rows in before.kept.items()
        }
        after = derive(store, [A, B], [], there.find, annulled=["L1"])
        assert after.rows[run, A].grade == "triggered"
        assert after.released == {(run, A): ("L1",)}
        assert after.rows[run, B].hash == before.rows[run, B].hash


@pytest.fixture(scope="module")
def both(wages: tuple[Path, str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """That store with both records of the entry withdrawn."""
    path = Path(shutil.copy(wages[0], tmp_path_factory.mktemp("both") / "both.store"))
    with Database(path) as store:
        both_withdrawn(Log(store))
    return path


@pytest.fixture
def withdrawn(both: Path, tmp_path: Path) -> Iterator[Log]:
    with Database(shutil.copy(both, tmp_path / "withdrawn.store")) as store:
        yield Log(store)


def flaws(log: Log) -> set[str]:
    return {flaw.kind for flaw in check(log, bench(log.store)).flaws}


def test_undo_takes_an_event_back_and_replays_of_the_days_between_still_see_it(withdrawn: Log) -> None:
    log, last = withdrawn, acts(withdrawn)[-1]
    assert undo(log, bench(log.store), last.seq, on=date(2023, 8, 1), **SAID).voided
    assert [act.kind for act in acts(log)] == ["applied", "applied", "undone"]
    assert [record_events(log.store, date(2023, *day)).num_rows for day in ((7, 31), (8, 1))] == [2, 1]
    assert undo(log, bench(log.store), last.seq, on=date(2023, 8, 2), **SAID).empty
    assert flaws(log) == set()
    with pytest.raises(UsageError, match="no cascade"):
        undo(log, bench(log.store), 0, on=date(2023, 8, 2), **SAID)


def test_what_was_decided_elsewhere_is_found_and_drawn(log: Log) -> None:
    run = kept_runs(log.store)[-1]
    snapshot = read_snapshot(run.snapshot_path)
    with log.act("zhang.min", "reviewer", "case.decide", "C1", {}) as act:
        write_events(
            act.con, act.entry.seq, "C1", [event(A, record_id, "withdrawn") for record_id in ("r1", "r2")], snapshot
        )
    checked = check(log, bench(log.store))
    assert {"stale", "record", "entry", "measure"} == {flaw.kind for flaw in checked.flaws}
    with pytest.raises(StoreError, match="does not hold together"):
        checked.require()
    drawn = settle(log, bench(log.store), [A], on=date(2023, 6, 2), **SAID)
    assert len(drawn.changes) == 1
    assert flaws(log) == set()
    assert settle(log, bench(log.store), [A], on=date(2023, 6, 2), **SAID).empty
    with pytest.raises(UsageError, match="only drew what others had decided"):
        undo(log, bench(log.store), drawn.seq, on=date(2023, 6, 2), **SAID)


@pytest.mark.parametrize(
    ("changes", "kinds"),
    [
        (["UPDATE cascade_grades SET evidence = 'unknown'"], {"stale"}),
        (["DELETE FROM cascade_states"], {"cascade", "stale", "record"}),
        (["UPDATE cascade_tasks SET who = 'nobody'", "UPDATE run_grades SET grade = 'clear'"], {"cascade", "run"}),
        (["DELETE FROM cascade_acts", "UPDATE run_events SET event = 'disputed'"], {"cascade", "stale"}),
        (["UPDATE log_entries SET payload = '{}' WHERE action = 'cascade.applied' AND phase = 'begun'"], {"log"}),
    ],
)
def test_changes_by_hand_are_found(withdrawn: Log, changes: list[str], kinds: set[str]) -> None:
    with withdrawn.store.transaction() as con:
        for sql in changes:
            con.execute(sql)
    assert kinds <= flaws(withdrawn)


def test_a_snapshot_that_is_gone_is_said(withdrawn: Log, tmp_path: Path) -> None:
    opened = [read_snapshot(run.snapshot_path) for run in kept_runs(withdrawn.store)]
    with withdrawn.store.transaction() as con:
        con.execute("UPDATE run_runs SET snapshot_path = ?", [str(tmp_path / "moved")])
    assert flaws(withdrawn) == {"snapshot"}
    assert check(withdrawn, bench(withdrawn.store, opened)).flaws == ()


def test_a_disputed_record_changes_no_row(log: Log) -> None:
    snapshot = read_snapshot(kept_runs(log.store)[-1].snapshot_path)
    with log.act("zhang.min", "reviewer", "case.open", "C1", {}) as act:
        write_events(act.con, act.entry.seq, "C1", [event(A, "r1", "disputed")], snapshot)
    assert flaws(log) == set()
    assert settle(log, bench(log.store), [A], on=date(2023, 6, 2), **SAID).empty
