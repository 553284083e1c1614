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
from creditscore.store.archive.composites import beside, kept_composites, was_given
from creditscore.store.archive.runs import kept_runs

if TYPE_CHECKING:
    from creditscore.schemes.model import Scheme


def score_marks(
    store: Database, made: Composite, find: Find, subject_ids: Iterable[str] | None = None, *,
    listings: Any = None, subjects: Any = None, schemes: Mapping[str, Scheme] | None = None,
) -> list[Marked]:  # fmt: skip
    """The disputed scores of a composite: those of subjects that bring a disputed record to one of its gradings.

    The second score is made by the composite's own rules from the gradings without these records, later grades
    with what earlier ones then give; entries on lists stay until a person annuls them. `listings`, `subjects`: what
    the composite was given, where the store does not keep it. Where its gradings are not all kept, disputes of its
    subjects are named without a second score.
    """
    scored = set(made.composite["subject_id"].to_pylist())
    disputes = [one for one in open_disputes(store, subject_ids) if one.subject_id in scored]
    if not disputes:
        return []
    wanted = [str(one.get("run_id", "")) for one in made.manifest["inputs"]]
    runs = {run.run_id: run for run in kept_runs(store) if run.run_id in wanted}
    if set(wanted) - set(runs):
        return [Marked(who, own, None) for who, own in by_subject(disputes).items()]
    brought: set[Dispute] = set()
    for run in runs.values():
        grading = as_kept(run, find(run), sorted(by_subject(disputes)), schemes)
        brought |= {one for marked in marks_in(grading, disputes) for one in marked.disputes}
    own = by_subject([one for one in disputes if one in brought])
    if not own:
        return []
    kept = next((one for one in kept_composites(store) if one.run_id == made.manifest["run_id"]), None)
    given: dict[str, Any] = {"listings": listings, "subjects": subjects}
    given = {name: table for name, table in given.items() if table is not None}
    if kept is not None:
        given = {name: beside(store, kept.run_id, name, own) for name in ("listings", "subjects") if kept.gave(name)}
    if any(was_given(made.manifest, name) and name not in given for name in ("listings", "subjects")):
        return [Marked(who, mine, None) for who, mine in own.items()]
    withdrawn = [RecordEvent(one.subject_id, one.record_id, "withdrawn", one.since, one.since)
                 for mine in own.values() for one in mine]  # fmt: skip
    derived = derive(store, own, withdrawn, find, schemes=schemes)
    cells = {
        row["subject_id"]: _cell(row)
        for _, again in made_again(made.manifest, made.config, list(own), derived, lambda _: given)
        for row in again.composite.to_pylist()
    }
    return [Marked(who, mine, cells.get(who)) for who, mine in own.items()]


def _cell(row: Mapping[str, Any]) -> Cell:
    score = None if row["score"] is None else Decimal(row["score"])
    return Cell(row["state"], row["state_reason"] or "", row["grade"] or "", score, row["config_version"])
