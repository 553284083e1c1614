"""`creditscore act WORKFLOW ACT`: one command for each act of each declared workflow, made from its declaration."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from inspect import Parameter, Signature
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from creditscore.cli.office import VARIABLE, By, Json, KeyFile, KnownOn, Office, On, StoreAddress, open_store
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.store.declarations import ActRule, Workflow
    from creditscore.store.fold import Stream
    from creditscore.store.machine import Plan
    from creditscore.store.store import Store

LISTED = ("texts", "days", "words", "rows")
HELP = {
    "text": "Text.",
    "organisation": "Id of an organisation.",
    "day": "A day, YYYY-MM-DD.",
    "number": "A whole number.",
    "texts": "Text; may be repeated.",
    "days": "NAME=YYYY-MM-DD; may be repeated.",
    "words": "NAME=TEXT; may be repeated.",
    "rows": "NAME=VALUE;NAME=VALUE, or JSON, or @FILE with JSON; may be repeated.",
    "data": "JSON, or @FILE with JSON.",
}
Lang = Literal["zh", "en"]
LangOption = Annotated[Lang, typer.Option("--lang", help="Language of states, tasks and refusals: zh or en.")]
Case = Annotated[str, typer.Argument(metavar="CASE", help="The case: its name, or what follows its slash.")]
Preview = Annotated[bool, typer.Option("--preview", help="Only show what it would write, and the hash of that.")]
AsShown = Annotated[
    str, typer.Option("--as-shown", metavar="HASH", help="Write it only if it is still what `--preview` showed.")
]
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
    "as_json": Json,
}
DEFAULTS: dict[str, Any] = {
    "by": "",
    "known_on": None,
    "office": "",
    "key": None,
    "preview": False,
    "as_shown": "",
    "lang": "zh",
    "as_json": False,
}
OWN = {*(name.replace("_", "-") for name in COMMON), "json", "help"}  # names of options of every act
GIVEN = "given_"  # before the names of what is given: an act may call something as an option of every act is called
GENERIC = {
    "correct": (
        "Replace what a step, by its number in `store show`, was given; later steps are taken again.",
        {"number": "number", "to": "words"},
    ),
    "upgrade": ("Bring a case under the newest version of its workflow.", {}),
}


class WorkflowsGroup(TyperGroup):
    """A group for each workflow: those that ship, and those that approvers have declared in the store at hand."""

    def list_commands(self, ctx: Any) -> list[str]:
        """Name all workflows."""
        return sorted(_list_workflows(_find_store([])))

    def get_command(self, ctx: Any, name: str) -> Any:
        """Return the group of a workflow; None where there is none."""
        workflow = _list_workflows("").get(name) or _list_workflows(_find_store(ctx.meta.get(VARIABLE, []))).get(name)
        return None if workflow is None else typer.main.get_command(build_group(workflow))

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Find a workflow, also where only the store named by `--store` knows it."""
        ctx.meta[VARIABLE] = args
        return super().resolve_command(ctx, args)


act_app = typer.Typer(
    cls=WorkflowsGroup, help="Acts of the declared workflows.", no_args_is_help=True, rich_markup_mode=None
)


@act_app.callback()
def _acts() -> None:
    pass


def _find_store(args: list[str]) -> str:
    """The store that a command line names, else the environment; empty where neither does."""
    for place, word in enumerate(args):
        if word == "--store" and place + 1 < len(args):
            return args[place + 1]
        if word.startswith("--store="):
            return word.removeprefix("--store=")
    return os.environ.get(VARIABLE, "")


def _list_workflows(address: str) -> Mapping[str, Workflow]:
    """The newest version of each workflow: of those that ship, with an address of those of a store."""
    from creditscore.store.declarations import WORKFLOWS

    if not address:
        return {workflow.workflow: workflow for workflow in sorted(WORKFLOWS.load(), key=lambda own: own.version)}
    from creditscore.office import open_office

    with open_office(address, create=False) as store:
        return dict(store.registry.newest)


def build_group(workflow: Workflow) -> typer.Typer:
    """Make the commands of a workflow, one for each act.

    Parameters
    ----------
    workflow
        Its declaration.

    Returns
    -------
    typer.Typer
        What each act must and may be given is an option of its command: `document_no` is `--document-no`.
    """
    group = typer.Typer(
        name=workflow.workflow,
        help=f"{workflow.title.en} ({workflow.id})",
        no_args_is_help=True,
        add_completion=False,
        rich_markup_mode=None,
    )
    group.callback()(lambda: None)
    for name, rule in workflow.acts.items():
        who = "/".join(rule.by)
        group.command(name.replace("_", "-"), help=f"{rule.title.zh} {rule.title.en} ({who}).")(
            _make_command(workflow, name, rule)
        )
    for name, (words, _) in GENERIC.items():
        group.command(name, help=words)(_make_command(workflow, name, None))
    return group


def _make_command(workflow: Workflow, act: str, rule: ActRule | None) -> Callable[..., None]:
    """The function of a command, its parameters as the declaration has them."""
    given = {**(rule.give if rule else {**GENERIC[act][1], "reason": "text"}), **(rule.may if rule else {})}
    needed = {*(rule.give if rule else given)}
    opens = rule is not None and rule.opens

    def command(**values: Any) -> None:
        case = values.pop("case", "")
        common = {name: values.pop(name) for name in COMMON}
        values = {name.removeprefix(GIVEN): value for name, value in values.items()}
        if rule is None and "to" in given:
            read = {**values, "to": _read_corrected(workflow, values["to"])}
        else:
            read = {name: read_value(kind, values[name], _option(name)) for name, kind in given.items()}
        _do(workflow.workflow, act, case, {name: value for name, value in read.items() if value is not None}, common)

    parameters = [] if opens else [Parameter("case", Parameter.KEYWORD_ONLY, annotation=Case)]
    for name, kind in given.items():
        annotation, is_needed = _annotate(name, kind), name in needed
        default = Parameter.empty if is_needed else None
        parameters.append(Parameter(GIVEN + name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default))
    for name, annotation in COMMON.items():
        default = DEFAULTS.get(name, Parameter.empty)
        parameters.append(Parameter(name, Parameter.KEYWORD_ONLY, annotation=annotation, default=default))
    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _option(name: str) -> str:
    """The option of something given; one that every act has is told apart."""
    dashed = name.replace("_", "-")
    return f"--given-{dashed}" if dashed in OWN else f"--{dashed}"


def _annotate(name: str, kind: str) -> Any:
    option = _option(name)
    if kind == "yes_no":
        return Annotated[bool | None, typer.Option(f"{option}/--no-{option[2:]}", help="Yes or no.")]
    own: Any = int if kind == "number" else str
    own = list[own] if kind in LISTED else own
    return Annotated[own | None, typer.Option(option, help=HELP[kind], show_default=False)]


def read_value(kind: str, value: Any, option: str) -> Any:
    """Read what an option was given as a value of a declared type.

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
        For a pair without a name, a name given twice, or what is no JSON.
    """
    if value is None or (kind in LISTED and not value):
        return None
    if kind in ("days", "words"):
        return read_pairs(value, option)
    if kind == "rows":
        rows: list[Any] = []
        for text in value:
            is_data = text.lstrip()[:1] in ("{", "[", "@")
            row = read_json(text, option) if is_data else read_pairs(text.split(";"), option)
            rows += row if isinstance(row, list) else [row]
        return rows
    return read_json(value, option) if kind == "data" else value


def read_pairs(texts: Iterable[str], option: str) -> dict[str, str]:
    """Read NAME=VALUE; UsageError for one without a name or without a value, and for a name given twice."""
    pairs: dict[str, str] = {}
    for text in texts:
        name, _, value = (word.strip() for word in text.partition("="))
        if not name or not value:
            raise UsageError(
                f"{text!r} is no pair", where=option, allowed="NAME=VALUE", next="write both, with = between"
            )
        if name in pairs:
            raise UsageError(f"{name!r} is given twice", where=option, allowed="each name once", next="leave one out")
        pairs[name] = value
    return pairs


def read_json(text: str, option: str) -> Any:
    """Read JSON, or of `@FILE` the JSON in a file; InputError for anything else."""
    from creditscore.core import json_source

    again = "write JSON, or @FILE with JSON"
    if text.startswith("@"):
        return json_source.read_json(Path(text[1:]), option, again)
    return json_source.parse_json(text, option, next=again)


def _read_corrected(workflow: Workflow, texts: list[str]) -> dict[str, Any]:
    """What a correction gives: by the types that the acts of a workflow declare, `on` a day."""
    types: dict[str, str] = {"on": "day"}
    for rule in workflow.acts.values():
        types |= {**rule.give, **rule.may}
    values: dict[str, Any] = {}
    for name, text in read_pairs(texts, "--to").items():
        kind = types.get(name, "text")
        if kind in ("texts", "days", "words", "rows", "data"):
            values[name] = read_json(text, f"--to {name}")
        elif kind == "number":
            values[name] = _read_number(text, f"--to {name}")
        elif kind == "yes_no":
            values[name] = _read_choice(text, f"--to {name}")
        else:
            values[name] = text
    return values


def _read_number(text: str, option: str) -> int:
    if not text.lstrip("-").isdecimal():
        raise UsageError(f"{text!r} is no number", where=option, allowed="a whole number", next="write digits")
    return int(text)


def _read_choice(text: str, option: str) -> bool:
    if text not in ("yes", "no"):
        raise UsageError(f"{text!r} is neither yes nor no", where=option, allowed="yes, no", next="write one of these")
    return text == "yes"


def _do(workflow: str, act: str, case: str, given: dict[str, Any], common: dict[str, Any]) -> None:
    """Take, preview or confirm an act, and say where the case stands then."""
    stream = case if not case or case.startswith(f"{workflow}/") else f"{workflow}/{case}"
    whose = {name: common[name] for name in ("by", "on", "known_on", "office")}
    with open_store(common["store"], common["key"]) as store, _in_language(common["lang"]):
        if common["preview"] or common["as_shown"]:
            plan = store.preview(workflow, act, stream, **whose, **given)
            if common["preview"]:
                _show_plan(plan, common["as_json"])
                return
            stood = store.confirm(plan, common["as_shown"], by=common["by"])
        else:
            stood = store.act(workflow, act, stream, **whose, **given)
        show_case(store, stood, common["lang"], as_json=common["as_json"])


@contextmanager
def _in_language(lang: Lang) -> Iterator[None]:
    """A refusal in the words of a language, where its declaration has some."""
    from creditscore.store.context import Refused

    try:
        yield
    except Refused as refused:
        if lang == "en" or refused.zh is None:
            raise
        raise Refused(refused.in_language(lang)) from refused


def show_case(store: Store, case: Stream, lang: Lang = "zh", *, as_json: bool = False) -> None:
    """Say where a case stands and what is to be done in it."""
    from creditscore.cli.tables import show_blocks

    if as_json:
        typer.echo(json.dumps(case.view(), ensure_ascii=False, indent=1))
        return
    workflow = store.registry.by_id.get(case.flow)
    words = workflow.states[case.state] if workflow and case.state in workflow.states else None
    state = getattr(words, lang) if words else case.state
    under = []
    for (what, number), task in case.open_tasks().items():
        title = workflow.tasks[what].title if workflow and what in workflow.tasks else None
        named = getattr(title, lang) if title else what
        row = f" {number}" if number else ""
        until = f", until {task['due_on']}" if task.get("due_on") else ""
        under.append(f"to do: {named}{row} ({task['team']}{until})")
    show_blocks([(f"{case.name}  {state}  {case.subject}".rstrip(), under)])


def _show_plan(plan: Plan, as_json: bool) -> None:
    """Show what an act would write, and the hash with which it can be confirmed."""
    from creditscore.cli.tables import say_line, show_blocks

    if as_json:
        events = [
            {"stream": new.stream, "kind": new.kind, "state": new.state, "subject": new.subject, **dict(new.payload)}
            for new in plan.events
        ]
        typer.echo(
            json.dumps({"digest": plan.digest, "role": plan.role, "events": events}, ensure_ascii=False, indent=1)
        )
        return
    blocks = []
    for new in plan.events:
        follows = new.payload.get("set") or {}
        lines = [f"{name}: {_short(value)}" for name, value in follows.items()]
        for part, rows in (new.payload.get("parts") or {}).items():
            lines += [f"{part}: {_short(row)}" for row in rows]
        blocks.append((f"{new.stream or plan.workflow}  {new.kind}  {new.state}".rstrip(), lines))
    show_blocks(blocks)
    say_line(f"nothing is written yet; as {plan.role}, on {plan.on_day}: --as-shown {plan.digest}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else f"{text[:300]}…"
