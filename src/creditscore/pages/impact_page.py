"""The page on the effects of a change, drawn from its JSON alone; and one subject's two ledgers side by side."""

from __future__ import annotations

from typing import Any

from creditscore.core.i18n import Lang, clean
from creditscore.grading.migration import BETTER, DIRECTIONS, GAINED, LOST, OTHER, SAME, WORSE
from creditscore.pages import plots
from creditscore.pages.notices import SIDES
from creditscore.pages.plots import shown
from creditscore.present import charts, page
from creditscore.present.page import Figure, Said, Section, Table, heads, number
from creditscore.schemes.citing import cite_said

said_in = page.said_in("impact")
SHADES = {WORSE: "#a6263a", BETTER: "#1f5fa8", GAINED: "#8fbce0", LOST: "#e0a93f", OTHER: "#b9bec5", SAME: "#e6eaef"}
CHANGES, NOTICES, FLOWS, GROUPS = 60, 20, 40, 20


def impact_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """The page of an impact's data; `other` is the file in the other language."""
    t = said_in(lang)
    counts = {row["direction"]: row["subjects"] for row in data["directions"]}
    tiles = [(t("subjects"), number(data["subjects"])), (t("subjects_moved"), number(data["moved"]))]
    tiles += [(t(name), number(counts[name])) for name in (WORSE, BETTER)]
    tiles += [(t("reversed"), number(data["ranks"]["reversed"]))] if data["ranks"] else []
    sections = [
        flows(data, lang, t),
        *(group(data, by, lang, t) for by in ("industry", "size", "district")),
        ranks(data, lang, t),
        notices(data, lang, t),
        changes(data, lang, t),
    ]
    under = [t("from_to", data["a"]["name"], data["b"]["name"]), f"{t('at')} {data['at']}" if data["at"] else ""]
    return page.draw(
        data,
        lang,
        t,
        t("impact"),
        data["title"][lang],
        sections,
        under=[name for name in under if name],
        tiles=tiles,
        limits=limits(data, t),
        other=other,
    )


def limits(data: dict[str, Any], t: Said) -> list[str]:
    notes = list(data["notes"])
    notes += [] if data["comparable"] else ["no_scale"]
    notes += [] if any(data["groups"].values()) else ["not_known"]
    return [t(value) for value in [*notes, "not_sent"]]


def _named(data: dict[str, Any], side: str, name: str, lang: Lang) -> str:
    """A grade in the words of its side; of one who has none the state, and why."""
    return clean(data["words"][side][name][lang])


def _turn(data: dict[str, Any], row: dict[str, Any], lang: Lang) -> str:
    return " → ".join(_named(data, side, row[side], lang) for side in SIDES)


def flows(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    count = {(row["before"], row["after"]): row["subjects"] for row in data["matrix"]}
    graded = {*data["a"]["grades"], *data["b"]["grades"]}
    drawn: dict[tuple[str, str], int] = {}
    for (x, y), n in count.items():
        cell = (x if x in graded else "", y if y in graded else "")
        drawn[cell] = drawn.get(cell, 0) + n
    ordered = [*(name for name in data["names"] if name in graded), ""]
    rows, columns = ([name for name in ordered if name in {*names}] for names in zip(*drawn, strict=True))
    counts = [[drawn.get((x, y), 0) for y in columns] for x in rows]
    shares = [[n / sum(row) if n else None for n in row] for row in counts]
    labels = [
        [_named(data, side, name, lang) if name else t("no_grade") for name in names]
        for side, names in zip(SIDES, (rows, columns), strict=True)
    ]
    picture = plots.matrix("flows", t("flows"), t("flows_desc"), labels[0], shares, counts, labels[1])
    parts: list[Table | Figure] = [Figure("", t("flows_desc"), picture)]
    moves = sorted(((n, x, y) for (x, y), n in count.items() if x != y), key=lambda row: (-row[0], row[1], row[2]))
    total = data["subjects"] or 1
    ways = {(row["before"], row["after"]): row["direction"] for flow in data["flows"] for row in [flow]}
    listed = [
        [
            _named(data, "before", x, lang),
            _named(data, "after", y, lang),
            t(ways[x, y]),
            number(n),
            f"{100 * n / total:.2f} %",
        ]
        for n, x, y in moves[:FLOWS]
    ]
    parts.append(Table(heads(t, "before", "after", "direction", total="n", share="n"), listed, t("flow_list")))
    return Section(t("flows"), "", parts)


def group(data: dict[str, Any], by: str, lang: Lang, t: Said) -> Section | None:
    rows = data["groups"][by]
    if not rows:
        return None
    names = {name: t(name) for name in DIRECTIONS}
    bars = [
        {
            "label": clean(row["name"]) or t("unnamed"),
            "total": row["total"],
            "counts": {names[name]: row[name] for name in DIRECTIONS},
            "percents": {names[name]: 100 * row[name] / row["total"] for name in DIRECTIONS},
        }
        for row in rows[:GROUPS]
    ]
    picture = charts.stacked(
        by,
        t(f"by_{by}"),
        t("groups_desc"),
        bars,
        list(names.values()),
        {names[name]: SHADES[name] for name in DIRECTIONS},
        92,
    )
    listed = [
        [
            clean(row["name"]) or t("unnamed"),
            number(row["total"]),
            number(row[WORSE]),
            number(row[BETTER]),
            _main(data, row, lang),
        ]
        for row in rows[:GROUPS]
    ]
    table = Table(
        [(t("group"), ""), (t("total"), "n"), (t(WORSE), "n"), (t(BETTER), "n"), (t("main_flows"), "")], listed
    )
    return Section(t(f"by_{by}"), "", [Figure("", t("groups_desc"), picture), table])


def _main(data: dict[str, Any], row: dict[str, Any], lang: Lang) -> str:
    largest = sorted(row["flows"], key=lambda flow: (-flow["subjects"], flow["before"], flow["after"]))[:3]
    return "; ".join(f"{_turn(data, row, lang)} {row['subjects']:,}" for row in largest)


def ranks(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    held = data["ranks"]
    if held is None:
        return Section(t("ranks"), t("no_ranks"))
    pairs = held["pairs"] or 1
    rows = [
        [t(name), number(held[name]), f"{100 * held[name] / pairs:.2f} %"]
        for name in ("kept", "reversed", "tied_before", "tied_after", "tied_both")
    ]
    rows.append([t("tau"), shown(held["tau"]), ""])
    parts: list[Table | Figure] = [Table(heads(t, "measure", value="n", share="n"), rows)]
    movers = [
        [
            _who(row),
            f"{row['rank_before']:,.1f} → {row['rank_after']:,.1f}",
            f"{_plain(row['score_before'])} → {_plain(row['score_after'])}",
            _turn(data, row, lang),
        ]
        for row in data["movers"]
    ]
    if movers:
        parts.append(Table(heads(t, "organisation", "rank", "score", "grade"), movers, t("movers")))
    return Section(t("ranks"), t("ranks_desc", number(held["subjects"]), number(held["pairs"])), parts)


def _plain(score: str) -> str:
    shown_ = score.rstrip("0").rstrip(".") if "." in score else score
    return shown_.replace("-", "−")


def _who(row: dict[str, Any]) -> str:
    return f"{clean(row['name'])}\n{clean(row['subject_id'])}" if row["name"] else clean(row["subject_id"])


def notices(data: dict[str, Any], lang: Lang, t: Said) -> Section:
    count, drafts = data["notices"]["count"], data["notices"]["shown"][:NOTICES]
    if not count:
        return Section(t("notices"), t("no_notices"))
    rows = [[_turn(data, row, lang), clean(row[f"text_{lang}"])] for row in drafts]
    table = Table(heads(t, grade="short", draft=""), rows)
    return Section(t("notices"), t("notices_desc", number(count), len(drafts)), [table])


def changes(data: dict[str, Any], lang: Lang, t: Said) -> Section | None:
    held = data["changes"]
    if not held:
        return None
    rows = [[clean(cell) for cell in pair[lang]] for pair in held[:CHANGES]]
    cut = len(held) > CHANGES
    caption = t("changes_more", len(held), CHANGES) if cut else t("changes_desc", len(held))
    head = [(t("part"), ""), (t("name"), ""), (t("what"), ""), (t("before"), ""), (t("after"), "")]
    return Section(t("changes"), caption, [Table(head, rows)])


def ledgers_page(data: dict[str, Any], lang: Lang = "zh", other: str = "") -> str:
    """One subject under both sides: every line, what it weighed and weighs, and the difference."""
    t = said_in(lang)
    a, b = data["a"], data["b"]
    rows = [
        [
            clean(row["label"][lang]) + (f"\n{clean(row['record'])}" if row["record"] else ""),
            row["was"].replace("-", "−"),
            row["now"].replace("-", "−"),
            row["difference"].replace("-", "−"),
            clean(cite_said(row["article_was"], lang)),
            clean(cite_said(row["article_is"], lang)),
        ]
        for row in data["lines"]
    ]
    head = [
        (t("line"), ""),
        (a["name"], "n"),
        (b["name"], "n"),
        (t("difference"), "n"),
        (t("article_was"), ""),
        (t("article_is"), ""),
    ]
    tiles = [(side["name"], clean(side["words"][lang])) for side in (a, b)]
    tiles += [(f"{t('score')} {row['name']}", row["score"].replace("-", "−") or "—") for row in (a, b)]
    return page.draw(
        data,
        lang,
        t,
        t("ledgers"),
        data["name"] or data["subject_id"],
        [Section(t("ledgers"), t("ledgers_desc"), [Table(head, rows)])],
        under=[data["subject_id"], f"{t('at')} {data['at']}"] if data["at"] else [data["subject_id"]],
        tiles=tiles,
        limits=[t(note) for note in data["notes"]],
        other=other,
    )
