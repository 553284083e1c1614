"""A district at a glance, as tables: grades by domain and year, who moved, sectors, lists, what ends soon, feeds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import outside
from creditscore.core.days import to_day
from creditscore.core.errors import CreditscoreError, InputError
from creditscore.core.i18n import clean, plain, word
from creditscore.core.identity import redact
from creditscore.core.model import Label
from creditscore.core.tables.table import literal
from creditscore.explanation.labels import Labels
from creditscore.grading.input_state.state import blocked_rows, marks_of_runs, runs_of
from creditscore.grading.manifest import read_manifest, refuse_failed
from creditscore.grading.migration import Side, compare
from creditscore.pages.district_lists import both, ending, entries
from creditscore.pages.district_subjects import attention, domains, place_grades, subjects, words_of
from creditscore.records.feed_health import feed_health
from creditscore.records.snapshot import Snapshot
from creditscore.schemes import registry
from creditscore.schemes.model import Scheme
from creditscore.schemes.profiles import load_profile

if TYPE_CHECKING:
    import duckdb

SOON = 90  # days within which an entry's term ends
MAPS = 2  # schemes with a map of sectors
CELLS = 12  # industries and districts on a map; the others stand together
Table = list[dict[str, Any]]


def district(
    folder: Path, snapshot: Snapshot, on: date, *, profile: str | None = None, days: int = 30, soon: int = SOON
) -> dict[str, Any]:
    """Everything the dashboard shows, as plain values.

    `folder` holds gradings in folders of their own, one or several per year; `snapshot` the records, subjects and
    listings they came from. `on` is the day on which lists run and feeds are looked at; `days` the length of a
    feed's window; `profile` names the departments. InputError where there is no grading.
    """
    import duckdb

    con = duckdb.connect()
    with outside("the gradings", folder, "grade again with --out"):
        manifests = _gather(con, folder)
    runs = [run for manifest in manifests for run in runs_of(manifest)]
    schemes = _schemes(con)
    _subjects(con, snapshot)
    health = feed_health(snapshot, to_day(on), days=days)
    offices = departments(profile) if profile else {}
    migration = _migration(con, schemes)
    place_grades(con, schemes)
    data = {
        "on": str(on),
        "made_up": any(bool(manifest.get("made_up", False)) for manifest in manifests),
        "title": _title(profile),
        "years": [row[0] for row in con.execute("SELECT DISTINCT year FROM graded ORDER BY 1").fetchall()],
        "organisations": con.execute("SELECT count(DISTINCT subject_id) FROM graded").fetchall()[0][0],
        "shares": (shares := _shares(con, schemes)),
        "blocked": [{name: _shown(cell) for name, cell in row.items()} for row in blocked_rows(runs)],
        "marks": [{"code": code, "label": both(word("input_states", code))["label"]} for code in marks_of_runs(runs)],
        "domains": domains(con, migration),
        "migration": migration,
        "maps": _maps(con, schemes, shares),
        "lists": entries(snapshot, on),
        "ending": ending(snapshot, on, soon),
        "soon": soon,
        "feeds": [row | {"department": both(offices.get(row["feed"], plain("")))["label"]} for row in health.feeds],
        "signs": health.signs,
        "windows": health.windows,
        "days": health.days,
        "attention": (listed := attention(con)),
        "subjects": (named := subjects(con, snapshot, on, {name for row in listed for name in row["subjects"]})),
        "words": words_of(named, schemes),
    }
    con.close()
    return data


def _shown(cell: Any) -> Any:
    return redact(clean(cell)) if isinstance(cell, str) else cell


def _title(profile: str | None) -> dict[str, str]:
    label = load_profile(profile).label if profile else Label(zh="区域信用监管", en="District credit supervision")
    return {"zh": label.zh, "en": label.en}


def departments(profile: str) -> dict[str, Label]:
    """Who answers for each domain under a district's profile."""
    labels: dict[str, Label] = {}
    for section in load_profile(profile).sections:
        for name in section.schemes:
            labels.setdefault(registry.pick(name).domain, section.department)
    return labels


NEWEST = (
    "concat(CAST(period AS VARCHAR), CAST(known_at AS VARCHAR)) = max(concat(CAST(period AS VARCHAR),"
    " CAST(known_at AS VARCHAR))) OVER (PARTITION BY scheme, left(CAST(period AS VARCHAR), 4))"
)


def _gather(con: duckdb.DuckDBPyConnection, folder: Path) -> list[dict[str, Any]]:
    """`graded`: every row of every grading below the folder, with the year of its period; returns their manifests."""
    for file in (folder / "manifest.json", *sorted(folder.glob("*/manifest.json"))):
        refuse_failed(file.parent)
    places = sorted(file.parent for file in folder.glob("*/grades.parquet"))
    places += [folder] if (folder / "grades.parquet").is_file() else []
    if not places:
        raise InputError("pages.no_gradings_lie", where=str(folder))
    manifests = [read_manifest(place) for place in places]
    files = ", ".join(literal(str(place / "grades.parquet")) for place in places)
    con.execute(  # of a scheme graded several times in a year the last day counts, of one period what was known last
        "CREATE TABLE graded AS SELECT DISTINCT CAST(subject_id AS VARCHAR) AS subject_id,"
        " CAST(scheme AS VARCHAR) AS scheme, CAST(version AS VARCHAR) AS version, CAST(domain AS VARCHAR) AS domain,"
        " left(CAST(period AS VARCHAR), 4) AS year, CAST(state AS VARCHAR) AS state, CAST(grade AS VARCHAR) AS grade,"
        " concat(state, ': ', state_reason) AS why"
        f" FROM (SELECT * FROM read_parquet([{files}], union_by_name = true) QUALIFY {NEWEST})"
        " WHERE state <> 'not_graded' OR state_reason <> 'out_of_scope'"
    )
    if not con.execute("SELECT count(*) FROM graded").fetchall()[0][0]:
        raise InputError("pages.nobody_graded", where=str(folder))
    twice = con.execute(
        "SELECT scheme, year FROM graded GROUP BY scheme, year, subject_id HAVING count(*) > 1 LIMIT 1"
    ).fetchall()
    if twice:
        raise InputError("pages.graded_twice", scheme=twice[0][0], year=twice[0][1], where=str(folder))
    return manifests


def _schemes(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], Scheme | None]:
    schemes: dict[tuple[str, str], Scheme | None] = {}
    for scheme, version in con.execute("SELECT DISTINCT scheme, version FROM graded ORDER BY ALL").fetchall():
        try:
            schemes[scheme, version] = registry.pick_recorded(f"{scheme}@{version}")
        except CreditscoreError:
            schemes[scheme, version] = None  # its codes are its words
    return schemes


def _subjects(con: duckdb.DuckDBPyConnection, snapshot: Snapshot) -> None:
    table = snapshot.con.sql(
        f"SELECT subject_id, coalesce(name, '') AS name, coalesce(industry, '') AS industry,"
        f" coalesce(district, '') AS district FROM {snapshot.subjects}"
    ).to_arrow_table()
    con.register("about", table)


def _codes(scheme: Scheme | None, codes: Sequence[str]) -> list[str]:
    """Grades best first; without the scheme's file, as they are called."""
    return [grade.code for grade in scheme.grades] if scheme else sorted(codes)


def _shares(con: duckdb.DuckDBPyConnection, schemes: dict[tuple[str, str], Scheme | None]) -> Table:
    """One row per scheme version and year: how many of each grade, and how many have none."""
    rows = con.execute(
        "SELECT scheme, version, domain, year, state, coalesce(grade, ''), count(*) FROM graded GROUP BY ALL"
        " ORDER BY ALL"
    ).fetchall()
    table: dict[tuple[str, str, str], dict[str, Any]] = {}
    for scheme, version, domain, year, state, grade, n in rows:
        graded_scheme = schemes[scheme, version]
        label = graded_scheme.label if graded_scheme else plain(scheme)
        row = table.setdefault(
            (scheme, version, year),
            {
                "scheme": scheme,
                "version": version,
                "domain": domain,
                "year": year,
                "use": graded_scheme.use if graded_scheme else "",
                "label": {"zh": label.zh, "en": label.en},
                "counts": {},
                "graded": 0,
                "not_graded": 0,
                "not_computable": 0,
            },
        )
        row[state if state in ("not_graded", "not_computable") else "graded"] += int(n)
        if state == "graded":
            row["counts"][grade] = int(n)
    for row in table.values():
        graded_scheme = schemes[row["scheme"], row["version"]]
        labels = Labels(graded_scheme, row["scheme"])
        row["grades"] = [
            {"code": code, "count": row["counts"].get(code, 0)} | both(labels.grade(code) or plain(code))
            for code in _codes(graded_scheme, list(row["counts"]))
        ]
        del row["counts"]
    return list(table.values())


def _migration(con: duckdb.DuckDBPyConnection, schemes: dict[tuple[str, str], Scheme | None]) -> Table:
    """From year to year, per scheme: a matrix of grades and states, those that one year does not know apart."""
    years = con.execute("SELECT scheme, year, min(version) FROM graded GROUP BY ALL ORDER BY ALL").fetchall()
    result = []
    for (name, year, version), (other, later, newer) in pairwise(years):
        if name != other:
            continue
        sides = [_side(con, name, when, schemes[name, value]) for when, value in ((year, version), (later, newer))]
        moves = compare(*sides)
        codes = {code for side in sides for code in side.grades}
        result.append(
            {
                "scheme": name,
                "from": year,
                "to": later,
                "moved": len(moves.moved),
                "grades": [name for name in moves.names if name in codes],
                "organisations": moves.subjects,
                "matrix": [{"before": x, "after": y, "subjects": n} for (x, y), n in sorted(moves.matrix.items())],
            }
        )
    return result


def _side(con: duckdb.DuckDBPyConnection, scheme: str, year: str, graded_scheme: Scheme | None) -> Side:
    con.execute("SET VARIABLE of_scheme = ?", [scheme])
    con.execute("SET VARIABLE of_year = ?", [year])
    table = con.sql(
        "SELECT subject_id, coalesce(grade, why) AS grade, NULL::DECIMAL(18, 6) AS score FROM graded"
        " WHERE scheme = getvariable('of_scheme') AND year = getvariable('of_year') ORDER BY subject_id"
    ).to_arrow_table()
    rows = con.execute("SELECT DISTINCT grade FROM graded WHERE scheme = ? AND grade IS NOT NULL", [scheme]).fetchall()
    return Side(f"{scheme} {year}", tuple(_codes(graded_scheme, [row[0] for row in rows])), table)


def _maps(con: duckdb.DuckDBPyConnection, schemes: dict[tuple[str, str], Scheme | None], shares: Table) -> Table:
    """Industry × district for the schemes that tell most organisations apart, in their newest year."""
    newest: dict[str, dict[str, Any]] = {row["scheme"]: row for row in shares}
    telling = [row for row in newest.values() if sum(bool(grade["count"]) for grade in row["grades"]) > 1]
    # organisations outside the most frequent grade: a scheme under which all are alike has no map to show
    telling.sort(
        key=lambda row: (
            row["use"] == "list",
            max(grade["count"] for grade in row["grades"]) - row["graded"],
            row["scheme"],
        )
    )
    maps = []
    for row in telling[:MAPS]:
        cells = con.execute(
            "SELECT a.industry, a.district, g.grade, count(*) FROM graded g JOIN about a ON a.subject_id = g.subject_id"
            " WHERE g.scheme = ? AND g.year = ? AND g.state = 'graded' GROUP BY ALL ORDER BY ALL",
            [row["scheme"], row["year"]],
        ).fetchall()
        tiles, axes = _tiles(cells)
        if any(axes[0]) or any(axes[1]):
            maps.append(
                {
                    "scheme": row["scheme"],
                    "year": row["year"],
                    "label": row["label"],
                    "codes": [grade["code"] for grade in row["grades"]],
                    "industries": axes[0],
                    "districts": axes[1],
                    "tiles": tiles,
                }
            )
    return maps


def _tiles(cells: Sequence[tuple[str, str, str, int]]) -> tuple[Table, list[list[str]]]:
    """Counts by grade of each industry in each district, the largest of both first; small ones under the name `*`."""
    told = [((redact(clean(first)), redact(clean(second))), grade, n) for first, second, grade, n in cells]
    axes: list[list[str]] = []
    for k in (0, 1):
        sums: Counter[str] = Counter()
        for names, _, n in told:
            sums[names[k]] += n
        listed = sorted(sums, key=lambda name: (-sums[name], name))
        axes.append([*listed[:CELLS], *(["*"] if len(listed) > CELLS else [])])
    counts: dict[tuple[str, ...], Counter[str]] = {}
    for names, grade, n in told:
        key = tuple(name if name in axis else "*" for name, axis in zip(names, axes, strict=True))
        counts.setdefault(key, Counter())[grade] += n
    return [
        {"industry": industry, "district": place, "total": held.total(), "counts": dict(held)}
        for (industry, place), held in sorted(counts.items())
    ], axes
