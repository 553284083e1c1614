"""One act weighs once: where several domains count records of one act, it stays in one of them.

A grade is a pure function, so the other domains are graded again, exactly, as if those records did not exist. The act
stays where it costs the composite most; ties go to the first domain in the order of the composite. Acts are settled in
the order of their ids, each with those before it settled and those after it still counting everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from creditscore.composite.cells import Cells, Resolved, Statement, last_day_of, resolve
from creditscore.composite.score import Function, Ints, raw
from creditscore.grading.input_state.state import BLOCKED, REFUSED
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.interpreter.ledger import Line
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading

# A record without an act is an act of its own; the sign in front keeps it apart from named ones.
ACT = "CASE WHEN a.act_id IS NULL OR a.act_id = '' THEN chr(1) || a.record_id ELSE a.act_id END"
Scored = Callable[[Ints], int]


@dataclass(frozen=True)
class SharedAct:
    """An act that several domains would count: where it counts, and where it does not."""

    subject_id: str
    act_id: str  # the record's id where no act was named
    counted_in: str
    also_in: tuple[str, ...]
    records: tuple[str, ...]


@dataclass(frozen=True)
class Regraded:
    """A ledger that takes the place of the one in the grading: without the acts that count elsewhere."""

    subject_id: str
    scheme: str
    version: str
    period: str
    lines: tuple[Line, ...]


@dataclass
class Bench:
    """One subject under several schemes: what it brings, and its outcomes without some acts, each computed once."""

    runs: dict[int, Grading]  # by column of the pivot
    brings: dict[int, Subject]
    outcomes: dict[tuple[int, frozenset[str]], Outcome] = field(default_factory=dict)

    def outcome(self, column: int, without: frozenset[str]) -> Outcome:
        """The outcome under a scheme without some acts."""
        here = without & {act_of(record) for record in self.brings[column].records}
        if (column, here) not in self.outcomes:
            subject = self.brings[column]
            records = [record for record in subject.records if act_of(record) not in here]
            self.outcomes[column, here] = grade_subject(self.runs[column].plan, replace(subject, records=records))
        return self.outcomes[column, here]


def act_of(record: Any) -> str:
    """The act of an admitted record."""
    return str(record["act_id"]) if record["act_id"] else "\x01" + str(record["record_id"])


def settle(
    runs: Iterable[Grading], cells: Cells, f: Function, ids: list[str], pivot: Ints, listed: Ints
) -> tuple[list[SharedAct], list[Regraded]]:
    """Find the acts that weigh in several domains and put the cells without them into `pivot`, in place."""
    chosen = _newest(runs, cells)
    candidates = _candidates(chosen, cells)
    if not candidates:
        return [], []
    place = {subject: row for row, subject in enumerate(ids)}
    wanted = sorted(subject for subject in candidates if subject in place)
    subjects: dict[str, dict[int, Subject]] = {}
    for column, run in chosen.items():
        for subject, what in inputs(run, wanted):
            if what.records:
                subjects.setdefault(subject, {})[column] = what
    shared_acts: list[SharedAct] = []
    regraded: list[Regraded] = []
    for subject in wanted:
        row = place[subject]
        bench = Bench(chosen, subjects[subject])
        acts, again = _settle_one(subject, sorted(candidates[subject]), bench, cells, f, pivot[row], listed[[row]])
        shared_acts += acts
        regraded += again
    return shared_acts, regraded


def _newest(runs: Iterable[Grading], cells: Cells) -> dict[int, Grading]:
    """The grading of the newest period of each scheme, by the scheme's column."""
    gradings: dict[int, Grading] = {}
    for run in sorted(runs, key=lambda run: last_day_of(run.plan.period)):
        gradings[cells.schemes.index(run.plan.scheme.scheme)] = run
    return gradings


def _candidates(runs: dict[int, Grading], cells: Cells) -> dict[str, set[str]]:
    """Subjects with acts whose records are read in more than one domain."""
    rows = f"SELECT s.subject_id, {ACT} AS act FROM admitted a JOIN subjects s ON s.sid = a.sid"
    by_domain: dict[int, list[Any]] = {}
    for column, run in runs.items():
        codes = run.con.execute(f"SELECT DISTINCT hash(subject_id, act) AS h FROM ({rows})").fetchnumpy()["h"]
        by_domain.setdefault(cells.homes[column], []).append(codes)
    each = [np.unique(np.concatenate(codes)) for codes in by_domain.values()]
    if not each:
        return {}
    codes, counts = np.unique(np.concatenate(each), return_counts=True)
    several = codes[counts > 1]
    if not len(several):
        return {}
    import pyarrow as pa

    candidates: dict[str, set[str]] = {}
    for run in runs.values():
        run.con.register("several_acts", pa.table({"h": pa.array(several)}))
        chosen = (
            f"SELECT DISTINCT subject_id, act FROM ({rows}) WHERE hash(subject_id, act) IN (SELECT h FROM several_acts)"
        )
        for subject, act in run.con.execute(chosen).fetchall():
            candidates.setdefault(subject, set()).add(act)
        run.con.unregister("several_acts")
    return candidates


def _settle_one(
    subject: str, acts: list[str], bench: Bench, cells: Cells, f: Function, row: Ints, listed: Ints
) -> tuple[list[SharedAct], list[Regraded]]:
    """Settle the acts of one subject; `row`, its cells, is changed in place."""
    without: dict[int, frozenset[str]] = dict.fromkeys(range(len(cells.config.domains)), frozenset())
    shared_acts = []
    for act in acts:
        there = [column for column in bench.brings if _weighs(act, acts, column, bench, cells, row)]
        domains = sorted({cells.homes[column] for column in there})
        if len(domains) < 2:
            continue
        options = []
        for number in domains:
            tried = {d: gone | {act} if d in domains and d != number else gone for d, gone in without.items()}
            cost = _score(f, resolve(cells, _row(tried, bench, cells, row)[None, :], listed), cells)
            options.append((cost, number, tried))
        _, number, without = min(options, key=lambda option: option[:2])
        records = {
            str(record["record_id"])
            for column, what in bench.brings.items()
            if cells.homes[column] in domains
            for record in what.records
            if act_of(record) == act
        }
        names = [cells.config.domains[d].id for d in domains if d != number]
        shared_acts.append(
            SharedAct(
                subject, act.removeprefix("\x01"), cells.config.domains[number].id, tuple(names), tuple(sorted(records))
            )
        )
    changed = _row(without, bench, cells, row)
    again = []
    for column in np.flatnonzero(changed != row).tolist():
        statement = cells.cells[changed[column]].said
        outcome = bench.outcome(column, without[cells.homes[column]])
        again.append(Regraded(subject, statement.scheme, statement.version, statement.period, outcome.ledger))
    row[:] = changed
    return shared_acts, again


def _weighs(act: str, acts: list[str], column: int, bench: Bench, cells: Cells, row: Ints) -> bool:
    """Whether the act counts there: its records have effective points, or the grade would be another without them, be
    it beside the other acts in question or alone.
    """
    cell = row[column]
    if cell < 0 or not cells.cells[cell].present:
        return False
    records = {str(record["record_id"]) for record in bench.brings[column].records if act_of(record) == act}
    if not records:
        return False
    every = bench.outcome(column, frozenset())
    if any(line.record_id in records and line.effective != 0 for line in every.ledger if line.step == "record"):
        return True
    others = frozenset(acts) - {act}
    nothing: frozenset[str] = frozenset()
    pairs = ((nothing, frozenset({act})), (others, frozenset(acts)))
    pair_rows = [[bench.outcome(column, without) for without in pair] for pair in pairs]
    return any((outcome.state, outcome.grade) != (other.state, other.grade) for outcome, other in pair_rows)


def _row(without: dict[int, frozenset[str]], bench: Bench, cells: Cells, row: Ints) -> Ints:
    """The subject's cells with each scheme graded without the acts that its domain leaves to others."""
    result_row = row.copy()
    for column, brings in bench.brings.items():
        acts = without[cells.homes[column]] & {act_of(record) for record in brings.records}
        if acts and row[column] >= 0:
            outcome, statement = bench.outcome(column, acts), cells.cells[row[column]].said
            result = (outcome.state, outcome.state_reason.partition(":")[0], outcome.grade)
            if REFUSED in statement.input_state.split(";"):  # it stood with these acts; without them nobody has looked
                result = ("not_computable", BLOCKED, "")
            gone = ";".join(sorted(act.removeprefix("\x01") for act in acts))
            result_row[column] = cells.number(
                Statement(
                    statement.scheme,
                    statement.day,
                    statement.version,
                    statement.period,
                    *result,
                    outcome.evidence,
                    gone,
                    statement.input_state,
                )
            )
    return result_row


def _score(f: Function, resolved: Resolved, cells: Cells) -> int:
    return int(raw(f, resolved.values, resolved.ceilings(cells).min(axis=1))[0])
