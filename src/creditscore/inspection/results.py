"""Inspection results as they come back: the table, its codes, and what makes a row unusable."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from creditscore.core.errors import InputError
from creditscore.core.identity import is_resident, look_at_id, redact
from creditscore.core.tables.table import Table
from creditscore.inspection.rows import Row, read_rows

ARMS = ("random", "targeted", "complaint", "follow_up")
RESULTS = ("clean", "corrected_on_site", "breach", "not_found", "refused", "closed_down", "not_done")
FINDINGS = ("corrected_on_site", "breach")
CARRIED_OUT = ("clean", *FINDINGS)
COLUMNS = (
    "inspection_id",
    "subject_id",
    "draw_id",
    "department",
    "planned_on",
    "inspected_on",
    "arm",
    "result",
    "violations",
    "recorded_on",
)
TABLE = Table("results", COLUMNS, ("programme", "class", "stratum", "probability"))
# Reason → what is wrong, for the file of refused rows.
REASONS = {
    "natural_person": "a resident identity number, or the id of a person",
    "empty_id": "inspection_id or subject_id is empty",
    "mangled_id": "the id went through a number",
    "bad_arm": f"arm is none of {', '.join(ARMS)}",
    "bad_result": f"result is none of {', '.join(RESULTS)}",
    "bad_date": "a date is missing, impossible, before the one it must follow, or after today where it is imported",
    "bad_violations": "violations is no whole number, or does not fit the result",
    "duplicate_inspection": "the same inspection_id with other content",
    "erased_inspection": "the result of this inspection_id was erased, and is not kept again",
    "unknown_draw": "no such draw in the store, or a random visit without a draw",
    "not_drawn": "a random visit of an organisation that was not drawn",
    "bad_department": "the department is none of those of the draw",
    "before_draw": "a random visit from before the draw",
}


def read_results(data: Any) -> list[Row]:
    """The rows of a table of results; InputError where a row is faulty (`faults_of` lists them one by one)."""
    rows = read_rows(data, TABLE)
    faults = [(place, reason) for place, row in enumerate(rows) if (reason := fault_of(row))]
    if faults:
        counted = Counter(reason for _, reason in faults)
        raise InputError(
            f"{len(faults)} results cannot be read: " + ", ".join(f"{key} {n}" for key, n in sorted(counted.items())),
            where=f"row {faults[0][0] + 1}: {REASONS[faults[0][1]]}",
            next="import them with `creditscore supervise import`, which lists every row",
        )
    return rows


def fault_of(row: Row) -> str | None:
    """The reason for which a row is refused on its own; None for a good one. Ids are made canonical in place."""
    for check in CHECKS:
        reason = check(row)
        if reason is not None:
            return reason
    return None


def _ids(row: Row) -> str | None:
    if any(is_resident(cell) for name, cell in row.items() if name != "subject_id"):
        return "natural_person"
    text, reason = look_at_id(row["subject_id"], False, upper=len(row["subject_id"]) == 18)
    row["subject_id"] = text
    return reason or (None if row["inspection_id"] else "empty_id")


def _codes(row: Row) -> str | None:
    if row["arm"] not in ARMS:
        return "bad_arm"
    return None if row["result"] in RESULTS else "bad_result"


def _dates(row: Row) -> str | None:
    days: dict[str, date | None] = {}
    for name in ("planned_on", "inspected_on", "recorded_on"):
        try:
            days[name] = date.fromisoformat(row[name][:10]) if row[name] else None
        except ValueError:
            return "bad_date"
        row[name] = "" if days[name] is None else str(days[name])
    inspected, recorded = days["inspected_on"], days["recorded_on"]
    if recorded is None or (inspected is None) != (row["result"] == "not_done"):
        return "bad_date"
    return "bad_date" if inspected is not None and recorded < inspected else None


def _violations(row: Row) -> str | None:
    text = row["violations"]
    if text and not (text.isascii() and text.isdigit() and len(text) < 7):
        return "bad_violations"
    count = int(text) if text else 0
    row["violations"] = str(count) if text else ""
    if row["result"] in FINDINGS:
        return None if count > 0 else "bad_violations"
    if row["result"] == "clean":
        return None if text and count == 0 else "bad_violations"
    return None if count == 0 else "bad_violations"


CHECKS: Sequence[Callable[[Row], str | None]] = (_ids, _codes, _dates, _violations)


def shown(row: Row) -> Row:
    """A row as it may be written: personal numbers hidden."""
    return {name: redact(cell) for name, cell in row.items()}
