"""Numbers of the customs, association, risk and list schemes, read back against the facts beside the checkout.

A row: scheme and version, where the number stands (keys, and ids inside lists), how to find it in a condition,
and the line of the facts that prints it. Every number of these schemes has a row, or is named as structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from creditscore.core.config import config_root
from creditscore.core.yaml_source import read
from tests.paths import SHARED

FACTS = SHARED / "rules" / "other_domains.md"
pytestmark = pytest.mark.skipif(not FACTS.is_file(), reason=f"no facts at {FACTS}")

C = "customs/grade/2021-11-01"
GD = "association/guangdong_construction/2019-12-31"
CT = "culture_tourism/market/2022-01-01"
CT_MINOR = "culture_tourism/minor/2022-01-01"
IP = "intellectual_property/dishonest/2022-01-31"
CARE = "elderly_care/list/2020-12-31"
MEDICAL = "medical/points_example_2010/2010-12-31"
FOOD = "food/risk/2016-12-01"
FIRE = "fire/high_risk_unit/2013-12-31"
SERIOUS = "customs/serious/2021-11-01"
NGO = "social_organisation/grade/2011-03-01"
ANQING = "social_organisation/anqing/2011-03-01"
NGO_ABNORMAL = "social_organisation/abnormal/2018-01-24"
NGO_SERIOUS = "social_organisation/serious/2018-01-24"
COURT13, COURT17 = "court/judgment_defaulter/2013-10-01", "court/judgment_defaulter/2017-05-01"
Row = tuple[str, str, str, str]
# scheme, path, pattern inside the configured text ("" for the value itself), pattern inside the facts
ROWS: list[Row] = [
    ("customs/grade/2018-05-01", "effective_from", "", r"令237 \(([\d-]+) – 2021-10-31\)"),
    ("customs/grade/2018-05-01", "effective_to", "", r"令251 \(([\d-]+) – 2026-03-31\)"),
    (C, "effective_from", "", r"令251 \(([\d-]+) – 2026-03-31\)"),
    (C, "effective_to", "", r"令282 \(from ([\d-]+)\)"),
    ("customs/grade/2026-04-01", "effective_from", "", r"令282 \(from ([\d-]+)\)"),
    ("customs/abnormal/2018-05-01", "effective_from", "", r"令237 \(([\d-]+) – 2021-10-31\)"),
    ("customs/abnormal/2018-05-01", "effective_to", "", r"令251 \(([\d-]+) – 2026-03-31\)"),
    (SERIOUS, "effective_from", "", r"令251 \(([\d-]+) – 2026-03-31\)"),
    (SERIOUS, "effective_to", "", r"令282 \(from ([\d-]+)\)"),
    (C, "decide/non_declarant/when", r"documents \* ([\d.]+)", r"non_declarant: \{penalty_count_1y: '> ([\d.]+) "),
    (C, "decide/non_declarant/when", r"fines > (\d+)", r"non_declarant: .*and_fines_1y_cny: '> (\d+)'"),
    (C, "decide/declarant/when", r"documents \* ([\d.]+)", r" declarant: +\{penalty_count_1y: '> ([\d.]+) "),
    (C, "decide/declarant/when", r"fines > (\d+)", r" declarant: .*and_fines_1y_cny: '> (\d+)'"),
    (C, "decide/documents_unknown/when", r"not declarant and fines > (\d+)", r"unknown: .*non_decl\w+: '> (\d+)'"),
    (C, "decide/documents_unknown/when", r"or declarant and fines > (\d+)", r"unknown: .* declarant\w+: '> (\d+)'"),
    (C, "windows/one_year/months", "1y", r"penalty_count_(1y): '> 0.001"),
    (C, "record_attributes/overdue_3m_on/months", "", r"tax_overdue: '> (\d) months"),
    (C, "record_attributes/overdue_6m_on/months", "", r"fine_or_confiscation_overdue: \{months: '> (\d)'"),
    (C, "facts/fine_late/where", r"amount > (\d+)", r"fine_or_confiscation_overdue: .*amount_cny: '> (\d+)'"),
    (C, "windows/two_years/valid/years", "", r"auto_repair: (\d) years"),
    (C, "windows/five_years/valid/years", "", r"recertification: every (\d) years"),
    (C, "lists/customs_dishonest/exits/automatic/after/years", "", r"auto_repair: (\d) years"),
    (C, "lists/customs_dishonest/exits/repair_smuggling_or_obstruction/after/years", "", r"smuggling_or_.*: (\d) year"),
    (C, "lists/customs_dishonest/exits/repair_penalty_counts/after/months", "", r"penalty_counts: (\d) months"),
    (C, "lists/customs_dishonest/exits/repair_overdue/after/months", "", r"overdue_tax_or_fine: (\d) months"),
    (SERIOUS, "facts/heavy_fine/where", r"amount > (\d+)", r"waste_import_fine_cny: '> (\d+)'"),
    (NGO, "effective_from", "", r"民政部令39号 \(([\d-]+)\)"),
    (NGO, "imported_decision/life/years", "", r"validity: (\d) years"),
    (NGO, "decide/two_years/when", r"age_months < (\d+)", r"registered >= (\d full years)"),
    (NGO, "decide/withdrawn/when", r"withdrawn_months < (\d+)", r"after withdrawal (\d years)"),
    (NGO, "decide/listed/applies/from", "", r"national rule (2021) adds"),
    (ANQING, "effective_from", "", r"民政部令39号 \(([\d-]+)\)"),
    (ANQING, "windows/assessment/cycle/months", "", r"validity: (\d years)"),
    (ANQING, "decide/too_many/when", r"score > (\d+)", r"max_points: (\d+)"),
    (ANQING, "decide/lowest/when", r"score <= (\d+)", r"1A: '<= (\d+)'"),
    (ANQING, "decide/bands/bands/5A/above", "", r"5A: '> (\d+)'"),
    (ANQING, "decide/bands/bands/4A/at_least", "", r"4A: (\d+)-\d+"),
    (ANQING, "decide/bands/bands/4A/at_most", "", r"4A: \d+-(\d+)"),
    (ANQING, "decide/bands/bands/3A/at_least", "", r"3A: (\d+)-\d+"),
    (ANQING, "decide/bands/bands/3A/at_most", "", r"3A: \d+-(\d+)"),
    (ANQING, "decide/bands/bands/2A/at_least", "", r"2A: (\d+)-\d+"),
    (ANQING, "decide/bands/bands/2A/at_most", "", r"2A: \d+-(\d+)"),
    (ANQING, "decide/bands/bands/1A/at_most", "", r"1A: '<= (\d+)'"),
    (NGO_ABNORMAL, "effective_from", "", r"民政部令60号 \(([\d-]+)\)"),
    (NGO_ABNORMAL, "facts/small_penalty/where", r"amount < (\d+)", r"warning or fine < (\d+)"),
    (NGO_ABNORMAL, "windows/six_months/valid/months", "", r"nothing to correct -> after (\d) months"),
    (NGO_ABNORMAL, "lists/ngo_abnormal/exits/corrected/decided_within/workdays", "", r"-> (\d) working days"),
    (NGO_ABNORMAL, "lists/ngo_abnormal/exits/nothing_to_correct/after/months", "", r"correct -> after (\d) m"),
    (NGO_SERIOUS, "effective_from", "", r"民政部令60号 \(([\d-]+)\)"),
    (NGO_SERIOUS, "decide/abnormal_two_years/when", r">= (\d+)", r"abnormal_listed: (\d years)"),
    (NGO_SERIOUS, "facts/large_fine/where", r"amount >= (\d+)", r"- fine_cny: '>= (\d+)' +# draft"),
    (NGO_SERIOUS, "facts/small_penalties/where", r"amount < (\d+)", r"warnings_or_fines_below_(\d+)_in_3y"),
    (NGO_SERIOUS, "facts/last_small_penalty/where", r"amount < (\d+)", r"warnings_or_fines_below_(\d+)_in_3y"),
    (NGO_SERIOUS, "windows/three_years/months", "", r"warnings_or_fines_below_50000_in_(3y)"),
    (NGO_SERIOUS, "decide/small_penalties/when", r">= (\d)", r"below_50000_in_3y: '>= (\d)'"),
    (NGO_SERIOUS, "windows/two_years/valid/years", "", r"exit: (\d) years clean"),
    (NGO_SERIOUS, "lists/ngo_serious/exits/two_clean_years/after/years", "", r"exit: (\d) years clean"),
    (FIRE, "effective_from", "", r"公消〔(2013)〕60号"),
    (FIRE, "windows/one_year/months", "", r"within_(1y): \{较大"),
    (FIRE, "decide/fires/when", r"larger >= (\d)", r"较大及以上_fire: '>= (\d)'"),
    (FIRE, "decide/fires/when", r"ordinary >= (\d)", r"一般_fire: '>= (\d)'"),
    ("fire/safety_credit/2020-12-31", "effective_from", "", r"应急消〔(2020)〕331号"),
    (FOOD, "effective_from", "", r"115号, from (2016-12)"),
    (FOOD, "items/static/accepts", r"<= (\d+)", r"score: static (\d+) "),
    (FOOD, "items/dynamic/accepts", r"<= (\d+)", r"dynamic (\d+), higher"),
    (FOOD, "decide/bands/bands/A/at_most", "", r"A: 0-(\d+), B: 30"),
    (FOOD, "decide/bands/bands/B/above", "", r"B: (\d+)-45"),
    (FOOD, "decide/bands/bands/B/at_most", "", r"B: 30-(\d+)"),
    (FOOD, "decide/bands/bands/C/above", "", r"C: (\d+)-60"),
    (FOOD, "decide/bands/bands/C/at_most", "", r"C: 45-(\d+)"),
    (FOOD, "decide/bands/bands/D/above", "", r"D: '> (\d+)'\} +# RECALLED"),
    (MEDICAL, "effective_from", "", r"points_example_(2010)"),
    (MEDICAL, "windows/cycle/cycle/months", "", r"cycle: (1 year)"),
    (MEDICAL, "decide/bands/bands/below_12/below", "", r"bands: \['< (\d+)'"),
    (MEDICAL, "decide/bands/bands/from_12/at_least", "", r"'(\d+)-16'"),
    (MEDICAL, "decide/bands/bands/from_12/at_most", "", r"'12-(\d+)'"),
    (MEDICAL, "decide/bands/bands/from_16/above", "", r"'(\d+)-20'"),
    (MEDICAL, "decide/bands/bands/from_16/at_most", "", r"'16-(\d+)'"),
    (MEDICAL, "decide/bands/bands/above_20/above", "", r"'16-20', '> (\d+)'"),
    (CT, "effective_from", "", r"部令7号, ([\d-]+)\)"),
    (CT_MINOR, "effective_from", "", r"部令7号, ([\d-]+)\)"),
    (CT, "windows/period/valid/years", "", r"management period (\d) years"),
    (CT_MINOR, "windows/period/valid/years", "", r"management period 3 years / (\d) year"),
    (CT, "lists/culture_tourism_serious/terms/term/span/years", "", r"period (\d) years /"),
    (CT_MINOR, "lists/culture_tourism_minor/terms/term/span/years", "", r"3 years / (\d) year"),
    (IP, "effective_from", "", r"Intellectual property, (2022)"),
    (IP, "windows/period/valid/years", "", r"\[S57\]; (\d) year period"),
    (IP, "lists/intellectual_property_dishonest/terms/term/span/years", "", r"\[S57\]; (\d) year period"),
    (CARE, "effective_from", "", r"MF2019_103 \| 2019 \| (2020), day unknown"),
    (CARE, "lists/elderly_care/exits/after_two_years/after/years", "", r"103号 \| after (\d) years"),
    ("association/grade/2018-06-27", "imported_decision/life/years", "", r"same code; result valid (\d) years"),
    (GD, "effective_from", "", r"Guangdong construction association (2019)"),
    (GD, "windows/evaluation/cycle/months", "", r"C < 60; valid (\d years)"),
    (GD, "decide/bands/bands/AAA/at_least", "", r"AAA ≥ (\d+)"),
    (GD, "decide/bands/bands/AA/at_least", "", r", AA ≥ (\d+)"),
    (GD, "decide/bands/bands/AA/below", "", r"AAA ≥ (\d+)"),
    (GD, "decide/bands/bands/A/at_least", "", r", A ≥ (\d+)"),
    (GD, "decide/bands/bands/A/below", "", r", AA ≥ (\d+)"),
    (GD, "decide/bands/bands/B/at_least", "", r", B ≥ (\d+)"),
    (GD, "decide/bands/bands/B/below", "", r", A ≥ (\d+)"),
    (GD, "decide/bands/bands/C/below", "", r", C < (\d+)"),
    ("composite/national/2018-12-31", "effective_from", "", r"Coal (2018): 优"),
    ("market/risk_class/2022-01-13", "effective_from", "", r"国市监信发〔(2022)〕6号"),
]
ROWS += [
    (COURT13, "effective_from", "", r"JD2013 \|[^|]*\| 2013-07-16 \| ([\d-]+)"),
    (COURT13, "effective_to", "", r"JD2017 \|[^|]*\|[^|]*\| ([\d-]+) \(recalled-high\)"),
    (COURT17, "effective_from", "", r"JD2017 \|[^|]*\|[^|]*\| ([\d-]+) \(recalled-high\)"),
    (COURT17, "lists/judgment_defaulter/terms/two_years/span/years", "", r"term for JG2 to JG6 \| (\d years)"),
    (COURT17, "lists/judgment_defaulter/terms/one_year_more/span/years", "", r"several acts \| plus (\d) to 3 years"),
    (
        COURT17,
        "lists/judgment_defaulter/terms/three_years_more/span/years",
        "",
        r"several acts \| plus 1 to (\d) years",
    ),
    (COURT17, "lists/judgment_defaulter/steps/decision/within/days", "", r"JB4 \|[^|]*\| within (\d+) days"),
    (COURT17, "lists/judgment_defaulter/exits/correction/decided_within/days", "", r"JC2 \|[^|]*\| (\d+) days"),
]
ROWS += [
    (COURT17, f"lists/judgment_defaulter/exits/{way}/decided_within/workdays", "", r"JE1 \| deletion within (\d) w")
    for way in ("performed", "settled", "creditor_asks", "nothing_found", "stayed", "refused", "ended", "expiry")
]
MINE = sorted({row[0] for row in ROWS} | {"institution/grade/2018-06-27"})
MINE += ["ecommerce/record/2019-01-01", "medical/insurance_institution/2021-05-01", "medical/jilin/2018-06-27"]
MINE += ["price/record/2018-06-27", "quality/grade/2018-06-27"]
PLAN_DAY = date(2018, 6, 27)
RECALLED_DAYS = {"ecommerce/record/2019-01-01", "medical/insurance_institution/2021-05-01"}  # a reading says so
# What the shape of a scheme needs and no text prints: one point each, nothing to begin with, all parts there, in full.
STRUCTURE = re.compile(
    r"items/\w+/add/each 1|start/rules/zero/points 0|facts/\w+/where 1|decide/(incomplete|none|twice)/when \d"
    r"|lists/judgment_defaulter/terms/two_years_more/span/years 2"  # between one and three
    r"|decide/documents_unknown/when 0|facts/\w+/absent (0|1200)|attributes/\w+/absent 0"
    r"|food/risk/2016-12-01/windows/assessment/cycle/months 1200|items/event/add/levels/\d+ \d+"
)


@cache
def facts() -> str:
    return FACTS.read_text(encoding="utf-8") + FACTS.with_name("additions_2026_12.md").read_text(encoding="utf-8")


@cache
def raw(scheme: str) -> Any:
    return read(config_root() / "schemes" / f"{scheme}.yaml").data


def at(node: Any, path: str) -> Any:
    for key in path.split("/"):
        if isinstance(node, list):
            node = next(value for value in node if key in (value.get("id"), value.get("grade")))
        else:
            node = node[key]
    return node


def comparable(printed: str, path: str) -> Decimal | str:
    """A printed span in the unit of its path; a printed month as the day on which it begins."""
    if span := re.fullmatch(r"(\d+)( full years| years| year|y)", printed):
        return Decimal(span[1]) * (12 if "year" not in path.split("/")[-1] else 1)
    if re.fullmatch(r"\d{4}(-\d\d)*", printed) and ("effective" in path or "applies" in path):
        return printed if len(printed) == 4 else (printed + "-01")[:10]  # the day of a year stands in the legal text
    return Decimal(printed)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row[0]} {row[1]}")
def test_number(row: Row) -> None:
    scheme, path, inside, pattern = row
    value = at(raw(scheme), path)
    if inside and isinstance(value, str):
        match = re.search(inside, value)
        assert match, f"{inside} is not in {value}"
        value = Decimal(match[1])
    printed = set(re.findall(pattern, facts()))
    assert len(printed) == 1, f"{pattern}: {printed}"
    wanted = comparable(printed.pop(), path)
    day = value.isoformat() if isinstance(value, date) else ""
    assert (day[: len(str(wanted))] if day else Decimal(value)) == wanted


def numbers(node: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Each number of a scheme with its path; those inside conditions, too."""
    if isinstance(node, dict):
        for key, inner in node.items():
            if key not in ("checked_on", "formerly", "cite", "label", "readings", "note", "why", "grades", "article"):
                yield from numbers(inner, f"{path}/{key}")
    elif isinstance(node, list):
        for i, inner in enumerate(node):
            name = inner.get("id", inner.get("grade", i)) if isinstance(inner, dict) else i
            yield from numbers(inner, f"{path}/{name}")
    elif isinstance(node, int | Decimal) and not isinstance(node, bool):
        yield path[1:], str(node)
    elif isinstance(node, date):
        yield path[1:], node.isoformat()
    elif isinstance(node, str) and path.rsplit("/", 1)[-1] in ("when", "where", "accepts"):
        for text in re.findall(r"(?<![\w'])\d[\d.]*(?!\w)", re.sub(r"'[^']*'", "", node)):
            yield path[1:], text


@pytest.mark.parametrize("scheme", MINE)
def test_no_number_without_a_source(scheme: str) -> None:
    proven = {path for name, path, _, _ in ROWS if name == scheme}
    for path, value in numbers(raw(scheme)):
        if path == "effective_from" and (value == PLAN_DAY.isoformat() or scheme in RECALLED_DAYS):
            continue
        structural = STRUCTURE.fullmatch(f"{path} {value}") or STRUCTURE.fullmatch(f"{scheme}/{path} {value}")
        assert path in proven or structural, f"{path}: {value}"


def test_points_of_events() -> None:
    printed = re.search(r"event_points: \[([\d, ]+)\]", facts())
    assert printed
    levels = raw(MEDICAL)["items"]["event"]["add"]["levels"]
    assert [(str(points), points) for points in levels.values()] == [(key, value) for key, value in levels.items()]
    assert list(levels) == printed[1].split(", ")


def test_codes_of_associations() -> None:
    assert "AAA/AA/A, BBB/BB/B, CCC/CC/C" in facts()
    codes = [grade["code"] for grade in raw("association/grade/2018-06-27")["grades"]]
    assert codes == ["AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C"]


@pytest.mark.parametrize(
    ("scheme", "printed"),
    [
        ("customs/grade/2018-05-01", "高级认证, 一般认证, 一般信用, 失信"),
        ("customs/grade/2026-04-01", "高级认证, 认证, 常规, 失信, 严重失信"),
        (FIRE, "grades: [好, 一般, 差]"),
        (NGO, "grades: [5A, 4A, 3A, 2A, 1A]"),
    ],
)
def test_grades(scheme: str, printed: str) -> None:
    assert printed in facts()
    words = printed.partition("[")[2].rstrip("]") or printed
    labels = [re.sub("企业$|级$", "", grade["label"]["zh"]) for grade in raw(scheme)["grades"]]
    assert labels == words.split(", ")


@pytest.mark.parametrize(
    ("scheme", "items", "printed"),
    [
        (FIRE, 9, r"direct_差_if_any:\n((?:  - .*\n)+)"),
        (IP, 7, r"Intellectual property, 2022 \| (6) acts \+ 1 residual"),
    ],
)
def test_grounds_are_complete(scheme: str, items: int, printed: str) -> None:
    match = re.search(printed, facts())
    assert match
    count = match[1].count("\n") - 1 if "\n" in match[1] else int(match[1]) + 1  # fires stand in one line of the facts
    beside = {"no_part_time_brigade", "rated_poor"}  # half of the ground of the brigade; the decision of a person
    own = [code for code in raw(scheme)["items"] if not code.startswith("fire_") and code not in beside]
    assert len(own) == items == count


@pytest.mark.parametrize(
    ("deadline", "printed"),
    [
        ("general", r"Publishing delay: (\d+) working days after the decision"),
        ("market", r"Publishing delay: .*; market regulation (\d+) working days"),
    ],
)
def test_days_to_publish(deadline: str, printed: str) -> None:
    match = re.search(printed, facts())
    assert match
    mapping = read(config_root() / "publicity" / "mapping.yaml").data
    (days,) = [row["working_days"] for row in mapping["deadlines"] if row["id"] == deadline]
    assert days == int(match[1])


def test_shandongs_lowest_fine_in_the_mapping() -> None:
    rows = {row["id"]: row for row in read(config_root() / "publicity" / "mapping.yaml").data["rows"]}
    rules = (FACTS.parent / "environment_labour.md").read_text(encoding="utf-8")
    assert "| SD-03a | 罚款1万元以下 | 1 |" in rules
    assert rows["sd-fine-low"]["amount"] == {"at_most": 10000}
    assert rows["sd-fine"]["amount"] == {"above": 10000}
