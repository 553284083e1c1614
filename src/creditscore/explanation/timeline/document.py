"""A timeline as a document: the score as stairs, and every change of the grade with what it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from creditscore.core.days import from_day
from creditscore.core.i18n import Lang, day_said, period_said, phrases, say, word
from creditscore.core.quantities import from_micro, points
from creditscore.explanation.labels import grade_or_state, scheme_named, scheme_title
from creditscore.explanation.timeline.attribution import Cause, Reached
from creditscore.explanation.timeline.stairs import draw_stairs
from creditscore.present.document import (
    Chart,
    Column,
    Document,
    Lines,
    Notice,
    Paragraph,
    Points,
    Section,
    Table,
    Value,
)

if TYPE_CHECKING:
    from creditscore.explanation.timeline.timeline import Step, Timeline

SHOWN = 4  # records named where the clock moved many


def timeline_document(timeline: Timeline, lang: Lang = "zh") -> Document:
    """Tell every change of a grade with its causes.

    Parameters
    ----------
    timeline
        What `timeline` returned.
    lang
        `zh` or `en`.
    """
    t = phrases("timeline", lang, "pages")
    versions = list(dict.fromkeys(step.version for step in timeline.steps if step.version)) or [timeline.scheme]
    between = "；" if lang == "zh" else "; "
    heads: list[Column] = [Column(t("day"), "day")]
    heads += [Column(t("period"), "day")] if timeline.kind == "year" else []
    heads += [Column(t("grade")), Column(t("score"), "number"), Column(t("change"), "number"), Column(t("cause"))]
    heads += [Column(t("version"))] if len(versions) > 1 else []
    rows = [_cells(timeline, step, lang, with_version=len(versions) > 1) for step in timeline.steps]
    span = (from_day(timeline.first), from_day(timeline.last), timeline.moments, len(timeline.steps) - 1)
    picture = draw_stairs(timeline, lang)
    return Document(
        t("title"),
        timeline.name or timeline.subject_id,
        lang,
        [
            Notice(t("refused", timeline.refused)) if timeline.refused else None,
            Section(
                t("changes"),
                [*([Chart("", picture)] if picture else []), Table(heads, rows), Paragraph(t("order"), "soft")],
            ),
        ],
        under=[
            *([timeline.subject_id] if timeline.name else []),
            between.join(say(scheme_title(version), lang) for version in versions),
            t("span", *span),
            t("held", day_said(timeline.known_at, lang)) if timeline.known_at else t("both_clocks"),
        ],
        data=timeline.as_data(),
        made_up=timeline.made_up,
    )


def _cells(timeline: Timeline, step: Step, lang: Lang, *, with_version: bool) -> list[Value]:
    """A step: when, for which year, where the subject stood then, what changed and why."""
    version = step.version or timeline.scheme
    told = [tell_cause(timeline, cause, version, lang) for cause in step.causes]
    if len(told) > 1:  # each with its part of the change
        parts = ("" if cause.change is None else points(from_micro(cause.change), plus=True) for cause in step.causes)
        told = [f"{part} {words}" if part else words for part, words in zip(parts, told, strict=True)]
    cells: list[Value] = [from_day(step.day)]
    cells += [period_said(step.period, lang) if step.period else None] if timeline.kind == "year" else []
    cells.append(_reached(step.after, version, lang))
    cells.append("" if step.after.score is None else Points(step.after.score))
    cells.append("" if step.change is None else Points(step.change, plus=True))
    cells.append(Lines(told) if told else phrases("timeline", lang)("start"))
    return [*cells, scheme_title(step.version) if step.version else None] if with_version else cells


def _reached(reached: Reached, version: str, lang: Lang) -> str:
    """The grade in the words of its version, or the state where there is none."""
    return say(grade_or_state(version, reached.grade or reached.state), lang)


def tell_cause(timeline: Timeline, cause: Cause, version: str, lang: Lang) -> str:
    """`记录撤销：未按规定期限纳税申报（R1）；由“C级”变为“B级”`."""
    t = phrases("timeline", lang)
    about = _about(timeline, cause, version, lang)
    parts = [say(word("causes", cause.kind), lang) + (t("colon") + about if about else "")]
    for code, records in (("entered", cause.entered), ("left", cause.left)):
        if records:
            shown = [*records[:SHOWN], *([t("more", len(records))] if len(records) > SHOWN else [])]
            parts.append(t(code, shown))
    if cause.late:
        parts.append(t("late", cause.late))
    if (cause.before.grade, cause.before.state) != (cause.after.grade, cause.after.state):
        parts.append(t("moved", *(_reached(side, version, lang) for side in (cause.before, cause.after))))
    return ("；" if lang == "zh" else "; ").join(parts)


def _about(timeline: Timeline, cause: Cause, version: str, lang: Lang) -> str:
    """What a cause is about: a record, the version that came into force, an attribute, an earlier grade."""
    t = phrases("timeline", lang)
    if cause.kind == "knowledge" and cause.what == "history":
        return t("history")
    if cause.kind == "rule" and "@" in cause.what:
        return say(scheme_title(cause.what), lang)
    if cause.item:
        label = timeline.items.get(cause.item)
        return t("record_of", cause.item if label is None else say(label, lang), cause.what)
    scheme = scheme_named(version) if cause.kind == "knowledge" else None
    declared = scheme.attributes.get(cause.what) if scheme is not None else None
    return cause.what if declared is None or declared.label is None else say(declared.label, lang)
