"""A timeline for a terminal: one line per change, and below it what it came from."""

from __future__ import annotations

import io
from typing import Any

from creditscore.core.days import iso
from creditscore.core.i18n import Lang, clean, day_said, period_said, phrase, say, word
from creditscore.core.i18n import text as plain_text
from creditscore.core.quantities import from_micro, points
from creditscore.explanation.labels import grade_or_state, scheme_named, scheme_title
from creditscore.explanation.timeline.attribution import Cause, Reached
from creditscore.explanation.timeline.timeline import Timeline

SHOWN = 4  # records named where the clock moved many


def render(timeline: Timeline, lang: Lang = "zh", width: int = 80) -> str:
    """The timeline as plain text, at most `width` columns wide."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    out = io.StringIO()
    console = Console(
        file=out, width=width, color_system=None, highlight=False, markup=False, emoji=False, legacy_windows=False
    )
    for head in heads(timeline, lang):
        console.print(Text(head))
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for code, justify in (
        ("day", "left"),
        ("period", "left"),
        ("grade", "left"),
        ("score", "right"),
        ("change", "right"),
    ):
        if code != "period" or timeline.kind == "year":
            table.add_column(phrase("timeline", code, lang), justify=justify, no_wrap=True)  # type: ignore[arg-type]
    table.add_column(phrase("timeline", "cause", lang), overflow="fold")
    for step in timeline.steps:
        first, *rest = [describe_cause(timeline, cause, step.version, lang) for cause in step.causes] or [
            ("", phrase("timeline", "start", lang))
        ]
        shown = [
            day_said(iso(step.day), lang),
            *([period_said(step.period, lang)] if timeline.kind == "year" else []),
            grade(step.after, step.version or timeline.scheme, lang),
        ]
        whole = "" if step.change is None else points(from_micro(step.change), plus=True)
        score = points(from_micro(step.after.score))
        lone = not rest
        table.add_row(*map(Text, map(clean, [*shown, score, whole, first[1] if lone else ""])))
        if not lone:
            blank = [""] * (len(shown) + 1)
            for change, words in (first, *rest):
                table.add_row(*map(Text, map(clean, [*blank, change, words])))
    console.print(table)
    console.print(Text("\n" + phrase("timeline", "order", lang)))
    lines = [line.rstrip() for line in out.getvalue().splitlines()]
    return "\n".join(lines) + "\n"


def heads(timeline: Timeline, lang: Lang) -> list[str]:
    """Who, under what, over which span, as known when."""
    held = (
        phrase("timeline", "held", lang, day_said(timeline.known_at, lang))
        if timeline.known_at
        else phrase("timeline", "both_clocks", lang)
    )
    changed = len(timeline.steps) - 1
    made_up = [f"*** {plain_text('made_up', lang)} ***"] if timeline.made_up else []
    refused = [phrase("timeline", "refused", lang, timeline.refused)] if timeline.refused else []
    return [
        *made_up,
        clean(f"{timeline.name}  {timeline.subject_id}".strip()),
        f"{phrase('timeline', 'title', lang)}  {_titles(timeline, lang)}",
        phrase(
            "timeline",
            "span",
            lang,
            day_said(iso(timeline.first), lang),
            day_said(iso(timeline.last), lang),
            timeline.moments,
            changed,
        ),
        held,
        *refused,
        "",
    ]


def _titles(timeline: Timeline, lang: Lang) -> str:
    """The versions that graded, each by its title; the scheme where none did."""
    versions = dict.fromkeys(step.version for step in timeline.steps if step.version) or (timeline.scheme,)
    return ("；" if lang == "zh" else "; ").join(say(scheme_title(version), lang) for version in versions)


def grade(reached: Reached, version: str, lang: Lang) -> str:
    """The grade in the words of its version, or the state where there is none."""
    return say(grade_or_state(version, reached.grade or reached.state), lang)


def describe_cause(timeline: Timeline, cause: Cause, version: str, lang: Lang) -> tuple[str, str]:
    """(what a cause changes, what it is)."""
    change = "" if cause.change is None else points(from_micro(cause.change), plus=True)
    parts = [say(word("causes", cause.kind), lang)]
    item = timeline.items.get(cause.item)
    numbered = cause.item if cause.item.isdigit() or item is None else ""  # a number of the text's own, no id of ours
    parts += [part for part in (_what(cause, version, lang), numbered, say(item, lang) if item else "") if part]
    for code, records in (("entered", cause.entered), ("left", cause.left)):
        if records:
            parts.append(phrase("timeline", code, lang, _listed(records, lang)))
    if cause.late:
        parts.append(phrase("timeline", "late", lang, cause.late))
    if cause.before.grade != cause.after.grade or cause.before.state != cause.after.state:
        known = version or timeline.scheme
        parts.append(
            phrase("timeline", "moved", lang, *(grade(side, known, lang) for side in (cause.before, cause.after)))
        )
    return change, "  ".join(parts)


def _what(cause: Cause, version: str, lang: Lang) -> str:
    """What a cause is about: a record, the version that came into force, an attribute, an earlier grade."""
    if cause.kind == "knowledge" and cause.what == "history":
        return phrase("timeline", "history", lang)
    if cause.kind == "rule" and "@" in cause.what:
        return say(scheme_title(cause.what), lang)
    scheme = scheme_named(version) if cause.kind == "knowledge" and not cause.item else None
    declared = scheme.attributes.get(cause.what) if scheme is not None else None
    return say(declared.label, lang) if declared is not None and declared.label is not None else cause.what


def _listed(records: tuple[str, ...], lang: Lang) -> str:
    shown = ", ".join(records[:SHOWN])
    return shown if len(records) <= SHOWN else f"{shown} … ({phrase('timeline', 'more', lang, len(records))})"


def rows(timeline: Timeline, lang: Lang) -> list[dict[str, Any]]:
    """The same for a page: one row per step with its causes."""
    return [
        {
            "day": day_said(iso(step.day), lang),
            "period": period_said(step.period, lang) if step.period else "",
            "version": say(scheme_title(step.version), lang) if step.version else "",
            "grade": grade(step.after, step.version or timeline.scheme, lang),
            "score": points(from_micro(step.after.score)),
            "change": "" if step.change is None else points(from_micro(step.change), plus=True),
            "causes": [tuple(map(clean, describe_cause(timeline, cause, step.version, lang))) for cause in step.causes],
        }
        for step in timeline.steps
    ]
