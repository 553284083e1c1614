"""Witnesses: what is written is read again, whatever was cut off between; and no secret is shown."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditscore.core.errors import StoreBusy, StoreError, UsageError
from creditscore.store import witnesses
from creditscore.store.anchors import hide_credentials
from creditscore.store.database_witness import DatabaseWitness
from creditscore.store.notes import Checkpoint, sign_note
from creditscore.store.witnesses import FileWitness, open_witness

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))


def note_of(size: int, signatures: int = 1) -> str:
    """A checkpoint of a log at a size, signed so many times."""
    note = Checkpoint("credit.example/办公室", size, bytes([size % 256]) * 32, ("end of the year",) * (size % 2)).text()
    for number in range(signatures):
        note = sign_note(note, f"办公室{number}", KEY)
    return note


NOTES = [note_of(size, size % 3) for size in range(6)]


@pytest.fixture
def heard() -> list[str]:
    """What a witness said."""
    return []


@pytest.fixture
def witness(tmp_path, heard):
    return open_witness(str(tmp_path / "anchors.txt"), heard.append)


def write_all(witness, notes=NOTES):
    for note in notes:
        witness.write(note)


# --- every kind


@pytest.mark.parametrize("kind", ["path", "file", "url", "database"])
def test_what_was_written_is_read_oldest_first(kind, tmp_path, store_url, heard):
    path = tmp_path / "anchors.txt"
    address = {"path": f"{path}", "file": f"file:{path}", "url": f"file://{path}", "database": store_url}[kind]
    assert open_witness(address).read() == []
    assert not path.exists()
    write_all(open_witness(address))
    open_witness(address).write(NOTES[0])
    assert open_witness(address, heard.append).read() == [*NOTES, NOTES[0]]
    assert heard == []


@pytest.mark.parametrize(
    "note", ["", "text", "a\n\n", f"\n{NOTES[0]}", f"a\n\n{NOTES[1]}", NOTES[1] + "\n", "a\r\n", f"a\nend {'0' * 16}\n"]
)
def test_what_is_no_checkpoint_is_not_written(note, tmp_path, store_url):
    for address in (str(tmp_path / "anchors.txt"), store_url, "command:true"):
        with pytest.raises(UsageError):
            open_witness(address).write(note)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "address",
    [
        "",
        " ",
        "file:",
        "file://host/anchors",
        "file:////",
        "comand:tee x",
        "mysql://root:hunter2@host/db",
        "a\x00b",
        "command:",
        "command: ",
        "command:tee 'x",
        "command:''",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///a?mode=ro",
        "postgresql+psycopg://host",
        "postgresql://u:hunter2@host/db",
        "://",
        "postgresql+psycopg://u:hunter2@host:port/d",
    ],
)
def test_an_address_of_no_kind_is_refused_in_plain_words(address):
    with pytest.raises(UsageError) as error:
        open_witness(address)
    assert error.value.allowed
    assert "hunter2" not in str(error.value)


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("anchors.txt", "anchors.txt"),
        ("file:anchors.txt", "file:anchors.txt"),
        ("sqlite:////data/anchors.db", "sqlite:////data/anchors.db"),
        ("postgresql+psycopg://u@h:5432/d", "postgresql+psycopg://u@h:5432/d"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:***@h/d"),
        ("postgresql+psycopg://u:p@s:s/w@h/d", "postgresql+psycopg://u:***@h/d"),
        ("postgresql+psycopg://:p@h/d", "postgresql+psycopg://:***@h/d"),
        ("postgresql+psycopg://h/d?user=u&password=p&a=b", "postgresql+psycopg://h/d?user=u&password=***&a=b"),
        ("postgresql+psycopg://h/d?sslpassword=p", "postgresql+psycopg://h/d?sslpassword=***"),
        ("command:curl -H 'Authorization: p' https://u:p@h", "command:curl …"),
        ("command:true", "command:true"),
        ("command:", "command:"),
    ],
)
def test_secrets_are_hidden(address, shown):
    assert hide_credentials(address) == shown


# --- files


def test_a_file_is_read_by_people_too(witness):
    write_all(witness, NOTES)
    text = witness.path.read_text("utf-8")
    assert re.sub(r"\nend [0-9a-f]{16}\n\n", "", text) == "".join(NOTES)


def test_a_note_that_was_cut_off_anywhere_is_said_and_never_part_of_the_next(witness, heard):
    write_all(witness, NOTES[:2])
    before = witness.path.read_bytes()
    witness.write(NOTES[2])
    whole = witness.path.read_bytes()
    line_end = len(whole) - 1  # without the last empty line it is whole
    for cut in range(len(before), len(whole)):
        witness.path.write_bytes(whole[:cut])
        heard.clear()
        expected = NOTES[:3] if cut >= line_end else NOTES[:2]
        assert witness.read() == expected
        assert bool(heard) == (len(before) < cut < line_end)
        again = NOTES[:3] if cut >= line_end - 1 else NOTES[:2]  # the line feed of the last line is put right
        heard.clear()
        write_all(witness, NOTES[3:5])
        assert witness.read() == [*again, *NOTES[3:5]]
        assert bool(heard) == (len(before) < cut < line_end - 1)
    witness.path.write_bytes(whole[: len(before) + 40])
    witness.read()
    assert "40 bytes are no whole note" in heard[-1]
    assert str(witness.path) in heard[-1]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(steps=st.lists(st.tuples(st.integers(0, 5), st.one_of(st.none(), st.integers(1, 400))), max_size=7))
def test_any_kills_in_any_order_lose_no_whole_note_and_invent_none(steps, tmp_path):
    path = tmp_path / "many.txt"
    path.unlink(missing_ok=True)
    witness = FileWitness(str(path), lambda sentence: None)
    whole, maybe = [], []
    for number, cut in steps:
        size = path.stat().st_size if path.exists() else 0
        witness.write(NOTES[number])
        if cut is None or cut >= path.stat().st_size - size - 2:
            whole.append(NOTES[number])
        else:
            os.truncate(path, size + cut)
            maybe.append(NOTES[number])
    notes = witness.read() if path.exists() else []
    assert notes == whole


def test_a_changed_note_is_said(witness, heard):
    write_all(witness)
    text = witness.path.read_text("utf-8")
    witness.path.write_text(text.replace(NOTES[3].split("\n")[2], NOTES[4].split("\n")[2]), "utf-8")
    assert witness.read() == NOTES[:3] + NOTES[4:]
    assert "somebody changed the file" in heard[0]


def test_without_a_listener_it_is_said_on_standard_error(tmp_path, capsys):
    (tmp_path / "a").write_bytes(b"\xff half\n")
    assert open_witness(str(tmp_path / "a")).read() == []
    assert capsys.readouterr().err.startswith("warning: ")


@pytest.mark.parametrize(
    "rubbish", [b"\n" * 5000, b"end 0123456789abcdef\n" * 50_000, b"\xff\xfe\x00" * 500, b"\n\nend "]
)
def test_a_file_of_something_else_is_no_note(rubbish, witness, heard):
    witness.path.write_bytes(rubbish)
    assert witness.read() == []
    witness.write(NOTES[1])
    assert witness.read() == [NOTES[1]]


def test_bytes_that_are_no_text_are_no_note_though_their_digest_fits(witness, heard):
    data = b"\xff\n"
    witness.path.write_bytes(data + b"\nend " + witnesses._digest(data) + b"\n\n")
    assert witness.read() == []
    assert heard


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    for address in (f"{tmp_path}/usb/anchors.txt", f"sqlite:///{tmp_path}/usb/anchors.db"):
        for act in (open_witness(address).read, lambda address=address: open_witness(address).write(NOTES[0])):
            with pytest.raises(UsageError, match="folder of the witness is not there") as error:
                act()
            assert str(tmp_path / "usb") in str(error.value)
    assert not (tmp_path / "usb").exists()


def test_what_is_no_file_is_refused(tmp_path):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for place in (tmp_path / "folder", tmp_path / "pipe", Path("/dev/null")):
        with pytest.raises(UsageError, match="no file"):
            open_witness(str(place)).write(NOTES[0])
        with pytest.raises(UsageError, match="no file"):
            open_witness(str(place)).read()


def test_a_full_disk_is_said(witness, monkeypatch):
    write_all(witness, NOTES[:1])
    real = os.write

    def write(file, data):
        if len(data) < 100:
            raise OSError(28, "No space left on device")
        return real(file, data[:-50])

    monkeypatch.setattr(witnesses.os, "write", write)
    with pytest.raises(StoreError, match="No space left"):
        witness.write(NOTES[1])
    monkeypatch.undo()
    witness.say = lambda sentence: None
    assert witness.read() == NOTES[:1]
    witness.write(NOTES[2])
    assert witness.read() == [NOTES[0], NOTES[2]]


def test_somebody_who_holds_the_file_is_waited_for_but_not_for_ever(witness, monkeypatch):
    import fcntl

    write_all(witness, NOTES[:1])
    monkeypatch.setattr(witnesses, "WAIT", 0.2)
    with witness.path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        with pytest.raises(StoreBusy, match="did not let go"):
            witness.write(NOTES[1])
        threading.Timer(0.05, lambda: fcntl.flock(file, fcntl.LOCK_UN)).start()
        witness.write(NOTES[1])
    assert witness.read() == NOTES[:2]


WRITER = """
import sys
from creditscore.store.witnesses import open_witness
witness = open_witness(sys.argv[1])
for number in range(int(sys.argv[2])):
    note = f"log {sys.argv[3]}\\n{number}\\n{'A' * 43}=\\n"
    witness.write(note)
    print(number, flush=True)
"""


def start_writer(address: str, count: int, name: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, address, str(count), name],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_writers_at_once_lose_nothing(tmp_path, store_url):
    for address in (str(tmp_path / "anchors.txt"), store_url):
        writers = [start_writer(address, 20, str(number)) for number in range(4)]
        for writer in writers:
            _, complaints = writer.communicate(timeout=120)
            assert writer.returncode == 0, complaints
        notes = [note.split("\n")[:2] for note in open_witness(address).read()]
        for number in range(4):
            assert [int(size) for origin, size in notes if origin == f"log {number}"] == list(range(20))


@pytest.mark.slow
def test_writers_that_are_killed_lose_nothing_that_they_have_said(tmp_path, store_url):
    for address in (str(tmp_path / "anchors.txt"), store_url):
        sentences = []
        for number in range(6):
            writer = start_writer(address, 100_000, str(number))
            assert writer.stdout
            assert writer.stdout.readline()
            time.sleep(0.01 * number)
            writer.kill()
            rest, _ = writer.communicate()
            last = [0, *map(int, re.findall(r"^(\d+)\n", rest, re.MULTILINE))][-1]
            sentences.append(last)
        sizes = [note.split("\n")[:2] for note in open_witness(address, lambda sentence: None).read()]
        for number, last in enumerate(sentences):
            assert [int(size) for origin, size in sizes if origin == f"log {number}"][: last + 1] == list(
                range(last + 1)
            )


# --- commands


def python(program: str, *arguments: str) -> str:
    """The address of a witness that is a Python program."""
    return "command:" + shlex.join([sys.executable, "-c", program, *arguments])


def test_a_command_is_given_the_note_and_no_shell(tmp_path):
    out = tmp_path / "$(touch x); a b"
    program = "import sys; open(sys.argv[1], 'ab').write(sys.stdin.buffer.read())"
    witness = open_witness(python(program, str(out)))
    write_all(witness, NOTES[:2])
    assert out.read_text("utf-8") == "".join(NOTES[:2])
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_a_command_cannot_be_read():
    with pytest.raises(UsageError, match="a command cannot be read") as error:
        open_witness("command:true").read()
    assert "give the notes as a file" in str(error.value)


def test_a_command_that_fails_says_why_but_no_secret():
    program = "import sys; sys.exit('no route to ' + sys.argv[1])"
    with pytest.raises(StoreError, match="ended with code 1") as error:
        open_witness(python(program, "https://u:hunter2@host")).write(NOTES[0])
    assert "no route to …" in str(error.value)
    assert "hunter2" not in str(error.value)


def test_a_command_that_takes_no_note_is_no_error():
    open_witness("command:true").write(NOTES[0])
    with pytest.raises(StoreError, match="code 1") as error:
        open_witness("command:false").write(NOTES[0])
    assert "it says nothing" in str(error.value)


def test_a_command_that_is_not_there_is_said(tmp_path):
    (tmp_path / "plain").write_text("no program")
    for place in ("/nowhere/anchor", str(tmp_path / "plain"), str(tmp_path)):
        with pytest.raises(UsageError, match="cannot be run"):
            open_witness(f"command:{place} secret").write(NOTES[0])


def test_a_command_that_does_not_end_is_stopped_with_what_it_began(tmp_path, monkeypatch):
    monkeypatch.setattr(witnesses, "COMMAND_LIMIT", 1.0)
    pid = tmp_path / "pid"
    program = (
        "import subprocess, sys, time; p = subprocess.Popen(['sleep', '60']);"
        "open(sys.argv[1], 'w').write(str(p.pid)); time.sleep(60)"
    )
    began = time.monotonic()
    with pytest.raises(StoreError, match="did not end within 1 seconds"):
        open_witness(python(program, str(pid))).write(NOTES[0])
    assert time.monotonic() - began < 20
    status = Path(f"/proc/{pid.read_text()}/status")
    for _ in range(100):
        if not status.exists() or "State:\tZ" in status.read_text():
            break
        time.sleep(0.05)
    else:
        pytest.fail("what the command began still runs")


# --- databases


def test_rows_of_a_database_are_only_added(store_url):
    witness = open_witness(store_url)
    write_all(witness)
    assert isinstance(witness, DatabaseWitness)
    statements = ["UPDATE anchor SET note = 'x'", "DELETE FROM anchor"]
    statements += [] if witness.is_sqlite else ["TRUNCATE anchor"]
    for statement in statements:
        with pytest.raises(sa.exc.DBAPIError, match="only added"), witness.engine.begin() as connection:
            connection.exec_driver_sql(statement)
    assert witness.read() == NOTES


def test_a_database_of_somebody_else_keeps_its_tables(store_url):
    witness = open_witness(store_url)
    assert isinstance(witness, DatabaseWitness)
    with witness.engine.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE anchor (ship TEXT)")
    with pytest.raises(StoreError, match="cannot be read or written"):
        witness.write(NOTES[0])
    with pytest.raises(StoreError, match="cannot be read or written"):
        witness.read()


def test_what_is_no_database_is_said(tmp_path):
    (tmp_path / "a.db").write_bytes(b"something else " * 100)
    witness = open_witness(f"sqlite:///{tmp_path}/a.db")
    for act in (witness.read, lambda: witness.write(NOTES[0])):
        with pytest.raises(StoreError, match="not a database"):
            act()


def test_a_locked_database_is_waited_for_but_not_for_ever(tmp_path, monkeypatch):
    monkeypatch.setattr(witnesses, "WAIT", 0.2)
    address = f"sqlite:///{tmp_path}/a.db"
    holder = open_witness(address)
    holder.write(NOTES[0])
    with holder.engine.connect() as connection:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy, match="somebody else writes"):
            open_witness(address).write(NOTES[1])
        assert open_witness(address).read() == NOTES[:1]
        connection.rollback()


@pytest.mark.slow
def test_a_server_that_does_not_let_in_shows_no_password(postgres_url):
    url = sa.make_url(postgres_url)
    for wrong in (
        url.set(database="nowhere", password="hunter2"),
        url.set(query={**url.query, "port": "1"}, password="hunter2"),
        url.set(username="nobody_known", password="hunter2"),
    ):
        witness = open_witness(wrong.render_as_string(hide_password=False))
        for act in (witness.read, lambda witness=witness: witness.write(NOTES[0])):
            with pytest.raises(StoreError, match="cannot be read or written") as error:
                act()
            assert "hunter2" not in str(error.value)
            assert "***" in str(error.value)
