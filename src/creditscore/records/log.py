"""The record log: one vectorised pass over the records, then the few records with several events apart."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.identity import MANGLED_LIKE, canonical_code
from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import quote
from creditscore.records import parse
from creditscore.records.events import FILED_SAYS, OTHER_SUBJECT, SHARES_ADD_UP, settle_events
from creditscore.records.excluded import by_reason
from creditscore.records.faults import bit_of, drop_pairs, list_faults, looks_resident, put_pairs, settle_residents
from creditscore.records.refused import keep_refused
from creditscore.records.schema import ATTRIBUTE_PREFIX, CORRECTED, FILED, LOG_COLUMNS, ONE
from creditscore.records.stage import Stage, resolve_subjects

if TYPE_CHECKING:
    import duckdb

LEGAL_DAYS = ("event_on", "occurred_on", "decided_on", "booked_on", "published_on")
MOST_QUANTITY = 1_000_000 * ONE  # so that no sum of points leaves int64
MOST_CODES = 32_000  # codes are two bytes wide


def take_records(
    con: duckdb.DuckDBPyConnection, source: Source, upper: bool, latest: int | None = None
) -> tuple[dict[str, int], dict[str, Any]]:
    """Build `log_rows` from the records; returns row counts and {items, domains, columns}.

    `upper`: ids mean the same in capitals. `latest`: the day of intake. `log_rows` has only the columns that the input
    gives; `show_log` puts the view `log` over it.
    """
    items = _dictionary(con, source, "item")
    domains = _dictionary(con, source, "domain")
    stage = Stage(source, latest)
    values, joins = _values(stage)
    for column, words in (("item", items), ("domain", domains)):
        for reason, named in by_reason(words).items():
            codes = ", ".join(str(words.index(word)) for word in named)
            stage.fault(reason, column, f"{column} IN ({codes})")
    con.execute(f"CREATE OR REPLACE TABLE log_rows AS {stage.select(values, joins)}")
    reasons = ("natural_person", "mangled_id", "empty_id", "unknown_subject")
    resolve_subjects(con, "log_rows", {r: bit_of(stage.faults, r, "subject_id") for r in reasons}, upper=upper)
    for column in ("record_id", "act_id", "source_subject_id"):
        if source.has(column):
            settle_residents(con, "log_rows", column, bit_of(stage.faults, "natural_person", column))
    repeated = settle_events(con, stage.faults, list(values))
    refused = list_faults(con, "log_rows", source, stage.faults)
    if refused:
        keep_refused(con, "log_rows", source, stage.faults)
        con.execute("DELETE FROM log_rows WHERE mask <> 0")
        items, domains = _compact(con, "item", items), _compact(con, "domain", domains)
    for spent in ("mask", "subject_raw"):  # of all rows, and never read again
        con.execute(f"ALTER TABLE log_rows DROP COLUMN {spent}")
    con.execute("DROP TABLE map_item; DROP TABLE map_domain")
    columns = [name for name in values if name in LOG_COLUMNS]
    counts = {"rows": source.rows, "refused": refused, "repeated": repeated}
    return counts, {"items": items, "domains": domains, "columns": columns}


def _values(stage: Stage) -> tuple[dict[str, str], str]:
    """The finished columns of the log that this source gives, and the joins they need; notes the faults."""
    source = stage.source
    subject, record = stage.raw("subject_id"), stage.code("record_id")
    event = no = "0"
    if source.has("event"):
        stage.parsed["p_event"] = parse.event(stage.raw("event"), source.types["event"])
        event = "p_event"
        stage.fault("unknown_event", "event", f"p_event = {parse.BAD_EVENT}")
    if source.has("event_no"):
        stage.parsed["p_event_no"] = stage.whole("event_no")
        no = "p_event_no"
        stage.fault("bad_event_no", "event_no", f"p_event_no = {cell_sql.BAD_NUMBER}")
    stage.parsed["sid"], stage.parsed["item"] = "s.sid", "i.code"
    # An id that is a subject's as it stands is clean; only the others are cleaned and looked at.
    strange = cell_sql.code_of(f"t.{subject}", source.types["subject_id"])
    stage.parsed["strange"] = f"CASE WHEN s.sid IS NULL THEN {strange} END"
    joins = f"LEFT JOIN subjects s ON s.subject_id = t.{subject} LEFT JOIN map_item i ON i.raw = t.{stage.raw('item')}"
    values = {"sid": "sid", "record_id": record, "item": "item"}
    if event != "0":
        values |= {"rk": "line", "single": "true"}
    if no != "0":
        values["event_no"] = no
    if event != "0":
        values["event"] = event
    if source.has("domain"):
        stage.parsed["domain"] = "d.code"
        joins += f" LEFT JOIN map_domain d ON d.raw = t.{stage.raw('domain')}"
        values["domain"] = "domain"
    days = {column: stage.day(column) for column in (*LEGAL_DAYS, "recorded_on", "corrected_on") if source.has(column)}
    values |= {column.replace("_on", "_day"): sql for column, sql in days.items() if column != "recorded_on"}
    values |= _known_day(days, event)
    if source.has("quantity"):
        quantity = stage.number("quantity")
        stage.fault("bad_number", "quantity", f"{quantity} > {MOST_QUANTITY}", "at most 1,000,000")
        values["quantity"] = f"CASE WHEN {event} = {FILED} THEN coalesce({quantity}, {ONE}) ELSE {quantity} END"
    elif event != "0":
        values["quantity"] = f"CASE WHEN {event} = {FILED} THEN CAST({ONE} AS BIGINT) END"
    if source.has("amount"):
        values["amount"] = stage.number("amount")
    if source.has("share"):
        values["share"] = _share(stage, event)
    for column in ("act_id", "source_subject_id"):
        if source.has(column):
            code = stage.code(column)
            values[column] = f"upper({code})" if column == "source_subject_id" else code
            stage.fault("natural_person", column, looks_resident(values[column]))
    if source.has("source_subject_id"):
        spoilt = f"regexp_matches({values['source_subject_id']}, '{MANGLED_LIKE}')"
        stage.fault("mangled_id", "source_subject_id", spoilt)
    for column in ("source", "document_no", "basis"):
        if source.has(column):
            values[column] = stage.text(column)
    for column in source.further:
        values[ATTRIBUTE_PREFIX + column] = stage.text(column)
    values["subject_raw"] = "strange"
    _key_faults(stage, record, event)
    _order_faults(stage, days, event)
    return values, joins


def _known_day(days: dict[str, str], event: str) -> dict[str, str]:
    """When the row was known: recorded_on, else its newest legal date.

    On a filed row `corrected_on` is a second thing to know, and counts only where it is the one date there is.
    """
    legal = [days[column] for column in LEGAL_DAYS if column in days]
    newest = f"greatest({', '.join(legal)})" if legal else "NULL"
    corrected = days.get("corrected_on")
    if corrected:
        both = f"greatest({', '.join([*legal, corrected])})"
        filed = f"coalesce({newest}, {corrected})"
        newest = filed if event == "0" else f"CASE WHEN {event} = {FILED} THEN {filed} ELSE {both} END"
    parts = [sql for sql in (days.get("recorded_on"), newest) if sql and sql != "NULL"]
    if not parts:
        return {}
    return {"known_day": f"coalesce({', '.join(parts)})" if len(parts) > 1 else parts[0]}


def _share(stage: Stage, event: str) -> str:
    stage.parsed["p_share"] = stage.share("share")
    stage.fault("bad_share", "share", f"p_share = {cell_sql.BAD_NUMBER}")
    return f"CASE WHEN {event} = {CORRECTED} THEN nullif(p_share, {cell_sql.BAD_NUMBER}) END"


def _key_faults(stage: Stage, record: str, event: str) -> None:
    filed = "true" if event == "0" else f"{event} = {FILED}"
    stage.fault("natural_person", "record_id", looks_resident(record))
    stage.fault("empty_id", "record_id", f"{record} IS NULL")
    stage.fault("empty_id", "subject_id", f"sid IS NULL AND strange IS NULL AND {filed}")
    stage.fault("empty_id", "item", f"item IS NULL AND {filed}")
    for reason in ("natural_person", "mangled_id", "unknown_subject"):
        stage.fault(reason, "subject_id")
    stage.fault("conflicting_key", "record_id")
    stage.fault("conflicting_key", "subject_id", detail=OTHER_SUBJECT)
    stage.fault("orphan_event", "event" if stage.source.has("event") else "record_id")
    stage.fault("bad_share", "share", detail=SHARES_ADD_UP)
    stage.fault("corrected_before_occurred", "corrected_on", detail=FILED_SAYS)


def _order_faults(stage: Stage, days: dict[str, str], event: str) -> None:
    happened = [days[column] for column in ("occurred_on", "event_on") if column in days]
    first = f"coalesce({', '.join(happened)})" if len(happened) > 1 else "".join(happened)
    if not first:
        return
    if "recorded_on" in days:
        stage.fault("occurred_after_recorded", "recorded_on", f"{first} > {days['recorded_on']}")
    if "corrected_on" in days:
        filed = "" if event == "0" else f" AND {event} = {FILED}"
        stage.fault("corrected_before_occurred", "corrected_on", f"{days['corrected_on']} < {first}{filed}")


def _dictionary(con: duckdb.DuckDBPyConnection, source: Source, column: str) -> tuple[str, ...]:
    """Create `map_<column>` (raw, code) and return the canonical words; code = position."""
    words: dict[str, str] = {}
    if source.has(column):
        kind = source.types[column]
        raw = cell_sql.raw_text(column, kind)
        rows = con.execute(
            f"SELECT raw, {cell_sql.code_of('raw', kind)} FROM (SELECT DISTINCT {raw} AS raw FROM {source.view})"
        ).fetchall()
        words = {raw: canonical_code(cleaned) for raw, cleaned in rows if cleaned is not None}
    ordered = sorted(set(words.values()))
    if len(ordered) > MOST_CODES:
        raise InputError(
            "records.records_column_different_values",
            column=column,
            ordered_count=len(ordered),
            most_codes=MOST_CODES,
            where=source.origin,
        )
    place = {word: position for position, word in enumerate(ordered)}
    put_pairs(con, "words", [(raw, str(place[word])) for raw, word in words.items()])
    con.execute(f"CREATE OR REPLACE TEMP TABLE map_{column} AS SELECT a AS raw, CAST(b AS SMALLINT) AS code FROM words")
    drop_pairs(con, "words")
    return tuple(ordered)


def _compact(con: duckdb.DuckDBPyConnection, column: str, words: tuple[str, ...]) -> tuple[str, ...]:
    """Leave out words that only refused rows used, so that the dictionary depends on the good rows alone."""
    if not words:
        return words
    rows = con.execute(f"SELECT DISTINCT {column} FROM log_rows WHERE {column} IS NOT NULL ORDER BY 1").fetchall()
    used = [place for (place,) in rows]
    if len(used) == len(words):
        return words
    put_pairs(con, "moved", [(str(old), str(new)) for new, old in enumerate(used)])
    con.execute(
        f"UPDATE log_rows SET {column} = m.new FROM (SELECT CAST(a AS SMALLINT) AS old,"
        f" CAST(b AS SMALLINT) AS new FROM moved) m WHERE log_rows.{column} = m.old AND m.old <> m.new"
    )
    drop_pairs(con, "moved")
    return tuple(words[place] for place in used)


def show_log(
    con: duckdb.DuckDBPyConnection, rows: str, columns: list[str], attributes: tuple[str, ...], line: str
) -> None:
    """The view `log` over `rows`: every column of the contract; those the input lacks are constants."""
    columns_sql = []
    for name, (kind, absent) in LOG_COLUMNS.items():
        if name in columns:
            columns_sql.append(name)
        elif name == "rk":
            columns_sql.append(f"{line} AS rk")
        else:
            columns_sql.append(f"CAST({absent} AS {kind}) AS {name}")
    columns_sql += [quote(ATTRIBUTE_PREFIX + name) for name in attributes]
    con.execute(f"CREATE OR REPLACE VIEW log AS SELECT {', '.join(columns_sql)}, {line} AS row FROM {rows}")
