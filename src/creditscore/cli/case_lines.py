"""Cases in lines for a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from creditscore.cli.output import tabulate
from creditscore.core.i18n import Lang, clean, lang_of, phrase, say, text, word
from creditscore.evidence.case_file import pair
from creditscore.schemes.citing import cite_said

if TYPE_CHECKING:
    from creditscore.objections.due import Due


SIDES = [(when, what) for when in ("then", "now") for what in ("with", "without")]


def due_lines(dues: Iterable[Due], given: str) -> Iterable[tuple[str, list[str]]]:
    lang = lang_of(given)
    for due in dues:
        day = phrase("case", "no_limit", lang) if due.by is None else due.by.isoformat()
        late = f"  {phrase('case', 'overdue', lang)}" if due.overdue else ""
        unsure = f"  {phrase('case', 'provisional', lang)}" if due.provisional else ""
        whom = f"  {due.department}" if due.department else ""
        under = f"{due.subject_id}  {due.scheme}  {due.period}  {pair('procedures', due.procedure)[lang]}"
        yield clean(f"{day}  {due.case_id}  {pair('case_tasks', due.task)[lang]}{whom}{late}{unsure}"), [clean(under)]


def tell_case_file(data: dict[str, Any], lang: Lang) -> Iterator[Any]:
    """A case on the terminal: head, what is contested, two by two per record, questions, life, decision."""
    from creditscore.present.document import Listing

    colon = text("colon", lang)
    if data["made_up"]:
        yield f"*** {phrase('case', 'made_up', lang)} ***"
    yield f"{data['case_id']}  {data['procedure_label'][lang]}  {data['state_label'][lang]}"
    yield f"{data['name']}  {data['subject_id']}".strip()
    yield f"{data['title'][lang]} ({data['scheme']})  {data['period']}  {data['run_id']}"
    yield f"{phrase('case', 'opened', lang)}{colon}{data['opened_on']} ({data['opened_by']})"
    clock = data["clock"]
    if data["decision"] is None:
        yield _until(clock["decide_by"], clock["provisional"], lang)
    place = clock["label"][lang] if clock["label"] else ""
    basis = " ".join(
        part for part in (place, cite_said(clock["basis"], lang), f"[{clock['mark_label'][lang]}]") if part
    )
    yield f"{phrase('case', 'basis', lang)}{colon}{basis}"
    state = say(word("states", data["grade"]["state"]), lang)
    yield f"{phrase('case', 'grade', lang)}{colon}{data['grade']['sum'] or data['grade']['grade'] or state}"
    yield from _tell_input(data["grade"]["input"][lang], lang)
    yield Listing([_contested(value, lang) for value in data["contested"]], title=phrase("case", "contested", lang))
    if data["merits"]:
        yield from _tell_merits(data, lang)
    if data["questions"]:
        yield Listing(
            [_question(question, lang) for question in data["questions"]], title=phrase("case", "questions", lang)
        )
    if data["life"]:
        rows = [
            {
                "day": row["on"],
                "step": row["step"][lang],
                "grade": row["grade"],
                "status": row["label"][lang],
                "case": row["case_id"] or None,
            }
            for row in data["life"]
        ]
        yield tabulate(rows, "day", "step", "grade", "status", "case", title=phrase("case", "life", lang))
        if data["corrections"]:
            yield phrase("case", "corrections", lang, str(data["corrections"]))
    if data["decision"] is not None:
        yield from _tell_decision(data["decision"], lang)


def _tell_merits(data: dict[str, Any], lang: Lang) -> Iterator[Any]:
    from creditscore.present.document import Column, Table

    heads = [phrase("case", "record", lang)]
    heads += [f"{phrase('case', when, lang)} {phrase('case', what, lang)}" for when, what in SIDES]
    rows = [
        (merit["record_id"] or phrase("case", "all", lang), *(merit[f"{when}_{what}"] for when, what in SIDES))
        for merit in data["merits"]
    ]
    yield Table([Column(head) for head in heads], rows, title=phrase("case", "merits", lang))
    if data["state"] in ("open", "asked") and data["procedure"] != "repair":
        colon = text("colon", lang)
        second = data["merits"][-1]["now_without"]
        yield f"*** {phrase('case', 'disputed', lang)}  {phrase('case', 'second', lang)}{colon}{second} ***"


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


def _tell_decision(row: dict[str, Any], lang: Lang) -> Iterator[Any]:
    from creditscore.present.document import Listing

    items = [
        (
            f"{finding['record_id']}  {finding['label'][lang]}",
            [", ".join(f"{name} = {value}" for name, value in finding["changes"].items())]
            if finding["changes"]
            else [],
        )
        for finding in row["findings"]
    ]
    yield Listing(items, title=f"{phrase('case', 'decision', lang)}  {row['on']}  {row['by']}")
    yield row["reason"]
    if row["articles"]:
        yield cite_said("; ".join(row["articles"]), lang)
    yield f"{row['before']['said']} → {row['after']['said']}"
    if row["after"]["sum"]:
        yield str(row["after"]["sum"])
    yield from _tell_input(row["after"]["input"][lang], lang)
    follows = list(_follows(row["follows"], lang))
    if follows:
        yield Listing(follows, title=phrase("case", "follows", lang))


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


def _tell_input(lines: Iterable[str], lang: Lang) -> Iterator[str]:
    for line in lines:
        yield f"{text('input_state', lang)}{text('colon', lang)}{line}"


def _until(day: str | None, provisional: bool, lang: Lang) -> str:
    colon = text("colon", lang)
    unsure = f"  ({phrase('case', 'provisional', lang)})" if provisional else ""
    return f"{phrase('case', 'decide_by', lang)}{colon}{day or phrase('case', 'no_limit', lang)}{unsure}"
