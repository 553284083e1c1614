"""`store check`: nothing in a store rests on a withdrawn record; rows that stand are derived again and compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from creditscore.cascade.apply import stored_tasks, untold
from creditscore.cascade.inputs import RecordEvent, decided
from creditscore.cascade.log_check import changed_cascades
from creditscore.cascade.preview import Bench, annulled, changed, derived_now, score_changes
from creditscore.cascade.recompute import Derived, derive
from creditscore.cascade.recompute_composite import derive_composites
from creditscore.cascade.tasks import Task, by_run, resting, tasks
from creditscore.core.days import read_day
from creditscore.core.errors import DifferenceError, InputError, StoreDiffers, StoreError
from creditscore.lists.replay import replay as replay_lists
from creditscore.measures.replay import replay as replay_joint
from creditscore.objections.case import under_decided_law
from creditscore.store import Log
from creditscore.store.legacy.archive.composites import changed_composites, kept_composites
from creditscore.store.legacy.archive.effective import Rows, Scored, standing
from creditscore.store.legacy.archive.runs import changed_runs


@dataclass(frozen=True)
class Flaw:
    """Something in the store that is not as it should be.

    `kind`: log (edited, truncated …), run and composite (kept rows changed), lists, measures, cascade (tables against
    the log), snapshot (gone or another one), stale (rows that stand are not what is derived), record (a withdrawn
    record still has weight), entry (an entry rests on a withdrawn record and nobody was asked to act), measure
    (likewise).
    """

    kind: str
    thing: str
    message: str


@dataclass(frozen=True)
class Checked:
    """`flaws` in order; `open` are tasks of cascades that are still to be done, `untold` who is still to be told."""

    subjects: int
    runs: int
    flaws: tuple[Flaw, ...]
    open: tuple[Task, ...]
    untold: tuple[Task, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.flaws

    def require(self) -> Checked:
        """Itself, or StoreDiffers that names the first flaws."""
        if self.flaws:
            first_flaws = "; ".join(f"{flaw.kind} {flaw.thing}: {flaw.message}" for flaw in self.flaws[:5])
            raise StoreDiffers(
                f"the store does not hold together ({len(self.flaws)} flaws)",
                where=first_flaws,
                next="`creditscore cascade settle` draws what was not drawn; for what was changed restore a copy",
            )
        return self


def check(log: Log, on_bench: Bench) -> Checked:
    """Compare everything in the store with the log, with its snapshots and with itself.

    The log's own proof; kept rows against their entries; steps of lists, measures and cascades against the log; then
    each subject that has decided events, annulled entries or superseded rows is derived again in every kept run.
    """
    flaws = list(_against_the_log(log))
    ids = touched(log, on_bench)
    events = decided(log.store, ids)
    derived: Derived | None = None
    try:
        derived = derived_now(on_bench, ids, events) if ids else None
    except (InputError, DifferenceError) as error:
        flaws.append(Flaw("snapshot", error.where or "", error.what))
    asked: list[Task] = []
    if derived is not None:
        stands = {
            (run, subject): rows
            for run in sorted({run for run, _ in derived.rows})
            for subject, rows in standing(log.store, run, ids).items()
        }
        for key, rows in derived.rows.items():
            if stands[key].hash != rows.hash:
                flaws.append(
                    Flaw("stale", f"run {key[0]} {key[1]}", f"{_face(stands[key])} stands, {_face(rows)} is derived")
                )
        flaws += [
            Flaw(
                "stale",
                f"composite {change.composite.run_id} {change.subject_id}",
                f"{' '.join(change.before.face)} stands, {' '.join(change.after.face)} is derived".replace("  ", " "),
            )
            for change in score_changes(on_bench, ids, derived)
        ]
        asked = [
            task
            for subject in ids
            for task in tasks(
                changed(on_bench, subject, events, by_run(derived.kept, subject), by_run(derived.rows, subject)),
                on_bench.book,
                list(on_bench.measures.values()),
            )
        ]
        flaws += _resting(on_bench, ids, events, stands, asked, {task for task, _, _ in stored_tasks(log)})
    known = {(task.kind, task.thing, task.task) for task, _, _ in stored_tasks(log)}
    left = tuple(task for task in asked if task.kind != "told" and (task.kind, task.thing, task.task) in known)
    letters = tuple(task for task, _, _ in untold(log))
    return Checked(len(ids), len(on_bench.runs), tuple(flaws), left, letters)


def stale_after_exit(log: Log, on_bench: Bench, case_id: str) -> list[Flaw]:
    """Kept grades and composites that still rest on an entry which has ended, as `check` would name them.

    An annulled entry counts in none; one that ended otherwise, in no grade as known on a day from its end on.
    InputError or DifferenceError where they cannot be derived.
    """
    case = on_bench.book.case(case_id)
    if case.first_day_out is None:
        return []
    days = [run.known_at for run in on_bench.runs.values()]
    days += [str(composite.as_of) for composite in kept_composites(log.store)]
    latest = max((read_day(day) for day in days), default=-1)
    if not days or (case.exit_reason != "annulled" and latest < case.first_day_out):
        return []
    ids, events = [case.subject_id], decided(log.store, [case.subject_id])
    over = [*annulled(on_bench, ids), *([] if case.exit_reason == "annulled" else [case])]
    derived = derive(
        log.store,
        ids,
        events,
        on_bench.find,
        annulled=[ended_entry.case_id for ended_entry in over],
        schemes=on_bench.schemes,
        under_law=under_decided_law(log.store),
    )
    flaws = []
    for (run, subject), rows in derived.rows.items():
        stands = standing(log.store, run, ids)[subject]
        day = read_day(on_bench.runs[run].known_at)
        if stands.hash != rows.hash and (case.exit_reason == "annulled" or day >= case.first_day_out):
            flaws.append(Flaw("stale", f"run {run} {subject}", f"{_face(stands)} stands, {_face(rows)} is derived"))
    moved, _, _ = derive_composites(log.store, ids, derived, over)
    for run, subject in sorted(moved):
        score = standing(log.store, run, ids, Scored)[subject]
        as_of = next(composite.as_of for composite in kept_composites(log.store) if composite.run_id == run)
        ended = case.exit_reason == "annulled" or read_day(str(as_of)) >= case.first_day_out
        if ended and score.hash != moved[run, subject].hash:
            faces = (" ".join(part for part in side.face if part) for side in (score, moved[run, subject]))
            flaws.append(Flaw("stale", f"composite {run} {subject}", "{} stands, {} is derived".format(*faces)))
    return flaws


def touched(log: Log, on_bench: Bench) -> list[str]:
    """The subjects of which something was decided: events, annulled entries, rows superseded before."""
    states = {subject_id for (subject_id,) in log.store.rows("SELECT DISTINCT subject_id FROM cascade_states")}
    entries = {case.subject_id for case in on_bench.book.cases.values() if case.exit_reason == "annulled"}
    ruled = {subject for _, subject in under_decided_law(log.store)}
    return sorted({event.subject_id for event in decided(log.store, ever=True)} | states | entries | ruled)


def _against_the_log(log: Log) -> Iterator[Flaw]:
    for fault in log.verify().faults:
        yield Flaw("log", f"entry {fault.seq}", fault.message)
    for run, what in changed_runs(log.store, log):
        yield Flaw("run", run, what)
    for run, what in changed_composites(log.store, log):
        yield Flaw("composite", run, what)
    for kind, replay in (("lists", replay_lists), ("measures", replay_joint)):
        try:
            replay(log)
        except StoreError as error:
            yield Flaw(kind, error.where or "", error.what)
    for seq, what in changed_cascades(log):
        yield Flaw("cascade", f"entry {seq}", what)


def _resting(
    on_bench: Bench,
    ids: Sequence[str],
    events: Sequence[RecordEvent],
    stands: dict[tuple[str, str], Rows],
    asked: Sequence[Task],
    stored: set[Task],
) -> Iterator[Flaw]:
    """What still rests on a withdrawn record: rows, entries, measures."""
    known = {(task.kind, task.thing, task.task) for task in stored}
    for subject in ids:
        gone = changed(on_bench, subject, events, {}, {}).withdrawn
        for (run, who), rows in stands.items():
            for record in sorted(gone) if who == subject else ():
                if rows.weight(record):
                    yield Flaw("record", record, f"it is withdrawn, and run {run} counts it for {subject}")
        for case in on_bench.book.of(subject):
            if resting(case, gone) and not any(kind == "list" and thing == case.case_id for kind, thing, _ in known):
                yield Flaw("entry", case.case_id, "it names a withdrawn record, and nobody was asked to act")
    for task in asked:
        if task.kind == "measure" and (task.kind, task.thing, task.task) not in known:
            yield Flaw("measure", task.thing, f"it hangs on {task.because}, and nobody was asked to act")


def _face(rows: Rows) -> str:
    return f"{rows.grade} {rows.score}".strip()
