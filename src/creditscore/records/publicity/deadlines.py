"""Was it published in time: working days between decision and publication, as a report and never a refusal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from creditscore.core.calendars import add_working_days, is_provisional
from creditscore.core.days import iso
from creditscore.records.publicity.mapping import Deadline, Mapping

if TYPE_CHECKING:
    import duckdb


def _deadline(mapping: Mapping, authority: str | None) -> Deadline:
    return next(
        deadline for deadline in mapping.deadlines if deadline.authority is None or deadline.authority.fits(authority)
    )


def report_deadlines(con: duckdb.DuckDBPyConnection, mapping: Mapping) -> dict[str, int]:
    """Create `pub_late`, the rows of `pub_rows` published after their deadline; returns counts over all rows."""
    import pyarrow as pa

    cases = con.execute("SELECT authority, decided_day, published_day, count(*) FROM pub_rows GROUP BY ALL").fetchall()
    counts = Counter({"in_time": 0, "late": 0, "before_decision": 0, "no_publication_date": 0, "provisional": 0})
    late: list[tuple[Any, ...]] = []
    for authority, decided, published, rows in cases:
        if published is None:
            counts["no_publication_date"] += rows
            continue
        if published < decided:
            counts["before_decision"] += rows
            continue
        rule = _deadline(mapping, authority)
        due = add_working_days(decided, rule.working_days)
        counts["late" if published > due else "in_time"] += rows
        counts["provisional"] += rows * is_provisional(due)
        if published > due:
            late.append((authority, decided, published, iso(due), rule.id, rule.working_days, is_provisional(due)))
    kinds = (pa.string(), pa.int32(), pa.int32(), pa.string(), pa.string(), pa.int32(), pa.bool_())
    names = ("authority", "decided_day", "published_day", "due_on", "rule", "working_days", "provisional")
    columns = list(zip(*late, strict=True)) or [()] * len(names)
    arrays = {name: pa.array(cells, kind) for name, kind, cells in zip(names, kinds, columns, strict=True)}
    con.register("late_cases", pa.table(arrays))
    con.execute(
        'CREATE OR REPLACE TABLE pub_late AS SELECT r."table", r.line, r.subject_id, r.document_no, r.authority,'
        " DATE '1970-01-01' + r.decided_day AS decided_on, DATE '1970-01-01' + r.published_day AS published_on,"
        " CAST(c.due_on AS DATE) AS due_on, c.rule, c.working_days, c.provisional"
        " FROM pub_rows r JOIN late_cases c ON r.decided_day = c.decided_day AND r.published_day = c.published_day"
        " AND r.authority IS NOT DISTINCT FROM c.authority"
    )
    con.unregister("late_cases")
    return dict(counts)
