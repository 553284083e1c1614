"""Give subjects of a finished grading to the reference interpreter, with all that was admitted for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from creditscore.core.tables.table import literal
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.load_inputs import engine_of, take_in
from creditscore.grading.plan import Plan
from creditscore.grading.result import Grading
from creditscore.records import Snapshot


def replay(grading: Grading, subject_ids: list[str] | None = None) -> Iterator[tuple[str, Outcome]]:
    """(subject_id, outcome) in order of subject_id; all subjects unless some are named."""
    for subject_id, subject in inputs(grading, subject_ids):
        yield subject_id, grade_subject(grading.plan, subject)


def inputs(grading: Grading, subject_ids: list[str] | None = None) -> Iterator[tuple[str, Subject]]:
    """What each subject brings, as admitted (refused rows are not among it)."""
    chosen = ""
    if subject_ids is not None:
        listed = ", ".join(map(literal, subject_ids))
        chosen = f"x.sid IN (SELECT s.sid FROM subjects s WHERE s.subject_id IN ({listed or 'NULL'}))"
    yield from subjects(DuckDBEngine(grading.con), grading.plan, chosen)


def admitted(snapshot: Snapshot, plan: Plan) -> Iterator[tuple[str, Subject]]:
    """What each subject of the snapshot brings under a plan, without grading it."""
    con = snapshot.con.cursor()  # what is made here is seen by no run
    try:
        snapshot = replace(snapshot, con=con)
        engine = engine_of(snapshot)
        take_in(engine, snapshot, plan)
        yield from subjects(engine, plan)
    finally:
        con.close()


def subjects(engine: DuckDBEngine, plan: Plan, where: str = "") -> Iterator[tuple[str, Subject]]:
    """What subjects bring, of the relations that stand in the engine; `where`: SQL over the subject's `x.sid`."""
    chosen = f" WHERE {where}" if where else ""
    rows = _dicts(engine, f"SELECT x.* FROM subject x{chosen} ORDER BY x.sid")
    few = f" WHERE rk IN (SELECT x.rk FROM admitted x{chosen})" if where else ""
    corrections: dict[int, list[tuple[int, int]]] = {}
    for rk, day, share in engine.rows(f"SELECT rk, day, share FROM corrections{few} ORDER BY rk, day, share"):
        corrections.setdefault(rk, []).append((day, share))
    codes = dict(engine.rows("SELECT code, name FROM item_name"))
    records = _by_sid(_dicts(engine, f"SELECT x.* FROM admitted x{chosen}"))
    attributes = _by_sid(_dicts(engine, f"SELECT x.* FROM attribute x{chosen}")) if plan.scheme.attributes else {}
    history = _by_sid(_dicts(engine, f"SELECT x.* FROM past x{chosen}"))
    listings = _by_sid(_dicts(engine, f"SELECT x.* FROM listed x{chosen}"))
    for row in rows:
        sid = row["sid"]
        yield (
            row["subject_id"],
            Subject(
                columns={key: value for key, value in row.items() if value is not None},
                attributes={
                    key[2:]: value
                    for key, value in next(iter(attributes.get(sid, [])), {}).items()
                    if key.startswith("d_")
                },
                records=[_record(record, codes, corrections) for record in records.get(sid, [])],
                history=[
                    {key: value if value is not None else "" for key, value in row.items()}
                    for row in history.get(sid, [])
                ],
                listings=listings.get(sid, []),
                fed=row["fed"],
            ),
        )


def _record(
    row: dict[str, Any], codes: dict[int, str], corrections: dict[int, list[tuple[int, int]]]
) -> dict[str, Any]:
    typed = {key[2:]: value for key, value in row.items() if key.startswith("t_")}
    return {**row, **typed, "item": codes[row["item"]], "corrections": corrections.get(row["rk"], [])}


def _dicts(engine: DuckDBEngine, sql: str) -> list[dict[str, Any]]:
    cursor = engine.con.execute(sql)
    names = [column[0] for column in cursor.description or []]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _by_sid(rows: list[dict[str, Any]]) -> dict[int, list[dict[str, Any]]]:
    grouped: dict[int, list[dict[str, Any]]] = {}
    for row in rows:
        grouped.setdefault(row["sid"], []).append(row)
    return grouped
