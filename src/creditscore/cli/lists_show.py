"""`creditscore lists show`, `draft`, `due`, `export`: what is known and what is to be done."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from creditscore.cli.kept_runs import KnownAt
from creditscore.cli.office import Json, LangOption, On, StoreAddress, open_store
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv, say_indented, say_line

if TYPE_CHECKING:
    from creditscore.core.i18n import Lang
    from creditscore.lists.history import Life
    from creditscore.store.store import Store


def show_command(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT")],
    store: StoreAddress,
    lang: LangOption = "zh",
    known_at: KnownAt = None,
) -> None:
    from creditscore.core.i18n import phrase
    from creditscore.lists.history import tell_entries
    from creditscore.objections.disputed_entries import list_disputed_entries
    from creditscore.objections.disputes import disputes_in_words

    with open_store(store) as opened:
        lives = tell_entries(opened, _find_subject(opened, subject), lang, known_at)
        disputed = list_disputed_entries(opened, _read_day(known_at))
    if not lives:
        say_line(phrase("entries", "nothing", lang))
    for life in lives:
        _show_life(life, disputes_in_words(disputed.get(life.case_id, ())), lang)
        typer.echo("")


def _show_life(life: Life, disputed: str, lang: Lang) -> None:
    from creditscore.core.i18n import phrase

    say_line(f"{life.list}  [{life.kind}]  {life.state}  {life.end}".rstrip())
    say_indented(life.case_id, 2)
    if life.grounds:
        say_indented(phrase("entries", "grounds", lang, ("；" if lang == "zh" else "; ").join(life.grounds)), 2)
    if life.records:
        say_indented(phrase("entries", "records", lang, ", ".join(life.records)), 2)
    if disputed:
        say_indented(f"*** {phrase('entries', 'disputed', lang, disputed)} ***", 2)
    for step in life.steps:
        recorded = f" ({phrase('entries', 'recorded', lang, step.recorded)})" if step.recorded else ""
        who = " ".join(part for part in (step.by, step.paper) if part)
        say_indented(f"{step.number}. {step.day}  {step.what}{recorded}  {who}", 2)
        for line in step.lines:
            say_indented(line, 5)


def draft_command(
    case: Annotated[str, typer.Argument(metavar="CASE", show_default=False)],
    store: StoreAddress,
    lang: LangOption = "zh",
    as_json: Json = False,
) -> None:
    from creditscore.lists.draft import draft_notice
    from creditscore.lists.rules import procedure

    with open_store(store) as opened:
        drafted = draft_notice(opened.read(_name_case(case)))
    if as_json:
        texts = {name: getattr(label, lang) for name, label in drafted.items()}
        typer.echo(json.dumps(texts, ensure_ascii=False, indent=1))
        return
    for name, label in drafted.items():
        say_line(f"{name}  {getattr(procedure().notice.contents[name], lang)}")
        say_indented(getattr(label, lang), 4)


def due_command(
    store: StoreAddress,
    on: On,
    until: str | None = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.core.i18n import phrase
    from creditscore.core.messages import day_in_words
    from creditscore.lists.entries import list_due
    from creditscore.lists.rules import list_rule
    from creditscore.lists.words import describe_note, with_mark

    with open_store(store) as opened:
        steps = list_due(opened, on, until)
        schemes = {step.case: opened.read(step.case).fields["scheme"] for step in steps}
    if not steps:
        say_line(phrase("entries", "no_due", lang))
    for step in steps:
        rule = list_rule(schemes[step.case], step.list)
        marks = [phrase("entries", name, lang) for name in ("overdue", "provisional") if getattr(step, name)]
        notes = [] if step.note is None else [describe_note(step.note, rule, lang)]
        what = [phrase("list_due", step.what, lang), *marks, *notes, with_mark(step.basis, step.mark, lang)]
        say_line(f"{day_in_words(step.by or '', lang) or '-':10}  {step.case.partition('/')[2]}  {step.subject}")
        say_indented(getattr(rule.label, lang), 12)
        say_indented("  ".join(part for part in what if part), 12)


def export_command(
    store: StoreAddress,
    out: Annotated[Path, typer.Option()],
    known_at: KnownAt = None,
    csv: CsvFiles = False,
    csv_people: CsvPeople = False,
) -> None:
    from creditscore.lists.entry_tables import write_entries
    from creditscore.objections.disputed_entries import list_disputed_entries, tabulate_disputes

    form = chosen_csv(csv, csv_people)
    with open_store(store) as opened:
        disputed = list_disputed_entries(opened, _read_day(known_at))
        rows = write_entries(opened, out, known_at, form, {"list_disputes": tabulate_disputes(disputed)})
    for file, count in rows.items():
        typer.echo(f"{file}: {count} rows")
    if disputed:
        say_line(f"*** {len(disputed)} entries rest on records that an open case contests: list_disputes ***")
    typer.echo(f"written to {out}")


def _find_subject(store: Store, given: str) -> str:
    """The organisation itself, or that of a case."""
    from creditscore.core.errors import UsageError
    from creditscore.core.identity import look_at_id

    rows = store.rows("listing", stream=_name_case(given))
    if rows:
        return str(rows[0]["subject"])
    subject, reason = look_at_id(given, uscc_only=False)
    if reason:
        shown = "a resident identity number" if reason == "natural_person" else repr(given)
        raise UsageError(
            f"{shown} is no id of an organisation ({reason})",
            allowed="an organisation, or a case of a list",
            next="give the id of one",
        )
    return subject


def _name_case(given: str) -> str:
    return given if given.startswith("listing/") else f"listing/{given}"


def _read_day(text: str | None) -> date | None:
    from creditscore.core.days import day_of

    return day_of(text, "--known-at")
