"""Supervision as it was planned and as it went, as tables: inspections by class, yields, capacity, lists, measures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import InputError
from creditscore.core.i18n import clean, plain
from creditscore.core.identity import redact
from creditscore.core.json_source import read_object
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import Table
from creditscore.inspection.plan_tables import CAPACITY, EXPECTED, PLANNED
from creditscore.measures.load import load_four_lists
from creditscore.pages.district_lists import both, list_labels

if TYPE_CHECKING:
    import duckdb

STRATA = ("stratum", "programme", "class", "place", "units", "visits", "probability")
ARMS = ("random", "targeted", "complaint", "follow_up")
RESULTS = ("clean", "corrected_on_site", "breach", "not_found", "refused", "closed_down", "not_done")
SAID_ANYWAY = ("project_paths", "internal_note")  # notes that the page says in its own place
FOUND, DONE = ("corrected_on_site", "breach"), ("clean", "corrected_on_site", "breach")
Rows = list[dict[str, Any]]
RESULTS_TABLE = Table(
    "results",
    ("inspection_id", "subject_id", "department", "arm", "result"),
    ("programme", "class", "inspected_on", "probability", "violations"),
)
LISTINGS_TABLE = Table(
    "listings",
    ("subject_id", "list", "entered_on"),
    ("term_end", "exited_on"),
    kinds=dict.fromkeys(("entered_on", "term_end", "exited_on"), "day"),
)
MEASURES_TABLE = Table("measures", ("department", "measure_id", "state"), ("side", "in_force", "flags", "basis_level"))


def supervision(
    plan: Path, *, results: Any = None, listings: Any = None, measures: Any = None, on: date | None = None
) -> dict[str, Any]:
    """Everything the page shows, as plain values.

    `plan` is the folder that `creditscore supervise plan` wrote; `results` the table that `supervise import` gave
    back (with programme, class and probability); `listings` entries of lists, `measures` the table of joint measures
    as exported; `on` the day for which the two are counted. Yields are of visits carried out in the random arm:
    a finding is a breach, or one corrected on the spot. InputError names a file or column that is missing.
    """
    import duckdb

    con = duckdb.connect()
    manifest = _open_plan(con, plan)
    load_table(con, results, RESULTS_TABLE)
    _known_codes(con)
    data = {
        "title": {"zh": "监督检查计划与执行", "en": "Supervision, planned and done"},
        "year": str(manifest.get("year", "")),
        "on": str(on or ""),
        "made_up": bool(manifest.get("made_up", False)),
        "internal": bool(manifest.get("internal", True)),
        **names_of(manifest),
        "project_default": sorted(
            {
                f"{name}: {path}"
                for name, programme in manifest.get("programmes", {}).items()
                for path in programme.get("project_default", ())
            }
        ),
        "notes": [note for note in _notes(manifest.get("notes", ())) if note["code"] not in SAID_ANYWAY],
        "classes": _classes(con),
        "places": _places(con),
        "capacity": _numbers(con, "capacity", CAPACITY),
        "arms": _arms(con),
        "results_given": results is not None,
        "lists": _lists(con, listings, on),
        "measures": _measures(con, measures),
    }
    con.close()
    return data


def names_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """What the programmes of a plan and their classes are called, and which of them need each certificate."""
    programmes = sorted(manifest.get("programmes", {}).items())
    certificates: dict[str, list[str]] = {}
    for name, programme in programmes:
        if programme.get("certificate"):
            certificates.setdefault(str(programme["certificate"]), []).append(name)
    return {
        "programmes": {name: programme.get("label") or {"zh": name, "en": name} for name, programme in programmes},
        "class_labels": {name: programme.get("classes", {}) for name, programme in programmes},
        "certificates": certificates,
    }


def _notes(notes: Sequence[Any]) -> Rows:
    """Notes of a plan without control characters; the text of one of an earlier version under the code `text`."""
    rows: Rows = []
    for note in notes:
        parts = dict(note) if isinstance(note, Mapping) and note.get("code") else {"code": "text", "text": str(note)}
        rows.append({name: clean(part) if isinstance(part, str) else part for name, part in parts.items()})
    return rows


def _open_plan(con: duckdb.DuckDBPyConnection, plan: Path) -> dict[str, Any]:
    manifest = read_object(plan / "manifest.json", next="give the folder that `creditscore supervise plan --out` wrote")
    for name, needed, optional in (
        ("strata", STRATA, ("joined", "flag")),
        ("visits", PLANNED, EXPECTED),
        ("capacity", CAPACITY, ()),
    ):
        paths = [file for kind in ("csv", "parquet") if (file := plan / f"{name}.{kind}").is_file()]
        if not paths:
            raise InputError("pages.plan_no_csv", name=name, where=str(plan))
        load_table(con, paths[0], Table(name, needed, optional))
    return manifest


def _known_codes(con: duckdb.DuckDBPyConnection) -> None:
    """Results with codes that nobody knows are refused: they would be counted nowhere."""
    for column, known in (("arm", ARMS), ("result", RESULTS)):
        listed = ", ".join(f"'{name}'" for name in known)
        rows = con.execute(
            f"SELECT coalesce({column}, ''), count(*) FROM results WHERE coalesce({column}, '') NOT IN ({listed})"
            " GROUP BY 1 ORDER BY 1"
        ).fetchall()
        if rows:
            first_code = redact(clean(rows[0][0]))
            raise InputError(
                "pages.results_no_code",
                count=sum(n for _, n in rows),
                column=column,
                first_code=first_code,
                where="results",
                allowed=known,
            )


def _numbers(con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str]) -> Rows:
    rows = con.execute(f"SELECT {', '.join(columns)} FROM {table} ORDER BY ALL").fetchall()
    return [{name: clean(cell or "") for name, cell in zip(columns, row, strict=True)} for row in rows]


def _classes(con: duckdb.DuckDBPyConnection) -> Rows:
    """Planned and done by programme and class; what the random visits found, with its 95 % interval (Jeffreys)."""
    figures = ", ".join(f"try_cast({name} AS DOUBLE)" for name in ("units", "visits", "person_days"))
    expected_ = ", ".join(f"try_cast({name} AS DOUBLE)" for name in EXPECTED)
    planned = con.execute(
        f"SELECT programme, department, class, {figures}, rate, {expected_} FROM visits ORDER BY programme,"
        " try_cast(rate AS DOUBLE), class"
    ).fetchall()
    done = {
        (programme, class_): (int(visits), int(result), int(missed))
        for programme, class_, visits, result, missed in con.execute(
            "SELECT coalesce(programme, ''), coalesce(class, ''),"
            f" count(*) FILTER (WHERE result IN {DONE}), count(*) FILTER (WHERE result IN {FOUND}),"
            f" count(*) FILTER (WHERE result NOT IN {DONE}) FROM results WHERE arm = 'random' GROUP BY ALL"
        ).fetchall()
    }
    rows: Rows = []
    for programme, department, class_, units, visits, days, rate, *expected in planned:
        row = {
            "programme": clean(programme),
            "department": clean(department or ""),
            "class": clean(class_),
            "rate": rate or "",
            "units": int(units or 0),
            "visits": int(visits or 0),
            "person_days": days or 0.0,
            **dict(zip(EXPECTED, expected, strict=True)),
        }
        rows.append(row | _yield(*done.pop((programme, class_), (0, 0, 0))))
    for (programme, class_), counted in sorted(done.items()):  # results of a class the plan does not have
        empty = {"department": "", "rate": "", "units": 0, "visits": 0, "person_days": 0.0, **dict.fromkeys(EXPECTED)}
        rows.append({"programme": clean(programme), "class": clean(class_), **empty, **_yield(*counted)})
    return rows


def _yield(visits: int, number: int, missed: int) -> dict[str, Any]:
    row: dict[str, Any] = {"done": visits, "findings": number, "without_result": missed}
    if not visits:
        return row | {"found_rate": None, "found_low": None, "found_high": None}
    from creditscore.core.statistics.intervals import jeffreys

    low, high = jeffreys([number], [visits])
    return row | {"found_rate": number / visits, "found_low": float(low[0]), "found_high": float(high[0])}


def _places(con: duckdb.DuckDBPyConnection) -> Rows:
    """Units and planned visits by programme and place of the strata."""
    rows = con.execute(
        "SELECT programme, coalesce(place, ''), sum(try_cast(units AS BIGINT)), sum(try_cast(visits AS BIGINT)),"
        " count(*) FROM strata GROUP BY ALL ORDER BY 1, 3 DESC, 2"
    ).fetchall()
    return [
        {
            "programme": clean(programme),
            "place": redact(clean(place)),
            "units": int(units or 0),
            "visits": int(visits or 0),
            "strata": int(n),
        }
        for programme, place, units, visits, n in rows
    ]


def _arms(con: duckdb.DuckDBPyConnection) -> Rows:
    """Every result by the arm that led to the visit."""
    counts = {
        (arm, result): int(n)
        for arm, result, n in con.execute("SELECT arm, result, count(*) FROM results GROUP BY ALL").fetchall()
    }
    return [
        {"arm": arm, "total": sum(counts.get((arm, name), 0) for name in RESULTS)}
        | {name: counts.get((arm, name), 0) for name in RESULTS}
        for arm in ARMS
        if any(counts.get((arm, name), 0) for name in RESULTS)
    ]


def _lists(con: duckdb.DuckDBPyConnection, listings: Any, on: date | None) -> Rows:
    """Entries that run on the day, by list; those that entered or left in the plan's year are counted by the engine."""
    if listings is None or on is None:
        return []
    load_table(con, listings, LISTINGS_TABLE)
    rows = con.execute(
        "SELECT list, count(*) FILTER (WHERE coalesce(exited_on > $on, true) AND coalesce(term_end >= $on, true)),"
        " count(*) FILTER (WHERE exited_on <= $on), count(*) FROM listings WHERE entered_on <= $on"
        " GROUP BY 1 ORDER BY 1",
        {"on": on},
    ).fetchall()
    labels = list_labels()
    return [
        {
            "list": clean(name),
            **both(labels.get(name, (plain(clean(name)), ""))[0]),
            "running": int(running),
            "exited": int(left),
            "entered": int(entered),
        }
        for name, running, left, entered in rows
    ]


def _measures(con: duckdb.DuckDBPyConnection, measures: Any) -> Rows:
    """Joint measures by department, side and state; flagged ones apart."""
    if measures is None:
        return []
    load_table(con, measures, MEASURES_TABLE)
    shipped = load_four_lists()
    rows = con.execute(
        "SELECT department, coalesce(side, ''), measure_id, coalesce(basis_level, ''), state, count(*),"
        " count(*) FILTER (WHERE coalesce(flags, '') <> '') FROM measures GROUP BY ALL ORDER BY ALL"
    ).fetchall()
    names = ("department", "side", "measure_id", "basis_level", "state", "count", "flagged")
    measure_rows: Rows = []
    for row in rows:
        data: dict[str, Any] = {
            name: int(cell) if name in ("count", "flagged") else redact(clean(cell))
            for name, cell in zip(names, row, strict=True)
        }
        measure = shipped.measures.get(data["measure_id"])
        office = shipped.head.departments.get(data["department"])
        data |= {"label": both(measure.measure if measure else plain(data["measure_id"]))["label"]}
        data |= {"office": both(office.label if office else plain(data["department"]))["label"]}
        measure_rows.append(data)
    return measure_rows
