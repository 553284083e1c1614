"""Legal texts: one YAML file each in configs/laws/, named by its id."""

from __future__ import annotations

import os
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Literal, get_args

from creditscore.paths import config_root
from creditscore.schemes.load import parse, raise_faults
from creditscore.schemes.model import Label, Mark, Model
from creditscore.schemes.source import Fault, read

BasisLevel = Literal[
    "law",
    "admin_regulation",
    "central_policy",
    "local_regulation",
    "department_rule",
    "normative_document",
    "standard",
    "foreign",
]
# from the strongest basis to the weakest; cutting rights needs one of the first five
LEVELS: tuple[BasisLevel, ...] = get_args(BasisLevel)


class Law(Model):
    """A legal text: what it is called, who issued it, when it was in force."""

    id: str
    title: Label
    number: str = ""
    issuer: str = ""
    level: BasisLevel
    promulgated: str = ""  # a year, month or day, as far as known
    in_force: str = ""
    repealed: str = ""
    known_from: date | None = None
    evidence: Mark
    note: str = ""


def load_laws(folder: Path | None = None) -> dict[str, Law]:
    """Every law by id; SchemeError lists the faults of all files at once. A changed file is read again."""
    place = folder or config_root() / "laws"
    if not place.is_dir():
        return _read(())
    with os.scandir(place) as found:  # every grading asks: quicker than glob
        files = [(one.path, one.stat()) for one in found if one.name.endswith(".yaml")]
    return _read(tuple(sorted((file, now.st_mtime_ns, now.st_size) for file, now in files)))


@lru_cache(maxsize=8)
def _read(files: tuple[tuple[str, int, int], ...]) -> dict[str, Law]:
    laws: dict[str, Law] = {}
    faults: list[Fault] = []
    for path, *_ in files:
        file = Path(path)
        source = read(file, f"laws/{file.name}")
        law = parse(source, Law)
        if law is not None and law.id != file.stem:
            source.fault(("id",), f"{law.id!r} must be the file's name {file.stem!r}", "E703")
        faults += source.faults
        if law is not None:
            laws[law.id] = law
    raise_faults(faults)
    return laws
