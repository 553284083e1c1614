"""Rules beside models as a page: points, items, disagreements and the swap set, drawn from the report's JSON alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang, clean
from creditscore.pages import plots
from creditscore.pages.plots import shown
from creditscore.pages.validation import own, said_in
from creditscore.pages.validation_sections import name_of, percent, span
from creditscore.present import html
from creditscore.present.charts import BAR
from creditscore.present.page import Figure, Said, Section, Table, heads

SIGNS = {"as_expected": BAR, "wrong": "#a6263a", "unscored": "#e0a93f", "unclear": "#b9bec5", "too_few": "#b9bec5"}
MOST = 30


def rules_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of a RulesReport's `to_dict()`."""
    t = said_in(lang)
    about, tables, numbers = data["about"], data["tables"], data["numbers"]
    coverage = numbers["coverage"]
    sections = [points(tables, numbers, t), items(tables, t), doubles(tables, t)]
    if "agreement" in tables:
        sections.append(opinions(tables, numbers["agreement"], t))
    if "swaps" in tables:
        sections.append(swaps(tables, numbers["challenge"], t))
    page = html.environment().get_template("rules.html")
    return page.render(
        t=t,
        lang=lang,
        tag={"zh": "zh-CN", "en": "en"}[lang],
        data=data,
        other=other,
        sections=sections,
        made_up=bool(about.get("made_up", False)),
        title=own(about.get("title") or t("rules_beside"), lang),
        tiles=[
            (t("graded"), f"{coverage['graded']:,}"),
            (t("rows_used"), f"{coverage['used']:,}"),
            (t("events"), f"{coverage['events']:,}"),
            (t("points_auc"), shown(numbers["points"]["auc"])),
        ],
        limits=[own(limit, lang) for limit in data["limits"]],
    )


def points(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section:
    held = numbers["points"]
    marks = [
        {"label": f"{shown(row['low'])} – {shown(row['high'])} ({row['count']:,})", "value": row["log_odds"]}
        | {"low": row["log_odds_low"], "high": row["log_odds_high"]}
        | {"text": f"{shown(row['log_odds'])}  ({percent(row['rate'])})"}
        | {"colour": "#a6263a" if row["against"] else BAR}
        for row in tables["points"]
    ]
    rows = [
        [t("points_auc"), shown(held["auc"]), span(held["auc_low"], held["auc_high"])],
        [t("points_slope"), shown(held["slope"]), span(held["slope_low"], held["slope_high"])],
        [t("points_doubling"), shown(held["doubling"]), ""],
        [t("points_straight"), shown(held["straight_p"]), ""],
    ]
    picture = plots.intervals("points", t("points_title"), t("points_desc"), marks)
    return Section(
        t("points_title"),
        "",
        [Table(heads(t, "measure", value="n", interval="n"), rows), Figure("", t("points_desc"), picture)],
    )


def items(tables: dict[str, Any], t: Said) -> Section:
    rows = sorted(tables["items"], key=lambda row: (-row["count"], row["item"]))[:MOST]
    marks = [
        {"label": f"{clean(row['item'])} ({row['events']:,} / {row['count']:,})", "value": row["lift"]}
        | {"low": row["lift_low"], "high": row["lift_high"], "colour": SIGNS[row["sign"]]}
        | {"text": f"{shown(row['lift'])}  {t('sign_' + row['sign'])}"}
        for row in rows
        if row["sign"] != "too_few"
    ]
    parts: list[Table | Figure] = [
        Figure(
            t("lift"),
            t("lift_desc", len(marks)),
            plots.intervals("lift", t("lift"), t("lift_desc", len(marks)), marks, 1),
        )
    ]
    parts.append(
        Table(
            heads(t, "item", count="n", mean_cost="n", lift="n", interval="n", q_value="n", adjusted="n", sign=""),
            [
                [
                    clean(row["item"]),
                    f"{row['count']:,}",
                    shown(row["mean_cost"]),
                    shown(row["lift"]),
                    span(row["lift_low"], row["lift_high"]),
                    shown(row["q_value"]),
                    f"{shown(row['adjusted'])}\n± {shown(row['adjusted_se'])}",
                    t("sign_" + row["sign"]),
                ]
                for row in rows
            ],
        )
    )
    against = tables["wrong_signs"]
    listed = [
        [clean(row["item"]), t("how_" + row["how"]), shown(row["mean_cost"]), shown(row["lift"]), shown(row["p_value"])]
        for row in against[:MOST]
    ]
    head = heads(t, "item", "how", mean_cost="n", lift="n", p_value="n")
    parts.append(Table(head, listed, t("wrong_signs"), t("wrong_signs_desc") if listed else t("none")))
    return Section(t("items_title"), "", parts)


def doubles(tables: dict[str, Any], t: Said) -> Section:
    pairs = [
        [
            clean(row["first"]),
            clean(row["second"]),
            shown(row["correlation"]),
            f"{row['together']:,}",
            percent(row["overlap"]),
        ]
        for row in tables["redundant"][:MOST]
    ]
    inflated = [
        [clean(row["item"]), "∞" if row["vif"] is None else shown(row["vif"])]
        for row in tables["inflation"]
        if row["inflated"]
    ]
    parts: list[Table | Figure] = [
        Table(
            heads(t, "first", "second", correlation="n", together="n", overlap="n"),
            pairs,
            "",
            "" if pairs else t("none"),
        ),
        Table(heads(t, "item", vif="n"), inflated[:MOST], t("vif_title"), "" if inflated else t("none")),
    ]
    return Section(t("redundancy"), t("redundancy_desc"), parts)


def opinions(tables: dict[str, Any], held: dict[str, Any], t: Said) -> Section:
    names, classes = held["grades"], held["classes"]
    size = len(names)
    cells = tables["agreement"]
    counts = [[cells[i * size + j]["count"] for j in range(size)] for i in range(size)]
    shares = [[value / sum(row) if sum(row) else None for value in row] for row in counts]
    caption = t(
        "agreement_desc",
        *(f"{100 * held[name]:.1f}" for name in ("equal", "model_worse", "rule_worse")),
        shown(held["kappa"]),
    )
    labels = [
        clean(str(name)) if name == other else f"{clean(str(name))} | {clean(str(other))}"
        for name, other in zip(names, classes, strict=True)
    ]
    picture = plots.matrix("agreement", t("agreement"), caption, labels, shares, counts)
    rows = [
        [
            str(row["place"]),
            clean(str(row["subject_id"])),
            clean(str(row["grade"])),
            clean(str(row["advisory"])),
            t(row["direction"]),
            shown(row["p"]),
            clean(row["statutory_explanation"]) or "—",
            clean(row["advisory_explanation"]) or "—",
        ]
        for row in tables["queue"][:MOST]
    ]
    head = [
        ("", "n"),
        (t("subjects"), "id"),
        (t("grade"), ""),
        (t("advisory_class"), ""),
        (t("direction"), ""),
        (t("p"), "n"),
        (t("why_rule"), ""),
        (t("why_model"), ""),
    ]
    return Section(
        t("opinions"),
        "",
        [
            Figure(t("agreement"), caption, picture),
            Table(head, rows, t("queue"), t("queue_desc", len(rows), f"{held['queue']:,}")),
        ],
    )


def swaps(tables: dict[str, Any], held: dict[str, Any], t: Said) -> Section:
    measures = [
        [
            t(f"measure_{row['measure']}"),
            shown(row["champion"]),
            shown(row["challenger"]),
            shown(row["difference"]),
            t(f"better_{row['better']}"),
        ]
        for row in tables["measures"]
    ]
    parts: list[Table | Figure] = [
        Table(
            heads(t, "measure", champion="n", challenger="n", difference="n", better_side=""),
            measures,
            "",
            t("challenge_desc", shown(held["auc_p"])),
        )
    ]
    rows = [
        [
            t("all") if row["by"] == "all" else f"{_named(row['by'], t)}{t('colon')}{name_of(row['group'], t)}",
            t("set_" + row["set"]),
            f"{row['count']:,}",
            percent(row["share"]),
            f"{row['events']:,}",
            percent(row["rate"]),
            "" if row["rate_low"] is None else f"{percent(row['rate_low'])} – {percent(row['rate_high'])}",
        ]
        for row in tables["swaps"]
        if row["set"] in ("flagged_by_champion", "flagged_by_challenger")
    ]
    head = heads(t, "group", "set", count="n", share="n", events="n", rate="n", interval="n")
    parts.append(Table(head, rows, t("swap_set"), t("swap_desc")))
    cases = [
        [
            clean(str(row["subject_id"])),
            t("set_" + row["set"]),
            shown(row["champion_p"]),
            shown(row["challenger_p"]),
            clean(row["champion_explanation"]) or "—",
            clean(row["challenger_explanation"]) or "—",
        ]
        for row in tables["cases"][:MOST]
    ]
    head = [(t("subjects"), "id"), *heads(t, "set", champion="n", challenger="n", why_rule="", why_model="")]
    parts.append(Table(head, cases, t("cases"), t("queue_desc", len(cases), f"{held['cases']:,}")))
    return Section(t("challenge"), "", parts)


def _named(name: str, t: Said) -> str:
    known = ("grade", "size", "ownership", "district", "age", "industry", "sector")
    return t(name) if name in known else clean(name)


def write_rules(report: Any, folder: Path | str, name: str = "rules") -> list[Path]:
    """`name.html` (Chinese), `name.en.html` and `name.json`, from a RulesReport or its `to_dict()`."""
    data = report if isinstance(report, dict) else report.to_dict()
    return html.write_pair(data, rules_page, Path(folder), name)
