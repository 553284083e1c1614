"""`creditscore supervise` as its users call it: a year from plan to results, and what a terminal shows."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from rich.cells import cell_len

from creditscore.cli.main import main
from creditscore.office import Store
from tests.clock import at_day
from tests.inspection.synthetic import PROGRAMME, VALUE, classes, inspectors, programme


class Place:
    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.capsys, self.monkeypatch = folder, capsys, monkeypatch
        monkeypatch.chdir(folder)
        classes(60).to_csv("classes.csv", index=False)
        inspectors(8, days="60").to_csv("inspectors.csv", index=False)
        programme(folder, PROGRAMME)
        with at_day("2090-01-01"):
            Store(folder / "credit.db").close()

    def call(self, *args: str) -> tuple[int, str]:
        day = args[args.index("--on") + 1] if "--on" in args else "2091-01-01"
        with at_day(day), pytest.raises(SystemExit) as stopped:
            main(["supervise", *args])
        shown = self.capsys.readouterr()
        return int(stopped.value.code or 0), shown.out + shown.err


PLAN = (
    "plan",
    "--programme",
    "mine.yaml=classes.csv",
    "--year",
    "2090",
    "--inspectors",
    "inspectors.csv",
    "--what-if",
    "scale=0.5",
    "--what-if",
    "mine.C=4,mine.A=0.1",
    "--out",
    "plan",
)
KEPT = ("--store", "credit.db")
COMMIT = (
    "commit",
    "plan",
    "--out",
    "draw",
    "--inspectors",
    "inspectors.csv",
    "--source",
    "lottery 3",
    "--source-on",
    "2090-01-08",
    "--read",
    "digits",
    "--pattern",
    "[0-9]{14}",
    "--values",
    "17721088",
    "--on",
    "2090-01-04",
    "--by",
    "chen.jie",
    *KEPT,
)
DRAW = ("draw", "draw", "--value", VALUE, "--on", "2090-01-09", "--by", "li.na", *KEPT)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Place:
    return Place(tmp_path, capsys, monkeypatch)


def test_a_year_from_plan_to_results(place: Place) -> None:
    code, shown = place.call(*PLAN)
    assert code == 0, shown
    assert "fits at" in shown
    assert "project_default" in shown
    code, shown = place.call(*COMMIT)
    assert code == 0, shown
    assert "publish this hash before 2090-01-08" in shown
    code, shown = place.call(*DRAW)
    assert code == 0, shown
    code, shown = place.call("verify", "draw", *KEPT, "--simulate", "150")
    assert code == 0, shown
    assert "all as they must be" in shown
    assert "holds" in shown
    visits = pd.read_csv("draw/visits.csv")
    pd.DataFrame(
        {
            "inspection_id": visits.visit_id,
            "subject_id": visits.subject_id,
            "draw_id": shown.split()[1].rstrip(":"),
            "department": "market",
            "planned_on": visits["from"],
            "inspected_on": visits["to"],
            "arm": "random",
            "result": "clean",
            "violations": 0,
            "recorded_on": visits["to"],
        }
    ).to_parquet("results.parquet")
    code, shown = place.call("import", "results.parquet", "--out", "results", "--by", "li.na", *KEPT)
    assert code == 0, shown
    assert f"{len(visits)} in = {len(visits)} kept + 0 refused" in shown
    rows = pd.read_parquet("results.parquet")
    rows.loc[0, "inspection_id"], rows.loc[0, "result"] = "=1+1", "clan"
    rows.to_csv("more.csv", index=False)
    more = ("import", "more.csv", "--max-rejected", "1", "--csv-people", "--by", "li.na", *KEPT)
    code, shown = place.call(*more, "--out", "for_people")
    assert code == 0, shown
    for name in ("results", "quarantine", "missing"):
        assert Path(f"for_people/{name}.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert pd.read_csv("for_people/quarantine.csv").inspection_id.tolist() == ["'=1+1"]
    code, shown = place.call(*PLAN[:-1], "again", "--past", "for_people/results.csv")
    assert code == 0, shown
    code, shown = place.call(*PLAN[:-1], "next", "--past", "results/results.csv")
    assert code == 0, shown
    assert "0.0 (0.0–" in shown


def test_what_goes_wrong_has_an_exit_code_and_a_next_step(place: Place) -> None:
    assert place.call(*PLAN)[0] == 0
    code, shown = place.call("plan", "--programme", "mine.yaml", "--year", "2090", "--out", "x")
    assert (code, "is no programme with its classes" in shown) == (2, True)
    code, shown = place.call(*COMMIT[:-6], "--on", "2090-01-08", "--by", "chen.jie", *KEPT)
    assert (code, "at least one day before" in shown) == (2, True)
    assert place.call(*COMMIT)[0] == 0
    assert place.call(*DRAW)[0] == 0
    code, shown = place.call(*DRAW[:3], "01051220283308", *DRAW[4:])
    assert (code, "it was another one" in shown) == (2, True)
    file = Path("draw/units.csv")
    file.write_text(file.read_text(encoding="utf-8").replace(",2,1\n", ",1,1\n", 1), encoding="utf-8")
    code, shown = place.call("verify", "draw")
    assert (code, "units.csv, line " in shown) == (5, True)


@pytest.mark.parametrize("width", [80, 120])
def test_the_plan_fits_the_terminal(place: Place, width: int) -> None:
    place.monkeypatch.setenv("COLUMNS", str(width))
    code, shown = place.call(*PLAN)
    assert code == 0
    assert max(map(cell_len, shown.splitlines())) <= width
