"""Citations as people read them."""

from __future__ import annotations

import re

import pytest

from creditscore.core.model import Label
from creditscore.schemes.citing import chinese, cited_text, without_ids
from creditscore.schemes.laws import load_laws

TAX = "纳税信用管理办法（试行）"


@pytest.mark.parametrize(
    ("article", "zh", "en"),
    [
        ("R2014A 20", f"《{TAX}》第二十条", "Article 20 of Measures"),
        ("R2014A 20(1)(3)", f"《{TAX}》第二十条第一款第（三）项", "Article 20(1)(3) of Measures"),
        ("R2014A 29-32", f"《{TAX}》第二十九条至第三十二条", "Articles 29 to 32 of Measures"),
        ("ZFCGF 22(5)", "《中华人民共和国政府采购法》第二十二条第（五）项", "Article 22(5) of"),
        ("XXGS2014 8 and 17", "第八条、第十七条", "Articles 8 and 17 of"),
        ("R2014B 060304", "指标060304", "indicator 060304 of"),
        ("R2025 annex 6", "附件6", "Annex 6 of"),
        ("AQSCF 114 paragraph 2", "第一百一十四条第二款", "Article 114 paragraph 2 of"),
        ("GZCJ2017_1798 (十九)", "（十九）", "part 19 of"),
        ("SXBZXR2017 item 2", "第（二）项", "item 2 of"),
        (
            "R2014A 20(3); R2014A 20(3); R2014A 29 to 32",
            f"《{TAX}》第二十条第（三）项、第二十九条至第三十二条",
            "Articles 20(3) and 29 to 32 of",
        ),
        ("R2025 18(2); R2025 annex 6", "第十八条第（二）项、附件6", "Article 18(2), Annex 6 of"),
        ("XXGS2014 8, 9 and 17", "第八条、第九条、第十七条", "Articles 8, 9 and 17 of"),
    ],
)
def test_an_article_is_written_out(article: str, zh: str, en: str) -> None:
    label = cited_text(article)
    assert zh in label.zh
    assert label.en.startswith(en)


def test_a_title_is_told_once_and_a_text_cited_whole_and_at_a_place_by_its_place() -> None:
    label = cited_text("R2014A; ZFCGF 22(5); R2014A 20", number=True)
    zh = f"《{TAX}》（国家税务总局公告2014年第40号）第二十条；《中华人民共和国政府采购法》第二十二条第（五）项"
    assert label.zh == zh
    assert label.en.count("Measures") == 1


def test_a_number_that_is_in_the_title_is_not_told_again() -> None:
    assert cited_text("GZCJ2017_1798", number=True).zh.count("1798") == 1


@pytest.mark.parametrize(
    "row", ["N-D01", "SD-03a", "WL-22", "trigger 1", "bands", "N-08..N-14, N-16", "decision deadline"]
)
def test_ids_of_our_own_rows_are_no_articles(row: str) -> None:
    assert cited_text(f"HJ2013_150 {row}").zh == "《企业环境信用评价办法（试行）》"


def test_every_citation_of_the_library_reads_without_the_id_of_a_file() -> None:
    from creditscore.schemes import registry
    from creditscore.schemes.walk import cites

    laws = load_laws()
    for entry in registry.entries():
        for _, cite in cites(registry.load(entry)):
            label = cited_text(f"{cite.law} {cite.article}".strip(), laws)
            assert cite.law not in label.zh.split("》")[-1]
            assert label.zh.startswith("《") != laws[cite.law].described


def test_only_what_has_a_title_of_its_own_is_marked_as_one() -> None:
    laws = load_laws()
    assert cited_text("XXGS2024 8").zh == "《企业信息公示暂行条例》（2024年修订）第八条"
    assert cited_text("HG2026_282").zh == "海关总署令第282号（企业信用管理）"
    assert cited_text("R2014A 20").zh == f"《{TAX}》第二十条"
    for law in laws.values():
        assert not re.search("[A-Za-z〔]", law.title.zh) or law.described, law.id
        if re.search("title describes|title.*not read|title descriptive", law.note, re.IGNORECASE):
            assert law.described, law.id
    assert not re.search("[A-Za-z]", laws["FYHB2016"].title.zh)  # which city it is was not seen


def test_a_text_names_titles_in_place_of_ids_and_numbers_in_chinese() -> None:
    assert without_ids(Label(zh="见R2014A", en="see R2014A"), load_laws()).zh == f"见《{TAX}》"
    assert [chinese(number) for number in (1, 10, 19, 100, 110, 114)] == [
        "一",
        "十",
        "十九",
        "一百",
        "一百一十",
        "一百一十四",
    ]
