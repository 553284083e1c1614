"""Domains and lists that the library knows, found without loading it, and what a strange word may mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
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


def test_a_list_has_the_name_of_its_newest_scheme_and_an_entry_that_of_its_day() -> None:
    by_list: dict[str, list[Scheme]] = {}
    for entry in registry.entries():
        scheme = registry.load(entry)
        for name in scheme.lists:
            by_list.setdefault(name, []).append(scheme)
    for name, keeping in by_list.items():
        keeping.sort(key=lambda scheme: scheme.version)
        assert list_label(name) == list_name(name) == keeping[-1].lists[name].label
        assert list_label(name, "1990-01-01") == keeping[0].lists[name].label
        for scheme in keeping:
            assert list_label(name, f"{scheme.version}-99"[:10]) == scheme.lists[name].label
    assert len({list_name("wage_arrears", day).zh for day in ("2021-12-31", "2022-01-01")}) == 2
    assert list_label("no_such_list") is None


def test_many_entries_read_the_library_once(monkeypatch: pytest.MonkeyPatch) -> None:
    list_label("wage_arrears", "2021-06-01")
    read: list[Path] = []
    read_text = Path.read_text

    def read_and_noted(file: Path, *args: Any, **options: Any) -> str:
        read.append(file)
        return read_text(file, *args, **options)

    monkeypatch.setattr(Path, "read_text", read_and_noted)
    assert list_label("wage_arrears", "2022-06-01") is not None
    assert len([file for file in read if file.suffix == ".yaml"]) <= 1
