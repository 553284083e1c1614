"""What a subject can do about a grade: the entry that fits, its last day, and files that are wrong."""

import shutil
from datetime import date
from pathlib import Path

import pytest

from creditscore.core.config import config_root
from creditscore.core.errors import SchemeError
from creditscore.schemes import registry
from creditscore.schemes.lists import Span
from creditscore.schemes.remedies import remedy

DAY = date(2021, 4, 20)

ENTRY = (
    "  - {id: x, scheme: SCHEME, what: {zh: 甲, en: a}, where: {zh: 乙, en: b}, cite: {law: LAW}, evidence: verified}\n"
)


@pytest.mark.parametrize(
    ("scheme", "year", "name", "last"),
    [
        ("tax", 2020, "tax_2014", date(2021, 12, 31)),
        ("tax", 2024, "tax_2014", date(2021, 12, 31)),
        ("tax", 2025, "tax_2025", None),
        ("environment/national", 2019, "environment_2013", date(2021, 5, 5)),
        ("labour/national", 2019, "any_2019", None),
        ("taxi", 2019, "any_2019", None),
        ("market/serious", 2021, "listed_before_2024", date(2021, 6, 19)),
    ],
)
def test_the_entry_that_fits(scheme: str, year: int, name: str, last: date | None) -> None:
    entry = remedy(scheme, year, date(2021, 4, 20))
    assert entry is not None
    assert (entry.id, entry.last_day(date(2021, 4, 20))) == (name, last)


@pytest.mark.parametrize(
    ("scheme", "day", "name", "laws"),
    [
        ("labour/national", date(2017, 10, 29), None, []),
        ("labour/national", date(2017, 10, 30), "any_2017", ["GZCJ2017_1798"]),
        ("labour/national", date(2019, 6, 30), "any_2017", ["GZCJ2017_1798"]),
        ("labour/national", date(2019, 7, 1), "any_2019", ["GZCJ2017_1798", "FGBC2019_527"]),
        ("labour/national", date(2023, 4, 30), "any_2019", ["GZCJ2017_1798", "FGBC2019_527"]),
        ("labour/national", date(2023, 5, 1), "any_2023", ["GZCJ2017_1798", "FGW58_2023"]),
        ("labour/national", date(2025, 6, 21), "any_2023", ["GZCJ2017_1798", "FGW58_2023"]),
        ("labour/national", date(2025, 6, 22), "any_2025", ["GBF2025_22", "FGW58_2023"]),
        ("labour/national", date(2026, 3, 31), "any_2025", ["GBF2025_22", "FGW58_2023"]),
        ("labour/national", date(2026, 4, 1), "any_2026", ["GBF2025_22", "FGW36_2026"]),
        ("environment/jiangsu", date(2019, 6, 30), "any_2017", ["GZCJ2017_1798"]),
        ("labour/jilin", date(2018, 6, 26), "any_2017", ["GZCJ2017_1798"]),
        ("labour/jilin", date(2018, 6, 27), "jilin_plan", ["JLEDZ2018", "GZCJ2017_1798"]),
        ("labour/jilin", date(2021, 1, 1), "any_2019", ["GZCJ2017_1798", "FGBC2019_527"]),
        ("environment/shandong", date(2020, 9, 30), "any_2019", ["GZCJ2017_1798", "FGBC2019_527"]),
        ("environment/shandong", date(2020, 10, 1), "shandong", ["SDXYTL2020"]),
        ("environment/zhengzhou_dust", date(2020, 5, 1), "henan", ["HNXYTL2019"]),
        ("environment/national", date(2014, 2, 28), None, []),
        ("environment/national", date(2014, 3, 1), "environment_2013", ["HJ2013_150"]),
        ("court/judgment_defaulter", date(2017, 4, 30), "judgment_defaulter_2013", ["SXBZXR"]),
        ("court/judgment_defaulter", date(2017, 5, 1), "judgment_defaulter", ["SXBZXR2017"]),
        ("safety/serious", date(2023, 12, 31), "listed_before_2024", ["XZFYF1999", "XZSSF2017"]),
        ("safety/serious", date(2024, 1, 1), "listed_2024", ["XZFYF2023", "XZSSF2017"]),
    ],
)
def test_the_day_says_which_text_holds(scheme: str, day: date, name: str | None, laws: list[str]) -> None:
    entry = remedy(scheme, day.year - 1, day)
    assert (entry.id if entry else None) == name
    assert [cite.law for cite in entry.cite] == laws if entry else not laws


def test_only_the_schemes_of_jilin_cite_its_plan() -> None:
    names = {entry.scheme for entry in registry.entries()}
    days = [date(year, month, 15) for year in range(2014, 2027) for month in (1, 5, 7, 11)]
    remedies = {(name, day): remedy(name, day.year, day) for name in names for day in days}
    citing = {
        name for (name, _), entry in remedies.items() if entry and "JLEDZ2018" in [cite.law for cite in entry.cite]
    }
    assert citing == {"environment/jilin", "labour/jilin", "medical/jilin"}


@pytest.mark.parametrize(
    ("entry", "fault"),
    [
        (ENTRY.replace("SCHEME", "any").replace("LAW", "NOBODY"), "which has no file"),
        (ENTRY.replace("SCHEME", "gossip").replace("LAW", "R2025"), "not a scheme of the library"),
        (ENTRY.replace("SCHEME", "any").replace("cite: {law: LAW}, ", ""), "carries no cite"),
        (
            ENTRY.replace("SCHEME", "any").replace("LAW", "R2025").replace(", evidence: verified", ""),
            "no evidence mark",
        ),
        (ENTRY.replace("SCHEME", "tax").replace("LAW", "R2025").replace("id: x", "id: x, colour: red"), "colour"),
        (
            ENTRY.replace("SCHEME", "any").replace("LAW", "R2025").replace("id: x", "id: x, in_force: 2025-06-30"),
            "2025-06-30 lies before R2025",
        ),
        (
            ENTRY.replace("SCHEME", "any")
            .replace("LAW", "R2025")
            .replace("id: x", "id: x, in_force: 2025-07-01, ended: 2025-07-01"),
            "is not after",
        ),
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, entry: str, fault: str) -> None:
    (tmp_path / "remedies.yaml").write_text("remedies:\n" + entry, encoding="utf-8")
    with pytest.raises(SchemeError, match=fault) as error:
        remedy("tax", 2020, DAY, tmp_path)
    assert "remedies.yaml:2" in str(error.value)


def test_the_facts_of_a_procedure_stand_in_one_file(tmp_path: Path) -> None:
    before, after = remedy("tax", 2024, DAY), remedy("tax", 2025, DAY)
    assert before is not None
    assert after is not None
    assert ([cite.law for cite in before.cite], before.evidence) == (["R2015A"], "verified")
    assert [cite.law for cite in after.cite] == ["R2025"]
    assert before.decided_within is not None
    assert before.decided_within.workdays == 15
    assert before.order is not None
    assert "修复" in before.order.zh
    head = "remedies:\n  - {id: x, scheme: tax, what: {zh: 甲, en: a}, where: {zh: 乙, en: b}, procedure: "
    for tail, fault in (("reevaluation}", "has no 'reevaluation'"), ("reevaluation, limit: end_of_year}", "nowhere")):
        folder = tmp_path / fault[:3]
        folder.mkdir()
        (folder / "remedies.yaml").write_text(head + tail + "\n", encoding="utf-8")
        with pytest.raises(SchemeError, match=fault):
            remedy("tax", 2020, DAY, folder)


def test_a_scheme_without_any_entry(tmp_path: Path) -> None:
    (tmp_path / "remedies.yaml").write_text(
        "remedies:\n" + ENTRY.replace("SCHEME", "tax").replace("LAW", "R2025"), encoding="utf-8"
    )
    with pytest.raises(SchemeError, match="no remedy"):
        remedy("labour/national", 2020, DAY, tmp_path)


def test_a_changed_procedure_is_seen(tmp_path: Path) -> None:
    shutil.copytree(config_root() / "review", tmp_path / "review")
    shutil.copy(config_root() / "remedies.yaml", tmp_path)
    before = remedy("tax", 2020, DAY, tmp_path)
    file = tmp_path / "review" / "tax.yaml"
    text = file.read_text(encoding="utf-8")
    assert "working_days: 15" in text
    file.write_text(text.replace("working_days: 15", "working_days: 150"), encoding="utf-8")
    after = remedy("tax", 2020, DAY, tmp_path)
    assert before is not None
    assert after is not None
    assert (before.decided_within, after.decided_within) == (Span(workdays=15), Span(workdays=150))
