"""Composite scores that rest on disputed records, each with a second score without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from creditscore.cascade.follow import FindSnapshot, derive_rows
from creditscore.cascade.follow_scores import score_again
from creditscore.cascade.inputs import RecordEvent, as_kept
from creditscore.cascade.recompute import moment_of
from creditscore.composite.result import Composite
from creditscore.objections.counterfactuals import Cell
from creditscore.objections.disputes import Dispute, Marked, by_subject, list_disputed, marks_in
from creditscore.store.archive.composites import read_beside, was_given
from creditscore.store.archive.runs import list_runs, snapshot_of
from creditscore.store.store import Store

BESIDE = ("listings", "subjects")


def mark_scores(
    store: Store,
    scored_composite: Composite,
    subject_ids: Iterable[str] | None = None,
    *,
    find: FindSnapshot = snapshot_of,
    listings: Any = None,
    subjects: Any = None,
) -> list[Marked]:
    """Mark the disputed scores of a composite: those of organisations that bring a disputed record to a grading of it.

    Parameters
    ----------
    store
        An open store of an office.
    scored_composite
        The composite; the store need not keep it.
    subject_ids
        Only scores of these organisations; None: of all.
    find
        Opens the snapshot of a kept run.
    listings, subjects
        What the composite was given, where the store does not keep it.

    Returns
    -------
    list of Marked
        The second score is made by the composite's own rules from the gradings without these records, later grades with
        what earlier ones then give; entries on lists stay until a person annuls them. Where its gradings are not all
        kept, or what it was given is not there, disputes are named without a second score.
    """
    manifest = scored_composite.manifest
    scored = set(scored_composite.composite["subject_id"].to_pylist())
    disputes = [own for own in list_disputed(store, subject_ids=subject_ids) if own.subject_id in scored]
    if not disputes:
        return []
    runs = {run.run_id: run for run in list_runs(store)}
    wanted = [str(source.get("run_id", "")) for source in manifest["inputs"]]
    if set(wanted) - set(runs):
        return [Marked(subject, own, None) for subject, own in by_subject(disputes).items()]
    disputes_of_grades: set[Dispute] = set()
    for run_id in wanted:
        grading = as_kept(runs[run_id], find(runs[run_id]), sorted(by_subject(disputes)))
        disputes_of_grades |= {dispute for marked in marks_in(grading, disputes) for dispute in marked.disputes}
    of = by_subject([dispute for dispute in disputes if dispute in disputes_of_grades])
    if not of:
        return []
    given = {name: table for name, table in (("listings", listings), ("subjects", subjects)) if table is not None}
    composite = runs.get(manifest["run_id"])
    if composite is not None:
        given = {
            name: read_beside(store.archive, composite, name, list(of)) for name in BESIDE if was_given(manifest, name)
        }
    if any(was_given(manifest, name) and name not in given for name in BESIDE):
        return [Marked(subject, own, None) for subject, own in of.items()]
    withdrawn = [
        RecordEvent(own.subject_id, own.record_id, "withdrawn", own.since, own.since)
        for disputed in of.values()
        for own in disputed
    ]
    gradings: Sequence[Any] = [run for run in runs.values() if run.kind == "grading"]
    derived = derive_rows(sorted(gradings, key=moment_of), store.archive, list(of), withdrawn, find)
    rows = score_again(manifest, scored_composite.config, list(of), derived, lambda _: given)
    cells = {subject: _make_cell(own.composite[0]) for subject, own in rows.items()}
    return [Marked(subject, own, cells.get(subject)) for subject, own in of.items()]


def _make_cell(row: Mapping[str, Any]) -> Cell:
    score = None if row["score"] is None else Decimal(row["score"])
    return Cell(row["state"], row["state_reason"] or "", row["grade"] or "", score, row["config_version"])
