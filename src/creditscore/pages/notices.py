"""Notices: for each subject whose grade worsens, what weighs differently, under which rule, and what it can do.

A draft only: a person checks it and decides whether and when it is sent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from itertools import groupby
from typing import TYPE_CHECKING, Any

from creditscore.core.i18n import LANGS, Lang, day_said, phrases, plain, say
from creditscore.core.model import Label
from creditscore.core.quantities import points
from creditscore.grading.migration import Side
from creditscore.present.document import Named
from creditscore.schemes.citing import cite_said, cited_rules
from creditscore.schemes.remedies import Remedy

if TYPE_CHECKING:
    import pyarrow as pa

LINES = 6  # rules named in a draft; the table holds them all
# Parts of a scheme that no ledger line names, but on which lines depend.
BEHIND = ("windows", "clocks", "facts", "lookups", "head", "attributes")
SIDES = ("before", "after")
COLUMNS = ("subject_id", "name", *SIDES, "rules", "articles", "changes", "remedy", "until", "text_zh", "text_en")


@dataclass(frozen=True)
class Draft:
    """What a draft needs besides the two sides: words for lines and changes, the remedy, and the days.

    `label` names a line of `lines_of`; `changes` maps the name of a part to what changed in it, in
    words by language; `behind` are changes that no line names. `on` is the day of the notice, `from_day` the day or
    period from which the new rules count. `called` names a grade of a side (before, after), or why there is none.
    """

    label: Callable[[Mapping[str, Any]], Label]
    changes: Mapping[str, Sequence[Mapping[str, str]]]
    behind: Sequence[Mapping[str, str]]
    remedy: Remedy | None  # None: no text of that day was seen
    from_day: str
    on: date | None = None
    names: Mapping[str, Mapping[Lang, str]] = field(default_factory=dict)  # of the two sides: before, after
    called: Mapping[str, Callable[[str], Label]] = field(default_factory=lambda: dict.fromkeys(SIDES, plain))


def drafts(a: Side, b: Side, worse: pa.Table, draft: Draft) -> pa.Table:
    """One row per subject of `worse` (`subject_id, name, before, after`), in its order."""
    import pyarrow as pa

    lines = lines_of(a, b, worse)
    rows = [_row(subject, lines.get(subject["subject_id"], []), draft) for subject in worse.to_pylist()]
    return pa.table({name: pa.array([row[name] for row in rows], pa.string()) for name in COLUMNS})


def lines_of(a: Side, b: Side, chosen: pa.Table, everything: bool = False) -> dict[str, list[dict[str, Any]]]:
    """By subject of `chosen`: lines that stand on one side only or weigh differently, in the order of the ledger.

    `everything`: the lines that are alike as well.
    """
    if a.parts is None or b.parts is None or not chosen.num_rows:
        return {}
    import duckdb

    con = duckdb.connect()
    ids = chosen.select(["subject_id"])
    differ = " WHERE a.subject_id IS NULL OR b.subject_id IS NULL OR a.effective IS DISTINCT FROM b.effective"
    differ = "" if everything else f"{differ} OR a.reason <> b.reason"
    for name, side in (("a", a), ("b", b)):
        assert side.parts is not None
        con.register(f"given_{name}", side.parts(ids))
        con.execute(
            f"CREATE TABLE {name} AS SELECT subject_id, step, coalesce(record_id, '') AS record_id,"
            " coalesce(item, '') AS item, coalesce(rule, '') AS rule, coalesce(article, '') AS article,"
            " coalesce(reason, '') AS reason, effective, row_number() OVER (PARTITION BY subject_id, step, record_id,"
            " item, CASE WHEN step = 'record' THEN '' ELSE rule END ORDER BY effective, rule, reason) AS n"
            f" FROM given_{name}"
        )
    query = con.execute(
        "SELECT coalesce(a.subject_id, b.subject_id) AS subject_id, coalesce(b.step, a.step) AS step,"
        " coalesce(b.record_id, a.record_id) AS record_id, coalesce(b.item, a.item) AS item,"
        " coalesce(b.rule, a.rule) AS rule, coalesce(b.article, a.article) AS article, a.effective AS was,"
        " b.effective AS now, a.subject_id IS NULL AS added, b.subject_id IS NULL AS removed,"
        " coalesce(a.reason, '') AS why, coalesce(b.reason, '') AS why_now, coalesce(a.article, '') AS article_was,"
        " coalesce(b.article, '') AS article_is"
        " FROM a FULL JOIN b ON a.subject_id = b.subject_id AND a.step = b.step AND a.record_id = b.record_id"
        " AND a.item = b.item AND a.n = b.n AND (a.step = 'record' OR a.rule = b.rule)"
        f"{differ} ORDER BY 1, list_position(['start', 'record', 'domain', 'condition', 'cap', 'limit', 'decide'],"
        " coalesce(b.step, a.step)), 3, 4, 5, a.n, b.n"
    )
    names = [column[0] for column in query.description]
    rows = [dict(zip(names, row, strict=True)) for row in query.fetchall()]
    con.close()
    return {subject: list(own) for subject, own in groupby(rows, key=lambda row: str(row["subject_id"]))}


def _row(subject: Mapping[str, str], lines: list[dict[str, Any]], draft: Draft) -> dict[str, str]:
    weighty = [line for line in lines if line["added"] or line["removed"] or line["was"] != line["now"]] or lines
    changed = [row for line in weighty for row in _changed(line, draft)] or list(draft.behind)
    changed = list({row["key"]: row for row in changed}.values())
    way = draft.remedy
    last = way.last_day(draft.on) if way and draft.on else None
    until = str(last) if last else say(way.until, "en") if way and way.until else ""
    return {
        **{key: subject[key] for key in ("subject_id", "name", "before", "after")},
        "rules": "; ".join(dict.fromkeys(row["item"] or row["rule"] for row in weighty)),
        "articles": "; ".join(dict.fromkeys(row["article"] for row in weighty if row["article"])),
        "changes": "; ".join(row["key"] for row in changed),
        "remedy": way.id if way else "",
        "until": until,
        **{f"text_{lang}": _text(subject, weighty, changed, draft, lang) for lang in LANGS},
    }


def _changed(line: Mapping[str, Any], draft: Draft) -> list[Mapping[str, str]]:
    """What changed in the rules that a line names: its item, its rule, and what gave something back."""
    tails = [str(line[key]).partition(":")[2] for key in ("why", "why_now")]
    named = dict.fromkeys(name for name in (line["item"], line["rule"], *tails) if name)
    return [change for name in named for change in draft.changes.get(str(name), ())]


def _said(code: str, lang: Lang, *values: object) -> str:
    return phrases("impact", lang, "explanation")(code, *values)


def _text(
    subject: Mapping[str, str],
    lines: Sequence[Mapping[str, Any]],
    changed: Sequence[Mapping[str, str]],
    draft: Draft,
    lang: Lang,
) -> str:
    between = "；" if lang == "zh" else "; "

    def shorten(parts: list[str]) -> str:
        more = [_said("notice_more", lang, len(parts))] if len(parts) > LINES else []
        return between.join([*parts[:LINES], *more])

    who = Named(subject["name"], subject["subject_id"]).say(lang) if subject["name"] else subject["subject_id"]
    start = draft.from_day
    start = _said("year", lang, start) if start.isdigit() else day_said(start, lang)
    names = draft.names
    before, after = (names[key][lang] for key in SIDES)
    was, now = (say(draft.called[key](subject[key]), lang) for key in SIDES)
    text = _said("notice_open", lang, who, before, was, start, after, now)
    line_rows = [_line(line, draft, lang) for line in lines]
    if line_rows:
        text += _said("notice_lines", lang, shorten(line_rows))
    if changed:
        text += _said("notice_changes", lang, shorten([row[lang] for row in changed]))
    return text + ("" if draft.remedy is None else _remedy(draft.remedy, draft.on, lang))


def _remedy(way: Remedy, on: date | None, lang: Lang) -> str:
    """What the subject can do, of whom it is asked, where that is written, and until when."""
    cited = say(cited_rules(way.cite, number=True), lang)
    text = _said("notice_remedy", lang, say(way.what, lang), say(way.where, lang), cited)
    last = way.last_day(on) if on else None
    if way.until is not None:
        text += _said("notice_until", lang, say(way.until, lang))
    if last is not None:
        text += _said("notice_last", lang, last)
    if way.until is None:
        text += _said("notice_no_limit", lang)
    if way.decided_within is not None and way.decided_within.workdays:
        text += _said("notice_within", lang, way.decided_within.workdays)
    text += _said("notice_stop", lang)
    if way.order is not None:
        text += f"{say(way.order, lang)}。" if lang == "zh" else f" {say(way.order, lang)}."
    return text


def _line(line: Mapping[str, Any], draft: Draft, lang: Lang) -> str:
    named = say(draft.label(line), lang)
    cited = cite_said(line["article"], lang)
    place = f"（{cited}）" if lang == "zh" else f" ({cited})"
    named += place if line["article"] else ""

    def number(value: Decimal | None) -> str:
        return _said("notice_open_number", lang) if value is None else _said("notice_points", lang, points(value, True))

    if line["step"] == "decide":
        return named + _said("notice_unstep" if line["removed"] else "notice_step", lang)
    if line["added"]:
        return named + _said("notice_added", lang, number(line["now"]))
    if line["removed"]:
        return named + _said("notice_removed", lang, number(line["was"]))
    return named + _said("notice_weighs", lang, number(line["was"]), number(line["now"]))
