"""The rules that a packet carries beside its scheme, files of `configs/` and working days: nothing else is read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from creditscore.core.calendars import Calendar, calendar_given, installed
from creditscore.core.config import rules_from
from creditscore.core.days import from_day, iso, read_day, year_end, year_start
from creditscore.records.excluded import REFUSED_INPUTS
from creditscore.repair.rules import REPAIRS, load_repairs
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.schemes.walk import cites

Row = dict[str, str]


def rule_rows(scheme: Scheme, lists: Collection[str]) -> list[Row]:
    """The files that grading and repair read: refused inputs, repair, schemes beside, those of lists it stands on."""
    files = {shown: Path(path) for shown, path in REPAIRS.list_paths()}
    files |= {f"schemes/{entry.scheme}/{entry.file.name}": entry.file for entry in schemes_read(scheme, lists)}
    rows = [{"file": shown, "text": file.read_text(encoding="utf-8")} for shown, file in files.items()]
    refused = {"file": REFUSED_INPUTS.place, "text": _refused(REFUSED_INPUTS.list_files()[0].file)}
    return sorted([*rows, refused], key=lambda row: row["file"])


def _refused(file: Path) -> str:
    """The table of refused inputs alone, as it stands in its file."""
    lines = file.read_text(encoding="utf-8").splitlines()
    start = next(k for k, line in enumerate(lines) if line.startswith("refused_inputs:"))
    after = (k for k, line in enumerate(lines) if k > start and line[:1].isalpha())
    return "\n".join([*lines[start : next(after, len(lines))], ""])


def schemes_read(scheme: Scheme, lists: Collection[str]) -> list[registry.Entry]:
    """Versions of other schemes: those to which the scheme leaves items, and those that keep one of the lists."""
    beside = {registry.resolve(name, registry.entries()) for name in scheme.beside}
    return [
        entry
        for entry in registry.entries()
        if entry.scheme in beside or any(f"  {key}:" in entry.file.read_text(encoding="utf-8") for key in lists)
    ]


def laws_read(schemes: Iterable[Scheme]) -> set[str]:
    """The legal texts that schemes and the rules on repair cite; each must be there when its file is read."""
    laws = {cite.law for scheme in schemes for _, cite in cites(scheme)}
    for rule in load_repairs():
        parts = [
            *rule.tiers,
            *rule.conditions,
            *(further_rule for further_rule in (rule.overall, rule.unknown_tier) if further_rule is not None),
        ]
        laws |= {cite.law for part in parts for cite in part.cite} | {cite.law for cite in rule.cite}
    return laws


def calendar_rows() -> list[Row]:
    """The known years, each with the weekdays that are free and the days of weekends on which people work."""
    known = installed()
    rows = []
    for year in range(from_day(known.first).year, from_day(known.last).year + 1):
        days = [day for day in range(year_start(year), year_end(year) + 1) if day in known.turned]
        rows.append({"year": str(year), "days": " ".join(map(iso, days))})
    return rows


@contextmanager
def under(folder: Path, files: Sequence[Mapping[str, str]], calendar: Sequence[Mapping[str, str]]) -> Iterator[None]:
    """Compute under the rules and the working days that a packet carries; `folder` holds its laws already."""
    for file in files:
        place = folder / file["file"]
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(file["text"], encoding="utf-8")
    (folder / "schemes").mkdir(exist_ok=True)
    years = sorted(int(row["year"]) for row in calendar)
    turned = frozenset(read_day(text) for row in calendar for text in row["days"].split())
    with rules_from(folder), calendar_given(Calendar(year_start(years[0]), year_end(years[-1]), turned)):
        yield
