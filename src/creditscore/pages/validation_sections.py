"""The sections of a validation page: which tables and pictures each holds, as texts ready to be set."""

from __future__ import annotations

from typing import Any

from markupsafe import Markup

from creditscore.core.i18n import clean
from creditscore.pages import plots
from creditscore.pages.plots import LIGHTS, shown
from creditscore.present.charts import BAR
from creditscore.present.page import Figure, Said, Section, Table, heads

MOST = 15  # variables in a picture or table; the JSON has them all
STATES = {"quiet": BAR, "watch": "#e0a93f", "alarm": "#a6263a", "too_few": "#b9bec5"}


def span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{shown(low)} – {shown(high)}"


def percent(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:.1f} %"


def name_of(value: Any, t: Said) -> str:
    return t("unnamed") if value is None else clean(str(value))


def sections(data: dict[str, Any], t: Said) -> list[Section]:
    """Every section that the report has tables for, in the order of the page."""
    parts = (coverage, discrimination, calibration, grades, stability, sensitivity, fairness, explanations)
    drawn = [draw_part(data["tables"], data["numbers"], t) for draw_part in parts]
    return [section for section in drawn if section is not None]


def coverage(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section:
    held = numbers["coverage"]
    named = (
        ("rows_in", "rows"),
        ("rows_used", "used"),
        ("rows_without_outcome", "without_outcome"),
        ("rows_without_prediction", "without_prediction"),
        ("organisations", "organisations"),
        ("variables", "variables"),
        ("events", "events"),
    )
    rows = [[t(code), f"{held[name]:,}"] for code, name in named if held.get(name) is not None]
    if held.get("rho") is not None:
        rows += [[t("rho"), shown(held["rho"])], [t("rows_worth"), f"{held['rows_worth']:,.1f}"]]
    rows += [[t("rate"), shown(held["rate"])], [t("mean_p"), shown(held["mean_p"])]]
    parts: list[Table | Figure] = [Table([(t("measure"), ""), (t("value"), "n")], rows)]
    if "labels" in tables:
        parts.append(
            Table(
                heads(t, "group", count="n", share="n", events="n", rate="n", mean_p="n", oe="n", auc="n"),
                [
                    [
                        t(row["group"]),
                        f"{row['count']:,}",
                        percent(row["share"]),
                        f"{row['events']:,}",
                        shown(row["rate"]),
                        shown(row["mean_p"]),
                        shown(row["oe"]),
                        shown(row["auc"]),
                    ]
                    for row in tables["labels"]
                ],
                t("labels"),
                t("labels_desc"),
            )
        )
    return Section(t("data_section"), "", parts)


def discrimination(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section | None:
    held = numbers.get("discrimination")
    if held is None:
        return None
    rows = [
        [t(name), shown(held[name]), span(held[f"{name}_low"], held[f"{name}_high"])]
        for name in ("auc", "accuracy_ratio", "ks")
    ]
    if held.get("initial_auc") is not None:
        rows.append([t("initial_auc", shown(held["auc_fall_p"])), shown(held["initial_auc"]), ""])
    parts: list[Table | Figure] = [Table(heads(t, "measure", value="n", interval="n"), rows)]
    lines = [
        {"label": t("roc"), "points": [(row["others_found"], row["events_found"]) for row in tables["curves"]]},
        {"label": t("cap"), "points": [(row["share"], row["events_found"]) for row in tables["curves"]]},
    ]
    picture = plots.square("curves", t("curves"), t("curves_desc"), lines, t("share_axis"), t("events_found"))
    parts.append(Figure(t("curves"), t("curves_desc"), picture))
    if "cohorts" in tables:
        marks = [
            {"label": f"{name_of(row['cohort'], t)} ({row['events']:,} / {row['count']:,})", "value": row["auc"]}
            | {"low": row["auc_low"], "high": row["auc_high"]}
            | {
                "text": t("one_class")
                if row["auc"] is None
                else f"{shown(row['auc'])}  ({span(row['auc_low'], row['auc_high'])})"
            }
            for row in tables["cohorts"]
        ]
        picture = plots.intervals("cohorts", t("cohorts"), t("cohorts_desc"), marks, 0.5)
        parts.append(Figure(t("cohorts"), t("cohorts_desc"), picture))
    return Section(t("discrimination"), t("discrimination_desc", f"{100 * held['level']:g}"), parts)


def calibration(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section:
    marks = [
        row | {"label": f"{shown(row['low'])} – {shown(row['high'])}: {row['events']:,} / {row['count']:,}"}
        for row in tables["reliability"]
    ]
    picture = plots.reliability(
        "reliability", t("reliability"), t("reliability_desc"), marks, t("predicted"), t("observed")
    )
    rows, oe = [], numbers["observed_to_expected"]
    rows.append([t("oe"), shown(oe["oe"]), span(oe["oe_low"], oe["oe_high"]), ""])
    line = numbers.get("calibration_line")
    if line is not None:
        for name in ("slope", "intercept_only", "intercept"):
            rows.append([t(name), shown(line[name]), span(line[f"{name}_low"], line[f"{name}_high"]), ""])
        rows.append([t("line_p"), "", "", shown(line["p_value"])])
    for row in tables["calibration_tests"]:
        rows.append([t(row["name"]), shown(row["statistic"]), "", shown(row["p_value"])])
    error, part = numbers["calibration_error"], numbers["brier"]
    rows.append([t("ece", shown(error["ece_noise"])), shown(error["ece"]), "", ""])
    rows.append([t("mce"), shown(error["mce"]), "", ""])
    rows.append([t("brier_score"), shown(part["score"]), span(part["score_low"], part["score_high"]), ""])
    names = (
        "score",
        "reliability",
        "resolution",
        "uncertainty",
        "within_variance",
        "within_covariance",
        "miscalibration",
        "discrimination",
        "skill",
    )
    alarm = numbers["alarm"]
    periods = [
        {"label": t("all") if row["period"] == "all" else name_of(row["period"], t), "value": row["oe"]}
        | {"low": row["oe_low"], "high": row["oe_high"], "colour": STATES[row["state"]]}
        | {"text": f"{shown(row['oe'])}  {t('alarm_' + row['state'])}"}
        for row in tables["periods"]
    ]
    notes = [t("alarm_state", t(f"alarm_{alarm['state']}"))]
    if alarm["first_alarm"] is not None:
        notes.append(t("first_alarm", name_of(alarm["first_alarm"], t)))
    return Section(
        t("calibration"),
        "",
        [
            Figure(t("reliability"), t("reliability_desc"), picture),
            Table(heads(t, "measure", value="n", interval="n", p_value="n"), rows),
            Figure(t("brier"), t("brier_desc", *(shown(part[name]) for name in names)), Markup("")),
            Figure(
                f"{t('alarm')} · {'; '.join(notes)}",
                t("alarm_desc"),
                plots.intervals("alarm", t("alarm"), t("alarm_desc"), periods, 1.0),
            ),
        ],
    )


def grades(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section | None:
    if "grades" not in tables:
        return None
    rows = tables["grades"]
    marks = [
        {"label": f"{name_of(row['grade'], t)} ({row['events']:,} / {row['count']:,})", "value": row["rate"]}
        | {"low": row["rate_low"], "high": row["rate_high"], "colour": LIGHTS[row["light"]]}
        | {"text": f"{shown(row['rate'])} / {shown(row['pd'])}"}
        for row in rows[:-1]
    ]
    listed = [
        [
            t("portfolio") if row is rows[-1] else name_of(row["grade"], t),
            f"{row['count']:,}",
            f"{row['events']:,}",
            percent(row["share"]),
            shown(row["pd"]),
            f"{shown(row['rate'])}\n({span(row['rate_low'], row['rate_high'])})",
            shown(row["binomial_p"]),
            shown(row["jeffreys_p"]),
            "" if row is rows[-1] else shown(row["holm_p"]),
            t(row["light"]),
        ]
        for row in rows
    ]
    parts: list[Table | Figure] = [
        Figure(t("grades"), t("grades_desc"), plots.intervals("grades", t("grades"), t("grades_desc"), marks)),
        Table(
            heads(
                t,
                "grade",
                count="n",
                events="n",
                share="n",
                pd="n",
                rate="n",
                binomial_p="n",
                jeffreys_p="n",
                holm_p="n",
                light="",
            ),
            listed,
            "",
            t("lights_desc"),
        ),
        Table(
            heads(t, "better", "worse", difference="n", p_value="n", distinct=""),
            [
                [
                    name_of(row["better"], t),
                    name_of(row["worse"], t),
                    shown(row["difference"]),
                    shown(row["p_value"]),
                    t("yes" if row["distinct"] else "no"),
                ]
                for row in tables["heterogeneity"]
            ],
            t("heterogeneity"),
        ),
        Table(
            heads(t, "grade", rate_low_half="n", rate_high_half="n", p_value="n", holm_p="n", alike=""),
            [
                [
                    name_of(row["grade"], t),
                    shown(row["rate_low"]),
                    shown(row["rate_high"]),
                    shown(row["p_value"]),
                    shown(row["holm_p"]),
                    t("yes" if row["alike"] else "no"),
                ]
                for row in tables["homogeneity"]
            ],
            t("homogeneity"),
            t("homogeneity_desc"),
        ),
    ]
    held = numbers["concentration"]
    figures = [shown(held[name]) for name in ("index", "index_low", "index_high", "normalised")]
    notes = [t("concentration_desc", *figures, f"{100 * held['largest_share']:.1f}")]
    if held["initial_index"] is not None:
        three = (shown(held[name]) for name in ("initial_index", "p_value", "p_value_sampling"))
        notes.append(t("concentration_initial", *three))
    parts.append(Figure(t("concentration"), " · ".join(notes), Markup("")))
    if "migration" in tables:
        parts.append(_migration(tables["migration"], numbers["migration"], t))
    return Section(t("grades"), "", parts)


def _migration(cells: list[dict[str, Any]], held: dict[str, Any], t: Said) -> Figure:
    labels = [name_of(grade, t) for grade in held["grades"]]
    size = len(labels)
    shares = [[cells[i * size + j]["share"] for j in range(size)] for i in range(size)]
    counts = [[cells[i * size + j]["count"] for j in range(size)] for i in range(size)]
    moved = (f"{100 * held[name]:.1f}" for name in ("stayed", "worse", "better"))
    caption = t("migration_desc", *moved, shown(held["upper"]), shown(held["lower"]))
    odd = sum(cell["p_value"] is not None and cell["p_value"] < 0.01 for cell in cells)
    picture = plots.matrix("migration", t("migration"), caption, labels, shares, counts)
    return Figure(t("migration"), f"{caption} · {t('migration_far', odd)}", picture)


def stability(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section | None:
    parts: list[Table | Figure] = []
    if "psi" in tables:
        rows = [
            {"label": t("missing") if row["bin"] == "missing" else row["bin"], "first": row["expected_share"]}
            | {"second": row["actual_share"], "text": shown(row["part"])}
            for row in tables["psi"]
        ]
        title = t("psi", shown(numbers["psi"]["psi"]), shown(numbers["psi"]["noise"]))
        picture = plots.pairs("psi", t("psi_title"), title, rows, (t("reference"), t("now")))
        parts.append(Figure(t("psi_title"), title, picture))
    if "csi" in tables:
        listed = [
            [
                clean(row["variable"]),
                shown(row["csi"]),
                f"({shown(row['noise'])})",
                percent(row["missing_expected"]),
                percent(row["missing_actual"]),
                t(row["state"]),
            ]
            for row in tables["csi"][:MOST]
        ]
        head = [(t("variable"), ""), ("CSI", "n"), ("", "n"), (f"{t('missing')}, {t('reference')}", "n")]
        head += [(f"{t('missing')}, {t('now')}", "n"), (t("state"), "")]
        parts.append(Table(head, listed, t("csi"), t("csi_desc", len(listed))))
    return Section(t("stability"), "", parts) if parts else None


def sensitivity(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section | None:
    if "left_out" not in tables:
        return None
    parts: list[Table | Figure] = []
    marks = [
        {"label": clean(row["variable"]), "value": row["auc_change"], "text": shown(row["auc_change"])}
        for row in tables["left_out"][:MOST]
    ]
    caption = t("left_out_desc", len(marks))
    picture = plots.intervals("left-out", t("left_out"), caption, marks, 0.0)
    parts.append(Figure(t("left_out"), caption, picture))
    moved = sorted(tables["shifts"], key=lambda row: (-row["mean_abs_change"], row["variable"], row["shift"]))[:MOST]
    rows = [
        [
            clean(row["variable"]),
            shown(row["shift"]),
            shown(row["mean_change"]),
            shown(row["mean_abs_change"]),
            shown(row["largest_change"]),
            percent(row["grade_changed"]),
        ]
        for row in moved
    ]
    head = heads(t, "variable", shift="n", difference="n", mean_abs_change="n", largest_change="n", grade_changed="n")
    parts.append(Table(head, rows, t("shifts", len(rows))))
    return Section(t("sensitivity"), t("sensitivity_desc", f"{numbers['sensitivity']['rows']:,}"), parts)


def fairness(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section | None:
    if "fairness" not in tables:
        return None
    parts: list[Table | Figure] = []
    attributes = list(dict.fromkeys(row["attribute"] for row in tables["fairness"]))
    for k, attribute in enumerate(attributes):
        rows = [row for row in tables["fairness"] if row["attribute"] == attribute]
        named = t(attribute) if attribute in ("size", "ownership", "district", "age") else clean(attribute)
        open_ = [row for row in rows if row["state"] == "shown"]
        marks = [
            {"label": name_of(row["group"], t), "value": row["oe"], "low": row["oe_low"], "high": row["oe_high"]}
            | {"text": f"{shown(row['oe'])}  ({span(row['oe_low'], row['oe_high'])})"}
            | {"colour": BAR if row["calibrated"] else "#a6263a"}
            for row in open_
        ]
        title = t("fairness_oe", named)
        parts.append(Figure(title, "", plots.intervals(f"fair-{k}", title, title, marks, 1.0)))
        listed = [
            [
                name_of(row["group"], t),
                f"{row['count']:,.0f}",
                f"{row['events']:,.0f}",
                _with(row, "rate"),
                _with(row, "mean_p"),
                _with(row, "flagged_rate", "flagged"),
                _with(row, "tpr"),
                _with(row, "fpr"),
                _with(row, "impact"),
            ]
            for row in open_
        ]
        listed += [
            [name_of(row["group"], t), t("withheld" if row["state"] == "small" else "withheld_too"), *[""] * 7]
            for row in rows
            if row["state"] != "shown"
        ]
        head = heads(t, "group", count="n", events="n", rate="n", mean_p="n", flagged="n", tpr="n", fpr="n", impact="n")
        parts.append(Table(head, listed))
    held = numbers["fairness"]
    caption = t("fairness_desc", shown(held["threshold"]), f"{100 * held['flagged']:.1f}")
    return Section(t("fairness"), caption, parts)


def _with(row: dict[str, Any], name: str, ends: str = "") -> str:
    """A figure and below it its interval."""
    if row[name] is None:
        return "—"
    return f"{shown(row[name])}\n{span(row[f'{ends or name}_low'], row[f'{ends or name}_high'])}"


def explanations(tables: dict[str, Any], numbers: dict[str, Any], t: Said) -> Section | None:
    parts: list[Table | Figure] = []
    for name, rows in tables.items():
        if not name.startswith("explanation: ") or not rows:
            continue
        title = name.removeprefix("explanation: ")
        known = title == "mean_share"  # the table that every model of this package gives
        write = t if known else clean
        head = [(write(row), "n" if isinstance(rows[0][row], int | float) else "") for row in rows[0]]
        listed = [
            [shown(value) if isinstance(value, float) else name_of(value, t) for value in row.values()]
            for row in rows[:50]
        ]
        parts.append(Table(head, listed, write(title)))
    return Section(t("explanations"), "", parts) if parts else None
