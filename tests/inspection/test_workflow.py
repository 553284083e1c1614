"""Draws and visits on the log of a store: what is refused and kept, on both databases."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import InputError, NotAllowed, StoreDiffers, StoreError, TooManyRejected, UsageError
from creditscore.inspection import importing, workflow
from creditscore.inspection.commitment import Commitment, Randomness
from creditscore.inspection.draw import Outcome
from creditscore.inspection.importing import import_results
from creditscore.inspection.plan import plan_inspections
from creditscore.inspection.workflow import list_known_teams, make_registry, name_visit, verify_draw_in
from creditscore.store.context import Refused
from creditscore.store.erasure import erase_stream
from creditscore.store.store import Store
from creditscore.store.verify import verify
from tests.clock import at_day
from tests.inspection import test_importing as old
from tests.inspection.synthetic import (
    ABOUT,
    COMMITTED,
    DRAWN,
    PERSON,
    PROGRAMME,
    VALUE,
    YEAR,
    SyntheticDraw,
    classes,
    inspectors,
    make_draw,
    programme,
)
from tests.store.helpers import add_person

REGISTRY = make_registry()


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SyntheticDraw:
    """Two programmes of one department, committed to and drawn in a store of its own."""
    tmp = tmp_path_factory.mktemp("drawn")
    second = PROGRAMME.replace("certificate: market", "certificate: food")
    table = classes(80)
    given = [(programme(tmp), table), (programme(tmp, second, "food"), table[:40])]
    return make_draw(tmp, given, inspectors=inspectors(certificates="market;food"))


@pytest.fixture
def store(store_url: str, tmp_path: Path) -> Iterator[Store]:
    with at_day(date(YEAR, 1, 1)), Store(store_url, REGISTRY, archive=tmp_path / "archive") as opened:
        yield opened


def commit(
    store: Store, plan: Path, out: Path, about: Randomness = ABOUT, on: date = COMMITTED, **more: Any
) -> Commitment:
    options: dict[str, Any] = {"inspectors": inspectors(certificates="market;food"), "by": "chen.jie"} | more
    with at_day(on):
        return workflow.commit(store, plan, out, about, on, **options)


def draw(store: Store, folder: Path, value: str = VALUE, on: date = DRAWN, by: str = "li.na") -> Outcome:
    with at_day(on):
        return workflow.draw_visits(store, folder, value, on, by=by)


@pytest.fixture
def folder(store: Store, drawn: SyntheticDraw, tmp_path: Path) -> Path:
    """The same draw on the log: committed to and drawn."""
    commit(store, drawn.plan, tmp_path / "draw")
    draw(store, tmp_path / "draw")
    return tmp_path / "draw"


def test_a_draw_is_that_of_another_store(store: Store, folder: Path, drawn: SyntheticDraw) -> None:
    names = {file.name for file in drawn.folder.iterdir()}
    assert {file.name for file in folder.iterdir()} == names
    assert all((folder / name).read_bytes() == (drawn.folder / name).read_bytes() for name in names)
    case = store.read(f"draw/{drawn.commitment.draw_id}")
    assert [(event.name, event.role) for event in case.events] == [("committed", "approver"), ("drawn", "grader")]
    assert case.fields["commitment"] == drawn.commitment.hash
    assert (case.fields["value"], case.fields["drawn_on"]) == (VALUE, str(DRAWN))
    assert verify_draw_in(store, folder).first is None
    assert verify_draw_in(store, folder, published="0" * 64).first is not None
    assert verify(store).faults == []


def test_what_a_store_does_not_hold_differs(store: Store, folder: Path, tmp_path: Path, store_url: str) -> None:
    (folder / "teams.csv").write_text((folder / "teams.csv").read_text().replace("K0", "K1", 1))
    first = verify_draw_in(store, folder).first
    assert first is not None
    assert first.file == "teams.csv"
    with Store(tmp_path / "other.db", REGISTRY) as other:
        with pytest.raises(StoreError, match="no such commitment"):
            draw(other, folder)
        shutil.copytree(folder, tmp_path / "copy")
        changed = json.loads((folder / "commitment.json").read_text()) | {"committed_on": "2090-01-03"}
        (folder / "commitment.json").write_text(json.dumps(changed))
        with pytest.raises(StoreError, match="no such commitment"):
            draw(store, folder)


def test_commitment_comes_before_the_value(store: Store, drawn: SyntheticDraw, tmp_path: Path) -> None:
    for on in (ABOUT.on, date(YEAR, 1, 9)):
        with pytest.raises(UsageError, match="committed on 2090-01-0"):
            commit(store, drawn.plan, tmp_path / "x", on=on)
    late = Randomness(ABOUT.source, date(YEAR, 4, 1), ABOUT.read, ABOUT.pattern, ABOUT.values)
    with pytest.raises(UsageError, match="first window"):
        commit(store, drawn.plan, tmp_path / "x", late)
    with pytest.raises(InputError, match=r"no team: .*bind"):
        commit(store, drawn.plan, tmp_path / "x", inspectors=inspectors(2, "market;food", days="1"))
    assert not (tmp_path / "x").exists()
    assert store.rows("draw") == []
    commit(store, drawn.plan, tmp_path / "x")
    (task,) = store.rows("task")
    assert (task["what"], task["due_on"], task["team"]) == ("draw", str(ABOUT.on), "grader")
    with pytest.raises(Refused, match="is there already"):
        commit(store, drawn.plan, tmp_path / "y")
    assert not (tmp_path / "y").exists()


def test_the_clock_of_the_log_decides_and_a_replay_is_marked(store: Store, tmp_path: Path) -> None:
    plan = plan_inspections([(programme(tmp_path), classes(40))], 2021).write(tmp_path / "plan")
    past = Randomness("lottery", date(2021, 1, 8), "digits", "[0-9]{14}", 10**7)
    with pytest.raises(Refused, match="the log recorded the commitment on") as refused:
        commit(store, plan, tmp_path / "draw", past, date(2021, 1, 4))
    assert refused.value.allowed
    assert refused.value.next
    assert not (tmp_path / "draw").exists()
    assert store.rows("draw") == []
    commit(store, plan, tmp_path / "again", past, date(2021, 1, 4), replayed=True)
    draw(store, tmp_path / "again", on=date(2021, 1, 8))
    checked = verify_draw_in(store, tmp_path / "again")
    assert checked.ok
    assert "played again" in checked.notes[0]


def test_a_value_is_given_once(store: Store, folder: Path) -> None:
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    size = store.head().size
    with pytest.raises(UsageError, match="it was another one") as raised:
        draw(store, folder, "01051220283308")
    assert VALUE in str(raised.value)
    draw(store, folder, "01 05 12 20 28 33 07", date(YEAR, 2, 1))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before
    assert store.head().size == size
    case = next(iter(store.rows("draw")))["stream"]
    with pytest.raises(Refused, match="nothing of its draw is corrected"), at_day(date(YEAR, 2, 2)):
        store.act(
            "draw",
            "correct",
            case,
            by="zhao",
            on=f"{YEAR}-02-02",
            number=2,
            to={"value": "0" * 14},
            reason="a better one",
        )


def test_a_draw_that_cannot_be_staffed_stands_in_the_log(
    store: Store, drawn: SyntheticDraw, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    commit(store, drawn.plan, tmp_path / "draw")

    def fail(*_: object) -> None:
        raise InputError("no team: the days of K01 bind", next="name more inspectors")

    with monkeypatch.context() as patch:
        patch.setattr(workflow, "run_draw", fail)
        with pytest.raises(InputError, match="no team"):
            draw(store, tmp_path / "draw")
    case = store.read(f"draw/{drawn.commitment.draw_id}")
    assert (case.state, case.fields["value"], case.fields["failed"]) == (
        "failed",
        VALUE,
        "no team: the days of K01 bind",
    )
    with pytest.raises(Refused, match="it was another one"):
        draw(store, tmp_path / "draw", "01051220283308")
    draw(store, tmp_path / "draw")
    assert store.read(case.name).state == "drawn"


@pytest.mark.parametrize("value", ["", "0105122028330", "01051220283307a", "seven"])
def test_a_value_of_another_form_is_refused(store: Store, folder: Path, value: str) -> None:
    with pytest.raises(UsageError, match="is not a value as it was committed to"):
        draw(store, folder, value)


def test_a_value_before_its_day_and_other_tables_are_refused(
    store: Store, drawn: SyntheticDraw, tmp_path: Path
) -> None:
    commit(store, drawn.plan, tmp_path / "draw")
    with pytest.raises(UsageError, match="drawn on 2090-01-07"):
        draw(store, tmp_path / "draw", on=date(YEAR, 1, 7))
    for name in ("frame.csv", "strata.csv", "inspectors.csv"):
        text = (tmp_path / "draw" / name).read_text(encoding="utf-8")
        (tmp_path / "draw" / name).write_text("\n".join(text.splitlines()[:-1]) + "\n", encoding="utf-8")
        with pytest.raises(UsageError, match=f"{name} is not the table that was committed to"):
            draw(store, tmp_path / "draw")
        (tmp_path / "draw" / name).write_text(text, encoding="utf-8")


def test_who_may(store: Store, drawn: SyntheticDraw, tmp_path: Path) -> None:
    add_person(store, "chen.jie", ("approver",), by="setup")
    add_person(store, "li.na", ("grader",), by="chen.jie")
    with pytest.raises(NotAllowed, match=r"'li\.na' is no approver"):
        commit(store, drawn.plan, tmp_path / "draw", by="li.na")
    assert not (tmp_path / "draw").exists()
    commit(store, drawn.plan, tmp_path / "draw")
    with pytest.raises(NotAllowed, match=r"'chen\.jie' is no grader"):
        draw(store, tmp_path / "draw", by="chen.jie")
    draw(store, tmp_path / "draw")


# --- results


def bring(store: Store, table: pd.DataFrame, out: Path, **more: Any) -> importing.Imported:
    with at_day(date(YEAR + 2, 1, 1)):
        return import_results(store, table, out, by="li.na", **more)


def test_a_visit_is_reported_without_whom_it_was_to(
    store: Store, folder: Path, drawn: SyntheticDraw, tmp_path: Path
) -> None:
    table = old.results(drawn)
    mixed = table.assign(arm=["complaint" if n % 4 == 0 else "random" for n in range(len(table))])
    mixed.loc[:0, "draw_id"] = ""
    first, second = (bring(store, part, tmp_path / name) for part, name in ((mixed[:10], "one"), (mixed, "two")))
    assert (len(first.results), second.repeated, len(second.results)) == (10, 10, len(mixed))
    visit = store.read(name_visit(str(mixed.inspection_id[1])))
    assert (visit.subject, visit.fields["arm"], visit.state) == (mixed.subject_id[1], "random", "reported")
    assert len(json.dumps(visit.events[0].payload)) < 1500
    assert {row["inspector_id"] for row in list_known_teams(store)} <= {f"K{i:02d}" for i in range(12)}
    assert verify(store).faults == []


@pytest.mark.parametrize(("reason", "change"), old.CASES)
def test_a_faulty_row_is_refused(
    store: Store, folder: Path, drawn: SyntheticDraw, tmp_path: Path, reason: str, change: dict[str, str]
) -> None:
    table = old.results(drawn)
    table = table[table.result == "clean"].reset_index(drop=True)[:4]
    for name, value in change.items():
        table.loc[2, name] = value
    with pytest.raises(TooManyRejected):
        bring(store, table, tmp_path / "out")
    assert store.rows("visit") == []
    written = (tmp_path / "out" / "quarantine.csv").read_text(encoding="utf-8")
    assert f",{reason}," in written
    assert PERSON not in written
    accepted = bring(store, table, tmp_path / "out", max_rejected=1)
    assert len(accepted.results) == 3
    assert accepted.counts["in"] == 4


def test_the_log_refuses_a_faulty_visit_by_itself(store: Store, folder: Path, drawn: SyntheticDraw) -> None:
    row = old.results(drawn).iloc[1]
    day = str(row.inspected_on)
    good: dict[str, Any] = {"subject": row.subject_id, "id": "i1", "arm": "random", "result": "clean", "violations": 0}
    good |= {"draw": drawn.commitment.draw_id, "department": "market", "inspected_on": day, "probability": "1/2"}
    refused = {
        "arm is lucky": {"arm": "lucky"},
        "result is fine": {"result": "fine"},
        "number of violations": {"violations": 2},
        "day of the visit": {"result": "not_done"},
        "no such draw": {"draw": "0" * 16},
        "the department tax": {"department": "tax"},
        "before the draw": {"inspected_on": f"{YEAR}-01-02"},
        "was not drawn": {"probability": None},
        "is no id of an organisation": {"subject": PERSON},
    }
    with at_day(date(YEAR + 2, 1, 1)):
        for words, change in refused.items():
            given = {name: value for name, value in {**good, **change}.items() if value is not None}
            with pytest.raises(UsageError, match=words) as raised:
                store.act("visit", "report", by="li.na", on=day, **given)
            assert raised.value.allowed
            assert raised.value.next
        case = store.act("visit", "report", by="li.na", on=day, **good)
        with pytest.raises(Refused, match="ties a visit to its draw"):
            store.act("visit", "correct", case.name, by="zhao", on=day, number=1, to={"probability": "1"}, reason="x")
        to = {"result": "breach", "violations": 1}
        case = store.act("visit", "correct", case.name, by="zhao", on=day, number=1, to=to, reason="misread")
        assert (case.fields["result"], case.fields["violations"]) == ("breach", 1)
    assert verify(store).faults == []


def test_an_erased_visit_is_not_reported_again(
    store: Store, folder: Path, drawn: SyntheticDraw, tmp_path: Path
) -> None:
    table = old.results(drawn)
    bring(store, table[:3], tmp_path / "first")
    with at_day(date(YEAR + 2, 1, 1)):
        erase_stream(store, name_visit(table.inspection_id[0]), reason="its time is over", by="chen.jie")
    imported = bring(store, table[:4], tmp_path / "again", max_rejected=1)
    assert [row["reason"] for row in imported.refused] == ["erased_inspection"]
    assert imported.counts["repeated"] == 2
    assert len(store.rows("visit")) == 4
    with at_day(date(YEAR + 2, 1, 1)):
        erase_stream(store, f"draw/{drawn.commitment.draw_id}", reason="its time is over", by="chen.jie")
    assert list_known_teams(store) == []
    later = bring(store, table[4:6], tmp_path / "later", max_rejected=2)
    assert {row["reason"] for row in later.refused} == {"unknown_draw"}
    row = table.iloc[5]
    given = {"subject": row.subject_id, "id": "i9", "arm": "random", "result": "clean", "violations": 0}
    given |= {"draw": row.draw_id, "department": "market", "inspected_on": str(row.inspected_on)}
    with pytest.raises(Refused, match="no such draw"), at_day(date(YEAR + 2, 1, 1)):
        store.act("visit", "report", by="li.na", on=str(row.inspected_on), **given)


def test_an_archive_that_was_edited_is_not_used(
    store: Store, folder: Path, drawn: SyntheticDraw, tmp_path: Path
) -> None:
    case = store.read(f"draw/{drawn.commitment.draw_id}")
    for name in (case.fields["tables"]["frame.csv"], case.fields["files"]["units.csv"]):
        file = Path(store.archive.path(name))
        content = file.read_bytes()
        file.write_bytes(content.replace(b"1", b"2", 1))
        with pytest.raises(StoreDiffers, match="not what its name says"):
            bring(store, old.results(drawn), tmp_path / "out")
        file.write_bytes(content)
    with pytest.raises(InputError, match="no rows"):
        bring(store, old.results(drawn)[:0], tmp_path / "out")
    assert bring(store, old.results(drawn), tmp_path / "out").missing == ()
