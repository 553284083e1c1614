"""A folder of results stands whole in its place, or what stood there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from creditscore.core.folders import whole

MARK = "manifest.json"


def fill(place: Path, text: str) -> None:
    with whole(place, MARK) as folder:
        (folder / MARK).write_text(text, encoding="utf-8")


def fail_in(place: Path) -> None:
    with whole(place, MARK) as folder:
        (folder / MARK).write_text("2", encoding="utf-8")
        raise UsageError("cannot be written", where=str(folder / "a.parquet"))


def test_a_folder_takes_the_place_of_an_earlier_one_of_its_kind(tmp_path: Path) -> None:
    place = tmp_path / "new" / "out"
    fill(place, "1")
    (place / "left.txt").touch()
    fill(place, "2")
    assert [path.name for path in place.iterdir()] == [MARK]
    assert (place / MARK).read_text(encoding="utf-8") == "2"


def test_after_an_error_what_was_there_stands_and_nothing_is_left_beside_it(tmp_path: Path) -> None:
    fill(tmp_path / "out", "1")
    with pytest.raises(UsageError) as refused:
        fail_in(tmp_path / "out")
    assert refused.value.where == str(tmp_path / "out")
    assert (tmp_path / "out" / MARK).read_text(encoding="utf-8") == "1"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_is_of_another_kind_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").touch()
    (tmp_path / "file").touch()
    for name in ("photos", "file"):
        with pytest.raises(UsageError, match="holds something else") as refused:
            fill(tmp_path / name, "1")
        assert MARK in str(refused.value.allowed)
    assert (tmp_path / "photos" / "1.jpg").exists()
    with pytest.raises(UsageError, match="cannot write there"):
        fill(tmp_path / "file" / "out", "1")
