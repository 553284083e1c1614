"""`creditscore person`: who may act in an office's store, under which keys and in which roles."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.application import App
from creditscore.cli.office import By, KeyFile, LangOption, Office, OnDay, StoreAddress, open_store
from creditscore.cli.output import give, say_aside, told
from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang

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
def list_command(store: StoreAddress) -> None:
    from creditscore.present.document import Listing

    with open_store(store) as opened:
        people = opened.people()
    persons = [_describe(person) for person in people.persons.values()]
    items = [
        (
            told("person_left" if person["has_left"] else "person", person["name"] or "-", person["id"]),
            [f"{grant['number']} {_word(grant)}" for grant in person["roles"]]
            + [told("person_key", own["key_id"]) for own in person["keys"]],
        )
        for person in persons
    ]
    give(persons, Listing(items) if items else None, told("roles_hold" if people.holds_roles() else "no_roles_yet"))


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


def find_person(people: People, name: str) -> Person:
    """Find somebody by name or id; UsageError where there is nobody of that name."""
    person = people.find(name)
    if person is None:
        names = [known.name for known in people.persons.values()]
        raise UsageError("cli.nobody_here", name=name, allowed=names or None)
    return person


def _change(
    store: str,
    key: Path | None,
    by: str,
    on: str | None,
    name: str,
    make: Callable[[People, Person], NewEvent],
) -> None:
    """One event about somebody there is."""

    def events(people: People) -> Sequence[NewEvent]:
        return [make(people, find_person(people, name))]

    with open_store(store, key) as opened:
        opened.change_people(events, by=by, on=on)
    give({"person": name}, told("person_written", name))


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
    give({"person": name}, told("person_written", name))


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

    def make(people: People, person: Person) -> NewEvent:
        people.require_new(to)
        return rename_person(person, to)

    _change(store, key, by, on, name, make)


@person_app.command("leave")
def leave_command(name: Name, store: StoreAddress, on: OnDay = None, by: By = "", key: KeyFile = None) -> None:
    from creditscore.core.clock import today
    from creditscore.store.people import let_person_leave

    _change(store, key, by, on, name, lambda _, person: let_person_leave(person, on=on or today().isoformat()))


@person_app.command("add-key")
def add_key_command(
    name: Name, store: StoreAddress, public: Public, by: By = "", on: OnDay = None, key: KeyFile = None
) -> None:
    from creditscore.store.keys import identify, require_public
    from creditscore.store.people import add_key

    half = require_public(public)
    _change(store, key, by, on, name, lambda _, person: add_key(person, half, identify(half)))


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
    _change(store, key, by, on, name, lambda _, person: revoke_key(person, key_id, on=day, reason=reason))


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

    def make(_: People, person: Person) -> NewEvent:
        return grant_role(person, role, office=office or ANY, domain=domain or ANY, act=act or ANY)

    _change(store, key, by, on, name, make)


def _require_limits(store: str, domain: str, act: str) -> None:
    """UsageError for an act that there is not; a domain that no scheme has is only said aside."""
    from creditscore.schemes.vocabulary import known_domains

    words = known_domains()
    if domain and words is not None and domain not in words:
        near = words.near(domain)
        say_aside(told("no_such_domain", domain))
        if near:
            say_aside(told("is_it_meant", near))
    if not act:
        return
    with open_store(store) as opened:
        kinds = {f"{own.workflow}.{rule.event}" for own in opened.registry.workflows for rule in own.acts.values()}
        kinds |= {f"{own.workflow}.{name}" for own in opened.registry.workflows for name in ("corrected", "upgraded")}
        kinds |= {kind for own in opened.registry.types for kind, roles in own.events.items() if roles}
    if act not in kinds:
        own_kinds = sorted(kind for kind in kinds if kind.partition(".")[0] == act.partition(".")[0])
        raise UsageError(
            "cli.no_act",
            act=act,
            where="--act",
            allowed=own_kinds or sorted({kind.partition(".")[0] + ".…" for kind in kinds}),
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

    def make(_: People, person: Person) -> NewEvent:
        held = [own for own, span in person.grants.items() if span.holds_at(None)]
        if number not in held:
            raise UsageError(
                "cli.no_such_grant", name=person.name, number=number, allowed=[str(own) for own in held] or None
            )
        return withdraw_role(person, number, on=on or today().isoformat(), reason=reason)

    _change(store, key, by, on, name, make)


@person_app.command("data")
def data_command(
    store: StoreAddress,
    name: Annotated[str | None, typer.Argument(metavar="[NAME]")] = None,
    out: Annotated[Path | None, typer.Option("--out")] = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.office.personal_data import REGISTER, export_person
    from creditscore.present.document import Listing

    if name is None:
        register = REGISTER.load_only()
        items: list[tuple[Any, list[Any]]] = [
            (held.label, [held.persons, held.purpose, held.kept]) for held in register.holdings
        ]
        items += [(right.label, [right.how]) for right in register.rights]
        _give(register.model_dump(mode="json"), out, lang, Listing(items))
        return
    with open_store(store) as opened:
        held_of = export_person(opened, name)
    person = held_of["person"]
    listed = [(f"{act['seq']} {act['kind']}  {act['on_day']}", [act["stream"]]) for act in held_of["acts"]]
    listed += [
        (f"{mention['seq']} {mention['field']}  {mention['day']}", [mention["stream"], mention["text"]])
        for mention in held_of["mentions"]
    ]
    counts = (len(held_of[part]) for part in ("acts", "tasks", "mentions"))
    head = told("not_a_person", name) if person is None else f"{name}: {person['id']}"
    _give(held_of, out, lang, head, Listing(listed) if listed else None, told("said_of_person", *counts))


def _give(data: Any, out: Path | None, lang: Lang, *parts: Any) -> None:
    """Say it, or write it to a file."""
    if out is None:
        give(data, *parts, lang=lang)
        return
    from creditscore.core.atomic import write_json

    write_json(out, data)
    give({}, written=[out])
