"""Strict loading of a set of four lists: six YAML files become `FourLists`, or every fault is said at once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TypeVar, cast

from pydantic import BaseModel

from creditscore.core.catalogue import Family, RuleFile, RuleSet
from creditscore.core.config import config_root
from creditscore.core.errors import UsageError
from creditscore.core.partial_parse import in_order, raise_faults
from creditscore.core.references import Citing
from creditscore.core.yaml_source import Fault
from creditscore.measures.library import known_lists
from creditscore.measures.model import (
    TABLES,
    Conduct,
    DishonestConducts,
    FourLists,
    Head,
    Links,
    Measure,
    PunishMeasures,
    RewardConducts,
    RewardMeasures,
    Side,
)
from creditscore.schemes.lists import ListKind
from creditscore.schemes.references import LAWS, NO_READINGS

M = TypeVar("M", bound=BaseModel)
HEAD, LINKS = "four_lists", "links"
MODELS: Mapping[str, type[BaseModel]] = {
    HEAD: Head,
    "reward_conduct": RewardConducts,
    "dishonest_conduct": DishonestConducts,
    "reward_measures": RewardMeasures,
    "punish_measures": PunishMeasures,
    LINKS: Links,
}
CITING = Citing(uncited="carries no cite; without a basis nothing may follow", codes=("J201", "J203"))
FAMILIES: Mapping[str, Family[BaseModel]] = {
    name: Family(
        f"four_lists/{name}",
        "table",
        model,
        f"supervision/four_lists/{name}.yaml",
        references=(replace(LAWS, code="J202"), NO_READINGS),
        citing=replace(CITING, free=("project_default",)) if name == HEAD else CITING,
        persons="J104",
    )
    for name, model in MODELS.items()
}


def default_folder() -> Path:
    return config_root() / "supervision" / "four_lists"


def load_four_lists(folder: Path | None = None) -> FourLists:
    """Load a set of four lists from its YAML files, strictly.

    Parameters
    ----------
    folder
        A folder with `four_lists.yaml`, `reward_conduct.yaml`, `dishonest_conduct.yaml`, `reward_measures.yaml`,
        `punish_measures.yaml` and `links.yaml`; None for the set of this package.

    Returns
    -------
    FourLists
        Conduct and measures of both sides, the links between them, and a hash of the files.

    Raises
    ------
    UsageError
        Where there is no such folder.
    SchemeError
        With the faults of all files at once.

    Examples
    --------
    >>> lists = load_four_lists()  # doctest: +SKIP
    >>> lists.sides["PM-SAFETY-AWARD"]  # doctest: +SKIP
    'punish'
    """
    lists, faults, _ = inspect(folder)
    raise_faults(faults)
    assert lists is not None
    return lists


def inspect(folder: Path | None = None) -> tuple[FourLists | None, list[Fault], list[Fault]]:
    """What can be read of a set, its faults and its notes in order of file and line; never raises for its content."""
    from creditscore.measures.checks import check

    files = {name: family.list_files(folder and folder / f"{name}.yaml")[0] for name, family in FAMILIES.items()}
    place = folder or default_folder()
    if not place.is_dir():
        raise UsageError(
            "measures.no_folder_four_lists",
            where=str(place),
            allowed="a folder with " + ", ".join(f"{name}.yaml" for name in MODELS),
        )
    tables: dict[str, RuleSet] = {}
    faults: list[Fault] = []
    for name in MODELS:
        shown = f"{place.name}/{name}.yaml"
        if files[name].file.is_file():
            tables[name] = FAMILIES[name].read_file(files[name]._replace(shown=shown))
        else:
            faults.append(Fault(shown, 1, "", "the file is missing; an empty table is []", "J101"))
    for other in sorted(place.iterdir()):
        if other.suffix in (".yaml", ".yml", ".csv") and other.stem not in MODELS:
            allowed = ", ".join(f"{name}.yaml" for name in MODELS)
            faults.append(
                Fault(f"{place.name}/{other.name}", 1, "", f"belongs to no table; there are {allowed}", "J105")
            )
    parsed = {name: table.content for name, table in tables.items()}
    sources = {name: table.source for name, table in tables.items()}
    lists = _together(parsed, _digest(files)) if all(parsed.get(name) is not None for name in MODELS) else None
    notes: list[Fault] = []
    check(parsed, sources, lists)
    for source in sources.values():
        faults += source.faults
        notes += source.notes
    return (None if faults else lists), in_order(faults), in_order(notes)


def _digest(files: Mapping[str, RuleFile]) -> str:
    """SHA-256 over the names and bytes of the files, so that a decision can say by which tables it was made."""
    total = hashlib.sha256()
    for name, file in files.items():
        content = file.file.read_bytes() if file.file.is_file() else b""
        total.update(f"{name} {len(content)}\n".encode() + content)
    return total.hexdigest()


def _together(parsed: Mapping[str, BaseModel | None], digest: str) -> FourLists:
    conducts: dict[str, Conduct] = {}
    measures: dict[str, Measure] = {}
    sides: dict[str, Side] = {}
    for table in TABLES:
        side: Side = "reward" if table.startswith("reward") else "punish"
        for line in getattr(parsed[table], table):
            sides.setdefault(line.id, side)
            if isinstance(line, Conduct):
                conducts.setdefault(line.id, line)
            else:
                measures.setdefault(line.id, line)
    kinds: dict[str, ListKind] = {name: known_list.kind for name, known_list in known_lists().items()}
    for conduct in conducts.values():
        if conduct.kind is not None:
            kinds.setdefault(conduct.list, conduct.kind)
    links = tuple(cast(Links, parsed[LINKS]).links)
    by_list = {conduct.list: conduct for conduct in conducts.values()}
    return FourLists(cast(Head, parsed[HEAD]), conducts, measures, sides, links, kinds, digest, by_list)
