"""Patterns that users write cost time in proportion to the text, and what RE2 cannot read is refused."""

from __future__ import annotations

import time
from datetime import date

import pytest

from creditscore.core.errors import UsageError
from creditscore.core.patterns import fault_of, is_match, require_pattern
from creditscore.inspection.commitment import Randomness
from creditscore.records.publicity.mapping import Text

SLOW = ("(a+)+b", "(a|a)*b", "(a|aa)+$", "(.*a){20}b", "a*a*a*a*a*a*b")  # hours for one that tries every way
LONG = "a" * 50_000


@pytest.mark.parametrize("pattern", SLOW)
def test_no_pattern_hangs(pattern: str) -> None:
    value = Randomness("lottery", date(2027, 1, 4), "as printed", pattern, 17_721_088)
    began = time.process_time()
    assert not is_match(pattern, LONG[:-1] + "!", whole=True)
    with pytest.raises(UsageError, match="not a value as it was committed to"):
        value.canonical("a" * 5000 + "!")
    assert not Text(contains=(), matches=pattern).fits("a" * 5000 + "!") or pattern.endswith("$")
    assert time.process_time() - began < 5


@pytest.mark.parametrize("pattern", ["(", "[", "a(?=b)", r"(a)\1", "(a{1000}){1000}", "x" * 600, "a)|(b"])
def test_what_cannot_be_matched_in_this_way_is_refused(pattern: str) -> None:
    assert fault_of(pattern)
    with pytest.raises(UsageError, match="cannot be used"):
        require_pattern(pattern)
    with pytest.raises(ValueError, match="cannot be used"):
        Text(matches=pattern)


def test_a_match_of_a_part_and_of_the_whole() -> None:
    assert is_match("移送.*犯罪", "已移送公安机关涉嫌犯罪案件")
    assert is_match("[0-9]{6}", "123456", whole=True)
    assert not is_match("[0-9]{6}", "1234567", whole=True)
    assert not is_match("[0-9]{6}", "123456\n", whole=True)
    assert is_match("a|bc", "bc", whole=True)
    assert not is_match("a|b", "bc", whole=True)
