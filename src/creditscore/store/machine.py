"""One machine for all workflows: load, check, preview, append and project, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from creditscore.core.canonical import hash_text, write_canonical
from creditscore.core.errors import InternalError, NotAllowed, StoreError, UsageError
from creditscore.store.context import Context, Registry, fill_words, require_day, without_empty
from creditscore.store.corrections import find_act, plan_generic
from creditscore.store.declarations import GENERIC, OTHERWISE, ActRule, Refusal, Workflow
from creditscore.store.expressions import evaluate, reads_facts
from creditscore.store.fold import Stream, TaskKey, fold
from creditscore.store.log import Event, NewEvent, read_newest_of, read_streams
from creditscore.store.people import People, Person
from creditscore.store.tables import event as event_table
from creditscore.store.values import as_plain, check_given, check_no_resident, check_values


class Stale(StoreError):
    """What a preview rested on has changed since; nothing was written."""


@dataclass(frozen=True)
class Plan:
    """An act worked out and not written: what would be appended, and what it rests on.

    Parameters
    ----------
    workflow, act, stream
        What is done to which stream.
    actor, role, office, on_day, known_on
        As in `log.Act`.
    events
        What would be appended; the first is the act itself.
    reads
        The streams that were read, with the versions they had (-1: not there).
    subjects
        The organisations whose streams were looked for, with their newest events.
    kinds
        The kinds of events that were looked for, with the newest event of each.
    domain
        The domain of the case, for the role.
    newcomer
        The name of who acts, where the act makes a person of it.
    """

    workflow: str
    act: str
    stream: str
    actor: str
    role: str
    office: str
    on_day: str
    known_on: str
    events: tuple[NewEvent, ...]
    reads: Mapping[str, int]
    subjects: Mapping[str, int]
    kinds: Mapping[str, int]
    domain: str = ""
    newcomer: str = ""

    @property
    def digest(self) -> str:
        """The hash of all that was shown; `confirm` writes only what has it."""
        events = [[new.stream, new.kind, new.state, new.subject, new.flow, dict(new.payload)] for new in self.events]
        who = [self.newcomer or self.actor, self.role, self.office, self.on_day, self.known_on]
        return hash_text(write_canonical([who, events, dict(self.reads), dict(self.subjects), dict(self.kinds)]))


def require_unmoved(connection: sa.Connection, plan: Plan) -> None:
    """Raise Stale where a stream, an organisation or a kind of event that a plan rests on has moved on since."""
    now = {name: fold(name, events).version for name, events in read_streams(connection, plan.reads).items()}
    moved = [name for name, version in plan.reads.items() if now[name] != version]
    for looked_for, column in ((plan.subjects, event_table.c.subject), (plan.kinds, event_table.c.kind)):
        newest = read_newest_of(connection, looked_for, column)
        moved += [name for name, seq in looked_for.items() if newest[name] != seq]
    if moved:
        raise Stale("store.shown_has_moved_on", listed=", ".join(moved), where=plan.stream)


class Machine:
    """Works out acts: what is checked, what follows, what is written; it writes nothing itself.

    Parameters
    ----------
    registry
        What it runs.
    declared
        The declarations under which steps were taken, where they are not those of the registry.
    """

    def __init__(self, registry: Registry, declared: Mapping[str, Workflow] | None = None) -> None:
        self.registry = registry
        self.declared = registry.by_id if declared is None else declared

    def plan(
        self,
        connection: sa.Connection,
        people: People,
        person: Person,
        workflow: str,
        act: str,
        stream: str = "",
        *,
        given: Mapping[str, Any],
        on: Any,
        known_on: Any = None,
        office: str = "",
        require_roles: bool = True,
    ) -> Plan:
        """Work out an act.

        Parameters
        ----------
        connection
            A connection that sees the newest events.
        people, person
            All persons, and who acts.
        workflow, act, stream
            What is done to which case; no stream for an act that opens one.
        given
            What the act is given.
        on, known_on
            The legal day, and the day on which the office knew; the second is the first where it is not given.
        office
            For which office.
        require_roles
            Whether the person must have a role that may do it.

        Raises
        ------
        Refused
            Where the act is not allowed as things stand.
        NotAllowed
            For a person without the role, or who is no second person.
        UsageError
            For an unknown workflow or act, and for what does not fit the declaration.
        """
        case = self._read_case(connection, workflow, act, stream)
        declared = self._declaration_for(workflow, act, case)
        day = require_day(on, "on")
        knowledge = require_day(known_on or on, "known_on")
        if knowledge < day:
            raise UsageError("store.known_lies_before_day_act", knowledge=knowledge, day=day, where=stream or workflow)
        is_generic = act in GENERIC
        if is_generic:
            check_no_resident(given, f"{stream}, {act}")
        else:
            rule = declared.acts[act]
            if require_roles and not any(
                person.has_role(role, office=None, domain=None, act=declared.kind(act)) for role in rule.by
            ):
                people.require_role(person, rule.by[0], office=office, act=declared.kind(act))
            given = check_given(declared, act, as_plain(given))
        context = Context(connection, declared, act, case, given, day, knowledge, person.id)
        context.is_known_on_given = known_on is not None
        newest = max((event.known_on for event in case.events if event.flow), default="")
        context.require_known_since(newest, "an earlier step of the case")
        if act == "correct":  # what its steps may write elsewhere, it may write anew
            context.emits = sorted({kind for event in case.events for kind in self._emits_of(event)})
        if is_generic:
            payload, flow = plan_generic(self, context, case)
            roles: Sequence[str] = ("reviewer",) if act == "correct" else ("approver",)
            kind = f"{workflow}.{'corrected' if act == 'correct' else 'upgraded'}"
        else:
            self.take(context)
            self.finish(context)
            payload, roles, kind, flow = self.payload(context), rule.by, declared.kind(act), declared.id
        role = self._choose_role(people, person, roles, declared, context, kind, office) if require_roles else roles[0]
        if strange := {new.kind for new in context.emitted} - {*context.emits}:
            raise InternalError("store.act_not_declare_writes", id=declared.id, act=act, listed=", ".join(strange))
        main = NewEvent(context.stream, kind, payload, context.state, context.subject, flow, case.version)
        reads = {context.stream: case.version, **context.reads}
        events = (main, *self._add_tasks(connection, self.check_emitted(context.emitted)))
        return Plan(
            workflow,
            act,
            context.stream,
            person.id,
            role,
            office,
            day,
            context.known_on,
            events,
            reads,
            context.subjects,
            context.kinds,
            self.find_domain(context),
        )

    def _read_case(self, connection: sa.Connection, workflow: str, act: str, stream: str) -> Stream:
        declared = self.registry.require(workflow)
        if act not in declared.acts and act not in GENERIC:
            raise UsageError("store.no_act", workflow=workflow, act=act, allowed=[*declared.acts, "correct", "upgrade"])
        opens = act in declared.acts and declared.acts[act].opens
        if opens:
            if stream:
                raise UsageError("store.opens_new_case_not_done", act=act, where=stream)
            return Stream("")
        if not stream.startswith(f"{workflow}/"):
            raise UsageError("store.no_case", stream=stream, workflow=workflow)
        case = fold(stream, read_streams(connection, [stream])[stream])
        if case.version < 0:
            raise UsageError("store.no_case_2", stream=stream, workflow=workflow)
        if case.is_erased:
            raise UsageError("store.case_erased", stream=stream, act=act)
        return case

    def _declaration_for(self, workflow: str, act: str, case: Stream) -> Workflow:
        """A case goes on under the declaration under which it stands."""
        if act == "upgrade" or case.version < 0:
            return self.registry.require(workflow)
        declared = self.registry.by_id.get(case.flow)
        if declared is None:
            raise StoreError(
                "store.case_stands_under_not",
                flow=case.flow,
                where=case.name,
                allowed=[own.id for own in self.registry.of_kind(workflow)],
            )
        if act not in declared.acts and act != "correct":
            raise UsageError("store.no_act_2", id=declared.id, act=act, where=case.name, allowed=declared.acts)
        return declared

    def _choose_role(
        self,
        people: People,
        person: Person,
        roles: Sequence[str],
        declared: Workflow,
        context: Context,
        kind: str,
        office: str,
    ) -> str:
        """The first role of the act that the person has."""
        domain = self.find_domain(context)
        for role in roles:
            if person.has_role(role, office=office, domain=domain, act=kind):
                return role
        people.require_role(person, roles[0], office=office, domain=domain, act=kind)
        return roles[0]

    @staticmethod
    def find_domain(context: Context) -> str:
        """The domain of a case after an act, for roles that hold in some domains only."""
        return str(evaluate(context.workflow.domain, context.names(case=context.now())) or "")

    def find_domain_of(self, case: Stream) -> str:
        """The domain of a case as it stands; empty where its declaration is not there or names none."""
        declared = self.declared.get(case.flow)
        return "" if declared is None else str(evaluate(declared.domain, {"case": case.view()}) or "")

    def take(self, context: Context) -> None:
        """Check an act on a case and work out what follows; corrections take later acts again by it.

        Where the context reads what stood before an event of the log (`until`), the act is taken again as it was taken
        then, without code: what follows is worked out where all of it stands in the declaration.
        """
        declared, rule, is_again = context.workflow, context.rule, context.until is not None
        self._check_state(context, rule)
        self._check_guards(context, [guard for guard in rule.refuse if not reads_facts(guard.when)])
        if declared.facts and not is_again:
            context.facts = self.registry.code[declared.facts](context)
        self._check_second_person(context, rule)
        if not is_again:
            self._check_guards(context, [guard for guard in rule.refuse if reads_facts(guard.when)])
        if is_again and not declared.is_plain(context.act):
            return
        if rule.opens and rule.stream:
            self._name_case(context, rule)  # before the code, so that what it writes elsewhere can name the case
        if rule.code:
            self.registry.code[rule.code](context)
        if rule.opens and not rule.stream:
            self._name_case(context, rule)
        self._follow(context, rule)
        self.check_effects(context)

    @staticmethod
    def _check_guards(context: Context, guards: Sequence[Refusal]) -> None:
        names = context.names() if guards else {}
        for guard in guards:
            if evaluate(guard.when, names):
                raise context.refuse_as_declared(guard)

    def finish(self, context: Context) -> None:
        """Ask what a case owes to others, once what follows from an act is known."""
        if context.workflow.after:
            self.registry.code[context.workflow.after](context)

    def _follow(self, context: Context, rule: ActRule) -> None:
        """Work out the state, the fields and the rows that the declaration lets follow."""
        for state, condition in rule.ways().items():
            if condition == OTHERWISE or evaluate(condition, context.names()):
                context.state = state
                break
        names = context.names()
        values = {name: evaluate(text, names) for name, text in rule.set.items()}
        context.changes.update(values)
        names = context.names()
        for part, cells in rule.parts.items():
            row = {cell: evaluate(text, names) for cell, text in cells.items()}
            context.parts.setdefault(part, []).append(row)

    def _check_state(self, context: Context, rule: ActRule) -> None:
        state = context.before.state
        if not rule.opens and state not in rule.from_:
            raise context.refuse(
                f"the case is {state}: {rule.event} cannot follow", allowed=f"in {', '.join(rule.from_)}"
            )
        last = context.before.newest_day()
        if context.day < last:
            raise context.refuse(
                f"{rule.event} on {context.day} lies before the step of {last}",
                allowed=f"{last} or later",
                next="give the day on which it was done",
            )

    def _check_second_person(self, context: Context, rule: ActRule) -> None:
        for eyes in rule.second_person:
            if context.until is not None and reads_facts(eyes.when):
                continue
            if not evaluate(eyes.when, context.names()):
                continue
            steps: Any = context.case["steps"]
            if eyes.of:
                steps = context.read(fill_words(eyes.of, context.names())).steps()
            wanted = {*eyes.than}
            if any(step["actor"] == context.actor and {step["name"], step["kind"]} & wanted for step in steps):
                raise NotAllowed(
                    "store.needs_second_person_who_acts_took",
                    act=context.act,
                    listed=" or ".join(eyes.than),
                    where=context.stream or context.workflow.workflow,
                )

    def _name_case(self, context: Context, rule: ActRule) -> None:
        context.stream = fill_words(rule.stream, context.names()) if rule.stream else context.stream
        if context.before.name not in ("", context.stream):
            raise context.refuse(
                f"this would be the case {context.stream}: what a case is about is not corrected",
                allowed="other values",
                next="annul this case and open another",
            )
        if not context.stream.startswith(f"{context.workflow.workflow}/") or context.stream.endswith("/"):
            raise InternalError(
                "store.act_gives_case_no_name", id=context.workflow.id, act=context.act, stream=context.stream
            )
        context.subject = context.subject or str(context.given.get("subject") or "")
        if not context.before.name and context.until is None and context.read(context.stream).version >= 0:
            raise context.refuse(
                f"{context.stream} is there already", allowed="a new case", next="look at the case there is"
            )

    def check_effects(self, context: Context) -> None:
        """Check the fields and rows that follow from an act against what its workflow declares."""
        where = f"{context.workflow.id}, act {context.act}"
        context.changes = check_values(context.workflow.fields, context.changes, where)
        for part, rows in context.parts.items():
            cells = {**context.workflow.parts.get(part, {}), "number": "number"}
            context.parts[part] = [check_values(cells, row, f"{where}, {part}") for row in rows]

    def payload(self, context: Context) -> dict[str, Any]:
        """Return what the event of an act says: what was given, and what follows."""
        payload = {"given": context.given, "set": context.changes, "parts": context.parts, "basis": context.basis}
        return without_empty({**payload, "tasks": self.task_changes(context)})

    def task_changes(self, context: Context) -> list[dict[str, Any]]:
        """Work out which tasks an act opens, changes and has done."""
        after = {**context.case, **context.changes, "state": context.state, "subject": context.subject}
        if context.parts:
            parts = {name: dict(rows) for name, rows in context.before.parts.items()}
            for part, rows in context.parts.items():
                own = parts.setdefault(part, {})
                for row in rows:
                    own[row["number"]] = {**own.get(row["number"], {}), **row}
            after["parts"] = {name: list(rows.values()) for name, rows in parts.items()}
        return self._compare_tasks(self.list_tasks(context.workflow, after), context.before)

    @staticmethod
    def _compare_tasks(wanted: Mapping[TaskKey, Mapping[str, Any]], before: Stream) -> list[dict[str, Any]]:
        open_now = before.open_tasks()
        changes = []
        for key, values in wanted.items():
            task = open_now.get(key)
            if task is None or any(task.get(name) != value for name, value in values.items()):
                changes.append({"change": "open", "what": key[0], "number": key[1], **values})
        changes += [
            {"change": "done", "what": what, "number": number}
            for what, number in open_now
            if (what, number) not in wanted
        ]
        return changes

    def _add_tasks(self, connection: sa.Connection, emitted: Sequence[NewEvent]) -> list[NewEvent]:
        """Let what is written on another case open and close its tasks, where the writer did not say which."""
        filled = []
        for new in emitted:
            payload = dict(new.payload)
            if new.stream.partition("/")[0] in self.registry.newest and "tasks" not in payload:
                case = fold(new.stream, read_streams(connection, [new.stream])[new.stream])
                after = {**case.view(), **payload.get("set", {}), "state": new.state}
                wanted = self.list_tasks(self.registry.by_id[case.flow], after)
                payload["tasks"] = self._compare_tasks(wanted, case)
            filled.append(replace(new, payload=without_empty(payload)))
        return filled

    def _emits_of(self, event: Event) -> Sequence[str]:
        """What the act by which an event was written may write elsewhere."""
        act = find_act(self, event)
        return () if act is None else self.declared[event.flow].acts[act].emits

    @staticmethod
    def list_tasks(workflow: Workflow, case: Mapping[str, Any]) -> dict[TaskKey, dict[str, Any]]:
        """Return what is to be done in a case as it stands."""
        tasks: dict[TaskKey, dict[str, Any]] = {}
        for what, rule in workflow.tasks.items():
            rows = case["parts"].get(rule.each, []) if rule.each else [{"number": 0}]
            for row in rows:
                names = {"case": case, "row": row}
                if evaluate(rule.when, names):
                    follows = {"due_on": evaluate(rule.due, names), "note": evaluate(rule.note, names)}
                    follows = check_values({"due_on": "day", "note": "text"}, follows, f"{workflow.id}, task {what}")
                    tasks[what, row["number"]] = {**follows, "team": rule.team}
        return tasks

    def check_emitted(self, emitted: Sequence[NewEvent]) -> list[NewEvent]:
        """Check the effects on other streams against what these declare."""
        checked = []
        for new in emitted:
            kind = new.stream.partition("/")[0]
            fields, parts = self.registry.fields_of(kind)
            if not fields and not parts and kind not in self.registry.type_of:
                raise InternalError("store.no_such_kind_stream", stream=new.stream)
            payload: dict[str, Any] = dict(new.payload)
            if "set" in payload:
                payload["set"] = check_values(fields, payload["set"], new.stream)
            if "parts" in payload:
                payload["parts"] = {
                    name: [check_values({**parts.get(name, {}), "number": "number"}, row, new.stream) for row in rows]
                    for name, rows in payload["parts"].items()
                }
            checked.append(replace(new, payload=payload))
        return checked
