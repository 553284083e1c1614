"""What an input table looks like: its columns, other spellings of them, and how messages name them."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field


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
