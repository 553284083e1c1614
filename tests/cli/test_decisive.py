"""`creditscore decisive`."""

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from rich.cells import cell_len

from creditscore.cli.decisive import check_command, population_command, shares_command, show_command
from creditscore.cli.output import choose_json
from creditscore.core.errors import InputError, UsageError
from creditscore.explanation.decisive.of_grading import decisive
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from tests.explanation.conftest import DIRECT, MANY, filed, table

SUBJECTS = [{"subject_id": name, "name": "甲", "registered_on": "2012-06-01"} for name in (MANY, DIRECT)]
RECORDS = [
    filed("n1", MANY, "NR", "2022-05-01", decided_on="2022-05-01"),
    *(filed(f"r{k}", MANY, "010101", f"2022-{k:02}-20", amount=500) for k in range(1, 8)),
    filed("x1", MANY, "020101", "2022-10-20", amount=3000),
    filed("d1", DIRECT, "040103", "2022-03-01"),
    filed("d2", DIRECT, "010101", "2022-03-01"),
]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A written grading and the snapshot that was graded."""
    folder = tmp_path_factory.mktemp("decisive")
    write_snapshot(ingest(table(SUBJECTS), table(RECORDS)), folder / "snapshot")
    grade(read_snapshot(folder / "snapshot"), "tax", 2022).write(folder / "run")
    return folder / "run", folder / "snapshot"


@pytest.mark.parametrize("width", [80, 120])
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_page_fits_the_terminal(
    run: tuple[Path, Path], width: int, lang: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    show_command(run[0], MANY, run[1], lang=lang)
    shown = capsys.readouterr().out
    assert max(map(cell_len, shown.splitlines())) <= width
    assert ("withdrawals reach it, and fewer do not" if lang == "en" else "最少须撤销") in shown
    assert ("Why fewer do not suffice" if lang == "en" else "撤销更少的信息为何不能达到目标") in shown


def test_the_answer_as_json(run: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    with choose_json(True):
        show_command(run[0], DIRECT, run[1], lang="en")
    answer = json.loads(capsys.readouterr().out)
    assert (answer["grade"], answer["target"], answer["smallest"], answer["witness"]) == ("D", "C", 1, ["d1"])
    assert answer["singles"] == [{"records": ["d1"], "state": "graded", "grade": answer["singles"][0]["grade"]}]


def test_the_page_and_the_notebook_show_what_the_terminal_prints(
    run: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_command(run[0], MANY, run[1], lang="zh", html=tmp_path / "decisive.html")
    shown, page = capsys.readouterr().out, (tmp_path / "decisive.html").read_text(encoding="utf-8")
    for words in ("未按规定期限纳税申报", "最少须撤销", "第1类信息中任撤销"):
        assert words in shown
        assert words in page
    assert "撤回" not in shown
    records = decisive(grade(read_snapshot(run[1]), "tax", 2022), MANY)
    assert "最少须撤销" in records.text("zh")
    assert "<article" in records._repr_html_()
    assert repr(records).startswith(f"<DecisiveRecords of {MANY}, tax@2014 2022: ")


def test_a_target_of_ones_own(run: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    show_command(run[0], MANY, run[1], target="any", lang="en")
    assert "any change" in capsys.readouterr().out
    with pytest.raises(UsageError, match="is no grade"):
        show_command(run[0], MANY, run[1], target="E")


def test_shares_add_up(run: tuple[Path, Path], capsys: pytest.CaptureFixture[str]) -> None:
    shares_command(run[0], MANY, run[1])
    assert "x1" in capsys.readouterr().out
    with choose_json(True):
        shares_command(run[0], MANY, run[1])
    shares = json.loads(capsys.readouterr().out)
    assert shares["of"] == "score"


def test_columns_for_every_subject(run: tuple[Path, Path], tmp_path: Path) -> None:
    population_command(run[0], run[1], tmp_path / "columns.parquet")
    rows = pq.read_table(tmp_path / "columns.parquet").to_pylist()
    assert [row["subject_id"] for row in rows] == sorted((MANY, DIRECT))
    assert {row["subject_id"]: row["smallest_set"] for row in rows}[DIRECT] == 1
    assert {"margin", "decisive_singles", "smallest_proved"} <= rows[0].keys()


def test_the_check_prints_its_counts(capsys: pytest.CaptureFixture[str]) -> None:
    check_command("environment/ningxia@2019-12-31", subjects=3, records=4)
    (total,) = [line.split() for line in capsys.readouterr().out.splitlines() if line.startswith("total")]
    assert total == ["total", "3", "15", "17", "0"]


def test_another_snapshot_is_refused(run: tuple[Path, Path], tmp_path: Path) -> None:
    write_snapshot(ingest(table(SUBJECTS), table(RECORDS[:-1])), tmp_path / "other")
    with pytest.raises(InputError, match="not the one that was graded"):
        show_command(run[0], MANY, tmp_path / "other")
    with pytest.raises(InputError, match="no subject"):
        show_command(run[0], "91500000MAAAAAA188", run[1])


@pytest.mark.slow
def test_a_subject_that_refused_rows_leave_open_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The days of one record cannot be read: what decides among the others is shown beside what that leaves open."""
    spoilt = filed("d9", DIRECT, "040103", "2022-03-01") | dict.fromkeys(("occurred_on", "booked_on"), "2022年4月")
    rows = [row for row in RECORDS if row["record_id"] != "d1"]
    write_snapshot(ingest(table(SUBJECTS), table([*rows, spoilt])), tmp_path / "snapshot")
    grade(read_snapshot(tmp_path / "snapshot"), "tax", 2022, max_rejected=9).write(tmp_path / "run")
    for lang, words in (("en", "Without the refused rows it would be"), ("zh", "更正前该等级不成立")):
        show_command(tmp_path / "run", DIRECT, tmp_path / "snapshot", lang=lang)
        shown = "".join(capsys.readouterr().out.split())
        assert "".join(words.split()) in shown
    with choose_json(True):
        show_command(tmp_path / "run", DIRECT, tmp_path / "snapshot")
    answer = json.loads(capsys.readouterr().out)
    assert "refused_rows" in answer["input_state"]
    assert answer["grade_without"]
    shares_command(tmp_path / "run", DIRECT, tmp_path / "snapshot", lang="en")
    assert "Without the refused rows" in capsys.readouterr().out
    population_command(tmp_path / "run", tmp_path / "snapshot", tmp_path / "columns.parquet")
    columns = {row["subject_id"]: row for row in pq.read_table(tmp_path / "columns.parquet").to_pylist()}
    assert columns[DIRECT]["state"] == "not_computable"
    assert columns[DIRECT]["decisive_singles"] is None
    assert columns[MANY]["decisive_singles"] is not None
