"""The messages of errors: what each says in a language, by its code; and the language that is chosen.

`words/errors/<package>.yaml` holds them: package → code → part (`what`, `where`, `allowed`, `next`) → language → text;
a message that is `what` alone needs no name of the part. Names in braces are filled in. Errors know this module and
nothing else of the package: all others can raise one.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from contextvars import ContextVar
from datetime import date
from functools import lru_cache, reduce
from pathlib import Path
from typing import Any, Literal

VARIABLE = "CREDITSCORE_LANG"
Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")
FOLDER = Path(__file__).parent / "words"
COMMAS: Mapping[Lang, str] = {"zh": "、", "en": ", "}
chosen: ContextVar[Lang | None] = ContextVar("language", default=None)


def language() -> Lang:
    """Return the language of messages: the one set, else that of `CREDITSCORE_LANG`, else Chinese."""
    given = chosen.get() or os.environ.get(VARIABLE, "")
    return next((lang for lang in LANGS if given == lang), "zh")


def message(code: str, part: str, lang: Lang, values: Mapping[str, Any]) -> str | None:
    """Return a part of an error's message with its values filled in by name; None where the catalogue has none."""
    texts = _entry(code).get(part)
    return (
        None if texts is None else texts[lang].format_map({key: _Shown(value, lang) for key, value in values.items()})
    )


def language_of(code: str, lang: Lang) -> Lang:
    """Return the language in which a message is told: the one that is asked for, where all of it is written in it."""
    parts = _entry(code)
    return lang if parts and all(lang in texts for texts in parts.values()) else "en"


def message_parts(code: str) -> set[str]:
    """Return which parts the catalogue has of a message; none for a sentence that stands for itself."""
    return set(_entry(code))


def show(value: object, lang: Lang) -> str:
    """Return a value as it is read in a language: a text as it stands, a day, a label, a phrase, a list with commas."""
    if isinstance(value, str):
        return value
    if isinstance(value, date):
        return day_in_words(value.isoformat(), lang)
    if isinstance(value, list | tuple):
        return COMMAS[lang].join(show(part, lang) for part in value)
    if hasattr(value, "say"):
        return str(value.say(lang))
    return str(getattr(value, lang)) if hasattr(value, lang) else str(value)


def day_in_words(day: str, lang: str) -> str:
    """`2022年3月1日` in Chinese; in English as it stands. What is no day of the calendar stays.

    >>> day_in_words("2022-03-01", "zh"), day_in_words("2022-03-01", "en"), day_in_words("", "zh")
    ('2022年3月1日', '2022-03-01', '')
    """
    parts = day.split("-")
    if lang == "en" or len(parts) != 3 or not all(part.isdigit() for part in parts):
        return day
    return "{}年{}月{}日".format(*map(int, parts))


class Message:
    """A message with its values, in no language yet: a fault, a note, or a part of an error.

    Parameters
    ----------
    code
        `package.name`, as for errors.
    values
        What is filled in, by name; also other messages, labels, days and lists.

    Examples
    --------
    >>> Message("labels.error").say("en")
    'error'
    """

    def __init__(self, code: str, /, **values: Any) -> None:
        self.code, self.values = code, values

    def say(self, lang: Lang | None = None) -> str:
        """Return the message in a language; without one, in the one that is chosen."""
        lang = lang or language()
        text = message(self.code, "what", lang, self.values)
        return self.code if text is None else text

    def __str__(self) -> str:
        return self.say()

    def __repr__(self) -> str:
        return f"Message({self.say('en')!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.code, self.values) == (other.code, other.values)

    def __hash__(self) -> int:
        return hash(self.code)


def joined(values: Iterable[Any]) -> Any:
    """Return values as one: `a and b`, in Chinese a、b.

    >>> joined(["a", "b", "c"]).say("en")
    'a and b and c'
    """
    return reduce(lambda first, second: Message("core.and", first=first, second=second), values)


class _Shown:
    """A value of a message: formatted as it is, and where it is a label, a phrase, a day or a list, in the language."""

    def __init__(self, value: Any, lang: Lang) -> None:
        self.value, self.lang = value, lang

    def __format__(self, spec: str) -> str:
        return format(self.value, spec) if spec else show(self.value, self.lang)

    def __str__(self) -> str:
        return show(self.value, self.lang)

    def __repr__(self) -> str:
        return repr(self.value) if self.lang == "en" else f"“{show(self.value, self.lang)}”"


@lru_cache(maxsize=1)
def _messages() -> Mapping[str, Mapping[str, Mapping[str, Mapping[str, str]]]]:
    import yaml

    read: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    files = sorted((FOLDER / "errors").glob("*.yaml"))
    packages = {key: codes for file in files for key, codes in yaml.load(file.read_text("utf-8"), read).items()}
    return {
        package: {code: {"what": parts} if "zh" in parts else parts for code, parts in codes.items()}
        for package, codes in packages.items()
    }


def _entry(code: str) -> Mapping[str, Mapping[str, str]]:
    """The parts of a message; none where the code is a sentence that stands for itself."""
    package, _, name = code.partition(".")
    return _messages().get(package, {}).get(name, {}) if name and " " not in name else {}
