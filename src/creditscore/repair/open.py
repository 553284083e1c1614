"""A course from a written grading and its snapshot: the subject as every version in question admits it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.cascade.regrade import readmit
from creditscore.core.days import from_day, to_day
from creditscore.core.errors import CreditscoreError, InputError, UsageError
from creditscore.explanation.read import manifest_of
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.result_columns import column_fault
from creditscore.records import Snapshot
from creditscore.records.subset import subset
from creditscore.repair.course import Course, Version
from creditscore.schemes import registry
from creditscore.schemes.lists import ListRule
from creditscore.schemes.model import Scheme

if TYPE_CHECKING:
    import pyarrow as pa


@dataclass(frozen=True)
class Opened:
    """The course, the id as the grading has it, and the rule of each list on which the subject stands."""

    course: Course
    subject_id: str
    lists: Mapping[str, tuple[str, ListRule]]
    made_up: bool = False
    refused: tuple[Mapping[str, str], ...] = ()  # rows of the subject that the run did not read


def open_course(
    folder: Path | str,
    snapshot: Snapshot,
    subject_id: str,
    *,
    on: date | None = None,
    scheme: str = "",
    own: Scheme | None = None,
    events: pa.Table | None = None,
    until: date | None = None,
) -> Opened:
    """The course of one subject of the grading in `folder`, from `on` (default: when its records and `events` were
    known).

    `own`: a scheme outside the library, when it graded. `events`: record events decided since (columns of the log).
    Raises InputError where the snapshot is not the one that was graded or an event lies after `on`, UsageError for an
    unknown subject or where `until` lies before the first day.
    """
    run = manifest_of(Path(folder), scheme)
    if not snapshot.has_hash(run.get("snapshot_hash")):
        raise InputError(
            "this is not the snapshot that was graded",
            where=f"{folder} names {run.get('snapshot_hash')}, the snapshot is {snapshot.content_hash()}",
            next="give the snapshot of that run; what was decided since belongs in --events",
        )
    scheme_id, _, _ = str(run["scheme"]).partition("@")
    replayed = run["law_known_at"] != "latest"
    known = date.fromisoformat(str(run["known_at"]))
    yearly = str(run["period"]).isdigit()
    as_of = None if yearly else date.fromisoformat(str(run["as_of"]))
    first = max(known, as_of) if as_of is not None else known
    newest = None if events is None else subset(snapshot, [subject_id], events=events).newest_date
    late = newest is not None and newest > max(snapshot.newest_date, on or first)
    if newest is not None and late and on is not None:
        raise InputError(
            f"an event of {newest} lies after the first day of the plan",
            where=f"--on {on}",
            next="give a later --on, or leave out what was not yet decided",
        )
    start = on or (max(first, newest) if newest is not None and late else first)
    if on is not None and on < first:
        raise InputError(
            f"{on} lies before the day on which the records of this run were known",
            where=f"{first}",
            next="grade with an earlier --known-at to plan from an earlier day",
        )

    if until is not None and until < start:
        raise UsageError("the last day lies before the first", where=f"{start}", next="give a later --until")

    def admitted(chosen: str | Scheme, at: int | date) -> tuple[Plan, list[tuple[str, Subject]]]:
        when: dict[str, Any] = {"period": at} if isinstance(at, int) else {"as_of": at}
        return readmit(snapshot, [subject_id], chosen, known_on=start, events=events, **when)

    at: int | date = int(run["period"]) if yearly else start
    library = [own] if own is not None else registry.versions(scheme_id)
    last = until or date(start.year + 6, 12, 31)
    fitting = [scheme for scheme in library if not scheme.missing and _governs(scheme, at, last)]
    versions: list[Version] = []
    found_id = subject_id
    for fitting_scheme in fitting:
        moment = at if registry.in_force(fitting_scheme, at) else fitting_scheme.effective_from
        try:
            plan, rows = admitted(fitting_scheme if own is not None else fitting_scheme.name, moment)
        except CreditscoreError:
            if not versions:
                raise
            break  # a later version that does not take this subject: the course ends before it
        for one_id, subject in rows:
            found_id = one_id
            versions.append(Version(plan.scheme, subject))
    if not versions:
        raise InputError(
            f"{subject_id} cannot be read under {run['scheme']}",
            where=str(folder),
            next="no version of the scheme that could govern is left: name its file with --scheme",
        )
    law = known if replayed else None
    course = Course(tuple(versions), int(run["period"]) if yearly else None, to_day(start), law)
    made_up = snapshot.made_up or bool(run.get("made_up", False))
    lists = lists_of({row["list"] for row in course.subject.listings}, course.on)
    return Opened(course, found_id, lists, made_up, refused_rows(Path(folder), found_id))


def refused_rows(folder: Path, subject_id: str) -> tuple[Mapping[str, str], ...]:
    """Rows of a subject that a written grading refused: `record_id`, `item`, `reason`, `column`, sorted."""
    file = folder / "quarantine.parquet"
    if not file.is_file():
        return ()
    import duckdb
    from pyarrow import parquet

    names = ("record_id", "item", "reason", "column")
    fault = column_fault(parquet.read_schema(file), dict.fromkeys(("subject_id", *names), "VARCHAR"))
    if fault:
        raise InputError(f"the grading cannot be read: {fault}", where=str(file), next="grade again with --out")
    columns = ", ".join(f"coalesce(CAST(\"{name}\" AS VARCHAR), '')" for name in names)
    sql = f"SELECT DISTINCT {columns} FROM read_parquet(?) WHERE subject_id = ? ORDER BY ALL"
    with duckdb.connect() as con:
        rows = con.execute(sql, [str(file), subject_id]).fetchall()
    return tuple(dict(zip(names, row, strict=True)) for row in rows)


def _governs(scheme: Scheme, at: int | date, last: date) -> bool:
    """Whether a version governs the period of the run or a later one up to a day."""
    end: Any = scheme.effective_to
    begin: Any = scheme.effective_from
    horizon: Any = last.year if isinstance(at, int) else last
    return bool((end is None or end > at) and begin <= horizon)


def lists_of(keys: set[str], on: int) -> dict[str, tuple[str, ListRule]]:
    """The rule of each list in force on a day (of several the newest), with its scheme's name; none where none is.

    Only schemes whose files name one of the lists are loaded.
    """
    newest_rule: dict[str, tuple[str, str, ListRule]] = {}
    day = from_day(on)
    for entry in registry.entries() if keys else ():
        text = entry.file.read_text(encoding="utf-8")
        if not any(f"  {key}:" in text for key in keys):
            continue
        scheme = registry.load(entry)
        if registry.in_force(scheme, day if scheme.period == "day" else day.year):
            for key in keys & set(scheme.lists):
                begin = str(scheme.effective_from)
                if key not in newest_rule or newest_rule[key][0] < begin:
                    newest_rule[key] = begin, scheme.name, scheme.lists[key]
    return {key: (name, rule) for key, (_, name, rule) in newest_rule.items()}


__all__ = ["Opened", "lists_of", "open_course"]
