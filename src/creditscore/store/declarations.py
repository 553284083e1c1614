"""What a workflow is, as data: its fields, states, acts and tasks; and the kinds of streams that no workflow runs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from creditscore.core.canonical import hash_text
from creditscore.core.catalogue import Family
from creditscore.core.errors import SchemeError
from creditscore.core.identity import look_at_id
from creditscore.core.yaml_source import Source
from creditscore.store.expressions import compile_expression, expressions_in, names_in

ROLES = ("analyst", "grader", "reviewer", "approver")
OTHERWISE = "otherwise"
RESERVED = ("stream", "subject", "state", "flow", "version", "newest_seq", "steps", "parts")
TAKEN = ("task", "event", "head", "log", "person", "effect", "retention", "witness", "workflow", "projection_format")
MACHINES_OWN = ("by", "on", "known_on", "office")  # what every act is given
FOLLOWING = ("set", "to", "parts")  # where `next` is the case with what has been worked out
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
GENERIC = ("correct", "upgrade")  # acts that every workflow has without declaring them


def _check_day(text: str) -> str:
    return date.fromisoformat(text).isoformat()


def _check_filled(text: str) -> str:
    if not text.strip():
        raise ValueError("is empty")
    return text.strip()


def _check_organisation(text: str) -> str:
    clean, reason = look_at_id(text, uscc_only=False)
    if reason:
        shown = "a resident identity number" if reason == "natural_person" else repr(text)
        raise ValueError(f"{shown} is no id of an organisation ({reason})")
    return clean


def _make_tuple(value: Any) -> Any:
    return value if isinstance(value, list | tuple) else (value,)


Day = Annotated[str, AfterValidator(_check_day)]
Filled = Annotated[str, AfterValidator(_check_filled)]
Organisation = Annotated[str, AfterValidator(_check_organisation)]
FieldType = Literal["text", "organisation", "day", "yes_no", "number", "texts", "days", "words", "data", "rows"]
TYPES: dict[str, Any] = {
    "text": Filled,
    "organisation": Organisation,
    "day": Day,
    "yes_no": bool,
    "number": Annotated[int, Field(ge=-(2**63), lt=2**63)],
    "texts": list[str],
    "days": dict[str, Day],
    "words": dict[str, str],
    "data": Any,
    "rows": list[dict[str, Any]],
}
Some = Annotated[tuple[str, ...], BeforeValidator(_make_tuple)]


class Declared(BaseModel):
    """The base of all parts of a declaration."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True, use_attribute_docstrings=True)


class Words(Declared):
    """What a thing is called, in Chinese and in English."""

    zh: Filled
    en: Filled


class Refusal(Declared):
    """A condition under which an act is refused."""

    when: str
    """The condition."""
    say: Words
    """What is said then; `{case.until}` and `{given.reason}` stand for values."""
    allowed: Words | None = None
    """What would be allowed, where the condition does not say it by itself."""
    next: Words | None = None
    """What to do next."""
    cite: str = ""
    """The law that forbids it: its id and article."""


class SecondPerson(Declared):
    """Whoever took one of some earlier steps does not take this one."""

    than: Some
    """The names of the events: `proposed`; of another stream whole kinds: `run.kept`."""
    of: str = ""
    """Another stream whose steps count, such as `run/{case.run}`; empty: the case itself."""
    when: str = "True"
    """Where the rule holds."""


class TaskRule(Declared):
    """Something that is to be done while a condition holds."""

    title: Words
    """What is to be done."""
    when: str
    """While this holds it is open; the step after which it no longer holds has done it."""
    due: str = "None"
    """The last day."""
    team: str
    """The role whose task it is."""
    each: str = ""
    """A part: one task for each of its rows, named `row` in the conditions."""
    note: str = "None"
    """What else is to be known."""


class ActRule(Declared):
    """One act of a workflow."""

    event: str = Field(pattern=r"^[a-z][a-z_]*$")
    """What has happened once it is done: `decided`."""
    title: Words
    """What it is called."""
    by: Some
    """The roles that may do it."""
    opens: bool = False
    """Whether it begins a case."""
    stream: str = ""
    """The name of a new case, where what is given makes it: `commitment/{given.id}`."""
    from_: Some = Field((), alias="from")
    """The states in which it may be done."""
    to: str | dict[str, str] = ""
    """The state after it, or states with their conditions, the first that holds (`otherwise`); empty: as it was."""
    give: dict[str, FieldType] = {}
    """What must be given."""
    may: dict[str, FieldType] = {}
    """What may be given."""
    second_person: tuple[SecondPerson, ...] = ()
    """Who may not do it."""
    refuse: tuple[Refusal, ...] = ()
    """When it is refused; conditions that read no `facts` are asked before the rules are read."""
    set: dict[str, str] = {}
    """Fields and their new values."""
    parts: dict[str, dict[str, str]] = {}
    """Rows that it adds to parts or changes, by their `number`."""
    code: str = ""
    """A registered function for what the language cannot say."""
    emits: Some = ()
    """Kinds of events that it may write on other streams."""
    routine: bool = False
    """Whether it follows from the passing of time and is not to be corrected."""
    article: str = ""
    """The law that provides for it: its id and article."""

    def ways(self) -> dict[str, str]:
        """Return the states to which it may lead, each with its condition."""
        if isinstance(self.to, dict):
            return dict(self.to)
        return {self.to: OTHERWISE} if self.to else {}


class Workflow(Declared):
    """A workflow: `configs/workflows/<name>/<version>.yaml`."""

    workflow: str = Field(pattern=r"^[a-z][a-z_]*$")
    """Its name, with which the names of its cases and kinds of its events begin."""
    version: int = Field(ge=1)
    """The number of the declaration; a case keeps its own until it is upgraded."""
    title: Words
    """What it is called."""
    fields: dict[str, FieldType]
    """What is known of a case."""
    parts: dict[str, dict[str, FieldType]] = {}
    """Tables of a case, their rows numbered."""
    states: dict[str, Words]
    """The states of a case."""
    acts: dict[str, ActRule]
    """What may be done."""
    tasks: dict[str, TaskRule] = {}
    """What is to be done."""
    facts: str = ""
    """A registered function that reads the rules of the day; its result is `facts` in expressions."""
    after: str = ""
    """A registered function called at the end of every act, and of a correction as a whole, for questions across
    cases and for consequences on other streams; steps that a correction takes again do not ask them again."""
    domain: str = "None"
    """The domain of a case, for roles that hold in some domains only."""
    text: str = Field("", exclude=True)
    """The file as it was read."""

    @property
    def id(self) -> str:
        """Its name and version: `listing/1`."""
        return f"{self.workflow}/{self.version}"

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of its text."""
        return hash_text(self.text)

    def kind(self, act: str) -> str:
        """The kind of event that an act writes: `listing.decided`."""
        return f"{self.workflow}.{self.acts[act].event}"

    def act_of(self, kind: str) -> str | None:
        """The act that writes a kind of event; None where none does."""
        return self._act_by_kind.get(kind)

    @cached_property
    def _act_by_kind(self) -> dict[str, str]:
        return {self.kind(name): name for name in reversed(self.acts)}

    def functions(self) -> set[str]:
        """The registered functions that it names."""
        return {self.facts, self.after, *(act.code for act in self.acts.values())} - {""}

    def is_plain(self, act: str) -> bool:
        """Whether all that follows from an act stands in the declaration."""
        return not (self.facts or self.after or self.acts[act].code)

    def expressions(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every expression with its place in the file."""
        yield ("domain",), self.domain
        for name, act in self.acts.items():
            at = ("acts", name)
            yield from (((*at, "to", state), text) for state, text in act.ways().items() if text != OTHERWISE)
            yield from (((*at, "refuse", number, "when"), guard.when) for number, guard in enumerate(act.refuse))
            yield from (((*at, "second_person", n, "when"), rule.when) for n, rule in enumerate(act.second_person))
            yield from (((*at, "set", name), text) for name, text in act.set.items())
            for part, cells in act.parts.items():
                yield from (((*at, "parts", part, cell), text) for cell, text in cells.items())
        for name, task in self.tasks.items():
            for key in ("when", "due", "note"):
                yield ("tasks", name, key), getattr(task, key)

    def texts(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Every text in which braces stand for values, with its place in the file."""
        for name, act in self.acts.items():
            at = ("acts", name)
            yield (*at, "stream"), act.stream
            yield from (
                ((*at, "second_person", number, "of"), rule.of) for number, rule in enumerate(act.second_person)
            )
            for number, guard in enumerate(act.refuse):
                for key in ("say", "allowed", "next"):
                    words = getattr(guard, key)
                    yield from (((*at, "refuse", number, key), text) for text in (words and (words.zh, words.en)) or ())


@dataclass(frozen=True)
class StreamType:
    """A kind of stream: what is known of one, and which events it may have.

    Parameters
    ----------
    name
        With what its streams begin: `record` of `record/…`.
    fields, parts
        As in `Workflow`.
    events
        The kinds of its events, and the roles that may write each by itself; none: only as a consequence of an act
        that declares it (`emits`).
    """

    name: str
    fields: Mapping[str, str]
    events: Mapping[str, tuple[str, ...]]
    parts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def draw_workflow(workflow: Workflow, lang: str = "zh") -> str:
    """Draw a workflow as text: its states, and for each act who may do it, from where it comes and where it leads.

    Parameters
    ----------
    workflow
        What is drawn.
    lang
        `zh` or `en`.

    Returns
    -------
    str
        One line for each act, under the state from which it is done; `…` where its code says where it leads.
    """
    words = {state: getattr(names, lang) for state, names in workflow.states.items()}
    lines = [f"{getattr(workflow.title, lang)} ({workflow.id})"]
    for state in ("", *workflow.states):
        own = [act for act in workflow.acts.values() if state in act.from_ or (act.opens and not state)]
        lines += [f"  {words.get(state, '○')}"] if own else []
        for act in own:
            ways = " | ".join(words[way] for way in act.ways()) or ("…" if act.code else words.get(state, ""))
            others = "/".join(dict.fromkeys(name for rule in act.second_person for name in rule.than))
            who = "/".join(act.by) + (f" ≠ {others}" if others else "")
            lines.append(f"    {getattr(act.title, lang)} [{who}] → {ways}")
    return "\n".join(lines)


def check_workflow(workflow: Workflow, source: Source) -> None:
    """Collect what is wrong with a declaration: names that nothing declares, states that nothing reaches."""
    kinds: dict[str, str] = {}
    _check_names(workflow, source)
    for name in {*RESERVED} & {*workflow.fields}:
        source.fault(("fields", name), f"{name} is known of every case; leave it out")
    for part, cells in workflow.parts.items():
        if {"number", "stream"} & {*cells}:
            source.fault(("parts", part), "`number` and `stream` are known of every row; leave them out")
    if workflow.workflow in TAKEN:
        source.fault(("workflow",), f"{workflow.workflow} is a name of the store itself")
    for name, act in workflow.acts.items():
        at = ("acts", name)
        if name in GENERIC:
            source.fault(at, f"{name} is an act that every workflow has; give yours another name")
        if other := kinds.get(act.event):
            source.fault((*at, "event"), f"{act.event} is what {other} writes already")
        kinds[act.event] = name
        for state in {*act.from_, *act.ways()} - set(workflow.states):
            source.fault(at, f"{state} is no state of {workflow.workflow}")
        if act.opens and (act.from_ or not act.to):
            source.fault(at, "an act that opens a case comes from no state and leads to one")
        if act.opens and not act.code and not act.stream.startswith(f"{workflow.workflow}/"):
            source.fault((*at, "stream"), f"the name of a case begins with {workflow.workflow}/")
        if not act.opens and not act.from_:
            source.fault((*at, "from"), "no state from which it may be done")
        for key in ("give", "may"):
            for own in {*MACHINES_OWN} & {*getattr(act, key)}:
                source.fault((*at, key, own), f"{own} is given to every act; give yours another name")
        for role in {*act.by} - {*ROLES}:
            source.fault((*at, "by"), f"{role} is no role; allowed: {', '.join(ROLES)}")
        for unknown in {*act.set} - {*workflow.fields}:
            source.fault((*at, "set", unknown), f"{unknown} is no field")
        for part, values in act.parts.items():
            if part not in workflow.parts:
                source.fault((*at, "parts", part), f"{part} is no part")
            elif strange := {*values} - {*workflow.parts[part], "number"}:
                source.fault((*at, "parts", part), f"{', '.join(sorted(strange))}: no such cell")
            elif "number" not in values:
                source.fault((*at, "parts", part), "`number` says which row it is")
        for number, rule in enumerate(act.second_person):
            known = {earlier.event for earlier in workflow.acts.values()}
            if not rule.of and (strange := {*rule.than} - known):
                source.fault((*at, "second_person", number), f"{', '.join(sorted(strange))}: no act writes it")
    for name, task in workflow.tasks.items():
        if task.team not in ROLES:
            source.fault(("tasks", name, "team"), f"{task.team} is no role; allowed: {', '.join(ROLES)}")
        if task.each and task.each not in workflow.parts:
            source.fault(("tasks", name, "each"), f"{task.each} is no part")
    reached = {state for act in workflow.acts.values() for state in act.ways()}
    for state in set(workflow.states) - reached:
        source.fault(("states", state), "no act leads to it")
    _check_expressions(workflow, source)


def _check_names(workflow: Workflow, source: Source) -> None:
    """Collect names that are none: they become columns, options of commands and names in conditions."""
    named: list[tuple[str | int, ...]] = [
        (key, name) for key in ("fields", "parts", "states", "acts", "tasks") for name in getattr(workflow, key)
    ]
    named += [("parts", part, cell) for part, cells in workflow.parts.items() for cell in cells]
    for act, rule in workflow.acts.items():
        named += [("acts", act, key, name) for key in ("give", "may") for name in getattr(rule, key)]
        for name in {*rule.give} & {*rule.may}:
            source.fault(("acts", act, "may", name), f"{name} must be given already")
        given = {**rule.give, **rule.may}
        for name in given:
            is_negation = given.get(name.removeprefix("no_")) == "yes_no" and name.startswith("no_")
            if hasattr(BaseModel, name) or is_negation or name.startswith("given_"):
                source.fault(("acts", act), f"{name} cannot be what something given is called; give it another name")
    for place in named:
        if not NAME.fullmatch(str(place[-1])):
            source.fault(place, f"{place[-1]!r} is no name; allowed: a to z, digits and _, at most 40, a letter first")


def _check_expressions(workflow: Workflow, source: Source) -> None:
    for place, text in workflow.expressions():
        _check_expression(workflow, source, place, text)
    for place, text in workflow.texts():
        try:
            own = expressions_in(text)
        except SchemeError as error:
            source.fault(place, f"{text}: {error.what}")
            continue
        for expression in own:
            _check_expression(workflow, source, place, expression)


def _check_expression(workflow: Workflow, source: Source, place: tuple[str | int, ...], text: str) -> None:
    """Collect what is wrong with one expression: its form, and names that nothing declares."""
    try:
        compile_expression(text)
    except SchemeError as error:
        source.fault(place, f"{error.what}; allowed: {error.allowed}")
        return
    known_of_case = {*workflow.fields, "state", "subject", "parts", "steps", "stream", "version", "flow"}
    known: dict[str, set[str] | None] = {"case": known_of_case}  # None: whatever a function or a row has
    if place[0] == "tasks":
        each = workflow.tasks[str(place[1])].each
        known["row"] = {*workflow.parts.get(each, {}), "number"}
    elif place[0] == "acts":
        rule = workflow.acts[str(place[1])]
        known |= {"given": {*rule.give, *rule.may}, **dict.fromkeys(("day", "known_on", "actor"))}
        known |= {"facts": None} if workflow.facts else {}
        known |= {"next": known_of_case} if place[2] in FOLLOWING else {}
    for name in sorted(names_in(text)):
        owner, _, attribute = name.partition(".")
        if owner not in known:
            source.fault(place, f"{owner}: there is no such name here; allowed: {', '.join(known)}")
        elif attribute and (allowed := known[owner]) is not None and attribute not in allowed:
            source.fault(place, f"{name}: there is no such field; allowed: {', '.join(sorted(allowed))}")


def keep_text(source: Source) -> None:
    """Keep the text of a file beside its data: the log holds declarations whole."""
    if isinstance(source.data, dict) and source.path is not None:
        source.data["text"] = source.path.read_text(encoding="utf-8")


WORKFLOWS: Family[Workflow] = Family(
    "workflows",
    "workflow",
    Workflow,
    "workflows",
    nested=True,
    named_by=("workflow", "version"),
    prepare=keep_text,
    check=check_workflow,
    docs="docs/workflows.md",
)
