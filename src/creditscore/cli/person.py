"""`creditscore person`: who may act in an office's store, under which keys and in which roles."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, Json, KeyFile, LangOption, Office, OnDay, StoreAddress, open_store
from creditscore.cli.tables import say_aside, say_line, show_blocks
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.store.log import NewEvent
    from creditscore.store.people import People, Person

person_app = App()
Name = Annotated[str, typer.Argument(metavar="NAME", show_default=False)]
Public = Annotated[str, typer.Option("--public")]
Reason = Annotated[str, typer.Option("--reason")]
Domain = Annotated[str, typer.Option("--domain")]
Act = Annotated[str, typer.Option("--act")]


@person_app.command("list")
def list_command(store: StoreAddress, as_json: Json = False) -> None:
    with open_store(store) as opened:
        people = opened.people()
    persons = [_describe(person) for person in people.persons.values()]
    if as_json:
        typer.echo(json.dumps(persons, ensure_ascii=False, indent=1))
        return
    show_blocks(
        (
            f"{person['name'] or '-'}  {person['id']}{'  has left' if person['has_left'] else ''}",
            [f"{grant['number']} {_word(grant)}" for grant in person["roles"]]
            + [f"key {own['key_id']}" for own in person["keys"]],
        )
        for person in persons
    )
    say_line("roles hold" if people.holds_roles() else "nobody is held to a role yet: the first approver begins it")


def _describe(person: Person) -> dict[str, Any]:
    held = [(number, span.value) for number, span in person.grants.items() if span.holds_at(None)]
    return {
        "id": person.id,
        "name": person.name,
        "office": person.office,
        "has_left": person.has_left(),
        "roles": [
            {"number": number, **{name: grant.get(name) for name in ("role", "office", "domain", "act")}}
            for number, grant in held
        ],
        "keys": [
            {"key_id": span.value["key_id"], "public": span.value["public"]}
            for span in person.keys.values()
            if span.holds_at(None)
        ],
    }


def _word(grant: dict[str, Any]) -> str:
    limits = [f"{name} {grant[name]}" for name in ("office", "domain", "act") if grant[name] not in (None, "", "*")]
    return ", ".join([grant["role"], *limits])


def _change(
    store: str,
    key: Path | None,
    by: str,
    on: str | None,
    name: str,
    make: Callable[[Person], NewEvent],
) -> None:
    """One event about somebody there is."""

    def events(people: People) -> Sequence[NewEvent]:
        person = people.find(name)
        if person is None:
            names = [known.name for known in people.persons.values()]
            raise UsageError(
                f"{name!r} is nobody here", allowed=names or "nobody is known here", next="`creditscore person add`"
            )
        return [make(person)]

    with open_store(store, key) as opened:
        opened.change_people(events, by=by, on=on)
    say_line(f"{name}: written")


@person_app.command("add")
def add_command(
    name: Name,
    store: StoreAddress,
    role: Annotated[list[str] | None, typer.Option("--role")] = None,
    public: Public = "",
    office: Office = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    from creditscore.store.keys import require_public
    from creditscore.store.people import add_newcomer

    half = require_public(public) if public else ""

    def events(people: People) -> Sequence[NewEvent]:
        return add_newcomer(people, name, role or [], public=half, office=office)

    with open_store(store, key) as opened:
        opened.change_people(events, by=by, on=on)
    say_line(f"{name}: written")


@person_app.command("rename")
def rename_command(
    name: Name,
    to: Annotated[str, typer.Argument(metavar="NEW")],
    store: StoreAddress,
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    from creditscore.store.people import rename_person

    _change(store, key, by, on, name, lambda person: rename_person(person, to))


@person_app.command("leave")
def leave_command(name: Name, store: StoreAddress, on: OnDay = None, by: By = "", key: KeyFile = None) -> None:
    from creditscore.core.clock import today
    from creditscore.store.people import let_person_leave

    _change(store, key, by, on, name, lambda person: let_person_leave(person, on=on or today().isoformat()))


@person_app.command("add-key")
def add_key_command(
    name: Name, store: StoreAddress, public: Public, by: By = "", on: OnDay = None, key: KeyFile = None
) -> None:
    from creditscore.store.keys import identify, require_public
    from creditscore.store.people import add_key

    half = require_public(public)
    _change(store, key, by, on, name, lambda person: add_key(person, half, identify(half)))


@person_app.command("revoke-key")
def revoke_key_command(
    name: Name,
    store: StoreAddress,
    key_id: Annotated[str, typer.Option("--id", show_default=False)],
    reason: Reason = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    from creditscore.core.clock import today
    from creditscore.store.people import revoke_key

    day = on or today().isoformat()
    _change(store, key, by, on, name, lambda person: revoke_key(person, key_id, on=day, reason=reason))


@person_app.command("grant")
def grant_command(
    name: Name,
    role: Annotated[str, typer.Argument(metavar="ROLE")],
    store: StoreAddress,
    office: Office = "",
    domain: Domain = "",
    act: Act = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    from creditscore.store.people import ANY, grant_role

    _require_limits(store, domain, act)

    def make(person: Person) -> NewEvent:
        return grant_role(person, role, office=office or ANY, domain=domain or ANY, act=act or ANY)

    _change(store, key, by, on, name, make)


def _require_limits(store: str, domain: str, act: str) -> None:
    """UsageError for an act that there is not; a domain that no scheme has is only said aside."""
    from creditscore.schemes.vocabulary import known_domains

    words = known_domains()
    if domain and words is not None and domain not in words:
        near = words.near(domain)
        hint = f"; is {near} meant?" if near else ""
        say_aside(f"no scheme of the library has the domain {domain!r}: a role within it may never hold{hint}")
    if not act:
        return
    with open_store(store) as opened:
        kinds = {f"{own.workflow}.{rule.event}" for own in opened.registry.workflows for rule in own.acts.values()}
        kinds |= {f"{own.workflow}.{name}" for own in opened.registry.workflows for name in ("corrected", "upgraded")}
        kinds |= {kind for own in opened.registry.types for kind, roles in own.events.items() if roles}
    if act not in kinds:
        own_kinds = sorted(kind for kind in kinds if kind.partition(".")[0] == act.partition(".")[0])
        raise UsageError(
            f"there is no act {act!r}",
            where="--act",
            allowed=own_kinds or sorted({kind.partition(".")[0] + ".…" for kind in kinds}),
            next="`creditscore workflow show NAME` names the acts of a workflow",
        )


@person_app.command("withdraw")
def withdraw_command(
    name: Name,
    number: Annotated[int, typer.Argument(metavar="NUMBER")],
    store: StoreAddress,
    reason: Reason = "",
    by: By = "",
    on: OnDay = None,
    key: KeyFile = None,
) -> None:
    from creditscore.core.clock import today
    from creditscore.store.people import withdraw_role

    day = on or today().isoformat()
    _change(store, key, by, on, name, lambda person: withdraw_role(person, number, on=day, reason=reason))


@person_app.command("data")
def data_command(
    store: StoreAddress,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    out: Annotated[Path | None, typer.Option("--out")] = None,
    lang: LangOption = "zh",
    as_json: Json = False,
) -> None:
    from creditscore.core.atomic import write_json
    from creditscore.office.personal_data import REGISTER, export_person

    if name is None:
        register = REGISTER.load_only()
        if as_json or out:
            _give(register.model_dump(mode="json"), out, write_json)
            return
        show_blocks(
            (
                getattr(held.label, lang),
                [getattr(held.persons, lang), getattr(held.purpose, lang), getattr(held.kept, lang)],
            )
            for held in register.holdings
        )
        show_blocks((getattr(right.label, lang), [right.how]) for right in register.rights)
        return
    with open_store(store) as opened:
        held_of = export_person(opened, name)
    if as_json or out:
        _give(held_of, out, write_json)
        return
    person = held_of["person"]
    say_line(f"{name}: {'no person of this log' if person is None else person['id']}")
    blocks = [(f"{act['seq']} {act['kind']}  {act['on_day']}", [act["stream"]]) for act in held_of["acts"]]
    blocks += [
        (f"{mention['seq']} {mention['field']}  {mention['day']}", [mention["stream"], mention["text"]])
        for mention in held_of["mentions"]
    ]
    show_blocks(blocks)
    say_line(f"{len(held_of['acts'])} acts, {len(held_of['tasks'])} open tasks, {len(held_of['mentions'])} mentions")


def _give(data: Any, out: Path | None, write: Callable[[Any, Path], Any]) -> None:
    """Print it, or write it to a file."""
    if out is None:
        typer.echo(json.dumps(data, ensure_ascii=False, indent=1))
        return
    write(out, data)
    say_line(str(out))
