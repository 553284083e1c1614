"""Refused rows that a person accepts as lost: who, why and which row; such a row leaves no grade open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from creditscore.core.clock import check_day_has_come
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import redact
from creditscore.core.tables.read import read_rows
from creditscore.core.tables.table import Table
from creditscore.grading.input_state.period_over import taken_in
from creditscore.grading.quarantine import Refusals
from creditscore.records import Snapshot
from creditscore.records.refused import UNATTRIBUTED

WHICH = ("table", "subject_id", "record_id", "event_no", "item", "reason", "column", "value")  # as in the quarantine
NEEDED = ("table", "by", "why")
ACCEPTED = Table("accepted", (), (*WHICH, "by", "why", "on"))


def read_acceptances(given: Any) -> list[dict[str, str]]:
    """Read the table of accepted rows: columns of the quarantine that say which row, `by`, `why` and, if given, `on`.

    Parameters
    ----------
    given : any table that `core.tables.read.read_rows` takes.

    Returns
    -------
    list of dict
        The cells that are not empty, row by row.

    Raises
    ------
    InputError
        A column is missing, or a row does not say who accepts what and why.
    """
    if given is None:
        return []
    origin = str(given) if isinstance(given, str | Path) else "the accepted rows"
    rows = read_rows(given, ACCEPTED)
    accepted = []
    for number, row in enumerate(rows, start=1):
        cells = {name: cell for name, cell in row.items() if cell}
        missing = [name for name in NEEDED if name not in cells]
        if missing or not {"subject_id", "record_id"} & set(cells):
            raise InputError(
                "grading.row_not_say",
                number=number,
                value=", ".join(missing) or "which row it accepts",
                listed=", ".join(WHICH),
                where=origin,
            )
        if "on" in cells:
            cells["on"] = _day_accepted(cells["on"], number, origin)
        accepted.append({name: cells[name] for name in (*WHICH, "by", "why", "on") if name in cells})
    return accepted


def _day_accepted(cell: str, number: int, origin: str) -> str:
    """The day on which a row was accepted; a faulty one is refused, and one that has not come."""
    try:
        day = date.fromisoformat(cell[:10])
    except ValueError as error:
        raise InputError(
            "grading.row_no_day", number=number, cell=redact(cell), origin=origin, allowed="YYYY-MM-DD"
        ) from error
    check_day_has_come(day, "on")
    return day.isoformat()


def as_graded(snapshot: Snapshot, manifest: Mapping[str, Any]) -> Snapshot:
    """Give a snapshot what a run took beside it: accepted rows, day of intake, whether it judged refused rows."""
    marks = tuple(code for code in manifest.get("input_marks", ()) if code != UNATTRIBUTED)
    return replace(
        taken_in(snapshot, manifest).in_format(str(manifest["snapshot_hash"])),
        accepted=tuple(dict(row) for row in manifest.get("accepted", ())),
        judges_refused="blocked_grades" in manifest or "run_format" in manifest,
        stated_marks=marks,
    )


def mark_accepted(refusals: Refusals, acceptances: Sequence[Mapping[str, str]]) -> tuple[int, list[dict[str, str]]]:
    """Note which refused rows are accepted; returns their number, and the acceptances that name a refused row."""
    con = refusals.engine.con
    con.execute("CREATE OR REPLACE TEMP TABLE accepted_rows AS SELECT * FROM refused WHERE FALSE")
    matched = []
    for acceptance in acceptances:
        where, values = _matches(acceptance)
        if con.execute(f"SELECT count(*) FROM refused WHERE {where}", values).fetchall()[0][0]:
            con.execute(f"INSERT INTO accepted_rows SELECT * FROM refused WHERE {where}", values)
            matched.append(dict(acceptance))
    return refusals.rows("accepted_rows"), matched


def check_matched(acceptances: Sequence[Mapping[str, str]], matched: Sequence[Mapping[str, str]]) -> None:
    """Refuse acceptances that name no refused row of a run: UsageError."""
    for acceptance in acceptances:
        if acceptance not in matched:
            named = ", ".join(f"{name} {redact(acceptance[name])}" for name in WHICH if name in acceptance)
            raise UsageError("grading.accepted_row_not_among_refused_ones", named=named)


def _matches(acceptance: Mapping[str, str]) -> tuple[str, list[str]]:
    named = [name for name in WHICH if name in acceptance]
    where = " AND ".join(f'CAST("{name}" AS VARCHAR) = ?' for name in named)
    return where, [acceptance[name] for name in named]
