"""Which subjects a declared feed covers: inside a table of feeds, silence outside it is not virtue."""

from __future__ import annotations

from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.plan import Plan
from creditscore.records import Snapshot

OPEN = 10**6


def fed_condition(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan) -> str:
    """SQL over `subject s`: whether feeds of the scheme's domain cover the whole period; TRUE with no declaration."""
    if not snapshot.feeds_declared:
        return "TRUE"
    rows = engine.rows(f"SELECT domain, district, region, sid, from_day, to_day FROM {snapshot.feeds}")
    spans: dict[tuple[str | None, str | None, int | None], list[tuple[int, int]]] = {}
    for domain, district, region, sid, first, last in rows:
        if domain == plan.scheme.domain:
            span = (-OPEN if first is None else first, OPEN if last is None else last)
            spans.setdefault((district, region, sid), []).append(span)
    start = plan.default_window.lo if plan.default_window.lo > -OPEN else plan.as_of
    covering = [scope for scope, parts in spans.items() if _covers(sorted(parts), start, plan.as_of)]
    engine.table(
        "feed_scope",
        {
            "district": ("VARCHAR", [scope[0] for scope in covering]),
            "region": ("VARCHAR", [scope[1] for scope in covering]),
            "sid": ("INTEGER", [scope[2] for scope in covering]),
        },
    )
    return (
        "EXISTS (SELECT 1 FROM feed_scope x WHERE (x.sid IS NULL OR x.sid = s.sid) "
        "AND (x.district IS NULL OR x.district = s.district) AND (x.region IS NULL OR x.region = s.region))"
    )


def _covers(parts: list[tuple[int, int]], start: int, end: int) -> bool:
    """Whether the spans, one after the other, leave no day between `start` and `end` uncovered."""
    reached = start - 1
    for first, last in parts:
        if first > reached + 1:
            break
        reached = max(reached, last)
    return reached >= end
