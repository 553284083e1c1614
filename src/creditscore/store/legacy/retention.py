"""Retention: until when the log keeps what its entries carry, by rule, and deletion that leaves entry and hashes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

from pydantic import Field

from creditscore.composite.result_columns import SCORES
from creditscore.core.catalogue import Family
from creditscore.core.clock import moment, office_day
from creditscore.core.days import from_day, to_day
from creditscore.core.errors import UsageError
from creditscore.core.model import Model
from creditscore.core.references import Citing, Unique
from creditscore.core.yaml_source import Source
from creditscore.lists.store import load
from creditscore.lists.terms import later
from creditscore.measures.register import read_cases
from creditscore.objections.case import cases, under_decided_law
from creditscore.schemes.lists import Span
from creditscore.schemes.model import Rule
from creditscore.schemes.references import LAWS
from creditscore.store import Entry, Log
from creditscore.store.legacy.archive.composites import ACTION, BESIDE, kept_composites
from creditscore.store.legacy.archive.runs import kept_runs
from creditscore.store.legacy.archive.tables import TABLES

ROLE = "approver"
OVER = ("lifted", "lapsed", "rejected")
# tables whose rows go with the payload of an action
ROWS = {
    "grading.keep": [f"{prefix}_{table}" for prefix in ("run", "cascade") for table in TABLES],
    ACTION: [
        *(f"{prefix}_{table}" for prefix in ("run", "cascade") for table in SCORES),
        *(f"composite_{table}" for table in BESIDE),
    ],
}
# runs with a grade that stands changed, and the entry of the log that changed it last
MOVED = """SELECT run_id, max(seq) FROM (SELECT *, row_number() OVER (PARTITION BY run_id, subject_id ORDER BY seq DESC)
AS n FROM cascade_states) WHERE n = 1 AND NOT as_kept GROUP BY run_id"""
FAR = to_day(date(2100, 12, 31))


class Least(Rule):
    """What a text demands: payloads of these actions are kept at least so long."""

    id: str
    actions: list[str] = Field(min_length=1)
    keep: Span


class Term(Least):
    """How long payloads of these actions are kept, from the day of the newest entry or from the end of its matter."""

    since: Literal["entry", "end"]
    streams: list[str] = Field(default_factory=list)  # kinds of streams of the log of events
    over: list[str] = Field(default_factory=list)  # the states in which their matter is over; none: it never is open


class Retention(Model):
    """configs/retention.yaml."""

    checked_on: date
    rules: list[Term]
    least: list[Least]


@dataclass(frozen=True)
class RetainedPayload:
    """A payload; `due_on` is the first day on which it may be deleted, None while its matter is open."""

    seq: int
    action: str
    subject: str
    rule: str
    evidence: str
    since: date | None
    due_on: date | None


def _check_terms(content: Retention, source: Source) -> None:
    """No term is shorter than a text demands of one of its actions."""
    for i, term in enumerate(content.rules):
        for action in term.actions:
            short = [least.id for least in content.least if action in least.actions and _shorter(term.keep, least.keep)]
            if short:
                source.fault(("rules", i), f"{action!r} is kept shorter than {short[0]} demands")


_OWED = "carries no evidence mark, or a mark without a text; only project_default has none"
RETENTION = Family(
    "retention",
    "file of retention rules",
    Retention,
    "retention.yaml",
    references=(LAWS,),
    citing=Citing(uncited=_OWED, unmarked=_OWED, free=("project_default",)),
    unique=(
        Unique("rules.*.actions.*", "{value!r} has a term already (on line {line})"),
        Unique("rules.*.streams.*", "{value!r} has a term already (on line {line})"),
    ),
    check=_check_terms,
)


def retention(file: Path | None = None) -> Retention:
    """The rules; SchemeError lists every fault with its line."""
    return RETENTION.load_only(file)


def payloads(log: Log, rules: Retention | None = None) -> list[RetainedPayload]:
    """Every payload that the log still carries and a rule speaks of, with the day from which it may be deleted."""
    chosen = rules or retention()
    ends, papers, entries = _ends(log), _papers(log), log.entries()
    retained_payloads = []
    for entry in entries:
        term = next((rule for rule in chosen.rules if entry.action.startswith(tuple(rule.actions))), None)
        if term is None or entry.payload in (None, "null"):
            continue
        since = _day(entry) if term.since == "entry" else ends.get(entry.subject, _several(entry, ends))
        held = [papers[name] for name in entry.subject.split(", ") if name in papers]
        since = None if since is None or None in held else max([since, *(day for day in held if day is not None)])
        due = None if since is None else from_day(later(since, term.keep))
        began = None if since is None else from_day(since)
        retained_payloads.append(
            RetainedPayload(entry.seq, entry.action, entry.subject, term.id, term.evidence or "", began, due)
        )
    return retained_payloads


def due(log: Log, on: date, rules: Retention | None = None) -> list[RetainedPayload]:
    """The payloads that may be deleted on a day."""
    return [payload for payload in payloads(log, rules) if payload.due_on is not None and payload.due_on <= on]


def delete(
    log: Log, on: date, *, by: str, rules: Retention | None = None, at: datetime | str | None = None
) -> list[RetainedPayload]:
    """Delete every payload that is due on a day, with the rows of runs and composites and the papers of cases it told.

    Returns what was deleted. The file is written anew, so that nothing of it is left between its pages. The entry with
    its hashes, the rule and the day remain, and the log still verifies. An approver does it; nothing is deleted before
    its day, so `on` is no later than the clock of the log (`at`, default: now); twice does no more.
    """
    if not by.strip():
        raise UsageError("nobody is named", next="give --by PERSON")
    latest = office_day(moment(at))
    if on > latest:
        raise UsageError(
            f"{on} has not come", allowed=f"up to {latest}", next="without --delete any day may be asked for"
        )
    retained_payloads = due(log, on, rules)
    with log.store.transaction() as con:  # all or nothing: between two deletions a run could rest on one that is gone
        for retained_payload in retained_payloads:
            log.remove_payload(
                retained_payload.seq, by, ROLE, f"{retained_payload.rule}: kept until {retained_payload.due_on}", at=at
            )
            if retained_payload.action in ROWS:
                runs = retained_payload.subject.split(", ")
                for table in (*ROWS[retained_payload.action], "cascade_states"):
                    con.execute(f"DELETE FROM {table} WHERE list_contains(?, run_id)", [runs])
        gone = _papers_over(log)
        con.execute("DELETE FROM case_events WHERE list_contains(?, case_id)", [gone])
        con.execute(
            "UPDATE cascade_acts SET reason = '' WHERE list_contains(?, document_no) AND kind = 'decided'", [gone]
        )
        seqs = [
            retained_payload.seq
            for retained_payload in retained_payloads
            if retained_payload.action.startswith("cascade.")
        ]
        con.execute("UPDATE cascade_acts SET reason = '' WHERE list_contains(?, seq)", [seqs])
    log.store.compact()  # also where nothing is due: the last time may have been stopped before it
    return retained_payloads


def _papers_over(log: Log) -> list[str]:
    """Cases of which the log carries nothing more; one that put a grade right as a whole stays as long as that run."""
    own = (entry for entry in log.entries() if entry.action.startswith("case."))
    carried = {entry.subject for entry in own if entry.payload not in (None, "null")}
    ruling = {run for run, _ in under_decided_law(log.store)}
    held = {run for (run,) in log.store.rows("SELECT DISTINCT run_id FROM run_grades")} & ruling
    all_cases = cases(log.store).values()
    return [
        case.case_id
        for case in all_cases
        if case.case_id not in carried and not (case.ruled_whole and case.run_id in held)
    ]


def _ends(log: Log) -> dict[str, int | None]:
    """Cases of lists and measures with the day on which they ended; None while they are open."""
    ends: dict[str, int | None] = {}
    for case in load(log.store).cases.values():
        over = case.exited_on if case.state == "exited" else case.decided_on if case.state == "declined" else None
        ends[case.case_id] = over
    for key, measure in read_cases(log.store).items():
        state = measure.state
        annulled = state.state == "annulled" and not state.to_undo
        ends[key] = state.since if state.state in OVER or annulled else None
    return ends


def _papers(log: Log) -> dict[str, int | None]:
    """Objections and runs with the day of the newest thing that needs them; None while an objection is open.

    A run is needed by the cases that contest it, by the composites that combine it, and where a grade of it was
    changed, by the later runs that read it.
    """
    written = {entry.seq: _day(entry) for entry in log.entries()}
    days: dict[str, int | None] = {}
    for case in cases(log.store).values():
        newest = None if case.open else max(written[event.seq] for event in case.events)
        days[case.case_id] = newest
        days[case.run_id] = _last([newest, days.get(case.run_id, newest)])
    scored = {run for (run,) in log.store.rows("SELECT DISTINCT run_id FROM run_composite")}
    for composite in kept_composites(log.store):
        for run_id in composite.runs if composite.run_id in scored else ():
            day = written[composite.kept_at_seq]
            days[run_id] = _last([day, days.get(run_id, day)])
    moved = dict(log.store.rows(MOVED))
    held = {run for (run,) in log.store.rows("SELECT DISTINCT run_id FROM run_grades")}
    runs = sorted(kept_runs(log.store), key=lambda run: str(run.manifest["as_of"]), reverse=True)
    for n, run in enumerate(runs):
        # those that read its grade as it was are derived with the one it gives now; later ones were kept with that
        resting = [
            kept_run
            for kept_run in runs[:n]
            if kept_run.run_id in held and kept_run.kept_at_seq < moved.get(run.run_id, -1)
        ]
        own = [days[run.run_id]] if run.run_id in days else []
        if resting or own:
            days[run.run_id] = _last([*own, *(_last([written[o.kept_at_seq], days.get(o.run_id, 0)]) for o in resting)])
    return days


def _last(days: Sequence[int | None]) -> int | None:
    known = [day for day in days if day is not None]
    return max(known) if len(known) == len(days) else None


def _several(entry: Entry, ends: dict[str, int | None]) -> int | None:
    """An entry on several matters is kept until the last of them has ended; on none, from its own day."""
    data = entry.data
    rows = data if isinstance(data, list) else data.get("proposals", []) if isinstance(data, dict) else []
    row_ids = [str(row.get("case_id") or row.get("proposal_id")) if isinstance(row, dict) else str(row) for row in rows]
    return _last([ends.get(name) for name in row_ids]) if row_ids else _day(entry)


def _day(entry: Entry) -> int:
    return to_day(office_day(entry.at))


def _shorter(span: Span, other: Span) -> bool:
    return later(0, span) < later(0, other)


def summary(retained_payloads: Sequence[RetainedPayload]) -> dict[str, int]:
    """Payloads by rule."""
    counted: dict[str, int] = {}
    for retained_payload in retained_payloads:
        counted[retained_payload.rule] = counted.get(retained_payload.rule, 0) + 1
    return counted
