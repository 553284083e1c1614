"""Pictures of a district: a map of tiles, counts over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from markupsafe import Markup

from creditscore.present.charts import BAR, colours
from creditscore.present.svg import WIDTH, fit, line, picture, rect, say

LOUD = "#a6263a"
PALE = {"not_graded": "#f1ebdc", "not_computable": "#d8cdb0"}  # without a grade: neither good nor bad, and not M


def tiles(
    name: str,
    title: str,
    desc: str,
    codes: Mapping[str, str],
    across: Sequence[tuple[str, str]],
    down: Sequence[tuple[str, str]],
    cells: Mapping[tuple[str, str], Mapping[str, Any]],
) -> Markup:
    """A map: one tile per pair, its stripes the shares of grades, its height the same for all; the number is the count.

    `codes`: what each grade is called, best first.
    `across` and `down`: (key, label); `cells[(down, across)]`: total and counts by code.
    """
    shades = colours(list(codes))
    left, top, tall = 150.0, 48.0, 34.0
    wide = (WIDTH - left) / max(1, len(across))
    parts: list[Markup] = []
    each = (WIDTH - left) / max(1, len(codes))
    for k, (code, called) in enumerate(codes.items()):
        parts += [rect(left + each * k, 4, 13, 13, shades[code]), say(left + each * k + 18, 15, fit(called, each - 24))]
    parts += [
        say(left + wide * (k + 0.5), top - 8, fit(label, wide - 2), "middle", "small")
        for k, (_, label) in enumerate(across)
    ]
    for i, (row, label) in enumerate(down):
        y = top + tall * i
        parts.append(say(left - 8, y + 20, fit(label, left - 12), "end"))
        for j, (column, other) in enumerate(across):
            cell = cells.get((row, column))
            x, room = left + wide * j + 1, wide - 3
            if cell is None:
                parts.append(rect(x, y, room, tall - 3, "#f3f5f8"))
                continue
            at = x
            for code in codes:
                n = cell["counts"].get(code, 0)
                if n:
                    part = room * n / cell["total"]
                    parts.append(
                        rect(at, y + 15, part, tall - 18, shades[code], f"{label}, {other}, {codes[code]}: {n:,}")
                    )
                    at += part
            parts.append(say(x + room / 2, y + 12, f"{cell['total']:,}", "middle", "small"))
    return picture(name, title, desc, top + tall * len(down) + 6, parts)


def pulses(name: str, title: str, desc: str, rows: Sequence[Mapping[str, Any]]) -> Markup:
    """Counts over equal windows, one line of small bars per row: label, counts (oldest first), loud, text."""
    left, right, tall = 210.0, 190.0, 30.0
    parts: list[Markup] = []
    most_windows = max([len(row["counts"]) for row in rows] + [1])
    each = (WIDTH - left - right) / most_windows
    for k, row in enumerate(rows):
        y, most = 4 + tall * k, max([*row["counts"], 1])
        parts.append(say(left - 8, y + 18, fit(row["label"], left - 12), "end"))
        gap = most_windows - len(row["counts"])
        for i, count in enumerate(row["counts"]):
            loud = row["loud"] and i == len(row["counts"]) - 1
            high, shade = max((tall - 8) * count / most, 2.5 if loud else 0.0), LOUD if loud else BAR
            parts.append(
                rect(
                    left + each * (i + gap) + 1,
                    y + tall - 6 - high,
                    each - 2,
                    high,
                    shade,
                    f"{row['label']}: {count:,}",
                )
            )
        parts.append(line(left, y + tall - 6, WIDTH - right, y + tall - 6, "grid"))
        parts.append(say(WIDTH - right + 10, y + 18, fit(row["text"], right - 12), css="number"))
    return picture(name, title, desc, tall * len(rows) + 10, parts)
