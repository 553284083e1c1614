"""The dashboard of a district, drawn from its JSON alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang, clean, say, word
from creditscore.pages import district_charts, plots
from creditscore.pages.plots import shown
from creditscore.present import html, page
from creditscore.present.page import Figure, Said, Section, Table, heads, number
from creditscore.records.feed_health import STATES

said_in = page.said_in("district")
MATRICES, ENDING = 4, 40
WITHOUT = ("not_graded", "not_computable")  # in the scope of a scheme, and without a grade


def district_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of a district's tables."""
    t = said_in(lang)
    loud_feeds = [row for row in data["feeds"] if loud(row)]
    tiles = [
        (t("organisations"), number(data["organisations"])),
        (t("domains"), number(len({row["domain"] for row in data["shares"]}))),
        (t("running_entries"), number(sum(row["running"] for row in data["lists"]))),
        (t("ending_soon", data["soon"]), number(len(data["ending"]))),
        (t("feeds_told"), number(len(loud_feeds))),
    ]
    sections = [
        shares(data, lang, t),
        blocked(data, lang, t),
        migration(data, lang, t),
        *maps(data, lang, t),
        lists(data, lang, t),
        ending(data, lang, t),
        feeds(data, lang, t),
        signs(data, t),
    ]
    return page.draw(
        data,
        lang,
        t,
        t("dashboard"),
        data["title"][lang],
        sections,
        under=[t("as_on", data["on"]), " – ".join(dict.fromkeys((data["years"][0], data["years"][-1])))],
        tiles=tiles,
        limits=[t(code) for code in ("silence", "seasons", "level_told")],
        other=other,
    )


def loud(row: dict[str, Any]) -> bool:
    return bool({*STATES, "never"} & set(row["state"].split("+")))


def in_scope(row: dict[str, Any]) -> int:
    """How many organisations a scheme speaks of in a year: those with a grade, and those without one."""
    return int(row["graded"] + sum(row[name] for name in WITHOUT))


def shares(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    parts: list[Table | Figure] = []
    year = data["years"][-1]
    bars = [
        {
            "label": row["label"][lang],
            "total": in_scope(row),
            "grades": [{**grade, "name": _grade(grade, lang)} for grade in row["grades"]],
            "rest": [{"code": name, "name": t(name), "count": row[name]} for name in WITHOUT],
        }
        for row in data["shares"]
        if row["year"] == year and in_scope(row)
    ]
    if bars:
        desc = t("shares_desc", year)
        parts.append(Figure("", desc, district_charts.ladders("shares", t("shares"), desc, bars)))
    by_scheme: dict[tuple[str, str], dict[str, dict[str, Any]]] = {}
    for row in data["shares"]:
        by_scheme.setdefault((row["scheme"], row["version"]), {})[row["year"]] = row
    rows = []
    for held in by_scheme.values():
        value = next(iter(held.values()))
        mark = f"\n{t('internal_risk')}" if value["use"] == "internal_risk" else ""
        rows.append([value["label"][lang] + mark, *(_counts(held.get(year), lang, t) for year in data["years"])])
    head = [(t("scheme"), ""), *((year, "") for year in data["years"])]
    parts.append(Table(head, rows, "", t("table_desc")))
    return Section(t("shares"), "", parts)


def blocked(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    """Grades that refused rows leave open, by feed and reason, and what marks every grade of a run."""
    marks = [row["label"][lang] for row in data["marks"]]
    rows = [
        [
            clean(row["feed"]) or t("unnamed"),
            say(word("tables", row["table"]), lang),
            say(word("refusals", row["reason"]), lang),
            number(row["grades"]),
        ]
        for row in data["blocked"]
    ]
    if not rows and not marks:
        return None
    parts: list[Table | Figure] = []
    if rows:
        parts.append(Table(heads(t, "feed", "table", "reason", blocked_grades="n"), rows))
    if marks:
        parts.append(Table(heads(t, "marks"), [[mark] for mark in marks]))
    return Section(t("input"), t("input_desc"), parts)


def _grade(row: dict[str, Any], lang: Lang) -> str:
    """A grade that is a letter or a short code as it is, a word in the language of the page."""
    return str(row["code"] if row["code"].upper() == row["code"] else row["label"][lang])


def _counts(row: dict[str, Any] | None, lang: Lang, t: Said) -> str:
    """How many of each grade, and below them those without one."""
    if row is None:
        return "—"
    text = " · ".join(f"{_grade(grade, lang)} {grade['count']:,}" for grade in row["grades"] if grade["count"])
    rest = [f"{t(name)} {row[name]:,}" for name in WITHOUT if row[name]]
    return "\n".join(part for part in (text or "—", " · ".join(rest)) if part)


def migration(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    if not data["migration"]:
        return None
    labels = {row["scheme"]: row["label"][lang] for row in data["shares"]}
    ordered = sorted(data["migration"], key=lambda row: (-row["moved"], row["scheme"], row["from"]))
    parts: list[Table | Figure] = []
    for k, row in enumerate(ordered[:MATRICES]):
        cells: dict[tuple[str, str], int] = {}
        for value in row["matrix"]:
            key = tuple(name if name in row["grades"] else "" for name in (value["before"], value["after"]))
            cells[key[0], key[1]] = cells.get((key[0], key[1]), 0) + value["subjects"]
        used = [name for name in [*row["grades"], ""] if any(name in pair for pair in cells)]
        counts = [[cells.get((x, y), 0) for y in used] for x in used]
        rates = [[n / sum(line) if n else None for n in line] for line in counts]
        title = t(
            "migration_title",
            labels[row["scheme"]],
            row["from"],
            row["to"],
            number(row["organisations"]),
            number(row["moved"]),
        )
        grades = {
            grade["code"]: _grade(grade, lang)
            for share in data["shares"]
            for grade in share["grades"]
            if share["scheme"] == row["scheme"]
        }
        names = [grades.get(name, name) or t("no_grade") for name in used]
        parts.append(Figure(title, "", plots.matrix(f"moves-{k}", title, t("migration_desc"), names, rates, counts)))
    rows = [
        [labels[row["scheme"]], f"{row['from']} → {row['to']}", number(row["organisations"]), number(row["moved"])]
        for row in ordered
        if row["moved"]
    ]
    parts.append(Table(heads(t, "scheme", "year", organisations="n", moved="n"), rows, t("migration_table")))
    return Section(t("migration"), t("migration_desc"), parts)


def maps(data: dict[str, Any], lang: Lang, t: Said) -> list[Section]:
    sections = []
    for k, mapping in enumerate(data["maps"]):

        def named(name: str) -> tuple[str, str]:
            return name, t("others") if name == "*" else name or t("unnamed")

        cells = {(row["industry"], row["district"]): row for row in mapping["tiles"]}
        title = t("map", mapping["label"][lang], mapping["year"])
        across, down = [named(name) for name in mapping["districts"]], [named(name) for name in mapping["industries"]]
        picture = district_charts.tiles(f"map-{k}", title, t("map_desc"), mapping["codes"], across, down, cells)
        sections.append(Section(title, "", [Figure("", t("map_desc"), picture)]))
    return sections


def lists(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    if not data["lists"]:
        return Section(t("lists"), t("no_lists"))
    years = sorted({year for row in data["lists"] for year in row["entered"]})
    rows = [
        [
            row["label"][lang],
            t(row["kind"]) if row["kind"] else "",
            *(number(row["entered"].get(year, 0)) for year in years),
            number(row["running"]),
            number(row["exited"]),
            number(row["term_over"]),
        ]
        for row in data["lists"]
    ]
    head = [(t("list"), ""), (t("kind"), ""), *((year, "n") for year in years)]
    head += [(t(name), "n") for name in ("running", "exited", "term_over")]
    return Section(t("lists"), t("lists_desc"), [Table(head, rows)])


def ending(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    rows = [
        [
            f"{clean(row['name'])}\n{row['subject_id']}" if row["name"] else row["subject_id"],
            row["label"][lang],
            row["term_end"],
            number(row["days"]),
        ]
        for row in data["ending"][:ENDING]
    ]
    title = t("ending", data["soon"])
    if not rows:
        return Section(title, t("none_ending"))
    return Section(
        title,
        t("ending_desc", number(len(data["ending"]))),
        [Table(heads(t, "organisation", "list", term_end="short", days_left="n"), rows)],
    )


def state(row: dict[str, Any], t: Said) -> str:
    return " + ".join(t(part) for part in row["state"].split("+"))


def feeds(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    counts: dict[str, list[int]] = {}
    for window in data["windows"]:
        counts.setdefault(window["feed"], []).append(window["records"])
    bars = [
        {
            "label": clean(row["feed"]) or t("unnamed"),
            "counts": counts.get(row["feed"], []),
            "loud": loud(row),
            "text": state(row, t),
        }
        for row in data["feeds"]
    ]
    desc = t("feeds_desc", data["days"])
    rows = [
        [
            clean(row["feed"]) or t("unnamed"),
            row["department"][lang],
            state(row, t),
            number(row["observed"]),
            shown(row["expected"]),
            _p(row),
            "" if row["late_share"] is None else f"{100 * row['late_share']:.0f} % ({100 * row['late_past']:.0f} %)",
            row["last_recorded"],
        ]
        for row in data["feeds"]
    ]
    head = [(t("feed"), "short"), *heads(t, "department", "state", observed="n", expected="n", p="n", late_share="n")]
    head.append((t("last_recorded"), "short"))
    return Section(
        t("feeds"), "", [Figure("", desc, district_charts.pulses("feeds", t("feeds"), desc, bars)), Table(head, rows)]
    )


def _p(row: dict[str, Any]) -> str:
    """The probability on which the state rests; the smaller tail where the feed is as usual."""
    names = [row[name] for name in ("p_low", "p_high", "p_late") if row[name] is not None]
    return shown(min(names), 2) if names else ""


def signs(data: dict[str, Any], t: Said) -> Section:
    if not data["signs"]:
        return Section(t("signs"), t("no_signs"))
    rows = [
        [
            f"{clean(row['feed']) or t('unnamed')}\n{state(row, t)}",
            t(row["code"]),
            t(row["sign"]),
            shown(row["recent"]),
            "" if row["past"] is None else shown(row["past"]),
            "" if row["p"] is None else shown(row["p"], 2),
        ]
        for row in data["signs"]
    ]
    head = heads(t, "feed", "sign", "speaks", now="n", before="n", p="n")
    return Section(t("signs"), t("signs_desc"), [Table(head, rows)])


def write_district(data: dict[str, Any], out: Path | str) -> list[Path]:
    """`out` (Chinese), the same in English (`.en.html`), and the JSON with exactly what was drawn."""
    place = Path(out)
    if place.suffix != ".html":
        raise UsageError("pages.no_name_page", name=place.name)
    return html.write_pair(data, district_page, place.parent, place.stem)
