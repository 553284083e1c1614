"""`import_results`: what visits found, checked row by row, tied to its draw with its exact probability, and kept."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from creditscore.core.atomic import json_text, write_texts
from creditscore.core.clock import today
from creditscore.core.errors import InputError, StoreDiffers, TooManyRejected
from creditscore.core.json_source import parse_object
from creditscore.core.tables.write import csv_text
from creditscore.inspection.commitment import Commitment
from creditscore.inspection.results import COLUMNS, REASONS, TABLE, fault_of, shown
from creditscore.inspection.rows import Row, new_folder, probability_text, read_rows, rows_of, table_hash
from creditscore.inspection.workflow import list_erased, name_visit, read_kept, read_named_visits, read_visits
from creditscore.store.fold import fold
from creditscore.store.log import read_streams
from creditscore.store.store import Store

OUT = (*COLUMNS, "programme", "class", "stratum", "probability", "probability_decimal")
KEPT = (*COLUMNS, "programme", "class", "stratum", "probability")
FIELDS = {"inspection_id": "id", "subject_id": "subject", "draw_id": "draw", "class": "drawn_as"}  # of a visit
FILES = ("results.csv", "quarantine.csv", "missing.csv", "manifest.json")


@dataclass(frozen=True)
class Imported:
    """`results` are kept, `repeated` of them were before; `refused` have a reason; `missing` were drawn, not told."""

    results: tuple[Row, ...]
    repeated: int
    refused: tuple[Row, ...]
    missing: tuple[Row, ...]

    @property
    def counts(self) -> dict[str, Any]:
        arms = Counter((row["arm"], row["result"]) for row in self.results)
        by_arm: dict[str, dict[str, int]] = defaultdict(dict)
        for (arm, result), count in sorted(arms.items()):
            by_arm[arm][result] = count
        return {
            "in": len(self.results) + len(self.refused),
            "kept": len(self.results),
            "repeated": self.repeated,
            "refused": dict(sorted(Counter(row["reason"] for row in self.refused).items())),
            "drawn_without_result": len(self.missing),
            "without_probability": sum(not row["probability"] for row in self.results),
            "arms": dict(by_arm),
        }

    def files(self, people: bool = False) -> dict[str, str]:
        """The files by name; `people`: their CSV for spreadsheets."""
        quarantine = ("line", "inspection_id", "subject_id", "reason", "message")
        missing = ("draw_id", "subject_id", "department", "programme")
        manifest = {"format": "creditscore-inspection-results", **self.counts}
        return {
            "results.csv": csv_text(OUT, self.results, people),
            "quarantine.csv": csv_text(quarantine, self.refused, people),
            "missing.csv": csv_text(missing, self.missing, people),
            "manifest.json": json_text(manifest, indent=2, sort_keys=True),
        }


@dataclass(frozen=True)
class Draws:
    """What the store knows of the draws that results name: by (draw, department, subject), and the day of each draw."""

    units: Mapping[tuple[str, str, str], Sequence[Row]]
    drawn_on: Mapping[str, str]
    departments: Mapping[str, frozenset[str]]


def import_results(
    store: Store, data: Any, out: Path | str, *, by: str, max_rejected: int = 0, csv_people: bool = False
) -> Imported:
    """Check the results of visits against their draws, report each to the log and write a folder of them.

    Each visit is an act of its own. A row that repeats a reported one is counted and not reported again, so an import
    that was cut off is made whole by the same import; the same id with other content is refused, and so is an id whose
    result was erased.

    Parameters
    ----------
    store
        The open store that holds the draws.
    data
        The table of results, one row for each visit and department: `to_fill.csv` of the draw, filled in.
    out
        A folder for `results.csv`, `quarantine.csv` (refused rows with reasons), `missing.csv` (drawn, without a
        result) and `manifest.json`; it may hold earlier ones of these, and no other file.
    by
        Who imports (role `grader`).
    max_rejected
        How many refused rows are accepted. With more of them nothing is reported, and the folder lists why.
    csv_people
        Write the CSV files for spreadsheets: marked as UTF-8, and no cell can be read as a formula.

    Returns
    -------
    Imported
        The kept results, how many were kept before, the refused rows, and drawn organisations without a result.

    Raises
    ------
    TooManyRejected
        Where more rows were refused than `max_rejected`; then nothing is reported.
    InputError
        Where the table cannot be read or has no rows.
    NotAllowed
        Where the person does not have the role.
    StoreDiffers
        Where a draw in the store or the archive is not the one that was committed to.

    Examples
    --------
    >>> import_results(store, "filled.csv", "out/results", by="li.na").counts["kept"]  # doctest: +SKIP
    118
    """
    folder = new_folder(out, FILES)
    rows = read_rows(data, TABLE)
    if not rows:
        raise InputError("inspection.table_results_no_rows")
    draws = read_draws(store, {row["draw_id"] for row in rows if row["draw_id"]})
    names = sorted({name_visit(row["inspection_id"]) for row in rows})
    reported = {row["inspection_id"]: row for row in map(as_row, read_named_visits(store, names))}
    erased = list_erased(store, names)
    good, refused, fresh = [], [], []
    seen: dict[str, Row] = dict(reported)
    for line, row in enumerate(rows, 1):
        reason = fault_of(row) or find_day_to_come(row) or tie_to_draw(row, draws)
        full = {} if reason else {name: row[name] for name in KEPT}
        if not reason and seen.setdefault(row["inspection_id"], full) != full:
            reason = "duplicate_inspection"
        if not reason and name_visit(row["inspection_id"]) in erased:
            reason = "erased_inspection"
        if reason:
            hidden = {name: shown(row)[name] for name in ("inspection_id", "subject_id")}
            refused.append(hidden | {"line": str(line), "reason": reason, "message": REASONS[reason]})
            continue
        good.append(row)
        if row["inspection_id"] not in reported:
            fresh.append(full)
            reported[row["inspection_id"]] = full
    if len(refused) > max_rejected:
        write_texts(folder, Imported((), 0, tuple(refused), ()).files(csv_people))
        raise TooManyRejected(
            "inspection.results_refused_allowed_nothing_kept",
            refused_count=len(refused),
            max_rejected=max_rejected,
            where=str(folder / "quarantine.csv"),
        )
    for row in sorted(fresh, key=lambda row: row["inspection_id"]):
        given: dict[str, Any] = {FIELDS.get(name, name): value for name, value in row.items() if value}
        if row["violations"]:
            given["violations"] = int(row["violations"])
        store.act("visit", "report", by=by, on=given.pop("recorded_on"), known_on=today(), **given)
    everything = [as_row(visit) for name in draws.drawn_on for visit in read_visits(store, draw=name)]
    unique = {row["inspection_id"]: row for row in good}
    results = tuple(unique[name] | add_decimal(unique[name]) for name in sorted(unique))
    imported = Imported(results, len(good) - len(fresh), tuple(refused), list_missing(draws, everything))
    write_texts(folder, imported.files(csv_people))
    return imported


def find_day_to_come(row: Row) -> str | None:
    """A result that was recorded on a day after today."""
    return "bad_date" if row["recorded_on"] > str(today()) else None


def tie_to_draw(row: Row, draws: Draws) -> str | None:
    """Tie a row to its draw, in place; the reason where it does not fit."""
    row |= {"class": "", "stratum": "", "probability": ""}
    draw, random = row["draw_id"], row["arm"] == "random"
    if not draw:
        row["programme"] = row["programme"] or ""
        return "unknown_draw" if random else None
    if draw not in draws.drawn_on:
        return "unknown_draw"
    if row["department"] not in draws.departments[draw]:
        return "bad_department"
    units = draws.units.get((draw, row["department"], row["subject_id"]), [])
    chosen = [unit for unit in units if row["programme"] in ("", unit["programme"])]
    if random:
        if not any(int(row["visits"]) for row in chosen):
            return "not_drawn"
        if row["inspected_on"] and row["inspected_on"] < draws.drawn_on[draw]:
            return "before_draw"
    missed = Fraction(1)
    for value in chosen:
        missed *= 1 - Fraction(value["probability"])
    if chosen:
        row |= {name: ";".join(row[name] for row in chosen) for name in ("programme", "class", "stratum")}
        row["probability"] = str(1 - missed)
    return None


def list_missing(draws: Draws, result_rows: Sequence[Row]) -> tuple[Row, ...]:
    """Drawn organisations of these draws of which no random visit was told."""
    reported = {(row["draw_id"], row["department"], row["subject_id"]) for row in result_rows if row["arm"] == "random"}
    return tuple(
        {"draw_id": draw, "subject_id": subject, "department": department, "programme": unit["programme"]}
        for (draw, department, subject), units in sorted(draws.units.items())
        for unit in units
        if int(unit["visits"]) and (draw, department, subject) not in reported
    )


def add_decimal(row: Row) -> Row:
    return {"probability_decimal": probability_text(Fraction(row["probability"]))[1] if row["probability"] else ""}


def as_row(visit: Mapping[str, Any]) -> Row:
    """Write a visit as a row of the table of results."""
    cells = {name: visit.get({**FIELDS, "subject_id": "subject_id"}.get(name, name)) for name in KEPT}
    return {name: "" if value is None else str(value) for name, value in cells.items()}


def read_draws(store: Store, ids: set[str]) -> Draws:
    """Read the draws that results name: who was drawn with which probability, by the frames in the archive."""
    units: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    departments, days = {}, {}
    with store.reading() as connection:
        streams = read_streams(connection, [f"draw/{name}" for name in sorted(ids)])
    for stream, events in streams.items():
        draw = fold(stream, events)
        if draw.state != "drawn" or draw.is_erased:
            continue
        draw_id = stream.partition("/")[2]
        commitment = Commitment(parse_object(draw.fields["content"], "content", Path("commitment.json")))
        frame = read_kept(store, draw.fields["tables"], "frame.csv")
        visits = {row["unit"]: row["visits"] for row in rows_of(read_kept(store, draw.fields["files"], "units.csv"))[1]}
        rows = [{**row, "visits": visits.get(row["unit"], ""), "class": row["drawn_as"]} for row in rows_of(frame)[1]]
        if table_hash(frame) != commitment.content["tables"]["frame.csv"] or not _fits(commitment, rows):
            raise StoreDiffers("inspection.draw_store_not_committed", draw_id=draw_id)
        for row in sorted(rows, key=lambda row: row["unit"]):
            cells = {name: row[name] for name in ("programme", "stratum", "class", "probability", "visits")}
            units[draw_id, row["department"], row["subject_id"]].append(cells)
        days[draw_id] = str(draw.fields["drawn_on"])
        departments[draw_id] = frozenset(row["department"] for row in rows)
    return Draws(units, days, departments)


def _fits(commitment: Commitment, units: Sequence[Row]) -> bool:
    """Whether units, visits and probabilities are those of the strata that were committed to."""
    strata = commitment.content["strata"]
    if any(not row["visits"] or row["stratum"] not in strata for row in units):
        return False
    sizes = Counter(row["stratum"] for row in units)
    visits: Counter[str] = Counter()
    for row in units:
        visits[row["stratum"]] += int(row["visits"])
    chances = {name: min(Fraction(row["visits"], row["units"]), Fraction(1)) for name, row in strata.items()}
    return all(Fraction(row["probability"]) == chances[row["stratum"]] for row in units) and all(
        (sizes[name], visits[name]) == (row["units"], row["visits"]) for name, row in strata.items()
    )
