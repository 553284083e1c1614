"""`creditscore grade` as its users call it: good tables, every bad input, exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from creditscore.cli.main import main
from tests.tiers import thinned

A, B = "914403001922038216", "91350100M000100Y43"
PERSON = "11010519491231002X"  # the made-up number that the standard itself prints
SUBJECTS = f"subject_id,name,first_filed_on\n{A},甲公司,2010-01-01\n{B},乙公司,2012-05-01\n"
RECORDS = (
    f"record_id,subject_id,item,occurred_on,tax_type\n1,{A},010101,2022-03-16,VAT\n2,{A},010101,2022-03-16,stamp\n"
)


class Place:
    """A folder with tables, and one call of the command."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def put(self, name: str, text: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return str(path)

    def grade(
        self, subjects: str | bytes = SUBJECTS, records: str | bytes = RECORDS, *more: str, period: str = "2022"
    ) -> tuple[int, str]:
        args = ["grade", "--scheme", "tax", "--period", period, "--out", str(self.folder / "out")]
        args += ["--subjects", self.put("s.csv", subjects), "--records", self.put("r.csv", records), *more]
        with pytest.raises(SystemExit) as stopped:
            main(args)
        shown = self.capsys.readouterr()
        return int(stopped.value.code or 0), shown.out + shown.err

    def table(self, name: str) -> list[dict]:
        return pq.read_table(self.folder / "out" / f"{name}.parquet").to_pylist()

    def reasons(self) -> list[tuple[str, int | None, str]]:
        return [(row["table"], row["line"], row["reason"]) for row in self.table("quarantine")]


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Place:
    return Place(tmp_path, capsys)


def row(item: str = "010101", subject: str = A, *, header: str = "", rest: str = "") -> str:
    return f"record_id,subject_id,item,occurred_on{header}\nr1,{subject},{item},2022-03-16{rest}\n"


def test_good_tables_give_grades_ledger_quarantine_and_manifest(place: Place) -> None:
    code, text = place.grade(SUBJECTS, RECORDS, "--csv")
    assert code == 0
    assert "2 in = 2 used + 0 not yet known + 0 out of window + 0 refused" in text
    grades = {value["subject_id"]: value for value in place.table("grades")}
    assert (float(grades[A]["score"]), grades[A]["grade"], grades[B]["grade"]) == (80.0, "B", "A")
    manifest = json.loads((place.folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["scheme"] == "tax@2014"
    assert manifest["known_at"] == "2022-03-16"
    assert (place.folder / "out" / "ledger.csv").read_text(encoding="utf-8").count("010101") >= 2


BAD_RECORDS = {
    "unknown item": (row("990199"), "unknown_item"),
    "item of another version": (row("D25-04"), "item_not_in_version"),
    "unknown subject": (
        row(subject=B.replace("M000100Y43", "M000100Y43")).replace(B, "914403001922038216X"),
        "unknown_subject",
    ),
    "same key with other content": (row() + f"r1,{A},010103,2022-03-16\n", "conflicting_key"),
    "impossible date": (row().replace("2022-03-16", "2022-02-30"), "bad_date"),
    "occurred after recorded": (row(header=",recorded_on", rest=",2022-03-01"), "occurred_after_recorded"),
    "corrected before occurred": (row(header=",corrected_on", rest=",2022-03-01"), "corrected_before_occurred"),
    "share above 1": (
        row(header=",event_no,event,share", rest=",1,filed,") + f"r1,{A},010101,2022-03-20,2,corrected,1.5\n",
        "bad_share",
    ),
    "shares above 1 together": (
        row(header=",event_no,event,share", rest=",1,filed,")
        + f"r1,{A},010101,2022-03-20,2,corrected,0.6\nr1,{A},010101,2022-03-21,3,corrected,0.6\n",
        "bad_share",
    ),
    "negative quantity": (row(header=",quantity", rest=",-1"), "bad_number"),
    "quantity beyond reason": (row(header=",quantity", rest=",1000001"), "bad_number"),
    "amount that is no number": (row(header=",amount", rest=",many"), "bad_number"),
    "missing record attribute": (row("050102"), "missing_attribute"),
    "wrong record attribute": (row("050102", header=",ratio", rest=",a lot"), "bad_attribute"),
    "exemption that does not exist": (row(header=",exemption", rest=",NI9"), "bad_attribute"),
    "mangled id": (row(subject="9.14403E+17"), "mangled_id"),
    "resident number as subject": (row(subject=PERSON), "natural_person"),
    "no date at all": (f"record_id,subject_id,item\nr1,{A},010101\n", "missing_date"),
    "unknown event": (row(header=",event", rest=",shouted"), "unknown_event"),
    "event of nothing": (row(header=",event", rest=",withdrawn"), "orphan_event"),
}


@pytest.mark.parametrize("name", thinned(BAD_RECORDS, 6, in_ci=2))
def test_a_bad_record_is_refused_with_its_line_and_reason(place: Place, name: str) -> None:
    records, reason = BAD_RECORDS[name]
    code, text = place.grade(SUBJECTS, records)
    assert code == 3
    assert reason in {text for _, _, text in place.reasons()}
    assert all(table == "records" and line >= 2 for table, line, _ in place.reasons())
    assert reason in text
    assert "max-rejected" in text


def test_a_memory_limit_changes_nothing_but_the_memory(place: Place) -> None:
    assert place.grade(SUBJECTS, RECORDS)[0] == 0
    grades = place.table("grades")
    assert place.grade(SUBJECTS, RECORDS, "--memory-limit", "500MB")[0] == 0
    assert place.table("grades") == grades
    code, text = place.grade(SUBJECTS, RECORDS, "--memory-limit", "plenty")
    assert code == 2
    assert "4GB" in text


def test_refused_rows_can_be_accepted_and_the_rest_is_graded(place: Place) -> None:
    code, text = place.grade(SUBJECTS, RECORDS + f"3,{A},990199,2022-03-16,\n", "--max-rejected", "1")
    assert code == 0
    assert "3 in = 2 used + 0 not yet known + 0 out of window + 1 refused" in text


def test_all_faults_of_a_row_are_listed_at_once(place: Place) -> None:
    place.grade(SUBJECTS, row("010101", header=",quantity,amount,recorded_on", rest=",-1,many,2021-01-01"))
    assert sorted(reason for _, _, reason in place.reasons()) == ["bad_number", "bad_number", "occurred_after_recorded"]


def test_a_resident_number_appears_in_no_output(place: Place) -> None:
    code, text = place.grade(
        SUBJECTS + f"{PERSON},某人,2012-01-01\n", RECORDS + row(subject=PERSON).splitlines()[1] + ",\n", "--csv"
    )
    assert code == 3
    assert {reason for _, _, reason in place.reasons()} == {"natural_person"}
    assert PERSON not in text
    for file in (place.folder / "out").iterdir():
        content = file.read_bytes()
        assert PERSON.encode() not in content
        if file.suffix == ".parquet":
            assert PERSON not in str(pq.read_table(file).to_pylist())


def test_a_subject_listed_twice(place: Place) -> None:
    code, _ = place.grade(SUBJECTS + f"{A},丙公司,2011-01-01\n")
    assert code == 3
    assert ("subjects", 2, "duplicate_subject") in place.reasons()


def test_a_wrong_credit_code(place: Place) -> None:
    code, _ = place.grade(SUBJECTS.replace(B, B[:-1] + "Z"))
    assert code == 3
    assert "bad_uscc" in {reason for _, _, reason in place.reasons()}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_other_encodings(place: Place, encoding: str) -> None:
    code, _ = place.grade(SUBJECTS.encode(encoding), RECORDS.encode(encoding))
    assert code == 0
    assert len(place.table("grades")) == 2


def test_full_width_digits(place: Place) -> None:
    wide = str.maketrans("0123456789", "０１２３４５６７８９")
    code, _ = place.grade(SUBJECTS, row("010101".translate(wide), A.translate(wide), header=",quantity", rest=",２"))
    assert code == 0
    assert {float(value["score"]) for value in place.table("grades") if value["subject_id"] == A} == {80.0}


@pytest.mark.parametrize("empty", ["", "\n"])
def test_an_empty_file(place: Place, empty: str) -> None:
    code, text = place.grade(SUBJECTS, empty)
    assert code == 3
    assert "r.csv" in text
    assert "empty" in text


def test_all_missing_columns_are_named_at_once(place: Place) -> None:
    code, text = place.grade("name\n甲\n", "item,occurred_on\n010101,2022-01-01\n")
    assert code == 3
    for word in ("subject_id", "record_id"):
        assert word in text


def test_a_table_that_is_not_there(place: Place) -> None:
    code, text = place.grade(SUBJECTS, RECORDS, "--history", str(place.folder / "nowhere.csv"))
    assert code == 3
    assert "nowhere.csv" in text


def test_history_of_a_d_needs_its_route(place: Place) -> None:
    history = place.put("h.csv", f"subject_id,period,grade\n{A},2021,D\n")
    code, text = place.grade(SUBJECTS, RECORDS, "--history", history)
    assert code == 3
    assert "missing_route" in text


def test_last_years_output_is_this_years_history(place: Place) -> None:
    heavy = "record_id,subject_id,item,occurred_on\n" + "".join(f"{i},{A},030109,2022-03-16\n" for i in range(5))
    code, _ = place.grade(SUBJECTS, heavy)
    assert code == 0
    assert {value["grade"] for value in place.table("grades")} == {"D", "A"}
    (place.folder / "out" / "grades.parquet").rename(place.folder / "history.parquet")
    code, _ = place.grade(
        SUBJECTS, RECORDS.replace("2022", "2023"), "--history", str(place.folder / "history.parquet"), period="2023"
    )
    assert code == 0
    grades = {value["subject_id"]: value for value in place.table("grades")}
    assert (float(grades[A]["score"]), grades[A]["grade"]) == (90 - 11 - 10, "C")  # a D by score costs 11 points
    assert float(grades[B]["start"]) == 91  # one A before


@pytest.mark.parametrize(
    ("args", "code", "words"),
    [
        (["--period", "2013"], 4, "tax@2014"),
        (["--period", "soon"], 2, "evaluation year"),
        (["--as-of", "2022-12"], 2, "YYYY-MM-DD"),
        (["--period", "2022", "--known-at", "yesterday"], 2, "YYYY-MM-DD"),
    ],
)
def test_exit_codes(place: Place, args: list[str], code: int, words: str) -> None:
    tables = ["--subjects", place.put("s.csv", SUBJECTS), "--records", place.put("r.csv", RECORDS)]
    with pytest.raises(SystemExit) as stopped:
        main(["grade", "--scheme", "tax", *args, *tables, "--out", str(place.folder / "out")])
    assert stopped.value.code == code
    assert words in place.capsys.readouterr().err


def test_a_past_day_is_replayed(place: Place) -> None:
    records = RECORDS + f"3,{A},010506,2022-06-01,\n"
    assert place.grade(SUBJECTS, records, "--known-at", "2022-05-31", "--provisional")[0] == 0
    assert {float(value["score"]) for value in place.table("grades") if value["subject_id"] == A} == {80.0}
    assert place.grade(SUBJECTS, records)[0] == 0
    assert {float(value["score"]) for value in place.table("grades") if value["subject_id"] == A} == {69.0}


def test_a_snapshot_grades_like_its_tables(place: Place) -> None:
    place.grade(SUBJECTS, RECORDS)
    direct = place.table("grades"), place.table("ledger")
    tables = ["--subjects", place.folder / "s.csv", "--records", place.folder / "r.csv"]
    snapshot = place.folder / "snap"
    for command in (
        ["records", "snapshot", *tables, "--out", snapshot],
        ["grade", "--scheme", "tax", "--period", "2022", "--snapshot", snapshot, "--out", place.folder / "out"],
    ):
        with pytest.raises(SystemExit) as stopped:
            main([str(part) for part in command])
        assert not stopped.value.code
    assert (place.table("grades"), place.table("ledger")) == direct


SPOILT = (
    "record_id,subject_id,domain,item,booked_on,source\n"
    + f"1,{A},tax,030110,2022年4月,tax-bureau\n2,{B},tax,010101,2022-04-01,tax-bureau\n"
)


def test_blocked_grades_are_counted_by_feed_and_reason(place: Place) -> None:
    code, text = place.grade(SUBJECTS, SPOILT, "--max-rejected", "5")
    assert code == 0
    assert "blocked  feed tax-bureau, records: bad_date: 1 grade" in text
    (row,) = [row for row in place.table("grades") if row["subject_id"] == A]
    assert (row["state"], row["state_reason"], row["grade"], row["grade_without"]) == (
        "not_computable",
        "refused_rows",
        None,
        "A",
    )


def test_blocked_grades_of_several_schemes_are_counted(place: Place) -> None:
    tables = ["--subjects", place.put("s.csv", SUBJECTS), "--records", place.put("r.csv", SPOILT)]
    more = ["--as-of", "2022-12-31", "--max-rejected", "5", "--out", str(place.folder / "out")]
    with pytest.raises(SystemExit):
        main(["grade", "--scheme", "tax,labour/national", *tables, *more])
    assert "blocked  feed tax-bureau, records: bad_date: 1 grade" in place.capsys.readouterr().out


@pytest.mark.parametrize("schemes", ["tax", "tax,labour/national"])
def test_columns_that_nobody_read_are_named_once(place: Place, schemes: str) -> None:
    subjects = SUBJECTS.replace("name,", "name,colour,").replace("公司,", "公司,red,")
    tables = ["--subjects", place.put("s.csv", subjects), "--records", place.put("r.csv", RECORDS)]
    with pytest.raises(SystemExit) as stopped:
        main(
            [
                "grade",
                "--scheme",
                schemes,
                "--period",
                "2022",
                *tables,
                "--max-rejected",
                "5",
                "--out",
                str(place.folder / "out"),
            ]
        )
    assert not stopped.value.code
    assert place.capsys.readouterr().out.count("not read  columns: subjects.colour\n") == 1


def test_many_columns_that_nobody_read_are_counted(place: Place) -> None:
    names = [f"x{number:02}" for number in range(25)]
    subjects = f"subject_id,{','.join(names)}\n{A}{',1' * 25}\n{B}{',1' * 25}\n"
    shown = " ".join(place.grade(subjects)[1].split())
    assert "subjects.x19 and 5 more (manifest.json)" in shown


def test_a_person_accepts_a_refused_row(place: Place) -> None:
    """The row comes from quarantine.csv; who accepted it and why stands in manifest and explanation."""
    assert place.grade(SUBJECTS, SPOILT, "--max-rejected", "5", "--csv")[0] == 0
    head, *rows = (place.folder / "out" / "quarantine.csv").read_text(encoding="utf-8").splitlines()
    accept = place.put(
        "accept.csv", f"{head},by,why\n" + "".join(f"{row},li.na,withdrawn by the bureau\n" for row in rows)
    )
    code, text = place.grade(SUBJECTS, SPOILT, "--accept", accept)
    assert code == 0, text
    assert "accepted  refused rows taken for lost: 1, by li.na" in text
    assert "blocked" not in text
    (row,) = [row for row in place.table("grades") if row["subject_id"] == A]
    assert (row["grade"], "accepted_rows" in row["input_state"].split(";")) == ("A", True)
    manifest = json.loads((place.folder / "out" / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["accepted"][0]["why"] == "withdrawn by the bureau"
    with pytest.raises(SystemExit):
        main(["explain", str(place.folder / "out"), A, "--lang", "en"])
    shown = " ".join(place.capsys.readouterr().out.split())
    assert "accepted as lost by li.na: withdrawn by the bureau" in shown


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("table,record_id,by\nrecords,1,li.na\n", "does not say why"),
        ("table,record_id,by,why\nrecords,7,li.na,lost\n", "is not among the refused ones: table records, record_id 7"),
        ("table,by,why\nrecords,li.na,lost\n", "does not say which row it accepts"),
    ],
)
def test_an_acceptance_that_names_no_refused_row_is_refused(place: Place, text: str, says: str) -> None:
    code, shown = place.grade(SUBJECTS, SPOILT, "--accept", place.put("accept.csv", text))
    assert code in (2, 3)
    assert says in " ".join(shown.split())
