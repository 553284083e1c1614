"""The status of grades on the log: one case for a scheme and period, a row for each group that took a step."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.core.days import iso, read_day
from creditscore.status.deadlines import basis_of
from creditscore.status.rules import LifeRules, life_rules
from creditscore.status.steps import CLOSING, MOVES, REPLACING, span
from creditscore.store.archive.files import Archive
from creditscore.store.archive.runs import KeptRun, read_run
from creditscore.store.archive.standing import read_standing, subjects_in
from creditscore.store.context import Code, Context
from creditscore.store.fold import Stream, fold
from creditscore.store.log import Event, read_streams

if TYPE_CHECKING:
    import pyarrow as pa
    import sqlalchemy as sa

    from creditscore.store.store import Store

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
STEPS = {"previewed": "preview", "announced": "announce", "finalised": "finalise"}


@dataclass(frozen=True)
class GradeStatus:
    """One status of one grade.

    Parameters
    ----------
    subject_id, scheme, period
        Whose grade it is.
    run_id
        The kept run that the grade is from.
    step, status
        How it came about, and `provisional`, `announced`, `final` or `superseded`.
    on_day
        The day of the step.
    basis, mark
        The articles behind the step, and the weakest mark of evidence of their rules.
    case
        The case that decided it; empty where none did.
    seq
        The event of the log.
    """

    subject_id: str
    scheme: str
    period: str
    run_id: str
    step: str
    status: str
    on_day: str
    basis: str
    mark: str
    case: str
    seq: int


def name_status(scheme: str, period: str) -> str:
    """Return the case of a scheme and period."""
    return f"status/{scheme}.{period}"


def list_subjects(archive: Archive, run: KeptRun) -> tuple[str, ...]:
    """Return the organisations that a run graded, sorted."""
    return tuple(archive.read(run.files["grades"]).column("subject_id").to_pylist())


class _Groups:
    """The groups of a case, and which grade has which status after them."""

    def __init__(self, rows: Iterable[Mapping[str, Any]], subjects_of: Callable[[str], Sequence[str]]) -> None:
        self.current: dict[str, tuple[str, str]] = {}  # organisation: status, run
        for row in rows:
            self.take(row, subjects_of)

    def take(self, row: Mapping[str, Any], subjects_of: Callable[[str], Sequence[str]]) -> None:
        for subject in members(row, subjects_of):
            self.current[subject] = (row["status"], row["run"])

    def count(self) -> dict[str, int]:
        counts: dict[str, int] = {}
        for status, _ in self.current.values():
            counts[status] = counts.get(status, 0) + 1
        return counts


def members(row: Mapping[str, Any], subjects_of: Callable[[str], Sequence[str]]) -> list[str]:
    """Return the organisations of a group: those it names, else all of its run but those it leaves out."""
    if row.get("subjects"):
        return list(row["subjects"])
    left_out = set(row.get("leaves_out") or ())
    return [subject for subject in subjects_of(row["run"]) if subject not in left_out]


def make_code(find_archive: Callable[[], Archive], find_held: Callable[[Context, str], set[str]]) -> dict[str, Code]:
    """Make what the declaration names.

    Parameters
    ----------
    find_archive
        Gives the archive that holds the kept runs.
    find_held
        Gives the organisations with an open case on a grade of a run: they are neither announced nor made final.
    """

    def move(context: Context) -> None:
        _move(context, find_archive(), find_held)

    return {"status.move": move}


def _move(context: Context, archive: Archive, find_held: Callable[[Context, str], set[str]]) -> None:
    run = read_run(context.read(f"run/{context.given['run']}"))
    step = context.given.get("step") or STEPS[context.rule.event]
    if (run.scheme, run.period) != (context.case["scheme"], context.case["period"]):
        raise context.refuse(
            f"run {run.run_id} is of {run.scheme} {run.period}",
            allowed=f"a run of {context.case['scheme']} {context.case['period']}",
            next="name that run, or the case of its own scheme and period",
        )
    known: dict[str, Sequence[str]] = {run.run_id: list_subjects(archive, run)}

    def subjects_of(run_id: str) -> Sequence[str]:
        if run_id not in known:
            known[run_id] = list_subjects(archive, read_run(context.read(f"run/{run_id}")))
        return known[run_id]

    rows = context.case["parts"].get("groups", [])
    groups = _Groups(rows, subjects_of)
    wanted = sorted(set(context.given.get("subjects") or known[run.run_id]))
    if missing := sorted(set(wanted) - set(known[run.run_id])):
        raise context.refuse(
            f"run {run.run_id} did not grade {missing[0]}", allowed="organisations of the run", next="check the id"
        )
    held = find_held(context, run.run_id) if step in ("announce", "finalise") else set()
    if context.given.get("all_but_open"):
        wanted = [subject for subject in wanted if subject not in held]
        if not wanted:
            raise context.refuse(
                f"{step}: a case on each of the grades is open",
                allowed="grades without an open case",
                next="decide these cases first",
            )
    _require_order(context, run, step, wanted, groups, archive, held)
    rules, year = life_rules(run.scheme), int(run.period[:4])
    late = _require_time(context, run, step, rules, year, rows)
    basis, mark = basis_of(rules.procedure(step, year))
    shared = {"run": run.run_id, "step": step, "on_day": context.day, "late": late, "basis": basis, "mark": mark}
    shared |= {"reason": context.given.get("reason"), "case": context.given.get("case")}
    context.parts["groups"] = [
        {"number": len(rows) + place, **shared, **group}
        for place, group in enumerate(_group(step, run, wanted, known[run.run_id], groups), 1)
    ]
    for group in context.parts["groups"]:
        groups.take(group, subjects_of)
    _count(context, rules, year, groups, rows)


def _group(
    step: str, run: KeptRun, wanted: Sequence[str], graded: Sequence[str], groups: _Groups
) -> list[dict[str, Any]]:
    """The rows that a step adds: one for a status that its grades come to, with the runs whose grades it supersedes."""
    if step in MOVES:
        by_run: dict[str, list[str]] = {}
        for subject in wanted:
            by_run.setdefault(groups.current.get(subject, ("", run.run_id))[1], []).append(subject)
        return [
            {"run": run_id, "status": MOVES[step][1], "count": len(own), **_named(own, graded, run_id == run.run_id)}
            for run_id, own in sorted(by_run.items())
        ]
    by_status: dict[str, list[str]] = {}
    for subject in wanted:
        by_status.setdefault(groups.current.get(subject, ("provisional", ""))[0], []).append(subject)
    return [
        {
            "status": status,
            "count": len(own),
            "subjects": own,
            "supersedes": sorted({groups.current[s][1] for s in own if s in groups.current}),
        }
        for status, own in sorted(by_status.items())
    ]


def _named(own: Sequence[str], graded: Sequence[str], is_own_run: bool) -> dict[str, Any]:
    """A whole run is named by what it leaves out, where that is shorter."""
    left_out = sorted(set(graded) - set(own))
    if not is_own_run or len(left_out) >= len(own):
        return {"subjects": list(own)}
    return {"leaves_out": left_out} if left_out else {}


def _require_order(
    context: Context,
    run: KeptRun,
    step: str,
    wanted: Sequence[str],
    groups: _Groups,
    archive: Archive,
    held: set[str],
) -> None:
    """Refuse a step that does not follow the status of a grade, or where a case on it is open."""
    allowed = MOVES[step][0] if step in MOVES else (*REPLACING[step], *([""] if step == "supplement" else []))
    wrong: dict[str, list[str]] = {}
    for subject in wanted:
        status = groups.current.get(subject, ("", ""))[0]
        if status not in allowed:
            wrong.setdefault(status, []).append(subject)
    if wrong:
        status, subjects = min(wrong.items())
        raise context.refuse(
            f"{step} does not follow {status or 'a grade without a life'}: {len(subjects)} grades, such as that of"
            f" {subjects[0]}",
            allowed=f"after {', '.join(name or 'no status' for name in allowed)}",
            next="name others with `subjects`",
        )
    if step == "supplement":
        rows = read_standing(context.connection, archive, run, [s for s in wanted if s in groups.current])
        graded = [s for s, own in rows.items() if own.grades and own.grades[0]["state"] == "graded"]
        if graded:
            raise context.refuse(
                f"{len(graded)} of them have a grade",
                allowed="supplement: who was not graded",
                next="a grade that stands is changed by reevaluation",
            )
    stopped = sorted(set(wanted) & held)
    if stopped:
        raise context.refuse(
            f"{step}: a case on {len(stopped)} of the grades is open, such as that of {stopped[0]}",
            allowed="grades without an open case",
            next="decide it first, or take all but those (all_but_open)",
        )


def _require_time(
    context: Context, run: KeptRun, step: str, rules: LifeRules, year: int, rows: Sequence[Mapping[str, Any]]
) -> bool:
    """Tell whether the step comes late; refuse it where it comes too early, or late without a reason."""
    done = days_of_steps(rows)
    on = read_day(context.day)
    if context.day < run.known_at:
        raise context.refuse(
            f"{context.day} lies before the day of knowledge of the run, {run.known_at}",
            allowed="that day or a later one",
            next="check the day",
        )
    if step in REPLACING:
        return False  # the window is that of the application; a decision may come after it
    first, last = span(rules, step, year, done)
    text = basis_of(rules.procedure(step, year) or rules.procedure(CLOSING, year))[0] or "the rule"
    if first is not None and on < first:
        raise context.refuse(
            f"{step} on {context.day} is too early",
            allowed=f"from {iso(first)} on ({text})",
            next="wait, or check the day",
        )
    is_late = last is not None and on > last
    if is_late and not str(context.given.get("reason") or "").strip():
        raise context.refuse(
            f"{step} on {context.day} is late", allowed=f"until {iso(last)} ({text})", next="say why (reason)"
        )
    return is_late


def _count(context: Context, rules: LifeRules, year: int, groups: _Groups, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write how many grades have which status, and until when the next step is due."""
    done = days_of_steps([*rows, *context.parts["groups"]])
    counts = groups.count()
    context.changes |= {name: counts.get(name, 0) for name in ("provisional", "announced", "final")}
    context.changes["announce_by"] = iso(span(rules, "announce", year, done)[1]) or None
    context.changes["finalise_from"] = iso(span(rules, "finalise", year, done)[0]) or None


def statuses_of(
    connection: sa.Connection, archive: Archive, subject_id: str, *, known_on: str | None = None
) -> list[GradeStatus]:
    """List the statuses of the grades of an organisation, as they were set, by scheme and period.

    Parameters
    ----------
    connection, archive
        Of the store.
    subject_id
        The organisation.
    known_on
        Leaves out what was set after this day; None: all.
    """
    cases = _read_cases(connection)
    return [
        status for case in cases for status in statuses_in(connection, archive, case, subject_id, known_on=known_on)
    ]


def statuses_in(
    connection: sa.Connection, archive: Archive, case: Stream, subject_id: str, *, known_on: str | None = None
) -> list[GradeStatus]:
    """List the statuses of an organisation's grade in one scheme and period, as they were set."""
    statuses: list[GradeStatus] = []
    runs = _Runs(connection, archive)
    before = ""
    for event, row in list_groups(case, known_on):
        if subject_id in (row.get("leaves_out") or ()) or not runs.holds(row, subject_id):
            continue
        if row["step"] in REPLACING and before:
            statuses.append(_make_status(case, event.act, row, subject_id, before, "superseded"))
        statuses.append(_make_status(case, event.seq, row, subject_id, row["run"], row["status"]))
        before = row["run"]
    return statuses


def list_groups(case: Stream, known_on: str | None = None) -> Iterator[tuple[Event, Mapping[str, Any]]]:
    """Give the groups of a case in the order of the log, as corrected, each with its event.

    `known_on` leaves out what the office knew only after that day.
    """
    for event in case.events:
        if known_on is None or event.known_on <= known_on:
            for row in case.payload_of(event).get("parts", {}).get("groups", ()):
                yield event, row


def days_of_steps(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """Return the newest day of each step that the groups of a case have taken."""
    days: dict[str, int] = {}
    for row in rows:
        day = read_day(row["on_day"])
        days[row["step"]] = max(days.get(row["step"], day), day)
    return days


def _make_status(
    case: Stream, seq: int, row: Mapping[str, Any], subject_id: str, run_id: str, status: str
) -> GradeStatus:
    about = (subject_id, str(case.fields["scheme"]), str(case.fields["period"]), run_id, row["step"], status)
    return GradeStatus(*about, row["on_day"], row.get("basis") or "", row["mark"], row.get("case") or "", seq)


class _Runs:
    """Kept runs and the organisations that they graded, each read once."""

    def __init__(self, connection: sa.Connection, archive: Archive) -> None:
        self.connection, self.archive = connection, archive
        self.runs: dict[str, KeptRun] = {}
        self.graded: dict[tuple[str, str], bool] = {}

    def find(self, run_id: str) -> KeptRun:
        if run_id not in self.runs:
            name = f"run/{run_id}"
            self.runs[run_id] = read_run(fold(name, read_streams(self.connection, [name])[name]))
        return self.runs[run_id]

    def subjects(self, run_id: str) -> Sequence[str]:
        return list_subjects(self.archive, self.find(run_id))

    def holds(self, row: Mapping[str, Any], subject_id: str) -> bool:
        """Whether an organisation is named by a group, or graded by its run."""
        if row.get("subjects"):
            return subject_id in row["subjects"]
        key = (row["run"], subject_id)
        if key not in self.graded:
            self.graded[key] = bool(subjects_in(self.archive, self.find(row["run"]), [subject_id]))
        return self.graded[key]


def _read_cases(connection: sa.Connection) -> list[Stream]:
    import sqlalchemy as sa

    from creditscore.store.tables import event

    query = sa.select(event.c.stream).where(event.c.kind == "status.opened").order_by(event.c.stream)
    names = connection.execute(query).scalars().all()
    return [fold(name, own) for name, own in read_streams(connection, names).items()]


def make_history(store: Store, *, known_on: str | None = None) -> pa.Table:
    """Make the table of history (docs/contract.md) of all statuses: `creditscore grade --history` reads it as it is.

    Parameters
    ----------
    store
        The open store.
    known_on
        Leaves out what was set after this day; None: all.

    Returns
    -------
    pyarrow.Table
        A row for each status of each grade, with the grade as it stood then.
    """
    import pyarrow as pa

    rows: list[dict[str, Any]] = []
    with store.reading() as connection:
        for case in _read_cases(connection):
            runs = _Runs(connection, store.archive)
            current: dict[str, str] = {}
            for event, row in list_groups(case, known_on):
                own = members(row, runs.subjects)
                replaced = [subject for subject in own if row["step"] in REPLACING and subject in current]
                for run_id in sorted({current[subject] for subject in replaced}):
                    old = [subject for subject in replaced if current[subject] == run_id]
                    rows += _history_rows(runs, runs.find(run_id), old, row, "superseded", event, event.act - 1)
                rows += _history_rows(runs, runs.find(row["run"]), own, row, row["status"], event, event.seq)
                current.update(dict.fromkeys(own, row["run"]))
    rows.sort(key=lambda row: tuple(str(row[name]) for name in ("subject_id", "domain", "scheme", "period")))
    schema = pa.schema([(name, pa.date32() if name.endswith("_on") else pa.string()) for name in HISTORY])
    return pa.Table.from_pylist(rows, schema)


def _history_rows(
    runs: _Runs, run: KeptRun, subjects: Sequence[str], row: Mapping[str, Any], status: str, event: Event, until: int
) -> list[dict[str, Any]]:
    """The grades of some organisations as they stood after an event, as rows of the history."""
    standing = read_standing(runs.connection, runs.archive, run, subjects, until=until)
    day, known = date.fromisoformat(row["on_day"]), date.fromisoformat(event.known_on)
    rows = []
    for subject in subjects:
        grade = standing[subject].grades[0]
        cells = {name: grade[name] or None for name in ("domain", "scheme", "period", "state", "grade", "route")}
        rows.append({"subject_id": subject, **cells, "status": status, "decided_on": day, "recorded_on": known})
    return rows
