"""Columns for a population: how many single records decide each subject's grade, and how few withdrawals better it.

Most subjects are answered at once from sums (`decisive_sums`); the others by the search, each for itself. Subjects are
worked off in the spans of grading, so memory stays bounded and the result does not depend on the number of processes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creditscore.explanation.decisive.answer import without_search
from creditscore.explanation.decisive.cells import leaves
from creditscore.explanation.decisive.decisive import Search
from creditscore.explanation.decisive.facts import TooMuch
from creditscore.explanation.decisive.game import game
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.grading.population.prescore import Prescorer

if TYPE_CHECKING:
    import pyarrow as pa

    from creditscore.explanation.decisive.sums import Rule

CHUNK = 2_000  # subjects whose records are held as Python objects at once
NAMES = ("subject_id", "decisive_singles", "smallest_set", "smallest_proved")


@dataclass(frozen=True)
class Brief:
    """One subject: single decisive records, the fewest withdrawals that better its grade (None: none do)."""

    subject_id: str
    decisive_singles: int
    smallest_set: int | None
    proved: bool  # False: `smallest_set` is the fewest that are known, fewer were not excluded


def brief(plan: Plan, subject_id: str, subject: Subject) -> Brief:
    """The columns of one subject, by the search."""
    try:
        return Brief(subject_id, *Search(plan, subject).brief())
    except TooMuch as beyond:
        decisive = without_search(plan, subject, None, 1, str(beyond))
    better = None if decisive.target == "any" else decisive.smallest
    return Brief(subject_id, sum(len(single.records) for single in decisive.singles), better, decisive.proved)


def span(
    prescorer: Prescorer,
    number: int,
    rules: dict[Any, Rule | None] | None = None,
    searched: list[str] | None = None,
) -> pa.Table:
    """The columns of the subjects of one span, in order of sid.

    `rules`: what was found for earlier spans; `searched`: is filled with the subjects that were searched one by one.
    """
    import numpy as np
    import pyarrow as pa

    from creditscore.explanation.decisive.sums import sums

    prescored = prescorer.prescore(number)
    of = prescored.subjects
    sids = of["sid"].to_numpy()
    truths = np.stack([of[name].to_numpy() for name in of.column_names if name.startswith("t")], axis=1)
    moves = of["moves"].to_numpy()
    few, kinds = np.flatnonzero(moves >= 0), np.full(len(sids), -1)
    alike, first, kinds[few] = _alike(np.column_stack((moves, truths))[few])
    deciding_rules = _rules(prescorer, alike, sids[few[first]].tolist(), {} if rules is None else rules)
    answer = sums(prescorer.plan, sids, moves, kinds, deciding_rules, prescored.records)
    ids = of["subject_id"].to_pylist()
    singles, smallest, proved = answer.singles, answer.smallest, np.ones(len(sids), bool)
    for k, subject_brief in _searched(prescorer, np.flatnonzero(~answer.known), sids, ids):
        singles[k], proved[k] = subject_brief.decisive_singles, subject_brief.proved
        if searched is not None:
            searched.append(subject_brief.subject_id)
        smallest[k] = -1 if subject_brief.smallest_set is None else subject_brief.smallest_set
    columns = (
        pa.array(ids, pa.string()),
        pa.array(singles, pa.int32()),
        pa.array(smallest, pa.int32(), mask=smallest < 0),
        pa.array(proved),
    )
    return pa.table(dict(zip(NAMES, columns, strict=True)))


def _alike(signs: Any) -> tuple[list[tuple[int, ...]], Any, Any]:
    """Rows that are equal: each once, where it first stands, and which one every row is."""
    import numpy as np

    rows, first, of = np.unique(signs, axis=0, return_index=True, return_inverse=True)
    return [tuple(row) for row in rows.tolist()], first, of.reshape(-1)


def _rules(
    prescorer: Prescorer, alike: list[tuple[int, ...]], sids: list[int], rules: dict[Any, Rule | None]
) -> list[Rule | None]:
    """What becomes of a sum where comparisons have these truths, read from the rules of one subject each."""
    from creditscore.explanation.decisive.sums import rule_of

    new = {sid: key for key, sid in zip(alike, sids, strict=True) if key not in rules}
    for sid, (_, subject) in zip(sorted(new), prescorer.inputs(sorted(new)), strict=True):
        try:
            rules[new[sid]] = rule_of(leaves(game(prescorer.plan, subject)))
        except TooMuch:
            rules[new[sid]] = None
    return [rules[key] for key in alike]


def _searched(prescorer: Prescorer, open_: Any, sids: Any, ids: list[str]) -> Iterator[tuple[int, Brief]]:
    for begin in range(0, len(open_), CHUNK):
        subset = open_[begin : begin + CHUNK]
        for k, (subject_id, subject) in zip(subset, prescorer.inputs(sids[subset].tolist()), strict=True):
            assert subject_id == ids[k]
            yield int(k), brief(prescorer.plan, subject_id, subject)


def population(work: Callable[[tuple[int, int]], pa.Table], processes: int = 1) -> pa.Table:
    """`subject_id, decisive_singles, smallest_set, smallest_proved`, sorted by subject.

    `work((k, n))` gives the columns of every n-th span from the k-th on.
    """
    import pyarrow as pa

    shares = [(k, processes) for k in range(processes)]
    if processes > 1:
        from concurrent.futures import ProcessPoolExecutor
        from multiprocessing import get_context

        with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
            parts: Iterable[pa.Table] = list(pool.map(work, shares))
    else:
        parts = [work(shares[0])]
    return pa.concat_tables(parts).sort_by("subject_id")


def some_spans(prescorer: Prescorer, share: tuple[int, int]) -> pa.Table:
    """The columns of every n-th span from the k-th on, `share` = (k, n)."""
    import pyarrow as pa

    rules: dict[Any, Rule | None] = {}
    kinds = (pa.string(), pa.int32(), pa.int32(), pa.bool_())
    empty = pa.schema(list(zip(NAMES, kinds, strict=True))).empty_table()
    numbers = range(share[0], len(prescorer.ranges), share[1])
    return pa.concat_tables([empty, *(span(prescorer, number, rules) for number in numbers)])
