"""The contract gives every reason of the quarantine its admissible readings."""

from __future__ import annotations

import re

from creditscore.grading.quarantine import MESSAGES
from creditscore.records.refused import WITHOUT_READING
from creditscore.records.schema import REASONS
from tests.paths import ROOT

CONTRACT = ROOT / "docs" / "contract.md"


def test_every_reason_has_its_readings() -> None:
    text = CONTRACT.read_text(encoding="utf-8")
    section = text.partition("## Admissible readings of a refused row")[2].partition("\n## ")[0]
    rows = [line.removeprefix("- ").partition(": ") for line in section.splitlines() if line.startswith("- ")]
    named = {code: readings for reasons, _, readings in rows for code in re.findall("`([a-z_]+)`", reasons)}
    missing = {*REASONS, *MESSAGES} - named.keys()
    assert not missing
    assert {code for code, readings in named.items() if readings.startswith("none")} == set(WITHOUT_READING)
