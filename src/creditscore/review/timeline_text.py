"""A timeline for a terminal: one line per change, and below it what it came from."""

from __future__ import annotations

import io
from typing import Any

from creditscore.days import iso
from creditscore.explanation.numbers import points
from creditscore.explanation.text import clean
from creditscore.explanation.words import Lang, say
from creditscore.explanation.words import text as plain_text
from creditscore.quantities import from_micro
from creditscore.review.attribution import Cause, Reached
from creditscore.review.timeline import Timeline
from creditscore.review.words import text, word

SHOWN = 4  # records named where the clock moved many


def render(line: Timeline, lang: Lang = "zh", width: int = 80) -> str:
    """The timeline as plain text, at most `width` columns wide."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False, legacy_windows=False
    )
    for head in heads(line, lang):
        console.print(Text(head))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for code, justify in (
        ("day", "left"),
        ("period", "left"),
        ("grade", "left"),
        ("score", "right"),
        ("change", "right"),
    ):
        if code != "period" or line.kind == "year":
            table.add_column(text("timeline", code, lang), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column(text("timeline", "cause", lang), overflow="fold")
    for step in line.steps:
        first, *rest = [said(line, cause, lang) for cause in step.causes] or [("", text("timeline", "start", lang))]
        shown = [iso(step.day), *([step.period] if line.kind == "year" else []), grade(step.after, lang)]
        whole = "" if step.change is None else points(from_micro(step.change), plus=True)
        score = points(from_micro(step.after.score))
        lone = not rest
        table.add_row(*map(Text, map(clean, [*shown, score, whole, first[1] if lone else ""])))
        if not lone:
            blank = [""] * (len(shown) + 1)
            for change, words in (first, *rest):
                table.add_row(*map(Text, map(clean, [*blank, change, words])))
    console.print(table)
    console.print(Text("\n" + text("timeline", "order", lang)))
    lines = [one.rstrip() for one in out.getvalue().splitlines()]
    return "\n".join(lines) + "\n"


def heads(line: Timeline, lang: Lang) -> list[str]:
    """Who, under what, over which span, as known when."""
    held = text("timeline", "held", lang, line.known_at) if line.known_at else text("timeline", "both_clocks", lang)
    changed = len(line.steps) - 1
    made_up = [f"*** {plain_text('made_up', lang)} ***"] if line.made_up else []
    refused = [text("timeline", "refused", lang, line.refused)] if line.refused else []
    return [
        *made_up,
        clean(f"{line.name}  {line.subject_id}".strip()),
        f"{text('timeline', 'title', lang)}  {line.scheme}",
        text("timeline", "span", lang, iso(line.first), iso(line.last), line.moments, changed),
        held,
        *refused,
        "",
    ]


def grade(reached: Reached, lang: Lang) -> str:
    """The grade, or the state where there is none."""
    return reached.grade or say(word("states", reached.state), lang)


def said(line: Timeline, cause: Cause, lang: Lang) -> tuple[str, str]:
    """(what a cause changes, what it is)."""
    change = "" if cause.change is None else points(from_micro(cause.change), plus=True)
    parts = [say(word("causes", cause.kind), lang)]
    what = text("timeline", "history", lang) if cause.kind == "knowledge" and cause.what == "history" else cause.what
    item = line.items.get(cause.item)
    parts += [one for one in (what, cause.item, say(item, lang) if item else "") if one]
    for code, records in (("entered", cause.entered), ("left", cause.left)):
        if records:
            parts.append(text("timeline", code, lang, _listed(records, lang)))
    if cause.late:
        parts.append(text("timeline", "late", lang, cause.late))
    if cause.before.grade != cause.after.grade or cause.before.state != cause.after.state:
        parts.append(f"{grade(cause.before, lang)} → {grade(cause.after, lang)}")
    return change, "  ".join(parts)


def _listed(records: tuple[str, ...], lang: Lang) -> str:
    shown = ", ".join(records[:SHOWN])
    return shown if len(records) <= SHOWN else f"{shown} … ({text('timeline', 'more', lang, len(records))})"


def rows(line: Timeline, lang: Lang) -> list[dict[str, Any]]:
    """The same for a page: one row per step with its causes."""
    return [
        {
            "day": iso(step.day),
            "period": step.period,
            "version": step.version,
            "grade": grade(step.after, lang),
            "score": points(from_micro(step.after.score)),
            "change": "" if step.change is None else points(from_micro(step.change), plus=True),
            "causes": [tuple(map(clean, said(line, cause, lang))) for cause in step.causes],
        }
        for step in line.steps
    ]
