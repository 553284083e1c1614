"""The append-only log: every act with effect stands here, chained by hashes, before it takes effect."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.canonical import hash_text
from creditscore.core.clock import moment
from creditscore.core.errors import NotAllowed, StoreDiffers, UsageError
from creditscore.store.legacy.database import Database
from creditscore.store.legacy.entry import COLUMNS, SQL_COLUMNS, START, Entry, make
from creditscore.store.legacy.roles import ROLES, Roles
from creditscore.store.legacy.verify import REMOVED, Checkpoint, Verification, verify

if TYPE_CHECKING:
    import duckdb

SET = "roles.set"
SYSTEM = "creditscore"  # who writes what nobody did


@dataclass(frozen=True)
class Act:
    """An act under way, as `Log.act` gives it to its body.

    Parameters
    ----------
    entry
        The entry that records the act as begun.
    con
        The connection with the open transaction in which the effect may be written.
    """

    entry: Entry
    con: duckdb.DuckDBPyConnection


class Log:
    """The append-only log of a store: acts chained by hashes, each recorded before it takes effect.

    An entry under a role that the actor does not have is refused (NotAllowed). The roles that stand in the log hold,
    whoever opens it. Where none stand, `roles` holds, and is written to the log with the first act if it names an
    approver, without whom nobody could change it.

    Parameters
    ----------
    store
        The open store; unless it is open for reading only, a log is created where it has none.
    roles
        Who may do what; None: the roles in the log, or nobody is restricted where there are none. Other roles than
        those in the log raise NotAllowed; `set_roles` changes them.
    every
        A checkpoint is kept after this many entries, from 1.
    witness
        A file to which the line of each checkpoint is added; somebody else should hold it. None: no file.

    Examples
    --------
    >>> with Database("credit.store") as store:  # doctest: +SKIP
    ...     log = Log(store, roles=load_roles("roles.yaml"))
    ...     with log.act("li.wei", "approver", "model.promote", "models/food/3", {"alias": "champion"}) as act:
    ...         ...  # the effect; its tables in the same store belong in act.con
    """

    def __init__(
        self, store: Database, *, roles: Roles | None = None, every: int = 1000, witness: str | Path | None = None
    ) -> None:
        if every < 1:
            raise UsageError(f"every is {every}", allowed="at least 1")
        self.store, self.every = store, every
        self.witness = None if witness is None else Path(witness)
        self._given, self._standing = roles, standing_roles(store)
        if roles is not None and self._standing is not None and not self._standing.same(roles):
            raise NotAllowed(
                "these are not the roles of this store",
                where=roles.origin,
                allowed=self._standing.origin,
                next="leave --roles away, or let an approver change them: `creditscore store roles STORE FILE --by …`",
            )
        if not store.read_only and not self.store.rows("SELECT 1 FROM log_head"):
            with store.transaction() as con:
                log_id = uuid.uuid4().hex
                con.execute("INSERT INTO log_head VALUES (?, -1, ?)", [log_id, START])
                self._write(
                    con, actor=SYSTEM, role=SYSTEM, action="log.created", subject=log_id, payload={"log_id": log_id}
                )

    @property
    def roles(self) -> Roles | None:
        """The roles that hold: those that stand in the log, else those that were given; None where nobody is held."""
        return self._standing or self._given

    @property
    def roles_stand(self) -> bool:
        """Whether the log itself says who may do what."""
        return self._standing is not None

    def set_roles(self, roles: Roles, actor: str, *, at: datetime | str | None = None) -> Entry:
        """Let roles stand in the log from now on; an approver of those that stand does it, or somebody they name."""
        if not roles.people.get("approver"):
            raise UsageError(
                "the roles name no approver, so nobody could change them",
                where=roles.origin,
                next="name somebody under approver",
            )
        own = roles.of(actor)
        if self._standing is not None:
            self._standing.require("approver", actor)
        elif not own:
            raise NotAllowed(
                f"{actor!r} has no role in them", where=roles.origin, next="let somebody set them who has a role"
            )
        people = {role: list(roles.people.get(role, ())) for role in ROLES}
        role = "approver" if self._standing is not None else own[0]
        with self.store.transaction() as con:
            entry = self._write(con, actor=actor, role=role, action=SET, subject="", payload={"roles": people}, at=at)
        self._standing = standing_roles(self.store)
        return entry

    @property
    def newest(self) -> int:
        """The number of the newest entry."""
        return self._head()[1]

    @property
    def log_id(self) -> str:
        """A name given to this log when it was created; checkpoints carry it."""
        return self._head()[0]

    def append(
        self,
        actor: str,
        role: str,
        action: str,
        subject: str = "",
        payload: Any = None,
        *,
        at: datetime | str | None = None,
    ) -> Entry:
        """Add one entry and return it; once returned, it is on disk. UsageError or NotAllowed: nothing was added."""
        self._may(actor, role, action)
        self._bind(actor, at)
        with self.store.transaction() as con:
            entry = self._write(con, actor=actor, role=role, action=action, subject=subject, payload=payload, at=at)
        self._maybe_checkpoint()
        return entry

    @contextmanager
    def act(
        self,
        actor: str,
        role: str,
        action: str,
        subject: str = "",
        payload: Any = None,
        *,
        at: datetime | str | None = None,
    ) -> Iterator[Act]:
        """Record the act as `begun`, on disk, and only then run the body; then `done`, or `failed` with the error.

        If the first entry cannot be written the body does not run. What the body writes through `act.con` becomes
        visible together with `done`, or not at all. A process that dies in the body leaves `begun`: see `unfinished`.
        """
        self._may(actor, role, action)
        if self.store.in_transaction:
            raise UsageError("an act inside a transaction", next="begin the act first; its effect gets a transaction")
        self._bind(actor, at)
        data: dict[str, Any] = {"actor": actor, "role": role, "action": action, "subject": subject}
        with self.store.transaction() as con:
            first = self._write(con, **data, payload=payload, at=at, phase="begun")
        try:
            with self.store.transaction() as con:
                yield Act(first, con)
                self._write(con, **data, payload=None, at=at, phase="done", refers_to=first.seq)
        except BaseException as error:
            with self.store.transaction() as con:
                why = {"error": f"{type(error).__name__}: {error}"}
                self._write(con, **data, payload=why, at=at, phase="failed", refers_to=first.seq)
            raise
        self._maybe_checkpoint()

    def entries(self, *, action: str | None = None, subject: str | None = None) -> list[Entry]:
        """The entries in order, all or those of one action (`model.promote`) or one subject of the act."""
        where = "(? IS NULL OR action = ?) AND (? IS NULL OR subject = ?)"
        rows = self.store.rows(
            f"SELECT {SQL_COLUMNS} FROM log_entries WHERE {where} ORDER BY seq",
            [action, action, subject, subject],
        )
        return [Entry(*row) for row in rows]

    def unfinished(self) -> list[Entry]:
        """Acts that began and neither ended nor failed: a process died in them, and somebody must look."""
        rows = self.store.rows(
            f"SELECT {SQL_COLUMNS} FROM log_entries e WHERE phase = 'begun'"
            " AND seq NOT IN (SELECT refers_to FROM log_entries WHERE refers_to IS NOT NULL) ORDER BY seq"
        )
        return [Entry(*row) for row in rows]

    def checkpoint(self, *, at: datetime | str | None = None) -> Checkpoint:
        """Fix the newest entry. `str(checkpoint)` is a line of text: give it to somebody who is not the keeper."""
        log_id, seq, head = self._head()
        point = Checkpoint(log_id, seq, head, moment(at))
        with self.store.transaction() as con:
            con.execute(
                "INSERT INTO log_checkpoints VALUES (?, ?, ?) ON CONFLICT DO NOTHING", [point.seq, point.hash, point.at]
            )
        if self.witness is not None:
            with self.witness.open("a", encoding="utf-8") as file:
                file.write(f"{point}\n")
        return point

    def verify(self, *checkpoints: Checkpoint | str) -> Verification:
        """Read everything again: hashes, chain, order, kept checkpoints, and those that others held."""
        lines = [] if self.witness is None or not self.witness.is_file() else _lines(self.witness)
        return verify(self.store, *lines, *checkpoints)

    def remove_payload(
        self, seq: int, actor: str, role: str, reason: str, *, at: datetime | str | None = None
    ) -> Entry:
        """Delete what entry `seq` carries (its retention ended); the entry and its hashes remain and still verify."""
        self._may(actor, role)
        if not reason.strip():
            raise UsageError("no reason for the removal", next="name the rule and the day")
        rows = self.store.rows("SELECT payload IS NULL, action FROM log_entries WHERE seq = ?", [seq])
        if rows and rows[0][1] == SET:
            raise UsageError("roles are not deleted", where=f"entry {seq}", next="set other ones")
        if not rows or rows[0][0]:
            raise UsageError(
                f"entry {seq} " + ("carries nothing more" if rows else "does not exist"),
                next="`creditscore store retention` lists the entries that may be deleted",
            )
        with self.store.transaction() as con:
            payload = {"seq": seq, "reason": reason}
            entry = self._write(
                con, actor=actor, role=role, action=REMOVED, subject=str(seq), payload=payload, at=at, refers_to=None
            )
            con.execute("UPDATE log_entries SET payload = NULL WHERE seq = ?", [seq])
        self._maybe_checkpoint()
        return entry

    def _may(self, actor: str, role: str, action: str = "") -> None:
        if action.startswith("log.") or action == SET:
            raise UsageError(f"the action {action!r} is the log's own", allowed="another name, such as model.promote")
        if self.roles is not None:
            self.roles.require(role, actor)

    def _bind(self, actor: str, at: datetime | str | None) -> None:
        """The roles that were given come to stand with the first act under them."""
        if self._standing is None and self._given is not None and self._given.people.get("approver"):
            self.set_roles(self._given, actor, at=at)

    def _head(self) -> tuple[str, int, str]:
        rows = self.store.rows("SELECT log_id, seq, hash FROM log_head")
        if len(rows) != 1:
            raise StoreDiffers("the log has no head, or several", where=str(self.store.path), next="restore a copy")
        log_id, seq, head = rows[0]
        return log_id, seq, head

    def _write(self, con: duckdb.DuckDBPyConnection, **content: Any) -> Entry:
        """One entry inside the open transaction; the head moves with it."""
        _, seq, previous = self._head()
        content = {"at": None, **content}
        entry = make(seq + 1, previous, **content)
        marks = ", ".join("?" * len(COLUMNS))
        con.execute(f"INSERT INTO log_entries VALUES ({marks})", entry.values())
        con.execute("UPDATE log_head SET seq = ?, hash = ?", [entry.seq, entry.hash])
        return entry

    def _maybe_checkpoint(self) -> None:
        newest = self.store.rows("SELECT coalesce(max(seq), 0) FROM log_checkpoints")[0][0]
        if self._head()[1] - newest >= self.every:
            self.checkpoint()


def standing_roles(store: Database) -> Roles | None:
    """The roles that the newest entry about them says; None where none were set. StoreDiffers where it is spoilt."""
    rows = store.rows(f"SELECT {SQL_COLUMNS} FROM log_entries WHERE action = ? ORDER BY seq DESC LIMIT 1", [SET])
    if not rows:
        return None
    entry = Entry(*rows[0])
    where = f"{store.path}, entry {entry.seq} of the log"
    if entry.payload is None or hash_text(entry.payload) != entry.payload_hash:
        raise StoreDiffers("the roles of this store were changed by hand", where=where, next="restore a copy")
    people = {role: tuple(names) for role, names in entry.data["roles"].items()}
    return Roles(people, f"roles of this store, entry {entry.seq} of its log, set by {entry.actor}")


def _lines(file: Path) -> list[str]:
    return [line for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
