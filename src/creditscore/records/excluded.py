"""Inputs without a legal basis (family planning, citizens' traffic, religion, health …): refused, never weighed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from pydantic import ConfigDict

from creditscore.core.catalogue import Family
from creditscore.core.errors import InputError
from creditscore.core.model import Model

REASONS = ("no_legal_basis", "not_in_catalogue", "sensitive", "irrelevant")


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


class RefusedInput(Model):
    """A kind of input in the file; what else stands there is for readers."""

    model_config = ConfigDict(extra="ignore")
    id: str
    reason: str
    domains: list[str]
    words: list[str]


class RefusedInputs(Model):
    """The part `refused_inputs` of configs/coverage.yaml; the rest of it is read with the schemes."""

    model_config = ConfigDict(extra="ignore")
    refused_inputs: list[RefusedInput]


REFUSED_INPUTS = Family("refused_inputs", "table of refused inputs", RefusedInputs, "coverage.yaml")


def excluded() -> tuple[Excluded, ...]:
    """The table `refused_inputs` of configs/coverage.yaml; SchemeError lists every fault of it."""
    return tuple(map(_split_words, REFUSED_INPUTS.load_only().refused_inputs))


def _split_words(refused: RefusedInput) -> Excluded:
    words = [word.lower() for word in refused.words]
    latin = tuple(word for word in words if word.isascii())
    plain = tuple(word for word in words if not word.isascii())
    return Excluded(refused.id, refused.reason, frozenset(refused.domains), plain, latin)


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
        raise InputError("records.columns_may_not_used_grading", table=table, named=named, where=origin)
