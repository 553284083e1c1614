"""A page is shown only where its parts fit: every cell of one subject is changed, one at a time."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest

from creditscore.cli.main import main
from creditscore.core.days import from_day
from creditscore.core.errors import DifferenceError
from creditscore.explanation.check import check, plan_of
from creditscore.explanation.ledger import explain
from creditscore.explanation.read import SubjectRows, read
from creditscore.explanation.synthetic import plans, subjects
from creditscore.explanation.synthetic_tables import tables
from creditscore.grading.grade import grade
from creditscore.grading.plan import Plan
from creditscore.grading.replay import replay
from creditscore.grading.result import Grading
from creditscore.records import ingest
from creditscore.records.snapshot_files import write_snapshot
from creditscore.schemes import registry
from tests.explanation.conftest import MANY
from tests.paths import TEST_SCHEMES
from tests.tiers import thinned

RICH = TEST_SCHEMES
SHIPPED = (
    "tax@2014",
    "tax@2025",
    "environment/jiangsu@2020-01-01",
    "environment/national",
    "labour/national",
    "examples/food_hygiene_uk",
    "examples/restaurants_san_francisco",
    "customs/grade@2021-11-01",
)
NUMBERS = ("start", "score", "score_low", "score_high", "margin", "nominal", "effective")
KEYS = ("subject_id",)  # by these the rows are found


@cache
def graded(name: str) -> Grading:
    scheme = registry.pick(name if "/" in name or "@" in name else str(RICH / f"{name}.yaml"))
    plan: Plan = plans(scheme)[-1]
    snapshot = ingest(**tables(plan, subjects(plan, 11, 20, range(1, 7))), subject_ids="local")
    when: dict[str, Any] = {"period": plan.year} if scheme.period == "year" else {"as_of": from_day(plan.as_of)}
    return grade(snapshot, scheme, **when, provisional=True, max_rejected=10**6)


def richest(grading: Grading, most: int) -> list[str]:
    """Subjects with most kinds of rows, decided ones first."""
    kinds: dict[str, set[tuple[str, str]]] = {}
    for row in grading.ledger.to_pylist():
        kinds.setdefault(row["subject_id"], set()).add((row["step"], row["reason"].partition(":")[0]))
    states = {row["subject_id"]: row["state"] for row in grading.grades.to_pylist()}
    return sorted(kinds, key=lambda kind: (states[kind] != "graded", -len(kinds[kind]), kind))[:most]


@pytest.mark.slow
def test_a_grade_that_refused_rows_leave_open_shows_none() -> None:
    grading = graded("dates")
    left = [row["subject_id"] for row in grading.grades.to_pylist() if row["state_reason"] == "refused_rows"]
    assert left
    for subject in left:
        files = read(grading, subject)
        check(files, grading.plan)
        for name, value in (("grade", "A"), ("route", "score"), ("score", Decimal(3)), ("margin", Decimal(1))):
            assert refused(replace(files, grade={**files.grade, name: value}), grading.plan), (subject, name)


def others(name: str, value: Any, codes: list[str]) -> Iterator[Any]:
    if isinstance(value, Decimal):
        yield from (value + 1, value - 1, value + Decimal("0.000001"), -value, None)
    elif isinstance(value, date):
        yield value + timedelta(days=1)
    elif name in NUMBERS:
        yield from (Decimal(0), Decimal(1))
    else:
        yield from ("zz9", *codes[:2])


def edits(subject_rows: SubjectRows, grading: Grading) -> Iterator[tuple[str, str, SubjectRows]]:
    """(table, column, the subject with one cell changed)."""
    rng = random.Random(1)
    rows = {"grades": grading.grades.to_pylist(), "ledger": grading.ledger.to_pylist()}
    for table, k, row in [
        ("grades", -1, subject_rows.grade),
        *(("ledger", k, row) for k, row in enumerate(subject_rows.ledger)),
    ]:
        for name, value in row.items():
            codes = sorted({str(row[name]) for row in rows[table] if row[name] not in (None, value)})
            for other in others(name, value, rng.sample(codes, len(codes))):
                if other == value or name in KEYS:
                    continue
                new = {**row, name: other}
                if k < 0:
                    yield table, name, replace(subject_rows, grade=new)
                else:
                    yield (
                        table,
                        name,
                        replace(subject_rows, ledger=(*subject_rows.ledger[:k], new, *subject_rows.ledger[k + 1 :])),
                    )


def refused(*given: Any) -> bool:
    try:
        check(*given)
    except DifferenceError:
        return True
    return False


@pytest.mark.parametrize("name", thinned([*SHIPPED, "caps", "acts", "dates", "unknown"], 10, in_ci=2))
def test_honest_pages_pass_and_no_changed_cell_does_where_the_records_are_at_hand(name: str) -> None:
    grading = graded(name)
    outcomes = dict(replay(grading))
    rows = {row["subject_id"]: row for row in grading.grades.to_pylist()}
    for value, outcome in outcomes.items():
        check(read(grading, value), grading.plan, outcome, rows[value])
    tried = 0
    for value in richest(grading, 2):
        subject_rows = read(grading, value)
        for table, column, changed in edits(subject_rows, grading):
            tried += 1
            assert refused(changed, grading.plan, outcomes[value], rows[value]), (value, table, column)
    assert tried > 100


# What only the records show: who they are, what a record outside the sum would weigh, what was given back when, and
# between which scores a number lies that nobody published; and what its refused rows may have said.
UNSEEN = {
    ("ledger", "record_id"),
    ("ledger", "reason"),
    ("ledger", "nominal"),
    ("ledger", "effective"),
    ("grades", "score_low"),
    ("grades", "score_high"),
    ("grades", "readings"),
    ("grades", "evidence"),
    ("grades", "input_state"),
}


@pytest.mark.parametrize("name", [*SHIPPED, "caps", "acts", "dates", "unknown"])
def test_the_ledger_alone_refuses_what_its_rules_cannot_give(name: str) -> None:
    grading = graded(name)
    passed = tried = 0
    for value in richest(grading, 3):
        subject_rows = read(grading, value)
        for table, column, changed in edits(subject_rows, grading):
            if refused(changed, grading.plan):
                tried += 1
                continue
            assert (table, column) in UNSEEN, (value, table, column)
            if column != "record_id":
                passed, tried = passed + 1, tried + 1
            if table == "ledger" and column in ("nominal", "effective"):
                weighs = [row["reason"].partition(":")[0] for row in changed.ledger if row not in subject_rows.ledger]
                assert weighs[0] not in ("counted", "start", "bonus", "capped", "floor", "ceiling"), (value, column)
    assert passed < tried / 10, (passed, tried)


def test_a_grading_read_from_its_folder_is_bound_to_the_same_rules(small: Grading, folder: Path) -> None:
    plan = plan_of(read(folder, MANY).manifest, small.plan.scheme)
    assert plan is not None
    bound, own = (
        (
            other_plan.period,
            other_plan.as_of,
            other_plan.known_at,
            [(item.code, item.window, item.points, item.tiers) for item in other_plan.items],
        )
        for other_plan in (plan, small.plan)
    )
    assert bound == own
    run = read(folder, MANY).manifest
    assert plan_of({**run, "creditscore": "0.0.1"}, small.plan.scheme) is not None  # the id says nothing of the version
    assert plan_of({**run, "run_format": 99}, small.plan.scheme) is None  # another algorithm read it otherwise
    first = {name: value for name, value in run.items() if name not in ("run_format", "rules_hash")}
    assert plan_of(first, small.plan.scheme) is not None
    assert plan_of({**first, "creditscore": "0.0.1"}, small.plan.scheme) is None


def change(file: Path, sql: str) -> None:
    con = duckdb.connect()
    con.execute(f"CREATE TABLE t AS FROM '{file}'")
    con.execute(sql)
    con.execute(f"COPY (FROM t ORDER BY rowid) TO '{file}' (FORMAT parquet)")


@pytest.mark.parametrize(
    ("table", "sql", "message"),
    [
        ("ledger", "UPDATE t SET nominal = nominal - 1 WHERE record_id = 'r1'", "nominal −6, effective −5"),
        ("ledger", "UPDATE t SET nominal = effective / 2 WHERE record_id = 'r2'", "reason corrected"),
        ("ledger", "UPDATE t SET item = '010103', rule = '010103' WHERE record_id = 'r1'", "item 010103"),
        ("ledger", "UPDATE t SET article = 'R2014B 01' WHERE record_id = 'r1'", "under 'R2014B 01'"),
        ("ledger", "UPDATE t SET rule = 'direct_d' WHERE step = 'decide'", "direct_d"),
        ("grades", "UPDATE t SET grade = 'A'", "grade is A, its rules give B"),
        ("grades", "UPDATE t SET margin = margin + 1", "margin is"),
        ("grades", "UPDATE t SET route = 'direct'", "route is direct"),
        ("grades", "UPDATE t SET evidence = 'verified'", "evidence is verified"),
        ("grades", "UPDATE t SET known_at = known_at + 1", "known_at"),
    ],
)
def test_the_first_part_that_does_not_fit_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str], table: str, sql: str, message: str
) -> None:
    change(folder / f"{table}.parquet", sql.replace(" WHERE ", f" WHERE subject_id = '{MANY}' AND "))
    for depth in ("subject", "reviewer", "auditor"):
        with pytest.raises(SystemExit) as stopped:
            main(["explain", str(folder), MANY, "--depth", depth])
        assert stopped.value.code == 5
        shown = capsys.readouterr()
        assert message in " ".join(shown.err.split())
        assert shown.out == ""


def test_with_its_snapshot_a_page_is_computed_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    grading = graded("tax@2014")
    plan = grading.plan
    given = tables(plan, subjects(plan, 11, 20, range(1, 7)))
    write_snapshot(ingest(**given, subject_ids="local"), tmp_path / "snapshot")
    grading.write(tmp_path / "run")
    (subject, *_) = richest(grading, 1)

    def explained(*more: str) -> tuple[int, str]:
        with pytest.raises(SystemExit) as stopped:
            main(["explain", str(tmp_path / "run"), subject, "--lang", "en", *more])
        shown = capsys.readouterr()
        return int(stopped.value.code or 0), shown.out + shown.err

    asked = ("--snapshot", str(tmp_path / "snapshot"))
    assert "computed again" not in explained()[1]
    code, text = explained(*asked)
    assert code == 0, text
    assert "computed again from its records" in text
    change(
        tmp_path / "run" / "ledger.parquet",
        f"UPDATE t SET record_id = record_id || 'x' WHERE subject_id = '{subject}' AND record_id <> ''",
    )
    assert explained()[0] == 0  # the ledger alone cannot tell who its records are
    code, text = explained(*asked)
    assert code == 5
    assert "not what its records give" in text
    assert "record_id is" in text
    write_snapshot(ingest(**{**given, "history": None, "listings": None}, subject_ids="local"), tmp_path / "other")
    code, text = explained("--snapshot", str(tmp_path / "other"))
    assert code == 3
    assert "not the one that was graded" in text


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {"creditscore": "9.9"},
        {"scheme_hash": "sha256:00"},
        {"run_format": 99},
        *({name: None} for name in ("run_format", "rules_hash", "feeds", "working_days", "other_items", "input_marks")),
    ],
)
def test_a_forged_ledger_is_refused_whatever_its_manifest_names_or_leaves_out(
    folder: Path, tmp_path: Path, forged: dict[str, Any]
) -> None:
    copy = tmp_path / "forged"
    shutil.copytree(folder, copy)
    con = duckdb.connect()
    rows = f"SELECT * REPLACE ('X 1' AS article) FROM read_parquet('{folder}/ledger.parquet')"
    con.execute(f"COPY ({rows}) TO '{copy}/ledger.parquet' (FORMAT parquet)")
    manifest = json.loads((copy / "manifest.json").read_text(encoding="utf-8"))
    manifest = {name: value for name, value in {**manifest, **forged}.items() if name not in forged or forged[name]}
    (copy / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(DifferenceError):
        explain(copy, MANY)
