"""Plots of figures with their uncertainty: curves, reliability, intervals beside a mark, pairs, a matrix."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil, floor, log10
from typing import Any

from markupsafe import Markup

from creditscore.present.charts import BAR, LOSS
from creditscore.present.document import Chart, Column, Count, Table
from creditscore.present.svg import WIDTH, dot, fit, line, path, picture, rect, say

SHADES = ("#1f5fa8", "#e07f3f", "#5b6675")
LIGHTS = {"green": "#1f5fa8", "yellow": "#e0a93f", "red": "#a6263a", "none": "#b9bec5"}


def chart_of(
    draw: Callable[..., Markup], name: str, title: str, desc: str, rows: Sequence[Mapping[str, Any]], *how: Any
) -> Chart:
    """A picture of rows with label and text, and a table with both; `title` is that of the section around it."""
    table = Table([Column(""), Column("", "number")], [(row["label"], row["text"]) for row in rows])
    return Chart("", draw(name, title, desc, rows, *how), desc, table)


def matrix_chart(
    name: str,
    title: str,
    desc: str,
    labels: Sequence[str],
    counts: Sequence[Sequence[int]],
    columns: Sequence[str] | None = None,
) -> Chart:
    """Counts from row to column: a picture with per cents of the row, a table with the counts."""
    columns = labels if columns is None else columns
    shares = [[n / sum(row) if sum(row) else None for n in row] for row in counts]
    picture = matrix(name, title, desc, labels, shares, counts, columns)
    cells = [(label, *map(Count, row)) for label, row in zip(labels, counts, strict=True)]
    return Chart(title, picture, desc, Table([Column(""), *(Column(name, "number") for name in columns)], cells))


def shown(value: float | None, digits: int = 3) -> str:
    """A number for a reader: `digits` significant, a real minus sign, a dash where there is none."""
    if value is None:
        return "—"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}".replace("-", "−")
    if abs(value) < 10 ** -(digits + 1):
        return f"{value:.1e}".replace("-", "−")
    size = floor(log10(abs(value)))
    places = max(0, min(digits + 1, digits - 1 - size))
    return f"{value:,.{places}f}".replace("-", "−")


def scale_of(low: float, high: float) -> list[float]:
    """Four to seven round numbers that enclose low and high."""
    if high <= low:
        low, high = low - max(abs(low) * 0.1, 0.01), high + max(abs(high) * 0.1, 0.01)
    step = 10.0 ** floor(log10((high - low) / 4))
    for factor in (2, 2.5, 2):
        if (high - low) / step <= 6:
            break
        step *= factor
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    return [round(k * step, 12) for k in range(first, last + 1)]


def square(name: str, title: str, desc: str, lines: Sequence[Mapping[str, Any]], x_title: str, y_title: str) -> Markup:
    """Curves from (0, 0) to (1, 1): label, points; the diagonal is drawn for comparison."""
    left, top, size = 210.0, 14.0, 300.0
    parts = []
    for k in range(6):
        at = k / 5
        x, y = left + size * at, top + size * (1 - at)
        parts += [line(left, y, left + size, y, "grid"), line(x, top, x, top + size, "grid")]
        parts += [
            say(left - 6, y + 4, f"{at:.1f}", "end", "small"),
            say(x, top + size + 16, f"{at:.1f}", "middle", "small"),
        ]
    parts.append(line(left, top + size, left + size, top, "link"))
    for k, drawn_line in enumerate(lines):
        shade = SHADES[k % len(SHADES)]
        parts.append(path([(left + size * x, top + size * (1 - y)) for x, y in drawn_line["points"]], shade))
        parts += [rect(left + size + 16, top + 4 + 24 * k, 13, 13, shade)]
        parts += [say(left + size + 35, top + 15 + 24 * k, fit(drawn_line["label"], WIDTH - left - size - 40))]
    parts += [
        say(left + size / 2, top + size + 36, x_title, "middle", "small"),
        say(left - 40, top + 10, y_title, "end", "small"),
    ]
    return picture(name, title, desc, top + size + 46, parts)


def reliability(
    name: str, title: str, desc: str, rows: Sequence[Mapping[str, Any]], x_title: str, y_title: str
) -> Markup:
    """Mean prediction against observed rate and its interval: mean_p, rate, rate_low, rate_high, label."""
    held = [row for row in rows if row["rate"] is not None]
    if not held:
        return Markup("")
    left, top, wide, high = 70.0, 16.0, WIDTH - 100.0, 300.0
    most = scale_of(0.0, max(max(row["mean_p"], row["rate_high"]) for row in held))[-1]
    ticks = [
        tick for tick in (0.0, 0.01, 0.03, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0) if most * 0.002 < tick <= most or not tick
    ]
    ticks = ticks if len(ticks) > 2 else scale_of(0.0, most)

    def at(x: float, y: float) -> tuple[float, float]:
        return left + wide * (x / most) ** 0.5, top + high * (1 - (y / most) ** 0.5)  # the root parts small rates

    parts = []
    for tick in ticks:
        x, y = at(tick, tick)
        parts += [line(left, y, left + wide, y, "grid"), say(left - 6, y + 4, f"{tick:g}", "end", "small")]
        parts.append(say(x, top + high + 17, f"{tick:g}", "middle", "small"))
    parts.append(line(*at(0, 0), *at(most, most), "link"))
    for row in held:
        x, y = at(row["mean_p"], row["rate"])
        shade = BAR if row["rate_low"] <= row["mean_p"] <= row["rate_high"] else LOSS
        parts.append(line(x, at(0, row["rate_low"])[1], x, at(0, row["rate_high"])[1], "whisker"))
        parts.append(dot(x, y, 4.5, shade, row["label"]))
    parts.append(line(left, top + high, left + wide, top + high, "axis"))
    parts += [say(left + wide, top + high + 36, x_title, "end", "small"), say(left, top - 4, y_title, "start", "small")]
    return picture(name, title, desc, top + high + 46, parts)


def intervals(
    name: str, title: str, desc: str, rows: Sequence[Mapping[str, Any]], mark: float | None = None, left: int = 190
) -> Markup:
    """A value with its interval per row (label, value, low, high, text, colour), beside a mark such as 1 or 0.5."""
    held = [row for row in rows if row["value"] is not None]
    if not held:
        return Markup("")
    ends = [value for row in held for value in (row["value"], row.get("low"), row.get("high")) if value is not None]
    ticks = scale_of(
        min([*ends, *([mark] if mark is not None else [])]), max([*ends, *([mark] if mark is not None else [])])
    )
    right = 200
    room = WIDTH - left - right

    def at(value: float) -> float:
        return left + room * (value - ticks[0]) / (ticks[-1] - ticks[0])

    tall = 26.0 * len(rows)
    parts = [line(at(tick), 4, at(tick), 8 + tall, "grid") for tick in ticks]
    parts += [say(at(tick), tall + 24, f"{tick:g}".replace("-", "−"), "middle", "small") for tick in ticks]
    if mark is not None:
        parts.append(line(at(mark), 4, at(mark), 8 + tall, "edge"))
    for k, row in enumerate(rows):
        y = 18 + 26.0 * k
        parts.append(say(left - 10, y + 4, fit(row["label"], left - 14), "end"))
        parts.append(say(WIDTH - right + 14, y + 4, fit(row["text"], right - 16), css="number"))
        if row["value"] is None:
            continue
        if row.get("low") is not None and row.get("high") is not None:
            parts.append(line(at(row["low"]), y, at(row["high"]), y, "whisker"))
        parts.append(dot(at(row["value"]), y, 4.5, row.get("colour", BAR), f"{row['label']} {row['text']}"))
    return picture(name, title, desc, tall + 32, parts)


def pairs(name: str, title: str, desc: str, rows: Sequence[Mapping[str, Any]], names: tuple[str, str]) -> Markup:
    """Two bars per row: label, first, second (shares), text."""
    left, right = 190, 110
    room = WIDTH - left - right
    most = max([max(row["first"], row["second"]) for row in rows] + [1e-9])
    parts = [rect(left, 4, 13, 13, SHADES[2]), say(left + 19, 15, fit(names[0], 180))]
    parts += [rect(left + 210, 4, 13, 13, BAR), say(left + 229, 15, fit(names[1], 180))]
    for k, row in enumerate(rows):
        y = 28 + 28.0 * k
        parts.append(say(left - 8, y + 14, fit(row["label"], left - 12), "end"))
        parts.append(rect(left, y, room * row["first"] / most, 8, SHADES[2], f"{row['label']} {shown(row['first'])}"))
        parts.append(rect(left, y + 9, room * row["second"] / most, 8, BAR, f"{row['label']} {shown(row['second'])}"))
        parts.append(say(WIDTH - right + 10, y + 14, row["text"], css="number"))
    return picture(name, title, desc, 28 * len(rows) + 34, parts)


def matrix(
    name: str,
    title: str,
    desc: str,
    labels: Sequence[str],
    shares: Sequence[Sequence[float | None]],
    counts: Any,
    columns: Sequence[str] | None = None,
) -> Markup:
    """Rows are where from, columns where to; darker holds more, the number in a cell is its per cent of the row.

    `columns`: what columns are called, if other than rows.
    """
    columns = labels if columns is None else columns
    left, top = 120.0, 28.0
    wide = min(96.0, (WIDTH - left - 12) / max(1, len(columns)))
    tall = 30.0
    parts = [say(left + wide * (k + 0.5), top - 8, fit(label, wide - 4), "middle") for k, label in enumerate(columns)]
    for i, label in enumerate(labels):
        y = top + tall * i
        parts.append(say(left - 10, y + 20, fit(label, left - 14), "end"))
        for j, column in enumerate(columns):
            share = shares[i][j]
            x = left + wide * j
            if share is None:
                parts.append(rect(x, y, wide - 2, tall - 2, "#f3f5f8"))
                continue
            tint = [round(255 + (ink - 255) * share) for ink in (31, 95, 168)]
            text = f"{label} → {column}: {counts[i][j]:,.0f}"
            parts.append(rect(x, y, wide - 2, tall - 2, "#{:02x}{:02x}{:02x}".format(*tint), text))
            if counts[i][j]:
                ink = "on-dark" if share > 0.85 else "on-light"
                parts.append(say(x + wide / 2 - 1, y + 19, f"{100 * share:.1f}", "middle", ink))
    return picture(name, title, desc, top + tall * len(labels) + 8, parts)
