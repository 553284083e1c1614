"""The feeds of a district as a page: what each delivered beside its own past, and what speaks for a fault."""

from __future__ import annotations

from typing import Any

from creditscore.core.i18n import Lang, day_said
from creditscore.pages import district_charts
from creditscore.pages.district_details import Say, detail, domain_name, loud, say_in, state
from creditscore.present.document import Badge, Chart, Column, Count, Document, Lines, Section, Table, csv_name, heads
from creditscore.present.plots import shown


def feeds_document(data: dict[str, Any], lang: Lang, back: str = "") -> Document:
    """Describe the feeds of a district from its tables."""
    t = say_in(lang)
    return detail(
        data,
        t("feeds"),
        t("feeds"),
        [_feeds(data, lang, t), _signs(data, lang, t)],
        lang,
        back,
        {name: data[name] for name in ("feeds", "windows", "signs", "days")},
    )


def _feeds(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    counts: dict[str, list[int]] = {}
    for window in data["windows"]:
        counts.setdefault(window["feed"], []).append(window["records"])
    days = sorted({window["from"] for window in data["windows"]})
    by_window = [  # a feed that began later has no number in the first windows
        (domain_name(feed, lang), *[None] * (len(days) - len(numbers)), *map(Count, numbers))
        for feed, numbers in counts.items()
    ]
    windows = Table(
        [*heads(t, "feed"), *(Column(t("from_day", day_said(day, lang)), "number") for day in days)], by_window
    )
    bars = [
        {
            "label": domain_name(row["feed"], lang),
            "counts": counts.get(row["feed"], []),
            "loud": loud(row),
            "text": state(row, t),
        }
        for row in data["feeds"]
    ]
    rows = [
        (
            Lines([domain_name(row["feed"], lang), row["department"][lang]], small=True),
            Badge(state(row, t), tone="bad" if loud(row) else "idle"),
            Count(row["observed"]),
            shown(row["expected"]),
            _p(row),
            None if row["late_share"] is None else f"{100 * row['late_share']:.0f} % ({100 * row['late_past']:.0f} %)",
            day_said(row["last_recorded"], lang) or None,
        )
        for row in data["feeds"]
    ]
    desc = t("feeds_desc", data["days"])
    picture = district_charts.pulses("feeds", t("feeds"), desc, bars)
    columns = heads(t, "feed", state="badge", observed="number", expected="number", p="number", late_share="number")
    columns += heads(t, last_recorded="day")
    return Section(t("feeds"), [Table(columns, rows, csv=csv_name("feeds", lang)), Chart("", picture, desc, windows)])


def _p(row: dict[str, Any]) -> str | None:
    """The probability on which the state rests; the smaller tail where the feed is as usual."""
    values = [row[name] for name in ("p_low", "p_high", "p_late") if row[name] is not None]
    return _chance(min(values, default=None))


def _chance(p: float | None) -> str | None:
    return None if p is None else "< 0.001" if p < 0.001 else shown(p, 2)


def _signs(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    rows = [
        (
            Lines([domain_name(row["feed"], lang), state(row, t)], small=True),
            t(row["code"]),
            t(row["sign"]),
            shown(row["recent"]),
            None if row["past"] is None else shown(row["past"]),
            _chance(row["p"]),
        )
        for row in data["signs"]
    ]
    columns = heads(t, "feed", "sign", "speaks", numbers=("now", "before", "p"))
    table = Table(columns, rows, empty=t("no_signs"), csv=csv_name("signs", lang))
    return Section(t("signs"), [table], t("signs_desc") if rows else "")
