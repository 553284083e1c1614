"""The help of a command in the language that is chosen: its texts stand in `core/words/help/`, by its path.

`root.yaml` says what each command and group of the first level is, and how the root sorts them; `common.yaml` what
options mean wherever nothing else is said; `<word>.yaml` the commands and options below a word of the first level.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any

from creditscore.core.errors import ExitCode
from creditscore.core.folding import cells, fold
from creditscore.core.i18n import say
from creditscore.core.messages import COMMAS, FOLDER, Lang, language
from creditscore.core.model import Label

Row = tuple[str, str]
WIDEST_NAME = 28  # columns of a name beside its text; a longer one stands above it


@lru_cache(maxsize=64)
def _read(name: str) -> Mapping[str, Any]:
    from creditscore.core.yaml_source import unplaced

    file = FOLDER / "help" / f"{name}.yaml"
    return unplaced(file.read_text(encoding="utf-8")) if file.is_file() else {}


def describe(words: Sequence[str], parameter: str = "") -> Label | None:
    """Return what a command is for, or what one of its options or arguments means; None where nothing is written.

    Parameters
    ----------
    words
        The path of the command below `creditscore`: `("store", "verify")`; empty for the root.
    parameter
        An option as it is spelled (`--held`), or the name of an argument as the help shows it.
    """
    if not parameter and len(words) < 2:
        root = _read("root")
        text = root["commands"].get(words[0]) if words else root["creditscore"]
    else:
        group = _read(words[0]) if words else {}
        own = group.get("commands", {}).get(words[1], {}) if len(words) > 1 else {}
        text = own.get(parameter or "about")
        if parameter and text is None:
            text = group.get("options", {}).get(parameter) or _read("common")["options"].get(parameter)
    return None if text is None else Label(**text)


def list_panels() -> Mapping[str, tuple[Label, tuple[str, ...]]]:
    """Return for whom the commands of the first level are: title and names, by user."""
    return {
        key: (Label(zh=panel["zh"], en=panel["en"]), tuple(panel["commands"]))
        for key, panel in _read("root")["panels"].items()
    }


def path_of(ctx: Any) -> tuple[str, ...]:
    """Return the path of a command below the root."""
    words: list[str] = []
    while ctx.parent is not None:
        words.insert(0, str(ctx.info_name))
        ctx = ctx.parent
    return tuple(words)


def name_of(parameter: Any) -> str:
    """Return how the help names an option or an argument."""
    return str(parameter.opts[0] if parameter.param_type_name == "option" else parameter.display_name_raw)


def render_help(command: Any, ctx: Any, width: int) -> str:
    """Return the help of a command or a group, folded to a width."""
    lang, words = language(), path_of(ctx)
    about = describe_command(command, words, lang)
    usage = " ".join([ctx.command_path, *(_word(piece, lang) for piece in command.collect_usage_pieces(ctx))])
    lines = [*fold(f"{_label('usage', lang)}{usage}", width, ""), "", *fold(about, width - 2, "  ")]
    if not words:
        codes = COMMAS[lang].join(f"{code} {_exit_word(code, lang)}" for code in ExitCode)
        lines += ["", *fold(f"{_label('exit_codes', lang)}{codes}", width - 2, "  ")]
    parameters = [parameter for parameter in command.get_params(ctx) if not parameter.hidden]
    for kind in ("argument", "option"):
        rows = [_row(own, ctx, words, lang) for own in parameters if own.param_type_name == kind]
        lines += _section(_label(f"{kind}s", lang), rows, width)
    for title, names in _sort_commands(command, ctx, words, lang):
        rows = [
            (name, describe_command(command.get_command(ctx, name), (*words, name), lang).split("\n")[0])
            for name in names
        ]
        lines += _section(title, rows, width)
    return "\n".join(lines) + "\n"


def describe_command(command: Any, words: Sequence[str], lang: Lang) -> str:
    """Return what a command is for: what the catalogue says, else its own words (acts have those of a declaration)."""
    label = describe(words)
    return say(label, lang) if label else str(command.help or "")


def _sort_commands(command: Any, ctx: Any, words: Sequence[str], lang: Lang) -> Iterable[tuple[str, Iterable[str]]]:
    """The commands of a group by title; those of the root by who uses them."""
    if not hasattr(command, "list_commands"):
        return []
    if words:
        return [(_label("commands", lang), command.list_commands(ctx))]
    return [(say(title, lang), names) for title, names in list_panels().values()]


def _row(parameter: Any, ctx: Any, words: Sequence[str], lang: Lang) -> Row:
    """An option or an argument, and what it means."""
    names = ", ".join(parameter.opts)
    if parameter.param_type_name == "argument":
        names = parameter.display_name_raw
    elif parameter.secondary_opts:
        names += f" / {', '.join(parameter.secondary_opts)}"
    if not getattr(parameter, "is_flag", False):
        names += f" {_type(parameter, ctx, lang)}"
    label = describe(words, str(parameter.help)) or describe(words, name_of(parameter))
    notes = ("；" if lang == "zh" else "; ").join(_notes(parameter, lang))
    text = say(label, lang) if label else str(parameter.help or "")
    return names, f"{text}  [{notes}]".lstrip() if notes else text


def _notes(parameter: Any, lang: Lang) -> Iterable[str]:
    """What stands behind the text: a variable that does the same, the default, limits, whether it must be given."""
    if isinstance(parameter.envvar, str):
        yield f"{_label('variable', lang)}{parameter.envvar}"
    default = parameter.default
    if parameter.show_default and default not in (None, "", [], ()) and not callable(default):
        if not isinstance(default, bool):
            yield f"{_label('default', lang)}{default}"
        elif parameter.secondary_opts:
            yield f"{_label('default', lang)}{(parameter.opts if default else parameter.secondary_opts)[0]}"
    limits = parameter._get_number_range_help_str()
    if limits:
        yield limits
    if parameter.required:
        yield _label("required", lang)


def _type(parameter: Any, ctx: Any, lang: Lang) -> str:
    """`<path>`: what kind of value it takes, in the language where it is a word."""
    shown = parameter.display_type(ctx)
    inner = shown.removeprefix("<").removesuffix(">")
    kind = inner.removeprefix("list[").removesuffix("]").removesuffix(" range")
    label = _read("root")["types"].get(kind)
    return f"<{label[lang] if label else inner}>"


def _label(code: str, lang: Lang) -> str:
    return str(_read("root")["labels"][code][lang])


def _exit_word(code: ExitCode, lang: Lang) -> str:
    return code.words if lang == "en" else str(_read("root")["exit_codes"][code.words])


def _word(piece: str, lang: Lang) -> str:
    """A piece of the usage line in the language; names of arguments stay."""
    label = _read("root")["pieces"].get(piece)
    return str(label[lang]) if label else piece


def _section(title: str, rows: Iterable[Row], width: int) -> list[str]:
    """A title, and rows of a name with its text beside or below it."""
    listed = list(rows)
    if not listed:
        return []
    column = min(WIDEST_NAME, max(cells(name) for name, _ in listed)) + 4
    lines = ["", f"{title}"]
    for name, text in listed:
        folded = fold(text, width - column, " " * column)
        head = f"  {name}"
        if cells(head) + 2 <= column and folded:
            lines.append(head + " " * (column - cells(head)) + folded[0].lstrip())
            lines += folded[1:]
        else:
            lines += [head, *folded]
    return lines
