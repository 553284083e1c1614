"""Inputs without a legal basis (family planning, citizens' traffic, religion, health …): refused, never weighed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from creditscore.core.config import config_root
from creditscore.core.errors import InputError, SchemeError
from creditscore.core.yaml_source import read

REASONS = ("no_legal_basis", "not_in_catalogue", "sensitive", "irrelevant")
FILE = "coverage.yaml"


@dataclass(frozen=True)
class Excluded:
    """A kind of input that is refused, the reason code, and the words by which it is known."""

    id: str
    reason: str
    domains: frozenset[str]
    plain: tuple[str, ...]  # Chinese words: anywhere in a name
    parts: tuple[str, ...]  # words of letters: whole parts between underscores

    def fits(self, word: str) -> bool:
        lowered = word.lower()
        joined = "_" + re.sub(r"[^0-9a-z\u4e00-\u9fff]+", "_", lowered) + "_"
        return (
            bool({joined.strip("_"), joined.strip("_").removesuffix("s")} & self.domains)  # also in the plural
            or any(name in lowered for name in self.plain)
            or any(f"_{part}_" in joined for part in self.parts)
        )


def excluded() -> tuple[Excluded, ...]:
    """The table `refused_inputs` of configs/coverage.yaml."""
    return _excluded(config_root() / FILE)


@lru_cache(maxsize=8)
def _excluded(file: Path) -> tuple[Excluded, ...]:
    source = read(file, FILE)
    if source.faults:
        raise SchemeError(
            "\n  ".join(map(str, source.faults)),
            where=FILE,
            next="mend these lines: without this file nobody knows which inputs may not be used",
        )
    excludeds = []
    for other_source in source.data["refused_inputs"]:
        words = [str(word).lower() for word in other_source["words"]]
        latin = tuple(word for word in words if word.isascii())
        plain = tuple(word for word in words if not word.isascii())
        excludeds.append(
            Excluded(other_source["id"], other_source["reason"], frozenset(other_source["domains"]), plain, latin)
        )
    return tuple(excludeds)


def by_reason(words: Iterable[str]) -> dict[str, list[str]]:
    """The refused ones among `words`, by reason code."""
    kinds = excluded()
    results: dict[str, list[str]] = {}
    for word in words:
        reason = next((kind.reason for kind in kinds if kind.fits(word)), None)
        if reason is not None:
            results.setdefault(reason, []).append(word)
    return results


def refuse_columns(table: str, columns: Iterable[str], origin: str) -> None:
    """InputError where a table has a column that may not be used at all."""
    results = by_reason(columns)
    if results:
        named = "; ".join(f"{', '.join(words)} ({reason})" for reason, words in sorted(results.items()))
        raise InputError(
            f"{table}: columns that may not be used for grading: {named}",
            where=origin,
            allowed="facts about organisations with a legal basis (docs/coverage.md lists what is refused)",
            next="leave these columns away at the source; collecting them is already the infringement",
        )
