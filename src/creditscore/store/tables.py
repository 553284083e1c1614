"""The two tables of the log: `event`, to which rows are only added, and `head`, its one newest line."""

from __future__ import annotations

import sqlalchemy as sa

BIG = sa.BigInteger().with_variant(sa.Integer, "sqlite")
NAME = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")  # sorted by bytes on both databases

metadata = sa.MetaData()
event = sa.Table(
    "event",
    metadata,
    sa.Column("seq", BIG, primary_key=True, autoincrement=False),
    sa.Column("act", BIG, nullable=False),
    sa.Column("stream", NAME, nullable=False),
    sa.Column("version", sa.Integer, nullable=False),
    sa.Column("flow", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("subject", sa.Text, nullable=False),
    sa.Column("office", sa.Text, nullable=False),
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("role", sa.Text, nullable=False),
    sa.Column("on_day", sa.Text, nullable=False),
    sa.Column("known_on", sa.Text, nullable=False),
    sa.Column("at", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("payload_hash", sa.Text, nullable=False),
    sa.Column("key_id", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("payload", sa.Text),
    sa.Column("signature", sa.Text),
    sa.UniqueConstraint("stream", "version", name="event_stream_version"),
)
sa.Index("event_subject", event.c.subject, event.c.seq)
sa.Index("event_kind", event.c.kind, event.c.seq)
head = sa.Table(
    "head",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("log_id", sa.Text, nullable=False),
    sa.Column("size", BIG, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
    sa.Column("frontier", sa.Text, nullable=False),
)

# What the hash of an event covers: all but the payload (its hash counts), the hash itself and the act's signature.
HASHED = tuple(column.name for column in event.c if column.name not in ("hash", "payload", "signature"))
