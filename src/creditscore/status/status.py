"""The life of a grade: provisional, announced, final, superseded, each state with its day, its basis and who set it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.core.days import to_day
from creditscore.core.tables.table import quote
from creditscore.status.deadlines import basis_of, opening
from creditscore.status.rules import LifeRules, life_rules
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import KeptRun
from creditscore.store.legacy.archive.tables import table_hash

if TYPE_CHECKING:
    import pyarrow as pa

# step → the states it may follow ("" is none), and the state it leads to
MOVES: Mapping[str, tuple[tuple[str, ...], str]] = {
    "preview": (("",), "provisional"),
    "announce": (("", "provisional"), "announced"),
    "finalise": (("announced",), "final"),
}
# step → the states in which another grade may take the place of this one, which is superseded
REPLACING: Mapping[str, tuple[str, ...]] = {
    "review": ("provisional",),
    "reevaluation": ("announced", "final"),
    "supplement": ("provisional", "announced", "final"),
    "repair": ("announced", "final"),
    "objection": ("provisional", "announced", "final"),
}
CLOSING = "reevaluation"  # after its end a grade is final
TYPES = {
    "seq": "BIGINT",
    "nr": "BIGINT",
    "subject_id": "VARCHAR",
    "domain": "VARCHAR",
    "scheme": "VARCHAR",
    "version": "VARCHAR",
    "period": "VARCHAR",
    "run_id": "VARCHAR",
    "case_id": "VARCHAR",
    "step": "VARCHAR",
    "state": "VARCHAR",
    "grade": "VARCHAR",
    "route": "VARCHAR",
    "status": "VARCHAR",
    "decided_on": "DATE",
    "recorded_on": "DATE",
    "basis": "VARCHAR",
    "mark": "VARCHAR",
}
HISTORY = (
    "subject_id",
    "domain",
    "scheme",
    "period",
    "state",
    "grade",
    "route",
    "status",
    "decided_on",
    "recorded_on",
)


@dataclass(frozen=True)
class State:
    """One dated state in the life of one grade.

    Parameters
    ----------
    seq, nr
        The entry of the log that set it, and its place among the states of that entry, from 0.
    subject_id, domain, scheme, version, period
        The subject, and what was graded: scheme id, its version, evaluation year or day.
    run_id
        The kept run that the grade is from.
    case_id
        The case that decided it; empty where none did.
    step
        How it came about: `preview`, `announce`, `finalise`, `review`, `reevaluation`, `supplement`, `repair` or
        `objection`.
    state
        `graded`, `not_graded` or `not_computable`.
    grade, route
        The grade and how it was reached; None without one.
    status
        `provisional`, `announced`, `final` or `superseded`, as in the table of history.
    decided_on
        The day of the step.
    recorded_on
        The day from which it was known.
    basis, mark
        The articles behind the step and the weakest mark of evidence of their rules; empty and `unknown` where no rule
        was seen.
    """

    seq: int
    nr: int
    subject_id: str
    domain: str
    scheme: str
    version: str
    period: str
    run_id: str
    case_id: str
    step: str
    state: str
    grade: str | None
    route: str | None
    status: str
    decided_on: date
    recorded_on: date
    basis: str
    mark: str


@dataclass(frozen=True)
class Open:
    """A step that is still to be taken: of how many grades of a run, by when (None: no text says), on what basis."""

    run_id: str
    scheme: str
    period: str
    step: str
    subjects: int
    since: int
    first: int | None
    last: int | None
    basis: str
    mark: str


NAMES = tuple(field.name for field in fields(State))
LISTED = ", ".join(map(quote, NAMES))
CURRENT = (
    f"SELECT {LISTED} FROM life_states WHERE scheme = $scheme AND period = $period"
    " QUALIFY row_number() OVER (PARTITION BY subject_id ORDER BY seq DESC, nr DESC) = 1"
)


def states(store: Database, subject_id: str, known_at: date | None = None) -> list[State]:
    """List the states of the grades of a subject.

    Parameters
    ----------
    store
        An open store.
    subject_id
        The subject.
    known_at
        Leave out states recorded after this day; None: all.

    Returns
    -------
    list of State
        By scheme and period, each in the order in which they were set; empty where no life has begun.

    Raises
    ------
    StoreError
        Where the store is closed or damaged.

    Examples
    --------
    >>> [state.status for state in states(store, "91500000MAAAAAA188")]  # doctest: +SKIP
    ['provisional', 'announced', 'final']
    """
    rows = store.rows(
        f"SELECT {LISTED} FROM life_states WHERE subject_id = $1 AND ($2 IS NULL OR recorded_on <= $2)"
        " ORDER BY scheme, period, seq, nr",
        [subject_id, known_at],
    )
    return [State(*row) for row in rows]


def current(store: Database, subject_id: str, scheme: str, period: str) -> State | None:
    """Find the newest state of a grade.

    Parameters
    ----------
    store
        An open store.
    subject_id
        The subject.
    scheme
        The id of the scheme, without version.
    period
        The evaluation year (`2024`) or day, as the run has it.

    Returns
    -------
    State or None
        The state set last; None where the life of the grade has not begun.

    Raises
    ------
    StoreError
        Where the store is closed or damaged.

    Examples
    --------
    >>> current(store, "91500000MAAAAAA188", "tax", "2024").status  # doctest: +SKIP
    'final'
    """
    state_rows = [state for state in states(store, subject_id) if (state.scheme, state.period) == (scheme, period)]
    return state_rows[-1] if state_rows else None


def days_of_steps(store: Database, run: KeptRun) -> dict[str, int]:
    """The newest day of each step that the grades of a scheme and period have taken."""
    rows = store.rows(
        "SELECT step, max(decided_on) FROM life_states WHERE scheme = ? AND period = ? GROUP BY step",
        [run.scheme, run.period],
    )
    return {step: to_day(day) for step, day in rows}


def write_states(con: Any, seq: int, state_rows: Sequence[State]) -> None:
    """Append states inside an open act."""
    marks = ", ".join("?" * len(NAMES))
    for nr, state in enumerate(state_rows):
        values = {**vars(state), "seq": seq, "nr": nr}
        con.execute(f"INSERT INTO life_states ({LISTED}) VALUES ({marks})", [values[name] for name in NAMES])


def history(store: Database, known_at: date | None = None) -> pa.Table:
    """All states as rows of the history (docs/contract.md): `creditscore grade --history` reads them as they are."""
    listed = ", ".join(map(quote, HISTORY))
    return store.con.sql(
        f"SELECT {listed} FROM life_states WHERE $1 IS NULL OR recorded_on <= $1"
        " ORDER BY subject_id, domain, scheme, period, recorded_on, seq, nr",
        params=[known_at],
    ).to_arrow_table()


def open_steps(store: Database, on: date, runs: Iterable[KeptRun]) -> list[Open]:
    """What is to be done about kept grades after a day: announce what is provisional, finalise what is announced."""
    opens = []
    for run in {(run.scheme, run.period): run for run in runs}.values():
        rules, year, done = life_rules(run.scheme), int(run.period[:4]), days_of_steps(store, run)
        rows = store.rows(
            f"SELECT status, count(*), min(decided_on) FROM ({CURRENT}) WHERE recorded_on <= $on GROUP BY status",
            {"scheme": run.scheme, "period": run.period, "on": on},
        )
        for status, count, since in rows:
            step = {"provisional": "announce", "announced": "finalise"}.get(status)
            if step is not None:
                first, last = span(rules, step, year, done)
                basis = basis_of(rules.procedure(step, year) if step == "announce" else rules.procedure(CLOSING, year))
                opens.append(Open(run.run_id, run.scheme, run.period, step, count, to_day(since), first, last, *basis))
    return sorted(opens, key=lambda value: (value.last is None, value.last or 0, value.scheme, value.period))


def corrections(store: Database, subject_id: str, scheme: str, period: str) -> int:
    """How often the grade or a record was corrected while the grade was provisional: the preview's own count."""
    own = [state for state in states(store, subject_id) if (state.scheme, state.period) == (scheme, period)]
    began = next((state for state in own if state.status == "provisional"), None)
    if began is None:
        return 0
    ended = next((state for state in own if state.status in ("announced", "final")), None)
    replaced = sum(state.status == "superseded" and state.seq <= (ended.seq if ended else state.seq) for state in own)
    (events,) = store.rows(
        "SELECT count(*) FROM run_events WHERE subject_id = ? AND seq > ? AND (? IS NULL OR seq < ?)"
        " AND event IN ('amended', 'corrected', 'withdrawn', 'repaired')"
        " AND case_id NOT IN (SELECT case_id FROM life_states WHERE status = 'superseded')",
        [subject_id, began.seq, ended.seq if ended else None, ended.seq if ended else None],
    )[0]
    return replaced + int(events)


def changed_states(store: Database, log: Log) -> list[tuple[str, str]]:
    """(entry, what) for each step whose rows are no more what its log entry says."""
    changed_places = []
    begun = (entry for entry in log.entries(action="life.move") if entry.phase == "begun")
    hash_by_entry = {entry.seq: entry.data["content"] for entry in begun if entry.payload is not None}
    done = {entry.refers_to for entry in log.entries(action="life.move") if entry.phase == "done"}
    for seq, logged_hash in hash_by_entry.items():
        if seq in done and logged_hash != states_hash(store, f"(SELECT * FROM life_states WHERE seq = {seq})"):
            changed_places.append((f"entry {seq}", "states of grades"))
    return changed_places


def span(rules: LifeRules, step: str, year: int, done: Mapping[str, int]) -> tuple[int | None, int | None]:
    """First and last day of a step, as far as the rules say: after the preview has lasted, after all may be asked."""
    rule = rules.procedure(step, year)
    first, last = opening(rule, year, done) if rule is not None else (None, None)
    if step == "announce":
        preview = rules.procedure("preview", year)
        if preview is not None and preview.lasts is not None and "preview" in done:
            first = max(first or 0, done["preview"] + preview.lasts.days)
    if step == "finalise":
        asked = rules.procedure(CLOSING, year)
        end = opening(asked, year, done)[1] if asked is not None else None
        first = None if end is None else end + 1
    return first, last


def states_hash(store: Database, source: str) -> str:
    """The content hash of rows of states, without the entry they belong to."""
    types = {name: kind for name, kind in TYPES.items() if name not in ("seq", "nr")}
    return table_hash(store.con, source, types)
