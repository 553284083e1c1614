"""Refused rows that could concern a plan: of intake and of the scheme, by subject and record, with their cells."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from creditscore.core.identity import canonical_code
from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.input_state.variants import DAY_FAULTS, ITEM_REASONS, Cells, RefusedRow
from creditscore.grading.plan import Plan
from creditscore.grading.quarantine import Refusals, key_of
from creditscore.records import Snapshot
from creditscore.records.refused import FAULT, PART
from creditscore.records.subset import unpack
from creditscore.schemes import vocabulary

HISTORY = "domain, scheme, period, state, grade, route, status"
LISTING = (
    "listing_id, list, DATE '1970-01-01' + entered_day AS entered_on, DATE '1970-01-01' + term_end_day AS term_end, "
    "DATE '1970-01-01' + exited_day AS exited_on, exit_reason, basis"
)


def refused_rows(
    engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, refusals: Refusals
) -> Iterator[tuple[int | None, RefusedRow, bool]]:
    """(subject, row, whether a person accepted it) of each refused row that could concern the plan."""
    domains = known_domains(plan)
    accepted = refusals.accepted_keys()
    sql = f'SELECT "table", line, sid, cells, faults FROM {snapshot.refused} ORDER BY "table", line, sid'
    for table, line, sid, cells, faults in engine.rows(sql):
        parts = tuple(tuple(fault.split(PART)) for fault in faults.split(FAULT))
        row = RefusedRow(table, line, json.loads(cells), parts)
        if concerns(plan, row, domains):
            yield sid, row, key_of(table, line, None) in accepted
    for sid, row, key in _of_scheme(engine, snapshot, refusals):
        yield sid, row, key in accepted


def count_refused(engine: DuckDBEngine, snapshot: Snapshot, refusals: Refusals) -> int:
    """How many rows were refused and kept at intake, and how many faults the scheme added."""
    return int(engine.rows(f"SELECT COUNT(*) FROM {snapshot.refused}")[0][0]) + refusals.added()


def named_subjects(
    engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, refusals: Refusals
) -> Iterator[tuple[int | None, str, str, str]]:
    """(subject, feed, table, reason), each once, of the refused rows that nobody accepted; for a run with very many.

    Rows of another domain that the library knows are left out; whether an item or attribute is read is not asked.
    """
    others = ", ".join(literal(domain) for domain in sorted(known_domains(plan) - {plan.scheme.domain}))
    elsewhere = f"COALESCE(r.cells ->> 'domain', '') IN ({others})" if others else "FALSE"
    feed = "COALESCE(r.cells ->> 'source', r.cells ->> 'domain', '')"
    reason = f"split_part(unnest(string_split(r.faults, {literal(FAULT)})), {literal(PART)}, 1)"
    taken = 'SELECT a."table", a.line FROM accepted_rows a'
    yield from engine.rows(
        f'SELECT DISTINCT r.sid, {feed}, r."table", {reason} FROM {snapshot.refused} r '
        f'WHERE NOT {elsewhere} AND (r."table", r.line) NOT IN ({taken} WHERE a.line IS NOT NULL) ORDER BY ALL'
    )
    yield from refusals.subjects_by_scheme()


def _of_scheme(
    engine: DuckDBEngine, snapshot: Snapshot, refusals: Refusals
) -> Iterator[tuple[int, RefusedRow, tuple[str, ...]]]:
    """The rows that intake took and the scheme refused; of records, the cells are those of its accepted rows."""
    rows: dict[tuple[str, ...], tuple[int, Cells, list[tuple[str, str, str]]]] = {}
    for table, line, sid, subject_id, record, reason, column, value in refusals.by_scheme():
        key = key_of(table, line, subject_id, record, column, value)
        cells: Cells = {"record_id": record}
        if table == "attributes":
            cells = {"name": column, "value": value}
        elif table == "history":
            cells = _cells(engine, HISTORY, f"{snapshot.history} WHERE row = {line}")
        elif table == "listings":
            cells = _cells(engine, LISTING, f"{snapshot.listings} WHERE sid = {sid} AND listing_id = {literal(record)}")
        rows.setdefault(key, (sid, cells, []))[2].append((reason, column, ""))
    for key, (sid, cells, faults) in rows.items():
        yield sid, RefusedRow(key[0], int(key[1]) if len(key) == 2 else 0, cells, tuple(faults)), key


def _cells(engine: DuckDBEngine, columns: str, rest: str) -> Cells:
    """The cells of one row that intake took, as they would be given again."""
    cursor = engine.con.execute(f"SELECT {columns} FROM {rest}")
    names = [column[0] for column in cursor.description or []]
    rows = cursor.fetchall()
    return {name: str(value) for name, value in zip(names, rows[0], strict=True) if value is not None} if rows else {}


def known_domains(plan: Plan) -> frozenset[str]:
    """The domains of the library and of the plan."""
    library = vocabulary.known_domains()
    return frozenset({plan.scheme.domain, *(library.words if library else ())})


def known_lists() -> frozenset[str]:
    """The lists of the library; where only a packet's rules can be read, none: its rows were chosen before."""
    library = vocabulary.known_lists()
    return frozenset(library.words if library else ())


def concerns(plan: Plan, row: RefusedRow, domains: Collection[str]) -> bool:
    """Whether a refused row could say anything under the plan: its domain, item, attribute or list may be read."""
    cells = row.cells
    if row.table in ("records", "history"):
        domain = canonical_code(str(cells.get("domain") or ""))
        if domain and domain != plan.scheme.domain and domain in domains:
            return False
    if row.table == "records":
        item = canonical_code(str(cells.get("item") or ""))
        return any(reason in ITEM_REASONS for reason in row.reasons) or item not in plan.beside
    if row.table == "attributes":
        if ("empty_id", "name", "") in row.faults:
            return bool(plan.scheme.attributes)
        days = [cells.get(column) for reason, column, _ in row.faults if reason in DAY_FAULTS]
        words = (cells.get("name"), cells.get("subject_id"), *days)
        return any(word in plan.scheme.attributes for word in words)
    if row.table == "listings":
        read = {name for fact in plan.facts for name in fact.lists}
        named = canonical_code(str(cells.get("list") or ""))
        return bool(read) and (named in read or named not in known_lists())
    return any(fact.of == "history" for fact in plan.facts)


def group_rows(rows: Sequence[RefusedRow], accepted: Mapping[str, Sequence[Cells]]) -> list[list[RefusedRow]]:
    """Refused rows that belong together: those of one record, and each row of another table alone.

    A row that the scheme refused gets the cells with which it was taken in.
    """
    records: dict[str, list[RefusedRow]] = {}
    groups: list[list[RefusedRow]] = []
    for row in rows:
        if row.table != "records":
            groups.append([row])
            continue
        record_id = canonical_code(str(row.cells.get("record_id") or ""))
        if set(row.cells) == {"record_id"} and record_id in accepted:
            row = replace(row, cells=filed_row(accepted[record_id]))
        records.setdefault(record_id, []).append(row)
    return [*records.values(), *groups]


def filed_row(rows: Sequence[Cells]) -> Cells:
    return next((row for row in rows if (row.get("event") or "filed") == "filed"), rows[0])


def accepted_rows(
    snapshot: Snapshot, plan: Plan, rows: Mapping[int, Sequence[RefusedRow]]
) -> dict[int, dict[str, list[Cells]]]:
    """The rows of records that were taken in, by subject and record, where a refused row needs them beside it."""
    from_scheme = {"record_id"}
    needed = [
        sid
        for sid, refused in rows.items()
        if any(row.table == "records" and ("event" in row.cells or set(row.cells) == from_scheme) for row in refused)
    ]
    if not needed:
        return {}
    listed = ", ".join(map(str, needed))
    ids = dict(
        snapshot.con.execute(f"SELECT subject_id, sid FROM {snapshot.subjects} WHERE sid IN ({listed})").fetchall()
    )
    grouped: dict[int, dict[str, list[Cells]]] = {}
    for row in unpack(snapshot, sorted(ids))["records"].to_pylist():
        cells = {name: str(value) for name, value in row.items() if value is not None}
        grouped.setdefault(ids[row["subject_id"]], {}).setdefault(row["record_id"], []).append(cells)
    return grouped
