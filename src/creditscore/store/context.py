"""What the code of an act sees and adds to, and what is registered with a store."""

from __future__ import annotations

import re
from collections import ChainMap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa

from creditscore.core.clock import check_day_has_come
from creditscore.core.days import day_of
from creditscore.core.errors import InternalError, UsageError
from creditscore.core.i18n import LANGS, Lang
from creditscore.core.messages import day_in_words, show
from creditscore.schemes.citing import cite_said
from creditscore.store.declarations import ActRule, Refusal, StreamType, Workflow
from creditscore.store.expressions import evaluate
from creditscore.store.fold import Stream, fold, read_kind
from creditscore.store.log import NewEvent, read_newest_of, read_streams
from creditscore.store.tables import event as event_table

Code = Callable[["Context"], Any]


ISO_DAY = re.compile(r"\d{4}-\d\d-\d\d")
FALLBACKS = {
    "zh": ("按本事项的办理规则", "更正所填内容，或者办理其他事项"),
    "en": (
        "what the workflow declares; `creditscore workflow show` draws it",
        "correct what was given, or take another act",
    ),
}


class Refused(UsageError):
    """The act is not allowed as things stand; nothing was written.

    `zh` is the same in Chinese, where a declaration says it.
    """

    zh: Refused | None = None

    def in_language(self, lang: Lang) -> str:
        """Return the whole message in a language; in English where nobody wrote it in Chinese."""
        if lang == "en" or self.zh is None:
            return str(self)
        parts = (("事项", self.zh.where), ("要求", self.zh.allowed), ("下一步", self.zh.next))
        return "\n".join([self.zh.what, *(f"  {label}：{text}" for label, text in parts if text)])

    def translated(self, lang: Lang) -> Refused:
        """Return this refusal with its whole message in a language, which has its usual parts in it already."""
        return Refused(self.in_language(lang), next="")

    def __reduce__(self) -> Any:
        return (*super().__reduce__(), {"zh": self.zh})


@dataclass
class Registry:
    """What the store runs: the workflows in all their versions, other kinds of streams, and registered functions.

    Parameters
    ----------
    workflows
        Every version of every workflow.
    types
        The kinds of streams that no workflow runs.
    code
        Functions by the names that declarations use.
    """

    workflows: Sequence[Workflow] = ()
    types: Sequence[StreamType] = ()
    code: Mapping[str, Code] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.by_id = {workflow.id: workflow for workflow in self.workflows}
        self.type_of = {stream_type.name: stream_type for stream_type in self.types}
        self._fields: dict[str, tuple[dict[str, str], dict[str, dict[str, str]]]] = {}
        self.newest: dict[str, Workflow] = {}
        for workflow in sorted(self.workflows, key=lambda workflow: workflow.version):
            self.newest[workflow.workflow] = workflow
        for workflow in self.workflows:
            if missing := workflow.functions() - set(self.code):
                raise InternalError("store.names_functions_not_registered", id=workflow.id, listed=", ".join(missing))

    def joined(self, *others: Registry) -> Registry:
        """Return a registry of all that this one and others hold; what two of them hold under one name is one."""
        workflows = {workflow.id: workflow for own in (self, *others) for workflow in own.workflows}
        types = {stream_type.name: stream_type for own in (self, *others) for stream_type in own.types}
        code = {name: function for own in (self, *others) for name, function in own.code.items()}
        return Registry(list(workflows.values()), list(types.values()), code)

    def of_kind(self, kind: str) -> list[Workflow]:
        """Return the versions of the workflow with whose name streams of a kind begin, oldest first."""
        versions = [workflow for workflow in self.workflows if workflow.workflow == kind]
        return sorted(versions, key=lambda workflow: workflow.version)

    def require(self, name: str) -> Workflow:
        """Return the newest version of a workflow; UsageError where there is none of that name."""
        if name not in self.newest:
            raise UsageError("store.no_workflow", name=name, allowed=sorted(self.newest))
        return self.newest[name]

    def fields_of(self, kind: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return the fields and parts of streams of a kind, over all versions."""
        if kind not in self._fields:
            self._fields[kind] = self._join_fields(kind)
        return self._fields[kind]

    def _join_fields(self, kind: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        fields: dict[str, str] = {}
        parts: dict[str, dict[str, str]] = {}
        own = self.type_of.get(kind)
        for declared in self.of_kind(kind) if own is None else [own]:
            fields |= declared.fields
            for name, cells in declared.parts.items():
                parts[name] = {**parts.get(name, {}), **cells}
        return fields, parts


class Context:
    """What the code of an act sees and adds to.

    Attributes
    ----------
    case
        The case before the act, as conditions see it; `stream`, its name, may be set by the code of an opening act.
    given, day, known_on, actor, facts
        What was given, the legal day, the day of knowledge, who acts, what the facts function returned.
    changes, parts
        Fields and rows that follow from the act.
    basis
        The rules on which it rests, with the laws that they cite.
    emits
        The kinds of events that it may write on other streams.
    """

    def __init__(
        self,
        connection: sa.Connection | None,
        workflow: Workflow,
        act: str,
        stream: Stream,
        given: Mapping[str, Any],
        day: str,
        known_on: str,
        actor: str,
        until: int | None = None,
    ) -> None:
        self.until = until  # the number of the event that is taken again; what came later is not read
        self._connection, self.workflow, self.act, self.before = (
            connection,
            workflow,
            act,
            stream,
        )
        self.case: dict[str, Any] = stream.view() if stream.version >= 0 else {"steps": [], "parts": {}, "stream": ""}
        self.stream, self.given, self.day, self.known_on, self.actor = stream.name, dict(given), day, known_on, actor
        self.is_known_on_given = True
        self.facts: Any = None
        self.changes: dict[str, Any] = {}
        self.parts: dict[str, list[dict[str, Any]]] = {}
        self.basis: list[Any] = []
        self.emitted: list[NewEvent] = []
        self.reads: dict[str, int] = {}
        self.subjects: dict[str, int] = {}
        self.kinds: dict[str, int] = {}
        self.emits: Sequence[str] = workflow.acts[act].emits if act in workflow.acts else ()
        self._read_of: dict[tuple[str, str], list[Stream]] = {}
        self.subject = stream.subject
        self.state = stream.state

    @property
    def connection(self) -> sa.Connection:
        """The connection that sees the newest events."""
        if self._connection is None:
            raise InternalError("store.act_reads_store_where_only_effects", id=self.workflow.id, act=self.act)
        return self._connection

    @property
    def rule(self) -> ActRule:
        """The declaration of the act."""
        return self.workflow.acts[self.act]

    def names(self, **more: Any) -> dict[str, Any]:
        """Return what expressions may name."""
        own = {"case": self.case, "given": self.given, "day": self.day, "known_on": self.known_on, "actor": self.actor}
        following = ChainMap({"state": self.state}, self.changes, self.case)
        return {**own, "facts": self.facts, "next": following, **more}

    def now(self) -> dict[str, Any]:
        """Return the case with the changes so far."""
        return {**self.case, **self.changes, "state": self.state}

    def read(self, name: str) -> Stream:
        """Read another stream from the log; the act then rests on its version."""
        return self.read_all([name])[name]

    def read_all(self, names: Sequence[str]) -> dict[str, Stream]:
        """Read several streams from the log."""
        read = read_streams(self.connection, names)
        if self.until is not None:
            read = {name: [event for event in events if event.seq < self.until] for name, events in read.items()}
        streams = {name: fold(name, events) for name, events in read.items()}
        self.reads.update({name: stream.version for name, stream in streams.items()})
        return streams

    def read_of(self, kind: str, subject: str) -> list[Stream]:
        """Read the other streams of a kind that an organisation has, oldest first, from the log itself, once."""
        if (kind, subject) in self._read_of:
            return self._read_of[kind, subject]
        query = (
            sa.select(event_table.c.stream)
            .where(event_table.c.subject == subject, event_table.c.version == 0)
            .order_by(event_table.c.seq)
        )
        names = [name for name in self.connection.execute(query).scalars() if name.startswith(f"{kind}/")]
        self.subjects.update(read_newest_of(self.connection, [subject]))
        streams = list(self.read_all([name for name in names if name != self.stream]).values())
        self._read_of[kind, subject] = streams
        return streams

    def read_kind(self, kind: str) -> list[Stream]:
        """Read the streams that have an event of a kind, in the order of these events, from the log itself."""
        streams = read_kind(self.connection, kind)
        self.reads.update({stream.name: stream.version for stream in streams})
        self.kinds.update(read_newest_of(self.connection, [kind], event_table.c.kind))
        return streams

    def require_known_since(self, day: str, of: str) -> None:
        """Let the act be known no earlier than what it follows was; refuse it where an earlier day was given."""
        if day > self.known_on and self.is_known_on_given:
            raise self.refuse(
                f"recorded on {self.known_on}, before {of} ({day})",
                allowed=f"known_on from {day} on",
                next="give the day on which the office knew of it",
            )
        self.known_on = max(self.known_on, day)

    def emit(
        self,
        stream: str,
        kind: str,
        *,
        subject: str | None = None,
        state: str = "",
        set: Mapping[str, Any] | None = None,
        parts: Mapping[str, list[dict[str, Any]]] | None = None,
        tasks: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        """Write an event on another stream in the same act; the act must declare its kind, and the case have a name."""
        if not self.stream:
            raise InternalError("store.act_names_case_after_written_elsewhere", id=self.workflow.id, act=self.act)
        payload = {"set": dict(set or {}), "parts": dict(parts or {}), "tasks": list(tasks), "because": self.stream}
        about = self.subject if subject is None else subject
        self.emitted.append(NewEvent(stream, kind, without_empty(payload), state, about))

    def refuse(self, what: str, *, allowed: str | Sequence[str] | None = None, next: str | None = None) -> Refused:
        """Make the error of a refused act, to be raised."""
        where = f"{self.stream or self.workflow.workflow}, {self.act}"
        fallback = FALLBACKS["en"]
        return Refused(what, where, fallback[0] if allowed is None else allowed, next or fallback[1])

    def refuse_as_declared(self, refusal: Refusal) -> Refused:
        """Make the error of an act that a declaration refuses, in both languages."""
        errors: dict[Lang, Refused] = {}
        for lang in LANGS:
            says, allowed, follows = (
                None if words is None else fill_words(getattr(words, lang), self.names(), lang)
                for words in (refusal.say, refusal.allowed, refusal.next)
            )
            if refusal.cite:
                says = f"{says}（依据{cite_said(refusal.cite, lang)}）" if lang == "zh" else f"{says} ({refusal.cite})"
            fallback = FALLBACKS[lang]
            where = self.stream or self.workflow.workflow
            where = f"{where}（{self.rule.title.zh}）" if lang == "zh" else f"{where}, {self.act}"
            errors[lang] = Refused(says or "", where, allowed or fallback[0], follows or fallback[1])
        errors["en"].zh = errors["zh"]
        return errors["en"]


def fill_words(text: str, names: Mapping[str, Any], lang: Lang = "en") -> str:
    """Fill `{case.until}` in a text with the value of the expression between the braces; lists with commas.

    In Chinese days are written as `2023年3月1日`.
    """
    parts = text.split("{")
    filled = [parts[0]]
    for part in parts[1:]:
        expression, _, rest = part.partition("}")
        value = evaluate(expression, names)
        words = "" if value is None else show(value, lang)
        filled.append(ISO_DAY.sub(lambda day: day_in_words(day[0], lang), words) + rest)
    return "".join(filled)


def require_day(value: Any, name: str) -> str:
    """Return a day that has come as `YYYY-MM-DD`; UsageError for what is no such day."""
    day = day_of(value, name)
    if day is None:
        raise UsageError("store.no_day_given", name=name)
    check_day_has_come(day, name)
    return day.isoformat()


def without_empty(payload: Mapping[str, Any]) -> dict[str, Any]:
    """Return a payload without what is empty in it."""
    return {name: value for name, value in payload.items() if value}
