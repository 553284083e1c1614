"""Every number of the provincial environmental schemes, read back against the facts beside the checkout."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from creditscore.core.quantities import to_micro
from creditscore.schemes import registry
from creditscore.schemes.checks.bands import ends
from creditscore.schemes.model import Scheme
from tests.paths import SHARED

FACTS = SHARED / "rules"
TABLE = FACTS / "tables" / "environment_labour.csv"
PROSE = FACTS / "environment_labour.md"
pytestmark = pytest.mark.skipif(not TABLE.is_file(), reason=f"no table of facts at {TABLE}")

HALF = Decimal("0.5")


@cache
def rows() -> dict[str, dict[str, str]]:
    """Rows of the table by their code; the bands by the name of the configuration."""
    results: dict[str, dict[str, str]] = {}
    if TABLE.is_file():
        with TABLE.open(encoding="utf-8", newline="") as stream:
            for line in csv.DictReader(stream):
                results.setdefault(line["code"].split(" (")[0], {})[line["column"]] = line["value"]
    return results


@cache
def scheme(name: str) -> Scheme:
    path, _, version = name.partition("@")
    return next(
        version_entry for version_entry in registry.versions(f"environment/{path}") if version_entry.version == version
    )


CODED = {"SD-": "shandong@2017", "SXM-": "shaanxi_monitoring@2023-12-31", "SC19-": "sichuan@2019"}
OWN = {"decided_points", "decided_base"}  # what an office decided under an annex that was not published


def coded() -> Iterator[Any]:
    for prefix, name in CODED.items():
        for code, row in rows().items():
            if code.startswith(prefix) and not (prefix == "SC19-" and "-B" in code):
                yield pytest.param(name, code, row, id=code)


@pytest.mark.parametrize(("name", "code", "row"), list(coded()))
def test_rows(name: str, code: str, row: dict[str, str]) -> None:
    (item,) = scheme(name).items[code]
    assert item.label is not None
    printed = row["points or weight"]
    if number := re.fullmatch(r"([-+]?)(\d+)", printed):
        value = item.deduct if number[1] == "-" else item.add
        assert value is not None
        assert value.fixed == Decimal(number[2])
        assert item.evidence == "verified"
    elif printed == "—":
        assert item.value is None
        assert item.tags == ["veto"]
    else:
        assert item.value is not None
        assert item.value.unknown
        assert item.evidence == "unknown"
        most = re.fullmatch(r"max -(\d+)", printed)
        assert printed == "null" or (most and item.value.range and item.value.range[1] == Decimal(most[1]))
    assert ("direct" in item.tags) == (row["direct grade"] == "红")


@pytest.mark.parametrize("prefix", CODED)
def test_nothing_beside_the_table(prefix: str) -> None:
    printed = {code for code in rows() if code.startswith(prefix)}
    other_scheme = scheme(CODED[prefix])
    assert set(other_scheme.items) | {rule.id for rule in other_scheme.conditions} == printed | (
        set(other_scheme.items) & OWN
    )


@pytest.mark.parametrize("code", [f"SXM-{k:02}" for k in range(3, 12)])
def test_limits_of_the_fines(code: str) -> None:
    """`罚款>1万≤2万元` is accepted as amount > 10000 and amount <= 20000."""
    printed = re.findall(r"([>≤])(\d+)万", rows()[code]["what"])
    wanted = [f"amount {'>' if sign == '>' else '<='} {int(number) * 10_000}" for sign, number in printed]
    (item,) = scheme(CODED["SXM-"]).items[code]
    assert item.accepts == " and ".join(wanted)
    assert item.requires == ["amount"]


@pytest.mark.parametrize(
    ("name", "code", "words"),
    [
        ("shandong@2017", "SD-03a", (r"罚款(\d+)万元以下", "amount <= {}")),
        ("shandong@2017", "SD-03b", (r"罚款(\d+)万元以上", "amount > {}")),
        ("sichuan@2019", "SC19-D1", (r"罚款≤(\d+)万元", "amount <= {}")),
    ],
)
def test_other_limits(name: str, code: str, words: tuple[str, str]) -> None:
    number = re.search(words[0], rows()[code]["what"])
    assert number
    assert scheme(name).items[code][0].accepts == words[1].format(int(number[1]) * 10_000)


BANDS = {
    "shandong@2017": ("env.shandong.2016", "green yellow red"),
    "hebei@2017-12-31": ("env.hebei.2017", "green yellow red black"),
    "hebei@2020-04-01": ("env.hebei.2020", "good trustworthy ordinary_breach serious_breach blacklist"),
    "hebei@2024-12-31": ("env.hebei.2024", "A B C D E"),
    "ningxia@2019-12-31": ("env.ningxia.2019", "green blue yellow red"),
    "shaanxi@2023-12-31": ("env.shaanxi.2023", "A B C D"),
    "sichuan@2019": ("env.sichuan.2019", "green blue yellow red"),
    "chongqing@2017": ("env.chongqing.2017", "green blue yellow red"),
    "chongqing@2021": ("env.chongqing.2021", "green blue yellow red"),
    "zhengzhou_dust@2018-12-31": ("env.zhengzhou.dust.2018", "blacklist summons red_card"),
}
EDGE = re.compile(r"(?:(≥|≤|>|<)?(\d+))(?:–(<)?(\d+))?")


def holds(printed: re.Match[str], score: Decimal) -> bool:
    """Whether a printed band such as `≥12`, `>6–11` or `80–<100` holds the score."""
    sign, low, below, high = printed.groups()
    first = Decimal(low)
    if high is not None:
        last = Decimal(high)
        return (score > first if sign == ">" else score >= first) and (score < last if below else score <= last)
    return {"≥": score >= first, "≤": score <= first, "<": score < first, None: score == first}[sign]


def in_band(band: Any, score: Decimal) -> bool:
    low, high = ends(band)
    return (low is None or low <= to_micro(score)) and (high is None or to_micro(score) <= high)


@pytest.mark.parametrize("name", BANDS)
def test_bands(name: str) -> None:
    """At every printed edge, and half a point and a whole point beside it, the printed band decides."""
    code, grades = BANDS[name]
    parts = re.sub(r"\(.*?\)", "", rows()[code]["best → worst"]).split("/")
    printed = [match for part in parts if (match := EDGE.search(part))]
    assert len(printed) == len(parts) == len(grades.split())
    (bands,) = [rule.bands for rule in scheme(name).decide if rule.bands]
    edges = {Decimal(number) for match in printed for number in match.group(2, 4) if number}
    probes = {edge + shift for edge in edges for shift in (-1, -HALF, Decimal(0), HALF, Decimal(1))}
    seen = set()
    for probe in sorted(probes):
        wanted = next((g for g, match in zip(grades.split(), printed, strict=True) if holds(match, probe)), None)
        if wanted is not None and probe >= 0:
            assert next((band.grade for band in bands if in_band(band, probe)), None) == wanted, probe
            seen.add(wanted)
    assert seen == set(grades.split())


# scheme, what is configured, where the facts say it, the pattern whose number it is
SAID: list[tuple[str, Any, str, str]] = [
    ("shaanxi@2023-12-31", lambda s: s.start.rules[0].points, "env.shaanxi.2023", r"base (\d+)"),
    ("shaanxi@2023-12-31", lambda s: s.windows["twelve_months"].months, "env.shaanxi.2023", r"(\d+) months"),
    ("shaanxi_monitoring@2023-12-31", lambda s: s.start.rules[0].points, "env.shaanxi.2023", r"base (\d+)"),
    (
        "shaanxi_monitoring@2023-12-31",
        lambda s: s.windows["perhaps_longer"].valid["months"],
        "env.shaanxi.2023",
        r"(\d+) months",
    ),
    ("chongqing@2017", lambda s: s.start.rules[0].points, "env.chongqing.2017", r"base (\d+)"),
    ("chongqing@2021", lambda s: s.start.rules[0].points, "env.chongqing.2017", r"base (\d+)"),
    ("chongqing@2021", lambda s: s.combine.ceiling, "env.chongqing.2021", r"100–(\d+)"),
    ("chongqing@2021", lambda s: s.items["decided_bonus"][0].cap + 100, "env.chongqing.2021", r"100–(\d+)"),
    ("chongqing@2021", lambda s: s.combine.floor, "env.chongqing.2021", r"不良 (\d+)–"),
    ("zhengzhou_dust@2018-12-31", lambda s: s.decide[1].when.split()[-1], "env.zhengzhou.dust.2018", r"70–<(\d+)"),
    ("sichuan@2019", lambda s: s.conditions[0].add, "SC19-B1", r"points or weight': '(\d+)'"),
    ("sichuan@2019", lambda s: s.conditions[1].add, "SC19-B2", r"points or weight': '(\d+)'"),
    ("sichuan@2019", lambda s: s.items["decided_base"][0].cap + 24, "SC19-B1", r"base item of (\d+)"),
    ("sichuan@2019", lambda s: s.start.rules[1].range[1] + 24, "SC19-B1", r"base item of (\d+)"),
]


@pytest.mark.parametrize(("name", "get", "code", "pattern"), SAID, ids=[f"{pair[0]} {pair[3]}" for pair in SAID])
def test_single_numbers(name: str, get: Any, code: str, pattern: str) -> None:
    match = re.search(pattern, str(rows()[code]))
    assert match
    assert Decimal(get(scheme(name))) == Decimal(match[1])


def prose(pattern: str) -> re.Match[str]:
    match = re.search(pattern, PROSE.read_text(encoding="utf-8"))
    assert match, pattern
    return match


def test_points_that_were_not_seen_lie_between_two_and_six() -> None:
    values = [
        Decimal(text) for text in re.findall(r"\d", prose(r"Points not published take the values ([\d, or]+)")[1])
    ]
    for code in ("SD-03b", "SD-05", "SD-07", "SD-08", "SD-09"):
        value = scheme("shandong@2017").items[code][0].value
        assert value is not None
        assert value.range == (min(values), max(values))
    limit = Decimal(re.findall(r"total <(\d+)", rows()["SD-04b"]["count basis"])[0])
    value = scheme("shandong@2017").items["SD-04b"][0].value
    assert value is not None
    assert value.range == (1, limit - 1)


@pytest.mark.parametrize("name", ["hebei@2017-12-31", "ningxia@2019-12-31"])
def test_the_copied_table(name: str) -> None:
    """Five rows of twelve points; twelve kinds of decision, two of the printed rows being halves of one kind."""
    items = {code: item for code, (item,) in scheme(name).items.items() if code not in OWN}
    rule = rows()["M3-R8"]["rule"]
    five = {"five": 5}[re.findall(r"the (\w+) 12-point rows", rule)[0]]
    assert five == int(re.findall(r"(\d) direct-red", rule)[0])
    assert len(items) - 1 == int(prose(r"(\d+) kinds of decision are recorded")[1])
    shandong = [code for code, row in rows().items() if code.startswith("SD-") and row["points or weight"] == "12"]
    assert len(shandong) == five
    if name.startswith("ningxia"):
        assert [item.add.fixed for item in items.values() if item.tags and item.add].count(Decimal(12)) == five
        rest = {item.add.range for item in items.values() if item.add and item.add.unknown}
        assert rest == {(1, 11)}  # below the twelve of the five
    else:
        assert [item.add.range for item in items.values() if item.add].count((7, 12)) == five  # above 6: red at least
        assert {item.add.range for item in items.values() if item.add} == {(1, 12), (7, 12)}


def test_dates() -> None:
    assert prose(r"env\.hebei\.2020 \(as issued by Shijiazhuang, from ([\d-]+)\)")[1] == "2020-04-01"
    assert scheme("hebei@2017-12-31").effective_to == scheme("hebei@2020-04-01").effective_from == date(2020, 4, 1)
    assert prose(r"Ningxia 2025 \(8 departments, in force ([\d-]+)\)")[1] == "2025-02-01"
    assert scheme("ningxia@2019-12-31").effective_to == scheme("ningxia@2025-02-01").effective_from == date(2025, 2, 1)
    assert prose(r"\(2020 revision\) \| (\d+)")[1] == str(scheme("shandong@2018").effective_to)
    assert scheme("shandong@2017").effective_to == scheme("shandong@2018").effective_from == 2018
    assert {"env.shandong.2016", "env.hebei.2017", "env.sichuan.2019", "env.chongqing.2017"} <= set(rows())


def test_one_year_from_each_record() -> None:
    assert "one year from each record" in prose(r"M3-R3 \|(.*)")[1]
    assert scheme("hebei@2017-12-31").record_attributes["served_on"].months == 12
    assert rows()["NX25-A"]["count basis"] == "one-year period"
    assert scheme("ningxia@2025-02-01").windows["one_year"].months == 12


def test_ningxia_2025_is_the_table() -> None:
    other_scheme = scheme("ningxia@2025-02-01")
    printed = {code: row["direct grade"] for code, row in rows().items() if code.startswith("NX25-")}
    assert {code for code in printed if code not in ("NX25-A", "NX25-D")} == set(other_scheme.items)
    assert [rule.grade for rule in other_scheme.decide] == ["D", "C", "B", "A"]
    assert all(grade == code[5] for code, grade in printed.items())
