"""Health of the feeds: is one late, silent or surging, measured against its own past.

A feed is a domain of the record log. Its last window of days is compared with the windows before it; each state
carries its figures, and the signs beside it (`feed_signs`) say what the data can tell. Nothing here is a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creditscore.core.days import add_months, from_day
from creditscore.core.errors import UsageError
from creditscore.core.statistics.tails import binomial_upper, negative_binomial, no_arrival
from creditscore.records.feed_signs import LEVEL, signs_of
from creditscore.records.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb

DAYS, PAST, LEAST = 30, 12, 4
LEAST_YEARS, MOST_YEARS = 2, 5  # one year alone is no season
STATES = ("silent", "thin", "surging", "late")


@dataclass(frozen=True)
class FeedHealth:
    """Two tables as lists of rows.

    `feeds`: `feed, state, windows, observed, expected, dispersion, p_low, p_high, p_zero, days_since_last,
    last_recorded, late_limit, late_share, late_past, p_late, level, season_years, season_expected, p_season`. States
    are joined by `+`; `seasonal` is a count that the same days of past years explain; `ok`, `too_short` (fewer than
    four past windows) and `never` (declared, no record) stand alone. `signs`: `feed, state, sign, code, recent,
    past, p`: what speaks for a fault of the feed, for a real change, or for neither. `windows`: counts per window.
    """

    feeds: list[dict[str, Any]]
    signs: list[dict[str, Any]]
    windows: list[dict[str, Any]]
    on: str
    days: int


def feed_health(snapshot: Snapshot, on: int, *, days: int = DAYS, past: int = PAST) -> FeedHealth:
    """Compare the `days` up to day `on` (days since 1970-01-01) with up to `past` windows of that length before.

    A count is judged by a negative binomial with the mean of the past windows and their own dispersion (never below
    Poisson's, widened by 1 + 1/windows for the estimated mean); lateness by the exact binomial tail of the share of
    records later than nine tenths of the past ones. A count that is too low or too high stands only if it is so beside
    the same days of past years too, where at least two of them are there (Poisson around their mean, widened by
    1 + 1/years: a past of two numbers says nothing of its own dispersion). The level 0.01 is shared by all
    feeds that are judged (Bonferroni). Records known after `on` are not looked at.
    """
    if days < 1 or past < LEAST:
        raise UsageError("records.windows_days", past=past, days=days, least=LEAST)
    con = snapshot.con.cursor()
    _arrivals(con, snapshot, on, days, past)
    names = dict(enumerate(snapshot.domains)) | {-1: ""}
    counts: dict[int, dict[int, int]] = {}
    for feed, window, n in con.execute("SELECT feed, win, count(*) FROM arrival_rows GROUP BY ALL").fetchall():
        counts.setdefault(feed, {})[window] = int(n)
    first = dict(con.execute("SELECT feed, min(known_day) FROM arrival_all GROUP BY 1").fetchall())
    last = dict(con.execute("SELECT feed, max(known_day) FROM arrival_all GROUP BY 1").fetchall())
    whole = {feed: min(past, max(0, (on - days - day + 1) // days)) for feed, day in first.items()}
    seasons = _seasons(con, on, days, first)
    judged = sum(n >= LEAST for n in whole.values()) or 1
    level = LEVEL / judged
    feeds, windows = [], []
    for feed in sorted(first, key=lambda value: names[value]):
        row = _judge(counts.get(feed, {}), whole[feed], level)
        row |= _late(con, feed, level, whole[feed] >= LEAST)
        seasonal = _season(row, seasons[feed], level)
        states = [*(["seasonal"] if seasonal else []), *(state for state in STATES if row.pop(f"is_{state}"))]
        row["state"] = "too_short" if whole[feed] < LEAST else "+".join(states) or "ok"
        row |= {"feed": names[feed], "days_since_last": on - last[feed], "last_recorded": str(from_day(last[feed]))}
        row |= {
            "p_zero": no_arrival(row["expected"] / days, on - last[feed]) if row["expected"] else None,
            "level": level,
        }
        feeds.append(row)
        for k in range(whole[feed], -1, -1):
            begin = str(from_day(on - days * (k + 1) + 1))
            windows.append({"feed": names[feed], "from": begin, "records": counts.get(feed, {}).get(k, 0)})
    feeds += [_never(name) for name in _declared(con, snapshot, on) if name not in {row["feed"] for row in feeds}]
    codes = {name: code for code, name in names.items()}
    signs = [
        sign
        for row in feeds
        if set(row["state"].split("+")) & set(STATES)
        for sign in signs_of(con, codes[row["feed"]], row, feeds)
    ]
    for name in ("arrival_rows", "arrival_all"):
        con.execute(f"DROP TABLE {name}")
    con.close()
    return FeedHealth(feeds, signs, windows, str(from_day(on)), days)


def _arrivals(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, on: int, days: int, past: int) -> None:
    """`arrival_all`: every row known by `on`; `arrival_rows`: those of the windows, 0 being the last one.

    A row without a day of recording is known on its newest legal date, so its delay is 0 and says nothing.
    """
    legal = "greatest(l.occurred_day, l.decided_day, l.booked_day, l.published_day)"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE arrival_all AS SELECT coalesce(l.domain, -1) AS feed, l.known_day, l.event,"
        f" l.item, l.sid, l.record_id, l.source, l.document_no, coalesce({legal}, l.event_day) AS legal_day,"
        f" coalesce(s.district, s.region, '') AS district FROM {snapshot.log} l"
        f" LEFT JOIN {snapshot.subjects} s ON s.sid = l.sid WHERE l.known_day <= {on}"
    )
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE arrival_rows AS SELECT *, ({on} - known_day) // {days} AS win FROM arrival_all"
        f" WHERE known_day > {on - days * (past + 1)}"
    )


def _judge(counts: dict[int, int], windows: int, level: float) -> dict[str, Any]:
    """The last window's count against those before it."""
    observed = counts.get(0, 0)
    row: dict[str, Any] = {"windows": windows, "observed": observed}
    flags = dict.fromkeys((f"is_{state}" for state in STATES), False)
    if windows < LEAST:
        return row | flags | {"expected": None, "dispersion": None, "p_low": None, "p_high": None}
    past = [counts.get(k, 0) for k in range(1, windows + 1)]
    mean = (sum(past) + 0.5) / windows
    around = sum(past) / windows
    spread = sum((number - around) ** 2 for number in past) / (windows - 1) / around if around else 1.0
    dispersion = max(1.0, spread)
    low, high = negative_binomial(observed, mean, mean * dispersion * (1 + 1 / windows))
    flags["is_silent"] = observed == 0 and low < level
    flags["is_thin"] = observed > 0 and low < level
    flags["is_surging"] = high < level
    return row | flags | {"expected": mean, "dispersion": dispersion, "p_low": low, "p_high": high}


def _seasons(con: duckdb.DuckDBPyConnection, on: int, days: int, first: dict[int, int]) -> dict[int, list[int]]:
    """Of each feed the counts in the same days of past years that it covers whole, newest first."""
    ends = [add_months(on, -12 * years) for years in range(1, MOST_YEARS + 1)]
    seasons: dict[int, list[int]] = {feed: [] for feed in first}
    for end in ends:
        counts = dict(
            con.execute(
                f"SELECT feed, count(*) FROM arrival_all WHERE known_day BETWEEN {end - days + 1} AND {end} GROUP BY 1"
            ).fetchall()
        )
        for feed, day in first.items():
            if day <= end - days + 1:
                seasons[feed].append(int(counts.get(feed, 0)))
    return seasons


def _season(row: dict[str, Any], past: list[int], level: float) -> bool:
    """Whether the same days of past years explain a count that the last windows do not; its flags are taken back."""
    row |= {"season_years": len(past), "season_expected": None, "p_season": None}
    if len(past) < LEAST_YEARS:
        return False
    mean = (sum(past) + 0.5) / len(past)
    low, high = negative_binomial(row["observed"], mean, mean * (1 + 1 / len(past)))
    row |= {"season_expected": mean, "p_season": min(low, high)}
    result = False
    for state, p in (("silent", low), ("thin", low), ("surging", high)):
        if row[f"is_{state}"] and p >= level:
            row[f"is_{state}"], result = False, True
    return result


def _late(con: duckdb.DuckDBPyConnection, feed: int, level: float, judged: bool) -> dict[str, Any]:
    """Delay from the newest legal date to the day of recording, against nine tenths of the feed's past delays."""
    nothing = {"is_late": False, "late_limit": None, "late_share": None, "late_past": None, "p_late": None}
    rows = con.execute(
        "SELECT win = 0, known_day - legal_day, count(*) FROM arrival_rows WHERE feed = ? AND event = 0"
        " AND legal_day IS NOT NULL GROUP BY ALL ORDER BY 2",
        [feed],
    ).fetchall()
    recent = [(delay, n) for new, delay, n in rows if new]
    before = [(delay, n) for new, delay, n in rows if not new]
    total, now = sum(n for _, n in before), sum(n for _, n in recent)
    if not judged or not total or not now:
        return nothing
    seen, limit = 0, before[-1][0]
    for delay, n in before:
        seen += n
        if 10 * seen >= 9 * total:
            limit = delay
            break
    later_before = sum(n for delay, n in before if delay > limit)
    later = sum(n for delay, n in recent if delay > limit)
    share = (later_before + 1) / (total + 1)
    p = binomial_upper(later, now, share)
    return {
        "is_late": p < level,
        "late_limit": int(limit),
        "late_share": later / now,
        "late_past": later_before / total,
        "p_late": p,
    }


def _declared(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, on: int) -> list[str]:
    rows = con.execute(
        f"SELECT DISTINCT domain FROM {snapshot.feeds} WHERE from_day <= {on} AND to_day >= {on} ORDER BY 1"
    ).fetchall()
    return [str(row[0]) for row in rows if row[0] is not None]


def _never(name: str) -> dict[str, Any]:
    keys = (
        "expected",
        "dispersion",
        "p_low",
        "p_high",
        "p_zero",
        "days_since_last",
        "late_limit",
        "late_share",
        "late_past",
        "p_late",
        "level",
        "season_expected",
        "p_season",
    )
    return {
        "feed": name,
        "state": "never",
        "windows": 0,
        "observed": 0,
        "last_recorded": "",
        "season_years": 0,
    } | dict.fromkeys(keys)
