"""The table that turns measures into items: which authority, violation and kind mean which item of which scheme."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from creditscore.core.errors import UsageError
from creditscore.core.patterns import ALLOWED, fault_of, is_match
from creditscore.core.quantities import to_micro

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
                f"the mapping has no rows for {', '.join(strange)}",
                where=self.file,
                allowed=sorted(known),
                next="choose among these with --for, or add rows",
            )
        domains = {row.domain for row in self.rows}
        if domain is not None and domain not in domains:
            raise UsageError(f"the mapping has no rows for domain {domain}", where=self.file, allowed=sorted(domains))
        rows = tuple(
            row
            for row in self.rows
            if (not families or row.family in families) and (domain is None or row.domain == domain)
        )
        several = {row.domain: sorted({value.family for value in rows if value.domain == row.domain}) for row in rows}
        clash = [f"{name}: {', '.join(schemes)}" for name, schemes in sorted(several.items()) if len(schemes) > 1]
        if clash:
            raise UsageError(
                f"several schemes would get the same measures ({'; '.join(clash)})",
                where=self.file,
                next="choose one scheme per domain with --for",
            )
        if not rows:
            raise UsageError(
                "no row of the mapping is left", where=self.file, next="choose --for and --domain that go together"
            )
        return rows
