"""One check of a whole store: chain, signatures, roles, transitions, emits, guards, every projected row, every file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import groupby
from operator import attrgetter, itemgetter
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from creditscore.core.errors import CreditscoreError, ExitCode, StoreDiffers
from creditscore.core.yaml_source import unplaced
from creditscore.store.context import fill_words
from creditscore.store.declarations import OTHERWISE, ActRule, Workflow
from creditscore.store.expressions import evaluate, reads_facts
from creditscore.store.fold import Stream, apply_event
from creditscore.store.keys import check_signature
from creditscore.store.log import BEFORE_FIRST, Event, Log, find_fault, message_of, read_event
from creditscore.store.merkle import Frontier, hash_leaf
from creditscore.store.notes import read_checkpoint, read_note
from creditscore.store.people import PERSON, People
from creditscore.store.streams import TASK_KINDS
from creditscore.store.tables import head as head_table

if TYPE_CHECKING:
    from creditscore.store.store import Store

SIGNATURES_AT_ONCE = 2000
WHAT_NOBODY_FINDS = {
    "open": "in mode `open` names are taken at their word, and a whole act forged after the newest anchor is not found",
    "keys": "a rule that stands in code and was passed over by a rightful key is not found, nor a log cut after the "
    "newest anchor",
    "accounts": "the application's key proves the application only: what it writes in an account's name is not found, "
    "nor a log cut after the newest anchor",
}


@dataclass(frozen=True)
class Fault:
    """Something in a store that does not fit: where, what, and of which sort it is."""

    sort: str
    where: str
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"


@dataclass
class Verification:
    """What a check of a whole store found.

    Parameters
    ----------
    faults
        What does not fit; none where all does.
    notes
        What is no fault and should be known: clocks that ran backwards, effects that are open.
    mode, size
        Of the log.
    anchored
        How many events an anchor holds; 0 where there is none.
    """

    mode: str
    size: int = 0
    anchored: int = 0
    faults: list[Fault] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Whether nothing was found."""
        return not self.faults

    @property
    def exit_code(self) -> ExitCode:
        """How a command ends: a difference, not anchored, names unproven, or done."""
        if self.faults:
            return ExitCode.DIFFERENCE
        if self.anchored < self.size:
            return ExitCode.NOT_ANCHORED
        return ExitCode.NAMES_UNPROVEN if self.mode == "open" else ExitCode.DONE

    @property
    def limits(self) -> str:
        """What this check cannot find, in words."""
        return WHAT_NOBODY_FINDS.get(self.mode, "")

    def require(self) -> Verification:
        """Return itself, or raise StoreDiffers with what was found."""
        if self.faults:
            raise StoreDiffers(
                f"the store is not what its log says: {len(self.faults)} faults, the first: {self.faults[0]}",
                where=self.faults[0].where,
                allowed="what was written, as it was written",
                next="restore a backup, and find out who wrote to the database",
            )
        return self


def verify(store: Store, *, anchors: Iterable[str] = (), since: int = 0, processes: int = 1) -> Verification:
    """Check a whole store.

    Parameters
    ----------
    store
        The open store.
    anchors
        Notes held elsewhere, besides those of the witnesses that can be read.
    since
        Events before this number are taken as anchored: their hashes are read, their signatures not checked again.
    processes
        How many processes check signatures.

    Returns
    -------
    Verification
        Every fault. That results follow from records is another check (`reproduce`).
    """
    with store.reading() as connection:
        check = _Check(store, connection, since, processes)
        check.read_chain()
        check.read_anchors(anchors)
        try:
            faults = list(store.projections.compare(connection, check.walk_streams()))
        except CreditscoreError as error:
            faults = []
            check.fault("stream", error.where or "", error.what)
        for fault in faults:
            check.fault("projection", fault.partition(":")[0], fault.partition(": ")[2])
        if not store.projections.is_current(connection):
            check.fault("projection", "projection_format", "it is not what this version makes")
    return check.result


class _Check:
    """The state of one check."""

    def __init__(self, store: Store, connection: sa.Connection, since: int, processes: int) -> None:
        self.store, self.connection, self.since, self.processes = store, connection, since, processes
        self.result = Verification(store.mode)
        self.people, self.first_hash = People(), ""
        self.declared: dict[str, Workflow] = {}
        self.files: set[str] = set()
        self.erased: dict[str, set[int]] = {}
        self.is_said_erased: dict[str, set[int]] = {}

    def fault(self, sort: str, where: str, what: str) -> None:
        self.result.faults.append(Fault(sort, where, what))

    # --- the chain, in the order of the log

    def read_chain(self) -> None:
        """Check hashes, order, acts, signatures and who wrote what, in the order of the log."""
        heads = self.connection.execute(sa.select(head_table)).mappings().all()
        previous, size, moment = BEFORE_FIRST, 0, ""
        versions: dict[str, int] = {}
        frontier, signatures = Frontier(), []
        rows = Log.read_rows(self.connection)
        for act, group in groupby(rows, key=itemgetter("act")):
            events = []
            for row in group:
                where = f"event {row['seq']}"
                if row["seq"] != size or row["previous"] != previous:
                    self.fault("chain", where, f"it does not follow event {size - 1}")
                if fault := find_fault(row):
                    self.fault("hash", where, fault)
                if row["version"] != versions.get(row["stream"], -1) + 1:
                    self.fault("order", where, f"version {row['version']} of {row['stream']} is out of order")
                versions[row["stream"]] = row["version"]
                if row["at"] < moment:
                    self.result.notes.append(f"{where}: the clock ran backwards, from {moment} to {row['at']}")
                try:
                    events.append(read_event(row))
                    frontier = frontier.append(hash_leaf(bytes.fromhex(row["hash"])))
                except (CreditscoreError, ValueError):
                    self.fault("hash", where, "it cannot be read")
                if row["payload"] is None:
                    self.erased.setdefault(row["stream"], set()).add(row["version"])
                previous, size, moment = row["hash"], row["seq"] + 1, max(moment, row["at"])
            if events:
                signatures += self._check_act(act, events)
                if len(signatures) >= SIGNATURES_AT_ONCE * self.processes:
                    self._check_signatures(signatures)
                    signatures = []
        self._check_signatures(signatures)
        self.result.size = size
        head = {"id": 1, "log_id": self.first_hash, "size": size, "hash": previous, "frontier": frontier.text()}
        if [dict(row) for row in heads] != [head]:
            self.fault("head", "head", "it is not where the log ends")
        for stream, numbers in self.erased.items():
            if missing := numbers - self.is_said_erased.get(stream, set()):
                self.fault("erased", stream, f"payloads of versions {sorted(missing)} are gone and no event says why")

    def _check_act(self, act: int, events: Sequence[Event]) -> list[tuple[int, str, str, str]]:
        """Check who acted, as what, and whether every event belongs to the act; return the signature to be checked."""
        first, last = events[0], events[-1]
        where = f"event {first.seq}"
        if first.seq == 0:
            self.first_hash = first.hash
            if first.kind != "log.opened":
                self.fault("act", where, "the log does not begin with its opening")
        if first.seq != act:
            self.fault("act", where, "the beginning of its act is missing")
        same = attrgetter("actor", "role", "office", "on_day", "known_on", "at", "key_id")
        for event in events[1:]:
            if same(event) != same(first):
                self.fault("act", f"event {event.seq}", "two people, offices, days, keys or moments in one act")
        for event in events[:-1]:
            if event.signature is not None:
                self.fault("act", f"event {event.seq}", "added to an act after it was signed")
        self._check_kinds(events)
        for event in events:
            if event.kind in PERSON.events:
                self.people.take(event)
            if event.kind == "retention.erased" and event.payload:
                of = event.payload["set"]
                self.is_said_erased.setdefault(of["of"], set()).update(of["versions"])
            if event.kind == "workflow.declared" and event.payload:
                self._take_declaration(event)
        return self._signature_of(last, act)

    def _signature_of(self, last: Event, act: int) -> list[tuple[int, str, str, str]]:
        where = f"event {last.seq}"
        if self.result.mode == "open":
            if last.signature is not None or last.key_id:
                self.fault("signature", where, "a signature in a log of mode `open`")
            return []
        if last.signature is None:
            self.fault("signature", where, "an act without a signature")
            return []
        seq = None if act == 0 else act
        signer = self.people.persons.get(last.actor) if self.result.mode == "keys" else None
        if self.result.mode == "keys":
            is_own = signer is not None and (signer.has_key(last.key_id, seq) or act == 0)
        else:
            is_own = any(
                person.has_key(last.key_id, seq) and (act == 0 or person.has_role("application", seq))
                for person in self.people.persons.values()
            )
        if not is_own:
            self.fault("signature", where, f"the key {last.key_id} was not one that could sign this")
        public = self.people.public_keys.get(last.key_id, "")
        return [] if act < self.since else [(last.seq, public, last.hash, last.signature)]

    def _check_signatures(self, signatures: Sequence[tuple[int, str, str, str]]) -> None:
        if not signatures:
            return
        if self.processes > 1 and len(signatures) > SIGNATURES_AT_ONCE:
            with ProcessPoolExecutor(self.processes) as pool:
                fits = list(pool.map(_is_signed, signatures, chunksize=SIGNATURES_AT_ONCE))
        else:
            fits = [_is_signed(signature) for signature in signatures]
        for (seq, *_), is_good in zip(signatures, fits, strict=True):
            if not is_good:
                self.fault("signature", f"event {seq}", "its signature is not of its key")

    def _check_kinds(self, events: Sequence[Event]) -> None:
        """Every event is the act itself, or one that the act's declaration lets it write, or stands by itself."""
        first = events[0]
        if first.seq == 0:
            return
        workflow = self.declared.get(first.flow)
        act = self._act_of(workflow, first)
        if first.flow and (workflow is None or act is None):
            self.fault("act", f"event {first.seq}", f"{first.flow} declares no {first.kind}")
        emits = {*act.emits} if act else set()
        for event in events[1:] if first.flow else events:
            is_first_person = (
                event.kind == "person.added"
                and event.stream == f"person/{event.actor}"
                and event.version == 0
                and self.result.mode == "open"
                and not self.people.holds_roles(event.seq)
            )
            if event.kind in emits or is_first_person or self._stands_alone(event):
                continue
            self.fault("act", f"event {event.seq}", f"{event.kind} in no act that may write it: forged")

    def _act_of(self, workflow: Workflow | None, event: Event) -> ActRule | None:
        if workflow is None:
            return None
        if event.kind in (f"{workflow.workflow}.corrected", f"{workflow.workflow}.upgraded"):
            role = "reviewer" if event.kind.endswith("corrected") else "approver"
            return ActRule.model_validate({"event": event.name, "title": {"zh": "-", "en": "-"}, "by": role})
        name = workflow.act_of(event.kind)
        return None if name is None else workflow.acts[name]

    def _stands_alone(self, event: Event) -> bool:
        """Whether an event stands without a workflow, written by a role that its stream allows and the person had."""
        if event.kind == "workflow.declared":
            return True
        if event.kind in TASK_KINDS:
            return True
        stream_type = self.store.registry.type_of.get(event.stream.partition("/")[0])
        if stream_type is None or event.role not in stream_type.events.get(event.kind, ()):
            return False
        if self.result.mode == "open" and not self.people.holds_roles(event.seq):
            return True
        person = self.people.persons.get(event.actor)
        return person is not None and person.has_role(event.role, event.act, office=event.office, act=event.kind)

    def _take_declaration(self, event: Event) -> None:
        values = (event.payload or {}).get("set", {})
        where = f"event {event.seq}"
        try:
            workflow = read_declaration(values["declaration"])
        except Exception as error:  # whatever a forged text does, it is a fault of the store
            self.fault("declaration", where, f"the declaration cannot be read: {type(error).__name__}")
            return
        if event.stream != f"workflow/{workflow.id.replace('/', '.')}" or values.get("digest") != workflow.digest:
            self.fault("declaration", where, "the declaration is not what its name or hash says")
        if workflow.id in self.declared:
            self.fault("declaration", where, f"{workflow.id} was declared before")
        self.declared.setdefault(workflow.id, workflow)
        own = self.store.registry.by_id.get(workflow.id)
        if own is not None and own.digest != workflow.digest:
            self.fault("declaration", where, f"{workflow.id} is not the declaration at work")

    # --- anchors

    def read_anchors(self, notes: Iterable[str]) -> None:
        """Compare notes held elsewhere with the log."""
        from creditscore.store.witnesses import open_witness

        held = list(notes)
        for address in self.store.witnesses():
            try:
                held += open_witness(address).read()
            except CreditscoreError as error:
                self.result.notes.append(f"the witness {address} cannot be read: {error.what}")
        wanted: dict[int, list[tuple[str, bytes]]] = {}
        for note in held:
            try:
                checkpoint = read_checkpoint(read_note(note, unsigned=True)[0])
            except CreditscoreError as error:
                self.fault("anchor", "anchor", f"a note cannot be read: {error.what}")
                continue
            wanted.setdefault(checkpoint.size, []).append((checkpoint.origin, checkpoint.root))
        if wanted:
            self._compare_anchors(wanted)

    def _compare_anchors(self, wanted: Mapping[int, list[tuple[str, bytes]]]) -> None:
        from creditscore.store.store import ORIGIN
        from creditscore.store.tables import event

        frontier, position = Frontier(), 0
        origin = ORIGIN + self.first_hash[:16]
        query = sa.select(event.c.hash).order_by(event.c.seq)
        hashes = self.connection.execute(query, execution_options={"yield_per": 5000}).scalars()
        roots = {}
        for position, row_hash in enumerate(hashes, 1):
            try:
                frontier = frontier.append(hash_leaf(bytes.fromhex(row_hash)))
            except ValueError:
                break
            if position in wanted:
                roots[position] = frontier.root()
        for size, anchors in wanted.items():
            for name, root in anchors:
                if name != origin:
                    self.fault("anchor", f"anchor of {size} events", "it is of another log")
                elif size not in roots:
                    self.fault(
                        "anchor", f"anchor of {size} events", f"the log has {position}: it is an old copy, or was cut"
                    )
                elif roots[size] != root:
                    self.fault("anchor", f"anchor of {size} events", "the log was rewritten")
                else:
                    self.result.anchored = max(self.result.anchored, size)

    # --- streams, in the order of their names

    def walk_streams(self) -> Iterator[Stream]:
        """Give every stream as its events make it, each act looked at as it is taken."""
        rows = Log.read_rows(self.connection, by="stream")
        for name, own in groupby(rows, key=itemgetter("stream")):
            stream = Stream(name)
            if stream.kind not in self.store.projections.kinds:
                self.fault("stream", name, "there is no such kind of stream")
                continue
            for row in own:
                try:
                    event = read_event(row)
                except CreditscoreError:
                    continue  # said where the chain was read
                if event.flow:
                    self._check_step(stream, event)
                elif event.seq and not event.kind.startswith(f"{stream.kind}.") and event.kind not in TASK_KINDS:
                    self.fault("step", f"event {event.seq}", f"{event.kind} on {name}")
                elif event.kind in TASK_KINDS and event.state != stream.state:
                    self.fault("step", f"event {event.seq}", f"{event.kind} changes the state")
                try:
                    apply_event(stream, event)
                except (KeyError, TypeError, ValueError, AttributeError):
                    self.fault("step", f"event {event.seq}", "its payload is not one that this package writes")
                self._note_files(name, event)
            yield stream

    def _note_files(self, stream: str, event: Event) -> None:
        """Look at each file of the archive that an event names, once."""
        values = (event.payload or {}).get("set") or {}
        for column in ("files", "beside"):
            for table, name in (values.get(column) or {}).items():
                if name in self.files:
                    continue
                self.files.add(name)
                try:
                    fault = self.store.archive.find_fault(name)
                except CreditscoreError as error:
                    fault = error.what
                if fault:
                    self.fault("archive", stream, f"{table}, file {name[:12]}…: {fault}")

    def _check_step(self, stream: Stream, event: Event) -> None:
        """Check one act on a stream against the declaration of its time."""
        where = f"event {event.seq} ({event.kind})"
        workflow = self.declared.get(event.flow)
        act = self._act_of(workflow, event)
        if workflow is None or act is None or stream.kind != workflow.workflow:
            self.fault("step", where, f"{event.flow} declares no such act on {stream.name}")
            return
        generic = event.name in ("corrected", "upgraded") and workflow.act_of(event.kind) is None
        if event.role not in act.by:
            self.fault("role", where, f"taken as {event.role or 'nobody'}, declared for {', '.join(act.by)}")
        if generic:
            allowed = {stream.state} if event.name == "upgraded" else {*workflow.states}
        else:
            if (stream.version >= 0) == act.opens or (not act.opens and stream.state not in act.from_):
                self.fault("step", where, f"it cannot follow {stream.state or 'nothing'}")
            ways = act.ways()
            allowed = {*ways} | (set() if OTHERWISE in ways.values() else {stream.state}) if ways else {stream.state}
            if act.code:
                allowed |= {*workflow.states}
            if stream.version >= 0 and stream.flow != event.flow:
                self.fault("step", where, f"the case stands under {stream.flow}")
        if event.state not in allowed:
            self.fault("step", where, f"it does not lead to {event.state or 'no state'}")
        if self.result.mode != "open" or self.people.holds_roles(event.act):
            self._check_role(stream, event, workflow, where)
        if event.payload is not None and not generic:
            self._check_guards(stream, event, workflow, act, where)

    def _check_role(self, stream: Stream, event: Event, workflow: Workflow, where: str) -> None:
        person = self.people.persons.get(event.actor)
        after = {**stream.view(), **((event.payload or {}).get("set") or {})}
        try:
            domain = str(
                evaluate(workflow.domain, {"case": after, "given": (event.payload or {}).get("given", {})}) or ""
            )
        except CreditscoreError:
            domain = ""
        if person is None or not person.has_role(
            event.role, event.act, office=event.office, domain=domain, act=event.kind
        ):
            name = person.name if person else event.actor
            self.fault("role", where, f"{name} was no {event.role} then")

    def _check_guards(self, stream: Stream, event: Event, workflow: Workflow, act: ActRule, where: str) -> None:
        """Try the declared guards again, and work out again what follows where no code has a part in it."""
        payload = event.payload or {}
        case = stream.view() if stream.version >= 0 else {"steps": [], "parts": {}}
        given = payload.get("given", {})
        names = {
            "case": case,
            "given": given,
            "day": event.on_day,
            "known_on": event.known_on,
            "actor": event.actor,
            "next": {**case, **payload.get("set", {}), "state": event.state},
        }
        try:
            for guard in act.refuse:
                if not reads_facts(guard.when) and evaluate(guard.when, names):
                    self.fault("guard", where, fill_words(guard.say.en, names))
            for eyes in act.second_person:
                if reads_facts(eyes.when) or not evaluate(eyes.when, names):
                    continue
                steps = self._steps_of(fill_words(eyes.of, names), event.seq) if eyes.of else case["steps"]
                if any(s["actor"] == event.actor and {s["name"], s["kind"]} & {*eyes.than} for s in steps):
                    self.fault("guard", where, "no second person")
            if not (act.code or workflow.after or workflow.facts):
                self._compare_effects(stream, event, workflow, where)
        except CreditscoreError as error:
            self.fault("guard", where, error.what)

    def _steps_of(self, name: str, before: int) -> list[dict[str, Any]]:
        from creditscore.store.fold import fold
        from creditscore.store.log import read_streams

        events = read_streams(self.connection, [name])[name]
        return fold(name, [event for event in events if event.seq < before]).steps()

    def _compare_effects(self, stream: Stream, event: Event, workflow: Workflow, where: str) -> None:
        machine = self.store.machine
        context = machine.take_again(workflow, stream, event)
        wanted = {name: value for name, value in machine.payload(context).items() if name != "given"}
        found = {name: value for name, value in (event.payload or {}).items() if name not in ("given", "salt")}
        if wanted != found or context.state != event.state:
            self.fault("effect", where, "what it says to follow is not what the declaration lets follow")


def read_declaration(text: str) -> Workflow:
    """Read the text of a declaration as the log holds it."""
    return Workflow.model_validate({**unplaced(text), "text": text})


def _is_signed(signature: tuple[int, str, str, str]) -> bool:
    _, public, event_hash, signed = signature
    try:
        return bool(public) and check_signature(public, message_of(event_hash), bytes.fromhex(signed))
    except ValueError:
        return False
