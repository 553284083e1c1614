"""Hundreds of cases of the fuzz suite; and the suite notices a broken rule and a process that dies."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.fuzz import cases
from tests.fuzz.driver import Report, run_many
from tests.fuzz.rule import Outcome, broken_rule, silent_rows

SEED = 20261201
NUMBERS = [pytest.param(300, marks=pytest.mark.slow), pytest.param(1500, marks=pytest.mark.long)]


@pytest.mark.parametrize("number", NUMBERS)
def test_no_case_ends_raw_hangs_or_loses_a_row(number: int) -> None:
    report = run_many(number, SEED)
    assert report.cases == number
    assert report.broken == []
    kinds = {name.partition(" ")[0] for name in report.codes}
    assert kinds == set(cases.KINDS)
    # both outcomes occur: what is accepted is computed, what is not is refused
    assert {name.partition(" ")[2] for name in report.codes} >= {"0", "2", "3"}


@pytest.mark.parametrize(
    ("code", "text"),
    [(1, "error: x"), (6, "error: x"), ("raised KeyError", ""), (3, "Traceback (most recent call last):"), (3, "")],
)
def test_a_broken_rule_is_noticed(code: object, text: str) -> None:
    assert broken_rule(Outcome(code, text, 0.0))


def test_what_keeps_the_rule_is_no_fault() -> None:
    assert broken_rule(Outcome(0, "", 0.0)) is None
    assert broken_rule(Outcome(3, "error: no such file", 0.0)) is None


def test_a_silent_row_is_noticed(tmp_path: Path) -> None:
    records = {"in": 3, "used": 2, "refused": 0}
    manifest = '{"counts": {"records": %s, "subjects": {"rows": 1, "refused": 0, "repeated": 0}}}'
    pq.write_table(pa.table({"scheme": ["tax"]}), tmp_path / "grades.parquet")
    for given, wanted in (
        (records, "do not add up"),
        (records | {"refused": 1}, "are counted"),
        (records | {"refused": 1}, None),
    ):
        (tmp_path / "manifest.json").write_text(manifest % str(given).replace("'", '"'), encoding="utf-8")
        complaints = silent_rows(tmp_path, {"records": 4 if wanted == "are counted" else 3})
        assert (complaints is None) if wanted is None else wanted in str(complaints)


def test_the_same_number_and_seed_give_the_same_case(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cases, "KINDS", {name: (lambda case: (case.rng.random(), None), 1, 1) for name in cases.KINDS})
    ran = [cases.run_case(7, 3, tmp_path, tmp_path, at_length, "") for at_length in (False, True, False)]
    assert ran[0] == ran[1] == ran[2]


def test_a_report_counts_what_it_was_given() -> None:
    report = Report(seed=1)
    report.add({"number": 0, "kind": "yaml", "code": 3, "cpu": 0.1, "broken": None})
    report.add({"number": 1, "kind": "crash or hang", "code": -11, "cpu": 0.0, "broken": "the process ended with -11"})
    assert (report.as_data()["cases"], len(report.broken)) == (2, 1)
