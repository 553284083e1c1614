"""Results of visits on the log of a store: each row tied to its draw with its exact probability, and reported."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

from creditscore.core.atomic import write_texts
from creditscore.core.clock import today
from creditscore.core.errors import InputError, StoreDiffers, TooManyRejected
from creditscore.core.json_source import parse_object
from creditscore.inspection.commitment import Commitment
from creditscore.inspection.importing import (
    FILES,
    KEPT,
    Draws,
    Imported,
    add_decimal,
    find_day_to_come,
    list_missing,
    tie_to_draw,
)
from creditscore.inspection.results import REASONS, TABLE, fault_of, shown
from creditscore.inspection.rows import Row, new_folder, read_rows, rows_of, table_hash
from creditscore.inspection.workflow import list_erased, name_visit, read_kept, read_named_visits, read_visits
from creditscore.store.fold import fold
from creditscore.store.log import read_streams
from creditscore.store.store import Store

FIELDS = {"inspection_id": "id", "subject_id": "subject", "draw_id": "draw", "class": "drawn_as"}  # of a visit


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
    data, out, max_rejected, csv_people
        As in `importing.import_results`.
    by
        Who imports (role `grader`).

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
        raise InputError(
            "the table of results has no rows", next="fill to_fill.csv of the draw, one row per visit, and import it"
        )
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
            f"{len(refused)} results were refused, {max_rejected} allowed; nothing was kept",
            where=str(folder / "quarantine.csv"),
            next="mend the rows listed there, or accept them with --max-rejected",
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
            raise StoreDiffers(
                "the draw in the store is not the one that was committed to",
                where=f"draw {draw_id}",
                allowed="frame and units as they were committed to and drawn",
                next="restore a copy of store and archive; `supervise verify DIR --store` proves it",
            )
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
