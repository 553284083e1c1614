"""What follows in kept composites: scores that rest on grades or entries which are no longer what they were."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from creditscore.composite.combine import combine
from creditscore.composite.config import CompositeConfig
from creditscore.composite.inputs import COLUMNS
from creditscore.composite.result_columns import SCORES
from creditscore.grading.result import Grading
from creditscore.store.archive.composites import read_beside, rules_of, was_given
from creditscore.store.archive.files import Archive
from creditscore.store.archive.rows import Rows, Scored, group_rows
from creditscore.store.archive.runs import KeptRun
from creditscore.store.archive.standing import rows_as_kept, subjects_in

if TYPE_CHECKING:
    import pyarrow as pa

Key = tuple[str, str]  # run, organisation


class Grades(Protocol):
    """Grades as they are derived (`creditscore.cascade.follow.Derivation`)."""

    @property
    def rows(self) -> Mapping[Key, Rows]: ...
    @property
    def laws(self) -> Mapping[Key, date]: ...
    @property
    def again(self) -> Any: ...
    def has_moved(self, run_id: str, subject_id: str) -> bool: ...


def derive_scores(
    composites: Sequence[Any],
    archive: Archive,
    subject_ids: Sequence[str],
    derived: Grades,
    *,
    annulled: Collection[str] = (),
) -> tuple[dict[Key, Scored], dict[Key, Scored]]:
    """Score organisations again in every kept composite that holds them.

    Parameters
    ----------
    composites
        The kept composites.
    archive
        Of the store.
    subject_ids
        The organisations.
    derived
        Their grades as they are now.
    annulled
        Entries on lists that are no longer read, by their ids.

    Returns
    -------
    before, rows
        The rows as they were kept, and anew, by composite and organisation. Where none of its grades in the composite
        has changed, and no entry that it read was annulled, the rows of the keeping stand. Else the composite is made
        again by its own rules and day; an act weighs once where it did.
    """
    ids = sorted(set(subject_ids))
    before: dict[Key, Scored] = {}
    rows: dict[Key, Scored] = {}
    for composite in composites:
        mine = subjects_in(archive, composite, ids)
        if not mine:
            continue
        own = rows_as_kept(archive, composite, mine)
        before |= {(composite.run_id, subject): own[subject] for subject in mine}
        listed = _read_listed(archive, composite, mine)
        moved = [
            subject
            for subject in mine
            if any(derived.has_moved(run, subject) for run in composite.inputs)
            or any(_is_of(row, subject) and row["listing_id"] in annulled for row in listed)
        ]
        left = [row for row in listed if row["listing_id"] not in annulled]
        read_given = partial(_read_given, archive, composite, left)
        again = own | score_again(composite.manifest, rules_of(composite), moved, derived, read_given)
        rows |= {(composite.run_id, subject): again[subject] for subject in mine}
    return before, rows


def score_again(
    manifest: Mapping[str, Any],
    rules: CompositeConfig,
    subject_ids: Sequence[str],
    derived: Grades,
    read_given: Callable[[Sequence[str]], Mapping[str, Any]],
) -> dict[str, Scored]:
    """Make a composite of kept gradings again for some organisations, by its own rules, day and way to weigh acts.

    Parameters
    ----------
    manifest, rules
        Of the composite.
    subject_ids
        The organisations.
    derived
        Their grades.
    read_given
        Gives the tables `listings` and `subjects` that it takes, for some organisations.

    Returns
    -------
    dict of str to Scored
        By organisation.
    """
    runs = [str(source["run_id"]) for source in manifest["inputs"]]
    rows: dict[str, Scored] = {}
    for alike, gradings in _group_gradings(runs, manifest["acts"], subject_ids, derived):
        given = read_given(alike)
        scored = combine(gradings, rules, as_of=manifest["as_of"], acts=manifest["acts"], **given)
        again = group_rows("composite", {name: getattr(scored, name) for name in SCORES})
        rows |= {subject: again[subject] for subject in alike if subject in again}
    return rows


def _group_gradings(
    runs: Sequence[str], acts: str, subjects: Sequence[str], derived: Grades
) -> Iterator[tuple[list[str], list[Any]]]:
    """Organisations whose grades can be combined in one go, with these: a table, or gradings to look at acts in."""
    if not subjects:
        return
    if acts == "unchecked":
        yield list(subjects), [_tabulate(runs, subjects, derived)]
        return
    groups: dict[tuple[date | None, ...], list[str]] = {}
    for subject in subjects:
        groups.setdefault(tuple(derived.laws.get((run, subject)) for run in runs), []).append(subject)
    for alike in groups.values():
        held = [run for run in runs if any((run, subject) in derived.rows for subject in alike)]
        gradings: list[Grading] = [derived.again(run, alike) for run in held]
        yield alike, gradings


def _tabulate(runs: Sequence[str], subjects: Sequence[str], derived: Grades) -> pa.Table:
    import pyarrow as pa

    keys = [(run, subject) for run in runs for subject in subjects]
    grades = [row for key in keys if key in derived.rows for row in derived.rows[key].grades]
    cells = [{name: row[name] for name in COLUMNS} for row in grades]
    return pa.Table.from_pylist(cells, schema=pa.schema([(name, pa.string()) for name in COLUMNS]))


def _read_listed(archive: Archive, composite: KeptRun, subjects: Sequence[str]) -> list[dict[str, Any]]:
    if not was_given(composite.manifest, "listings"):
        return []
    rows: list[dict[str, Any]] = read_beside(archive, composite, "listings", subjects).to_pylist()
    return rows


def _read_given(
    archive: Archive, composite: KeptRun, listed: Sequence[Mapping[str, Any]], subjects: Sequence[str]
) -> dict[str, Any]:
    """The tables that a composite takes beside its grades, of some organisations."""
    import pyarrow as pa

    given: dict[str, Any] = {}
    if was_given(composite.manifest, "subjects"):
        given["subjects"] = read_beside(archive, composite, "subjects", subjects)
    own = [dict(row) for row in listed if any(_is_of(row, subject) for subject in subjects)]
    if own:
        given["listings"] = pa.Table.from_pylist(own, schema=read_beside(archive, composite, "listings", ()).schema)
    return given


def _is_of(row: Mapping[str, Any], subject_id: str) -> bool:
    return subject_id in (str(row["subject_id"]), str(row["subject_id"]).upper())
