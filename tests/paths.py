"""Folders that tests read."""

from __future__ import annotations

from pathlib import Path

TESTS = Path(__file__).parent
ROOT = TESTS.parent
SHARED = ROOT.parent / "shared"  # facts and data beside a checkout; other people's clones have none
TEST_SCHEMES = TESTS / "grading" / "schemes"
