"""What the pages of a review call things: `pages.yaml` beside this file, with the words of explanations behind it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from creditscore.core import i18n
from creditscore.core.i18n import Lang, Words, load_words, say
from creditscore.core.model import Label


@lru_cache(maxsize=1)
def _own() -> Words:
    return load_words(Path(__file__).parent / "pages.yaml")


def word(section: str, code: str) -> Label:
    """The label of a code; one that only explanations know is taken from there, any other is its own name."""
    own = _own().get(section, {}).get(code)
    return own or (i18n.word(section, code) if section in i18n.words() else i18n.plain(code))


def text(section: str, code: str, lang: Lang, *values: object) -> str:
    """A fixed text with its values filled in."""
    shown_text = say(_own()[section][code], lang)
    for k, value in enumerate(values):
        shown_text = shown_text.replace(f"{{{k}}}", str(value))
    return shown_text
