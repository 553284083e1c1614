"""The timeline of one subject as a page: the score as stairs, every change with its causes, the JSON beside."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from markupsafe import Markup

from creditscore.core.days import from_day, iso
from creditscore.core.i18n import Lang, clean, day_said, phrase
from creditscore.core.quantities import from_micro, points
from creditscore.explanation.timeline.text import grade, heads, rows
from creditscore.explanation.timeline.timeline import Timeline
from creditscore.present.html import draw, write_pair
from creditscore.present.svg import WIDTH, columns, dot, fit, path, picture, say
from creditscore.present.svg import line as stroke

HEIGHT, LEFT, TOP, BOTTOM = 190, 52, 16, 34
MOST = 80  # steps that a picture still shows


def write_timeline(timeline: Timeline, folder: Path, name: str = "timeline") -> list[Path]:
    """`timeline.html` (Chinese), `timeline.en.html` and `timeline.json` with exactly what was drawn."""
    return write_pair(timeline.as_data(), lambda _, lang, other: timeline_page(timeline, lang, other), folder, name)


def timeline_page(timeline: Timeline, lang: Lang = "zh", other: str = "") -> str:
    """The page in one language; `other` is the file of the same page in the other one."""
    data: dict[str, Any] = timeline.as_data()
    return draw(
        "timeline.html",
        lang,
        data,
        heads=heads(timeline, lang),
        rows=rows(timeline, lang),
        stairs=_stairs(timeline, lang),
        other=other,
        years=timeline.kind == "year",
        named=clean(timeline.name or timeline.subject_id),
        said=lambda code, *values: phrase("timeline", code, lang, *values),
    )


def _stairs(timeline: Timeline, lang: Lang) -> Markup:
    """The score over time; none where there are no points, or a number is open."""
    steps = timeline.steps
    if not 1 < len(steps) <= MOST or any(step.after.score is None for step in steps):
        return Markup("")
    scores = [float(from_micro(step.after.score) or 0) for step in steps]
    low, high = min(scores), max(scores)
    room = (high - low) or 1.0
    last = max(timeline.last, steps[-1].day)
    days = float(max(1, last - steps[0].day))

    def x(day: int) -> float:
        return LEFT + (WIDTH - LEFT - 20) * (day - steps[0].day) / days

    def y(score: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - score) / room

    corners: list[tuple[float, float]] = []
    for k, step in enumerate(steps):
        if k:
            corners.append((x(step.day), y(scores[k - 1])))
        corners.append((x(step.day), y(scores[k])))
    corners.append((x(last), y(scores[-1])))
    parts: list[Markup] = []
    for score in sorted({low, high}):
        micro = next(step.after.score for step in steps if float(from_micro(step.after.score) or 0) == score)
        parts += [
            stroke(LEFT, y(score), WIDTH - 20, y(score), "grid"),
            say(LEFT - 8, y(score) + 4, points(from_micro(micro)), "end", "number"),
        ]
    parts.append(path(corners, "#1f5fa8"))
    room_left = float(LEFT)
    for k, step in enumerate(steps):
        named = grade(step.after, step.version or timeline.scheme, lang)
        label = f"{day_said(iso(step.day), lang)} {named} {points(from_micro(step.after.score))}"
        parts.append(dot(x(step.day), y(scores[k]), 3.5, "#1f5fa8", label))
        changed = not k or steps[k - 1].after.grade != step.after.grade
        if changed and step.after.grade and x(step.day) >= room_left:
            sign = fit(named, 120)
            wide = 10 + 8 * columns(sign)  # what would run over the right edge ends at its point
            side, shift = ("end", -4) if x(step.day) + wide > WIDTH else ("start", 4)
            parts.append(say(x(step.day) + shift, y(scores[k]) - 6, sign, side, "small"))
            room_left = x(step.day) + wide
    parts.append(say(LEFT, HEIGHT - 8, day_said(iso(steps[0].day), lang), css="small"))
    parts.append(say(WIDTH - 20, HEIGHT - 8, day_said(from_day(last).isoformat(), lang), "end", "small"))
    desc = phrase(
        "timeline",
        "path_desc",
        lang,
        points(from_micro(steps[0].after.score)),
        points(from_micro(steps[-1].after.score)),
    )
    return picture("stairs", phrase("timeline", "path", lang), desc, HEIGHT, parts)


__all__ = ["timeline_page", "write_timeline"]
