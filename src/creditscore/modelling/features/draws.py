"""Draws of a test and of folds: by organisation or row, stratified by outcome, the same for any order of rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Units", "check_shares", "count_sides", "mixed", "row_hashes"]

Ints = NDArray[np.int64]
FAR = 0.5  # project_default: a share is far off that differs by this part of the smaller side that was asked


@dataclass(frozen=True)
class Units:
    """What is drawn as a whole: organisations, and rows without one.

    `code`: the unit of each row; `key`: a hash per unit, of its name or of what the row holds; `named`: is it an
    organisation; `size`: rows per unit. Nothing depends on where a row stands: equal rows of one stratum are counted
    and drawn as if each had a name.
    """

    code: Ints
    key: NDArray[np.uint64]
    named: NDArray[np.bool_]
    size: Ints

    @classmethod
    def of(cls, hashes: Any, names: pd.Series[Any] | None = None) -> Self:
        """Units of rows with these hashes; rows of one name are one unit, rows without a name one each."""
        import pandas as pd

        key = np.array(hashes, dtype=np.uint64)
        named = np.zeros(len(key), dtype=bool) if names is None else names.notna().to_numpy()
        code, organisations = np.empty(len(key), dtype=np.int64), 0
        if names is not None and named.any():
            text = names[named].astype(object).map(str)
            code[named], column = pd.factorize(text)
            organisations = len(column)
            key[named] = row_hashes(pd.DataFrame({"name": text}))
        code[~named] = organisations + np.arange(int((~named).sum()))
        first = np.unique(code, return_index=True)[1]
        return cls(code, key[first], named[first], np.bincount(code, minlength=len(first)))

    def draw(self, stratum: Any, share: float, seed: int) -> NDArray[np.bool_]:
        """Whether each row is among `share` of the units.

        Units stand in the order of stratum (highest first; of its rows the highest counts), rows and hash; every
        1/`share`-th is drawn, so that each stratum and size has its share to within one unit.
        """
        order = self._order(stratum, seed)
        reached = np.floor(np.arange(1, len(order) + 1) * share + 0.5)
        chosen = np.zeros(len(order), dtype=bool)
        chosen[order] = np.diff(reached, prepend=0.0) > 0
        return np.asarray(chosen[self.code])

    def deal(self, stratum: Any, folds: int, seed: int) -> Ints:
        """The fold of each row: the units are dealt out in turn, in the same order."""
        order = self._order(stratum, seed)
        fold = np.empty(len(order), dtype=np.int64)
        fold[order] = np.arange(len(order)) % folds
        return np.asarray(fold[self.code])

    def take(self, rows: NDArray[np.bool_]) -> Units:
        """The units of some of the rows; whole ones only stay whole if all their rows are taken."""
        there, code = np.unique(self.code[rows], return_inverse=True)
        return Units(np.asarray(code, np.int64), self.key[there], self.named[there], np.bincount(code))

    def _order(self, stratum: Any, seed: int) -> Ints:
        highest = np.full(len(self.key), -1, dtype=np.int64)
        np.maximum.at(highest, self.code, np.asarray(stratum, dtype=np.int64))
        order = np.lexsort((self.key, self.size, -highest))
        first = np.diff(self.key[order], prepend=~self.key[order[:1]]) != 0
        places = np.arange(len(order))
        rank = np.empty(len(order), dtype=np.uint64)  # how many units with this key come before
        rank[order] = places - np.maximum.accumulate(np.where(first, places, 0))
        return np.lexsort((mixed(mixed(self.key, seed) ^ mixed(rank, 1), seed), self.size, -highest)).astype(np.int64)


def row_hashes(table: pd.DataFrame) -> Any:
    """A 64-bit hash per row, whatever the types of the columns: for an order and for draws. Evidence is `digest`."""
    import pandas as pd

    plain = table.copy()
    for name in plain.columns:
        if plain[name].dtype.kind == "O" or isinstance(plain[name].dtype, pd.CategoricalDtype):
            gone = plain[name].isna()
            plain[name] = (
                plain[name].astype(object).map(lambda value: f"{type(value).__name__}:{value}").where(~gone, "")
            )
        elif plain[name].dtype.kind in "iub":
            plain[name] = plain[name].astype(float)
    return pd.util.hash_pandas_object(plain, index=False).to_numpy()


def mixed(hashes: Any, seed: int) -> NDArray[np.uint64]:
    """Hashes stirred by a seed (splitmix64): an even draw that follows a row wherever it stands.

    >>> mixed(np.array([1, 2], dtype=np.uint64), 7)[0] != mixed(np.array([1, 2], dtype=np.uint64), 8)[0]
    np.True_
    """
    with np.errstate(over="ignore"):
        x = np.asarray(hashes, dtype=np.uint64) + np.uint64(seed % 2**64) * np.uint64(0xD1342543DE82EF95)
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return np.asarray(x ^ (x >> np.uint64(31)))


def count_sides(units: Units, test: NDArray[np.bool_], y: Any) -> dict[str, dict[str, int | None]]:
    """Rows, organisations (None where rows name none) and events of the fit and of the test."""
    return {
        side: {
            "rows": int(part.sum()),
            "organisations": int(units.named[np.unique(units.code[part])].sum()) if units.named.any() else None,
            "events": int(y[part].sum()),
        }
        for side, part in (("fit", ~test), ("test", test))
    }


def check_shares(sides: dict[str, dict[str, int | None]], asked: float) -> None:
    """InputError where the test holds far more or fewer of the rows, organisations or events than was asked.

    Far: by half of the smaller side that was asked, and by more than one.
    """
    room = FAR * min(asked, 1 - asked)
    for what in ("rows", "organisations", "events"):
        held, rest = sides["test"][what], sides["fit"][what]
        if held is None or rest is None or abs(held - asked * (held + rest)) <= max(1.0, room * (held + rest)):
            continue
        raise InputError(
            "modelling.test_would_hold_asked",
            count=held / (held + rest),
            what_value=what,
            held=held,
            count_2=held + rest,
            asked=asked,
            count_3=asked - room,
            count_4=asked + room,
            where="split.test",
        )
