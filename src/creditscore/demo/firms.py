"""Who lives in the made-up district: organisations, what is known of them, and their grades of last year."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from creditscore.demo.codes import credit_codes

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

YEAR = 2022
# Region codes that no district of China has; the last district's feed is silent.
DISTRICTS = (
    ("220291", "示范一区", 0.21),
    ("220292", "示范二区", 0.18),
    ("220293", "示范三区", 0.15),
    ("220294", "示范四区", 0.13),
    ("220295", "示范五区", 0.12),
    ("220296", "示范六区", 0.11),
    ("220297", "示范七区", 0.085),
    ("220299", "示范静默区", 0.015),
)
SILENT = "示范静默区"
INDUSTRIES = (
    ("批发和零售业", "商贸", 0.33),
    ("制造业", "机械", 0.16),
    ("建筑业", "建筑", 0.11),
    ("租赁和商务服务业", "服务", 0.14),
    ("住宿和餐饮业", "餐饮", 0.09),
    ("交通运输业", "物流", 0.07),
    ("软件和信息技术服务业", "软件", 0.06),
    ("农、林、牧、渔业", "农业", 0.04),
)
SIZES = (("微型", 0.62), ("小型", 0.29), ("中型", 0.075), ("大型", 0.015))
WORDS = (
    "云杉",
    "青石",
    "白桦",
    "红松",
    "晨曦",
    "北辰",
    "远山",
    "明湖",
    "金穗",
    "银杏",
    "松涛",
    "雪原",
    "长风",
    "新雨",
    "丰禾",
    "星河",
)
# kind of code, form of name, share
FORMS = (
    ("91", "有限公司", 0.965),
    ("93", "专业合作社", 0.02),
    ("92", "店（个体）", 0.015),
)
STATED = (("not_evaluated", "NE3"), ("opted_in", "false"), ("books_compliant", "true"))
ROLES = ("steady", "new", "idle", "direct", "retained", "carried")
SHARES = (0.526, 0.118, 0.283, 0.048, 0.018, 0.007)


@dataclass(frozen=True)
class Firms:
    """Arrays with one entry for each organisation; days are days since 1970-01-01."""

    codes: list[str]
    role: NDArray[np.int64]
    size: NDArray[np.int64]
    began: NDArray[np.int64]
    inspected: NDArray[np.bool_]
    subjects: pa.Table
    attributes: pa.Table
    history: pa.Table
    feeds: pa.Table


def firms(n: int, rng: np.random.Generator) -> Firms:
    """`n` organisations with their attributes and the grades of the year before."""
    import numpy as np
    import pyarrow as pa

    district = _pick(rng, [share for *_, share in DISTRICTS], n)
    industry = _pick(rng, [share for *_, share in INDUSTRIES], n)
    size = _pick(rng, [share for _, share in SIZES], n)
    form = _pick(rng, [share for *_, share in FORMS], n)
    role = _pick(rng, SHARES, n)
    word = rng.integers(0, len(WORDS), n)
    codes = credit_codes([FORMS[f][0] + DISTRICTS[d][0] for f, d in zip(form, district, strict=True)], rng)
    names = [
        f"〔虚构〕{WORDS[w]}{INDUSTRIES[i][1]}{k + 1:05d}号{FORMS[f][1]}"
        for k, (w, i, f) in enumerate(zip(word, industry, form, strict=True))
    ]
    began = _day(YEAR, 1, 1) - 1 - (365 * 24 * rng.random(n) ** 1.25).astype(np.int64)
    new = role == ROLES.index("new")
    began[new] = _day(YEAR, 1, 2) + rng.integers(0, 350, int(new.sum()))
    older = np.isin(role, [ROLES.index(role_name) for role_name in ("retained", "carried")])
    began[older] = np.minimum(began[older], _day(YEAR - 2, 1, 1))
    registered = began - rng.integers(1, 45, n)
    subjects = pa.table(
        {
            "subject_id": codes,
            "name": names,
            "registered_on": days(registered),
            "region": [DISTRICTS[d][0] for d in district],
            "district": [DISTRICTS[d][1] for d in district],
            "industry": [INDUSTRIES[i][0] for i in industry],
            "size": [SIZES[s][0] for s in size],
            "first_filed_on": days(began),
        }
    )
    return Firms(
        codes=codes,
        role=role,
        size=size,
        began=began,
        inspected=rng.random(n) < np.array([0.08, 0.14, 0.3, 0.5])[size],
        subjects=subjects,
        attributes=_attributes(codes, role, rng),
        history=_history(codes, role, began, rng),
        feeds=_feeds(),
    )


def _pick(rng: np.random.Generator, shares: Any, n: int) -> NDArray[np.int64]:
    import numpy as np

    edges = np.cumsum(np.asarray(shares, dtype=float))
    return np.minimum(np.searchsorted(edges / edges[-1], rng.random(n), side="right"), len(edges) - 1)


def _day(year: int, month: int, day: int) -> int:
    from datetime import date

    return (date(year, month, day) - date(1970, 1, 1)).days


def days(values: NDArray[np.int64]) -> Any:
    """Days since 1970-01-01 as dates; negative numbers are absent."""
    import numpy as np
    import pyarrow as pa

    return pa.array(values.astype(np.int32), mask=values < 0).cast(pa.date32())


def _attributes(codes: list[str], role: NDArray[np.int64], rng: np.random.Generator) -> pa.Table:
    """Income by year; a few without proper books; a few not evaluated for the year."""
    import numpy as np
    import pyarrow as pa

    n = len(codes)
    idle = role == ROLES.index("idle")
    idle |= (role == ROLES.index("new")) & (rng.random(n) < 0.4)
    rows: list[tuple[str, str, str, int]] = []
    for year, without in ((YEAR - 1, idle & (rng.random(n) < 0.8)), (YEAR, idle)):
        rows += [(codes[k], "has_income", "false" if without[k] else "true", year) for k in range(n)]
    rows += [(codes[k], "books_compliant", "false", YEAR) for k in np.flatnonzero(rng.random(n) < 0.006)]
    pending = rng.random(n)
    for reason, low, high in (("NE3", 0.0, 0.0012), ("NE5", 0.0012, 0.002)):
        chosen = np.flatnonzero((pending >= low) & (pending < high))
        rows += [(codes[k], "not_evaluated", reason, YEAR) for k in chosen]
    # somebody states each attribute that the rules read, for a year that no grade of the district rests on
    rows += [(codes[0], *stated, YEAR - 3) for stated in STATED]
    return pa.table(
        {
            "subject_id": [row[0] for row in rows],
            "name": [row[1] for row in rows],
            "value": [row[2] for row in rows],
            "valid_from": [f"{row[3]}-01-01" for row in rows],
            "valid_to": [f"{row[3]}-12-31" for row in rows],
        }
    )


def _history(codes: list[str], role: NDArray[np.int64], began: NDArray[np.int64], rng: np.random.Generator) -> pa.Table:
    """The grades of 2020 and 2021, each with the route by which it came."""
    import numpy as np
    import pyarrow as pa

    n = len(codes)
    columns: dict[str, list[str]] = {key: [] for key in ("subject_id", "domain", "period", "grade", "route")}
    retained, carried = role == ROLES.index("retained"), role == ROLES.index("carried")
    idle = role == ROLES.index("idle")
    for year in (YEAR - 2, YEAR - 1):
        grade = np.array(["A", "B", "C"])[_pick(rng, (0.14, 0.8, 0.06), n)]
        grade[idle] = "M"
        route = np.where(grade == "M", "special", "score")
        fresh = began >= _day(year, 1, 1)
        grade[fresh], route[fresh] = "M", "special"
        if year == YEAR - 1:
            grade[retained | carried] = "D"
            route[retained] = np.array(["direct", "linked"])[_pick(rng, (0.85, 0.15), int(retained.sum()))]
            route[carried] = "score"
        for k in np.flatnonzero(began < _day(year + 1, 1, 1)):
            values = (codes[k], "tax", str(year), str(grade[k]), str(route[k]))
            for key, value in zip(columns, values, strict=True):
                columns[key].append(value)
    decided = [f"{int(year) + 1}-04-20" for year in columns["period"]]
    return pa.table({**columns, "decided_on": decided, "recorded_on": decided})


def source_of(district: str) -> str:
    """Name the office that supplies the records of a district."""
    return f"made-up tax system of {district}"


def _feeds() -> pa.Table:
    import pyarrow as pa

    fed = [name for _, name, _ in DISTRICTS if name != SILENT]
    return pa.table(
        {
            "domain": ["tax"] * len(fed),
            "from": ["2015-01-01"] * len(fed),
            "to": [f"{YEAR + 1}-03-31"] * len(fed),
            "source": [source_of(name) for name in fed],
            "district": fed,
        }
    )
