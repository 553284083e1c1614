"""The papers of a case: all that a store says of it and of the grade that it contests; pages and letters read them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from creditscore.cascade.inputs import RecordEvent
from creditscore.cascade.record_streams import read_record_events
from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.core.i18n import LANGS
from creditscore.lists.rules import list_rule
from creditscore.objections.case import Case
from creditscore.objections.cases import read_cases
from creditscore.objections.workflow import PREFIX, as_case
from creditscore.status.workflow import GradeStatus, days_of_steps, name_status, statuses_in, statuses_of
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import KINDS
from creditscore.store.archive.runs import KeptRun, read_run
from creditscore.store.archive.standing import read_standing
from creditscore.store.fold import Stream, fold
from creditscore.store.log import Event, read_event, read_streams
from creditscore.store.tables import event as event_table

if TYPE_CHECKING:
    from creditscore.store.people import People
    from creditscore.store.store import Store

FOLLOW_UPS = ("propose", "look_at_linked")  # tasks of a case that a decision leaves to people
CORRECTING = ("amended", "corrected", "withdrawn", "repaired")  # events that a preview counts as corrections


@dataclass(frozen=True)
class LifeStep:
    """One status of a grade: how it came about, and which grade it was; days and codes as text."""

    status: str
    step: str
    scheme: str
    state: str
    grade: str
    on: str
    case_id: str
    basis: str
    mark: str


@dataclass(frozen=True)
class Life:
    """The statuses of one grade, as they were set; `corrections` as in `Papers`."""

    scheme: str
    period: str
    steps: Sequence[LifeStep]
    corrections: int


@dataclass(frozen=True)
class Papers:
    """All that a store says of a case.

    Parameters
    ----------
    case
        The case; people by their names.
    run
        The kept run that it contests.
    keeper
        Who kept the run, by name.
    basis, mark
        The articles behind its days, and their mark of evidence.
    grades, ledger
        The rows of the organisation in the run as they were kept.
    earlier, events
        What was decided about its records before the decision, and until it with what the decision itself wrote; both
        the same while the case is open.
    newest
        All that was decided about them until now.
    life
        The statuses of the grade.
    corrections
        How often the grade or a record was corrected while the grade was provisional.
    days
        The newest day of each step that the grades of the scheme and period have taken.
    asked
        The procedures of all cases on the same grade.
    follows
        What else the decision changed: `changes` of grades, `composites`, `tasks` with labels; `cascade`, the number
        of the decision in the log.
    """

    case: Case
    run: Any
    keeper: str
    basis: str
    mark: str
    grades: Sequence[Mapping[str, Any]]
    ledger: Sequence[Mapping[str, Any]]
    earlier: Sequence[RecordEvent]
    events: Sequence[RecordEvent]
    newest: Sequence[RecordEvent]
    life: Sequence[LifeStep]
    corrections: int
    days: Mapping[str, int]
    asked: frozenset[str]
    follows: Mapping[str, Any]

    @property
    def status(self) -> str:
        """The status that the grade has now; empty where nobody was shown it yet."""
        return self.life[-1].status if self.life else ""


def read_papers(store: Store, case_id: str) -> Papers:
    """Read the papers of a case.

    Parameters
    ----------
    store
        The open store.
    case_id
        `C2026-0001`, or the name of its stream, `objection/C2026-0001`.

    Returns
    -------
    Papers
        What stands now.

    Raises
    ------
    UsageError
        Where there is no such case, or what it or its run held was erased.
    """
    stream = store.read(PREFIX + case_id.removeprefix(PREFIX))
    if stream.is_erased:
        raise UsageError("evidence.case_erased", case=stream.name.removeprefix(PREFIX), where=store.database.shown)
    case, people = as_case(stream), store.people()
    run = read_run(store.read(f"run/{case.run_id}"))
    subject, period = case.subject_id, name_status(run.scheme, run.period)
    siblings = read_cases(store, subject_ids=[subject])
    with store.reading() as connection:
        newest = read_record_events(connection, [subject])
        step = fold(period, read_streams(connection, [period])[period])
        statuses = statuses_in(connection, store.archive, step, subject)
        life = [_read_step(connection, store.archive, status) for status in statuses]
    decision = next((event for event in stream.events if event.name == "decided"), None)
    own = [] if decision is None else _read_act(store, decision.act)
    tables = {
        table: store.archive.read(name, [subject]).select(list(KINDS["grading"][table])).to_pylist()
        for table, name in run.files.items()
    }
    return Papers(
        case=_name_people(case, people),
        run=run,
        keeper=people.name_of(run.kept_by),
        basis=stream.fields.get("basis_of_days") or "",
        mark=stream.fields.get("mark") or "unknown",
        grades=tables["grades"],
        ledger=tables["ledger"],
        earlier=newest if decision is None else [event for event in newest if event.seq < decision.act],
        events=newest if not own else [event for event in newest if event.seq <= own[-1].seq],
        newest=newest,
        life=life,
        corrections=_count_corrections(statuses, newest),
        days=days_of_steps(step.parts.get("groups", {}).values()),
        asked=frozenset(
            other.procedure for other in siblings if (other.scheme, other.period) == (case.scheme, case.period)
        ),
        follows=_list_following(store, own),
    )


def read_lives(store: Store, subject_id: str, *, known_on: str | None = None) -> list[Life]:
    """Read the statuses of all grades of an organisation.

    Parameters
    ----------
    store
        The open store.
    subject_id
        The organisation.
    known_on
        Leaves out what the office knew only after this day; None: all.

    Returns
    -------
    list of Life
        By scheme and period; empty where nobody was shown a grade yet.
    """
    with store.reading() as connection:
        events = [
            event
            for event in read_record_events(connection, [subject_id])
            if known_on is None or event.recorded_on is None or event.recorded_on.isoformat() <= known_on
        ]
        by_grade: dict[tuple[str, str], list[GradeStatus]] = {}
        for status in statuses_of(connection, store.archive, subject_id, known_on=known_on):
            by_grade.setdefault((status.scheme, status.period), []).append(status)
        return [
            Life(
                scheme,
                period,
                [_read_step(connection, store.archive, status) for status in own],
                _count_corrections(own, events),
            )
            for (scheme, period), own in by_grade.items()
        ]


def _name_people(case: Case, people: People) -> Case:
    """The case with the names of people in place of their ids."""
    decision = case.decision
    return replace(
        case,
        opened_by=people.name_of(case.opened_by),
        decision=None if decision is None else replace(decision, by=people.name_of(decision.by)),
        events=tuple(replace(event, by=people.name_of(event.by)) for event in case.events),
    )


def read_following(store: Store, act: int) -> dict[str, Any]:
    """Read what an act drew anew, and which tasks it opened on other cases: `follows` of `Papers`."""
    return _list_following(store, _read_act(store, act))


def _read_act(store: Store, act: int) -> list[Event]:
    """The events that one act wrote, in their order."""
    query = sa.select(event_table).where(event_table.c.act == act).order_by(event_table.c.seq)
    with store.reading() as connection:
        return [read_event(dict(row)) for row in connection.execute(query).mappings()]


def _read_step(connection: sa.Connection, archive: Archive, status: GradeStatus) -> LifeStep:
    """A status with the grade as it stood then; of one that is superseded, as it stood before."""
    name = f"run/{status.run_id}"
    stream = fold(name, read_streams(connection, [name])[name])
    row: Mapping[str, Any] = {}
    if not stream.is_erased:
        until = status.seq - (status.status == "superseded")
        row = read_standing(connection, archive, read_run(stream), [status.subject_id], until=until)[
            status.subject_id
        ].grades[0]
    about = (status.status, status.step, status.scheme, row.get("state") or "", row.get("grade") or "")
    return LifeStep(*about, status.on_day, status.case.removeprefix(PREFIX), status.basis, status.mark)


def _count_corrections(statuses: Sequence[GradeStatus], events: Iterable[RecordEvent]) -> int:
    """How often the grade was replaced, or a record corrected otherwise, while the grade was provisional."""
    began = next((status for status in statuses if status.status == "provisional"), None)
    if began is None:
        return 0
    ended = next((status for status in statuses if status.status in ("announced", "final")), None)
    replaced = [status for status in statuses if status.status == "superseded"]
    replacing = {status.case for status in replaced}
    corrected = [
        event
        for event in events
        if event.event in CORRECTING
        and event.seq > began.seq
        and (ended is None or event.seq < ended.seq)
        and event.case_id not in replacing
    ]
    return sum(ended is None or status.seq <= ended.seq for status in replaced) + len(corrected)


# --- what follows from the decision


def _list_following(store: Store, act: Sequence[Event]) -> dict[str, Any]:
    """What the act of a decision drew anew, and which tasks it opened on other streams."""
    follows: dict[str, Any] = {"cascade": act[0].seq if act else -1, "changes": [], "composites": [], "tasks": []}
    for event in act:
        payload = event.payload or {}
        if event.kind == "grade.redrawn":
            _add_change(follows, read_run(store.read(f"run/{payload['set']['run']}")), event.subject, payload["set"])
        for change in payload.get("tasks", ()):
            is_own = event.stream.startswith(PREFIX)
            if change["change"] == "open" and (not is_own or change["what"] in FOLLOW_UPS):
                follows["tasks"].append(_tell_task(store, store.read(event.stream), event, change))
    return follows


def _add_change(follows: dict[str, Any], run: KeptRun, subject: str, values: Mapping[str, Any]) -> None:
    about: dict[str, Any] = {"run_id": run.run_id, "subject_id": subject}
    sides = {side: dict(values[side]) for side in ("before", "after")}
    if run.kind == "grading":
        follows["changes"].append({**about, "scheme": run.pinned, "period": run.period, **sides})
    else:
        faces = {side: [face["state"], face["score"], face["grade"]] for side, face in sides.items()}
        follows["composites"].append({**about, "config": run.pinned, **faces})


def _tell_task(store: Store, stream: Stream, event: Event, change: Mapping[str, Any]) -> dict[str, Any]:
    """A task of another case that the decision opened, with its words, and the day on which it was done."""
    workflow = store.registry.by_id[stream.flow]
    rule = workflow.tasks.get(change["what"])
    turns = stream.tasks.get((change["what"], change.get("number", 0)), [])
    turn = next((turn for turn in turns if turn["opened_seq"] == event.seq), {})
    row = stream.parts.get("follows", {}).get(change.get("number", 0), {}) if stream.kind == "objection" else {}
    return {
        "subject_id": row.get("subject", stream.subject),
        "kind": {"listing": "list"}.get(stream.kind, stream.kind),
        "thing": row.get("thing", stream.name.partition("/")[2]),
        "thing_label": _label_entry(stream),
        "task": change["what"],
        "label": {lang: getattr(rule.title, lang) if rule else change["what"] for lang in LANGS},
        "note": change.get("note") or "",
        "done": turn.get("done_on"),
        "command": f"store show {stream.name}",
    }


def _label_entry(stream: Stream) -> dict[str, str] | None:
    """What the list of an entry is called; None for another stream, and where nothing names it."""
    if stream.kind != "listing":
        return None
    try:
        label = list_rule(stream.fields["scheme"], stream.fields["list"]).label
    except (CreditscoreError, KeyError):
        return None
    return {lang: getattr(label, lang) for lang in LANGS}
