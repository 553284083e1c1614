"""The picture of a timeline: the score over time, one stair for each change, the grade at each new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from markupsafe import Markup

from creditscore.core.days import from_day
from creditscore.core.i18n import Lang, phrase, say, show
from creditscore.core.quantities import from_micro, points
from creditscore.explanation.labels import grade_or_state
from creditscore.present import svg
from creditscore.present.svg import Picture

if TYPE_CHECKING:
    from creditscore.explanation.timeline.timeline import Timeline

HEIGHT, LEFT, TOP, BOTTOM = 190, 52, 16, 34
MOST = 80  # steps that a picture still shows
COLOUR = "#1f5fa8"


def draw_stairs(timeline: Timeline, lang: Lang) -> Picture:
    """Draw the score over time; nothing where there are no points, or a number is open."""
    steps = timeline.steps
    if not 1 < len(steps) <= MOST or any(step.after.score is None for step in steps):
        return Picture()
    scores = [float(from_micro(step.after.score) or 0) for step in steps]
    low, high = min(scores), max(scores)
    last = max(timeline.last, steps[-1].day)
    days = float(max(1, last - steps[0].day))

    def x(day: int) -> float:
        return LEFT + (svg.WIDTH - LEFT - 20) * (day - steps[0].day) / days

    def y(score: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - score) / ((high - low) or 1.0)

    corners: list[tuple[float, float]] = []
    for k, step in enumerate(steps):
        corners += [(x(step.day), y(scores[k - 1]))] if k else []
        corners.append((x(step.day), y(scores[k])))
    parts: list[Markup] = []
    for score in sorted({low, high}):
        micro = next(step.after.score for step in steps if float(from_micro(step.after.score) or 0) == score)
        parts.append(svg.line(LEFT, y(score), svg.WIDTH - 20, y(score), "grid"))
        parts.append(svg.say(LEFT - 8, y(score) + 4, points(from_micro(micro)), "end", "number"))
    parts.append(svg.path([*corners, (x(last), y(scores[-1]))], COLOUR))
    room_left = float(LEFT)
    for k, step in enumerate(steps):
        version = step.version or timeline.scheme
        named = say(grade_or_state(version, step.after.grade or step.after.state), lang)
        title = f"{show(from_day(step.day), lang)} {named} {points(from_micro(step.after.score))}"
        parts.append(svg.dot(x(step.day), y(scores[k]), 3.5, COLOUR, title))
        changed = not k or steps[k - 1].after.grade != step.after.grade
        if changed and step.after.grade and x(step.day) >= room_left:
            sign = svg.fit(named, 120)
            wide = 10 + 8 * svg.columns(sign)  # what would run over the right edge ends at its point
            side, shift = ("end", -4) if x(step.day) + wide > svg.WIDTH else ("start", 4)
            parts.append(svg.say(x(step.day) + shift, y(scores[k]) - 6, sign, side, "small"))
            room_left = x(step.day) + wide
    parts.append(svg.say(LEFT, HEIGHT - 8, show(from_day(steps[0].day), lang), css="small"))
    parts.append(svg.say(svg.WIDTH - 20, HEIGHT - 8, show(from_day(last), lang), "end", "small"))
    ends = (points(from_micro(steps[place].after.score)) for place in (0, -1))
    return svg.picture(
        "stairs", phrase("timeline", "path", lang), phrase("timeline", "path_desc", lang, *ends), HEIGHT, parts
    )
