"""What may be repaired: windows and amounts of tax, tiers and clocks of publication, ways out of lists."""

from __future__ import annotations

import itertools
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.config import config_root
from creditscore.core.days import iso, to_day
from creditscore.core.errors import SchemeError
from creditscore.core.quantities import MICRO
from creditscore.repair.check import options
from creditscore.repair.course import Course
from creditscore.repair.data import check_data
from creditscore.repair.open import lists_of
from creditscore.repair.options import Option
from creditscore.repair.rules import load_repairs
from creditscore.repair.text import check_blocks
from creditscore.schemes import registry
from tests.repair.repair_cases import course, record, subject

TAX, TAX_OLD = registry.find("tax", 2025), registry.find("tax", 2023)
NINGXIA, MARKET = registry.pick("environment/ningxia"), registry.pick("market/publication")


def ways(subject_course: Course, target: str = "r00") -> dict[str, Option]:
    return {f"{way.way} {way.rule}": way for way in options(subject_course) if way.target == target}


def day(text: str) -> int:
    return to_day(date.fromisoformat(text))


@pytest.mark.parametrize(
    ("amount", "expected"),
    [(2000, "5"), (2001, "4"), (0, "5"), (None, "4")],
    ids=["small", "larger", "nil return", "unknown"],
)
def test_tax_2025_windows_and_the_small_amount(amount: int | None, expected: str) -> None:
    given = None if amount is None else amount * MICRO
    subject_course = course(
        TAX, subject([record(0, "010101", day("2025-03-10"), amount=given)]), date(2025, 3, 20), 2025
    )
    way = ways(subject_course)["correct tax@2025:repair_2025"]
    shown = check_data("S1", subject_course, [way])["options"][0]["gives"]
    assert [(give["window"], give["to"], give["points"]) for give in shown] == [
        ("d3", "2025-03-13", "5"),
        ("d30", "2025-04-09", expected),
        ("d90", "2025-06-09", "3"),  # 8 June is a Sunday
        ("later", "", "2"),
    ]
    assert [give["running"] for give in shown] == [False, True, False, False]
    assert way.state == "open"
    assert way.latest is None


def test_tax_2020_counts_from_booking_and_ends_with_the_next_year() -> None:
    row = record(0, "010103", day("2023-12-20"), booked_day=day("2023-12-28"))
    way = ways(course(TAX_OLD, subject([row]), date(2024, 12, 31), 2023))["correct tax@2014:repair_2020"]
    assert (way.clock, iso(way.clock_day), iso(way.latest), way.state) == (
        "booked_on",
        "2023-12-28",
        "2024-12-31",
        "open",
    )
    # the 30 days reach into January: the rest of the year is no window of its own, and the next year's begins later
    assert [(give.window, iso(give.first), give.points) for give in way.gives] == [
        ("d30", "2023-12-28", 2_400_000),
        ("y1", "2024-01-28", 600_000),
        ("later", "2025-01-01", 0),
    ]
    shown = check_data("S1", course(TAX_OLD, subject([row]), date(2024, 1, 5), 2023), [way])["options"][0]["gives"]
    assert [give["window"] for give in shown if give["running"]] == ["d30"]


def test_clean_months_of_a_direct_d_by_version_of_the_rule() -> None:
    rows = [record(0, "D25-04", day("2025-06-10"), corrections=[(day("2025-09-01"), MICRO)])]
    way = ways(course(TAX, subject(rows), date(2026, 2, 1), 2025))["repair tax@2025-07-01"]
    # 3, 6 or 12 clean months: the limits were not seen
    assert (iso(way.earliest), iso(way.sure)) == ("2026-02-01", "2026-09-01")
    assert {condition.id: condition.state for condition in way.conditions} == {
        "corrected": "met",
        "clean": "unknown",
        "applied": "unknown",
    }
    old = [record(0, "D14-05", day("2023-06-10"), corrections=[(day("2023-09-01"), MICRO)])]
    way = ways(course(TAX_OLD, subject(old), date(2024, 2, 1), 2023))["repair tax@2022-01-01"]
    assert iso(way.sure) == "2024-09-01"
    assert way.state == "later"


@pytest.mark.parametrize(
    ("penalty", "tier", "sure"),
    [
        ("permit_revoked", "serious", "2026-07-02"),
        ("confiscation", "general", "2026-04-01"),
    ],
)
def test_tiers_of_2026_run_from_the_decision_document(penalty: str, tier: str, sure: str) -> None:
    row = record(0, "NX25-C", day("2025-07-01"), published_day=day("2025-09-15"), penalty=penalty)
    way = ways(course(NINGXIA, subject([row]), date(2026, 1, 1)))["repair publication@2026-04-01"]
    assert (way.clock, iso(way.clock_day), way.tier) == ("decided_on", "2025-07-01", tier)
    # a scheme that does not read the kind of penalty cannot show the tier: the day is the one that holds for every tier
    assert iso(way.sure) == sure
    assert way.plans


def test_a_minor_record_ends_by_itself() -> None:
    row = record(0, "NX25-C", day("2025-07-01"), penalty="warning")
    way = ways(course(NINGXIA, subject([row]), date(2026, 1, 1)))["repair publication@2026-04-01"]
    assert (way.tier, way.state, iso(way.latest)) == ("minor", "over", "2025-10-01")


def test_what_a_scheme_does_not_declare_still_says_the_tier() -> None:
    """The log keeps every column; under the name of the log it says the tier, and a word that is none hides nothing."""
    cases = {
        "general": {"a_tier": "general"},
        "serious": {"a_penalty": "closed"},
        "minor": {"a_tier": "tier1", "a_penalty": "warning"},
        "": {"a_penalty": "fine"},
    }
    for tier, case in cases.items():
        row = record(0, "NX25-C", day("2026-04-10"), **case)
        way = ways(course(NINGXIA, subject([row]), date(2026, 5, 1)))["repair publication@2026-04-01"]
        assert way.tier == tier, case


def test_published_no_longer_is_not_repaired() -> None:
    """A period that ends before the rule opens a way: no day, and no plan."""
    row = record(0, "NX25-C", day("2025-03-20"), penalty="confiscation")
    way = ways(course(NINGXIA, subject([row]), date(2026, 3, 1)))["repair publication@2026-04-01"]
    assert (way.state, iso(way.latest), way.earliest, way.sure, way.plans) == (
        "never",
        "2026-03-20",
        None,
        None,
        False,
    )
    # minor penalties of market regulation end by themselves when their least period does
    row = record(0, "penalty", day("2026-01-05"), published_day=day("2026-02-10"), penalty="fine", tier="minor")
    subject_course = course(MARKET, subject([row]), date(2026, 3, 1))
    way = ways(subject_course)["repair market@2025-12-25"]
    assert (way.state, iso(way.latest), way.plans) == ("never", "2026-05-10", False)
    lines = [line for _, under in check_blocks(check_data("S1", subject_course, [way]), "en") for line in under]
    assert "published at the longest until: 2026-05-10" in lines


def test_a_favourable_record_is_not_repaired() -> None:
    """Under a score that is the better the higher, a record that adds; where the lower is better, one that deducts."""
    rows = [record(0, "initial_score", day("2026-01-10")), record(1, "decided_points", day("2026-01-10"))]
    scheme = registry.pick("environment/hebei")
    for turned in (False, True):
        now = scheme.model_copy(update={"direction": "lower_is_better"}) if turned else scheme
        subject_course = course(now, subject(rows), date(2026, 5, 1))
        assert {way.target for way in options(subject_course)} == {"r00" if turned else "r01"}


def test_a_date_that_the_rule_needs_and_nobody_gave_is_said() -> None:
    publication_course = course(
        NINGXIA, subject([record(0, "NX25-C", day("2026-04-10"), decided_day=None)]), date(2026, 5, 1)
    )
    way = ways(publication_course)["repair publication@2026-04-01"]
    assert (way.state, way.earliest, way.sure, way.plans) == ("unknown", None, None, False)
    note = check_data("S1", publication_course, [way])["options"][0]["notes"][0]
    assert "决定文书日" in note["zh"]
    assert "day of the decision document" in note["en"]
    assert not any("decided_on" in note[lang] for lang in ("zh", "en"))
    # and so it is before April 2026: publication says nothing
    publication_course = course(
        NINGXIA, subject([record(0, "NX25-C", day("2025-04-10"), decided_day=None)]), date(2025, 5, 1)
    )
    way = ways(publication_course)["repair publication@2023-05-01"]
    assert way.state == "unknown"
    assert "day of the decision document" in check_data("S1", publication_course, [way])["options"][0]["notes"][0]["en"]


def test_without_a_tier_the_longest_least_period_is_sure() -> None:
    row = record(0, "NX25-C", day("2025-07-01"))
    way = ways(course(NINGXIA, subject([row]), date(2026, 1, 1)))["repair publication@2026-04-01"]
    assert (way.tier, iso(way.earliest), iso(way.sure)) == ("", "2026-04-01", "2026-07-02")
    assert way.state == "later"  # the rule begins on 1 April


def test_market_regulation_counts_from_publication() -> None:
    row = record(0, "penalty", day("2026-01-05"), published_day=day("2026-02-10"), penalty="fine", tier="moderate")
    ways_of_record = ways(course(MARKET, subject([row]), date(2026, 3, 1)))
    assert list(ways_of_record) == ["repair market@2025-12-25"]  # order 36 of the NDRC is not applied here
    way = ways_of_record["repair market@2025-12-25"]
    assert (way.clock, iso(way.clock_day), iso(way.sure), iso(way.latest)) == (
        "published_on",
        "2026-02-10",
        "2026-05-11",
        "2027-02-10",
    )


@pytest.mark.parametrize("status", [1, 2])
def test_withdrawn_and_repaired_records_are_not_repaired_again(status: int) -> None:
    row = record(0, "D25-04", day("2025-06-10"), status=status, status_day=day("2025-07-01"))
    for way in ways(course(TAX, subject([row]), date(2026, 2, 1), 2025)).values():
        assert (way.state in ("idle", "done", "unknown", "later") and not way.plans) or way.state == "done"


def test_ways_out_of_a_list_with_their_conditions() -> None:
    scheme = registry.pick("wage_arrears")
    row = {
        "list": "wage_arrears",
        "entered_day": day("2025-01-10"),
        "term_end_day": day("2028-01-09"),
        "exited_day": None,
        "exit_reason": "",
        "basis": "",
    }
    exit_options = [
        way for way in options(course(scheme, subject([], listings=[row]), date(2026, 1, 1))) if way.about == "listing"
    ]
    assert {way.tier for way in exit_options} >= {"early", "expiry"}
    early = next(way for way in exit_options if way.tier == "early")
    assert early.conditions
    assert {condition.state for condition in early.conditions} == {"unknown"}  # a person confirms each
    option = check_data("S1", course(scheme, subject([]), date(2026, 1, 1)), [early])["options"][0]["notes"]
    assert "day of the correction" in option[0]["en"]  # from when it is open does not stand in the table of listings
    gone = {**row, "exited_day": day("2025-06-01")}
    assert not options(course(scheme, subject([], listings=[gone]), date(2026, 1, 1)))
    other = {**row, "list": "nobody_knows"}
    assert [way.state for way in options(course(scheme, subject([], listings=[other]), date(2026, 1, 1)))] == [
        "unknown"
    ]


def entry(name: str, entered: str, term_end: str | None = None) -> dict[str, Any]:
    return {
        "list": name,
        "entered_day": day(entered),
        "term_end_day": term_end and day(term_end),
        "exited_day": None,
        "exit_reason": "",
        "basis": "",
    }


def test_a_list_whose_rule_has_ended_promises_nothing() -> None:
    """The customs order of 2021 ended in March 2026; what the next one says of ways out was not seen."""
    assert list(lists_of({"customs_dishonest"}, day("2026-03-31"))) == ["customs_dishonest"]
    assert lists_of({"customs_dishonest"}, day("2026-04-01")) == {}
    subject_course = course(
        registry.pick("customs/grade"),
        subject([], listings=[entry("customs_dishonest", "2025-01-10")]),
        date(2026, 5, 1),
    )
    assert [(way.state, way.plans) for way in options(subject_course)] == [("unknown", False)]


@pytest.mark.parametrize(
    ("on", "rule", "ways_out"),
    [
        ("2016-06-01", "", []),  # before the first text there is none
        ("2020-06-01", "safety/serious@2017-05-09", ["expiry"]),  # the early way out came with the order of 2023
        ("2023-09-30", "safety/serious@2017-05-09", ["expiry"]),
        ("2023-10-01", "safety/serious@2023-10-01", ["early", "expiry"]),
    ],
)
def test_a_list_is_left_under_the_rule_of_the_day(on: str, rule: str, ways_out: list[str]) -> None:
    lists = lists_of({"safety_serious"}, day(on))
    assert [name for name, _ in lists.values()] == ([rule] if rule else [])
    assert [way.id for _, listed in lists.values() for way in listed.exits] == ways_out


def test_a_way_out_for_some_triggers_is_no_promise() -> None:
    """The table of listings does not say under which trigger an entry was made; bribery has no early way out at all."""
    scheme = registry.pick("customs/grade@2021-11-01")
    subject_course = course(scheme, subject([], listings=[entry("customs_dishonest", "2023-05-10")]), date(2023, 6, 1))
    option_by_way = {way.rule.rsplit(".")[-1]: way for way in options(subject_course)}
    assert {name: iso(way.earliest) for name, way in option_by_way.items()} == {
        "repair_smuggling_or_obstruction": "2024-05-10",
        "repair_penalty_counts": "2023-11-10",
        "repair_overdue": "2023-08-10",
        "automatic": "2025-05-10",  # two years after the entry, which has no term
    }
    assert not any(way.plans for way in option_by_way.values())
    assert [way.sure for name, way in option_by_way.items() if name != "automatic"] == [None] * 3
    listed = scheme.lists["customs_dishonest"]
    listed = listed.model_copy(update={"triggers": [trigger for trigger in listed.triggers if trigger != "bribery"]})
    early = [way for way in options(subject_course, {"customs_dishonest": ("own", listed)}) if way.tier == "early"]
    assert {iso(way.sure) for way in early} == {"2024-05-10"}  # by then every ground has its way out


@pytest.mark.parametrize(
    ("others", "message"),
    [
        ([], "met"),
        ([("010103", [])], "not_met"),  # has a table and is not corrected
        ([("010106", [])], "unknown"),  # has none: a person confirms that it is corrected
        ([("D25-04", [])], "unknown"),
        ([("010106", [(day("2025-04-01"), MICRO)])], "met"),
    ],
)
def test_overall_repair_asks_for_every_record(others: list[tuple[str, Any]], message: str) -> None:
    rows = [record(0, "010103", day("2025-08-31"), corrections=[(day("2025-09-02"), MICRO)])]
    rows += [record(k, item, day("2025-03-01"), corrections=done) for k, (item, done) in enumerate(others, 1)]
    way = ways(course(TAX, subject(rows), date(2026, 3, 5), 2025), "")["overall tax@2025-07-01"]
    assert {condition.id: condition.state for condition in way.conditions}["corrected"] == message


def test_marks_and_readings_are_said() -> None:
    row = record(0, "SD-01", day("2020-01-10"))
    publication_course = course(registry.pick("environment/shandong@2018"), subject([row]), date(2020, 2, 1), 2020)
    data = check_data("S1", publication_course, options(publication_course))
    for lang in ("zh", "en"):
        lines = [line for _, under in check_blocks(data, lang) for line in under]
        assert any({"zh": "凭记忆", "en": "recalled"}[lang] in line for line in lines)


def test_a_personal_number_is_never_shown() -> None:
    number = "11010519491231002X"
    subject_course = course(
        TAX, subject([record(0, "010101", day("2025-03-10"), record_id=number)]), date(2026, 2, 1), 2025
    )
    assert number not in json.dumps(check_data(number, subject_course, options(subject_course)))


GOOD = (config_root() / "repair" / "tax" / "2025-07-01.yaml").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("repair: tax", "repair: other", "the path must be"),
        ("{law: R2025, article: annex 6}\nevidence", "{law: NOBODY}\nevidence", "no file in configs/laws"),
        ("clean: {months: 3}", "least: {months: 3}", "clean_sure beside clean"),
        (
            "    tags: [direct]\n    clean",
            "    tags: [direct]\n    most: {years: 1}\n    clean",
            "counted from a clock",
        ),
        ("reading: [first_month", "reading: [nobody", "not among the readings"),
        ("scope: {schemes: [tax]", "scope: {schemes: [nothing]", "not a scheme of the library"),
        ("about: grade", "about: grade\nabout: grade", "duplicate key"),
        ("first: 1\n", "first: 1.0e0\n", "exact"),
        ("about: grade", "about: grade\nfee: 5", "fee"),
        ("effective_from: 2025-07-01", "effective_from: 2025-07-01\neffective_to: 2025-07-01", "not after"),
    ],
)
def test_a_wrong_file_is_refused_with_its_place(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in GOOD
    file = tmp_path / "tax" / "2025-07-01.yaml"
    file.parent.mkdir()
    file.write_text(GOOD.replace(old, new), encoding="utf-8")
    with pytest.raises(SchemeError) as error:
        load_repairs(tmp_path)
    assert message in str(error.value)
    assert "repair/tax/2025-07-01.yaml:" in str(error.value)


def test_versions_of_a_rule_have_no_gap() -> None:
    results: dict[str, list[Any]] = {}
    for rule in load_repairs():
        results.setdefault(rule.repair, []).append(rule)
    for rules in results.values():
        for value, after in itertools.pairwise(rules):
            assert value.effective_to == after.effective_from
        assert rules[-1].effective_to is None
