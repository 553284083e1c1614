"""`grade`: records and a scheme in, one grade per subject and an exact ledger out."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from creditscore.calendars import coverage
from creditscore.days import LAST, day_of, from_day, to_day
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.errors import SchemeError, TooManyRejected, UsageError
from creditscore.grading import run
from creditscore.grading.admit import Admitted
from creditscore.grading.bind import bind
from creditscore.grading.border import quarantine_sql
from creditscore.grading.few import run_few
from creditscore.grading.period_over import check_period_over, judged_on, law_notes, time_notes
from creditscore.grading.plan import Plan
from creditscore.grading.refusals import Refusals
from creditscore.grading.result import Grading
from creditscore.grading.scope import Scope
from creditscore.grading.spans import spans
from creditscore.grading.take_in import engine_of, take_in
from creditscore.grading.unread import find_unread, float_notes, put_unread
from creditscore.records import Snapshot, ingest
from creditscore.records.intake import connect
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.version import __version__

RUN = (
    "creditscore",
    "scheme_hash",
    "snapshot_hash",
    "scheme",
    "period",
    "as_of",
    "known_at",
    "law_known_at",
)  # what a run's id is made of, with `period_over` where the manifest says it


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
    ledger: bool = True,
    threads: int | None = None,
    memory_limit: str | None = None,
) -> Grading:
    """Grade every subject under a scheme.

    `records` is a Snapshot, or a table (path, pandas, Arrow, DuckDB relation) given with `subjects` and the optional
    other tables. `scheme` is an id (`tax`), a pinned version (`tax@2014`), a YAML file or a Scheme. Schemes graded by
    evaluation year take `period` (2024), others `as_of` (a day); given the other one, a scheme takes the last
    evaluation year that is complete on the day, or 31 December of the year. `known_at` replays what was known on a day,
    of the records and of the law; absent, all records of the input and all published law are known. `intake_on` is the
    day of intake of the tables (today where it is not given), after which nothing in them may be dated. A period that
    is not over on `known_at`, or without one on the day of intake, is graded only as `provisional`.
    `strict`: unread columns that look like known ones, and attributes that could change a grade and that nobody has,
    are an InputError, but for those in `ignore_columns`.

    Raises UsageError, NotInForce, SchemeError, InputError; TooManyRejected (with the result in `.grading`) when more
    than `max_rejected` rows were refused.
    """
    if isinstance(max_rejected, bool) or not isinstance(max_rejected, int) or max_rejected < 0:
        raise UsageError(f"max_rejected is {max_rejected!r}", allowed="a whole number of at least 0")
    began = perf_counter()
    known = day_of(known_at, "known_at")
    chosen = choose(scheme, period, as_of, known)
    if isinstance(records, Snapshot):
        names = ("subjects", "attributes", "listings", "history", "feeds", "intake_on")
        tables = zip(names, (subjects, attributes, listings, history, feeds, intake_on), strict=True)
        given = [name for name, table in tables if table is not None]
        if given:
            raise UsageError(
                f"a snapshot already holds its {' and '.join(given)}",
                next=f"leave {' and '.join(given)} away, or give tables instead of a snapshot",
            )
        if threads is not None or memory_limit is not None:
            connect(records.con.cursor(), threads, memory_limit)
        snapshot = records
    else:
        if subjects is None:
            raise UsageError("no table of subjects was given", next="give subjects= beside the records")
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
    read = perf_counter()
    scope = Scope((chosen.scheme,))
    if strict:
        find_unread(snapshot, scope, ignore_columns).check()
    grading = grade_snapshot(snapshot, chosen, scope, provisional, ledger, ignore_columns)
    grading.manifest["timings"]["intake"] = round(read - began, 3)
    if grading.manifest["rejected"] > max_rejected:
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
    grading = _run(snapshot, plan_for(snapshot, scheme, period, as_of=as_of, known_at=known_at), True, few=True)
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
    beside = [one for name in scheme.beside for one in registry.versions(name)]
    # a log without any date says nothing of when it was known: the day of grading stands for it
    known_day = to_day(known) if known else snapshot.newest_day or to_day(registry.last_day(at))
    return bind(scheme, at, known_at=known_day, law_known_at=known, siblings=siblings, beside=beside)


def hash_of(scheme: Scheme) -> str:
    """`sha256:…` of everything that a scheme says."""
    return "sha256:" + hashlib.sha256(scheme.model_dump_json().encode()).hexdigest()


def run_id_of(run: Mapping[str, Any]) -> str:
    """The id that a run with this identity has: a hash of version, scheme, input and parameters."""
    identity = {name: run[name] for name in (*RUN, *(name for name in ("period_over",) if name in run))}
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]


def is_run(made: Mapping[str, Any], written: Mapping[str, Any]) -> bool:
    """Whether the run of a manifest is the one written; an earlier version's id says nothing of `period_over`."""
    older = {name: made[name] for name in RUN}
    return str(written["run_id"]) == (made["run_id"] if "period_over" in written else run_id_of(older))


def too_many(result: Any, allowed: int) -> TooManyRejected:
    """The error that carries a finished `result` (its `.manifest` counts the refused rows) in `.grading`."""
    rejected = result.manifest["rejected"]
    reasons = ", ".join(f"{reason} {count}" for reason, count in result.manifest["reasons"].items())
    error = TooManyRejected(
        f"{rejected} row{'s were' if rejected != 1 else ' was'} refused, {allowed} allowed: {reasons}",
        where="quarantine (every fault with its line)",
        allowed=f"at most {allowed} refused rows",
        next="mend the rows, or accept them with --max-rejected",
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
    refusals.redact()
    engine.materialise("result_quarantine", quarantine_sql())
    manifest = _manifest(engine, snapshot, plan, admitted, used, folded.not_yet_known, refusals, features)
    put_unread(manifest, find_unread(snapshot, scope or Scope((plan.scheme,)), ignored))
    if not with_ledger:
        manifest["ledger"] = "none"  # so that a ledger which is gone is not taken for one that never was
    return Grading(engine.con, plan, manifest, with_ledger)


def _manifest(
    engine: DuckDBEngine,
    snapshot: Snapshot,
    plan: Plan,
    admitted: Admitted,
    used: int,
    not_yet_known: int,
    refusals: Refusals,
    features: run.Features,
) -> dict[str, Any]:
    counted = snapshot.counts.get("records", {})
    refused = int(counted.get("refused", 0)) + admitted.refused
    rows = int(counted.get("rows", 0))
    repeated = int(counted.get("repeated", 0))
    outside = admitted.rows - admitted.refused - used
    records = {
        "in": rows,
        "used": used + repeated,
        "not_yet_known": not_yet_known,
        "out_of_window": outside,
        "refused": refused,
        "other_domain": admitted.other_domain,
        "other_scheme": admitted.other_scheme,
        "repeated": repeated,
    }
    left = admitted.other_domain + admitted.other_scheme
    if rows != records["used"] + not_yet_known + outside + refused + left:
        raise SchemeError(
            f"the rows of the records do not add up: {records}",
            next="please report this fault with the manifest",
        )
    parameters = {
        "scheme": plan.scheme.name,
        "period": plan.period,
        "as_of": from_day(plan.as_of).isoformat(),
        "known_at": from_day(plan.known_at).isoformat(),
        "law_known_at": from_day(plan.law_known_at).isoformat() if plan.law_known_at is not None else "latest",
    }
    identity = {
        "creditscore": __version__,
        "scheme_hash": hash_of(plan.scheme),
        "snapshot_hash": snapshot.content_hash(),
        **parameters,
        "period_over": plan.as_of <= judged_on(snapshot, plan),
    }
    states = dict(engine.rows("SELECT state, COUNT(*) FROM result_grades GROUP BY state ORDER BY state"))
    shares = dict(
        engine.rows("SELECT grade, COUNT(*) FROM result_grades WHERE grade IS NOT NULL GROUP BY grade ORDER BY grade")
    )
    feeds = snapshot.feeds_declared
    notes = time_notes(snapshot, plan) + law_notes(plan) + float_notes(snapshot)
    notes += [] if feeds else ["no feeds declared: a subject without records may be clean, or its feed may be silent"]
    return {
        "run_id": run_id_of(identity),
        **identity,
        "intake_on": snapshot.intake_on.isoformat(),
        "counts": {
            "records": records,
            "subjects": dict(snapshot.counts.get("subjects", {})),
            "states": states,
            "grades": shares,
        },
        "rejected": refusals.rows(),
        "reasons": refusals.reasons(),
        "feeds": "declared" if feeds else "none declared",
        "delivery": snapshot.inputs.get("feeds", {}).get("delivery", "undeclared"),
        "provisional_calendar": _provisional(engine, plan, features),
        "readings": {name: {"zh": label.zh, "en": label.en} for name, label in plan.scheme.readings.items()},
        "inputs": {name: dict(about) for name, about in snapshot.inputs.items()},
        "notes": notes,
        **({"made_up": True} if snapshot.made_up else {}),
    }


def _name(scheme: Any) -> str:
    if isinstance(scheme, Path):
        return str(scheme)
    if not isinstance(scheme, str) or not scheme or scheme.endswith("@"):
        raise UsageError(
            f"{scheme!r} names no scheme",
            allowed="an id such as tax, a version such as tax@2014, a YAML file or a Scheme",
            next="`creditscore scheme list` shows all",
        )
    return scheme


def _provisional(engine: DuckDBEngine, plan: Plan, features: run.Features) -> bool:
    """Whether a day that depends on working days lies beyond the known public holidays."""
    last = coverage()[1]
    if features.corrections and plan.rolls:
        width = len([name for name in engine.columns("deadline") if name.startswith("last")])
        days = ", ".join(f"MAX(CASE WHEN d.last{k} < {LAST} THEN d.last{k} END)" for k in range(width))
        found = engine.rows(
            f"SELECT {days} FROM deadline d WHERE EXISTS (SELECT 1 FROM mended m "
            "WHERE m.repair = d.rule AND m.repair_day = d.day)"
        )[0]
        if any(day is not None and day > last for day in found):
            return True
    counted = [name for name, one in plan.scheme.record_attributes.items() if one.workdays is not None]
    days = ", ".join(f'MAX("t_{name}")' for name in counted)
    found = engine.rows(f"SELECT {days} FROM admitted")[0] if counted else ()
    return any(day is not None and day > last for day in found)


def moment_of(period: int | str | None, as_of: date | str | None) -> int | date:
    """The evaluation year or day that a caller asks for."""
    if (period is None) == (as_of is None):
        raise UsageError(
            "give either a period (an evaluation year) or a day",
            allowed="period=2024 or as_of=2024-12-31",
            next="see `creditscore grade --help`",
        )
    if period is not None:
        try:
            year = int(str(period))
        except ValueError:
            year = 0
        if not 1900 <= year <= 2100:
            raise UsageError(
                f"{period!r} is not an evaluation year",
                allowed="a year such as 2024",
                next="schemes without evaluation years take as_of (a day)",
            )
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
            raise UsageError(f"{scheme.name} is not in force for {moment}")
        return scheme, [], moment
    return registry.find(scheme, moment, law_known_at=law_known_at), siblings, moment
