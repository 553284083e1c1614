"""Warnings of an import: what was read as it stands and still looks odd. Nothing here changes a record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.quantities import from_micro, plain
from creditscore.records.publicity.fields import UNITS

if TYPE_CHECKING:
    import duckdb

_SAID = {
    "fine_without_kind": "rows with a fine but no kind 罚款; the amount stands on their first measure",
    "confiscation_without_kind": "rows with a confiscated amount but no kind 没收; it stands on their first measure",
    "fine_without_amount": "fines without an amount; rows of the mapping that ask for a range do not fit them",
    "several_names": "subjects under several names; the latest is kept",
    "texts_redacted": "texts in rows of organisations that held an identity number; it was cut down to three digits",
    "end_dates_unread": "ends of effect or publication that are no date between 1900 and 2100; left empty",
}


def notices_of(
    con: duckdb.DuckDBPyConnection, counted: dict[str, int], deadlines: dict[str, int], limit: int, unit: str
) -> list[dict[str, str | int]]:
    """Each with a code, a count and a sentence, in a fixed order; none with count 0."""
    high, highest = con.execute(
        "SELECT count(*), max(most) FROM (SELECT greatest(amount, confiscated) AS most FROM pub_rows)"
        f" WHERE most > {limit}"
    ).fetchall()[0]
    implausible = (
        f"rows with an amount above {plain(from_micro(limit))} CNY (highest {plain(from_micro(highest))}); amounts were"
        f" read in {UNITS[unit]} as declared: if the table has another unit (元, 分), every amount is wrong, see --unit"
    )
    late, early, unknown = (deadlines[key] for key in ("late", "before_decision", "no_publication_date"))
    rows = [
        ("implausible_amount", high, implausible),
        *((code, counted.get(code, 0), text) for code, text in _SAID.items()),
        ("published_late", late, "rows published after their deadline, listed in late.csv"),
        ("published_before_decision", early, "rows that say they were published before the decision"),
        ("no_publication_date", unknown, "rows without a date of publication; nobody can say whether they were late"),
        ("provisional_calendar", deadlines["provisional"], "deadlines where only weekends are known, no holidays"),
    ]
    return [{"code": code, "count": count, "text": text} for code, count, text in rows if count]
