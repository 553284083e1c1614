"""`grade`: records and a scheme in, one grade per subject and an exact ledger out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from creditscore.core.boundary import guarded
from creditscore.core.days import day_of, to_day
from creditscore.core.errors import TooManyRejected, UsageError
from creditscore.core.i18n import Phrase
from creditscore.grading.account import make_manifest
from creditscore.grading.bind import bind
from creditscore.grading.identity import LATER, run_id_of
from creditscore.grading.input_state.acceptance import check_matched, mark_accepted, read_acceptances
from creditscore.grading.input_state.period_over import check_period_over
from creditscore.grading.input_state.state import find_doubts, put_input_state
from creditscore.grading.input_state.unread import find_misnamed, find_unread, run_marks
from creditscore.grading.load_inputs import engine_of, take_in
from creditscore.grading.output import quarantine_sql
from creditscore.grading.plan import Plan
from creditscore.grading.population import run
from creditscore.grading.population.chunks import spans
from creditscore.grading.quarantine import MESSAGES
from creditscore.grading.result import Grading
from creditscore.grading.scope import Scope
from creditscore.grading.small_batch import run_few
from creditscore.records import Snapshot, ingest
from creditscore.records.intake import connect
from creditscore.records.schema import REASONS
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme


@guarded("grading")
def grade(
    records: Any,
    scheme: str | Path | Scheme,
    period: int | str | None = None,
    *,
    subjects: Any = None,
    attributes: Any = None,
    listings: Any = None,
    history: Any = None,
    feeds: Any = None,
    as_of: date | str | None = None,
    known_at: date | str | None = None,
    intake_on: date | str | None = None,
    provisional: bool = False,
    strict: bool = False,
    ignore_columns: Sequence[str] = (),
    max_rejected: int = 0,
    accepted: Any = None,
    ledger: bool = True,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> Grading:
    """Grade every subject under a scheme.

    Parameters
    ----------
    records
        A Snapshot, or a table: a path (CSV, Parquet, a folder or pattern of Parquet files), pandas, Polars, Arrow, a
        DuckDB relation or a list of mappings; then `subjects` and the other tables too.
    scheme
        An id (`tax`), a pinned version (`tax@2014`), a YAML file or a Scheme.
    period, as_of
        The evaluation year (2024) of schemes graded by year, the day of others. Given the other one, a scheme takes the
        last evaluation year that is complete on the day, or 31 December of the year.
    subjects, attributes, listings, history, feeds
        The other tables of docs/contract.md.
    known_at
        Replays what was known on a day, of the records and of the law; absent, everything is known.
    intake_on
        The day of intake of the tables (today where it is not given), after which nothing in them may be dated.
    provisional
        Grade also a period that is not over on `known_at`, or without one on the day of intake.
    strict, ignore_columns
        Refuse unread columns that look like known ones, and attributes that could change a grade and that nobody has,
        but for those that are ignored.
    max_rejected, accepted
        How many rows may be refused, and the refused rows that a person takes for lost (columns of the quarantine,
        `by`, `why`).
    ledger
        Whether the steps are kept; without them a grade cannot be explained.
    threads, memory_limit
        What the engine may use; the result is the same.

    Returns
    -------
    Grading
        Grades, ledger and quarantine as Arrow tables. A refused row that names a subject counts like an unknown number:
        where an admissible reading of it could change the grade, the state is `not_computable` and `grade_without`
        shows the grade without it; `input_state` says what each grade rests on.

    Raises
    ------
    UsageError, NotInForce, SchemeError, InputError
        For what was asked, a scheme that does not govern the period, a faulty scheme, tables that cannot be read.
    TooManyRejected
        Where more than `max_rejected` rows were refused and not accepted; the result is in `.grading`.

    Examples
    --------
    >>> grade("records.csv", "tax", 2022, subjects="subjects.csv").grades.num_rows  # doctest: +SKIP
    2
    """
    if isinstance(max_rejected, bool) or not isinstance(max_rejected, int) or max_rejected < 0:
        raise UsageError("grading.max_rejected", max_rejected=max_rejected)
    began = perf_counter()
    known = day_of(known_at, "known_at")
    chosen = choose(scheme, period, as_of, known)
    if isinstance(records, Snapshot):
        names = ("subjects", "attributes", "listings", "history", "feeds", "intake_on")
        tables = zip(names, (subjects, attributes, listings, history, feeds, intake_on), strict=True)
        given = [name for name, table in tables if table is not None]
        if given:
            raise UsageError("grading.snapshot_already_holds", listed=" and ".join(given))
        if threads is not None or memory_limit is not None:
            connect(records.con.cursor(), threads, memory_limit)
        snapshot = records
    else:
        if subjects is None:
            raise UsageError("grading.no_table_subjects_given")
        snapshot = ingest(
            subjects,
            records,
            attributes=attributes,
            listings=listings,
            history=history,
            feeds=feeds,
            threads=threads,
            memory_limit=memory_limit,
            subject_ids=chosen.scheme.subject_id,
            intake_on=intake_on,
        )
    if accepted is not None:
        snapshot = replace(snapshot, accepted=tuple(read_acceptances(accepted)))
    read = perf_counter()
    scope = Scope((chosen.scheme,))
    if strict:
        find_unread(snapshot, scope, ignore_columns).check()
    grading = grade_snapshot(snapshot, chosen, scope, provisional, ledger, ignore_columns)
    grading.manifest["timings"]["intake"] = round(read - began, 3)
    if accepted is not None:
        check_matched(snapshot.accepted, grading.manifest["accepted"])
    if grading.manifest["rejected"] - grading.manifest.get("accepted_rows", 0) > max_rejected:
        raise too_many(grading, max_rejected)
    return grading


class Chosen(NamedTuple):
    """The version of a scheme that grades, all its versions, the period in its own terms, and the day of a replay."""

    scheme: Scheme
    siblings: list[Scheme]
    at: int | date
    known: date | None


def choose(
    scheme: str | Path | Scheme, period: int | str | None, as_of: date | str | None, known: date | None
) -> Chosen:
    """The version in force for a period or day; raises NotInForce, UsageError, SchemeError."""
    named = scheme if isinstance(scheme, Scheme) else _name(scheme)
    return Chosen(*_scheme(named, moment_of(period, as_of), known), known)


def grade_snapshot(
    snapshot: Snapshot,
    chosen: Chosen,
    scope: Scope,
    provisional: bool = False,
    ledger: bool = True,
    ignored: Iterable[str] = (),
) -> Grading:
    """One scheme of the run that `scope` holds, over a snapshot, whatever is refused; `ignored` as `ignore_columns`."""
    began = perf_counter()
    plan = _plan(snapshot, *chosen)
    if not provisional:
        check_period_over(snapshot, plan, chosen.known)
    grading = _run(snapshot, plan, ledger, scope=scope, ignored=ignored)
    grading.manifest["timings"] = {"intake": 0.0, "grading": round(perf_counter() - began, 3)}
    return grading


def grade_few(
    snapshot: Snapshot,
    scheme: str | Path | Scheme,
    period: int | str | None = None,
    *,
    as_of: date | str | None = None,
    known_at: date | str | None = None,
) -> Grading:
    """`grade` for a snapshot of a few subjects, whatever is refused: the same rows and manifest, found by the reference
    interpreter, which needs no time to start.
    """
    began = perf_counter()
    plan = plan_for(snapshot, scheme, period, as_of=as_of, known_at=known_at)
    grading = _run(snapshot, plan, True, few=True)
    grading.manifest["timings"] = {"intake": 0.0, "grading": round(perf_counter() - began, 3)}
    return grading


def plan_for(
    snapshot: Snapshot,
    scheme: str | Path | Scheme,
    period: int | str | None = None,
    *,
    as_of: date | str | None = None,
    known_at: date | str | None = None,
) -> Plan:
    """The plan by which `grade` would grade a snapshot."""
    return _plan(snapshot, *choose(scheme, period, as_of, day_of(known_at, "known_at")))


def _plan(snapshot: Snapshot, scheme: Scheme, siblings: list[Scheme], at: int | date, known: date | None) -> Plan:
    beside = [version for name in scheme.beside for version in registry.versions(name)]
    # a log without any date says nothing of when it was known: the day of grading stands for it
    known_day = to_day(known) if known else snapshot.newest_day or to_day(registry.last_day(at))
    return bind(scheme, at, known_at=known_day, law_known_at=known, siblings=siblings, beside=beside)


def too_many(result: Any, allowed: int) -> TooManyRejected:
    """The error that carries a finished `result` (its `.manifest` counts the refused rows) in `.grading`."""
    rejected = result.manifest["rejected"]
    counts = result.manifest["reasons"]
    reasons = ", ".join(f"{reason} {count}" for reason, count in counts.items())
    most = max(counts, key=counts.get, default="").rpartition(": ")[2]
    words = (REASONS | MESSAGES).get(most)
    error = TooManyRejected(
        "grading.row_refused_allowed",
        rejected=Phrase("fragments", "rows_were", (rejected,)),
        allowed_value=allowed,
        reasons=reasons,
        value_2=Phrase(
            "fragments",
            "most_refused",
            (
                most,
                words,
            ),
        )
        if words
        else "",
    )
    error.grading = result  # type: ignore[attr-defined]
    return error


def _run(
    snapshot: Snapshot,
    plan: Plan,
    with_ledger: bool,
    few: bool = False,
    scope: Scope | None = None,
    ignored: Iterable[str] = (),
) -> Grading:
    snapshot = replace(snapshot, con=snapshot.con.cursor())  # what this run makes is seen by no other run
    engine = engine_of(snapshot)
    folded, admitted, refusals, codes = take_in(engine, snapshot, plan, scope)
    features = run.features_of(engine)
    if few:
        used = run_few(engine, plan, features, codes)
    else:
        run.put_tables(engine, plan, codes)
        ranges = spans(snapshot.rows("subjects"), admitted.rows, snapshot.in_order)
        used = run.run(engine, plan, features, with_ledger, ranges)
    accepted_rows, accepted = mark_accepted(refusals, snapshot.accepted)
    unread = find_unread(snapshot, scope or Scope((plan.scheme,)), ignored)
    marks = run_marks(snapshot, plan, unread)
    doubts = find_doubts(engine, snapshot, plan, refusals) if snapshot.judges_refused else None
    if doubts is not None:
        for sid in find_misnamed(engine, snapshot, unread):
            doubts.mark(sid, "near_miss_columns")
    put_input_state(engine, doubts, marks)
    refusals.redact()
    engine.materialise("result_quarantine", quarantine_sql(snapshot.refused))
    manifest = make_manifest(engine, snapshot, plan, admitted, used, folded.not_yet_known, refusals, features, accepted)
    manifest |= unread.to_manifest()
    manifest["notes"] += unread.notes()
    if doubts is not None:
        manifest |= {"accepted_rows": accepted_rows, "blocked_grades": doubts.summary()}
        manifest["input_marks"] = sorted({*doubts.everyone, *marks})
    else:  # as an earlier version wrote it
        manifest = {name: value for name, value in manifest.items() if name not in LATER}
    manifest["run_id"] = run_id_of(manifest)
    if not with_ledger:
        manifest["ledger"] = "none"  # so that a ledger which is gone is not taken for one that never was
    return Grading(engine.con, plan, manifest, with_ledger)


def _name(scheme: Any) -> str:
    if isinstance(scheme, Path):
        return str(scheme)
    if not isinstance(scheme, str) or not scheme or scheme.endswith("@"):
        raise UsageError("grading.names_no_scheme", scheme=scheme)
    return scheme


def moment_of(period: int | str | None, as_of: date | str | None) -> int | date:
    """The evaluation year or day that a caller asks for."""
    if (period is None) == (as_of is None):
        raise UsageError("grading.give_either_period_evaluation_year_day")
    if period is not None:
        try:
            year = int(str(period))
        except ValueError:
            year = 0
        if not 1900 <= year <= 2100:
            raise UsageError("grading.not_evaluation_year", period=period)
        return year
    day = day_of(as_of, "as_of")
    assert day is not None
    return day


def _scheme(scheme: str | Scheme, at: int | date, law_known_at: date | None) -> tuple[Scheme, list[Scheme], int | date]:
    """The version in force, all versions, and the period in the scheme's own terms."""
    siblings = [] if isinstance(scheme, Scheme) else registry.versions(registry.split(scheme)[0])
    first = scheme if isinstance(scheme, Scheme) else siblings[0]
    moment = registry.moment(first.period, at)
    if isinstance(scheme, Scheme):
        if not registry.in_force(scheme, moment):
            raise UsageError("grading.not_force", name=scheme.name, moment=moment)
        return scheme, [], moment
    return registry.find(scheme, moment, law_known_at=law_known_at), siblings, moment
