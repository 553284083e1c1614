"""Signs beside a feed that is late, silent or surging: what speaks for a fault of the feed, what for a real change.

Each sign carries its figures; most are `open`: the data do not tell.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from creditscore.core.statistics.tails import binomial_upper, hypergeometric_upper

if TYPE_CHECKING:
    import duckdb

LEVEL = 0.01
FAULT, CHANGE, OPEN = "fault", "change", "open"
DRAWS = 1999  # for the shares of items; p is (at least as far + 1) / (draws + 1)
Sign = Callable[..., None]


def signs_of(
    con: duckdb.DuckDBPyConnection, feed: int, row: dict[str, Any], feeds: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What the data say beside a state. Each sign: what it speaks for, and the figures it rests on."""
    states = set(row["state"].split("+"))
    moved = states & {"silent", "thin", "surging"}
    signs: list[dict[str, Any]] = []

    def sign(code: str, speaks: str, recent: float, past: float | None, p: float | None = None) -> None:
        signs.append(
            {
                "feed": row["feed"],
                "state": row["state"],
                "sign": speaks,
                "code": code,
                "recent": recent,
                "past": past,
                "p": p,
            }
        )

    judged = [feed for feed in feeds if feed["p_low"] is not None and feed is not row]
    alike = sum(bool(states & set(row["state"].split("+"))) for row in judged)
    # several at once share a channel or a cause; one alone is its own affair
    sign("others_alike", FAULT if alike and states & {"silent", "late"} else OPEN, alike, len(judged))
    if moved:
        _by_part(con, feed, "district", states, sign)
        _by_part(con, feed, "source", states, sign)
    if row["observed"]:
        _shapes(con, feed, sign)
    return signs


def _by_part(con: duckdb.DuckDBPyConnection, feed: int, part: str, states: set[str], sign: Sign) -> None:
    """How many districts (or sources) of the feed moved with it: all of them, or one only."""
    rows = con.execute(
        f"SELECT coalesce({part}, ''), count(*) FILTER (WHERE win = 0), count(*) FILTER (WHERE win > 0),"
        " max(win) FROM arrival_rows WHERE feed = ? GROUP BY 1 HAVING count(*) FILTER (WHERE win > 0) >= 10",
        [feed],
    ).fetchall()
    windows = max((row[3] for row in rows), default=0)
    if len(rows) < 2 or not windows:
        return
    up = "surging" in states
    moved = sum((now > 1.5 * before / windows) if up else (now < 0.5 * before / windows) for _, now, before, _ in rows)
    # a place or source of its own points to the one who reports there; all at once, to what they share
    sign(f"{part}s_moved", FAULT if 0 < moved < len(rows) and not up else OPEN, moved, len(rows))


def _shapes(con: duckdb.DuckDBPyConnection, feed: int, sign: Sign) -> None:
    """Inside the feed: sent again, delivered on one day, old events, amended more often, other items."""
    now, total, again, again_past, old = con.execute(
        "WITH told AS (SELECT *, row_number() OVER (PARTITION BY sid, item, legal_day ORDER BY known_day, record_id)"
        " > 1 AS again FROM arrival_all WHERE feed = $feed AND event = 0),"
        " far AS (SELECT quantile_disc(known_day - legal_day, 0.99) AS most FROM arrival_rows WHERE feed = $feed AND"
        " event = 0 AND win > 0)"
        " SELECT count(*) FILTER (WHERE w.win = 0), count(*) FILTER (WHERE w.win > 0),"
        " count(*) FILTER (WHERE w.win = 0 AND t.again), count(*) FILTER (WHERE w.win > 0 AND t.again),"
        " count(*) FILTER (WHERE w.win = 0 AND w.known_day - w.legal_day > far.most)"
        " FROM arrival_rows w JOIN told t ON t.record_id = w.record_id, far WHERE w.feed = $feed AND w.event = 0",
        {"feed": feed},
    ).fetchall()[0]
    if not now or not total:
        return
    p = hypergeometric_upper(again, now, again_past, total)
    sign("sent_again", FAULT if p < LEVEL else OPEN, again / now, again_past / total, p)
    batch, usual = con.execute(
        "WITH days AS (SELECT win, max(c) / sum(c) AS most FROM (SELECT win, known_day, count(*) AS c FROM arrival_rows"
        " WHERE feed = ? AND event = 0 GROUP BY ALL) GROUP BY win)"
        " SELECT max(most) FILTER (WHERE win = 0), avg(most) FILTER (WHERE win > 0) FROM days",
        [feed],
    ).fetchall()[0]
    sign("one_day", FAULT if batch > 0.5 and batch > 2 * usual else OPEN, batch, usual)
    p = binomial_upper(old, now, 0.01)
    sign("old_events", FAULT if p < LEVEL else OPEN, old / now, 0.01, p)
    changed, rows, changed_past, rows_past = con.execute(
        "SELECT count(*) FILTER (WHERE win = 0 AND event IN (1, 4)), count(*) FILTER (WHERE win = 0),"
        " count(*) FILTER (WHERE win > 0 AND event IN (1, 4)), count(*) FILTER (WHERE win > 0)"
        " FROM arrival_rows WHERE feed = ?",
        [feed],
    ).fetchall()[0]
    p = hypergeometric_upper(changed, rows, changed_past, rows_past)
    sign("amended", FAULT if p < LEVEL else OPEN, changed / rows, changed_past / rows_past, p)
    distance, p = _items(con, feed)
    sign("items_changed", CHANGE if p < LEVEL else OPEN, distance, None, p)


def _items(con: duckdb.DuckDBPyConnection, feed: int) -> tuple[float, float]:
    """Distance between the shares of items, recent and past (0 to 1), and how often chance alone gives as much."""
    import numpy as np

    rows = con.execute(
        "SELECT count(*) FILTER (WHERE win = 0), count(*) FILTER (WHERE win > 0) FROM arrival_rows"
        " WHERE feed = ? AND event = 0 GROUP BY item ORDER BY 1, 2",
        [feed],
    ).fetchall()
    recent, past = (np.array([row[k] for row in rows], dtype=np.int64) for k in (0, 1))
    n, m = int(recent.sum()), int(past.sum())

    def far(subset: Any) -> Any:
        return 0.5 * np.abs(subset / n - (recent + past - subset) / m).sum(axis=-1)

    drawn = np.random.default_rng(2018).multivariate_hypergeometric(recent + past, n, size=DRAWS, method="marginals")
    observed = float(far(recent))
    return observed, (int((far(drawn) >= observed - 1e-12).sum()) + 1) / (DRAWS + 1)
