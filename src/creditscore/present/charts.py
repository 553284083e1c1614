"""Charts drawn from the tables of a summary: horizontal bars, stacked shares, a histogram, a path of steps."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from markupsafe import Markup

from creditscore.core.i18n import SYMBOL
from creditscore.present.svg import WIDTH, Picture, fit, line, picture, rect, say

# From good to bad, told apart by people who see no red or green, and on paper; M is neither.
NAMED = {"A": "#1f5fa8", "B": "#7fb2dc", "M": "#b9bec5", "C": "#f0a35e", "D": "#a6263a"}
SCALE = ("#1f5fa8", "#4d8cc7", "#8fbce0", "#f3c08a", "#e07f3f", "#a6263a")
OTHER = "#44546a"  # a grade that has no colour of its own
DARK = {"#1f5fa8", "#a6263a", OTHER}  # white is read on these, dark letters on all others: 4.5 to 1 at least
BAR = "#4d8cc7"
GAIN, LOSS = "#1f5fa8", "#a6263a"
LEFT = 170


def colours(codes: Sequence[str]) -> dict[str, str]:
    """A colour for each grade, best first."""
    if set(codes) <= set(NAMED):
        return {code: NAMED[code] for code in codes}
    last = max(1, len(codes) - 1)
    return {code: SCALE[round(k * (len(SCALE) - 1) / last)] for k, code in enumerate(codes)}


def ink(shade: str) -> str:
    """Give the class of a text on a colour."""
    return "on-dark" if shade in DARK else "on-light"


def badge(grade: str, label: str, shades: Mapping[str, str] = NAMED) -> dict[str, str]:
    """Give a grade as a sign: its printed symbol, else the first word of its label, in the colour of its code."""
    shade = shades.get(grade, OTHER)
    sign = grade if not grade or SYMBOL.fullmatch(grade) else re.split(r"[（(]", label)[0].strip()
    return {"shade": shade, "ink": ink(shade), "badge": sign or "–", "wordy": "wordy" if len(sign) > 3 else ""}


def bars(name: str, title: str, desc: str, rows: Sequence[Mapping[str, Any]], left: int = LEFT) -> Markup:
    """Rows with label, value, text, and optionally colour."""
    most = max([float(row["value"]) for row in rows] + [1e-9])
    room = WIDTH - left - 150
    parts = []
    for k, row in enumerate(rows):
        y = 6 + 28 * k
        parts.append(say(left - 8, y + 15, fit(row["label"], left - 12), "end"))
        width = room * float(row["value"]) / most
        parts.append(rect(left, y, width, 20, row.get("colour", BAR), f"{row['label']} {row['text']}"))
        parts.append(say(left + width + 8, y + 15, row["text"], css="number"))
    return picture(name, title, desc, 28 * len(rows) + 10, parts)


def grade_bars(title: str, desc: str, counted: Sequence[tuple[str, str, int]]) -> Picture:
    """How many organisations have which grade, one bar each: code, name and number, best first."""
    shades = colours([code for code, *_ in counted])
    rows = [
        {"label": name, "value": number, "text": f"{number:,}", "colour": shades[code]}
        for code, name, number in counted
    ]
    return Picture(bars("grades", title, desc, rows))


def stacked(
    name: str,
    title: str,
    desc: str,
    rows: Sequence[Mapping[str, Any]],
    codes: Sequence[str],
    shades: Mapping[str, str] | None = None,
    each: float | None = None,
) -> Markup:
    """One bar of 100 per cent for each row: label, total, counts by code, percents by code.

    `shades` by code, in place of those of grades; `each`: room for a code in the key above (absent: its share).
    """
    shades, room = shades or colours(codes), WIDTH - LEFT - 6
    each = min(150.0, room / max(1, len(codes))) if each is None else each
    parts: list[Markup] = []
    for k, code in enumerate(codes):
        x = LEFT + each * k
        parts += [rect(x, 4, 13, 13, shades[code]), say(x + 18, 15, fit(code, each - 20))]
    for k, row in enumerate(rows):
        y, x = 28 + 28 * k, float(LEFT)
        parts.append(say(LEFT - 8, y + 15, fit(f"{row['label']} ({row['total']})", LEFT - 12), "end"))
        for code in codes:
            count, total = row["counts"].get(code, 0), row["total"]
            width = room * count / total if total else 0
            if not count:
                continue
            shown = f"{row['percents'][code]:.1f}"
            parts.append(rect(x, y, width, 20, shades[code], f"{row['label']} {code}: {count} ({shown} %)"))
            if width >= 34:
                parts.append(say(x + width / 2, y + 15, shown, "middle", ink(shades[code])))
            x += width
    return picture(name, title, desc, 28 * len(rows) + 34, parts)


def histogram(
    name: str, title: str, desc: str, bins: Sequence[Mapping[str, Any]], edges: Sequence[Mapping[str, Any]]
) -> Markup:
    """Upright bars over equal intervals (from, to, count), with dashed lines at the edges of bands."""
    if not bins:
        return Markup("")
    left, top, height = 56, 24, 190
    room = WIDTH - left - 12
    most = max(row["count"] for row in bins)
    low, high = Decimal(bins[0]["from"]), Decimal(bins[-1]["to"])
    each = room / len(bins)
    parts = []
    for tick in ticks(most):
        y = top + height * (1 - tick / most)
        parts += [line(left, y, WIDTH - 12, y, "grid"), say(left - 6, y + 4, f"{tick:,}", "end", "small")]
    skip = max(1, -(-len(bins) // 14))
    for k, row in enumerate(bins):
        x, tall = left + each * k, height * row["count"] / most
        title_of = f"{row['from']} – {row['to']}: {row['count']}"
        parts.append(rect(x + 1, top + height - tall, each - 2, tall, BAR, title_of))
        if k % skip == 0:
            parts.append(say(x, top + height + 17, row["from"].replace("-", "−"), "middle", "small"))
    parts.append(line(left, top + height, WIDTH - 12, top + height, "axis"))
    for edge in edges:
        if low < Decimal(edge["at"]) < high:
            x = left + room * float((Decimal(edge["at"]) - low) / (high - low))
            parts += [line(x, top - 6, x, top + height, "edge"), say(x + 4, top + 2, edge["grade"], css="small")]
    return picture(name, title, desc, top + height + 26, parts)


def ticks(most: int) -> list[int]:
    """Three to six round numbers from 0 to `most`."""
    step = 1
    while most / step > 5:
        step = step * 5 // 2 if str(step)[0] == "2" else step * 2
    return list(range(0, most + 1, step))


def steps(name: str, title: str, desc: str, rows: Sequence[Mapping[str, Any]]) -> Picture:
    """From the start score downwards, one row per change: label, before, after, text."""
    points = [float(value) for row in rows for value in (row["before"], row["after"]) if value is not None]
    if not points:
        return Picture()
    low, high = min(points), max(points)
    pad = max(1.0, (high - low) * 0.08)
    low, high = low - pad, high + pad
    left, right = 270, 70
    room = WIDTH - left - right

    def at(value: float) -> float:
        return left + room * (value - low) / (high - low)

    parts = []
    for k, row in enumerate(rows):
        y = 6 + 26 * k
        parts.append(say(left - 10, y + 14, fit(row["label"], left - 14), "end"))
        after = float(row["after"])
        if row["before"] is None:
            parts.append(line(at(after), y - 2, at(after), y + 20, "axis"))
            parts.append(say(at(after) + 6, y + 14, row["text"], css="number"))
            continue
        before = float(row["before"])
        x, width = min(at(before), at(after)), abs(at(after) - at(before))
        parts.append(rect(x, y, max(width, 1.5), 18, GAIN if after > before else LOSS, row["text"]))
        parts.append(say(max(at(before), at(after)) + 6, y + 14, row["text"], css="number"))
        parts.append(line(at(after), y, at(after), y + 30 if k + 1 < len(rows) else y + 18, "link"))
    return picture(name, title, desc, 26 * len(rows) + 10, parts)
