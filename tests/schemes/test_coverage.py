"""The coverage page is up to date and honest about evidence."""

from __future__ import annotations

from pathlib import Path

import pytest

from creditscore.reports.coverage import coverage_markdown
from creditscore.schemes import registry
from creditscore.schemes.coverage import is_exact, load_coverage, marks, unknowns

PAGE = Path(__file__).parents[2] / "docs" / "coverage.md"


def test_the_page_is_what_the_library_says() -> None:
    said = PAGE.read_text(encoding="utf-8")
    assert said == coverage_markdown(), "write it again: creditscore scheme coverage --markdown > docs/coverage.md"


def test_some_forty_systems_are_listed_and_every_scheme_is_among_them() -> None:
    table = load_coverage()
    assert len(table.systems) >= 40
    named = {scheme for system in table.systems for scheme in system.schemes}
    library = {entry.scheme for entry in registry.entries() if not entry.scheme.startswith("examples/")}
    assert library == named


@pytest.mark.parametrize("entry", registry.entries(), ids=lambda one: f"{one.scheme}@{one.version}")
def test_an_exact_scheme_has_no_number_that_was_not_published(entry: registry.Entry) -> None:
    scheme = registry.load(entry)
    doubtful = set(marks(scheme)) - {"verified", "derived", "inference"} or set(unknowns(scheme))
    assert is_exact(scheme) == (not doubtful)
