"""The years of the plan, 2018 to 2020: made-up records of every domain, graded under the district's profile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from creditscore.errors import NotInForce
from creditscore.grading.several import Gradings, grade_all
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
PER_FIRM = 0.6  # records of a firm in a year, over all domains
NOTE = "made-up records of organisations that do not exist"


@dataclass(frozen=True)
class PlanYear:
    """One year of the plan: all domains graded on its last day."""

    year: int
    gradings: Gradings


def plan_years(subjects: pa.Table, rng: np.random.Generator) -> list[PlanYear]:
    """Grade the first organisations of a made-up district on the last day of each year of the plan."""
    import pyarrow as pa

    few = subjects.slice(0, MOST_FIRMS)
    # Jilin's division, so that amounts by province apply; the credit codes lie in divisions that do not exist
    region = pa.array([f"{load_profile(PROFILE).region}0000"] * few.num_rows)
    columns = [name for name in ("subject_id", "name", "registered_on") if name in few.column_names]
    snapshot = _snapshot(few.select(columns).append_column("region", region), rng)
    found = []
    for year in YEARS:
        at = date(year, 12, 31)
        names = load_profile(PROFILE).schemes(at)
        made = grade_all(snapshot, names, as_of=at, skip=True, max_rejected=10**9)
        made.manifest["made_up"] = True
        for run in made.manifest["schemes"].values():
            run["made_up"] = True
        found.append(PlanYear(year, made))
    return found


def _snapshot(subjects: pa.Table, rng: np.random.Generator) -> Snapshot:
    import pyarrow as pa

    schemes = _in_force()
    ids = subjects["subject_id"].to_pylist()
    rows: list[dict[str, Any]] = []
    for year in YEARS:
        for k in rng.poisson(PER_FIRM, len(ids)).nonzero()[0].tolist():
            scheme = schemes[int(rng.integers(len(schemes)))]
            rows += _record(scheme, ids[k], year, len(rows), rng)
    names = sorted({name for row in rows for name in row})
    table = pa.table({name: pa.array([row.get(name) for row in rows], pa.string()) for name in names})
    return ingest(subjects, table)


def _in_force() -> list[Scheme]:
    """The schemes of the profile that weigh records, as they stood in the middle of the plan."""
    at = date(2019, 12, 31)
    names = load_profile(PROFILE).schemes(at)
    found = []
    for name in names:
        try:
            scheme = registry.find(name, registry.moment(registry.versions(name)[0].period, at))
        except NotInForce:
            continue
        if not scheme.missing and not scheme.imported_decision and _items(scheme):
            found.append(scheme)
    return found


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
            made = {"number": str(int(rng.integers(1, 13))), "bool": "true", "text": "x"}
            row[name] = made.get(attribute.type, (day + timedelta(days=30)).isoformat())
            if attribute.most is not None and attribute.type == "number":
                row[name] = str(attribute.most)
    return [row]
