"""A finished grading as the lists read it: who was graded by which rule, and each subject's records in the ledger."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.days import read_day
from creditscore.core.errors import InputError, UsageError
from creditscore.grading.batch import Gradings
from creditscore.grading.manifest import read_manifest, refuse_failed
from creditscore.grading.result import Grading
from creditscore.lists.entries import require_day
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme

if TYPE_CHECKING:
    import pyarrow as pa

COLUMNS = ("subject_id", "scheme", "step", "record_id", "item", "rule", "reason")


@dataclass(frozen=True)
class Graded:
    """One scheme's grading: the day, the subjects that have a grade, and the rows of the ledger."""

    scheme: Scheme
    as_of: int
    run_id: str
    graded: frozenset[str]
    ledger: pa.Table

    def subjects_of(self, rule: str) -> list[str]:
        """The graded subjects for whom a rule stands in the way to the grade, sorted."""
        return sorted(self._deciding.get(rule, set()) & self.graded)

    def records_of(self, subject_id: str) -> list[dict[str, Any]]:
        """The record rows of one subject."""
        return self._records.get(subject_id, [])

    def items_of(self, subject_id: str, records: Collection[str]) -> list[str]:
        """The items of some records of a subject, sorted."""
        return sorted({row["item"] for row in self.records_of(subject_id) if row["record_id"] in records})

    @cached_property
    def _deciding(self) -> dict[str, set[str]]:
        subjects_by_rule: dict[str, set[str]] = {}
        for row in self._rows("decide", ["subject_id", "rule"]):
            subjects_by_rule.setdefault(row["rule"], set()).add(row["subject_id"])
        return subjects_by_rule

    @cached_property
    def _records(self) -> dict[str, list[dict[str, Any]]]:
        triggers = {trigger for listed in self.scheme.lists.values() for trigger in listed.triggers}
        wanted = set().union(*(self._deciding.get(trigger, set()) for trigger in triggers)) & self.graded
        records: dict[str, list[dict[str, Any]]] = {}
        for row in self._rows("record", ["subject_id", "record_id", "item", "reason"], wanted):
            records.setdefault(row["subject_id"], []).append(row)
        return records

    def _rows(self, step: str, columns: list[str], subjects: set[str] | None = None) -> list[dict[str, Any]]:
        import pyarrow as pa
        import pyarrow.compute as pc

        chosen = self.ledger.filter(pc.equal(self.ledger["step"], step))
        if subjects is not None:
            chosen = chosen.filter(pc.is_in(chosen["subject_id"], value_set=pa.array(sorted(subjects), pa.string())))
        rows: list[dict[str, Any]] = chosen.select(columns).to_pylist()
        return rows


def read(source: Grading | Gradings | Path | str) -> Iterator[Graded]:
    """The gradings, in memory or in a folder, of the schemes that keep lists; InputError for what cannot be read."""
    if isinstance(source, Gradings):
        for run in source:
            yield from read(run)
    elif isinstance(source, Grading):
        if source.plan.scheme.lists:
            yield _of(source.plan.scheme, source.manifest, source.grades, source.ledger)
    else:
        yield from _folder(Path(source))


def _folder(folder: Path) -> Iterator[Graded]:
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    refuse_failed(folder)
    for name in ("manifest.json", "grades.parquet", "ledger.parquet"):
        if not (folder / name).is_file():
            raise InputError("lists.no_such", name=name, where=str(folder))
    try:
        manifest = read_manifest(folder)
        runs = list(manifest["schemes"].values()) if "schemes" in manifest else [manifest]
        grades = pq.read_table(folder / "grades.parquet", columns=["subject_id", "scheme", "state"])
        ledger = pq.read_table(folder / "ledger.parquet", columns=list(COLUMNS))
        named = [_version(run["scheme"], folder) for run in runs]
    except (KeyError, TypeError, ValueError, OSError) as error:
        raise InputError("lists.grading_cannot_read", folder=folder, error=error) from error
    for run, scheme in zip(runs, named, strict=True):
        if scheme.lists:
            own = [table.filter(pc.equal(table["scheme"], scheme.scheme)) for table in (grades, ledger)]
            yield _of(scheme, run, *own)


def _version(name: str, folder: Path) -> Scheme:
    """Nobody is proposed by a version of an earlier release: what it said may have held before its law."""
    try:
        return registry.pick(name)
    except UsageError as error:
        error.where, error.next = f"{folder}, graded under {name}", f"grade again: {error.next}"
        raise


def _of(scheme: Scheme, manifest: dict[str, Any], grades: pa.Table, ledger: pa.Table) -> Graded:
    import pyarrow.compute as pc

    graded = grades.filter(pc.equal(grades["state"], "graded"))["subject_id"].to_pylist()
    if "as_of" not in manifest:
        raise InputError("lists.manifest_names_no_day_grading", where=scheme.name)
    as_of = read_day(require_day(manifest["as_of"], "as_of"))
    return Graded(scheme, as_of, str(manifest.get("run_id", "")), frozenset(graded), ledger)
