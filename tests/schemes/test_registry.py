"""The library as it lies on disk."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from creditscore.schemes import registry


def test_files_that_come_and_go_are_seen(tmp_path: Path) -> None:
    library = tmp_path / "schemes"

    def names() -> list[str]:
        return [f"{one.scheme}@{one.version}" for one in registry.entries(tmp_path)]

    def rest() -> None:
        """As if nothing had changed for an hour."""
        for place in [library, *(one for one in library.rglob("*") if one.is_dir())]:
            os.utime(place, (place.stat().st_mtime - 3600,) * 2)

    for file in ("a/2014.yaml", "a/2020.yaml", "b/c/2014.yaml"):
        (library / file).parent.mkdir(parents=True, exist_ok=True)
        (library / file).touch()
    rest()
    assert names() == names() == ["a@2014", "a@2020", "b/c@2014"]
    assert registry.entries(tmp_path) is registry.entries(tmp_path)  # not walked again
    (library / "b" / "c" / "2016.yaml").touch()
    (library / "a" / "2014.yaml").unlink()
    assert names() == ["a@2020", "b/c@2014", "b/c@2016"]
    rest()
    assert names() == ["a@2020", "b/c@2014", "b/c@2016"]
    shutil.rmtree(library / "b")
    (library / "d").mkdir()
    (library / "d" / "2000.yaml").touch()
    assert names() == ["a@2020", "d@2000"]
