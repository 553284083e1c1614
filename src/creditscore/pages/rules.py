"""Rules beside models as a document, drawn from the report's JSON alone: points, items, disagreements, the swap set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang, phrases
from creditscore.modelling.validation.document import own, span
from creditscore.pages.validation_sections import name_of
from creditscore.present import plots
from creditscore.present.charts import BAR
from creditscore.present.document import (
    Block,
    Code,
    Column,
    Columns,
    Count,
    Document,
    Lines,
    Listing,
    Section,
    Table,
    Tiles,
    Value,
    heads,
    percent,
)
from creditscore.present.html import write_pages
from creditscore.present.plots import chart_of, shown

Say = Callable[..., str]
SIGNS = {"as_expected": BAR, "wrong": "#a6263a", "unscored": "#e0a93f", "unclear": "#b9bec5", "too_few": "#b9bec5"}
GROUPS = ("grade", "size", "ownership", "district", "age", "industry", "sector")
MOST = 30


def rules_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe rules beside a model from the `to_dict()` of a RulesReport."""
    t = phrases("validation", lang, "pages")
    about, tables, numbers = data["about"], data["tables"], data["numbers"]
    coverage = numbers["coverage"]
    tiles = [
        (t("graded"), Count(coverage["graded"])),
        (t("rows_used"), Count(coverage["used"])),
        (t("events"), Count(coverage["events"])),
        (t("points_auc"), shown(numbers["points"]["auc"])),
    ]
    return Document(
        t("rules_beside"),
        own(about.get("title") or t("rules_beside"), lang),
        lang,
        [
            Tiles(tiles),
            points(tables, numbers, t),
            items(tables, t),
            doubles(tables, t),
            opinions(tables, numbers["agreement"], t) if "agreement" in tables else None,
            swaps(tables, numbers["challenge"], t) if "swaps" in tables else None,
            Section(t("limits"), [Listing([own(limit, lang) for limit in data["limits"]])]),
        ],
        data=data,
        made_up=bool(about.get("made_up", False)),
        foot=t("not_official"),
    )


def points(tables: dict[str, Any], numbers: dict[str, Any], t: Say) -> Section:
    held = numbers["points"]
    marks = [
        {"label": f"{shown(row['low'])} – {shown(row['high'])} ({row['count']:,})", "value": row["log_odds"]}
        | {"low": row["log_odds_low"], "high": row["log_odds_high"]}
        | {"text": f"{shown(row['log_odds'])}  ({show_percent(row['rate'])})"}
        | {"colour": "#a6263a" if row["against"] else BAR}
        for row in tables["points"]
    ]
    rows = [
        (t("points_auc"), shown(held["auc"]), span(held["auc_low"], held["auc_high"])),
        (t("points_slope"), shown(held["slope"]), span(held["slope_low"], held["slope_high"])),
        (t("points_doubling"), shown(held["doubling"]), ""),
        (t("points_straight"), shown(held["straight_p"]), ""),
    ]
    return Section(
        t("points_title"),
        [
            Columns(
                [chart_of(plots.intervals, "points", t("points_title"), t("points_desc"), marks)],
                [Table(heads(t, "measure", value="number", interval="number"), rows)],
            )
        ],
    )


def show_percent(share: float | None) -> str:
    return "—" if share is None else f"{100 * share:.1f} %"


def items(tables: dict[str, Any], t: Say) -> Section:
    rows = sorted(tables["items"], key=lambda row: (-row["count"], row["item"]))[:MOST]
    marks = [
        {"label": f"{row['item']} ({row['events']:,} / {row['count']:,})", "value": row["lift"]}
        | {"low": row["lift_low"], "high": row["lift_high"], "colour": SIGNS[row["sign"]]}
        | {"text": f"{shown(row['lift'])}  {t('sign_' + row['sign'])}"}
        for row in rows
        if row["sign"] != "too_few"
    ]
    chart = chart_of(plots.intervals, "lift", t("lift"), t("lift_desc", len(marks)), marks, 1)
    cells = [
        (
            row["item"],
            Count(row["count"]),
            shown(row["mean_cost"]),
            shown(row["lift"]),
            span(row["lift_low"], row["lift_high"]),
            shown(row["q_value"]),
            Lines([shown(row["adjusted"]), f"± {shown(row['adjusted_se'])}"], small=True),
            t("sign_" + row["sign"]),
        )
        for row in rows
    ]
    names = ("count", "mean_cost", "lift", "interval", "q_value", "adjusted")
    against = [
        (row["item"], t("how_" + row["how"]), *(shown(row[name]) for name in ("mean_cost", "lift", "p_value")))
        for row in tables["wrong_signs"][:MOST]
    ]
    return Section(
        t("items_title"),
        [
            replace(chart, title=t("lift"), table=None),
            Table(heads(t, "item", numbers=names, sign="text"), cells),
            Table(
                heads(t, "item", "how", mean_cost="number", lift="number", p_value="number"),
                against,
                t("wrong_signs"),
                t("wrong_signs_desc") if against else "",
                t("none"),
            ),
        ],
    )


def doubles(tables: dict[str, Any], t: Say) -> Section:
    pairs = [
        (row["first"], row["second"], shown(row["correlation"]), Count(row["together"]), percent(row["overlap"]))
        for row in tables["redundant"][:MOST]
    ]
    inflated = [
        (row["item"], "∞" if row["vif"] is None else shown(row["vif"]))
        for row in tables["inflation"]
        if row["inflated"]
    ]
    columns = heads(t, "first", "second", correlation="number", together="number", overlap="number")
    parts = [
        Table(columns, pairs, empty=t("none")),
        Table(heads(t, "item", vif="number"), inflated[:MOST], t("vif_title"), empty=t("none")),
    ]
    return Section(t("redundancy"), parts, t("redundancy_desc"))


def opinions(tables: dict[str, Any], held: dict[str, Any], t: Say) -> Section:
    names, classes = held["grades"], held["classes"]
    size, cells = len(names), tables["agreement"]
    counts = [[int(cells[i * size + j]["count"]) for j in range(size)] for i in range(size)]
    shares = (f"{100 * held[name]:.1f}" for name in ("equal", "model_worse", "rule_worse"))
    caption = t("agreement_desc", *shares, shown(held["kappa"]))
    labels = [str(name) if name == other else f"{name} | {other}" for name, other in zip(names, classes, strict=True)]
    rows = [
        (
            Count(row["place"]),
            Code(str(row["subject_id"])),
            str(row["grade"]),
            str(row["advisory"]),
            t(row["direction"]),
            shown(row["p"]),
            *_reasons(row, "statutory", "advisory"),
        )
        for row in tables["queue"][:MOST]
    ]
    columns = [Column("", "number"), Column(t("subjects"), "code"), *heads(t, "grade", "advisory_class", "direction")]
    columns += heads(t, p="number", why_rule="text", why_model="text")
    return Section(
        t("opinions"),
        [
            plots.matrix_chart("agreement", t("agreement"), caption, labels, counts),
            Table(columns, rows, t("queue"), t("queue_desc", len(rows), f"{held['queue']:,}")),
        ],
    )


def _reasons(row: dict[str, Any], *sides: str) -> tuple[Value, ...]:
    return tuple(row[f"{side}_explanation"] or None for side in sides)


def swaps(tables: dict[str, Any], held: dict[str, Any], t: Say) -> Section:
    measures = [
        (
            t(f"measure_{row['measure']}"),
            *(shown(row[name]) for name in ("champion", "challenger", "difference")),
            t(f"better_{row['better']}"),
        )
        for row in tables["measures"]
    ]
    rows = [
        (
            _group(row, t),
            t("set_" + row["set"]),
            Count(row["count"]),
            percent(row["share"]),
            Count(row["events"]),
            percent(row["rate"]),
            "" if row["rate_low"] is None else f"{show_percent(row['rate_low'])} – {show_percent(row['rate_high'])}",
        )
        for row in tables["swaps"]
        if row["set"] in ("flagged_by_champion", "flagged_by_challenger")
    ]
    cases = [
        (
            Code(str(row["subject_id"])),
            t("set_" + row["set"]),
            shown(row["champion_p"]),
            shown(row["challenger_p"]),
            *_reasons(row, "champion", "challenger"),
        )
        for row in tables["cases"][:MOST]
    ]
    two = ("champion", "challenger")
    numbers = ("count", "share", "events", "rate", "interval")
    of_case = [Column(t("subjects"), "code"), *heads(t, "set", numbers=two, why_rule="text", why_model="text")]
    parts: list[Block] = [
        Table(
            heads(t, "measure", numbers=(*two, "difference"), better_side="text"),
            measures,
            caption=t("challenge_desc", shown(held["auc_p"])),
        ),
        Table(heads(t, "group", "set", numbers=numbers), rows, t("swap_set"), t("swap_desc")),
        Table(of_case, cases, t("cases"), t("queue_desc", len(cases), f"{held['cases']:,}")),
    ]
    return Section(t("challenge"), parts)


def _group(row: dict[str, Any], t: Say) -> str:
    if row["by"] == "all":
        return t("all")
    return f"{t(row['by']) if row['by'] in GROUPS else row['by']}{t('colon')}{name_of(row['group'], t)}"


def write_rules(report: Any, folder: Path | str, name: str = "rules", *, index: str = "") -> list[Path]:
    """`name.html` (Chinese), `name.en.html` and `name.json`, from a RulesReport or its `to_dict()`.

    `index` is the page that leads back to all of them, from `folder`.
    """
    data = report if isinstance(report, dict) else report.to_dict()
    return write_pages(lambda lang: rules_document(data, lang), Path(folder), name, index=index)
