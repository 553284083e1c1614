"""From values and ceilings of every subject to scores, grades, shares and the result tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from creditscore.composite.acts import Regraded, SharedAct
from creditscore.composite.blocked import find_open, name_blocked, unite_marks
from creditscore.composite.cells import Cells, Resolved, note_of, resolve
from creditscore.composite.config import TOP, CompositeConfig
from creditscore.composite.score import Function, Ints, places, points, raw, reference_score
from creditscore.composite.shapley import shares, whole
from creditscore.composite.weight_sensitivity import fragile
from creditscore.core.identity import redact
from creditscore.core.quantities import from_micro
from creditscore.grading.input_state.state import BLOCKED
from creditscore.schemes.parts import MARKS

if TYPE_CHECKING:
    import pyarrow as pa

GRADED, COVERAGE, SOLE_TRADER, OPEN = 0, 1, 2, 3
STATES = ("graded", "not_graded", "not_graded", "not_graded")
REASONS = ("", "coverage", "individual_business", BLOCKED)
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Scores:
    """One entry per subject (and domain): everything that the tables show, as numbers."""

    state: Ints
    score: Ints
    place: Ints  # of the grade, 0 the best
    coverage: Ints
    fragile: Bools
    shares: Ints  # whole points per domain
    resolved: Resolved
    rules: Ints  # hard rules as bits
    marks: tuple[list[str], Ints]  # what the input lacked: the different texts, and the number of each subject's


def assemble(cells: Cells, f: Function, pivot: Ints, listed: Ints, sole_traders: Bools) -> Scores:
    """Score all subjects; those that are alike in every value and ceiling are computed once."""
    marks = unite_marks(cells, pivot)
    resolved = name_blocked(cells, pivot, resolve(cells, pivot, listed))
    ceilings = resolved.ceilings(cells)
    coverage = resolved.present @ f.weights
    state = np.where(coverage < cells.config.coverage.at_least, COVERAGE, GRADED)
    state = np.where(find_open(cells, f, pivot, listed), OPEN, state)
    state = np.where(sole_traders, SOLE_TRADER, state)
    first, back = _alike(resolved.values * (TOP + 1) + ceilings)
    values, tops = resolved.values[first], ceilings[first]
    least = tops.min(axis=1)
    score = points(f, raw(f, values, least))
    parts = whole(f, shares(f, values, tops), score - reference_score(f))
    return Scores(
        state,
        score[back],
        places(f, score)[back],
        coverage,
        fragile(f, values, least)[back],
        parts[back],
        resolved,
        np.bitwise_or.reduce(resolved.rules, axis=1),
        marks,
    )


def _alike(codes: Ints) -> tuple[Ints, Ints]:
    """The first row of each kind, and for every row which of these it is like."""
    mixed, size = np.zeros(len(codes), dtype=np.int64), 1
    for column in codes.T:
        code, count = _numbered(column)
        if size * count > 2**62:
            _, mixed = np.unique(mixed, return_inverse=True)
            size = int(mixed.max(initial=0)) + 1
        mixed, size = mixed * count + code, size * count
    _, first, back = np.unique(mixed, return_index=True, return_inverse=True)
    return first, back


def _numbered(codes: Ints) -> tuple[Ints, int]:
    """Small numbers in place of codes of up to a few millions, and how many there are; without sorting the rows."""
    if len(codes) < 50_000:  # the table of codes would be larger than the rows
        kinds, place_of_row = np.unique(codes, return_inverse=True)
        return place_of_row, len(kinds)
    there = np.zeros(int(codes.max(initial=0)) + 1, dtype=bool)
    there[codes] = True
    place_of_row = np.cumsum(there) - 1
    return place_of_row[codes], int(there.sum())


def tables(
    cells: Cells,
    config: CompositeConfig,
    day: date,
    ids: list[str],
    scores: Scores,
    shared: list[SharedAct],
    again: list[Regraded],
    refused: list[tuple[str, str]],
) -> dict[str, pa.Table]:
    """The result tables, in order of subject and domain."""
    import pyarrow as pa

    acts: dict[str, list[str]] = {
        "subject_id": [shared_act.subject_id for shared_act in shared],
        "act_id": [redact(shared_act.act_id) for shared_act in shared],
        "counted_in": [shared_act.counted_in for shared_act in shared],
        "also_in": [";".join(shared_act.also_in) for shared_act in shared],
        "records": [redact(";".join(shared_act.records)) for shared_act in shared],
    }
    bad: dict[str, list[str]] = {"subject_id": [who for who, _ in refused], "reason": [why for _, why in refused]}
    text = {name: pa.array(column, pa.string()) for name, column in acts.items()}
    return {
        "composite": _composite(cells, config, day, ids, scores),
        "contributions": _contributions(cells, config, ids, scores),
        "shared_acts": pa.table(text),
        "regraded": _regraded(again),
        "quarantine": pa.table({name: pa.array(column, pa.string()) for name, column in bad.items()}),
    }


def _regraded(again: list[Regraded]) -> pa.Table:
    """Ledger lines in the shape of a grading's ledger."""
    import pyarrow as pa

    rows = [(regraded, line) for regraded in again for line in regraded.lines]
    points = pa.decimal128(20, 6)
    columns: dict[str, list[str]] = {
        name: [getattr(regraded, name) for regraded, _ in rows]
        for name in ("subject_id", "scheme", "version", "period")
    }
    data = {name: pa.array(column, pa.string()) for name, column in columns.items()}
    for name in ("step", "record_id", "item"):
        data[name] = pa.array([redact(getattr(line, name)) for _, line in rows], pa.string())
    for name in ("nominal", "effective"):
        data[name] = pa.array([from_micro(getattr(line, name)) for _, line in rows], points)
    for name in ("rule", "article", "reason"):
        data[name] = pa.array([getattr(line, name) for _, line in rows], pa.string())
    return pa.table(data)


def _composite(cells: Cells, config: CompositeConfig, day: date, ids: list[str], scores: Scores) -> pa.Table:
    import pyarrow as pa

    count, graded = len(ids), scores.state == GRADED
    fixed = np.zeros(count, dtype=np.int32)
    kinds, kind = _sets(scores.rules)
    names = [
        ";".join(dict.fromkeys(config.hard_rules[r].id for b, (_, r) in enumerate(cells.pairs) if k >> b & 1))
        for k in kinds
    ]
    rows: dict[str, Any] = {
        "subject_id": pa.array(ids, pa.string()),
        "as_of": pa.repeat(pa.scalar(day, pa.date32()), count),
        "config": _words(fixed, [config.composite]),
        "config_version": _words(fixed, [config.version]),
        "state": _words(scores.state, list(STATES)),
        "state_reason": _words(scores.state, list(REASONS)),
        "score": pa.array(scores.score, pa.int32(), mask=~graded),
        "grade": _words(scores.place, [grade.code for grade in config.grades], ~graded),
        "coverage": pa.array(scores.coverage, pa.int32()),
        "hard_rules": _words(kind, names),
        "evidence": _words(_weakest(cells, config, scores), list(MARKS)),
        "fragile": pa.array(scores.fragile, pa.bool_(), mask=~graded),
        "input_state": _words(scores.marks[1], scores.marks[0]),
    }
    return pa.table(rows)


def _weakest(cells: Cells, config: CompositeConfig, scores: Scores) -> Ints:
    """The weakest mark of all that a score rests on: the composite's own numbers, the grades that enter, hard rules."""
    own = max(MARKS.index(mark) for mark in (config.marks.weights, config.marks.maps, config.marks.bands))
    entered = np.where(scores.resolved.present, _marks(cells)[scores.resolved.cell], 0).max(axis=1, initial=0)
    return np.asarray(np.maximum(np.maximum(entered, own), _rule_marks(cells, config, scores.rules)))


def _marks(cells: Cells) -> Ints:
    return np.array([*(cell.evidence for cell in cells.cells), 0], dtype=np.int64)


def _rule_marks(cells: Cells, config: CompositeConfig, rules: Ints) -> Ints:
    """The weakest mark of the hard rules in each set of bits."""
    sets, set_of_row = _sets(rules)
    marks = [
        max(
            (
                MARKS.index(config.hard_rules[r].evidence or "unknown")
                for b, (_, r) in enumerate(cells.pairs)
                if k >> b & 1
            ),
            default=0,
        )
        for k in sets
    ]
    return np.array(marks, dtype=np.int64)[set_of_row]


def _sets(rules: Ints) -> tuple[list[int], Ints]:
    """The different sets of bits, the empty one first, and the number of each row's set; most rows have none."""
    set_of_row, subset = np.zeros(len(rules), dtype=np.int64), np.flatnonzero(rules)
    result, set_of_row[subset] = np.unique(rules[subset], return_inverse=True)
    set_of_row[subset] += 1
    return [0, *result.tolist()], set_of_row


def _contributions(cells: Cells, config: CompositeConfig, ids: list[str], scores: Scores) -> pa.Table:
    """One row per domain of every organisation that is not left out altogether; no share without a score."""
    import pyarrow as pa

    domains, f = config.domains, scores.resolved
    scored = np.flatnonzero(scores.state != SOLE_TRADER)
    size = len(domains)
    # words depend on the cell and on the hard rules that lists bring: few kinds
    sets, set_of_row = _sets(f.rules[scored].ravel())
    code = (f.cell[scored].ravel() + 1) * len(sets) + set_of_row
    kind, count = _numbered(code)
    kinds = np.zeros(count, dtype=np.int64)
    kinds[kind] = code
    kind = kind.astype(np.int32)
    kind_codes = [
        (cells.cells[k // len(sets) - 1] if k >= len(sets) else None, sets[k % len(sets)]) for k in kinds.tolist()
    ]
    own = max(MARKS.index(config.marks.weights), MARKS.index(config.marks.maps))
    of_rules = _rule_marks(cells, config, np.array([rules for _, rules in kind_codes], dtype=np.int64))
    marks = [
        MARKS[max(own, int(mark), cell.evidence if cell is not None and cell.present else 0)]
        for (cell, _), mark in zip(kind_codes, of_rules, strict=True)
    ]

    def column_of(name: str) -> pa.Array:
        return _words(kind, [None if cell is None else redact(getattr(cell.said, name)) for cell, _ in kind_codes])

    grades = [cell.said.grade if cell is not None and cell.present else None for cell, _ in kind_codes]
    notes = [note_of(cells, "absent:no_row" if cell is None else cell.note, rules) for cell, rules in kind_codes]
    ungraded = np.repeat(scores.state[scored] != GRADED, size)
    rows: dict[str, Any] = {
        "subject_id": pa.DictionaryArray.from_arrays(
            pa.array(np.repeat(scored.astype(np.int32), size)), pa.array(ids, pa.string())
        ),
        "domain": _words(np.tile(np.arange(size, dtype=np.int32), len(scored)), [domain.id for domain in domains]),
        "scheme": column_of("scheme"),
        "version": column_of("version"),
        "period": column_of("period"),
        "grade": _words(kind, grades),
        "value": pa.array(f.values[scored].ravel(), pa.int32()),
        "weight": pa.array(np.tile(np.array([domain.weight for domain in domains], dtype=np.int32), len(scored))),
        "contribution": pa.array(scores.shares[scored].ravel(), pa.int32(), mask=ungraded),
        "evidence": _words(kind, marks),
        "note": _words(kind, notes),
    }
    return pa.table(rows)


def _words(codes: Any, words: Sequence[str | None], missing: Any = None) -> pa.Array:
    """Texts by number, None for no text; equal texts share one number, so that the same content is the same bytes."""
    import pyarrow as pa

    distinct = sorted({word for word in words if word is not None})
    code = np.array([-1 if word is None else distinct.index(word) for word in words] or [-1], dtype=np.int32)
    result = code[np.asarray(codes) if missing is None else np.where(missing, 0, codes)]
    empty = result < 0 if missing is None else missing | (result < 0)
    return pa.DictionaryArray.from_arrays(pa.array(result, pa.int32(), mask=empty), pa.array(distinct, pa.string()))
