"""The letter of a decided case: what was asked, what was decided and why, the grade, and what may be done further."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from creditscore.core.atomic import write_json, write_text
from creditscore.core.errors import UsageError
from creditscore.core.free_text import refuse_persons_in
from creditscore.core.i18n import Lang, clean, day_said, period_said, phrase
from creditscore.evidence.case_file import pair
from creditscore.evidence.letter_parts import (
    Part,
    aside,
    cite_numbered,
    hide_others,
    lay_out,
    name_addressee,
    tell_remedy,
)
from creditscore.present.document import Document
from creditscore.present.docx import write_docx
from creditscore.present.html import render_page
from creditscore.present.terminal import render_text

INWARD = ("opened_by", "kept_by", "letters")  # who worked on it


GRANTED = ("withdraw", "repair")  # findings that give what was asked; every other one can be contested
WIDE = 10_000  # columns: a letter as plain text has a line for each paragraph


def outward(data: dict[str, Any], lang: Lang = "zh") -> dict[str, Any]:
    """The data of a case as they may leave the office: of its subject alone, without accounts of who worked on it.

    Codes of other organisations, in what parties or departments wrote, give way to words.
    """
    result = data["decision"] and {name: value for name, value in data["decision"].items() if name != "by"}
    if result:
        own = [
            {name: value for name, value in task.items() if name != "command"}
            for task in result["follows"]["tasks"]
            if task["own"]
        ]
        of_subject = {kind: _of_subject(data, kind) for kind in ("changes", "composites")}
        result["follows"] = result["follows"] | {"tasks": own} | of_subject
    shown = {name: value for name, value in data.items() if name not in INWARD} | {"decision": result}
    return {name: hide_others(value, data["subject_id"], lang) for name, value in shown.items()}


def _of_subject(data: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The changes of grades, or of scores of composites, that are the subject's own."""
    return [change for change in data["decision"]["follows"][kind] if change["subject_id"] == data["subject_id"]]


def compose_letter(
    data: dict[str, Any],
    lang: Lang,
    *,
    document_no: str,
    on: str,
    office: str,
    remedy: str = "",
    review_body: str = "",
    court: str = "",
) -> Document:
    """Compose the letter of a decided case: what was asked, the decision and why, the grade, and the remedies left.

    Accounts of the people who worked on the case are left out.

    Parameters
    ----------
    data
        The case as `compile_case_file` gives it.
    lang
        `zh` or `en`.
    document_no
        The number of the letter.
    on
        The date of the letter, `YYYY-MM-DD`. That something was done is stated only where it was by that day.
    office
        The name of the office that signs.
    remedy
        How the decision can be contested further, in the office's own words.
    review_body, court
        Who decides on an administrative review, and the court of a suit: the letter then names both with the terms of
        the day (configs/remedies.yaml). A decision that does not give what was asked needs them, or `remedy`.

    Returns
    -------
    Document
        The letter in that language; `letter_text` gives it as plain text.

    Raises
    ------
    UsageError
        Where the case is not decided, a decision against the addressee names no remedy, or a text holds a resident
        identity number.

    Examples
    --------
    >>> letter = compose_letter(
    ...     data, "en", document_no="2025-17", on="2025-03-10", office="Tax office"
    ... )  # doctest: +SKIP
    >>> print(letter_text(letter))  # doctest: +SKIP
    """
    if data["decision"] is None:
        raise UsageError("evidence.letter_without_decision", where=data["case_id"])
    given = {"document_no": document_no, "office": office, "remedy": remedy, "review_body": review_body, "court": court}
    refuse_persons_in(**given)
    is_adverse = any(finding["action"] not in GRANTED for finding in data["decision"]["findings"])
    told = tell_remedy(data["case_id"], date.fromisoformat(on), remedy, review_body, court, needed=is_adverse)
    data = outward(data, lang)

    def say(code: str, *values: str) -> str:
        return clean(phrase("letter", code, lang, *values))

    def day(iso_day: str) -> str:
        return day_said(iso_day, lang)

    row = data["decision"]
    procedure = data["procedure_label"][lang]
    sections: list[Part] = [
        (
            say("asked", day(data["opened_on"]), data["title"][lang], period_said(data["period"], lang), procedure),
            tuple(_asked(value, lang) for value in data["contested"]),
        ),
        (say("decided"), tuple(_found(finding, data, lang) for finding in row["findings"])),
        (say("reason", row["reason"]), ()),
    ]
    answers = [question for question in data["questions"] if question["answered_on"]]
    if answers:
        sections.append((say("answers"), tuple(_answer(answer, lang) for answer in answers)))
    if row["articles"]:
        sections.append((say("articles"), tuple(cite_numbered(article, lang) for article in row["articles"])))
    before, after = (row[side]["words"][lang] for side in ("before", "after"))
    effect = say("changed", before, after, day(row["on"])) if before != after else say("unchanged", after)
    total = row["after"]["sum"]
    deciding = clean(("" if lang == "zh" else " ").join(row["after"]["decided_by"][lang]))
    under = [line for line in (deciding, say("arithmetic", total) if total else "") if line]
    sections.append((effect, tuple(under)))
    lacking = row["after"]["input"][lang]
    if lacking:
        sections.append((say("input"), tuple(map(clean, lacking))))
    follows = _follows(data, on, lang)
    if follows:
        sections.append((say("follows"), follows))
    remedies = [
        say(
            "remedy_open" if remedy_data["open"] else "remedy_later",
            remedy_data["label"][lang],
            day(remedy_data["until"]),
            cite_numbered(remedy_data["basis"], lang),
        )
        for remedy_data in row["remedies"]
    ]
    sections.append((say("remedies"), (*told[lang], *remedies, say("remedy_objection"))))
    dates = [say("dates", day(data["opened_on"]), day(row["on"]), day(on))]
    if row["late"]:
        by_default = data["clock"]["mark"] == "project_default"
        dates.append(say("late_default" if by_default else "late", day(data["clock"]["decide_by"])))
    sections.append((("" if lang == "zh" else " ").join(dates), ()))
    blocks = lay_out(sections, lang, to=name_addressee(data, lang), office=office, day=day(on))
    title = say("title_repair") if data["procedure"] == "repair" else say("title", procedure)
    written = {"document_no": document_no, "on": on, "office": office}
    return Document(
        title,
        title,
        lang,
        blocks,
        [say("number", document_no)],
        data | {"letter": written},
        made_up=data["made_up"],
        letter=True,
    )


def letter_text(letter: Document) -> str:
    """Return a letter as plain text, a line for each paragraph."""
    return render_text(letter, WIDE)


def _follows(data: dict[str, Any], on: str, lang: Lang) -> tuple[str, ...]:
    """What else the decision changed for the subject: other grades, composites, entries and measures in question.

    That something was done about it is said only where the store holds the day, and that is not after `on`.
    """
    follows = data["decision"]["follows"]

    def say(code: str, *values: str) -> str:
        return clean(phrase("letter", code, lang, *values))

    def shown(row: dict[str, Any]) -> list[str]:
        return [row[f"{side}_words"][lang] for side in ("before", "after")]

    lines = [
        say("follows_grade", change["title"][lang], change["period"], *shown(change))
        for change in follows["changes"]
        if not change["own"] and change["before"] != change["after"]
    ]
    lines += [
        say("follows_composite", composite["title"][lang], *shown(composite)) for composite in follows["composites"]
    ]
    for task in follows["tasks"]:
        if task["own"] and task["kind"] in ("list", "measure"):
            about = (_thing(task, lang), task["label"][lang], say("office"))
            is_done = task["done"] and task["done"] <= on
            lines.append(
                say("follows_done", *about, day_said(task["done"], lang)) if is_done else say("follows_task", *about)
            )
    return tuple(lines)


def _thing(task: dict[str, Any], lang: Lang) -> str:
    """An entry or a measure by its name and number."""
    kind = f"{'named' if task['thing_label'] else 'plain'}_{task['kind']}"
    return phrase("letter", kind, lang, (task["thing_label"] or {}).get(lang, ""), task["thing"])


def _asked(row: dict[str, Any], lang: Lang) -> str:
    parts = [row["ground_label"][lang], _record(row, lang), row["statement"]]
    return clean(("；" if lang == "zh" else "; ").join(part for part in parts if part))


def _found(row: dict[str, Any], data: dict[str, Any], lang: Lang) -> str:
    about = next(ground for ground in data["contested"] if ground["record_id"] == row["record_id"])
    comma, between, colon = ("，", "", "：") if lang == "zh" else (", ", " ", ": ")
    changes = comma.join(
        f"{pair('case_columns', name)[lang]}{between}{day_said(value, lang)}" for name, value in row["changes"].items()
    )
    return clean(f"{_record(about, lang)}{colon}{row['label'][lang]}{aside(changes, lang)}")


def _record(row: dict[str, Any], lang: Lang) -> str:
    label = row["label"][lang] if row["label"] else ""
    if row["record_id"] == "grade":
        return str(label)
    return " ".join(part for part in (row["record_id"], label or row["item"] or "") if part)


def _answer(answer: dict[str, Any], lang: Lang) -> str:
    given = [answer["department"], day_said(answer["answered_on"], lang), answer["document_no"]]
    comma, colon = ("，", "：") if lang == "zh" else (", ", ": ")
    return clean(f"{comma.join(part for part in given if part)}{colon}{answer['answer']}")


LETTER = "letter.json"  # every folder of a letter holds it


def write_letters(
    letters: Mapping[Lang, Document], folder: Path, *, docx: bool = False, template: Path | None = None
) -> list[Path]:
    """Write `letter.zh.txt`, `letter.zh.html`, the same in English, and `letter.json` with what they were made from.

    Parameters
    ----------
    letters
        The letter by language (`compose_letter`).
    folder
        Where the files go.
    docx
        Whether to write `letter.zh.docx` and `letter.en.docx` too (extra `docx`).
    template
        A Word file of the office that the letter is put into: `{{letter}}`, and `{{title}}`, `{{number}}`, `{{to}}`,
        `{{office}}`, `{{day}}` where it has places for them.
    """
    files, data = [], letters["zh"].data
    for lang, letter in letters.items():
        files.append(write_text(folder / f"letter.{lang}.txt", letter_text(letter)))
        files.append(write_text(folder / f"letter.{lang}.html", render_page(letter)))
        if docx or template is not None:
            written = data["letter"]
            fields = {
                "title": str(letter.title),
                "number": written["document_no"],
                "to": letter.data.get("to") or name_addressee(letter.data, lang),
                "office": written["office"],
                "day": day_said(written["on"], lang),
            }
            files.append(write_docx(letter, folder / f"letter.{lang}.docx", template=template, fields=fields))
    files.append(write_json(folder / LETTER, data, sort_keys=True))
    return files
