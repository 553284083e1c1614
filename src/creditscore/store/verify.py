"""One check of a whole store: chain, signatures, persons and roles, every step again, every projected row, anchors."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from creditscore.core.clock import now
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.store.declarations import Workflow
from creditscore.store.declaring import find_declaration_fault, read_declaration
from creditscore.store.erasure import STAYS
from creditscore.store.formats import find_missing_keys, find_planted, find_trigger_faults
from creditscore.store.keys import check_signature
from creditscore.store.log import BEFORE_FIRST, Event, Log, find_fault, message_of, name_erasure, read_event
from creditscore.store.merkle import Frontier, hash_leaf
from creditscore.store.notes import name_log, read_checkpoint, read_note
from creditscore.store.people import ABOUT_RIGHTS, PERSON, People
from creditscore.store.replay import GENERIC_KINDS, MALFORMED, Replay, check_person
from creditscore.store.spans import LEAST_EVENTS, Span, check_span, find_faults, make_task, plan_spans
from creditscore.store.streams import TASK_KINDS
from creditscore.store.tables import head as head_table
from creditscore.store.verification import Fault, Verification
from creditscore.store.witnesses import open_witness

if TYPE_CHECKING:
    from creditscore.store.store import Store

SIGNATURES_AT_ONCE = 2000
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
SAME = ("actor", "role", "office", "on_day", "known_on", "at", "key_id")  # in all events of an act
same_of = itemgetter(*SAME)
Row = dict[str, Any]


def verify(store: Store, *, anchors: Iterable[str] = (), since: int = 0, processes: int = 0) -> Verification:
    """Check a whole store.

    Parameters
    ----------
    store
        The open store.
    anchors
        Notes held elsewhere, besides those of the witnesses that can be read.
    since
        Events before this number are anchored: one of the notes holds at least so many. Their hashes and their rows
        are checked, their signatures and what followed from them not again.
    processes
        How many processes check signatures and steps; 0: as the machine has processors, up to 4.

    Returns
    -------
    Verification
        Every fault. That results follow from records is another check (`reproduce`).

    Raises
    ------
    UsageError
        Where no note holds the events before `since`.
    """
    with store.reading() as connection:
        check = _Check(store, connection, since, processes or min(4, os.cpu_count() or 1))
        check.read_notes(anchors)
        try:
            check.read_chain()
            check.compare_anchors()
            if since > check.result.anchored and not check.result.faults:
                raise UsageError(
                    "store.no_anchor_holds_first_events",
                    since=since,
                    anchored=check.result.anchored,
                    where=store.database.shown,
                )
            check.check_tables()
            check.check_streams()
            check.await_signatures()
        finally:
            check.close()
    return check.result


class _Check:
    """The state of one check."""

    def __init__(self, store: Store, connection: sa.Connection, since: int, processes: int) -> None:
        self.store, self.connection, self.since, self.processes = store, connection, since, processes
        self.result, self.began = Verification(store.mode), now().strftime("%Y-%m-%dT%H:%M:%SZ")
        self.people, self.first_hash = People(), ""
        self.declared: dict[str, tuple[int, Workflow]] = {}
        self.emits: dict[str, set[str]] = {}  # by case, what its steps so far may write elsewhere
        self.erased: dict[str, set[int]] = {}
        self.said_erased: dict[str, set[int]] = {}
        self.wanted: dict[int, list[tuple[str, bytes]]] = {}
        self.roots: dict[int, bytes] = {}
        self.frontier, self.size, self.leaves = Frontier(), 0, list[bytes]()
        self.signatures: list[tuple[int, str, str, str]] = []
        self.pool: ProcessPoolExecutor | None = None
        self.waiting: list[tuple[Sequence[int], Future[list[bool]]]] = []

    def fault(self, sort: str, where: str, what: str) -> None:
        self.result.faults.append(Fault(sort, where, what))

    def _open_pool(self) -> ProcessPoolExecutor:
        self.pool = self.pool or ProcessPoolExecutor(self.processes)
        return self.pool

    def close(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(cancel_futures=True)

    # --- the chain, in the order of the log

    def read_chain(self) -> None:
        """Check hashes, order, acts, signatures and who wrote what, in the order of the log."""
        heads = self.connection.execute(sa.select(head_table)).mappings().all()
        previous, moment = BEFORE_FIRST, ""
        versions: dict[str, int] = {}
        with Log.read_rows(self.connection) as every:
            for act, group in groupby(every, key=itemgetter("act")):
                rows = []
                for row in group:
                    where = f"event {row['seq']}"
                    if fault := find_fault(row):
                        self.fault("hash", where, fault)
                    try:
                        if row["seq"] != self.size or row["previous"] != previous:
                            self.fault("chain", where, f"it does not follow event {self.size - 1}")
                        if row["version"] != versions.get(row["stream"], -1) + 1:
                            self.fault("order", where, f"version {row['version']} of {row['stream']} is out of order")
                        versions[row["stream"]] = row["version"]
                        self._check_moments(row, moment, where)
                        self._add_leaf(row)
                        if row["payload"] is None:
                            self.erased.setdefault(row["stream"], set()).add(row["version"])
                        moment = max(moment, row["at"])
                        rows.append(row)
                    except MALFORMED:
                        self.fault("hash", where, "its columns hold what the log never writes")
                    previous, self.size = row["hash"], row["seq"] + 1 if isinstance(row["seq"], int) else self.size + 1
                if rows:
                    try:
                        self._check_act(act, rows)
                    except (CreditscoreError, *MALFORMED) as error:
                        what = error.what if isinstance(error, CreditscoreError) else type(error).__name__
                        self.fault("act", f"event {act}", f"it is not one that this package writes: {what}")
        self._flush_leaves()
        self._check_signatures()
        self.result.size = self.size
        text = self.frontier.text()
        head = {"id": 1, "log_id": self.first_hash, "size": self.size, "hash": previous, "frontier": text}
        if [dict(row) for row in heads] != [head]:
            self.fault("head", "head", "it is not where the log ends")
        self._check_erasures()

    def _check_moments(self, row: Row, moment: str, where: str) -> None:
        at, days = row["at"], (row["on_day"], row["known_on"])
        if not MOMENT.fullmatch(at):
            self.fault("time", where, f"{at!r} is no moment")
            return
        if at < moment:
            self.result.notes.append(f"{where}: the clock ran backwards, from {moment} to {at}")
        if at > self.began and moment <= self.began:  # the first of such
            self.result.notes.append(f"{where}: written at {at}, a moment to come: a clock is wrong")
        for day in days:
            if len(day) != 10 or (day > at[:10] and date.fromisoformat(day) > _next_day(at)):
                self.fault("time", where, f"the day {day} had not come on {at}")

    def _add_leaf(self, row: Row) -> None:
        self.leaves.append(hash_leaf(bytes.fromhex(row["hash"])))
        if self.size + 1 in self.wanted:
            self._flush_leaves()
            self.roots[self.size + 1] = self.frontier.root()
        elif len(self.leaves) > SIGNATURES_AT_ONCE:
            self._flush_leaves()

    def _flush_leaves(self) -> None:
        self.frontier, self.leaves = self.frontier.extend(self.leaves), []

    def _check_erasures(self) -> None:
        for stream, numbers in self.erased.items():
            if missing := numbers - self.said_erased.get(stream, set()):
                self.fault("erased", stream, f"payloads of versions {sorted(missing)} are gone and no event says why")
        for stream, numbers in self.said_erased.items():
            if back := numbers - self.erased.get(stream, set()):
                self.fault("erased", stream, f"payloads of versions {sorted(back)} were erased and are there again")

    def _check_act(self, act: int, rows: Sequence[Row]) -> None:
        """Check who acted, as what, and whether every event belongs to the act."""
        first, last = rows[0], rows[-1]
        where = f"event {first['seq']}"
        if first["seq"] == 0:
            self.first_hash = first["hash"]
            if first["kind"] != "log.opened" or first["stream"] != "log/0":
                self.fault("act", where, "the log does not begin with its opening")
        if first["seq"] != act:
            self.fault("act", where, "the beginning of its act is missing")
        same = same_of(first)
        for row in rows[1:]:
            if same_of(row) != same:
                self.fault("act", f"event {row['seq']}", "two people, offices, days, keys or moments in one act")
        for row in rows[:-1]:
            if row["signature"] is not None:
                self.fault("act", f"event {row['seq']}", "added to an act after it was signed")
        self._check_kinds(rows)
        for row in rows:
            if row["kind"] in PERSON.events:
                self._take_person(read_event(row))
            elif row["kind"] == "retention.erased":
                self._take_erasure(read_event(row))
            elif row["kind"] == "workflow.declared":
                self._take_declaration(read_event(row))
        actor = self.people.persons.get(first["actor"])
        if actor is None and act:
            self.fault("act", where, f"{first['actor'] or 'nobody'} is no person of this log")
        elif actor is not None and actor.has_left(act):
            self.fault("act", where, f"{actor.name} had left")
        self._take_signature(last, act)

    def _take_person(self, event: Event) -> None:
        if event.payload is None and event.kind in ABOUT_RIGHTS:
            self.fault("person", f"event {event.seq}", "what it says of keys or roles is gone")
            return
        has_roles = event.act > 0 and self.people.holds_roles(event.act)
        if event.seq < self.since or check_person(self.people, event, self.fault, has_roles):
            self.people.take(event)

    def _take_erasure(self, event: Event) -> None:
        values = (event.payload or {}).get("set", {})
        of, where = str(values.get("of")), f"event {event.seq}"
        self.said_erased.setdefault(of, set()).update(values.get("versions", ()))
        person = self.people.persons.get(of.removeprefix("person/")) if of.startswith("person/") else None
        if of.partition("/")[0] in STAYS or (person is not None and (person.keys or person.grants)):
            self.fault("erased", where, f"{of} is not erased: the log is checked by it")
        if event.stream != name_erasure(of):
            self.fault("erased", where, f"it stands on {event.stream}")

    def _take_signature(self, last: Row, act: int) -> None:
        where, key_id, signature = f"event {last['seq']}", last["key_id"], last["signature"]
        if self.result.mode == "open":
            if signature is not None or key_id:
                self.fault("signature", where, "a signature in a log of mode `open`")
            return
        if signature is None:
            self.fault("signature", where, "an act without a signature")
            return
        seq = None if act == 0 else act
        if self.result.mode == "keys":
            signer = self.people.persons.get(last["actor"])
            is_own = signer is not None and signer.holds_key(key_id, seq)
        else:
            is_own = any(self.people.is_application(person, key_id, seq) for person in self.people.persons.values())
        if not is_own:
            self.fault("signature", where, f"the key {key_id} was not one that could sign this")
        if act >= self.since:
            self.signatures.append((last["seq"], self.people.public_keys.get(key_id, ""), last["hash"], signature))
            if len(self.signatures) >= SIGNATURES_AT_ONCE:
                self._check_signatures()

    def _check_signatures(self) -> None:
        """Check the signatures that wait; in other processes where there are many."""
        batch, self.signatures = self.signatures, []
        seqs = [seq for seq, *_ in batch]
        if self.processes > 1 and len(batch) >= SIGNATURES_AT_ONCE:
            self.waiting.append((seqs, self._open_pool().submit(_are_signed, batch)))
        else:
            self._take_answers(seqs, _are_signed(batch))

    def await_signatures(self) -> None:
        """Take the answers of other processes."""
        for seqs, answer in self.waiting:
            self._take_answers(seqs, answer.result())

    def _take_answers(self, seqs: Sequence[int], answers: Sequence[bool]) -> None:
        for seq, is_signed in zip(seqs, answers, strict=True):
            if not is_signed:
                self.fault("signature", f"event {seq}", "its signature is not of its key")

    def _check_kinds(self, rows: Sequence[Row]) -> None:
        """Every event is the act itself, or one that the act's declaration lets it write, or stands by itself."""
        first = rows[0]
        _, workflow = self.declared.get(first["flow"], (0, None))
        act, name = workflow.act_of(first["kind"]) if workflow else None, first["kind"].partition(".")[2]
        emits = {*workflow.acts[act].emits} if workflow and act else set()
        if emits:
            self.emits.setdefault(first["stream"], set()).update(emits)
        if name == "corrected":
            emits = self.emits.get(first["stream"], set())
        if first["seq"] == 0 or first["seq"] < self.since:
            return
        if first["flow"] and (workflow is None or not (act or name in GENERIC_KINDS)):
            self.fault("act", f"event {first['seq']}", f"{first['flow']} declares no {first['kind']}")
        for position, row in enumerate(rows):
            if row["flow"]:
                if position:
                    self.fault("act", f"event {row['seq']}", "an act within another")
                continue
            if row["kind"] in emits:
                because = None if row["payload"] is None else (read_event(row).payload or {}).get("because")
                if row["payload"] is not None and because != first["stream"]:
                    self.fault("act", f"event {row['seq']}", f"it says that it follows from {because}")
                continue
            is_newcomer = row is rows[-1] and position and self._is_newcomer(row)
            if not is_newcomer and (first["flow"] or not self._stands_alone(row, rows)):
                self.fault("act", f"event {row['seq']}", f"{row['kind']} in no act that may write it: forged")

    def _is_newcomer(self, row: Row) -> bool:
        """Whether an event adds who acts for the first time, in mode `open` before roles hold."""
        return (
            row["kind"] == "person.added"
            and row["stream"] == f"person/{row['actor']}"
            and self.result.mode == "open"
            and not self.people.holds_roles(row["act"])
        )

    def _stands_alone(self, row: Row, rows: Sequence[Row]) -> bool:
        """Whether an event stands without a workflow, written by a role that its stream allows and the person had."""
        if row["kind"] == "workflow.declared" and not row["role"]:
            return all(other["kind"] == "workflow.declared" or self._is_newcomer(other) for other in rows)
        if row["kind"] in TASK_KINDS:
            return all(other is row or self._is_newcomer(other) for other in rows)  # more where streams are taken again
        stream_type = self.store.registry.type_of.get(row["stream"].partition("/")[0])
        if stream_type is None or row["role"] not in stream_type.events.get(row["kind"], ()):
            return False
        if self.result.mode == "open" and not self.people.holds_roles(row["act"]):
            return True
        person = self.people.persons.get(row["actor"])
        return person is not None and person.has_role(row["role"], row["act"], office=row["office"], act=row["kind"])

    def _take_declaration(self, event: Event) -> None:
        where = f"event {event.seq}"
        try:
            workflow = read_declaration((event.payload or {})["set"]["declaration"])
            fault = find_declaration_fault(event, workflow)
        except Exception as error:  # whatever a forged text does, it is a fault of the store
            self.fault("declaration", where, f"the declaration cannot be read: {type(error).__name__}")
            return
        if fault is not None:
            self.fault("declaration", where, fault)
        if workflow.id in self.declared:
            self.fault("declaration", where, f"{workflow.id} was declared before")
        self.declared.setdefault(workflow.id, (event.seq, workflow))
        own = self.store.registry.by_id.get(workflow.id)
        if own is None and event.role != "approver":
            self.fault("declaration", where, f"{workflow.id} is no declaration of this version, and no approver's own")
        elif own is None:
            self.result.notes.append(
                f"{where}: {workflow.id} was declared by an approver; this version does not have it"
            )
        elif own.digest != workflow.digest:
            self.fault("declaration", where, f"{workflow.id} is not the declaration at work")

    # --- anchors

    def read_notes(self, notes: Iterable[str]) -> None:
        """Read the notes that were given, and those of the witnesses."""
        held = list(notes)
        try:
            addresses = self.store.witnesses()
        except CreditscoreError as error:
            self.fault("anchor", "witness", f"the witnesses cannot be told: {error.what}")
            addresses = list(self.store.own_witnesses)
        for address in addresses:
            try:
                witness = open_witness(address, self.result.notes.append)
                own = witness.read()
            except CreditscoreError as error:
                self.result.notes.append(f"a witness cannot be read: {error.what} ({error.where})")
                continue
            if not own:
                self.result.notes.append(f"the witness {witness.shown} holds nothing")
            held += own
        if not held:
            self.result.notes.append(
                "no anchor is at hand: an old copy, and a log that was cut or rewritten, go unseen"
            )
        for note in held:
            try:
                checkpoint = read_checkpoint(read_note(note, unsigned=True)[0])
            except CreditscoreError as error:
                self.fault("anchor", "anchor", f"a note cannot be read: {error.what}")
                continue
            self.wanted.setdefault(checkpoint.size, []).append((checkpoint.origin, checkpoint.root))

    def compare_anchors(self) -> None:
        """Compare the notes with the log."""

        origin = name_log(self.first_hash)
        for size, anchors in sorted(self.wanted.items()):
            where = f"anchor of {size} events"
            for name, root in anchors:
                if name != origin:
                    self.fault("anchor", where, "it is of another log")
                elif size not in self.roots:
                    self.fault("anchor", where, f"the log has {self.size}: it is an old copy, or was cut")
                elif self.roots[size] != root:
                    self.fault("anchor", where, "the log was rewritten")
                else:
                    self.result.anchored = max(self.result.anchored, size)

    # --- what follows from the log

    def check_tables(self) -> None:
        """Check that the tables are those of this version, and that the log's triggers are there."""
        for name in self.store.projections.find_shapes(self.connection):
            self.fault("table", name, "it is missing or has other columns than this version makes")
        for table, name in find_missing_keys(self.connection, self.store.projections.own_tables):
            self.fault("table", table, f"its {name} is gone or another")
        for name in self.store.projections.find_strangers(self.connection):
            self.result.notes.append(f"the table {name} is not of the store")
        for fault in find_trigger_faults(self.connection):
            self.fault("table", "event", f"the trigger {fault}")
        own = {table.name for table in self.store.projections.own_tables}
        for table, name in find_planted(self.connection, own):
            self.fault("table", table, f"the trigger or rule {name} is not of the store")
        if not self.store.projections.is_current(self.connection):
            self.fault("projection", "projection_format", "it is not what this version makes")

    def check_streams(self) -> None:
        """Take every step of every stream again, and compare its rows; in other processes where there are many."""
        parts = self.processes if self.size >= LEAST_EVENTS else 1
        spans = plan_spans(self.connection, parts) if parts > 1 else [Span()]
        if len(spans) > 1:
            task = make_task(self.store, self.people, self.declared, self.result.mode, self.since)
            answers = self._open_pool().map(check_span, [task] * len(spans), spans)
            spans = [span for span, faults in zip(spans, answers, strict=True) if faults]
        try:
            archive = self.store.archive
        except UsageError:
            archive = None
        for span in spans:  # those in which something differs, once more in the state that this check reads
            replay = Replay(
                self.store.registry,
                archive,
                self.connection,
                self.people,
                self.declared,
                self.result.mode,
                self.since,
            )
            self.result.faults += find_faults(replay, self.store.projections, span)


def _next_day(at: str) -> date:
    """The last day that any zone may have had at a moment."""
    return date.fromisoformat(at[:10]) + timedelta(days=1)


def _are_signed(signatures: Sequence[tuple[int, str, str, str]]) -> list[bool]:
    return [_is_signed(public, event_hash, signature) for _, public, event_hash, signature in signatures]


def _is_signed(public: str, event_hash: str, signature: str) -> bool:
    try:
        raw = bytes.fromhex(signature)
        return bool(public) and raw.hex() == signature and check_signature(public, message_of(event_hash), raw)
    except (ValueError, TypeError):
        return False
