"""The tables that a composite takes beside the gradings: entries of lists, and who is to be scored."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.identity import redact
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import Kind, Table

if TYPE_CHECKING:
    import duckdb

NEEDED = ("subject_id", "list", "entered_on")
KINDS: dict[str, Kind] = {
    **dict.fromkeys(("listing_id", "subject_id", "list"), "code"),
    **dict.fromkeys(("entered_on", "term_end", "exited_on", "recorded_on"), "day"),
}
DAYS = ("term_end", "exited_on", "recorded_on")
ENTRIES = Table("listings", NEEDED, DAYS, kinds=KINDS, filled=NEEDED)  # what a composite reads
LISTINGS = Table("listings", NEEDED, ("listing_id", *DAYS), kinds=KINDS, filled=NEEDED)  # what is kept of it
SUBJECTS = Table(
    "subjects", ("subject_id",), ("kind",), kinds={"subject_id": "code", "kind": "code"}, filled=("subject_id",)
)


def open_listings(con: duckdb.DuckDBPyConnection, given: Any) -> None:
    """Load entries of lists; InputError where a day is none or an entry ends before it begins."""
    load_table(con, given, ENTRIES)
    bad = con.execute("SELECT list FROM listings WHERE exited_on < entered_on ORDER BY ALL LIMIT 1").fetchall()
    if bad:
        raise InputError("composite.entry_ends_before_begins", bad=redact(bad[0][0]), where="listings")
