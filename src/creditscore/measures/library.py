"""The lists of the scheme library, as far as the four lists lean on them: kind, triggers, terms, use of the scheme."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from creditscore.schemes import registry
from creditscore.schemes.lists import ListKind, ListRule
from creditscore.schemes.model import Scheme


@dataclass(frozen=True)
class KnownList:
    """A list of the library: its kind, its rule in each `scheme@version`, and which versions have no end."""

    kind: ListKind
    rules: Mapping[str, ListRule] = field(default_factory=dict)
    current: tuple[str, ...] = ()


def known_lists() -> dict[str, KnownList]:
    """Every list of the library by its id. Only files with a section of lists are read."""
    stamps = tuple((entry, now.st_mtime_ns, now.st_size) for entry in registry.entries() for now in [entry.file.stat()])
    return dict(_read(stamps))


@lru_cache(maxsize=4)
def _read(stamps: tuple[tuple[registry.Entry, int, int], ...]) -> tuple[tuple[str, KnownList], ...]:
    rules_by_list: dict[str, tuple[ListKind, dict[str, ListRule], list[str]]] = {}
    for entry, *_ in stamps:
        if "\nlists:" not in entry.file.read_text(encoding="utf-8"):
            continue
        scheme = registry.load(entry)
        for name, rule in scheme.lists.items():
            _, rules, current = rules_by_list.setdefault(name, (rule.kind, {}, []))
            rules[f"{entry.scheme}@{entry.version}"] = rule
            if scheme.effective_to is None:
                current.append(f"{entry.scheme}@{entry.version}")
    return tuple(
        (name, KnownList(kind, rules, tuple(now))) for name, (kind, rules, now) in sorted(rules_by_list.items())
    )


def versions(name: str, entries: Sequence[registry.Entry]) -> list[Scheme]:
    """The versions that a criterion means: the pinned one (`market/serious@2021-09-01`), or all; none if unknown."""
    scheme, _, pinned = name.partition("@")
    known = [entry for entry in entries if entry.scheme == scheme]
    return [registry.load(entry) for entry in known if pinned in ("", entry.version)]
