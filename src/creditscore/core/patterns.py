"""Regular expressions that users write: matched by RE2, in time linear in the text, whatever the pattern."""

from __future__ import annotations

from creditscore.core.errors import UsageError

LONGEST = 500  # characters of a pattern
ALLOWED = "RE2 syntax: no look-ahead, no reference back, repetitions up to 1000"


def fault_of(pattern: str) -> str | None:
    """Why a pattern cannot be used, in one line; None where it can."""
    import pyarrow as pa

    if len(pattern) > LONGEST:
        return f"it has {len(pattern)} characters; at most {LONGEST}"
    try:
        is_match(pattern, "")
    except pa.ArrowInvalid as error:
        return str(error).splitlines()[0].removeprefix("Invalid regular expression: ")
    return None


def require_pattern(pattern: str, where: str | None = None) -> None:
    """UsageError where a pattern cannot be used."""
    fault = fault_of(pattern)
    if fault:
        raise UsageError("core.pattern_cannot_used", pattern=pattern[:80], fault=fault, where=where)


def is_match(pattern: str, text: str, whole: bool = False) -> bool:
    """Whether a text holds a match of the pattern; `whole`: whether all of it is one."""
    import pyarrow as pa
    import pyarrow.compute as pc

    bounded = rf"\A(?:{pattern})\z" if whole else pattern
    return bool(pc.match_substring_regex(pa.scalar(text, pa.string()), bounded).as_py())
