"""Which row of the mapping a measure meets: the first that fits."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from creditscore.records.publicity.mapping import Row, Text


class Matcher:
    """The first fitting row of a measure. Each text is looked at once: a set of rows is the bits of an integer."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = tuple(rows)
        self._seen: dict[tuple[str, str | None], int] = {}

    def first(
        self, table: str, authority: str | None, about: str | None, kind: str, word: str, amount: int | None
    ) -> int | None:
        """The place of the row, or None."""
        fits = self._bits("table", table) & self._bits("kinds", kind)
        fits &= self._bits("authority", authority) & self._bits("about", about) & self._bits("word", word)
        while fits:
            place = (fits & -fits).bit_length() - 1
            wanted = self.rows[place].amount
            if wanted is None or wanted.fits(amount):
                return place
            fits &= fits - 1
        return None

    def _bits(self, key: str, text: str | None) -> int:
        known = self._seen.get((key, text))
        if known is None:
            known = sum(1 << place for place, row in enumerate(self.rows) if _asks(getattr(row, key), text))
            self._seen[key, text] = known
        return known


def _asks(wanted: Any, text: str | None) -> bool:
    if wanted is None:
        return True
    if isinstance(wanted, Text):
        return wanted.fits(text)
    return text == wanted if isinstance(wanted, str) else text in wanted
