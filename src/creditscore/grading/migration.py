"""Who moves when one set of rules takes the place of another: the same subjects under both.

A `Side` is one small interface for whatever gives grades: a scheme version over a snapshot, or a composite.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.grading.grade import grade, moment_of
from creditscore.grading.result import Grading
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme

if TYPE_CHECKING:
    import pyarrow as pa

ABSENT = "absent"  # a subject that only the other side knows
WORSE, BETTER, SAME, GAINED, LOST, OTHER = "worse", "better", "same", "gained", "lost", "other"
DIRECTIONS = (WORSE, BETTER, GAINED, LOST, OTHER, SAME)


@dataclass(frozen=True)
class Side:
    """Grades of all subjects under one set of rules.

    `table`: `subject_id`; `grade`, or why there is none; `score`, a decimal with 6 places, null where there is
    none. `grades`: the codes, best first. `parts` gives the rows of some subjects behind their scores:
    `subject_id, step, record_id, item, effective, rule, article, reason`.
    """

    name: str
    grades: tuple[str, ...]
    table: pa.Table = field(repr=False)
    lower_is_better: bool = False
    parts: Callable[[pa.Table], pa.Table] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Movement:
    """Grades or states under both: how many from each to each, and every subject that changes.

    `pairs`: `subject_id, before, after, score_before, score_after`, sorted by subject.
    """

    names: tuple[str, ...]  # grades of both, best first, then states
    matrix: dict[tuple[str, str], int]
    moved: tuple[tuple[str, str, str], ...]  # subject, before, after
    subjects: int
    pairs: pa.Table = field(repr=False)


def movement(
    a: Scheme, b: Scheme, snapshot: Any, period: int | str | None = None, as_of: date | str | None = None
) -> Movement:
    """Grade the snapshot under both, each as if it governed the period; refused records are left to `grade`."""
    return compare(*(side(scheme, snapshot, period, as_of) for scheme in (a, b)))


def compare(a: Side, b: Side) -> Movement:
    """Who moves from one side to the other; a subject that one of them does not know is `absent` there."""
    import duckdb

    con = duckdb.connect()
    con.register("a", a.table)
    con.register("b", b.table)
    con.execute(
        "CREATE TABLE pairs AS SELECT coalesce(a.subject_id, b.subject_id) AS subject_id,"
        f" coalesce(a.grade, '{ABSENT}') AS before, coalesce(b.grade, '{ABSENT}') AS after,"
        " a.score AS score_before, b.score AS score_after FROM a FULL JOIN b ON a.subject_id = b.subject_id"
    )
    pairs = con.sql("SELECT * FROM pairs ORDER BY subject_id").to_arrow_table()
    counted = con.execute("SELECT before, after, count(*) FROM pairs GROUP BY ALL ORDER BY ALL").fetchall()
    moved = con.execute(
        "SELECT subject_id, before, after FROM pairs WHERE before <> after ORDER BY subject_id"
    ).fetchall()
    con.close()
    matrix = {(before, after): int(n) for before, after, n in counted}
    codes = dict.fromkeys(in_order(a.grades, b.grades) or (*a.grades, *b.grades))
    states = sorted({name for pair in matrix for name in pair} - set(codes))
    return Movement((*codes, *states), matrix, tuple(moved), pairs.num_rows, pairs)


def in_order(first: Sequence[str], second: Sequence[str]) -> tuple[str, ...]:
    """The grades of both in one order, best first; empty where neither scale holds the other."""
    for inner, outer in ((first, second), (second, first)):
        if [code for code in outer if code in inner] == list(inner):
            return tuple(outer)
    return ()


def direction(a: Sequence[str], b: Sequence[str]) -> Callable[[str, str], str]:
    """What a move means: worse, better or same on one scale; gained or lost a grade; other, where none of it holds.

    Two scales of which neither contains the other cannot be compared: each change between them is `other`.
    """
    place = {code: k for k, code in enumerate(in_order(a, b))}
    graded, now_graded = set(a), set(b)

    def of(before: str, after: str) -> str:
        if (before in graded) != (after in now_graded):
            return LOST if before in graded else GAINED
        if before == after:
            return SAME
        if before not in graded or before not in place or after not in place:
            return OTHER
        return WORSE if place[after] > place[before] else BETTER

    return of


def side(
    scheme: Scheme,
    snapshot: Any,
    period: int | str | None = None,
    as_of: date | str | None = None,
    ledger: bool = False,
) -> Side:
    """A scheme version over a snapshot, as if it governed the period; `ledger`: with the parts of each score."""
    at = registry.moment(scheme.period, moment_of(period, as_of))
    if not registry.in_force(scheme, at):
        begin = min(scheme.effective_from, at)
        scheme = scheme.model_copy(update={"effective_from": begin, "effective_to": None})
    grading = grade(snapshot, scheme, period, as_of=as_of, provisional=True, max_rejected=10**9, ledger=ledger)
    return side_of(grading, grading.plan.scheme.name)


def side_of(grading: Grading, name: str) -> Side:
    """A finished grading as a side."""
    table = grading.con.sql(
        "SELECT CAST(subject_id AS VARCHAR) AS subject_id, coalesce(CAST(grade AS VARCHAR), concat(state, ': ',"
        " state_reason)) AS grade, CAST(score AS DECIMAL(18, 6)) AS score FROM result_grades"
    ).to_arrow_table()

    def parts(subjects: pa.Table) -> pa.Table:
        grading.con.register("wanted_parts", subjects)
        try:
            return grading.con.sql(
                "SELECT CAST(l.subject_id AS VARCHAR) AS subject_id, CAST(step AS VARCHAR) AS step, record_id,"
                " CAST(item AS VARCHAR) AS item, CASE WHEN step = 'start' THEN nominal ELSE effective END AS effective,"
                " CAST(rule AS VARCHAR) AS rule, CAST(article AS VARCHAR) AS article,"
                " CAST(reason AS VARCHAR) AS reason"
                " FROM result_ledger l JOIN wanted_parts w ON w.subject_id = l.subject_id"
            ).to_arrow_table()
        finally:
            grading.con.unregister("wanted_parts")

    lower = grading.plan.scheme.direction == "lower_is_better"
    return Side(name, tuple(grading.plan.grades), table, lower, parts if grading.has_ledger else None)
