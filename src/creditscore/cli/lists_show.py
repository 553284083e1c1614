"""`creditscore lists show`, `draft`, `due`, `export`: what is known and what is to be done."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from creditscore.cli.kept_runs import KnownAt
from creditscore.cli.office import LangOption, On, StoreAddress, open_store
from creditscore.cli.output import give, told
from creditscore.cli.tables import CsvFiles, CsvPeople, chosen_csv

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
        give([], phrase("entries", "nothing", lang), lang=lang)
        return
    contested = {life.case_id: disputes_in_words(disputed.get(life.case_id, ())) for life in lives}
    data = [{**asdict(life), "disputed": contested[life.case_id] or None} for life in lives]
    parts = [part for life in lives for part in _tell_life(life, contested[life.case_id], lang)]
    give(data, *parts, lang=lang)


def _tell_life(life: Life, disputed: str, lang: Lang) -> Iterator[Any]:
    from creditscore.core.i18n import phrase
    from creditscore.present.document import Listing

    yield f"{life.list}  [{life.kind}]  {life.state}  {life.end}".rstrip()
    yield life.case_id
    if life.grounds:
        yield phrase("entries", "grounds", lang, ("；" if lang == "zh" else "; ").join(life.grounds))
    if life.records:
        yield phrase("entries", "records", lang, ", ".join(life.records))
    if disputed:
        yield f"*** {phrase('entries', 'disputed', lang, disputed)} ***"
    items = []
    for step in life.steps:
        recorded = f" ({phrase('entries', 'recorded', lang, step.recorded)})" if step.recorded else ""
        who = " ".join(part for part in (step.by, step.paper) if part)
        items.append((f"{step.number}. {step.day}  {step.what}{recorded}  {who}", list(step.lines)))
    yield Listing(items)


def draft_command(
    case: Annotated[str, typer.Argument(metavar="CASE", show_default=False)],
    store: StoreAddress,
    lang: LangOption = "zh",
) -> None:
    from creditscore.lists.draft import draft_notice
    from creditscore.lists.rules import procedure
    from creditscore.present.document import Listing

    with open_store(store) as opened:
        drafted = draft_notice(opened.read(_name_case(case)))
    contents = procedure().notice.contents
    items = [(f"{name}  {getattr(contents[name], lang)}", [label]) for name, label in drafted.items()]
    give({name: getattr(label, lang) for name, label in drafted.items()}, Listing(items), lang=lang)


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
    from creditscore.present.document import Listing

    with open_store(store) as opened:
        steps = list_due(opened, on, until)
        schemes = {step.case: opened.read(step.case).fields["scheme"] for step in steps}
    items = []
    for step in steps:
        rule = list_rule(schemes[step.case], step.list)
        marks = [phrase("entries", name, lang) for name in ("overdue", "provisional") if getattr(step, name)]
        notes = [] if step.note is None else [describe_note(step.note, rule, lang)]
        what = [phrase("list_due", step.what, lang), *marks, *notes, with_mark(step.basis, step.mark, lang)]
        head = f"{day_in_words(step.by or '', lang) or '-'}  {step.case.partition('/')[2]}  {step.subject}"
        items.append((head, [rule.label, "  ".join(part for part in what if part)]))
    shown = Listing(items) if items else phrase("entries", "no_due", lang)
    give([asdict(step) for step in steps], shown, lang=lang)


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
    give(
        {"rows": dict(rows)},
        *(told("rows_of_file", file, count) for file, count in rows.items()),
        told("entries_contested", len(disputed)) if disputed else None,
        written=[out],
    )


def _find_subject(store: Store, given: str) -> str:
    """The organisation itself, or that of a case."""
    from creditscore.core.errors import UsageError
    from creditscore.core.identity import look_at_id

    rows = store.rows("listing", stream=_name_case(given))
    if rows:
        return str(rows[0]["subject"])
    subject, reason = look_at_id(given, uscc_only=False)
    if reason:
        if reason == "natural_person":
            raise UsageError("cli.id_of_a_person")
        raise UsageError("cli.no_id_organisation", given=given, reason=reason)
    return subject


def _name_case(given: str) -> str:
    return given if given.startswith("listing/") else f"listing/{given}"


def _read_day(text: str | None) -> date | None:
    from creditscore.core.days import day_of

    return day_of(text, "--known-at")
