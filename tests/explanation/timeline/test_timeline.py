"""A timeline stands where a grading of the day stands, on every day, and its causes add up to each change."""

from __future__ import annotations

import random
from bisect import bisect_right
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.days import from_day, iso, to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.quantities import to_micro
from creditscore.explanation.timeline.document import timeline_document
from creditscore.explanation.timeline.timeline import Timeline, timeline
from creditscore.grading.grade import grade
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text
from creditscore.records import Snapshot, ingest
from tests.grading.test_parity import table
from tests.paths import TEST_SCHEMES
from tests.tiers import thinned

SCHEMES = TEST_SCHEMES
ITEMS = {
    "acts": ["a1", "a2", "a3", "a4", "n1"],
    "dates": ["a1", "a2", "a3", "a4", "o1", "d1"],
    "caps": ["a1", "a2", "a3", "a4", "a5", "a6", "a7", "a8", "b1", "v1", "n1", "w1"],
}


def build_run(name: str, seed: int, subjects: int = 12) -> tuple[Snapshot, dict[str, pd.DataFrame], str]:
    tables = table(seed, subjects, ITEMS[name], rich=name == "caps")
    if name != "caps":
        del tables["history"]
    tables = {table: frame for table, frame in tables.items() if len(frame)}
    return ingest(**tables, subject_ids="local"), tables, str(SCHEMES / f"{name}.yaml")


def truth(snapshot: Snapshot, scheme: str, when: dict[str, Any], day: int) -> dict[str, tuple[Any, ...]]:
    """(state, grade, score) of every subject in a grading of the whole population on one day."""
    taken = replace(snapshot, judges_refused=False)  # a timeline says how many rows were refused, and leaves them out
    grading = grade(taken, scheme, **when, known_at=from_day(day), provisional=True, max_rejected=10**6)
    return {
        row["subject_id"]: (row["state"], row["grade"] or "", None if row["score"] is None else to_micro(row["score"]))
        for row in grading.grades.to_pylist()
    }


def busiest(tables: dict[str, pd.DataFrame], most: int) -> list[str]:
    """Subjects with some records, so that a timeline is neither empty nor long."""
    counted = tables["records"]["subject_id"].value_counts()
    return sorted(value for value in counted.index if value and 3 <= counted[value] <= 9)[:most]


def stands(line: Timeline, day: int) -> tuple[Any, ...]:
    step = line.steps[bisect_right([step.day for step in line.steps], day) - 1]
    return step.after.state, step.after.grade, step.after.score


@pytest.mark.parametrize(("name", "seed", "months"), thinned([("acts", 1, 12), ("dates", 3, 2)], 2))
def test_a_day_scheme_stands_on_every_day_where_a_grading_stands(name: str, seed: int, months: int) -> None:
    snapshot, tables, scheme = build_run(name, seed)
    ids = busiest(tables, 2)
    begin = date(2020, 3, 1) if months == 12 else date(2020, 11, 20)
    end = begin + timedelta(days=30 * months)
    lines = [timeline(snapshot, key, scheme, first=begin, last=end) for key in ids]
    assert sum(len(line.steps) for line in lines) > len(lines)
    rng = random.Random(seed)
    days = {rng.randrange(to_day(begin), to_day(end) + 1) for _ in range(2)}
    days |= {day for line in lines for step in line.steps[1:2] for day in (step.day - 1, step.day)}
    for day in sorted(days):
        results = truth(snapshot, scheme, {"as_of": from_day(day)}, day)
        for line in lines:
            assert stands(line, day) == results[line.subject_id], (line.subject_id, iso(day))


@pytest.mark.slow
def test_a_year_scheme_stands_where_a_replay_stands() -> None:
    snapshot, tables, scheme = build_run("caps", 1)
    ids = busiest(tables, 2)
    lines = [timeline(snapshot, key, scheme, first=2019, last=2020) for key in ids]
    closing = to_day(date(2019, 12, 31))
    for day in (closing + 17, closing + 200, closing + 500):
        year = 2019 if day < closing + 366 else 2020
        results = truth(snapshot, scheme, {"period": year}, day)
        for line in lines:
            assert stands(line, day) == results[line.subject_id], (line.subject_id, iso(day))


def everything(seed: int) -> list[Timeline]:
    timelines = []
    for name in ITEMS:
        snapshot, tables, scheme = build_run(name, seed, 20)
        span = (
            {"first": 2019, "last": 2020} if name == "caps" else {"first": date(2020, 11, 1), "last": date(2021, 1, 15)}
        )
        timelines += [timeline(snapshot, name, scheme, **span) for name in busiest(tables, 2)]  # type: ignore[arg-type]
    return timelines


@pytest.mark.slow
def test_the_causes_of_a_step_add_up_and_follow_each_other() -> None:
    lines = everything(7)
    moved = 0
    for line in lines:
        assert (line.steps[0].causes, line.steps[0].before) == ((), None)
        for before, step in zip(line.steps, line.steps[1:], strict=False):
            assert step.before == before.after != step.after
            assert step.causes
            assert all(cause.moves for cause in step.causes)
            assert (step.causes[0].before, step.causes[-1].after) == (step.before, step.after)
            for other_cause, other in zip(step.causes, step.causes[1:], strict=False):
                assert other_cause.after == other.before
            if step.change is not None:
                assert sum(cause.change or 0 for cause in step.causes) == step.change
                moved += 1
    assert moved > 4
    kinds = {cause.kind for line in lines for step in line.steps for cause in step.causes}
    assert {"clock", "record", "repair"} <= kinds


def one_firm(events: list[dict[str, str]], **more: Any) -> Snapshot:
    subjects = pd.DataFrame([{"subject_id": "S1", "name": "甲厂", "kind": "enterprise", "registered_on": "2015-01-01"}])
    return ingest(subjects=subjects, records=pd.DataFrame(events).fillna(""), subject_ids="local", **more)


FILED = {
    "record_id": "R1",
    "subject_id": "S1",
    "item": "a1",
    "event_no": "1",
    "event": "filed",
    "occurred_on": "2020-02-10",
    "recorded_on": "2020-02-15",
    "quantity": "1",
    "amount": "100",
    "act_id": "",
}


def test_each_kind_of_event_is_named_with_its_record() -> None:
    events = [
        FILED,
        {
            "record_id": "R1",
            "event_no": "2",
            "event": "withdrawn",
            "event_on": "2020-05-01",
            "recorded_on": "2020-05-02",
        },
        {
            "record_id": "R1",
            "event_no": "3",
            "event": "reinstated",
            "event_on": "2020-06-01",
            "recorded_on": "2020-06-02",
        },
        {**FILED, "record_id": "R2", "occurred_on": "2020-03-01", "recorded_on": "2020-08-01"},
    ]
    line = timeline(one_firm(events), "s1", str(SCHEMES / "acts.yaml"), first=date(2020, 1, 1), last=date(2020, 12, 31))
    causes = [(iso(step.day), cause.kind, cause.what, cause.late) for step in line.steps for cause in step.causes]
    assert causes == [
        ("2020-02-15", "record", "R1", 5),
        ("2020-05-02", "withdrawal", "R1", 0),
        ("2020-06-02", "reinstatement", "R1", 0),
        ("2020-08-01", "record", "R2", 153),
    ]


def test_the_clock_names_what_left_the_account() -> None:
    line = timeline(one_firm([FILED]), "S1", str(SCHEMES / "acts.yaml"), first=date(2020, 1, 1), last=date(2024, 1, 1))
    step = line.steps[-1]
    (cause,) = step.causes
    assert (cause.kind, cause.left, cause.entered) == ("clock", ("R1",), ())
    assert step.change == -1_000_000  # points of this scheme are penalties


def test_what_was_known_late_changes_a_year_that_had_been_graded() -> None:
    late = {**FILED, "recorded_on": "2021-03-01"}
    line = timeline(one_firm([late]), "S1", str(SCHEMES / "caps.yaml"), first=2020, last=2020)
    (step,) = line.steps[1:]
    assert (iso(step.day), step.period, [cause.kind for cause in step.causes]) == ("2021-03-01", "2020", ["knowledge"])
    assert step.causes[0].late == to_day(date(2021, 3, 1)) - to_day(date(2020, 2, 10))


def test_held_knowledge_leaves_only_rules_and_clock() -> None:
    late = {**FILED, "recorded_on": "2021-03-01"}
    scheme = str(SCHEMES / "caps.yaml")
    today = timeline(one_firm([late]), "S1", scheme, first=2019, last=2021, known_at=date(2021, 12, 31))
    causes = [(step.period, cause.kind) for step in today.steps for cause in step.causes]
    assert causes[0] == ("2020", "record")
    before = timeline(one_firm([late]), "S1", scheme, first=2019, last=2021, known_at=date(2021, 2, 28))
    assert not [cause for step in before.steps for cause in step.causes if cause.what == "R1"]


def test_the_same_in_any_order_of_rows() -> None:
    _, tables, scheme = build_run("acts", 5)
    (sid,) = busiest(tables, 1)
    span = {"first": date(2020, 6, 1), "last": date(2020, 9, 30)}
    turned = {name: frame.iloc[::-1] for name, frame in tables.items()}
    lines = [timeline(ingest(**row, subject_ids="local"), sid, scheme, **span) for row in (tables, turned)]  # type: ignore[arg-type]
    assert lines[0].as_data() == lines[1].as_data()


def test_a_wrong_question_is_refused() -> None:
    firm, acts, caps = one_firm([FILED]), str(SCHEMES / "acts.yaml"), str(SCHEMES / "caps.yaml")
    with pytest.raises(InputError, match="no such subject"):
        timeline(firm, "S9", acts)
    with pytest.raises(UsageError, match="graded by day"):
        timeline(firm, "S1", acts, first=2020)
    with pytest.raises(UsageError, match="graded by year"):
        timeline(firm, "S1", caps, first=date(2020, 1, 1))
    with pytest.raises(UsageError, match="no timeline from"):
        timeline(firm, "S1", caps, first=2021, last=2020)
    with pytest.raises(UsageError, match="no timeline from 1901-01-01") as error:
        timeline(firm, "S1", acts, first=date(1901, 1, 1), last=date(2020, 1, 2))
    assert "at most 40 years" in str(error.value)


def test_the_heading_names_the_versions_that_graded() -> None:
    firm = "914403001922038216"
    row = {"record_id": "1", "subject_id": firm, "domain": "tax", "item": "010101", "booked_on": "2019-04-01"}
    snapshot = ingest(pd.DataFrame({"subject_id": [firm]}), pd.DataFrame([row]))
    line = timeline(snapshot, firm, "tax", first=2018, last=2020)
    document = timeline_document(line, "en")
    for shown in (render_text(document, 200), render_page(document)):
        assert "evaluation years 2014 to 2024" in shown
        assert "evaluation year 2025" not in shown  # the newest version, which graded nothing here


def test_refused_rows_of_the_subject_are_said(tmp_path: Path) -> None:
    firm = "914403001922038216"
    rows = pd.DataFrame(
        [
            {"record_id": "1", "subject_id": firm, "domain": "tax", "item": "010101", "booked_on": "2022-04-01"},
            {"record_id": "2", "subject_id": firm, "domain": "tax", "item": "030110", "booked_on": "2022年4月"},
            {"record_id": "3", "subject_id": firm, "domain": "labour", "item": "case", "booked_on": "2022年4月"},
        ]
    )
    line = timeline(ingest(pd.DataFrame({"subject_id": [firm]}), rows), firm, "tax")
    assert line.refused == line.as_data()["refused"] == 1  # the row of another domain says nothing here
    for lang, words in (("zh", "另有1行"), ("en", "1 refused row of this organisation")):
        document = timeline_document(line, lang)  # type: ignore[arg-type]
        assert words in render_text(document, 200)
        assert words in render_page(document)
    clean = timeline(ingest(pd.DataFrame({"subject_id": [firm]}), rows[:1]), firm, "tax")
    assert clean.refused == 0
    assert "refused" not in render_text(timeline_document(clean, "en"), 200)
