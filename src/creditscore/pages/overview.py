"""The overview of a grading: how many have which grade, the scores, what took most points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from markupsafe import Markup

from creditscore.core.i18n import Lang, day_said, grade_name, period_said, phrases, word
from creditscore.present import charts
from creditscore.present.document import (
    Chart,
    Code,
    Column,
    Count,
    Document,
    Lines,
    Paragraph,
    Plot,
    Section,
    Table,
    Tiles,
    Value,
)
from creditscore.present.html import write_pages

RECORDS = ("in", "used", "not_yet_known", "out_of_window", "refused", "other_domain")


def write_overview(summary: dict[str, Any], folder: Path, name: str = "overview", *, index: str = "") -> list[Path]:
    """`overview.html` (Chinese), `overview.en.html` and `overview.json` with exactly what was drawn."""
    return write_pages(lambda lang: overview_document(summary, lang), folder, name, index=index)


def overview_document(summary: dict[str, Any], lang: Lang) -> Document:
    """Describe a grading from what `summarise` gives."""
    view = _View(summary, lang)
    t, states = view.t, summary["states"]
    tiles = [
        (t("subjects"), Count(summary["subjects"])),
        (t("graded"), Count(view.graded)),
        *(
            (t(state), Count(sum(row["count"] for row in states if row["state"] == state)))
            for state in ("not_graded", "not_computable")
        ),
        (t("records"), Count(summary["records"]["in"])),
        (t("refused"), Count(summary["records"]["refused"])),
    ]
    ungraded = [row for row in states if row["state"] != "graded"]
    return Document(
        t("overview"),
        f"{summary['title'][lang]} · {period_said(summary['period'], lang)}",
        lang,
        [
            Tiles(tiles),
            view.grades(),
            view.scores(),
            *view.groups(),
            view.items(),
            view.listing(
                "routes",
                [("grade", "text"), ("routes", "text"), ("count", "number")],
                [(view.names[row["grade"]], row["label"][lang], Count(row["count"])) for row in summary["routes"]],
                t("routes_desc"),
            ),
            view.shares("states", "reason", ungraded),
            view.shares("evidence", "evidence", summary["evidence"], t("evidence_desc")),
            view.listing(
                "readings",
                [("reading", "text"), ("touched", "number")],
                [(row["label"][lang], Count(row["count"])) for row in summary["readings"]],
            ),
            view.sources(),
        ],
        under=[
            f"{t('known_at')} {day_said(summary['known_at'], lang)}",
            Code(f"{t('scheme')} {summary['scheme']} · {t('run')} {summary['run_id']}"),
        ],
        data=summary,
        made_up=summary["made_up"],
    )


class _View:
    """The sections of an overview in one language."""

    def __init__(self, summary: dict[str, Any], lang: Lang) -> None:
        self.summary, self.lang = summary, lang
        self.t = phrases("pages", lang)
        self.names = {row["code"]: grade_name(row["code"], row["label"][lang]) for row in summary["grades"]}
        self.graded = sum(row["count"] for row in summary["grades"])

    def table(self, heads: Sequence[tuple[str, Any]], rows: Sequence[Sequence[Value]], **more: Any) -> Table:
        return Table([Column(self.t(code), kind) for code, kind in heads], rows, **more)

    def listing(
        self, title: str, heads: Sequence[tuple[str, Any]], rows: Sequence[Sequence[Value]], caption: str = ""
    ) -> Section | None:
        return Section(self.t(title), [self.table(heads, rows)], caption) if rows else None

    def shares(self, title: str, head: str, rows: Sequence[dict[str, Any]], caption: str = "") -> Section | None:
        cells = [(row["label"][self.lang], Count(row["count"]), _percent(row["percent"])) for row in rows]
        return self.listing(title, [(head, "text"), ("count", "number"), ("share", "number")], cells, caption)

    def chart(self, title: str, caption: str, picture: Markup, table: Table, plot: Plot | None = None) -> Section:
        return Section(self.t(title), [Chart("", picture, table=table, plot=plot)], caption)

    def grades(self) -> Section:
        rows, shades = self.summary["grades"], charts.colours(list(self.names))
        caption = self.t("grades_desc", f"{self.graded:,}")
        bars = [
            {
                "label": self.names[row["code"]],
                "value": row["percent"],
                "text": f"{row['percent']:.1f} %  ({row['count']:,})",
                "colour": shades[row["code"]],
            }
            for row in rows
        ]
        picture = charts.bars("grades", self.t("grades"), caption, bars, left=230)
        cells = [(self.names[row["code"]], Count(row["count"]), _percent(row["percent"])) for row in rows]
        numbers = self.table([("grade", "text"), ("count", "number"), ("share", "number")], cells)
        published = self.table(
            [("published_beside", "text"), ("here", "number"), ("published", "number")],
            [
                (
                    " + ".join(self.names[code] for code in row["grades"]),
                    _percent(row["percent"]),
                    _percent(row["published"], 2),
                )
                for row in self.summary["published"]
            ],
            caption=self.summary["published_source"],
        )
        beside = [published] if published.rows else []
        return Section(self.t("grades"), [Chart("", picture, table=numbers), *beside], caption)

    def scores(self) -> Section | None:
        scores = self.summary["scores"]
        if not scores["bins"]:
            return None
        caption = self.t("scores_edges" if scores["edges"] else "scores_desc", scores["width"])
        picture = charts.histogram("scores", self.t("scores"), caption, scores["bins"], scores["edges"])
        cells = [(f"{row['from']} – {row['to']}".replace("-", "−"), Count(row["count"])) for row in scores["bins"]]
        bars = [(name, row["count"]) for (name, _), row in zip(cells, scores["bins"], strict=True)]
        plot = Plot("bar", self.t("points"), self.t("count"), [("", bars)])
        table = self.table([("points", "text"), ("count", "number")], cells)
        return self.chart("scores", caption, picture, table, plot)

    def groups(self) -> Iterator[Section]:
        caption = self.t("groups_desc")
        for name, rows in self.summary["groups"].items():
            listed = [
                {**row, "label": self.t("other") if row["name"] is None else row["name"] or self.t("unnamed")}
                for row in rows
            ]
            if not listed:
                continue
            picture = charts.stacked(name, self.t(name), caption, listed, list(self.names))
            heads = [Column(self.t(name)), Column(self.t("graded"), "number")]
            heads += [Column(label, "number") for label in self.names.values()]
            cells = [
                (row["label"], Count(row["total"]), *(Count(row["counts"].get(code, 0)) for code in self.names))
                for row in listed
            ]
            yield self.chart(name, caption, picture, Table(heads, cells))

    def items(self) -> Section | None:
        rows = [(row, row["label"][self.lang], Decimal(row["points"])) for row in self.summary["items"]]
        if not rows:
            return None
        bars = [
            {"label": f"{row['code']} {label}", "value": abs(points), "text": f"{points:,}".replace("-", "−")}
            for row, label, points in rows
        ]
        caption = self.t("items_desc")
        picture = charts.bars("items", self.t("items"), caption, bars, left=300)
        numbers = self.table(
            [("item", "text"), ("points", "number"), ("rows", "number"), ("touched", "number")],
            [
                (Lines([label, Code(row["code"])], small=True), *map(Count, (points, row["rows"], row["subjects"])))
                for row, label, points in rows
            ],
        )
        return self.chart("items", caption, picture, numbers)

    def sources(self) -> Section:
        t, lang, summary = self.t, self.lang, self.summary
        feeds = [t("feeds_none" if summary["feeds"] == "none" else "feeds_declared")]
        feeds += [t("provisional")] if summary["provisional"] else []
        paragraphs = [
            t("account", *(f"{summary['records'][name]:,}" for name in RECORDS)),
            " · ".join(feeds),
            *(mark[lang] for mark in summary["marks"]),
        ]
        tables = [
            self.table(
                [("reason", "text"), ("feed", "text"), ("table", "text"), ("subjects", "number")],
                [
                    (row["label"][lang], row["feed"], word("tables", row["table"]), Count(row["grades"]))
                    for row in summary["blocked"]
                ],
                title=t("blocked"),
            ),
            self.table(
                [("reason", "text"), ("table", "text"), ("rows", "number")],
                [
                    (word("refusals", row["reason"]), word("tables", row["table"]), Count(row["rows"]))
                    for row in summary["quarantine"]
                ],
                title=t("quarantine"),
            ),
        ]
        return Section(t("data"), [*map(Paragraph, paragraphs), *(table for table in tables if table.rows)])


def _percent(value: float, places: int = 1) -> Count:
    return Count(Decimal(f"{value:.{places}f}"), " %")
