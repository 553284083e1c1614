"""Free text that is kept for good: no resident identity number in it, and whoever acts has a name."""

from __future__ import annotations

import unicodedata

from creditscore.core.errors import UsageError
from creditscore.core.identity import is_resident, resident_numbers


def refuse_persons_in(**texts: str) -> None:
    """Nothing, or UsageError where a text holds a resident identity number or `by` is empty."""
    for name, text in texts.items():
        if is_resident(text) or resident_numbers(unicodedata.normalize("NFKC", text)):
            raise UsageError("core.holds_resident_identity_number", name=name)
    if not texts.get("by", "x").strip():
        raise UsageError("core.nobody_named")


def needed(name: str, text: str) -> str:
    """The text without blanks around it; UsageError where nothing is said."""
    if not text.strip():
        raise UsageError("core.empty", name=name, replace=name.replace("_", "-"))
    return text.strip()
