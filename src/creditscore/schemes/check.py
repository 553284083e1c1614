"""What a loaded scheme must fulfil before anybody grades with it; every fault with code, file, line and key path."""

from __future__ import annotations

from collections.abc import Callable, Collection

from creditscore.core.yaml_source import Source
from creditscore.schemes.checks import (
    bands,
    conditions,
    facts,
    head,
    names,
    reach,
    records,
    repairs,
    sources,
    values,
)
from creditscore.schemes.codes import HARMLESS
from creditscore.schemes.model import Scheme
from creditscore.schemes.walk import rules

__all__ = ["check_scheme", "rules"]

CHECKS: tuple[Callable[[Scheme, Source], None], ...] = (
    names.check,
    head.check,
    records.check,
    values.check,
    repairs.check,
    facts.check,
    conditions.check,
)


def check_scheme(scheme: Scheme, source: Source, laws: Collection[str]) -> None:
    """Add every fault found to `source.faults`. `laws`: ids of the legal texts that may be cited.

    What calculates with the rules (bands, ways to decide) waits until they can be read.
    """
    sources.check(scheme, source, laws)
    for check in CHECKS:
        check(scheme, source)
    if sound(source):
        bands.check(scheme, source)
    if sound(source):
        reach.check(scheme, source)


def sound(source: Source) -> bool:
    """Whether nothing is wrong that a proof would calculate with."""
    return all(fault.code in HARMLESS for fault in source.faults)
