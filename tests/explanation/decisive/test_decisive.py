"""Decisive records: equal to brute force in every shipped scheme, and what must hold for any subject."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.days import year_end
from creditscore.core.errors import UsageError
from creditscore.explanation.decisive.brute_force import brute
from creditscore.explanation.decisive.check import check, differences, expand
from creditscore.explanation.decisive.decisive import Search, decisive
from creditscore.explanation.decisive.population import brief
from creditscore.explanation.decisive.proof import verify
from creditscore.explanation.synthetic import plans, subjects
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.exact import Subject, grade_subject
from creditscore.grading.plan import Plan
from creditscore.schemes import registry
from tests.paths import TEST_SCHEMES
from tests.tiers import thinned

SHIPPED = [entry for entry in registry.entries() if not registry.load(entry).missing]
RECORDS = (0, 1, 2, 3, 3, 4, 4, 4, 5, 5, 6, 8)
RICH = TEST_SCHEMES


@pytest.mark.parametrize("entry", thinned(SHIPPED, 20, in_ci=4), ids=lambda value: f"{value.scheme}@{value.version}")
def test_equal_to_brute_force_in_every_shipped_scheme(entry: registry.Entry) -> None:
    scheme = registry.load(entry)
    stretches = len(plans(scheme))
    checked = check(scheme, max(1, 160 // stretches), 1, RECORDS)
    assert checked.differences == ()
    assert checked.subjects >= 150
    assert checked.sets > checked.subjects or not scheme.items  # without items nobody has a record


def rich(name: str) -> Plan:
    scheme = registry.pick(str(RICH / f"{name}.yaml"))
    return bind(scheme, 2020 if scheme.period == "year" else date(2020, 12, 31), known_at=year_end(2020) + 120)


@pytest.mark.parametrize(
    ("name", "records"), [("acts", 9), ("caps", 9), ("counts", 6), ("dates", 9), ("unknown", 9)], ids=str
)
def test_equal_to_brute_force_where_everything_meets(name: str, records: int) -> None:
    """Caps in groups, heaviest per act and group, months, runs, interval scores, pools, ceilings, exact counts."""
    plan = rich(name)
    for subject in subjects(plan, 1, 40, range(records)):
        assert list(differences(plan, subject, brute(plan, subject))) == []


def test_the_check_sees_a_difference() -> None:
    plan = rich("acts")
    subject = next(
        subject for subject in subjects(plan, 2, 50, range(4, 7)) if decisive(plan, subject, "green").smallest == 2
    )
    truth = brute(plan, subject)
    wrong = {ids: end for ids, end in truth.outcomes.items() if len(ids) < 2} | {
        ids: truth.now for ids in truth.outcomes if len(ids) >= 2
    }
    assert any("smallest" in difference for difference in differences(plan, subject, replace(truth, outcomes=wrong)))


PLANS = [rich("caps"), rich("acts"), *plans(registry.pick("tax@2014"))[-1:]]


def subject_of(plan: Plan, seed: int) -> Subject:
    return next(subjects(plan, seed, 1, range(14, 24)))


def without(subject: Subject, ids: set[str]) -> Subject:
    return replace(subject, records=[record for record in subject.records if record["record_id"] not in ids])


@settings(max_examples=25, deadline=None, derandomize=True)
@given(st.integers(0, 10_000), st.sampled_from(range(len(PLANS))))
def test_what_must_hold_for_every_answer(seed: int, which: int) -> None:
    plan = PLANS[which]
    subject = subject_of(plan, seed)
    decisive_records = decisive(plan, subject, limit=5)
    now = grade_subject(plan, subject)
    assert (decisive_records.state, decisive_records.grade) == (now.state, now.grade)

    def reaches(ids: set[str]) -> bool:
        outcome = grade_subject(plan, without(subject, ids))
        if decisive_records.target == "any":
            return (outcome.state, outcome.grade) != (now.state, now.grade)
        return outcome.state == "graded" and plan.grades.index(outcome.grade) <= plan.grades.index(
            decisive_records.target
        )

    if decisive_records.witness:
        assert reaches(set(decisive_records.witness))
        assert len(decisive_records.witness) == decisive_records.at_most
    for pattern in decisive_records.patterns:
        ids = set(next(expand(decisive_records, pattern)))
        assert reaches(ids)
        assert not any(reaches(ids - {key}) for key in ids)
    for single in decisive_records.singles:
        outcome = grade_subject(plan, without(subject, {single.records[-1]}))
        assert (outcome.state, outcome.grade) == (single.state, single.grade)
    shuffled = list(subject.records)
    random.Random(seed).shuffle(shuffled)
    assert decisive(plan, replace(subject, records=shuffled), limit=5) == decisive_records


def test_the_only_audit_record_lowers_the_start() -> None:
    """Tax: without any record of the kind that a start of 100 asks for, counting begins at 90."""
    plan = plans(registry.pick("tax@2014"))[-1]
    decisives = [decisive(plan, subject, "any") for subject in subjects(plan, 4, 300, range(1, 3))]
    order = {grade: k for k, grade in enumerate(plan.grades)}
    assert any(s.grade and d.grade and order[s.grade] > order[d.grade] for d in decisives for s in d.singles)


def test_a_target_that_holds_already_needs_nothing() -> None:
    plan = rich("acts")
    subject = subject_of(plan, 1)
    decisive_records = decisive(plan, subject, plan.grades[-1])
    assert (
        decisive_records.smallest,
        decisive_records.smallest_sets,
        decisive_records.witness,
        decisive_records.minimal_sets,
    ) == (
        0,
        1,
        (),
        1,
    )


def test_what_no_withdrawal_reaches_is_said() -> None:
    plan = rich("acts")
    decisive_records = decisive(plan, replace(subject_of(plan, 1), fed=False), "green")
    assert (
        decisive_records.possible,
        decisive_records.proved,
        decisive_records.smallest,
        decisive_records.patterns,
    ) == (
        False,
        True,
        None,
        (),
    )


def test_where_nothing_reaches_the_target_the_empty_list_is_complete() -> None:
    plan = rich("counts")
    seen = 0
    for subject in subjects(plan, 6, 60, range(1, 4)):
        decisive_records = decisive(plan, subject, plan.grades[0], limit=1)
        if decisive_records.possible is False:
            seen += 1
            assert (decisive_records.complete, decisive_records.minimal_sets) == (True, 0)
    assert seen >= 10


def test_what_one_record_reaches_needs_no_search() -> None:
    plan = rich("caps")
    seen = 0
    for subject in subjects(plan, 7, 30, range(4, 20)):
        decisive_records = decisive(plan, subject, "any", work=1)
        if decisive_records.singles:
            seen += 1
            single = sum(len(single.records) for single in decisive_records.singles)
            assert (decisive_records.proved, decisive_records.smallest, decisive_records.smallest_sets) == (
                True,
                1,
                single,
            )
    assert seen >= 10


def test_many_records_in_one_part_end_within_the_limit_of_work() -> None:
    """Counts by act and by kind tie all records together: one part has as many ways as many parts."""
    plan = rich("counts")
    began = time.process_time()
    for subject in subjects(plan, 8, 2, [60], recent=True):
        decisive_records = decisive(plan, subject, "any")
        assert decisive_records.proved or decisive_records.why
    assert time.process_time() - began < 60


def test_a_list_that_is_cut_says_so() -> None:
    plan = rich("acts")
    answers = [decisive(plan, subject, limit=1) for subject in subjects(plan, 3, 20, range(20, 30))]
    cut = [answer for answer in answers if answer.patterns and not answer.complete]
    assert cut
    assert all(len(other_decisive.patterns) == 1 for other_decisive in cut)


def test_beyond_the_limit_of_work_bounds_are_given_and_nothing_is_guessed() -> None:
    plan = rich("caps")
    for subject in subjects(plan, 5, 6, range(14, 20)):
        full, cut = decisive(plan, subject), decisive(plan, subject, work=30)
        if cut.proved:
            assert cut.smallest == full.smallest
            continue
        assert cut.smallest is None
        assert cut.why
        if full.smallest is not None:
            assert cut.at_least <= full.smallest
            assert cut.at_most is None or full.smallest <= cut.at_most


def test_wrong_questions() -> None:
    plan = rich("acts")
    with pytest.raises(UsageError, match="is no grade of"):
        decisive(plan, subject_of(plan, 1), "E")
    with pytest.raises(UsageError, match="at least 1"):
        decisive(plan, subject_of(plan, 1), limit=0)
    with pytest.raises(UsageError, match="at most 16"):
        brute(plan, subject_of(plan, 1) if len(list(subject_of(plan, 1).records)) > 16 else subject_of(plan, 3))


def test_minimal_sets_are_counted_where_the_list_is_cut() -> None:
    counted = several = 0
    for plan in (rich("acts"), rich("dates"), *plans(registry.pick("tax@2014"))[-1:]):
        for subject in subjects(plan, 9, 40, range(5, 10)):
            whole = decisive(plan, subject, limit=10**6)
            cut = Search(plan, subject).answer(None, 0)
            assert cut.minimal_sets in (None, whole.minimal_sets)
            counted += cut.minimal_sets is not None
            several += (cut.minimal_sets or 0) > 3
    assert counted > 50
    assert several > 5


def test_the_columns_of_a_population_say_the_same() -> None:
    plan = rich("acts")
    for subject in subjects(plan, 6, 40, range(12)):
        row, decisive_records = brief(plan, "s", subject), decisive(plan, subject)
        assert row.decisive_singles == sum(len(single.records) for single in decisive_records.singles)
        assert row.smallest_set == (None if decisive_records.target == "any" else decisive_records.smallest)
        assert row.proved


@pytest.mark.slow
def test_the_proof_is_checked_on_its_own() -> None:
    """By grading every smaller set, and by the claims alone; a claim that promises too little gain is refuted."""
    plan = plans(registry.pick("tax@2014"))[-1]
    looked = refuted = larger = 0
    for subject in subjects(plan, 8, 60, range(8, 12)):
        decisive_records = decisive(plan, subject)
        if not decisive_records.smallest or decisive_records.smallest < 2:
            continue
        given = (plan, subject, decisive_records.target, decisive_records.witness, decisive_records.smallest)
        assert verify(*given, decisive_records.proof, exhaust=10**6).how == "exhaustion"
        verdict = verify(*given, decisive_records.proof, exhaust=0)
        assert verdict.agrees
        looked += verdict.looked_at > 1
        small = tuple(
            replace(claim, short=1) for claim in decisive_records.proof if claim.short > 1 and not claim.searched
        )
        refuted += bool(small) and not verify(*given, small, exhaust=0).agrees
        assert not verify(
            plan,
            subject,
            decisive_records.target,
            decisive_records.witness[1:],
            decisive_records.smallest,
            decisive_records.proof,
        ).agrees
        for name in (str(record["record_id"]) for record in subject.records):
            more = (*decisive_records.witness, name)
            if (
                name not in decisive_records.witness
                and verify(plan, subject, decisive_records.target, more, len(more), ()).looked_at != 1
            ):
                larger += 1  # it reaches the target too, and is not the smallest
                assert not verify(
                    plan, subject, decisive_records.target, more, len(more), decisive_records.proof, exhaust=0
                ).agrees
                break
    assert looked > 3
    assert refuted > 3
    assert larger > 3
