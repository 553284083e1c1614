"""The public page, drawn from what may be public, and how the export is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.core.folders import whole
from creditscore.core.i18n import Lang, clean, day_said, grade_name, period_said, say
from creditscore.core.tables.write import as_queries, write_tables
from creditscore.evidence.publication.public import Public
from creditscore.explanation.input_lines import state_labels
from creditscore.present import html, page
from creditscore.present.page import Said, Section, Table, heads, number
from creditscore.schemes.citing import cite_said

said_in = page.said_in("public")
MARK = "public.json"


def public_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of a publication's data."""
    t = said_in(lang)
    labels = [scheme["label"][lang] for scheme in data["schemes"]]
    title = labels[0] if len(labels) == 1 else t("public")
    parts = (shares, objections, grades, lists, sources)
    sections = [part(data, lang, t) for part in parts]
    under = (
        [f"{t('decided_by')} {data['decided_by']} {day_said(data['decided_on'], lang)}"] if data["decided_by"] else []
    )
    tiles = [(t("named"), number(data["counts"]["grades"])), (t("entries"), number(data["counts"]["lists"]))]
    return page.draw(
        data,
        lang,
        t,
        t("public"),
        title,
        sections,
        under=under,
        tiles=tiles,
        limits=[t("no_persons"), t("no_records")],
        other=other,
    )


def _titles(data: dict[str, Any], lang: Lang) -> dict[str, str]:
    """What each scheme is called, by its id; of several versions the last."""
    return {scheme["scheme"].partition("@")[0]: scheme["label"][lang] for scheme in data["schemes"]}


def _who(row: dict[str, Any]) -> str:
    return f"{clean(row['name'])}\n{clean(row['subject_id'])}" if row["name"] else clean(row["subject_id"])


def _grade(row: dict[str, Any], lang: Lang) -> str:
    label = row[f"grade_{lang}"]
    return grade_name(row["grade"], label)


def _marked(row: dict[str, Any], lang: Lang, t: Said) -> str:
    lines = [_grade(row, lang), *(say(label, lang) for label in state_labels(row["input_state"]))]
    if row["disputed_since"]:
        lines.append(t("disputed", day_said(row["disputed_since"], lang)))
    return "\n".join(lines)


def grades(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    titles = _titles(data, lang)
    rows = [
        [
            _who(row),
            titles[row["scheme"].partition("@")[0]],
            period_said(row["period"], lang),
            _marked(row, lang, t),
            day_said(row["decided_on"], lang),
            cite_said(row["basis"], lang),
        ]
        for row in data["grades"]
    ]
    if not rows:
        return Section(t("grades_section"), t("none_named"))
    head = heads(t, "organisation", "scheme", "period", "grade", "decided_on", "basis")
    caption = t("grades_section_desc", number(data["counts"]["grades"]), len(rows))
    return Section(t("grades_section"), caption, [Table(head, rows)])


def lists(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [
        [
            _who(row),
            row[f"list_{lang}"],
            day_said(row["entered_on"], lang),
            day_said(row["term_end"], lang),
            cite_said(row["basis"], lang),
        ]
        for row in data["lists"]
    ]
    if not rows:
        return None
    head = heads(t, "organisation", "list", entered_on="short", term_end="short", basis="")
    caption = t("lists_section_desc", number(data["counts"]["lists"]), day_said(data["on"], lang), len(rows))
    return Section(t("lists_section"), caption, [Table(head, rows)])


def shares(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    titles = _titles(data, lang)
    rows = [
        [
            titles[row["scheme"].partition("@")[0]],
            period_said(row["period"], lang),
            _grade(row, lang),
            t("few") if row["subjects"] is None else number(row["subjects"]),
        ]
        for row in data["shares"]
    ]
    if not rows:
        return None
    return Section(
        t("shares_section"), t("shares_section_desc"), [Table(heads(t, "scheme", "period", "grade", number="n"), rows)]
    )


def objections(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    rows = []
    for scheme in data["schemes"]:
        way = scheme["remedy"]
        if way is None:
            rows.append([scheme["label"][lang], t("no_remedy"), "", "", ""])
            continue
        until = way["until"][lang] if way["until"] else t("no_limit")
        rows.append(
            [scheme["label"][lang], way["what"][lang], way["where"][lang], until, cite_said(way["basis"], lang)]
        )
    return Section(t("object"), "", [Table(heads(t, "scheme", "what", "where", "until", "text_of"), rows)])


def sources(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [[scheme["label"][lang], law[lang]] for scheme in data["schemes"] for law in scheme["laws"]]
    return Section(t("texts_section"), "", [Table(heads(t, "scheme", "text_of"), rows)]) if rows else None


def write_public(out: Path | str, public: Public, csv_people: bool = False) -> list[Path]:
    """`public.html`, `.en.html`, `.json` and the tables; nothing of what is withheld."""
    with whole(out, MARK) as folder, as_queries(public.tables()) as queries:
        files = html.write_pair(public.data, public_page, folder, "public")
        files += write_tables(folder, queries, "people" if csv_people else True)
    return [Path(out) / file.name for file in files]
