"""`creditscore lists prolong`, `exit`, `expire`, `correct`: while an entry runs, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.act import read_pairs
from creditscore.cli.acting import RolesFile
from creditscore.cli.lists_shared import (
    By,
    CaseId,
    Dates,
    Document,
    Evidence,
    On,
    Organ,
    Recorded,
    Store,
    iso_day,
    one_step,
    open_book,
    said_of,
    save_book,
)
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.lists import Book


def prolong_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    reason: Annotated[str, typer.Option(help="Why, or what was found.")],
    term: Annotated[str, typer.Option(help="Term of the rule that applies now.")] = "",
    bar: Annotated[str, typer.Option(help="Instead: something happened that bars a way out (a key of `unless`).")] = "",
    date: Dates = None,
    organ: Organ = "",
    document: Document = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
) -> None:
    """A longer term applies to a running entry, or something bars a way out."""
    from creditscore.lists import bar as barred
    from creditscore.lists import prolong

    if bool(term) == bool(bar):
        raise UsageError("say what happened", allowed="one of --term, --bar")
    step_fields = said_of(on, by, organ, document, reason if bar else "", recorded_on)

    def act(book: Book) -> Book:
        if bar:
            return barred(book, case, ground=bar, **step_fields)
        return prolong(book, case, term=term, reason=reason, dates=read_pairs(date, "--date"), **step_fields)

    one_step(store, roles, case, act)


def exit_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    way: Annotated[
        str, typer.Option("--way", help="Way out: its id in the list's rule, annulled, deregistered …")
    ] = "",
    confirm: Annotated[
        list[str] | None, typer.Option(help='What the way needs: corrected="receipt 12" (repeatable).')
    ] = None,
    absent: Annotated[
        list[str] | None, typer.Option(help='What would bar it, and is not so: new_arrears="…" (repeatable).')
    ] = None,
    date: Dates = None,
    organ: Organ = "",
    document: Document = "",
    evidence: Evidence = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
    apply: Annotated[bool, typer.Option("--apply", help="Only record the application.")] = False,
    refuse: Annotated[str, typer.Option(help="Refuse the open application; the reason.")] = "",
    revoke: Annotated[str, typer.Option(help="Revoke an exit obtained by a false application; the reason.")] = "",
) -> None:
    """Let a subject leave a list, on proof; or record, refuse or revoke an application."""
    from creditscore.lists import apply_for, leave
    from creditscore.lists import refuse as refused
    from creditscore.lists import revoke as revoked

    step_fields = said_of(on, by, organ, document, evidence, recorded_on)
    if bool(way) + bool(refuse) + bool(revoke) != 1 or (apply and not way):
        raise UsageError("say which", allowed="one of --way, --way … --apply, --refuse REASON, --revoke REASON")

    def act(book: Book) -> Book:
        if refuse:
            return refused(book, case, reason=refuse, **step_fields)
        if revoke:
            return revoked(book, case, reason=revoke, **step_fields)
        if apply:
            return apply_for(book, case, exit=way, **step_fields)
        settled: Any = {"confirm": read_pairs(confirm, "--confirm"), "absent": read_pairs(absent, "--absent")}
        return leave(book, case, exit=way, dates=read_pairs(date, "--date"), **settled, **step_fields)

    one_step(store, roles, case, act)


def expire_command(store: Store, on: On, by: By, roles: RolesFile = None, recorded_on: Recorded = None) -> None:
    """Let go of every entry whose term is over; done twice it does nothing more."""
    from creditscore.cli.tables import say_line
    from creditscore.lists import expire
    from creditscore.lists.entry_history import note_in_words

    with open_book(store, roles) as (log, book):
        after, expired = expire(book, on, by=by, recorded_on=recorded_on)
        save_book(log, book, after)
    for case_id in expired.left:
        case = after.case(case_id)
        say_line(f"{case_id}  {case.subject_id}  off the list from {iso_day(case.exited_on)}")
    for case_id, note in expired.waiting.items():
        say_line(f"waits for a person: {case_id}: {note_in_words(note, after.case(case_id), 'en')}")
    typer.echo(f"{len(expired.left)} left, {len(expired.waiting)} wait for a person")


def correct_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    step: Annotated[int, typer.Option(help="Number of the step, as shown.")],
    to: Annotated[list[str], typer.Option(help="What is right: on=2024-05-09, document=… (repeatable).")],
    reason: Annotated[str, typer.Option(help="Why.")],
    roles: RolesFile = None,
    recorded_on: Recorded = None,
) -> None:
    """Supersede a step that was written down wrongly; what followed from it is worked out again."""
    from creditscore.lists import correct

    step_fields = said_of(on, by, recorded_on=recorded_on)
    one_step(
        store,
        roles,
        case,
        lambda book: correct(book, case, step, to=read_pairs(to, "--to"), reason=reason, **step_fields),
    )
