"""`Store`: one log that many share, with the workflows that run on it."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property
from types import TracebackType
from typing import Any, Self

import sqlalchemy as sa

from creditscore.core.clock import check_day_has_come, today
from creditscore.core.days import day_of
from creditscore.core.errors import NotAllowed, StoreError, UsageError
from creditscore.store import people as persons
from creditscore.store.actor import find_actor, require_key
from creditscore.store.archive.files import Archive, place_archive
from creditscore.store.beginning import Beginning, read_mode
from creditscore.store.context import Registry
from creditscore.store.database import WAIT, Database
from creditscore.store.declarations import Workflow
from creditscore.store.declaring import find_missing_declarations, read_own_workflows, require_newest
from creditscore.store.fold import Stream, apply_event, fold
from creditscore.store.formats import bring_up_to_date, hold_creation, require_known
from creditscore.store.keys import Key
from creditscore.store.log import Act, Event, Log, NewEvent, read_streams
from creditscore.store.machine import Machine, Plan, Stale, require_unmoved
from creditscore.store.names import fold_name
from creditscore.store.own_events import require_fitting
from creditscore.store.people import People, Person
from creditscore.store.projections import Projections
from creditscore.store.reader import StoreReader
from creditscore.store.streams import OWN_TYPES
from creditscore.store.tables import event as event_table
from creditscore.store.values import check_no_resident
from creditscore.store.witnesses import VARIABLE as WITNESSES
from creditscore.store.witnesses import tell_witnesses

Day = date | str


class Store(StoreReader):
    """An open store.

    Parameters
    ----------
    address
        A path, `sqlite:///PATH` or `postgresql+psycopg://…`.
    registry
        The workflows, kinds of streams and functions that run on it.
    key
        The key that signs: a person's in mode `keys`, an application's in mode `accounts`.
    create
        Make the store where there is none, in mode `open`; `create_store` makes one in another mode.
    wait, say_waiting
        As in `Database`.
    archive
        Where kept runs lie: a folder or an object store. None: what `CREDITSCORE_ARCHIVE` says, else for SQLite a
        folder beside the file (`credit.archive` of `credit.db`).
    beginning
        How a new log begins; None: in mode `open`.
    say
        Called with a sentence where something outside the log went wrong after an act was written.
    witnesses
        Addresses of witnesses beside those that the log names and `CREDITSCORE_WITNESSES` (one a line): whoever puts an
        old copy back takes away what the log names, and a command is only run where it is named outside the log.

    Raises
    ------
    StoreError
        Where there is no store, or it is damaged, somebody else's, or of a newer version.

    Examples
    --------
    >>> with Store("credit.db", registry) as store:  # doctest: +SKIP
    ...     store.act("commitment", "accept", "commitment/7", by="zhang.min", on="2026-03-02")
    """

    def __init__(
        self,
        address: str | os.PathLike[str],
        registry: Registry | None = None,
        *,
        key: Key | None = None,
        create: bool = True,
        wait: float = WAIT,
        say_waiting: Callable[[str], None] | None = None,
        archive: str | os.PathLike[str] | None = None,
        say: Callable[[str], None] | None = None,
        beginning: Beginning | None = None,
        witnesses: Sequence[str] = (),
    ) -> None:
        registry = registry or Registry()
        own = {stream_type.name for stream_type in registry.types}
        types = [*registry.types, *(t for t in OWN_TYPES if t.name not in own)]
        self.registry = Registry(registry.workflows, types, registry.code)
        self.database = Database(address, wait=wait, say_waiting=say_waiting)
        self._archive_place = archive
        self.key, self.say = key, say or (lambda sentence: None)
        named = [line.strip() for line in os.environ.get(WITNESSES, "").splitlines() if line.strip()]
        self.own_witnesses = tuple(dict.fromkeys([*witnesses, *named]))
        self.log, self.machine = Log(self.database), Machine(self.registry)
        self.projections = Projections(self.registry)
        try:
            self._open(create, beginning)
        except BaseException:
            self.database.close()
            raise

    def _open(self, create: bool, beginning: Beginning | None) -> None:
        """Look at what lies at the address, make or bring up to date what must be, and read the mode of the log."""
        require_known(self.database)
        if not create and self.database.recognise() == "nothing":
            raise StoreError("store.no_store", where=self.database.shown)
        bring_up_to_date(self.database)
        self.mode = read_mode(self.database)
        is_ours = not self.mode and self._begin(beginning or Beginning())
        if beginning is not None and not is_ours:
            raise StoreError("store.store_already", where=self.database.shown)
        with self.database.read() as connection:
            self._take_own_workflows(read_own_workflows(connection))
            is_current = self.projections.is_current(connection)
        if not is_current:
            self.rebuild(only_if_needed=True)

    def _take_own_workflows(self, declared: Sequence[Workflow]) -> None:
        """Run what approvers have declared here beside what was given, which comes first under one name."""
        code = {*self.registry.code}
        own = [new for new in declared if new.id not in self.registry.by_id and new.functions() <= code]
        if own:
            self.registry = self.registry.joined(Registry(own, code=self.registry.code))
            self.machine, self.projections = Machine(self.registry), Projections(self.registry)

    def _begin(self, beginning: Beginning) -> bool:
        """Write the first act of a log: what it is, and who may grant roles in it; False where somebody else did."""
        day, first = today().isoformat(), beginning.make_events()
        with self.log.write() as connection:
            hold_creation(self.database, connection)
            is_ours = connection.execute(sa.select(event_table.c.seq).limit(1)).first() is None
            if is_ours:
                self.projections.create(connection)
                self.mode = beginning.mode
                self.write_act(connection, Act(beginning.actor, "", "", day, day, first))
        self.mode = read_mode(self.database)
        return is_ours

    @cached_property
    def archive(self) -> Archive:
        """Where kept runs lie; UsageError where none is named and the database is no file."""
        return Archive(place_archive(self.database.url.render_as_string(hide_password=False), self._archive_place))

    # --- acting

    def act(
        self,
        workflow: str,
        act: str,
        stream: str = "",
        /,
        *,
        by: str = "",
        on: Day,
        known_on: Day | None = None,
        office: str = "",
        **given: Any,
    ) -> Stream:
        """Do an act of a workflow.

        Parameters
        ----------
        workflow, act, stream
            What is done to which case; no stream for an act that opens one.
        by
            Who acts: a name or an id; in mode `keys` the owner of the key, whom it must then name.
        on, known_on
            The legal day, and the day on which the office knew of it (the same where it is not given).
        office
            For which office.
        **given
            What the act is given.

        Returns
        -------
        Stream
            The case after it.

        Raises
        ------
        Refused
            Where the act is not allowed as things stand.
        NotAllowed
            For a person without the role, or who is no second person.
        UsageError
            For what does not fit the declaration.
        """
        with self.log.write() as connection:
            plan, extra = self._work_out(connection, by, workflow, act, stream, given, on, known_on, office)
            streams = self._append(connection, plan, extra)
        self.tell_witnesses()
        return streams[plan.stream]

    def preview(
        self,
        workflow: str,
        act: str,
        stream: str = "",
        /,
        *,
        by: str = "",
        on: Day,
        known_on: Day | None = None,
        office: str = "",
        **given: Any,
    ) -> Plan:
        """Work out an act without writing it; `confirm` writes what was shown, if all that it rests on still stands."""
        with self.database.read() as connection:
            return self._work_out(connection, by, workflow, act, stream, given, on, known_on, office)[0]

    def _work_out(
        self,
        connection: sa.Connection,
        by: str,
        workflow: str,
        act: str,
        stream: str,
        given: Mapping[str, Any],
        on: Day,
        known_on: Day | None,
        office: str,
    ) -> tuple[Plan, list[NewEvent]]:
        """Work out an act, and what adds who acts where that is somebody new."""
        people = self.read_people(connection)
        person, extra = self.require_person(people, by)
        how: dict[str, Any] = {"given": given, "on": on, "known_on": known_on, "office": office}
        how["require_roles"] = self.roles_hold(people)
        plan = self.machine.plan(connection, people, person, workflow, act, stream, **how)
        return (replace(plan, newcomer=person.name) if extra else plan), extra

    def confirm(self, plan: Plan, digest: str, *, by: str = "") -> Stream:
        """Write what a preview showed.

        Parameters
        ----------
        plan
            What `preview` returned.
        digest
            The hash of what was shown.

        Raises
        ------
        Stale
            Where a stream or an organisation that the preview rested on has moved on, or something else was shown.
        """
        if plan.digest != digest:
            raise Stale("store.not_what_was_shown", where=plan.stream)
        with self.log.write() as connection:
            people = self.read_people(connection)
            person, extra = self.require_person(people, by or plan.newcomer or plan.actor)
            if extra and fold_name(person.name) == fold_name(plan.newcomer):
                person = Person(plan.actor, plan.newcomer)
                extra = [persons.add_person(person.id, person.name)]
            if person.id != plan.actor:
                raise NotAllowed(
                    "store.somebody_else_looked_act",
                    where=plan.stream,
                    allowed=plan.newcomer or people.name_of(plan.actor),
                )
            if self.roles_hold(people):
                kind = plan.events[0].kind
                people.require_role(person, plan.role, office=plan.office, domain=plan.domain, act=kind)
            require_unmoved(connection, plan)
            streams = self._append(connection, plan, extra)
        self.tell_witnesses()
        return streams[plan.stream]

    def _append(self, connection: sa.Connection, plan: Plan, extra: Sequence[NewEvent]) -> dict[str, Stream]:
        if plan.events[0].expected == -1:
            require_newest(connection, self.registry, plan.events[0].flow)
        declared = find_missing_declarations(connection, self.registry, {new.flow for new in plan.events} - {""})
        if declared:
            day = today().isoformat()
            self.write_act(connection, Act(plan.actor, "", plan.office, day, day, [*declared, *extra]))
            extra = ()
        act = Act(plan.actor, plan.role, plan.office, plan.on_day, plan.known_on, [*plan.events, *extra])
        return self.write_act(connection, act)

    def write_act(self, connection: sa.Connection, act: Act) -> dict[str, Stream]:
        """Append an act and bring the rows of its streams up to date."""
        require_key(self.mode, self.key, self.database.shown)
        self.projections.require_current(connection)
        for new in act.events:
            check_no_resident(new.payload, new.stream)
        before = read_streams(connection, [new.stream for new in act.events])
        is_about_people = any(new.kind in persons.PERSON.events for new in act.events)
        people = People.read(connection) if is_about_people else People()
        could_approve = people.can_approve(self.mode)
        events = self.log.append(connection, act, self.key)
        streams = {name: fold(name, own) for name, own in before.items()}
        for event in events:
            require_fitting(self.registry.type_of, streams[event.stream], event, people)
            apply_event(streams[event.stream], event)
        if could_approve:
            people.require_approver(self.mode, act.events[0].stream)
        self.projections.apply(connection, list(streams.values()))
        return streams

    def tell_witnesses(self) -> None:
        """Tell the witnesses the newest head; an act stands whether or not one of them could be told."""
        tell_witnesses(self.witnesses, self.own_witnesses, self.checkpoint, self.say)

    # --- persons

    def roles_hold(self, people: People) -> bool:
        """Whether an act needs a role: in mode `open` from the first approver on, else always."""
        return self.mode != "open" or people.holds_roles()

    def require_person(self, people: People, by: str) -> tuple[Person, list[NewEvent]]:
        """Find who acts; in mode `open` a new name becomes a person with its first act."""
        return find_actor(people, by, mode=self.mode, key=self.key, where=self.database.shown)

    def require_right(
        self, people: People, by: str, role: str, kinds: Iterable[str], *, office: str = "", domain: str = ""
    ) -> tuple[Person, list[NewEvent]]:
        """Find who acts, as `require_person`; NotAllowed for a person who may not write such events as a role."""
        person, extra = self.require_person(people, by)
        if self.roles_hold(people):
            for kind in kinds:
                people.require_role(person, role, office=office, domain=domain, act=kind)
        return person, extra

    def change_people(
        self, events: Callable[[People], Sequence[NewEvent]], *, by: str = "", on: Day | None = None
    ) -> list[Event]:
        """Write an act about persons, keys or roles, which only an approver may.

        Parameters
        ----------
        events
            Makes the events of all persons as they are (`people.add_person`, `add_key`, `grant_role` …).
        """
        return self.record(events, by=by, on=on, role="approver")

    def record(
        self,
        events: Callable[[People], Sequence[NewEvent]],
        *,
        by: str = "",
        on: Day | None = None,
        known_on: Day | None = None,
        role: str,
        office: str = "",
    ) -> list[Event]:
        """Write events that stand without a workflow, each of a kind that its stream lets a role write."""
        day = day_of(on, "on") or today()
        check_day_has_come(day, "on")
        knowledge = day_of(known_on, "known_on") or day
        with self.log.write() as connection:
            people = self.read_people(connection)
            person, extra = self.require_person(people, by)
            new = list(events(people.with_newcomer(replace(person, names=[person.name])) if extra else people))
            if self.roles_hold(people):
                for kind in {own.kind for own in new}:
                    people.require_role(person, role, office=office, act=kind)
            for own in new:
                self._require_alone(own, role)
            is_about_newcomer = any(own.stream == added.stream for own in new for added in extra)
            ordered = [*extra, *new] if is_about_newcomer else [*new, *extra]
            act = Act(person.id, role, office, day.isoformat(), knowledge.isoformat(), ordered)
            streams = self.write_act(connection, act)
        self.tell_witnesses()
        return [streams[name].events[-1] for name in dict.fromkeys(own.stream for own in new)]

    def write_on(
        self,
        make: Callable[[sa.Connection, People], tuple[str, str, NewEvent]],
        *,
        by: str = "",
        on: Day | None = None,
        office: str = "",
    ) -> Stream:
        """Write one event that `make` builds from what stands, under the role and for the domain that it names."""
        day = (day_of(on, "on") or today()).isoformat()
        with self.log.write() as connection:
            people = self.read_people(connection)
            role, domain, new = make(connection, people)
            person, extra = self.require_right(people, by, role, [new.kind], office=office, domain=domain)
            streams = self.write_act(connection, Act(person.id, role, office, day, day, [new, *extra]))
        self.tell_witnesses()
        return streams[new.stream]

    def _require_alone(self, new: NewEvent, role: str) -> None:
        stream_type = self.registry.type_of.get(new.stream.partition("/")[0])
        roles = stream_type.events.get(new.kind, ()) if stream_type else ()
        if role not in roles:
            raise UsageError(
                "store.not_written_itself",
                kind=new.kind,
                role=role,
                where=new.stream,
                allowed=roles or "as a consequence of an act",
            )

    def rebuild(self, *, only_if_needed: bool = False) -> int:
        """Drop every projection and make it again from the log; return how many streams there are."""
        with self.log.write() as connection:
            if only_if_needed and self.projections.is_current(connection):
                return 0
            if self.database.is_sqlite:
                with self.database.read() as reading:
                    return self.projections.rebuild(connection, reading)
            return self.projections.rebuild(connection, connection)

    def close(self) -> None:
        """End all connections."""
        self.database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
