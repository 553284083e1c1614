"""A grading as a document: how many organisations have which grade, and what the input lacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.i18n import Lang, day_said, grade_name, period_said, phrases, say, word
from creditscore.present.charts import grade_bars
from creditscore.present.document import (
    Chart,
    Column,
    Count,
    Document,
    Named,
    Notice,
    Section,
    Table,
    Tiles,
    percent,
)
from creditscore.present.svg import Picture

if TYPE_CHECKING:
    from creditscore.grading.result import Grading


def grading_document(grading: Grading, lang: Lang = "zh") -> Document:
    """Tell what a grading found.

    Parameters
    ----------
    grading
        A finished grading in memory.
    lang
        `zh` or `en`.
    """
    t, scheme, manifest = phrases("pages", lang), grading.plan.scheme, grading.manifest
    counts, states = manifest["counts"], manifest["counts"]["states"]
    graded = states.get("graded", 0)
    rows = [
        (Named(name, "" if code in name else code), Count(number), percent(number / graded))
        for code, name, number in _grades(grading, lang)
        if number
    ]
    others = [(word("states", state), Count(number)) for state, number in states.items() if state != "graded"]
    tiles = {"subjects": sum(states.values()), "graded": graded, "records": counts["records"]["in"]}
    tiles["refused"] = manifest["rejected"]
    columns = [Column(t("grade")), Column(t("count"), "number"), Column(t("share"), "number")]
    return Document(
        t("overview"),
        scheme.label,
        lang,
        [
            *(Notice(word("input_states", mark)) for mark in manifest.get("input_marks", ())),
            Tiles([(t(code), Count(number)) for code, number in tiles.items()]),
            Section(t("grades"), [Chart("", draw_grades(grading, lang), table=Table(columns, rows, empty=t("none")))]),
            Section(t("states"), [Table([Column(t("reason")), columns[1]], others)]) if others else None,
        ],
        under=[
            scheme.name,
            period_said(str(manifest["period"]), lang),
            f"{t('known_at')} {day_said(str(manifest['known_at']), lang)}",
        ],
        made_up=bool(manifest.get("made_up", False)),
    )


def draw_grades(grading: Grading, lang: Lang) -> Picture:
    """Draw how many organisations have which grade, one bar each."""
    t = phrases("pages", lang)
    return grade_bars(t("grades"), t("grade_counts_desc"), _grades(grading, lang))


def _grades(grading: Grading, lang: Lang) -> list[tuple[str, str, int]]:
    """Code, name and number of organisations of each grade, best first."""
    counts = grading.manifest["counts"]["grades"]
    return [
        (grade.code, grade_name(grade.code, say(grade.label, lang)), counts.get(grade.code, 0))
        for grade in grading.plan.scheme.grades
    ]
