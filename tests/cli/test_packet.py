"""`creditscore packet`: from a kept run and a case to a packet, verified, edited, and told from one made anew."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from creditscore.cli.main import main
from creditscore.core.i18n import day_said
from creditscore.evidence.packet.files import write_packet
from creditscore.evidence.packet.form import assembled
from creditscore.evidence.packet.gather import Added, run_in_folder
from creditscore.evidence.packet.results import build_packet, compute
from creditscore.office import Store
from creditscore.records import Snapshot
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from tests.evidence.packet.conftest import MODEL, SCHEME, folder, snapshot

__all__ = ["folder", "snapshot"]  # fixtures


def run(capsys: pytest.CaptureFixture[str], *args: str, code: int = 0) -> str:
    with pytest.raises(SystemExit) as stopped:
        main(list(args))
    results = capsys.readouterr()
    assert stopped.value.code == code, results.err
    return results.out + results.err


@pytest.fixture(scope="module")
def snapshot_folder(folder: Path, snapshot: Snapshot, tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("kept")
    write_snapshot(snapshot, place / "snap")
    return place


@pytest.mark.slow
def test_a_subject_without_a_case(
    folder: Path, snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = ("--grading", str(folder), "--snapshot", str(snapshot_folder / "snap"), "--scheme", str(SCHEME))
    out = tmp_path / "packet"
    output = run(capsys, "packet", "build", *given, "--subject", "S1", "--out", str(out))
    assert output.count("written to") == 3
    digest = output.split()[-1]
    assert digest in run(capsys, "packet", "verify", str(out))
    file = out / "packet.json"
    text = file.read_text(encoding="utf-8")
    place = text.index("R1")
    file.write_text(text[:place] + "R9" + text[place + 2 :], encoding="utf-8")
    output = run(capsys, "packet", "verify", str(out), code=5)
    assert f"packet.json:{text.count(chr(10), 0, place) + 1}" in output


@pytest.mark.slow
def test_a_model_part_of_no_registered_model_is_refused(
    folder: Path, snapshot_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part, out = tmp_path / "part.json", tmp_path / "packet"
    part.write_text(json.dumps(MODEL), encoding="utf-8")
    given = (
        "--grading",
        str(folder),
        "--snapshot",
        str(snapshot_folder / "snap"),
        "--scheme",
        str(SCHEME),
        "--subject",
        "S1",
    )
    models = ("--registered-in", str(tmp_path / "credit.db"))
    Store(tmp_path / "credit.db").close()
    output = run(capsys, "packet", "build", *given, "--model-part", str(part), *models, "--out", str(out), code=2)
    assert "the model part cannot be read" in output
    shares = [{**share, "label": {"zh": "甲", "en": "a"}, "value": "1"} for share in MODEL["shares"]]
    whole = {**MODEL, "shares": shares, "probability_low": None, "probability_high": None, "background": {}}
    part.write_text(json.dumps(whole), encoding="utf-8")
    output = run(capsys, "packet", "build", *given, "--model-part", str(part), *models, "--out", str(out), code=2)
    assert "no registered model has the hash of the model part" in output  # so nothing says what the model is
    output = run(capsys, "packet", "build", *given, "--model-part", str(part), "--out", str(out), code=2)
    assert "--registered-in STORE" in output
    assert not out.exists()
    # and a packet that somebody made with one is no packet that verifies
    packet = build_packet(
        run_in_folder(folder, "S1"), read_snapshot(snapshot_folder / "snap"), file=SCHEME, added=Added(model=MODEL)
    )
    write_packet(packet, out)
    assert "next" in run(capsys, "packet", "verify", str(out), *models, code=2)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        ((), "neither a case nor a subject"),
        (("C2020-0001",), "a case stands in a store"),
        (("C2020-0001", "--store", "none.db", "--subject", "S1"), "a case stands in a store"),
    ],
)
def test_a_wrong_question_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], args: tuple[str, ...], message: str
) -> None:
    assert message in run(capsys, "packet", "build", *args, "--out", str(tmp_path / "p"), code=2)
    assert not (tmp_path / "p").exists()


@pytest.mark.slow
def test_the_packet_of_a_case_is_told_from_one_made_anew(
    tax_run: tuple[Path, Path, str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    graded, snap, subject, record = tax_run
    store = str(tmp_path / "kept.db")
    run(capsys, "store", "create", "--store", store)
    run(capsys, "archive", "add", str(graded), "--snapshot", str(snap), "--store", store, "--by", "grader")
    manifest = json.loads((graded / "manifest.json").read_text(encoding="utf-8"))
    contested = ("--grounds", f"ground=facts_wrong;record_id={record};statement=不属实", "--subject", subject)
    opened = (*contested, "--store", store, "--by", "wang.wei", "--on", "2023-04-20")
    run(capsys, "act", "objection", "open", "--run", manifest["run_id"], *opened)
    out = tmp_path / "packet"
    command_run = run(capsys, "packet", "build", "C2023-0001", "--store", store, "--by", "wang.wei", "--out", str(out))
    digest = next(word for word in command_run.split() if word.startswith("sha256:"))
    packet = json.loads((out / "packet.json").read_text(encoding="utf-8"))
    rows = {row["record_id"]: row for row in packet["results"]["records"]}
    assert rows[record]["disputed"]
    assert [record] in [row["without"] for row in packet["results"]["replays"]["without"]]
    assert {row["what"] for row in packet["inputs"]["case"]} >= {"case", "ground", "deadline"}
    assert "wang.wei" not in (out / "packet.json").read_text(encoding="utf-8")
    command_run = run(capsys, "packet", "verify", str(out), "--store", store)
    assert digest in command_run
    assert "case C2023-0001" in command_run
    # one made anew from other words fits itself, and the log does not know it
    ground = next(row for row in packet["inputs"]["case"] if row["what"] == "ground")
    ground["statement"] = "属实"
    write_packet(assembled(packet["inputs"], compute(packet["inputs"])), out)
    run(capsys, "packet", "verify", str(out))
    assert "the log speaks of no packet" in run(capsys, "packet", "verify", str(out), "--store", store, code=5)


@pytest.fixture(scope="module")
def tax_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str, str]:
    """A graded district: folder, snapshot, a subject with a counted record, that record."""
    from creditscore.demo.district import district
    from creditscore.grading.grade import grade
    from creditscore.records import ingest

    district_tables = district(subjects=60, seed=5)
    source = ingest(
        **{name: getattr(district_tables, name) for name in ("subjects", "records", "attributes", "history", "feeds")}
    )
    place = tmp_path_factory.mktemp("tax")
    write_snapshot(source, place / "snap")
    grading = grade(source, "tax", 2022, max_rejected=10**6)
    row = next(row for row in grading.ledger.to_pylist() if row["step"] == "record" and row["reason"] == "counted")
    return grading.write(place / "graded"), place / "snap", row["subject_id"], row["record_id"]


@pytest.mark.slow
def test_the_plan_to_the_next_grade_and_no_installed_rule(
    tax_run: tuple[Path, Path, str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    graded, snap, *_ = tax_run
    rows = pq.read_table(graded / "grades.parquet").to_pylist()
    subject = next(row["subject_id"] for row in rows if row["grade"] == "D")
    out = tmp_path / "packet"
    given = ("--grading", str(graded), "--snapshot", str(snap), "--subject", subject)
    run(capsys, "packet", "build", *given, "--out", str(out))
    packet = json.loads((out / "packet.json").read_text(encoding="utf-8"))
    plan = packet["results"]["repair"]["plan"]
    assert (plan["state"], plan["target"]) == ("reached", "C")
    assert plan["proof"]["days"] >= 1
    assert plan["actions"]
    page = (out / "packet.html").read_text(encoding="utf-8")
    assert all(action["target"] in page and day_said(action["day"], "zh") in page for action in plan["actions"])
    assert "逐日核对" in page
    (tmp_path / "nothing").mkdir()
    monkeypatch.setenv("CREDITSCORE_CONFIGS", str(tmp_path / "nothing"))
    assert "nothing differs" in run(capsys, "packet", "verify", str(out))
