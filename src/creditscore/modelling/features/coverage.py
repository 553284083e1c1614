"""Which subjects the declared feeds cover: inside a table of feeds, silence outside it is missing, not zero."""

from __future__ import annotations

from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.records import Snapshot

OPEN = 10**6  # a day beyond all days
SCOPE = "domain, district, region, sid"


def put_feeds(engine: DuckDBEngine, snapshot: Snapshot) -> tuple[str, ...]:
    """`ds_fed`: the spans of each scope with those that touch joined; returns the declared domains (none: no feeds)."""
    last = f"MAX(x.last) OVER (PARTITION BY {SCOPE} ORDER BY x.first, x.last ROWS BETWEEN UNBOUNDED PRECEDING"
    engine.materialise(
        "ds_fed",
        f"SELECT {SCOPE}, MIN(first) AS first, MAX(last) AS last FROM ("
        f"SELECT *, SUM(begins) OVER (PARTITION BY {SCOPE} ORDER BY first, last "
        "ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island FROM ("
        f"SELECT x.*, CASE WHEN x.first <= {last} AND 1 PRECEDING) + 1 THEN 0 ELSE 1 END AS begins FROM ("
        f"SELECT {SCOPE}, COALESCE(from_day, {-OPEN}) AS first, COALESCE(to_day, {OPEN}) AS last "
        f"FROM {snapshot.feeds}) x)) GROUP BY {SCOPE}, island",
    )
    return tuple(domain for (domain,) in engine.rows("SELECT DISTINCT domain FROM ds_fed ORDER BY domain"))


def fed_sql(snapshot: Snapshot, domain: str, lo: int, hi: int) -> str:
    """SELECT of the sids whose feed of `domain` covers every day after `lo` up to `hi` on which they existed.

    One scope must do it alone: a feed of the district and one of the subject are not put together.
    """
    start = f"GREATEST({lo + 1}, COALESCE(s.registered_day, {lo + 1}))"
    covers = f"x.domain = {literal(domain)} AND x.first <= {start} AND x.last >= {hi}"
    place = "(x.district IS NULL OR x.district = s.district) AND (x.region IS NULL OR x.region = s.region)"
    return (
        f"SELECT s.sid FROM {snapshot.subjects} s JOIN ds_fed x ON x.sid = s.sid WHERE {covers} AND {place} "
        f"UNION SELECT s.sid FROM {snapshot.subjects} s JOIN (SELECT * FROM ds_fed WHERE sid IS NULL) x "
        f"ON {covers} AND {place}"
    )


def heard_sql(snapshot: Snapshot, day: int) -> str:
    """SELECT of the sids of which some feed, of any domain, could have said something by `day`."""
    place = "(x.district IS NULL OR x.district = s.district) AND (x.region IS NULL OR x.region = s.region)"
    return (
        f"SELECT s.sid FROM {snapshot.subjects} s JOIN ds_fed x ON x.sid = s.sid WHERE x.first <= {day} AND {place} "
        f"UNION SELECT s.sid FROM {snapshot.subjects} s JOIN (SELECT DISTINCT district, region FROM ds_fed "
        f"WHERE sid IS NULL AND first <= {day}) x ON {place}"
    )
