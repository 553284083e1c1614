"""The page on the effects of a change, drawn from its JSON alone; and one subject's two ledgers side by side."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from creditscore.core.i18n import Lang, clean, day_said, phrases
from creditscore.core.quantities import points
from creditscore.grading.migration import BETTER, DIRECTIONS, GAINED, LOST, OTHER, SAME, WORSE
from creditscore.pages.notices import SIDES
from creditscore.present import charts
from creditscore.present.document import (
    Badge,
    Chart,
    Code,
    Column,
    Columns,
    Count,
    Document,
    Lines,
    Listing,
    Named,
    Section,
    Table,
    Tiles,
    Tone,
    Value,
    above_code,
    heads,
    percent,
)
from creditscore.present.plots import matrix_chart, shown
from creditscore.schemes.citing import cite_said

Say = Callable[..., str]
SHADES = {WORSE: "#a6263a", BETTER: "#1f5fa8", GAINED: "#8fbce0", LOST: "#e0a93f", OTHER: "#b9bec5", SAME: "#e6eaef"}
TONES: dict[str, Tone] = {WORSE: "bad", LOST: "warn", BETTER: "good", GAINED: "good"}
CHANGES, NOTICES, FLOWS, GROUPS = 60, 20, 40, 20


def impact_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe the effects of a change from its data."""
    t = phrases("impact", lang, "explanation", "pages")
    counts = {row["direction"]: row["subjects"] for row in data["directions"]}
    tiles = [(t("subjects"), data["subjects"]), (t("subjects_moved"), data["moved"])]
    tiles += [(t(name), counts[name]) for name in (WORSE, BETTER, LOST)]
    tiles += [(t("reversed"), data["ranks"]["reversed"])] if data["ranks"] else []
    groups = [part for by in ("industry", "size", "district") if (part := _group(data, by, lang, t))]
    notes = [*data["notes"], *([] if data["comparable"] else ["no_scale"]), *([] if groups else ["not_known"])]
    return Document(
        t("impact"),
        data["title"][lang],
        lang,
        [
            Tiles([(name, Count(count)) for name, count in tiles]),
            Columns([_matrix(data, lang, t)], [_ranks(data, t)]),
            _flows(data, lang, t),
            *groups,
            _movers(data, lang, t),
            _notices(data, lang, t),
            _changes(data, lang, t),
            Section(t("limits"), [Listing([t(note) for note in (*notes, "not_sent")])]),
        ],
        under=_under(data, lang, t, Code(f"{data['a']['name']} → {data['b']['name']}")),
        data=data,
        made_up=bool(data.get("made_up", False)),
        foot=t("not_official"),
    )


def _under(data: dict[str, Any], lang: Lang, t: Say, *lines: Value) -> list[Value]:
    at = data["at"]
    return [*lines, *([f"{t('at')}{t('colon')}{t('year', at) if at.isdigit() else day_said(at, lang)}"] if at else [])]


def _named(data: dict[str, Any], side: str, name: str, lang: Lang) -> str:
    """A grade in the words of its side; of one who has none the state, and why."""
    return clean(data["words"][side][name][lang])


def _turn(data: dict[str, Any], row: dict[str, Any], lang: Lang, t: Say) -> str:
    return t("turn", *(_named(data, side, row[side], lang) for side in SIDES))


def _matrix(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    graded = {*data["a"]["grades"], *data["b"]["grades"]}
    cells: dict[tuple[str, str], int] = {}
    for row in data["matrix"]:
        cell = (row["before"] if row["before"] in graded else "", row["after"] if row["after"] in graded else "")
        cells[cell] = cells.get(cell, 0) + row["subjects"]
    ordered = [*(name for name in data["names"] if name in graded), ""]
    rows, columns = ([name for name in ordered if name in {*names}] for names in zip(*cells, strict=True))
    counts = [[cells.get((x, y), 0) for y in columns] for x in rows]
    labels = [
        [_named(data, side, name, lang) if name else t("no_grade") for name in names]
        for side, names in zip(SIDES, (rows, columns), strict=True)
    ]
    chart = matrix_chart("flows", "", t("flows_desc"), labels[0], counts, labels[1])
    return Section(t("flows"), [chart])


def _flows(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    ways = {(row["before"], row["after"]): row["direction"] for row in data["flows"]}
    moves = [row for row in data["matrix"] if row["before"] != row["after"]]
    moves.sort(key=lambda row: (-row["subjects"], row["before"], row["after"]))
    rows = [
        (
            _named(data, "before", row["before"], lang),
            _named(data, "after", row["after"], lang),
            _way(ways[row["before"], row["after"]], t),
            Count(row["subjects"]),
            percent(row["subjects"] / (data["subjects"] or 1), 2),
        )
        for row in moves[:FLOWS]
    ]
    columns = heads(t, "before", "after", direction="badge", total="number", share="number")
    return Section(t("flow_list"), [Table(columns, rows, empty=t("nobody_moves"))])


def _way(direction: str, t: Say) -> Badge:
    return Badge(t(direction), tone=TONES.get(direction, "idle"))


def _group(data: dict[str, Any], by: str, lang: Lang, t: Say) -> Section | None:
    held = data["groups"][by][:GROUPS]
    if not held:
        return None
    names = {name: t(name) for name in DIRECTIONS}
    bars = [
        {
            "label": clean(row["name"]) or t("unnamed"),
            "total": row["total"],
            "counts": {names[name]: row[name] for name in DIRECTIONS},
            "percents": {names[name]: 100 * row[name] / row["total"] for name in DIRECTIONS},
        }
        for row in held
    ]
    shades = {names[name]: SHADES[name] for name in DIRECTIONS}
    title, desc = t(f"by_{by}"), t("groups_desc")
    picture = charts.stacked(by, title, desc, bars, list(names.values()), shades, 92)
    rows = [
        (
            Lines([bar["label"], *_main(data, row, lang, t)], small=True),
            *map(Count, (row["total"], row[WORSE], row[BETTER])),
        )
        for bar, row in zip(bars, held, strict=True)
    ]
    columns = heads(t, "group", numbers=("total", WORSE, BETTER))
    return Section(title, [Chart("", picture, desc, Table(columns, rows, csv="groups.csv"))])


def _main(data: dict[str, Any], row: dict[str, Any], lang: Lang, t: Say) -> list[str]:
    """The largest flows of a group."""
    largest = sorted(row["flows"], key=lambda flow: (-flow["subjects"], flow["before"], flow["after"]))[:3]
    return [f"{_turn(data, flow, lang, t)}{t('colon')}{flow['subjects']:,}" for flow in largest]


def _ranks(data: dict[str, Any], t: Say) -> Section:
    held = data["ranks"]
    if held is None:
        return Section(t("ranks"), [], t("no_ranks"))
    rows: list[tuple[Value, ...]] = [
        (t(name), Count(held[name]), percent(held[name] / (held["pairs"] or 1), 2))
        for name in ("kept", "reversed", "tied_before", "tied_after", "tied_both")
    ]
    rows.append((t("tau"), shown(held["tau"]), None))
    table = Table(heads(t, "measure", value="number", share="number"), rows)
    return Section(t("ranks"), [table], t("ranks_desc", Count(held["subjects"]), Count(held["pairs"])))


def _movers(data: dict[str, Any], lang: Lang, t: Say) -> Section | None:
    rows = [
        (
            above_code(row["name"], row["subject_id"]),
            *(_number(row[name]) for name in ("rank_before", "rank_after", "score_before", "score_after")),
            *(_named(data, side, row[side], lang) for side in SIDES),
        )
        for row in data["movers"]
    ]
    columns = heads(
        t,
        "organisation",
        numbers=("rank_before", "rank_after", "score_before", "score_after"),
        grade_before="text",
        grade_after="text",
    )
    return Section(t("movers"), [Table(columns, rows, csv="subjects.csv")]) if rows else None


def _number(value: Any) -> str:
    return points(Decimal(str(value)))


def _notices(data: dict[str, Any], lang: Lang, t: Say) -> Section:
    count, drafts = data["notices"]["count"], data["notices"]["shown"][:NOTICES]
    rows = [
        (
            above_code(row["name"], row["subject_id"]),
            *(_named(data, side, row[side], lang) for side in SIDES),
            cite_said(row["articles"], lang),
            clean(row[f"text_{lang}"]),
        )
        for row in drafts
    ]
    columns = heads(t, "organisation", "before", "after", "articles", "draft")
    table = Table(columns, rows, empty=t("no_notices"), csv="notices.csv")
    return Section(t("notices"), [table], t("notices_desc", Count(count), len(drafts)) if rows else "")


def _changes(data: dict[str, Any], lang: Lang, t: Say) -> Section | None:
    held = data["changes"]
    rows = [[clean(cell) or None for cell in row[lang]] for row in held[:CHANGES]]
    cut = len(held) > CHANGES
    caption = t("changes_more", len(held), CHANGES) if cut else t("changes_desc", len(held))
    table = Table(heads(t, "part", "name", "what", "before", "after"), rows)
    return Section(t("changes"), [table], caption) if rows else None


def ledgers_document(data: dict[str, Any], lang: Lang) -> Document:
    """Describe one subject under both sides: every line, what it weighed and weighs, and the difference."""
    t = phrases("impact", lang, "explanation", "pages")
    sides = data["a"], data["b"]
    names = [Named(t(code), side["name"]) for code, side in zip(("old_rules", "new_rules"), sides, strict=True)]
    rows = [
        (
            above_code(row["label"][lang], row["record"]) if row["record"] else row["label"][lang],
            *(row[name].replace("-", "−") for name in ("was", "now", "difference")),
            cite_said(row["article_was"], lang),
            cite_said(row["article_is"], lang),
        )
        for row in data["lines"]
    ]
    columns = [Column(t("line")), *(Column(name, "number") for name in names)]
    columns += heads(t, difference="number", article_was="text", article_is="text")
    tiles: list[tuple[Value, Value]] = [
        (name, Lines([side["words"][lang], f"{t('score')} {side['score'].replace('-', '−') or '—'}"], small=True))
        for name, side in zip(names, sides, strict=True)
    ]
    return Document(
        t("ledgers"),
        data["name"] or data["subject_id"],
        lang,
        [
            Tiles(tiles),
            Section(t("ledgers"), [Table(columns, rows)], t("ledgers_desc")),
            Section(t("limits"), [Listing([t(note) for note in data["notes"]])]) if data["notes"] else None,
        ],
        under=_under(data, lang, t, Code(data["subject_id"])),
        data=data,
        made_up=bool(data.get("made_up", False)),
        foot=t("not_official"),
    )
