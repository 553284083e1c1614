"""What the codes of the lists are called: kinds, states, steps, ways out, marks of evidence, notes on what is due."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.i18n import Lang, mark_in_words, phrase
from creditscore.core.model import Label
from creditscore.lists.rules import GeneralExit, procedure
from creditscore.schemes.citing import cited_text
from creditscore.schemes.lists import ListExit, ListRule
from creditscore.schemes.vocabulary import list_name

if TYPE_CHECKING:
    from creditscore.lists.entries import Note


def describe_note(note: Note, rule: ListRule, lang: Lang) -> str:
    """What must be known beside a step that is due, or an exit that waits; `rule`: that of the entry's list."""
    ways: dict[str, ListExit | GeneralExit] = {way.id: way for way in procedure().exits}
    ways |= {way.id: way for way in rule.exits}
    needs = {key: label for way in rule.exits for key, label in (way.needs | way.unless).items()}

    def named(value: str) -> str:
        label: Label | None
        if note.code == "beside":
            label = list_name(value)
        elif note.code == "not_known":
            return phrase("list_days", value, lang)
        elif note.code == "way" and value in ways:
            label = ways[value].label
            return phrase("list_exits", ways[value].kind, lang) if label is None else str(getattr(label, lang))
        else:
            label = needs.get(value)
        return value.removeprefix("listing/") if label is None else str(getattr(label, lang))

    return phrase("list_notes", note.code, lang, [named(value) for value in note.values])


def with_mark(basis: str, mark: str, lang: Lang) -> str:
    """The articles as a person reads them, and their weakest mark where it is not that they were verified."""
    articles = str(getattr(cited_text(basis, number=True), lang))
    return articles + (mark_in_words(mark, lang) if basis else "")
