"""Kept composites derived again from the grades that their runs give now, for the subjects that something touched."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from creditscore.cascade.recompute import Derived
from creditscore.composite.combine import combine
from creditscore.composite.config import CompositeConfig
from creditscore.composite.inputs import COLUMNS
from creditscore.composite.result import Composite
from creditscore.core.days import from_day
from creditscore.lists.case import ListCase
from creditscore.store import Database
from creditscore.store.legacy.archive.composites import KeptComposite, beside, kept_composites
from creditscore.store.legacy.archive.effective import Key, Scored, archived_rows, as_scored, subjects_in

if TYPE_CHECKING:
    import pyarrow as pa


def derive_composites(
    store: Database, subject_ids: Iterable[str], derived: Derived, annulled: Sequence[ListCase] = ()
) -> tuple[dict[Key, Scored], dict[Key, Scored], dict[Key, tuple[str, ...]]]:
    """Rows by composite and subject, the rows as they were kept, and what each rests on that is another now.

    Where none of a subject's grades in the composite has changed, and no entry on a list that it read was annulled, the
    rows are those of the keeping. Else the composite is made again by its own rules and day, from the grades as they
    are derived; an act weighs once where it did.
    """
    ids = sorted(set(subject_ids))
    rows: dict[Key, Scored] = {}
    before: dict[Key, Scored] = {}
    because: dict[Key, tuple[str, ...]] = {}
    for composite in kept_composites(store):
        mine = subjects_in(store, composite.run_id, ids, Scored)
        own = archived_rows(store, composite.run_id, mine, Scored)
        before |= {(composite.run_id, who): own[who] for who in mine}
        rows |= {(composite.run_id, who): own[who] for who in mine}
        listed = _listed(store, composite, mine)
        moved: list[str] = []
        for who in mine:
            runs = [run for run in composite.runs if (run, who) in derived.rows and _moved(derived, (run, who))]
            gone = [row for row in listed if _is_of(row, who) and _annulled(row, annulled)]
            if runs or gone:
                moved.append(who)
                because[composite.run_id, who] = tuple(
                    [f"run {run} {who}" for run in runs] + [f"list {_name(row)}" for row in gone]
                )
        left = [row for row in listed if not _annulled(row, annulled)]
        beside_it = partial(_given, store, composite, left)
        for alike, scored_composite in made_again(composite.manifest, composite.rules, moved, derived, beside_it):
            again = as_scored(scored_composite)
            rows |= {(composite.run_id, who): again[who] for who in alike}
    return rows, before, because


def made_again(
    manifest: Mapping[str, Any],
    rules: CompositeConfig,
    ids: Sequence[str],
    derived: Derived,
    given: Callable[[Sequence[str]], Mapping[str, Any]],
) -> Iterator[tuple[list[str], Composite]]:
    """A composite made again for some subjects from their grades as they are derived, by its own rules, day and acts.

    Its runs are kept. `given`: the tables `listings` and `subjects` that it takes, for some subjects. Subjects come in
    groups whose grades can be combined in one go.
    """
    runs = [str(source["run_id"]) for source in manifest["inputs"]]
    for alike, gradings in _gradings(runs, manifest["acts"], ids, derived):
        yield alike, combine(gradings, rules, as_of=manifest["as_of"], acts=manifest["acts"], **given(alike))


def _moved(derived: Derived, key: Key) -> bool:
    return derived.rows[key].hash != derived.kept[key].hash


def _gradings(
    runs: Sequence[str], acts: str, ids: Sequence[str], derived: Derived
) -> Iterator[tuple[list[str], list[Any]]]:
    """Subjects whose grades can be combined in one go, with these grades: a table, or gradings to look at acts in."""
    if not ids:
        return
    if acts == "unchecked":
        yield list(ids), [_grades(runs, ids, derived)]
        return
    groups: dict[tuple[Any, ...], list[str]] = {}
    for who in ids:
        groups.setdefault(tuple(derived.laws.get((run, who)) for run in runs), []).append(who)
    for alike in groups.values():
        yield alike, [derived.again(run, alike) for run in runs]


def _grades(runs: Sequence[str], ids: Sequence[str], derived: Derived) -> pa.Table:
    import pyarrow as pa

    keys = [(run, who) for run in runs for who in ids]
    grades = [row for key in keys if key in derived.rows for row in derived.rows[key].grades]
    rows = [{name: row[name] for name in COLUMNS} for row in grades]
    return pa.Table.from_pylist(rows, schema=pa.schema([(name, pa.string()) for name in COLUMNS]))


def _given(
    store: Database, kept_composite: KeptComposite, listed: Sequence[Mapping[str, Any]], ids: Sequence[str]
) -> Mapping[str, Any]:
    import pyarrow as pa

    given: dict[str, Any] = {}
    if kept_composite.gave("subjects"):
        given["subjects"] = beside(store, kept_composite.run_id, "subjects", ids)
    own = [row for row in listed if any(_is_of(row, who) for who in ids)]
    if own:
        given["listings"] = pa.Table.from_pylist(
            own, schema=beside(store, kept_composite.run_id, "listings", ()).schema
        )
    return given


def _listed(store: Database, kept_composite: KeptComposite, ids: Sequence[str]) -> list[dict[str, Any]]:
    return (
        beside(store, kept_composite.run_id, "listings", ids).to_pylist()
        if ids and kept_composite.gave("listings")
        else []
    )


def _is_of(row: Mapping[str, Any], subject_id: str) -> bool:
    return str(row["subject_id"]) == subject_id or str(row["subject_id"]).upper() == subject_id


def _annulled(row: Mapping[str, Any], annulled: Sequence[ListCase]) -> bool:
    """By its id; a row without one by subject, list and day of the entry."""
    if row["listing_id"]:
        return any(case.case_id == row["listing_id"] for case in annulled)
    entries = [case for case in annulled if _is_of(row, case.subject_id) and case.list == row["list"]]
    return any(case.entered_on is not None and from_day(case.entered_on) == row["entered_on"] for case in entries)


def _name(row: Mapping[str, Any]) -> str:
    return str(row["listing_id"] or f"{row['list']} {row['entered_on']}")
