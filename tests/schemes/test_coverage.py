"""The coverage page is up to date and honest about evidence."""

from __future__ import annotations

import re

import pytest

from creditscore.pages.coverage import coverage_markdown
from creditscore.schemes import registry
from creditscore.schemes.coverage import is_exact, load_coverage, marks, unknowns
from creditscore.schemes.walk import rules
from tests.paths import ROOT

PAGE = ROOT / "docs" / "coverage.md"


def test_the_page_is_what_the_library_says() -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert text == coverage_markdown(), "write it again: creditscore scheme coverage --markdown > docs/coverage.md"


def test_the_page_says_which_versions_are_exact_and_how_many_citations_have_no_article() -> None:
    page = coverage_markdown()
    every = [registry.load(entry) for entry in registry.entries()]
    exact = [scheme.name for scheme in every if is_exact(scheme)]
    assert f"精确的版本: {len(exact)} of {len(every)}" in page
    assert all(f"`{name}`" in page for name in exact)
    whole = sum(not cite.article for scheme in every for _, rule in rules(scheme) for cite in rule.cite)
    assert f"{whole} cite the text whole" in page


def test_a_district_is_told_of_its_own_versions_only() -> None:
    (part,) = re.findall(r"(?ms)^## 吉林经济开发区 .*?(?=^## )", coverage_markdown())
    assert "`safety/joint_punishment@2017-05-09`](#safety-joint-punishment) | exact" in part
    assert "environment/shandong" not in part  # another province
    assert "wage_arrears@2022-01-01" not in part  # after the plan
    assert "tax@2025" not in part


def test_some_forty_systems_are_listed_and_every_scheme_is_among_them() -> None:
    table = load_coverage()
    assert len(table.systems) >= 40
    named = {scheme for system in table.systems for scheme in system.schemes}
    library = {entry.scheme for entry in registry.entries() if not entry.scheme.startswith("examples/")}
    assert library == named


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda value: f"{value.scheme}@{value.version}")
def test_an_exact_scheme_has_no_number_that_was_not_published(entry: registry.Entry) -> None:
    scheme = registry.load(entry)
    doubtful = set(marks(scheme)) - {"verified", "derived", "inference"} or set(unknowns(scheme))
    assert is_exact(scheme) == (not doubtful)
