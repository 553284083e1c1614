"""`creditscore act WORKFLOW ACT`: one command for each act of each declared workflow, made from its declaration."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from inspect import Parameter, Signature
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App, Group
from creditscore.cli.help import describe
from creditscore.cli.office import (
    By,
    KeyFile,
    KnownOn,
    LangOption,
    Office,
    On,
    StoreAddress,
    open_store,
)
from creditscore.cli.output import give, say_aside, told, wants_json
from creditscore.cli.settings import STORE, load_settings
from creditscore.core.errors import StoreError, UsageError
from creditscore.core.i18n import Lang, language, say, show

if TYPE_CHECKING:
    from creditscore.store.declarations import Workflow
    from creditscore.store.fold import Stream
    from creditscore.store.machine import Plan
    from creditscore.store.store import Store

LISTED = ("texts", "days", "words", "rows")
TYPES = ("text", "organisation", "day", "number", *LISTED, "yes_no", "data")
Case = Annotated[str, typer.Argument(metavar="CASE")]
Preview = Annotated[bool, typer.Option("--preview")]
AsShown = Annotated[str, typer.Option("--as-shown", metavar="HASH")]
COMMON: dict[str, Any] = {
    "store": StoreAddress,
    "on": On,
    "by": By,
    "known_on": KnownOn,
    "office": Office,
    "key": KeyFile,
    "preview": Preview,
    "as_shown": AsShown,
    "lang": LangOption,
}
DEFAULTS: dict[str, Any] = {
    "by": "",
    "known_on": None,
    "office": "",
    "key": None,
    "preview": False,
    "as_shown": "",
    "lang": "zh",
}
OWN = {*(name.replace("_", "-") for name in COMMON), "json", "help"}  # names of options of every act
GIVEN = "given_"  # before the names of what is given: an act may call something as an option of every act is called
GENERIC: dict[str, dict[str, str]] = {
    "correct": {"number": "number", "to": "texts", "reason": "text"},
    "upgrade": {"reason": "text"},
}


class WorkflowsGroup(Group):
    """A group for each workflow: those that ship, and those that approvers have declared in the store at hand."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Take `--store` out of a call for help, which has to know the store and has no such option."""
        ctx.meta[STORE] = list(args)
        if "--help" in args:
            args = [word for place, word in enumerate(args) if not _is_of_store(args, place)]
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all workflows; those that ship alone where the store of the environment cannot be opened."""
        try:
            return sorted(_list_workflows(_find_store(ctx.meta.get(STORE, []))))
        except StoreError as error:
            say_aside(told("own_workflows_not_listed", error.what))
            return sorted(_list_workflows(""))

    def get_command(self, ctx: Any, name: str) -> Any:
        """Return the group of a workflow; None where there is none."""
        versions = _list_workflows("").get(name) or _list_workflows(_find_store(ctx.meta.get(STORE, []))).get(name)
        return None if versions is None else typer.main.get_command(build_group(versions))


act_app = App(cls=WorkflowsGroup)


def _is_of_store(args: list[str], place: int) -> bool:
    """Whether a word of a command line is `--store`, or its value."""
    return args[place].split("=")[0] == "--store" or (place > 0 and args[place - 1] == "--store")


def _find_store(args: list[str]) -> str:
    """The store that a command line names, the last where it names several, else the environment or the settings."""
    named = [word.removeprefix("--store=") for word in args if word.startswith("--store=")]
    named += [value for word, value in pairwise(args) if word == "--store"]
    return named[-1] if named else (os.environ.get(STORE) or load_settings().store)


def _list_workflows(address: str) -> Mapping[str, Sequence[Workflow]]:
    """The versions of each workflow, oldest first: of those that ship, with an address of those of a store."""
    from creditscore.store.declarations import WORKFLOWS

    versions: dict[str, list[Workflow]] = {}
    if not address:
        workflows: Iterable[Workflow] = WORKFLOWS.load()
    else:
        from creditscore.office import Store

        with Store(address, create=False) as store:
            workflows = store.registry.workflows
    for workflow in sorted(workflows, key=lambda own: own.version):
        versions.setdefault(workflow.workflow, []).append(workflow)
    return versions


def build_group(versions: Sequence[Workflow]) -> typer.Typer:
    """Make the commands of a workflow, one for each act of any of its versions.

    Parameters
    ----------
    versions
        Its declarations, oldest first; a case goes on under its own.

    Returns
    -------
    typer.Typer
        What each act must and may be given is an option of its command: `data_hash` is `--data-hash`. What only
        some versions ask for may be left out: the store says where a case needs it.
    """
    newest, lang = versions[-1], language()
    group = App(newest.workflow, help=f"{getattr(newest.title, lang)} ({newest.id})")
    for name in dict.fromkeys(name for workflow in reversed(versions) for name in workflow.acts):
        rules = [workflow.acts[name] for workflow in versions if name in workflow.acts]
        given = {key: kind for rule in rules for key, kind in (*rule.give.items(), *rule.may.items())}
        needed = {key for key in given if all(key in rule.give for rule in rules)}
        words = f"{getattr(rules[-1].title, lang)} ({'/'.join(rules[-1].by)})"
        command = _make_command(newest.workflow, name, given, needed, opens=rules[-1].opens)
        group.command(name.replace("_", "-"), help=words)(command)
    for name, asked in GENERIC.items():
        label = describe(("act",), name)
        own = say(label, lang) if label else None
        group.command(name, help=own)(_make_command(newest.workflow, name, asked, asked, opens=False))
    return group


def _make_command(
    workflow: str, act: str, given: Mapping[str, str], needed: Collection[str], *, opens: bool
) -> Callable[..., None]:
    """The function of a command, its parameters as the declarations have them."""

    def command(**values: Any) -> None:
        case = values.pop("case", "")
        common = {name: values.pop(name) for name in COMMON}
        read = {name: read_value(kind, values[GIVEN + name], _option(name)) for name, kind in given.items()}
        _do(workflow, act, case, {name: value for name, value in read.items() if value is not None}, common)

    parameters = [] if opens else [Parameter("case", Parameter.KEYWORD_ONLY, annotation=Case)]
    for name, kind in given.items():
        default = Parameter.empty if name in needed else None
        annotation = _annotate(name, kind)
        parameters.append(Parameter(GIVEN + name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default))
    for name, annotation in COMMON.items():
        default = DEFAULTS.get(name, Parameter.empty)
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default))
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _option(name: str) -> str:
    """The option of something given; one that every act has is told apart."""
    dashed = "document" if name == "document_no" else name.replace("_", "-")
    return f"--given-{dashed}" if dashed in OWN else f"--{dashed}"


def _annotate(name: str, kind: str) -> Any:
    option = _option(name)
    if kind == "yes_no":
        return Annotated[bool | None, typer.Option(f"{option}/--no-{option[2:]}", help=f"kind {kind}")]
    own: Any = list[str] if kind in LISTED else str
    return Annotated[own | None, typer.Option(option, help=f"kind {kind}", show_default=False)]


def read_value(kind: str, value: Any, option: str) -> Any:
    """Read what an option was given as a value of a declared type; `yes_no` is read from words, too.

    Parameters
    ----------
    kind
        The type.
    value
        Text, a list of texts, or None where the option was not given.
    option
        For errors.

    Raises
    ------
    UsageError
        For a pair without a name, a name given twice, or what is no whole number, yes or no.
    InputError
        For what is no JSON.
    """
    if value is None or (kind in LISTED and not value):
        return None
    if kind in ("days", "words"):
        return read_pairs(value, option)
    if kind == "rows":
        rows: list[Any] = []
        for text in value:
            row = read_json(text, option) if _is_json(text) else read_pairs(_split(text), option)
            rows += row if isinstance(row, list) else [row]
        return rows
    if kind == "number":
        return _read_number(value, option)
    if kind == "yes_no" and isinstance(value, str):
        return _read_choice(value, option)
    return read_json(value, option) if kind == "data" else value


def read_pairs(texts: Iterable[str] | None, option: str) -> dict[str, str]:
    """Read NAME=VALUE; UsageError for one without a name or without a value, and for a name given twice."""
    pairs: dict[str, str] = {}
    for text in texts or ():
        name, _, value = (word.strip() for word in text.partition("="))
        if not name or not value:
            raise UsageError("cli.no_pair", option=option, text=text, allowed="NAME=VALUE")
        if name in pairs:
            raise UsageError("cli.names_twice", option=option, name=name)
        pairs[name] = value
    return pairs


def read_corrected(types: Mapping[str, str], texts: Iterable[str]) -> dict[str, Any]:
    """Read what a correction gives, `NAME=VALUE` each, by the types that the act of its step declares.

    Several texts, days, words or rows stand behind one name: `a;b`, `x=2026-03-02;y=2026-03-04`, or JSON.
    """
    values: dict[str, Any] = {}
    for name, text in read_pairs(texts, "--to").items():
        kind, option = types.get(name, "text"), f"--to {name}"
        if kind in LISTED and _is_json(text):
            values[name] = read_json(text, option)
        elif kind in LISTED:
            values[name] = read_value(kind, [text] if kind == "rows" else _split(text), option)
        else:
            values[name] = read_value(kind, text, option)
    return values


def _split(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] in ("{", "[", "@")


def read_json(text: str, option: str) -> Any:
    """Read JSON, or of `@FILE` the JSON in a file; InputError for anything else."""
    from creditscore.core import json_source

    again = "write JSON, or @FILE with JSON"
    if text.startswith("@"):
        return json_source.read_json(Path(text[1:]), option, again)
    return json_source.parse_json(text, option, next=again)


def _read_number(text: str, option: str) -> int:
    if not re.fullmatch("-?[0-9]{1,18}", text):
        raise UsageError("cli.no_number", text=text, where=option)
    return int(text)


def _read_choice(text: str, option: str) -> bool:
    if text not in ("yes", "no", "true", "false"):
        raise UsageError("cli.not_yes_or_no", text=text, where=option, allowed="yes, no")
    return text in ("yes", "true")


def _do(workflow: str, act: str, case: str, given: dict[str, Any], common: dict[str, Any]) -> None:
    """Take, preview or confirm an act, and say where the case stands then."""
    from creditscore.store.machine import Stale

    stream = case if not case or case.startswith(f"{workflow}/") else f"{workflow}/{case}"
    whose = {name: common[name] for name in ("by", "on", "known_on", "office")}
    with open_store(common["store"], common["key"]) as store, _in_language(common["lang"]):
        if act == "correct":
            given["to"] = read_corrected(_find_types(store, stream, given["number"]), given["to"])
        if common["preview"] or common["as_shown"]:
            plan = store.preview(workflow, act, stream, **whose, **given)
            if common["preview"]:
                _show_plan(store, plan, common["lang"])
                return
            try:
                stood = store.confirm(plan, common["as_shown"], by=common["by"])
            except Stale:  # shown again, as it would be now
                now = store.preview(workflow, act, stream, **whose, **given)
                _show_plan(store, now, common["lang"])
                raise
        else:
            stood = store.act(workflow, act, stream, **whose, **given)
        give(stood.view(), *tell_case(store, stood, common["lang"]), lang=common["lang"])


def _find_types(store: Store, stream: str, number: int) -> dict[str, str]:
    """The types of what the act of a step is given, as the version under which it was taken declares them."""
    step = store.read(stream).acts().get(number)
    workflow = None if step is None else store.registry.by_id.get(step.flow)
    act = None if step is None or workflow is None else workflow.act_of(step.kind)
    rule = None if act is None or workflow is None else workflow.acts[act]
    return {"on": "day"} if rule is None else {"on": "day", **rule.give, **rule.may}


@contextmanager
def _in_language(lang: Lang) -> Iterator[None]:
    """A refusal in the words of a language, where its declaration has some."""
    from creditscore.store.context import Refused

    try:
        yield
    except Refused as refused:
        if lang == "en" or refused.zh is None:
            raise
        raise refused.translated(lang) from refused


def tell_case(store: Store, case: Stream, lang: Lang) -> list[Any]:
    """Say where a case stands and what is to be done in it."""
    from creditscore.present.document import Listing

    workflow = store.registry.by_id.get(case.flow)
    words = workflow.states[case.state] if workflow and case.state in workflow.states else None
    tasks = []
    for (what, number), task in case.open_tasks().items():
        title = workflow.tasks[what].title if workflow and what in workflow.tasks else what
        row = f" {number}" if number else ""
        until = told("until", task["due_on"]) if task.get("due_on") else ""
        tasks.append(told("to_do", title, row, task["team"], until))
    head = f"{case.name}  {show(words or case.state, lang)}  {case.subject}".rstrip()
    return [head, Listing(tasks)] if tasks else [head]


def _show_plan(store: Store, plan: Plan, lang: Lang) -> None:
    """Show what an act would write, and the hash with which it can be confirmed."""
    from creditscore.cli.plan_lines import list_blocks
    from creditscore.present.document import Listing

    events = [
        {"stream": new.stream, "kind": new.kind, "state": new.state, "subject": new.subject, **dict(new.payload)}
        for new in plan.events
    ]
    data = {"digest": plan.digest, "role": plan.role, "events": events}
    blocks = [] if wants_json() else list(list_blocks(store, plan, lang))
    give(data, Listing(blocks), told("nothing_written", plan.role, plan.on_day, plan.digest), lang=lang)
