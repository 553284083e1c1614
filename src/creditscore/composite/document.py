"""A composite as a notebook shows it: how many organisations have which grade."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.i18n import Lang, grade_name, period_said, phrases, plain, say, word
from creditscore.present.charts import grade_bars
from creditscore.present.document import Chart, Count, Document, Section, Table, Tiles, heads, percent
from creditscore.present.svg import Picture

if TYPE_CHECKING:
    from creditscore.composite.result import Composite


def scores_document(composite: Composite, lang: Lang) -> Document:
    """Tell how many organisations have which grade, and how many have none and why."""
    t, manifest = phrases("composite", lang, "pages"), composite.manifest
    counts, states = manifest["counts"], manifest["counts"]["states"]
    graded = states.get("graded", 0)
    rows = [(name, Count(number), percent(number / graded)) for _, name, number in _grades(composite, lang) if number]
    table = Table(heads(t, "grade", numbers=("count", "share")), rows, empty=t("none"))
    others = [(word("states", state), Count(number)) for state, number in states.items() if state != "graded"]
    tiles = {"subjects": counts["subjects"], "graded": graded, "fragile_short": counts["fragile"]}
    return Document(
        t("composite"),
        composite.config.label,
        lang,
        [
            Tiles([(t(code), Count(number)) for code, number in tiles.items()]),
            Section(t("grades"), [Chart("", draw_grades(composite, lang), table=table)]),
            Section(t("states"), [Table(heads(t, "reason", numbers=("count",)), others)]) if others else None,
        ],
        under=[composite.config.name, period_said(str(manifest["as_of"]), lang)],
        made_up=bool(manifest.get("made_up", False)),
    )


def draw_grades(composite: Composite, lang: Lang) -> Picture:
    """Draw how many organisations have which grade, one bar each."""
    t = phrases("composite", lang, "pages")
    return grade_bars(t("grades"), t("grade_shares_desc"), _grades(composite, lang))


def _grades(composite: Composite, lang: Lang) -> list[tuple[str, str, int]]:
    """Code, name and number of organisations of each grade, best first."""
    counts = composite.manifest["counts"]["grades"]
    return [
        (grade.code, grade_name(grade.code, say(grade.label or plain(grade.code), lang)), counts.get(grade.code, 0))
        for grade in composite.config.grades
    ]
