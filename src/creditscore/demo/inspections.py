"""A year of inspections in the made-up district: planned, committed to, drawn, drawn again, visited, imported."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.atomic import write_text
from creditscore.core.errors import InternalError
from creditscore.core.folders import whole
from creditscore.core.tables.write import csv_text
from creditscore.demo.district import NOTE
from creditscore.inspection.commitment import Randomness
from creditscore.inspection.importing import import_results
from creditscore.inspection.plan import plan_inspections
from creditscore.inspection.results import COLUMNS
from creditscore.inspection.rows import Row, read_text, rows_of
from creditscore.inspection.workflow import commit, draw_visits, verify_draw_in
from creditscore.office import Store
from creditscore.pages.supervision import supervision
from creditscore.pages.supervision_page import write_supervision

if TYPE_CHECKING:
    import numpy as np

    from creditscore.inspection.frame import Frame

YEAR = 2022  # planned late in 2021: the grades of 2020 were announced in the spring of that year
MARK = "MADE_UP.txt"
OFFICER = "li.na"
VALUE = "03 07 11 19 26 31 09"
LOTTERY = Randomness(
    "made-up lottery 2021150",
    date(2021, 12, 30),
    "six numbers by size, then the seventh, two digits each",
    "[0-9]{14}",
    17_721_088,
)
COMMITTED_ON, DRAWN_ON = date(2021, 12, 27), date(2021, 12, 31)
INSPECTORS, DAYS = 24, 45
PAST = 240  # visits of the year before, for what a plan can expect
# How often a visit finds something, by class: made up.
FINDS = {"good": 0.06, "usual": 0.14, "watch": 0.3, "serious": 0.45, "A": 0.05, "B": 0.15, "C": 0.4}


@dataclass(frozen=True)
class Inspections:
    """What became of the year. `files` are its pages and folders; `data` is what its page shows."""

    draw_id: str
    units: int
    visits: int
    findings: int
    files: tuple[Path, ...]
    data: dict[str, Any]


def inspect_year(out: Path, given: Mapping[str, Any], subjects: Any, listings: Any, seed: int) -> Inspections:
    """Play the year into the folder `out`; `given`: programmes and their classes, as `plan_inspections` takes them."""
    import numpy as np

    rng = np.random.default_rng(seed)
    with whole(out, MARK) as folder, ExitStack() as opened:
        (folder / MARK).write_text(NOTE, encoding="utf-8")
        _write(folder / "inspectors.csv", ("inspector_id", "certificates", "days"), _inspectors(list(given)))
        classes = plan_inspections(
            list(given.items()), YEAR, subjects=subjects
        )  # whom last year's visits could concern
        _write(folder / "past.csv", (*COLUMNS, "programme", "class"), _past(classes.frame, rng))
        plan = plan_inspections(
            list(given.items()),
            YEAR,
            subjects=subjects,
            past=folder / "past.csv",
            inspectors=folder / "inspectors.csv",
        )
        plan.write(folder / "plan")
        store = opened.enter_context(Store(folder / "supervision.db"))
        commitment = commit(
            store,
            folder / "plan",
            folder / "draw",
            LOTTERY,
            COMMITTED_ON,
            by=OFFICER,
            inspectors=folder / "inspectors.csv",
            replayed=True,
        )
        outcome = draw_visits(store, folder / "draw", VALUE, DRAWN_ON, by=OFFICER)
        again = verify_draw_in(store, folder / "draw", commitment.hash)
        if again.first is not None:
            raise InternalError("demo.draw_not_must", first=again.first, where=str(out))
        office = _departments(plan.frame)
        drawn_as = {(office[unit.programme], unit.subject_id): unit.drawn_as for unit in plan.frame.units}
        to_fill = rows_of(read_text(folder / "draw", "to_fill.csv"))[1]
        _write(folder / "results.csv", COLUMNS, [_found(row, drawn_as, rng) for row in to_fill])
        imported = import_results(store, folder / "results.csv", folder / "results", by=OFFICER)
        data = supervision(
            folder / "plan", results=folder / "results" / "results.csv", listings=listings, on=date(YEAR, 12, 31)
        )
        write_supervision(data, folder / "page", index="../../index.html")
    pages = (out / "page" / f"supervision.{kind}" for kind in ("html", "en.html", "json"))
    files = tuple(out / name for name in ("plan", "draw", "results.csv", "results"))
    findings = sum(row["result"] in ("corrected_on_site", "breach") for row in imported.results)
    return Inspections(commitment.draw_id, len(outcome.units), len(outcome.visits), findings, (*files, *pages), data)


def _write(file: Path, columns: tuple[str, ...], rows: list[Row]) -> None:
    write_text(file, csv_text(columns, rows))


def _inspectors(programmes: list[str]) -> list[Row]:
    """Codes, no persons; every second one may inspect for all departments."""
    from creditscore.inspection.programme import load_programme

    held = [load_programme(programme).certificate for programme in programmes]
    return [
        {
            "inspector_id": f"JC{k + 1:02}",
            "days": str(DAYS),
            "certificates": ";".join(held) if k % 2 else held[k // 2 % len(held)],
        }
        for k in range(INSPECTORS)
    ]


def _departments(frame: Frame) -> dict[str, str]:
    return {programme.programme: programme.department.code for programme in frame.programmes}


def _past(frame: Frame, rng: np.random.Generator) -> list[Row]:
    """Random visits of the year before, of some of those who can be drawn."""
    rows, office = [], _departments(frame)
    for number, k in enumerate(rng.choice(len(frame.units), min(PAST, len(frame.units)), replace=False).tolist()):
        unit = frame.units[k]
        day = date(YEAR - 1, 1, 10) + timedelta(days=int(rng.integers(330)))
        rows.append(
            dict.fromkeys(COLUMNS, "")
            | {
                "inspection_id": f"Y{number:04}",
                "subject_id": unit.subject_id,
                "department": office[unit.programme],
                "planned_on": str(day),
                "inspected_on": str(day),
                "recorded_on": str(day),
                "arm": "random",
                "programme": unit.programme,
                "class": unit.drawn_as,
            }
            | _result(unit.drawn_as, rng)
        )
    return rows


def _found(row: Row, drawn_as: Mapping[tuple[str, str], str], rng: np.random.Generator) -> Row:
    """A row of `to_fill.csv` with what the visit found; a few were not found, or not visited."""
    day = date.fromisoformat(row["planned_on"]) + timedelta(days=int(rng.integers(25)))
    split_day = day + timedelta(days=2)
    chance = rng.random()
    if chance < 0.02:
        return row | {"result": "not_done", "recorded_on": str(split_day)}
    if chance < 0.05:
        return row | {"result": "not_found", "inspected_on": str(day), "recorded_on": str(split_day)}
    results_of_unit = _result(drawn_as[(row["department"], row["subject_id"])], rng)
    return row | {"inspected_on": str(day), "recorded_on": str(split_day)} | results_of_unit


def _result(of_class: str, rng: np.random.Generator) -> Row:
    if rng.random() >= FINDS[of_class]:
        return {"result": "clean", "violations": "0"}
    result = "breach" if rng.random() < 0.6 else "corrected_on_site"
    return {"result": result, "violations": str(1 + int(rng.integers(3)))}


__all__ = ["Inspections", "inspect_year"]
