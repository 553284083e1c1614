"""The catalogue of words: every text that people read, in Chinese and English, by section and code.

The files of `words/` beside this file hold the catalogue: section → code → `{zh: …, en: …}`. `{0}`, `{1}` are filled in
by place. A language with a plural may give forms in place of a text: `en: {one: "{0} record", other: "{0} records"}`;
the first whole number among the values chooses.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from creditscore.core.errors import InternalError, UsageError
from creditscore.core.messages import FOLDER, LANGS, Lang, chosen, day_in_words, language, show
from creditscore.core.model import Label
from creditscore.core.yaml_source import unplaced

__all__ = [
    "FOLDER",
    "LANGS",
    "SYMBOL",
    "Lang",
    "Phrase",
    "catalogue",
    "clean",
    "day_said",
    "grade_name",
    "label_of",
    "lang_of",
    "language",
    "mark_in_words",
    "period_said",
    "phrase",
    "phrases",
    "plain",
    "plural_form",
    "say",
    "set_language",
    "show",
    "text",
    "word",
]

Forms = str | Mapping[str, str]  # one text, or one for each plural form


@lru_cache(maxsize=1)
def catalogue() -> Mapping[str, Mapping[str, Mapping[str, Forms]]]:
    """Read the catalogue: section → code → language → text or plural forms."""
    sections: dict[str, Mapping[str, Mapping[str, Forms]]] = {}
    for file in sorted(FOLDER.glob("*.yaml")):
        for section, codes in unplaced(file.read_text(encoding="utf-8")).items():
            if section in sections:
                raise InternalError("core.section_stands_two_files_words", section=section, where=file.name)
            sections[section] = codes
    return sections


def set_language(lang: str | None) -> None:
    """Choose the language of messages in this context; None: that of the environment.

    Raises
    ------
    UsageError
        It is not `zh` or `en`.

    Examples
    --------
    >>> set_language("en")
    """
    chosen.set(None if lang is None else lang_of(lang))


def lang_of(text: str) -> Lang:
    """Return a language by its code; UsageError for any other."""
    for lang in LANGS:
        if text == lang:
            return lang
    raise UsageError("core.not_language_pages", text=text, allowed=LANGS)


def say(label: Label, lang: Lang) -> str:
    """Return a label in a language."""
    return label.zh if lang == "zh" else label.en


def plain(text: str) -> Label:
    """Return a label that is the same in both languages."""
    return Label(zh=text, en=text)


def phrase(section: str, code: str, lang: Lang, *values: object) -> str:
    """Return a text of the catalogue with its values filled in.

    Parameters
    ----------
    section, code
        Where the text stands; a code that is not there is an InternalError.
    values
        Texts and numbers as they stand; days, labels and phrases in the language; lists with commas.
    """
    entry = catalogue().get(section, {}).get(code)
    if entry is None:
        raise InternalError("core.catalogue_words_no", section=section, code_value=code)
    return _fill(entry, lang, values)


def label_of(section: str, code: str, *values: object) -> Label:
    """Return a text of the catalogue with its values filled in, in both languages."""
    return Label(zh=phrase(section, code, "zh", *values), en=phrase(section, code, "en", *values))


def phrases(section: str, lang: Lang, *others: str) -> Callable[..., str]:
    """Return `phrase` for one language: `t("code", value)` looks in `section`, then in `others`."""
    sections = (section, *others)

    def fill(code: str, *values: object) -> str:
        place = next((name for name in sections if code in catalogue()[name]), section)
        return phrase(place, code, lang, *values)

    return fill


@dataclass(frozen=True)
class Phrase:
    """A text of the catalogue with its values, in no language yet."""

    section: str
    code: str
    values: tuple[Any, ...] = ()

    def say(self, lang: Lang) -> str:
        """Return the text in a language."""
        return phrase(self.section, self.code, lang, *self.values)


def _fill(entry: Mapping[str, Forms], lang: Lang, values: Iterable[object]) -> str:
    forms, values = entry[lang], tuple(values)
    if not isinstance(forms, str):
        count = next((value for value in values if isinstance(value, int)), 0)
        forms = forms[plural_form(lang, count)]
    if not values:
        return forms
    shown = [show(value, lang) for value in values]
    return PLACE.sub(lambda place: shown[int(place[1])] if int(place[1]) < len(shown) else place[0], forms)


PLACE = re.compile(r"\{(\d+)\}")


def plural_form(lang: Lang, count: int) -> str:
    """Return the plural form that a language uses for a whole number: `one` or `other`.

    These are the rules of the Unicode CLDR for the two languages; Babel, which knows all of them, would add a tenth to
    what an installation takes, and holds them in the tests.
    """
    return "one" if lang == "en" and count == 1 else "other"


def word(section: str, code: str, inner: Label | None = None) -> Label:
    """Return the label of a code; a code that the section does not have is its own name.

    `inner`, or what follows the colon of `code`, is put into the label of `code:`.
    """
    known = catalogue()[section]
    entry, values = known.get(code), tuple[Label, ...]()
    if entry is None:
        head, colon, tail = code.partition(":")
        entry, values = known.get(head + colon) if colon else None, (inner or plain(tail),)
    if entry is None:
        return plain(code)
    return Label(zh=_fill(entry, "zh", values), en=_fill(entry, "en", values))


def text(code: str, lang: Lang, *values: object) -> str:
    """Return a fixed text of explanations with its values filled in."""
    return phrase("explanation", code, lang, *values)


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
