"""Rows that a scheme refuses, collected in one table with the faults found at intake."""

from __future__ import annotations

from collections.abc import Mapping

from creditscore.core.tables.table import literal
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
        self._at_intake = int(engine.rows("SELECT COUNT(*) FROM refused")[0][0])

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
            f"'records', t.row, s.subject_id, t.record_id, 1, i.name, '{reason}', '{column}', {value}, {literal(message)}",
            rest,
        )

    def attributes(self, rest: str, allowed: Mapping[str, str]) -> None:
        """`rest`: FROM … WHERE …, with x (attribute) and s (subject). `allowed`: what each attribute may be."""
        cases = " ".join(f"WHEN {literal(name)} THEN {literal(f'; allowed: {text}')}" for name, text in allowed.items())
        message = f"{literal(MESSAGES['bad_attribute'])} || CASE x.name {cases} ELSE '' END"
        self._add(
            f"'attributes', NULL, s.subject_id, NULL, NULL, NULL, 'bad_attribute', x.name, x.value, {message}",
            rest,
        )

    def listings(self, rest: str, reason: str, message: str) -> None:
        """`rest`: FROM … WHERE …, with x (entry of a list) and s (subject)."""
        self._add(
            f"'listings', NULL, s.subject_id, x.listing_id, NULL, NULL, '{reason}', 'list', x.list, {literal(message)}",
            rest,
        )

    def history(self, rest: str, reason: str, column: str, value: str = "x.grade", message: str | None = None) -> None:
        """`rest`: FROM … WHERE …, with x (earlier grade) and s (subject). `message` in place of the reason's own."""
        message = message or MESSAGES[reason]
        self._add(
            f"'history', x.row, s.subject_id, NULL, NULL, NULL, '{reason}', '{column}', {value}, {literal(message)}",
            rest,
        )

    def feeds(self, word: str, reason: str, message: str) -> None:
        """Refuse every feed of a domain, in one row: feeds have no line."""
        self._add(
            f"'feeds', NULL, NULL, NULL, NULL, NULL, '{reason}', 'domain', {literal(word)}, {literal(message)}", ""
        )

    def by_scheme(self) -> list[tuple[str, int, int, str, str, str, str, str]]:
        """What the scheme added: table, line, sid, subject, record, reason, column and value of each fault."""
        return self.engine.rows(
            'SELECT r."table", r.line, s.sid, r.subject_id, r.record_id, r.reason, r."column", r.value FROM refused r '
            f"JOIN subjects s ON s.subject_id = r.subject_id WHERE r.rowid >= {self._at_intake} "
            'ORDER BY r."table", s.sid, r.record_id, r.line, r.reason, r."column", r.value'
        )

    def added(self) -> int:
        """The faults that the scheme added."""
        return int(self.engine.rows("SELECT COUNT(*) FROM refused")[0][0]) - self._at_intake

    def subjects_by_scheme(self) -> list[tuple[int, str, str, str]]:
        """(sid, feed, table, reason), each once, of what the scheme added and nobody accepted; the feed is not known."""
        same = 'a."table" = r."table" AND a.subject_id = r.subject_id AND a.reason = r.reason'
        return self.engine.rows(
            "SELECT DISTINCT s.sid, '', r.\"table\", r.reason FROM refused r JOIN subjects s ON s.subject_id = r.subject_id "
            f"WHERE r.rowid >= {self._at_intake} AND NOT EXISTS (SELECT 1 FROM accepted_rows a WHERE {same} "
            "AND a.record_id IS NOT DISTINCT FROM r.record_id) ORDER BY ALL"
        )

    def accepted_keys(self) -> frozenset[tuple[str, ...]]:
        """What tells the accepted rows from the others: see `key_of`."""
        rows = self.engine.rows('SELECT "table", line, subject_id, record_id, "column", value FROM accepted_rows')
        return frozenset(key_of(*row) for row in rows)

    def redact(self) -> None:
        """Hide the numbers of persons in what the scheme added; to be called when all is collected."""
        redact_quarantine(self.engine.con, "refused")

    def rows(self, table: str = "refused") -> int:
        """Refused rows (a row with several faults counts once), or those of them that stand in another table."""
        return int(
            self.engine.rows(
                'SELECT COUNT(*) FROM (SELECT DISTINCT "table", line, subject_id, record_id, event_no, '
                "CASE WHEN \"table\" IN ('attributes', 'feeds') THEN \"column\" || COALESCE(value, '') END FROM {table}) r".replace(
                    "{table}", table
                )
            )[0][0]
        )

    def reasons(self) -> dict[str, int]:
        return dict(self.engine.rows("SELECT \"table\" || ': ' || reason, COUNT(*) FROM refused GROUP BY 1 ORDER BY 1"))


def key_of(table: str, line: int | None, subject_id: str | None, *more: str | None) -> tuple[str, ...]:
    """By what a refused row is known: its line, or where it has none whose it is and what it says."""
    return (table, str(line)) if line is not None else (table, *(part or "" for part in (subject_id, *more)))
