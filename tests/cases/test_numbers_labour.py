"""Every number of the labour and wage schemes, read back against the facts beside the checkout."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date
from functools import cache
from typing import Any

import pytest

from creditscore.core.errors import SchemeError
from creditscore.grading.bind import bind
from creditscore.schemes import registry
from creditscore.schemes.expressions import to_python
from creditscore.schemes.model import Scheme
from tests.paths import SHARED

RULES = SHARED / "rules"
TABLE, TEXT = RULES / "tables" / "environment_labour.csv", RULES / "environment_labour.md"
pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"no table of facts at {TABLE}")

NATIONAL, QINZHOU, CHONGQING = "labour/national@2016", "labour/qinzhou@2017-12-31", "labour/chongqing@2021"
TIANJIN, JILIN, POINTS = "labour/tianjin@2021-05-01", "labour/jilin@2018", "labour/points_anonymous@2017"
OLD, MAJOR, DISPATCH = "labour/old_aaa@2016", "labour/major_violations@2017-01-01", "labour/dispatch@2025-12-31"
W18, W22, WJL = "wage_arrears@2018-01-01", "wage_arrears@2022-01-01", "wage_arrears_jilin@2018-12-03"
C18, C22 = "2018 rule (人社部规〔2017〕16号, from 2018-01-01)", "2022 rule (令45号, from 2022-01-01)"
WORDS = {"three": 3, "ten": 10, "Seven": 7, "三": 3}
N = r"(\d+)"
MD = ""  # in place of a code: a line of the text, found by the pattern itself


@cache
def table() -> dict[str, dict[str, str]]:
    """Code → column → value, for the labour sections."""
    results: dict[str, dict[str, str]] = {}
    if TABLE.is_file():
        with TABLE.open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream):
                if line["section"].startswith("2."):
                    results.setdefault(line["code"], {})[line["column"]] = line["value"]
    return results


@cache
def scheme(name: str) -> Scheme:
    return next(registry.load(entry) for entry in registry.entries() if f"{entry.scheme}@{entry.version}" == name)


def at(name: str, path: str) -> str:
    """What stands at a path of a scheme, as text; a list of rules is entered by id, an item by its first variant."""
    value: Any = scheme(name).model_dump(by_alias=True)
    for key in path.replace("list/", "lists/wage_arrears/").split("/"):
        if isinstance(value, list):
            value = value[0] if value and "id" not in value[0] else next(row for row in value if row["id"] == key)
            if "id" in value:
                continue
        value = value[key]
    return str(value)


def fact(code: str, column: str, pattern: str) -> float:
    match = re.search(pattern, table()[code][column] if code else TEXT.read_text(encoding="utf-8"))
    assert match, f"{code} {column}: no {pattern}"
    return number(match[1])


def number(text: str) -> float:
    if text in WORDS:
        return WORDS[text]
    return float(text[:-1]) * 10_000 if text.endswith("万") else float(text)


CASES = ("LB-C1", "count basis", r"≥(\d+) cases")
MONTHS = ("JL-L2", "what", r"(\d+)个月以上")
ONE, TEN = ("JL-L2", "what", r"≥(\d+)元"), ("JL-L3", "what", r"≥(\d+万)元")
HEADS = ("JL-L3", "what", r"拖欠(\d+)人")
THREE_MONTHS = (MD, "", r"one worker, (three) months or more")
TEN_HEADS = (MD, "", r"/ (ten) workers or more, total")
STEPS_2018 = ("overdue", "to_be_decided", "reached", "perhaps")
STEPS_2022 = ("overdue", "to_be_decided", "objection_open", "objection_time", "to_be_noticed", "spared")
STEPS_2022 += ("no_deadline", "wrong_order", "perhaps", "not_ordered")
REMOVAL, DECISION, HEARD = "removal deadline", "decision deadline", "right to be heard"
CHECKS: list[tuple[str, str, str, tuple[str, str, str]]] = [
    *((name, "decide/LB-C1/when", r"cases >= (\d+)", CASES) for name in (NATIONAL, CHONGQING)),
    (NATIONAL, "decide/LB-B/when", r"cases >= (\d+)", ("LB-B", "count basis", r"^(\d+)–2 cases")),
    (QINZHOU, "decide/LB-C1/when", r"year_before >= (\d+)", CASES),
    (QINZHOU, "decide/LB-C1/when", r"to_date >= (\d+)", CASES),
    (QINZHOU, "decide/one_year_unclear/when", r"cases >= (\d+)", CASES),
    (QINZHOU, "decide/absent_three_years/when", r">= (\d+)", (MD, "", r"(three) years or more running → C")),
    (QINZHOU, "effective_from", r"(\d{4})-\d\d-\d\d", (MD, "", r"\*\*Qinzhou (\d{4})\*\*")),
    (CHONGQING, "effective_from", N, (MD, "", r"inspected in the year \(L43, VERIFIED for (\d{4})\)")),
    (TIANJIN, "windows/year/months", N, ("TJ-A", "count basis", r"0 in (\d+) months")),
    (TIANJIN, "windows/year/months", N, ("TJ-B", "count basis", r"any in (\d+) months")),
    (JILIN, "effective_from", N, ("WL-22", "jurisdiction", r"blacklist rule (\d{4})")),
    (DISPATCH, "effective_from", r"(\d{4})-\d\d-\d\d", (MD, "", r"人社厅发〔(\d{4})〕6号 A\+/A/B/C/D")),
    *((name, "facts/one_worker/where", r"months_owed >= (\d+)", MONTHS) for name in (JILIN, WJL)),
    *((name, "facts/one_worker/where", r"worker_amount >= (\d+)", ONE) for name in (JILIN, WJL)),
    *((name, "facts/one_worker/where", r" amount >= (\d+)", ONE) for name in (JILIN, WJL)),
    *((name, "facts/ten_workers/where", r" amount >= (\d+)", TEN) for name in (JILIN, WJL)),
    *((name, "facts/ten_workers/where", r"workers >= (\d+)", HEADS) for name in (JILIN, WJL)),
    (WJL, "facts/hidden/where", r"months_owed >= (\d+)", MONTHS),
    (WJL, "facts/hidden/where", r" amount >= (\d+)", ONE),
    *(
        (name, f"facts/{declared_fact}/where", pattern, where)
        for name, facts in ((W22, STEPS_2022), (W18, STEPS_2018))
        for declared_fact in facts
        for pattern, where in ((r"months_owed >= (\d+)", THREE_MONTHS), (r"workers >= (\d+)", TEN_HEADS))
    ),
    *((name, "facts/hidden/where", r"months_owed >= (\d+)", THREE_MONTHS) for name in (W18, W22)),
    (W18, "record_attributes/decide_by/workdays", N, (DECISION, C18, r"(\d+) working days")),
    (W22, "record_attributes/heard_by/workdays", N, (HEARD, C22, r"objection within (\d+)")),
    (W22, "record_attributes/checked_by/workdays", N, (HEARD, C22, r"checked within (\d+)")),
    (W22, "record_attributes/decide_by/workdays", N, (DECISION, C22, r"(\d+) working days")),
    *(
        (name, f"list/terms/{term}/span/years", N, ("term", C18, pattern))
        for name in (W18, WJL)
        for term, pattern in (
            ("first", r"first (\d+) year"),
            ("uncorrected", r"not corrected .* → \+(\d+) years"),
            ("repeated", r"or repeated while listed → \+(\d+) years"),
            ("relisted", r"listed again after removal → (\d+) years"),
        )
    ),
    *((name, "list/exits/expiry/decided_within/workdays", N, (REMOVAL, C18, r"(\d+) working")) for name in (W18, WJL)),
    (W18, "list/steps/decision/within/workdays", N, (DECISION, C18, r"(\d+) working")),
    (W22, "list/steps/objection/within/workdays", N, (HEARD, C22, r"objection within (\d+)")),
    (W22, "list/steps/check/within/workdays", N, (HEARD, C22, r"checked within (\d+)")),
    (W22, "list/steps/decision/within/workdays", N, (DECISION, C22, r"(\d+) working days")),
    (W22, "list/steps/decision/extended_by/workdays", N, (DECISION, C22, r"\+(\d+) if complex")),
    (W22, "list/terms/term/span/years", N, ("term", C22, r"(\d+) years from the decision")),
    (W22, "list/exits/early/after/months", N, ("early exit", C22, r"(\d+) months listed since")),
    (W22, "list/exits/early/decided_within/workdays", N, ("early exit", C22, r"within (\d+) working")),
    (W22, "list/exits/expiry/decided_within/workdays", N, (REMOVAL, C22, r"(\d+) working")),
    (OLD, "decide/OLD-AAA/when", r"passed >= (\d+)", ("OLD-AAA", "count basis", r"(\d+) years")),
    (OLD, "decide/OLD-AAA/when", r"contracts >= (\d+)", ("OLD-AAA", "what", r"合同与参保(\d+)%")),
    (OLD, "decide/OLD-AAA/when", r"insured >= (\d+)", ("OLD-AAA", "what", r"合同与参保(\d+)%")),
    (OLD, "decide/OLD-AAA/when", r"certified >= (\d+)", ("OLD-AAA", "count basis", r"≥(\d+)%")),
    *(
        (OLD, f"decide/{code}/when", rf"{name} >= (\d+)", (code, column, r"≥(\d+)%"))
        for code in ("OLD-AA", "OLD-A")
        for name, column in (("contracts", "what"), ("insured", "what"), ("certified", "count basis"))
    ),
    (POINTS, "items/LP-01/accepts", r"workers < (\d+)", ("LP-01", "what", r"(\d+)人以下")),
    (POINTS, "items/LP-01/accepts", r"amount < (\d+)", ("LP-01", "what", r"(\d+万)元以下")),
    (POINTS, "items/LP-02/accepts", r"workers >= (\d+)", ("LP-02", "what", r"(\d+)人以上")),
    (POINTS, "items/LP-02/accepts", r"amount >= (\d+)", ("LP-02", "what", r"(\d+万)元以上")),
    (POINTS, "items/LP-02/accepts", r"workers < (\d+)", ("LP-03", "what", r"(\d+)人以上")),
    (POINTS, "items/LP-02/accepts", r"amount < (\d+)", ("LP-03", "what", r"(\d+万)元以上")),
    (POINTS, "items/LP-03/accepts", r"workers >= (\d+)", ("LP-03", "what", r"(\d+)人以上")),
    (POINTS, "items/LP-03/accepts", r"amount >= (\d+)", ("LP-03", "what", r"(\d+万)元以上")),
    (POINTS, "items/LP-09/accepts", r"amount < (\d+)", ("LP-09", "what", r"处罚(\d+万)元以下")),
    (POINTS, "items/LP-10/accepts", r"amount >= (\d+)", ("LP-10", "what", r"处罚(\d+万)元以上")),
    (POINTS, "items/LP-10/accepts", r"amount < (\d+)", ("LP-11", "what", r"处罚(\d+万)元以上")),
    (POINTS, "items/LP-11/accepts", r"amount >= (\d+)", ("LP-11", "what", r"处罚(\d+万)元以上")),
]


@pytest.mark.parametrize(("name", "path", "pattern", "where"), CHECKS, ids=lambda value: str(value)[:40])
def test_number(name: str, path: str, pattern: str, where: tuple[str, str, str]) -> None:
    match = re.search(pattern, at(name, path))
    assert match, f"{path}: no {pattern} in {at(name, path)}"
    assert number(match[1]) == fact(*where)


def test_the_extended_time_is_the_sum_of_both() -> None:
    both = fact(DECISION, C22, r"(\d+) working days") + fact(DECISION, C22, r"\+(\d+) if complex")
    assert float(at(W22, "record_attributes/extended_by/workdays")) == both


# Cities of Guangdong (GB/T 2260) that the text does not name: its second zone is all the others.
OTHER_CITIES = [f"44{city:02}" for city in (2, 5, 7, 8, 9, *range(12, 19), 51, 52, 53)]


@pytest.mark.parametrize("name", [W18, W22])
def test_amounts_of_the_provinces(name: str) -> None:
    standard = scheme(name).lookups["standard"]
    printed = {code[3:]: row for code, row in table().items() if re.fullmatch(r"WL-\d\d", code)}
    range_of_the_court = printed.pop("00")
    ends = [end for column in ("one worker", "≥10 workers") for end in range_of_the_court[column].split("–")]
    assert [str(number) for number in standard.default] == ends
    assert standard.columns == ["one", "one_top", "ten", "ten_top"]
    wanted = {key: [row["one worker"]] * 2 + [row["≥10 workers"]] * 2 for key, row in printed.items()}
    wanted |= amounts_read_later()
    low, high = wanted["44"], wanted["4401"]
    wanted |= dict.fromkeys(OTHER_CITIES, low)
    wanted["44"] = [low[0], high[1], low[2], high[3]]  # no city given, or one that nobody knows: between the two zones
    assert {key: [str(number) for number in row] for key, row in standard.rows.items()} == wanted


def amounts_read_later() -> dict[str, list[str]]:
    """Hebei and the two zones of Guangdong, from the table of the additions."""
    rows = re.findall(
        r"(?m)^\| (?:Hebei|Guangdong zone \d)[^|]*\| ([\d ]+) \| ([\d,]+)[^|]*\| ([\d,]+)",
        TEXT.with_name("additions_2026_12.md").read_text(encoding="utf-8"),
    )
    assert len(rows) == 3
    amounts = [(codes, worker.replace(",", ""), ten.replace(",", "")) for codes, worker, ten in rows]
    return {code: [worker, worker, ten, ten] for codes, worker, ten in amounts for code in codes.split()}


@pytest.mark.parametrize("number", range(1, 17))
def test_points(number: int) -> None:
    code = f"LP-{number:02}"
    (item,) = scheme(POINTS).items[code]
    assert item.deduct is not None
    assert f"-{item.deduct.fixed}" == table()[code]["points or weight"]
    basis = {"per case": "act", "per year": "year"}
    assert item.per == [basis.get(table()[code]["count basis"], "time")]


def test_the_row_that_was_cut_off_is_unknown() -> None:
    assert table()["LP-17+"]["points or weight"] == "null"
    assert scheme(POINTS).items["LP-17+"][0].evidence == "unknown"


@pytest.mark.parametrize(
    ("name", "pattern"),
    [
        (TIANJIN, r"天津市用人单位劳动保障信用分级分类监管办法\(试行\), from (\S+?)\)"),
        (W18, r"2018 rule \(人社部规〔2017〕16号, from (\S+?)\)"),
        (W22, r"2022 rule \(令45号, from (\S+?)\)"),
        (WJL, r"WL-22 \| 吉林 \(blacklist rule (\S+?)\)"),
        (MAJOR, r"人社部令29号 \(in force (\S+?)\)"),
    ],
)
def test_in_force_from(name: str, pattern: str) -> None:
    match = re.search(pattern, TEXT.read_text(encoding="utf-8"))
    assert match
    assert scheme(name).effective_from == date.fromisoformat(match[1])


def test_the_first_rating_under_the_national_rule_looks_at_the_year_before_it() -> None:
    assert scheme(NATIONAL).effective_from == fact(MD, "", r"人社部规〔2016〕1号 \(in force (\d{4})-01-01\)") - 1


def test_ends_are_the_beginnings_of_what_followed() -> None:
    assert scheme(W18).effective_to == scheme(WJL).effective_to == scheme(W22).effective_from
    assert scheme(W18).lookups["standard"].since["22"] == scheme(WJL).effective_from


def test_seven_kinds_are_published() -> None:
    assert len(scheme(MAJOR).items) == fact(MD, "", r"(Seven) kinds must be published")


@pytest.mark.parametrize("code", ["LB-C2", "LB-C3", "LB-C4", "LB-C5", "LB-C6"])
@pytest.mark.parametrize("name", [NATIONAL, QINZHOU, CHONGQING])
def test_each_grave_kind_is_c_once(name: str, code: str) -> None:
    row = table()[code]
    assert (row["direct grade"], row["count basis"]) == ("C", "once")
    (line,) = (decide for decide in scheme(name).decide if decide.id == code)
    assert line.grade == "C"
    assert scheme(name).facts[line.when or ""].items == [code]


# Every number of a condition: 1 worker, 0 for what was not given, and what is checked above.
ALLOWED = {
    NATIONAL: {1, 3},
    CHONGQING: {0, 1, 3},
    QINZHOU: {1, 3},
    TIANJIN: set(),
    MAJOR: set(),
    JILIN: {1, 3, 10, 5000, 30000},
    WJL: {0, 1, 3, 10, 5000, 30000},
    W18: {0, 1, 3, 10, 20000, 100000},
    W22: {0, 1, 3, 10},
    POINTS: {5, 10, 20000, 50000},
    OLD: {3, 60, 70, 80, 90, 100},
}


@pytest.mark.parametrize("name", ALLOWED)
def test_no_number_beside_them(name: str) -> None:
    assert set(conditions(name)) <= ALLOWED[name]


def conditions(name: str) -> Iterator[int]:
    other_scheme = scheme(name)
    texts = [rule.when for rule in (*other_scheme.decide, *other_scheme.admit.exempt)] + [
        rule.where for rule in other_scheme.facts.values()
    ]
    texts += [item.accepts for variants in other_scheme.items.values() for item in variants]
    for text in texts:
        yield from (int(digits) for digits in re.findall(r"(?<![\w'])\d+", re.sub(r"'[^']*'", "", text or "")))


@pytest.mark.parametrize("workers", [1, 4, 5, 9, 10, 200])
@pytest.mark.parametrize("amount", [1, 19_999, 20_000, 49_999, 50_000, 900_000])
def test_every_violation_fits_one_row(workers: int, amount: int) -> None:
    plan = bind(scheme(POINTS), 2019, known_at=18_300)
    env = {"workers": workers * 10**6, "amount": amount * 10**6}
    rows = [item for item in plan.items if item.code in ("LP-01", "LP-02", "LP-03") and item.accepts is not None]
    heaviest = 3 if workers >= 10 or amount >= 50_000 else 2 if workers >= 5 or amount >= 20_000 else 1
    assert [item.code for item in rows if item.accepts and to_python(item.accepts)(env)] == [f"LP-{heaviest:02}"]


@pytest.mark.parametrize("name", [OLD, "labour/old_abcd@2016"])
def test_older_scales_grade_nobody(name: str) -> None:
    with pytest.raises(SchemeError, match="cannot grade: 2 things are missing"):
        bind(scheme(name), 2016, known_at=17_000)
