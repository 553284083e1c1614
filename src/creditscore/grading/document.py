"""A grading as a document: how many organisations have which grade, and what the input lacked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.i18n import Lang, day_said, grade_name, period_said, phrases, say, word
from creditscore.present.document import Column, Count, Document, Named, Notice, Section, Table, Tiles

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
        (Named(name, "" if grade.code in name else grade.code), Count(number), f"{100 * number / graded:.1f} %")
        for grade in scheme.grades
        if (number := counts["grades"].get(grade.code, 0))
        for name in [grade_name(grade.code, say(grade.label, lang))]
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
            Section(t("grades"), [Table(columns, rows, empty=t("none"))]),
            Section(t("states"), [Table([Column(t("reason")), columns[1]], others)]) if others else None,
        ],
        under=[
            scheme.name,
            period_said(str(manifest["period"]), lang),
            f"{t('known_at')} {day_said(str(manifest['known_at']), lang)}",
        ],
        made_up=bool(manifest.get("made_up", False)),
    )
