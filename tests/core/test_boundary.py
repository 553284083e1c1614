"""The boundary: what the machine and the libraries raise ends as words and an exit code, in the library and outside."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.cli.main import main
from creditscore.core.boundary import guarded, is_interrupt, outside, run, translate
from creditscore.core.errors import CreditscoreError, InputError, UsageError
from tests.limits import small_files

A, B = "914403001922038216", "91350100M000100Y43"
SUBJECTS = f"subject_id,name\n{A},甲公司\n{B},乙公司\n"
RECORDS = f"record_id,subject_id,item,occurred_on\n1,{A},010101,2022-03-16\n2,{A},010101,2022-04-16\n"
Call = Callable[..., tuple[int, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "s.csv").write_text(SUBJECTS, encoding="utf-8")
    (tmp_path / "r.csv").write_text(RECORDS, encoding="utf-8")
    return tmp_path


@pytest.fixture
def call(capsys: pytest.CaptureFixture[str]) -> Call:
    def of(*args: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main([str(arg) for arg in args])
        shown = capsys.readouterr()
        assert "Traceback" not in shown.out + shown.err
        return int(ended.value.code or 0), shown.out + shown.err

    return of


def grade(folder: Path, records: object = "r.csv", out: object = "out") -> list[object]:
    tables = ["--subjects", folder / "s.csv", "--records", folder / str(records)]
    return ["grade", "--scheme", "tax", "--period", "2022", *tables, "--out", folder / str(out)]


def not_utf8() -> pa.Table:
    text = pa.array([b"\xff\xfe"], pa.binary()).view(pa.string())
    return pa.table({"record_id": text, "subject_id": [A], "item": ["010101"], "occurred_on": ["2022-03-01"]})


def test_parquet_with_text_that_is_not_utf8_is_bad_input(folder: Path, call: Call) -> None:
    pq.write_table(not_utf8(), folder / "r.parquet")
    code, text = call(*grade(folder, "r.parquet"))
    assert (code, "not valid UTF8" in text, "write the file again" in text) == (3, True, True)
    with pytest.raises(InputError, match="cannot be read"):
        cs.ingest(folder / "s.csv", folder / "r.parquet")


@pytest.mark.slow
def test_parquet_with_damaged_pages_is_bad_input(folder: Path, call: Call) -> None:
    rows = 2000
    table = pa.table(
        {
            "record_id": [str(k) for k in range(rows)],
            "subject_id": [A] * rows,
            "item": ["010101"] * rows,
            "occurred_on": [f"2022-03-{k % 28 + 1:02}" for k in range(rows)],
        }
    )
    pq.write_table(table, folder / "r.parquet", compression="zstd")
    whole = (folder / "r.parquet").read_bytes()
    for place in (30, 60, 400):
        (folder / "r.parquet").write_bytes(whole[:place] + b"\xff" * 40 + whole[place + 40 :])
        code, text = call(*grade(folder, "r.parquet"))
        assert code == 3, text
        with pytest.raises(InputError):
            cs.grade(folder / "r.parquet", "tax", 2022, subjects=folder / "s.csv")


def test_paths_that_lead_nowhere_are_bad_input(folder: Path, call: Call) -> None:
    (folder / "loop.csv").symlink_to("loop.csv")
    long = "/tmp/" + "x" * 5000
    for records in ("loop.csv", f"{long}.csv"):
        code, text = call(*grade(folder, records))
        assert (code, "error: " in text) == (3, True), text
        assert len(text) < 1000
    assert call(*grade(folder, out=long))[0] == 2
    assert call("explain", long, A)[0] == 3
    assert call("grade", "--scheme", "tax", "--period", "2022", "--snapshot", long, "--out", folder / "o")[0] == 3
    assert call("scheme", "check", f"{long}.yaml")[0] == 3
    for other in (os.fsdecode(b"\xff.store"), os.fsdecode(b"\xff.csv")):
        assert call("archive", "add", folder, "--snapshot", folder, "--store", folder / other, "--by", "wang")[0] == 3
        assert call(*grade(folder, other))[0] == 3
    code, text = call("archive", "add", folder, "--snapshot", folder, "--store", folder / "loop.csv", "--by", "wang")
    assert (code, "leads back to itself" in text) == (3, True)


@pytest.mark.parametrize(
    ("value", "named"),
    [(["--out", ""], "--out"), (["--out="], "--out"), (["--out", " "], "--out"), ([""], "argument 10")],
)
def test_an_empty_argument_is_no_folder(
    folder: Path, call: Call, monkeypatch: pytest.MonkeyPatch, value: list[str], named: str
) -> None:
    here = folder / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    code, text = call(*grade(folder)[:-2], *value)
    assert code == 2
    assert f"the value of {named} is empty" in text
    assert not list(here.iterdir())


@pytest.mark.parametrize("limit", [0, 100, 3000])
@pytest.mark.slow
def test_a_full_disk_ends_with_words_and_leaves_no_result(folder: Path, call: Call, limit: int) -> None:
    assert call(*grade(folder, out="graded"))[0] == 0
    tables = ["--subjects", folder / "s.csv", "--records", folder / "r.csv"]
    assert call("records", "snapshot", *tables, "--out", folder / "snapshot")[0] == 0
    packet = ["--grading", folder / "graded", "--snapshot", folder / "snapshot", "--subject", A]
    assert call("store", "create", "--store", folder / "s.db")[0] == 0
    with small_files(limit):
        for args in (
            grade(folder),
            ["records", "snapshot", *tables, "--out", folder / "again"] if limit < 3000 else grade(folder),
            ["packet", "build", *packet, "--out", folder / "packet"],
        ):
            code, text = call(*args)
            assert (code, "File too large" in text, "next: " in text) == (2, True, True), text
        code, text = call(
            "archive",
            "add",
            folder / "graded",
            "--snapshot",
            folder / "snapshot",
            "--store",
            folder / "s.db",
            "--by",
            "wang",
        )
        assert (code, "is full" in text or "File too large" in text, "next: " in text) == (2, True, True), text
    code, text = call("archive", "list", "--store", folder / "s.db")
    assert (code, "0 runs" in text) == (0, True)
    assert not (folder / "packet").exists()
    code, text = call("explain", folder / "out", A)
    assert (code, "Grade" in text) == (3, False)
    assert call("explain", folder / "graded", A)[0] == 0


def test_an_output_that_is_full_is_said(folder: Path) -> None:
    with open("/dev/full", "w", encoding="utf-8") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "creditscore", "scheme", "list"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr.startswith("error: cannot be written: No space left on device")
    assert "Exception" not in ended.stderr


def test_too_little_memory_is_said_and_nothing_crashes(folder: Path) -> None:
    for kilobytes in (100_000, 300_000, 1_000_000):
        line = f"ulimit -v {kilobytes}; exec {sys.executable} -m creditscore {' '.join(map(str, grade(folder)))}"
        ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
        assert (ended.returncode, "at least 1500 MB" in ended.stderr) == (2, True), ended.stderr


def test_ctrl_c_ends_with_one_line_whenever_it_comes(folder: Path) -> None:
    with (folder / "r.csv").open("a", encoding="utf-8") as file:
        file.writelines(f"{k},{A},010101,2022-03-{k % 28 + 1:02}\n" for k in range(10, 400_000))
    for wait in (0.4, 1.5, 3.0):
        started = subprocess.Popen(
            [sys.executable, "-m", "creditscore", *map(str, grade(folder))],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        time.sleep(wait)
        started.send_signal(signal.SIGINT)
        _, text = started.communicate(timeout=60)
        assert started.returncode in (0, 130), text  # a quick machine may be done
        if started.returncode == 130:
            assert text.splitlines() == ["error: interrupted; what was begun is no result"]
            assert not (folder / "out" / "grades.parquet").exists()


def raising(error: BaseException) -> Callable[[], object]:
    def command() -> object:
        raise error

    return command


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (KeyError("x"), 6, "a fault of creditscore: KeyError: 'x'"),
        (MemoryError(), 2, "the memory is not enough"),
        (OSError(errno.ENOSPC, "No space left on device", "/full/file"), 2, "where: /full/file"),
        (PermissionError(errno.EACCES, "Permission denied", "/shut"), 3, "where: /shut"),
        (duckdb.IOException("IO Error: no such file"), 3, "no such file"),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to pin"), 2, "--memory-limit"),
        (duckdb.BinderException("Binder Error: no column"), 6, "a fault of creditscore: BinderException"),
        (pa.ArrowInvalid("not a file"), 3, "not a file"),
        (KeyboardInterrupt(), 130, "interrupted"),
        (RuntimeError("Query interrupted"), 130, "interrupted"),
        (RecursionError(), 3, "nested too deeply"),
        (EOFError("marshal data too short"), 2, "a compiled file of this installation"),
        (UnicodeDecodeError("utf-8", b"\xff", 0, 1, "bad"), 3, "UTF-8"),
        (RuntimeError("can't start new thread"), 2, "the memory is not enough"),
        (InputError("wrong", where="here"), 3, "error: wrong\n  where: here"),
    ],
)
def test_every_error_has_words_and_a_code(
    error: BaseException, code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(raising(error)) == code
    shown = capsys.readouterr().err
    assert words in shown
    assert "Traceback" not in shown


def test_a_command_whose_module_is_damaged_says_so(call: Call, monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    def load(*_: object) -> None:
        raise EOFError("marshal data too short")

    monkeypatch.setattr("creditscore.grading.grade.grade_snapshot", load)
    code, text = call(*grade(folder))
    assert (code, "delete the folders __pycache__" in text) == (2, True), text


def test_a_traceback_is_shown_to_those_who_ask(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CREDITSCORE_DEBUG", "1")
    assert run(raising(KeyError("x"))) == 6
    assert "Traceback (most recent call last)" in capsys.readouterr().err


def test_a_fault_of_our_own_says_where_it_came_from(capsys: pytest.CaptureFixture[str]) -> None:
    def fault() -> None:
        with guarded():
            raise ZeroDivisionError("by nothing")

    assert run(fault) == 6
    assert "where: creditscore/core/boundary.py, line" in capsys.readouterr().err


def test_numbers_of_persons_stay_out_of_messages(folder: Path, call: Call) -> None:
    person = "11010519491231002X"
    code, text = call(*grade(folder, f"{person}.csv"))
    assert (code, person in text) == (3, False)


def test_a_closed_output_is_no_error() -> None:
    line = f"{sys.executable} -m creditscore scheme list | head -1; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")


def test_the_library_lets_slips_of_its_callers_pass() -> None:
    with pytest.raises(TypeError), guarded("a call"):
        raise TypeError("no such argument")
    with pytest.raises(KeyboardInterrupt), guarded("a query"):
        raise RuntimeError("Query interrupted")
    assert not is_interrupt(RuntimeError("other"))
    assert translate(BrokenPipeError()) is None
    assert translate(CreditscoreError("ours")) is None


def test_what_is_read_from_outside_is_named_whatever_is_wrong_with_it() -> None:
    for error in (KeyError("points"), TypeError("not iterable"), IndexError("list"), RecursionError()):
        with pytest.raises(InputError, match="the model cannot be read") as raised, outside("the model", "m.json"):
            raise error
        assert raised.value.where == "m.json"
    with pytest.raises(UsageError, match="memory"), outside("the model", "m.json"):
        raise MemoryError
    assert os.environ.get("CREDITSCORE_DEBUG") is None


def test_nothing_is_loaded_before_the_program_can_tell_an_interruption() -> None:
    names = "print(*sorted({*sys.modules} - before))"
    code = f"import sys; before = {{*sys.modules}}; import creditscore.__main__; {names}"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    ours = {"__future__", "creditscore", "creditscore.__main__", "creditscore.core", "creditscore.core.version"}
    assert set(loaded.stdout.split()) == ours
