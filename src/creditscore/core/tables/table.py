"""What an input table looks like: its columns, other spellings of them, and how messages name them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from creditscore.core.errors import InputError
from creditscore.core.identity import redact, redact_cell


@dataclass(frozen=True)
class Table:
    """An input table: its required and optional columns, and whether further columns mean something.

    `aliases` maps other spellings (see `spelling`) to columns; `labels` says how messages name a column. Of a column in
    `presence` only whether a cell is filled is read.
    """

    name: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    further: bool = False
    key: str = "record_id"
    aliases: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)
    presence: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional

    def column_of(self, name: str) -> str | None:
        """The column that an input column stands for; None for one that is not read."""
        clean = name.strip()
        column = self.aliases.get(spelling(clean), clean.lower())
        if column in self.columns:
            return column
        return clean if clean and self.further else None


def spelling(name: str) -> str:
    """A column name without what differs between copies of it: width, blanks, case."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def refuse_persons(table: str, columns: Iterable[str], origin: str) -> None:
    """InputError where a column bears the number of a person: the first row stands in the place of the header."""
    for place, name in enumerate(columns, 1):
        if redact(name) != name:
            raise InputError(
                f"{table}: the name of column {place} holds the number of a person: {redact_cell(name)}",
                where=origin,
                allowed="a first line with the names of the columns",
                next="put the names of the columns above the rows",
            )
