"""Witnesses: where anchors of a log go, out of reach of who can change the log; a file, a command or another database.

In a file each note stands as it is, then an empty line, then a line `end` with the first digits of its SHA-256: a note
that was cut off, when the writer was killed or the disk was full, is known as one and never becomes part of the next.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import date
from hashlib import sha256
from pathlib import Path
from signal import SIGKILL
from typing import TYPE_CHECKING, Protocol

from creditscore.core.boundary import described
from creditscore.core.clock import today
from creditscore.core.days import day_of
from creditscore.core.errors import StoreBusy, StoreError, UsageError
from creditscore.store.anchors import END, KINDS, SHOWN, WAIT, check_file_place, hide_credentials, require_note
from creditscore.store.database_witness import DatabaseWitness
from creditscore.store.log import Event, NewEvent

if TYPE_CHECKING:
    from creditscore.store.store import Store

VARIABLE = "CREDITSCORE_WITNESSES"  # addresses beside those that the log names, one a line
COMMAND_LIMIT = 30.0  # seconds for a command
SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
FILE = re.compile(r"file:(?://(?=/))?((?!//).+)", re.DOTALL)  # file:///PATH is a path too, file://HOST/PATH is none


class Witness(Protocol):
    """Somebody who keeps notes. `shown`: the address, without what is secret in it."""

    shown: str

    def write(self, note: str) -> None:
        """Add a note behind all others.

        Raises
        ------
        UsageError
            The note cannot be kept, or the address does not lead to a witness.
        StoreError
            The witness does not take it. StoreBusy: others write to it all the time.
        """

    def read(self) -> list[str]:
        """Give all notes, oldest first; none where nothing was written yet. Raises what `write` raises."""


def open_witness(address: str, say: Callable[[str], None] | None = None) -> Witness:
    """Give the witness at an address; nothing is read or written yet.

    Parameters
    ----------
    address
        A path or `file:PATH`; `command:PROGRAM ARGUMENTS`, which is given each note on its standard input and can only
        be written to; or `sqlite:///PATH` or `postgresql+psycopg://USER@HOST/DATABASE`.
    say
        Called with a sentence where something that was cut off is passed over; without it, it goes to standard error.

    Returns
    -------
    Witness
        With `write` and `read`.

    Raises
    ------
    UsageError
        The address is of no such kind.

    Examples
    --------
    >>> open_witness("file:anchors.txt").shown
    'anchors.txt'
    """
    if "\0" in address or not address.strip():
        raise UsageError("store.no_address_witness", address=address, allowed=KINDS)
    if address.startswith("command:"):
        return CommandWitness(address.removeprefix("command:"))
    if address.startswith("file:") and (match := FILE.fullmatch(address)):
        return FileWitness(match[1], say)
    if "://" in address and not address.startswith("file:"):
        return DatabaseWitness(address)
    if SCHEME.match(address):
        raise UsageError("store.address_no_witness", where=hide_credentials(address), allowed=KINDS)
    return FileWitness(address, say)


def tell_witnesses(
    list_addresses: Callable[[], Sequence[str]],
    trusted: Sequence[str],
    make_note: Callable[[], str],
    say: Callable[[str], None],
) -> None:
    """Give all witnesses the newest note; what one of them does is said and stops nothing.

    Parameters
    ----------
    list_addresses
        Lists those of all.
    trusted
        Those that were named outside the log; a command is run only where it is among them, for whoever can write to
        the database could name another.
    make_note
        Makes the note.
    say
        Called with a sentence where one was not told.
    """
    try:
        addresses = list_addresses()
        note = make_note() if addresses else ""
    except Exception as error:  # the act is written, whatever stands in the way of reading it
        say(f"the act is written, but no witness was told: {error}")
        return
    for address in addresses:
        if address.startswith("command:") and address not in trusted:
            say(f"{hide_credentials(address)} is not run as a witness: only the log names it, not {VARIABLE}")
            continue
        try:
            open_witness(address, say).write(note)
        except Exception as error:  # whatever a witness does, the act is written
            say(f"the act is written, but the witness {hide_credentials(address)} was not told: {error}")


def add_witness(store: Store, address: str, *, by: str = "", on: date | str | None = None) -> list[Event]:
    """Name a witness in the log (an approver): every act from this one on is told to it.

    Raises
    ------
    UsageError
        For no address of a witness, one that is named already, or a command: whoever can write to the database could
        name another, so commands are named outside the log.
    """
    witness = open_witness(address)
    _require_elsewhere(store, witness)
    if address.startswith("command:"):
        raise UsageError("store.command_not_named_log", variable=VARIABLE, where=hide_credentials(address))
    if address in store.witnesses():
        raise UsageError("store.witness_told_already", where=hide_credentials(address))
    name = f"witness/{sha256(address.encode()).hexdigest()[:12]}-{store.head().size}"
    new = NewEvent(name, "witness.added", {"set": {"address": address}}, "added", expected=-1)
    return store.record(lambda people: [new], by=by, on=on, role="approver")


def remove_witness(
    store: Store, address: str, *, reason: str, by: str = "", on: date | str | None = None
) -> list[Event]:
    """Let a witness that the log names be told no more (an approver); UsageError where it names no such one."""
    rows = [row for row in store.rows("witness", state="added") if row["address"] == address]
    if not rows:
        raise UsageError(
            "store.log_names_no_such_witness",
            where=hide_credentials(address),
            allowed=[hide_credentials(row["address"]) for row in store.rows("witness", state="added")]
            or "none is named",
        )
    values = {"removed_on": (day_of(on, "on") or today()).isoformat(), "reason": reason or None}
    new = [NewEvent(row["stream"], "witness.removed", {"set": values}, "removed") for row in rows]
    return store.record(lambda people: new, by=by, on=on, role="approver")


def _require_elsewhere(store: Store, witness: Witness) -> None:
    """Raise UsageError for a file of the store itself, where notes are lost, and for one that holds something else."""
    own, path = store.database.path, getattr(witness, "path", None)
    if isinstance(witness, DatabaseWitness) and witness.is_sqlite:
        path = Path(str(witness.url.database))
    begins = None if own is None else str(own.resolve())  # its log, locks and line are called after it
    if begins is not None and path is not None and str(path.resolve()).startswith(begins):
        raise UsageError("store.file_store_s_own", where=str(path))
    is_filled = isinstance(witness, FileWitness) and witness.path.exists() and witness.path.stat().st_size > 0
    if is_filled and not witness.read():
        raise UsageError("store.file_holds_no_notes_something_else", where=str(path))


class FileWitness:
    """Notes in a file, each behind the one before.

    Parameters
    ----------
    path
        The file; its folder must be there, so that notes for a disk that is not mounted do not go elsewhere.
    say
        Called with a sentence where something is passed over.
    """

    def __init__(self, path: str, say: Callable[[str], None] | None = None) -> None:
        self.path, self.shown = Path(path), path
        self.say = say or (lambda sentence: print(f"warning: {sentence}", file=sys.stderr))

    def write(self, note: str) -> None:
        """Add a note; it is on the disk when this returns. Raises as `Witness.write` says."""
        data = require_note(note)
        record = data + b"\nend " + _digest(data) + b"\n\n"
        check_file_place(self.path)
        with self._failing():
            is_new = not self.path.exists()
            file = os.open(self.path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            try:
                with self._lock(file):
                    size = os.fstat(file).st_size
                    if size and os.pread(file, 2, max(0, size - 2)) != b"\n\n":
                        record = b"\n\n" + record  # something was cut off: keep away from it
                    while record:
                        record = record[os.write(file, record) :]
                    os.fsync(file)
            finally:
                os.close(file)
            if is_new:
                _sync_folder(self.path)

    def read(self) -> list[str]:
        """Give all notes, oldest first, and say what is no whole note. Raises as `Witness.read` says."""
        check_file_place(self.path)
        with self._failing():
            try:
                data = self.path.read_bytes()
            except FileNotFoundError:
                return []
        notes, start, strange = [], 0, 0
        for end in END.finditer(data):
            block = data[start : end.start()]
            note = _find_note(block, end[1])
            if note is None:
                strange += len(block.strip(b"\n")) + len(end[0])
            else:
                notes.append(note.decode())
                strange += len(block.strip(b"\n")) - len(note.strip(b"\n"))
            start = end.end()
        strange += len(data[start:].strip(b"\n"))
        if strange:
            self.say(
                f"{self.shown}: {strange} bytes are no whole note and are passed over (a writer was killed or the disk "
                f"was full, or somebody changed the file); {len(notes)} whole notes are read"
            )
        return notes

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """Raise errors of the operating system as ours."""
        try:
            yield
        except OSError as error:
            raise StoreError(
                "store.witness_cannot_read_written_2", described=described(error), where=self.shown
            ) from error

    @contextmanager
    def _lock(self, file: int) -> Iterator[None]:
        """Hold the file alone until the block ends; where the system has no locks, write all the same."""
        try:
            import fcntl
        except ImportError:
            yield
            return
        began = time.monotonic()
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() - began > WAIT:
                    raise StoreBusy("store.somebody_else_holds_witness_not_let", wait=WAIT, where=self.shown) from None
                time.sleep(0.005)
            except OSError:  # a file system without locks
                break
        yield  # closing the file lets go


class CommandWitness:
    """A command that is given each note on its standard input, and keeps it somewhere.

    Parameters
    ----------
    line
        The program and its arguments, quoted as for a shell; no shell reads them.
    """

    def __init__(self, line: str) -> None:
        self.shown = hide_credentials(f"command:{line.strip()}")
        try:
            self.words = shlex.split(line)
        except ValueError as error:
            raise UsageError("store.command_witness_cannot_taken_apart_quotation", where=self.shown) from error
        if not self.words or not self.words[0]:
            raise UsageError("store.witness_names_no_command", where=self.shown)

    def write(self, note: str) -> None:
        """Run the command with the note on its standard input. Raises as `Witness.write` says."""
        data = require_note(note)
        with tempfile.TemporaryFile() as given, tempfile.TemporaryFile() as complaints:
            given.write(data)
            given.seek(0)
            try:
                process = subprocess.Popen(
                    self.words, stdin=given, stdout=subprocess.DEVNULL, stderr=complaints, start_new_session=True
                )
            except OSError as error:
                raise UsageError(
                    "store.command_witness_cannot_run", described=described(error), where=self.shown
                ) from error
            try:
                code = process.wait(COMMAND_LIMIT)
            except subprocess.TimeoutExpired as error:
                raise StoreError(
                    "store.command_witness_not_end_within_seconds", command_limit=COMMAND_LIMIT, where=self.shown
                ) from error
            finally:
                if process.returncode is None:
                    with suppress(ProcessLookupError):
                        os.killpg(process.pid, SIGKILL)  # its own group: what it began ends too
                    process.wait()
            if code:
                complaints.seek(0)
                words = self._hide(complaints.read().decode("utf-8", "replace").strip())
                raise StoreError(
                    "store.command_witness_ended_code",
                    code_value=code,
                    where=self.shown,
                    next=f"it says: {words[-SHOWN:]}" if words else "it says nothing; run it by hand",
                )

    def read(self) -> list[str]:
        """Raise UsageError: what a command did with the notes only it knows."""
        raise UsageError("store.command_cannot_read", where=self.shown)

    def _hide(self, text: str) -> str:
        """Take the arguments out of what the command says: they may be secret."""
        for word in sorted(self.words[1:], key=len, reverse=True):
            if len(word) > 3:
                text = text.replace(word, "…")
        return text


def _digest(data: bytes) -> bytes:
    return sha256(data).hexdigest()[:16].encode()


def _find_note(block: bytes, digest: bytes) -> bytes | None:
    """Find the note at the end of what stands before an `end` line; what stands before it was cut off."""
    text = block.removesuffix(b"\n")  # the empty line before `end`
    place = len(text)
    for _ in range(2):  # a note is a text without empty lines, and perhaps an empty line and its signatures
        place = text.rfind(b"\n\n", 0, max(0, place))
        note = text[place + 2 :] if place >= 0 else text.removeprefix(b"\n")
        if note and _digest(note) == digest and _is_text(note):
            return note
        if place < 0:
            break
    return None


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def _sync_folder(path: Path) -> None:
    """Have the disk keep that a new file is there."""
    with suppress(OSError):  # some systems cannot
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
