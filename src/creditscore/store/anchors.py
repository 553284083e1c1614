"""What all witnesses share: how their addresses are shown, where a file may lie, what a note is."""

from __future__ import annotations

import re
import stat
from contextlib import suppress
from pathlib import Path

from creditscore.core.errors import UsageError
from creditscore.store.notes import read_note

WAIT = 10.0  # seconds for others that write to the same witness
SHOWN = 300  # characters of what a command or a database says
KINDS = "a path, file:PATH, command:PROGRAM ARGUMENTS, sqlite:///PATH or postgresql+psycopg://USER@HOST/DATABASE"
END = re.compile(rb"^end ([0-9a-f]{16})\n", re.MULTILINE)
PASSWORD = re.compile(r"(://[^:/?#@]*):.*@", re.DOTALL)
SECRET = re.compile(r"([?&][^=&]*(?:pass|secret|token|key)[^=&]*=)[^&]*", re.IGNORECASE)


def hide_credentials(address: str) -> str:
    """Give an address as it may be shown: without passwords, and of a command its program alone.

    Examples
    --------
    >>> hide_credentials("postgresql+psycopg://office:secret@host/anchors")
    'postgresql+psycopg://office:***@host/anchors'
    """
    if address.startswith("command:"):
        program, *arguments = address.removeprefix("command:").split(maxsplit=1) or [""]
        return f"command:{program}{' …' if arguments else ''}"
    return SECRET.sub(r"\1***", PASSWORD.sub(r"\1:***@", address))


def check_file_place(path: Path) -> None:
    """Raise UsageError where the folder is not there, or something else than a file stands at the path."""
    folder = path.parent
    if not folder.is_dir():
        raise UsageError("store.folder_witness_not", where=str(folder))
    with suppress(OSError):
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError("store.witness_no_file", where=str(path))


def require_note(note: str) -> bytes:
    """Give a note in UTF-8; UsageError where it is none, or its text holds an empty line or one that ends a note."""
    body, _ = read_note(note, unsigned=True)
    if body.startswith("\n") or "\n\n" in body or END.search(body.encode()):
        raise UsageError("store.text_note_holds_empty_line_would", where=repr(body[:80]))
    return note.encode()
