"""Several schemes in one call: the same grades as one by one, one folder, each refused row once."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.cli.main import main

IDS = ["914403001922038216", "91440115618712245T"]
SUBJECTS = pd.DataFrame({"subject_id": IDS, "kind": "enterprise", "region": "220200", "registered_on": "2010-01-01"})
RECORDS = pd.DataFrame(
    [
        {"record_id": "t", "subject_id": IDS[0], "domain": "tax", "item": "010101", "occurred_on": "2019-03-05"},
        {"record_id": "l", "subject_id": IDS[0], "domain": "labour", "item": "case", "occurred_on": "2019-03-05"},
        {"record_id": "e", "subject_id": IDS[1], "domain": "environment", "item": "N-V01", "occurred_on": "2019-05-05"},
        {"record_id": "x", "subject_id": IDS[1], "domain": "tax", "item": "nix", "occurred_on": "2019-05-05"},
    ]
)
SCHEMES = ["tax", "environment/national", "labour/national"]


def test_each_grade_is_that_of_the_single_run() -> None:
    snapshot = cs.ingest(SUBJECTS, RECORDS)
    together = cs.grade_all(snapshot, SCHEMES, 2019, max_rejected=1)
    for scheme in SCHEMES:
        alone = cs.grade(snapshot, scheme, 2019, max_rejected=1)
        assert together[scheme].grades == alone.grades
        assert together[scheme].ledger == alone.ledger
    assert together.grades.num_rows == 6
    assert together.manifest["rejected"] == 1
    assert together.quarantine.num_rows == 1


def test_the_manifest_of_all_says_what_the_runs_say_of_their_input() -> None:
    schemes = ["labour/national", "tax"]  # the first reads no attribute
    tables = {"subjects": SUBJECTS.assign(colour="red"), "max_rejected": 1}
    manifest = cs.grade_all(RECORDS, schemes, 2019, **tables).manifest
    assert manifest["unread_columns"] == {"subjects": ["colour"]}
    assert (manifest["near_misses"], manifest["ignored_columns"]) == ([], [])
    assert "has_income" in manifest["absent_attributes"]
    assert (manifest["delivery"], manifest["period_over"]) == ("undeclared", True)
    assert [run["input_marks"] for run in manifest["schemes"].values()] == [
        ["feeds_undeclared"],
        ["absent_attributes", "feeds_undeclared"],
    ]
    assert manifest["input_marks"] == ["absent_attributes", "feeds_undeclared"]


def test_a_refused_row_counts_once() -> None:
    subjects = pd.concat([SUBJECTS, pd.DataFrame({"subject_id": ["9.14403E+17"]})])
    with pytest.raises(cs.TooManyRejected, match="2 rows were refused, 1 allowed"):
        cs.grade_all(RECORDS, SCHEMES, 2019, subjects=subjects, max_rejected=1)


def test_what_cannot_be_graded_raises_or_is_named() -> None:
    snapshot = cs.ingest(SUBJECTS, RECORDS.iloc[:1])
    with pytest.raises(cs.SchemeError, match="cannot grade"):
        cs.grade_all(snapshot, ["tax", "environment/jilin"], 2019)
    gradings = cs.grade_all(snapshot, ["tax", "environment/jilin", "wage_arrears"], 2016, skip=True)
    assert [run.plan.scheme.scheme for run in gradings] == ["tax"]
    assert list(gradings.skipped) == ["environment/jilin", "wage_arrears"]


def test_what_would_be_ignored_or_counted_twice_is_an_error() -> None:
    snapshot = cs.ingest(SUBJECTS, RECORDS.iloc[:1])
    with pytest.raises(cs.UsageError, match="history cannot stand beside it"):
        cs.grade_all(snapshot, ["tax"], 2019, history=pd.DataFrame({"subject_id": [], "period": [], "grade": []}))
    with pytest.raises(cs.UsageError, match="named twice"):
        cs.grade_all(snapshot, ["tax", "tax@2014"], 2019)


def test_a_profile_does_not_hide_a_scheme_that_is_wrong(tmp_path: Path) -> None:
    broken = tmp_path / "x.yaml"
    broken.write_text("scheme: x\n", encoding="utf-8")
    with pytest.raises(cs.SchemeError, match="faults"):
        cs.grade_all(cs.ingest(SUBJECTS, RECORDS.iloc[:1]), ["tax", str(broken)], 2019, skip=True)


def test_a_snapshot_is_not_overwritten(tmp_path: Path) -> None:
    snapshot = cs.ingest(SUBJECTS, RECORDS.iloc[:1])
    (tmp_path / "snapshot.json").write_text("{}", encoding="utf-8")
    with pytest.raises(cs.UsageError, match="a snapshot lies there"):
        cs.grade(snapshot, "tax", 2019).write(tmp_path)


@pytest.mark.slow
def test_the_command_takes_several_schemes_and_a_profile(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "120")
    SUBJECTS.to_csv(tmp_path / "s.csv", index=False)
    RECORDS.iloc[:3].to_csv(tmp_path / "r.csv", index=False)
    tables = ["--subjects", str(tmp_path / "s.csv"), "--records", str(tmp_path / "r.csv")]
    profile = ["--profile", "jilin-edz", "--no-strict"]  # these tables state no attributes
    for k, choice in enumerate((["--scheme", ",".join(SCHEMES)], profile)):
        out = tmp_path / str(k)
        with pytest.raises(SystemExit) as stopped:
            main(["grade", *choice, "--as-of", "2019-12-31", *tables, "--out", str(out), "--csv"])
        assert stopped.value.code == 0
        shown = capsys.readouterr().out
        assert "environment/national@2013" in shown
        grades = pq.read_table(out / "grades.parquet").to_pylist()
        of_scheme = {row["scheme"]: row["grade"] for row in grades if row["subject_id"] == IDS[1]}
        assert of_scheme["environment/national"] == "red"
        assert set(SCHEMES) <= set(of_scheme)
        manifest = json.loads((out / "manifest.json").read_text(encoding="utf-8"))
        assert manifest["schemes"]["tax"]["period"] == "2019"
        assert sorted(path.name for path in out.iterdir()) == sorted(
            [f"{name}.{kind}" for name in ("grades", "ledger", "quarantine") for kind in ("csv", "parquet")]
            + ["manifest.json"]
        )
    (line,) = [line for line in shown.splitlines() if line.startswith("skipped  environment/jilin: ")]
    assert "3 things are missing" in line
    assert len(line) <= 120  # what is missing stands in the manifest


@pytest.mark.parametrize(
    "name", ["hebei", "ningxia", "shandong", "sichuan", "chongqing", "shaanxi", "jiangsu", "anhui"]
)
def test_a_province_leaves_national_and_compilers_records_to_their_schemes(name: str) -> None:
    records = pd.DataFrame(
        [
            {"record_id": "r1", "subject_id": IDS[0], "item": "N-V06", "decided_on": "2019-05-01"},
            {"record_id": "r2", "subject_id": IDS[0], "item": "EIA-03", "decided_on": "2019-12-01"},
        ]
    )
    gradings = cs.grade_all(cs.ingest(SUBJECTS, records), [f"environment/{name}"], 2023)
    assert gradings.quarantine.num_rows == 0
    assert gradings[f"environment/{name}"].manifest["counts"]["records"]["other_scheme"] == 2
