"""Composite scores that rest on disputed records, each with a second score without them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from creditscore.cascade.inputs import RecordEvent, as_kept
from creditscore.cascade.recompute import Find, derive
from creditscore.cascade.recompute_composite import made_again
from creditscore.composite.result import Composite
from creditscore.objections.counterfactuals import Cell
from creditscore.objections.disputes import Dispute, Marked, by_subject, marks_in, open_disputes
from creditscore.store import Database
from creditscore.store.legacy.archive.composites import beside, kept_composites, was_given
from creditscore.store.legacy.archive.runs import kept_runs

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme


def score_marks(
    store: Database,
    scored_composite: Composite,
    find: Find,
    subject_ids: Iterable[str] | None = None,
    *,
    listings: Any = None,
    subjects: Any = None,
    schemes: Mapping[str, Scheme] | None = None,
) -> list[Marked]:
    """The disputed scores of a composite: those of subjects that bring a disputed record to one of its gradings.

    The second score is made by the composite's own rules from the gradings without these records, later grades
    with what earlier ones then give; entries on lists stay until a person annuls them. `listings`, `subjects`: what
    the composite was given, where the store does not keep it. Where its gradings are not all kept, disputes of its
    subjects are named without a second score.
    """
    scored = set(scored_composite.composite["subject_id"].to_pylist())
    disputes = [dispute for dispute in open_disputes(store, subject_ids) if dispute.subject_id in scored]
    if not disputes:
        return []
    wanted = [str(source.get("run_id", "")) for source in scored_composite.manifest["inputs"]]
    runs = {run.run_id: run for run in kept_runs(store) if run.run_id in wanted}
    if set(wanted) - set(runs):
        return [Marked(who, own, None) for who, own in by_subject(disputes).items()]
    dispute_rows: set[Dispute] = set()
    for run in runs.values():
        grading = as_kept(run, find(run), sorted(by_subject(disputes)), schemes)
        dispute_rows |= {dispute for marked in marks_in(grading, disputes) for dispute in marked.disputes}
    own = by_subject([dispute for dispute in disputes if dispute in dispute_rows])
    if not own:
        return []
    kept_composite = next(
        (composite for composite in kept_composites(store) if composite.run_id == scored_composite.manifest["run_id"]),
        None,
    )
    given: dict[str, Any] = {"listings": listings, "subjects": subjects}
    given = {name: table for name, table in given.items() if table is not None}
    if kept_composite is not None:
        given = {
            name: beside(store, kept_composite.run_id, name, own)
            for name in ("listings", "subjects")
            if kept_composite.gave(name)
        }
    if any(was_given(scored_composite.manifest, name) and name not in given for name in ("listings", "subjects")):
        return [Marked(who, mine, None) for who, mine in own.items()]
    withdrawn = [
        RecordEvent(dispute.subject_id, dispute.record_id, "withdrawn", dispute.since, dispute.since)
        for mine in own.values()
        for dispute in mine
    ]
    derived = derive(store, own, withdrawn, find, schemes=schemes)
    cells = {
        row["subject_id"]: _cell(row)
        for _, again in made_again(
            scored_composite.manifest, scored_composite.config, list(own), derived, lambda _: given
        )
        for row in again.composite.to_pylist()
    }
    return [Marked(who, mine, cells.get(who)) for who, mine in own.items()]


def _cell(row: Mapping[str, Any]) -> Cell:
    score = None if row["score"] is None else Decimal(row["score"])
    return Cell(row["state"], row["state_reason"] or "", row["grade"] or "", score, row["config_version"])
