"""What a subject can do about a grade: the entry that fits, its last day, and files that are wrong."""

from datetime import date
from pathlib import Path

import pytest

from creditscore.errors import SchemeError
from creditscore.schemes.remedies import remedy

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
        ("labour/national", 2019, "any", None),
        ("taxi", 2019, "any", None),
    ],
)
def test_the_entry_that_fits(scheme: str, year: int, name: str, last: date | None) -> None:
    one = remedy(scheme, year)
    assert (one.id, one.last_day(date(2021, 4, 20))) == (name, last)


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
    ],
)
def test_a_file_that_is_wrong(tmp_path: Path, entry: str, fault: str) -> None:
    (tmp_path / "remedies.yaml").write_text("remedies:\n" + entry, encoding="utf-8")
    with pytest.raises(SchemeError, match=fault) as error:
        remedy("tax", 2020, tmp_path)
    assert "remedies.yaml:2" in str(error.value)


def test_the_facts_of_a_procedure_stand_in_one_file(tmp_path: Path) -> None:
    before, after = remedy("tax", 2024), remedy("tax", 2025)
    assert ([one.law for one in before.cite], before.evidence) == (["R2015A"], "verified")
    assert [one.law for one in after.cite] == ["R2025"]
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
            remedy("tax", 2020, folder)


def test_a_scheme_without_any_entry(tmp_path: Path) -> None:
    (tmp_path / "remedies.yaml").write_text(
        "remedies:\n" + ENTRY.replace("SCHEME", "tax").replace("LAW", "R2025"), encoding="utf-8"
    )
    with pytest.raises(SchemeError, match="no remedy"):
        remedy("labour/national", 2020, tmp_path)
