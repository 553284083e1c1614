"""The list of tests that cost much names tests that there are, and every one of them once."""

from __future__ import annotations

import json
import re

from tests.tiers import MEASURED

TESTS = MEASURED.parents[1]


def test_what_is_listed_is_there() -> None:
    missing = []
    listed = json.loads(MEASURED.read_text(encoding="utf-8"))
    for test in (*listed["slow"], *listed["long"]):
        file, _, name = test.partition("::")
        function = name.partition("[")[0].rpartition("::")[2]
        place = TESTS / file
        if not place.is_file() or not re.search(rf"def {function}\(", place.read_text(encoding="utf-8")):
            missing.append(test)
    assert missing == []
    assert not set(listed["slow"]) & set(listed["long"])


def test_the_earlier_tiers_go_without_them() -> None:
    listed = json.loads(MEASURED.read_text(encoding="utf-8"))
    assert len(listed["slow"]) > 100
    assert min(listed["slow"].values()) >= 1
    assert min(listed["long"].values()) >= 2.5
