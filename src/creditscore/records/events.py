"""Records with several events, and keys given twice: taken out of the log, made consistent, put back.

Everything here touches only those records. The rest, however many, needs one comparison of hashes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from creditscore.core.tables.table import quote
from creditscore.records.faults import Fault, bit_of
from creditscore.records.schema import AMENDED, CORRECTED, FILED, LOG_COLUMNS, ONE, RESOLVED

if TYPE_CHECKING:
    import duckdb

SHARES_ADD_UP = "the shares of the record add up to more than 1"
OTHER_SUBJECT = "the filed row names another subject"
FILED_SAYS = "the filed row says when"


def settle_events(con: duckdb.DuckDBPyConnection, faults: Sequence[Fault], columns: Sequence[str]) -> int:
    """Check keys and events of `log_rows` (`columns`, line, mask); returns the number of repeats dropped.

    Sets mask bits; where the log has the columns rk and single, gives all events of a record one rk.
    """
    has_events = "event" in columns
    if not _find_several(con, has_events):
        return 0
    con.execute(
        "CREATE OR REPLACE TEMP TABLE ev AS SELECT * FROM log_rows WHERE record_id IN (SELECT record_id FROM several)"
    )
    con.execute("DELETE FROM log_rows WHERE line IN (SELECT line FROM ev)")
    content = ", ".join(quote(name) for name in columns if name not in ("rk", "single"))
    repeated = 0
    if _find_suspects(con, columns):
        repeated = _drop_repeats(con, content)
        _mark_conflicts(con, faults, content, columns)
    if has_events:
        _mark_events(con, faults, columns)
        _mark_shares(con, faults, columns)
        _complete(con, columns)
    con.execute("INSERT INTO log_rows BY NAME SELECT * FROM ev")
    con.execute("DROP TABLE ev; DROP TABLE several")
    return repeated


def _find_several(con: duckdb.DuckDBPyConnection, has_events: bool) -> int:
    """Fill `several` with the ids of records that have more than one row; returns their number."""
    import numpy as np

    filed = f"event = {FILED}" if has_events else "true"
    hashed_ids = con.execute(f"SELECT hash(record_id) AS h FROM log_rows WHERE record_id IS NOT NULL AND {filed}")
    hashes = np.asarray(hashed_ids.fetchnumpy()["h"])
    hashes.sort()  # several times cheaper than count(DISTINCT …) of so many different values
    twice = hashes[1:][hashes[1:] == hashes[:-1]]
    parts = []
    if len(twice):
        con.register("twice", {"h": twice})
        parts.append("SELECT DISTINCT record_id FROM log_rows WHERE hash(record_id) IN (SELECT h FROM twice)")
    if has_events:
        parts.append(f"SELECT DISTINCT record_id FROM log_rows WHERE record_id IS NOT NULL AND NOT {filed}")
    if not parts:
        return 0
    con.execute(f"CREATE OR REPLACE TEMP TABLE several AS {' UNION '.join(parts)}")
    if len(twice):
        con.unregister("twice")
    return int(con.execute("SELECT count(*) FROM several").fetchall()[0][0])


def _find_suspects(con: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> int:
    """Fill `suspects` with the ids of records that have one key twice or are filed twice; returns their number."""
    no = "event_no" if "event_no" in columns else "1"
    filed = f"WHERE event = {FILED}" if "event" in columns else ""
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE suspects AS SELECT record_id FROM ev GROUP BY record_id, {no}"
        f" HAVING count(*) > 1 UNION SELECT record_id FROM ev {filed} GROUP BY record_id HAVING count(*) > 1"
    )
    return int(con.execute("SELECT count(*) FROM suspects").fetchall()[0][0])


def _drop_repeats(con: duckdb.DuckDBPyConnection, content: str) -> int:
    before = con.execute("SELECT count(*) FROM ev").fetchall()[0][0]
    con.execute(
        "DELETE FROM ev WHERE mask = 0 AND line IN (SELECT line FROM (SELECT line,"
        f" row_number() OVER (PARTITION BY {content}, mask ORDER BY line) AS nth FROM ev"
        " WHERE record_id IN (SELECT record_id FROM suspects)) WHERE nth > 1)"
    )
    return int(before) - int(con.execute("SELECT count(*) FROM ev").fetchall()[0][0])


def _mark_conflicts(
    con: duckdb.DuckDBPyConnection, faults: Sequence[Fault], content: str, columns: Sequence[str]
) -> None:
    """The same key with other content, and records filed twice: every row of them is refused."""
    no = "event_no" if "event_no" in columns else "1"
    event = "event" if "event" in columns else "0"
    bit = bit_of(faults, "conflicting_key", "record_id")
    con.execute(
        f"UPDATE ev SET mask = ev.mask | {bit} FROM (SELECT line,"
        f" min(same) OVER k <> max(same) OVER k OR (event = {FILED} AND min(filed) OVER r <> max(filed) OVER r)"
        f" AS other FROM (SELECT line, record_id, {no} AS event_no, {event} AS event, same,"
        f" CASE WHEN {event} = {FILED} THEN same END AS filed FROM (SELECT *,"
        f" min(line) OVER (PARTITION BY {content}, mask) AS same FROM ev"
        " WHERE record_id IN (SELECT record_id FROM suspects)))"
        " WINDOW k AS (PARTITION BY record_id, event_no), r AS (PARTITION BY record_id)) c"
        " WHERE c.line = ev.line AND c.other"
    )


def _mark_events(con: duckdb.DuckDBPyConnection, faults: Sequence[Fault], columns: Sequence[str]) -> None:
    """Events against the filed row of their record: there at all, before them, the same subject, in time."""

    def column(table: str, name: str) -> str:
        return f"{table}.{name}" if name in columns else f"CAST(NULL AS {LOG_COLUMNS[name][0]})"

    def first(table: str) -> str:
        return f"coalesce({column(table, 'occurred_day')}, {column(table, 'event_day')})"

    corrected = f"coalesce({column('e', 'corrected_day')}, {column('e', 'event_day')})"
    no = ("e.event_no", "b.event_no") if "event_no" in columns else ("1", "1")
    orphan = bit_of(faults, "orphan_event", "event")
    subject = bit_of(faults, "conflicting_key", "subject_id", OTHER_SUBJECT)
    early = bit_of(faults, "corrected_before_occurred", "corrected_on", FILED_SAYS)
    con.execute(f"CREATE OR REPLACE TEMP TABLE base AS SELECT * FROM ev WHERE event = {FILED} AND mask = 0")
    con.execute(
        "UPDATE ev SET mask = ev.mask | f.bits FROM (SELECT e.line,"
        f" CAST(CASE WHEN b.record_id IS NULL OR {no[0]} < {no[1]} THEN {orphan} ELSE 0 END"
        f" + CASE WHEN e.sid <> b.sid THEN {subject} ELSE 0 END"
        f" + CASE WHEN e.event = {CORRECTED} AND {corrected} < {first('b')} THEN {early} ELSE 0 END AS BIGINT)"
        " AS bits FROM ev e LEFT JOIN base b ON b.record_id = e.record_id"
        f" WHERE e.event BETWEEN {AMENDED} AND {RESOLVED}) f"
        " WHERE f.line = ev.line AND f.bits <> 0"
    )


def _mark_shares(con: duckdb.DuckDBPyConnection, faults: Sequence[Fault], columns: Sequence[str]) -> None:
    """Corrected shares of one record must not exceed 1; the event that goes beyond is refused, in order."""
    bit = bit_of(faults, "bad_share", "share", SHARES_ADD_UP)
    if "corrected_day" in columns:  # the date on the filed row says that the whole was corrected
        con.execute(
            f"UPDATE ev SET mask = mask | {bit} WHERE event = {CORRECTED} AND mask = 0 AND record_id IN"
            f" (SELECT record_id FROM ev WHERE event IN ({FILED}, {AMENDED}) AND mask = 0"
            " AND corrected_day IS NOT NULL)"
        )
    if "share" not in columns:
        return
    no = "event_no" if "event_no" in columns else "1"
    rows = con.execute(
        f"SELECT record_id, line, share FROM ev WHERE event = {CORRECTED} AND mask = 0 AND record_id IN ("
        f"SELECT record_id FROM ev WHERE event = {CORRECTED} AND mask = 0 GROUP BY record_id"
        f" HAVING count(*) > 1 AND sum(coalesce(share, {ONE})) > {ONE}) ORDER BY record_id, {no}, line"
    ).fetchall()
    beyond, current, left = [], None, ONE
    for record, line, share in rows:
        if record != current:
            current, left = record, ONE
        if share is not None and share > left:
            beyond.append(line)
        else:
            left -= left if share is None else share
    if beyond:
        import numpy as np

        con.register("beyond", {"line": np.array(beyond)})
        con.execute(f"UPDATE ev SET mask = mask | {bit} WHERE line IN (SELECT line FROM beyond)")
        con.unregister("beyond")


def _complete(con: duckdb.DuckDBPyConnection, columns: Sequence[str]) -> None:
    """What later events leave empty comes from the filed row; rk and single follow from the good rows.

    An amended row that gives no item or domain leaves them as they are, so there the NULL stays.
    """
    taken = ["sid = coalesce(ev.sid, b.sid)", "rk = b.line"]
    taken += [
        f"{name} = CASE WHEN ev.event = {AMENDED} THEN ev.{name} ELSE coalesce(ev.{name}, b.{name}) END"
        for name in ("item", "domain")
        if name in columns
    ]
    con.execute(f"UPDATE ev SET {', '.join(taken)} FROM base b WHERE b.record_id = ev.record_id AND ev.mask = 0")
    con.execute(
        "UPDATE ev SET single = false WHERE mask = 0 AND rk IN"
        " (SELECT rk FROM ev WHERE mask = 0 GROUP BY rk HAVING count(*) > 1)"
    )
    con.execute("DROP TABLE base")
