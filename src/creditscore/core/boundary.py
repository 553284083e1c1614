"""The boundary: errors of DuckDB, Arrow, the operating system and memory become errors of our tree, or pass."""

from __future__ import annotations

import errno
import os
import re
import shutil
import stat
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from traceback import walk_tb

from creditscore.core.errors import CreditscoreError, ExitCode, InputError, InternalError, UsageError
from creditscore.core.extras import explain_missing
from creditscore.core.folding import fold
from creditscore.core.messages import Message

INTERRUPTED = ExitCode.INTERRUPTED
LEAST_MEMORY = 1500 << 20  # below it the engine, or Arrow, ends the process instead of raising an error
SHOWN = 300  # characters of a foreign message or of a path
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS}
FULL_WORDS = ("no space left on device", "file too large", "disk quota", "read-only file system")
OUT_OF_MEMORY = (
    "cannot allocate memory",
    "failed to map segment",
    "can't start new thread",
    "bad_alloc",
    "failed to allocate",
    "out of memory",
    "resource temporarily unavailable",
)
MEMORY_KINDS = (ImportError, OSError, RuntimeError, SystemError)  # what a library raises where memory ends
# `IO Error: `, `TProtocolException: `, before what the engine says
ENGINE_KIND = re.compile(r"^(?:(?:[A-Z][A-Za-z]+ )+Error|[A-Z][A-Za-z]*Exception): ")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069]+")  # would act on a terminal
# Of the engine: what a file or a cell can bring about. Its other errors are about SQL, and SQL is written by us.
OF_DATA = {
    "IOException",
    "InvalidInputException",
    "ConversionException",
    "SerializationException",
    "HTTPException",
    "OutOfRangeException",
    "TypeMismatchException",
    "InternalException",
    "FatalException",
    "Error",
}


@contextmanager
def guarded(where: str | Message | None = None) -> Iterator[None]:
    """Raise our errors in place of those of the engine, Arrow, the operating system and memory.

    For the doors of the library, as a context or as a decorator; `where` says what was at work. What may be a slip of
    the caller or of this package (TypeError, KeyError …) passes as it is.
    """
    try:
        yield
    except Exception as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from error
        creditscore_error = translate(error, where)
        if creditscore_error is None:
            raise
        raise creditscore_error from error


@contextmanager
def outside(what: str, where: object, next: str | None = None, allowed: str | None = None) -> Iterator[None]:
    """Read something that was written outside: whatever is wrong with its shape is an InputError that names it."""
    try:
        yield
    except CreditscoreError:
        raise
    except Exception as error:
        if is_interrupt(error):
            raise KeyboardInterrupt from error
        creditscore_error = None if isinstance(error, RecursionError) else translate(error, _shortened(str(where)))
        if creditscore_error is not None and not isinstance(creditscore_error, InputError):
            raise creditscore_error from error
        why = "it is nested too deeply" if isinstance(error, RecursionError) else described(error)
        raise InputError(
            "core.cannot_read", what_value=what, why=why, where=_shortened(str(where)), allowed=allowed, next=next
        ) from error


def require_plain(path: Path | str) -> None:
    """InputError where a path is no file that can be read to its end: a pipe would be waited for without a word."""
    try:
        kind = os.stat(path).st_mode
    except (OSError, ValueError):  # whoever opens it says so in its own words
        return
    if stat.S_ISFIFO(kind) or stat.S_ISSOCK(kind):
        raise InputError("core.pipe_read_only_once_may_never", where=_shortened(str(path)))


def is_interrupt(error: BaseException) -> bool:
    """Whether a person stopped the work; the engine says so by errors of its own."""
    if isinstance(error, KeyboardInterrupt):
        return True
    return type(error).__name__ == "InterruptException" or (
        isinstance(error, RuntimeError) and "query interrupted" in str(error).lower()
    )


def translate(error: BaseException, where: str | Message | None = None) -> CreditscoreError | None:
    """The error of our tree that says the same; None for what is ours already, a closed pipe or a fault of our own."""
    if isinstance(error, CreditscoreError | BrokenPipeError):
        return None
    text, kind = str(error).lower(), type(error)
    home = kind.__module__.partition(".")[0]
    if (
        isinstance(error, MemoryError)
        or kind.__name__ == "OutOfMemoryException"
        or (isinstance(error, MEMORY_KINDS) and any(word in text for word in OUT_OF_MEMORY))
    ):
        return UsageError("core.memory_not_enough", value=_first_line(error) or "nothing is left", where=where)
    missing = explain_missing(error)
    if missing is not None:
        return missing
    foreign = isinstance(error, OSError) or home in ("_duckdb", "duckdb", "pyarrow")
    if foreign and (getattr(error, "errno", None) in FULL or any(word in text for word in FULL_WORDS)):
        return UsageError("core.cannot_written", described=described(error), where=_place(error) or where)
    if isinstance(error, OSError):
        return InputError("core.cannot_read_written", described=described(error), where=_place(error) or where)
    if home in ("_duckdb", "duckdb") and kind.__name__ in OF_DATA:
        return InputError("core.data_cannot_read", described=described(error), where=where)
    if home == "pyarrow":
        return InputError("core.data_cannot_read_2", described=described(error), where=where)
    if isinstance(error, RuntimeError) and text.startswith("symlink loop"):
        return InputError(
            "core.link_leads_back_itself", where=_shortened(str(error).partition("from ")[2].strip("'\"")) or where
        )
    if isinstance(error, UnicodeError) or (isinstance(error, RuntimeError) and text == "std::bad_cast"):  # the engine's
        return InputError("core.text_not_utf", where=where)
    if isinstance(error, EOFError | ValueError) and "marshal data" in text:
        return UsageError("core.compiled_file_installation_library_uses_damaged", where=sys.prefix)
    if isinstance(error, RecursionError):
        return InputError("core.something_nested_too_deeply", where=where)
    if home in ("sqlalchemy", "sqlite3"):
        return InputError("core.database_cannot_used", described=described(error), where=where)
    return None


def internal(error: BaseException) -> InternalError:
    """A fault of our own, as it is told to whoever can report it."""
    frames = [frame for frame, _ in walk_tb(error.__traceback__)]
    home = Path(__file__).parents[1]
    ours = [frame for frame in frames if Path(frame.f_code.co_filename).is_relative_to(home)]
    place = None
    if ours:
        file = Path(ours[-1].f_code.co_filename).relative_to(home.parent)
        place = f"{file}, line {ours[-1].f_lineno}, in {ours[-1].f_code.co_name}"
    return InternalError(
        f"a fault of creditscore: {type(error).__name__}: {_first_line(error)}".rstrip(": "),
        where=place,
        next="please report this line with the command and `creditscore --version`; "
        "CREDITSCORE_DEBUG=1 shows where it came from",
    )


def require_memory() -> None:
    """UsageError where the process may use so little memory (`ulimit -v`) that the engine and Arrow would crash."""
    limit = address_space()
    if limit is not None and limit < LEAST_MEMORY:
        raise UsageError("core.process_may_use_mb_memory", count=limit >> 20, count_2=LEAST_MEMORY >> 20)


def address_space() -> int | None:
    """Bytes of address space that the process may use; None without a limit."""
    try:
        import resource
    except ImportError:  # a system without such limits
        return None
    limit = resource.getrlimit(resource.RLIMIT_AS)[0]
    return None if limit == resource.RLIM_INFINITY else int(limit)


def is_debugging() -> bool:
    """Whether tracebacks are wanted (CREDITSCORE_DEBUG=1)."""
    return os.environ.get("CREDITSCORE_DEBUG", "") not in ("", "0")


def run(command: Callable[[], object], redact: Callable[[str], str] = str) -> int:
    """Run a command line; whatever happens is told in words and becomes an exit code.

    `redact`: takes numbers of persons out of a message, which may show a cell of the input.
    """
    try:
        require_memory()
        code = command()
        if code == INTERRUPTED:  # typer has caught it
            raise KeyboardInterrupt
        sys.stdout.flush()
    except BrokenPipeError:  # who reads our output has seen enough
        code = 0
    except SystemExit as end:
        code = 0 if end.code == 1 else end.code  # no command ends so; typer does where the output is closed
    except BaseException as error:
        code = _told(error, redact)
    _leave_output()
    return code if isinstance(code, int) else 0


def _told(error: BaseException, redact: Callable[[str], str]) -> int:
    """Print what an error says; returns its exit code."""
    if is_debugging():
        traceback.print_exception(error)
    if is_interrupt(error):
        print("error: interrupted; what was begun is no result", file=sys.stderr)
        return INTERRUPTED
    if hasattr(error, "show") and hasattr(error, "format_message"):  # typer's own: the line of the command is wrong
        error.show()
        return UsageError.exit_code
    if type(error).__name__ == "Abort" and isinstance(error.__cause__, EOFError):
        error = error.__cause__  # typer takes it for an input that ended
    if type(error).__name__ == "Abort":
        print("error: ended, nothing was done", file=sys.stderr)
        return UsageError.exit_code
    creditscore_error = error if isinstance(error, CreditscoreError) else translate(error) or internal(error)
    print(_fold(CONTROL.sub("?", redact(creditscore_error.say_as_error()))), file=sys.stderr)
    return creditscore_error.exit_code


def _fold(message: str) -> str:
    """The lines of a message folded to the width of a terminal, where there is one or `COLUMNS` names it."""
    if not (sys.stderr.isatty() or os.environ.get("COLUMNS", "").isdigit()):
        return message
    width = shutil.get_terminal_size().columns
    lines = [line for whole in message.split("\n") for line in _fold_line(whole, width)]
    return "\n".join(lines)


def _fold_line(line: str, width: int) -> list[str]:
    indent = " " * (len(line) - len(line.lstrip()))
    first, *rest = fold(line.lstrip(), width - len(indent) - 2, "") or [""]
    return [indent + first, *(f"{indent}  {more}" for more in rest)]


def _leave_output() -> None:
    """Let go of an output that cannot be written to, so that nothing is tried again when Python ends."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            with suppress(OSError, ValueError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def described(error: BaseException) -> str:
    """What an error says, in one line; the words of the operating system where there are some."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    if isinstance(error, KeyError):
        return f"{str(error)[:SHOWN]} is missing"
    if isinstance(error, UnicodeError):
        return "it is not UTF-8"
    return _first_line(error) or type(error).__name__


def _first_line(error: BaseException) -> str:
    text = str(error).strip()
    inner = re.search(r'"exception_message":"((?:[^"\\]|\\.)*)"', text)  # the engine wraps an error of its threads
    text = inner[1].replace('\\"', '"') if inner else text
    return _shortened(ENGINE_KIND.sub("", (text.splitlines() or [""])[0]))


def _place(error: BaseException) -> str | None:
    name = getattr(error, "filename", None)
    if isinstance(name, bytes):
        name = os.fsdecode(name)
    return _shortened(str(name)) if isinstance(name, str | os.PathLike) and str(name) else None


def _shortened(text: str) -> str:
    """No more of a text than a person reads, and nothing that cannot be shown."""
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")
    return plain if len(plain) <= SHOWN else f"{plain[: SHOWN // 2]} … {plain[-SHOWN // 2 :]}"
