"""The overview of a grading: how many have which grade, the scores, what took most points."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang
from creditscore.explanation import text as terminal
from creditscore.present import charts
from creditscore.present.html import draw, text, write_pair


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
        "overview.html",
        lang,
        summary,
        pictures=pictures,
        graded=graded,
        other=other,
    )
