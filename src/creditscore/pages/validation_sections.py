"""The sections of a validation: which tables and pictures each holds, from the tables and numbers of the report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from creditscore.modelling.validation.document import draw_curves, draw_distance, draw_reliability, span, with_span
from creditscore.present import plots
from creditscore.present.charts import BAR
from creditscore.present.document import (
    Badge,
    Block,
    Chart,
    Column,
    Columns,
    Count,
    Facts,
    Paragraph,
    Section,
    Table,
    Tone,
    Value,
    heads,
    percent,
)
from creditscore.present.plots import LIGHTS, chart_of, matrix_chart, shown

Say = Callable[..., str]
Tables = dict[str, Any]
MOST = 15  # variables in a picture or table; the JSON has them all
BRIER = (
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
STATES = {"quiet": BAR, "watch": "#e0a93f", "alarm": "#a6263a", "too_few": "#b9bec5"}
TONES: dict[str, Tone] = {"green": "good", "yellow": "warn", "red": "bad", "none": "idle"}


def name_of(value: Any, t: Say) -> str:
    """What a group, a cohort or a grade is called."""
    return t("unnamed") if value is None else str(value)


def sections(data: dict[str, Any], t: Say) -> list[Section]:
    """Every section that the report has tables for, in the order of the page."""
    parts = (coverage, discrimination, calibration, grades, stability, sensitivity, fairness, explanations)
    drawn = [draw_part(data["tables"], data["numbers"], t) for draw_part in parts]
    return [section for section in drawn if section is not None]


def coverage(tables: Tables, numbers: Tables, t: Say) -> Section:
    held = numbers["coverage"]
    named = {
        "rows_in": "rows",
        "rows_used": "used",
        "rows_without_outcome": "without_outcome",
        "rows_without_prediction": "without_prediction",
        "organisations": "organisations",
        "variables": "variables",
        "events": "events",
    }
    rows: list[tuple[str, Value]] = [
        (t(code), Count(held[name])) for code, name in named.items() if held.get(name) is not None
    ]
    if held.get("rho") is not None:
        rows += [(t("rho"), shown(held["rho"])), (t("rows_worth"), f"{held['rows_worth']:,.1f}")]
    rows += [(t("rate"), shown(held["rate"])), (t("mean_p"), shown(held["mean_p"]))]
    facts = Facts(rows)
    if "labels" not in tables:
        return Section(t("data_section"), [facts])
    names = ("count", "share", "events", "rate", "mean_p", "oe", "auc")
    labels = [
        (
            t(row["group"]),
            Count(row["count"]),
            percent(row["share"]),
            Count(row["events"]),
            *(shown(row[name]) for name in names[3:]),
        )
        for row in tables["labels"]
    ]
    inspected = Table(heads(t, "group", numbers=names), labels, t("labels"), t("labels_desc"))
    return Section(t("data_section"), [Columns([inspected], [facts])])


def discrimination(tables: Tables, numbers: Tables, t: Say) -> Section | None:
    held = numbers.get("discrimination")
    if held is None:
        return None
    rows = [
        (t(name), shown(held[name]), span(held[f"{name}_low"], held[f"{name}_high"]))
        for name in ("auc", "accuracy_ratio", "ks")
    ]
    if held.get("initial_auc") is not None:
        rows.append((t("initial_auc", shown(held["auc_fall_p"])), shown(held["initial_auc"]), ""))
    measures = Table(heads(t, "measure", value="number", interval="number"), rows)
    curves = tables["curves"]
    parts: list[Block] = [measures, Columns([draw_curves(curves, t)], [draw_distance(curves, held["ks"], t)])]
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
        chart = chart_of(plots.intervals, "cohorts", t("cohorts"), t("cohorts_desc"), marks, 0.5)
        parts.append(replace(chart, title=t("cohorts")))
    return Section(t("discrimination"), parts, t("discrimination_desc", f"{100 * held['level']:g}"))


def calibration(tables: Tables, numbers: Tables, t: Say) -> Section:
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
    brier = t("brier_desc", *(shown(numbers["brier"][name]) for name in BRIER))
    alarms = chart_of(plots.intervals, "alarm", t("alarm"), t("alarm_desc"), periods, 1.0)
    measures = Table(
        heads(t, "measure", value="number", interval="number", p_value="number"), list(_measures(tables, numbers, t))
    )
    return Section(
        t("calibration"),
        [
            Columns([draw_reliability(tables["reliability"], t)], [measures]),
            Section(t("brier"), [Paragraph(brier)]),
            replace(alarms, title=f"{t('alarm')} · {'; '.join(notes)}"),
        ],
    )


def _measures(tables: Tables, numbers: Tables, t: Say) -> Iterator[tuple[str, str, str, str]]:
    """How far predictions fit: name, value, interval, p-value."""
    oe, line = numbers["observed_to_expected"], numbers.get("calibration_line")
    yield t("oe"), shown(oe["oe"]), span(oe["oe_low"], oe["oe_high"]), ""
    if line is not None:
        for name in ("slope", "intercept_only", "intercept"):
            yield t(name), shown(line[name]), span(line[f"{name}_low"], line[f"{name}_high"]), ""
        yield t("line_p"), "", "", shown(line["p_value"])
    for row in tables["calibration_tests"]:
        yield t(row["name"]), shown(row["statistic"]), "", shown(row["p_value"])
    error, brier = numbers["calibration_error"], numbers["brier"]
    yield t("ece", shown(error["ece_noise"])), shown(error["ece"]), "", ""
    yield t("mce"), shown(error["mce"]), "", ""
    yield t("brier_score"), shown(brier["score"]), span(brier["score_low"], brier["score_high"]), ""


def grades(tables: Tables, numbers: Tables, t: Say) -> Section | None:
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
        (
            t("portfolio") if row is rows[-1] else name_of(row["grade"], t),
            Count(row["count"]),
            Count(row["events"]),
            percent(row["share"]),
            shown(row["pd"]),
            with_span(row, "rate"),
            shown(row["binomial_p"]),
            shown(row["jeffreys_p"]),
            "" if row is rows[-1] else shown(row["holm_p"]),
            Badge(t(row["light"]), tone=TONES[row["light"]]),
        )
        for row in rows
    ]
    names = ("count", "events", "share", "pd", "rate", "binomial_p", "jeffreys_p", "holm_p")
    apart = [
        (
            name_of(row["better"], t),
            name_of(row["worse"], t),
            shown(row["difference"]),
            shown(row["p_value"]),
            t("yes" if row["distinct"] else "no"),
        )
        for row in tables["heterogeneity"]
    ]
    halves = [
        (
            name_of(row["grade"], t),
            *(shown(row[name]) for name in ("rate_low", "rate_high", "p_value", "holm_p")),
            t("yes" if row["alike"] else "no"),
        )
        for row in tables["homogeneity"]
    ]
    inner = ("rate_low_half", "rate_high_half", "p_value", "holm_p")
    parts: list[Block] = [
        replace(chart_of(plots.intervals, "grades", t("grades"), t("grades_desc"), marks), table=None),
        Table(heads(t, "grade", numbers=names, light="badge"), listed, "", t("lights_desc")),
        Table(
            heads(t, "better", "worse", difference="number", p_value="number", distinct="text"),
            apart,
            t("heterogeneity"),
        ),
        Table(heads(t, "grade", numbers=inner, alike="text"), halves, t("homogeneity"), t("homogeneity_desc")),
        Section(t("concentration"), [Paragraph(text) for text in _concentration(numbers["concentration"], t)]),
    ]
    if "migration" in tables:
        parts.append(_migration(tables["migration"], numbers["migration"], t))
    return Section(t("grades"), parts)


def _concentration(held: dict[str, Any], t: Say) -> Iterator[str]:
    figures = [shown(held[name]) for name in ("index", "index_low", "index_high", "normalised")]
    yield t("concentration_desc", *figures, f"{100 * held['largest_share']:.1f}")
    if held["initial_index"] is not None:
        three = (shown(held[name]) for name in ("initial_index", "p_value", "p_value_sampling"))
        yield t("concentration_initial", *three)


def _migration(cells: list[dict[str, Any]], held: dict[str, Any], t: Say) -> Chart:
    labels = [name_of(grade, t) for grade in held["grades"]]
    size = len(labels)
    counts = [[int(cells[i * size + j]["count"]) for j in range(size)] for i in range(size)]
    moved = (f"{100 * held[name]:.1f}" for name in ("stayed", "worse", "better"))
    caption = t("migration_desc", *moved, shown(held["upper"]), shown(held["lower"]))
    odd = sum(cell["p_value"] is not None and cell["p_value"] < 0.01 for cell in cells)
    return matrix_chart("migration", t("migration"), f"{caption} · {t('migration_far', odd)}", labels, counts)


def stability(tables: Tables, numbers: Tables, t: Say) -> Section | None:
    parts: list[Block] = []
    if "psi" in tables:
        rows = [
            {"label": t("missing") if row["bin"] == "missing" else row["bin"], "first": row["expected_share"]}
            | {"second": row["actual_share"], "text": shown(row["part"])}
            for row in tables["psi"]
        ]
        title = t("psi", shown(numbers["psi"]["psi"]), shown(numbers["psi"]["noise"]))
        picture = plots.pairs("psi", t("psi_title"), title, rows, (t("reference"), t("now")))
        cells = [(row["label"], percent(row["first"]), percent(row["second"]), row["text"]) for row in rows]
        columns = [*heads(t, "group", reference="number", now="number"), Column("PSI", "number")]
        parts.append(Chart(t("psi_title"), picture, title, Table(columns, cells)))
    if "csi" in tables:
        listed = [
            (
                row["variable"],
                shown(row["csi"]),
                f"({shown(row['noise'])})",
                percent(row["missing_expected"]),
                percent(row["missing_actual"]),
                t(row["state"]),
            )
            for row in tables["csi"][:MOST]
        ]
        missing = [f"{t('missing')}, {t(side)}" for side in ("reference", "now")]
        columns = [*heads(t, "variable"), *(Column(title, "number") for title in ("CSI", "", *missing))]
        parts.append(Table([*columns, *heads(t, "state")], listed, t("csi"), t("csi_desc", len(listed))))
    return Section(t("stability"), parts) if parts else None


def sensitivity(tables: Tables, numbers: Tables, t: Say) -> Section | None:
    if "left_out" not in tables:
        return None
    marks = [
        {"label": row["variable"], "value": row["auc_change"], "text": shown(row["auc_change"])}
        for row in tables["left_out"][:MOST]
    ]
    left_out = chart_of(plots.intervals, "left-out", t("left_out"), t("left_out_desc", len(marks)), marks, 0.0)
    moved = sorted(tables["shifts"], key=lambda row: (-row["mean_abs_change"], row["variable"], row["shift"]))[:MOST]
    rows = [
        (
            row["variable"],
            *(shown(row[name]) for name in ("shift", "mean_change", "mean_abs_change", "largest_change")),
            percent(row["grade_changed"]),
        )
        for row in moved
    ]
    names = ("shift", "difference", "mean_abs_change", "largest_change", "grade_changed")
    columns = heads(t, "variable", numbers=names)
    return Section(
        t("sensitivity"),
        [replace(left_out, title=t("left_out")), Table(columns, rows, t("shifts", len(rows)))],
        t("sensitivity_desc", f"{numbers['sensitivity']['rows']:,}"),
    )


def fairness(tables: Tables, numbers: Tables, t: Say) -> Section | None:
    if "fairness" not in tables:
        return None
    parts: list[Block] = []
    names = ("count", "events", "rate", "mean_p", "flagged", "tpr", "fpr", "impact")
    columns = heads(t, "group", numbers=names)
    for k, attribute in enumerate(dict.fromkeys(row["attribute"] for row in tables["fairness"])):
        rows = [row for row in tables["fairness"] if row["attribute"] == attribute]
        named = t(attribute) if attribute in ("size", "ownership", "district", "age") else attribute
        open_ = [row for row in rows if row["state"] == "shown"]
        marks = [
            {"label": name_of(row["group"], t), "value": row["oe"], "low": row["oe_low"], "high": row["oe_high"]}
            | {"text": f"{shown(row['oe'])}  ({span(row['oe_low'], row['oe_high'])})"}
            | {"colour": BAR if row["calibrated"] else "#a6263a"}
            for row in open_
        ]
        title = t("fairness_oe", named)
        parts.append(replace(chart_of(plots.intervals, f"fair-{k}", title, "", marks, 1.0), title=title))
        listed: list[tuple[Value, ...]] = [
            (
                name_of(row["group"], t),
                f"{row['count']:,.0f}",
                f"{row['events']:,.0f}",
                with_span(row, "rate"),
                with_span(row, "mean_p"),
                with_span(row, "flagged_rate", "flagged"),
                *tuple(with_span(row, name) for name in names[5:]),
            )
            for row in open_
        ]
        listed += [
            (name_of(row["group"], t), t("withheld" if row["state"] == "small" else "withheld_too"), *[""] * 7)
            for row in rows
            if row["state"] != "shown"
        ]
        parts.append(Table(columns, listed))
    held = numbers["fairness"]
    return Section(t("fairness"), parts, t("fairness_desc", shown(held["threshold"]), f"{100 * held['flagged']:.1f}"))


def explanations(tables: Tables, numbers: Tables, t: Say) -> Section | None:
    parts: list[Block] = []
    for name, rows in tables.items():
        title = name.removeprefix("explanation: ")
        if title == name or not rows:
            continue
        write: Callable[[str], str] = t if title == "mean_share" else str  # the table that every model here gives
        columns = [
            Column(write(code), "number" if isinstance(rows[0][code], int | float) else "text") for code in rows[0]
        ]
        listed = [
            [shown(value) if isinstance(value, float) else name_of(value, t) for value in row.values()]
            for row in rows[:50]
        ]
        parts.append(Table(columns, listed, write(title)))
    return Section(t("explanations"), parts) if parts else None
