"""Domains and lists that the library knows, found without loading it, and what a strange word may mean."""

from __future__ import annotations

import pytest

from creditscore.schemes import registry
from creditscore.schemes.vocabulary import DOMAIN_LABELS, Vocabulary, known_domains, known_lists, list_label, list_name


def test_the_scan_finds_what_the_loaded_library_has() -> None:
    domains, lists = known_domains(), known_lists()
    assert domains is not None
    assert lists is not None
    schemes = [registry.load(entry) for entry in registry.entries()]
    assert {scheme.domain for scheme in schemes} == set(domains.words)
    read = {name for scheme in schemes for fact in scheme.facts.values() for name in fact.lists}
    assert read | {name for scheme in schemes for name in scheme.lists} <= set(lists.words)
    assert set(DOMAIN_LABELS) <= set(domains.words)
    for domain, labels in DOMAIN_LABELS.items():
        assert [domains.near(label) for label in labels] == [domain] * len(labels)


@pytest.mark.parametrize(
    ("word", "near"), [("TAX", "tax"), ("wage-arrears", "wage_arrears"), ("税务领域", "tax"), ("zzz", None)]
)
def test_a_word_written_otherwise_means_the_known_one(word: str, near: str | None) -> None:
    assert Vocabulary({"tax": ("税务",), "wage_arrears": ()}).near(word) == near


def test_a_list_has_the_name_that_its_newest_scheme_gives_it() -> None:
    label = list_label("wage_arrears")
    assert label is not None
    assert label == list_name("wage_arrears")
    assert list_label("no_such_list") is None
