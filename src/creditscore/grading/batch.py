"""`grade_all`: one snapshot under several schemes, the records read and checked once."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import guarded
from creditscore.core.days import day_of
from creditscore.core.errors import NotInForce, UsageError
from creditscore.core.tables.table import literal
from creditscore.core.tables.write import Csv, Query, write_table
from creditscore.engines.duckdb import DuckDBEngine
from creditscore.grading.grade import Chosen, choose, grade_snapshot, too_many
from creditscore.grading.input_state.acceptance import check_matched, read_acceptances
from creditscore.grading.input_state.unread import find_unread
from creditscore.grading.result import FAILED_TABLES, TABLES, Grading, open_folder, write_manifest
from creditscore.grading.scope import Scope
from creditscore.records import Snapshot, ingest
from creditscore.schemes import registry

if TYPE_CHECKING:
    import pyarrow as pa

SHARED = ("delivery", "unread_columns", "near_misses", "absent_attributes", "ignored_columns")  # by all runs of a call


@dataclass(frozen=True)
class Gradings:
    """Gradings of one snapshot under several schemes, in the order in which the schemes were given.

    Iterate over it, or take one by id or version (`gradings["tax"]`); KeyError for a scheme that was not graded.

    Parameters
    ----------
    runs
        One Grading per scheme.
    skipped
        The schemes that could not be graded, each with the reason.
    manifest
        The account of all runs; those of the single schemes stand under `schemes`.

    Attributes
    ----------
    grades, ledger
        The rows of all runs, scheme after scheme.
    quarantine
        Every refused row once, whichever schemes refused it.
    """

    runs: tuple[Grading, ...]
    skipped: dict[str, str]
    manifest: dict[str, Any]

    def __iter__(self) -> Iterator[Grading]:
        return iter(self.runs)

    def __len__(self) -> int:
        return len(self.runs)

    def __getitem__(self, scheme: str) -> Grading:
        for run in self.runs:
            if scheme in (run.plan.scheme.scheme, run.plan.scheme.name):
                return run
        raise KeyError(scheme)

    def left_out(self) -> Iterator[tuple[str, str]]:
        """The schemes skipped, each with its reason in few words; `creditscore scheme show` says what a text lacks."""
        for name, why in self.skipped.items():
            yield name, why.partition("; ")[0]

    @property
    def grades(self) -> pa.Table:
        return self._table("grades")

    @property
    def ledger(self) -> pa.Table:
        return self._table("ledger")

    @property
    def quarantine(self) -> pa.Table:
        """Every refused row once, whichever schemes refused it."""
        return self._table("quarantine")

    def _table(self, name: str) -> pa.Table:
        import pyarrow as pa

        table = pa.concat_tables([getattr(run, name) for run in self.runs])
        return _distinct(table) if name == "quarantine" else table

    @guarded("writing the results")
    def write(self, out: Path | str, csv: Csv = False, failed: str | None = None) -> Path:
        """Write grades, ledger, quarantine and manifest.json of all schemes to one folder; returns it.

        `csv` and `failed`: as for a single grading.
        """
        folder = open_folder(out)
        with tempfile.TemporaryDirectory(prefix="creditscore-", dir=folder) as parts:
            for k, run in enumerate(self.runs):
                run.write(Path(parts) / f"{k:03}")
            engine = DuckDBEngine(self.runs[0].con.cursor())
            for name in FAILED_TABLES if failed else TABLES:
                files = [str(Path(parts) / f"{k:03}" / f"{name}.parquet") for k in range(len(self.runs))]
                if not all(Path(file).is_file() for file in files):
                    continue  # graded without a ledger
                listed = ", ".join(map(literal, files))
                rows = f"SELECT * FROM read_parquet([{listed}])"
                if name == "quarantine":
                    rows = f"SELECT DISTINCT * FROM ({rows}) ORDER BY ALL"
                engine.write(rows, folder / f"{name}.parquet")
                if csv:
                    write_table(Query(engine.con, rows), folder / f"{name}.csv", people=csv == "people")
        write_manifest(folder, self.manifest | ({"failed": failed} if failed else {}))
        return folder


@guarded("grading")
def grade_all(
    records: Any,
    schemes: Iterable[str],
    period: int | str | None = None,
    *,
    as_of: date | str | None = None,
    known_at: date | str | None = None,
    provisional: bool = False,
    strict: bool = False,
    ignore_columns: Sequence[str] = (),
    max_rejected: int = 0,
    accepted: Any = None,
    ledger: bool = True,
    skip: bool = False,
    **tables: Any,
) -> Gradings:
    """Grade every subject under each of some schemes, the records read and checked once.

    Parameters
    ----------
    records
        A Snapshot, or a table of any kind as `grade` takes it; then `subjects` and the other tables too.
    schemes
        Ids or pinned versions, each scheme once.
    period, as_of
        The evaluation year of schemes graded by year, the day of others. Given the other one, a scheme takes the last
        evaluation year that is complete on the day, or 31 December of the year.
    known_at
        Replays what was known on a day, of the records and of the law; absent, everything is known.
    provisional
        Grade also a period that is not over on `known_at`, or without one on the day of intake.
    strict, ignore_columns
        Refuse unread columns that look like known ones, and attributes that could change a grade and that nobody has,
        but for those that are ignored.
    max_rejected, accepted
        How many rows may be refused (a row counts once, whichever schemes refuse it), and the refused rows that a
        person takes for lost.
    ledger
        Whether the steps are kept; without them a grade cannot be explained.
    skip
        Leave out schemes that are not in force, or whose text is missing, and name them in `skipped`; else they raise.
    **tables
        `subjects`, `attributes`, `listings`, `history`, `feeds`, where `records` is no Snapshot, and `intake_on`,
        `threads`, `memory_limit` as of `grade`.

    Returns
    -------
    Gradings
        One Grading per scheme (`gradings["tax"]`), and their tables together.

    Raises
    ------
    UsageError, NotInForce, SchemeError, InputError, TooManyRejected
        As `grade`.

    Examples
    --------
    >>> gradings = grade_all(snapshot, ["tax", "labour/national"], 2019)  # doctest: +SKIP
    """
    asked = list(schemes)
    strange = next((scheme for scheme in asked if not isinstance(scheme, str)), None)
    if strange is not None:
        raise UsageError("grading.scheme_by_name", kind=type(strange).__name__)
    names = list(dict.fromkeys(asked))
    ids = [registry.split(name)[0] for name in names]
    if not names:
        raise UsageError("grading.no_scheme_given")
    if len(set(ids)) < len(ids):
        raise UsageError("grading.scheme_named_twice", where=", ".join(names))
    if isinstance(records, Snapshot):
        given = [name for name, table in tables.items() if table is not None]
        if given:
            raise UsageError("grading.snapshot_already_holds_tables_limits_cannot", listed=" and ".join(given))
        snapshot = records
    else:
        snapshot = _ingest(records, names, tables)
    if accepted is not None:
        snapshot = replace(snapshot, accepted=tuple(read_acceptances(accepted)))
    known = day_of(known_at, "known_at")
    chosen: dict[str, Chosen] = {}
    runs: list[Grading] = []
    skipped: dict[str, str] = {}
    for name in names:
        with _left_out(skipped if skip else None, name):
            chosen[name] = choose(name, period, as_of, known)
    scope = Scope(tuple(pair.scheme for pair in chosen.values()))
    if strict:
        find_unread(snapshot, scope, ignore_columns).check()
    for name, pair in chosen.items():
        with _left_out(skipped if skip else None, name):
            runs.append(grade_snapshot(snapshot, pair, scope, provisional, ledger, ignore_columns))
    if not runs:
        raise NotInForce("grading.none_schemes_grade_then", where="; ".join(skipped.values()))
    result = join(runs, skipped)
    if accepted is not None:
        check_matched(snapshot.accepted, result.manifest["accepted"])
    if result.manifest["rejected"] - result.manifest["accepted_rows"] > max_rejected:
        raise too_many(result, max_rejected)
    return result


@contextmanager
def _left_out(skipped: dict[str, str] | None, name: str) -> Iterator[None]:
    """A scheme that is not in force, or whose text is missing, is named in `skipped`, if there may be any."""
    try:
        yield
    except NotInForce as error:
        if skipped is None:
            raise
        skipped[name] = "; ".join(part for part in (error.what, error.where) if part)


def join(runs: Iterable[Grading], skipped: dict[str, str]) -> Gradings:
    """Gradings of one snapshot as one, with the manifest of all."""
    result = Gradings(tuple(runs), skipped, {})
    result.manifest.update(_manifest(result))
    return result


def _ingest(records: Any, names: list[str], tables: dict[str, Any]) -> Snapshot:
    if tables.get("subjects") is None:
        raise UsageError("grading.no_table_subjects_given")
    kinds = {version.subject_id for name in names for version in registry.versions(registry.split(name)[0])}
    if len(kinds) > 1:
        raise UsageError("grading.some_these_schemes_grade_credit_code")
    return ingest(records=records, **tables, subject_ids=kinds.pop())


def _manifest(result: Gradings) -> dict[str, Any]:
    first = result.runs[0].manifest
    runs = {run.plan.scheme.scheme: run.manifest for run in result.runs}
    keys = _row_keys(result.quarantine)
    accepted = [row for run in result.runs for row in run.manifest.get("accepted", ())]
    reasons: dict[str, int] = {}
    for row in result.quarantine.select(["table", "reason"]).to_pylist():
        what = f"{row['table']}: {row['reason']}"
        reasons[what] = reasons.get(what, 0) + 1
    identity = [run.manifest["run_id"] for run in result.runs]
    return {
        "run_id": hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16],
        "creditscore": first["creditscore"],
        "snapshot_hash": first["snapshot_hash"],
        "known_at": first["known_at"],
        "intake_on": first["intake_on"],
        "schemes": runs,
        "order": list(runs),  # the file sorts its keys, the tables follow the call
        "skipped": dict(result.skipped),
        "rejected": len(keys),
        "accepted": [row for number, row in enumerate(accepted) if row not in accepted[:number]],
        "accepted_rows": len(set().union(*(_row_keys(run.accepted_rows) for run in result.runs))),
        "blocked_grades": _blocked(run.manifest.get("blocked_grades", []) for run in result.runs),
        "reasons": dict(sorted(reasons.items())),
        "inputs": first["inputs"],
        **_input_account([run.manifest for run in result.runs]),
    }


def _input_account(manifests: list[dict[str, Any]]) -> dict[str, Any]:
    """What the runs say of the input that they share; `input_marks` are those of any of them."""
    account = {name: manifests[0][name] for name in SHARED if name in manifests[0]}
    if all("period_over" in manifest for manifest in manifests):
        account["period_over"] = all(manifest["period_over"] for manifest in manifests)
    if all("input_marks" in manifest for manifest in manifests):
        account["input_marks"] = sorted({code for manifest in manifests for code in manifest["input_marks"]})
    return account


def _blocked(summaries: Iterable[list[dict[str, Any]]]) -> list[dict[str, Any]]:
    """How many grades of all schemes each feed and reason blocks."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for summary in summaries:
        counts.update({(row["feed"], row["table"], row["reason"]): row["grades"] for row in summary})
    return [
        {"feed": feed, "table": table, "reason": reason, "grades": grades}
        for (feed, table, reason), grades in sorted(counts.items())
    ]


def _row_keys(quarantine: pa.Table) -> set[tuple[Any, ...]]:
    """By what refused rows are told apart; one with several faults is one."""
    columns = ["table", "line", "subject_id", "record_id", "event_no", "column", "value"]
    rows = (tuple(row.values()) for row in quarantine.select(columns).to_pylist())
    return {row if row[0] == "attributes" else row[:5] for row in rows}


def _distinct(table: pa.Table) -> pa.Table:
    import duckdb

    con = duckdb.connect()
    con.register("rows", table)
    return con.sql("SELECT DISTINCT * FROM rows ORDER BY ALL").to_arrow_table()
