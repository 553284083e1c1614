"""Effects of a change, from two sides of the same subjects: flows, groups, reversed ranks, and the notices to send."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.i18n import LANGS, clean, say, text, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.grading.migration import DIRECTIONS, SAME, WORSE, Movement, Side, compare, direction, in_order
from creditscore.grading.reversals import Reversals, mid_ranks, reversals
from creditscore.pages.notices import SIDES, Draft, drafts

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

GROUPS = ("industry", "size", "district")
ABOUT = ("name", *GROUPS)
MOVERS = 20
SHOWN = 200  # notices in the JSON of the page; the table holds them all


@dataclass(frozen=True)
class Impact:
    """`data` is what the page shows; the tables hold every row.

    `subjects`: `subject_id, name, industry, size, district, before, after, direction, score_before, score_after,
    rank_before, rank_after`. `groups`: `by, name, before, after, direction, subjects`. `notices`: `subject_id, name,
    before, after, rules, articles, changes, remedy, until, text_zh, text_en`.
    """

    data: dict[str, Any]
    subjects: pa.Table = field(repr=False)
    groups: pa.Table = field(repr=False)
    notices: pa.Table = field(repr=False)

    def tables(self) -> dict[str, pa.Table]:
        return {"subjects": self.subjects, "groups": self.groups, "notices": self.notices}


def impact(a: Side, b: Side, head: Mapping[str, Any], draft: Draft, about: pa.Table | None = None) -> Impact:
    """Everything that changes when `b` takes the place of `a`.

    `about`: `subject_id` with name, industry, size, district, as far as known. `head`: what page and JSON say of the
    two (`kind`, `title`, `a`, `b`, `period`, `made_up`, `notes`). `draft` writes the notices.
    """
    import duckdb

    moves = compare(a, b)
    if not moves.matrix:
        raise InputError("pages.no_organisation_compare")
    ranks, ranked = _ranks(a, b, moves)
    con = duckdb.connect()
    con.register("pairs", moves.pairs)
    con.register("ranked", ranked)
    con.register("about", _about(about))
    way = direction(a.grades, b.grades)
    con.execute("CREATE TABLE ways (before VARCHAR, after VARCHAR, direction VARCHAR)")
    con.executemany("INSERT INTO ways VALUES (?, ?, ?)", [(*pair, way(*pair)) for pair in sorted(moves.matrix)])
    text = ", ".join(f"coalesce(s.{name}, '') AS {name}" for name in ABOUT)
    con.execute(
        f"CREATE TABLE subjects AS SELECT p.subject_id, {text}, p.before, p.after, w.direction, p.score_before,"
        " p.score_after, r.rank_before, r.rank_after FROM pairs p JOIN ways w ON w.before = p.before AND"
        " w.after = p.after LEFT JOIN ranked r ON r.subject_id = p.subject_id"
        " LEFT JOIN about s ON s.subject_id = p.subject_id"
    )
    subjects = con.sql("SELECT * FROM subjects ORDER BY subject_id").to_arrow_table()
    groups = con.sql(
        " UNION ALL ".join(
            f"SELECT '{by}' AS by, {by} AS name, before, after, direction, count(*) AS subjects FROM subjects"
            " GROUP BY ALL"
            for by in GROUPS
        )
        + " ORDER BY ALL"
    ).to_arrow_table()
    worse = con.sql(
        f"SELECT subject_id, name, before, after FROM subjects WHERE direction = '{WORSE}' ORDER BY subject_id"
    ).to_arrow_table()
    notices = drafts(a, b, worse, draft)
    data = {
        **head,
        "subjects": moves.subjects,
        "moved": len(moves.moved),
        "names": list(moves.names),
        "words": {
            side: {name: {lang: say(draft.called[side](name), lang) for lang in LANGS} for name in sorted(set(names))}
            for side, names in zip(SIDES, zip(*moves.matrix, strict=True), strict=False)
        },
        "matrix": [{"before": x, "after": y, "subjects": n} for (x, y), n in sorted(moves.matrix.items())],
        "flows": [{"before": x, "after": y, "direction": way(x, y)} for x, y in sorted(moves.matrix) if x != y],
        "directions": _counted(con),
        "comparable": bool(in_order(a.grades, b.grades)),
        "groups": {by: _groups(groups, by) for by in GROUPS},
        "ranks": ranks and {**vars(ranks), "tau": None if ranks.tau is None else round(ranks.tau, 6)},
        "movers": _movers(con),
        "notices": {"count": notices.num_rows, "shown": notices.slice(0, SHOWN).to_pylist()},
    }
    con.close()
    return Impact(data, subjects, groups, notices)


def name_state(name: str, why: Label) -> Label:
    """Name a state without a grade (`not_graded: code`) in words; `why` says what its code means."""
    state = word("states", name.partition(": ")[0])
    zh, en = (f"{say(state, lang)}{text('colon', lang)}{say(why, lang)}" for lang in LANGS)
    return Label(zh=zh, en=en)


def _about(about: pa.Table | None) -> pa.Table:
    """Name and groups of each subject, without control characters and personal numbers."""
    import pyarrow as pa

    if about is None:
        return pa.table({name: pa.array([], pa.string()) for name in ("subject_id", *ABOUT)})
    ids = about["subject_id"].cast(pa.string())
    columns = {"subject_id": ids}
    for name in ABOUT:
        cells = about[name].cast(pa.string()).to_pylist() if name in about.column_names else [""] * len(ids)
        columns[name] = pa.array([redact(clean(cell or "")) for cell in cells], pa.string())
    return pa.table(columns)


def _ranks(a: Side, b: Side, moves: Movement) -> tuple[Reversals | None, pa.Table]:
    """Pairs of all subjects that both sides score, and the two ranks of each; 1 is the best."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    both = moves.pairs.filter(
        pc.and_(pc.is_valid(moves.pairs["score_before"]), pc.is_valid(moves.pairs["score_after"]))
    )
    names = ("rank_before", "rank_after")
    empty = {"subject_id": pa.array([], pa.string()), **{name: pa.array([], pa.float64()) for name in names}}
    if both.num_rows < 2:
        return None, pa.table(empty)
    scores = []
    for side, name in ((a, "score_before"), (b, "score_after")):
        micro = pc.multiply(both[name].cast(pa.decimal128(28, 6)), pa.scalar(1_000_000, pa.decimal128(8, 0)))
        values = np.asarray(micro.cast(pa.int64()))
        scores.append(-values if side.lower_is_better else values)
    ranks = {name: mid_ranks(values) for name, values in zip(names, scores, strict=True)}
    return reversals(*scores), pa.table({"subject_id": both["subject_id"], **ranks})


def _counted(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    counts = dict(con.execute("SELECT direction, count(*) FROM subjects GROUP BY 1").fetchall())
    return [{"direction": name, "subjects": int(counts.get(name, 0))} for name in DIRECTIONS]


def _groups(groups: pa.Table, by: str) -> list[dict[str, Any]]:
    """One row per group: how many of each direction, and every flow; largest first. None where nothing is known."""
    row_by_group: dict[str, dict[str, Any]] = {}
    for row in groups.to_pylist():
        if row["by"] != by:
            continue
        value = row_by_group.setdefault(
            row["name"], {"name": row["name"], "total": 0, **dict.fromkeys(DIRECTIONS, 0), "flows": []}
        )
        value["total"] += row["subjects"]
        value[row["direction"]] += row["subjects"]
        if row["direction"] != SAME:
            value["flows"].append({key: row[key] for key in ("before", "after", "direction", "subjects")})
    if set(row_by_group) <= {""}:
        return []
    return sorted(row_by_group.values(), key=lambda row: (-row["total"], row["name"]))


def _movers(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """The subjects whose rank moves most, worse ones first among equals."""
    rows = con.sql(
        "SELECT subject_id, name, before, after, CAST(score_before AS VARCHAR) AS score_before,"
        " CAST(score_after AS VARCHAR) AS score_after, rank_before, rank_after FROM subjects"
        " WHERE rank_before IS NOT NULL AND rank_before <> rank_after"
        f" ORDER BY abs(rank_after - rank_before) DESC, rank_after DESC, subject_id LIMIT {MOVERS}"
    ).to_arrow_table()
    return [dict(row) for row in rows.to_pylist()]
