"""Where rules and reference models live: in a checkout, or inside the installed package."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from creditscore.core.errors import UsageError

VARIABLE = "CREDITSCORE_CONFIGS"


_carried: ContextVar[Path | None] = ContextVar("carried", default=None)


@contextmanager
def rules_from(folder: Path) -> Iterator[None]:
    """Let `config_root` be a folder for a while: what is computed meanwhile reads no other rules."""
    before = _carried.set(folder)
    try:
        yield
    finally:
        _carried.reset(before)


def carried() -> bool:
    """Whether `rules_from` holds: only some rules are there."""
    return _carried.get() is not None


def config_root() -> Path:
    """Folder that holds `laws/`, `schemes/` and the rest; `rules_from` comes first, then the environment variable."""
    carried = _carried.get()
    if carried is not None:
        return carried
    override = os.environ.get(VARIABLE)
    if override:
        root = Path(override).expanduser().resolve()
        if not root.is_dir():
            raise UsageError("core.not_name_folder", variable=VARIABLE, where=str(root))
        return root
    places = _places("configs")
    for root in places:
        if root.is_dir():
            return root
    raise UsageError("core.rules_missing", variable=VARIABLE, where=" and ".join(map(str, places)))


def models_root() -> Path:
    """Folder of the reference models, `<domain>/<model-id>/card.json`; it may not exist."""
    installed, checkout = _places("models")
    return installed if installed.is_dir() else checkout


def _places(folder: str) -> tuple[Path, Path]:
    """Where a folder lies in an installed wheel, and where in a checkout."""
    package = Path(__file__).resolve().parents[1]
    return package / f"_{folder}", package.parent.parent / folder
