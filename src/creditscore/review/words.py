"""What the pages of a review call things: `pages.yaml` beside this file, with the words of explanations behind it."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from creditscore.errors import CreditscoreError
from creditscore.explanation import words
from creditscore.explanation.words import Lang, Words, grade_name, load_words, plain, say
from creditscore.schemes import registry
from creditscore.schemes.model import Label, Scheme


@lru_cache(maxsize=1)
def _own() -> Words:
    return load_words(Path(__file__).parent / "pages.yaml")


def word(section: str, code: str) -> Label:
    """The label of a code; one that only explanations know is taken from there, any other is its own name."""
    own = _own().get(section, {}).get(code)
    return own or (words.word(section, code) if section in words.words() else words.plain(code))


def text(section: str, code: str, lang: Lang, *values: object) -> str:
    """A fixed text with its values filled in."""
    said = say(_own()[section][code], lang)
    for k, value in enumerate(values):
        said = said.replace(f"{{{k}}}", str(value))
    return said


def scheme_of(pinned: str) -> Scheme | None:
    """The scheme behind `tax@2014` or `tax`; None where it is in no library."""
    try:
        return registry.pick(pinned) if "@" in pinned else registry.versions(pinned)[-1]
    except CreditscoreError:
        return None


def scheme_title(pinned: str) -> Label:
    """What a scheme is called; its id where it is in no library."""
    scheme = scheme_of(pinned)
    return plain(pinned) if scheme is None else scheme.label


def grade_label(pinned: str, code: str) -> Label:
    """What a grade, or the state where there is none, is called under a scheme."""
    scheme = scheme_of(pinned)
    for grade in scheme.grades if scheme is not None else ():
        if grade.code == code:
            return Label(zh=grade_name(code, grade.label.zh), en=grade_name(code, grade.label.en))
    return word("states", code)
