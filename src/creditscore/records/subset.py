"""Some subjects of a snapshot, with events added to their records: graded, they have the rows of the whole."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import outside
from creditscore.core.days import LAST, from_day, to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import redact
from creditscore.core.tables.table import literal, quote
from creditscore.records.faults import drop_pairs, put_pairs
from creditscore.records.intake import ingest
from creditscore.records.refused import copy_refused
from creditscore.records.schema import ATTRIBUTE_PREFIX, EVENTS, LOG_COLUMNS, ONE
from creditscore.records.snapshot import Snapshot, attribute_names

if TYPE_CHECKING:
    import pyarrow as pa

DAYS = {
    "event_day": "event_on",
    "occurred_day": "occurred_on",
    "decided_day": "decided_on",
    "booked_day": "booked_on",
    "published_day": "published_on",
    "corrected_day": "corrected_on",
}
SIDE = {
    "attributes": "x.name, x.value, {from_day} AS valid_from, {to_day} AS valid_to, {known_day} AS recorded_on",
    "listings": "x.listing_id, x.list, {entered_day} AS entered_on, {term_end_day} AS term_end, "
    "{exited_day} AS exited_on, x.exit_reason, x.basis, {known_day} AS recorded_on",
    "history": "x.domain, x.scheme, x.period, x.state, x.grade, x.route, x.status, {known_day} AS recorded_on",
}


def subset(
    snapshot: Snapshot,
    subject_ids: Iterable[str],
    *,
    events: pa.Table | None = None,
    known_by: int | None = None,
    **tables: pa.Table,
) -> Snapshot:
    """The records of `subject_ids` and all that belongs to them, with `events` added to the log.

    `events` has the columns of the record log (docs/contract.md); an `event_no` it lacks follows the newest one of its
    record. With `known_by` (days since 1970-01-01) they count as known from that day on at the latest, whenever they
    were decided. `tables` gives rows of `listings` or `history` in place of those of the snapshot. Graded with
    the same day of knowledge, the rows of the result are those of the whole, byte for byte: a grade depends on its own
    subject alone. Raises UsageError for subjects that the snapshot does not hold, InputError for events that intake
    refuses.
    """
    ids = sorted(set(subject_ids))
    unknown = set(tables) - {"listings", "history"}
    if unknown:
        raise UsageError("records.cannot_given_anew", listed=", ".join(sorted(unknown)), allowed="listings, history")
    given = unpack(snapshot, ids) | tables
    added: list[tuple[str, str]] = []
    if events is not None and events.num_rows:
        given["records"], added = _joined(given["records"], events)
    small = ingest(
        **{name: table for name, table in given.items() if name in ("subjects", "records") or table.num_rows},
        subject_ids=snapshot.subject_ids,  # type: ignore[arg-type]
        intake_on=from_day(LAST),  # what a plan looks ahead to is no fault
    )
    refused = small.con.execute(
        f'SELECT reason, message, "column", value FROM {small.quarantine} ORDER BY ALL'
    ).fetchall()
    if refused:
        reason, message, column, value = refused[0]
        cell = f": {column} {value or ''}".rstrip() if column else ""
        raise InputError(
            "records.rows_cannot_taken_again", refused_count=len(refused), reason=reason, message=message, cell=cell
        )
    if added and known_by is not None:
        put_pairs(small.con, "added", added)
        small.con.execute(
            f"UPDATE log_rows SET known_day = {known_by} FROM added q WHERE q.a = log_rows.record_id"
            f" AND CAST(q.b AS INTEGER) = log_rows.event_no AND log_rows.known_day > {known_by}"
        )
        drop_pairs(small.con, "added")
    copy_refused(snapshot.con.cursor(), snapshot.refused, snapshot.quarantine, small.con)
    return replace(
        small,
        newest_day=max(small.newest_day, snapshot.newest_day),
        made_up=snapshot.made_up,
        accepted=snapshot.accepted,
        judges_refused=snapshot.judges_refused,
        hash_format=snapshot.hash_format,
        stated_marks=snapshot.stated_marks,
        whole_names=attribute_names(snapshot),
        inputs=snapshot.inputs,
        intake_day=to_day(snapshot.intake_on),
        counts={**small.counts, **({"feeds": snapshot.counts["feeds"]} if "feeds" in snapshot.counts else {})},
    )


@outside("the snapshot", "its tables", "write the snapshot again from its input")
def unpack(snapshot: Snapshot, subject_ids: list[str]) -> dict[str, pa.Table]:
    """The tables of the data contract for some subjects, as they would be taken in again."""
    con = snapshot.con.cursor()
    put_pairs(con, "wanted", [(key, "") for key in subject_ids])
    try:
        chosen = f"CREATE OR REPLACE TEMP TABLE chosen AS SELECT * FROM {snapshot.subjects} WHERE subject_id IN"
        con.execute(f"{chosen} (SELECT a FROM wanted)")
    finally:
        drop_pairs(con, "wanted")
    rows = {value for (value,) in con.execute("SELECT subject_id FROM chosen").fetchall()}
    missing = [key for key in subject_ids if key not in rows]
    if missing:
        raise UsageError(
            "records.subjects_not_snapshot", missing_count=len(missing), listed=", ".join(map(redact, missing[:3]))
        )
    result = {
        "subjects": con.sql(
            f"SELECT subject_id, name, kind, {_day('registered_day')} AS registered_on, region, district, industry,"
            " size, ownership FROM chosen x ORDER BY subject_id"
        ).to_arrow_table(),
        "records": con.sql(_log(snapshot)).to_arrow_table(),
    }
    for table, columns in SIDE.items():
        source = getattr(snapshot, table)
        days = {
            name: _day(name)
            for name in ("from_day", "to_day", "known_day", "entered_day", "term_end_day", "exited_day")
        }
        order = " ORDER BY x.row" if table == "history" else " ORDER BY ALL"
        sql = f"SELECT s.subject_id, {columns.format_map(days)} FROM {source} x JOIN chosen s ON s.sid = x.sid{order}"
        result[table] = con.sql(sql).to_arrow_table()
    result["feeds"] = con.sql(
        f'SELECT x.domain, {_day("from_day")} AS "from", {_day("to_day")} AS "to", x.source, x.district, x.region,'
        f" s.subject_id FROM {snapshot.feeds} x LEFT JOIN {snapshot.subjects} s ON s.sid = x.sid"
        " WHERE x.sid IS NULL OR x.sid IN (SELECT sid FROM chosen) ORDER BY ALL"
    ).to_arrow_table()
    con.execute("DROP TABLE chosen")
    return result


def _log(snapshot: Snapshot) -> str:
    words = {name: _words(getattr(snapshot, f"{name}s")) for name in ("item", "domain")}
    events = _words(EVENTS)
    columns = [
        "s.subject_id",
        "x.record_id",
        "x.event_no",
        f"{events}[x.event + 1] AS event",
        *(f"{listed}[x.{name} + 1] AS {name}" for name, listed in words.items()),
        *(f"{_day(day)} AS {name}" for day, name in DAYS.items()),
        f"{_day('known_day')} AS recorded_on",
        *(f"{_exact(name)} AS {name}" for name in ("quantity", "amount", "share")),
        *(f"x.{name}" for name in ("act_id", "source_subject_id", "source", "document_no", "basis")),
        *(f"x.{quote(ATTRIBUTE_PREFIX + name)} AS {quote(name)}" for name in snapshot.attribute_columns),
    ]
    given_columns = [column for column in columns if _given(column.rpartition(" AS ")[2].rpartition(".")[2], snapshot)]
    return (
        f"SELECT {', '.join(given_columns)} FROM {snapshot.log} x JOIN chosen s ON s.sid = x.sid"
        " ORDER BY s.subject_id, x.record_id, x.event_no"
    )


def _given(name: str, snapshot: Snapshot) -> bool:
    """What no row of the input gave is left out, as the input left it out."""
    return name not in OPTIONAL or OPTIONAL[name] in snapshot.log_columns


OPTIONAL: Mapping[str, str] = {
    name: code
    for code, name in {**DAYS, "known_day": "recorded_on", **{name: name for name in LOG_COLUMNS}}.items()
    if name not in ("sid", "record_id", "event_no", "event", "item", "rk", "single")
}


def _words(words: Iterable[str]) -> str:
    listed = ", ".join(map(literal, words))
    return f"CAST([{listed}] AS VARCHAR[])"


def _day(column: str) -> str:
    return f"DATE '1970-01-01' + x.{column}"


def _exact(column: str) -> str:
    """Millionths as decimal text."""
    whole = f"CAST(x.{column} // {ONE} AS VARCHAR)"
    return f"{whole} || '.' || lpad(CAST(x.{column} % {ONE} AS VARCHAR), 6, '0')"


def _joined(records: pa.Table, events: pa.Table) -> tuple[pa.Table, list[tuple[str, str]]]:
    """Records with events below them, every column as text, and the keys of these; missing numbers of events follow
    the newest.
    """
    if "record_id" not in events.column_names:
        raise InputError("records.events_no_column_record_id", where=", ".join(events.column_names) or "no column")
    added = []
    rows: list[dict[str, Any]] = records.to_pylist()
    newest: dict[str, int] = {}
    for row in rows:
        newest[row["record_id"]] = max(newest.get(row["record_id"], 0), row["event_no"])
    for row in events.to_pylist():
        event_no = row.get("event_no") or newest.get(row["record_id"], 0) + 1
        newest[row["record_id"]] = max(newest.get(row["record_id"], 0), int(event_no))
        rows.append({**row, "event_no": event_no})
        added.append((str(row["record_id"]), str(event_no)))
    import pyarrow as pa

    names = list(dict.fromkeys(name for row in rows for name in row))
    cells = {name: [None if row.get(name) is None else str(row[name]) for row in rows] for name in names}
    return pa.table({name: pa.array(column, pa.string()) for name, column in cells.items()}), added
