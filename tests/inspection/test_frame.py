"""The frame: who is refused, left out and drawn, and with which exact probability."""

from __future__ import annotations

from collections import Counter
from fractions import Fraction
from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.grading.grade import grade
from creditscore.inspection.frame import Frame, build_frame, expected_joint_visits
from creditscore.inspection.programme import load_programme
from tests.inspection.synthetic import PERSON, PROGRAMME, classes, codes, programme


def frame(tmp: Path, table: pd.DataFrame, text: str = PROGRAMME, **more: object) -> Frame:
    return build_frame([(load_programme(programme(tmp, text)), table)], **more)  # type: ignore[arg-type]


def test_natural_persons_are_refused(tmp_path: Path) -> None:
    table = classes(20)
    table.loc[3, "subject_id"] = PERSON
    with pytest.raises(InputError, match="natural_person: 1") as raised:
        frame(tmp_path, table)
    assert PERSON not in str(raised.value)
    other = classes(20).assign(kind=["自然人", *["enterprise"] * 19])
    with pytest.raises(InputError, match="natural_person: 1"):
        frame(tmp_path, other)


@pytest.mark.parametrize(("cell", "reason"), [("", "empty_id"), ("9.1E+17", "mangled_id"), ("a|b", "bad_id")])
def test_ids_that_cannot_be_used_are_refused(tmp_path: Path, cell: str, reason: str) -> None:
    table = classes(5)
    table.loc[0, "subject_id"] = cell
    with pytest.raises(InputError, match=reason):
        frame(tmp_path, table)


def test_who_objects_is_marked_and_drawn_in_the_same_class(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from creditscore.grading.disputes import NAMES

    table = classes(20)
    folder = tmp_path / "grades"
    folder.mkdir()
    pq.write_table(pa.Table.from_pandas(table.assign(grade=table["class"], scheme="s")), folder / "grades.parquet")
    subject = str(table.loc[0, "subject_id"])
    row = dict.fromkeys(NAMES, "") | {"scheme": "s", "subject_id": subject}
    other = row | {"scheme": "t", "subject_id": str(table.loc[1, "subject_id"])}
    pq.write_table(pa.Table.from_pylist([row, other]), folder / "disputes.parquet")
    units = {unit.subject_id: unit for unit in build_frame([(load_programme(programme(tmp_path)), folder)]).units}
    assert [unit.subject_id for unit in units.values() if unit.data_state == "disputed"] == [subject]
    assert units[subject].drawn_as == units[subject].class_ == table.loc[0, "class"]


def test_an_unknown_class_is_refused_and_not_left_out(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not know: Z") as raised:
        frame(tmp_path, classes(10).assign(**{"class": ["Z", *"ABCABCABC"]}))
    assert "A, B, C" in str(raised.value)


def test_a_subject_twice_is_refused(tmp_path: Path) -> None:
    table = classes(10)
    with pytest.raises(InputError, match="1 subjects stand twice"):
        frame(tmp_path, pd.concat([table, table[:1]]))


def test_sole_traders_need_a_rule_that_names_them(tmp_path: Path) -> None:
    table = pd.concat([classes(30), classes(5).assign(subject_id=codes(5, 3, "92220199"))])
    assert Counter(row["reason"] for row in frame(tmp_path, table).left_out) == {"sole_trader": 5}
    named = PROGRAMME + "sole_traders: {cite: {law: SYJ2016_115}, evidence: inference}\n"
    assert len(frame(tmp_path, table, named).units) == 35


def test_unsettled_data_are_drawn_as_configured(tmp_path: Path) -> None:
    table = classes(60)
    table.loc[0, "class"] = ""
    states = pd.DataFrame({"subject_id": [table.subject_id[1]], "data_state": ["disputed"]})
    table.loc[1, "class"] = "C"
    sampling_frame = frame(tmp_path, table, data_states=states)
    by_subject = {unit.subject_id: unit for unit in sampling_frame.units}
    none, disputed = by_subject[table.subject_id[0]], by_subject[table.subject_id[1]]
    assert (none.class_, none.drawn_as, none.data_state) == ("", "B", "missing")
    assert (disputed.class_, disputed.drawn_as, disputed.data_state) == ("C", "B", "disputed")
    assert len(sampling_frame.units) == 60
    assert all(sampling_frame.stratum_of[unit.unit].probability > 0 for unit in sampling_frame.units)


def test_states_that_fit_nobody_are_said(tmp_path: Path) -> None:
    states = pd.DataFrame({"subject_id": ["91220199MADM00000X"], "data_state": ["faulty"]})
    assert {"code": "idle_states", "counts": [1]} in frame(tmp_path, classes(20), data_states=states).notes
    with pytest.raises(InputError, match="no programme 'other'"):
        frame(tmp_path, classes(20), data_states=states.assign(programme="other"))
    with pytest.raises(InputError, match="data_state is 'odd'"):
        frame(tmp_path, classes(20), data_states=states.assign(data_state="odd"))
    twice = pd.concat([states, states.assign(data_state="ok")])
    with pytest.raises(InputError, match="two states"):
        frame(tmp_path, classes(20), data_states=twice)


def test_everybody_has_a_probability_above_0_and_strata_add_up(tmp_path: Path) -> None:
    sampling_frame = frame(tmp_path, classes(200))
    held = Counter(sampling_frame.stratum_of[unit.unit].name for unit in sampling_frame.units)
    assert held == {stratum.name: stratum.units for stratum in sampling_frame.strata}
    wanted = {"A": Fraction(1, 20), "B": Fraction(1, 5), "C": Fraction(2)}
    for code, rate in wanted.items():
        units = sum(stratum.units for stratum in sampling_frame.strata if stratum.class_ == code)
        visits = sum(stratum.visits for stratum in sampling_frame.strata if stratum.class_ == code)
        assert abs(visits - rate * units) <= Fraction(1, 2)
    assert all(0 < stratum.probability <= 1 for stratum in sampling_frame.strata)


def test_who_was_visited_often_enough_is_left_out(tmp_path: Path) -> None:
    table = classes(40)
    sampling_frame = frame(tmp_path, table, visits_made={table.subject_id[0]: 4, table.subject_id[1]: 3})
    assert [(row["subject_id"], row["reason"]) for row in sampling_frame.left_out] == [
        (table.subject_id[0], "cap_reached")
    ]
    assert {unit.subject_id: unit.cap for unit in sampling_frame.units}[table.subject_id[1]] == 1


def test_a_cap_below_what_a_class_is_due_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="2 visits a year, and at most 1 per enterprise"):
        frame(tmp_path, classes(20), PROGRAMME.replace("enterprise: {number: 4", "enterprise: {number: 1"))
    with pytest.raises(UsageError, match="do not fit in 1 windows"):
        frame(tmp_path, classes(20), windows=1)
    with pytest.raises(UsageError, match="5 windows"):
        frame(tmp_path, classes(20), windows=5)


def test_joint_probability_and_visits_by_enumeration(tmp_path: Path) -> None:
    table = classes(60)
    table.loc[:29, "class"], table.loc[30:, "class"] = "B", "C"
    other_programme, two = load_programme(programme(tmp_path)), load_programme(programme(tmp_path, name="other"))
    sampling_frame = build_frame([(other_programme, table), (two, table[:40])])
    expected = Fraction(0)
    for subject, units in made_by_subject(sampling_frame).items():
        chances = []
        for unit in units:
            stratum = sampling_frame.stratum_of[unit.unit]
            base, more = divmod(stratum.visits, stratum.units)
            up = Fraction(more, stratum.units)
            chances.append([(base, 1 - up), (base + 1, up)])
        missed = Fraction(0)
        for outcome in product(*chances):
            weight = Fraction(1)
            for _, chance in outcome:
                weight *= chance
            most = max(visits for visits, _ in outcome)
            missed += weight * (most == 0)
            expected += weight * most
        assert sampling_frame.joint[subject] == 1 - missed
    assert expected_joint_visits(sampling_frame) == expected


def made_by_subject(sampling_frame: Frame) -> dict[str, list]:  # type: ignore[type-arg]
    results: dict[str, list] = {}  # type: ignore[type-arg]
    for unit in sampling_frame.units:
        results.setdefault(unit.subject_id, []).append(unit)
    return results


def test_a_grading_and_its_folder_can_be_read(tmp_path: Path) -> None:
    table = classes(30).rename(columns={"class": "grade"})
    table["state"] = "graded"
    table.loc[0, ["state", "grade"]] = "not_graded", ""
    folder = tmp_path / "grades"
    folder.mkdir()
    table.to_parquet(folder / "grades.parquet")
    pd.DataFrame({"subject_id": [table.subject_id[2]], "reason": ["bad_date"]}).to_parquet(
        folder / "quarantine.parquet"
    )
    sampling_frame = build_frame([(load_programme(programme(tmp_path)), folder)])
    states = {unit.subject_id: unit.data_state for unit in sampling_frame.units}
    assert (states[table.subject_id[0]], states[table.subject_id[2]], states[table.subject_id[3]]) == (
        "missing",
        "faulty",
        "ok",
    )
    with pytest.raises(InputError, match="no classes in this folder"):
        build_frame([(load_programme(programme(tmp_path)), tmp_path)])


def test_a_grading_in_memory_and_its_folder_give_the_same_classes(tmp_path: Path) -> None:
    firms = codes(6)
    subjects = pd.DataFrame({"subject_id": firms, "kind": "enterprise", "registered_on": "2010-01-01"})
    subjects = subjects.assign(has_income=True, books_compliant=True)
    days = [f"2022-{month:02d}-20" for month in range(1, 13)]
    records = pd.DataFrame({"record_id": [f"r{n}" for n in range(12)], "occurred_on": days, "event_on": days})
    records = records.assign(subject_id=firms[0], item="010101", tax_type="vat")
    records.loc[11, ["subject_id", "event_on", "occurred_on"]] = firms[1], "2022-02-30", "2022-02-30"
    grading = grade(records, "tax", 2022, subjects=subjects, max_rejected=5)
    grading.write(tmp_path / "grades")
    text = PROGRAMME.replace("{code: A,", "{code: A, grades: [A, B, M],").replace("{code: C,", "{code: C, grades: [D],")
    text = text.replace("    ratio: 0.20", "    grades: [C]\n    ratio: 0.20")
    loaded = load_programme(programme(tmp_path, text))
    other_frame, two = build_frame([(loaded, grading)]), build_frame([(loaded, tmp_path / "grades")])
    assert other_frame.units == two.units
    units = {unit.subject_id: (unit.class_, unit.data_state) for unit in other_frame.units}
    assert units[firms[1]] == ("", "faulty")  # its one record was refused: A without it, B with it
    assert units[firms[2]] == ("A", "ok")
    assert units[firms[0]][0] != "A"


def graded_table(**columns: Any) -> pd.DataFrame:
    """Thirty grades of one scheme, as a run writes them."""
    table = classes(30).rename(columns={"class": "grade"})
    return table.assign(**({"state": "graded", "scheme": "tax", "state_reason": "", "input_state": "whole"} | columns))


def test_a_grade_that_refused_rows_leave_open_is_no_class(tmp_path: Path) -> None:
    table = graded_table()
    best = table.index[table["grade"] == "A"]
    table.loc[best[0], ["state", "state_reason", "grade", "input_state"]] = (
        "not_computable",
        "refused_rows",
        "",
        "refused_rows",
    )
    table.loc[best[1], "input_state"] = "period_not_over"
    table.loc[best[2], "input_state"] = "accepted_rows;feeds_undeclared"
    sampling_frame = build_frame([(load_programme(programme(tmp_path)), table)])
    units = {unit.subject_id: unit for unit in sampling_frame.units}
    blocked, early, accepted = (table.subject_id[place] for place in best[:3])
    assert (units[blocked].class_, units[blocked].data_state) == ("", "faulty")
    assert (units[early].class_, units[early].data_state) == ("A", "faulty")
    assert units[blocked].drawn_as == units[early].drawn_as != "A"
    assert (units[accepted].drawn_as, units[accepted].data_state) == ("A", "ok")
    assert [(note["code"], note["counts"]) for note in sampling_frame.notes] == [
        ("period_not_over", [1]),
        ("refused_rows", [1]),
    ]


def test_a_mark_spares_nobody_a_visit(tmp_path: Path) -> None:
    """The worst class is visited more often than the class for unsettled data, and stays so where it is marked."""
    table = graded_table(input_state="refused_rows")
    sampling_frame = build_frame([(load_programme(programme(tmp_path)), table)])
    rate = {group.code: group.rate for group in sampling_frame.programmes[0].classes}
    assert all(rate[unit.drawn_as] >= rate[unit.class_] for unit in sampling_frame.units)
    assert {unit.data_state for unit in sampling_frame.units} == {"faulty"}


def test_rows_that_may_not_be_used_make_nobodys_data_faulty(tmp_path: Path) -> None:
    """A petition stands in the quarantine and costs no mark; earlier versions stated none, and are said to be older."""
    folder = tmp_path / "grades"
    folder.mkdir()
    table = graded_table()
    pd.DataFrame({"subject_id": [table.subject_id[2]], "reason": ["no_legal_basis"]}).to_parquet(
        folder / "quarantine.parquet"
    )
    table.to_parquet(folder / "grades.parquet")
    sampling_frame = build_frame([(load_programme(programme(tmp_path)), folder)])
    assert {unit.data_state for unit in sampling_frame.units} == {"ok"}
    assert not sampling_frame.notes
    table.drop(columns=["input_state"]).to_parquet(folder / "grades.parquet")
    older = build_frame([(load_programme(programme(tmp_path)), folder)])
    assert [unit.subject_id for unit in older.units if unit.data_state == "faulty"] == [table.subject_id[2]]
    assert [note["code"] for note in older.notes] == ["unstated"]
