"""What the codes of the four lists are called: events, objects, tiers, levels of texts, sides, in two languages."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from creditscore.core.i18n import Words, load_words
from creditscore.lists.entry_history import lang_of, mark_in_words


@lru_cache(maxsize=1)
def joint_words() -> Words:
    """The sections of words.yaml."""
    return load_words(Path(__file__).parent / "words.yaml")


def code_word(section: str, code: str, lang: str) -> str:
    """The word for a code; the code itself where it has none."""
    label = joint_words()[section].get(code)
    return code if label is None else str(getattr(label, lang_of(lang)))


def mark_said(mark: str | None, lang: str) -> str:
    """An evidence mark behind what it marks; nothing for what was verified."""
    return mark_in_words(mark, lang_of(lang))
