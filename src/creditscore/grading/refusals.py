"""Rows that a scheme refuses, collected in one table with the faults found at intake."""

from __future__ import annotations

from collections.abc import Mapping

from creditscore.engines.duckdb import DuckDBEngine
from creditscore.records import Snapshot
from creditscore.records.faults import redact_quarantine

MESSAGES = {
    "unknown_item": "the scheme has no such item; `creditscore scheme show` lists them; a record for another scheme says its domain",
    "item_not_in_version": "this item belongs to another version of the scheme; correct the item or the dates",
    "not_this_item": "the record does not fit the item's own condition; give it the item that its facts call for",
    "missing_attribute": "the item cannot be valued without this; supply the column",
    "bad_attribute": "not of the declared type or not among the allowed values",
    "missing_date": "none of the dates of the item's clock is given",
    "unknown_grade": "the scheme has no such grade",
    "conflicting_history": "two decisions of one standing for one year; mark the one that no longer holds as superseded",
    "missing_route": "the next year depends on how this grade came about; give score, direct, linked, retained …",
}


class Refusals:
    """The relation `refused`: the quarantine of the snapshot and what the scheme adds to it."""

    def __init__(self, engine: DuckDBEngine, snapshot: Snapshot) -> None:
        self.engine = engine
        engine.materialise("refused", f"SELECT * FROM {snapshot.quarantine}")

    def _add(self, columns: str, rest: str) -> None:
        self.engine.con.execute(
            f'INSERT INTO refused ("table", line, subject_id, record_id, event_no, item, reason, "column", value, message) SELECT {columns} {rest}'
        )

    def records(
        self, rest: str, reason: str, column: str, value: str, allowed: str = "", message: str | None = None
    ) -> None:
        """`rest`: FROM … WHERE …, with t (record), s (subject) and i (item's name). `allowed`: what could stand there;
        `message` in place of the reason's own.
        """
        message = message or MESSAGES[reason] + (f"; allowed: {allowed}" if allowed else "")
        self._add(
            f"'records', t.row, s.subject_id, t.record_id, 1, i.name, '{reason}', '{column}', {value}, {_text(message)}",
            rest,
        )

    def attributes(self, rest: str, allowed: Mapping[str, str]) -> None:
        """`rest`: FROM … WHERE …, with x (attribute) and s (subject). `allowed`: what each attribute may be."""
        cases = " ".join(f"WHEN {_text(name)} THEN {_text(f'; allowed: {said}')}" for name, said in allowed.items())
        message = f"{_text(MESSAGES['bad_attribute'])} || CASE x.name {cases} ELSE '' END"
        self._add(
            f"'attributes', NULL, s.subject_id, NULL, NULL, NULL, 'bad_attribute', x.name, x.value, {message}",
            rest,
        )

    def listings(self, rest: str, reason: str, message: str) -> None:
        """`rest`: FROM … WHERE …, with x (entry of a list) and s (subject)."""
        self._add(
            f"'listings', NULL, s.subject_id, x.listing_id, NULL, NULL, '{reason}', 'list', x.list, {_text(message)}",
            rest,
        )

    def history(self, rest: str, reason: str, column: str) -> None:
        self._add(
            f"'history', x.row, s.subject_id, NULL, NULL, NULL, '{reason}', '{column}', x.grade, {_text(MESSAGES[reason])}",
            rest,
        )

    def redact(self) -> None:
        """Hide the numbers of persons in what the scheme added; to be called when all is collected."""
        redact_quarantine(self.engine.con, "refused")

    def rows(self) -> int:
        """Refused rows (a row with several faults counts once)."""
        return int(
            self.engine.rows(
                'SELECT COUNT(*) FROM (SELECT DISTINCT "table", line, subject_id, record_id, event_no, '
                "CASE WHEN \"table\" = 'attributes' THEN \"column\" || COALESCE(value, '') END FROM refused) r"
            )[0][0]
        )

    def reasons(self) -> dict[str, int]:
        return dict(self.engine.rows("SELECT \"table\" || ': ' || reason, COUNT(*) FROM refused GROUP BY 1 ORDER BY 1"))


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
