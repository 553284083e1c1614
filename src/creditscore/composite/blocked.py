"""Domains whose grade refused rows leave open: whether the composite's grade depends on them, and the marks of all."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from creditscore.composite.cells import Cell, Cells, Resolved, aged, resolve
from creditscore.composite.config import TOP
from creditscore.composite.score import Function, Ints, places, points, raw
from creditscore.core.days import full_months, to_day
from creditscore.grading.input_state.state import WHOLE

Bools = NDArray[np.bool_]


def find_open(cells: Cells, f: Function, pivot: Ints, listed: Ints) -> Bools:
    """Whether the state or the grade of a subject depends on what its blocked domains would be graded; (rows,).

    A score only rises with the value of a domain and falls with a ceiling, so the worst and the best that a domain
    could bring enclose all others. A subject without a blocked domain is never open, nor is one whose known domains
    weigh too little even with the blocked ones.
    """
    is_open = np.zeros(len(pivot), dtype=bool)
    blocked = _blocked(cells)
    rows: Ints = np.flatnonzero(np.isin(pivot, blocked).any(axis=1))
    if not len(rows):
        return is_open
    ends = []
    for best in (False, True):
        swapped = pivot[rows].copy()
        for number in blocked:
            swapped[pivot[rows] == number] = _extreme(cells, number, best)
        resolved = resolve(cells, swapped, listed[rows])
        ends.append(places(f, points(f, raw(f, resolved.values, resolved.ceilings(cells).min(axis=1)))))
    least = cells.config.coverage.at_least
    without = resolve(cells, pivot[rows], listed[rows]).present @ f.weights >= least
    at_most = resolved.present @ f.weights >= least
    is_open[rows] = at_most & (~without | (ends[0] != ends[1]))
    return is_open


def _blocked(cells: Cells) -> list[int]:
    return [number for number, cell in enumerate(cells.cells) if cell.is_blocked]


def _extreme(cells: Cells, number: int, best: bool) -> int:
    """The number of a cell with the worst or best that a blocked one could bring; standing at the reference is one."""
    config, cell = cells.config, cells.cells[number]
    statement, domain = cell.said, config.domains[cell.domain]
    stands = config.stands_at(domain)
    months = full_months(statement.day, to_day(cells.as_of))
    given = domain.schemes.get(f"{statement.scheme}@{statement.version}", {"": 0, " ": TOP})
    values = [stands, *(aged(value, stands, months, config.stale) for value in given.values())]
    rules = 0
    for bit, (owner, rule) in enumerate(cells.pairs):
        triggers = config.hard_rules[rule].when
        if owner == cell.domain and any(
            statement.scheme in trigger.grades and trigger.domain == domain.id for trigger in triggers
        ):
            rules |= 1 << bit
    cells.cells.append(
        replace(cell, present=True, value=(max if best else min)(values), rules=0 if best else rules, is_blocked=False)
    )
    return len(cells.cells) - 1


def name_blocked(cells: Cells, pivot: Ints, resolved: Resolved) -> Resolved:
    """The same, with a note where another scheme of the domain stands in for a blocked one."""
    chosen = resolved.cell.copy()
    for number in _blocked(cells):
        cell = cells.cells[number]
        hidden = (pivot == number).any(axis=1) & (chosen[:, cell.domain] != number)
        for other in np.unique(chosen[hidden, cell.domain]).tolist():
            standing_in = cells.cells[other]
            cells.cells.append(_noted(standing_in, f"refused_rows:{cell.said.scheme}"))
            chosen[hidden & (chosen[:, cell.domain] == other), cell.domain] = len(cells.cells) - 1
    return replace(resolved, cell=chosen)


def _noted(cell: Cell, note: str) -> Cell:
    return replace(cell, note=";".join(part for part in (cell.note, note) if part))


def unite_marks(cells: Cells, pivot: Ints) -> tuple[list[str], Ints]:
    """The different `input_state`s of subjects, each the union of the marks of their rows, and whose is which."""
    parts = [[code for code in cell.said.input_state.split(";") if code and code != WHOLE] for cell in cells.cells]
    codes = sorted({code for listed in parts for code in listed})
    bits = [sum(1 << codes.index(code) for code in listed) for listed in parts]
    united = np.bitwise_or.reduce(np.array([*bits, 0], dtype=np.int64)[pivot], axis=1)
    sets, set_of_row = np.unique(united, return_inverse=True)
    marks_of_set = [
        ";".join(code for k, code in enumerate(codes) if group >> k & 1) or WHOLE for group in sets.tolist()
    ]
    return marks_of_set, set_of_row
