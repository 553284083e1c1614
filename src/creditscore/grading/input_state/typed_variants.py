"""Variants of refused rows through intake and admission: what a scheme makes of their cells."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from creditscore.core.days import LAST, from_day
from creditscore.grading.input_state.variants import Cells, RefusedRow, Space, changes
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.load_inputs import engine_of, take_in
from creditscore.grading.plan import Plan
from creditscore.grading.replay import subjects
from creditscore.records import Snapshot, ingest
from creditscore.records.schema import TABLES
from creditscore.records.snapshot import column_types

# What a scheme may find in a row once its other faults are mended: it depends on the item that the row may have had.
NEXT_FAULTS = ("missing_attribute", "bad_attribute", "missing_date")
KNOWN = {"log_rows": "known_day", "attributes": "known_day", "listings": "known_day", "history": "known_day"}


@dataclass(frozen=True)
class Variant:
    """A reading of the rows of one record, or of one row of another table: what takes whose place in the subject."""

    drops: frozenset[str]
    table: str
    rows: tuple[Cells, ...]


@dataclass(frozen=True)
class Reading:
    """A variant as the scheme takes it in: typed records, attributes, earlier grades and listings."""

    drops: frozenset[str]
    brings: Subject


class Typer:
    """Variants through intake and admission: what the scheme makes of their cells, each different one once."""

    def __init__(self, snapshot: Snapshot, plan: Plan) -> None:
        self.plan = plan
        self.known_is_given = plan.law_known_at is not None
        self.columns = set(plan.scheme.record_attributes)
        self._typed: dict[str, Subject] = {}
        self._faults: dict[str, list[tuple[str, str, str]]] = {}  # record, reason and column of each

    def take(self, variants: Iterator[Variant]) -> None:
        """Type the variants that were not yet seen."""
        new: dict[str, list[Cells]] = {}
        tables: dict[str, str] = {}
        for variant in variants:
            key, rows = self._key(variant)
            if key not in self._typed and key not in new:
                new[key], tables[key] = rows, variant.table
        if new:
            self._typed.update(self._through_intake(new, tables))

    def reading(self, variant: Variant) -> Reading:
        """A variant as it was taken in."""
        key, rows = self._key(variant)
        typed = self._typed[key]
        names = [str(row.get("record_id") or "") for row in variant.rows]
        originals = dict(zip((str(row.get("record_id")) for row in rows), names, strict=True))
        records = [
            {**record, "record_id": originals.get(record["record_id"].partition(".")[2], record["record_id"])}
            for record in typed.records  # a record that stands for an attribute has an id of its own
        ]
        return Reading(variant.drops, replace(typed, records=records))

    def mended(self, space: Space, variant: Variant) -> list[Variant]:
        """Mend the first fault that the scheme found in a variant that was taken, in every admissible way."""
        key, rows = self._key(variant)
        if not self._faults.get(key):
            return []
        record, reason, column = self._faults[key][0]
        own = [place for place, row in enumerate(rows) if variant.table != "records" or row["record_id"] == record]
        place = min(own, key=lambda place: (rows[place].get("event") or "filed") != "filed")
        cells = variant.rows[place]
        ways = changes(space, RefusedRow(variant.table, 0, cells, ()), reason, column)
        before, after = variant.rows[:place], variant.rows[place + 1 :]
        again = {column: None} if reason == "missing_attribute" else None  # what is missing would be missing still
        return [replace(variant, rows=(*before, cells | way, *after)) for way in ways if way != again]

    def _key(self, variant: Variant) -> tuple[str, list[Cells]]:
        """The rows with ids of their own, which say nothing, and a text by which equal ones are known."""
        numbers: dict[str, str] = {}
        rows = []
        for cells in variant.rows:
            named = numbers.setdefault(str(cells.get("record_id") or ""), str(len(numbers)))
            left = {name: value for name, value in cells.items() if value is not None and name != "subject_id"}
            left = {name: value for name, value in left.items() if self._is_read(variant.table, name)}
            if variant.table == "records":
                left["record_id"] = named
            rows.append(left)
        return f"{variant.table} {json.dumps(rows, sort_keys=True)}", rows

    def _is_read(self, table: str, column: str) -> bool:

        return column in TABLES[table].columns or (table == "records" and column in self.columns)

    def _through_intake(self, new: Mapping[str, list[Cells]], tables: Mapping[str, str]) -> dict[str, Subject]:
        import pyarrow as pa

        rows: dict[str, list[Cells]] = {"records": [], "attributes": [], "listings": [], "history": []}
        ids = {key: f"v{number}" for number, key in enumerate(new)}
        for key, listed in new.items():
            for number, cells in enumerate(listed):
                row = {**cells, "subject_id": ids[key]}
                if tables[key] == "records":
                    row["record_id"] = f"{ids[key]}.{cells['record_id']}"
                elif tables[key] == "listings":
                    row["listing_id"] = f"{ids[key]}.{number}"
                rows[tables[key]].append(row)

        def table(name: str) -> Any:

            names = list(dict.fromkeys([*TABLES[name].required, *(column for row in rows[name] for column in row)]))
            return pa.table(
                {column: pa.array([row.get(column) for row in rows[name]], pa.string()) for column in names}
            )

        subjects_table = pa.table({"subject_id": pa.array(ids.values(), pa.string())})
        beside = {name: table(name) for name in ("attributes", "listings", "history") if rows[name]}
        small = ingest(subjects_table, table("records"), subject_ids="local", intake_on=from_day(LAST), **beside)
        if not self.known_is_given:  # then all that was delivered is known
            for name, column in KNOWN.items():
                if self._has(small, name, column):  # a correction without a day of its own counts from that day
                    small.con.execute(f"UPDATE {name} SET {column} = least({column}, {self.plan.known_at})")
        engine = engine_of(small)
        taken = take_in(engine, small, self.plan)
        typed = dict(subjects(engine, self.plan))
        keys = {name: key for key, name in ids.items()}
        for _, _, _, name, record, reason, column, _ in taken.refusals.by_scheme():
            if reason in NEXT_FAULTS:
                self._faults.setdefault(keys[name], []).append(((record or "").partition(".")[2], reason, column))
        small.con.close()
        return {key: typed[ids[key]] for key in new}

    @staticmethod
    def _has(snapshot: Snapshot, table: str, column: str) -> bool:

        return column in column_types(snapshot.con, table)
