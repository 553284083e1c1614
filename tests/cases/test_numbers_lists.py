"""Every number and day of the lists outside tax, environment and labour, read back against the text of facts.

A row: where the number stands in the scheme, a pattern for it there, and a pattern for it in a section of the facts.
Both capture the same words. A second test walks the schemes: no number without a row.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from creditscore.core.yaml_source import read
from creditscore.schemes import registry
from creditscore.schemes.laws import load_laws
from tests.paths import SHARED

FACTS = SHARED / "rules" / "other_domains.md"
ADDITIONS = FACTS.with_name("additions_2026_12.md")
pytestmark = pytest.mark.skipif(not FACTS.is_file(), reason=f"no text of facts at {FACTS}")

INT = r"(\d+)"
DAY = r"(\d{4}-\d\d-\d\d)"
YEAR = r"(\d{4})-\d\d-\d\d"  # the day itself stands in the legal text
JOINT, BLACK, ORDER11 = "safety/joint_punishment@2017-05-09", "safety/serious@2017-05-09", "safety/serious@2023-10-01"
AB14, AB24 = "market/abnormal@2014-10-01", "market/abnormal@2024-05-01"
MS14, MS16, MS21 = "market/serious@2014-10-01", "market/serious@2016-04-01", "market/serious@2021-09-01"
P45, P107 = "market/publication@2021-09-01", "market/publication@2025-12-25"
ST14, ST19, ST35 = "statistics/grade@2015-01-01", "statistics/grade@2019-03-20", "statistics/serious@2022-05-19"
PROC, IN18, IN22 = (
    "procurement/serious@2014-12-31",
    "procurement/ineligible@2015-03-01",
    "procurement/ineligible@2022-02-08",
)
BUILD, BID, SI = (
    "construction/blacklist@2018-01-01",
    "bidding/violation_record@2009-01-01",
    "social_insurance/serious@2019-11-14",
)
SERIES = "record_attributes/series_ends_on/months"
S14 = r"(?s)stat_2014_gonggao3.*?"
S19 = r"(?s)stat_2019_33.*?"
O11 = r"(?s)safety_2023_order11.*?"
Q17 = r"(?s)safety_2017.*?"
Q44 = r"(?s)令44号, 2021-09-01.*?"
Q107 = r"(?s)repair 令107号.*?"

# scheme, where, pattern there, section of the facts, pattern there
ROWS: list[tuple[str, str, str, str, str]] = [
    (JOINT, "effective_from", YEAR, "1.2.3", r"ruleset: safety_(\d{4}) "),
    (JOINT, "effective_to", DAY, "1.2.3", r"safety_2023_order11 +# in force " + DAY),
    (JOINT, "windows/year/months", INT, "1.2.3", r"general_with_death_(1y)"),
    (JOINT, SERIES, INT, "1.2.3", r"general_with_death_(1y)"),
    (JOINT, "decide/three_deadly_accidents/when", r"deaths_1y (>= \d+)", "1.2.3", r"general_with_death_1y: '(>= \d+)'"),
    (
        JOINT,
        "lists/safety_joint_punishment/terms/term/span/years",
        INT,
        "1.2.3",
        Q17 + r"period: (\d+) year from publication",
    ),
    (BLACK, "effective_from", YEAR, "1.2.3", r"ruleset: safety_(\d{4}) "),
    (BLACK, "effective_to", DAY, "1.2.3", r"safety_2023_order11 +# in force " + DAY),
    (BLACK, "windows/year/months", INT, "1.2.3", r"较大_(1y): '>= 2'"),
    (BLACK, SERIES, INT, "1.2.3", r"较大_(1y): '>= 2'"),
    (BLACK, "decide/two_larger_accidents/when", r"larger_1y (>= \d+)", "1.2.3", r"较大_1y: '(>= \d+)'"),
    (BLACK, "lists/safety_serious/terms/term/span/years", INT, "1.2.3", Q17 + r"period: (\d+) year from publication"),
    (ORDER11, "effective_from", DAY, "1.2.3", r"safety_2023_order11 +# in force " + DAY),
    (ORDER11, "windows/year/months", INT, "1.2.3", r"较大_(\d+)m"),
    (ORDER11, SERIES, INT, "1.2.3", r"较大_(\d+)m"),
    (ORDER11, "decide/two_larger_accidents/when", r"larger_12m (>= \d+)", "1.2.3", r"较大_12m: '(>= \d+)'"),
    (ORDER11, "facts/above_band/where", r"'ordinary' and amount > (\d+)", "1.2.3", r"一般: \[\d+,(\d+)\]"),
    (ORDER11, "facts/above_band/where", r"'larger' and amount > (\d+)", "1.2.3", r"较大: \[\d+,(\d+)\]"),
    (ORDER11, "facts/above_band/where", r"'serious' and amount > (\d+)", "1.2.3", r"重大: \[\d+,(\d+)\], 特"),
    (ORDER11, "facts/above_band/where", r"'extraordinary' and amount > (\d+)", "1.2.3", r"特别重大: \[\d+,(\d+)\]"),
    (ORDER11, "items/accident/note", r"ordinary (\d+-\d+)", "1.2.3", r"一般: \[(\d+,\d+)\]"),
    (ORDER11, "items/accident/note", r"larger (\d+-\d+)", "1.2.3", r"较大: \[(\d+,\d+)\]"),
    (ORDER11, "items/accident/note", r"serious (\d+-\d+)", "1.2.3", r" 重大: \[(\d+,\d+)\]"),
    (ORDER11, "items/accident/note", r"extraordinary (\d+-\d+)", "1.2.3", r"特别重大: \[(\d+,\d+)\]"),
    (
        ORDER11,
        "lists/safety_serious/steps/publish_penalty/within/workdays",
        INT,
        "1.2.3",
        r"penalty_within: (\d+) working days",
    ),
    (ORDER11, "lists/safety_serious/terms/term/span/years", INT, "1.2.3", O11 + r"period: (\d+) years"),
    (
        ORDER11,
        "lists/safety_serious/exits/early/after/months",
        INT,
        "1.2.3",
        O11 + r"early_removal: \{after: (\d+) months",
    ),
    (AB14, "effective_from", YEAR, "1.2.4", r"escalation_(\d{4})_text"),
    (AB14, "effective_to", DAY, "1.2.4", r"since_" + DAY),
    (AB14, "record_attributes/due_on/months", INT, "1.2.4", r"annual_report_not_published_by: (06-30)"),
    (AB24, "effective_from", DAY, "1.2.4", r"since_" + DAY),
    (AB24, "record_attributes/due_on/months", INT, "1.2.4", r"annual_report_not_published_by: (06-30)"),
    (
        AB14,
        "lists/market_abnormal/steps/decision/within/workdays",
        INT,
        "additions",
        r"entry within (\d+) working days after that",
    ),
    (
        AB24,
        "lists/market_abnormal/steps/decision/within/workdays",
        INT,
        "additions",
        r"entry within (\d+) working days after that",
    ),
    (MS14, "effective_from", YEAR, "1.2.4", r"escalation_(\d{4})_text"),
    (MS14, "effective_to", DAY, "additions", r"2015-12-30 in force " + DAY),
    (MS16, "effective_from", DAY, "additions", r"2015-12-30 in force " + DAY),
    (MS16, "effective_to", DAY, "1.2.4", r"令44号, " + DAY),
    (MS16, "decide/three_years_abnormal/when", INT, "1.2.4", r"escalation_2014_text: (3 y)ears unfulfilled"),
    (MS16, "windows/two_years/months", INT, "additions", r"O83-4 \|.* within (two) years"),
    (MS16, "windows/five_years/months", INT, "additions", r"O83-8 \|.* within (five) years"),
    (MS16, "record_attributes/two_years_end_on/months", INT, "additions", r"O83-4 \|.* within (two) years"),
    (MS16, "record_attributes/five_years_end_on/months", INT, "additions", r"O83-8 \|.* within (five) years"),
    (MS16, "decide/pyramid_helped/when", r"(>= \d)", "additions", r"O83-3 \|.*(three) penalties or more"),
    (MS16, "decide/direct_selling/when", r"(>= \d)", "additions", r"O83-4 \|.*(three) penalties or more"),
    (MS16, "decide/unfair_competition/when", r"(>= \d)", "additions", r"O83-5 \|.*(three) penalties or more"),
    (MS16, "decide/unsafe_goods/when", r"(>= \d)", "additions", r"O83-6 \|.*(three) penalties or more"),
    (MS16, "decide/false_advertising/when", r"(>= \d)", "additions", r"O83-7 \|.*?(three) penalties or more"),
    (MS16, "decide/trade_mark/when", r"(>= \d)", "additions", r"O83-8 \|.*(two penalties) or more"),
    (
        MS16,
        "lists/market_serious/steps/decision/within/workdays",
        INT,
        "additions",
        r"O83-c \|.*within (\d+) working days",
    ),
    (MS16, "lists/market_serious/terms/term/span/years", INT, "1.2.4", r"exit after (\d+) years"),
    (MS14, "decide/three_years_abnormal/when", INT, "1.2.4", r"escalation_2014_text: (3 y)ears unfulfilled"),
    (MS14, "lists/market_serious/terms/term/span/years", INT, "1.2.4", r"exit after (\d+) years"),
    (MS21, "effective_from", DAY, "1.2.4", r"令44号, " + DAY),
    (MS21, "decide/three_years_abnormal/when", INT, "1.2.4", r"escalation_2014_text: (3 y)ears unfulfilled"),
    (MS21, "lists/market_serious/terms/term/span/years", INT, "1.2.4", Q44 + r"period: (\d+) years"),
    (MS21, "lists/market_serious/exits/early/after/years", INT, "1.2.4", Q44 + r"after: (\d+) year "),
    (P45, "effective_from", DAY, "1.2.4", r"令45号 \(" + DAY),
    (P45, "effective_to", DAY, "1.2.4", r"令107号 \(" + DAY),
    (P45, "windows/three_months/valid/months", INT, "1.2.4", r"通报批评_or_low_fine: (\d+) months"),
    (P45, "windows/three_years/valid/years", INT, "1.2.4", r"other: (\d+) years ; longer if restriction"),
    (
        P45,
        "lists/market_penalty_publication/terms/short/span/months",
        INT,
        "1.2.4",
        r"通报批评_or_low_fine: (\d+) months",
    ),
    (P45, "lists/market_penalty_publication/terms/other/span/years", INT, "1.2.4", r"other: (\d+) years ; longer"),
    (
        P45,
        "lists/market_penalty_publication/steps/publish/within/workdays",
        INT,
        "5",
        r"market regulation (\d+) working days",
    ),
    (
        P45,
        "lists/market_penalty_publication/steps/publish_other_province/within/workdays",
        INT,
        "5",
        r"cross-province (\d+) \+",
    ),
    (
        P45,
        "lists/market_penalty_publication/steps/publish_other_province/extended_by/workdays",
        INT,
        "5",
        r"cross-province \d+ \+ (\d+)",
    ),
    (P107, "effective_from", DAY, "1.2.4", r"令107号 \(" + DAY),
    (P107, "windows/three_months/valid/months", INT, "1.2.4", Q107 + r"by themselves after (\d+) months"),
    (P107, "windows/one_year/valid/years", INT, "1.2.4", Q107 + r"moderate: 3 months – (\d+) year"),
    (P107, "windows/three_years/valid/years", INT, "1.2.4", Q107 + r"serious: 1 – (\d+) years"),
    (
        P107,
        "record_attributes/moderate_free_on/months",
        INT,
        "1.2.4",
        Q107 + r"moderate: .*?repair possible after (\d+) months",
    ),
    (
        P107,
        "record_attributes/serious_free_on/months",
        INT,
        "1.2.4",
        Q107 + r"serious: .*?repair possible after (1 year)",
    ),
    (
        P107,
        "lists/market_penalty_publication/terms/minor/span/months",
        INT,
        "1.2.4",
        Q107 + r"by themselves after (\d+) months",
    ),
    (P107, "lists/market_penalty_publication/terms/moderate/span/years", INT, "1.2.4", Q107 + r"3 months – (\d+) year"),
    (
        P107,
        "lists/market_penalty_publication/terms/serious/span/years",
        INT,
        "1.2.4",
        Q107 + r"serious: 1 – (\d+) years",
    ),
    (
        P107,
        "lists/market_penalty_publication/exits/repair_moderate/after/months",
        INT,
        "1.2.4",
        Q107 + r"moderate: (\d+) months",
    ),
    (
        P107,
        "lists/market_penalty_publication/exits/repair_serious/after/years",
        INT,
        "1.2.4",
        Q107 + r"serious: (\d+) –",
    ),
    (ST14, "effective_from", YEAR, "additions", r"TJ2014_3 \|[^|]*\| unknown \(start of (\d{4})"),
    (ST14, "effective_to", YEAR, "1.2.2", r"stat_(\d{4})_33"),
    (ST14, "lists/statistics_serious/terms/term/span/years", INT, "1.2.2", S14 + r"period: (\d+) year,"),
    (
        ST14,
        "lists/statistics_serious/terms/not_corrected/span/years",
        INT,
        "1.2.2",
        S14 + r"not_corrected: (\d+) years",
    ),
    (ST14, "lists/statistics_serious/exits/early/after/months", INT, "1.2.2", S14 + r"removal_after: (\d+) months"),
    (ST19, "effective_from", YEAR, "1.2.2", r"stat_(\d{4})_33"),
    (ST19, "effective_to", DAY, "1.2.2", r"in force " + DAY),
    (ST19, "windows/one_year/valid/years", INT, "1.2.2", S19 + r"period: (\d+) year,"),
    (ST19, "windows/two_years/valid/years", INT, "1.2.2", S19 + r"if_not_corrected: (\d+) years"),
    (ST19, "record_attributes/repeat_until/months", INT, "additions", r"(two) years from the finding if repeated"),
    (ST19, "record_attributes/early_from/months", INT, "1.2.2", S19 + r"early_removal_after: (\d+) months"),
    (
        ST19,
        "lists/statistics_serious/steps/publish/within/workdays",
        INT,
        "1.2.2",
        S19 + r"publish_within: (\d+) working days",
    ),
    (ST19, "lists/statistics_serious/terms/term/span/years", INT, "1.2.2", S19 + r"period: (\d+) year,"),
    (
        ST19,
        "lists/statistics_serious/terms/not_corrected/span/years",
        INT,
        "1.2.2",
        S19 + r"if_not_corrected: (\d+) years",
    ),
    (ST19, "lists/statistics_serious/terms/repeated/span/years", INT, "1.2.2", S19 + r"if_repeat: (\d+) years"),
    (
        ST19,
        "lists/statistics_serious/exits/early/after/months",
        INT,
        "1.2.2",
        S19 + r"early_removal_after: (\d+) months",
    ),
    (ST35, "effective_from", DAY, "1.2.2", r"in force " + DAY),
    (ST35, "imported_decision/life/years", INT, "1.2.2", r"period (\d+) year and 6-month repair RECALLED"),
    (
        ST35,
        "lists/statistics_serious/terms/term/span/years",
        INT,
        "1.2.2",
        r"period (\d+) year and 6-month repair RECALLED",
    ),
    (ST35, "lists/statistics_serious/exits/early/after/months", INT, "1.2.2", r"and (\d+)-month repair RECALLED"),
    (PROC, "effective_from", YEAR, "1.2.5", r"财办库〔(\d{4})〕526号"),
    (PROC, "windows/three_years/months", INT, "1.2.5", r"enter_if_any_within_(3y)_by_finance_dept"),
    (PROC, "record_attributes/ban_years/least", INT, "1.2.5", r"ban_from_procurement: (\d)-3 years"),
    (PROC, "record_attributes/ban_years/most", INT, "1.2.5", r"ban_from_agency_business: 1-(\d) years"),
    (PROC, "facts/fined/where", r"amount (>= \d+)", "1.2.5", r"fine_cny: '(>= \d+)'"),
    (PROC, "lists/procurement_serious/terms/term/span/years", INT, "1.2.5", r"publication: (\d+) years"),
    (IN18, "effective_from", DAY, "additions", r"rests on ZFCGTL art. 19, in force since " + DAY),
    (IN18, "effective_to", DAY, "1.2.5", r"财库〔2022〕3号, from " + DAY),
    (IN18, "windows/three_years/months", INT, "1.2.5", r"重大违法记录 in last (3 y)ears"),
    (IN22, "effective_from", DAY, "1.2.5", r"财库〔2022〕3号, from " + DAY),
    (IN22, "windows/three_years/months", INT, "1.2.5", r"重大违法记录 in last (3 y)ears"),
    (IN22, "facts/large_fine/where", r"amount (>= \d+)", "1.2.5", r"较大数额罚款: '(>= \d+) CNY"),
    (BUILD, "effective_from", DAY, "1.2.6", r"from " + DAY),
    (BUILD, "windows/year/months", INT, "1.2.6", r"较大_(1y)"),
    (BUILD, SERIES, INT, "1.2.6", r"较大_(1y)"),
    (BUILD, "decide/two_larger_accidents/when", r"larger_1y (>= \d+)", "1.2.6", r"较大_1y: '(>= \d+)'"),
    (BUILD, "lists/construction_blacklist/terms/term/span/years", INT, "1.2.6", r"period: (\d+) year \(RECALLED-H\)"),
    (
        BUILD,
        "lists/construction_bad_record/terms/bad/span/months",
        INT,
        "1.2.6",
        r"bad-record publication (\d+) months",
    ),
    (BUILD, "lists/construction_bad_record/terms/bad/most/years", INT, "1.2.6", r"6 months – (\d+) years"),
    (BUILD, "lists/construction_good_record/terms/good/span/years", INT, "1.2.6", r"good records (\d+) years"),
    (BID, "effective_from", DAY, "additions", r"FGFG2008_1531 \|[^|]*\| " + DAY),
    (BID, "windows/six_months/valid/months", INT, "1.2.7", r"period: (\d+) months; longer"),
    (BID, "lists/bidding_violation_record/terms/term/span/months", INT, "1.2.7", r"period: (\d+) months; longer"),
    (
        BID,
        "lists/bidding_violation_record/steps/publish/within/workdays",
        INT,
        "1.2.7",
        r"publish_within: (\d+) working days",
    ),
    (SI, "effective_from", YEAR, "1.2.12", r"人社部规〔(\d{4})〕2号"),
    (SI, "facts/enrolment/where", r"person_times (> \d+)", "1.2.12", r"person_times: '(> \d+)'"),
    (SI, "facts/enrolment/where", r"amount (> \d+)", "1.2.12", r"profit_cny: '(> \d+)'"),
    (SI, "facts/benefits/where", r"amount (> \d+)", "1.2.12", r"fraud_of_benefits: \{amount_cny: '(> \d+)'"),
    (SI, "facts/advance/where", r"amount (> \d+)", "1.2.12", r"not_repaid: \{able: true, amount_cny: '(> \d+)'"),
]
WORDS = {
    "two": "24",
    "five": "60",
    "three": ">= 3",
    "two penalties": ">= 2",
    "1y": "12",
    "3y": "36",
    "3 y": "36",
    "1 year": "12",
    "06-30": "6",
}  # the facts say it in words
# Days a scheme takes over from its own first day, a law beside it or a reading that says so
# 0 and 1 are no thresholds; a series is counted twice, back from the day of grading and by its own span, a year in days
PLAIN = (
    r"corrected_share < 1|deaths > 0|all_\w+ (?:>=?|==) \d"
    r"|since_first_\w+ - since_last_\w+ (?:<|>=|==) (?:365|730|1826)|since_last_\w+ > 0"
    r"|(?:larger_1y|larger_12m|deaths_1y|many_\w+) < \d"
)
OTHER = r"/absent$|applies/(from|to)|checked_on|formerly|cite/|/deaths|person_times/least|sector_line/least"
THREE_IN_TWO_YEARS = ("pyramid_helped", "direct_selling", "unfair_competition", "unsafe_goods", "false_advertising")
READINGS = {(PROC, "items/agency_qualification_revoked")}


@cache
def section(number: str) -> str:
    """The text of one section of the facts, down to the next heading of its rank; or the whole of the additions."""
    if number == "additions":
        return ADDITIONS.read_text(encoding="utf-8")
    text = FACTS.read_text(encoding="utf-8")
    match = re.search(rf"(?ms)^(#+) {re.escape(number)}\.? .*?(?=^#{{1,4}} )", text)
    assert match, f"no section {number}"
    return match[0]


@cache
def leaves(name: str) -> dict[str, Any]:
    """Every value of a scheme's file by its key path; elements of lists by their id."""
    scheme, _, version = name.partition("@")
    (entry,) = [entry for entry in registry.entries() if (entry.scheme, entry.version) == (scheme, version)]

    def walk(value: Any, path: str) -> Iterator[tuple[str, Any]]:
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from walk(inner, f"{path}/{key}" if path else str(key))
        elif isinstance(value, list):
            for i, inner in enumerate(value):
                key = inner.get("id", i) if isinstance(inner, dict) else i
                yield from walk(inner, f"{path}/{key}")
        else:
            yield path, value

    return dict(walk(read(entry.file).data, ""))


@pytest.mark.parametrize(("name", "path", "here", "number", "there"), ROWS, ids=lambda value: str(value)[:48])
def test_the_number_is_that_of_the_facts(name: str, path: str, here: str, number: str, there: str) -> None:
    configured = re.search(here, str(leaves(name)[path]))
    printed = re.search(there, section(number))
    assert configured, f"{here} not in {leaves(name)[path]}"
    assert printed, f"{there} not in section {number}"
    assert configured[1] == WORDS.get(printed[1], printed[1].replace(",", "-"))


@pytest.mark.parametrize("kind", [*THREE_IN_TWO_YEARS, "trade_mark"])
def test_penalties_far_from_the_day_of_grading_are_as_many_within_the_same_years(kind: str) -> None:
    rule, unnamed = (leaves(MS16)[f"decide/{kind}{part}/when"] for part in ("", "_series"))
    (asked,) = set(re.findall(r"many_\w+ (?:>=|<) (\d)", rule + unnamed))
    assert {asked} == set(re.findall(r"all_\w+ (?:>=?|==) (\d)", rule + unnamed))
    (days,) = set(re.findall(r"since_first_\w+ - since_last_\w+ (?:<|>=|==) (\d+)", rule + unnamed))
    assert days == {"trade_mark": "1826"}.get(kind, "730")  # the shortest five years, the shortest two
    assert {kind} == set(re.findall(r"(?:many|all|since_first|since_last|named)_(\w+)", rule + unnamed))


@pytest.mark.parametrize("name", [BLACK, JOINT, ORDER11, BUILD])
def test_a_series_far_from_the_day_of_grading_asks_for_the_same_number_within_a_year(name: str) -> None:
    conditions = [str(value) for path, value in leaves(name).items() if path.endswith("/when") and "all_" in str(value)]
    assert len(conditions) == 2
    for condition in conditions:
        (rolling,) = set(re.findall(r"(?:larger_1y|larger_12m|deaths_1y) (?:>=|<) (\d)", condition))
        assert {rolling} == set(re.findall(r"all_\w+ >=? (\d)", condition))
        assert {"365"} == set(re.findall(r"since_first_\w+ - since_last_\w+ (?:<|>=|==) (\d+)", condition))


@pytest.mark.parametrize("name", sorted({row[0] for row in ROWS}))
def test_no_number_without_a_row(name: str) -> None:
    """Numbers, days and conditions with numbers; 0 and 1 of `corrected_share < 1`, `deaths > 0` are no thresholds."""
    rows = {path for value, path, *_ in ROWS if value == name}
    for path, value in leaves(name).items():
        if isinstance(value, bool) or re.search(OTHER, path) or path in rows:
            continue
        if any(name == value and path.startswith(prefix) for value, prefix in READINGS):
            continue
        if isinstance(value, str):
            plain = re.sub(PLAIN, "", value)
            assert not (path.endswith(("/when", "/where", "/accepts")) and re.search(r"[<>=] \d", plain)), path
        else:
            assert not isinstance(value, int | date | Decimal), path


def test_a_condition_with_several_numbers_has_a_row_for_each() -> None:
    for name, path in {(row[0], row[1]) for row in ROWS}:
        value = leaves(name)[path]
        if isinstance(value, str) and path.endswith(("/when", "/where")):
            plain = re.sub(PLAIN, "", value)
            rows = [row for row in ROWS if row[:2] == (name, path)]
            assert len(re.findall(r"[<>=] \d+", plain)) == len(rows), (name, path)


def addition(pattern: str) -> re.Match[str]:
    match = re.search(pattern, ADDITIONS.read_text(encoding="utf-8"))
    assert match, pattern
    return match


def test_the_social_credit_regulations_of_jilin_are_named_as_they_were_read() -> None:
    law = load_laws()["JLSHXYTL"]
    row = addition(r"\| JL-1 \| passed, published \| (\S+), .*?; announcement no\. (\d+)")
    assert (law.promulgated, row[2] in law.number) == (row[1], True)
    assert law.in_force == addition(r"\| JL-2 \| in force \| (\S+);")[1]
    assert "常务委员会" in law.issuer


def test_order_36_is_named_as_it_was_read() -> None:
    law = load_laws()["FGW36_2026"]
    title, number = addition(r"\| R36-1 \| title, number \| (\S+), (\S+) \|").groups()
    assert (law.title.zh, law.number) == (title, number)
    signed, in_force = addition(r"\| R36-2 \| .*? \| \S+ / (\S+) / \S+ / (\S+) \|").groups()
    assert (law.promulgated, law.in_force) == (signed, in_force)


def test_the_amounts_of_guizhou_have_three_days_and_hold_since_before_the_list() -> None:
    days = addition(r"\| Guizhou \|.*\| adopted (\S+), dated (\S+), issued (\S+) \|").groups()
    note = " ".join(load_laws()["FS2013_3"].note.split())
    assert "WL-52 Guizhou, adopted {}, dated {} and issued {}".format(*days) in note
    standard = registry.pick("wage_arrears@2018").lookups["standard"]
    assert "52" in standard.rows
    assert "52" not in standard.since
    assert max(days) < "2018-01-01"
