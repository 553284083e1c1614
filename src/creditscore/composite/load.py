"""Find and read a composite, strictly: every fault at once, with file, line and key path.

A file may build on another one (`base`): keys that it gives replace those of the base, `marks` key by key; `weights`,
`maps` and `ceilings` change single domains and rules.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from creditscore.composite.check import CITING, REFERENCES, UNIQUE, check
from creditscore.composite.config import CHANGES, CompositeConfig
from creditscore.composite.proofs import prove
from creditscore.core.catalogue import Family, RuleFile
from creditscore.core.errors import NotInForce, SchemeError, UsageError
from creditscore.core.messages import Message
from creditscore.core.partial_parse import raise_faults
from creditscore.core.yaml_source import Source, read

DEEPEST = 5  # files that build on each other


def load_composite(name: str | Path | CompositeConfig, on: date | None = None) -> CompositeConfig:
    """Load a composite and check its rules.

    A file is also proved: a grade that no values can reach is a fault. Rules in memory, which may be those of an
    earlier score, are only checked.

    Parameters
    ----------
    name
        An id (`jilin_edz`), a version (`jilin_edz@2018-06-27`), a YAML file or a CompositeConfig.
    on
        The day on which it must be in force. By id, the version in force on that day is taken; None: the newest one.

    Returns
    -------
    CompositeConfig
        The rules, with those of the file that it builds on.

    Raises
    ------
    UsageError
        Where there is no composite or version of that name.
    NotInForce
        Where it is not in force on the day.
    SchemeError
        With every fault of the file, each with line and key path.

    Examples
    --------
    >>> load_composite("jilin_edz").grades[0].code
    'AAA'
    """
    if isinstance(name, CompositeConfig):
        config, source = name, Source(name.name)
        COMPOSITES.check_content(config, source)
        COMPOSITES.raise_faults([source])
    else:
        config = _read(str(name), on)
    if on is not None and not (
        config.effective_from <= on and (config.effective_to is None or on < config.effective_to)
    ):
        raise NotInForce(
            "composite.not_force",
            name=config.name,
            on=on,
            effective_from=config.effective_from,
            value=config.effective_to or Message("composite.today"),
        )
    return config


def composites(folder: Path | None = None) -> dict[str, list[Path]]:
    """The files of every composite of the library, oldest version first."""
    versions: dict[str, list[Path]] = {}
    for rule_file in COMPOSITES.list_files(folder and folder / COMPOSITES.place):
        versions.setdefault(rule_file.file.parent.name, []).append(rule_file.file)
    return versions


def _read(name: str, on: date | None) -> CompositeConfig:
    config, source = _inspect(_file(name, on))
    COMPOSITES.raise_faults([source])
    assert config is not None
    return config


def inspect_all(names: Sequence[str] = ()) -> list[tuple[CompositeConfig | None, Source]]:
    """What can be read of composites, each with all that is wrong with it: ids or files; none: the whole library."""
    return [_inspect(file) for file in ([_file(name, None) for name in names] or COMPOSITES.list_files())]


def _inspect(file: RuleFile) -> tuple[CompositeConfig | None, Source]:
    """What can be read of a file, its base put under it, and every fault of it, or those of its base."""
    rules = COMPOSITES.read_file(file)
    if rules.content is not None and not rules.source.faults:
        prove(rules.content, rules.source)
    return rules.content, rules.source


def _file(name: str, on: date | None) -> RuleFile:
    if name.endswith((".yaml", ".yml")):
        return COMPOSITES.find_file(name)
    versions = composites()
    wanted, _, pinned = name.partition("@")
    if wanted not in versions:
        raise COMPOSITES.refuse_name(wanted, versions)
    stems = [file.stem for file in versions[wanted]]
    if pinned:
        chosen = [stem for stem in stems if stem == pinned or stem.startswith(f"{pinned}-")]
        if len(chosen) != 1:
            raise UsageError("composite.no_version", wanted=wanted, pinned=pinned, allowed=stems)
    else:
        chosen = [stem for stem in stems if on is None or stem <= on.isoformat()] or stems[:1]
    return COMPOSITES.find_file(f"{wanted}/{chosen[-1]}")


def _put_on_base(source: Source) -> None:
    """Put what a file says over its base; the faults of the base are those of the file."""
    assert source.path is not None
    try:
        _build_on_base(source, source.path, 0)
    except SchemeError as error:
        source.faults += error.faults
        source.data = None  # nothing of it can be read without its base


def _build_on_base(source: Source, file: Path, depth: int) -> None:
    """Put what `source` says over the data of its base."""
    own = source.data
    if not isinstance(own, dict):
        return
    changes = {key: own.pop(key) for key in CHANGES if key in own}
    name = own.get("base")
    if name is None:
        for key in changes:
            source.fault((key,), Message("composite.needs_base"))
        return
    if not isinstance(name, str) or depth >= DEEPEST:
        source.fault(("base",), Message("composite.base_names_none", deepest=DEEPEST))
        return
    beside = file.parent / name
    rule_file = COMPOSITES.find_file(str(beside)) if beside.is_file() else _file(name, None)
    base = read(rule_file.file, rule_file.shown)
    _build_on_base(base, rule_file.file, depth + 1)
    raise_faults(base.faults)
    merged = copy.deepcopy(base.data)
    for key, value in own.items():
        both = key == "marks" and isinstance(value, dict) and isinstance(merged.get(key), dict)
        merged[key] = {**merged[key], **value} if both else value
    for key in ("effective_to", "fitted"):
        if key not in own:
            merged.pop(key, None)
    _change(merged, changes, source)
    source.data = merged


def _change(data: dict[str, Any], changes: dict[str, Any], source: Source) -> None:
    domains = {domain["id"]: domain for group in data.get("groups", []) for domain in group.get("domains", [])}
    rules = {row["id"]: row for row in data.get("hard_rules", [])}
    for key, known in (("weights", domains), ("maps", domains), ("ceilings", rules)):
        given = changes.get(key, {})
        if not isinstance(given, dict):
            source.fault((key,), Message("composite.needs_mapping_of_names"))
            continue
        for name, value in given.items():
            if name not in known:
                source.fault((key, name), Message("composite.not_in_base", name=name, known=[*known]))
            elif key == "maps" and not isinstance(value, dict):
                source.fault((key, name), Message("composite.needs_mapping_of_versions"))
            elif key == "maps":
                known[name]["schemes"] = {**known[name].get("schemes", {}), **value}
            else:
                known[name]["weight" if key == "weights" else "ceiling"] = value


COMPOSITES = Family(
    "composite",
    "composite",
    CompositeConfig,
    "composite",
    nested=True,
    named_by=("composite", "version"),
    references=REFERENCES,
    citing=CITING,
    unique=UNIQUE,
    persons="E108",
    prepare=_put_on_base,
    check=check,
    depends_on=("composite", "."),
    code_named="E703",
)
