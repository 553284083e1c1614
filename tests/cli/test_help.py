"""Help: every text of every command stands in the catalogue in both languages, and in no code."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from creditscore.cli.act import TYPES
from creditscore.cli.help import cells, describe, fold, list_panels, name_of
from creditscore.cli.main import COMMANDS, app
from creditscore.core.errors import ExitCode
from creditscore.core.i18n import set_language
from creditscore.core.messages import FOLDER
from tests.house.trees import SRC


def walk(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every command and group below the root; acts are made from their declarations."""
    yield words, command
    for name, child in getattr(command, "commands", {}).items():
        yield from walk(child, (*words, name))


ALL = dict(walk(typer.main.get_command(app)))


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= sign <= "\u9fff" for sign in text)


@pytest.mark.parametrize("words", ALL, ids=lambda words: " ".join(words) or "creditscore")
def test_every_text_is_told_in_both_languages(words: tuple[str, ...]) -> None:
    command = ALL[words]
    shown = {}
    for lang in ("zh", "en"):
        set_language(lang)
        done = CliRunner().invoke(app, [*words, "--help"], catch_exceptions=False)
        assert done.exit_code == 0
        assert max(map(cells, done.output.splitlines())) <= 80
        shown[lang] = "".join(done.output.split())
    for name in ["", *map(name_of, command.params)]:
        label = describe(words, name)
        assert label is not None, f"{' '.join(words)}: no text for {name or 'the command'}"
        assert is_chinese(label.zh), f"{' '.join(words)} {name}: no Chinese"
        assert label.zh != label.en
        assert not is_chinese(label.en.replace("双公示", ""))
        for lang, text in (("zh", label.zh), ("en", label.en)):
            assert "".join(text.split()) in shown[lang]


def test_the_root_sorts_every_command_by_who_uses_it() -> None:
    names = [name for _, panel in list_panels().values() for name in panel]
    assert sorted(names) == sorted(COMMANDS)
    assert [label.en for label, _ in list_panels().values()] == [
        "For everybody",
        "For analysts",
        "For regulators",
        "For reviewers",
    ]


def test_options_of_acts_have_texts_by_their_type() -> None:
    for code in [*(f"kind {kind}" for kind in TYPES), "correct", "upgrade"]:
        label = describe(("act", "promise", "give"), code)
        assert label is not None
        assert is_chinese(label.zh)


def test_the_catalogue_has_no_text_that_no_command_shows() -> None:
    import yaml

    for file in sorted((FOLDER / "help").glob("*.yaml")):
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        if file.stem in ("root", "common", "act"):
            continue
        below = {words: command for words, command in ALL.items() if words[:1] == (file.stem,)}
        known = {name_of(parameter) for command in below.values() for parameter in command.params}
        assert set(data.get("options", {})) <= known, file.stem
        for name, texts in data.get("commands", {}).items():
            own = {name_of(parameter) for parameter in below[(file.stem, name)].params}
            assert set(texts) <= {*own, "about"}, f"{file.stem} {name}"


def test_no_help_stands_in_the_code() -> None:
    for file in (SRC / "cli").glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("typer.Option", "typer.Argument"):
                given = [ast.unparse(word.value) for word in node.keywords if word.arg == "help"]
                assert all(text == "f'kind {kind}'" for text in given), f"{file.name}:{node.lineno}"


def test_exit_codes_are_told() -> None:
    set_language("en")
    shown = " ".join(CliRunner().invoke(app, ["--help"]).output.split())
    assert all(f"{int(code)} {code.words}" in shown for code in ExitCode)


def test_lines_end_between_words_and_between_signs() -> None:
    assert fold("评级（见 `a b`），完成", 8, "") == ["评级（见", "`a", "b`），完", "成"]
    assert fold("one two three", 7, "  ") == ["  one two", "  three"]


def test_an_option_given_twice_is_refused() -> None:
    from creditscore.core.errors import UsageError

    with pytest.raises(UsageError, match="the option --lang is given twice"):
        CliRunner().invoke(app, ["scheme", "list", "--lang", "en", "--lang", "zh"], catch_exceptions=False)
    with pytest.raises(UsageError, match="has no command 'lsit'") as refused:
        CliRunner().invoke(app, ["scheme", "lsit"], catch_exceptions=False)
    assert refused.value.allowed == "list"
