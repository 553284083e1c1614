"""Every rule and every citation of a scheme, with its key path."""

from __future__ import annotations

from collections.abc import Iterator

from creditscore.core.references import walk
from creditscore.core.yaml_source import KeyPath
from creditscore.schemes.model import Cite, Item, Rule, Scheme


def items(scheme: Scheme) -> Iterator[tuple[KeyPath, str, Item]]:
    """Every variant of every item, with its code."""
    for code, variants in scheme.items.items():
        for i, item in enumerate(variants):
            yield (("items", code, i) if len(variants) > 1 else ("items", code)), code, item


def rules(scheme: Scheme) -> Iterator[tuple[KeyPath, Rule]]:
    """Every rule of a scheme with its key path."""
    for path, _, item in items(scheme):
        yield path, item
    for section in ("groups", "pools", "facts", "lookups", "repairs"):
        for key, rule in getattr(scheme, section).items():
            yield (section, key), rule
    for i, exemption in enumerate(scheme.admit.exempt):
        yield ("admit", "exempt", i), exemption
    if scheme.start:
        for i, start in enumerate(scheme.start.rules):
            yield ("start", "rules", i), start
        for i, bonus in enumerate(scheme.start.bonus):
            yield ("start", "bonus", i), bonus
    for section in ("conditions", "decide"):
        for i, rule in enumerate(getattr(scheme, section)):
            yield (section, i), rule
    for key, listed in scheme.lists.items():
        yield ("lists", key), listed
        for section in ("steps", "terms", "exits"):
            for i, rule in enumerate(getattr(listed, section)):
                yield ("lists", key, section, i), rule


def cites(scheme: Scheme) -> Iterator[tuple[KeyPath, Cite]]:
    return ((path, value) for path, value in walk(scheme) if isinstance(value, Cite))
