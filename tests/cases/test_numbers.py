"""Every tax number of the schemes, read back against the table of facts beside the checkout."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from creditscore.schemes import registry
from creditscore.schemes.model import GiveBack, Item, Scheme
from tests.paths import SHARED

TABLE = SHARED / "rules" / "tables" / "tax.csv"
pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"no table of facts at {TABLE}")

PER = {"按次": "time", "按税种按次": "time", "per conclusion": "time", "按月": "month"}
PER |= {"once": "period", "once a year": "period"}
SECTIONS = {"5.1": 2014, "6.1": 2014, "6.2": 2014, "6.3": 2014, "5.2": 2025, "8.1": 2025}
REPAIRS = {"7.": (2014, "repair_2020"), "8.2": (2025, "repair_2025")}
PRINTED_AS_RANGE = {"050201..08": 8, "060301..06": 6}


def rows(section: str) -> list[dict[str, str]]:
    """The rows of one section, in order; the code of a numbered row is in its column `code`."""
    results: list[dict[str, str]] = []
    if not TABLE.is_file():
        return results
    with TABLE.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            if line["section"].split(" ")[0] != section:
                continue
            if not results or results[-1]["key"] != line["code"] or line["column"] in results[-1]:
                results.append({"key": line["code"]})
            results[-1][line["column"]] = line["value"]
    return [{**row, "code": row.get("code", row["key"])} for row in results]


@cache
def scheme(year: int) -> Scheme:
    return registry.find("tax", year)


def items(year: int, code: str) -> list[Item]:
    """The item or, where the table prints a range, each of it."""
    if code in PRINTED_AS_RANGE:
        base = code.split("..")[0][:-1]
        return [item for k in range(1, PRINTED_AS_RANGE[code] + 1) for item in scheme(year).items[f"{base}{k}"]]
    return scheme(year).items[code]


def indicator_rows() -> Iterator[Any]:
    for section, year in SECTIONS.items():
        for row in rows(section):
            codes = row["code"].split(",") if ".." not in row["code"] else [row["code"]]
            for code in codes:
                yield pytest.param(year, code, row, id=f"{section} {code} {row['what'][:12]}")


def weight(item: Item) -> tuple[Decimal | None, bool]:
    """Points of one record, and whether the attribute `ratio` is added."""
    value = item.deduct
    if value is None or value.unknown:
        return None, False
    for points in (value.fixed, value.each):
        if points is not None:
            return points, False
    return value.base, value.plus == "ratio"


@pytest.mark.parametrize(("year", "code", "row"), list(indicator_rows()))
def test_points(year: int, code: str, row: dict[str, str]) -> None:
    for item in items(year, code):
        printed = row["points"]
        if item.applies and item.applies.to == 2014:  # before R2016 the six points with a ratio are not known
            assert item.deduct is not None
            assert item.deduct.unknown
            continue
        if number := re.fullmatch(r"(\d+)( \+ ratio)?", printed):
            assert weight(item) == (Decimal(number[1]), number[2] is not None)
        elif "UNKNOWN" in printed:
            assert item.deduct is not None
            assert item.deduct.unknown
        elif printed == "-":
            assert item.deduct is None or (item.deduct.unknown and row["direct grade"] == "D")  # 04xxxx: both
        else:
            assert printed == "as 0501"
        if row["count basis"] in PER and item.deduct is not None and not item.deduct.unknown:
            assert item.per == [PER[row["count basis"]]]
        if row["direct grade"] == "D" and code not in PRINTED_AS_RANGE and item.deduct is None:
            assert {"direct", "linked"} & set(item.tags)
        if row["direct grade"] == "-" and code not in PRINTED_AS_RANGE:
            assert not {"direct", "linked"} & set(item.tags)


@pytest.mark.parametrize(("year", "code", "row"), list(indicator_rows()))
def test_marks(year: int, code: str, row: dict[str, str]) -> None:
    for item in items(year, code):
        if item.deduct is not None and item.deduct.unknown:
            assert item.evidence == "unknown"
        elif row["status"].startswith("RECALLED") or "points RECALLED" in row["status"]:
            assert item.evidence == "recalled"
        elif re.match("VERIFIED|effect VERIFIED", row["status"]):
            assert item.evidence == "verified"


@pytest.mark.parametrize("code", ["0501", "0502", "0603"])
@pytest.mark.parametrize("tail", range(1, 7))
def test_ranges_follow_0501(code: str, tail: int) -> None:
    """050201..08 and 060301..06 are printed as "as 0501"."""
    printed = scheme(2014).items[f"05010{tail}"][-1]
    same = scheme(2014).items[f"{code}0{tail}"][-1]
    assert weight(same) == weight(printed)
    assert same.per == printed.per


def repair_rows() -> Iterator[Any]:
    for section, (year, rule) in REPAIRS.items():
        for row in rows(section):
            if re.fullmatch(r"[\d.]+", row["points"]):
                yield pytest.param(year, rule, row, id=f"{section} {row['code']}")


def gives(printed: str) -> list[tuple[Decimal | None, Decimal]]:
    """`5 if tax <= 1000 yuan, else 4` → up to 1000: 5, above: 4. The share `p` multiplies anyway."""
    printed = printed.replace(" x p", "").split(" (")[0]
    if small := re.fullmatch(r"([\d.]+) if \w+ <= (\d+) yuan, else ([\d.]+)", printed):
        return [(Decimal(small[2]), Decimal(small[1])), (None, Decimal(small[3]))]
    return [(None, Decimal(printed))]


def configured(terms: list[GiveBack]) -> list[tuple[Decimal | None, Decimal | str]]:
    return [(term.amount_to, term.points) for term in terms]


@pytest.mark.parametrize(("year", "rule", "row"), list(repair_rows()))
def test_repair(year: int, rule: str, row: dict[str, str]) -> None:
    (item,) = items(year, row["code"])
    assert weight(item) == (Decimal(row["points"]), False)
    assert item.repair is not None
    assert item.repair.rule == rule
    windows = ("d30", "y0", "y1") if year == 2014 else ("d3", "d30", "d90", "later")
    assert {key: configured(value) for key, value in item.repair.gives.items()} == {
        key: gives(row[key]) for key in windows
    }


@pytest.mark.parametrize("year", [2014, 2025])
def test_nothing_beside_the_table(year: int) -> None:
    """Every item and every repair of points stands in the table."""
    here = [row for section, of in SECTIONS.items() if of == year for row in rows(section)]
    printed = {code for row in here for code in row["code"].split(",")}
    for code in PRINTED_AS_RANGE:
        if year == 2014:
            printed |= {f"{code[:4]}0{k}" for k in range(1, PRINTED_AS_RANGE[code] + 1)}
    own = {"NR", "OVERALL", "040103", "040104", "040105"}
    # the direct D codes of 2014, without points, for what became of a D of 2024
    old = {code for code, variants in scheme(year).items.items() if any("direct_2024" in v.tags for v in variants)}
    assert old <= set(scheme(2014).items)
    assert set(scheme(year).items) - old - printed <= own
    section = next(key for key, (of, _) in REPAIRS.items() if of == year)
    repaired = {code for code, (item, *_) in scheme(year).items.items() if item.repair and item.deduct}
    assert repaired == {row["code"] for row in rows(section) if re.fullmatch(r"[\d.]+", row["points"])}
