"""A small set of four lists, entries and events that tests change one thing at a time."""

from __future__ import annotations

import shutil
from datetime import date
from functools import lru_cache
from pathlib import Path

from creditscore.core.days import to_day
from creditscore.measures.load import default_folder, load_four_lists
from creditscore.measures.model import FourLists
from creditscore.measures.tables import BusinessEvent, Listing

FIRM, OTHER = "914403001922038216", "91440115618712245T"


def code(prefix: str, body: str = "MADM0001") -> str:
    """A made-up credit code with the right check characters."""
    from stdnum.cn import uscc

    from creditscore.demo.codes import organisation_code

    text = prefix + organisation_code(body)
    return text + str(uscc.calc_check_digit(text))


TRADER, NGO, INSTITUTION = code("92999999"), code("51999999"), code("12999999")


def day(text: str) -> int:
    return to_day(date.fromisoformat(text))


@lru_cache(maxsize=1)
def shipped() -> FourLists:
    return load_four_lists()


def copied(folder: Path, **changes: tuple[str, str]) -> Path:
    """A copy of the shipped set with texts replaced, by the name of the file."""
    place = folder / "four_lists"
    shutil.copytree(default_folder(), place)
    for name, (old, new) in changes.items():
        file = place / f"{name}.yaml"
        text = file.read_text(encoding="utf-8")
        assert old in text, (name, old)
        file.write_text(text.replace(old, new, 1), encoding="utf-8")
    return place


def entry(
    list_: str = "procurement_serious",
    subject: str = FIRM,
    entered: str = "2023-01-10",
    end: str | None = "2026-01-09",
    exited: str | None = None,
    why: str = "",
    recorded: str | None = None,
    key: str = "L1",
) -> Listing:
    return Listing(
        key,
        subject,
        list_,
        day(entered),
        day(end) if end else None,
        day(exited) if exited else None,
        why,
        day(recorded) if recorded else None,
    )


def event(
    on: str = "2024-03-01",
    kind: str = "procurement",
    department: str = "finance",
    subjects: tuple[str, ...] = (FIRM,),
    key: str = "E1",
) -> BusinessEvent:
    return BusinessEvent(key, kind, department, day(on), subjects)


CUSTOMS = event("2025-01-10", "clearance", "customs")
DISHONEST = entry("customs_dishonest", entered="2024-06-01", end=None, key="C1")
RED = entry("customs_advanced", entered="2024-06-01", end=None, key="R1")
