"""`creditscore lists`: entries proposed from a grading, taken over and ended in one go; shown, due and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from creditscore.cli.application import App
from creditscore.cli.lists_show import draft_command, due_command, export_command, show_command
from creditscore.cli.office import By, KeyFile, KnownOn, LangOption, Office, On, StoreAddress, open_store
from creditscore.core.errors import TooManyRejected, UsageError
from creditscore.core.i18n import Lang

lists_app = App()
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
    from creditscore.cli.tables import say_beside, say_line
    from creditscore.core.i18n import phrase
    from creditscore.lists.beside import make_id
    from creditscore.lists.proposals import propose_graded

    with open_store(store, key) as opened:
        proposals = propose_graded(
            opened, folder, on=on, by=by, known_on=known_on, office=office, lists=lists, records=records
        )
        for case in map(opened.read, proposals.cases):
            grounds = ("；" if lang == "zh" else "; ").join(_name_triggers(case.fields, lang))
            rests = phrase("entries", "records", lang, ", ".join(case.fields.get("records") or ()) or "-")
            say_beside(f"{make_id(case)}  {case.subject}", f"{grounds}  {rests}")
    zh = lang == "zh"
    for who, name, trigger, why in proposals.skipped:
        say_line(f"{'未提出' if zh else 'not proposed'}: {who}  {name}  {trigger}: {_say_why(why, lang)}")
    for name, trigger, why in proposals.refused:
        reason = "该情形不得作为列入本名单的依据" if zh else why
        say_line(f"{'不得提出' if zh else 'no trigger'}: {name}  {trigger}: {reason}")
    counts = len(proposals.cases), len(proposals.skipped), len(proposals.refused)
    if zh:
        say_line("提出列入 {} 件，未提出 {} 件，不得作为依据的情形 {} 个".format(*counts))
    else:
        say_line("{} proposed, {} not proposed, {} triggers refused".format(*counts))


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
    from creditscore.cli.tables import say_line, show
    from creditscore.lists.taking_over import take_over_entries

    with open_store(store, key) as opened, working("reading and checking"):
        taken = take_over_entries(opened, entries, by=by, known_on=known_on, office=office, most_refused=max_rejected)
    for name in taken.cases:
        say_line(name.partition("/")[2])
    if taken.refused:
        columns = ("行", "未登记的原因") if lang == "zh" else ("row", "why it is refused")
        show(columns, [(str(number), _say_refusal(error, lang)) for number, error in taken.refused], fold=True)
    if len(taken.refused) > max_rejected:
        raise TooManyRejected(
            f"{len(taken.refused)} rows were refused",
            allowed=f"{max_rejected} (--max-rejected)",
            next="mend the rows named above, or allow as many with --max-rejected",
        )
    counts = len(taken.cases), len(taken.repeated), len(taken.refused)
    if lang == "zh":
        say_line("登记 {} 件，已有 {} 件，未登记 {} 件".format(*counts))
    else:
        say_line("{} taken over, {} there already, {} refused".format(*counts))


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
    from creditscore.cli.tables import say_line
    from creditscore.core.i18n import phrase
    from creditscore.core.messages import day_in_words
    from creditscore.lists.beside import make_id
    from creditscore.lists.entries import expire_entries
    from creditscore.lists.rules import list_rule
    from creditscore.lists.words import describe_note

    with open_store(store, key) as opened:
        expired = expire_entries(opened, on, by=by, known_on=known_on, office=office)
        for case in map(opened.read, expired.left):
            day = phrase("entries", "from", lang, day_in_words(case.fields["exited_on"], lang))
            say_line(f"{make_id(case)}  {case.subject}  {day}")
        for name, note in expired.waiting.items():
            case = opened.read(name)
            why = describe_note(note, list_rule(case.fields["scheme"], case.fields["list"]), lang)
            say_line(f"{'待人工核查' if lang == 'zh' else 'waits for a person'}: {make_id(case)}: {why}")
    counts = len(expired.left), len(expired.waiting)
    say_line(("移出 {} 件，待人工核查 {} 件" if lang == "zh" else "{} left, {} wait for a person").format(*counts))


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
