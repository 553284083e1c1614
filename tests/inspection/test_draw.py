"""Commit, draw, verify: what is refused, what anybody can run again, and that every change is found."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import InputError, StoreError, UsageError
from creditscore.inspection.commitment import Randomness
from creditscore.inspection.plan import plan_inspections
from creditscore.inspection.verify import verify_draw
from creditscore.inspection.workflow import verify_draw_in
from tests.inspection.synthetic import (
    ABOUT,
    COMMITTED,
    DRAWN,
    PROGRAMME,
    VALUE,
    YEAR,
    SyntheticDraw,
    Who,
    classes,
    commit,
    draw,
    inspectors,
    make_draw,
    programme,
)


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SyntheticDraw:
    """Two programmes of two departments over overlapping organisations, committed to and drawn."""
    tmp = tmp_path_factory.mktemp("drawn")
    other = PROGRAMME.replace("code: market", "code: labour").replace("certificate: market", "certificate: labour")
    table = classes(90)
    given = [(programme(tmp), table), (programme(tmp, other, "other"), table[:60])]
    staff = inspectors(16)
    staff["certificates"] = ["market;labour", "market", "labour", "labour"] * 4
    return make_draw(tmp, given, inspectors=staff)


def copy(drawn: SyntheticDraw, tmp: Path) -> Path:
    folder = tmp / "draw"
    shutil.copytree(drawn.folder, folder)
    return folder


def script(folder: Path) -> tuple[int, str]:
    run = subprocess.run(
        [sys.executable, "-I", "-S", str(folder / "verify_draw.py"), str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.returncode, (run.stdout + run.stderr).strip()


def test_a_draw_verifies_with_and_without_its_store(drawn: SyntheticDraw) -> None:
    with drawn.who.open() as store:
        assert verify_draw_in(store, drawn.folder).first is None
    checked = verify_draw(drawn.folder)
    assert checked.ok
    assert checked.units == 150
    assert "without the store or the published hash" in checked.notes[0]
    assert verify_draw(drawn.folder, published=drawn.commitment.hash.upper()).notes == ()
    other = verify_draw(drawn.folder, published="0" * 64).first
    assert other is not None
    assert (other.found, other.expected) == (drawn.commitment.hash, "0" * 64)
    assert script(drawn.folder) == (0, "as drawn")


def test_the_script_is_short_and_needs_the_standard_library_alone(drawn: SyntheticDraw) -> None:
    text = (drawn.folder / "verify_draw.py").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    names = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert names <= sys.stdlib_module_names


CHANGES = {
    "frame.csv": ("market", "markt", "frame.csv, its hash"),
    "strata.csv": ("mine", "mime", "strata.csv, its hash"),
    "inspectors.csv": ("K03", "K99", "inspectors.csv, its hash"),
    "commitment.json": ('"team": 2', '"team": 3', "commitment.json, its hash"),
    "units.csv": (",2,1\n", ",1,1\n", "units.csv, line "),
    "visits.csv": (",no,", ",yes,", "visits.csv, line "),
    "teams.csv": ("K0", "K1", "teams.csv, line "),
    "draw.json": (VALUE, "01051220283308", "units.csv, line "),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_first_difference_is_named(drawn: SyntheticDraw, tmp_path: Path, name: str) -> None:
    folder = copy(drawn, tmp_path)
    old, new, where = CHANGES[name]
    text = (folder / name).read_text(encoding="utf-8")
    assert old in text
    (folder / name).write_text(text.replace(old, new, 1), encoding="utf-8")
    first = verify_draw(folder).first
    assert first is not None
    assert str(first).startswith(where)
    if name in ("frame.csv", "units.csv", "draw.json", "commitment.json"):
        assert script(folder)[0] == 1


def test_a_row_taken_out_or_swapped_is_found(drawn: SyntheticDraw, tmp_path: Path) -> None:
    folder = copy(drawn, tmp_path)
    lines = (folder / "units.csv").read_text(encoding="utf-8").splitlines()
    (folder / "units.csv").write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    first = verify_draw(folder).first
    assert first is not None
    assert (first.file, first.where, first.found) == ("units.csv", f"line {len(lines)}", "")
    assert script(folder)[0] == 1


def test_the_order_of_rows_and_line_ends_of_a_frame_are_nothing(drawn: SyntheticDraw, tmp_path: Path) -> None:
    folder = copy(drawn, tmp_path)
    head, *rows = (folder / "frame.csv").read_text(encoding="utf-8").splitlines()
    (folder / "frame.csv").write_text("\r\n".join([head, *reversed(rows)]) + "\r\n", encoding="utf-8", newline="")
    assert verify_draw(folder).ok
    (folder / "verify_draw.py").write_text("print('as drawn')\n", encoding="utf-8")
    assert any("verify_draw.py in the folder is not the script" in note for note in verify_draw(folder).notes)
    assert script(folder) == (0, "as drawn")


def test_a_missing_file_is_an_error(drawn: SyntheticDraw, tmp_path: Path) -> None:
    folder = copy(drawn, tmp_path)
    (folder / "draw.json").unlink()
    with pytest.raises(InputError, match=r"draw\.json is not there"):
        verify_draw(folder)


def test_commitment_comes_before_the_value(tmp_path: Path) -> None:
    plan = tmp_path / "plan"
    plan_inspections([(programme(tmp_path), classes(40))], YEAR).write(plan)
    who = Who("chen.jie", tmp_path / "credit.db")
    for on in (ABOUT.on, date(YEAR, 1, 9)):
        with pytest.raises(UsageError, match="committed on 2090-01-0"):
            commit(plan, tmp_path / "draw", ABOUT, on, who, inspectors=inspectors())
    late = Randomness(ABOUT.source, date(YEAR, 4, 1), ABOUT.read, ABOUT.pattern, ABOUT.values)
    with pytest.raises(UsageError, match="first window"):
        commit(plan, tmp_path / "draw", late, COMMITTED, who, inspectors=inspectors())
    assert not (tmp_path / "draw").exists()


def test_the_clock_of_the_log_decides_and_a_replay_is_marked(tmp_path: Path) -> None:
    plan, who = tmp_path / "plan", Who("chen.jie", tmp_path / "credit.db")
    plan_inspections([(programme(tmp_path), classes(40))], 2021).write(plan)
    past = Randomness("lottery", date(2021, 1, 8), "digits", "[0-9]{14}", 10**7)
    with pytest.raises(UsageError, match="the log recorded the commitment on"):
        commit(plan, tmp_path / "draw", past, date(2021, 1, 4), who, inspectors=inspectors())
    assert not (tmp_path / "draw").exists()
    with who.open() as store:
        assert store.rows("draw") == []
    commit(plan, tmp_path / "again", past, date(2021, 1, 4), who, inspectors=inspectors(), replayed=True)
    draw(tmp_path / "again", VALUE, date(2021, 1, 8), who)
    with who.open() as store:
        checked = verify_draw_in(store, tmp_path / "again")
    assert checked.ok
    assert "played again" in checked.notes[0]


def test_a_value_is_given_once(drawn: SyntheticDraw) -> None:
    before = {file.name: file.read_bytes() for file in drawn.folder.iterdir()}
    with pytest.raises(UsageError, match="it was another one") as raised:
        draw(drawn.folder, "01051220283308", DRAWN, drawn.who)
    assert VALUE in str(raised.value)
    draw(drawn.folder, "01 05 12 20 28 33 07", date(YEAR, 2, 1), drawn.who)  # the same value, later and with blanks
    assert {file.name: file.read_bytes() for file in drawn.folder.iterdir()} == before


@pytest.mark.parametrize("value", ["", "0105122028330", "01051220283307a", "seven"])
def test_a_value_of_another_form_is_refused(drawn: SyntheticDraw, value: str) -> None:
    with pytest.raises(UsageError, match="is not a value as it was committed to"):
        draw(drawn.folder, value, DRAWN, drawn.who)


def test_a_value_before_its_day_is_refused(drawn: SyntheticDraw) -> None:
    with pytest.raises(UsageError, match="drawn on 2090-01-07"):
        draw(drawn.folder, VALUE, date(YEAR, 1, 7), drawn.who)


@pytest.mark.parametrize("name", ["frame.csv", "strata.csv", "inspectors.csv"])
def test_another_frame_or_staff_is_refused(drawn: SyntheticDraw, tmp_path: Path, name: str) -> None:
    folder = copy(drawn, tmp_path)
    lines = (folder / name).read_text(encoding="utf-8").splitlines()
    (folder / name).write_text("\n".join(lines[:-1]) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=f"{name} is not the table that was committed to"):
        draw(folder, VALUE, DRAWN, drawn.who)


def test_a_commitment_outside_the_store_is_refused(drawn: SyntheticDraw, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no such commitment"):
        draw(drawn.folder, VALUE, DRAWN, Who("li.na", tmp_path / "other.db"))
    folder = copy(drawn, tmp_path)
    changed = json.loads((folder / "commitment.json").read_text(encoding="utf-8")) | {"committed_on": "2090-01-03"}
    (folder / "commitment.json").write_text(json.dumps(changed), encoding="utf-8")
    with pytest.raises(StoreError, match="no such commitment"):
        draw(folder, VALUE, DRAWN, drawn.who)


def test_a_plan_that_was_changed_is_not_committed_to(tmp_path: Path) -> None:
    plan = plan_inspections([(programme(tmp_path), classes(40))], YEAR).write(tmp_path / "plan")
    text = (plan / "frame.csv").read_text(encoding="utf-8")
    (plan / "frame.csv").write_text(text.replace("S0001", "S0002", 1), encoding="utf-8")
    with pytest.raises(InputError, match=r"frame\.csv is not what the plan wrote"):
        commit(plan, tmp_path / "draw", ABOUT, COMMITTED, Who("a", tmp_path / "credit.db"), inspectors=inspectors())


BAD = {
    "few values": ({"values": 999_999}, "only 999999 possible values"),
    "three digits": ({"pattern": "[0-9]{3}"}, r"\[0-9\]\{3\} has fewer values"),
    "no source": ({"source": " "}, "source of the public value is empty"),
    "no reading": ({"read": ""}, "read of the public value is empty"),
    "no expression": ({"pattern": "[0-9"}, "cannot be used"),
    "anything": ({"pattern": ".*"}, "allows an empty value"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_public_value_that_cannot_serve_is_refused(name: str) -> None:
    change, message = BAD[name]
    content: dict[str, Any] = {**ABOUT.__dict__, **change}
    with pytest.raises(UsageError, match=message):
        Randomness(**content).check()


def test_data_are_corrected_before_a_visit(tmp_path: Path) -> None:
    table = classes(40)
    table["class"] = "C"
    table.loc[0, "class"] = ""
    text = PROGRAMME.replace("draw_as: B", "draw_as: C")
    result = make_draw(tmp_path, [(programme(tmp_path, text), table)])
    visits = pd.read_csv(result.folder / "visits.csv").set_index("subject_id")
    assert set(visits.loc[[table.subject_id[0]], "first"]) == {"correct_data"}
    assert set(visits.drop(index=table.subject_id[0])["first"]) == {"off_site"}
    off_site = pd.read_csv(result.plan / "off_site.csv")
    assert off_site[["subject_id", "data_state"]].to_numpy().tolist() == [[table.subject_id[0], "missing"]]


def test_conflicts_that_bar_nobody_are_counted(tmp_path: Path) -> None:
    table = classes(40)
    pairs = [("K01", table.subject_id[0]), ("K99", table.subject_id[0]), ("K01", "91220199MADM00000X")]
    result = make_draw(
        tmp_path, [(programme(tmp_path), table)], conflicts=pd.DataFrame(pairs, columns=["inspector_id", "subject_id"])
    )
    assert result.commitment.content["conflicts"] == {"declared": 3, "of_listed_inspectors_and_subjects": 1}


def test_a_lack_of_inspectors_is_found_before_anything_is_committed_to(tmp_path: Path) -> None:
    plan = plan_inspections([(programme(tmp_path), classes(60))], YEAR).write(tmp_path / "plan")
    who = Who("chen.jie", tmp_path / "credit.db")
    with pytest.raises(InputError, match=r"no team: .*binds"):
        commit(plan, tmp_path / "draw", ABOUT, COMMITTED, who, inspectors=inspectors(2, days="1"))
    assert not (tmp_path / "draw").exists()
    with who.open() as store:
        assert store.rows("draw") == []


def test_visits_are_merged_capped_and_spread(drawn: SyntheticDraw) -> None:
    units = pd.read_csv(drawn.folder / "units.csv")
    units[["programme", "subject_id"]] = units.unit.str.split("|", expand=True)
    visits = pd.read_csv(drawn.folder / "visits.csv")
    most = units.groupby("subject_id").visits.max()
    assert visits.groupby("subject_id").size().to_dict() == most[most > 0].to_dict()
    joined = Counter((name, row.subject_id) for row in visits.itertuples() for name in row.programmes.split(";"))
    wanted = {(row.programme, row.subject_id): row.visits for row in units.itertuples() if row.visits}
    assert joined == wanted
    assert not visits.duplicated(["subject_id", "window"]).any()
    assert (visits.joint == "yes").sum() > 0
    spread = visits.window.value_counts()
    assert spread.max() - spread.min() <= 3
    assert set(visits["first"]) == {"off_site"}
    assert (visits["from"] >= str(ABOUT.on)).all()


def test_a_cap_is_kept(tmp_path: Path) -> None:
    table = classes(60)
    table["class"] = "C"  # two visits each
    past = pd.DataFrame(
        {
            "inspection_id": [f"i{n}" for n in range(180)],
            "subject_id": list(table.subject_id) * 3,
            "draw_id": "",
            "department": "labour",
            "planned_on": "",
            "arm": "complaint",
            "result": "clean",
            "violations": "0",
            "inspected_on": [f"{YEAR}-0{1 + n // 60}-03" for n in range(180)],
            "recorded_on": f"{YEAR}-05-01",
        }
    )
    plan = plan_inspections([(programme(tmp_path), table)], YEAR, past=past).write(tmp_path / "plan")
    who = Who("a", tmp_path / "credit.db")
    commit(plan, tmp_path / "draw", ABOUT, COMMITTED, who, inspectors=inspectors())
    with pytest.raises(InputError, match="is committed to and not drawn yet"):
        verify_draw(tmp_path / "draw")
    outcome = draw(tmp_path / "draw", VALUE, DRAWN, who)
    assert Counter(Counter(visit.subject_id for visit in outcome.visits).values()) == {1: 60}  # four in all, three made


def test_nothing_public_names_an_internal_class(tmp_path: Path) -> None:
    text = PROGRAMME.replace("use: public_grade", "use: internal_risk")
    for code, name in (("A", "LOWRISK"), ("B", "MIDRISK"), ("C", "HIGHRISK")):
        text = text.replace(f"code: {code}", f"code: {name}").replace(f"draw_as: {code}", f"draw_as: {name}")
    table = classes(60)
    table["class"] = table["class"].map({"A": "LOWRISK", "B": "MIDRISK", "C": "HIGHRISK"})
    result = make_draw(tmp_path, [(programme(tmp_path, text), table)])
    manifest = json.loads((result.plan / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["internal"] is True
    assert manifest["may_be_published"] == ["public.json"]
    public = [result.plan / "public.json", result.folder / "commitment.json", result.folder / "draw.json"]
    read_by_teams = [result.folder / "visits.csv", result.folder / "teams.csv"]
    for file in (*public, *read_by_teams):
        assert "RISK" not in file.read_text(encoding="utf-8"), file.name
    assert "HIGHRISK" in (result.plan / "frame.csv").read_text(encoding="utf-8")
    for file in public:
        assert not any(value in file.read_text(encoding="utf-8") for value in table.subject_id)
