"""The cascade: what follows when a record is withdrawn, corrected, repaired or reinstated, before anything is done."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from creditscore.cascade.composite import CompositeChange, composite_changes
from creditscore.cascade.inputs import RecordEvent, decided
from creditscore.cascade.recompute import Derived, derive
from creditscore.cascade.recompute_composite import derive_composites
from creditscore.cascade.tasks import SUBJECT, Changed, Task, by_run, linked, tasks
from creditscore.core.errors import UsageError
from creditscore.core.i18n import Lang
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.lists.case import ListCase
from creditscore.lists.register import Book
from creditscore.lists.store import load
from creditscore.measures.register import MeasureCase, read_cases
from creditscore.objections.case import under_decided_law
from creditscore.records import Snapshot
from creditscore.records.schema import EVENTS
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.store import Database
from creditscore.store.legacy.archive.composites import KeptComposite, kept_composites
from creditscore.store.legacy.archive.effective import Key, Rows, Scored, standing
from creditscore.store.legacy.archive.runs import KeptRun, kept_runs, snapshot_of

ALLOWED = ("withdrawn", "corrected", "repaired", "reinstated")
HOLDING = ("withdrawn", "repaired")  # until reinstated
EventKey = tuple[str, str, int]  # subject, record, number


@dataclass(frozen=True)
class Change:
    """The rows of one subject in one run that are superseded. `as_kept`: those of the keeping stand again.

    `because`: the record where the run uses it, `run …` for an earlier grade in its history, `entry …` for an annulled
    entry that it no longer reads.
    """

    run: KeptRun
    subject_id: str
    before: Rows
    after: Rows
    as_kept: bool
    because: tuple[str, ...]


@dataclass(frozen=True)
class ScoreChange:
    """The rows of one subject in one kept composite that are superseded; `because`: runs and annulled entries."""

    composite: KeptComposite
    subject_id: str
    before: Scored
    after: Scored
    as_kept: bool
    because: tuple[str, ...]

    @property
    def seen(self) -> bool:
        """Whether state, score or grade change, and not only what they are made of."""
        return self.before.face != self.after.face


@dataclass(frozen=True)
class Cascade:
    """What follows, or followed, from a changed record: superseded rows and tasks for people.

    Parameters
    ----------
    subjects
        The subjects looked at.
    events
        New record events; empty where the event holds already or none was given.
    voided
        Events that are taken back, each as (subject, record, number).
    changes
        Subjects whose rows in a kept run are superseded, with the rows before and after.
    tasks
        What people must do or decide, and who must be told.
    scores
        Kept composites whose rows are superseded.
    composites
        Changes of the composites that `bench` was asked to follow beside the kept ones.
    runs
        The number of kept runs that hold one of the subjects.
    seq
        The entry of the log once the cascade is applied; -1 before, and where nothing was written.
    """

    subjects: tuple[str, ...]
    events: tuple[RecordEvent, ...]
    voided: tuple[EventKey, ...]
    changes: tuple[Change, ...]
    tasks: tuple[Task, ...]
    scores: tuple[ScoreChange, ...] = ()
    composites: tuple[CompositeChange, ...] = ()
    runs: int = 0  # kept runs that hold one of the subjects
    seq: int = -1  # its entry in the log, once applied

    @property
    def empty(self) -> bool:
        return not (self.events or self.voided or self.changes or self.scores)

    def text(self, lang: Lang = "zh") -> str:
        """Say what would follow, or did: a line for each event, grade, score and task, details indented below."""
        from creditscore.cascade.text import blocks

        return "\n".join("\n    ".join([head, *under]) for head, under in blocks(self, lang))

    def edges(self) -> list[tuple[str, str, str]]:
        """The graph of what hangs on what: (thing, rests on, how), sorted."""
        edges = {
            (f"run {change.run.run_id} {change.subject_id}", because, "grade")
            for change in self.changes
            for because in change.because
        }
        edges |= {
            (f"composite {change.composite.run_id} {change.subject_id}", because, "score")
            for change in self.scores
            for because in change.because
        }
        edges |= {(f"{task.kind} {task.thing}", task.because, task.why) for task in self.tasks if task.kind != "told"}
        return sorted(edges)


@dataclass(frozen=True)
class Bench:
    """What a cascade reads from a store; `bench` builds it.

    Parameters
    ----------
    store
        The open store.
    find
        Returns the snapshot of a kept run, opened at the first call.
    book
        The entries of lists.
    measures
        Joint measures by id.
    runs
        Kept runs by id, in the order in which they were kept.
    schemes
        Schemes outside the library, by id without version.
    composites
        Configurations of composites (`jilin_edz`) whose score is followed too.
    """

    store: Database
    find: Callable[[KeptRun], Snapshot]
    book: Book
    measures: Mapping[str, MeasureCase]
    runs: Mapping[str, KeptRun]
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    composites: tuple[str, ...] = ()

    def grounds(self, run_id: str) -> dict[str, tuple[str, ...]]:
        """The triggers of each list that the scheme of a run keeps."""
        run = self.runs[run_id]
        scheme = self.schemes.get(run.scheme) or registry.pick_recorded(
            run.pinned, date.fromisoformat(run.manifest["as_of"])
        )
        return {key: tuple(list_rules.triggers) for key, list_rules in scheme.lists.items()}


def bench(
    store: Database,
    snapshots: Iterable[Snapshot] = (),
    schemes: Mapping[str, Scheme] | None = None,
    composites: Iterable[str] = (),
) -> Bench:
    """Collect what a cascade reads from a store: its runs, lists, measures and snapshots.

    A snapshot is opened when it is first needed; where it is gone or differs from what was graded, InputError is raised
    then.

    Parameters
    ----------
    store
        An open store.
    snapshots
        Opened snapshots in place of those that no longer lie where they were kept; matched by content hash.
    schemes
        Schemes outside the library, by id without version; None: only the library is used.
    composites
        Configurations of composites (`jilin_edz`) whose score is to be followed too.

    Returns
    -------
    Bench
        Reads the store as it is now; build a new one after the store has changed.

    Raises
    ------
    StoreError
        Where the store is closed or damaged.

    Examples
    --------
    >>> with Database("credit.store") as store:  # doctest: +SKIP
    ...     list(bench(store).runs)
    ['0f3a9c51d2b47e68']
    """
    given, opened = tuple(snapshots), dict[str, Snapshot]()

    def find(run: KeptRun) -> Snapshot:
        if run.snapshot_hash not in opened:
            fitting = (snapshot for snapshot in given if snapshot.has_hash(run.snapshot_hash))
            opened[run.snapshot_hash] = next(fitting, None) or snapshot_of(run)
        return as_graded(opened[run.snapshot_hash], run.manifest)

    runs = {run.run_id: run for run in kept_runs(store)}
    return Bench(store, find, load(store), read_cases(store), runs, schemes or {}, tuple(composites))


def preview(on_bench: Bench, event: RecordEvent | None, subject_ids: Iterable[str] = ()) -> Cascade:
    """What would follow from one more event; without one, what has not yet been drawn from the events decided before.

    An event that holds already adds nothing, so the same call twice leads to an empty cascade. UsageError for an event
    that cannot follow, InputError where the log would refuse it (shares beyond 1, corrected before it occurred).
    """
    ids = sorted({*subject_ids, *([event.subject_id] if event is not None else [])})
    new = [] if event is None or _holds_already(on_bench, event) else [event]
    return _follow(on_bench, ids, [*decided(on_bench.store, ids), *new], new, ())


def preview_decision(
    on_bench: Bench, subject_id: str, events: Sequence[RecordEvent], under_law: Mapping[Key, date]
) -> Cascade:
    """What would follow from the decision of a case: its events, and the law as known on a day for some grades."""
    known = decided(on_bench.store, [subject_id])
    return _follow(on_bench, [subject_id], [*known, *events], events, (), under_law)


def preview_undo(on_bench: Bench, events: Sequence[RecordEvent]) -> Cascade:
    """What would follow from taking events back, as if they had not been decided."""
    ids = sorted({event.subject_id for event in events})
    voided = tuple((event.subject_id, event.record_id, event.event_no) for event in events)
    left = [event for event in decided(on_bench.store, ids) if _key(event) not in voided]
    return _follow(on_bench, ids, left, [], voided)


def derived_now(
    on_bench: Bench, ids: Sequence[str], events: Sequence[RecordEvent], under_law: Mapping[Key, date] | None = None
) -> Derived:
    """The rows of some subjects in every kept run, from the snapshots, the events, the book and the cases.

    `under_law`: more grades to be made under the law as known on a day, as a decision about to be taken says.
    """
    gone = [case.case_id for case in annulled(on_bench, ids)]
    laws = {**under_decided_law(on_bench.store), **(under_law or {})}
    return derive(on_bench.store, ids, events, on_bench.find, annulled=gone, schemes=on_bench.schemes, under_law=laws)


def annulled(on_bench: Bench, ids: Iterable[str]) -> list[ListCase]:
    """The annulled entries of some subjects."""
    return [case for key in ids for case in on_bench.book.of(key) if case.exit_reason == "annulled"]


def changed(
    on_bench: Bench,
    subject_id: str,
    events: Sequence[RecordEvent],
    before: Mapping[str, Rows],
    after: Mapping[str, Rows],
) -> Changed:
    """One subject under its events, as the tasks read it."""
    own = [event for event in events if event.subject_id == subject_id]
    holding = {kind: frozenset(_holding(own, kind)) for kind in HOLDING}
    put_right = {
        kind: frozenset(event.record_id for event in own if event.event == kind) for kind in ("corrected", "amended")
    }
    grounds = {run: on_bench.grounds(run) for run in after}
    return Changed(
        subject_id,
        holding["withdrawn"],
        holding["repaired"],
        put_right["corrected"],
        before,
        after,
        grounds,
        put_right["amended"],
    )


def _follow(
    on_bench: Bench,
    ids: list[str],
    events: Sequence[RecordEvent],
    new: Sequence[RecordEvent],
    voided: tuple[EventKey, ...],
    under_law: Mapping[Key, date] | None = None,
) -> Cascade:
    derived = derived_now(on_bench, ids, events, under_law)
    before = {
        (run, subject): rows
        for run in sorted({run for run, _ in derived.rows})
        for subject, rows in standing(on_bench.store, run, ids).items()
    }
    touched = {event.record_id for event in new} | {record for _, record, _ in voided}
    changes = [
        Change(
            on_bench.runs[key[0]],
            key[1],
            before[key],
            rows,
            rows.hash == derived.kept[key].hash,
            _because(
                key,
                derived,
                touched or {event.record_id for event in events if event.subject_id == key[1]},
                before[key],
            ),
        )
        for key, rows in derived.rows.items()
        if rows.hash != before[key].hash
    ]
    scores = score_changes(on_bench, ids, derived)
    asked: list[Task] = []
    composites: list[CompositeChange] = []
    for subject in ids:
        changed_case = changed(on_bench, subject, events, by_run(before, subject), by_run(derived.rows, subject))
        own = tasks(changed_case, on_bench.book, list(on_bench.measures.values()))
        entries = [task.thing for task in own if task.task == "annul"]
        for config in on_bench.composites if changes else ():
            moved = composite_changes(config, subject, changed_case.before, changed_case.after, on_bench.book, entries)
            composites += moved
            own += [Task(subject, "told", config, "tell", SUBJECT, "composite_changed", config) for _ in moved]
        own += [_to_tell(score) for score in scores if score.subject_id == subject and score.seen]
        asked += own
        asked += linked(
            changed_case,
            list({run.snapshot_hash: on_bench.find(run) for run in _of(on_bench, changed_case)}.values()),
        )
    runs = len({run for run, _ in derived.rows})
    return Cascade(tuple(ids), tuple(new), voided, tuple(changes), tuple(asked), tuple(scores), tuple(composites), runs)


def score_changes(on_bench: Bench, ids: Sequence[str], derived: Derived) -> list[ScoreChange]:
    """What the grades that are derived do to the kept composites of some subjects."""
    standing_scores, archived_scores, because = derive_composites(on_bench.store, ids, derived, annulled(on_bench, ids))
    known = {composite.run_id: composite for composite in kept_composites(on_bench.store)}
    changes = []
    for run in sorted({run for run, _ in standing_scores}):
        for subject, before in standing(on_bench.store, run, ids, Scored).items():
            key = (run, subject)
            if standing_scores[key].hash != before.hash:
                as_kept = standing_scores[key].hash == archived_scores[key].hash
                changes.append(
                    ScoreChange(known[run], subject, before, standing_scores[key], as_kept, because.get(key, ()))
                )
    return changes


def _to_tell(score_change: ScoreChange) -> Task:
    run = score_change.composite.run_id
    return Task(score_change.subject_id, "told", run, "tell", SUBJECT, "composite_changed", run)


def _of(on_bench: Bench, changed_case: Changed) -> list[KeptRun]:
    return [on_bench.runs[run] for run in changed_case.after]


def _because(key: Key, derived: Derived, touched: Iterable[str], before: Rows) -> tuple[str, ...]:
    records = [
        record_id for record_id in sorted(touched) if before.uses(record_id) or derived.rows[key].uses(record_id)
    ]
    runs = [f"run {run_id} {key[1]}" for run_id in derived.chained.get(key, ())]
    entries = [f"list {listing_id}" for listing_id in derived.released.get(key, ())]
    return (*records, *runs, *entries)


def _holding(events: Sequence[RecordEvent], kind: str) -> set[str]:
    """Records for which an event of this kind holds, no reinstatement having followed."""
    held: set[str] = set()
    for event in events:
        if event.event == kind:
            held.add(event.record_id)
        elif event.event == "reinstated":
            held.discard(event.record_id)
    return held


def _holds_already(on_bench: Bench, event: RecordEvent) -> bool:
    """Whether the event adds nothing to what is known; UsageError where it cannot follow."""
    if event.event not in ALLOWED:
        raise UsageError(f"{event.event!r} is no event that a cascade follows", allowed=ALLOWED)
    snapshot = holding(on_bench, event.record_id, event.subject_id)
    kinds = [kind for _, _, kind in record_rows(snapshot, event.record_id, event.subject_id)]
    own_events = [
        decided_event
        for decided_event in decided(on_bench.store, [event.subject_id])
        if decided_event.record_id == event.record_id
    ]
    kinds += [event.event for event in own_events]
    last = {kind: _last(kinds, kind, "reinstated") == kind for kind in HOLDING}
    where = f"record {event.record_id}"
    if event.event in HOLDING:
        if event.event == "repaired" and last["withdrawn"]:
            raise UsageError("a record that is withdrawn cannot be repaired", where=where, allowed="reinstated")
        return last[event.event]
    if event.event == "reinstated":
        if "reinstated" not in kinds and not any(last.values()):
            raise UsageError(
                "the record was neither withdrawn nor repaired, so it cannot be reinstated",
                where=where,
                allowed="withdrawn, corrected, repaired",
            )
        return not any(last.values())
    return any(_same(decided_event, event) for decided_event in own_events)


def _same(event: RecordEvent, other: RecordEvent) -> bool:
    return replace(
        event, event_no=0, seq=-1, case_id="", recorded_on=date.min, document_no=None, basis=None
    ) == replace(other, event_no=0, seq=-1, case_id="", recorded_on=date.min, document_no=None, basis=None)


def _last(kinds: Sequence[str], *wanted: str) -> str:
    return next((kind for kind in reversed(kinds) if kind in wanted), "")


def holding(on_bench: Bench, record_id: str, subject_id: str = "") -> Snapshot:
    """The snapshot of the run kept last that knows a record; UsageError where none does."""
    seen = set()
    for run in reversed(list(on_bench.runs.values())):
        if run.snapshot_hash not in seen and record_rows(on_bench.find(run), record_id, subject_id):
            return on_bench.find(run)
        seen.add(run.snapshot_hash)
    raise UsageError(
        f"no kept run knows a record {record_id!r}" + (f" of {subject_id}" if subject_id else ""),
        where=str(on_bench.store.path),
        next="take the id from the ledger of a grade; `creditscore runs` lists what is kept",
    )


def record_rows(snapshot: Snapshot, record_id: str, subject_id: str = "") -> list[tuple[str, int, str]]:
    """(subject, number, kind) of each event of a record in a snapshot, in order."""
    rows = snapshot.con.execute(
        f"SELECT s.subject_id, x.event_no, x.event FROM {snapshot.log} x JOIN {snapshot.subjects} s ON s.sid = x.sid"
        f" WHERE x.record_id = $1 AND ($2 = '' OR x.sid IN (SELECT sid FROM {snapshot.subjects} WHERE subject_id = $2))"
        " ORDER BY 1, 2",
        [record_id, subject_id],
    ).fetchall()
    return [(subject, event_no, EVENTS[event]) for subject, event_no, event in rows]


def subject_of(on_bench: Bench, record_id: str) -> str:
    """The subject that a record belongs to; UsageError where no kept run's snapshot holds it."""
    rows = on_bench.store.rows("SELECT subject_id FROM run_ledger WHERE record_id = ? LIMIT 1", [record_id])
    if rows:
        return str(rows[0][0])
    return record_rows(holding(on_bench, record_id), record_id)[0][0]


def _key(event: RecordEvent) -> EventKey:
    return event.subject_id, event.record_id, event.event_no
