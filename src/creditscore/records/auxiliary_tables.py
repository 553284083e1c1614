"""The smaller tables beside the log: attributes, listings, history and feeds."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from creditscore.core.days import from_day
from creditscore.core.tables import cell_sql
from creditscore.core.tables.source import Source
from creditscore.core.tables.table import literal, quote
from creditscore.records.deliveries import Delivered, check_deliveries
from creditscore.records.excluded import by_reason
from creditscore.records.faults import bit_of, list_faults, looks_resident, settle_residents
from creditscore.records.refused import keep_refused
from creditscore.records.schema import ENDS_EARLY, HISTORY_CODES
from creditscore.records.stage import Stage, drop_repeats, resolve_subjects

if TYPE_CHECKING:
    import duckdb

Values = dict[str, str]


def _attributes(stage: Stage) -> Values:
    values = {
        "name": stage.code("name"),
        "value": stage.text("value"),
        "from_day": stage.day("valid_from", planned=True),
        "to_day": stage.day("valid_to", planned=True),
        "known_day": stage.day("recorded_on"),
    }
    stage.fault("empty_id", "name", f"{values['name']} IS NULL")
    stage.fault("bad_date", "valid_to", f"{values['to_day']} < {values['from_day']}", ENDS_EARLY)
    return values


def _listings(stage: Stage) -> Values:
    values = {
        "listing_id": stage.code("listing_id"),
        "list": stage.code("list"),
        "entered_day": stage.day("entered_on", required=True),
        "term_end_day": stage.day("term_end", planned=True),
        "exited_day": stage.day("exited_on"),
        "exit_reason": stage.text("exit_reason"),
        "basis": stage.text("basis"),
    }
    recorded = stage.day("recorded_on")
    # Without a day of recording the entry is known from its own day; an exit is dated apart.
    values["known_day"] = f"coalesce({recorded}, {values['entered_day']})"
    stage.fault("empty_id", "listing_id", f"{values['listing_id']} IS NULL")
    stage.fault("empty_id", "list", f"{values['list']} IS NULL")
    stage.fault("bad_date", "term_end", f"{values['term_end_day']} < {values['entered_day']}", ENDS_EARLY)
    stage.fault("bad_date", "exited_on", f"{values['exited_day']} < {values['entered_day']}", ENDS_EARLY)
    stage.fault("occurred_after_recorded", "recorded_on", f"{values['entered_day']} > {recorded}")
    stage.fault("natural_person", "listing_id", looks_resident(values["listing_id"]))
    stage.fault("conflicting_key", "listing_id")
    return values


def _history(stage: Stage) -> Values:
    kind = stage.source.types["period"]
    period = f"left({stage.code('period')}, 10)" if cell_sql.is_typed_day(kind) else stage.code("period")
    day = quote("p_period")
    stage.parsed[day] = cell_sql.day(period, "VARCHAR")
    number = (
        f"CASE WHEN regexp_full_match({period}, '[0-9]{{4}}') THEN CAST({period} AS INTEGER)"
        f" ELSE year(DATE '1970-01-01' + nullif({day}, {cell_sql.BAD_DAY})) END"
    )
    decided = stage.day("decided_on")
    recorded = stage.day("recorded_on")
    stage.fault("bad_period", "period", f"({number}) IS NULL OR ({number}) < 1900 OR ({number}) > 2100")
    if stage.latest is not None:
        later = f"({number}) > {from_day(stage.latest).year} AND ({number}) <= 2100"
        stage.fault("bad_period", "period", later, "it lies after the day of intake")
    stage.fault("occurred_after_recorded", "recorded_on", f"{decided} > {recorded}")
    decided_before = f"nullif({day}, {cell_sql.BAD_DAY}) > least({decided}, {recorded})"
    stage.fault("bad_period", "period", decided_before, "it lies after the day on which the grade was decided or known")
    codes = {name: f"lower({stage.code(name)})" for name in HISTORY_CODES}
    for name, allowed in HISTORY_CODES.items():
        if stage.source.has(name):
            listed = ", ".join(f"'{code}'" for code in allowed)
            stage.fault("unknown_code", name, f"{codes[name]} NOT IN ({listed})", f"allowed: {', '.join(allowed)}")
    return {
        "domain": stage.code("domain"),
        "scheme": stage.code("scheme"),
        "period": period,
        "year": f"CAST({number} AS INTEGER)",
        "state": f"coalesce({codes['state']}, 'graded')",
        "grade": stage.code("grade"),
        "route": codes["route"],
        "status": f"coalesce({codes['status']}, 'final')",
        "known_day": f"coalesce({recorded}, {decided})",
    }


def _feeds(stage: Stage) -> Values:
    values = {
        "domain": stage.code("domain"),
        "from_day": stage.day("from", planned=True),
        "to_day": stage.day("to", planned=True),
        "source": stage.text("source"),
        "district": stage.text("district"),
        "region": stage.text("region"),
    }
    if stage.source.has("table"):
        values["of_table"] = stage.code("table")
    if stage.source.has("rows"):
        values["declared_rows"] = stage.number("rows")
    if stage.source.has("sha256"):
        values["declared_sha256"] = f"lower({stage.code('sha256')})"
    stage.fault("bad_delivery", "table")
    stage.fault("bad_delivery", "rows")
    stage.fault("bad_delivery", "sha256")
    stage.fault("empty_id", "domain", f"{values['domain']} IS NULL")
    stage.fault("bad_date", "to", f"{values['to_day']} < {values['from_day']}", ENDS_EARLY)
    return values


READERS: dict[str, Callable[[Stage], Values]] = {
    "attributes": _attributes,
    "listings": _listings,
    "history": _history,
    "feeds": _feeds,
}
# Column order and types of the finished tables.
COLUMNS = {
    "attributes": "sid INTEGER, name VARCHAR, value VARCHAR, from_day INTEGER, to_day INTEGER, known_day INTEGER",
    "listings": "sid INTEGER, listing_id VARCHAR, list VARCHAR, entered_day INTEGER, term_end_day INTEGER,"
    " exited_day INTEGER, exit_reason VARCHAR, basis VARCHAR, known_day INTEGER",
    "history": "sid INTEGER, domain VARCHAR, scheme VARCHAR, period VARCHAR, year INTEGER, state VARCHAR,"
    " grade VARCHAR, route VARCHAR, status VARCHAR, known_day INTEGER, row BIGINT",
    "feeds": "domain VARCHAR, from_day INTEGER, to_day INTEGER, source VARCHAR, district VARCHAR,"
    " region VARCHAR, sid INTEGER",
}


def create_side(con: duckdb.DuckDBPyConnection) -> None:
    for name, columns in COLUMNS.items():
        if name != "attributes":  # begun with the further columns of subjects
            con.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")


def take_side(
    con: duckdb.DuckDBPyConnection,
    source: Source,
    upper: bool,
    latest: int | None = None,
    delivered: Delivered | None = None,
) -> dict[str, int]:
    """Add the good rows of one of these tables to the snapshot; returns row counts.

    `latest`: the day of intake; `delivered`: what arrived, against which feeds that declare it are checked.
    """
    table_name = source.table.name
    stage = Stage(source, latest)
    subject = stage.code("subject_id")
    values = READERS[table_name](stage)
    for reason in ("natural_person", "mangled_id", "unknown_subject"):
        stage.fault(reason, "subject_id")
    if table_name == "attributes":
        given = cell_sql.raw_text("name", source.types["name"])
        rows = con.execute(f"SELECT DISTINCT {given} FROM {source.view}").fetchall()
        for reason, named in by_reason(word for (word,) in rows if word).items():
            listed = ", ".join(literal(word) for word in named)
            stage.fault(reason, "name", f"{values['name']} IN ({listed})")
    required = "subject_id" in source.table.required
    stage.fault("empty_id", "subject_id", f"{subject} IS NULL" if required else "false")
    joins = f"LEFT JOIN subjects s ON s.subject_id = t.{subject}" if source.has("subject_id") else ""
    stage.parsed["sid"] = "s.sid" if joins else "CAST(NULL AS INTEGER)"
    unmatched = f"CASE WHEN sid IS NULL THEN {subject} END"
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE stage_side AS"
        f" {stage.select({**values, 'sid': 'sid', 'subject_raw': unmatched}, joins)}"
    )
    reasons = ("natural_person", "mangled_id", "empty_id", "unknown_subject")
    resolve_subjects(con, "stage_side", {r: bit_of(stage.faults, r, "subject_id") for r in reasons}, upper=upper)
    if table_name == "listings":
        settle_residents(con, "stage_side", "listing_id", bit_of(stage.faults, "natural_person", "listing_id"))
    repeated = drop_repeats(con, "stage_side", ["sid", *values])
    if table_name == "listings":
        bit = bit_of(stage.faults, "conflicting_key", "listing_id")
        con.execute(
            f"UPDATE stage_side SET mask = mask | {bit} WHERE listing_id IN"
            " (SELECT listing_id FROM stage_side GROUP BY listing_id HAVING count(*) > 1)"
        )
    differs = check_deliveries(con, stage, delivered) if table_name == "feeds" and delivered is not None else {}
    refused = list_faults(con, "stage_side", source, stage.faults)
    if refused and table_name != "feeds":
        keep_refused(con, "stage_side", source, stage.faults)
    for line, message in differs.items():
        con.execute(
            "UPDATE quarantine SET message = ? WHERE \"table\" = 'feeds' AND line = ? AND reason = 'bad_delivery'",
            [message, line],
        )
    names = [column.split()[0] for column in COLUMNS[table_name].split(", ")]
    chosen = ", ".join("line" if column == "row" else quote(column) for column in names)
    of_records = (
        "coalesce(of_table, 'records') = 'records'" if table_name == "feeds" and source.has("table") else "TRUE"
    )
    con.execute(f"INSERT INTO {table_name} SELECT {chosen} FROM stage_side WHERE mask = 0 AND {of_records}")
    counts = {"rows": source.rows, "refused": refused, "repeated": repeated}
    if of_records != "TRUE":  # a declaration of another table feeds nobody
        (rows_of_others,) = con.execute(f"SELECT count(*) FROM stage_side WHERE NOT ({of_records})").fetchall()[0]
        counts |= {"of_other_tables": rows_of_others} if rows_of_others else {}
    con.execute("DROP TABLE stage_side")
    return counts
