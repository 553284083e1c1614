"""What must be known beside a step that is due, or an exit that waits, as a code with its values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Note:
    """`code` is one of the section `notes` of words.yaml; `values` are names of days, ways, needs, lists or cases."""

    code: str
    values: tuple[str, ...] = ()
