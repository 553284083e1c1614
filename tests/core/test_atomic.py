"""Files are written whole or not at all: what fails on the way leaves what was there, and nothing beside it."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from creditscore.core.atomic import json_text, whole_file, write_json, write_text, write_texts
from creditscore.core.errors import InputError, UsageError
from tests.limits import small_files


def names_in(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir())


def test_a_text_is_written_into_a_new_folder_and_in_place_of_an_earlier_one(tmp_path: Path) -> None:
    file = tmp_path / "new" / "甲.txt"
    for text in ("first\nline\n", "第二\n"):
        assert write_text(file, text) == file
        assert file.read_bytes() == text.encode()
    assert names_in(file.parent) == ["甲.txt"]


@pytest.mark.parametrize(
    ("stop", "raised"),
    [
        (KeyboardInterrupt, KeyboardInterrupt),
        (ZeroDivisionError, ZeroDivisionError),
        (MemoryError, UsageError),
    ],
)
def test_what_is_stopped_leaves_the_earlier_file(
    tmp_path: Path, stop: type[BaseException], raised: type[BaseException]
) -> None:
    file = tmp_path / "a.txt"
    file.write_text("before", encoding="utf-8")

    def write_half() -> None:
        with whole_file(file) as part:
            part.write_text("half of it", encoding="utf-8")
            raise stop

    with pytest.raises(raised):
        write_half()
    assert names_in(tmp_path) == ["a.txt"]
    assert file.read_text(encoding="utf-8") == "before"


def test_of_several_files_none_is_written_where_one_fails(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("before", encoding="utf-8")
    (tmp_path / "b.txt").mkdir()
    with pytest.raises(UsageError, match=r"cannot write there[^\n]*\n  where: .*b\.txt"):
        write_texts(tmp_path, {"a.txt": "after", "b.txt": "after"})
    assert names_in(tmp_path) == ["a.txt", "b.txt"]
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "before"


def test_a_full_disk_is_said_with_the_file_that_was_asked_for(tmp_path: Path) -> None:
    with small_files(10), pytest.raises(UsageError, match="cannot be written: File too large") as raised:
        write_text(tmp_path / "a.txt", "x" * 100)
    assert raised.value.where == str(tmp_path / "a.txt")
    assert raised.value.next
    assert not names_in(tmp_path)


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UsageError, match=r"cannot write there[^\n]*\n  where: .*page\.html"):
        write_text(tmp_path / "file" / "page.html", "text")


def test_a_link_stays_and_its_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "link.txt").symlink_to(tmp_path / "a.txt")
    write_text(tmp_path / "link.txt", "x")
    assert (tmp_path / "link.txt").is_symlink()
    assert (tmp_path / "a.txt").read_text(encoding="utf-8") == "x"


def test_a_pipe_is_refused_and_a_device_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="a pipe"):
        write_text(tmp_path / "pipe", "x")
    write_text("/dev/null", "x")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


def test_json_is_as_people_read_it_and_holds_only_what_json_has(tmp_path: Path) -> None:
    assert json_text({"乙": [1], "a": None}) == '{\n "乙": [\n  1\n ],\n "a": null\n}\n'
    file = write_json(tmp_path / "a.json", {"b": 1, "a": tmp_path}, indent=2, sort_keys=True, default=str)
    assert file.read_text(encoding="utf-8") == f'{{\n  "a": "{tmp_path}",\n  "b": 1\n}}\n'
    with pytest.raises(ValueError, match="not JSON compliant"):
        write_json(file, {"a": float("nan")})
    assert names_in(tmp_path) == ["a.json"]


def test_two_writers_of_one_file_do_not_mix(tmp_path: Path) -> None:
    file = tmp_path / "two.txt"
    with whole_file(file) as slow:
        slow.write_text("A" * 40, encoding="utf-8")
        write_text(file, "BBBB")
        assert file.read_text(encoding="utf-8") == "BBBB"
    assert file.read_text(encoding="utf-8") == "A" * 40
    assert names_in(tmp_path) == ["two.txt"]


def test_what_lies_beside_stays_and_long_names_are_written(tmp_path: Path) -> None:
    (tmp_path / ".a.txt.part").write_text("mine", encoding="utf-8")
    write_text(tmp_path / "a.txt", "x")
    write_text(tmp_path / ("甲" * 84), "x")
    assert (tmp_path / ".a.txt.part").read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize("mode", [0o600, 0o644, 0o640])
def test_who_may_read_an_earlier_file_may_read_the_new_one(tmp_path: Path, mode: int) -> None:
    file = tmp_path / "a.txt"
    file.write_text("before", encoding="utf-8")
    file.chmod(mode)
    write_text(file, "after")
    assert stat.S_IMODE(file.stat().st_mode) == mode
    before = os.umask(0o027)
    try:
        write_text(tmp_path / "new.txt", "x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new.txt").stat().st_mode) == 0o640


def test_a_folder_in_the_place_of_a_file_is_said_before_others_are_moved(tmp_path: Path) -> None:
    (tmp_path / "dir").mkdir()
    (tmp_path / "a").write_text("before", encoding="utf-8")
    with pytest.raises(UsageError):
        write_texts(tmp_path, {"dir": "x", "a": "new"})
    with pytest.raises(UsageError):
        write_texts(tmp_path, {"a": "new", "dir": "x"})
    assert (tmp_path / "a").read_text(encoding="utf-8") == "before"
