"""`creditscore lists`: entries proposed from a grading, taken over and ended in one go; shown, due and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.lists_show import draft_command, due_command, export_command, show_command
from creditscore.cli.office import By, KeyFile, KnownOn, LangOption, Office, On, StoreAddress, open_store
from creditscore.cli.output import give, tabulate, told
from creditscore.core.errors import TooManyRejected, UsageError
from creditscore.core.i18n import Lang, phrase

lists_app = App()
SKIPPED, REFUSED = ("subject", "list", "trigger", "why"), ("list", "trigger", "why")
# How reasons of the library begin → what an official would write
REASONS = {
    "a case is open": "已有未决案件",
    "an entry holds": "已在名单内",
    "declined on": "已决定不予列入",
    "the same records led": "同一记录曾据以列入",
    "no record carries it": "没有可以依据的记录",
}


@lists_app.command("propose")
def propose_command(
    folder: Annotated[Path, typer.Argument(metavar="GRADING")],
    store: StoreAddress,
    on: On,
    by: By = "",
    known_on: KnownOn = None,
    office: Office = "",
    key: KeyFile = None,
    records: Path | None = None,
    lists: Annotated[list[str] | None, typer.Option("--list")] = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.lists.beside import make_id
    from creditscore.lists.proposals import propose_graded
    from creditscore.present.document import Listing

    with open_store(store, key) as opened:
        proposals = propose_graded(
            opened, folder, on=on, by=by, known_on=known_on, office=office, lists=lists, records=records
        )
        rows = [
            {
                "case": make_id(case),
                "subject": case.subject,
                "grounds": _name_triggers(case.fields, lang),
                "records": list(case.fields.get("records") or ()),
            }
            for case in map(opened.read, proposals.cases)
        ]
    items = [
        (
            f"{row['case']}  {row['subject']}",
            [
                "；".join(row["grounds"]) if lang == "zh" else "; ".join(row["grounds"]),
                phrase("entries", "records", lang, ", ".join(row["records"]) or "-"),
            ],
        )
        for row in rows
    ]
    skipped = [dict(zip(SKIPPED, row, strict=True)) for row in proposals.skipped]
    refused = [dict(zip(REFUSED, row, strict=True)) for row in proposals.refused]
    give(
        {"proposed": rows, "skipped": skipped, "refused": refused},
        Listing(items) if items else None,
        *(told("not_proposed", *row[:-1], _say_why(row[-1], lang)) for row in proposals.skipped),
        *(told("no_trigger", name, trigger, why) for name, trigger, why in proposals.refused),
        told("proposals", len(rows), len(skipped), len(refused)),
        lang=lang,
    )


@lists_app.command("import")
def import_command(
    entries: Annotated[Path, typer.Argument(metavar="ENTRIES")],
    store: StoreAddress,
    by: By = "",
    known_on: KnownOn = None,
    office: Office = "",
    key: KeyFile = None,
    max_rejected: Annotated[int, typer.Option(min=0)] = 0,
    lang: LangOption = "zh",
) -> None:
    from creditscore.cli.progress import working
    from creditscore.lists.taking_over import take_over_entries

    with open_store(store, key) as opened, working("reading"):
        taken = take_over_entries(opened, entries, by=by, known_on=known_on, office=office, most_refused=max_rejected)
    cases = [name.partition("/")[2] for name in taken.cases]
    rows = [{"row": number, "why_refused": _say_refusal(error, lang)} for number, error in taken.refused]
    give(
        {"cases": cases, "repeated": list(taken.repeated), "refused": rows},
        *cases,
        tabulate(rows, "row", "why_refused") if rows else None,
        told("imported", len(cases), len(taken.repeated), len(rows)) if len(rows) <= max_rejected else None,
        lang=lang,
    )
    if len(rows) > max_rejected:
        raise TooManyRejected("cli.rows_refused", count=len(rows), most=max_rejected)


@lists_app.command("expire")
def expire_command(
    store: StoreAddress,
    on: On,
    by: By = "",
    known_on: KnownOn = None,
    office: Office = "",
    key: KeyFile = None,
    lang: LangOption = "zh",
) -> None:
    from creditscore.core.messages import day_in_words
    from creditscore.lists.beside import make_id
    from creditscore.lists.entries import expire_entries
    from creditscore.lists.rules import list_rule
    from creditscore.lists.words import describe_note

    left, waiting = [], []
    with open_store(store, key) as opened:
        expired = expire_entries(opened, on, by=by, known_on=known_on, office=office)
        for case in map(opened.read, expired.left):
            left.append({"case": make_id(case), "subject": case.subject, "on": case.fields["exited_on"]})
        for name, note in expired.waiting.items():
            case = opened.read(name)
            why = describe_note(note, list_rule(case.fields["scheme"], case.fields["list"]), lang)
            waiting.append({"case": make_id(case), "why": why})
    give(
        {"left": left, "waiting": waiting},
        *(
            f"{row['case']}  {row['subject']}  {phrase('entries', 'from', lang, day_in_words(row['on'], lang))}"
            for row in left
        ),
        *(told("waits_for_a_person", *row.values()) for row in waiting),
        told("expired", len(left), len(waiting)),
        lang=lang,
    )


def _say_refusal(error: UsageError, lang: Lang) -> str:
    from creditscore.store.context import Refused

    return error.zh.what if lang == "zh" and isinstance(error, Refused) and error.zh else error.what


def _name_triggers(fields: dict[str, object], lang: Lang) -> list[str]:
    """The deciding rules behind a proposal in words."""
    from creditscore.lists.rules import version

    triggers: list[str] = list(fields.get("triggers") or ())  # type: ignore[call-overload]
    labels = {rule.id: rule.label for rule in version(str(fields["scheme"])).decide}
    return [str(getattr(labels.get(trigger), lang, trigger)) for trigger in triggers]


def _say_why(why: str, lang: Lang) -> str:
    if lang == "en":
        return why
    words = next((zh for begins, zh in REASONS.items() if why.startswith(begins)), why)
    case = why.partition(": ")[2]
    return f"{words}（{case}）" if case else words


lists_app.command("draft")(draft_command)
lists_app.command("show")(show_command)
lists_app.command("due")(due_command)
lists_app.command("export")(export_command)
