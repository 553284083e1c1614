"""`reproduce`: a written grading computed again from its manifest and its input, and compared cell by cell."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

from creditscore.core.boundary import guarded
from creditscore.core.days import day_of
from creditscore.core.errors import InputError, NotInForce, UsageError
from creditscore.grading.batch import Gradings, join
from creditscore.grading.compare_tables import Difference, first_difference, same_bytes
from creditscore.grading.grade import Chosen, choose, grade_snapshot
from creditscore.grading.identity import named_in, run_id_of
from creditscore.grading.input_state.acceptance import as_graded
from creditscore.grading.manifest import MANIFEST, read_manifest
from creditscore.grading.result import TABLES, Grading
from creditscore.grading.scope import Scope
from creditscore.records import Snapshot
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme

IDENTITY = ("creditscore", "scheme_hash", "snapshot_hash")
PARAMETERS = ("scheme", "period", "as_of", "known_at", "law_known_at")
STATES_INPUT = ("refused_hash", "accepted", "accepted_rows", "blocked_grades")  # no earlier version says any of these
ADDED = {"grades": ("input_state", "grade_without"), "quarantine": ("could_be",)}  # nor has it these columns
# what is no result of the computation; schemes are compared one by one
APART = ("timings", "made_up", "schemes", "graded_with")
# what the manifests of earlier versions do not say
NEWER = (
    "delivery",
    "intake_on",
    "period_over",
    "unread_columns",
    "near_misses",
    "absent_attributes",
    "ignored_columns",
    "input_marks",
)
CHANGED = "changed after it was written, or written by an earlier version under another calendar of working days"


@dataclass(frozen=True)
class Cause:
    """Something that this computation does not share with the written one. `of`: the scheme, where there are several.

    `what`: `creditscore` (another version of the package), `scheme_hash` (another text of the scheme),
    `snapshot_hash` (another input), a parameter, `run_id` (the manifest was changed after the run), another part of
    the manifest (`counts`, `notes`, …), `files` (a table was changed after the run).
    """

    what: str
    written: str
    computed: str
    of: str = ""


@dataclass(frozen=True)
class Reproduction:
    """What came of it. `files` says for each table: `bytes` (the same bytes), `rows` (the same rows), `differs`."""

    run_id: str
    files: dict[str, str]
    causes: tuple[Cause, ...]
    first: Difference | None

    @property
    def ok(self) -> bool:
        """Every row of every table is the same, and so is the manifest but for its timings and the names of files."""
        return not self.causes and self.first is None


@dataclass(frozen=True)
class Recomputed:
    """A run computed again. `causes`: what its manifest does not share with the one stated.

    `is_older`: the run is of a version that did not state what its input lacked.
    """

    grading: Grading | Gradings
    causes: tuple[Cause, ...]
    is_older: bool


@guarded("computing the run again")
def reproduce(folder: Path | str, source: Snapshot, schemes: dict[str, Scheme] | None = None) -> Reproduction:
    """Grade again what `folder` says was graded, from `source`, and name the first difference and its cause.

    `schemes` gives those outside the library, by id. Rows are compared in the order in which they were written;
    quarantine without `line`, the manifest without `timings`, names of files and the mark of made-up data. Raises
    InputError when the folder is damaged, NotInForce when the library no longer has the version, UsageError where
    the folder was written from a store.
    """
    folder = Path(folder)
    manifest = read_manifest(folder)
    if "stands" in manifest:
        raise UsageError("grading.folder_written_from_store", where=str(folder), run_id=str(manifest["run_id"]))
    recomputed = recompute(manifest, source, schemes or {}, str(folder / MANIFEST))
    added = ADDED if recomputed.is_older else {}
    files, first = {}, None
    with tempfile.TemporaryDirectory(prefix="creditscore-") as work:
        recomputed.grading.write(work)
        for table in TABLES:
            written, made_again = folder / f"{table}.parquet", Path(work) / f"{table}.parquet"
            if not written.is_file() and not made_again.is_file():
                continue
            difference = first_difference(table, written, made_again, added.get(table, ()))
            files[table] = "differs" if difference else "bytes" if same_bytes(written, made_again) else "rows"
            first = first or difference
    causes = recomputed.causes
    if first is not None and not causes:
        causes = (Cause("files", f"{first.table}.parquet", CHANGED),)
    return Reproduction(str(manifest["run_id"]), files, causes, first)


def recompute(
    manifest: Mapping[str, Any],
    source: Snapshot,
    schemes: Mapping[str, Scheme],
    where: str,
    graded_with: Sequence[str] = (),
) -> Recomputed:
    """Grade again what a manifest states, from `source`, and compare the manifests.

    Parameters
    ----------
    manifest
        Of one run, or of several that were graded together.
    source
        What is graded.
    schemes
        Those outside the library, by id.
    where
        Of the manifest, for errors.
    graded_with
        Schemes (`tax@2014-10-01`) that graded in the same call and stand in no manifest here: what one of them reads
        was known to all.

    Raises
    ------
    InputError
        Where the manifest does not say what was graded.
    UsageError
        Where a scheme is missing, or one is given that did not grade.
    NotInForce
        Where the library no longer has a version.
    """
    runs = stated_runs(manifest, where)
    if strangers := sorted(set(schemes) - set(runs) - {name.partition("@")[0] for name in graded_with}):
        raise UsageError(
            "grading.not_among_schemes_run", listed=", ".join(strangers), where=where, allowed=", ".join(runs)
        )
    chosen = [_choose(run, schemes, where) for run in runs.values()]
    skipped: dict[str, str] = manifest.get("skipped", {})
    beside = [_pick_beside(name, schemes, where) for name in graded_with]
    scope = Scope((*(pair.scheme for pair in chosen), *beside, *find_skipped(runs, skipped)))
    gradings = [
        grade_snapshot(
            replace(as_graded(source, run), stated_marks=None),
            pair,
            scope,
            provisional=True,
            ledger=run.get("ledger") != "none",
            ignored=run.get("ignored_columns", ()),
        )
        for run, pair in zip(runs.values(), chosen, strict=True)
    ]
    again: Grading | Gradings = join(gradings, skipped) if "schemes" in manifest else gradings[0]
    is_older = not any("blocked_grades" in run for run in runs.values())
    computed = {name: value for name, value in again.manifest.items() if not (is_older and name in STATES_INPUT)}
    return Recomputed(again, _causes(runs, gradings) or (*_unlike(manifest, computed, ""),), is_older)


def stated_runs(manifest: Mapping[str, Any], where: str) -> dict[str, dict[str, Any]]:
    """The runs that a manifest speaks of, by scheme and in their order; InputError where it is no such manifest."""
    several = "schemes" in manifest
    runs = manifest["schemes"] if several else {_id(manifest): dict(manifest)}
    order = manifest.get("order") if several else list(runs)
    if not isinstance(runs, dict) or not isinstance(order, list) or sorted(map(str, order)) != sorted(runs) or not runs:
        raise _unreadable("the schemes that were graded, and their order", where)
    texts = ("run_id", *IDENTITY, *PARAMETERS)
    for name, run in runs.items():
        wrong = [key for key in texts if not isinstance(run, dict) or not isinstance(run.get(key), str)]
        wrong += [] if wrong else [key for key in named_in(run) if key not in run]
        if wrong:
            raise _unreadable(", ".join(wrong), where, name)
    if not isinstance(manifest.get("run_id"), str) or not isinstance(manifest.get("skipped", {}), dict):
        raise _unreadable("run_id, or what was skipped", where)
    return {name: runs[name] for name in order}


def _unreadable(what: str, where: str, of: str = "") -> InputError:
    return InputError("grading.manifest_not_say", what_value=what, where=f"{where} ({of})" if of else where)


def _choose(run: dict[str, Any], schemes: Mapping[str, Scheme], where: str) -> Chosen:
    """What one grading was made with, as its manifest states it."""
    scheme: str | Scheme = schemes.get(_id(run)) or registry.pick_recorded(str(run["scheme"]), _day(run)).name
    if isinstance(scheme, Scheme) and scheme.name != run["scheme"]:
        raise UsageError("grading.run_graded_under_file", scheme=run["scheme"], name=scheme.name)
    kind = scheme.period if isinstance(scheme, Scheme) else registry.versions(_id(run))[0].period
    period, as_of = (run["period"], None) if kind == "year" else (None, run["as_of"])
    try:
        return choose(scheme, period, as_of, _known(run))
    except UsageError as error:  # nobody typed these: the manifest states them
        raise _unreadable(f"what was graded: {error.what}", where, _id(run)) from error


def _known(run: Mapping[str, Any]) -> date | None:
    """The day of knowledge of a run; one without a day of its own knows all its input and all published law."""
    return None if run["law_known_at"] == "latest" else day_of(run["known_at"], "known_at")


def _pick_beside(name: str, schemes: Mapping[str, Scheme], where: str) -> Scheme:
    """A scheme that graded in the same call."""
    own = schemes.get(name.partition("@")[0])
    if own is not None and own.name == name:
        return own
    try:
        return registry.pick_recorded(name)
    except UsageError as error:
        raise UsageError("grading.graded_together_with_unknown", name=name, where=where) from error


def find_skipped(runs: Mapping[str, Mapping[str, Any]], skipped: Iterable[str]) -> list[Scheme]:
    """The schemes of a call that were in force and could not grade."""
    last = max(str(run["as_of"]) for run in runs.values())
    known = _known(next(iter(runs.values())))
    schemes = []
    for name in skipped:
        with suppress(NotInForce, UsageError):
            schemes.append(choose(str(name), None, last, known).scheme)
    return schemes


def _day(run: dict[str, Any]) -> date | None:
    """The day for which a run graded; None where its manifest says none."""
    try:
        return date.fromisoformat(str(run["as_of"]))
    except ValueError:
        return None


def _id(run: Mapping[str, Any]) -> str:
    return str(run["scheme"]).partition("@")[0]


def _causes(runs: dict[str, dict[str, Any]], gradings: list[Grading]) -> tuple[Cause, ...]:
    causes: list[Cause] = []
    for (name, run), new in zip(runs.items(), (grading.manifest for grading in gradings), strict=True):
        of = name if len(runs) > 1 else ""
        causes += [
            Cause(key, str(run[key]), str(new[key]), of)
            for key in (*IDENTITY, *PARAMETERS)
            if str(run[key]) != str(new[key])
        ]
        derived = run_id_of(run)
        if derived != run["run_id"]:
            causes.append(Cause("run_id", str(run["run_id"]), derived, of))
        if not causes:
            causes += _unlike(run, new, of)
    return tuple(dict.fromkeys(causes))


def _unlike(run: Mapping[str, Any], new: Mapping[str, Any], of: str) -> list[Cause]:
    """What else two manifests say that is not the same."""
    older = {key for key in NEWER if key not in run}
    apart = {*APART, *older}
    if older and set(named_in(new)) <= set(new):  # the id says what the manifest says
        new = {**new, "run_id": run_id_of({key: value for key, value in new.items() if key not in older})}
    elif older:
        apart.add("run_id")
    texts = [{key: _text(key, value) for key, value in row.items() if key not in apart} for row in (run, new)]
    return [
        Cause(key, texts[0].get(key, "(nothing)"), texts[1].get(key, "(nothing)"), of)
        for key in sorted(texts[0].keys() | texts[1].keys())
        if texts[0].get(key) != texts[1].get(key)
    ]


def _text(key: str, value: Any) -> str:
    if key == "inputs" and isinstance(value, dict):  # the same rows may come from a file of another name
        value = {name: row.get("rows") if isinstance(row, dict) else row for name, row in value.items()}
    return json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
