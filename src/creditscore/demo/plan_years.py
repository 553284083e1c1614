"""The years of the plan, 2018 to 2020: made-up records of every domain, graded under the district's profile."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.composite.combine import combine
from creditscore.composite.config import CompositeConfig
from creditscore.composite.result import Composite
from creditscore.core.errors import NotInForce
from creditscore.core.tables.write import write_tables
from creditscore.demo.district import SEED, declare_rows, district
from creditscore.grading.batch import Gradings, grade_all
from creditscore.grading.input_state.unread import read_attributes
from creditscore.records import Snapshot, ingest
from creditscore.schemes import registry
from creditscore.schemes.model import Item, Scheme
from creditscore.schemes.profiles import load_profile

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

PROFILE = "jilin-edz"
YEARS = (2018, 2019, 2020)
MOST_FIRMS = 1_000
PER_FIRM = 1.8  # records of a firm in a year, over all domains
LISTED = 0.12  # entries of lists per firm
NEWEST = date(YEARS[-1] + 1, 4, 15)  # nothing is known that happened after this day
INTAKE_ON = NEWEST
# Two feeds that break in the last weeks of the plan, so that the health of feeds has something to find.
SILENT, SILENT_FROM = "environment", date(2020, 10, 20)
AGAIN, AGAIN_ON, AGAIN_RECORDS = "labour", date(2020, 12, 8), 60
TABLES = ("subjects", "records", "attributes", "listings", "feeds")
NOTE = "made-up records of organisations that do not exist"


@dataclass(frozen=True)
class PlanTables:
    """The input tables of the plan's years."""

    subjects: pa.Table
    records: pa.Table
    attributes: pa.Table
    listings: pa.Table
    feeds: pa.Table

    def write(self, folder: Path) -> dict[str, Path]:
        """Write each table as Parquet; returns the files by name."""
        tables = {name: getattr(self, name) for name in TABLES}
        return dict(zip(TABLES, write_tables(folder, tables, codec="zstd"), strict=True))

    def snapshot(self) -> Snapshot:
        snapshot = ingest(
            self.subjects,
            self.records,
            attributes=self.attributes,
            listings=self.listings,
            feeds=self.feeds,
            intake_on=INTAKE_ON,
        )
        return replace(snapshot, made_up=True)


@dataclass(frozen=True)
class PlanYear:
    """One year of the plan: all domains graded on its last day."""

    year: int
    gradings: Gradings


def plan_years(snapshot: Snapshot, years: Sequence[int] | None = None) -> list[PlanYear]:
    """Grade the organisations of a plan's snapshot on the last day of each year of the plan, or of some of them."""
    years_of_plan = []
    for year in years or YEARS:
        at = date(year, 12, 31)
        names = load_profile(PROFILE).schemes(at)
        gradings = grade_all(snapshot, names, as_of=at, skip=True, strict=True, max_rejected=10**9)
        gradings.manifest["made_up"] = True
        for run in gradings.manifest["schemes"].values():
            run["made_up"] = True
        years_of_plan.append(PlanYear(year, gradings))
    return years_of_plan


def plan_tables(subjects: pa.Table, rng: np.random.Generator) -> PlanTables:
    """Made-up records and entries of lists of organisations of a made-up district that were there before the plan."""
    import pyarrow as pa
    import pyarrow.compute as pc

    before = pc.less(subjects["registered_on"], pa.scalar(date(YEARS[0], 1, 1)))
    few = subjects.filter(before).slice(0, MOST_FIRMS)
    # Jilin's division, so that amounts by province apply; the credit codes lie in divisions that do not exist
    region = pa.array([f"{load_profile(PROFILE).region}0000"] * few.num_rows)
    columns = ("subject_id", "name", "registered_on", "district", "industry", "size")
    chosen = few.select([name for name in columns if name in few.column_names]).append_column("region", region)
    schemes, ids = _weighing(), chosen["subject_id"].to_pylist()
    rows: list[dict[str, Any]] = []
    for year in YEARS:
        for k, count in enumerate(rng.poisson(PER_FIRM, len(ids)).tolist()):
            for _ in range(count):
                scheme = schemes[int(rng.integers(len(schemes)))]
                rows += _record(scheme, ids[k], year, len(rows), rng)
    rows = _broken(rows)
    records, listings = _table(rows), _table(_listings(schemes, ids, rng))
    feeds = _table(
        [
            {"domain": domain, "from": "2000-01-01", "to": NEWEST.isoformat(), "source": NOTE}
            for domain in sorted({scheme.domain for scheme in schemes})
        ]
    )
    attributes = _table(_attributes(ids))
    others = {"subjects": chosen, "attributes": attributes, "listings": listings}
    return PlanTables(chosen, records, attributes, listings, declare_rows(feeds, records, others))


def _attributes(ids: list[str]) -> list[dict[str, Any]]:
    """State every attribute that a rule of the plan's years reads, so that nobody's grade changes.

    Everybody has what a scheme takes for an absent value; where it takes none, one organisation had a value long ago.
    """
    schemes = {scheme.name: scheme for year in YEARS for scheme in _in_force(date(year, 12, 31))}
    rows: dict[str, list[dict[str, Any]]] = {}
    for scheme in schemes.values():
        for name in sorted(read_attributes(scheme)):
            attribute = scheme.attributes[name]
            if attribute.absent in (None, ""):
                value = attribute.allowed[0] if attribute.allowed else "2000-01-01"
                days = {"valid_from": "2000-01-01", "valid_to": "2000-12-31"}
                rows[name] = [{"subject_id": ids[0], "name": name, "value": value, **days}]
            else:
                value = str(attribute.absent).lower()
                rows[name] = [{"subject_id": subject, "name": name, "value": value} for subject in ids]
    return [row for listed in rows.values() for row in listed]


def _broken(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """One feed falls silent, another sends old records again under new numbers, all on one day."""
    delivered = [row for row in rows if row["domain"] != SILENT or row["recorded_on"] < SILENT_FROM.isoformat()]
    old = [row for row in delivered if row["domain"] == AGAIN and row["recorded_on"] < AGAIN_ON.isoformat()]
    again = [
        {**row, "record_id": f"{row['record_id']}-2", "recorded_on": AGAIN_ON.isoformat()}
        for row in old[-AGAIN_RECORDS:]
    ]
    return delivered + again


def _listings(schemes: list[Scheme], ids: list[str], rng: np.random.Generator) -> list[dict[str, Any]]:
    """Entries of the plan's lists: most run for the term of their list, some leave before."""
    lists = [(name, rule) for scheme in schemes for name, rule in scheme.lists.items()]
    listings = []
    for number, k in enumerate(rng.choice(len(ids), max(1, round(LISTED * len(ids))), replace=False).tolist()):
        name, rule = lists[int(rng.integers(len(lists)))]
        entered = date(YEARS[0], 1, 15) + timedelta(days=int(rng.integers(365 * len(YEARS) - 30)))
        years = next((term.span.years for term in rule.terms if term.span is not None and term.span.years), 1)
        row = {
            "listing_id": f"L{number:04}",
            "subject_id": ids[k],
            "list": name,
            "entered_on": entered.isoformat(),
            "term_end": entered.replace(year=entered.year + years, day=min(entered.day, 28)).isoformat(),
            "basis": NOTE,
            "recorded_on": entered.isoformat(),
        }
        if rng.random() < 0.25:
            left = entered + timedelta(days=int(rng.integers(60, 200)))
            row |= {"exited_on": left.isoformat(), "exit_reason": "early"} if left <= NEWEST else {}
        listings.append(row)
    return listings


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    names = sorted({name for row in rows for name in row})
    return pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})


def _in_force(at: date) -> list[Scheme]:
    """The schemes of the profile on a day."""
    schemes = []
    for name in load_profile(PROFILE).schemes(at):
        with suppress(NotInForce):
            schemes.append(registry.find(name, registry.moment(registry.versions(name)[0].period, at)))
    return schemes


def _weighing() -> list[Scheme]:
    """The schemes of the profile that weigh records, as they stood in the middle of the plan."""
    schemes = _in_force(date(2019, 12, 31))
    return [each for each in schemes if not each.missing and not each.imported_decision and _items(each)]


def _items(scheme: Scheme) -> list[tuple[str, Item]]:
    return [(code, variants[0]) for code, variants in scheme.items.items() if variants[0].accepts is None]


def _record(scheme: Scheme, subject: str, year: int, number: int, rng: np.random.Generator) -> list[dict[str, Any]]:
    """One record of a scheme with everything that its item asks for."""
    items = _items(scheme)
    code, item = items[int(rng.integers(len(items)))]
    day = date(year, 1, 1) + timedelta(days=int(rng.integers(360)))
    row = {
        "record_id": f"P{number:06}",
        "subject_id": subject,
        "domain": scheme.domain,
        "item": code,
        "occurred_on": day.isoformat(),
        "decided_on": (day + timedelta(days=20)).isoformat(),
        "published_on": (day + timedelta(days=25)).isoformat(),
        "recorded_on": (day + timedelta(days=27)).isoformat(),
        "amount": str(int(rng.integers(1, 80)) * 1000),
        "source": NOTE,
        "basis": NOTE,
        "document_no": f"{year}-{number}",
    }
    if rng.random() < 0.5:
        row["corrected_on"] = (day + timedelta(days=int(rng.integers(2, 26)))).isoformat()
    for name, attribute in scheme.record_attributes.items():
        levels = item.value.levels if item.value and item.value.of == name and item.value.levels else None
        if attribute.of is not None or not (name in item.requires or levels or rng.random() < 0.3):
            continue
        if levels or attribute.allowed:
            words = list(levels or attribute.allowed or ())
            row[name] = words[int(rng.integers(len(words)))]
        else:
            value_by_kind = {"number": str(int(rng.integers(1, 13))), "bool": "true", "text": "x"}
            row[name] = value_by_kind.get(attribute.type, (day + timedelta(days=30)).isoformat())
            if attribute.most is not None and attribute.type == "number":
                row[name] = str(attribute.most)
    return [row]


def score_district(
    configs: Sequence[CompositeConfig], subjects: int = 2000, seed: int = SEED, year: int = YEARS[-1]
) -> dict[str, Composite]:
    """Each composite that is in force on 31 December of a year of the plan, by name; other ones are left out.

    The organisations are those of the demo with this number and seed, graded under the profile of the district.
    """
    import numpy as np

    tables = plan_tables(district(subjects, seed).subjects, np.random.default_rng(seed))
    (graded,) = plan_years(tables.snapshot(), [year])
    day = date(year, 12, 31)
    return {
        config.name: combine(graded.gradings, config, listings=tables.listings, as_of=day)
        for config in configs
        if config.effective_from <= day and (config.effective_to is None or day < config.effective_to)
    }
