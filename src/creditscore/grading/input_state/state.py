"""What refused rows leave open: the subjects whose grade an admissible reading of such a row could change.

Also what a written grading says of it, read as SQL also from those of earlier versions, which say nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any

from creditscore.core.identity import canonical_code
from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.input_state.play_readings import Base, changes_together, signature_of, stands
from creditscore.grading.input_state.refused_rows import (
    accepted_rows,
    count_refused,
    filed_row,
    group_rows,
    named_subjects,
    refused_rows,
)
from creditscore.grading.input_state.typed_variants import Reading, Typer, Variant
from creditscore.grading.input_state.variants import MOST_VARIANTS, Cells, RefusedRow, Space, options, record_variants
from creditscore.grading.plan import Plan
from creditscore.grading.quarantine import Refusals
from creditscore.grading.replay import subjects
from creditscore.records import Snapshot
from creditscore.records.refused import UNATTRIBUTED

if TYPE_CHECKING:
    import duckdb

NOT_OVER = "period_not_over"

WHOLE = "whole"
REFUSED, ACCEPTED = "refused_rows", "accepted_rows"
BLOCKED = "refused_rows"  # the reason of a state that refused rows leave open
MOST_ROWS = 50_000  # refused rows of a run whose readings are tried
CHUNK = 2_000  # subjects that are looked at together
MOST_FAULTS = 8  # of one row, found one after the other
FIRST_TRIES = 4  # readings of a row that are tried before all of them are made
KNOWN = {"log_rows": "known_day", "attributes": "known_day", "listings": "known_day", "history": "known_day"}


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
    that its order does not matter. Where more than `MOST_ROWS` rows were refused, a feed is broken and not a row: then
    no reading is tried, and every grade that such a row names is open.
    """
    doubts = Doubts()
    if count_refused(engine, snapshot, refusals) > MOST_ROWS:
        return _block_all(engine, snapshot, plan, refusals, doubts)
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


def _block_all(engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, refusals: Refusals, doubts: Doubts) -> Doubts:
    """Leave every grade open that a refused row names."""
    for sid, feed, table, reason in named_subjects(engine, snapshot, plan, refusals):
        if sid is None:
            doubts.everyone.add(UNATTRIBUTED)
        else:
            doubts.blocked.add(sid)
            doubts.mark(sid, REFUSED)
            doubts.counts[feed, table, reason] += 1
    return doubts


def _judge(
    engine: DuckDBEngine, snapshot: Snapshot, plan: Plan, rows: Mapping[int, Sequence[RefusedRow]], doubts: Doubts
) -> None:
    """Judge some subjects: blocked, marked or untouched."""
    space = Space(plan)
    listed = ", ".join(map(str, rows))
    bases: dict[int, Base] = {}
    for _, subject in subjects(engine, plan, f"x.sid IN ({listed})"):
        bases[int(subject.columns["sid"])] = Base.of(plan, subject)
    taken_in = accepted_rows(snapshot, plan, rows)
    groups = {sid: group_rows(rows[sid], taken_in.get(sid, {})) for sid in bases}
    typer = Typer(snapshot, plan)
    open_sids = [sid for sid in bases if bases[sid].outcome.state_reason not in ("out_of_scope", "no_feed")]
    for tries in (FIRST_TRIES, None):
        variants: dict[int, list[tuple[list[RefusedRow], list[Variant], bool]]] = {}
        for sid in open_sids:
            others = taken_in.get(sid, {})
            variants[sid] = [(group, *_variants(space, group, others, tries)) for group in groups[sid]]
        typer.take(variant for parts in variants.values() for _, listed, _ in parts for variant in listed)
        _mend_further(space, typer, variants, tries)
        still_open = []
        for sid in open_sids:
            if not _settled(plan, bases[sid], variants[sid], typer, doubts, sid, last=tries is None):
                still_open.append(sid)
        open_sids = still_open


def _mend_further(
    space: Space,
    typer: Typer,
    variants: Mapping[int, list[tuple[list[RefusedRow], list[Variant], bool]]],
    tries: int | None,
) -> None:
    """Add to the readings of each group those in which what the scheme refuses next is mended too."""
    most = tries or MOST_VARIANTS
    latest = {(sid, place): part[1] for sid, parts in variants.items() for place, part in enumerate(parts)}
    for _ in range(MOST_FAULTS):
        for (sid, place), listed in latest.items():
            group, known, complete = variants[sid][place]
            further = list(islice((more for variant in listed for more in typer.mended(space, variant)), most + 1))
            latest[sid, place] = further[:most]
            variants[sid][place] = (group, [*known, *further[:most]], complete and len(further) <= most)
        latest = {key: listed for key, listed in latest.items() if listed}
        if not latest:
            return
        typer.take(variant for listed in latest.values() for variant in listed)
    for sid, place in latest:
        variants[sid][place] = (*variants[sid][place][:2], False)


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
            signature = signature_of(plan, base, reading)
            if signature in kinds:
                continue
            kinds[signature] = reading
            changes, touches = base.effect_of(plan, signature, reading)
            touching |= touches
            if changes:
                changing.append(group)
                break
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
    if not is_complete or (together and number > MOST_VARIANTS):
        touching = True
        is_open = not stands(plan, base, parts, classes)
    else:
        is_open = together and changes_together(plan, base, classes)
    if is_open:
        _block(doubts, sid, [group for group, _, _ in parts])
    elif touching:
        doubts.mark(sid, REFUSED)
    return True


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
    filed = filed_row(own) if own else None
    keys = {(row.cells.get("event_no"), row.cells.get("event")) for row in group}
    beside = [row for row in own if row is not filed or (row.get("event_no"), row.get("event")) not in keys]
    others = {name: rows for name, rows in accepted.items() if name != record_id}
    variants, complete = [], True
    for drops, rows, whole in islice(record_variants(space, group, beside, others), tries):
        variants.append(Variant(drops, table, tuple(rows)))
        complete &= whole
    return variants, complete


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


def input_column(con: duckdb.DuckDBPyConnection, rows: str, name: str = "input_state") -> str:
    """SQL for a column of some rows of grades that not every version writes, as text; null where it is not there."""
    there = {column for column, *_ in con.execute(f"DESCRIBE SELECT * FROM {rows}").fetchall()}
    return f"CAST({name} AS VARCHAR)" if name in there else "CAST(NULL AS VARCHAR)"


def runs_of(manifest: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The manifest of each scheme of a written grading."""
    return list(manifest.get("schemes", {"": manifest}).values())


def blocked_rows(runs: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """How many grades refused rows leave open, by feed, table and reason, over all runs; the most first."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for run in runs:
        for row in run.get("blocked_grades", ()):
            counts[str(row["feed"]), str(row["table"]), str(row["reason"])] += int(row["grades"])
    names = ("feed", "table", "reason")
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{**dict(zip(names, key, strict=True)), "grades": count} for key, count in ordered]


def marks_of_runs(runs: Iterable[Mapping[str, Any]]) -> list[str]:
    """The marks that every grade of some run carries; `unstated` where a run of an earlier version states none."""
    marks = set()
    for run in runs:
        marks |= set(run.get("input_marks", ())) if "blocked_grades" in run else {"unstated"}
    return sorted(marks)
