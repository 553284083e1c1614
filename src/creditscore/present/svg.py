"""Small pieces of SVG: every text escaped, every picture with a title and a description."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from markupsafe import Markup, escape

from creditscore.core.i18n import clean

WIDTH = 720
SIZE = 13  # of letters, in the units of the picture
STROKES = {
    "grid": Markup(' stroke="#e6eaef"'),
    "link": Markup(' stroke="#9aa4b1"'),
    "axis": Markup(' stroke="#5b6675" stroke-width="1.5"'),
    "whisker": Markup(' stroke="#44546a" stroke-width="1.6"'),
    "edge": Markup(' stroke="#1a2330" stroke-dasharray="4 3"'),
}


class Picture(Markup):
    """A picture as markup, which a notebook shows."""

    def _repr_html_(self) -> str:
        return str(self)


def columns(text: str) -> int:
    """Width of a text in columns: Chinese letters take two."""
    return sum(2 if unicodedata.east_asian_width(name) in "WF" else 1 for name in text)


def fit(text: str, width: float) -> str:
    """`text`, cut with an ellipsis to `width` units."""
    most = int(width / (SIZE * 0.54))
    if columns(text) <= most:
        return text
    cut = ""
    for name in text:
        if columns(cut + name) > most - 1:
            break
        cut += name
    return cut + "…"


def say(x: float, y: float, text: str, anchor: str = "start", css: str = "") -> Markup:
    shape = Markup('<text x="{}" y="{}" text-anchor="{}" class="{}">{}</text>')
    return shape.format(round(x, 1), round(y, 1), anchor, css, clean(text))


def rect(x: float, y: float, width: float, height: float, fill: str, title: str = "") -> Markup:
    inner = Markup("<title>{}</title>").format(clean(title)) if title else Markup("")
    shape = Markup('<rect x="{}" y="{}" width="{}" height="{}" fill="{}">{}</rect>')
    return shape.format(round(x, 1), round(y, 1), round(max(0.0, width), 1), round(height, 1), fill, inner)


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> Markup:
    """A straight line of a kind; its stroke stands in it, so that it shows where no style sheet is."""
    shape = Markup('<line x1="{}" y1="{}" x2="{}" y2="{}"{}/>')
    return shape.format(round(x1, 1), round(y1, 1), round(x2, 1), round(y2, 1), STROKES[kind])


def dot(x: float, y: float, radius: float, fill: str, title: str = "") -> Markup:
    inner = Markup("<title>{}</title>").format(clean(title)) if title else Markup("")
    shape = Markup('<circle cx="{}" cy="{}" r="{}" fill="{}">{}</circle>')
    return shape.format(round(x, 1), round(y, 1), round(radius, 1), fill, inner)


def path(points: Iterable[tuple[float, float]], stroke: str) -> Markup:
    """A line through points, not filled."""
    through = " ".join(f"{round(x, 1)},{round(y, 1)}" for x, y in points)
    return Markup('<polyline points="{}" fill="none" stroke="{}" stroke-width="2"/>').format(through, stroke)


def picture(name: str, title: str, desc: str, height: float, parts: Iterable[Markup]) -> Picture:
    """The whole picture; `name` makes the ids of title and description unique on its page."""
    shape = Picture(
        '<svg viewBox="0 0 {w} {h}" width="{w}" height="{h}" font-size="{s}" role="img" aria-labelledby="{n}-t {n}-d"'
        ' xmlns="http://www.w3.org/2000/svg"><title id="{n}-t">{t}</title><desc id="{n}-d">{d}</desc>{p}</svg>'
    )
    return shape.format(
        w=WIDTH, h=round(height), s=SIZE, n=escape(clean(name)), t=clean(title), d=clean(desc), p=Markup("").join(parts)
    )
