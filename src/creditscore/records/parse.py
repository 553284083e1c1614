"""SQL for cells that only the record log has: events and their numbers; and what to do about a refused cell."""

from __future__ import annotations

from creditscore.core.days import LAST
from creditscore.core.tables import cell_sql
from creditscore.records.schema import EVENTS

BAD_EVENT = 255
_SERIAL_1970 = 25569  # the day number of 1970-01-01 in a spreadsheet


def event_no(x: str, kind: str) -> str:
    """A whole number of at least 1; BAD_NUMBER for the rest, 1 where the cell is empty."""
    if cell_sql.is_typed_number(kind):
        good = f"{x} >= 1 AND {x} < 1000000000" + ("" if kind in cell_sql.INTEGERS else f" AND {x} = floor({x})")
    else:
        good = f"regexp_full_match({x}, '0*[1-9][0-9]{{0,8}}')"
    return f"CASE WHEN {x} IS NULL THEN 1 WHEN {good} THEN CAST({x} AS INTEGER) ELSE -1 END"


def event(x: str, kind: str) -> str:
    """The place in EVENTS; BAD_EVENT for another word, 0 (filed) where the cell is empty.

    Only a cell that is none of the words as it stands is cleaned.
    """
    words = " ".join(f"WHEN '{word}' THEN {place}" for place, word in enumerate(EVENTS))
    cleaned = f"CASE coalesce(lower({cell_sql.code_of(x, kind)}), 'filed') {words} ELSE {BAD_EVENT} END"
    return f"CAST(CASE {x} {words} ELSE {cleaned} END AS UTINYINT)"


def hint(reason: str, x: str) -> str:
    """SQL: what to do about a cell refused for this reason; empty text where nothing plain can be told."""
    cell = f"coalesce({cell_sql.code_of(f'CAST({x} AS VARCHAR)', 'VARCHAR')}, '')"
    if reason == "bad_date":
        serial = f"TRY_CAST(split_part({cell}, '.', 1) AS INTEGER)"
        shaped = f"regexp_full_match({cell}, '[0-9]{{5}}([.][0-9]*)?') AND {serial} <= {LAST + _SERIAL_1970}"
        day = f"CAST(DATE '1899-12-30' + {serial} AS VARCHAR)"
        advice = f"' (an Excel day number: ' || {day} || '; format the column as a date)'"
        return f"CASE WHEN {shaped} THEN {advice} ELSE '' END"
    if reason == "bad_number":
        plain = f"regexp_replace({cell}, '[,¥￥$€元 ]|CNY|RMB', '', 'g')"
        shaped = f"{plain} <> {cell} AND regexp_full_match({plain}, '[0-9]+([.][0-9]+)?')"
        return (
            f"CASE WHEN {shaped} THEN ' (write ' || {plain} || ', without separators and signs of currency)'"
            f" WHEN regexp_full_match({plain}, '[0-9.]+万') THEN ' (in units of 10,000; write it in yuan)' ELSE '' END"
        )
    return "''"
