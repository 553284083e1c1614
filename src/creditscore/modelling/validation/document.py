"""A validation as a notebook shows it: verdict, main figures, criteria, curves; the page of `pages` has all tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, get_args

from creditscore.core.i18n import Lang, phrases
from creditscore.present import plots
from creditscore.present.document import (
    Badge,
    Chart,
    Columns,
    Count,
    Document,
    Lines,
    Paragraph,
    Plot,
    Row,
    Section,
    Table,
    Tiles,
    Tone,
    Value,
    heads,
    percent,
)
from creditscore.present.plots import shown, square
from creditscore.present.svg import Picture

Say = Callable[..., str]
OUTCOMES: dict[str, Tone] = {"pass": "good", "warn": "warn", "fail": "bad", "not_assessed": "idle"}
BOUNDS = {"high": "< {0}", "low": "≥ {0}", "near_one": "> {0} / < 1/{0}"}
POINTS = 20  # of a curve in its table
Figure = Literal["curves", "ks", "calibration"]
FIGURES: tuple[Figure, ...] = get_args(Figure)


def report_document(data: dict[str, Any], lang: Lang) -> Document:
    """Tell the verdict of a validation and why, from the `to_dict()` of its report."""
    t = phrases("validation", lang, "pages")
    curves, ranks = data["tables"].get("curves"), data["numbers"].get("discrimination")
    return Document(
        t("validation"),
        title_of(data, lang, t),
        lang,
        [
            state_verdict(data, t),
            list_figures(data, t),
            list_criteria(data, lang, t),
            Columns([draw_curves(curves, t)], [draw_distance(curves, ranks["ks"], t)]) if curves and ranks else None,
            draw_reliability(data["tables"]["reliability"], t),
        ],
        made_up=bool(data["about"].get("made_up", False)),
        foot=t("not_official"),
    )


def title_of(data: dict[str, Any], lang: Lang, t: Say) -> str:
    """What the validation is called."""
    return own(data["about"].get("title") or t("validation"), lang)


def own(value: Any, lang: Lang) -> str:
    """A text of the caller: plain, or in two languages."""
    if isinstance(value, dict):
        value = value.get(lang, value.get("zh", value.get("en", "")))
    return str(value)


def draw_figure(
    figure: Figure, curves: Sequence[dict[str, Any]], bins: Sequence[dict[str, Any]], ks: float, lang: Lang
) -> Picture:
    """Draw a figure of a validation; empty where it has no curves because the outcomes were all alike."""
    t = phrases("validation", lang)
    if figure == "calibration":
        return Picture(draw_reliability(bins, t).picture)
    if not curves:
        return Picture()
    return Picture((draw_curves(curves, t) if figure == "curves" else draw_distance(curves, ks, t)).picture)


def state_verdict(data: dict[str, Any], t: Say) -> Section:
    """The verdict, and how many criteria came out how."""
    counted = [sum(row["outcome"] == name for row in data["criteria"]) for name in OUTCOMES]
    badge = Badge(t(data["verdict"]), tone=OUTCOMES[data["verdict"]], large=True)
    return Section(t("verdict"), [Paragraph(badge), Paragraph(t("verdict_desc", *counted))])


def list_figures(data: dict[str, Any], t: Say) -> Tiles:
    """The main figures: rows, events, how well the model ranks and foretells."""
    numbers = data["numbers"]
    coverage, ranks = numbers["coverage"], numbers.get("discrimination", {})
    return Tiles(
        [
            (t("rows_used"), Count(coverage["used"])),
            (t("events"), Count(coverage["events"])),
            (t("rate"), percent(coverage["rate"], 2)),
            (t("auc"), shown(ranks.get("auc"))),
            (t("oe"), shown(numbers["observed_to_expected"]["oe"])),
            (t("brier_score"), shown(numbers["brier"]["score"])),
        ]
    )


def list_criteria(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    """Each criterion with its value, bounds and outcome."""
    rows = []
    for row in data["criteria"]:
        bounds = (
            None if row[name] is None else BOUNDS[row["better"]].format(f"{row[name]:g}") for name in ("warn", "fail")
        )
        tone = OUTCOMES[row["outcome"]]
        outcome = Badge(t(f"outcome_{row['outcome']}"), tone=tone)
        shade: Tone = tone if tone in ("warn", "bad", "idle") else ""
        rows.append(Row((row[f"label_{lang}"], shown(row["value"]), *bounds, outcome), shade))
    columns = heads(t, "criterion", numbers=("value", "bound_warn", "bound_fail"), outcome="badge")
    return Section(t("criteria"), [Table(columns, rows)], t("criteria_desc"))


def draw_curves(curves: Sequence[dict[str, Any]], t: Say) -> Chart:
    """ROC and CAP: a picture, the same to explore, a table of points."""
    lines = [
        {"label": t("roc"), "points": [(row["others_found"], row["events_found"]) for row in curves]},
        {"label": t("cap"), "points": [(row["share"], row["events_found"]) for row in curves]},
    ]
    picture = square("curves", t("curves"), t("curves_desc"), lines, t("share_axis"), t("events_found"))
    series = [(str(drawn["label"]), drawn["points"]) for drawn in lines]
    plot = Plot("line", t("share_axis"), t("events_found"), series, 1)
    few = curves[:: max(1, len(curves) // POINTS)]
    shares = [tuple(percent(row[name]) for name in ("share", "others_found", "events_found")) for row in few]
    table = Table(heads(t, cap="number", roc="number", events_found="number"), shares)
    return Chart(t("curves"), picture, t("curves_desc"), table, plot)


def draw_distance(curves: Sequence[dict[str, Any]], ks: float, t: Say) -> Chart:
    """KS: the shares of events and of others found, and where they lie farthest apart on the points of the curves."""
    names = ("events_found", "others_found")
    lines = [{"label": t(name), "points": [(row["share"], row[name]) for row in curves]} for name in names]
    widest = max(curves, key=lambda row: abs(row["events_found"] - row["others_found"]))
    ends = [(widest["share"], widest[name]) for name in names]
    lines.append({"label": t("distance", shown(ks)), "points": ends})
    desc = t("distance_desc", shown(ks), percent(widest["share"]))
    picture = plots.square("distance", t("ks_curves"), desc, lines, t("share_axis"), t("found"))
    plot = Plot("line", t("share_axis"), t("found"), [(str(line["label"]), line["points"]) for line in lines], 1)
    few = curves[:: max(1, len(curves) // POINTS)]
    shares = [tuple(percent(row[name]) for name in ("share", *names)) for row in few]
    table = Table(heads(t, numbers=("share_axis", *names)), shares)
    return Chart(t("ks_curves"), picture, desc, table, plot)


def draw_reliability(rows: Sequence[dict[str, Any]], t: Say) -> Chart:
    """Mean predictions beside observed rates and their intervals: a picture, the same to explore, a table of bins."""
    marks = [
        row | {"label": f"{shown(row['low'])} – {shown(row['high'])}: {row['events']:,} / {row['count']:,}"}
        for row in rows
    ]
    title, desc, axes = t("reliability"), t("reliability_desc"), (t("predicted"), t("observed"))
    spots = [
        (row["mean_p"], row["rate"], row["label"], row["rate_low"], row["rate_high"])
        for row in marks
        if row["rate"] is not None
    ]
    widest = max((max(spot[0], spot[4]) for spot in spots), default=0.0)
    bins = [(row["label"], shown(row["mean_p"]), with_span(row, "rate")) for row in marks]
    return Chart(
        title,
        plots.reliability("reliability", title, desc, marks, *axes),
        desc,
        Table(heads(t, "group", predicted="number", observed="number"), bins),
        Plot("scatter", *axes, [(title, spots)], widest),
    )


def span(low: float | None, high: float | None) -> str:
    """`0.71 – 0.78`; nothing where an end is not known."""
    return "" if low is None or high is None else f"{shown(low)} – {shown(high)}"


def with_span(row: dict[str, Any], name: str, ends: str = "") -> Value:
    """A figure and below it its interval."""
    if row[name] is None:
        return None
    return Lines([shown(row[name]), span(row[f"{ends or name}_low"], row[f"{ends or name}_high"])], small=True)
