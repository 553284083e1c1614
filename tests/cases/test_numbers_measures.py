"""Every measure per grade, read back against the facts beside the checkout: grades, numbers, marks."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from creditscore.schemes.measures import GradeMeasure, load_measures
from tests.paths import SHARED

FACTS = SHARED / "rules"
TABLE = FACTS / "tables" / "environment_labour.csv"
pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"no table of facts at {TABLE}")

COLOURS = {"绿": "green", "蓝": "blue", "黄": "yellow", "红": "red", "黑": "black"}
UNITS = {"yuan/kWh": "yuan_per_kwh", "yuan/m³": "yuan_per_m3", "%": "percent"}
FREQUENCIES = {"quarterly": "quarterly", "monthly": "monthly"}


@cache
def rows() -> dict[str, dict[str, str]]:
    results: dict[str, dict[str, str]] = {}
    if TABLE.is_file():
        with TABLE.open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream):
                if re.match(r"(EM|LM)-\d|JL-M", line["code"]):
                    results.setdefault(line["code"], {})[line["column"]] = line["value"]
    return results


def printed() -> Iterator[Any]:
    for code, row in rows().items():
        yield pytest.param(code, row, id=code)


def parts(code: str) -> list[GradeMeasure]:
    """The measure and, where one row holds two, its second half (`EM-18b`)."""
    grade_measures = load_measures()
    return [grade_measures[code], *([grade_measures[f"{code}b"]] if f"{code}b" in grade_measures else [])]


def grades(text: str) -> set[str]:
    colours = {code for zh, code in COLOURS.items() if zh in text}
    return colours or set(re.findall(r"[A-D]\+?", text))


@pytest.mark.parametrize(("code", "row"), list(printed()))
def test_grades_and_marks(code: str, row: dict[str, str]) -> None:
    measures = parts(code)
    assert {grade for measure in measures for of in measure.of for grade in of.grades} == grades(row["grade"])
    running = [int(years) for years in re.findall(r"×(\d)年", row["grade"])]
    running += [2] if "连续两次" in row["grade"] or "two years running" in row.get("value", "") else []
    assert [of.running for measure in measures for of in measure.of if of.running > 1] == running
    assert all(measure.evidence == "verified" for measure in measures)
    assert row.get("status", "VERIFIED") == "VERIFIED"


@pytest.mark.parametrize(("code", "row"), list(printed()))
def test_values(code: str, row: dict[str, str]) -> None:
    measure, text = parts(code)[0], row.get("value", "—")
    value = measure.value
    if match := re.fullmatch(r"(≥|≤)?([-+]?[\d.]+)\s*(%|yuan\S+|random checks|per year)", text):
        assert value is not None
        assert value.number == Decimal(match[2])
        assert value.unit == UNITS.get(match[3], "checks")
        assert value.bound == {"≥": "at_least", "≤": "at_most", None: "exactly"}[match[1]]
        assert value.relative == (match[2][0] in "+-" or "加收" in row["what"])
    elif text in FREQUENCIES:
        assert measure.frequency == FREQUENCIES[text]
        is_monthly = "每月至少检查一次" in row["what"]
        assert (value is not None and (value.number, value.bound) == (1, "at_least")) if is_monthly else value is None
    elif first := re.match(r"list in first (\d+) working days|new loans (\d+)", text):
        assert value is not None
        assert value.number == Decimal(first[1] or first[2])
        assert value.unit == ("workdays" if first[1] else "loans")
    elif "两年内" in row["what"]:
        assert value is not None
        assert (value.number, value.unit) == (2, "years")
    else:
        assert text == "—" or "years running" in text
        assert value is None


def test_the_surcharge_begins_on_its_day() -> None:
    begin = re.findall(r"from ([\d-]+)", rows()["EM-01"]["where"])
    applies = load_measures()["EM-01"].applies
    assert applies is not None
    assert [str(applies.from_)] == begin


def test_nothing_beside_the_table() -> None:
    own = {code.rstrip("b") for code in load_measures() if not code.startswith("TM-")}
    assert own == set(rows())


TAX = {
    "TM-A2": (r"单次领(\d)个月发票用量", "months"),
    "TM-A7": (r"次年起评分\+(\d)", "points"),
    "TM-B2": (r"一次领(\d)个月发票用量", "months"),
    "TM-D2": (r"每次最多(\d+)份", "documents"),
    "TM-D8": (r"直判D保留(\d)年", "years"),
    "TM-D9": (r"得分D次年扣(\d+)", "points"),
}


def section() -> str:
    text = (FACTS / "tax.md").read_text(encoding="utf-8")
    return text.split("## 10. ")[1].split("## 11. ")[0]


@pytest.mark.parametrize("code", TAX)
def test_tax_numbers(code: str) -> None:
    pattern, unit = TAX[code]
    number = re.search(pattern, section())
    value = load_measures()[code].value
    assert number
    assert value is not None
    assert (abs(value.number), value.unit) == (Decimal(number[1]), unit)
    assert (value.number < 0) == ("扣" in pattern)


def test_tax_has_no_other_numbers() -> None:
    valued = {code for code, measure in load_measures().items() if code.startswith("TM-") and measure.value}
    assert valued == set(TAX)


def test_tax_years_and_grades() -> None:
    """`2016+` in the table is an `applies` from 2016; as many grades have measures as the table has."""
    lines = [line.split("|") for line in section().splitlines() if re.match(r"\| [ABCDM] \|", line)]
    begins = {match[1] for line in lines if (match := re.match(r"(\d{4})\+", line[3].strip()))} - {"2025"}
    measures = {code: measure for code, measure in load_measures().items() if code.startswith("TM-")}
    assert {str(measure.applies.from_) for measure in measures.values() if measure.applies} == begins
    assert {grade for measure in measures.values() for of in measure.of for grade in of.grades} == {
        line[1].strip() for line in lines
    }
    assert re.search(r"连续(\d)年A", section())[1] == str(measures["TM-A5"].of[0].running)  # type: ignore[index]
