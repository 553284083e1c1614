"""The dashboard of a district, drawn from its JSON alone: domains first, each leading to a page of its own."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang, clean, day_said, word
from creditscore.pages.district_details import (
    domain_document,
    domain_name,
    ending_table,
    file_of,
    lists_document,
    loud,
    say_in,
    state,
    subject_document,
)
from creditscore.pages.district_feeds import feeds_document
from creditscore.present.document import (
    Actions,
    Badge,
    Columns,
    Count,
    Document,
    Lines,
    Link,
    Listing,
    Row,
    Section,
    Table,
    Tiles,
    csv_name,
    heads,
)
from creditscore.present.html import write_pages

FIRST = 8  # entries that end soon on the first page


def district_document(data: dict[str, Any], lang: Lang, folder: str = "district") -> Document:
    """Describe a district from its tables; `folder` holds the pages that it leads to."""
    t = say_in(lang)
    tiles = [
        (t("organisations"), data["organisations"]),
        (t("domains"), len(data["domains"])),
        (t("running_entries"), sum(row["running"] for row in data["lists"])),
        (t("ending_soon", data["soon"]), len(data["ending"])),
        (t("feeds_told"), sum(map(loud, data["feeds"]))),
    ]
    years = " – ".join(dict.fromkeys((data["years"][0], data["years"][-1])))
    return Document(
        t("dashboard"),
        data["title"][lang],
        lang,
        [
            Tiles([(name, Count(count)) for name, count in tiles]),
            _domains(data, lang, folder),
            Columns([_ending(data, lang, folder)], [_feeds(data, lang, folder)]),
            *_input(data, lang),
            Section(t("limits"), [Listing([t(code) for code in ("silence", "seasons", "level_told")])]),
        ],
        under=[f"{t('day', day_said(data['on'], lang))} · {t('year', years)}"],
        data={name: part for name, part in data.items() if name != "subjects"},
        made_up=data["made_up"],
        foot=t("not_official"),
    )


def _domains(data: dict[str, Any], lang: Lang, folder: str) -> Section:
    t = say_in(lang)
    offices = {row["feed"]: row["department"][lang] for row in data["feeds"]}
    rows = []
    for row in sorted(data["domains"], key=lambda row: (not row["graded"], -row["worst"], row["domain"])):
        link = Link(domain_name(row["domain"], lang), f"{folder}/{file_of('domain', row['domain'], lang)}")
        office = offices.get(row["domain"], "")
        counts = [Count(row[name]) for name in ("organisations", "graded", "worst", "not_computable")]
        moved = None if row["moved"] is None else Count(row["moved"])
        cells = (Lines([link, *([office] if office else [])], small=True), Count(len(row["schemes"])), *counts, moved)
        rows.append(Row(cells, "" if row["graded"] else "idle"))
    columns = heads(t, "domain", numbers=("schemes", "in_scope", "graded", "worst", "not_computable", "moved"))
    table = Table(columns, rows, csv=f"{folder}/{csv_name('domains', lang)}")
    return Section(t("by_domain"), [table], t("by_domain_desc", data["years"][-1]))


def _ending(data: dict[str, Any], lang: Lang, folder: str) -> Section:
    t = say_in(lang)
    table = ending_table(data, lang, FIRST, folder=f"{folder}/")
    more = Actions([Link(t("all_lists"), f"{folder}/{file_of('lists', '', lang)}")])
    caption = t("ending_desc", Count(len(data["ending"]))) if data["ending"] else ""
    return Section(t("ending", data["soon"]), [table, more], caption)


def _feeds(data: dict[str, Any], lang: Lang, folder: str) -> Section:
    """The feeds that are not as usual."""
    t = say_in(lang)
    rows = [
        (
            Lines([domain_name(row["feed"], lang), row["department"][lang]], small=True),
            Badge(state(row, t), tone="bad"),
            day_said(row["last_recorded"], lang) or None,
        )
        for row in data["feeds"]
        if loud(row)
    ]
    table = Table(heads(t, "feed", state="badge", last_recorded="day"), rows, empty=t("no_signs"))
    more = Actions([Link(t("all_feeds"), f"{folder}/{file_of('feeds', '', lang)}")])
    return Section(t("feeds_told"), [table, more])


def _input(data: dict[str, Any], lang: Lang) -> list[Section]:
    """Grades that refused rows leave open, by feed and reason, and what marks every grade of a run."""
    t = say_in(lang)
    rows = [
        (
            clean(row["feed"]) or t("unnamed"),
            word("tables", row["table"]),
            word("refusals", row["reason"]),
            Count(row["grades"]),
        )
        for row in data["blocked"]
    ]
    marks = [row["label"][lang] for row in data["marks"]]
    if not rows and not marks:
        return []
    parts = [Table(heads(t, "source", "table", "reason", blocked_grades="number"), rows)] if rows else []
    listed = [Listing(marks, title=t("marks"))] if marks else []
    return [Section(t("input"), [*parts, *listed], t("input_desc") if rows else "")]


def write_district(data: dict[str, Any], out: Path | str, *, index: str = "") -> list[Path]:
    """`out` (Chinese), the same in English (`.en.html`), its JSON and CSV, and in a folder beside it the details.

    `index` is the page that leads back to all of them, from the folder of `out`.
    """
    place = Path(out)
    if place.suffix != ".html":
        raise UsageError("pages.no_name_page", name=place.name)
    files = write_pages(
        partial(district_document, data, folder=place.stem), place.parent, place.stem, index=index, with_csv=True
    )
    back = f"../{place.name}"
    details: dict[str, Callable[[Lang], Document]] = {
        file_of("lists", ""): partial(lists_document, data, back=back),
        file_of("feeds", ""): partial(feeds_document, data, back=back),
    }
    for row in data["domains"]:
        details[file_of("domain", row["domain"])] = partial(domain_document, data, row["domain"], back=back)
    for subject in data["subjects"]:
        name = file_of("organisation", subject["subject_id"])
        details[name] = partial(subject_document, data, subject, back=back)
    for name, document_of in details.items():
        inner = place.parent / place.stem
        files += write_pages(document_of, inner, Path(name).stem, index=index and f"../{index}", with_csv=True)
    return files
