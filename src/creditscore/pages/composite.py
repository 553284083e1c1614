"""Several composites compared, as a page drawn from plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from creditscore.core.i18n import Lang, day_said, grade_name, phrases, say, show, word
from creditscore.core.quantities import to_micro
from creditscore.explanation.composite_document import tell_limits, tell_marks
from creditscore.present import charts
from creditscore.present.document import (
    Block,
    Chart,
    Column,
    Count,
    Document,
    Facts,
    Listing,
    Named,
    Paragraph,
    Points,
    Section,
    Table,
    Tiles,
    heads,
    percent,
)
from creditscore.present.html import write_pages
from creditscore.present.plots import chart_of, matrix_chart, pairs, shown


def write_compare(data: dict[str, Any], folder: Path | str, name: str = "compare") -> list[Path]:
    """`compare.html` (Chinese), `compare.en.html` and `compare.json` with exactly what was drawn."""
    return write_pages(lambda lang: compare_document(data, lang), Path(folder), name)


def compare_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe a comparison from what `compare_composites` gives; reads nothing else."""
    view = _View(data, lang)
    t, about = view.t, data["composites"]
    unseen = tell_limits(data["notes"], lang)
    facts = [(t("as_of"), day_said(data["as_of"], lang)), (t("numbers"), tell_marks(about[0]["marks"], lang))]
    return Document(
        t("compare"),
        " · ".join(view.labels.values()),
        lang,
        [
            Tiles([(view.labels[row["name"]], Count(row["graded"])) for row in about]),
            Section(t("about"), [Facts(facts), *([Listing(unseen, title=t("limits"))] if unseen else [])]),
            Section(t("composites"), list(view.composites())),
            *(view.pair(row) for row in data["pairs"]),
            Section(t("sensitivity"), list(view.sensitivity())),
        ],
        under=[t("compare_soft")],
        data=data,
        made_up=bool(data.get("made_up", False)),
        foot=t("not_official"),
    )


class _View:
    """The parts of a comparison in one language; composites and grades by their names."""

    def __init__(self, data: dict[str, Any], lang: Lang) -> None:
        self.data, self.lang, self.t = data, lang, phrases("composite", lang, "pages", "explanation")
        self.labels = {row["name"]: row["label"][lang] for row in data["composites"]}
        self.grades = {
            about["name"]: {row["grade"]: grade_name(row["grade"], row["label"][lang]) for row in about["grades"]}
            for about in data["composites"]
        }

    def composites(self) -> Iterator[Block]:
        t, about = self.t, self.data["composites"]
        rows = [
            (
                Named(self.labels[row["name"]], row["name"]),
                t(f"rule_{row['rule']}"),
                Count(row["subjects"]),
                Count(row["graded"]),
                percent(row["fragile_share"]),
            )
            for row in about
        ]
        columns = heads(t, "composites", "rule", numbers=("subjects", "graded", "fragile_short"))
        yield Table(columns, rows, caption=t("fragile_share"))
        by_grades: dict[tuple[tuple[str, str], ...], list[dict[str, Any]]] = {}
        for row in about:
            by_grades.setdefault(tuple(self.grades[row["name"]].items()), []).append(row)
        for k, (grades, members) in enumerate(by_grades.items()):
            yield self._grades(f"shares-{k}", dict(grades), members)

    def _grades(self, name: str, grades: dict[str, str], members: list[dict[str, Any]]) -> Chart:
        """How many have which grade under composites with the same grades."""
        t = self.t
        bars = [
            {
                "label": self.labels[member["name"]],
                "total": member["graded"],
                "counts": {grades[row["grade"]]: row["count"] for row in member["grades"]},
                "percents": {grades[row["grade"]]: 100 * (row["share"] or 0) for row in member["grades"]},
            }
            for member in members
        ]
        shades = dict(zip(grades.values(), charts.colours(list(grades)).values(), strict=True))
        title, desc = t("grade_shares"), t("grade_shares_desc")
        picture = charts.stacked(name, title, desc, bars, list(shades), shades)
        cells = [(bar["label"], *(Count(bar["counts"][grade]) for grade in shades)) for bar in bars]
        table = Table([Column(t("composites")), *(Column(grade, "number") for grade in shades)], cells)
        return Chart(title, picture, desc, table)

    def pair(self, row: dict[str, Any]) -> Section:
        t, first, second = self.t, row["first"], row["second"]
        measures = [
            (t("both_graded"), Count(row["both"])),
            (t("spearman"), shown(row["spearman"])),
            (t("kendall"), shown(row["kendall"])),
            *([(t("same_grade"), percent(row["same_grade"]))] if row["same_grade"] is not None else []),
            (t("mean_move"), shown(row["mean_difference"])),
            *((t(name), Count(row[name])) for name in ("better", "worse", "same")),
        ]
        counts = {(flow["from"], flow["to"]): flow["count"] for flow in row["flows"]}
        left, right = self.grades[first], dict(self.grades[second])
        if any(other == "not_graded" != name for name, other in counts):
            right["not_graded"] = say(word("states", "not_graded"), self.lang)
        caption = t("flows_desc", self.labels[first], self.labels[second])
        table = {left[name]: [counts.get((name, other), 0) for other in right] for name in left}
        table = {name: cells for name, cells in table.items() if any(cells)}
        flows = matrix_chart(
            f"flows-{first}-{second}", t("flows"), caption, list(table), list(table.values()), list(right.values())
        )
        moved = [
            (
                value["subject_id"],
                *(
                    f"{value[side]} {names[value[f'{side}_grade']]}"
                    for side, names in (("first", left), ("second", right))
                ),
                Points(to_micro(value["second"] - value["first"]), plus=True),
            )
            for value in row["moved"]
        ]
        largest = Table(
            heads(t, "subject", "first", "second", numbers=("difference",)),
            moved,
            t("moved"),
            t("moved_desc", len(moved), Count(row["better"] + row["worse"])) if moved else "",
            t("none"),
        )
        title = f"{self.labels[first]} → {self.labels[second]}"
        return Section(title, [Paragraph(t("pairs_desc"), "soft"), Facts(measures), flows, largest])

    def sensitivity(self) -> Iterator[Block]:
        t, settings = self.t, self.data["settings"]
        domains = {row["name"]: row["labels"] for row in self.data["composites"]}
        for k, value in enumerate(self.data["sensitivity"]):
            label = self.labels[value["name"]]
            if not value["weights"]:
                yield Paragraph(f"{label}{t('colon')}{t('no_weights')}")
                continue
            rows = [
                {
                    "label": f"{domains[value['name']][row['domain']][self.lang]} ({row['weight']})",
                    "first": row["up"],
                    "second": row["down"],
                    "text": " / ".join(show(percent(row[side]), self.lang) for side in ("up", "down")),
                }
                for row in value["domains"]
                if row["weight"]
            ]
            desc = t("sensitivity_desc", settings["step"])
            names = (t("up"), t("down"))
            chart = chart_of(pairs, f"sensitivity-{k}", t("sensitivity"), desc, rows, names)
            yield replace(chart, title=label)
            if drawn := value["draws"]:
                shares = [f"{100 * drawn[name]:.1f}" for name in ("mean", "largest")]
                least = shown(drawn["spearman_least"])
                yield Paragraph(t("simplex_desc", settings["draws"], settings["seed"], *shares, least))
