"""Why no smaller set of withdrawals reaches a target: one claim for each branch of the rules, and a checker of its own.

A claim says: in this branch these records must go, and of the rest so much must be gained, which so few cannot gain.
`gains[j]` is the most that j records of a part can gain. `verify` trusts none of it: it grades the witness and every
smaller set with the reference interpreter where they are few, and otherwise adds the gains up again and measures each
part's gains with the reference interpreter's own sums.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from math import comb
from typing import Any

from creditscore.explanation.decisive.chain import Chain
from creditscore.grading.interpreter.combine import combine
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject, opening
from creditscore.grading.plan import Plan

EXHAUST = 2000  # sets that are simply graded
INSIDE = 4096  # sets of one part that are simply added up


@dataclass(frozen=True)
class Claim:
    """In the branch where facts have these values, fewer than `fewest` withdrawals do not reach the target."""

    facts: Mapping[str, Any]
    gone: tuple[str, ...]  # must go
    measure: str  # what else must be gained: low, high (10⁻⁶ points), a fact; empty: nothing
    up: bool
    short: int
    gains: tuple[tuple[tuple[str, ...], tuple[int, ...]], ...]  # records of a part, most gained by 0, 1, 2 … of them
    fewest: int
    searched: bool  # the bound alone says less than `fewest`: the search went through the branch


@dataclass(frozen=True)
class Verdict:
    """Whether the checker agrees, how it looked, at how many sets; `open_`: what it took as given."""

    agrees: bool
    how: str
    looked_at: int
    open_: tuple[str, ...] = ()


def claim(chain: Chain, fewest: int | None) -> Claim:
    """The claim of one cell; `fewest`: what the search found there, None where it was not needed."""
    game = chain.game
    bound = chain.bound()
    gone = game.ids(i for kind, k in zip(game.kinds, chain.forced, strict=True) for i in kind.records[:k])
    facts = {name: choice.value for name, choice in sorted(chain.cell.chosen.items())}
    best: tuple[int, int, bool] | None = None
    for m, up in chain.useful if bound is not None else ():
        reach = chain.reach(m, up)
        if reach is not None and (best is None or reach > best[0]):
            best = reach, m, up
    floor = bound if bound is not None else 0
    least = floor if fewest is None else fewest
    if best is None or not best[0]:
        return Claim(facts, gone, "", True, 0, (), least, least > floor)
    _, m, up = best
    demand = chain.demands[m]
    parts = []
    for p, part in enumerate(game.parts):
        gains = chain.part_gains(p, m, up)
        if gains[-1]:
            ids = game.ids(i for k in part.kinds for i in game.kinds[k].records[: chain.n[k]] if chain.top[k])
            parts.append((ids, tuple(gains)))
    return Claim(facts, gone, demand.name or demand.of, up, chain.short(m, up), tuple(parts), least, least > floor)


def reached(plan: Plan, now: Outcome, outcome: Outcome, target: str) -> bool:
    """Whether an outcome reaches a target: a grade or better, or (`any`) another state or grade than now."""
    if target == "any":
        return (outcome.state, outcome.grade) != (now.state, now.grade)
    return outcome.state == "graded" and plan.grades.index(outcome.grade) <= plan.grades.index(target)


def verify(
    plan: Plan,
    subject: Subject,
    target: str,
    witness: Sequence[str],
    smallest: int,
    claims: Sequence[Claim],
    exhaust: int = EXHAUST,
) -> Verdict:
    """Check an answer independently of the search: the witness reaches the target, and no smaller set does.

    `exhaust`: up to so many smaller sets are graded one by one; beyond, the claims are added up and measured.
    """
    records = list(subject.records)
    now = grade_subject(plan, subject)

    def reaches(ids: set[str]) -> bool:
        left = [record for record in records if record["record_id"] not in ids]
        return reached(plan, now, grade_subject(plan, replace(subject, records=left)), target)

    if len(set(witness)) != smallest or not reaches(set(witness)):
        return Verdict(False, "the witness does not reach the target", 1)
    ids = [str(record["record_id"]) for record in records]
    smaller = sum(comb(len(ids), size) for size in range(smallest))
    if smaller <= exhaust:
        agrees = not any(
            reaches(set(combination)) for size in range(smallest) for combination in combinations(ids, size)
        )
        return Verdict(agrees, "exhaustion", 1 + smaller)
    return _by_claims(plan, subject, smallest, claims)


def _by_claims(plan: Plan, subject: Subject, smallest: int, claims: Sequence[Claim]) -> Verdict:
    looked, open_ = 1, []
    assessed = {record["record_id"]: record for record in opening(plan, subject).records}
    for proof_claim in claims:
        if proof_claim.fewest < smallest:
            return Verdict(
                False, f"the branch {dict(proof_claim.facts)} is claimed for {proof_claim.fewest} withdrawals", looked
            )
        left = smallest - 1 - len(proof_claim.gone)
        if left < 0:
            continue
        if not proof_claim.short or proof_claim.searched:
            open_.append(f"the branch {dict(proof_claim.facts)} was searched, not bounded")
            continue
        best = [0]
        for ids, gains in proof_claim.gains:
            sets = 1 << len(ids)
            if proof_claim.measure in ("low", "high") and sets <= INSIDE:
                looked += sets
                if any(
                    _gained(plan, assessed, ids, proof_claim, size) > gains[min(size, len(gains) - 1)]
                    for size in range(len(ids) + 1)
                ):
                    return Verdict(False, f"a part gains more than is claimed: {', '.join(ids)}", looked)
            elif proof_claim.measure not in ("low", "high") or len(ids) > len(gains):
                open_.append(f"the gains of {len(ids)} records were taken as given")
            best = [
                max(best[a] + gains[j - a] for a in range(len(best)) if 0 <= j - a < len(gains))
                for j in range(len(best) + len(gains) - 1)
            ]
        if max(best[: left + 1]) >= proof_claim.short:
            return Verdict(False, f"{left} records gain {max(best[: left + 1])} of {proof_claim.short}", looked)
    return Verdict(True, "bounds", looked, tuple(dict.fromkeys(open_)))


def _gained(plan: Plan, assessed: Mapping[str, Any], ids: Sequence[str], proof_claim: Claim, size: int) -> int:
    """The most that `size` of these records move the sum, by the reference interpreter's own sums."""
    side = int(proof_claim.measure == "high")

    def total(record_ids: Sequence[str]) -> int:
        return combine(plan, [dict(assessed[record]) for record in record_ids], [])[side]

    whole = total(ids)
    moved = (total([record for record in ids if record not in gone]) - whole for gone in combinations(ids, size))
    return max(change if proof_claim.up else -change for change in moved)
