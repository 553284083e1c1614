"""The public page, drawn from what may be public, and how the export is written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from creditscore.core.folders import whole
from creditscore.core.i18n import Lang, day_said, grade_name, period_said, phrases
from creditscore.core.tables.write import as_queries, write_tables
from creditscore.evidence.publication.public import Public
from creditscore.explanation.input_lines import state_labels
from creditscore.present.charts import NAMED
from creditscore.present.document import (
    Badge,
    Count,
    Document,
    Lines,
    Listing,
    Section,
    Table,
    Tiles,
    Value,
    above_code,
    heads,
)
from creditscore.present.html import write_pages
from creditscore.schemes.citing import cite_said

MARK = "public.json"
Say = Callable[..., str]


def public_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe a publication from its data."""
    t = phrases("public", lang, "pages", "explanation")
    labels = {scheme["scheme"].partition("@")[0]: scheme["label"][lang] for scheme in data["schemes"]}
    decided = f"{t('decided_by')}{t('colon')}{data['decided_by']} {day_said(data['decided_on'], lang)}"
    return Document(
        t("public"),
        next(iter(labels.values())) if len(data["schemes"]) == 1 else t("public"),
        lang,
        [
            Tiles([(t("named"), Count(data["counts"]["grades"])), (t("entries"), Count(data["counts"]["lists"]))]),
            _grades(data, labels, lang, t),
            _lists(data, lang, t) if data["lists"] else None,
            _shares(data, labels, lang, t) if data["shares"] else None,
            _objections(data, lang, t),
            _sources(data, lang, t),
            Section(t("limits"), [Listing([t("no_persons"), t("no_records")])]),
        ],
        under=[decided] if data["decided_by"] else [],
        data=data,
        made_up=bool(data.get("made_up", False)),
        foot=t("not_official"),
    )


def _badge(row: Mapping[str, Any], lang: Lang) -> Badge:
    return Badge(grade_name(row["grade"], row[f"grade_{lang}"]), NAMED.get(row["grade"], ""))


def _marked(row: Mapping[str, Any], lang: Lang, t: Say) -> Value:
    """A grade, what is to be known of its input, and since when it is disputed."""
    lines: list[Value] = [_badge(row, lang), *state_labels(row["input_state"])]
    return Lines(
        [*lines, *([t("disputed", day_said(row["disputed_since"], lang))] if row["disputed_since"] else [])], small=True
    )


def _grades(data: dict[str, Any], labels: Mapping[str, str], lang: Lang, t: Say) -> Section:
    rows = [
        (
            above_code(row["name"], row["subject_id"]),
            labels[row["scheme"].partition("@")[0]],
            period_said(row["period"], lang),
            _marked(row, lang, t),
            day_said(row["decided_on"], lang),
            cite_said(row["basis"], lang),
        )
        for row in data["grades"]
    ]
    columns = heads(t, "organisation", "scheme", period="day", grade="badge", decided_on="day", basis="text")
    caption = t("grades_section_desc", Count(data["counts"]["grades"]), len(rows)) if rows else ""
    table = Table(columns, rows, empty=t("none_named"), csv="public_grades.csv")
    return Section(t("grades_section"), [table], caption)


def _lists(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    rows = [
        (
            above_code(row["name"], row["subject_id"]),
            row[f"list_{lang}"],
            day_said(row["entered_on"], lang),
            day_said(row["term_end"], lang) or t("no_end"),
            cite_said(row["basis"], lang),
        )
        for row in data["lists"]
    ]
    columns = heads(t, "organisation", "list", entered_on="day", term_end="day", basis="text")
    caption = t("lists_section_desc", Count(data["counts"]["lists"]), day_said(data["on"], lang), len(rows))
    return Section(t("lists_section"), [Table(columns, rows, csv="public_lists.csv")], caption)


def _shares(data: dict[str, Any], labels: Mapping[str, str], lang: Lang, t: Say) -> Section:
    rows = [
        (
            labels[row["scheme"].partition("@")[0]],
            period_said(row["period"], lang),
            _badge(row, lang),
            t("few") if row["subjects"] is None else Count(row["subjects"]),
        )
        for row in data["shares"]
    ]
    columns = heads(t, "scheme", period="day", grade="badge", number="number")
    return Section(t("shares_section"), [Table(columns, rows, csv="public_shares.csv")], t("shares_section_desc"))


def _objections(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    rows: list[tuple[Value, ...]] = []
    for scheme in data["schemes"]:
        way = scheme["remedy"]
        if way is None:
            rows.append((scheme["label"][lang], t("no_remedy"), None, None, None))
            continue
        until = way["until"][lang] if way["until"] else t("no_limit")
        cited = cite_said(way["basis"], lang)
        rows.append((scheme["label"][lang], way["what"][lang], way["where"][lang], until, cited))
    return Section(t("object"), [Table(heads(t, "scheme", "what", "where", "until", "text_of"), rows)])


def _sources(data: dict[str, Any], lang: Lang, t: Say) -> Section | None:
    rows = [(scheme["label"][lang], law[lang]) for scheme in data["schemes"] for law in scheme["laws"]]
    return Section(t("texts_section"), [Table(heads(t, "scheme", "text_of"), rows)]) if rows else None


def write_public(out: Path | str, public: Public, csv_people: bool = False, *, index: str = "") -> list[Path]:
    """`public.html`, `.en.html`, `.json` and the tables; nothing of what is withheld.

    `index` is the page that leads back to all of them, from `out`.
    """
    with whole(out, MARK) as folder, as_queries(public.tables()) as queries:
        files = write_pages(lambda lang: public_document(public.data, lang), folder, "public", index=index)
        files += write_tables(folder, queries, "people" if csv_people else True)
    return [Path(out) / file.name for file in files]
