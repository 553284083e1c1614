"""The page on supervision, drawn from its JSON alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

from creditscore.core.folders import whole
from creditscore.core.i18n import Lang
from creditscore.inspection.allocate import OTHERS
from creditscore.inspection.capacity import ALL
from creditscore.pages import plots
from creditscore.pages.plots import shown
from creditscore.pages.supervision import RESULTS
from creditscore.present import html, page
from creditscore.present.charts import BAR
from creditscore.present.page import Figure, Said, Section, Table, heads, number

said_in = page.said_in("supervision")
MARK, PLACES = "supervision.json", 40
COLUMNS = ("industry", "district", "size", "ownership", "region")
LEVELS = ("law", "admin_regulation", "central_policy", "local_regulation", "department_rule", "normative_document")
STATES = ("proposed", "accepted", "rejected", "notified", "executed", "fed_back", "annulled", "lifted", "lapsed")


def supervision_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of a supervision report's tables."""
    t = said_in(lang)
    rows = data["classes"]
    tiles = [
        (t("units"), number(sum(row["units"] for row in rows))),
        (t("planned"), number(sum(row["visits"] for row in rows))),
        (t("days"), shown(sum(row["person_days"] for row in rows), 6)),
        (t("done"), number(sum(row["done"] for row in rows))),
        (t("findings"), number(sum(row["findings"] for row in rows))),
    ]
    parts = (classes, yields, results, capacity, places, lists, measures)
    limits = [t("class_not_measure"), t("only_random"), *([t("internal_note")] if data["internal"] else [])]
    limits += [note_said(data, lang, note) for note in data["notes"]]
    chosen = Counter(name.partition(": ")[0] for name in data["project_default"])
    numbers = [t("project_numbers", _named(data, lang, name), count) for name, count in sorted(chosen.items())]
    limits += [t("project_default", t("between").join(numbers))] if numbers else []
    under = [t("plan_of", data["year"])] + ([t("counted_on", data["on"])] if data["on"] else [])
    return page.draw(
        data,
        lang,
        t,
        t("supervision"),
        data["title"][lang],
        [part(data, lang, t) for part in parts],
        under=under,
        tiles=tiles,
        limits=limits,
        other=other,
    )


def _named(data: dict[str, Any], lang: Lang, programme: str) -> str:
    return str(data["programmes"].get(programme, {}).get(lang, programme))


def _certificate(data: dict[str, Any], lang: Lang, t: Said, code: str) -> str:
    """A certificate, by the programmes that need it."""
    if code == ALL:
        return t("everybody")
    names = [_named(data, lang, programme) for programme in data["certificates"].get(code, ())]
    return t("certificate_for", t("between").join(names)) if names else code


def note_said(names: dict[str, Any], lang: Lang, note: dict[str, Any]) -> str:
    """A note of a plan in words; `names`: what its programmes, classes and certificates are called."""
    t = said_in(lang)
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


def _place(text: str, t: Said) -> str:
    """`industry=…; district=…` with the columns in words."""
    parts = [part.partition("=") for part in text.replace(OTHERS, t("others")).split("; ")]
    return "; ".join(f"{t(name)} {value}" if name in COLUMNS else f"{name}{mark}{value}" for name, mark, value in parts)


def _percent(value: float | None) -> str:
    return "—" if value is None else f"{100 * value:.1f} %"


def classes(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    rows = [
        [
            _named(data, lang, row["programme"]),
            _class(data, lang, row),
            row["rate"],
            number(row["units"]),
            number(row["visits"]),
            number(row["done"]),
            number(row["findings"]),
            _span(row["expected_low"], row["expected_high"]),
        ]
        for row in data["classes"]
    ]
    head = heads(t, "programme", "class", rate="n", units="n", visits="n", done="n", findings="n", expected="n")
    return Section(t("by_class"), t("by_class_desc"), [Table(head, rows)])


def _span(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.1f} – {high:.1f}"


def yields(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    marks = [
        {
            "label": f"{_class(data, lang, row)} · {_named(data, lang, row['programme'])}",
            "value": 100 * row["found_rate"],
            "low": 100 * row["found_low"],
            "high": 100 * row["found_high"],
            "colour": BAR,
            "text": f"{_percent(row['found_rate'])}  ({row['findings']:,} / {row['done']:,})",
        }
        for row in data["classes"]
        if row["found_rate"] is not None
    ]
    if not marks:
        return Section(t("yields"), t("no_yields"))
    picture = plots.intervals("yields", t("yields"), t("yields_desc"), marks, left=330)
    rows = [
        [
            _named(data, lang, row["programme"]),
            _class(data, lang, row),
            _percent(row["found_rate"]),
            f"{_percent(row['found_low'])} – {_percent(row['found_high'])}",
        ]
        for row in data["classes"]
        if row["found_rate"] is not None
    ]
    table = Table(heads(t, "programme", "class", found="n", interval="n"), rows)
    return Section(t("yields"), "", [Figure("", t("yields_desc"), picture), table])


def results(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    if not data["arms"]:
        return Section(t("arms"), t("no_results"))
    rows = [[t(row["arm"]), number(row["total"]), *(number(row[name]) for name in RESULTS)] for row in data["arms"]]
    head = heads(t, "arm", total="n", **dict.fromkeys(RESULTS, "n"))
    return Section(t("arms"), t("arms_desc"), [Table(head, rows)])


def capacity(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    rows = [
        [
            _certificate(data, lang, t, row["certificate"]),
            row["inspectors"],
            row["visits"],
            row["needed_days"],
            row["available_days"] or "—",
            t(row["enough"]),
        ]
        for row in data["capacity"]
    ]
    head = heads(t, "certificate", inspectors="n", visits="n", needed="n", available="n", enough="")
    return Section(t("capacity"), "", [Table(head, rows)]) if rows else None


def places(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    held = data["places"]
    rows = [
        [_named(data, lang, row["programme"]), _place(row["place"], t), number(row["units"]), number(row["visits"])]
        for row in held[:PLACES]
    ]
    caption = t("places_more", len(held), PLACES) if len(held) > PLACES else ""
    return (
        Section(t("places"), caption, [Table(heads(t, "programme", "place", units="n", visits="n"), rows)])
        if rows
        else None
    )


def lists(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    rows = [
        [row["label"][lang], number(row["running"]), number(row["exited"]), number(row["entered"])]
        for row in data["lists"]
    ]
    if not rows:
        return Section(t("lists"), t("no_lists"))
    return Section(t("lists"), "", [Table(heads(t, "list", running="n", exited="n", entered="n"), rows)])


def measures(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    rows = [
        [
            row["office"][lang],
            row["label"][lang],
            t(row["basis_level"]) if row["basis_level"] in LEVELS else row["basis_level"],
            t(row["state"]) if row["state"] in STATES else row["state"],
            number(row["count"]),
            number(row["flagged"]),
        ]
        for row in data["measures"]
    ]
    if not rows:
        return Section(t("measures"), t("no_measures"))
    head = heads(t, "department", "measure", "basis_level", "state", count="n", flagged="n")
    return Section(t("measures"), "", [Table(head, rows)])


def write_supervision(data: dict[str, Any], out: Path | str) -> list[Path]:
    """`supervision.html`, `.en.html` and `.json` in the folder `out`."""
    with whole(out, MARK) as folder:
        files = html.write_pair(data, supervision_page, folder, "supervision")
    return [Path(out) / file.name for file in files]
