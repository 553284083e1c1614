"""Step one against a scheme: type the record attributes, refuse what the scheme cannot read, prepare the relations."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

from creditscore.core.quantities import MICRO
from creditscore.core.tables import cell_sql
from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.feeds import fed_condition
from creditscore.grading.history import put_past
from creditscore.grading.interpreter.assess import day_column
from creditscore.grading.plan import Plan
from creditscore.grading.population.compile import measure_table, reached_table
from creditscore.grading.population.sql_records import days_of, reads_correction, switch_day
from creditscore.grading.quarantine import Refusals
from creditscore.grading.scope import Scope, refuse_domains, refuse_lists, refuse_side_domains
from creditscore.records import Snapshot
from creditscore.records.fold import Folded
from creditscore.schemes.expressions import to_sql
from creditscore.schemes.parts import DATES
from creditscore.schemes.types import MOMENTS, record_names

TRUE = "('true', '1', 'yes', 'y', 't', '是', '有')"
MOST_RATIO = 10**13  # a number that is added to points; a hundred times it is still a sum of points
FALSE = "('false', '0', 'no', 'n', 'f', '否', '无')"


class Check(NamedTuple):
    """What can be wrong with a record: the SQL that finds it, reason and column, and what may stand there."""

    condition: str
    reason: str
    column: str
    allowed: str = ""


@dataclass(frozen=True)
class Admitted:
    """Row counts of the records after admission; the relations `all_admitted`, `all_subject` … stand in the engine."""

    rows: int
    other_domain: int
    other_scheme: int
    refused: int


def typed(kind: str, text: str) -> str:
    """A text as the declared type, NULL when it is not of it: numbers in 10⁻⁶, dates as days."""
    if kind == "number":
        exact = f"TRY_CAST({text} AS DECIMAL(18,6))"
        return f"CASE WHEN {exact} = TRY_CAST({text} AS DECIMAL(38,18)) THEN CAST(CAST({exact} AS DECIMAL(38,6)) * {MICRO} AS BIGINT) END"
    if kind == "date":
        return f"NULLIF({cell_sql.day(text, 'VARCHAR')}, {cell_sql.BAD_DAY})"
    if kind == "bool":
        return f"CASE WHEN LOWER({text}) IN {TRUE} THEN TRUE WHEN LOWER({text}) IN {FALSE} THEN FALSE END"
    return text


def admit(
    engine: DuckDBEngine, snapshot: Snapshot, folded: Folded, plan: Plan, refusals: Refusals, scope: Scope
) -> Admitted:
    """Create `all_admitted`: the folded records of the scheme's domain with typed attributes, less the refused ones."""
    domain = plan.scheme.domain
    code = snapshot.domains.index(domain) if domain in snapshot.domains else -1
    here = f"(f.domain IS NULL OR f.domain = {code})" if snapshot.domains else "TRUE"
    columns, faults = _attributes(snapshot, plan)
    codes = {item: k for k, item in enumerate(snapshot.items)}
    corrected = ""
    if reads_correction(plan):
        corrected = ", (SELECT MAX(c.day) FROM corrections c WHERE c.rk = f.rk) AS last_corrected_day"
    shorthand = _shorthand(engine, snapshot, plan)
    left = sorted(codes[item] for item in plan.beside if item in codes)
    beside = f"f.item IN ({', '.join(map(str, left))})" if left else "FALSE"
    status = ""
    if plan.until is not None:  # a repair after the day of grading has not happened yet
        later = f"f.status = 2 AND COALESCE(f.status_day, {plan.until}) > {plan.until}"
        status = f" REPLACE (CASE WHEN {later} THEN CAST(0 AS UTINYINT) ELSE f.status END AS status)"
    base = f"SELECT f.*{status} {columns}{corrected} FROM {folded.folded} f WHERE {here} AND NOT {beside}"
    extra = ""
    rows = f"SELECT COALESCE(SUM(n_rows), 0) FROM {folded.folded} f WHERE"
    other = engine.rows(f"{rows} NOT {here}")[0][0] if snapshot.domains else 0
    strange = refuse_domains(engine, snapshot, folded, refusals, scope)
    aside = engine.rows(f"{rows} {here} AND {beside}")[0][0] if left else 0
    faults += _items(engine, plan, codes, refusals)
    faults += _requirements(snapshot, plan, codes)
    engine.view("typed" if not plan.derived else "given", base)
    if plan.derived:
        _derive(engine, plan)
    total, refused = _refuse(engine, plan, faults, refusals)
    sql = _measured(engine, plan, codes)
    if refused:
        sql += f" WHERE NOT ({' OR '.join(condition for condition, *_ in faults)})"
    if shorthand:
        extra = f" UNION ALL BY NAME {shorthand}"
    engine.view("all_admitted", sql + extra)
    return Admitted(int(total) + strange, int(other) - strange, int(aside), refused + strange)


def _derive(engine: DuckDBEngine, plan: Plan) -> None:
    """`typed`: the given records with the dates that follow from other dates of the record."""
    joins, columns = "", []
    for k, bound_date in enumerate(plan.derived):
        day = (
            f'g."t_{bound_date.of}"'
            if bound_date.of in plan.scheme.record_attributes
            else f"g.{day_column(bound_date.of)}"
        )
        days = engine.rows(f"SELECT DISTINCT {day} FROM given g WHERE {day} IS NOT NULL ORDER BY 1")
        engine.table(f"reached_{k}", reached_table(bound_date.reach, [row[0] for row in days]))
        joins += f" LEFT JOIN reached_{k} r{k} ON r{k}.day = {day}"
        columns.append(f'r{k}.reached AS "t_{bound_date.name}"')
    engine.view("typed", f"SELECT g.* REPLACE ({', '.join(columns)}) FROM given g{joins}")


def _measured(engine: DuckDBEngine, plan: Plan, codes: dict[str, int]) -> str:
    """The typed records; where an item takes its quantity from a word, the quantity that the word stands for."""
    attributes = sorted({item.measure[0] for item in plan.items if item.measure})
    if not attributes:
        return "SELECT t.* FROM typed t"
    engine.table("measure", measure_table(plan, codes))
    joins = "".join(
        f" LEFT JOIN measure m{k} ON m{k}.name = '{name}' AND m{k}.code = t.item AND m{k}.level = t.\"t_{name}\""
        for k, name in enumerate(attributes)
    )
    given = ", ".join(f"m{k}.quantity" for k in range(len(attributes)))
    return f"SELECT t.* REPLACE (COALESCE({given}, t.quantity) AS quantity) FROM typed t{joins}"


def _attributes(snapshot: Snapshot, plan: Plan) -> tuple[str, list[Check]]:
    """Typed columns `t_<name>`, and for each the condition, reason and column of its faults."""
    columns, faults = "", []
    kinds = {"number": "BIGINT", "date": "INTEGER", "bool": "BOOLEAN", "text": "VARCHAR"}
    for name, attribute in plan.scheme.record_attributes.items():
        if name not in snapshot.attribute_columns or attribute.of is not None:
            columns += f', CAST(NULL AS {kinds[attribute.type]}) AS "t_{name}"'
            continue
        raw = f'f."a_{name}"'
        columns += f', {typed(attribute.type, raw)} AS "t_{name}"'
        checks = [f't."t_{name}" IS NULL']
        if attribute.allowed:
            allowed = ", ".join(map(literal, attribute.allowed))
            checks.append(f't."t_{name}" NOT IN ({allowed})')
        if attribute.least is not None:
            checks.append(f't."t_{name}" < {int(attribute.least * MICRO)}')
        if attribute.most is not None:
            checks.append(f't."t_{name}" > {int(attribute.most * MICRO)}')
        if any(item.plus == name for item in plan.items):
            checks.append(f't."t_{name}" NOT BETWEEN {-MOST_RATIO} AND {MOST_RATIO}')
        levels = {level for level, _ in _words(plan, name)}
        if levels:
            shown = ", ".join(map(literal, sorted(levels)))
            checks.append(f't."t_{name}" NOT IN ({shown})')
        if attribute.type != "text" or len(checks) > 1:
            text = may_be(attribute, levels)
            faults.append(Check(f't."a_{name}" IS NOT NULL AND ({" OR ".join(checks)})', "bad_attribute", name, text))
    return columns, faults


def _items(engine: DuckDBEngine, plan: Plan, codes: dict[str, int], refusals: Refusals) -> list[Check]:
    """Faults of items: unknown to the scheme, or known only to another version while inside this period."""
    known = {item.code for item in plan.items} | plan.beside
    foreign = {codes[item] for item in codes if item in plan.foreign}
    unknown = {codes[item] for item in codes if item not in known and item not in plan.foreign}
    faults = []
    for item in sorted(item for item in codes if codes[item] in unknown and f"0{item}" in known):
        unknown.discard(codes[item])
        near = f"0{item} (a spreadsheet cuts a zero in front; export the column as text)"
        faults.append(Check(f"t.item = {codes[item]}", "unknown_item", "item", near))
    if unknown:
        faults.append(Check(f"t.item IN ({', '.join(map(str, sorted(unknown)))})", "unknown_item", "item"))
    if foreign:
        listed = ", ".join(map(str, sorted(foreign)))
        faults.append(Check(f"t.item IN ({listed}) AND {_inside(plan)}", "item_not_in_version", "item"))
    clocks = {item.clock for item in plan.items if item.code in codes}
    if clocks:
        none = (
            " OR ".join(
                f"(t.item IN ({', '.join(str(codes[i.code]) for i in plan.items if i.clock == clock and i.code in codes)}) "
                f"AND {days_of(plan, clock, 't')} IS NULL)"
                for clock in sorted(clocks)
            )
            if len(clocks) > 1
            else f"{days_of(plan, next(iter(clocks)), 't')} IS NULL"
        )
        faults.append(Check(none, "missing_date", " or ".join(plan.clocks[min(clocks)])))
    return [*faults, *_switched(plan, codes)]


def _switched(plan: Plan, codes: dict[str, int]) -> list[Check]:
    """Records without the date by which the variants of their item are told apart, or after the last of them."""
    faults = []
    for code, variants in plan.by_code.items():
        if code in codes and all(variant.switch for variant in variants):
            days = {variant.switch: switch_day(plan, variant.switch or "", "t") for variant in variants}
            # before its first day an item was not in force; after its last the record carries an old code
            over = " AND ".join(f"{days[variant.switch]} > {variant.switch_hi}" for variant in variants)
            undated = f"COALESCE({', '.join(days.values())}, NULL) IS NULL"
            faults.append(Check(f"t.item = {codes[code]} AND {undated}", "missing_date", " or ".join(map(str, days))))
            late = f"t.item = {codes[code]} AND COALESCE({over}, FALSE) AND {_inside(plan)}"
            faults.append(Check(late, "item_not_in_version", "item"))
    return faults


def _inside(plan: Plan) -> str:
    """Whether a record of the default clock lies in the default window; without a date it may."""
    window = plan.default_window
    return f"COALESCE({days_of(plan, plan.default_clock, 't')}, {window.lo}) BETWEEN {window.lo} AND {window.hi}"


def _requirements(snapshot: Snapshot, plan: Plan, codes: dict[str, int]) -> list[Check]:
    needed: dict[str, set[int]] = {}
    for item in plan.items:
        for name in item.requires:
            if item.code in codes:
                needed.setdefault(name, set()).add(codes[item.code])

    def absent(name: str) -> str:
        given = name in snapshot.attribute_columns and name in plan.scheme.record_attributes
        derived = given and plan.scheme.record_attributes[name].of is not None
        return f't."a_{name}" IS NULL' if given and not derived else f"{_column(plan, name)} IS NULL"

    missing = [  # a value that cannot be read is a fault of its own
        Check(f"t.item IN ({', '.join(map(str, sorted(items)))}) AND {absent(name)}", "missing_attribute", name)
        for name, items in sorted(needed.items())
    ]
    strange = [  # a word that means something for another item only
        Check(
            f't.item = {codes[item.code]} AND COALESCE(t."t_{name}" NOT IN ({_texts(words)})'
            f' AND t."t_{name}" IN ({_texts(_words(plan, name))}), FALSE)',
            "bad_attribute",
            name,
            ", ".join(word for word, _ in words),
        )
        for item in plan.items
        for name, words in [item.measure or ("", ()), (item.of or "", item.levels)]
        if words and item.code in codes and item.switch is None
    ]
    other = [
        Check(
            f"t.item = {codes[item.code]} AND NOT {to_sql(item.accepts, _Given(plan, item.code).__getitem__)}",
            "not_this_item",
            "item",
        )
        for item in plan.items
        if item.accepts is not None and item.code in codes and item.switch is None
    ]
    return missing + strange + other


def _words(plan: Plan, name: str) -> list[tuple[str, int]]:
    """The words that items read from a record attribute."""
    read = [pair for item in plan.items if item.of == name for pair in item.levels]
    return read + [pair for item in plan.items if item.measure and item.measure[0] == name for pair in item.measure[1]]


def may_be(attribute: Any, words: Collection[str] = ()) -> str:
    """What an attribute may be, in words: those it allows, those that items read, else its type and range."""
    if attribute.allowed or words:
        return ", ".join(word for word in attribute.allowed or sorted(words) if not words or word in words)
    least, most = getattr(attribute, "least", None), getattr(attribute, "most", None)
    ranges = [f"{word} {end}" for word, end in (("from", least), ("to", most)) if end is not None]
    plain = {"number": "a number with at most 6 decimals", "date": "a date (YYYY-MM-DD)", "bool": "true or false"}
    return " ".join([plain.get(attribute.type, "text"), *ranges])


def _texts(words: Iterable[tuple[str, int]]) -> str:
    return ", ".join(literal(word) for word, _ in words)


def _column(plan: Plan, name: str) -> str:
    if name in plan.scheme.record_attributes:
        return f't."t_{name}"'
    return f"t.{day_column(name) if name in DATES else name}"


class _Given(dict[str, str]):
    """What a condition on an incoming record may name → its SQL."""

    def __init__(self, plan: Plan, item: str) -> None:
        kinds = record_names(plan.scheme, assessed=False)
        silent = {"text": "''", "number": "0", "bool": "FALSE"}
        for name, kind in kinds.items():
            if name in MOMENTS:
                continue  # already a day in the condition
            sql = literal(item) if name == "item" else _column(plan, name)
            self[name] = sql if kind == "date" else f"COALESCE({sql}, {silent[kind]})"


def _refuse(engine: DuckDBEngine, plan: Plan, faults: list[Check], refusals: Refusals) -> tuple[int, int]:
    """List every fault of every row; returns the number of rows, and of refused rows."""
    any_fault = " OR ".join(f"({condition})" for condition, *_ in faults) or "FALSE"
    sums = [any_fault, *(condition for condition, *_ in faults)]
    counts = ", ".join(f"COALESCE(SUM(CASE WHEN {condition} THEN n_rows ELSE 0 END), 0)" for condition in sums)
    total, refused, *fault_counts = engine.rows(f"SELECT COALESCE(SUM(n_rows), 0), {counts} FROM typed t")[0]
    for (condition, reason, column, allowed), count in zip(faults, fault_counts, strict=True):
        if count:
            value = {
                "item": "i.name",
                **{name: f't."a_{name}"' for name in plan.scheme.record_attributes},
            }.get(column, "NULL")
            if reason == "missing_attribute":
                value = "NULL"
            refusals.records(
                f"FROM typed t LEFT JOIN item_name i ON i.code = t.item JOIN subjects s ON s.sid = t.sid WHERE {condition}",
                reason,
                column,
                value,
                allowed,
            )
    return int(total), int(refused)


def _shorthand(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan) -> str:
    """An attribute that stands for one record, as that record."""
    parts = []
    n = len(plan.scheme.shorthand_records)
    for k, (attribute, item) in enumerate(plan.scheme.shorthand_records.items()):
        if item not in {item.code for item in plan.items}:
            continue
        code = (
            snapshot.items.index(item)
            if item in snapshot.items
            else len(snapshot.items) + list(plan.scheme.shorthand_records.values()).index(item)
        )
        parts.append(
            f"SELECT -1 - (a.sid * {n} + {k}) AS rk, a.sid, '{attribute}' AS record_id, CAST({code} AS SMALLINT) AS item, "
            f"{typed('date', 'a.value')} AS event_day, a.known_day, CAST({MICRO} AS BIGINT) AS quantity, CAST(0 AS UTINYINT) AS status, "
            f"FALSE AS disputed, 0 AS n_rows FROM {snapshot.attributes} a WHERE a.name = '{attribute}' "
            f"AND {typed('date', 'a.value')} IS NOT NULL AND COALESCE(a.known_day, {plan.known_at}) <= {plan.known_at}"
        )
    return " UNION ALL BY NAME ".join(parts)


def shorthand_codes(snapshot: Snapshot, plan: Plan) -> dict[str, int]:
    """Item → code: those of the snapshot, and new ones for items that only a shorthand brings."""
    codes = {item: k for k, item in enumerate(snapshot.items)}
    for k, item in enumerate(plan.scheme.shorthand_records.values()):
        codes.setdefault(item, len(snapshot.items) + k)
    return codes


def prepare_subjects(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, refusals: Refusals, scope: Scope) -> None:
    """The relations `all_subject`, `all_attribute`, `all_past` and `all_listed`: what is known of each subject on the day."""
    known = f"COALESCE(x.known_day, {plan.known_at}) <= {plan.known_at}"
    fed = fed_condition(engine, snapshot, plan)
    engine.view("all_subject", f"SELECT s.*, {fed} AS fed FROM {snapshot.subjects} s")
    _attribute_values(engine, snapshot, plan, refusals, known)
    put_past(engine, snapshot, plan, refusals, known)
    refuse_side_domains(engine, snapshot, refusals, scope)
    strange = refuse_lists(engine, snapshot, refusals, scope)
    allowed = f" AND x.list NOT IN ({', '.join(map(literal, strange))})" if strange else ""
    engine.view("all_listed", f"SELECT x.* FROM {snapshot.listings} x WHERE {known}{allowed}")


def _attribute_values(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, refusals: Refusals, known: str) -> None:
    if not plan.scheme.attributes:
        return
    day = plan.as_of
    listed = ", ".join(f"'{name}'" for name in plan.scheme.attributes)
    values = " ".join(
        f"WHEN '{name}' THEN ({typed(a.type, 'x.value')}) IS NULL" + _not_allowed(a)
        for name, a in plan.scheme.attributes.items()
    )
    bad = f"CASE x.name {values} END"
    scope = f"FROM {snapshot.attributes} x WHERE x.name IN ({listed}) AND x.value IS NOT NULL"
    if engine.rows(f"SELECT COUNT(*) {scope} AND {bad}")[0][0]:
        refusals.attributes(
            f"FROM {snapshot.attributes} x JOIN subjects s ON s.sid = x.sid WHERE x.name IN ({listed}) AND x.value IS NOT NULL AND {bad}",
            {name: may_be(attribute) for name, attribute in plan.scheme.attributes.items()},
        )
    ranked = (
        "SELECT x.sid, x.name, x.value, ROW_NUMBER() OVER (PARTITION BY x.sid, x.name ORDER BY COALESCE(x.from_day, -1000000) DESC, "
        f"COALESCE(x.known_day, -1000000) DESC, x.value) AS n {scope} AND {known} AND COALESCE(x.from_day, {day}) <= {day} "
        f"AND COALESCE(x.to_day, {day}) >= {day} AND NOT {bad}"
    )

    def pick(name: str, kind: str) -> str:
        value = typed(kind, f"CASE WHEN r.name = '{name}' THEN r.value END")
        return f'BOOL_OR({value}) AS "d_{name}"' if kind == "bool" else f'MAX({value}) AS "d_{name}"'

    columns = ", ".join(pick(name, attribute.type) for name, attribute in plan.scheme.attributes.items())
    engine.view("all_attribute", f"SELECT r.sid, {columns} FROM ({ranked}) r WHERE r.n = 1 GROUP BY r.sid")


def _not_allowed(attribute: object) -> str:
    allowed = getattr(attribute, "allowed", None)
    if not allowed:
        return ""
    return f" OR x.value NOT IN ({', '.join(map(literal, allowed))})"
