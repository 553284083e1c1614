"""Results of inspections: every row tied to its draw with its exact probability, or refused with a reason."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import InputError, TooManyRejected
from creditscore.inspection import importing
from creditscore.inspection.commitment import Randomness
from creditscore.inspection.importing import Imported
from creditscore.inspection.plan import plan_inspections
from creditscore.inspection.results import REASONS
from creditscore.inspection.workflow import list_known_teams
from tests.clock import at_day
from tests.inspection.synthetic import (
    PERSON,
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


@pytest.fixture(autouse=True)
def after_the_visits() -> Iterator[None]:
    with at_day(date(YEAR + 2, 1, 1)):
        yield


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> SyntheticDraw:
    tmp = tmp_path_factory.mktemp("drawn")
    second = PROGRAMME.replace("certificate: market", "certificate: food")
    table = classes(80)
    return make_draw(
        tmp,
        [(programme(tmp), table), (programme(tmp, second, "food"), table[:40])],
        inspectors=inspectors(certificates="market;food"),
    )


@pytest.fixture
def store(drawn: SyntheticDraw, tmp_path: Path) -> Who:
    """A store of its own for each test, with the draw in it."""
    shutil.copy(drawn.who.store, tmp_path / "credit.db")
    shutil.copytree(drawn.who.store.with_suffix(".archive"), tmp_path / "credit.archive")
    return Who("li.na", tmp_path / "credit.db")


def import_results(table: pd.DataFrame, out: Path, who: Who, **more: Any) -> Imported:
    with who.open() as store:
        return importing.import_results(store, table, out, by=who.by, **more)


def results(drawn: SyntheticDraw) -> pd.DataFrame:
    """One result per visit and programme."""
    rows = []
    for visit in pd.read_csv(drawn.folder / "visits.csv").itertuples():
        for name in visit.programmes.split(";"):
            breach = len(rows) % 5 == 0
            rows.append(
                {
                    "inspection_id": f"{visit.visit_id}-{name}",
                    "subject_id": visit.subject_id,
                    "draw_id": drawn.commitment.draw_id,
                    "department": "market",
                    "programme": name,
                    "planned_on": visit.to,
                    "inspected_on": visit.to,
                    "arm": "random",
                    "result": "breach" if breach else "clean",
                    "violations": "1" if breach else "0",
                    "recorded_on": visit.to,
                }
            )
    return pd.DataFrame(rows)


def test_every_row_has_the_probability_of_its_draw(drawn: SyntheticDraw, store: Who, tmp_path: Path) -> None:
    table = results(drawn)
    imported = import_results(table.sample(frac=1, random_state=1), tmp_path / "out", store)
    assert len(imported.results) == len(table)
    assert imported.missing == ()
    frame = pd.read_csv(drawn.folder / "frame.csv", dtype=str).set_index("unit")
    for row in imported.results:
        unit = frame.loc[f"{row['programme']}|{row['subject_id']}"]
        assert (row["probability"], row["stratum"], row["class"]) == (unit.probability, unit.stratum, unit.drawn_as)
    written = pd.read_csv(tmp_path / "out" / "results.csv", dtype=str)
    assert written.inspection_id.is_monotonic_increasing
    decimals = [float(Fraction(value)) for value in written.probability]
    assert written.probability_decimal.astype(float).tolist() == pytest.approx(decimals, abs=1e-10)
    with store.open() as held:
        assert len(held.rows("visit")) == len(table)
        assert {row["inspector_id"] for row in list_known_teams(held)} == {f"K{i:02d}" for i in range(12)}


def test_without_a_programme_the_probability_is_of_the_department(
    drawn: SyntheticDraw, store: Who, tmp_path: Path
) -> None:
    table = results(drawn).drop(columns="programme").drop_duplicates("subject_id")
    frame = pd.read_csv(drawn.folder / "frame.csv", dtype=str)
    for row in import_results(table, tmp_path / "out", store).results:
        missed = Fraction(1)
        for value in frame[frame.subject_id == row["subject_id"]].probability:
            missed *= 1 - Fraction(value)
        assert Fraction(row["probability"]) == 1 - missed


def test_what_was_imported_before_is_counted_and_changes_are_refused(
    drawn: SyntheticDraw, store: Who, tmp_path: Path
) -> None:
    table = results(drawn)
    first = import_results(table[:10], tmp_path / "one", store)
    assert len(first.missing) > 0
    second = import_results(table, tmp_path / "two", store)
    assert (second.repeated, len(second.results)) == (10, len(table))
    assert second.missing == ()
    changed = table[:3].copy()
    changed.loc[1, ["result", "violations"]] = "breach", "3"
    with pytest.raises(TooManyRejected, match="1 results were refused, 0 allowed"):
        import_results(changed, tmp_path / "three", store)
    assert "duplicate_inspection" in (tmp_path / "three" / "quarantine.csv").read_text(encoding="utf-8")


NOT_DRAWN = "91220199MADM00000X"
WRONG = {
    "natural_person": {"subject_id": PERSON},
    "empty_id": {"inspection_id": ""},
    "mangled_id": {"subject_id": "9.1E+17"},
    "bad_arm": {"arm": "lucky"},
    "bad_result": {"result": "fine"},
    "bad_date": {"recorded_on": ""},
    "bad_violations": {"violations": "3"},
    "unknown_draw": {"draw_id": "0" * 16},
    "not_drawn": {"subject_id": NOT_DRAWN},
    "bad_department": {"department": "tax"},
    "before_draw": {"inspected_on": f"{YEAR}-01-02"},
}
ALSO = {
    "bad_date": [
        {"inspected_on": "2090-02-30"},
        {"result": "not_done"},
        {"inspected_on": ""},
        {"recorded_on": "2089-01-01"},
    ],
    "bad_violations": [
        {"violations": ""},
        {"violations": "-1"},
        {"result": "breach"},
        {"result": "not_found", "violations": "1"},
    ],
    "unknown_draw": [{"draw_id": ""}],
    "natural_person": [{"inspection_id": PERSON}],
}
CASES = [*WRONG.items(), *((reason, change) for reason, changes in ALSO.items() for change in changes)]


def test_every_reason_has_a_case() -> None:
    assert WRONG.keys() | {"duplicate_inspection", "erased_inspection"} == REASONS.keys()


def test_other_arms_need_no_draw_and_have_no_probability(drawn: SyntheticDraw, store: Who, tmp_path: Path) -> None:
    table = results(drawn)[:6].assign(arm="complaint")
    table.loc[:2, "draw_id"] = ""
    imported = import_results(table, tmp_path / "out", store)
    assert sorted(bool(row["probability"]) for row in imported.results) == [False] * 3 + [True] * 3
    assert imported.counts["without_probability"] == 3
    assert imported.missing  # a complaint is no random visit


def test_next_year_nobody_goes_where_they_were_last(drawn: SyntheticDraw, store: Who, tmp_path: Path) -> None:
    table = results(drawn)
    import_results(table, tmp_path / "out", store)
    plan = plan_inspections([(programme(tmp_path), classes(80))], YEAR + 1).write(tmp_path / "plan")
    about = Randomness("lottery 2091003", date(YEAR + 1, 1, 8), "digits", "[0-9]{14}", 10**7)
    commit(plan, tmp_path / "draw", about, date(YEAR + 1, 1, 4), store, inspectors=inspectors())
    last = pd.read_csv(tmp_path / "draw" / "last_visits.csv")
    newest = last[last.visited_on == last.groupby("subject_id").visited_on.transform("max")]
    before = newest.groupby("subject_id").inspector_id.agg(set)
    draw(tmp_path / "draw", VALUE, date(YEAR + 1, 1, 9), store)
    teams = pd.read_csv(tmp_path / "draw" / "teams.csv")
    first = teams.groupby("subject_id").window.transform("min") == teams.window
    met = 0
    for subject, team in teams[first].groupby("subject_id").inspector_id.agg(set).items():
        assert not team & before.get(subject, set())
        met += subject in before
    assert met > 5


def test_an_empty_table_is_an_error(drawn: SyntheticDraw, store: Who, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no rows"):
        import_results(results(drawn)[:0], tmp_path / "out", store)


def test_the_table_to_fill_is_what_the_import_takes(drawn: SyntheticDraw, store: Who, tmp_path: Path) -> None:
    table = pd.read_csv(drawn.folder / "to_fill.csv", dtype=str, keep_default_na=False)
    visits = pd.read_csv(drawn.folder / "visits.csv", dtype=str)
    assert table.inspection_id.is_unique
    assert table.subject_id.tolist() == visits.subject_id.tolist()  # one department here
    with pytest.raises(TooManyRejected):  # nothing was found yet
        import_results(table, tmp_path / "empty", store)
    table["inspected_on"] = table["recorded_on"] = visits.to
    table["result"], table["violations"] = "clean", "0"
    imported = import_results(table, tmp_path / "out", store)
    assert (len(imported.results), imported.missing) == (len(table), ())
