"""The log as known on a day: the events of each record folded into one row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from creditscore.core.tables.table import quote
from creditscore.records.schema import (
    AMENDED,
    ATTRIBUTE_PREFIX,
    CORRECTED,
    DISPUTED,
    FILED,
    ONE,
    REINSTATED,
    REPAIRED,
    RESOLVED,
    WITHDRAWN,
)
from creditscore.records.snapshot import Snapshot

if TYPE_CHECKING:
    import duckdb

ACTIVE, STATUS_WITHDRAWN, STATUS_REPAIRED = range(3)
# What an amended row may replace; the subject and the key never change.
REPLACED = (
    "domain",
    "item",
    "event_day",
    "occurred_day",
    "decided_day",
    "booked_day",
    "published_day",
    "quantity",
    "amount",
    "act_id",
    "source_subject_id",
    "source",
    "document_no",
    "basis",
)


@dataclass(frozen=True)
class Folded:
    """The records known on a day, one row each, as views in the connection of the snapshot.

    Parameters
    ----------
    folded
        The name of the view of records: rk, sid, record_id, domain, item, the days, known_day, quantity, amount,
        act_id, source_subject_id, source, document_no, basis, a_…, status (0 active, 1 withdrawn, 2 repaired),
        status_day, disputed, n_rows (known event rows of the record) and row.
    corrections
        The name of the view of corrections: rk, day, share (millionths, at most 1,000,000 for a record together).
    known_at_day
        The day of knowledge (days since 1970-01-01).
    not_yet_known
        The number of event rows left out because they were not known on that day.
    """

    folded: str
    corrections: str
    known_at_day: int
    not_yet_known: int


def fold(snapshot: Snapshot, known_at_day: int) -> Folded:
    """Fold the events of each record that were known on a day into one row, in the order of `event_no`.

    A row without any date counts as always known; a record counts once its filed row is known. Folds of several days
    may stand side by side in one connection.

    Parameters
    ----------
    snapshot
        The records.
    known_at_day
        The day of knowledge (days since 1970-01-01).

    Returns
    -------
    Folded
        The names of the two views, and how many event rows were not yet known.

    Notes
    -----
    `withdrawn` and `repaired` each hold until `reinstated`; a record that is both counts as withdrawn. An amendment
    replaces the columns that it gives. A correction without a share takes what the earlier ones leave. Records with one
    event are a plain projection; only the others are grouped.

    Examples
    --------
    >>> folded = fold(snapshot, (date(2024, 12, 31) - date(1970, 1, 1)).days)  # doctest: +SKIP
    >>> snapshot.con.sql(f"SELECT record_id, status FROM {folded.folded}").fetchall()  # doctest: +SKIP
    [('r01', 0), ('r02', 1)]
    """
    con, tag = snapshot.con, str(known_at_day).replace("-", "m")
    names = (f"folded_{tag}", f"corrections_{tag}")
    attributes = [ATTRIBUTE_PREFIX + name for name in snapshot.attribute_columns]
    known = f"(known_day IS NULL OR known_day <= {known_at_day})"
    columns = ["rk", "sid", "record_id", *REPLACED, "known_day", *attributes]
    chosen = ", ".join(map(quote, columns))
    singles = (
        f"SELECT {chosen}, CAST({ACTIVE} AS UTINYINT) AS status, CAST(NULL AS INTEGER) AS status_day,"
        f" false AS disputed, CAST(1 AS INTEGER) AS n_rows, row FROM {snapshot.log} WHERE single AND {known}"
    )
    corrected = (
        f"SELECT rk, corrected_day AS day, CAST({ONE} AS INTEGER) AS share FROM {snapshot.log}"
        f" WHERE single AND {known} AND corrected_day <= {known_at_day}"
    )
    if "single" in snapshot.log_columns:
        _fold_several(con, snapshot, known_at_day, known, attributes, tag)
        singles += f" UNION ALL SELECT {chosen}, status, status_day, disputed, n_rows, row FROM several_{tag}"
        corrected += f" UNION ALL SELECT rk, day, share FROM several_shares_{tag}"
    con.execute(f"CREATE OR REPLACE TEMP VIEW {names[0]} AS {singles}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW {names[1]} AS {corrected}")
    [(late,)] = con.execute(
        f"SELECT count(*) FROM {snapshot.log} WHERE single AND known_day > {known_at_day}"
    ).fetchall()
    if "single" in snapshot.log_columns:
        late += con.execute(
            f"SELECT (SELECT count(*) FROM {snapshot.log} WHERE NOT single)"
            f" - (SELECT coalesce(sum(n_rows), 0) FROM several_{tag})"
        ).fetchall()[0][0]
    return Folded(*names, known_at_day=known_at_day, not_yet_known=int(late))


def _fold_several(
    con: duckdb.DuckDBPyConnection,
    snapshot: Snapshot,
    known_at_day: int,
    known: str,
    attributes: list[str],
    tag: str,
) -> None:
    """Tables `several_…` (one row per known record of several events) and `several_shares_…`."""
    filed = f"FROM {snapshot.log} f WHERE NOT f.single AND f.event = {FILED} AND {known}"
    con.execute(
        "CREATE OR REPLACE TEMP TABLE known_events AS SELECT rk, event, event_no, event_day, known_day, corrected_day,"
        f" share FROM {snapshot.log} WHERE NOT single AND {known} AND rk IN (SELECT rk {filed})"
    )

    # withdrawn and repaired each hold until reinstated; a record that is both is withdrawn
    def held(event: int) -> tuple[str, str]:
        rows = f"FILTER (event IN ({event}, {REINSTATED}))"
        holds = f"coalesce(arg_max(event, event_no) {rows}, {REINSTATED}) = {event}"
        return holds, f"arg_max(coalesce(event_day, known_day), event_no) {rows}"

    (withdrawn, withdrawn_day), (repaired, repaired_day) = held(WITHDRAWN), held(REPAIRED)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE event_states AS SELECT rk,"
        f" CAST(CASE WHEN {withdrawn} THEN {STATUS_WITHDRAWN} WHEN {repaired} THEN {STATUS_REPAIRED}"
        f" ELSE {ACTIVE} END AS UTINYINT) AS status,"
        f" CASE WHEN {withdrawn} THEN {withdrawn_day} WHEN {repaired} THEN {repaired_day} END AS status_day,"
        f" coalesce(arg_max(event, event_no) FILTER (event IN ({DISPUTED}, {RESOLVED})), {RESOLVED})"
        f" = {DISPUTED} AS disputed, CAST(count(*) AS INTEGER) AS n_rows"
        " FROM known_events GROUP BY rk"
    )
    # what the newest amendments replace; few records have any
    changed = [quote(column) for column in (*REPLACED, *attributes)]
    replaced, join = ", ".join(f"f.{column}" for column in changed), ""
    if con.execute(f"SELECT EXISTS (SELECT 1 FROM known_events WHERE event = {AMENDED})").fetchall()[0][0]:
        newest = (f"arg_max({column}, event_no) FILTER ({column} IS NOT NULL) AS {column}" for column in changed)
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE amendments AS SELECT rk, {', '.join(newest)} FROM {snapshot.log}"
            f" WHERE NOT single AND event = {AMENDED} AND {known} GROUP BY rk"
        )
        replaced = ", ".join(f"coalesce(a.{column}, f.{column}) AS {column}" for column in changed)
        join = " LEFT JOIN amendments a ON a.rk = f.rk"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE several_{tag} AS SELECT f.rk, f.sid, f.record_id, {replaced}, f.known_day,"
        f" e.status, e.status_day, e.disputed, e.n_rows, f.row FROM (SELECT * {filed}) f"
        f" JOIN event_states e ON e.rk = f.rk{join}"
    )
    con.execute("DROP TABLE event_states; DROP TABLE IF EXISTS amendments")
    # Explicit corrections take what they say, or what those before them leave; without any, corrected_on of
    # the filed row (or of the newest amendment of it) stands for one full correction.
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE several_shares_{tag} AS"
        " SELECT rk, day, CAST(share AS INTEGER) AS share FROM ("
        " SELECT rk, coalesce(corrected_day, event_day, known_day) AS day, CASE WHEN share IS NOT NULL THEN share"
        f" WHEN open_before > 0 THEN 0 ELSE {ONE} - taken END AS share"
        " FROM (SELECT *, coalesce(sum(share) OVER earlier, 0) AS taken,"
        " coalesce(sum(CASE WHEN share IS NULL THEN 1 ELSE 0 END) OVER earlier, 0) AS open_before"
        f" FROM known_events WHERE event = {CORRECTED} WINDOW earlier AS"
        " (PARTITION BY rk ORDER BY event_no ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)))"
        " WHERE share > 0"
        f" UNION ALL SELECT rk, day, {ONE} FROM ("
        f" SELECT rk, coalesce(arg_max(corrected_day, event_no) FILTER (event = {AMENDED} AND corrected_day IS NOT"
        f" NULL), any_value(corrected_day) FILTER (event = {FILED})) AS day FROM known_events GROUP BY rk"
        f" HAVING count(*) FILTER (event = {CORRECTED}) = 0) WHERE day <= {known_at_day}"
    )
    con.execute("DROP TABLE known_events")
