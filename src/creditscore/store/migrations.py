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
)
