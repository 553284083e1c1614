"""The page of one subject, at its three depths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from creditscore.core import i18n
from creditscore.core.i18n import Lang, clean, period_said, say, word
from creditscore.core.identity import redact
from creditscore.core.quantities import points
from creditscore.explanation import text as terminal
from creditscore.explanation.as_data import explanation_data, subject_data
from creditscore.explanation.audit import Audit
from creditscore.explanation.reason_codes import paragraph
from creditscore.present import charts
from creditscore.present.html import draw, text

if TYPE_CHECKING:
    from creditscore.explanation.ledger import Explanation, Line

STEPS_SHOWN = 40  # a longer ledger has no picture, only its table
HEADS = ("item", "record", "nominal", "effective", "total", "reason", "article")


def subject_page(
    explanation: Explanation,
    lang: Lang = "zh",
    made_up: bool | None = None,
    hashes: Audit | None = None,
    marks: Sequence[str] = (),
    disputes: Sequence[Mapping[str, Any]] = (),
    other: str = "",
    depth: terminal.Depth = "reviewer",
) -> str:
    """The explained grade of one subject, with `hashes` for an auditor; prints on A4.

    `depth`: `subject` is the page for the subject itself: what, why, what to do, whom to ask, without marks of evidence
    and arithmetic; `reviewer` and `auditor` are the pages of the office.
    `marks` are the lines that say which of its records are disputed, `disputes` the same as rows for the JSON; `other`
    is the file of the same page in the other language.
    """
    if depth == "subject":
        return _own_page(explanation, lang, made_up, marks, other)
    data = explanation_data(explanation, made_up, hashes)
    if disputes:
        data["disputes"] = [dict(row) for row in disputes]
    rows = [
        {
            "label": clean(terminal.named(line, lang)),
            "record": redact(clean(line.record_id)),
            "numbers": terminal.numbers(line),
            "said": clean(say(line.said, lang)),
            "article": clean(say(line.cited, lang)),
            "idle": line.step == "record" and line.effective == 0 and not line.decides,
            "step": "decides" if line.decides else line.step,
        }
        for line in explanation.lines
    ]
    return draw(
        "subject.html",
        lang,
        data,
        **_badge(explanation, lang),
        one=explanation,
        rows=rows,
        facts=terminal.facts(explanation, lang),
        path=_path(explanation, lang),
        notes=[i18n.text(note, lang) for note in explanation.notes],
        said=paragraph(explanation, lang, office=True),
        period=period_said(explanation.period, lang),
        shown_sum=_sum_said(explanation, lang),
        how="how" if explanation.by_score else "how_aside",
        heads=[i18n.text(code, lang) for code in HEADS],
        scored=any(row["step"] == "start" for row in rows),
        laws=[say(label, lang) for label in explanation.laws.values()],
        readings=[say(label, lang) for label in explanation.readings.values()],
        interval_shown=_open(explanation, lang),
        decision=_decision(explanation, lang),
        hashes=hashes,
        marks=[mark.strip("* ") for mark in marks],
        other=other,
    )


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
    """The grade as a sign and as a person names it."""
    label = say(explanation.grade_label, lang)
    grade_said = terminal.grade_name(explanation.grade, label) if explanation.grade else ""
    return charts.badge(explanation.grade, label) | {"grade_said": grade_said}


def _sum_said(explanation: Explanation, lang: Lang) -> str:
    """The arithmetic, with the grade as a person names it."""
    return explanation.sum.replace(
        f"→ {explanation.grade}", f"→ {terminal.grade_name(explanation.grade, say(explanation.grade_label, lang))}"
    )


def _open(explanation: Explanation, lang: Lang) -> str:
    """The interval of an open score, with the word for it."""
    shown = terminal.interval(explanation, lang)
    return f"{i18n.text('score', lang)}{i18n.text('colon', lang)}{shown}" if shown else ""


def _decision(explanation: Explanation, lang: Lang) -> str:
    if explanation.state == "graded":
        return terminal.route_said(explanation, lang)
    state, why = say(word("states", explanation.state), lang), say(explanation.state_reason, lang)
    return clean(f"{state}{i18n.text('colon', lang)}{why}")


def _path(explanation: Explanation, lang: Lang) -> Markup:
    """The picture from the start score to the score; none where a number is open or the ledger is long."""
    moves: list[Line] = [line for line in explanation.lines if line.step == "start" or line.effective]
    if explanation.score is None or explanation.start is None or not 1 < len(moves) <= STEPS_SHOWN:
        return Markup("")
    rows: list[dict[str, Any]] = []
    for line in moves:
        moved = line.nominal if line.step == "start" else line.effective
        if line.total is None or moved is None:
            return Markup("")
        first = not rows
        rows.append(
            {
                "label": clean(terminal.named(line, lang)),
                "before": None if first else line.total - moved,
                "after": line.total,
                "text": points(line.total) if first else points(moved, plus=True),
            }
        )
    rows.append(
        {
            "label": i18n.text("score", lang),
            "before": None,
            "after": explanation.score,
            "text": points(explanation.score),
        }
    )
    desc = text("how_desc", lang, points(explanation.start), points(explanation.score))
    return charts.steps("path", text("how" if explanation.by_score else "how_aside", lang), desc, rows)
