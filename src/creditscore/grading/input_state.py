"""What refused rows leave open: the subjects whose grade an admissible reading of such a row could change."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any

from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.assess import assess
from creditscore.grading.exact import Opening, Outcome, Subject, opening, settle
from creditscore.grading.facts import bucket, reads
from creditscore.grading.plan import Plan
from creditscore.grading.refusals import Refusals, key_of
from creditscore.grading.replay import subjects
from creditscore.grading.take_in import engine_of, take_in
from creditscore.grading.variants import MOST_VARIANTS, Cells, RefusedRow, Space, options, record_variants
from creditscore.records import Snapshot, ingest
from creditscore.records.identity import canonical_code
from creditscore.records.refused import FAULT, PART
from creditscore.records.subset import unpack
from creditscore.schemes import registry
from creditscore.schemes.expressions import literal

WHOLE = "whole"
REFUSED, ACCEPTED, UNATTRIBUTED = "refused_rows", "accepted_rows", "unattributed_rows"
BLOCKED = "refused_rows"  # the reason of a state that refused rows leave open
ITEM_REASONS = ("unknown_item", "item_not_in_version", "not_this_item", "empty_id", "unread")
CHUNK = 2_000  # subjects that are looked at together
FIRST_TRIES = 4  # readings of a row that are tried before all of them are made
DERIVED_DAYS = ("latest", "earliest", "newest", "run", "months_since", "days_since")
KNOWN = {"log_rows": "known_day", "attributes": "known_day", "listings": "known_day", "history": "known_day"}


@dataclass(frozen=True)
class Variant:
    """A reading of the rows of one record, or of one row of another table: what takes whose place in the subject."""

    drops: frozenset[str]
    table: str
    rows: tuple[Cells, ...]


@dataclass
class Doubts:
    """What refused rows do to the results of one run, by number of the subject.

    `blocked`: subjects whose grade some reading could change. `marks`: codes of `input_state`. `everyone`: codes that
    every subject carries, for rows that name nobody. `counts`: blocked grades by feed, table and reason.
    """

    blocked: set[int] = field(default_factory=set)
    marks: dict[int, set[str]] = field(default_factory=dict)
    everyone: set[str] = field(default_factory=set)
    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)

    def mark(self, sid: int, code: str) -> None:
        self.marks.setdefault(sid, set()).add(code)

    def summary(self) -> list[dict[str, Any]]:
        """How many grades each feed and reason blocks; a grade that several block counts for each of them."""
        return [
            {"feed": feed, "table": table, "reason": reason, "grades": count}
            for (feed, table, reason), count in sorted(self.counts.items())
        ]


def find_doubts(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, refusals: Refusals) -> Doubts:
    """Grade each subject with refused rows under every admissible reading of them, and say whose grade could change.

    The relations of the run must stand in the engine. A row whose readings cannot all be listed, or whose readings
    together with those of other rows are too many, leaves the grade open. The work is done for each subject alone, so
    that neither order nor parts of the population matter.
    """
    doubts = Doubts()
    by_subject: dict[int, list[RefusedRow]] = {}
    for sid, row, is_accepted in refused_rows(engine, snapshot, plan, refusals):
        if is_accepted:
            if sid is not None:
                doubts.mark(sid, ACCEPTED)
        elif sid is None:
            doubts.everyone.add(UNATTRIBUTED)
        else:
            by_subject.setdefault(sid, []).append(row)
    sids = sorted(by_subject)
    for first in range(0, len(sids), CHUNK):
        chunk = sids[first : first + CHUNK]
        _judge(engine, snapshot, plan, {sid: by_subject[sid] for sid in chunk}, doubts)
    return doubts


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
            cells = _history_cells(engine, snapshot, line)
        rows.setdefault(key, (sid, cells, []))[2].append((reason, column, ""))
    for key, (sid, cells, faults) in rows.items():
        yield sid, RefusedRow(key[0], int(key[1]) if len(key) == 2 else 0, cells, tuple(faults)), key


def _history_cells(engine: DuckDBEngine, snapshot: Snapshot, line: int) -> Cells:
    columns = ("domain", "scheme", "period", "state", "grade", "route", "status")
    rows = engine.rows(f"SELECT {', '.join(columns)} FROM {snapshot.history} WHERE row = {line}")
    return {name: value for name, value in zip(columns, rows[0], strict=True) if value is not None}


def known_domains(plan: Plan) -> frozenset[str]:
    """The domains of the library and of the plan."""
    return registry.domains() | {plan.scheme.domain}


def concerns(plan: Plan, row: RefusedRow, domains: Collection[str]) -> bool:
    """Whether a refused row could say anything under the plan: its domain, item, attribute or list may be read."""
    cells = row.cells
    if row.table in ("records", "history"):
        domain = canonical_code(str(cells.get("domain") or ""))
        if domain and domain != plan.scheme.domain and domain in domains:
            return False
    if row.table == "records":
        item = canonical_code(str(cells.get("item") or ""))
        is_open = not item or any(reason in ITEM_REASONS for reason in row.reasons)
        return is_open or item in plan.by_code
    if row.table == "attributes":
        return cells.get("name") in plan.scheme.attributes
    if row.table == "listings":
        read = {name for fact in plan.facts for name in fact.lists}
        return bool(read) and (cells.get("list") in read or any(column == "list" for _, column, _ in row.faults))
    return any(fact.of == "history" for fact in plan.facts)


def _judge(
    engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, rows: Mapping[int, Sequence[RefusedRow]], doubts: Doubts
) -> None:
    """Judge some subjects: blocked, marked or untouched."""
    space = Space(plan)
    listed = ", ".join(map(str, rows))
    bases: dict[int, Base] = {}
    for _, subject in subjects(engine, plan, f"x.sid IN ({listed})"):
        bases[int(subject.columns["sid"])] = Base.of(plan, subject)
    taken_in = _accepted(snapshot, plan, rows)
    groups = {sid: _grouped(rows[sid], taken_in.get(sid, {})) for sid in bases}
    typer = Typer(snapshot, plan)
    open_sids = [sid for sid in bases if bases[sid].outcome.state_reason not in ("out_of_scope", "no_feed")]
    for tries in (FIRST_TRIES, None):
        variants: dict[int, list[tuple[list[RefusedRow], list[Variant], bool]]] = {}
        for sid in open_sids:
            others = taken_in.get(sid, {})
            variants[sid] = [(group, *_variants(space, group, others, tries)) for group in groups[sid]]
        typer.take(variant for parts in variants.values() for _, listed, _ in parts for variant in listed)
        still_open = []
        for sid in open_sids:
            if not _settled(plan, bases[sid], variants[sid], typer, doubts, sid, last=tries is None):
                still_open.append(sid)
        open_sids = still_open


@dataclass(frozen=True)
class Base:
    """A subject without its refused rows: what it brings, its records assessed, and its outcome."""

    subject: Subject
    opened: Opening
    outcome: Outcome

    @classmethod
    def of(cls, plan: Plan, subject: Subject) -> Base:
        opened = opening(plan, subject)
        rows = [dict(record) for record in opened.records]
        return cls(subject, replace(opened, records=rows), settle(plan, subject, opening(plan, subject)))


def _settled(
    plan: Plan,
    base: Base,
    parts: Sequence[tuple[list[RefusedRow], list[Variant], bool]],
    typer: Typer,
    doubts: Doubts,
    sid: int,
    last: bool,
) -> bool:
    """Whether it is known by now what the refused rows of a subject do; notes it in `doubts`."""
    changing, touching = [], False
    classes: list[list[Reading]] = []
    is_complete = True
    for group, variants, complete in parts:
        is_complete &= complete
        kinds: dict[Any, Reading] = {}
        for variant in variants:
            reading = typer.reading(variant)
            outcome = outcome_with(plan, base, (reading,))
            touching |= outcome.ledger != base.outcome.ledger or _result(outcome) != _result(base.outcome)
            if _result(outcome) != _result(base.outcome):
                changing.append(group)
                break
            kinds.setdefault(_signature(plan, base, reading), reading)
        classes.append(list(kinds.values()))
    if changing:
        _block(doubts, sid, changing)
        return True
    if not last:
        return False
    number = 1
    for listed in classes:
        number *= max(1, len(listed))
    together = len(parts) > 1
    if (
        not is_complete
        or (together and number > MOST_VARIANTS)
        or (together and _changes_together(plan, base, classes))
    ):
        _block(doubts, sid, [group for group, _, _ in parts])
    elif touching:
        doubts.mark(sid, REFUSED)
    return True


def _changes_together(plan: Plan, base: Base, classes: Sequence[Sequence[Reading]]) -> bool:
    return any(_result(outcome_with(plan, base, readings)) != _result(base.outcome) for readings in product(*classes))


def _block(doubts: Doubts, sid: int, groups: Sequence[Sequence[RefusedRow]]) -> None:
    doubts.blocked.add(sid)
    doubts.mark(sid, REFUSED)
    doubts.counts.update(
        {
            (str(row.cells.get("source") or row.cells.get("domain") or ""), row.table, reason)
            for group in groups
            for row in group
            for reason in row.reasons
        }
    )


def _result(outcome: Outcome) -> tuple[str, str]:
    return outcome.state, outcome.grade


@dataclass(frozen=True)
class Reading:
    """A variant as the scheme takes it in: typed records, attributes, earlier grades and listings."""

    drops: frozenset[str]
    brings: Subject


def outcome_with(plan: Plan, base: Base, readings: Sequence[Reading]) -> Outcome:
    """The outcome of a subject with readings of its refused rows in their place."""
    subject = base.subject
    attributes, history, listings = dict(subject.attributes), list(subject.history), list(subject.listings)
    drops: set[str] = set()
    added: list[Mapping[str, Any]] = []
    for number, reading in enumerate(readings):
        drops |= reading.drops
        brought = reading.brings
        added += [{**record, "rk": f"{number}:{record['rk']}"} for record in brought.records]
        attributes |= {name: value for name, value in brought.attributes.items() if value is not None}
        history += brought.history
        listings += brought.listings
    changed = replace(subject, attributes=attributes, history=history, listings=listings)
    opened = base.opened if attributes == subject.attributes else opening(plan, changed)
    records = [dict(record) for record in opened.records if record["record_id"] not in drops]
    for record in added:
        assessed = assess(plan, record, opened.cycles)
        if assessed is not None:
            records.append(assessed)
    records.sort(key=lambda record: (record["day"], record["record_id"]))
    return settle(plan, changed, replace(opened, records=records))


def _signature(plan: Plan, base: Base, reading: Reading) -> Any:
    """What of a reading a result can depend on; readings that share it are one."""
    brought = reading.brings
    if brought.attributes or brought.history or brought.listings or reading.drops & _ids(base):
        return id(reading)
    facts = [fact for fact in plan.facts if fact.of == "records"]
    bases = {basis for item in plan.items for basis in (item.basis, *item.attributes)} | {fact.by for fact in facts}
    timed = [basis for basis in ("day", "month", "quarter", "year") if basis in bases]
    exact_day = any(fact.take in DERIVED_DAYS for fact in plan.facts)
    signature = []
    for record in brought.records:
        assessed = assess(plan, record, base.opened.cycles)
        if assessed is None or not assessed["seen"]:
            continue
        plain = {
            name: value
            for name, value in assessed.items()
            if not name.endswith(("_day", "_on"))
            and name
            not in (
                "rk",
                "row",
                "record_id",
                "sid",
                "day",
                "n_rows",
                "cycles",
                "corrections",
                "plan_item",
                "exempt",
                "group_rule",
            )
        }
        keys = tuple(bucket(basis, assessed) for basis in timed)
        taken = tuple(reads(fact, assessed, base.opened.lookups) for fact in facts)
        signature.append((str(sorted(plain.items(), key=str)), keys, taken, assessed["day"] if exact_day else None))
    return tuple(signature)


def _ids(base: Base) -> frozenset[str]:
    return frozenset(record["record_id"] for record in base.opened.records)


def _grouped(rows: Sequence[RefusedRow], accepted: Mapping[str, Sequence[Cells]]) -> list[list[RefusedRow]]:
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
            row = replace(row, cells=_filed(accepted[record_id]))
        records.setdefault(record_id, []).append(row)
    return [*records.values(), *groups]


def _filed(rows: Sequence[Cells]) -> Cells:
    return next((row for row in rows if (row.get("event") or "filed") == "filed"), rows[0])


def _variants(
    space: Space, group: list[RefusedRow], accepted: Mapping[str, Sequence[Cells]], tries: int | None
) -> tuple[list[Variant], bool]:
    """Readings of a group, the first `tries` of them or all, and whether these are all there are."""
    table = group[0].table
    if table != "records":
        readings, complete = options(space, group[0])
        cells = [row for row in readings if row is not None][:tries]
        return [Variant(frozenset(), table, (row,)) for row in cells], complete
    record_id = canonical_code(str(group[0].cells.get("record_id") or ""))
    own = accepted.get(record_id, ())
    filed = _filed(own) if own else None
    keys = {(row.cells.get("event_no"), row.cells.get("event")) for row in group}
    beside = [row for row in own if row is not filed or (row.get("event_no"), row.get("event")) not in keys]
    others = {name: rows for name, rows in accepted.items() if name != record_id}
    variants, complete = [], True
    for drops, rows, whole in islice(record_variants(space, group, beside, others), tries):
        variants.append(Variant(drops, table, tuple(rows)))
        complete &= whole
    return variants, complete


def _accepted(
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


class Typer:
    """Variants through intake and admission: what the scheme makes of their cells, each different one once."""

    def __init__(self, snapshot: Snapshot, plan: Plan) -> None:
        self.plan = plan
        self.known_is_given = plan.law_known_at is not None
        self.columns = set(plan.scheme.record_attributes)
        self._typed: dict[str, Subject] = {}

    def take(self, variants: Iterator[Variant]) -> None:
        """Type the variants that were not yet seen."""
        new: dict[str, list[Cells]] = {}
        tables: dict[str, str] = {}
        for variant in variants:
            key, rows = self._key(variant)
            if key not in self._typed and key not in new:
                new[key], tables[key] = rows, variant.table
        if new:
            self._typed.update(self._through_intake(new, tables))

    def reading(self, variant: Variant) -> Reading:
        """A variant as it was taken in."""
        key, rows = self._key(variant)
        typed = self._typed[key]
        names = [str(row.get("record_id") or "") for row in variant.rows]
        originals = dict(zip((str(row.get("record_id")) for row in rows), names, strict=True))
        records = [
            {**record, "record_id": originals[record["record_id"].partition(".")[2]]} for record in typed.records
        ]
        return Reading(variant.drops, replace(typed, records=records))

    def _key(self, variant: Variant) -> tuple[str, list[Cells]]:
        """The rows with ids of their own, which say nothing, and a text by which equal ones are known."""
        numbers: dict[str, str] = {}
        rows = []
        for cells in variant.rows:
            named = numbers.setdefault(str(cells.get("record_id") or ""), str(len(numbers)))
            left = {name: value for name, value in cells.items() if value is not None and name != "subject_id"}
            left = {name: value for name, value in left.items() if self._is_read(variant.table, name)}
            if variant.table == "records":
                left["record_id"] = named
            rows.append(left)
        return f"{variant.table} {json.dumps(rows, sort_keys=True)}", rows

    def _is_read(self, table: str, column: str) -> bool:
        from creditscore.records.tables import TABLES

        return column in TABLES[table].columns or (table == "records" and column in self.columns)

    def _through_intake(self, new: Mapping[str, list[Cells]], tables: Mapping[str, str]) -> dict[str, Subject]:
        import pyarrow as pa

        rows: dict[str, list[Cells]] = {"records": [], "attributes": [], "listings": [], "history": []}
        ids = {key: f"v{number}" for number, key in enumerate(new)}
        for key, listed in new.items():
            for number, cells in enumerate(listed):
                row = {**cells, "subject_id": ids[key]}
                if tables[key] == "records":
                    row["record_id"] = f"{ids[key]}.{cells['record_id']}"
                elif tables[key] == "listings":
                    row["listing_id"] = f"{ids[key]}.{number}"
                rows[tables[key]].append(row)

        def table(name: str) -> Any:
            from creditscore.records.tables import TABLES

            names = list(dict.fromkeys([*TABLES[name].required, *(column for row in rows[name] for column in row)]))
            return pa.table(
                {column: pa.array([row.get(column) for row in rows[name]], pa.string()) for column in names}
            )

        subjects_table = pa.table({"subject_id": pa.array(ids.values(), pa.string())})
        beside = {name: table(name) for name in ("attributes", "listings", "history") if rows[name]}
        small = ingest(subjects_table, table("records"), subject_ids="local", **beside)
        if not self.known_is_given:  # then all that was delivered is known
            for name, column in KNOWN.items():
                if self._has(small, name, column):  # a correction without a day of its own counts from that day
                    small.con.execute(f"UPDATE {name} SET {column} = least({column}, {self.plan.known_at})")
        engine = engine_of(small)
        take_in(engine, small, self.plan)
        typed = dict(subjects(engine, self.plan))
        small.con.close()
        return {key: typed[ids[key]] for key in new}

    @staticmethod
    def _has(snapshot: Snapshot, table: str, column: str) -> bool:
        from creditscore.records.snapshot import column_types

        return column in column_types(snapshot.con, table)


def put_input_state(engine: DuckDBEngine, doubts: Doubts | None, marks: Collection[str] = ()) -> None:
    """Show on `result_grades` what was found: states, `input_state` and the grade without the refused rows.

    `marks`: codes that hold for the whole run. Without doubts, as in runs of earlier versions, both columns are empty.
    """
    if doubts is None:
        nothing = "CAST(NULL AS VARCHAR) AS input_state, CAST(NULL AS VARCHAR) AS grade_without"
        engine.con.execute("ALTER VIEW result_grades RENAME TO computed_grades")
        engine.view("result_grades", f"SELECT g.*, {nothing} FROM computed_grades g")
        return
    every = sorted({*doubts.everyone, *marks})
    general = literal(";".join(every) or WHOLE)
    engine.con.execute("ALTER VIEW result_grades RENAME TO computed_grades")
    without = "CAST(NULL AS VARCHAR) AS grade_without"
    if not doubts.marks:
        engine.view("result_grades", f"SELECT g.*, {general} AS input_state, {without} FROM computed_grades g")
        return
    sids = sorted(doubts.marks)
    engine.table(
        "doubt",
        {
            "sid": ("INTEGER", sids),
            "blocked": ("BOOLEAN", [sid in doubts.blocked for sid in sids]),
            "marks": ("VARCHAR", [";".join(sorted({*doubts.marks[sid], *every})) for sid in sids]),
        },
    )
    emptied = ", ".join(
        f"CASE WHEN d.blocked THEN NULL ELSE g.{name} END AS {name}"
        for name in ("score", "score_low", "score_high", "grade", "route", "margin")
    )
    engine.view(
        "result_grades",
        "SELECT g.* REPLACE (CASE WHEN d.blocked THEN 'not_computable' ELSE g.state END AS state, "
        f"CASE WHEN d.blocked THEN '{BLOCKED}' ELSE g.state_reason END AS state_reason, {emptied}), "
        f"COALESCE(d.marks, {general}) AS input_state, CASE WHEN d.blocked THEN g.grade END AS grade_without "
        "FROM computed_grades g LEFT JOIN (SELECT s.subject_id, x.* FROM doubt x JOIN subjects s ON s.sid = x.sid) d "
        "ON d.subject_id = g.subject_id ORDER BY g.subject_id",
    )
