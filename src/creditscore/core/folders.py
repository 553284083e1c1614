"""A folder of results, written whole or not at all: made beside its place and moved there when it is complete."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from creditscore.core.errors import UsageError


@contextmanager
def whole(out: Path | str, mark: str) -> Iterator[Path]:
    """A folder to write into; it becomes `out` when the block ends without an error.

    `mark` is a file that every folder of this kind holds. UsageError where `out` is a file, or a folder that holds
    something else and no `mark`.
    """
    place = Path(out)
    held = place.is_dir() and any(place.iterdir())
    if (place.exists() and not place.is_dir()) or (held and not (place / mark).is_file()):
        raise UsageError("core.folder_holds_something_else", mark=mark, where=str(out))
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        work = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
    except OSError as error:
        raise UsageError("core.cannot_write_2", strerror=error.strerror, where=str(out)) from error
    try:
        try:
            yield work
        except UsageError as error:  # what could not be written lay in the folder that is gone then
            error.where = str(out) if error.where and str(work) in error.where else error.where
            raise
        os.chmod(work, 0o755)
        if place.exists():
            shutil.rmtree(place)
        work.rename(place)
    finally:
        shutil.rmtree(work, ignore_errors=True)
