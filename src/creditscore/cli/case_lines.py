"""Cases in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from creditscore.cascade.tasks import TASKS
from creditscore.cli.tables import say_line, show, show_blocks
from creditscore.core.i18n import Lang, clean, lang_of, say, text, word
from creditscore.evidence.case_file import pair, phrase
from creditscore.schemes.citing import cite_said

if TYPE_CHECKING:
    from creditscore.core.model import Label
    from creditscore.objections.case import Case
    from creditscore.objections.due import Due


def said_case(case: Case, on: date, given: str, marks: Sequence[Label] = ()) -> tuple[str, list[str]]:
    """A case in a few lines: what it is and where it stands, and until when it is to be decided.

    `marks`: what the input of its grade lacks.
    """
    lang = lang_of(given)
    procedure, state = pair("procedures", case.procedure)[lang], pair("states", case.state)[lang]
    lines = [f"{case.subject_id}  {case.scheme}  {case.period}  {', '.join(case.contested)}"]
    if case.open:
        lines.append(_until(None if case.decide_by is None else case.decide_by.isoformat(), case.provisional, lang))
    lines += [f"{text('input_state', lang)}{text('colon', lang)}{say(mark, lang)}" for mark in marks]
    return f"{case.case_id}  {procedure}  {state}", [clean(one) for one in lines]


def said_grade(decision: Mapping[str, Any], given: str) -> str:
    """The grade before and after a decision, from its data."""
    from creditscore.evidence.case_file import graded_in_short

    lang = lang_of(given)
    before, after = graded_in_short(decision["before"]), graded_in_short(decision["after"])
    colon = text("colon", lang)
    return f"{phrase('grade', lang)}{colon}{before} → {after}"


def due_lines(found: Iterable[Due], given: str) -> Iterable[tuple[str, list[str]]]:
    lang = lang_of(given)
    for one in found:
        day = phrase("no_limit", lang) if one.by is None else one.by.isoformat()
        late = f"  {phrase('overdue', lang)}" if one.overdue else ""
        unsure = f"  {phrase('provisional', lang)}" if one.provisional else ""
        whom = f"  {one.department}" if one.department else ""
        under = f"{one.subject_id}  {one.scheme}  {one.period}  {pair('procedures', one.procedure)[lang]}"
        yield clean(f"{day}  {one.case_id}  {pair('tasks', one.task)[lang]}{whom}{late}{unsure}"), [clean(under)]


def show_dossier(data: dict[str, Any], given: str) -> None:
    """A case on the terminal: head, what is contested, two by two per record, questions, life, decision."""
    lang = lang_of(given)
    colon = text("colon", lang)
    if data["made_up"]:
        say_line(f"*** {phrase('made_up', lang)} ***")
    say_line(f"{data['case_id']}  {data['procedure_label'][lang]}  {data['state_label'][lang]}")
    say_line(clean(f"{data['name']}  {data['subject_id']}".strip()))
    say_line(f"{data['title'][lang]} ({data['scheme']})  {data['period']}  {data['run_id']}")
    say_line(f"{phrase('opened', lang)}{colon}{data['opened_on']} ({data['opened_by']})")
    clock = data["clock"]
    if data["decision"] is None:
        say_line(_until(clock["decide_by"], clock["provisional"], lang))
    place = clock["label"][lang] if clock["label"] else ""
    basis = " ".join(
        part for part in (place, cite_said(clock["basis"], lang), f"[{clock['mark_label'][lang]}]") if part
    )
    say_line(f"{phrase('basis', lang)}{colon}{basis}")
    state = say(word("states", data["grade"]["state"]), lang)
    say_line(f"{phrase('grade', lang)}{colon}{data['grade']['sum'] or data['grade']['grade'] or state}")
    _input(data["grade"]["input"][lang], lang)
    show_blocks((_contested(one, lang) for one in data["contested"]), phrase("contested", lang))
    if data["merits"]:
        _merits(data, lang)
    if data["questions"]:
        show_blocks((_question(one, lang) for one in data["questions"]), phrase("questions", lang))
    if data["life"]:
        rows = [
            (one["on"], one["step"][lang], one["grade"], one["label"][lang], one["case_id"]) for one in data["life"]
        ]
        typer.echo("")
        show(("", "", phrase("grade", lang), "", phrase("case", lang)), rows, phrase("life", lang), fold=True)
        if data["corrections"]:
            say_line(phrase("corrections", lang, str(data["corrections"])))
    if data["decision"] is not None:
        _decision(data["decision"], lang)


def _merits(data: dict[str, Any], lang: Lang) -> None:
    typer.echo("")
    heads = (
        phrase("record", lang),
        *(f"{phrase(when, lang)} {phrase(what, lang)}" for when in ("then", "now") for what in ("with", "without")),
    )
    cells = ("then_with", "then_without", "now_with", "now_without")
    rows = [(one["record_id"] or phrase("all", lang), *(one[cell] for cell in cells)) for one in data["merits"]]
    show(heads, rows, phrase("merits", lang), fold=True)
    if data["state"] in ("open", "asked") and data["procedure"] != "repair":
        colon = text("colon", lang)
        second = data["merits"][-1]["now_without"]
        say_line(f"*** {phrase('disputed', lang)}  {phrase('second', lang)}{colon}{second} ***")


def _contested(one: dict[str, Any], lang: Lang) -> tuple[str, list[str]]:
    label = one["label"][lang] if one["label"] else ""
    head = "  ".join(part for part in (one["record_id"], one["item"] or "", label) if part)
    effect = "" if one["effective"] is None else f"{one['effective'].rstrip('0').rstrip('.')}  "
    lines = [one["ground_label"][lang] + (f": {one['statement']}" if one["statement"] else "")]
    if one["reason"]:
        lines.append(f"{effect}{one['reason'][lang]}  {cite_said(one['article'] or '', lang)}".rstrip())
    return clean(head), [clean(line) for line in lines]


def _question(one: dict[str, Any], lang: Lang) -> tuple[str, list[str]]:
    if one["answered_on"]:
        said = phrase("answered", lang, one["answered_on"], one["answer"])
    else:
        said = phrase("due", lang, one["due"]) + (f"  {phrase('overdue', lang)}" if one["overdue"] else "")
    return clean(f"{one['no']}. {one['asked_on']}  {one['department']}: {one['text']}"), [clean(said)]


def _decision(made: dict[str, Any], lang: Lang) -> None:
    blocks = [
        (
            f"{one['record_id']}  {one['label'][lang]}",
            [", ".join(f"{name} = {value}" for name, value in one["changes"].items())] if one["changes"] else [],
        )
        for one in made["findings"]
    ]
    show_blocks(blocks, f"{phrase('decision', lang)}  {made['on']}  {made['by']}")
    say_line(clean(made["reason"]))
    if made["articles"]:
        say_line(cite_said("; ".join(made["articles"]), lang))
    say_line(f"{made['before']['said']} → {made['after']['said']}")
    if made["after"]["sum"]:
        say_line(f"  {made['after']['sum']}")
    _input(made["after"]["input"][lang], lang)
    follows = list(_follows(made["follows"], lang))
    if follows:
        show_blocks(follows, phrase("follows", lang))


def _follows(found: dict[str, Any], lang: Lang) -> Iterator[tuple[str, list[str]]]:
    """What else changed, and who is to be told or must act; with the number that `cascade told` takes."""
    for one in found["changes"]:
        if not one["own"]:
            head = f"{one['title'][lang]} ({one['scheme']})  {one['period']}"
            yield clean(head), [clean(f"{one['before']} → {one['after']}")]
    for one in found["composites"]:
        yield f"{clean(one['title'][lang])} ({one['config']})", [f"{one['before']} → {one['after']}"]
    for one in found["tasks"]:
        tell = one["task"] == "tell"
        who = one["who_label"][lang]
        state = phrase("told", lang, one["told"]) if one["told"] else phrase("untold", lang) if tell else ""
        about = "" if one["own"] else f"  {one['subject_id']}"
        head = f"{one['label'][lang]}  {who if tell else one['thing']}{about}  {state}".rstrip()
        under = [f"{one['why_label'][lang]}  {one['because'] if not tell else one['thing']}".rstrip()]
        if tell and not one["told"]:
            under.append(f"creditscore cascade told {found['cascade']} {one['nr']}")
        elif not tell:
            under.append(f"creditscore {TASKS[one['task']]}" + (f"  {who}" if who else ""))
        yield clean(head), [clean(line) for line in under]


def _input(lines: Iterable[str], lang: Lang) -> None:
    for line in lines:
        say_line(clean(f"{text('input_state', lang)}{text('colon', lang)}{line}"))


def _until(day: str | None, provisional: bool, lang: Lang) -> str:
    colon = text("colon", lang)
    unsure = f"  ({phrase('provisional', lang)})" if provisional else ""
    return f"{phrase('decide_by', lang)}{colon}{day or phrase('no_limit', lang)}{unsure}"
