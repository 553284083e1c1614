"""What a grading says of a domain, as one small number per kind of statement: value, ceiling, mark and note.

Subjects are many and statements few (a few hundred), so everything that depends on words is done here once.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

import numpy as np

from creditscore.composite.config import CompositeConfig, Stale
from creditscore.composite.score import Ints
from creditscore.core.days import full_months, read_day, to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import redact
from creditscore.grading.input_state.state import BLOCKED
from creditscore.records.schema import HISTORY_CODES
from creditscore.schemes.parts import MARKS


@dataclass(frozen=True, order=True)
class Statement:
    """A row of a table of grades without its subject.

    `without` names acts that are counted elsewhere; `input_state` says what its input lacked.
    """

    scheme: str
    day: int  # the last day of the period for which it stands
    version: str
    period: str
    state: str
    reason: str
    grade: str
    evidence: str
    without: str = ""
    input_state: str = ""


@dataclass(frozen=True)
class Cell:
    """A statement under a composite."""

    said: Statement
    domain: int
    present: bool
    value: int
    rules: int  # bits: the hard rules it sets off, as (domain, rule) pairs
    evidence: int  # place in MARKS
    note: str
    is_blocked: bool = False  # refused rows leave its grade open


@dataclass(frozen=True)
class Cells:
    """Cells by number; `pairs` are the (domain, rule) pairs that bits stand for, `tops` their ceilings in points."""

    config: CompositeConfig
    as_of: date
    schemes: tuple[str, ...]  # in the order of the columns of the pivot
    homes: tuple[int, ...]  # the domain of each scheme
    pairs: tuple[tuple[int, int], ...]
    tops: tuple[int, ...]
    cells: list[Cell] = field(default_factory=list)
    known: dict[Statement, int] = field(default_factory=dict)

    def number(self, statement: Statement) -> int:
        """The number of a statement, a new one where it was not met before."""
        if statement not in self.known:
            self.known[statement] = len(self.cells)
            self.cells.append(_cell(self, statement))
        return self.known[statement]


def no_cells(config: CompositeConfig, as_of: date) -> Cells:
    """The empty table of cells of a composite."""
    schemes: dict[str, int] = {}
    for k, domain in enumerate(config.domains):
        for name in domain.schemes:
            schemes.setdefault(name.partition("@")[0], k)
    ids = [domain.id for domain in config.domains]
    pairs = sorted(
        {(ids.index(trigger.domain), r) for r, rule in enumerate(config.hard_rules) for trigger in rule.when}
    )
    tops = tuple(config.ceiling(config.hard_rules[rule].ceiling) for _, rule in pairs)
    return Cells(config, as_of, tuple(schemes), tuple(schemes.values()), tuple(pairs), tops)


def last_day_of(period: str) -> int:
    """The last day of a period: 31 December of a year, or the day itself; InputError for anything else."""
    try:
        if len(period) == 4 and period.isascii() and period.isdigit():
            return to_day(date(int(period), 12, 31))
        return read_day(period)
    except ValueError as error:
        raise InputError("composite.no_period", period=redact(period), where="grades") from error


def _cell(cells: Cells, statement: Statement) -> Cell:
    config, domain = cells.config, cells.homes[cells.schemes.index(statement.scheme)]
    rule = config.domains[domain]
    stands = config.stands_at(rule)
    evidence = MARKS.index(statement.evidence) if statement.evidence in MARKS else MARKS.index("unknown")
    notes = [f"without_act:{part}" for part in statement.without.split(";") if part]
    if statement.state not in HISTORY_CODES["state"]:
        raise InputError(
            "composite.no_state", state=redact(statement.state), where="grades", allowed=HISTORY_CODES["state"]
        )
    if statement.state != "graded":
        why = redact(statement.reason.partition(":")[0])
        notes.insert(0, f"absent:{statement.state}" + (f":{why}" if why else ""))
        blocked = statement.state == "not_computable" and why == BLOCKED and not _is_stale(cells, statement)
        return Cell(statement, domain, False, stands, 0, evidence, ";".join(notes), blocked)
    values = rule.schemes.get(f"{statement.scheme}@{statement.version}")
    if values is None:
        raise UsageError(
            "composite.no_values",
            scheme=statement.scheme,
            version=redact(statement.version),
            name=config.name,
            id=rule.id,
            allowed=list(rule.schemes),
        )
    if statement.grade not in values:
        raise InputError(
            "composite.no_grade",
            grade=redact(statement.grade),
            scheme=statement.scheme,
            version=statement.version,
            where="grades",
            allowed=list(values),
        )
    if statement.day > to_day(cells.as_of):
        raise UsageError(
            "composite.graded_ends_after",
            scheme=statement.scheme,
            period=statement.period,
            as_of=cells.as_of,
            where="as_of",
        )
    months = full_months(statement.day, to_day(cells.as_of))
    if _is_stale(cells, statement):
        return Cell(statement, domain, False, stands, 0, evidence, ";".join([f"stale:{months}", *notes]))
    value = aged(values[statement.grade], stands, months, config.stale)
    if value != values[statement.grade]:
        notes.append(f"aged:{months}")
    rules = 0
    for bit, (owner, number) in enumerate(cells.pairs):
        for trigger in config.hard_rules[number].when:
            if config.domains[owner].id == trigger.domain and statement.grade in trigger.grades.get(
                statement.scheme, ()
            ):
                rules |= 1 << bit
    notes += _named(cells, rules)
    return Cell(statement, domain, True, value, rules, evidence, ";".join(notes))


def _is_stale(cells: Cells, statement: Statement) -> bool:
    stale = cells.config.stale
    return stale is not None and full_months(statement.day, to_day(cells.as_of)) >= stale.drop_after


def aged(value: int, stands: int, months: int, stale: Stale | None) -> int:
    """value in equal steps to the reference between `decay_from` and `drop_after` months, rounded half up."""
    if stale is None or stale.decay_from is None or months <= stale.decay_from:
        return value
    left, whole = stale.drop_after - months, stale.drop_after - stale.decay_from
    return stands + (2 * (value - stands) * left + whole) // (2 * whole)


def _named(cells: Cells, rules: int) -> list[str]:
    rule = cells.config.hard_rules
    rule_ids = dict.fromkeys(rule[r].id for bit, (_, r) in enumerate(cells.pairs) if rules >> bit & 1)
    return [f"hard_rule:{name}" for name in rule_ids]


def note_of(cells: Cells, note: str, rules: int) -> str:
    """A cell's note with the hard rules that entries of lists bring to its domain."""
    return ";".join(dict.fromkeys([*(part for part in note.split(";") if part), *_named(cells, rules)]))


@dataclass(frozen=True)
class Resolved:
    """Per subject and domain: the value that enters, whether there is a grade, the cell behind it (−1: none), and the
    hard rules as bits.
    """

    values: Ints
    present: np.ndarray
    cell: Ints
    rules: Ints

    def ceilings(self, cells: Cells) -> Ints:
        """The ceiling in points that each domain brings, 1000 for none; (rows, domains)."""
        ceilings = np.full(self.rules.shape, 1000, dtype=np.int64)
        for bit, ((domain, _), top) in enumerate(zip(cells.pairs, cells.tops, strict=True)):
            hit = (self.rules[:, domain] >> bit) & 1 == 1
            ceilings[hit, domain] = np.minimum(ceilings[hit, domain], top)
        return ceilings


def resolve(cells: Cells, pivot: Ints, listed: Ints) -> Resolved:
    """From cells per scheme (rows, schemes; −1: no row) and hard rules from lists (rows,) to one line per domain.

    Of several schemes of a domain the one with the least value decides, ties in the order of the composite; each of
    them can set off hard rules.
    """
    config = cells.config
    of = np.array([[cell.value, cell.present, cell.rules] for cell in cells.cells] + [[0, 0, 0]], dtype=np.int64)
    shape = (len(pivot), len(config.domains))
    stands = np.array([config.stands_at(domain) for domain in config.domains], dtype=np.int64)
    values, chosen = np.broadcast_to(stands, shape).copy(), np.full(shape, -1, dtype=np.int64)
    present, rules = np.zeros(shape, dtype=bool), np.zeros(shape, dtype=np.int64)
    for column, domain in enumerate(cells.homes):
        cell = pivot[:, column]
        value, there, set_off = of[cell].T
        first = (chosen[:, domain] < 0) & (cell >= 0)
        better = (there == 1) & (~present[:, domain] | (value < values[:, domain]))
        take = better | (first & (there == 0))
        chosen[take, domain] = cell[take]
        values[better, domain] = value[better]
        present[:, domain] |= there == 1
        rules[:, domain] |= set_off
    for bit, (domain, _) in enumerate(cells.pairs):
        rules[:, domain] |= listed & (1 << bit)
    return Resolved(values, present, chosen, rules)
