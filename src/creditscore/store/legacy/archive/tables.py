"""What a store keeps of a run: tables of a grading and of a composite, their columns, and hashes of their rows."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from creditscore.composite.result_columns import SCORES
from creditscore.core.tables.hashing import row_text
from creditscore.core.tables.table import literal, quote
from creditscore.grading.result_columns import GRADES, LATER, LEDGER
from creditscore.records.digest import table_sum

if TYPE_CHECKING:
    import duckdb

TABLES = {"grades": GRADES, "ledger": LEDGER}
ALL = {**TABLES, **SCORES}


def table_hash(con: duckdb.DuckDBPyConnection, source: str, columns: Mapping[str, str]) -> str:
    """`sha256:…` over every cell of the rows of `source`, a table or a query in brackets, in any order.

    Columns of later versions count where a row says something in one of them, so that hashes of earlier runs hold.
    """
    later = [name for name in columns if name in LATER]
    stated = " OR ".join(f"{quote(name)} IS NOT NULL" for name in later)
    if later and not con.execute(f"SELECT count(*) FROM {source} WHERE {stated}").fetchall()[0][0]:
        columns = {name: kind for name, kind in columns.items() if name not in later}
    text = row_text(columns, list(columns), {name: f"CAST({quote(name)} AS VARCHAR)" for name in columns})
    counted = json.dumps(table_sum(con, source, text))
    return "sha256:" + hashlib.sha256(counted.encode()).hexdigest()


def stored_hash(con: duckdb.DuckDBPyConnection, table: str, run_id: str) -> str:
    """The hash of the rows of a run as they were kept."""
    return table_hash(con, f"(SELECT * FROM run_{table} WHERE run_id = {literal(run_id)})", ALL[table])
