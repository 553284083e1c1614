"""What codes are called, in Chinese and English; an unknown code is its own name."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Literal

from creditscore.core.days import day_in_words
from creditscore.core.errors import UsageError
from creditscore.core.model import Label
from creditscore.core.yaml_source import unplaced

Lang = Literal["zh", "en"]
LANGS: tuple[Lang, ...] = ("zh", "en")
Words = Mapping[str, Mapping[str, Label]]


def load_words(file: Path) -> Words:
    """Sections of codes, each with its label."""
    data = unplaced(file.read_text(encoding="utf-8"))
    return {section: {code: Label(**label) for code, label in codes.items()} for section, codes in data.items()}


@lru_cache(maxsize=1)
def words() -> Words:
    return load_words(Path(__file__).parent / "words.yaml")


def lang_of(text: str) -> Lang:
    for lang in LANGS:
        if text == lang:
            return lang
    raise UsageError(f"{text!r} is not a language of the pages", allowed=LANGS, next="give zh or en")


def say(label: Label, lang: Lang) -> str:
    return label.zh if lang == "zh" else label.en


def plain(text: str) -> Label:
    """A name that is the same in both languages."""
    return Label(zh=text, en=text)


def word(section: str, code: str, inner: Label | None = None) -> Label:
    """The label of a code; `inner` (or what follows its colon) is put into the label of `code:`."""
    known = words()[section]
    if code in known:
        return known[code]
    head, colon, tail = code.partition(":")
    frame = known.get(head + colon) if colon else None
    if frame is None:
        return plain(code)
    inner = inner or plain(tail)
    return Label(zh=frame.zh.replace("{0}", inner.zh), en=frame.en.replace("{0}", inner.en))


def text(code: str, lang: Lang, *values: str) -> str:
    """A fixed text of the pages with its values filled in."""
    shown_text = say(words()["texts"][code], lang)
    for k, value in enumerate(values):
        shown_text = shown_text.replace(f"{{{k}}}", value)
    return shown_text


def mark_in_words(mark: str | None, lang: Lang) -> str:
    """`（待核实）`, ` (to be verified)`: an evidence mark behind what it marks; nothing for what was verified."""
    if mark in (None, "", "verified"):
        return ""
    shown = say(word("office_marks", str(mark)), lang)
    return f"（{shown}）" if lang == "zh" else f" ({shown})"


SYMBOL = re.compile(r"[0-9A-Z]{1,4}[+-]?")  # a grade as it is printed: A, 5A, BBB; `red` is a code of ours


def grade_name(code: str, label: str) -> str:
    """`B级`, `5 (very good)`, `红`: the label, behind the printed symbol of a grade where the label does not say it."""
    if code in label or not SYMBOL.fullmatch(code):
        return label or code
    return f"{code} ({label})" if label.isascii() else f"{code}（{label}）"


def day_said(day: str, lang: Lang) -> str:
    """`2022年3月1日`; in English as it stands."""
    return day_in_words(day, lang)


def period_said(period: str, lang: Lang) -> str:
    """`2022年度`, `截至2022年3月1日`; `2022`, `as of 2022-03-01`."""
    return text("year", lang, period) if period.isdigit() else text("day", lang, day_said(period, lang))


def clean(given: str) -> str:
    """Without control characters and marks that turn the direction of writing; a terminal obeys them."""
    return "".join(" " if unicodedata.category(name) in ("Cc", "Cf", "Zl", "Zp") else name for name in given)
