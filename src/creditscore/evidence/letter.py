"""The letter of a decided case: what was asked, what was decided and why, the grade, and what may be done further."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.core.atomic import write_json, write_text
from creditscore.core.errors import UsageError
from creditscore.core.free_text import refuse_persons_in
from creditscore.core.i18n import LANGS, Lang, clean, day_said, period_said, phrase
from creditscore.evidence.case_file import pair
from creditscore.present.html import draw
from creditscore.schemes.citing import cited_text

INWARD = ("opened_by", "kept_by", "letters")  # who worked on it


@dataclass(frozen=True)
class Section:
    """A paragraph with the lines that belong to it."""

    text: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Letter:
    """A letter in one language; `str` gives it as plain text.

    Parameters
    ----------
    title
        What the letter is, with the procedure.
    number
        The line with its document number.
    to
        The line with the addressee: name and id of the subject.
    sections
        Paragraphs in order, each with the lines that belong to it.
    office
        The office that signs.
    day
        The date of the letter as the language writes it.
    """

    title: str
    number: str
    to: str
    sections: tuple[Section, ...]
    office: str
    day: str

    def __str__(self) -> str:
        lines = [self.title, "", self.number, "", self.to, ""]
        for section in self.sections:
            lines += [section.text, *_listed(section.lines), ""]
        return "\n".join([*lines, self.office, self.day]).rstrip() + "\n"


def _listed(lines: tuple[str, ...]) -> list[str]:
    return [f"  {k}. {line}" if len(lines) > 1 else f"  {line}" for k, line in enumerate(lines, 1)]


def outward(data: dict[str, Any]) -> dict[str, Any]:
    """The data of a case as they may leave the office: of its subject alone, without accounts of who worked on it."""
    result = data["decision"] and {name: value for name, value in data["decision"].items() if name != "by"}
    if result:
        own = [
            {name: value for name, value in task.items() if name != "command"}
            for task in result["follows"]["tasks"]
            if task["own"]
        ]
        result["follows"] = result["follows"] | {"tasks": own, "changes": _of_subject(data)}
    return {name: value for name, value in data.items() if name not in INWARD} | {"decision": result}


def _of_subject(data: dict[str, Any]) -> list[dict[str, Any]]:
    """The changes of grades that are the subject's own."""
    return [change for change in data["decision"]["follows"]["changes"] if change["subject_id"] == data["subject_id"]]


def compose_letter(
    data: dict[str, Any], lang: Lang, *, document_no: str, on: str, office: str, remedy: str = ""
) -> Letter:
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
        How the decision can be contested further, in the office's own words; empty: nothing is added to the remedies
        that the rules of the grade leave open.

    Returns
    -------
    Letter
        The letter in that language.

    Raises
    ------
    UsageError
        Where the case is not decided, or `document_no`, `office` or `remedy` holds a resident identity number.

    Examples
    --------
    >>> letter = compose_letter(
    ...     data, "en", document_no="2025-17", on="2025-03-10", office="Tax office"
    ... )  # doctest: +SKIP
    >>> letter.day  # doctest: +SKIP
    '2025-03-10'
    """
    if data["decision"] is None:
        raise UsageError("a letter needs a decision", where=f"case {data['case_id']}", next="decide the case first")
    refuse_persons_in(document_no=document_no, office=office, remedy=remedy)

    def say(code: str, *values: str) -> str:
        return clean(phrase("letter", code, lang, *values))

    def day(iso_day: str) -> str:
        return day_said(iso_day, lang)

    row = data["decision"]
    procedure = data["procedure_label"][lang]
    sections = [
        Section(
            say("asked", day(data["opened_on"]), data["title"][lang], period_said(data["period"], lang), procedure),
            tuple(_asked(value, lang) for value in data["contested"]),
        ),
        Section(say("decided"), tuple(_found(finding, data, lang) for finding in row["findings"])),
        Section(say("reason", row["reason"])),
    ]
    answers = [question for question in data["questions"] if question["answered_on"]]
    if answers:
        sections.append(Section(say("answers"), tuple(_answer(answer, lang) for answer in answers)))
    if row["articles"]:
        sections.append(Section(say("articles"), tuple(_article(article, lang) for article in row["articles"])))
    before, after = (row[side]["words"][lang] for side in ("before", "after"))
    effect = say("changed", before, after, day(row["on"])) if before != after else say("unchanged", after)
    total = row["after"]["sum"]
    deciding = clean(("" if lang == "zh" else " ").join(row["after"]["decided_by"][lang]))
    under = [line for line in (deciding, say("arithmetic", total) if total else "") if line]
    sections.append(Section(effect, tuple(under)))
    lacking = row["after"]["input"][lang]
    if lacking:
        sections.append(Section(say("input"), tuple(map(clean, lacking))))
    follows = _follows(data, on, lang)
    if follows:
        sections.append(Section(say("follows"), follows))
    remedies = [
        say(
            "remedy_open" if remedy_data["open"] else "remedy_later",
            remedy_data["label"][lang],
            day(remedy_data["until"]),
            _article(remedy_data["basis"], lang),
        )
        for remedy_data in row["remedies"]
    ]
    sections.append(
        Section(say("remedies"), (*([clean(remedy)] if remedy else []), *remedies, say("remedy_objection")))
    )
    dates = [say("dates", day(data["opened_on"]), day(row["on"]), day(on))]
    if row["late"]:
        by_default = data["clock"]["mark"] == "project_default"
        dates.append(say("late_default" if by_default else "late", day(data["clock"]["decide_by"])))
    sections.append(Section(("" if lang == "zh" else " ").join(dates)))
    who = clean(data["name"] or data["subject_id"])
    to = f"{who}（{data['subject_id']}）" if lang == "zh" else f"{who} ({data['subject_id']})"
    return Letter(
        say("title", procedure),
        say("number", document_no),
        say("to", to if data["name"] else data["subject_id"]),
        tuple(sections),
        clean(office),
        day(on),
    )


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
        for change in _of_subject(data)
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
    return clean(f"{_record(about, lang)}{colon}{row['label'][lang]}{_aside(changes, lang)}")


def _aside(text: str, lang: Lang) -> str:
    if not text:
        return ""
    return f"（{text}）" if lang == "zh" else f" ({text})"


def _record(row: dict[str, Any], lang: Lang) -> str:
    label = row["label"][lang] if row["label"] else ""
    if row["record_id"] == "grade":
        return str(label)
    return " ".join(part for part in (row["record_id"], label or row["item"] or "") if part)


def _answer(answer: dict[str, Any], lang: Lang) -> str:
    given = [answer["department"], day_said(answer["answered_on"], lang), answer["document_no"]]
    comma, colon = ("，", "：") if lang == "zh" else (", ", ": ")
    return clean(f"{comma.join(part for part in given if part)}{colon}{answer['answer']}")


def _article(article: str, lang: Lang) -> str:
    label = cited_text(article, number=True)
    return clean(label.zh if lang == "zh" else label.en)


LETTER = "letter.json"  # every folder of a letter holds it


def letter_page(letter: Letter, data: dict[str, Any], lang: Lang) -> str:
    """One offline page; `data` is what the letter was made from (`evidence.case_file.compile_case_file`)."""
    return draw("letter.html", lang, data, letter=letter)


def write_letters(letters: dict[Lang, Letter], data: dict[str, Any], folder: Path) -> list[Path]:
    """`letter.zh.txt`, `letter.zh.html`, the same in English, and `letter.json` with what they were made from."""
    files, data = [], outward(data)
    for lang in LANGS:
        files.append(write_text(folder / f"letter.{lang}.txt", str(letters[lang])))
        files.append(write_text(folder / f"letter.{lang}.html", letter_page(letters[lang], data, lang)))
    files.append(write_json(folder / LETTER, data, sort_keys=True))
    return files
