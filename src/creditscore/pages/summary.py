"""What an overview shows, as one table of plain values: computed here, drawn elsewhere, shipped as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from creditscore.core.errors import InputError
from creditscore.core.i18n import clean, plain, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import TOP, from_micro
from creditscore.core.quantities import plain as shown
from creditscore.explanation.labels import Labels, labels_of
from creditscore.grading.input_state.state import blocked_rows, marks_of_runs
from creditscore.grading.result import Grading

GROUPS = ("district", "industry", "size")
LARGEST = 20  # groups shown by name
ITEMS = 10

Table = list[dict[str, Any]]
Summary = dict[str, Any]


def summarise(
    grading: Grading,
    *,
    made_up: bool | None = None,
    published: Sequence[tuple[tuple[str, ...], float]] = (),
    published_source: str = "",
) -> Summary:
    """Tables of an overview: grades, states, routes, groups, scores, items, evidence, refused rows.

    `published` holds grades and the per cent of them that somebody published, shown beside ours. `made_up`
    overrules the manifest. Only JSON types come out; points are text with exact decimals, percentages are
    rounded to one place.
    """
    if not grading.has_ledger:
        raise InputError("pages.overview_needs_ledger")
    manifest, labels = grading.manifest, labels_of(grading.manifest, grading.plan.scheme)
    codes = list(grading.plan.grades)
    return {
        "title": _both(labels.title),
        "scheme": str(manifest["scheme"]),
        "period": str(manifest["period"]),
        "known_at": str(manifest["known_at"]),
        "run_id": str(manifest["run_id"]),
        "made_up": bool(manifest.get("made_up", False)) if made_up is None else made_up,
        "subjects": _one(grading, "SELECT count(*) FROM result_grades"),
        "grades": (grades := _grades(grading, labels, codes)),
        "published": _beside(grades, published),
        "published_source": published_source,
        "states": _states(grading, labels),
        "routes": _routes(grading, codes),
        "groups": {name: _groups(grading, name, codes) for name in GROUPS},
        "scores": _scores(grading),
        "items": _items(grading, labels),
        "evidence": _counted(grading, "evidence", "marks"),
        "readings": _readings(grading),
        "records": {key: int(value) for key, value in manifest["counts"]["records"].items()},
        "quarantine": _quarantine(grading),
        "blocked": [
            {name: redact(clean(cell)) if isinstance(cell, str) else cell for name, cell in row.items()}
            | {"label": _both(word("refusals", str(row["reason"])))}
            for row in blocked_rows([manifest])
        ],
        "marks": [_both(word("input_states", code)) for code in marks_of_runs([manifest])],
        "feeds": "none" if manifest["feeds"] == "none declared" else "declared",
        "provisional": bool(manifest.get("provisional_calendar", False)),
    }


def _rows(grading: Grading, sql: str, given: list[Any] | None = None) -> list[tuple[Any, ...]]:
    return grading.con.execute(sql, given or []).fetchall()


def _one(grading: Grading, sql: str) -> int:
    return int(_rows(grading, sql)[0][0])


def _both(label: Label) -> dict[str, str]:
    return {"zh": clean(label.zh), "en": clean(label.en)}


def percent(count: int, total: int) -> float:
    """Per cent to one place, rounded half up in integers."""
    return 0.0 if total == 0 else ((2000 * count + total) // (2 * total)) / 10


def _grades(grading: Grading, labels: Labels, codes: list[str]) -> Table:
    counts = dict(_rows(grading, "SELECT grade, count(*) FROM result_grades WHERE state = 'graded' GROUP BY grade"))
    total = sum(counts.values())
    return [
        {
            "code": code,
            "label": _both(labels.grade(code) or plain(code)),
            "count": int(counts.get(code, 0)),
            "percent": percent(counts.get(code, 0), total),
        }
        for code in codes
    ]


def _beside(grades: Table, published: Sequence[tuple[tuple[str, ...], float]]) -> Table:
    """Shares that were published, for one grade or several together, and ours of the same grades."""
    total = sum(row["count"] for row in grades)
    return [
        {
            "grades": list(codes),
            "published": share,
            "percent": percent(sum(row["count"] for row in grades if row["code"] in codes), total),
        }
        for codes, share in published
    ]


def _states(grading: Grading, labels: Labels) -> Table:
    rows = _rows(
        grading,
        "SELECT state, CASE WHEN state = 'graded' THEN '' ELSE state_reason END AS why, count(*)"
        " FROM result_grades GROUP BY ALL ORDER BY count(*) DESC, state, why",
    )
    total = sum(row[2] for row in rows)
    return [
        {
            "state": state,
            "reason": why,
            "label": _both(labels.state_reason(why) if why else word("states", state)),
            "count": int(count),
            "percent": percent(count, total),
        }
        for state, why, count in rows
    ]


def _routes(grading: Grading, codes: list[str]) -> Table:
    rows = _rows(
        grading,
        "SELECT grade, coalesce(route, ''), count(*) FROM result_grades WHERE state = 'graded' GROUP BY ALL",
    )
    order = {code: k for k, code in enumerate(codes)}
    return [
        {
            "grade": grade,
            "route": route,
            "label": _both(word("routes", route) if route else plain("–")),
            "count": int(count),
        }
        for grade, route, count in sorted(rows, key=lambda row: (order[row[0]], -row[2], row[1]))
    ]


def _groups(grading: Grading, column: str, codes: list[str]) -> Table:
    """Counts by grade in each group, largest first; small ones together under the name `None`."""
    rows = _rows(
        grading,
        f"SELECT coalesce(s.{column}, ''), g.grade, count(*) FROM result_grades g"
        " JOIN subjects s ON s.subject_id = g.subject_id WHERE g.state = 'graded' GROUP BY ALL",
    )
    counts_by_group: dict[str, dict[str, int]] = {}
    for given, grade, count in rows:
        counts = counts_by_group.setdefault(redact(clean(given)), {})
        counts[grade] = counts.get(grade, 0) + int(count)
    if set(counts_by_group) <= {""}:
        return []
    ordered = sorted(counts_by_group, key=lambda name: (-sum(counts_by_group[name].values()), name))
    listed: list[tuple[str | None, list[str]]] = [(name, [name]) for name in ordered[:LARGEST]]
    if ordered[LARGEST:]:
        listed.append((None, ordered[LARGEST:]))
    table = []
    for name, members in listed:
        counts = {code: sum(counts_by_group[member].get(code, 0) for member in members) for code in codes}
        total = sum(counts.values())
        table.append(
            {
                "name": name,
                "total": total,
                "counts": counts,
                "percents": {code: percent(count, total) for code, count in counts.items()},
            }
        )
    return table


def _scores(grading: Grading) -> dict[str, Any]:
    low, high, scored = _rows(
        grading, "SELECT min(score), max(score), count(score) FROM result_grades WHERE state = 'graded'"
    )[0]
    if not scored:
        return {"scored": 0, "width": "1", "bins": [], "edges": []}
    width = next((w for w in (1, 2, 5, 10, 20, 50, 100) if (high - low) / w <= 24), int((high - low) / 24) + 1)
    counts = dict(
        _rows(
            grading,
            "SELECT CAST(floor(score / ?) AS BIGINT), count(*) FROM result_grades"
            " WHERE state = 'graded' AND score IS NOT NULL GROUP BY 1",
            [width],
        )
    )
    first, last = min(counts), max(counts)
    bins = [
        {"from": str(k * width), "to": str((k + 1) * width), "count": int(counts.get(k, 0))}
        for k in range(first, last + 1)
    ]
    return {"scored": int(scored), "width": str(width), "bins": bins, "edges": _edges(grading)}


def _edges(grading: Grading) -> Table:
    """The lower edge of each band of the scheme, where its grades come from bands."""
    bands = [band for rule in grading.plan.deciders for band in rule.bands]
    return [
        {"grade": grading.plan.grades[grade], "at": shown(from_micro(low))}
        for grade, _, _, low, _ in bands
        if abs(low) < TOP
    ]


def _items(grading: Grading, labels: Labels) -> Table:
    """The items that moved scores most to the worse, with what they cost."""
    worse = 1 if grading.plan.lower_is_better else -1
    rows = _rows(
        grading,
        "SELECT item, count(*), count(DISTINCT subject_id), sum(effective) AS points, min(article)"
        " FROM result_ledger WHERE step IN ('record', 'condition') AND effective <> 0 GROUP BY item"
        f" HAVING sum(effective) * {worse} > 0 ORDER BY points * {worse} DESC, item LIMIT {ITEMS}",
    )
    return [
        {
            "code": clean(item),
            "label": _both(labels.item(item, article) or labels.line("condition", item, item, article)),
            "rows": int(count),
            "subjects": int(subjects),
            "points": shown(points),
        }
        for item, count, subjects, points, article in rows
    ]


def _counted(grading: Grading, column: str, section: str) -> Table:
    rows = _rows(
        grading,
        f"SELECT {column}, count(*) FROM result_grades GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    total = sum(count for _, count in rows)
    return [
        {
            "code": code,
            "label": _both(word(section, code)),
            "count": int(count),
            "percent": percent(count, total),
        }
        for code, count in rows
    ]


def _readings(grading: Grading) -> Table:
    rows = _rows(
        grading,
        "SELECT reading, count(*) FROM (SELECT unnest(string_split(readings, ';')) AS reading"
        " FROM result_grades) WHERE reading <> '' GROUP BY 1 ORDER BY 2 DESC, 1",
    )
    known = grading.manifest.get("readings", {})
    return [
        {
            "code": code,
            "label": _both(Label(**known[code]) if code in known else plain(code)),
            "count": int(count),
        }
        for code, count in rows
    ]


def _quarantine(grading: Grading) -> Table:
    rows = _rows(
        grading,
        'SELECT "table", reason,'
        ' count(DISTINCT coalesce(CAST(line AS VARCHAR), concat(subject_id, "column", value)))'
        " FROM result_quarantine GROUP BY ALL ORDER BY 3 DESC, 1, 2",
    )
    return [{"table": table, "reason": clean(reason), "rows": int(count)} for table, reason, count in rows]
