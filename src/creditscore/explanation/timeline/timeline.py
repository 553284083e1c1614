"""The timeline of one subject: every change of its grade or score over days or years, and what each came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from creditscore.core.days import from_day, iso, to_day, year_end, year_start
from creditscore.core.errors import UsageError
from creditscore.core.i18n import language
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.quantities import from_micro, plain
from creditscore.explanation.timeline.attribution import Cause, Reached, attribute
from creditscore.explanation.timeline.event_days import changes, dates_of, fed_days
from creditscore.explanation.timeline.state_at import Records, SubjectAt, records_of
from creditscore.grading.input_state.refused_rows import concerns, known_domains
from creditscore.grading.input_state.variants import RefusedRow
from creditscore.grading.plan import Plan
from creditscore.records import Snapshot
from creditscore.records.refused import FAULT, PART
from creditscore.schemes.model import Scheme

FORMAT = 1
LONGEST = 40 * 366  # days of one timeline; a mistyped year is no order for a century


@dataclass(frozen=True)
class Step:
    """A day on which grade, score or state became something else. `version` is empty where no rule is in force.

    `change` is in 10⁻⁶ point, None where either side has no score; it is the sum of the changes of the causes.
    """

    day: int
    period: str
    version: str
    before: Reached | None
    after: Reached
    change: int | None
    causes: tuple[Cause, ...]


@dataclass(frozen=True)
class Timeline:
    """`moments` were graded, `steps` are those on which something changed; the first has no cause: it is the start.

    `known_at` is the day of knowledge where it was held fixed, else empty: then each day is graded as known on it.
    """

    subject_id: str
    name: str
    scheme: str
    kind: str
    first: int
    last: int
    known_at: str
    moments: int
    steps: tuple[Step, ...]
    items: dict[str, Label]
    lower_is_better: bool
    made_up: bool = False
    refused: int = 0  # refused rows that name the subject and that the scheme could read: no moment holds them

    def _repr_html_(self) -> str:
        from creditscore.explanation.timeline.document import timeline_document
        from creditscore.present.html import render_cell

        return render_cell(timeline_document(self, language()))

    def as_data(self) -> dict[str, Any]:
        """Plain JSON: days as text, points as exact decimal text."""
        return {
            "kind": "timeline",
            "format": FORMAT,
            "subject_id": self.subject_id,
            "name": self.name,
            "scheme": self.scheme,
            "graded_by": self.kind,
            "from": iso(self.first),
            "to": iso(self.last),
            "known_at": self.known_at,
            "moments": self.moments,
            "made_up": self.made_up,
            "refused": self.refused,
            "items": {code: {"zh": item.zh, "en": item.en} for code, item in self.items.items()},
            "steps": [_step(step) for step in self.steps],
        }


def timeline(
    snapshot: Snapshot,
    subject_id: str,
    scheme: str,
    *,
    first: date | int | None = None,
    last: date | int | None = None,
    known_at: date | None = None,
    made_up: bool = False,
) -> Timeline:
    """Grade the subject at every moment at which its grade can change, and attribute each change to its causes.

    A scheme of evaluation years is graded for each year from `first` to `last` (years; default: all that the records
    touch): on the last day of the year, and on each later day on which something became known, until the last day of
    the next year. A scheme of days is graded on every day from `first` to `last` on which anything that it reads
    changes. Each moment stands as known on its day, records and law; with `known_at` both are held as known then.
    Raises UsageError for a span that is none, InputError for an unknown subject.
    """
    records = records_of(snapshot, subject_id, scheme)
    known = {} if known_at is not None else records.known_days()
    fixed = None if known_at is None else to_day(known_at)
    begin, end = _span(records, first, last, fixed)
    moments = (
        _days(records, begin, end, known, fixed) if records.kind == "day" else _years(records, begin, end, known, fixed)
    )
    steps: list[Step] = []
    count, before, seen, final = 0, None, None, end
    for day, period, moment in moments:
        count, final = count + 1, max(final, day)
        now = Reached("no_rule", "", None) if moment is None else Reached.by(moment.outcome)
        if not steps or now != seen:
            causes: tuple[Cause, ...] = ()
            if moment is not None and before is not None:
                causes = attribute(records, before, moment, known)
            elif steps:
                causes = (Cause("rule", moment.plan.scheme.name if moment else "", None, seen or now, now),)
            change = None
            if seen is not None and seen.score is not None and now.score is not None:
                change = now.score - seen.score
            version = moment.plan.scheme.name if moment else ""
            steps.append(Step(day, period, version, seen, now, change, causes))
        before, seen = moment, now
    named = records.small.con.execute("SELECT name FROM subjects").fetchall()[0][0] or ""
    items = {cause.item for step in steps for cause in step.causes if cause.item}
    newest: Scheme = records.versions[-1]
    return Timeline(
        records.subject_id,
        redact(named),
        newest.scheme,
        records.kind,
        begin,
        final,
        iso(fixed),
        count,
        tuple(steps),
        _labels(records, items),
        newest.direction == "lower_is_better",
        made_up or snapshot.made_up,
        0 if before is None else count_refused(records.small, before.plan),
    )


def count_refused(small: Snapshot, plan: Plan) -> int:
    """How many refused rows name the subject of a small snapshot, could say something under the plan and stay open."""
    domains, count = known_domains(plan), 0
    accepted = {tuple(row.get(name) for name in ("table", "record_id")) for row in small.accepted}
    rows = small.con.execute(f'SELECT "table", line, cells, faults FROM {small.refused} WHERE sid IS NOT NULL')
    for table, line, cells, faults in rows.fetchall():
        parts = tuple(tuple(fault.split(PART)) for fault in faults.split(FAULT))
        row = RefusedRow(table, line, json.loads(cells), parts)
        count += concerns(plan, row, domains) and (table, row.cells.get("record_id")) not in accepted
    return count


def _span(records: Records, first: date | int | None, last: date | int | None, fixed: int | None) -> tuple[int, int]:
    """The first and the last day of the timeline."""
    for given in (first, last):
        if given is not None and isinstance(given, int) != (records.kind == "year"):
            if records.kind == "year":
                raise UsageError("explanation.timeline_by_year", scheme=records.scheme)
            raise UsageError("explanation.timeline_by_day", scheme=records.scheme)
    log = records.small.log
    days = ", ".join(f"{name}_day" for name in ("event", "occurred", "decided", "booked", "published", "known"))
    row = records.small.con.execute(f"SELECT min(least({days})), max(greatest({days})) FROM {log}").fetchall()[0]
    oldest = row[0] if row[0] is not None else records.small.newest_day
    newest = fixed if fixed is not None else max(records.small.newest_day, oldest)
    if records.kind == "year":
        begin = year_end(first if isinstance(first, int) else from_day(oldest).year)
        ended = from_day(newest).year - (newest < year_end(from_day(newest).year))
        end = year_end(last) if isinstance(last, int) else max(begin, year_end(ended))
    else:
        begin = to_day(first) if isinstance(first, date) else oldest
        end = to_day(last) if isinstance(last, date) else max(begin, newest)
    if begin > end or end - begin > LONGEST:
        raise UsageError("explanation.no_timeline", begin=from_day(begin), end=from_day(end))
    return begin, end


def _years(
    records: Records, begin: int, end: int, known: dict[int, list[tuple[str, str]]], fixed: int | None
) -> Iterator[tuple[int, str, SubjectAt | None]]:
    """(day, year, the subject then) for each year and each day on which more became known of it."""
    newest = max([end, *known])
    learned = sorted({*known, *(day for day in _law_days(records) if day <= newest)}) if fixed is None else []
    for year in range(from_day(begin).year, from_day(end).year + 1):
        closing, following = year_end(year), year_end(year + 1)
        later = [day for day in learned if closing < day and (day < following or year == from_day(end).year)]
        for day in [closing, *later]:
            knowledge = day if fixed is None else fixed
            yield day, str(year), records.subject_at(day, year, knowledge, from_day(knowledge))


def _law_days(records: Records) -> set[int]:
    """Days on which a version, or a rule of one, became known or ceased to be believed."""
    from creditscore.schemes.walk import rules

    days = {version.known_from for version in records.versions}
    for version in records.versions:
        for _, rule in rules(version):
            if rule.applies is not None:
                days |= {rule.applies.known_from}
                days |= {rule.applies.known_to and from_day(to_day(rule.applies.known_to) + 1)}
    return {to_day(day) for day in days if day is not None}


def _days(
    records: Records, begin: int, end: int, known: dict[int, list[tuple[str, str]]], fixed: int | None
) -> Iterator[tuple[int, str, SubjectAt | None]]:
    """(day, day, the subject then) for each day on which anything that the scheme reads changes."""
    cuts = sorted({begin, *_cuts(records, begin, end), *(day for day in known if begin < day <= end)})
    for start, following in pairwise([*cuts, end + 1]):
        version = _version(records, start, fixed)
        if version is None:
            yield start, iso(start), None
            continue
        law = from_day(start if fixed is None else fixed)
        # what happens inside the stretch is known at its start; each day reads what has happened by then
        plan = records.plan(version, from_day(following - 1), start if fixed is None else fixed, law)
        subject = records.subject(plan)
        for day in [start, *changes(version, dates_of(plan, subject), start, following - 1)]:
            knowledge = day if fixed is None else fixed
            bound = records.plan(version, from_day(day), knowledge, from_day(knowledge))
            yield day, iso(day), SubjectAt(day, from_day(day), bound, subject)


def _version(records: Records, day: int, fixed: int | None) -> Scheme | None:
    return records.version(from_day(day), from_day(day if fixed is None else fixed))


def _cuts(records: Records, begin: int, end: int) -> set[int]:
    """Days on which what stands beside the records, or the version in force, becomes another."""
    con = records.small.con
    days = {
        day
        for (day,) in con.execute("SELECT from_day FROM attributes UNION SELECT to_day + 1 FROM attributes").fetchall()
    }
    days |= {year_start(year) for year in range(from_day(begin).year, from_day(end).year + 1)}
    for version in records.versions:
        days |= {
            to_day(day)
            for day in (version.effective_from, version.effective_to, version.known_from)
            if isinstance(day, date)
        }
    feeds = [
        edge
        for span in con.execute("SELECT from_day, to_day FROM feeds").fetchall()
        for edge in span
        if edge is not None
    ]
    for version in records.versions:
        days |= set(fed_days(version, feeds, begin, end))
    return {day for day in days if day is not None and begin < day <= end}


def _labels(records: Records, codes: set[str]) -> dict[str, Label]:
    """What items are called, in the newest version that has them."""
    labels: dict[str, Label] = {}
    for version in records.versions:
        labels |= {code: version.items[code][0].label for code in codes if code in version.items}
    return dict(sorted(labels.items()))


def _step(step: Step) -> dict[str, Any]:
    return {
        "day": iso(step.day),
        "period": step.period,
        "version": step.version,
        "before": None if step.before is None else _reached(step.before),
        "after": _reached(step.after),
        "change": _points(step.change),
        "causes": [
            {
                "kind": cause.kind,
                "what": cause.what,
                "item": cause.item,
                "change": _points(cause.change),
                "before": _reached(cause.before),
                "after": _reached(cause.after),
                "entered": list(cause.entered),
                "left": list(cause.left),
                "late_days": cause.late,
            }
            for cause in step.causes
        ],
    }


def _reached(reached: Reached) -> dict[str, Any]:
    return {"state": reached.state, "grade": reached.grade, "score": _points(reached.score)}


def _points(value: int | None) -> str | None:
    return None if value is None else plain(from_micro(value))
