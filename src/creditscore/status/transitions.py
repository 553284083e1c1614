"""One step in the life of many grades at once: does it follow their state, is it in time, and the rows it adds."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

from creditscore.core.clock import check_day_has_come
from creditscore.core.days import from_day, iso, read_day, to_day
from creditscore.core.errors import UsageError
from creditscore.core.free_text import refuse_persons_in
from creditscore.core.tables.table import quote
from creditscore.status.deadlines import basis_of
from creditscore.status.rules import LifeRules, Procedure, life_rules
from creditscore.status.status import CLOSING, CURRENT, MOVES, NAMES, REPLACING, days_of_steps, span, states_hash
from creditscore.store import Database, Log, second_person
from creditscore.store.legacy.archive.effective import standing_sql
from creditscore.store.legacy.archive.runs import KeptRun, still_held


def move(
    log: Log,
    run: KeptRun,
    step: str,
    *,
    by: str,
    on: date,
    subject_ids: Iterable[str] | None = None,
    reason: str = "",
    held: Iterable[str] = (),
) -> int:
    """Take grades of a kept run one step further in their life.

    `preview` begins a life as provisional; `announce` announces what is provisional, or the run itself where there was
    no preview; `finalise` ends it. With `review`, `reevaluation`, `supplement`, `repair` or `objection` the grades of
    this run take the place of those that stand, which are superseded, and have the same status.

    Parameters
    ----------
    log
        The log of the store that keeps the run.
    run
        The kept run.
    step
        One of the steps above.
    by
        The account of the person who acts: a grader for `preview`, else an approver, where the store has roles. All
        steps but `preview` need another person than who kept the run.
    on
        The day of the step: today or earlier, not before the last step of these grades or the day of knowledge of the
        run.
    subject_ids
        The subjects to move; None: all of the run. The replacing steps need it.
    reason
        Why the step is late; needed after the last day that the rule names.
    held
        Subjects with an open case; `announce` and `finalise` are refused where they are among those to move.

    Returns
    -------
    int
        The number of grades moved, without those superseded.

    Raises
    ------
    UsageError
        For an unknown step, one that does not follow the status of a grade, one too early, late without a `reason` or
        after today; subjects that the run did not grade or whose case is open; a `supplement` for a subject with a
        grade; a run whose rows were deleted when their retention ended; an empty `by`, or a text with a resident
        identity number.
    NotAllowed
        Where `by` lacks the role, or kept the run.

    Examples
    --------
    >>> move(log, run, "announce", by="chen.jie", on=date(2025, 4, 30))  # doctest: +SKIP
    20000
    """
    refuse_persons_in(by=by, reason=reason)
    check_day_has_come(on)
    rules, year = life_rules(run.scheme), int(run.period[:4])
    rule = rules.procedure(step, year)
    if step not in MOVES and step not in REPLACING:
        raise UsageError(f"there is no step {step!r}", allowed=(*MOVES, *REPLACING))
    if step in ("announce", "finalise") or step in REPLACING:
        second_person(by, run.kept_by, act=f"the step {step}")
    wanted = None if subject_ids is None else sorted(set(subject_ids))
    if wanted is None and step in REPLACING:
        raise UsageError(f"{step} is for the subjects it was asked for", next="name them with --subject ID …")
    _made(log.store, run, step, wanted, on, basis_of(rule))
    _in_order(log.store, run, step, wanted, held)
    late = _in_time(log.store, run, step, rules, rule, year, to_day(on), reason)
    (count,) = log.store.rows("SELECT count(*) FROM life_new WHERE status <> 'superseded'")[0]
    payload = {
        "run_id": run.run_id,
        "step": step,
        "on": on.isoformat(),
        "subjects": count,
        "late": late,
        "reason": reason.strip(),
        "content": states_hash(log.store, "life_new"),
    }
    role = "grader" if step == "preview" else "approver"
    with log.act(by, role, "life.move", f"{run.run_id} {step}", payload) as act:
        listed = ", ".join(map(quote, NAMES[2:]))
        act.con.execute(
            f"INSERT INTO life_states SELECT {act.entry.seq}, row_number() OVER (ORDER BY subject_id,"
            f" status <> 'superseded') - 1, {listed} FROM life_new"
        )
    log.store.con.execute("DROP TABLE life_new")
    return int(count)


def _made(store: Database, run: KeptRun, step: str, wanted: list[str] | None, on: date, basis: tuple[str, str]) -> None:
    """The temporary table `life_new`: the rows that the step would add, with the grades of the run as they stand."""
    con, values = store.con, {"scheme": run.scheme, "period": run.period}
    con.execute(f"CREATE OR REPLACE TEMP TABLE life_now AS {CURRENT}", values)
    con.execute(
        "CREATE OR REPLACE TEMP TABLE life_run AS SELECT subject_id, domain, scheme, version, period, run_id,"
        " '' AS case_id, state, nullif(grade, '') AS grade, nullif(route, '') AS route FROM (SELECT *, $1 AS run_id"
        f" FROM {standing_sql('grades', run.run_id)}) WHERE $2 IS NULL OR list_contains($2, subject_id)",
        [run.run_id, wanted],
    )
    missing = sorted(set(wanted or ()) - {value for (value,) in store.rows("SELECT subject_id FROM life_run")})
    still_held(store, run.run_id)
    if missing:
        raise UsageError(f"run {run.run_id} did not grade {missing[0]}", next="check the id, or name another run")
    carried = ", ".join(f"{{0}}.{name}" for name in ("version", "period", "run_id", "case_id"))
    text = ", ".join(f"{{0}}.{name}" for name in ("state", "grade", "route"))
    head = f"SELECT r.subject_id, r.domain, r.scheme, {carried}, $step AS step, {text}"
    tail = "$on AS decided_on, $on AS recorded_on, $basis AS basis, $mark AS mark"
    parameters: dict[str, Any] = {"step": step, "on": on, "basis": basis[0], "mark": basis[1]}
    joined = "FROM life_run r {0} JOIN life_now n ON n.subject_id = r.subject_id"
    if step in MOVES:
        row = f"{head.format('r')}, '{MOVES[step][1]}' AS status, {tail} {joined.format('LEFT')} WHERE n.status IS NULL"
        same_run, other_runs = (f"{joined.format('')} WHERE n.run_id {sign} r.run_id" for sign in ("=", "<>"))
        as_it_stands = head.format("r").replace("r.case_id", "n.case_id")
        moved = [f"{as_it_stands}, '{MOVES[step][1]}' AS status, {tail} {same_run}"]
        moved.append(f"{head.format('n')}, '{MOVES[step][1]}' AS status, {tail} {other_runs}")
        sql = " UNION ALL ".join((row, *moved))
    else:
        old = f"{head.format('n')}, 'superseded' AS status, {tail} {joined.format('')}"
        new = f"{head.format('r')}, coalesce(n.status, 'provisional') AS status, {tail} {joined.format('LEFT')}"
        sql = f"{old} UNION ALL {new}"
    con.execute(f"CREATE OR REPLACE TEMP TABLE life_new AS {sql}", parameters)


def _in_order(store: Database, run: KeptRun, step: str, wanted: list[str] | None, held: Iterable[str]) -> None:
    """UsageError where the step does not follow the state of a grade, or a case on it is open."""
    allowed = MOVES[step][0] if step in MOVES else (*REPLACING[step], *([""] if step == "supplement" else []))
    wrong = store.rows(
        "SELECT coalesce(n.status, ''), count(*), min(r.subject_id) FROM life_run r LEFT JOIN life_now n"
        " ON n.subject_id = r.subject_id WHERE NOT list_contains($1, coalesce(n.status, '')) GROUP BY 1 ORDER BY 1",
        [list(allowed)],
    )
    if wrong:
        status, count, value = wrong[0]
        raise UsageError(
            f"{step} does not follow {status or 'a grade without a life'}: {count} grades, such as that of {value}",
            where=f"{run.pinned} {run.period}",
            allowed=f"after {', '.join(name or 'no state' for name in allowed)}",
            next="`creditscore life show SUBJECT` tells what was done; --subject names some",
        )
    if step == "supplement":
        (graded,) = store.rows(
            "SELECT count(*) FROM life_run r JOIN life_now n USING (subject_id) WHERE n.state = 'graded'"
        )[0]
        if graded:
            raise UsageError(
                f"{graded} of them have a grade",
                allowed="supplement: who was not graded",
                next="a grade that stands is changed by reevaluation",
            )
    chosen = {value for (value,) in store.rows("SELECT subject_id FROM life_run")}
    stopped = sorted(chosen & set(held)) if step in MOVES and step != "preview" else []
    if stopped:
        raise UsageError(
            f"{step}: a case on {len(stopped)} of the grades is open, such as that of {stopped[0]}",
            next="decide it first, or name the other subjects with --subject (--all-but-open takes them)",
        )


def _in_time(
    store: Database, run: KeptRun, step: str, rules: LifeRules, rule: Procedure | None, year: int, on: int, reason: str
) -> bool:
    """Whether the step comes late; UsageError where it comes too early, or late without a reason."""
    done = days_of_steps(store, run)
    newest = max(done.values(), default=on)
    if on < newest:
        raise UsageError(f"{iso(on)} lies before the last step of these grades ({iso(newest)})", allowed="a later day")
    if on < read_day(run.known_at):
        raise UsageError(
            f"{iso(on)} lies before the day of knowledge of the run, {run.known_at}", allowed="that day or a later one"
        )
    if step in REPLACING:
        return False  # the window is that of the application; a decision may come after it
    first, last = span(rules, step, year, done)
    text = basis_of(rule or rules.procedure(CLOSING, year))[0] or "the rule"
    if first is not None and on < first:
        raise UsageError(
            f"{step} on {iso(on)} is too early",
            where=f"{run.pinned} {run.period}",
            allowed=f"from {from_day(first)} on ({text})",
            next="wait, or check the day",
        )
    if last is not None and on > last and not reason.strip():
        raise UsageError(
            f"{step} on {iso(on)} is late",
            where=f"{run.pinned} {run.period}",
            allowed=f"until {from_day(last)} ({text})",
            next="say why with --reason TEXT; the log keeps it",
        )
    return last is not None and on > last
