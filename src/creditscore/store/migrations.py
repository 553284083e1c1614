"""The tables of the store, as steps: a file remembers which it has seen, and a step is never changed once released."""

from __future__ import annotations

MIGRATIONS: tuple[str, ...] = (
    """
    CREATE TABLE store_format (format VARCHAR NOT NULL, version INTEGER PRIMARY KEY);
    CREATE TABLE log_entries (
        seq BIGINT PRIMARY KEY, "at" VARCHAR NOT NULL, actor VARCHAR NOT NULL, role VARCHAR NOT NULL,
        action VARCHAR NOT NULL, phase VARCHAR NOT NULL, refers_to BIGINT, subject VARCHAR NOT NULL,
        payload_hash VARCHAR NOT NULL, previous VARCHAR NOT NULL, hash VARCHAR NOT NULL, payload VARCHAR
    );
    CREATE TABLE log_checkpoints (seq BIGINT PRIMARY KEY, hash VARCHAR NOT NULL, "at" VARCHAR NOT NULL);
    CREATE TABLE log_head (log_id VARCHAR NOT NULL, seq BIGINT NOT NULL, hash VARCHAR NOT NULL);
    """,
    """
    CREATE TABLE list_events (
        place BIGINT PRIMARY KEY, entry BIGINT NOT NULL, case_id VARCHAR NOT NULL, "no" INTEGER NOT NULL,
        kind VARCHAR NOT NULL, "on" DATE NOT NULL, recorded_on DATE NOT NULL, "by" VARCHAR NOT NULL,
        organ VARCHAR NOT NULL, document VARCHAR NOT NULL, evidence VARCHAR NOT NULL, basis VARCHAR NOT NULL,
        mark VARCHAR NOT NULL, args VARCHAR NOT NULL, data VARCHAR NOT NULL, UNIQUE (case_id, "no")
    );
    """,
)
