"""One subject at one moment: the version in force, the plan bound to the day, and what was known of the subject."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from creditscore.core.days import from_day, to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.core.identity import canonical_code, canonical_id
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.plan import Plan
from creditscore.grading.replay import admitted
from creditscore.records import Snapshot
from creditscore.records.intake import connect
from creditscore.records.schema import EVENTS
from creditscore.records.subset import subset
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme


@dataclass(frozen=True)
class SubjectAt:
    """A plan and a subject; the outcome is theirs alone. `day` is the day of the timeline on which this stands."""

    day: int
    at: int | date
    plan: Plan = field(repr=False)
    subject: Subject = field(repr=False)

    @cached_property
    def outcome(self) -> Outcome:
        return grade_subject(self.plan, self.subject)

    @property
    def law(self) -> date | None:
        return None if self.plan.law_known_at is None else from_day(self.plan.law_known_at)


@dataclass(frozen=True)
class Records:
    """The records of one subject, ready to be read as known on any day. `scheme` is an id, a version or a file."""

    small: Snapshot = field(repr=False)
    subject_id: str
    scheme: str
    versions: tuple[Scheme, ...] = field(repr=False)

    @property
    def kind(self) -> str:
        """`year` or `day`: what the scheme is graded for."""
        return self.versions[0].period

    def version(self, at: int | date, law: date | None) -> Scheme | None:
        """The version in force for a period and known on a day; None where there is none."""
        pinned = registry.split(self.scheme)[1]
        fitting = [
            version
            for version in self.versions
            if registry.in_force(version, at)
            and (law is None or version.known_from is None or version.known_from <= law)
            and (not pinned or version.version == pinned or version.version.startswith(f"{pinned}-"))
        ]
        return fitting[-1] if fitting else None

    def plan(self, version: Scheme, at: int | date, known: int, law: date | None) -> Plan:
        """The plan of a version, whatever its time; NotInForce for one that cannot grade."""
        beside = [scheme for name in version.beside for scheme in registry.versions(name)]
        return bind(version, at, known_at=known, law_known_at=law, siblings=self.versions, beside=beside)

    def subject(self, plan: Plan) -> Subject:
        """What the subject brings under a plan, as known on the plan's day."""
        ((_, subject),) = admitted(self.small, plan)
        return subject

    def subject_at(self, day: int, at: int | date, known: int, law: date | None) -> SubjectAt | None:
        """The subject at that moment; None where no version is in force and known."""
        version = self.version(at, law)
        if version is None:
            return None
        plan = self.plan(version, at, known, law)
        return SubjectAt(day, at, plan, self.subject(plan))

    def known_days(self) -> dict[int, list[tuple[str, str]]]:
        """Day → what became known on it: (record id, event), and (table, name) of what stands beside the records."""
        con = self.small.con
        events_by_day: dict[int, list[tuple[str, str]]] = {}
        domains = {version.domain for version in self.versions}
        codes = [str(k) for k, name in enumerate(self.small.domains) if name in domains]
        here = f"(domain IS NULL OR domain IN ({', '.join(codes) or 'NULL'}))" if self.small.domains else "TRUE"
        # an event of a record has the domain of its filed row
        ours = f"record_id IN (SELECT record_id FROM {self.small.log} WHERE event = 0 AND {here})"
        events = (
            f"SELECT known_day, record_id, event, event_no FROM {self.small.log} WHERE known_day IS NOT NULL AND {ours}"
        )
        mended = (
            "SELECT greatest(corrected_day, coalesce(known_day, corrected_day)), record_id, 2, event_no"
            f" FROM {self.small.log} WHERE corrected_day IS NOT NULL AND event IN (0, 1) AND {ours}"
        )
        for day, record_id, event, _ in con.execute(
            f"{events} UNION {mended} ORDER BY known_day, record_id, event_no, event"
        ).fetchall():
            events_by_day.setdefault(day, []).append((record_id, EVENTS[event]))
        for table, name in (("attributes", "name"), ("listings", "listing_id"), ("history", "period")):
            rows = (
                f"SELECT known_day, {name} FROM {getattr(self.small, table)} WHERE known_day IS NOT NULL ORDER BY ALL"
            )
            for day, named in con.execute(rows).fetchall():
                events_by_day.setdefault(day, []).append((table, named))
        return dict(sorted(events_by_day.items()))


def records_of(snapshot: Snapshot, subject_id: str, scheme: str) -> Records:
    """The records of one subject of a snapshot; UsageError for an unknown scheme, InputError for an unknown subject."""
    versions = tuple(registry.versions(registry.split(scheme)[0]))
    pinned = registry.split(scheme)[1]
    if pinned:
        registry.pick(scheme)
    for wanted in dict.fromkeys((subject_id, canonical_code(subject_id), canonical_id(subject_id))):
        try:
            small = subset(snapshot, [wanted])
        except UsageError:
            continue
        connect(small.con, threads=1)  # of one subject; more threads only wait for each other
        return Records(small, wanted, scheme, versions)
    raise InputError("explanation.no_subject_in_snapshot", where=canonical_code(subject_id))


def rows_by_key(subject: Subject) -> Mapping[int, Mapping[str, Any]]:
    """The admitted records by the key that they have in every reading of the same snapshot."""
    return {row["rk"]: row for row in subject.records}


def day_of(at: int | date) -> int:
    """The day on which a period stands."""
    return to_day(registry.last_day(at))
