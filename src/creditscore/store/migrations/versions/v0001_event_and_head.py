"""The log of events and its head, with triggers that let rows be added and payloads be erased, and nothing else."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from creditscore.core.errors import StoreError

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TEXTS = (
    *("flow", "kind", "subject", "office", "actor", "role", "on_day", "known_on", "at", "state"),
    *("payload_hash", "key_id", "previous", "hash"),
)
FROZEN = ("seq", "act", "stream", "version", *TEXTS, "signature")
SQLITE = (
    "CREATE TRIGGER event_is_kept BEFORE UPDATE ON event WHEN NEW.payload IS NOT NULL OR {changed} "
    "BEGIN SELECT RAISE(ABORT, 'events are only added'); END",
    "CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN SELECT RAISE(ABORT, 'events are only added'); END",
    # OR REPLACE would delete rows without a word to the trigger above
    "CREATE TRIGGER event_is_new BEFORE INSERT ON event "
    "WHEN EXISTS (SELECT 1 FROM event WHERE seq = NEW.seq OR (stream = NEW.stream AND version = NEW.version)) "
    "BEGIN SELECT RAISE(ABORT, 'events are only added: UNIQUE event.stream'); END",
)
POSTGRESQL = (
    "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN RAISE EXCEPTION 'events are only added'; END $$",
    "CREATE TRIGGER event_is_kept BEFORE UPDATE ON event FOR EACH ROW "
    "WHEN (NEW.payload IS NOT NULL OR {changed}) EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER event_stays BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    "CREATE TRIGGER event_is_not_emptied BEFORE TRUNCATE ON event EXECUTE FUNCTION refuse_change()",
)


def write_triggers(is_sqlite: bool) -> list[str]:
    """Write the statements that make the triggers, and the function that they call."""
    differs = "IS NOT" if is_sqlite else "IS DISTINCT FROM"
    changed = " OR ".join(f"NEW.{column} {differs} OLD.{column}" for column in FROZEN)
    return [statement.format(changed=changed) for statement in (SQLITE if is_sqlite else POSTGRESQL)]


def upgrade() -> None:
    """Make both tables."""
    is_sqlite = op.get_bind().dialect.name == "sqlite"
    big = sa.Integer if is_sqlite else sa.BigInteger
    name = sa.Text() if is_sqlite else sa.Text(collation="C")
    op.create_table(
        "event",
        sa.Column("seq", big, primary_key=True, autoincrement=False),
        sa.Column("act", big, nullable=False),
        sa.Column("stream", name, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        *(sa.Column(text, sa.Text, nullable=False) for text in TEXTS),
        sa.Column("payload", sa.Text),
        sa.Column("signature", sa.Text),
        sa.UniqueConstraint("stream", "version", name="event_stream_version"),
    )
    op.create_index("event_subject", "event", ["subject", "seq"])
    op.create_index("event_kind", "event", ["kind", "seq"])
    op.create_table(
        "head",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("log_id", sa.Text, nullable=False),
        sa.Column("size", big, nullable=False),
        sa.Column("hash", sa.Text, nullable=False),
        sa.Column("frontier", sa.Text, nullable=False),
    )
    for statement in write_triggers(is_sqlite):
        op.execute(statement)


def downgrade() -> None:
    """There is no way back: a backup is."""
    raise StoreError("store.store_not_taken_back_earlier_format")
