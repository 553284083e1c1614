"""Plans: the same bytes for any order of rows, capacity, what-if, expected findings."""

from __future__ import annotations

import doctest
import json
from fractions import Fraction
from pathlib import Path

import pandas as pd
import pytest

from creditscore.core.errors import InputError, NotInForce, UsageError
from creditscore.inspection import hit_rates
from creditscore.inspection.hit_rates import wilson
from creditscore.inspection.plan import plan_inspections
from creditscore.inspection.plan_tables import visit_rows
from tests.inspection.synthetic import PROGRAMME, YEAR, classes, inspectors, programme


def results(table: pd.DataFrame, number: int, year: int = YEAR - 1, **more: str) -> pd.DataFrame:
    """One random visit to each organisation, the first `found` with a breach."""
    hits = [place < number for place in range(len(table))]
    content = {
        "inspection_id": [f"i{n}" for n in range(len(table))],
        "subject_id": list(table.subject_id),
        "draw_id": "d",
        "department": "market",
        "planned_on": f"{year}-03-01",
        "inspected_on": f"{year}-03-05",
        "arm": "random",
        "result": ["breach" if hit else "clean" for hit in hits],
        "violations": ["2" if hit else "0" for hit in hits],
        "recorded_on": f"{year}-03-06",
    }
    return pd.DataFrame(content | more)


def test_a_plan_is_the_same_for_any_order_of_rows(tmp_path: Path) -> None:
    table, staff = classes(150), inspectors(8, days="30")
    inspection_plan = plan_inspections([(programme(tmp_path), table)], YEAR, inspectors=staff, what_if=[["scale=0.5"]])
    shuffled = table.sample(frac=1, random_state=3)[["district", "class", "subject_id", "industry"]]
    file = tmp_path / "classes.csv"
    shuffled.to_csv(file, index=False)
    two = plan_inspections([(programme(tmp_path), file)], YEAR, inspectors=staff.iloc[::-1], what_if=[["scale=0.5"]])
    assert inspection_plan.files == two.files
    folder = inspection_plan.write(tmp_path / "plan")
    assert {file.name: file.read_text(encoding="utf-8") for file in folder.iterdir()} == inspection_plan.files


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "plan").mkdir()
    (tmp_path / "plan" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(UsageError, match=r"other files: notes\.txt"):
        plan_inspections([(programme(tmp_path), classes(20))], YEAR).write(tmp_path / "plan")
    assert [path.name for path in (tmp_path / "plan").iterdir()] == ["notes.txt"]


def test_capacity_says_what_is_missing(tmp_path: Path) -> None:
    table = classes(100).assign(**{"class": "C"})  # 200 visits, teams of 2, half a day: 200 person-days
    plan = plan_inspections([(programme(tmp_path), table)], YEAR, inspectors=inspectors(4, days="25"))
    market, all_ = plan.capacity
    assert (market.certificate, market.visits, market.needed, market.available) == ("market", 200, 200, 100)
    assert (market.enough, market.fits_at, all_.enough) == (False, Fraction(1, 2), False)
    assert {"code": "few_inspectors", "certificates": ["market", "(all)"]} in plan.manifest["notes"]
    enough = plan_inspections([(programme(tmp_path), table)], YEAR, inspectors=inspectors(4, days="50"))
    assert all(capacity.enough for capacity in enough.capacity)


def test_what_if_scales_and_changes_and_names_broken_bounds(tmp_path: Path) -> None:
    table = classes(100)
    table["class"] = ["B"] * 50 + ["C"] * 50
    changes = [["scale=1/2"], ["mine.C=1"], ["scale=0.4", "mine.C=2"]]
    plan = plan_inspections([(programme(tmp_path), table)], YEAR, what_if=changes)
    assert [row["visits"] for row in visit_rows(plan)] == ["10", "100"]
    assert [row["visits"] for row in plan.what_if] == ["55", "60", "104"]
    assert [row["breaks"] for row in plan.what_if] == ["", "", "mine.B below 0.1"]
    for bad in ("scale=0", "scale", "mine.Z=1", "other.A=1", "mine.C=x"):
        with pytest.raises(UsageError):
            plan_inspections([(programme(tmp_path), table)], YEAR, what_if=[[bad]])


def test_expected_findings_come_from_past_random_visits(tmp_path: Path) -> None:
    table = classes(100).assign(**{"class": "C"})
    plan = plan_inspections([(programme(tmp_path), table)], YEAR, past=results(table, 20))
    (row,) = visit_rows(plan)
    assert (row["past_visits"], row["past_findings"], row["yield"]) == ("100", "20", "0.2000")
    low, high = wilson(20, 100)
    assert (row["expected_findings"], row["expected_low"], row["expected_high"]) == (
        "40.0",
        f"{200 * low:.1f}",
        f"{200 * high:.1f}",
    )
    targeted = plan_inspections([(programme(tmp_path), table)], YEAR, past=results(table, 20, arm="targeted"))
    assert visit_rows(targeted)[0]["yield"] == ""


def test_wilson_by_hand() -> None:
    assert [round(number, 3) for number in wilson(81, 263)] == [0.255, 0.366]  # Newcombe 1998, table I
    assert wilson(0, 10)[0] == 0
    assert wilson(10, 10)[1] == 1
    assert wilson(0, 0) == (0, 1)


def test_project_defaults_stand_in_the_plan(tmp_path: Path) -> None:
    plan = plan_inspections([(programme(tmp_path), classes(40))], YEAR)
    manifest = json.loads(plan.files["manifest.json"])
    note = manifest["notes"][0]
    assert (note["code"], note["programme"], note["paths"][:2]) == ("project_paths", "mine", ["classes.0", "classes.1"])
    assert json.loads(plan.files["public.json"])["project_default"] == 8


def test_a_programme_is_not_used_before_it_begins(tmp_path: Path) -> None:
    with pytest.raises(NotInForce, match="begins on 2020-01-01, after 2019"):
        plan_inspections([(programme(tmp_path), classes(20))], 2019)
    with pytest.raises(UsageError, match="stands twice"):
        plan_inspections([(programme(tmp_path), classes(20)), (programme(tmp_path), classes(20))], YEAR)
    with pytest.raises(UsageError, match="no programme"):
        plan_inspections([], YEAR)


def test_nobody_left_is_an_error(tmp_path: Path) -> None:
    exempt = "exempt: {cite: {law: GSJX2022_6}, evidence: verified}, evidence: local, cite: {law: LDNY2024}"
    text = PROGRAMME.replace("ratio: 0.05, evidence: project_default", exempt)
    with pytest.raises(InputError, match="nobody is left"):
        plan_inspections([(programme(tmp_path, text), classes(20).assign(**{"class": "A"}))], YEAR)
    plan = plan_inspections([(programme(tmp_path, text), classes(60))], YEAR)
    assert "exempt,GSJX2022_6" in plan.files["left_out.csv"]


def test_the_examples_run() -> None:
    assert doctest.testmod(hit_rates).failed == 0
