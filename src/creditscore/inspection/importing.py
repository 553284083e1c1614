"""`import_results`: what visits found, checked row by row, tied to its draw with its exact probability, and kept."""

from __future__ import annotations

import hashlib
import json
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

from creditscore.core.atomic import json_text, write_texts
from creditscore.core.clock import today
from creditscore.core.errors import InputError, StoreDiffers, TooManyRejected
from creditscore.core.tables.write import csv_text
from creditscore.inspection.register import IMPORTER, Who
from creditscore.inspection.results import COLUMNS, REASONS, TABLE, fault_of, shown
from creditscore.inspection.rows import Row, new_folder, probability_text, read_rows
from creditscore.store import Database, Log

OUT = (*COLUMNS, "programme", "class", "stratum", "probability", "probability_decimal")
KEPT = (*COLUMNS, "programme", "class", "stratum", "probability")
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
    data: Any, out: Path | str, who: Who, *, max_rejected: int = 0, csv_people: bool = False
) -> Imported:
    """Check the results of visits against their draws, keep them in the store and write a folder of them.

    Every row of a draw gets the exact probability with which its department had drawn the organisation. A row that
    repeats a kept one is counted and not kept again; the same id with other content is refused. The act is logged as
    `draw.import`.

    Parameters
    ----------
    data
        The table of results, one row for each visit and department: `to_fill.csv` of the draw, filled in.
    out
        A folder for `results.csv`, `quarantine.csv` (refused rows with reasons), `missing.csv` (drawn, without a
        result) and `manifest.json`; it may hold earlier ones of these, and no other file.
    who
        Who imports (role `grader`), and the store that holds the draws.
    max_rejected
        How many refused rows are accepted. With more of them nothing is kept, and the folder lists why.
    csv_people
        Write the CSV files for spreadsheets: marked as UTF-8, and no cell can be read as a formula.

    Returns
    -------
    Imported
        The kept results, how many were kept before, the refused rows, and drawn organisations without a result.

    Raises
    ------
    TooManyRejected
        Where more rows were refused than `max_rejected`.
    InputError
        Where the table cannot be read or has no rows.
    UsageError
        Where `out` is a file or holds other files.
    NotAllowed
        Where the person does not have the role.
    StoreDiffers
        Where a draw in the store is not the one that was committed to.

    Examples
    --------
    >>> imported = import_results("filled.csv", "out/results", Who("li.na", Path("credit.store")))  # doctest: +SKIP
    >>> imported.counts["kept"]  # doctest: +SKIP
    118
    """
    folder = new_folder(out, FILES)
    rows = read_rows(data, TABLE)
    if not rows:
        raise InputError(
            "the table of results has no rows", next="fill to_fill.csv of the draw, one row per visit, and import it"
        )
    with Database(who.store) as store:
        draws = _draws(store, {row["draw_id"] for row in rows if row["draw_id"]})
        names = ", ".join(f'"{name}"' for name in KEPT)
        table_rows = {
            row[0]: dict(zip(KEPT, row, strict=True)) for row in store.rows(f"SELECT {names} FROM draw_results")
        }
        good, refused, fresh = [], [], []
        seen: dict[str, Row] = dict(table_rows)
        for line, row in enumerate(rows, 1):
            reason = fault_of(row) or find_day_to_come(row) or tie_to_draw(row, draws)
            full = {} if reason else {name: row[name] for name in KEPT}
            if not reason and seen.setdefault(row["inspection_id"], full) != full:
                reason = "duplicate_inspection"
            if reason:
                hidden = {name: shown(row)[name] for name in ("inspection_id", "subject_id")}
                refused.append(hidden | {"line": str(line), "reason": reason, "message": REASONS[reason]})
                continue
            good.append(row)
            if row["inspection_id"] not in table_rows:
                fresh.append(full)
                table_rows[row["inspection_id"]] = full
        unique = {row["inspection_id"]: row for row in good}
        results = tuple(unique[name] | add_decimal(unique[name]) for name in sorted(unique))
        imported = Imported(
            results, len(good) - len(fresh), tuple(refused), list_missing(draws, [*table_rows.values()])
        )
        if len(refused) > max_rejected:
            write_texts(folder, Imported((), 0, tuple(refused), ()).files(csv_people))
            raise TooManyRejected(
                f"{len(refused)} results were refused, {max_rejected} allowed; nothing was kept",
                where=str(folder / "quarantine.csv"),
                next="mend the rows listed there, or accept them with --max-rejected",
            )
        payload = {"counts": imported.counts, "draws": sorted(draws.drawn_on)}
        with Log(store, roles=who.roles).act(who.by, IMPORTER, "draw.import", "", payload) as act:
            marks = ", ".join("?" * (len(KEPT) + 1))
            for row in sorted(fresh, key=lambda row: row["inspection_id"]):
                act.con.execute(
                    f"INSERT INTO draw_results VALUES ({marks})", [*(row[name] for name in KEPT), act.entry.seq]
                )
            write_texts(folder, imported.files(csv_people))
    return imported


def find_day_to_come(row: Row) -> str | None:
    """A result that was recorded on a day after today."""
    return "bad_date" if row["recorded_on"] > str(today()) else None


def _draws(store: Database, names: set[str]) -> Draws:
    units: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    departments: dict[str, set[str]] = defaultdict(set)
    days: dict[str, str] = {}
    for name in sorted(names):
        for draw_id, day in store.rows("SELECT draw_id, drawn_on FROM draw_draws WHERE draw_id = ?", [name]):
            days[draw_id] = day
        for department, subject, *rest in store.rows(
            "SELECT department, subject_id, programme, stratum, drawn_as, probability, visits FROM draw_units"
            " WHERE draw_id = ? ORDER BY unit",
            [name],
        ):
            departments[name].add(department)
            row = dict(zip(("programme", "stratum", "class", "probability", "visits"), map(str, rest), strict=True))
            units[(name, department, subject)].append(row)
        if name in days:
            _as_committed(store, name, [row for key, rows in units.items() if key[0] == name for row in rows])
    return Draws(units, days, {name: frozenset(department) for name, department in departments.items()})


def _as_committed(store: Database, draw_id: str, units: Sequence[Row]) -> None:
    """StoreDiffers where units, visits or probabilities of a draw in the store are not those that were committed to."""
    held = store.rows("SELECT content, hash FROM draw_commitments WHERE draw_id = ?", [draw_id])
    content, name = held[0] if held else ("", "")
    wrong = StoreDiffers(
        "the draw in the store is not the one that was committed to",
        where=f"draw {draw_id}",
        next="restore a copy of the store; `supervise verify DIR --store` proves it",
    )
    if hashlib.sha256(content.encode()).hexdigest() != name or not name.startswith(draw_id):
        raise wrong
    strata = json.loads(content)["strata"]
    visits: Counter[str] = Counter()
    sizes: Counter[str] = Counter()
    for unit in units:
        sizes[unit["stratum"]] += 1
        visits[unit["stratum"]] += int(unit["visits"])
        stratum_of_unit = strata.get(unit["stratum"], {"units": 1, "visits": 0})
        if Fraction(unit["probability"]) != min(
            Fraction(stratum_of_unit["visits"], stratum_of_unit["units"]), Fraction(1)
        ):
            raise wrong
    if any((sizes[key], visits[key]) != (stratum["units"], stratum["visits"]) for key, stratum in strata.items()):
        raise wrong


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
