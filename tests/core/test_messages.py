"""Messages of errors: every one that the source names is in the catalogue, and is told in both languages."""

from __future__ import annotations

import ast
import pickle
import re
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from creditscore.core import messages
from creditscore.core.errors import CreditscoreError, InputError, UsageError
from creditscore.core.i18n import set_language
from creditscore.core.messages import FOLDER, Message, language, message
from creditscore.core.model import Label
from tests.paths import ROOT

PARTS = {"what", "where", "allowed", "next"}


def entries() -> Iterator[tuple[str, str, dict[str, str]]]:
    for file in sorted((FOLDER / "errors").glob("*.yaml")):
        for package, codes in yaml.safe_load(file.read_text(encoding="utf-8")).items():
            assert package == file.stem
            for code, entry in codes.items():
                parts = {"what": entry} if "zh" in entry else entry
                assert set(parts) <= PARTS
                for part, texts in parts.items():
                    yield f"{package}.{code}", part, texts


def _names_an_error(function: ast.expr) -> bool:
    name = function.id if isinstance(function, ast.Name) else getattr(function, "attr", "")
    return name.endswith(
        ("Error", "Extra", "Rejected", "NotAllowed", "NotInForce", "Differs", "Busy", "Stale", "Message")
    )


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """Yield (place, code, names of values) of every error in the source that begins with a code."""
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and _names_an_error(node.func) and node.args:
                first = node.args[0]
                if isinstance(first, ast.Constant) and isinstance(first.value, str) and " " not in first.value:
                    names = {keyword.arg for keyword in node.keywords if keyword.arg} - {"where", "allowed", "next"}
                    yield f"{file.name}:{node.lineno}", first.value, names


def places_in(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_what_the_source_raises_is_in_the_catalogue_with_its_values() -> None:
    wanted: dict[str, set[str]] = {}
    for code, _, texts in entries():
        wanted[code] = wanted.get(code, set()) | places_in(texts["en"])
    wrong = [(place, code) for place, code, names in raised() if code not in wanted or not wanted[code] <= names]
    assert not wrong


def test_what_is_in_the_catalogue_is_raised() -> None:
    assert {code for code, _, _ in entries()} - {
        f"labels.{name}" for name in ("error", "where", "allowed", "next")
    } == {code for _, code, _ in raised()}


def test_both_languages_fill_in_the_same() -> None:
    for code, part, texts in entries():
        assert set(texts) == {"zh", "en"}, f"{code}, {part}"
        assert places_in(texts["zh"]) == places_in(texts["en"]), f"{code}, {part}"
        words = re.sub(r"\{.*?\}", "", texts["en"])
        chinese = any("\u4e00" <= sign <= "\u9fff" for sign in texts["zh"])
        assert chinese or not re.search(r"[a-z]{2,} [a-z]{2,}", words), f"{code}, {part}: no Chinese"


@pytest.fixture
def catalogue(monkeypatch: pytest.MonkeyPatch) -> None:
    parts = {
        "what": {
            "zh": "{day}的{label}不是{value!r}，共{count:,}条",
            "en": "{label} of {day} is not {value!r}, {count:,} rows",
        },
        "next": {"zh": "请再看一次", "en": "look again"},
    }
    half = {"what": {"en": "wrong"}, "next": {"zh": "再看", "en": "look"}}
    labels = dict(messages._messages()["labels"])
    monkeypatch.setattr(
        "creditscore.core.messages._messages", lambda: {"labels": labels, "some": {"wrong": parts, "half": half}}
    )


def values() -> dict[str, Any]:
    return {"day": date(2023, 5, 10), "label": Label(zh="等级", en="grade"), "value": "A", "count": 12345}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("zh", "2023年5月10日的等级不是“A”，共12,345条\n  位置：a.csv\n  处理办法：请再看一次"),
        ("en", "grade of 2023-05-10 is not 'A', 12,345 rows\n  where: a.csv\n  next: look again"),
    ],
)
def test_a_message_is_told_in_the_language_that_is_chosen(catalogue: None, lang: str, text: str) -> None:
    error = InputError("some.wrong", where="a.csv", **values())
    set_language(lang)
    assert str(error) == text
    assert str(pickle.loads(pickle.dumps(error))) == text
    assert error.say("en").startswith("grade of")


def test_parts_of_an_error_are_told_in_the_language(catalogue: None) -> None:
    told = Message("some.wrong", **values())
    error = InputError("some.wrong", where=told, allowed=[told, "b"], **values())
    assert error.say("zh").splitlines()[1:3] == [f"  位置：{told.say('zh')}", f"  允许：{told.say('zh')}、b"]
    assert error.say("en").splitlines()[1:3] == [f"  where: {told.say('en')}", f"  allowed: {told.say('en')}, b"]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)
    assert told == Message("some.wrong", **values()) != Message("some.wrong")


def test_a_message_is_told_in_one_language(catalogue: None) -> None:
    set_language("zh")
    assert str(InputError("some.half", where="a.csv")) == "wrong\n  where: a.csv\n  next: look"


def test_the_language_of_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    set_language(None)
    monkeypatch.delenv("CREDITSCORE_LANG", raising=False)
    assert language() == "zh"
    monkeypatch.setenv("CREDITSCORE_LANG", "en")
    assert language() == "en"
    with pytest.raises(UsageError):
        set_language("fr")


def test_a_sentence_that_is_no_code_stands_for_itself() -> None:
    error = CreditscoreError("this. is wrong {x}", allowed=["a", "b"], next="z")
    assert (error.what, error.allowed, error.next) == ("this. is wrong {x}", "a, b", "z")
    error.where = "here"
    assert error.say("en") == "this. is wrong {x}\n  where: here\n  allowed: a, b\n  next: z"
    assert message("no.such", "what", "en", {}) is None
    assert Path(FOLDER).is_dir()
