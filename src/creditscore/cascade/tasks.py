"""What a changed record asks of people: entries on lists, joint measures, linked firms, and who must be told."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from creditscore.lists.case import ListCase
from creditscore.lists.register import Book
from creditscore.measures.register import MeasureCase
from creditscore.measures.state import STANDING
from creditscore.records import Snapshot
from creditscore.store.legacy.archive.effective import Key, Rows

# What may be asked, and of whom the command that does it is.
TASKS: Mapping[str, str] = {
    "decline": "lists decide --decline",
    "annul": "lists exit --way annulled",
    "correct": "lists correct",
    "look_at_exit": "lists exit",
    "look_at": "lists show",
    "propose": "lists propose",
    "reject": "joint decide --reject",
    "annul_measure": "joint annul, joint lift",
    "lift": "joint lift",
    "look_at_linked": "explain",
    "tell": "cascade told",
}
SUBJECT = "subject"  # who is told of a grade


@dataclass(frozen=True)
class Task:
    """Something a person must do or decide because a record changed.

    Parameters
    ----------
    subject_id
        The subject that the task is about.
    kind
        `list` (an entry), `measure` (a joint measure), `linked` (a record of another subject) or `told`.
    thing
        The id of the case, measure, record or run; of a new ground the list and its trigger.
    task
        What is to be done, a key of `TASKS`: `decline`, `annul`, `correct`, `look_at_exit`, `look_at`, `propose`,
        `reject`, `annul_measure`, `lift`, `look_at_linked` or `tell`.
    who
        The office or department that acts or is told, `subject` for the subject itself; empty where none is known.
    why
        A code: `record_withdrawn`, `record_repaired`, `record_corrected`, `ground_gone`, `ground_new`,
        `entry_in_question`, `grade_changed`, `source_changed` or `composite_changed`.
    because
        The id of the record, run, entry or subject that is the cause.
    """

    subject_id: str
    kind: str
    thing: str
    task: str
    who: str
    why: str
    because: str


@dataclass(frozen=True)
class Changed:
    """What the events do to one subject: records withdrawn, repaired or corrected now; its rows before and after."""

    subject_id: str
    withdrawn: frozenset[str]
    repaired: frozenset[str]
    corrected: frozenset[str]
    before: Mapping[str, Rows]  # by run
    after: Mapping[str, Rows]
    grounds: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)  # run → list → its triggers
    amended: frozenset[str] = frozenset()  # what they say was put right: unlike a correction, it was never so


def tasks(changed: Changed, book: Book, measures: Sequence[MeasureCase]) -> list[Task]:
    """Everything that is to be done for one subject as things stand, in a fixed order; not what was done already."""
    list_codes = list(_of_lists(changed, book))
    hit = {task.thing: task for task in list_codes if task.kind == "list"}
    list_codes += _of_measures(changed, book, measures, hit)
    list_codes += _told(changed, book, measures, list_codes)
    return sorted(set(list_codes), key=lambda task: (task.kind, task.thing, task.task, task.who))


def linked(changed: Changed, snapshots: Sequence[Snapshot]) -> list[Task]:
    """Records of other subjects that name this one as their source, where its grade has changed."""
    if not _grades_moved(changed):
        return []
    task_rows = set()
    for snapshot in snapshots:
        if "source_subject_id" not in snapshot.log_columns:
            continue
        rows = snapshot.con.execute(
            f"SELECT DISTINCT s.subject_id, x.record_id FROM {snapshot.log} x JOIN {snapshot.subjects} s"
            " ON s.sid = x.sid WHERE x.source_subject_id = ?",
            [changed.subject_id],
        ).fetchall()
        task_rows |= {
            Task(other, "linked", record, "look_at_linked", other, "source_changed", changed.subject_id)
            for other, record in rows
        }
    return sorted(task_rows, key=lambda task: (task.subject_id, task.thing))


def gone(case: ListCase, changed: Changed) -> str:
    """Why the ground of an entry is gone: record_withdrawn, ground_gone, part; empty where it stands."""
    records = set(case.records)
    if records and records <= changed.withdrawn:
        return "record_withdrawn"
    if (changed.withdrawn or changed.amended) and _held(case, changed.before) and not _held(case, changed.after):
        return "ground_gone"
    return "part" if records & changed.withdrawn else ""


def _held(case: ListCase, rows: Mapping[str, Rows]) -> bool | None:
    """Whether a trigger of the case decided in the run that it was proposed from; None where that run is not kept."""
    run = str(case.events[0].args.get("run_id", ""))
    return None if run not in rows else bool(rows[run].rules() & set(case.triggers))


def _of_lists(changed: Changed, book: Book) -> Iterator[Task]:
    soft = changed.repaired | changed.corrected | changed.amended
    for case in book.of(changed.subject_id):
        why, who = gone(case, changed), _organ(case)
        because = next(iter(sorted(set(case.records) & changed.withdrawn)), "") or str(
            case.events[0].args.get("run_id", "")
        )
        over = case.state in ("declined",) or case.exit_reason == "annulled"
        if over:
            continue
        if why in ("record_withdrawn", "ground_gone"):
            task = "decline" if case.open else "annul" if case.state == "listed" else "look_at"
            yield Task(changed.subject_id, "list", case.case_id, task, who, why, because)
        elif why == "part":
            yield Task(changed.subject_id, "list", case.case_id, "correct", who, "record_withdrawn", because)
        elif case.state == "listed" and set(case.records) & soft:
            record = sorted(set(case.records) & soft)[0]
            text = "record_repaired" if record in changed.repaired else "record_corrected"
            yield Task(changed.subject_id, "list", case.case_id, "look_at_exit", who, text, record)
    for run, rows in changed.after.items():
        yield from _new_grounds(changed, book, run, rows)


def _new_grounds(changed: Changed, book: Book, run: str, rows: Rows) -> Iterator[Task]:
    """Triggers that decide now and did not before, and that no case carries."""
    new = rows.rules() - (changed.before[run].rules() if run in changed.before else frozenset())
    for key, triggers in changed.grounds.get(run, {}).items():
        held = any(case.open or case.state == "listed" for case in book.of(changed.subject_id, key))
        for trigger in sorted(new & set(triggers)):
            if not held:
                yield Task(changed.subject_id, "list", f"{key}: {trigger}", "propose", "", "ground_new", run)


def _of_measures(
    changed: Changed, book: Book, measures: Sequence[MeasureCase], hit: Mapping[str, Task]
) -> Iterator[Task]:
    """Joint measures that hang on an entry in question, or on one that was annulled."""
    for measure in measures:
        own = measure.proposal
        if own.subject_id != changed.subject_id or not (measure.state.open or measure.state.to_undo):
            continue
        case = book.cases.get(own.listing_id)
        annulled = case is not None and case.exit_reason == "annulled"
        task = hit.get(own.listing_id)
        if not annulled and (task is None or task.task not in ("annul", "decline", "look_at")):
            continue
        state = measure.state.state
        what = "lift" if annulled or state == "annulled" else "reject" if state == "proposed" else "annul_measure"
        yield Task(
            changed.subject_id, "measure", own.proposal_id, what, own.department, "entry_in_question", own.listing_id
        )


def _told(changed: Changed, book: Book, measures: Sequence[MeasureCase], task_rows: Sequence[Task]) -> Iterator[Task]:
    for run in _grades_moved(changed):
        yield Task(changed.subject_id, "told", run, "tell", SUBJECT, "grade_changed", run)
    for task in task_rows:
        if task.kind == "list" and task.task in ("annul", "look_at") and book.case(task.thing).entered_on is not None:
            yield Task(changed.subject_id, "told", task.thing, "tell", SUBJECT, "entry_in_question", task.because)
            if task.who:
                yield Task(changed.subject_id, "told", task.thing, "tell", task.who, "entry_in_question", task.because)
    states = {measure.proposal.proposal_id: measure.state.state for measure in measures}
    for task in task_rows:
        if task.kind == "measure" and states[task.thing] in ("notified", *STANDING, "annulled"):
            yield Task(changed.subject_id, "told", task.thing, "tell", task.who, "entry_in_question", task.because)


def _grades_moved(changed: Changed) -> list[str]:
    return [
        run
        for run, rows in changed.after.items()
        if run in changed.before and _face(rows) != _face(changed.before[run])
    ]


def _face(rows: Rows) -> tuple[str, str, str]:
    return rows.grade, rows.score, rows.route


def _organ(case: ListCase) -> str:
    return next((event.organ for event in reversed(case.events) if event.organ), "")


def resting(case: ListCase, withdrawn: Collection[str]) -> bool:
    """Whether an entry that is open or stands names a withdrawn record."""
    return (case.open or case.state == "listed") and bool(set(case.records) & set(withdrawn))


def by_run(rows: Mapping[Key, Rows], subject_id: str) -> dict[str, Rows]:
    return {run: own for (run, subject), own in rows.items() if subject == subject_id}
