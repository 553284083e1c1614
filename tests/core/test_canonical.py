"""One text for each value: what hashes rest on."""

from __future__ import annotations

from typing import Any

import pytest

from creditscore.core.canonical import canonical, hash_text, write_canonical
from creditscore.core.errors import UsageError


def test_equal_values_have_one_text() -> None:
    assert write_canonical({"b": [1, True, None], "a": "甲"}) == '{"a":"甲","b":[1,true,null]}'
    assert write_canonical({"a": "甲", "b": (1, True, None)}) == write_canonical({"b": [1, True, None], "a": "甲"})
    assert canonical({"b": 0.5, "a": (1,)}) == '{"a":[1],"b":0.5}'
    assert hash_text("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.parametrize("value", [0.5, {1: "a"}, {"a": [object()]}])
def test_what_has_no_single_text_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="text"):
        write_canonical(value)


@pytest.mark.parametrize("value", [float("nan"), {1: "a"}, object(), "\ud800"])
def test_what_json_cannot_hold_is_refused(value: Any) -> None:
    with pytest.raises(UsageError, match="not plain JSON"):
        canonical(value)
