"""Cases in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import typer

from creditscore.cli.tables import say_line, show, show_blocks
from creditscore.core.i18n import Lang, clean, lang_of, phrase, say, text, word
from creditscore.evidence.case_file import pair
from creditscore.schemes.citing import cite_said

if TYPE_CHECKING:
    from creditscore.objections.due import Due


def due_lines(dues: Iterable[Due], given: str) -> Iterable[tuple[str, list[str]]]:
    lang = lang_of(given)
    for due in dues:
        day = phrase("case", "no_limit", lang) if due.by is None else due.by.isoformat()
        late = f"  {phrase('case', 'overdue', lang)}" if due.overdue else ""
        unsure = f"  {phrase('case', 'provisional', lang)}" if due.provisional else ""
        whom = f"  {due.department}" if due.department else ""
        under = f"{due.subject_id}  {due.scheme}  {due.period}  {pair('procedures', due.procedure)[lang]}"
        yield clean(f"{day}  {due.case_id}  {pair('case_tasks', due.task)[lang]}{whom}{late}{unsure}"), [clean(under)]


def show_dossier(data: dict[str, Any], given: str) -> None:
    """A case on the terminal: head, what is contested, two by two per record, questions, life, decision."""
    lang = lang_of(given)
    colon = text("colon", lang)
    if data["made_up"]:
        say_line(f"*** {phrase('case', 'made_up', lang)} ***")
    say_line(f"{data['case_id']}  {data['procedure_label'][lang]}  {data['state_label'][lang]}")
    say_line(clean(f"{data['name']}  {data['subject_id']}".strip()))
    say_line(f"{data['title'][lang]} ({data['scheme']})  {data['period']}  {data['run_id']}")
    say_line(f"{phrase('case', 'opened', lang)}{colon}{data['opened_on']} ({data['opened_by']})")
    clock = data["clock"]
    if data["decision"] is None:
        say_line(_until(clock["decide_by"], clock["provisional"], lang))
    place = clock["label"][lang] if clock["label"] else ""
    basis = " ".join(
        part for part in (place, cite_said(clock["basis"], lang), f"[{clock['mark_label'][lang]}]") if part
    )
    say_line(f"{phrase('case', 'basis', lang)}{colon}{basis}")
    state = say(word("states", data["grade"]["state"]), lang)
    say_line(f"{phrase('case', 'grade', lang)}{colon}{data['grade']['sum'] or data['grade']['grade'] or state}")
    _input(data["grade"]["input"][lang], lang)
    show_blocks((_contested(value, lang) for value in data["contested"]), phrase("case", "contested", lang))
    if data["merits"]:
        _merits(data, lang)
    if data["questions"]:
        show_blocks((_question(question, lang) for question in data["questions"]), phrase("case", "questions", lang))
    if data["life"]:
        rows = [
            (row["on"], row["step"][lang], row["grade"], row["label"][lang], row["case_id"]) for row in data["life"]
        ]
        typer.echo("")
        show(
            ("", "", phrase("case", "grade", lang), "", phrase("case", "case", lang)),
            rows,
            phrase("case", "life", lang),
            fold=True,
        )
        if data["corrections"]:
            say_line(phrase("case", "corrections", lang, str(data["corrections"])))
    if data["decision"] is not None:
        _decision(data["decision"], lang)


def _merits(data: dict[str, Any], lang: Lang) -> None:
    typer.echo("")
    heads = (
        phrase("case", "record", lang),
        *(
            f"{phrase('case', when, lang)} {phrase('case', what, lang)}"
            for when in ("then", "now")
            for what in ("with", "without")
        ),
    )
    cells = ("then_with", "then_without", "now_with", "now_without")
    rows = [
        (merit["record_id"] or phrase("case", "all", lang), *(merit[cell] for cell in cells))
        for merit in data["merits"]
    ]
    show(heads, rows, phrase("case", "merits", lang), fold=True)
    if data["state"] in ("open", "asked") and data["procedure"] != "repair":
        colon = text("colon", lang)
        second = data["merits"][-1]["now_without"]
        say_line(f"*** {phrase('case', 'disputed', lang)}  {phrase('case', 'second', lang)}{colon}{second} ***")


def _contested(row: dict[str, Any], lang: Lang) -> tuple[str, list[str]]:
    label = row["label"][lang] if row["label"] else ""
    head = "  ".join(part for part in (row["record_id"], row["item"] or "", label) if part)
    effect = "" if row["effective"] is None else f"{row['effective'].rstrip('0').rstrip('.')}  "
    lines = [row["ground_label"][lang] + (f": {row['statement']}" if row["statement"] else "")]
    if row["reason"]:
        lines.append(f"{effect}{row['reason'][lang]}  {cite_said(row['article'] or '', lang)}".rstrip())
    return clean(head), [clean(line) for line in lines]


def _question(row: dict[str, Any], lang: Lang) -> tuple[str, list[str]]:
    if row["answered_on"]:
        shown_text = phrase("case", "answered", lang, row["answered_on"], row["answer"])
    else:
        shown_text = phrase("case", "due", lang, row["due"]) + (
            f"  {phrase('case', 'overdue', lang)}" if row["overdue"] else ""
        )
    return clean(f"{row['no']}. {row['asked_on']}  {row['department']}: {row['text']}"), [clean(shown_text)]


def _decision(row: dict[str, Any], lang: Lang) -> None:
    blocks = [
        (
            f"{finding['record_id']}  {finding['label'][lang]}",
            [", ".join(f"{name} = {value}" for name, value in finding["changes"].items())]
            if finding["changes"]
            else [],
        )
        for finding in row["findings"]
    ]
    show_blocks(blocks, f"{phrase('case', 'decision', lang)}  {row['on']}  {row['by']}")
    say_line(clean(row["reason"]))
    if row["articles"]:
        say_line(cite_said("; ".join(row["articles"]), lang))
    say_line(f"{row['before']['said']} → {row['after']['said']}")
    if row["after"]["sum"]:
        say_line(f"  {row['after']['sum']}")
    _input(row["after"]["input"][lang], lang)
    follows = list(_follows(row["follows"], lang))
    if follows:
        show_blocks(follows, phrase("case", "follows", lang))


def _follows(row: dict[str, Any], lang: Lang) -> Iterator[tuple[str, list[str]]]:
    """What else changed, and what people have to do."""
    for change in row["changes"]:
        if not change["own"]:
            head = f"{change['title'][lang]} ({change['scheme']})  {change['period']}"
            yield clean(head), [clean(f"{change['before']} → {change['after']}")]
    for change in row["composites"]:
        yield f"{clean(change['title'][lang])} ({change['config']})", [f"{change['before']} → {change['after']}"]
    for task in row["tasks"]:
        about = "" if task["own"] else f"  {task['subject_id']}"
        state = phrase("case", "done_on", lang, task["done"]) if task["done"] else ""
        head = f"{task['label'][lang]}  {task['thing']}{about}  {state}".rstrip()
        under = [task["note"], "" if task["done"] else f"creditscore {task['command']}"]
        yield clean(head), [clean(line) for line in under if line]


def _input(lines: Iterable[str], lang: Lang) -> None:
    for line in lines:
        say_line(clean(f"{text('input_state', lang)}{text('colon', lang)}{line}"))


def _until(day: str | None, provisional: bool, lang: Lang) -> str:
    colon = text("colon", lang)
    unsure = f"  ({phrase('case', 'provisional', lang)})" if provisional else ""
    return f"{phrase('case', 'decide_by', lang)}{colon}{day or phrase('case', 'no_limit', lang)}{unsure}"
