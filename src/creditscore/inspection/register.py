"""Draws in the store: what was committed, drawn and found, each logged before it takes effect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.atomic import json_text, write_texts
from creditscore.core.clock import check_day_has_come, office_day
from creditscore.core.errors import StoreDiffers, UsageError
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
from creditscore.inspection.plan import read_plan
from creditscore.inspection.results import CARRIED_OUT
from creditscore.inspection.rows import Row, new_folder, read_rows, read_text, rows_of
from creditscore.store import Database, Log, Roles

if TYPE_CHECKING:
    import duckdb

SCRIPT = "verify_draw.py"
TRIALS = 3
COMMITTER, DRAWER, IMPORTER = "approver", "grader", "grader"


@dataclass(frozen=True)
class Who:
    """Name who acts, in which store it is kept, and who may act.

    Parameters
    ----------
    by
        The person who acts, as the log names them.
    store
        The path of the store.
    roles
        People by role; None: the roles that stand in the store's log hold, where there are any.
    """

    by: str
    store: Path
    roles: Roles | None = None


def commit(
    plan: Path | str,
    out: Path | str,
    about: Randomness,
    on: date,
    who: Who,
    *,
    inspectors: Any,
    conflicts: Any = None,
    last_visits: Any = None,
    replayed: bool = False,
) -> Commitment:
    """Commit to a plan and to a public value of the future, before that value exists.

    Writes the folder of the draw (`commitment.json` and the tables it is drawn from) and logs `draw.commit`. Teams of
    visits that the store knows join `last_visits`. Three draws with values that cannot occur are tried first, so that a
    lack of inspectors is found before anything is committed to.

    Parameters
    ----------
    plan
        The folder of a plan, as `InspectionPlan.write` wrote it.
    out
        A new or empty folder for the draw.
    about
        The public value of the future.
    on
        The day of the commitment, not after today and before the day of the value.
    who
        Who commits (role `approver`), and the store.
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
        Where the day `on`, or the clock of the log, is not before the day of the value (see `replayed`); where `on` has
        not come; where the value cannot serve or lies after the first window; where the draw is committed already or
        `out` holds other files.
    NotAllowed
        Where the person does not have the role.
    InputError
        Where a file of the plan is missing or was changed, a table has faults, or no teams can be formed; the message
        then names what binds.

    Examples
    --------
    >>> about = Randomness("lottery 2027003", date(2027, 1, 8), "digits in order", "[0-9]{14}", 10**7)  # doctest: +SKIP
    >>> who = Who("chen.jie", Path("credit.store"))  # doctest: +SKIP
    >>> commit("out/plan", "out/draw", about, date(2027, 1, 4), who, inspectors="inspectors.csv")  # doctest: +SKIP
    """
    check_day_has_come(on)
    if who.roles is not None:
        who.roles.require(COMMITTER, who.by)
    manifest = read_plan(plan)
    folder = new_folder(out)
    with Database(who.store) as store:
        known = known_teams(store)
        given = [] if last_visits is None else read_rows(last_visits, VISITS)
        staff = join_visits(inspectors, conflicts, [*given, *known])
        tables = {name: read_text(Path(plan), name) for name in ("frame.csv", "strata.csv")} | staff.files()
        commitment = make_commitment(manifest, tables, about, on, replayed=replayed)
        payload = {
            "commitment": commitment.hash,
            "plan": manifest["run_id"],
            "committed_on": str(on),
            "randomness": commitment.content["randomness"],
            "tables": commitment.content["tables"],
            "replayed": replayed,
        }
        for number in range(TRIALS):
            run_draw(commitment, tables, number)
        if store.rows("SELECT 1 FROM draw_commitments WHERE draw_id = ?", [commitment.draw_id]):
            raise UsageError(
                f"the draw {commitment.draw_id} is committed already", next="draw it, or commit to another value"
            )
        with Log(store, roles=who.roles).act(who.by, COMMITTER, "draw.commit", commitment.draw_id, payload) as act:
            _before(act.entry.at, commitment)
            act.con.execute(
                "INSERT INTO draw_commitments VALUES (?, ?, ?, ?, ?)",
                [commitment.draw_id, commitment.hash, commitment.canonical, str(on), act.entry.seq],
            )
            write_texts(folder, {"commitment.json": json_text(commitment.content, indent=2, sort_keys=True), **tables})
    return commitment


def draw_visits(folder: Path | str, value: str, on: date, who: Who) -> Outcome:
    """Draw the visits with the public value, once it is known.

    Writes units, visits, teams, the table to fill in (`to_fill.csv`) and a stand-alone script that runs the draw again
    into the folder, and logs `draw.draw`. The same value again writes the same files.

    Parameters
    ----------
    folder
        The folder that `commit` wrote.
    value
        The public value, read as the commitment says; blanks in it do not count.
    on
        The day of the draw, not after today and not before the day of the value.
    who
        Who draws (role `grader`), and the store that holds the commitment.

    Returns
    -------
    Outcome
        The key, every unit with its visits, the visits, their teams, and the texts of the files.

    Raises
    ------
    UsageError
        For a value that does not match the committed pattern or is given before its day, a table that is not the one
        committed to, a second value for the same commitment, or a commitment that was logged on or after the day of the
        value (unless it is marked as replayed).
    NotAllowed
        Where the person does not have the role.
    StoreDiffers
        Where the store does not hold this commitment.
    InputError
        Where a file is missing or cannot be read, or no teams can be formed; the failed draw stands in the log too.

    Examples
    --------
    >>> outcome = draw_visits("out/draw", "01051220283307", date(2027, 1, 9), who)  # doctest: +SKIP
    >>> len(outcome.visits)  # doctest: +SKIP
    120
    """
    check_day_has_come(on)
    place = Path(folder)
    commitment = read_commitment(place)
    about = commitment.randomness
    plain = about.canonical(value)
    if on < about.on:
        raise UsageError(
            f"drawn on {on}, and the public value is of {about.on}", next="draw when the value is published"
        )
    tables = read_tables(place)
    for name in changed_tables(commitment, tables):
        raise UsageError(
            f"{name} is not the table that was committed to",
            where=str(place),
            next="draw from the folder that `supervise commit` wrote",
        )
    with Database(who.store) as store:
        at = _committed_at(store, commitment)
        _before(at, commitment)
        earlier = store.rows("SELECT value, drawn_on FROM draw_draws WHERE draw_id = ?", [commitment.draw_id])
        if earlier and earlier[0][0] != plain:
            raise UsageError(
                "the public value was given before, and it was another one",
                where=f"draw {commitment.draw_id}",
                allowed=earlier[0][0],
                next="look the value up at its source; a draw is not repeated",
            )
        day = date.fromisoformat(earlier[0][1]) if earlier else on
        payload = {"value": plain, "drawn_on": str(day)}
        with Log(store, roles=who.roles).act(who.by, DRAWER, "draw.draw", commitment.draw_id, payload) as act:
            outcome = run_draw(commitment, tables, plain)  # a draw that fails for lack of teams stands in the log too
            files = outcome.files | {"draw.json": draw_json(commitment, plain, day, outcome), SCRIPT: script_text()}
            if not earlier:
                _insert(act.con, commitment, plain, day, tables, outcome, act.entry.seq)
            write_texts(place, files)
    return outcome


def script_text() -> str:
    """The stand-alone script that runs a draw again."""
    return (Path(__file__).parent / "stand_alone.py").read_text(encoding="utf-8")


def known_teams(store: Database) -> list[Row]:
    """Who visited whom and when, of the visits in the store that were carried out."""
    marks = ", ".join("?" * len(CARRIED_OUT))
    rows = store.rows(
        "SELECT DISTINCT t.inspector_id, r.subject_id, r.inspected_on FROM draw_results r JOIN draw_teams t"
        " ON t.draw_id = r.draw_id AND t.subject_id = r.subject_id AND list_contains(string_split(r.programme, ';'),"
        f" t.programme) WHERE r.arm = 'random' AND r.result IN ({marks}) ORDER BY ALL",
        list(CARRIED_OUT),
    )
    return [dict(zip(("inspector_id", "subject_id", "visited_on"), row, strict=True)) for row in rows]


def join_visits(inspectors: Any, conflicts: Any, visits: Sequence[Row]) -> Staff:
    import pyarrow as pa

    names = ("inspector_id", "subject_id", "visited_on")
    return read_staff(
        inspectors, conflicts, pa.table({name: pa.array([row[name] for row in visits], pa.string()) for name in names})
    )


def _committed_at(store: Database, commitment: Commitment) -> str:
    """When the log says that this commitment was made."""
    rows = store.rows(
        'SELECT e."at", c.hash FROM draw_commitments c JOIN log_entries e ON e.seq = c.log_seq WHERE c.draw_id = ?',
        [commitment.draw_id],
    )
    if not rows or rows[0][1] != commitment.hash:
        raise StoreDiffers(
            "the store holds no such commitment",
            where=f"{store.path}, draw {commitment.draw_id}",
            next="commitment.json was changed, or this is another store",
        )
    return str(rows[0][0])


def _before(at: str, commitment: Commitment) -> None:
    """UsageError when the log's clock is not before the day of the value, unless the draw is a replay."""
    day = office_day(at)
    if day >= commitment.randomness.on and not commitment.content.get("replayed", False):
        raise UsageError(
            f"the log recorded the commitment on {day}, and the public value is of {commitment.randomness.on}",
            allowed="a commitment before the value is known",
            next="choose a later value; to play past days again, commit with --replay, which marks the draw for good",
        )


def _insert(
    con: duckdb.DuckDBPyConnection,
    commitment: Commitment,
    value: str,
    on: date,
    tables: dict[str, str],
    outcome: Outcome,
    seq: int,
) -> None:
    """The draw's rows, as Arrow tables: a frame may have a million units."""
    import pyarrow as pa

    con.execute(
        "INSERT INTO draw_draws VALUES (?, ?, ?, ?, ?)", [commitment.draw_id, value, str(on), outcome.key.hex(), seq]
    )
    _, frame = rows_of(tables["frame.csv"])
    drawn = {unit.unit: unit.visits for unit in outcome.units}
    frame_columns = (
        "unit",
        "programme",
        "department",
        "subject_id",
        "stratum",
        "drawn_as",
        "probability",
        "joint_probability",
    )
    units = {name: [row[name] for row in frame] for name in frame_columns}
    kinds = {"visits": pa.int64(), "pool": pa.int64(), "window": pa.int64()}
    visits = rows_of(outcome.files["visits.csv"])[1]
    teams = rows_of(outcome.files["teams.csv"])[1]
    content: dict[str, dict[str, Any]] = {
        "draw_units": units | {"visits": [drawn[row["unit"]] for row in frame]},
        "draw_visits": {
            name: [int(row[name]) if name in kinds else row[name] for row in visits]
            for name in ("visit_id", "subject_id", "window", "programmes", "departments")
        },
        "draw_teams": {
            name: [int(row[name]) if name in kinds else row[name] for row in teams]
            for name in ("visit_id", "subject_id", "programme", "inspector_id")
        },
    }
    for table, columns in content.items():
        arrays = {name: pa.array(cells, kinds.get(name, pa.string())) for name, cells in columns.items()}
        con.register("given_rows", pa.table(arrays))
        names = ", ".join(f'"{name}"' for name in arrays)
        con.execute(f"INSERT INTO {table} (draw_id, {names}) SELECT ?, {names} FROM given_rows", [commitment.draw_id])
        con.unregister("given_rows")
