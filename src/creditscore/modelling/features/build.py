"""`build_dataset`: from a record log to one row per subject and day of observation, nothing in it known later."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np

from creditscore.core.days import add_months, iso, to_day
from creditscore.core.errors import InputError, InternalError, UsageError
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.population.chunks import spans
from creditscore.modelling.features.assemble import assemble, joined, notes_on
from creditscore.modelling.features.coverage import put_feeds
from creditscore.modelling.features.data import ModelData
from creditscore.modelling.features.indicators import Aggregates, Feature, Need, features
from creditscore.modelling.features.known import (
    INSPECTED,
    OUTCOME,
    Picks,
    closed_sql,
    folded_on,
    known_sql,
    picks_of,
    put_picks,
)
from creditscore.modelling.features.population import Moment, beside, put_person
from creditscore.modelling.features.recipe import DEFAULT_INDICATORS, Pick, Recipe, dates_of, make_recipe, one_date
from creditscore.records import Snapshot, ingest

MADE = ("ds_item", "ds_domain", "ds_fed", "ds_events", "ds_closed", "ds_everybody", "ds_known")
SHOWN = ("ds_final", "ds_event", "ds_person")


def build_dataset(
    data: Snapshot | Mapping[str, Any],
    *,
    observed_on: Sequence[date | str] | date | str,
    outcome: Pick | Mapping[str, Any] | Sequence[str] | None,
    windows: Sequence[int] = (12, 24, 36),
    gap: int = 0,
    horizon: int = 12,
    indicators: Sequence[str] = DEFAULT_INDICATORS,
    groups: Mapping[str, Any] | None = None,
    severity: Mapping[str, str] | None = None,
    points: Mapping[str, Any] | None = None,
    inspections: Pick | Mapping[str, Any] | Sequence[str] | None = None,
    attributes: Mapping[str, str] | Sequence[str] = (),
    subject_columns: Sequence[str] = (),
    history: Sequence[str] = (),
    complete_until: date | str | None = None,
    subject_ids: str = "uscc",
    **further: Any,
) -> ModelData:
    """Build one row per subject and day of observation: features known on that day, and whether the outcome followed.

    On each day T of `observed_on` the events known that day are counted: what was recorded later does not exist, a
    record withdrawn by then weighs nothing, a repaired one neither unless `repaired="keep"`, a correction counts from
    its day. A record's day is the first date it has of `clock`; a window of m months holds the days after T - m months
    up to T.

    Subjects not yet registered or already ended on T are left out and counted. Inside declared feeds a feature whose
    domains were not fed for its whole window is missing, and a subject whose outcome window was not fed is left out.
    Whether a subject was inspected is returned apart (`inspected`): see docs/datasets.md.

    Rows are sorted by day and subject; the same input in any order and with any number of threads gives the same bytes.

    Parameters
    ----------
    data
        A Snapshot, or a mapping of tables: subjects, records, and optionally attributes, listings, history, feeds.
    observed_on
        The day or days of observation, each once; dates or YYYY-MM-DD.
    outcome
        Which records are the outcome: a `Pick`, a mapping with items, domains, severity, or a list of items. None:
        there is no y.
    windows
        Lengths of the windows in whole months, each once.
    gap
        Months between T and the start of the outcome window, 0 or more.
    horizon
        Length of the outcome window in months, 1 or more.
    indicators
        Which of count, amount, quantity, points, rate, per_inspection, delay, open, recency, trend; each gives columns
        `<group>__<indicator>_<months>m` (recency just `<group>__recency`), float64.
    groups
        Name → choice of records, given as for `outcome`. None: `all`, one per domain, one per level of `severity`.
    severity
        Item → level; None: there are no levels.
    points
        Item → points, for the indicator `points`; None: there are none.
    inspections
        Which records are inspections, given as for `outcome`; `per_inspection` needs it. None: any record shows one.
    attributes
        Attributes that become columns `attribute__…`: name → text, number, bool or date; a list of names is text.
    subject_columns
        Columns of the subjects that become `subject__…`: kind, region, district, industry, size, ownership, age_days.
    history
        Domains or schemes whose newest grade then known becomes a column `history__…`.
    complete_until
        Day up to which the data are complete; None: the newest date in the input. The outcome window must end by it.
    subject_ids
        `uscc` checks credit codes of tables as they are read, `local` does not; a Snapshot is taken as it is.
    **further
        clock, repaired, inspected_attribute, ended_attribute: the dates that give a record its day, `leave_out` or
        `keep`, and the attributes that tell of an inspection and of a subject's end.

    Returns
    -------
    ModelData
        The features and y: 1 where a record of `outcome` has its day in the `horizon` months that begin `gap` months
        after T, as known at the end of the data and not withdrawn.

    Raises
    ------
    UsageError
        For settings that cannot be, a day after the data, and an outcome window that ends after `complete_until` (the
        message names the last day that can be observed).
    InputError
        For tables that cannot be read, and an outcome whose codes no record has.

    Examples
    --------
    >>> data = build_dataset(  # doctest: +SKIP
    ...     snapshot,
    ...     observed_on=["2022-12-31", "2023-12-31"],
    ...     outcome={"severity": ["grave"]},
    ...     severity=severity_of("tax", (3, 11), ("minor", "medium", "grave")),
    ...     gap=3,
    ... )
    """
    snapshot = _snapshot(data, subject_ids)
    if groups is None:
        groups = {"all": Pick()}
        groups |= {name: Pick(domains=(name,)) for name in snapshot.domains}
        groups |= {str(level): Pick(severity=(str(level),)) for level in sorted(set((severity or {}).values()))}
    try:
        recipe = make_recipe(
            groups=groups,
            windows=windows,
            indicators=indicators,
            gap=gap,
            horizon=horizon,
            outcome=outcome,
            inspections=inspections,
            severity=severity,
            points=points,
            attributes=attributes,
            subject_columns=subject_columns,
            history=history,
            **further,
        )
    except TypeError as error:
        if not further:
            raise
        raise UsageError(str(error), allowed="clock, repaired, inspected_attribute, ended_attribute") from error
    return _build(snapshot, recipe, dates_of(observed_on), complete_until)


def rebuild(
    data: Snapshot | Mapping[str, Any],
    about: Mapping[str, Any],
    *,
    observed_on: Sequence[date | str] | date | str,
    outcome: bool = False,
    complete_until: date | str | None = None,
    subject_ids: str = "uscc",
) -> ModelData:
    """Build the columns of an earlier data set on other days or other data, from its `about`, as scoring needs them.

    Parameters
    ----------
    data
        A Snapshot, or a mapping of tables, as for `build_dataset`.
    about
        The `about` of the earlier data set, which holds its recipe.
    observed_on
        The day or days of observation, each once; dates or YYYY-MM-DD.
    outcome
        Whether y is built too, as before, for a later validation.
    complete_until
        Day up to which the data are complete; None: the newest date in the input.
    subject_ids
        `uscc` checks credit codes of tables as they are read, `local` does not.

    Returns
    -------
    ModelData
        The same columns as the earlier data set; y is None unless `outcome`.

    Raises
    ------
    UsageError
        Where `about` holds no recipe or a wrong one, for wrong days, and as `build_dataset` does.

    Examples
    --------
    >>> today = rebuild(snapshot, data.about, observed_on="2024-12-31")  # doctest: +SKIP
    """
    if "recipe" not in about:
        raise UsageError("modelling.data_set_no_recipe_plain_table")
    recipe = Recipe.from_dict({**about["recipe"], **({} if outcome else {"outcome": None})})
    return _build(_snapshot(data, subject_ids), recipe, dates_of(observed_on), complete_until)


def _snapshot(data: Any, subject_ids: str) -> Snapshot:
    if isinstance(data, Snapshot):
        return data
    if not isinstance(data, Mapping):
        raise UsageError("modelling.no_log", name=type(data).__name__)
    known = ("subjects", "records", "attributes", "listings", "history", "feeds")
    unknown = [str(name) for name in data if name not in known]
    if unknown:
        raise UsageError("modelling.no_table", unknown=unknown[0], allowed=known)
    tables = {name: data.get(name) for name in known}
    return ingest(tables.pop("subjects"), tables.pop("records"), subject_ids=subject_ids, **tables)  # type: ignore[arg-type]


def _moments(snapshot: Snapshot, recipe: Recipe, days: list[date], complete_until: Any) -> list[Moment]:
    """The outcome window of each day; refused where it is not complete in the data."""
    newest = snapshot.newest_day
    end = newest if complete_until is None else to_day(one_date(complete_until, "complete_until"))
    if end > newest:
        raise UsageError("modelling.complete_until", end=iso(end), newest=iso(newest))
    moments = []
    for day in map(to_day, days):
        lo, hi = add_months(day, recipe.gap), add_months(day, recipe.gap + recipe.horizon)
        if day > newest:
            raise UsageError("modelling.observed_lies_after_data", day=iso(day), newest=iso(newest))
        if recipe.outcome is not None and hi > end:
            last = add_months(end, -recipe.gap - recipe.horizon)
            raise UsageError(
                "modelling.outcome_window_ends_data_complete_until",
                day=iso(day),
                hi=iso(hi),
                end=iso(end),
                last=iso(last),
            )
        moments.append(Moment(day, lo, hi, end))
    return moments


def _build(snapshot: Snapshot, recipe: Recipe, days: list[date], complete_until: Any) -> ModelData:
    moments = _moments(snapshot, recipe, days, complete_until)
    unseen = _unseen(snapshot, recipe)
    engine, picks = DuckDBEngine(snapshot.con), picks_of(recipe)
    try:
        put_picks(engine, snapshot, recipe, picks)
        declared = put_feeds(engine, snapshot)
        first = _first_day(engine, snapshot)
        lag = None if recipe.outcome is None else _put_events(engine, snapshot, recipe, picks, moments)
        parts = [_observe(engine, snapshot, recipe, picks, at, declared) for at in moments]
    finally:
        for name in SHOWN:
            engine.con.execute(f"DROP VIEW IF EXISTS {name}")
        engine.forget(list(MADE))
    notes = unseen + notes_on(recipe, moments, declared, first, lag)
    return assemble(snapshot, recipe, moments, parts, declared, notes, lag)


def _unseen(snapshot: Snapshot, recipe: Recipe) -> list[str]:
    """Notes on codes that the log does not have; an outcome without any code of the log is refused."""
    notes = []
    for where, pick in (*recipe.groups, ("outcome", recipe.outcome), ("inspections", recipe.inspections)):
        if pick is None:
            continue
        missing = [f"item {item}" for item in pick.items if item not in snapshot.items]
        missing += [f"domain {domain}" for domain in pick.domains if domain not in snapshot.domains]
        if where == "outcome" and (
            (pick.items and not set(pick.items) & set(snapshot.items))
            or (pick.domains and not set(pick.domains) & set(snapshot.domains))
        ):
            raise InputError(
                "modelling.outcome_names_no_record",
                missing=missing[0],
                where="outcome",
                allowed=(snapshot.items if pick.items and missing[0].startswith("item") else snapshot.domains)[:30],
            )
        notes += [f"{where}: no record has {name}" for name in missing]
    return notes


def _first_day(engine: DuckDBEngine, snapshot: Snapshot) -> int | None:
    """The first day on which anything in the log was known."""
    day = engine.rows(f"SELECT MIN(known_day) FROM {snapshot.log}")[0][0]
    return None if day is None else int(day)


def _put_events(
    engine: DuckDBEngine, snapshot: Snapshot, recipe: Recipe, picks: Picks, moments: list[Moment]
) -> int | None:
    """`ds_events`: the records of the outcome in any outcome window, as known at the end of the data.

    Returns within how many days 95 % of them were recorded; None without any.
    """
    low, high = min(at.lo for at in moments), max(at.hi for at in moments)
    with folded_on(snapshot, moments[0].end) as folded:
        engine.view("ds_final", known_sql(folded, recipe, picks, closed=False))
        engine.materialise(
            "ds_events",
            "SELECT k.sid, k.day, k.known_day - k.day AS lag FROM ds_final k "
            f"WHERE {picks.has(OUTCOME)} AND k.day > {low} AND k.day <= {high}",
        )
    lag = engine.rows("SELECT quantile_disc(lag, 0.95) FROM ds_events")[0][0]
    return None if lag is None else int(lag)


def _observe(
    engine: DuckDBEngine, snapshot: Snapshot, recipe: Recipe, picks: Picks, at: Moment, declared: tuple[str, ...]
) -> dict[str, Any]:
    """The rows of one day: columns as arrays, and what is to be said about them."""
    aggregates = Aggregates()
    columns = features(recipe, picks, at.day, declared, aggregates) + beside(recipe, at.day)
    names = [column.name for column in columns]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UsageError("modelling.two_features_would_called", twice=twice)
    seen = aggregates.of(f"COUNT(*) FILTER (WHERE {picks.has(INSPECTED)} AND day <= {at.day})")
    newest, undated = aggregates.of("MAX(known_day)"), aggregates.of("COUNT(*) FILTER (WHERE day IS NULL)")
    needs: dict[Need, str] = {}
    for column in columns:
        if column.need is not None:
            needs.setdefault(column.need, f"fed_{len(needs)}")
    if recipe.outcome is not None:
        engine.view("ds_event", f"SELECT DISTINCT sid FROM ds_events WHERE day > {at.lo} AND day <= {at.hi}")
    left_out = put_person(engine, snapshot, recipe, at, declared, needs)
    inspected = f"COALESCE({seen}, 0) > 0 OR COALESCE(p.said_inspected, FALSE)"
    chosen = [
        "p.subject_id AS subject",
        f"CASE WHEN {inspected} THEN 1 WHEN p.heard OR p.said_inspected IS NOT NULL THEN 0 ELSE -1 END AS inspected",
        f"{newest} AS newest",
        f"COALESCE({undated}, 0) AS undated",
        *(["CAST(p.y AS BIGINT) AS y"] if recipe.outcome is not None else []),
        *(f"{_fed(column, needs)} AS f{k}" for k, column in enumerate(columns)),
    ]
    with folded_on(snapshot, at.day) as folded:
        closed = {"delay", "open"} & set(recipe.indicators)
        if closed:
            engine.materialise("ds_closed", closed_sql(folded))
        known = known_sql(folded, recipe, picks, bool(closed))
        totals = aggregates.parts()
        try:
            chunks = list(_chunks(engine, snapshot, known, totals, ", ".join(chosen)))
        finally:
            engine.forget(list(totals))
    if not sum(len(chunk["subject"]) for chunk in chunks):
        raise InputError(
            "modelling.no_subject_data_set",
            day=iso(at.day),
            where=", ".join((f"{reason}: {count}" for reason, count in left_out.items() if count)),
        )
    chunk_rows: dict[str, Any] = {name: joined([chunk[name] for chunk in chunks]) for name in chunks[0]}
    newest_known = chunk_rows.pop("newest").max()
    if newest_known is not np.ma.masked and int(newest_known) > at.day:
        raise InternalError("modelling.record_used", newest_known=iso(int(newest_known)), day=iso(at.day))
    about = {
        "observed_on": iso(at.day),
        "outcome_after": iso(at.lo),
        "outcome_to": iso(at.hi),
        "rows": len(chunk_rows["subject"]),
        "events": int(chunk_rows["y"].sum()) if "y" in chunk_rows else None,
        "left_out": left_out,
        "not_yet_known": folded.not_yet_known,
        "records_without_day": int(chunk_rows.pop("undated").sum()),
        "newest_known": None if newest_known is np.ma.masked else iso(int(newest_known)),
    }
    if recipe.outcome is None:
        about = {key: value for key, value in about.items() if key not in ("outcome_after", "outcome_to", "events")}
    return {"arrays": chunk_rows, "names": names, "about": about, "day": at.day}


def _fed(feature: Feature, needs: dict[Need, str]) -> str:
    return feature.sql if feature.need is None else f"CASE WHEN p.{needs[feature.need]} THEN {feature.sql} END"


def _chunks(
    engine: DuckDBEngine, snapshot: Snapshot, known: str, parts: dict[str, str], chosen: str
) -> Iterator[dict[str, Any]]:
    """Spans of subjects one after the other, so that memory does not grow with the population."""
    subjects, rows = snapshot.rows(snapshot.subjects), snapshot.rows(snapshot.log)
    joins = " ".join(f"LEFT JOIN {name} ON {name}.sid = p.sid" for name in parts)
    for first, last in spans(subjects, rows, snapshot.in_order):
        engine.materialise("ds_known", f"{known} AND f.sid BETWEEN {first} AND {last}")
        for name, sql in parts.items():
            engine.materialise(name, sql)
        yield engine.con.execute(
            f"SELECT {chosen} FROM ds_person p {joins} WHERE p.sid BETWEEN {first} AND {last} ORDER BY p.sid"
        ).fetchnumpy()
