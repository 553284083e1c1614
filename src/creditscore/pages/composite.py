"""Composites as pages: the explained score of one subject, and several composites compared; drawn from plain data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from creditscore.core.i18n import LANGS, Lang, clean, period_said, say, word
from creditscore.core.quantities import points
from creditscore.explanation.composite import CompositeExplanation
from creditscore.explanation.composite_text import (
    facts,
    input_lines,
    limits,
    named,
    shared_act,
    shown_notes,
    signed,
    text,
)
from creditscore.pages.plots import pairs, shown
from creditscore.present import charts, html
from creditscore.present.page import Figure, Section, Table
from creditscore.schemes.citing import cite_said

Parts = list[Table | Figure]


def composite_data(composite_explanation: CompositeExplanation) -> dict[str, Any]:
    """What the page of one subject shows, in plain values."""

    def inner(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: inner(part) for key, part in value.items()}
        if isinstance(value, list | tuple):
            return [inner(part) for part in value]
        if hasattr(value, "zh"):
            return {"zh": clean(value.zh), "en": clean(value.en)}
        if isinstance(value, str):
            return clean(value)
        return value if value is None or isinstance(value, bool | int) else str(value)

    stated = {lang: input_lines(composite_explanation, lang) for lang in LANGS}
    return {
        key: inner(value)
        for key, value in {
            **asdict_shallow(composite_explanation),
            "sum": composite_explanation.sum,
            "input": stated,
        }.items()
    }


def asdict_shallow(instance: Any) -> dict[str, Any]:
    """Dataclasses as dicts, labels kept as they are."""
    result = {}
    for key in instance.__dataclass_fields__:
        value = getattr(instance, key)
        if isinstance(value, tuple):
            value = tuple(asdict_shallow(part) if hasattr(part, "__dataclass_fields__") else part for part in value)
        result[key] = value
    return result


def composite_subject_page(
    composite_explanation: CompositeExplanation,
    lang: Lang = "zh",
    other: str = "",
    marks: Sequence[str] = (),
    disputes: Sequence[Mapping[str, Any]] = (),
) -> str:
    """The explained score of one subject; prints on A4. `other` is the file of the page in the other language.

    `marks` are the lines that say which of its records are disputed, `disputes` the same as rows for the JSON.
    """
    data = composite_data(composite_explanation) | ({"disputes": [dict(row) for row in disputes]} if disputes else {})
    shades = charts.colours(("AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D"))
    sections = [
        Section(
            text("shares", lang),
            text("shares_desc", lang, composite_explanation.reference, composite_explanation.score),
            _shares(composite_explanation, lang),
        )
    ]
    if composite_explanation.score is None:
        sections = [Section(text("domain", lang), "", _shares(composite_explanation, lang))]
    if composite_explanation.drilled:
        sections.append(Section(text("inside", lang), text("inside_desc", lang), _inside(composite_explanation, lang)))
    elif composite_explanation.domains:
        sections.append(Section(text("inside", lang), text("not_drilled", lang), []))
    if composite_explanation.shared_acts:
        rows = [[shared_act(row, composite_explanation, lang)] for row in composite_explanation.shared_acts]
        sections.append(Section(text("shared", lang), "", [Table([(text("act", lang), "")], rows)]))
    listed = [*facts(composite_explanation, lang), (text("run", lang), composite_explanation.run_id)]
    ours = next(value for what, value in listed if what == text("numbers", lang))
    return _draw(
        data,
        lang,
        heading=text("composite", lang),
        title=clean(composite_explanation.subject_id),
        other=other,
        marks=[*input_lines(composite_explanation, lang), *(mark.strip("* ") for mark in marks)],
        **charts.badge(composite_explanation.grade, composite_explanation.grade, shades),
        sum=composite_explanation.sum,
        ours=ours,
        facts=[fact for fact in listed if fact[1] != ours],
        tiles=[],
        sections=sections,
        laws=[say(label, lang) for label in composite_explanation.laws.values()],
        sources=text("sources", lang),
    )


def _draw(data: dict[str, Any], lang: Lang, **more: Any) -> str:
    def fill(code: str, *values: object) -> str:
        return html.text(code, lang, *values)

    page = html.environment().get_template("composite.html")
    tag = {"zh": "zh-CN", "en": "en"}[lang]
    return page.render(t=fill, lang=lang, tag=tag, data=data, made_up=bool(data.get("made_up", False)), **more)


def _shares(composite_explanation: CompositeExplanation, lang: Lang) -> Parts:
    parts: Parts = []
    moves = [domain for domain in composite_explanation.domains if domain.contribution]
    if composite_explanation.score is not None:
        at = composite_explanation.reference
        rows: list[dict[str, Any]] = [{"label": text("reference", lang), "before": None, "after": at, "text": str(at)}]
        for domain in moves:
            before, at = at, at + (domain.contribution or 0)
            label = clean(say(domain.label, lang))
            rows.append({"label": label, "before": before, "after": at, "text": signed(domain.contribution)})
        rows.append(
            {
                "label": text("score", lang),
                "before": None,
                "after": composite_explanation.score,
                "text": str(composite_explanation.score),
            }
        )
        desc = text("shares_desc", lang, composite_explanation.reference, composite_explanation.score)
        parts.append(Figure("", "", charts.steps("shares", text("shares", lang), desc, rows)))
    head = [
        (text("domain", lang), ""),
        (text("scheme", lang), ""),
        (text("domain_grade", lang), ""),
        (text("value", lang), "n"),
        (text("weight", lang), "n"),
        (text("share", lang), "n"),
        (text("note", lang), ""),
    ]
    table = [
        [
            clean(say(domain.label, lang)),
            clean(f"{say(domain.title, lang)}\n{period_said(domain.period, lang)}") if domain.scheme else "",
            clean(say(domain.grade_label, lang)),
            str(domain.value),
            str(domain.weight),
            signed(domain.contribution),
            shown_notes(domain, lang, composite_explanation),
        ]
        for domain in composite_explanation.domains
    ]
    parts.append(Table(head, table))
    if composite_explanation.score is not None:
        groups = [[clean(say(label, lang)), signed(total)] for _, label, total in composite_explanation.groups]
        parts.append(Table([(text("groups", lang), ""), (text("share", lang), "n")], groups))
    return parts


def _inside(composite_explanation: CompositeExplanation, lang: Lang) -> Parts:
    head = [
        (text("domain", lang), ""),
        (text("item", lang), ""),
        (text("points", lang), "n"),
        (text("share", lang), "n"),
        (text("article", lang), ""),
    ]
    rows = [
        [
            f"{clean(say(domain.label, lang))} {signed(domain.contribution)}" if part is domain.parts[0] else "",
            ("· " if part.kind == "record" else "") + named(part, lang),
            points(part.effective, plus=True) if part.effective else "",
            signed(part.points) if part.points else "",
            cite_said(part.article, lang),
        ]
        for domain in composite_explanation.domains
        for part in domain.parts
    ]
    return [Table(head, rows)]


def compare_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of a comparison's tables; reads nothing else."""
    about = data["composites"]
    sections = [_composites(about, lang)]
    sections += [_pair(row, lang) for row in data["pairs"]]
    sections.append(_sensitivity(data, lang))
    marks = about[0]["marks"]
    ours = text("ours", lang, *(say(word("marks", marks[name]), lang) for name in ("weights", "maps", "bands")))
    unseen = [(text("limits", lang), limit) for limit in limits(data["notes"], lang)]
    return _draw(
        data,
        lang,
        heading=text("compare", lang),
        title=clean(" · ".join(row["name"] for row in about)),
        other=other,
        badge="",
        sum=text("compare_soft", lang),
        ours=ours,
        facts=[(text("as_of", lang), data["as_of"]), *unseen],
        tiles=[(clean(row["name"].partition("@")[0]), f"{row['graded']:,}") for row in about],
        sections=sections,
        laws=[],
    )


def _composites(about: list[dict[str, Any]], lang: Lang) -> Section:
    head = [
        (text("composites", lang), ""),
        (text("rule", lang), "short"),
        (text("subjects", lang), "n"),
        (html.text("graded", lang), "n"),
        (text("fragile_short", lang), "n"),
    ]
    rows = [
        [
            clean(f"{row['label'][lang]}\n{row['name']}"),
            text(f"rule_{row['rule']}", lang),
            f"{row['subjects']:,}",
            f"{row['graded']:,}",
            _percent(row["fragile_share"]),
        ]
        for row in about
    ]
    parts: Parts = [Table(head, rows, "", text("fragile_share", lang))]
    by_grades: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for value in about:
        by_grades.setdefault(tuple(row["grade"] for row in value["grades"]), []).append(value)
    for k, (codes, members) in enumerate(by_grades.items()):
        bars = [
            {
                "label": clean(member["name"]),
                "total": f"{member['graded']:,}",
                "counts": {row["grade"]: row["count"] for row in member["grades"]},
                "percents": {row["grade"]: 100 * (row["share"] or 0) for row in member["grades"]},
            }
            | {"total": member["graded"]}
            for member in members
        ]
        picture = charts.stacked(
            f"shares-{k}", text("grade_shares", lang), text("grade_shares_desc", lang), bars, codes
        )
        parts.append(Figure(text("grade_shares", lang), text("grade_shares_desc", lang), picture))
    return Section(text("composites", lang), "", parts)


def _pair(row: dict[str, Any], lang: Lang) -> Section:
    measures = [
        [text("both_graded", lang), f"{row['both']:,}"],
        [text("spearman", lang), shown(row["spearman"])],
        [text("kendall", lang), shown(row["kendall"])],
        *([[text("same_grade", lang), _percent(row["same_grade"])]] if row["same_grade"] is not None else []),
        [text("mean_move", lang), shown(row["mean_difference"])],
        *([text(name, lang), f"{row[name]:,}"] for name in ("better", "worse", "same")),
    ]
    parts: Parts = [Table([("", ""), ("", "n")], measures, "", text("pairs_desc", lang))]
    codes = list(row["grades"][1])
    if any(flow["to"] == "not_graded" and flow["from"] != "not_graded" for flow in row["flows"]):
        codes.append("not_graded")
    bars = []
    for name in row["grades"][0]:
        counts = {flow["to"]: flow["count"] for flow in row["flows"] if flow["from"] == name}
        total = sum(counts.values())
        if total:
            label = clean(name)
            percents = {code: 100 * count / total for code, count in counts.items()}
            bars.append({"label": label, "total": total, "counts": counts, "percents": percents})
    caption = text("flows_desc", lang, clean(row["first"]), clean(row["second"]))
    name = f"flows-{row['first']}-{row['second']}"
    parts.append(Figure(text("flows", lang), caption, charts.stacked(name, text("flows", lang), caption, bars, codes)))
    moved = [
        [
            clean(value["subject_id"]),
            f"{value['first']} {clean(value['first_grade'])}",
            f"{value['second']} {clean(value['second_grade'])}",
            signed(value["second"] - value["first"]),
        ]
        for value in row["moved"]
    ]
    head = [
        (text("subject", lang), "id"),
        (text("first", lang), ""),
        (text("second", lang), ""),
        (text("difference", lang), "n"),
    ]
    caption = text("moved_desc", lang, len(moved), f"{row['better'] + row['worse']:,}") if moved else text("none", lang)
    parts.append(Table(head, moved, text("moved", lang), caption))
    return Section(f"{clean(row['first'])} → {clean(row['second'])}", "", parts)


def _sensitivity(data: dict[str, Any], lang: Lang) -> Section:
    parts: Parts = []
    settings = data["settings"]
    labels = {composite["name"]: composite["labels"] for composite in data["composites"]}
    for k, value in enumerate(data["sensitivity"]):
        if not value["weights"]:
            parts.append(Table([("", "")], [], clean(value["name"]), text("no_weights", lang)))
            continue
        rows = [
            {"label": f"{clean(labels[value['name']][row['domain']][lang])} ({row['weight']})", "first": row["up"]}
            | {"second": row["down"], "text": f"{_percent(row['up'])} / {_percent(row['down'])}"}
            for row in value["domains"]
            if row["weight"]
        ]
        caption = text("sensitivity_desc", lang, settings["step"])
        picture = pairs(
            f"sensitivity-{k}", text("sensitivity", lang), caption, rows, (text("up", lang), text("down", lang))
        )
        parts.append(Figure(clean(value["name"]), caption, picture))
        drawn = value["draws"]
        if drawn:
            values = [
                settings["draws"],
                settings["seed"],
                f"{100 * drawn['mean']:.1f}",
                f"{100 * drawn['largest']:.1f}",
            ]
            shown_text = text("simplex_desc", lang, *values, shown(drawn["spearman_least"]))
            parts.append(Table([("", "")], [], "", shown_text))
    return Section(text("sensitivity", lang), "", parts)


def _percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"


def write_compare(data: dict[str, Any], folder: Path | str, name: str = "compare") -> list[Path]:
    """`compare.html` (Chinese), `compare.en.html` and `compare.json` with exactly what was drawn."""
    return html.write_pair(data, compare_page, Path(folder), name)
