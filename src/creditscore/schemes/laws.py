"""Legal texts: one YAML file each in configs/laws/, named by its id."""

from __future__ import annotations

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
    files = sorted((folder or config_root() / "laws").glob("*.yaml"))
    return _read(tuple((file, now.st_mtime_ns, now.st_size) for file in files for now in [file.stat()]))


@lru_cache(maxsize=8)
def _read(files: tuple[tuple[Path, int, int], ...]) -> dict[str, Law]:
    laws: dict[str, Law] = {}
    faults: list[Fault] = []
    for file, *_ in files:
        source = read(file, f"laws/{file.name}")
        law = parse(source, Law)
        if law is not None and law.id != file.stem:
            source.fault(("id",), f"{law.id!r} must be the file's name {file.stem!r}", "E703")
        faults += source.faults
        if law is not None:
            laws[law.id] = law
    raise_faults(faults)
    return laws
