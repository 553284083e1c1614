"""Files written whole or not at all: each under another name beside its place, and moved there when it is complete."""

from __future__ import annotations

import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from errno import EISDIR
from pathlib import Path
from typing import Any

from creditscore.core.boundary import described, require_plain, translate
from creditscore.core.errors import CreditscoreError, UsageError

__all__ = ["json_text", "whole_file", "write_json", "write_text", "write_texts"]


@contextmanager
def whole_file(file: Path | str) -> Iterator[Path]:
    """Give a path to write to, which becomes `file` when the block ends without an error.

    Parameters
    ----------
    file : where the file will lie; its folder is made, an earlier file is replaced, and one behind a link too.

    Yields
    ------
    Path
        A path in the same folder.

    Raises
    ------
    UsageError
        The file cannot be written there, or the disk is full.
    InputError
        `file` is a pipe.

    Examples
    --------
    >>> with whole_file("scores.txt") as part:  # doctest: +SKIP
    ...     part.write_text("A,90", encoding="utf-8")
    """
    require_plain(file)
    place = Path(os.path.realpath(file))
    part = place  # /dev/null takes what comes, and stays
    try:
        if not place.is_char_device():
            place.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():  # said before others of one call are moved
                raise IsADirectoryError(EISDIR, os.strerror(EISDIR), str(place))
            # a name of its own: others write beside it; it keeps the ending, by which writers know the kind
            handle, name = tempfile.mkstemp(place.suffix, ".part-", place.parent)
            os.close(handle)
            part = Path(name)
            part.chmod(_mode_of(place))
        yield part
        if part != place:
            part.replace(place)
    except CreditscoreError:
        raise
    except Exception as error:
        creditscore_error = translate(error, str(file))
        if isinstance(creditscore_error, UsageError):  # a full disk, the memory, an extra that is not there
            creditscore_error.where = str(file)
            raise creditscore_error from error
        if isinstance(error, OSError):
            raise UsageError("core.cannot_write", described=described(error), where=str(file)) from error
        raise
    finally:
        if part != place:
            with suppress(OSError):
                part.unlink(missing_ok=True)


def _mode_of(place: Path) -> int:
    """Who may read and write a file: as it is, or as the system has it for new ones."""
    with suppress(OSError):
        return stat.S_IMODE(place.stat().st_mode)
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_text(file: Path | str, text: str) -> Path:
    """Write a text in UTF-8 with line feeds, as `whole_file` does; returns its path."""
    return write_texts(Path(file).parent, {Path(file).name: text})[0]


def write_texts(folder: Path | str, texts: Mapping[str, str]) -> list[Path]:
    """Write texts into a folder by the names of their files.

    A failure while they are written leaves every file as it was; then they are moved to their places one by one.

    Returns their paths in the same order. Raises what `whole_file` raises.
    """
    files = [Path(folder) / name for name in texts]
    with ExitStack() as parts:
        for file, text in zip(files, texts.values(), strict=True):
            parts.enter_context(whole_file(file)).write_text(text, encoding="utf-8", newline="\n")
    return files


def json_text(
    data: Any, *, indent: int = 1, sort_keys: bool = False, default: Callable[[Any], Any] | None = None
) -> str:
    """Give data as JSON as people read it: no letter escaped, a line feed at the end.

    Raises ValueError where a number is not finite: JSON has none.
    """
    shown = json.dumps(data, ensure_ascii=False, indent=indent, sort_keys=sort_keys, default=default, allow_nan=False)
    return f"{shown}\n"


def write_json(
    file: Path | str,
    data: Any,
    *,
    indent: int = 1,
    sort_keys: bool = False,
    default: Callable[[Any], Any] | None = None,
) -> Path:
    """Write data as `json_text` gives it, whole or not at all; returns its path."""
    return write_text(file, json_text(data, indent=indent, sort_keys=sort_keys, default=default))
