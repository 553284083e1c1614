"""Columns for a population: how many single records decide each subject's grade, and how few withdrawals better it.

Subjects are worked off in chunks, each graded from the snapshot anew, so memory stays bounded and the result does not
depend on the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creditscore.explanation.decisive import Search
from creditscore.explanation.decisive_answer import without_search
from creditscore.explanation.decisive_facts import TooMuch
from creditscore.grading.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.replay import inputs
from creditscore.grading.result import Grading

if TYPE_CHECKING:
    import pyarrow as pa

CHUNK = 5_000


@dataclass(frozen=True)
class Brief:
    """One subject: single decisive records, the fewest withdrawals that better its grade (None: none do)."""

    subject_id: str
    decisive_singles: int
    smallest_set: int | None
    proved: bool  # False: `smallest_set` is the fewest that are known, fewer were not excluded


def brief(plan: Plan, subject_id: str, subject: Subject) -> Brief:
    """The two columns of one subject."""
    try:
        return Brief(subject_id, *Search(plan, subject).brief())
    except TooMuch as beyond:
        found = without_search(plan, subject, None, 1, str(beyond))
    better = None if found.target == "any" else found.smallest
    return Brief(subject_id, sum(len(one.records) for one in found.singles), better, found.proved)


def briefs(grading: Grading, subject_ids: Sequence[str]) -> list[Brief]:
    """The columns of some subjects of a grading, in order of their ids."""
    return [brief(grading.plan, subject_id, subject) for subject_id, subject in inputs(grading, list(subject_ids))]


def chunks(subject_ids: Sequence[str], size: int = CHUNK) -> Iterator[list[str]]:
    for first in range(0, len(subject_ids), size):
        yield list(subject_ids[first : first + size])


def population(
    work: Callable[[list[str]], list[Brief]], subject_ids: Sequence[str], processes: int = 1, size: int = CHUNK
) -> pa.Table:
    """`subject_id, decisive_singles, smallest_set, smallest_proved`, sorted by subject; `work` answers for a chunk."""
    import pyarrow as pa

    ordered = sorted(subject_ids)
    if processes > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            rows = [row for some in pool.map(work, chunks(ordered, size)) for row in some]
    else:
        rows = [row for some in chunks(ordered, size) for row in work(some)]
    kinds: Mapping[str, Any] = {"decisive_singles": pa.int32(), "smallest_set": pa.int32(), "proved": pa.bool_()}
    columns: dict[str, Any] = {"subject_id": pa.array([row.subject_id for row in rows], pa.string())}
    columns |= {name: pa.array([getattr(row, name) for row in rows], kind) for name, kind in kinds.items()}
    return pa.table(columns).rename_columns(["subject_id", "decisive_singles", "smallest_set", "smallest_proved"])
