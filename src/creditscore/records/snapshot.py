"""The records, validated once: what grading, review and explanation read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from creditscore.core.tables.table import quote
from creditscore.records.digest import CURRENT, content_hash, first_content_hash, format_of

if TYPE_CHECKING:
    import duckdb

CONTENT_TABLES = ("subjects", "attributes", "log", "listings", "history", "feeds")


@dataclass(frozen=True)
class Snapshot:
    """The input tables, validated once: good rows and refused rows in DuckDB, and what is known about them.

    Parameters
    ----------
    con
        The DuckDB connection that holds the tables.
    domains, items
        Dictionaries of the log: the code of a domain or item is its position.
    attribute_columns
        The further columns of the records, which a scheme may declare.
    newest_day
        The newest date of anything that happened or was recorded (days since 1970-01-01).
    counts
        By table, the numbers of rows, refused and repeated rows.
    inputs
        By table, what is known of its source.
    subject_ids
        `uscc` (unified social credit codes) or `local`.
    log_columns
        The columns of the log that the input gave; the others are constants.
    in_order
        Whether the log lies in order of sid, in files that need not be read as a whole.
    made_up
        Whether the data is synthetic; results computed from it state so.
    intake_day
        The day of intake (days since 1970-01-01); None where it is not known.
    known_hashes
        The content hash once it is computed or read, by format (`records.digest`).
    hash_format
        The format of hashes in the results; an earlier one where a run of an earlier version is made again.
    subjects, attributes, log, listings, history, feeds, quarantine
        The names of the tables or views in `con`.
    refused
        The name of the table of refused rows as a whole, each with the subject that it names.
    accepted
        Refused rows that a person accepted as lost, with who and why.
    judges_refused
        False where a run of an earlier version is reproduced, which passed over refused rows.
    stated_marks
        Where a run is reproduced, the codes that it states for all its grades; else None.
    whole_names
        Of a part of a snapshot, the attributes that somebody in the whole has; None for a whole one.
    stated_unknown
        Reason, word and message of the domains and lists that a run refused, where it is reproduced without the library
        that knows the others.
    """

    con: duckdb.DuckDBPyConnection = field(repr=False)
    domains: tuple[str, ...]
    items: tuple[str, ...]
    attribute_columns: tuple[str, ...]
    newest_day: int
    counts: Mapping[str, Mapping[str, int]]
    inputs: Mapping[str, Mapping[str, Any]]
    subject_ids: str
    log_columns: tuple[str, ...] = field(repr=False)
    in_order: bool = field(default=False, repr=False, compare=False)
    made_up: bool = field(default=False, compare=False)
    intake_day: int | None = field(default=None, compare=False)
    known_hashes: dict[int, str] = field(default_factory=dict, repr=False, compare=False)
    hash_format: int = field(default=CURRENT, repr=False, compare=False)
    subjects: str = "subjects"
    attributes: str = "attributes"
    log: str = "log"
    listings: str = "listings"
    history: str = "history"
    feeds: str = "feeds"
    quarantine: str = "quarantine"
    refused: str = "refused_rows"
    accepted: tuple[Mapping[str, str], ...] = field(default=(), compare=False)
    judges_refused: bool = field(default=True, compare=False)
    stated_marks: tuple[str, ...] | None = field(default=None, compare=False)
    whole_names: frozenset[str] | None = field(default=None, repr=False, compare=False)
    stated_unknown: tuple[tuple[str, str, str], ...] = field(default=(), repr=False, compare=False)

    def content_hash(self) -> str:
        """`sha256-2:…` of every cell of every good row; computed at the first call, or read with the snapshot."""
        if self.hash_format not in self.known_hashes:
            self.known_hashes[self.hash_format] = self.computed_hash(self.hash_format)
        return self.known_hashes[self.hash_format]

    def has_hash(self, stated: object) -> bool:
        """Whether this is the snapshot of which somebody stated the content hash, in whatever format."""
        return isinstance(stated, str) and self.in_format(stated).content_hash() == stated

    def in_format(self, stated: str) -> Snapshot:
        """The same snapshot, whose results have hashes of the format of a stated one."""
        return replace(self, hash_format=format_of(stated))

    def computed_hash(self, hash_format: int = CURRENT) -> str:
        """The content hash, computed from the rows as they are now."""
        tables = {name: column_types(self.con, name) for name in CONTENT_TABLES}
        words = {"items": self.items, "domains": self.domains}
        compute = content_hash if hash_format == CURRENT else first_content_hash
        return compute(self.con, tables, self.log_columns, words)

    @property
    def in_first_format(self) -> bool:
        """Whether runs on it are made as earlier versions made them: with their hashes, or past refused rows."""
        return self.hash_format != CURRENT or not self.judges_refused

    @property
    def feeds_declared(self) -> bool:
        """Whether a table of feeds was given; one of which every row was refused feeds nobody."""
        counted = self.counts.get("feeds", {})
        return counted.get("rows", 0) > counted.get("of_other_tables", 0) or bool(self.rows(self.feeds))

    @property
    def intake_on(self) -> date:
        """The day of intake; of a snapshot that does not know it, its newest date."""
        return date(1970, 1, 1) + timedelta(days=self.newest_day if self.intake_day is None else self.intake_day)

    @property
    def newest_date(self) -> date:
        return date(1970, 1, 1) + timedelta(days=self.newest_day)

    def rows(self, table: str) -> int:
        """The number of good rows of a table (or of quarantine rows)."""
        return int(self.con.execute(f"SELECT count(*) FROM {quote(table)}").fetchall()[0][0])


def attribute_names(snapshot: Snapshot) -> frozenset[str]:
    """The attributes that somebody has; of a part, in the whole."""
    if snapshot.whole_names is not None:
        return snapshot.whole_names
    rows = snapshot.con.execute(f"SELECT DISTINCT name FROM {snapshot.attributes}").fetchall()
    return frozenset(name for (name,) in rows)


def column_types(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {name: str(kind) for name, kind, *_ in con.execute(f"DESCRIBE {table}").fetchall()}
