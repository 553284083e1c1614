"""Repair of published penalties: classes of 2019, tiers of order 58, and which version an application falls under."""

from __future__ import annotations

from datetime import date

import pytest

from creditscore.core.days import iso
from creditscore.repair.rules import load_repairs
from creditscore.schemes import registry
from tests.repair.repair_cases import course, record, subject
from tests.repair.test_check import NINGXIA, day, ways


@pytest.mark.parametrize(
    ("given", "tier", "sure"),
    [
        ({}, "general", "2025-07-11"),
        ({"sector": "work_safety"}, "sector", "2026-04-11"),
        ({"sector": "food"}, "sector", "2026-04-11"),
        ({"sector": "drugs"}, "sector", "2026-04-11"),
        ({"sector": "special_equipment"}, "sector", "2026-04-11"),
        ({"sector": "fire"}, "sector", "2026-04-11"),
        ({"sector": "other"}, "general", "2025-07-11"),
    ],
)
def test_order_58_counts_from_the_decision(given: dict[str, str], tier: str, sure: str) -> None:
    """Three months, one year in five sectors: the last day of the span is not yet open, the next one is."""
    row = record(0, "NX25-C", day("2025-04-10"), published_day=day("2025-09-30"), **given)
    before = day(sure) - 1
    for on, state in ((before, "later"), (day(sure), "open")):
        at = date.fromisoformat(iso(on))
        way = ways(course(NINGXIA, subject([row]), at)).get("repair publication@2023-05-01")
        if at >= date(2026, 4, 1):
            assert way is None  # order 36 by then
            continue
        assert way is not None
        assert (way.clock, way.tier, way.state) == ("decided_on", tier, state)
        assert way.evidence == "verified"


def test_order_58_ends_three_years_after_the_decision() -> None:
    for decided, state in (("2022-06-01", "open"), ("2022-05-31", "over")):
        row = record(0, "NX25-C", day(decided), published_day=day("2023-03-01"))
        way = ways(course(NINGXIA, subject([row]), date(2025, 6, 1)))["repair publication@2023-05-01"]
        assert (way.state, iso(way.latest)) == (state, decided.replace("2022", "2025"))


def test_order_58_of_work_safety_is_open_between_three_months_and_a_year() -> None:
    scheme = registry.pick("safety/serious@2023")
    row = record(0, next(iter(scheme.items)), day("2024-01-10"))
    way = ways(course(scheme, subject([row]), date(2024, 3, 1)))["repair publication@2023-05-01"]
    assert (way.tier, iso(way.earliest), iso(way.sure)) == ("", "2024-04-11", "2025-01-11")


@pytest.mark.parametrize(
    ("given", "tier", "earliest", "sure", "state"),
    [
        ({"tier": "general"}, "general", "2020-04-11", "2020-04-11", "later"),
        ({"tier": "serious"}, "serious", "2020-07-11", "2020-07-11", "later"),
        ({"tier": "specially_serious"}, "specially_serious", "", "", "never"),
        ({"penalty": "permit_revoked"}, "specially_serious_sector", "", "", "never"),
        ({"penalty": "fine"}, "", "2020-04-11", "", "later"),
    ],
)
def test_classes_of_2019(given: dict[str, str], tier: str, earliest: str, sure: str, state: str) -> None:
    """Until 30 April 2023; which class is not said may be the one that is never repaired."""
    scheme = registry.pick("environment/shandong@2018")
    row = record(0, "SD-01", day("2020-01-10"), **given)
    way = ways(course(scheme, subject([row]), date(2020, 2, 1), 2020))["repair publication@2019-07-01"]
    assert (way.tier, iso(way.earliest) if way.earliest else "") == (tier, earliest)
    assert ((iso(way.sure) if way.sure else ""), way.state) == (sure, state)


def test_the_version_of_the_repair_is_that_of_the_application() -> None:
    for on, rule in (
        (date(2023, 4, 30), "publication@2019-07-01"),
        (date(2023, 5, 1), "publication@2023-05-01"),
        (date(2026, 3, 31), "publication@2023-05-01"),
        (date(2026, 4, 1), "publication@2026-04-01"),
    ):
        rules = [rule.name for rule in load_repairs() if rule.repair == "publication" and rule.in_force(day(str(on)))]
        assert rules == [rule]
