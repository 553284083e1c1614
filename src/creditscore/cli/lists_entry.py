"""`creditscore lists propose`, `take-over`, `notice`, `object`, `check`, `decide`, `publish`: up to the entry."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.act import read_pairs
from creditscore.cli.acting import RolesFile
from creditscore.cli.lists_shared import (
    By,
    CaseId,
    Dates,
    Document,
    EnteredOn,
    Evidence,
    Lang,
    On,
    Organ,
    PublishedOn,
    Recorded,
    Store,
    Term,
    TermEnd,
    one_step,
    open_book,
    said_of,
    save_book,
    say_case,
)
from creditscore.core.errors import UsageError

if TYPE_CHECKING:
    from creditscore.lists import Book


def propose_command(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder that `creditscore grade --out` wrote.")],
    store: Store,
    on: On,
    by: By,
    roles: RolesFile = None,
    recorded_on: Recorded = None,
    records: Annotated[Path | None, typer.Option(help="The graded records: days that a rule counts from.")] = None,
    key: Annotated[list[str] | None, typer.Option("--list", help="Only this list (repeatable).")] = None,
) -> None:
    """Propose whoever meets a trigger of a list; nothing is decided."""
    from creditscore.cli.tables import say_beside, say_line
    from creditscore.lists import propose

    step_fields = said_of(on, by, recorded_on=recorded_on)
    with open_book(store, roles) as (log, book):
        after, proposals = propose(book, folder, lists=key, records=records, **step_fields)
        save_book(log, book, after)
    for case_id in proposals.made:
        case = after.case(case_id)
        what = f"{', '.join(case.triggers)}  records: {', '.join(case.records) or '-'}"
        say_beside(f"{case_id}  {case.subject_id}", what)
    for who, name, trigger, why in proposals.skipped:
        say_line(f"not proposed: {who}  {name}  {trigger}: {why}")
    for name, trigger, why in proposals.refused:
        say_line(f"no trigger: {name}  {trigger}: {why}")
    typer.echo(
        f"{len(proposals.made)} proposed, {len(proposals.skipped)} not proposed,"
        f" {len(proposals.refused)} triggers refused"
    )


def take_over_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="Id of the organisation.")],
    key: Annotated[str, typer.Option("--list", help="The list.")],
    scheme: Annotated[str, typer.Option(help="Version of the scheme that keeps it: court/judgment_defaulter@2017.")],
    store: Store,
    on: On,
    by: By,
    organ: Organ,
    document: Document,
    evidence: Evidence = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
    entered_on: EnteredOn = None,
    published_on: PublishedOn = None,
    term: Term = "",
    term_end: TermEnd = None,
    date: Dates = None,
) -> None:
    """Keep an entry that another office has decided."""
    from creditscore.lists import take_over

    step_fields = said_of(on, by, organ, document, evidence, recorded_on)
    days: Any = {"entered_on": entered_on, "published_on": published_on, "term_end": term_end}
    with open_book(store, roles) as (log, book):
        after, case_id = take_over(
            book, subject, key, scheme, term=term, dates=read_pairs(date, "--date"), **days, **step_fields
        )
        save_book(log, book, after)
    say_case(after, case_id)


def notice_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    measures: Annotated[str, typer.Option(help="What the entry will bring.")],
    remedies: Annotated[str, typer.Option(help="How the subject can defend itself.")],
    facts: Annotated[str, typer.Option(help="The facts (default: drafted from the rule and its records).")] = "",
    basis: Annotated[str, typer.Option(help="The legal basis (default: drafted).")] = "",
    exits: Annotated[str, typer.Option(help="Conditions of exit (default: drafted).")] = "",
    heard_until: Annotated[str | None, typer.Option(help="Last day to object, where no rule says it.")] = None,
    organ: Organ = "",
    document: Document = "",
    evidence: Evidence = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
    lang: Lang = "zh",
) -> None:
    """Announce the intended entry: facts, basis, measures, conditions of exit, remedies."""
    from creditscore.lists import draft, notice
    from creditscore.lists.entry_history import lang_of

    given = {"facts": facts, "basis": basis, "exits": exits, "measures": measures, "remedies": remedies}
    chosen = lang_of(lang)

    def act(book: Book) -> Book:
        drafted = {name: getattr(label, chosen) for name, label in draft(book, case).items()}
        contents = {name: text or drafted.get(name, "") for name, text in given.items()}
        step_fields = said_of(on, by, organ, document, evidence, recorded_on)
        return notice(book, case, contents=contents, heard_until=heard_until, **step_fields)

    one_step(store, roles, case, act)


def object_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    content: Annotated[str, typer.Option(help="What it says, in short.")],
    organ: Organ = "",
    document: Document = "",
    evidence: Evidence = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
) -> None:
    """Record an objection that was received."""
    from creditscore.lists import objected_to

    step_fields = said_of(on, by, organ, document, evidence, recorded_on)
    one_step(store, roles, case, lambda book: objected_to(book, case, content=content, **step_fields))


def check_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    answer: Annotated[str, typer.Option(help="What was found.")],
    upheld: Annotated[bool, typer.Option("--upheld/--not-upheld", help="Whether the objection is right.")],
    organ: Organ = "",
    document: Document = "",
    evidence: Evidence = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
) -> None:
    """Answer an objection."""
    from creditscore.lists import check

    step_fields = said_of(on, by, organ, document, evidence, recorded_on)
    one_step(store, roles, case, lambda book: check(book, case, upheld=upheld, answer=answer, **step_fields))


def decide_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    reason: Annotated[str, typer.Option(help="On what grounds.")],
    enter: Annotated[bool | None, typer.Option("--enter/--decline", help="Enter on the list, or not.")] = None,
    entered_on: EnteredOn = None,
    published_on: PublishedOn = None,
    term: Term = "",
    term_end: TermEnd = None,
    date: Dates = None,
    organ: Organ = "",
    document: Document = "",
    evidence: Evidence = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
    more_time: Annotated[bool, typer.Option(help="Only prolong the time to decide.")] = False,
) -> None:
    """Decide on an entry, or prolong the time to decide."""
    from creditscore.lists import decide, extend

    step_fields = said_of(on, by, organ, document, evidence, recorded_on)
    days: Any = {"entered_on": entered_on, "published_on": published_on, "term_end": term_end}
    if more_time == (enter is not None):
        raise UsageError("say what is decided", allowed="one of --enter, --decline, --more-time")

    def act(book: Book) -> Book:
        if more_time:
            return extend(book, case, reason=reason, **step_fields)
        return decide(
            book,
            case,
            enter=bool(enter),
            reason=reason,
            term=term,
            dates=read_pairs(date, "--date"),
            **days,
            **step_fields,
        )

    one_step(store, roles, case, act)


def publish_command(
    case: CaseId,
    store: Store,
    on: On,
    by: By,
    organ: Organ = "",
    document: Document = "",
    evidence: Evidence = "",
    roles: RolesFile = None,
    recorded_on: Recorded = None,
    withdraw: Annotated[bool, typer.Option(help="The publication of an annulled entry was taken back.")] = False,
) -> None:
    """Record that an entry was published, or that its publication was withdrawn."""
    from creditscore.lists import publish
    from creditscore.lists import withdraw as take_back

    step_fields = said_of(on, by, organ, document, evidence, recorded_on)
    one_step(store, roles, case, lambda book: (take_back if withdraw else publish)(book, case, **step_fields))
