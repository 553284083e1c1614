"""Inspectors: codes, certificates, days; whom each may not inspect, and whom each inspected last."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from creditscore.core.errors import InputError
from creditscore.core.identity import is_resident, redact, resident_numbers
from creditscore.core.tables.table import Table
from creditscore.core.tables.write import csv_text
from creditscore.inspection.classes import clean_ids
from creditscore.inspection.rows import Row, day_of, read_rows

INSPECTORS = Table("inspectors", ("inspector_id", "certificates"), ("days",))
CONFLICTS = Table("conflicts", ("inspector_id", "subject_id"), ("reason",))
VISITS = Table("last_visits", ("inspector_id", "subject_id", "visited_on"), ())
LONGEST = 40


@dataclass(frozen=True)
class Inspector:
    """`days` in the year that can go to visits; None: no limit is known."""

    inspector_id: str
    certificates: frozenset[str]
    days: Fraction | None


@dataclass(frozen=True)
class Staff:
    """Who can be sent: inspectors by id, pairs barred by a declared conflict, and the teams of each last visit."""

    inspectors: tuple[Inspector, ...]
    conflicts: tuple[Row, ...] = ()
    last_visits: tuple[Row, ...] = ()

    def barred(self) -> set[tuple[str, str]]:
        """(inspector, subject) pairs with a conflict."""
        return {(row["inspector_id"], row["subject_id"]) for row in self.conflicts}

    def last_teams(self) -> dict[str, frozenset[str]]:
        """Subject → the inspectors of its newest visit."""
        newest: dict[str, str] = {}
        for row in self.last_visits:
            newest[row["subject_id"]] = max(newest.get(row["subject_id"], ""), row["visited_on"])
        teams: dict[str, frozenset[str]] = {}
        for row in self.last_visits:
            if row["visited_on"] == newest[row["subject_id"]]:
                teams[row["subject_id"]] = teams.get(row["subject_id"], frozenset()) | {row["inspector_id"]}
        return teams

    def files(self) -> dict[str, str]:
        """The three tables as they are committed to: sorted, so that the order of the rows given is nothing."""
        inspectors = [
            {
                "inspector_id": inspector.inspector_id,
                "certificates": ";".join(sorted(inspector.certificates)),
                "days": "" if inspector.days is None else str(inspector.days),
            }
            for inspector in self.inspectors
        ]
        barred = [dict(zip(("inspector_id", "subject_id"), pair, strict=True)) for pair in sorted(self.barred())]
        return {
            "inspectors.csv": csv_text(("inspector_id", "certificates", "days"), inspectors),
            "conflicts.csv": csv_text(("inspector_id", "subject_id"), barred),
            "last_visits.csv": csv_text(("inspector_id", "subject_id", "visited_on"), self.last_visits),
        }


def read_staff(inspectors: Any, conflicts: Any = None, last_visits: Any = None) -> Staff:
    """The tables, checked. InputError for a resident identity number in place of a code, an inspector twice, faults.

    A conflict or a last visit of an inspector who is not listed is kept: it bars nobody.
    """
    people = read_rows(inspectors, INSPECTORS)
    _codes([row["inspector_id"] for row in people], "inspectors")
    inspector_rows: dict[str, Inspector] = {}
    for row in people:
        name = row["inspector_id"]
        if name in inspector_rows:
            raise InputError("inspection.inspector_stands_twice", name=name, where="inspectors")
        if resident_numbers(row["certificates"]):
            raise InputError("inspection.resident_identity_number_stands_certificates", name=name, where="inspectors")
        certificates = frozenset(part.strip() for part in row["certificates"].split(";") if part.strip())
        inspector_rows[name] = Inspector(name, certificates, _days(row["days"], name))
    if not inspector_rows:
        raise InputError("inspection.no_inspectors", where="inspectors")
    return Staff(
        tuple(inspector_rows[name] for name in sorted(inspector_rows)),
        _pairs(conflicts, CONFLICTS, "conflicts"),
        _pairs(last_visits, VISITS, "last_visits"),
    )


def _codes(names: Collection[str], where: str) -> None:
    persons = sum(is_resident(name) for name in names)
    if persons:
        raise InputError("inspection.inspectors_named_resident_identity_number", persons=persons, where=where)
    odd = [name for name in names if not name or len(name) > LONGEST or any(sign in name for sign in "|;\n\r")]
    if odd:
        raise InputError("inspection.no_code_inspector", odd=redact(odd[0]), longest=LONGEST, where=where)


def _days(text: str, name: str) -> Fraction | None:
    try:
        days = Fraction(text) if text else None
    except (ValueError, ZeroDivisionError):
        days = Fraction(-1)
    if days is not None and days < 0:
        raise InputError("inspection.days", name=name, text=text, where="inspectors")
    return days


def _pairs(data: Any, table: Table, where: str) -> tuple[Row, ...]:
    if data is None:
        return ()
    rows = read_rows(data, table)
    _codes([row["inspector_id"] for row in rows], where)
    clean_ids(rows, where)
    for row in rows:
        if "visited_on" in row:
            row["visited_on"] = str(day_of(row["visited_on"][:10], f"visited_on in {where}"))
        row.pop("reason", None)  # who may know of a conflict need not know why
    unique = {tuple(row.items()) for row in rows}
    return tuple(dict(pair) for pair in sorted(unique))
