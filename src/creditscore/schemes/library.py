"""The whole library, or some schemes of it, read and checked in one go: every fault and every note with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from creditscore.core.catalogue import Family
from creditscore.core.errors import UsageError
from creditscore.core.yaml_source import Fault, Source, read
from creditscore.records.publicity.mapping import MAPPING, MappingFile
from creditscore.schemes import registry
from creditscore.schemes.check import sound
from creditscore.schemes.checks import dead, library
from creditscore.schemes.coverage import COVERAGE
from creditscore.schemes.laws import Law, inspect_laws
from creditscore.schemes.load import inspect
from creditscore.schemes.measures import MEASURES
from creditscore.schemes.model import Scheme
from creditscore.schemes.profiles import PROFILES
from creditscore.schemes.references import describe_scheme


@dataclass(frozen=True)
class Checked:
    """One version as far as it can be read, and its file."""

    scheme: Scheme | None
    source: Source

    @property
    def sound(self) -> bool:
        return self.scheme is not None and sound(self.source)


def check(names: Sequence[str] = (), root: Path | None = None) -> tuple[list[Checked], list[Fault]]:
    """Every version of the schemes named (ids, `id@version`, files or folders; all when none is named).

    Also the faults of the other files of the library, when the whole of it is checked.
    """
    laws, wrong = inspect_laws(root and root / "laws")
    faults = list(wrong)
    entries = registry.entries(root)
    known = {entry.scheme for entry in entries}
    checked_schemes: list[Checked] = []
    waiting: list[tuple[Scheme, Source, dict[str, Law]]] = []
    together: dict[str, list[tuple[Scheme, Source]]] = {}
    for file, shown, entry in _files(names, entries):
        laws_beside, wrong = inspect_laws(file.parent / "laws")
        faults += wrong
        faults += _taken(file.parent / "laws", laws, laws_beside)
        own = {**laws, **laws_beside}
        # a law that cannot be read is said once, not at each place that cites it
        scheme, source = inspect(file, shown, own, unreadable={Path(fault.file).stem for fault in faults})
        checked_schemes.append(Checked(scheme, source))
        if scheme is not None:
            waiting.append((scheme, source, own))
            known.add(scheme.scheme)
            if entry is not None:
                library.place(scheme, source, entry.scheme, entry.version)
                if not {("effective_from",), ("effective_to",), ("period",)} & source.pruned:
                    together.setdefault(entry.scheme, []).append((scheme, source))
    for scheme, source, own in waiting:
        library.check(scheme, source, known, own)
        if sound(source):
            dead.check(scheme, source)
    for versions in together.values():
        library.versions(versions)
    if not names:
        faults += _others(root)
    return checked_schemes, list(dict.fromkeys(faults))  # a law that several read is said once


def _taken(folder: Path, laws: Mapping[str, Law], beside: Mapping[str, Law]) -> Iterator[Fault]:
    """Faults of laws beside a scheme that say of an id of the library something else than the library does."""
    for id in sorted(set(laws) & set(beside)):
        if laws[id] != beside[id]:
            source = read(folder / f"{id}.yaml", f"laws/{id}.yaml")
            source.fault(("id",), f"{id!r} is another text of the library; give this one an id of its own", "E718")
            yield from source.faults


def _files(
    names: Sequence[str], entries: Sequence[registry.Entry]
) -> Iterator[tuple[Path, str, registry.Entry | None]]:
    """Files to check; of a named scheme all versions, because they are checked against each other."""
    wanted = list(entries) if not names else []
    for name in names:
        path = Path(name)
        if path.is_dir():
            yield from ((file, str(file), None) for file in sorted(path.rglob("*.yaml")) if file.parent.name != "laws")
        elif name.endswith((".yaml", ".yml")):
            if not path.is_file():
                raise UsageError("schemes.no_scheme_file", name=name)
            yield path, name, None
        else:
            scheme = registry.resolve(name.partition("@")[0], entries)
            wanted += [entry for entry in entries if entry.scheme == scheme and entry not in wanted]
    for entry in wanted:
        yield entry.file, f"schemes/{entry.scheme}/{entry.file.name}", entry


def _others(root: Path | None) -> Iterator[Fault]:
    """Faults of the plan's table, the mapping, profiles and what follows from a grade, where there are such files."""
    families: list[Family[Any]] = [MEASURES, PROFILES, MAPPING] if root else [COVERAGE, MEASURES, PROFILES, MAPPING]
    for family in families:
        files = family.list_files(root and root / family.place)
        for rules in family.inspect_files([file for file in files if file.file.is_file()]):
            if family is MAPPING and rules.content is not None:
                _check_items(rules.content, rules.source, root)
            yield from rules.source.faults


def _check_items(mapping: MappingFile, source: Source, root: Path | None) -> None:
    """Items that no version of their scheme has."""
    items: dict[str, set[str]] = {}
    for entry in registry.entries(root):
        if entry.scheme in {row.family for row in mapping.rows}:
            scheme, _ = inspect(entry.file, entry.file.name, {})
            items.setdefault(entry.scheme, set()).update(scheme.items if scheme else ())
    for i, row in enumerate(mapping.rows):
        if row.family not in items:
            source.fault(("rows", i, "for"), describe_scheme(row.family, items))
        elif row.item not in items[row.family]:
            source.fault(("rows", i, "item"), f"{row.item!r} is not an item of {row.family}")
