"""The frame: who can be drawn, each in its stratum with its exact probability; and who is left out, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from functools import cache
from typing import Any

from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import redact, redact_cell
from creditscore.inspection.allocate import allocate, class_total, collapse
from creditscore.inspection.classes import (
    DATA_STATES,
    STATES,
    SUBJECTS,
    clean_ids,
    is_sole_trader,
    once,
    read_classes,
    unsettled_by,
)
from creditscore.inspection.programme import COLUMNS, Programme, decimal
from creditscore.inspection.rows import Row, read_rows

UNKNOWN = "(unknown)"
Note = Mapping[str, Any]
Key = tuple[str, ...]  # programme, class, then one value per column of the programme's strata


@dataclass(frozen=True)
class Unit:
    """One organisation under one programme. `drawn_as` is its class, or the programme's where its data are unsettled.

    `cap`: visits it can still have in the year from all departments together; None without a limit.
    """

    programme: str
    subject_id: str
    class_: str
    drawn_as: str
    data_state: str
    place: Mapping[str, str]
    cap: int | None = None

    @property
    def unit(self) -> str:
        return f"{self.programme}|{self.subject_id}"


@dataclass(frozen=True)
class Stratum:
    """`visits` for `units` organisations: each has ⌊visits/units⌋, and the rest have one more, drawn at random."""

    name: str
    programme: str
    class_: str
    place: Key
    units: int
    visits: int
    joined: tuple[Key, ...]
    flag: str = ""

    @property
    def probability(self) -> Fraction:
        """Of at least one visit: visits/units, at most 1."""
        return min(Fraction(self.visits, self.units), Fraction(1))


@dataclass(frozen=True)
class Frame:
    """`units` sorted, each with its stratum in `stratum_of`; `left_out` are rows with a reason.

    A note is data: its `code`, the `programme` or `column` that it is about, `counts`.
    """

    programmes: tuple[Programme, ...]
    units: tuple[Unit, ...]
    strata: tuple[Stratum, ...]
    stratum_of: Mapping[str, Stratum]
    left_out: tuple[Row, ...]
    windows: int
    notes: tuple[Note, ...] = ()
    joint: Mapping[str, Fraction] = field(default_factory=dict)


def build_frame(
    given: Sequence[tuple[Programme, Any]],
    subjects: Any = None,
    *,
    data_states: Any = None,
    visits_made: Mapping[str, int] | None = None,
    windows: int = 4,
    rates: Mapping[tuple[str, str], Fraction] | None = None,
) -> Frame:
    """The frame of one or several programmes, each with its table of classes.

    `subjects` adds the columns of the strata; `data_states` says whose data are faulty, disputed or missing;
    `visits_made` counts visits of this year; `rates` replaces rates of (programme, class) for a what-if.
    Raises InputError for natural persons, unknown classes and subjects given twice; UsageError where a cap
    contradicts a rate or a class needs more visits than there are windows.
    """
    if not given:
        raise UsageError("inspection.no_programme_given")
    ordered = sorted(given, key=lambda pair: pair[0].programme)
    names = [programme.programme for programme, _ in ordered]
    if len(set(names)) < len(names):
        raise UsageError("inspection.programme_stands_twice", where=", ".join(names))
    programmes = tuple(programme for programme, _ in ordered)
    limit = _limit(programmes, windows, rates or {})
    about = _subjects(subjects)
    states = _states(data_states, names)
    redact_once = cache(redact_cell)  # a frame is read by many; the texts of its places repeat
    table_row = visits_made or {}
    units: list[Unit] = []
    left_out: list[Row] = []
    without: Counter[str] = Counter()
    marks: Counter[tuple[str, str]] = Counter()
    for programme, table in ordered:
        rows = read_classes(table, programme)
        for row in rows:
            for name in ("kind", *COLUMNS):
                row[name] = redact_once(row[name] or about.get(row["subject_id"], {}).get(name, ""))
            for name in programme.strata:
                without[name] += not row[name]
            marks.update((programme.programme, code) for code in unsettled_by(row) or _unstated(row))
            unit, reason = _unit(row, programme, states, limit, table_row)
            if unit is not None:
                units.append(unit)
            else:
                left_out.append({"programme": programme.programme, "subject_id": row["subject_id"], "reason": reason})
    units.sort(key=lambda unit: unit.unit)
    drawn = {(name, unit.subject_id) for unit in units for name in ("", unit.programme)}
    idle = sum(key not in drawn for key in states)
    strata, stratum_of = _strata(programmes, units, rates or {})
    notes: list[Note] = [
        {"code": "without_column", "column": name, "counts": [count]} for name, count in without.items() if count
    ]
    notes += [{"code": code, "programme": name, "counts": [count]} for (name, code), count in sorted(marks.items())]
    if idle:
        notes.append({"code": "idle_states", "counts": [idle]})
    frame = Frame(
        programmes,
        tuple(units),
        strata,
        stratum_of,
        tuple(sorted(left_out, key=lambda row: (row["programme"], row["subject_id"]))),
        windows,
        tuple(notes),
    )
    return replace(frame, joint=joint_probabilities(frame))


def _unstated(row: Row) -> list[str]:
    """Whether a computed grade comes from a version that did not state its input; a table of classes has no scheme."""
    is_computed = bool(row["scheme"] or row["config"]) and row["class"] != ""
    is_older = not row["input_state"] or "unstated" in row["input_state"].split(";")
    return ["unstated"] if is_computed and is_older else []


def joint_probabilities(frame: Frame) -> dict[str, Fraction]:
    """Subject → probability of at least one visit by any department: 1 − Π(1 − πₚ) over its programmes, exactly.

    Strata of different programmes are ordered by different hashes, so their draws are independent.
    """
    missed: dict[str, Fraction] = {}
    for unit in frame.units:
        before = missed.get(unit.subject_id, Fraction(1))
        missed[unit.subject_id] = before * (1 - frame.stratum_of[unit.unit].probability)
    return {subject: 1 - none for subject, none in missed.items()}


def expected_joint_visits(frame: Frame) -> Fraction:
    """Expected number of visits after merging: Σ over subjects of E[the largest number any department drew].

    E[max] = Σ over k of 1 − Π P(fewer than k), with the cap of the enterprise as the last k.
    """
    by_subject: dict[str, list[Unit]] = defaultdict(list)
    for unit in frame.units:
        by_subject[unit.subject_id].append(unit)
    counted: Counter[tuple[tuple[tuple[int, int], ...], int]] = Counter()
    for units in by_subject.values():
        numbers = tuple(
            sorted((stratum.visits, stratum.units) for stratum in (frame.stratum_of[u.unit] for u in units))
        )
        caps = [unit.cap for unit in units if unit.cap is not None]
        counted[(numbers, min(caps, default=frame.windows))] += 1
    total = Fraction(0)
    for (numbers, cap), count in counted.items():
        for k in range(1, cap + 1):
            fewer = Fraction(1)
            for visits, size in numbers:
                base, more = divmod(visits, size)
                fewer *= 0 if base >= k else 1 - Fraction(more, size) if base == k - 1 else 1
            total += count * (1 - fewer)
    return total


def _limit(programmes: Sequence[Programme], windows: int, rates: Mapping[tuple[str, str], Fraction]) -> int | None:
    """The strictest yearly limit of visits per enterprise; it must leave room for what each class is due."""
    if windows not in (1, 2, 3, 4, 6, 12):
        raise UsageError("inspection.windows_year", windows=windows)
    caps = [
        (int(programme.visits_per_enterprise.number), programme.programme)
        for programme in programmes
        if programme.visits_per_enterprise is not None
    ]
    limit, source = min(caps, default=(None, ""))
    for programme in programmes:
        for group in programme.classes:
            rate = rates.get((programme.programme, group.code), group.rate)
            where = f"{programme.programme}, class {group.code}"
            if limit is not None and rate > limit:
                raise UsageError(
                    "inspection.visits_year_most_per_enterprise",
                    decimal=decimal(rate),
                    limit=limit,
                    source=source,
                    where=where,
                )
            if rate > windows:
                raise UsageError(
                    "inspection.visits_year_not_fit_windows_visit", decimal=decimal(rate), windows=windows, where=where
                )
    return limit


def _subjects(data: Any) -> dict[str, Row]:
    if data is None:
        return {}
    rows = read_rows(data, SUBJECTS)
    clean_ids(rows, "subjects")
    once(rows, "subjects", "list each subject once")
    return {row["subject_id"]: row for row in rows}


def _states(data: Any, names: Sequence[str]) -> dict[tuple[str, str], str]:
    """(programme or "", subject) → state of its data."""
    if data is None:
        return {}
    rows = read_rows(data, STATES)
    clean_ids(rows, "data_states")
    wrong = sorted({row["data_state"] for row in rows} - set(DATA_STATES))
    if wrong:
        raise InputError("inspection.data_state", wrong=redact(wrong[0]), where="data_states", allowed=DATA_STATES)
    others = sorted({row["programme"] for row in rows} - {"", *names})
    if others:
        raise InputError("inspection.plan_no_programme", others=redact(others[0]), where="data_states", allowed=names)
    states: dict[tuple[str, str], str] = {}
    for row in rows:
        key = (row["programme"], row["subject_id"])
        if states.setdefault(key, row["data_state"]) != row["data_state"]:
            raise InputError("inspection.two_states_data", key=key[1], where="data_states")
    return states


def _unit(
    row: Row,
    programme: Programme,
    states: Mapping[tuple[str, str], str],
    limit: int | None,
    table_row: Mapping[str, int],
) -> tuple[Unit | None, str]:
    """The unit of a row, or None and the reason for which it is left out."""
    subject, name = row["subject_id"], programme.programme
    state = states.get((name, subject)) or states.get(("", subject)) or row["data_state"]
    class_ = programme.by_grade()[row["class"]] if row["class"] else None
    if class_ is None and state == "ok":
        state = "missing"
    if is_sole_trader(row) and programme.sole_traders is None:
        return None, "sole_trader"
    drawn_as = class_.code if class_ is not None and state == "ok" else programme.data_errors.draw_as
    if class_ is not None and unsettled_by(row) and class_.rate > programme.class_of(drawn_as).rate:
        drawn_as = class_.code  # a mark never spares anybody a visit
    if state == "ok" and row["contested"]:  # marked; an objection alone changes no class
        state = "disputed"
    if programme.class_of(drawn_as).exempt is not None:
        return None, "exempt"
    left = None if limit is None else limit - table_row.get(subject, 0)
    if left is not None and left <= 0:
        return None, "cap_reached"
    place = {column: row[column] or (UNKNOWN if column in programme.strata else "") for column in COLUMNS}
    return Unit(name, subject, "" if class_ is None else class_.code, drawn_as, state, place, left), ""


def _strata(
    programmes: Sequence[Programme], units: Sequence[Unit], rates: Mapping[tuple[str, str], Fraction]
) -> tuple[tuple[Stratum, ...], dict[str, Stratum]]:
    by_name = {programme.programme: programme for programme in programmes}
    keys = {unit.unit: _key(unit, by_name[unit.programme]) for unit in units}
    sizes: dict[tuple[str, str], Counter[Key]] = defaultdict(Counter)
    for key in keys.values():
        sizes[(key[0], key[1])][key[2:]] += 1
    bare: list[Stratum] = []
    goes: dict[Key, Key] = {}
    for (name, code), cells in sorted(sizes.items()):
        programme, class_ = by_name[name], by_name[name].class_of(code)
        rate = rates.get((name, code), class_.rate)
        changed = (name, code) in rates
        lowest, highest = (Fraction(0), None) if changed else (class_.lowest, class_.highest)
        total, small = class_total(sum(cells.values()), rate, lowest, highest)
        minimum = min(int(programme.minimum_per_stratum.number), total)
        joined = collapse(cells, total, minimum)
        drawn: Counter[Key] = Counter()
        for place, into in joined.items():
            drawn[into] += cells[place]
            goes[(name, code, *place)] = (name, code, *into)
        for place, visits in allocate(drawn, total, minimum).items():
            inside = tuple(sorted(pair for pair, into in joined.items() if into == place))
            flag = "above_bound_because_few" if small else ""
            bare.append(Stratum("", name, code, place, drawn[place], visits, inside, flag))
    # names say nothing of the class: numbered by size
    bare.sort(key=lambda stratum: (-stratum.units, stratum.visits, stratum.programme, stratum.class_, stratum.place))
    named = tuple(replace(stratum, name=f"S{number:04d}") for number, stratum in enumerate(bare, 1))
    by_key = {(stratum.programme, stratum.class_, *stratum.place): stratum for stratum in named}
    return named, {unit.unit: by_key[goes[keys[unit.unit]]] for unit in units}


def _key(unit: Unit, programme: Programme) -> Key:
    return (unit.programme, unit.drawn_as, *(unit.place[column] for column in programme.strata))
