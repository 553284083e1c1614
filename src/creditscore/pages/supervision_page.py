"""The page on supervision, drawn from its JSON alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from creditscore.core.folders import whole
from creditscore.core.i18n import Lang, day_said, phrases, word
from creditscore.inspection.allocate import OTHERS
from creditscore.inspection.capacity import ALL
from creditscore.pages.supervision import RESULTS
from creditscore.present import plots
from creditscore.present.charts import BAR
from creditscore.present.document import (
    Badge,
    Chart,
    Count,
    Document,
    Listing,
    Section,
    Table,
    Tiles,
    csv_name,
    heads,
    percent,
)
from creditscore.present.html import write_pages
from creditscore.present.plots import shown

MARK, PLACES = "supervision.json", 40
COLUMNS = ("industry", "district", "size", "ownership", "region")
STATES = ("proposed", "accepted", "rejected", "notified", "executed", "fed_back", "annulled", "lifted", "lapsed")
Say = Callable[..., str]


def supervision_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe supervision, planned and done, from the data of its report."""
    t = phrases("supervision", lang, "pages", "explanation")
    rows = data["classes"]
    limits = [t("class_not_measure"), t("only_random"), *([t("internal_note")] if data["internal"] else [])]
    limits += [note_said(data, lang, note) for note in data["notes"]]
    chosen = Counter(name.partition(": ")[0] for name in data["project_default"])
    numbers = [t("project_numbers", _named(data, lang, name), count) for name, count in sorted(chosen.items())]
    limits += [t("project_default", t("between").join(numbers))] if numbers else []
    return Document(
        t("supervision"),
        data["title"][lang],
        lang,
        [
            Tiles(
                [
                    (t("units"), Count(sum(row["units"] for row in rows))),
                    (t("planned"), Count(sum(row["visits"] for row in rows))),
                    (t("days"), shown(sum(row["person_days"] for row in rows), 6)),
                    (t("done"), Count(sum(row["done"] for row in rows))),
                    (t("findings"), Count(sum(row["findings"] for row in rows))),
                ]
            ),
            *(part(data, lang, t) for part in (classes, yields, results, capacity, places, lists, measures)),
            Section(t("limits"), [Listing(limits)]),
        ],
        under=[t("plan_of", data["year"]), *([t("counted_on", day_said(data["on"], lang))] if data["on"] else [])],
        data=data,
        made_up=bool(data.get("made_up", False)),
        foot=t("not_official"),
    )


def _named(data: dict[str, Any], lang: Lang, programme: str) -> str:
    return str(data["programmes"].get(programme, {}).get(lang, programme))


def _certificate(data: dict[str, Any], lang: Lang, t: Say, code: str) -> str:
    """A certificate, by the programmes that need it."""
    if code == ALL:
        return t("everybody")
    names = [_named(data, lang, programme) for programme in data["certificates"].get(code, ())]
    return t("certificate_for", t("between").join(names)) if names else code


def note_said(names: dict[str, Any], lang: Lang, note: dict[str, Any]) -> str:
    """A note of a plan in words; `names`: what its programmes, classes and certificates are called."""
    t = phrases("supervision", lang, "pages", "explanation")
    if note["code"] == "text":
        return str(note["text"])
    values = [_named(names, lang, note["programme"])] if "programme" in note else []
    values += [t(note["column"])] if "column" in note else []
    values += note.get("counts", ())
    values += [_class(names, lang, note)] if "class" in note else []
    values += [", ".join(note["paths"])] if "paths" in note else []
    certificates = [_certificate(names, lang, t, code) for code in note.get("certificates", ())]
    return t(note["code"], *values, *([t("between").join(certificates)] if certificates else []))


def _class(data: dict[str, Any], lang: Lang, row: dict[str, Any]) -> str:
    label = data["class_labels"].get(row["programme"], {}).get(row["class"], {})
    return str(label.get(lang, row["class"]))


def _place(text: str, t: Say) -> str:
    """`industry=…; district=…` with the columns in words."""
    parts = [part.partition("=") for part in text.replace(OTHERS, t("others")).split("; ")]
    named = (
        f"{t(name)}{t('colon')}{value}" if name in COLUMNS else f"{name}{mark}{value}" for name, mark, value in parts
    )
    return t("between").join(named)


def classes(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    rows = [
        (
            _named(data, lang, row["programme"]),
            _class(data, lang, row),
            row["rate"] or None,
            *(Count(row[name]) for name in ("units", "visits", "done", "findings")),
            None if low is None or high is None else f"{low:.1f} – {high:.1f}",
        )
        for row in data["classes"]
        for low, high in [(row["expected_low"], row["expected_high"])]
    ]
    columns = heads(t, "programme", "class", numbers=("rate", "units", "visits", "done", "findings", "expected"))
    return Section(t("by_class"), [Table(columns, rows, csv=csv_name("classes", lang))], t("by_class_desc"))


def yields(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    held = [row for row in data["classes"] if row["found_rate"] is not None]
    rows = [
        (
            _named(data, lang, row["programme"]),
            _class(data, lang, row),
            percent(row["found_rate"]),
            f"{100 * row['found_low']:.1f} – {100 * row['found_high']:.1f} %",
            Count(row["findings"]),
            Count(row["done"]),
        )
        for row in held
    ]
    table = Table(heads(t, "programme", "class", numbers=("found", "interval", "findings", "done")), rows)
    marks = [
        {
            "label": f"{_class(data, lang, row)} · {_named(data, lang, row['programme'])}",
            "value": 100 * row["found_rate"],
            "low": 100 * row["found_low"],
            "high": 100 * row["found_high"],
            "colour": BAR,
            "text": f"{100 * row['found_rate']:.1f} %  ({row['findings']:,} / {row['done']:,})",
        }
        for row in held
    ]
    if not marks:
        return Section(t("yields"), [], t("no_yields"))
    picture = plots.intervals("yields", t("yields"), t("yields_desc"), marks, left=330)
    return Section(t("yields"), [Chart("", picture, t("yields_desc"), table)])


def results(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    rows = [(t(row["arm"]), *(Count(row[name]) for name in ("total", *RESULTS))) for row in data["arms"]]
    table = Table(
        heads(t, "arm", numbers=("total", *RESULTS)), rows, empty=t("no_results"), csv=csv_name("results", lang)
    )
    return Section(t("arms"), [table], t("arms_desc") if rows else "")


def capacity(data: dict[str, Any], lang: Lang, t: Say) -> Section | None:
    rows = [
        (
            _certificate(data, lang, t, row["certificate"]),
            *(row[name] or None for name in ("inspectors", "visits", "needed_days", "available_days")),
            Badge(t(row["enough"]), tone="good" if row["enough"] == "yes" else "bad"),
        )
        for row in data["capacity"]
    ]
    columns = heads(t, "certificate", numbers=("inspectors", "visits", "needed", "available"), enough="badge")
    return Section(t("capacity"), [Table(columns, rows)]) if rows else None


def places(data: dict[str, Any], lang: Lang, t: Say) -> Section | None:
    held = data["places"]
    rows = [
        (_named(data, lang, row["programme"]), _place(row["place"], t), Count(row["units"]), Count(row["visits"]))
        for row in held[:PLACES]
    ]
    caption = t("places_more", len(held), PLACES) if len(held) > PLACES else ""
    table = Table(heads(t, "programme", "place", numbers=("units", "visits")), rows, csv=csv_name("places", lang))
    return Section(t("places"), [table], caption) if rows else None


def lists(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    names = ("running", "exited", "entered")
    rows = [(row["label"][lang], *(Count(row[name]) for name in names)) for row in data["lists"]]
    return Section(t("lists"), [Table(heads(t, "list", numbers=names), rows, empty=t("no_lists"))])


def measures(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    rows = [
        (
            row["office"][lang],
            row["label"][lang],
            word("basis_levels", row["basis_level"]) if row["basis_level"] else None,
            t(row["state"]) if row["state"] in STATES else row["state"],
            Count(row["count"]),
            Count(row["flagged"]),
        )
        for row in data["measures"]
    ]
    columns = heads(t, "department", "measure", "basis_level", "state", numbers=("count", "flagged"))
    table = Table(columns, rows, empty=t("no_measures"), csv=csv_name("measures", lang))
    return Section(t("measures"), [table])


def write_supervision(data: dict[str, Any], out: Path | str, *, index: str = "") -> list[Path]:
    """`supervision.html`, `.en.html`, `.json` and CSV files in the folder `out`.

    `index` is the page that leads back to all of them, from `out`.
    """
    with whole(out, MARK) as folder:
        files = write_pages(
            lambda lang: supervision_document(data, lang), folder, "supervision", index=index, with_csv=True
        )
    return [Path(out) / file.name for file in files]
