"""What happened in the made-up district: filings, payments, inspections, and what became of each record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from creditscore.demo.firms import ROLES, YEAR, Firms, _day, _pick, days, source_of

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

COLUMNS = (
    "record_id",
    "event_no",
    "event",
    "subject_id",
    "item",
    "domain",
    "event_on",
    "recorded_on",
    "occurred_on",
    "decided_on",
    "booked_on",
    "amount",
    "share",
    "tax_type",
    "ratio",
    "exemption",
    "source",
    "document_no",
)
EVERYDAY = (
    ("010101", 0.47),
    ("020101", 0.17),
    ("010103", 0.15),
    ("010504", 0.04),
    ("030103", 0.05),
    ("030107", 0.03),
    ("010201", 0.03),
    ("010501", 0.02),
    ("030105", 0.015),
    ("040101", 0.015),
    ("EXT-BANK", 0.01),
)
CONCLUSIONS = (
    ("NR", 0.5),
    ("050101", 0.16),
    ("050105", 0.12),
    ("050102", 0.08),
    ("060301", 0.06),
    ("060302", 0.04),
    ("050103", 0.04),
)
DIRECT = (("040103", 0.62), ("040105", 0.13), ("D14-03", 0.1), ("030110", 0.06), ("D14-05", 0.05), ("D14-02", 0.04))
TAXES = ("vat", "corporate_income", "stamp_duty", "urban_maintenance")
# How many everyday records an organisation has in the year: mean by role, and a heavy tail for one in eight.
MEAN = {"steady": 1.7, "new": 0.8, "idle": 0.9, "direct": 5.0, "retained": 2.2, "carried": 2.0}
LAST = (YEAR + 1, 3, 31)  # nothing is recorded later

Columns = dict[str, Any]


def records(firms: Firms, rng: np.random.Generator, per_firm: float = 10.0) -> pa.Table:
    """About `per_firm` rows for each organisation: records and their later events, of the year and of others."""
    import numpy as np

    n = len(firms.codes)
    current = _everyday(firms, rng, _how_many(firms, rng), YEAR)
    parts = [current, _conclusions(firms, rng), _direct(firms, rng)]
    events = [_fates(current, rng), _repairs(parts[2], rng)]
    so_far = sum(len(part["owner"]) for part in (*parts, *events))
    missing = max(0, int(per_firm * n) - so_far)
    owners = rng.integers(0, n, missing * 17 // 20)
    earlier = _everyday(firms, rng, np.bincount(owners, minlength=n), 0)
    parts.append(earlier)
    events.append(_fates(earlier, rng))
    number = 0
    for part, later in zip(parts, (events[0], None, events[1], events[2]), strict=True):
        part["number"] = np.arange(number, number + len(part["owner"]))
        number += len(part["owner"])
        if later is not None:
            later["number"] = part["number"][later["of"]]
    return _table(firms, [*parts, *events])


def _how_many(firms: Firms, rng: np.random.Generator) -> NDArray[np.int64]:
    import numpy as np

    mean = np.array([MEAN[role] for role in ROLES])[firms.role]
    count = rng.poisson(mean * rng.gamma(1.8, 1 / 1.8, len(mean)))
    steady = firms.role == ROLES.index("steady")
    count[steady & (rng.random(len(mean)) < 0.78)] += 1
    heavy = steady & (rng.random(len(mean)) < 0.018)
    count[heavy] += rng.integers(5, 17, int(heavy.sum()))
    return np.asarray(count)


def _everyday(firms: Firms, rng: np.random.Generator, count: NDArray[np.int64], year: int) -> Columns:
    """Late filings and payments; `year` 0 spreads them over other years."""
    import numpy as np

    owner = np.repeat(np.arange(len(count)), count)
    m = len(owner)
    item = np.array([code for code, _ in EVERYDAY])[_pick(rng, [share for _, share in EVERYDAY], m)]
    month = rng.integers(0, 12, m)
    years = np.full(m, year) if year else np.array([2018, 2019, 2020, 2021, 2023])[rng.integers(0, 5, m)]
    month[years > YEAR] %= 3
    day = 15 + rng.integers(0, 9, m)
    occurred = _days(years, month, day)
    began = firms.began[owner]
    late = np.maximum(occurred, began + 1) if year else occurred
    booked = late + rng.integers(0, 4, m)
    exempt = np.where(rng.random(m) < 0.03, "NI3", np.where(rng.random(m) < 0.01, "NI1", ""))
    taxed = np.isin(item, ["010101", "020101"])
    keep = booked <= _day(*LAST)
    if year:
        keep &= late <= _day(year, 12, 31)
    else:
        keep &= occurred > began
    amount = np.exp(rng.normal(7.2, 1.4, m)).round(2)
    columns = {
        "owner": owner,
        "item": item,
        "occurred": late,
        "booked": booked,
        "known": booked,
        "decided": np.full(m, -1),
        "amount": np.where(taxed, amount, -1),
        "exemption": exempt,
        "tax": np.where(taxed, np.array(TAXES)[_pick(rng, (0.5, 0.25, 0.15, 0.1), m)], ""),
    }
    return {key: value[keep] for key, value in columns.items()}


def _conclusions(firms: Firms, rng: np.random.Generator) -> Columns:
    """Assessments and inspections of the last three years: they raise the start score, and some cost points."""
    import numpy as np

    owner = np.flatnonzero(firms.inspected & (firms.began < _day(YEAR, 1, 1)))
    m = len(owner)
    decided = np.maximum(_day(YEAR - 2, 1, 10) + rng.integers(0, 1070, m), firms.began[owner] + 5)
    item = np.array([code for code, _ in CONCLUSIONS])[_pick(rng, [share for _, share in CONCLUSIONS], m)]
    ratio = np.where(np.isin(item, ["050102", "060302"]), (0.01 + 0.04 * rng.random(m)).round(4), -1)
    return {
        "owner": owner,
        "item": item,
        "occurred": decided - rng.integers(20, 60, m),
        "booked": decided + 2,
        "known": decided + 2,
        "decided": decided,
        "ratio": ratio,
        "document": np.array([f"虚构税字〔{k:05d}〕号" for k in range(m)]),
    }


def _direct(firms: Firms, rng: np.random.Generator) -> Columns:
    """Behaviour that means D at once; most of it abnormal households."""
    import numpy as np

    steady = (firms.role == ROLES.index("steady")) & (rng.random(len(firms.role)) < 0.008)
    owner = np.flatnonzero((firms.role == ROLES.index("direct")) | steady)
    m = len(owner)
    item = np.array([code for code, _ in DIRECT])[_pick(rng, [share for _, share in DIRECT], m)]
    item[np.isin(owner, np.flatnonzero(steady))] = "040103"
    first = np.maximum(_day(YEAR, 1, 5), firms.began[owner] + 1)
    booked = first + (rng.random(m) * (_day(YEAR, 12, 20) - first)).astype(np.int64)
    return {
        "owner": owner,
        "item": item,
        "occurred": booked - 1,
        "booked": booked,
        "known": booked,
        "decided": booked,
        "repairs": np.isin(owner, np.flatnonzero(steady)),
    }


def _fates(part: Columns, rng: np.random.Generator) -> Columns:
    """Corrected (some in two instalments), withdrawn, disputed: later events of everyday records."""
    import numpy as np

    m = len(part["owner"])
    chance = rng.random(m)
    repairable = np.isin(part["item"], ["010101", "020101", "010103", "010504", "010501", "EXT-BANK"])
    corrected = np.flatnonzero(repairable & (chance < 0.42))
    delay = np.ceil(np.exp(rng.normal(3.1, 1.1, len(corrected)))).astype(np.int64)
    halves = rng.random(len(corrected)) < np.where(part["item"][corrected] == "020101", 0.3, 0.03)
    withdrawn = np.flatnonzero((chance > 0.42) & (chance < 0.445))
    disputed = np.flatnonzero((chance > 0.445) & (chance < 0.475))
    resolved = disputed[rng.random(len(disputed)) < 0.6]
    again = corrected[halves]
    first = np.where(halves, (0.3 + 0.4 * rng.random(len(corrected))).round(2), -1)
    pieces = [
        ("corrected", corrected, delay, first, 2),
        ("corrected", again, delay[halves] + rng.integers(5, 60, len(again)), None, 3),
        ("withdrawn", withdrawn, rng.integers(10, 90, len(withdrawn)), None, 2),
        ("disputed", disputed, rng.integers(5, 40, len(disputed)), None, 2),
        ("dispute_resolved", resolved, rng.integers(45, 70, len(resolved)), None, 3),
    ]
    return _events(part, pieces)


def _repairs(part: Columns, rng: np.random.Generator) -> Columns:
    import numpy as np

    chosen = np.flatnonzero(part["repairs"])
    return _events(part, [("corrected", chosen, rng.integers(3, 28, len(chosen)), None, 2)])


def _events(part: Columns, pieces: list[tuple[str, Any, Any, Any, int]]) -> Columns:
    import numpy as np

    of = np.concatenate([rows for _, rows, *_ in pieces])
    day = np.concatenate([part["booked"][rows] + delay for _, rows, delay, *_ in pieces])
    data = {
        "of": of,
        "owner": part["owner"][of],
        "event": np.concatenate([np.full(len(rows), name) for name, rows, *_ in pieces]),
        "event_no": np.concatenate([np.full(len(rows), no) for *_, rows, _, _, no in pieces]),
        "day": day,
        "known": day,
        "share": np.concatenate(
            [np.full(len(rows), -1.0) if share is None else share for _, rows, _, share, _ in pieces]
        ),
    }
    keep = day <= _day(*LAST)
    return {key: value[keep] for key, value in data.items()}


def _days(years: NDArray[np.int64], months: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    import numpy as np

    first = ((years - 1970) * 12 + months).astype("datetime64[M]").astype("datetime64[D]")
    return np.asarray(first.astype(np.int64) + day - 1)


def _table(firms: Firms, parts: list[Columns]) -> pa.Table:
    """All parts as one table of records, in order of record and event."""
    import numpy as np
    import pyarrow as pa

    def column(key: str, empty: Any) -> NDArray[Any]:
        return np.concatenate([part.get(key, np.full(len(part["owner"]), empty)) for part in parts])

    order = np.lexsort((column("event_no", 1), column("number", 0)))
    filed = column("item", "")[order] != ""

    def text(key: str) -> Any:
        values = column(key, "")[order]
        return pa.array(values.tolist(), pa.string(), mask=values == "")

    def number(key: str) -> Any:
        values = column(key, -1.0)[order]
        return pa.array(values, pa.float64(), mask=values < 0)

    def day(key: str) -> Any:
        return days(column(key, -1)[order])

    events = column("event", "filed")[order]
    owners = column("owner", 0)[order].tolist()
    offices = [source_of(name) for name in firms.subjects["district"].to_pylist()]
    table = {
        "record_id": [f"R{k:07d}" for k in column("number", 0)[order].tolist()],
        "event_no": pa.array(column("event_no", 1)[order], pa.int32()),
        "event": events.tolist(),
        "subject_id": [firms.codes[k] for k in owners],
        "item": text("item"),
        "domain": ["tax"] * len(order),
        "event_on": day("day"),
        "recorded_on": day("known"),
        "occurred_on": day("occurred"),
        "decided_on": day("decided"),
        "booked_on": day("booked"),
        "amount": number("amount"),
        "share": number("share"),
        "tax_type": text("tax"),
        "ratio": number("ratio"),
        "exemption": text("exemption"),
        "source": np.where(filed, [offices[k] for k in owners], "made-up service hall").tolist(),
        "document_no": text("document"),
    }
    return pa.table({name: table[name] for name in COLUMNS})
