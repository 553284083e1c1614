"""The table that turns measures into items, read strictly: which authority, violation and kind mean which item."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from creditscore.core.catalogue import Family
from creditscore.core.errors import UsageError
from creditscore.core.patterns import ALLOWED, fault_of, is_match
from creditscore.core.quantities import to_micro
from creditscore.core.references import Unique
from creditscore.core.yaml_source import Source
from creditscore.records.publicity.kinds import KINDS

Evidence = Literal["verified", "recalled", "derived", "inference", "local", "project_default", "unknown"]
Word = Annotated[str, Field(min_length=1)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Cite(_Strict):
    """A legal text by its title, and the place in it."""

    law: Word
    article: str | None = None


class Text(_Strict):
    """What a text must hold: one of these words, a match of a regular expression, or both."""

    contains: tuple[Word, ...] = ()
    matches: str | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.contains and self.matches is None:
            raise ValueError("give contains, matches, or both")
        fault = fault_of(self.matches or "")
        if fault:
            raise ValueError(f"matches cannot be used: {fault}; {ALLOWED}")
        return self

    def fits(self, text: str | None) -> bool:
        if text is None or (self.contains and not any(word in text for word in self.contains)):
            return False
        return self.matches is None or is_match(self.matches, text)


class Amount(_Strict):
    """A range of CNY; a measure without an amount is in none."""

    at_least: Decimal | None = None
    above: Decimal | None = None
    at_most: Decimal | None = None
    below: Decimal | None = None

    @field_validator("*", mode="before")
    @classmethod
    def _is_written_plainly(cls, value: object) -> object:
        if isinstance(value, str | bool):
            raise ValueError(f"{value!r} is not a number of CNY; write plain digits")
        return value

    @model_validator(mode="after")
    def _is_a_range(self) -> Self:
        low = [to_micro(value) for value in (self.at_least, self.above) if value is not None]
        high = [to_micro(value) for value in (self.at_most, self.below) if value is not None]
        if len(low) > 1 or len(high) > 1 or not low + high:
            raise ValueError("give at_least or above, at_most or below, or one of each pair")
        if low and high and (low[0] > high[0] or (low == high and (self.above, self.below) != (None, None))):
            raise ValueError("the range is empty")
        return self

    def fits(self, micro: int | None) -> bool:
        if micro is None:
            return False
        value = Decimal(micro).scaleb(-6)
        return not (
            (self.at_least is not None and value < self.at_least)
            or (self.above is not None and value <= self.above)
            or (self.at_most is not None and value > self.at_most)
            or (self.below is not None and value >= self.below)
        )


class Row(_Strict):
    """One row: what it asks of a measure, and the item it gives. `per: act` gives one record for a whole act."""

    id: Word
    table: Literal["penalties", "licences"] = Field("penalties", alias="from")
    family: Word = Field(alias="for")
    domain: Word
    item: Word
    authority: Text | None = None
    violation: Text | None = None
    licence: Text | None = None
    word: Text | None = None
    kinds: frozenset[str] | None = None
    amount: Amount | None = None
    per: Literal["measure", "act"] = "measure"
    cite: Cite
    evidence: Evidence
    note: str | None = None

    @property
    def about(self) -> Text | None:
        """What the text of the matter must hold: the violation of a penalty, what a licence allows."""
        return self.licence if self.table == "licences" else self.violation


class Deadline(_Strict):
    """Publication is due so many working days after the decision of these authorities; the first that fits counts."""

    id: Word
    authority: Text | None = None
    working_days: int = Field(gt=0, strict=True)
    cite: Cite
    evidence: Evidence


class MappingFile(_Strict):
    """What a mapping file holds."""

    rows: tuple[Row, ...]
    deadlines: tuple[Deadline, ...]


@dataclass(frozen=True)
class Mapping:
    """A loaded table; `digest` is the SHA-256 of its file."""

    file: str
    digest: str
    rows: tuple[Row, ...]
    deadlines: tuple[Deadline, ...]

    def chosen(self, families: Sequence[str], domain: str | None) -> tuple[Row, ...]:
        """The rows for these schemes and this domain; UsageError unless each domain has one scheme."""
        known = {row.family for row in self.rows}
        strange = sorted(set(families) - known)
        if strange:
            raise UsageError(
                "records.mapping_no_rows", listed=", ".join(strange), where=self.file, allowed=sorted(known)
            )
        domains = {row.domain for row in self.rows}
        if domain is not None and domain not in domains:
            raise UsageError("records.mapping_no_rows_domain", domain=domain, where=self.file, allowed=sorted(domains))
        rows = tuple(
            row
            for row in self.rows
            if (not families or row.family in families) and (domain is None or row.domain == domain)
        )
        several = {row.domain: sorted({value.family for value in rows if value.domain == row.domain}) for row in rows}
        clash = [f"{name}: {', '.join(schemes)}" for name, schemes in sorted(several.items()) if len(schemes) > 1]
        if clash:
            raise UsageError(
                "records.several_schemes_would_get_same_measures", listed="; ".join(clash), where=self.file
            )
        if not rows:
            raise UsageError("records.no_row_mapping_left", where=self.file)
        return rows


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


def load_mapping(given: str | Path | Mapping | None = None) -> Mapping:
    """The table in a file, by default the one of the package; SchemeError lists every fault at once."""
    if isinstance(given, Mapping):
        return given
    (rule_file,) = MAPPING.list_files(None if given is None else Path(given))
    file = rule_file.file
    if not file.is_file():
        raise UsageError("records.no_mapping", where=str(file))
    loaded = MAPPING.load_only(file)
    return Mapping(file.name, hashlib.sha256(file.read_bytes()).hexdigest(), loaded.rows, loaded.deadlines)


def _check(loaded: MappingFile, source: Source) -> None:
    """What pydantic does not see: words and kinds of the other table, deadlines behind one for all."""
    for place, row in enumerate(loaded.rows):
        other = "violation" if row.table == "licences" else "licence"
        if getattr(row, other) is not None:
            source.fault(("rows", place, other), "unknown key here", "E106")
        strange = sorted((row.kinds or frozenset()) - set(KINDS[row.table]))
        if strange or row.kinds == frozenset():
            text = f"not kinds of {row.table}: {', '.join(strange)}" if strange else "no kind"
            source.fault(("rows", place, "kinds"), f"{text}; allowed are {', '.join(KINDS[row.table])}")
    if not loaded.deadlines or loaded.deadlines[-1].authority is not None:
        source.fault(("deadlines",), "the last deadline must be for every authority")
    for place, deadline in enumerate(loaded.deadlines[:-1]):
        if deadline.authority is None:
            source.fault(("deadlines", place), "only the last deadline may be for every authority")


_GIVEN = "{value} was given on line {line}; ids must differ"
MAPPING = Family(
    "publicity",
    "mapping",
    MappingFile,
    "publicity/mapping.yaml",
    unique=(Unique("rows.*.id", _GIVEN, "E113"), Unique("deadlines.*.id", _GIVEN, "E113")),
    check=_check,
    docs="docs/double_publicity.md",
)
