"""Pages: one file each, offline, without scripts, all data inert, the numbers they were drawn from inside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from creditscore.core import i18n
from creditscore.core.boundary import require_plain
from creditscore.core.errors import UsageError
from creditscore.core.i18n import SYMBOL, Lang, Words, load_words, period_said, say, word
from creditscore.core.identity import redact
from creditscore.core.numbers import points
from creditscore.explanation import text as terminal
from creditscore.explanation.as_data import explanation_data, subject_data
from creditscore.explanation.audit import Audit
from creditscore.explanation.ledger import Explanation, Line
from creditscore.explanation.reason_codes import paragraph
from creditscore.present import charts

if TYPE_CHECKING:
    from jinja2 import Environment

HERE = Path(__file__).parent
STEPS_SHOWN = 40  # a longer ledger has no picture, only its table


@lru_cache(maxsize=1)
def _words() -> Words:
    return load_words(HERE / "words.yaml")


def text(code: str, lang: Lang, *values: object) -> str:
    said = say(_words()["texts"][code], lang)
    for k, value in enumerate(values):
        said = said.replace(f"{{{k}}}", str(value))
    return said


def as_json(data: Any) -> str:
    """The numbers of a page as JSON, the same in the page and beside it."""
    return json.dumps(data, ensure_ascii=False, indent=1, sort_keys=True)


def inert(data: Any) -> Markup:
    """JSON that may stand inside an HTML page: nothing in it can end the element or begin another."""
    shown = as_json(data)
    for one in "<>&\u2028\u2029":
        shown = shown.replace(one, f"\\u{ord(one):04x}")
    return Markup(shown)  # every character that HTML could take for markup is gone


@lru_cache(maxsize=1)
def environment() -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["thousands"] = lambda value: f"{value:,}"
    made.globals["inert"] = inert
    return made


def draw(template: str, lang: Lang, data: dict[str, Any], **more: Any) -> str:
    def said(code: str, *values: object) -> str:
        return text(code, lang, *values)

    tag = {"zh": "zh-CN", "en": "en"}[lang]
    page = environment().get_template(template)
    return page.render(t=said, lang=lang, tag=tag, data=data, made_up=data["made_up"], **more)


def write_page(file: Path, page: str) -> Path:
    """Write a text into a file, and make its folder; UsageError where that cannot be."""
    require_plain(file)
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(page, encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write there: {error.strerror or error}", where=str(file), next="give another place"
        ) from error
    return file


def write_pair(
    data: dict[str, Any], draw: Callable[[dict[str, Any], Lang, str], str], folder: Path, name: str
) -> list[Path]:
    """`name.html` (Chinese), `name.en.html` and `name.json` with exactly what was drawn."""
    files = [folder / f"{name}.html", folder / f"{name}.en.html", folder / f"{name}.json"]
    write_page(files[0], draw(data, "zh", files[1].name))
    write_page(files[1], draw(data, "en", files[0].name))
    write_page(files[2], as_json(data) + "\n")
    return files


def write_overview(summary: dict[str, Any], folder: Path, name: str = "overview") -> list[Path]:
    """`overview.html` (Chinese), `overview.en.html` and `overview.json` with exactly what was drawn."""
    return write_pair(summary, overview_page, folder, name)


def overview_page(summary: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The overview of a grading. `other` is the file of the same page in the other language."""
    codes = [row["code"] for row in summary["grades"]]
    graded = sum(row["count"] for row in summary["grades"])
    shades = charts.colours(codes)
    grade_rows = [
        {
            "label": terminal.grade_name(row["code"], row["label"][lang]),
            "value": row["percent"],
            "text": f"{row['percent']:.1f} %  ({row['count']:,})",
            "colour": shades[row["code"]],
        }
        for row in summary["grades"]
    ]
    pictures = {
        "grades": charts.bars(
            "grades", text("grades", lang), text("grades_desc", lang, f"{graded:,}"), grade_rows, left=230
        ),
        "scores": charts.histogram(
            "scores",
            text("scores", lang),
            text("scores_edges" if summary["scores"]["edges"] else "scores_desc", lang, summary["scores"]["width"]),
            summary["scores"]["bins"],
            summary["scores"]["edges"],
        ),
        "items": charts.bars(
            "items",
            text("items", lang),
            text("items_desc", lang),
            [
                {
                    "label": f"{row['code']} {row['label'][lang]}",
                    "value": abs(Decimal(row["points"])),
                    "text": f"{Decimal(row['points']):,}".replace("-", "−"),
                }
                for row in summary["items"]
            ],
            left=300,
        ),
    }
    for name, rows in summary["groups"].items():
        listed = [
            {**row, "label": text("other", lang) if row["name"] is None else row["name"] or text("unnamed", lang)}
            for row in rows
        ]
        if listed:
            pictures[name] = charts.stacked(name, text(name, lang), text("groups_desc", lang), listed, codes)
    return draw(
        "overview.html", lang, summary,
        pictures=pictures, graded=graded, other=other,
    )  # fmt: skip


def subject_page(
    one: Explanation, lang: Lang = "zh", made_up: bool | None = None, hashes: Audit | None = None,
    marks: Sequence[str] = (), disputes: Sequence[Mapping[str, Any]] = (), other: str = "",
    depth: terminal.Depth = "reviewer",
) -> str:  # fmt: skip
    """The explained grade of one subject, with `hashes` for an auditor; prints on A4.

    `depth`: `subject` is the page for the subject itself: what, why, what to do, whom to ask, without marks of evidence
    and arithmetic; `reviewer` and `auditor` are the pages of the office.
    `marks` are the lines that say which of its records are disputed, `disputes` the same as rows for the JSON; `other`
    is the file of the same page in the other language.
    """
    if depth == "subject":
        return _own_page(one, lang, made_up, marks, other)
    data = explanation_data(one, made_up, hashes)
    if disputes:
        data["disputes"] = [dict(row) for row in disputes]
    rows = [
        {
            "label": terminal.clean(terminal.named(line, lang)),
            "record": redact(terminal.clean(line.record_id)),
            "numbers": terminal.numbers(line),
            "said": terminal.clean(say(line.said, lang)),
            "article": terminal.clean(say(line.cited, lang)),
            "idle": line.step == "record" and line.effective == 0 and not line.decides,
            "step": "decides" if line.decides else line.step,
        }
        for line in one.lines
    ]
    return draw(
        "subject.html", lang, data, **_badge(one, lang),
        one=one, rows=rows, facts=terminal.facts(one, lang), path=_path(one, lang),
        notes=[i18n.text(note, lang) for note in one.notes], said=paragraph(one, lang, office=True),
        period=period_said(one.period, lang), shown_sum=_sum_said(one, lang),
        how="how" if one.by_score else "how_aside",
        heads=[i18n.text(code, lang) for code in HEADS], scored=any(row["step"] == "start" for row in rows),
        laws=[say(label, lang) for label in one.laws.values()],
        readings=[say(label, lang) for label in one.readings.values()],
        interval_shown=_open(one, lang), decision=_decision(one, lang),
        hashes=hashes, marks=[mark.strip("* ") for mark in marks], other=other,
    )  # fmt: skip


def _own_page(explanation: Explanation, lang: Lang, made_up: bool | None, marks: Sequence[str], other: str) -> str:
    """The page for the subject itself."""
    return draw(
        "subject_own.html",
        lang,
        subject_data(explanation, made_up),
        **_badge(explanation, lang),
        decision=_decision(explanation, lang),
        marks=[mark.strip("* ") for mark in marks],
        other=other,
        period=period_said(explanation.period, lang),
    )


def _badge(explanation: Explanation, lang: Lang) -> dict[str, str]:
    """The grade as a sign: its printed symbol, else the first word of its label, in the colour of its code."""
    shade = charts.NAMED.get(explanation.grade, "#44546a")
    label = say(explanation.grade_label, lang)
    short = (
        explanation.grade
        if not explanation.grade or SYMBOL.fullmatch(explanation.grade)
        else re.split(r"[（(]", label)[0].strip()
    )
    dark = shade in charts.DARK or shade == "#44546a"
    return {
        "shade": shade,
        "ink": "on-dark" if dark else "on-light",
        "badge": short,
        "wordy": "wordy" if len(short) > 3 else "",
        "grade_said": terminal.grade_name(explanation.grade, label) if explanation.grade else "",
    }


def _sum_said(explanation: Explanation, lang: Lang) -> str:
    """The arithmetic, with the grade as a person names it."""
    return explanation.sum.replace(
        f"→ {explanation.grade}", f"→ {terminal.grade_name(explanation.grade, say(explanation.grade_label, lang))}"
    )


HEADS = ("item", "record", "nominal", "effective", "total", "reason", "article")


def _open(one: Explanation, lang: Lang) -> str:
    """The interval of an open score, with the word for it."""
    shown = terminal.interval(one, lang)
    return f"{i18n.text('score', lang)}{i18n.text('colon', lang)}{shown}" if shown else ""


def _decision(one: Explanation, lang: Lang) -> str:
    if one.state == "graded":
        return terminal.route_said(one, lang)
    state, why = say(word("states", one.state), lang), say(one.state_reason, lang)
    return terminal.clean(f"{state}{i18n.text('colon', lang)}{why}")


def _path(one: Explanation, lang: Lang) -> Markup:
    """The picture from the start score to the score; none where a number is open or the ledger is long."""
    moves: list[Line] = [line for line in one.lines if line.step == "start" or line.effective]
    if one.score is None or one.start is None or not 1 < len(moves) <= STEPS_SHOWN:
        return Markup("")
    rows: list[dict[str, Any]] = []
    for line in moves:
        moved = line.nominal if line.step == "start" else line.effective
        if line.total is None or moved is None:
            return Markup("")
        first = not rows
        rows.append(
            {
                "label": terminal.clean(terminal.named(line, lang)),
                "before": None if first else line.total - moved,
                "after": line.total,
                "text": points(line.total) if first else points(moved, plus=True),
            }
        )
    rows.append({"label": i18n.text("score", lang), "before": None, "after": one.score, "text": points(one.score)})
    desc = text("how_desc", lang, points(one.start), points(one.score))
    return charts.steps("path", text("how" if one.by_score else "how_aside", lang), desc, rows)
