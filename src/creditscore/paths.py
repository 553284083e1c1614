"""Where the rules live: `configs/` in a checkout, `creditscore/_configs/` in an installed wheel."""

from __future__ import annotations

import os
from pathlib import Path

from creditscore.errors import UsageError

VARIABLE = "CREDITSCORE_CONFIGS"


def config_root() -> Path:
    """Folder that holds `laws/`, `schemes/` and the rest; the environment variable comes first."""
    override = os.environ.get(VARIABLE)
    if override:
        root = Path(override).expanduser().resolve()
        if not root.is_dir():
            raise UsageError(
                f"{VARIABLE} does not name a folder",
                where=str(root),
                allowed="a folder laid out like configs/",
                next="correct it, or unset it to use the rules of the package",
            )
        return root
    package = Path(__file__).resolve().parent
    places = (package / "_configs", package.parent.parent / "configs")
    for root in places:
        if root.is_dir():
            return root
    raise UsageError(
        "the rules are missing",
        where=" and ".join(map(str, places)),
        next=f"install creditscore again, or set {VARIABLE} to a folder laid out like configs/",
    )
