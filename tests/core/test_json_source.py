"""JSON from anybody: damaged, nested, of another shape, it is bad input that is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.core.errors import InputError
from creditscore.core.json_source import DEEPEST, parse_json, parse_object, read_object, require


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no JSON, line 1, column 1"),
        ("[1,\n2", "no JSON, line 2, column 2"),
        (b"\xff\xfe\x00", "cannot be read"),
        ("[" * 100_000, "nested too deeply"),
        ("[" * 500 + "]" * 500, "nested too deeply"),
        ('{"a": ' * 100 + "1" + "}" * 100, "nested too deeply"),
        ("1" * 5000, "a number has too many digits"),
        ("null", "it is no object"),
        ("[]", "it is no object"),
        ('{"a": null}', "a is not a text"),
        ('{"b": 1}', "a is missing"),
        ('{"a": "x", "n": true}', "n is not a whole number"),
    ],
)
def test_what_cannot_be_used_is_named(text: str | bytes, words: str) -> None:
    with pytest.raises(InputError, match=words) as raised:
        parse_object(text, "the manifest", "m.json", {"a": str, "n": int} if "n" in str(text)[8:] else {"a": str})
    assert str(raised.value).startswith("the manifest cannot be read")
    assert raised.value.where == "m.json"
    assert raised.value.next


def test_brackets_in_a_text_are_no_levels() -> None:
    assert parse_json('{"a": "' + "[" * 1000 + '"}', "it") == {"a": "[" * 1000}
    assert parse_json("[" * DEEPEST + "]" * DEEPEST, "it")


def test_a_file_that_is_not_there_and_one_that_is_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.json not found"):
        read_object(tmp_path / "m.json", next="make it")
    with pytest.raises(InputError, match="cannot be read"):
        read_object(tmp_path)


def test_all_that_is_needed_is_named_at_once() -> None:
    with pytest.raises(InputError, match="a is missing, b is not a list or an object"):
        require({"b": 1}, "it", None, {"a": str, "b": (list, dict)})
