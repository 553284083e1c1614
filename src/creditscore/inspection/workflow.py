"""Draws on the log of a store: what the declarations of draws and visits cannot say, commitments, draws, checks."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from creditscore.core.atomic import json_text, write_texts
from creditscore.core.clock import check_day_has_come, office_day, today
from creditscore.core.errors import InputError, StoreDiffers, UsageError
from creditscore.core.json_source import parse_object
from creditscore.inspection.commitment import (
    Commitment,
    Randomness,
    changed_tables,
    make_commitment,
    read_commitment,
    read_tables,
)
from creditscore.inspection.draw import Outcome, draw_json, run_draw
from creditscore.inspection.inspectors import VISITS, Staff, read_staff
from creditscore.inspection.order import draw_key
from creditscore.inspection.plan import read_plan
from creditscore.inspection.results import ARMS, CARRIED_OUT, FINDINGS, RESULTS
from creditscore.inspection.rows import Row, new_folder, read_rows, read_text, rows_of
from creditscore.inspection.verify import SCRIPT, Checked, Difference, script_text, verify_draw
from creditscore.store.context import Context, Registry
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.fold import Stream, fold
from creditscore.store.log import read_streams
from creditscore.store.store import Store
from creditscore.store.verify import verify as verify_log

TRIALS = 3
DRAWN = ("units.csv", "visits.csv", "teams.csv")  # what import reads again; the rest of a folder follows from it
TIES = ("draw", "arm", "programme", "drawn_as", "stratum", "probability")  # of a visit to its draw


def make_registry() -> Registry:
    """Return what inspections register with a store: their workflows in all versions, and their functions."""
    declared = [workflow for workflow in WORKFLOWS.load() if workflow.workflow in ("draw", "visit")]
    return Registry(declared, code={"draw.read_commitment": read_committed, "visit.read_draw": read_draw_of_visit})


def read_committed(context: Context) -> dict[str, Any]:
    """Read the commitment of a draw, the clock of the log, and the public value where one is given."""
    if not context.before.events and context.before.name:
        raise context.refuse(
            "a commitment is published, and nothing of its draw is corrected",
            allowed="the draw as it stands",
            next="commit to another value where a draw must be made anew",
        )
    content = str(context.given.get("content") or context.case["content"])
    commitment = Commitment(parse_object(content, "content", Path("commitment.json")))
    events = context.before.events
    if commitment.canonical != content or (not events and str(commitment.committed_on) != context.day):
        raise context.refuse(
            "the commitment is not canonical, or of another day",
            allowed=f"what `make_commitment` made on {context.day}",
            next="commit from the plan again",
        )
    about, key = commitment.randomness, ""
    value = context.given.get("value", "")
    if value:
        value = about.canonical(value)
        key = draw_key(commitment.hash, value).hex()
    return {
        "id": commitment.draw_id,
        "commitment": commitment.hash,
        "plan": commitment.content["plan"],
        "inspectors": commitment.content["tables"]["inspectors.csv"],
        "value_on": str(about.on),
        "replayed": bool(commitment.content.get("replayed")),
        "logged_on": str(office_day(events[0].at) if events else today()),
        "value": value,
        "key": key,
    }


def read_draw_of_visit(context: Context) -> dict[str, Any]:
    """Read the draw that a visit names: when it was drawn and for whom; and the codes of results."""
    facts: dict[str, Any] = {"arms": ARMS, "results": RESULTS, "findings": FINDINGS}
    facts["name"] = name_visit(context.given["id"]).partition("/")[2]
    if context.before.name:  # a correction takes the report again
        stands = context.read(context.before.name).fields
        facts["was_tied_otherwise"] = any(stands.get(name) != context.given.get(name) for name in TIES)
    if context.given.get("draw"):
        draw = context.read(f"draw/{context.given['draw']}")
        if draw.state == "drawn" and not draw.is_erased:
            departments = sorted(
                Commitment(parse_object(draw.fields["content"], "content", Path())).content["departments"]
            )
            facts |= {"drawn_on": draw.fields["drawn_on"], "departments": departments}
    return facts


def name_visit(inspection_id: str) -> str:
    """Return the stream of a visit, which does not say whom it was to."""
    return f"visit/{hashlib.sha256(inspection_id.encode()).hexdigest()[:16]}"


def commit(
    store: Store,
    plan: Path | str,
    out: Path | str,
    about: Randomness,
    on: date,
    *,
    by: str,
    inspectors: Any,
    conflicts: Any = None,
    last_visits: Any = None,
    replayed: bool = False,
) -> Commitment:
    """Commit to a plan and to a public value of the future, before that value exists.

    The tables are kept in the archive, the commitment stands in the log, then the folder is written. Three draws with
    values that cannot occur are tried first, so that a lack of inspectors is found before anything is committed to.

    Parameters
    ----------
    store
        The open store; teams of visits that it knows join `last_visits`.
    plan
        The folder of a plan, as `InspectionPlan.write` wrote it.
    out
        A new or empty folder for the draw.
    about
        The public value of the future.
    on
        The day of the commitment, not after today and before the day of the value.
    by
        Who commits (role `approver`).
    inspectors
        Table of inspectors: `inspector_id`, `certificates` (parted by `;`), `days` in the year (empty: no limit known).
    conflicts
        Table of declared conflicts, `inspector_id` and `subject_id`: these pairs do not meet. None for none.
    last_visits
        Table of earlier visits, `inspector_id`, `subject_id` and `visited_on`: the team of the last visit to an
        organisation does not go there next. None for those of the store alone.
    replayed
        Play days of the past again: the clock of the log need not lie before the day of the value, and the draw is
        marked for good as proving nothing about the order of commitment and value.

    Returns
    -------
    Commitment
        What was committed to; its `hash` is what should be published before the value is known.

    Raises
    ------
    UsageError
        Where the day, or the clock of the log, is not before the day of the value; where the value cannot serve, the
        draw is committed already or `out` holds other files.
    NotAllowed
        Where the person does not have the role.
    InputError
        Where a file of the plan is missing or was changed, a table has faults, or no teams can be formed.

    Examples
    --------
    >>> commit(store, "out/plan", "out/draw", about, date(2027, 1, 4), by="chen.jie",
    ...        inspectors="inspectors.csv")  # doctest: +SKIP
    """
    check_day_has_come(on)
    manifest, folder = read_plan(plan), new_folder(out)
    given = [] if last_visits is None else read_rows(last_visits, VISITS)
    staff = join_visits(inspectors, conflicts, [*given, *list_known_teams(store)])
    tables = {name: read_text(Path(plan), name) for name in ("frame.csv", "strata.csv")} | staff.files()
    commitment = make_commitment(manifest, tables, about, on, replayed=replayed)
    for number in range(TRIALS):
        run_draw(commitment, tables, number)
    file_hashes = {name: store.archive.put_bytes(text.encode()) for name, text in tables.items()}
    store.act("draw", "commit", by=by, on=on, content=commitment.canonical, tables=file_hashes)
    write_texts(folder, {"commitment.json": json_text(commitment.content, indent=2, sort_keys=True), **tables})
    return commitment


def draw_visits(store: Store, folder: Path | str, value: str, on: date, *, by: str) -> Outcome:
    """Draw the visits with the public value, once it is known; the same value again writes the same files.

    Parameters
    ----------
    store
        The open store that holds the commitment.
    folder
        The folder that `commit` wrote.
    value
        The public value, read as the commitment says; blanks in it do not count.
    on
        The day of the draw, not after today and not before the day of the value.
    by
        Who draws (role `grader`).

    Returns
    -------
    Outcome
        The key, every unit with its visits, the visits, their teams, and the texts of the files.

    Raises
    ------
    UsageError
        For a value that does not match the committed pattern or is given before its day, a table that is not the one
        committed to, a second value for the same commitment, or a commitment that was logged too late.
    NotAllowed
        Where the person does not have the role.
    StoreDiffers
        Where the store does not hold this commitment.
    InputError
        Where a file is missing or cannot be read, or no teams can be formed; the log then says that the draw failed.

    Examples
    --------
    >>> draw_visits(store, "out/draw", "01051220283307", date(2027, 1, 9), by="li.na")  # doctest: +SKIP
    """
    check_day_has_come(on)
    place = Path(folder)
    commitment = read_commitment(place)
    about = commitment.randomness
    plain, tables = about.canonical(value), read_tables(place)
    if on < about.on:  # also where it was drawn before
        raise UsageError("inspection.drawn_public_value", on=on, on_2=about.on, where=str(place))
    for name in changed_tables(commitment, tables):
        raise UsageError("inspection.not_table_committed", name=name, where=str(place))
    case = _read_draw(store, commitment)
    try:
        outcome = run_draw(commitment, tables, plain)
    except InputError as error:
        store.act("draw", "fail", case.name, by=by, on=on, value=plain, why=error.what)
        raise
    if (case.state, case.fields.get("value")) != ("drawn", plain):
        file_hashes = {name: store.archive.put_bytes(outcome.files[name].encode()) for name in DRAWN}
        visits = len(outcome.visits)
        case = store.act("draw", "draw", case.name, by=by, on=on, value=plain, files=file_hashes, visits=visits)
    day = date.fromisoformat(case.fields["drawn_on"])
    write_texts(place, outcome.files | {"draw.json": draw_json(commitment, plain, day, outcome), SCRIPT: script_text()})
    return outcome


def verify_draw_in(store: Store, folder: Path | str, published: str | None = None) -> Checked:
    """Run the draw of a folder again as `verify_draw` does, and compare it with what the log of a store says of it.

    Parameters
    ----------
    store
        The open store that logged the draw: its commitment, its value, their order, and the log itself are checked.
    folder, published
        As in `verify_draw`.

    Returns
    -------
    Checked
        As `verify_draw` gives it.
    """
    commitment = read_commitment(Path(folder))
    checked = verify_draw(folder, published=published or commitment.hash)
    if checked.first is not None:
        return checked
    return replace(checked, first=next(_compare_with_log(store, Path(folder), commitment), None))


def join_visits(inspectors: Any, conflicts: Any, visits: Sequence[Row]) -> Staff:
    """Read who inspects, with the visits that are known."""
    import pyarrow as pa

    names = ("inspector_id", "subject_id", "visited_on")
    return read_staff(
        inspectors, conflicts, pa.table({name: pa.array([row[name] for row in visits], pa.string()) for name in names})
    )


def list_known_teams(store: Store) -> list[Row]:
    """List who visited whom and when, of the random visits in the store that were carried out."""
    visits = read_visits(store, arm="random")
    teams: dict[str, list[Row]] = {}
    rows = set()
    for visit in visits:
        if visit["result"] not in CARRIED_OUT:
            continue
        if visit["draw"] not in teams:
            draw = store.read(f"draw/{visit['draw']}")
            teams[visit["draw"]] = (
                [] if draw.is_erased else rows_of(read_kept(store, draw.fields["files"], "teams.csv"))[1]
            )
        programmes = str(visit["programme"]).split(";")
        rows |= {
            (team["inspector_id"], team["subject_id"], visit["inspected_on"])
            for team in teams[visit["draw"]]
            if team["subject_id"] == visit["subject_id"] and team["programme"] in programmes
        }
    return [dict(zip(("inspector_id", "subject_id", "visited_on"), row, strict=True)) for row in sorted(rows)]


def read_visits(store: Store, **wanted: Any) -> list[dict[str, Any]]:
    """Read the visits whose fields have some values, from the log, in the order of their ids."""
    return sorted(
        read_named_visits(store, [row["stream"] for row in store.rows("visit", **wanted)]), key=lambda row: row["id"]
    )


def read_named_visits(store: Store, names: list[str]) -> list[dict[str, Any]]:
    """Read those visits of some streams that there are, from the log, without those that were erased."""
    streams = _read_folded(store, names)
    return [{**stream.fields, "subject_id": stream.subject} for stream in streams if not stream.is_erased]


def list_erased(store: Store, names: list[str]) -> set[str]:
    """List those of some streams that were erased."""
    return {stream.name for stream in _read_folded(store, names) if stream.is_erased}


def _read_folded(store: Store, names: list[str]) -> list[Stream]:
    with store.reading() as connection:
        return [fold(name, events) for name, events in read_streams(connection, names).items() if events]


def read_kept(store: Store, files: Mapping[str, str], name: str) -> str:
    """Read a file of a draw from the archive."""
    return store.archive.read_bytes(files[name]).decode()


def _read_draw(store: Store, commitment: Commitment) -> Stream:
    """The case of a commitment; StoreDiffers where the store does not hold it."""
    name = f"draw/{commitment.draw_id}"
    with store.reading() as connection:
        case = fold(name, read_streams(connection, [name])[name])
    if case.fields.get("commitment") != commitment.hash:
        raise StoreDiffers(
            "inspection.store_holds_no_such_commitment", shown=store.database.shown, draw_id=commitment.draw_id
        )
    return case


def _compare_with_log(store: Store, place: Path, commitment: Commitment) -> Iterator[Difference]:
    """What the log says of a draw: the same commitment and value, logged in time, the same files, an intact log."""
    name = f"draw/{commitment.draw_id}"
    with store.reading() as connection:
        case = fold(name, read_streams(connection, [name])[name])
    value = parse_object(read_text(place, "draw.json"), "draw.json", place)["value"]
    if case.fields.get("commitment") != commitment.hash:
        yield Difference("the store", "commitment", case.fields.get("commitment", ""), commitment.hash)
        return
    logged_on, known_on = office_day(case.events[0].at), commitment.randomness.on
    if logged_on >= known_on and not commitment.content.get("replayed"):
        yield Difference("the log", "order", f"commitment on {logged_on}", f"before {known_on}")
    if case.fields.get("value") != value:
        yield Difference("the store", "public value", case.fields.get("value") or "", value)
    for file, digest in sorted((case.fields.get("files") or {}).items()):
        own = hashlib.sha256(read_text(place, file).encode()).hexdigest()
        if own != digest:
            yield Difference(file, "its hash", own, digest)
    for fault in verify_log(store).faults:
        yield Difference("the log", fault.where, fault.what, "an intact log")
