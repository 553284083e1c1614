"""Names, citations and ids that rules of every family are checked for."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from creditscore.core.references import Citing, check_citing, find_values
from creditscore.core.yaml_source import Source


@pytest.mark.parametrize(
    ("cite", "evidence", "free", "faults"),
    [
        (["L"], "verified", (), []),
        (["L"], None, (), ["E203"]),
        ([], "verified", (), ["E202"]),
        ([], None, (), ["E203", "E202"]),
        ([], "local", ("local",), []),
        ([], "verified", ("local",), ["E202"]),
        ([], None, ("local",), ["E203"]),  # with a mark it might be free
    ],
)
def test_what_a_rule_owes(cite: list[str], evidence: str | None, free: tuple[str, ...], faults: list[str]) -> None:
    source = Source("a.yaml")
    rule = SimpleNamespace(cite=cite, evidence=evidence)
    check_citing([((), rule)], source, Citing(free=free, codes=("E202", "E203")))
    assert [fault.code for fault in source.faults] == faults


def test_one_sentence_for_both_is_said_once() -> None:
    source = Source("a.yaml")
    check_citing([((), SimpleNamespace(cite=[], evidence=None))], source, Citing("owes both", "owes both"))
    assert [fault.message for fault in source.faults] == ["owes both"]


def test_values_are_found_in_lists_and_mappings_and_nothing_is_none() -> None:
    part = SimpleNamespace(items={"a": SimpleNamespace(id=1), "b": SimpleNamespace(id=2)}, rest=None)
    assert list(find_values(part, ["items", "*", "id"])) == [(("items", "a", "id"), 1), (("items", "b", "id"), 2)]
    assert list(find_values(part, ["rest", "*"])) == []
