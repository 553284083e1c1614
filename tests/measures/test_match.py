"""From event to proposal: each promised refusal, exact days, and what holds for whatever comes."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.days import from_day, to_day
from creditscore.core.i18n import catalogue
from creditscore.measures.force import basis_on, may_cut_rights
from creditscore.measures.load import load_four_lists
from creditscore.measures.match import Matched, NotProposed, Prior, match
from creditscore.measures.model import PunishMeasure
from creditscore.measures.tables import BusinessEvent, Listing, by_subject
from creditscore.schemes.laws import load_laws
from tests.measures.helpers import (
    FIRM,
    INSTITUTION,
    NGO,
    OTHER,
    TRADER,
    copied,
    day,
    entry,
    event,
    shipped,
)


def run(events: BusinessEvent | list[BusinessEvent], *entries: Listing, **more: object) -> Matched:
    given_ = [events] if isinstance(events, BusinessEvent) else events
    return match(shipped(), given_, by_subject(entries), **more)  # type: ignore[arg-type]


def only(matched: Matched) -> NotProposed:
    assert matched.proposals == ()
    (not_proposed,) = matched.refused
    assert not_proposed.message == catalogue()["not_proposed"][not_proposed.reason]["en"]
    return not_proposed


def test_an_entry_a_link_and_a_law_make_a_proposal() -> None:
    matched = run(event(), entry())
    (proposal,) = matched.proposals
    assert (proposal.subject_id, proposal.listing_id, proposal.measure_id, proposal.side) == (
        FIRM,
        "L1",
        "PM-PROCUREMENT",
        "punish",
    )
    assert (proposal.basis, proposal.basis_level) == ("ZFCGF 22(5); CBK2014_526", "law")
    assert proposal.flags == ()  # the day of the law is known
    assert proposal.evidence == "verified"
    assert proposal.ends_by == day("2026-01-10")  # three years from entry, and the day after the term
    assert "政府采购" in proposal.relevance_reason
    assert matched.fates == {"proposed": 1, "refused": 0, "clear": 0}


@pytest.mark.parametrize(
    ("on", "valid"),
    [("2023-01-09", False), ("2023-01-10", True), ("2025-06-29", True), ("2025-06-30", False)],
)
def test_the_day_of_exit_is_the_first_without(on: str, valid: bool) -> None:
    matched = run(event(on), entry(exited="2025-06-30", end=None))
    assert bool(matched.proposals) is valid
    if not valid:
        assert only(matched).reason == "not_valid_that_day"


@pytest.mark.parametrize(("on", "valid"), [("2024-05-01", True), ("2024-05-02", False)])
def test_the_last_day_of_the_term_counts(on: str, valid: bool) -> None:
    assert bool(run(event(on), entry(end="2024-05-01")).proposals) is valid


def test_the_longest_period_runs_from_entry() -> None:
    assert run(event("2026-01-09"), entry(end=None)).proposals
    assert only(run(event("2026-01-10"), entry(end=None))).reason == "period_used_up"


@pytest.mark.parametrize(
    ("raw", "reason", "shown"),
    [
        ("9.14403E+17", "mangled_id", "9.14403E+17"),
        ("11010519491231002X", "natural_person", "110***************"),
        ("914403001922038217", "bad_uscc", "914403001922038217"),
        ("甲公司", "bad_uscc", "***"),
    ],
)
def test_ids_are_never_guessed(raw: str, reason: str, shown: str) -> None:
    not_proposed = only(run(event(subjects=(raw,)), entry()))
    assert (not_proposed.reason, not_proposed.subject_id) == (reason, shown)


def test_full_width_and_small_letters_are_the_same_code() -> None:
    spelled = OTHER.lower().replace("9", "９")
    assert run(event(subjects=(spelled,)), entry(subject=OTHER)).proposals[0].subject_id == OTHER


EARLY = entry("culture_tourism_serious", entered="2019-01-01", end=None)


@pytest.mark.parametrize(
    ("reason", "given_event", "given_entry"),
    [
        ("unknown_department", event(department="treasury"), entry()),
        ("unknown_list", event(), entry("some_list")),
        ("no_link", event(), entry("market_serious")),
        ("other_event", event(kind="licence"), entry()),
        ("other_department", event(kind="inspection_plan", department="customs"), entry("wage_arrears")),
        ("kind_not_named", event(subjects=(TRADER,)), entry(subject=TRADER)),
        ("not_yet_known", event(), entry(recorded="2024-03-02")),
        ("basis_not_in_force", event("2019-03-01", "inspection_plan", "culture_tourism"), EARLY),
    ],
)
def test_each_reason(reason: str, given_event: BusinessEvent, given_entry: Listing) -> None:
    matched = run(given_event, given_entry)
    assert only(matched).reason == reason


def test_a_list_of_the_library_that_the_tables_leave_out(tmp_path: Path) -> None:
    place = copied(tmp_path)
    file = place / "dishonest_conduct.yaml"
    text = file.read_text(encoding="utf-8")
    begin, end = text.index("  - id: DC-ECOMMERCE"), text.index("  - id: DC-ELDERLY-CARE")
    file.write_text(text[:begin] + text[end:], encoding="utf-8")
    matched = match(load_four_lists(place), [event()], by_subject([entry("ecommerce_record")]))
    assert only(matched).reason == "no_conduct"


def test_who_is_not_in_the_table_of_subjects_is_unknown() -> None:
    assert only(run(event(), entry(), subjects={OTHER: "enterprise"})).reason == "unknown_subject"


def test_the_table_of_subjects_says_the_kind() -> None:
    assert only(run(event(), entry(), subjects={FIRM: "individual_business"})).reason == "kind_not_named"


def test_knowledge_of_a_later_day() -> None:
    assert run(event(), entry(recorded="2024-03-02"), known_at=day("2024-03-02")).proposals


def test_a_rule_that_was_not_yet_known_is_no_basis() -> None:
    laws = dict(load_laws())
    laws["ZSCQ2022"] = laws["ZSCQ2022"].model_copy(update={"known_from": from_day(day("2023-06-01"))})
    listed = entry("intellectual_property_dishonest", end=None)
    about = event("2023-05-01", "fund", "intellectual_property")
    matched = run(about, listed, laws=laws)
    assert {not_proposed.reason for not_proposed in matched.refused} == {"other_event", "basis_not_in_force"}
    assert run(about, listed, laws=laws, known_at=day("2023-06-01")).proposals


def test_a_repealed_rule_is_no_basis() -> None:
    listed = entry("customs_dishonest", end=None, entered="2025-01-01")
    assert run(event("2026-03-31", "clearance", "customs"), listed).proposals
    assert only(run(event("2026-04-01", "clearance", "customs"), listed)).reason == "basis_not_in_force"


def test_a_departmental_rule_alone_is_flagged() -> None:
    (proposal,) = run(event("2025-01-01", "clearance", "customs"), entry("customs_dishonest", end=None)).proposals
    assert proposal.flags == ("basis_department_rule", "weak_evidence")
    assert proposal.evidence == "recalled"


def test_what_is_left_of_a_basis_must_still_be_strong_enough() -> None:
    """The law is repealed; the document below a departmental rule that also stands there may not cut rights."""
    laws = dict(load_laws())
    laws["ZFCGF"] = laws["ZFCGF"].model_copy(update={"repealed": "2024-01-01"})
    assert only(run(event(), entry(), laws=laws)).reason == "basis_too_low"


def test_a_condition_is_shown() -> None:
    (proposal,) = run(event(kind="inspection_plan", department="construction"), entry("wage_arrears")).proposals
    assert proposal.flags == ("condition",)


REWARD = entry("customs_advanced", entered="2023-01-01", end=None, key="R1")
CLEARANCE = event(kind="clearance", department="customs")


def test_a_reward_of_the_red_list() -> None:
    matched = run(CLEARANCE, REWARD)
    assert [proposal.measure_id for proposal in matched.proposals] == [
        "RM-CUSTOMS-CHECKS",
        "RM-CUSTOMS-GUARANTEE",
        "RM-CUSTOMS-ORIGIN",
    ]
    assert {proposal.side for proposal in matched.proposals} == {"reward"}


@pytest.mark.parametrize("other", ["market_serious", "intellectual_property_dishonest"])
def test_no_reward_beside_a_black_or_watch_entry(other: str) -> None:
    matched = run(CLEARANCE, REWARD, entry(other, key="B1"))
    assert matched.proposals == ()
    assert {not_proposed.reason for not_proposed in matched.refused if not_proposed.listing_id == "R1"} == {
        "on_black_or_watch_list",
        "other_event",
    }


@pytest.mark.parametrize("over", [{"exited": "2024-02-29"}, {"end": "2024-02-29"}, {"recorded": "2024-03-02"}])
def test_an_entry_that_is_over_or_unknown_bars_no_reward(over: dict[str, str]) -> None:
    assert run(CLEARANCE, REWARD, entry("market_serious", key="B1", **over)).proposals


def test_an_abnormal_entry_bars_no_reward() -> None:
    assert run(CLEARANCE, REWARD, entry("market_abnormal", key="B1")).proposals


def test_an_entry_of_an_unknown_list_bars_a_reward() -> None:
    matched = run(CLEARANCE, REWARD, entry("who_knows", key="B1"))
    assert matched.proposals == ()
    assert "entry_of_unknown_list" in {not_proposed.reason for not_proposed in matched.refused}


STANDING = ("culture_tourism_serious", "inspection_plan", "culture_tourism")


def test_a_standing_measure_is_proposed_once() -> None:
    listed, kind, dept = STANDING
    plans = [event(f"2024-0{k}-01", kind, dept, key=f"E{k}") for k in (3, 4)]
    matched = run(plans, entry(listed))
    assert [proposal.event_id for proposal in matched.proposals] == ["E3"]
    assert [(not_proposed.event_id, not_proposed.reason) for not_proposed in matched.refused] == [
        ("E4", "already_open")
    ]
    key = ("L1", "PM-CULTURE-CHECKS")
    assert run(plans, entry(listed), prior={key: Prior(True, None, "E0")}).proposals == ()
    assert run(plans, entry(listed), prior={key: Prior(False, day("2023-05-01"))}).proposals


def test_its_longest_period_is_not_begun_again(tmp_path: Path) -> None:
    listed, kind, dept = STANDING
    text = "at: inspection_plan\n    dept: culture_tourism\n    level: national\n    frequency: unknown\n    cuts_rights: false\n    basis_level: department_rule\n    max_period: "  # noqa: E501
    lists = load_four_lists(copied(tmp_path, punish_measures=(text + "until_exit", text + "{span: {years: 1}}")))
    prior = {("L1", "PM-CULTURE-CHECKS"): Prior(False, day("2023-03-02"))}

    def at(on: str) -> Matched:
        return match(lists, [event(on, kind, dept)], by_subject([entry(listed)]), prior=prior)

    assert at("2024-03-01").proposals
    assert only(at("2024-03-02")).reason == "period_used_up"


def test_a_measure_of_each_event_is_proposed_each_time() -> None:
    matched = run([event(key="E1"), event("2024-04-01", key="E2")], entry())
    assert len({proposal.proposal_id for proposal in matched.proposals}) == 2


def test_ngo_and_institution_are_told_apart() -> None:
    about = event(kind="assessment", department="civil_affairs", subjects=(NGO, INSTITUTION))
    matched = run(about, entry("ngo_serious", NGO), entry("ngo_serious", INSTITUTION, key="L2"))
    assert [proposal.subject_id for proposal in matched.proposals] == [NGO]
    assert [not_proposed.reason for not_proposed in matched.refused] == ["kind_not_named"]


LISTS = sorted(shipped().kinds)
DAYS = st.integers(to_day(from_day(0)) + 16_000, 21_000)


KINDS = ("licence", "procurement", "fund", "award", "assessment", "clearance", "inspection_plan")
SUBJECTS = (FIRM, OTHER, NGO, TRADER)


@st.composite
def listings(draw: st.DrawFn, key: str) -> Listing:
    begin = draw(DAYS)
    later = st.none() | st.integers(begin, begin + 1500)
    name = draw(st.sampled_from([*LISTS, "customs_advanced", "nobody"]))
    known = draw(st.none() | st.integers(begin, begin + 100))
    return Listing(key, draw(st.sampled_from(SUBJECTS)), name, begin, draw(later), draw(later), "", known)


@st.composite
def worlds(draw: st.DrawFn) -> tuple[list[BusinessEvent], list[Listing]]:
    entries = [draw(listings(f"L{k}")) for k in range(draw(st.integers(0, 6)))]
    departments = [*shipped().head.departments, "typo"]
    search_strategy = st.lists(st.sampled_from([*SUBJECTS, "x"]), min_size=1, max_size=3, unique=True)
    events = [
        BusinessEvent(
            f"E{k}",
            draw(st.sampled_from(KINDS)),
            draw(st.sampled_from(departments)),
            draw(DAYS),
            tuple(draw(search_strategy)),
        )
        for k in range(draw(st.integers(1, 4)))
    ]
    return events, entries


def bars(listing: Listing, on: int) -> bool:
    """An entry beside which no reward is given: black, watch, or of a list that nobody knows."""
    black = shipped().kinds.get(listing.list, "serious") in ("serious", "watch")
    return black and listing.valid_on(on) and listing.known_on(on)


@settings(max_examples=150, deadline=None)
@given(worlds(), st.randoms(use_true_random=False))
def test_no_entry_no_link_no_basis_no_measure(world: tuple[list[BusinessEvent], list[Listing]], order: object) -> None:
    events, entries = world
    lists, laws = shipped(), load_laws()
    matched = match(lists, events, by_subject(entries))
    pairs = {(link.conduct_id, link.measure_id) for link in lists.links}
    by_id = {listing.listing_id: listing for listing in entries}
    for proposal in matched.proposals:
        listed, measure = by_id[proposal.listing_id], lists.measures[proposal.measure_id]
        assert listed.subject_id == proposal.subject_id
        assert listed.valid_on(proposal.on)
        assert listed.known_on(proposal.on)
        assert (proposal.conduct_id, proposal.measure_id) in pairs
        assert lists.conducts[proposal.conduct_id].list == listed.list
        basis = basis_on(measure.cite, laws, from_day(proposal.on), from_day(proposal.on))
        assert basis is not None
        if isinstance(measure, PunishMeasure) and measure.cuts_rights:
            assert may_cut_rights(basis.level)
            assert (basis.level == "department_rule") == ("basis_department_rule" in proposal.flags)
        assert proposal.ends_by is None or proposal.ends_by > proposal.on
        if proposal.side == "reward":
            assert not any(bars(other, proposal.on) for other in entries if other.subject_id == proposal.subject_id)
    # every pair of event and subject has one fate, and nothing is dropped
    assert sum(matched.fates.values()) == sum(len(business_event.subject_ids) for business_event in events)
    # the order of rows means nothing
    order.shuffle(events)  # type: ignore[attr-defined]
    order.shuffle(entries)  # type: ignore[attr-defined]
    assert match(lists, events, by_subject(entries)) == matched


@pytest.mark.parametrize(
    ("in_force", "repealed", "on", "expected"),
    [
        ("2019", "", "2018-12-31", "no"),
        ("2019", "", "2019-06-01", "unknown"),
        ("2019", "", "2019-12-31", "yes"),
        ("2016-12", "", "2016-11-30", "no"),
        ("2016-12", "", "2016-12-15", "unknown"),
        ("2018-05-01", "2021-11-01", "2021-10-31", "yes"),
        ("2018-05-01", "2021-11-01", "2021-11-01", "no"),
        ("2018-05-01", "2021", "2021-03-01", "unknown"),
        ("", "", "2020-01-01", "unknown"),
    ],
)
def test_force_on_a_day(in_force: str, repealed: str, on: str, expected: str) -> None:
    from creditscore.measures.force import law_force

    law = load_laws()["XZCFF"].model_copy(update={"promulgated": "", "in_force": in_force, "repealed": repealed})
    moment = from_day(day(on))
    assert law_force(law, moment, moment) == expected
    assert law_force(law.model_copy(update={"known_from": moment + timedelta(days=1)}), moment, moment) == "no"
