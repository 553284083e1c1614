"""Columns and attributes of the input that no scheme of the run reads, what they may mean, and what is not there."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from creditscore.core.days import from_day
from creditscore.core.errors import InputError
from creditscore.core.identity import redact
from creditscore.core.model import Model
from creditscore.core.tables.table import literal, quote
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.input_state.period_over import judged_on
from creditscore.grading.plan import Plan
from creditscore.grading.scope import Scope
from creditscore.records import Snapshot
from creditscore.records.schema import TABLES
from creditscore.records.snapshot import attribute_names, column_types
from creditscore.schemes.model import Rule, Scheme
from creditscore.schemes.validity import holds
from creditscore.schemes.vocabulary import plain

SILENT = {"attributes", "label", "note", "reading", "readings", "about", "title", "record_attributes"}
LEAST_STEM = 3  # letters


@dataclass(frozen=True)
class Unread:
    """What the manifest says of the input's columns; `ignored` were named by the caller.

    `misnamed`: of `near`, names in rows of the attributes that others spell right; they mark their subjects alone.
    So do those of `swapped`: name and value of such rows, where the value is a known name and the name is not.
    """

    columns: Mapping[str, list[str]]
    near: tuple[dict[str, str], ...]
    absent: tuple[str, ...]
    ignored: tuple[str, ...]
    misnamed: tuple[str, ...] = ()
    swapped: tuple[tuple[str, str], ...] = ()

    def to_manifest(self) -> dict[str, Any]:
        return {
            "unread_columns": {table: sorted({*map(redact, names)}) for table, names in self.columns.items()},
            "near_misses": [miss | {"column": redact(miss["column"])} for miss in self.near],
            "absent_attributes": list(self.absent),
            "ignored_columns": list(self.ignored),
        }

    def notes(self) -> list[str]:
        """The near misses and absences in words, one line each kind."""
        lines = []
        if self.near:
            pairs = ", ".join(map(self._said, self.near))
            lines.append(f"columns that are not read and look like known ones: {pairs}")
        if self.absent:
            lines.append(f"attributes that could change a grade and that nobody has: {', '.join(self.absent)}")
        return lines

    def _said(self, miss: Mapping[str, str]) -> str:
        column = f"{miss['table']}.{redact(miss['column'])}"
        if miss["table"] == "attributes" and (miss["column"], miss["near"]) in self.swapped:
            return f"{column} (name and value may have changed places: did you mean {miss['near']}?)"
        return f"{column} (did you mean {miss['near']}?)"

    def check(self) -> None:
        """Raise InputError where a near miss or an absent attribute stands."""
        if self.near or self.absent:
            raise InputError(
                "; ".join(self.notes()),
                where="the columns and attributes of the input",
                allowed="columns and attributes that the schemes of the run know",
                next="rename or supply them, or name them with --ignore-columns, or grade with --no-strict",
            )


def find_unread(snapshot: Snapshot, scope: Scope, ignored: Iterable[str] = ()) -> Unread:
    """Compare the columns of the input with what the schemes of the run read."""
    left = frozenset(ignored)
    attributes = {name for scheme in scope.schemes for name in scheme.attributes}
    fields = {name for scheme in scope.schemes for name in scheme.record_attributes}
    given = attribute_names(snapshot)
    supplied = given.union(*(about.get("refused_attributes", ()) for about in snapshot.inputs.values()))
    further = set(snapshot.inputs.get("subjects", {}).get("further", ()))
    there = {"subjects": further, "attributes": given - further, "records": set(snapshot.attribute_columns)}
    known = {"subjects": attributes, "attributes": attributes, "records": fields}
    for table, about in snapshot.inputs.items():
        there[table] = there.get(table, set()) | set(about.get("unread", ()))
        known.setdefault(table, set())
    columns = {table: sorted(names - known[table]) for table, names in there.items() if names - known[table]}
    decisive = {name for scheme in scope.schemes for name in read_attributes(scheme)}
    near: list[dict[str, str]] = []
    misnamed: list[str] = []
    for table, names in columns.items():
        own = set(snapshot.inputs.get(table, {}).get("columns", ())) if table in TABLES else set()
        missing = set(TABLES[table].columns) - own if own else set()
        stems = decisive - given if table in ("subjects", "attributes") else set()
        candidates = missing | (known[table] - there[table] - given)
        standing = {plain(word): word for word in sorted(own | (known[table] & (given | there[table])))}
        for name in names:
            match = None if name in left else near_name(name, candidates, stems)
            if match is None and table == "attributes" and name not in left:
                match = near_name(name, known[table] & given)
                misnamed += [name] if match else []
            if match is None and name not in left:
                match = _beside(snapshot, table, name, standing)
            near += [{"table": table, "column": name, "near": match}] if match else []
    swapped = _swapped(snapshot, attributes, further | left)
    near += [{"table": "attributes", "column": name, "near": value} for name, value in swapped]
    absent = tuple(sorted(decisive - supplied - left))
    return Unread(columns, tuple(near), absent, tuple(sorted(left)), tuple(misnamed), swapped)


def _swapped(snapshot: Snapshot, known: Collection[str], others: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Find (name, value) of rows of the attributes whose value is a known name and whose name is not.

    `others`: names that are no slip: further columns of subjects, and what the caller ignores.
    """
    if not known:
        return ()
    words, names = (", ".join(map(literal, sorted(listed))) for listed in (known, {*known, *others}))
    rows = snapshot.con.execute(
        f"SELECT DISTINCT name, value FROM {snapshot.attributes} WHERE value IN ({words})"
        f" AND name NOT IN ({names}) ORDER BY ALL"
    ).fetchall()
    return tuple((name, value) for name, value in rows)


def _beside(snapshot: Snapshot, table: str, name: str, standing: Mapping[str, str]) -> str | None:
    """Find the known column that stands beside `name` and differs by one slip.

    `standing`: the known columns that are there, by their plain form. In records and subjects, whose cells are kept,
    it counts only if some row has `name` filled and the known one empty.
    """
    folded = plain(name)
    slips = [known for form, known in standing.items() if is_one_slip(folded, form)]
    if not slips or (table == "attributes" and name in attribute_names(snapshot)):
        return None
    if table not in ("records", "subjects"):
        return slips[0]
    columns = column_types(snapshot.con, snapshot.log if table == "records" else snapshot.subjects)
    for known in slips:
        names = (f"a_{known}", f"{known.removesuffix('_on')}_day", known)
        column = next((own for own in names if own in columns), None)
        if table == "records":
            if column is None:
                continue
            filled = f"SELECT sid FROM {snapshot.log} WHERE {quote('a_' + name)} IS NOT NULL"
            only = f"{filled} AND {quote(column)} IS NULL"
        else:
            there = f"SELECT sid FROM {snapshot.attributes} WHERE name = {literal(known)} AND value IS NOT NULL"
            if column is not None:
                there = f"SELECT sid FROM {snapshot.subjects} WHERE {quote(column)} IS NOT NULL"
            filled = (
                f"SELECT DISTINCT sid FROM {snapshot.attributes} WHERE name = {literal(name)} AND value IS NOT NULL"
            )
            only = f"{filled} AND sid NOT IN ({there})"
        if snapshot.con.execute(f"SELECT 1 FROM ({only}) LIMIT 1").fetchall():
            return known
    return None


def is_one_slip(name: str, known: str) -> bool:
    """Whether one letter added, left out, changed or exchanged with its neighbour makes one word of the other."""
    if abs(len(name) - len(known)) > 1:
        return False
    start = next((k for k, pair in enumerate(zip(name, known, strict=False)) if pair[0] != pair[1]), None)
    if start is None:
        return True
    left, right = name[start:], known[start:]
    swapped = left[1:2] + left[:1] + left[2:]
    return left[1:] == right[1:] or left[1:] == right or left == right[1:] or swapped == right


def run_marks(snapshot: Snapshot, plan: Plan, unread: Unread) -> tuple[str, ...]:
    """Why every grade of a run is doubtful, as sorted codes; those that a run states where it is made again.

    A near miss or an absent attribute counts for the schemes that could read it.
    """
    if snapshot.stated_marks is not None:
        return snapshot.stated_marks
    scheme = plan.scheme
    readable = {name for table in TABLES.values() for name in table.columns}
    readable |= set(scheme.attributes) | set(scheme.record_attributes)
    marks = {
        "period_not_over": plan.as_of > judged_on(snapshot, plan),
        "near_miss_columns": any(
            miss["near"] in readable
            for miss in unread.near
            if miss["column"] not in unread.misnamed and (miss["column"], miss["near"]) not in unread.swapped
        ),
        "absent_attributes": bool(set(unread.absent) & read_attributes(scheme, _moment(plan))),
        "feeds_undeclared": not snapshot.feeds_declared,
        "delivery_differs": bool(snapshot.inputs.get("feeds", {}).get("differing_tables")),
    }
    return tuple(sorted(code for code, holds in marks.items() if holds))


def _moment(plan: Plan) -> int | date:
    """The year or day for which the rules of a plan are in force."""
    return plan.year if plan.scheme.period == "year" else from_day(plan.as_of)


def find_misnamed(engine: DuckDBEngine, snapshot: Snapshot, unread: Unread) -> list[int]:
    """Find the subjects of attributes whose name is a near miss of one that others have, or stands in the value."""
    names = ", ".join(map(literal, unread.misnamed))
    pairs = ", ".join(f"({literal(name)}, {literal(value)})" for name, value in unread.swapped)
    tests = [f"name IN ({names})"] * bool(names) + [f"(name, value) IN ({pairs})"] * bool(pairs)
    if not tests:
        return []
    rows = engine.rows(f"SELECT DISTINCT sid FROM {snapshot.attributes} WHERE {' OR '.join(tests)} ORDER BY sid")
    return [int(sid) for (sid,) in rows]


def float_notes(snapshot: Snapshot) -> list[str]:
    """The columns of binary floats of which not every decimal was read, each once."""
    return [
        f"{table}: column {column}: binary floats read at six decimals"
        for table, about in snapshot.inputs.items()
        for column in about.get("rounded_columns", ())
    ]


def near_name(name: str, candidates: Collection[str], stems: Collection[str] = ()) -> str | None:
    """The known name that a column may mean: nearly the same letters, or built from the stem of one (`tax_grade`)."""
    folded = {plain(known): known for known in sorted(candidates)}
    close_matches = difflib.get_close_matches(plain(name), folded, 1, 0.8)
    if close_matches:
        return folded[close_matches[0]]
    parts = [part for part in plain(name).split("_") if len(part) >= LEAST_STEM]
    for known in sorted(stems):
        if "_" not in known and any(known.startswith(part) and 5 * len(part) >= 3 * len(known) for part in parts):
            return known
    return None


def read_attributes(scheme: Scheme, at: int | date | None = None) -> set[str]:
    """Collect the attributes that some rule of a scheme names; `at`: a rule in force for that year or on that day."""
    words: set[str] = set()
    _collect(scheme, words, at)
    return set(scheme.attributes) & words


def _collect(part: Any, words: set[str], at: int | date | None) -> None:
    if isinstance(part, Rule) and at is not None and not holds(part.applies, at):
        return
    if isinstance(part, str):
        words.update(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", part))
    elif isinstance(part, Model):
        for key in type(part).model_fields:
            if key not in SILENT:
                _collect(getattr(part, key), words, at)
    elif isinstance(part, dict):
        for value in part.values():
            _collect(value, words, at)
    elif isinstance(part, list | tuple):
        for value in part:
            _collect(value, words, at)
