"""The tables that a composite takes beside the gradings: entries of lists, and who is to be scored."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.identity import redact
from creditscore.core.tables.source import forget, open_sources
from creditscore.core.tables.table import Table
from creditscore.records import parse
from creditscore.records.stage import Stage

if TYPE_CHECKING:
    import duckdb

LISTINGS = ("subject_id", "list", "entered_on")
DATES = ("entered_on", "term_end", "exited_on", "recorded_on")


def open_table(
    con: duckdb.DuckDBPyConnection,
    name: str,
    given: Any,
    needed: Sequence[str],
    more: Sequence[str] = (),
    days: Sequence[str] = (),
) -> str:
    """A table `name` of a file, pandas or Arrow table or DuckDB relation, read as every input is; returns the name.

    Cells are cleaned codes, those of `days` dates. InputError where a needed cell is empty or a date is none.
    """
    with tempfile.TemporaryDirectory(prefix="creditscore-") as folder:
        table = Table(name, tuple(needed), (*more, *(one for one in days if one not in needed)))
        opened = open_sources(con, {name: given}, Path(folder), {name: table})
        stage = Stage(opened[name])
        read = {one: stage.day_as_read(one) if one in days else stage.code(one) for one in table.columns}
        con.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {stage.select(read)}")
        forget(con, opened)
    for one in days:
        bad = con.execute(f"SELECT line FROM {name} WHERE {one} = {parse.BAD_DAY} ORDER BY line LIMIT 1").fetchall()
        if bad:
            raise InputError(
                f"{one} of row {bad[0][0]} is a date that is none",
                where=name,
                allowed="YYYY-MM-DD, from 1900-01-01 to 2100-12-31",
            )
        con.execute(f"ALTER TABLE {name} ALTER {one} TYPE DATE USING DATE '1970-01-01' + {one}")
    con.execute(f"ALTER TABLE {name} DROP line; ALTER TABLE {name} DROP mask")
    empty = con.execute(f"SELECT count(*) FROM {name} WHERE {' OR '.join(f'{c} IS NULL' for c in needed)}").fetchall()
    if empty[0][0]:
        raise InputError(
            f"{empty[0][0]} rows lack {' or '.join(needed)}", where=name, next="fill them, or leave the rows out"
        )
    return name


def open_listings(con: duckdb.DuckDBPyConnection, given: Any) -> str:
    """Entries of lists with their dates as DATE; InputError where a date is none or an entry ends before it begins."""
    open_table(con, "listings", given, LISTINGS, days=DATES)
    bad = con.execute("SELECT list FROM listings WHERE exited_on < entered_on ORDER BY ALL LIMIT 1").fetchall()
    if bad:
        raise InputError(
            f"an entry of {redact(bad[0][0])} ends before it begins", where="listings", next="correct its dates"
        )
    return "listings"
