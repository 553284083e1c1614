"""What an input table looks like: its columns, their kinds, other spellings of them, and how messages name them."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from creditscore.core.errors import InputError
from creditscore.core.identity import redact

Kind = Literal["text", "code", "day"]  # running text; a key (docs/contract.md, cells); a day
Opened = tuple[str, str, list[str] | None]  # SQL of the rows, origin, the input's columns where SQL does not show all

LINE = "line of the row"  # a name no input column has


@dataclass(frozen=True)
class Table:
    """An input table: its required and optional columns, and whether further columns mean something.

    `kinds` says what the cells of a column are, where that is not text; no cell of a column in `filled` may be empty.
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
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    filled: tuple[str, ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional

    def column_of(self, name: str) -> str | None:
        """The column that an input column stands for; None for one that is not read."""
        clean = unicodedata.normalize("NFKC", name).strip()
        column = self.aliases.get(spelling(clean), clean.lower())
        if column in self.columns:
            return column
        return clean if clean and self.further else None


def spelling(name: str) -> str:
    """A column name without what differs between copies of it: width, blanks, case."""
    return "".join(unicodedata.normalize("NFKC", name).split()).casefold()


def quote(name: str) -> str:
    """Write a name as SQL does."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Write a text as SQL does."""
    return "'" + text.replace("'", "''") + "'"


def column_sql(table: Table, name: str) -> str:
    """SQL of a cell as it is read: of a column in `presence`, 1 where there is any content."""
    if table.column_of(name) not in table.presence:
        return quote(name)
    return f"CASE WHEN regexp_matches(CAST({quote(name)} AS VARCHAR), '[^\\s]') THEN '1' END"


def refuse_twice(table: str, names: Sequence[str], where: str) -> None:
    """Raise InputError where two columns have one name, whatever its case."""
    counts = Counter(name.lower() for name in names if name)
    twice = [name for name, count in counts.items() if count > 1]
    if twice:
        raise InputError("core.column_name_given_twice", table=table, listed=redact(", ".join(twice)), where=where)
