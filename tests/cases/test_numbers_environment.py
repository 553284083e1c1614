"""Every configured number of the environmental schemes, read back against the table of facts beside the checkout."""

from __future__ import annotations

import csv
import re
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from creditscore.schemes import registry
from creditscore.schemes.model import Decide, Item, Scheme
from tests.paths import SHARED

RULES = SHARED / "rules"
TABLE = RULES / "tables" / "environment_labour.csv"
pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"no table of facts at {TABLE}")

NATIONAL = (("national", "2013"), ("guangdong", "2015"))
JIANGSU = (("jiangsu", "2019-01-01"), ("jiangsu", "2020-01-01"))


@cache
def facts() -> dict[str, dict[str, str]]:
    """The rows of the environment part by code; of a code that several sections use, all columns together."""
    facts_by_code: dict[str, dict[str, str]] = {}
    with TABLE.open(encoding="utf-8", newline="") as stream:
        for line in csv.DictReader(stream):
            if line["section"].startswith(("1.", "3.")):
                facts_by_code.setdefault(line["code"], {}).setdefault(line["column"], line["value"])
    return facts_by_code


@cache
def prose() -> str:
    return (RULES / "environment_labour.md").read_text(encoding="utf-8")


@cache
def scheme(name: str, version: str) -> Scheme:
    (scheme_version,) = (
        version_entry for version_entry in registry.versions(f"environment/{name}") if version_entry.version == version
    )
    return scheme_version


def item(name: str, version: str, code: str) -> Item:
    (only,) = scheme(name, version).items[code]
    return only


def number(text: str) -> Decimal:
    match = re.search(r"\d+(\.\d+)?", text)
    assert match, text
    return Decimal(match[0])


INDICATORS = [f"N-{i:02}" for i in range(1, 22)]
VETOES = [f"N-V{i:02}" for i in range(1, 15)]


@pytest.mark.parametrize(("name", "version"), NATIONAL)
@pytest.mark.parametrize("code", INDICATORS)
def test_weights(name: str, version: str, code: str) -> None:
    scheme_item, row = item(name, version, code), facts()[code]
    assert scheme_item.label.zh == row["what"]
    assert scheme_item.add is not None
    if row["points or weight"] == "null":
        assert scheme_item.add.pool is not None
        assert scheme_item.evidence == "unknown"
        assert "weight UNKNOWN" in row["status"]
    else:
        assert scheme_item.add.each == Decimal(row["points or weight"]) / 100
        assert scheme_item.evidence == "verified"


@pytest.mark.parametrize(("name", "version"), NATIONAL)
def test_pools_are_the_printed_totals(name: str, version: str) -> None:
    scheme_version = scheme(name, version)
    members = {
        pool: [code for code in INDICATORS if (add := scheme_version.items[code][0].add) and add.pool == pool]
        for pool in scheme_version.pools
    }
    assert members == {
        "ecology": ["N-06", "N-07"],
        "management": ["N-08", "N-09", "N-10", "N-11", "N-12", "N-13", "N-14", "N-16"],
        "public": ["N-18", "N-19", "N-20", "N-21"],
    }
    for pool, first in (("ecology", "N-06"), ("management", "N-08"), ("public", "N-18")):
        assert scheme_version.pools[pool].total * 100 == Decimal(
            facts()[first]["count basis"].split("= ")[1].split(" ")[0]
        )
    total = sum((pool.total for pool in scheme_version.pools.values()), Decimal(0))
    total += sum(add.each for code in INDICATORS if (add := scheme_version.items[code][0].add) and add.each)
    assert total == 1
    groups = re.findall(r"\d+", facts()["group weights"]["value"].split("(")[0])
    assert [Decimal(group) for group in groups] == [29, 5, 54, 12]


@pytest.mark.parametrize(("name", "version"), NATIONAL)
@pytest.mark.parametrize("code", INDICATORS)
def test_tiers_are_valued_at_their_top(name: str, version: str, code: str) -> None:
    tops = [Decimal(top) for _, top in re.findall(r"(\d+)–(\d+)", facts()["score scale"]["value"])[1:]]
    measure = item(name, version, code).measure
    assert measure is not None
    words = [measure.levels.get(word) for word in ("tier1", "tier2", "tier3")]
    assert [(got, top) for got, top in zip(words, tops, strict=True) if got not in (None, top)] == []
    assert {level for word, level in measure.levels.items() if not word.startswith("tier")} <= {0, 100}


@pytest.mark.parametrize(("name", "version"), NATIONAL)
@pytest.mark.parametrize("code", VETOES)
def test_vetoes(name: str, version: str, code: str) -> None:
    scheme_item, row = item(name, version, code), facts()[code]
    assert scheme_item.label.zh == row["what"]
    assert row["direct grade"] == "红"
    assert scheme_item.tags == ["veto"]
    assert scheme_item.evidence == {"VERIFIED": "verified", "RECALLED-high": "recalled"}[row["status"]]


def test_every_veto_stands() -> None:
    for name, version in NATIONAL:
        assert [code for code in scheme(name, version).items if code.startswith("N-V")] == VETOES
    assert number(facts()["veto count"]["value"]) == len(VETOES)


PRINTED = {  # scheme → row of 1.3, and the printed edge of each grade: (key, printed pattern)
    ("national", "2013"): ("env.national.2013", "绿 {} (+2 extras) / 蓝 {}–<{} / 黄 {}–<{} / 红 <{}"),
    ("guangdong", "2015"): ("env.national.2013", "绿 {} (+2 extras) / 蓝 {}–<{} / 黄 {}–<{} / 红 <{}"),
    ("fujian", "2016"): ("env.fujian.2016", "绿 ≥{} / 蓝 {}–<{} / 黄 {}–<{} / 红 <{} or veto"),
    ("fuyang", "2016"): ("env.fuyang.2016", "诚信 {}–100 / 良好 {}–{} / 警示 {}–{} / 不良 ≤{}"),
    ("anhui", "2017"): ("env.anhui.2017", "诚信 {}–100 / 良好 {}–<{} / 警示 {}–<{} / 不良 <{}"),
    ("jiangsu", "2013-12-31"): (
        "env.jiangsu.2013",
        "绿 ≥{} / 蓝 {}–{} / 黄 {}–{} / 红 {}–{} / 黑 ≤{} (65 overlaps in print)",
    ),
    ("jiangsu", "2019-01-01"): ("env.jiangsu.2019", "绿 {}–12 / 蓝 {}–{} / 黄 {}–{} / 红 {}–{} / 黑 ≤{}"),
    ("jiangsu", "2020-01-01"): ("env.jiangsu.2019", "绿 {}–12 / 蓝 {}–{} / 黄 {}–{} / 红 {}–{} / 黑 ≤{}"),
}


def line(scheme_version: Scheme, key: str) -> Decide:
    return next(decide for decide in scheme_version.decide if decide.id == key)


@pytest.mark.parametrize("key", PRINTED, ids=lambda key: f"{key[0]}@{key[1]}")
def test_bands(key: tuple[str, str]) -> None:
    code, pattern = PRINTED[key]
    edges = [
        edge
        for band in line(scheme(*key), "bands").bands or []
        for edge in (band.at_least, band.above, band.at_most, band.below)
        if edge is not None
    ]
    assert facts()[code]["best → worst"] == pattern.format(*edges)


def test_bands_of_which_a_part_is_known() -> None:
    henan, hubei = scheme("henan", "2018"), scheme("hubei", "2019")
    green, blue = (number(line(henan, key).when or "") for key in ("green", "blue"))
    assert facts()["env.henan.2018"]["best → worst"].startswith(f"绿 诚信 ≥{green} / 蓝 良好 {blue}–<{green}")
    best, worst = (number(line(hubei, key).when or "") for key in ("best", "worst"))
    printed = facts()["env.hubei.2019"]["best → worst"]
    assert f"诚信 ≥{best}" in printed
    assert f"严重失信 <{worst}" in printed
    assert hubei.start is not None
    assert f"base {hubei.start.rules[0].points};" in printed
    deduct = item("hubei", "2019", "HB19-D1").deduct
    other = item("hubei", "2019", "HB19-other").deduct
    assert deduct is not None
    assert other is not None
    assert facts()["HB19-D1"]["points or weight"] == f"-{deduct.fixed}"
    assert other.range == (Decimal(0), deduct.fixed)  # the largest single item


def test_extras_and_incident() -> None:
    for name, version in NATIONAL:
        extras, incident = (line(scheme(name, version), key) for key in ("extras", "N-D01"))
        assert f"at least {number(extras.when or '')} of the voluntary" in prose()
        assert facts()["N-D01"]["effect"].startswith("down one grade")
        assert incident.down == 1
    repair = scheme("guangdong", "2015").record_attributes["apply_by"].months
    assert facts()["N-D02"]["what"] == f"公布后{repair}个月内黄红牌可申请修复"


@pytest.mark.parametrize(("name", "version"), JIANGSU)
def test_jiangsu_rows(name: str, version: str) -> None:
    scheme_version = scheme(name, version)
    printed = {code: facts()[code]["points or weight"] for code in facts() if code.startswith("JS19-")}
    assert scheme_version.start is not None
    assert printed.pop("JS19-00") == str(scheme_version.start.rules[0].points)
    for code, text in printed.items():
        scheme_item = item(name, version, code)
        assert scheme_item.label.zh.split("并罚款")[0] == facts()[code]["what"].split("并罚款")[0]
        value = scheme_item.value
        assert value is not None
        if value.unknown:
            low, high = value.range or (0, None)
            assert text in (f"≤ -{low}", f"+{low} to +{high}")
        else:
            assert text == f"-{value.fixed}"
    low, high = re.findall(r"\d+", facts()["range of one record"]["value"])
    most = item(name, version, "other").deduct
    assert most is not None
    assert most.range == (Decimal(low), Decimal(high))
    worst = item(name, version, "JS19-04").deduct
    assert worst is not None
    assert worst.range is not None
    assert worst.range[1] == Decimal(high)
    assert item(name, version, "decided_points").accepts == f"quantity >= {low} and quantity <= {high}"
    months = (scheme_version.windows["half_year"].valid or {})["months"]
    assert facts()["JS19-02"]["count basis"] == f"per record, valid {months} months"
    assert scheme_version.combine.ceiling == number(facts()["env.jiangsu.2019"]["best → worst"].split("–")[1])


def test_jiangsu_2020() -> None:
    scheme_version = scheme("jiangsu", "2020-01-01")
    day = {window.after_days for key, window in scheme_version.windows.items() if key != "two_years"}
    assert [f"validity counts from day {value} after" in facts()["effect"]["value"] for value in day] == [True]
    assert scheme_version.windows["two_years"].months == 24
    assert "two years without violation" in facts()["2020 leader rule"]["value"]


DAYS = [
    ("jiangsu", "2019-01-01", r"暂行办法 \(in force (\S+)\)"),
    ("jiangsu", "2020-01-01", r"江苏省企事业环保信用评价办法 \(in force (\S+)\)"),
    ("jiangsu", "2013-12-31", r"100-point system (2013)–2018"),
    ("eia_compilers", "2019-11-01", r"2019年第38号, in force (\S+)\)"),
    ("yangtze_delta", "2009", r"苏环发〔(2009)〕23号"),
    ("national", "2013", r"环发〔(2013)〕150号 \(issued 2013-12-18\)"),
    ("guangdong", "2015", r"《(2015)年企业环境信用评价操作指引》"),
]


@pytest.mark.parametrize(("name", "version", "pattern"), DAYS)
def test_days_in_force(name: str, version: str, pattern: str) -> None:
    match = re.search(pattern, prose())
    assert match
    assert version.startswith(match[1])


def test_yangtze_rates() -> None:
    """The printed row of rates gives each grade its edge."""
    written = {key: fact.where or "" for key, fact in scheme("yangtze_delta", "2009").facts.items()}
    rates = {key: re.findall(r"rate ([<>=]+) (\d+)", where) for key, where in written.items() if key.startswith("r1_")}
    row = facts()["YRD-01"]
    assert row["绿"] == f"{rates['r1_blue'][1][1]}%"
    assert row["蓝"] == f"≥{rates['r1_blue'][0][1]}%"
    assert row["黄"] == f"≥{rates['r1_yellow'][0][1]}%"
    assert row["红"].endswith(f">{rates['r1_red'][0][1]}%")
    assert row["黑"].endswith(f"<{rates['r1_black'][0][1]}%")
    assert rates["r1_yellow"][1] == ("<", rates["r1_blue"][0][1])
    assert rates["r1_red"][1] == ("<", rates["r1_yellow"][0][1])
    assert rates["r1_open"] == [("==", rates["r1_black"][0][1])]
    for code in ("YRD-01", "YRD-02", "YRD-03"):
        assert item("yangtze_delta", "2009", code).label.zh == facts()[code]["indicator"]
    missing = (line(scheme("yangtze_delta", "2009"), "missing").when or "").split("< ")[1]
    assert f"grade = worst of {missing} indicator grades" in prose()


def test_eia_points() -> None:
    scheme_version = scheme("eia_compilers", "2019-11-01")
    for code in ("EIA-03", "EIA-05a"):
        value: Any = item("eia_compilers", "2019-11-01", code).add
        assert str(value.fixed) == facts()[code]["points or weight"]
        assert item("eia_compilers", "2019-11-01", code).label.zh == facts()[code]["what"]
    bands = {band.grade: band.at_least for band in line(scheme_version, "bands").bands or []}
    assert str(bands["warned"]) == facts()["EIA-T1"]["points or weight"]
    assert str(bands["restricted"]) == facts()["EIA-T2"]["points or weight"]
    cycle = scheme_version.windows["cycle"].cycle
    assert cycle is not None
    assert cycle.months == 12
    assert "记分周期一年" in facts()["EIA-C"]["what"]
    months = (scheme_version.windows["half_year"].valid or {})["months"]
    assert f"Rectification period after reaching 20: {months} months" in prose()


@pytest.mark.parametrize("code", [f"FJ21-V{i}" for i in range(1, 5)])
def test_fujian_vetoes(code: str) -> None:
    scheme_item = item("fujian", "2016", code)
    assert scheme_item.label.zh == facts()[code]["what"]
    assert scheme_item.tags == (
        ["veto"] if code == "FJ21-V1" else ["veto_2021"]
    )  # the first is one of the national rule too


def test_stubs_name_what_is_missing() -> None:
    for name in ("jilin", "guizhou"):
        scheme_version = scheme(name, "2018")
        assert scheme_version.role == "stub"
        assert len(scheme_version.missing) > 1
    for code, points in (("a", "2.5"), ("b", "1.5"), ("c", "1"), ("d", "2.5"), ("e", "0")):
        assert facts()[f"GZ18-01{code}"]["points or weight"] == points
