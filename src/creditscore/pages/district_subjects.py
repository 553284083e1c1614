"""Organisations of a district that are not in the best grade, as tables: which, with all their grades and entries."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from creditscore.core.days import from_day, to_day
from creditscore.core.i18n import clean
from creditscore.core.identity import redact
from creditscore.explanation.labels import Labels
from creditscore.pages.district_lists import both
from creditscore.pages.impact import name_state
from creditscore.records.snapshot import Snapshot
from creditscore.schemes.model import Scheme
from creditscore.schemes.vocabulary import list_name

if TYPE_CHECKING:
    import duckdb

LISTED = 10  # organisations of a scheme that its domain names; the gradings hold them all
Rows = list[dict[str, Any]]
Schemes = Mapping[tuple[str, str], Scheme | None]


def place_grades(con: duckdb.DuckDBPyConnection, schemes: Schemes) -> None:
    """`placed`: every row of the last year with the place of its grade, 0 the best; `last` where none is worse."""
    con.execute("CREATE TABLE scale (scheme VARCHAR, version VARCHAR, grade VARCHAR, place INTEGER, last BOOLEAN)")
    rows = [
        (*key, grade.code, place, place + 1 == len(scheme.grades))
        for key, scheme in schemes.items()
        if scheme is not None
        for place, grade in enumerate(scheme.grades)
    ]
    if rows:
        con.executemany("INSERT INTO scale VALUES (?, ?, ?, ?, ?)", rows)
    con.execute(
        "CREATE TABLE placed AS SELECT g.*, CASE WHEN g.state = 'graded' THEN coalesce(s.place, 0) ELSE 0 END AS place,"
        " g.state = 'graded' AND s.place > 0 AND s.last AS last FROM graded g LEFT JOIN scale s ON s.scheme = g.scheme"
        " AND s.version = g.version AND s.grade = g.grade WHERE g.year = (SELECT max(year) FROM graded)"
    )


def domains(con: duckdb.DuckDBPyConnection, migration: Sequence[Mapping[str, Any]]) -> Rows:
    """Organisations by domain in the last year: each once, under whichever scheme of the domain."""
    rows = con.execute(
        "SELECT domain, list(DISTINCT scheme ORDER BY scheme), any_value(year), count(DISTINCT subject_id),"
        " count(DISTINCT subject_id) FILTER (WHERE state = 'graded'), count(DISTINCT subject_id) FILTER (WHERE last),"
        " count(DISTINCT subject_id) FILTER (WHERE state = 'not_computable') FROM placed GROUP BY 1 ORDER BY 1"
    ).fetchall()
    names = ("domain", "schemes", "year", "organisations", "graded", "worst", "not_computable")
    table = [dict(zip(names, row, strict=True)) for row in rows]
    for row in table:
        moved = [move["moved"] for move in migration if move["scheme"] in row["schemes"] and move["to"] == row["year"]]
        row["moved"] = sum(moved) if moved else None
    return table


def attention(con: duckdb.DuckDBPyConnection) -> Rows:
    """Per scheme: how many are not in its best grade or have none that can be computed, and the first of them."""
    rows = con.execute(
        "SELECT scheme, year, count(*), list(subject_id ORDER BY place DESC, subject_id)[:?] FROM placed"
        " WHERE place > 0 OR state = 'not_computable' GROUP BY ALL ORDER BY ALL",
        [LISTED],
    ).fetchall()
    return [dict(zip(("scheme", "year", "count", "subjects"), row, strict=True)) for row in rows]


def subjects(con: duckdb.DuckDBPyConnection, snapshot: Snapshot, on: date, chosen: Collection[str]) -> Rows:
    """The chosen organisations with every grade by scheme and year, and every entry on a list known on the day.

    A grade is its version and its code, or why there is none.
    """
    con.execute("SET VARIABLE chosen = ?", [sorted(chosen)])
    grades: dict[str, dict[str, dict[str, list[str]]]] = {}
    for subject, scheme, version, year, name in con.execute(
        "SELECT subject_id, scheme, version, year, coalesce(grade, why) FROM graded"
        " WHERE list_contains(getvariable('chosen'), subject_id) ORDER BY ALL"
    ).fetchall():
        grades.setdefault(subject, {}).setdefault(scheme, {})[year] = [version, name]
    held = _entries(snapshot, on, chosen)
    about = con.execute(
        "SELECT subject_id, name, industry, district FROM about WHERE list_contains(getvariable('chosen'), subject_id)"
    ).fetchall()
    known = {subject: [redact(clean(cell)) for cell in cells] for subject, *cells in about}
    return [
        {
            "subject_id": subject,
            **dict(zip(("name", "industry", "district"), known.get(subject, ("", "", "")), strict=True)),
            "grades": grades.get(subject, {}),
            "entries": held.get(subject, []),
        }
        for subject in sorted(chosen)
    ]


def words_of(rows: Rows, schemes: Schemes) -> dict[str, dict[str, Any]]:
    """What the grades of organisations, and the reasons for none, are called: by `scheme@version`."""
    words: dict[str, dict[str, Any]] = {}
    cells = {
        (scheme, *cell)
        for row in rows
        for scheme, years in row["grades"].items()
        for cell in map(tuple, years.values())
    }
    for scheme, version, name in sorted(cells):
        own, (_, colon, code) = Labels(schemes[scheme, version], scheme), name.partition(": ")
        label = name_state(name, own.state_reason(code)) if colon else own.named_grade(name)
        words.setdefault(f"{scheme}@{version}", {})[name] = both(label)["label"]
    return words


def _entries(snapshot: Snapshot, on: date, chosen: Collection[str]) -> dict[str, Rows]:
    day = to_day(on)
    rows = snapshot.con.execute(
        f"SELECT s.subject_id, l.list, l.entered_day, l.term_end_day, l.exited_day FROM {snapshot.listings} l"
        f" JOIN {snapshot.subjects} s ON s.sid = l.sid WHERE l.entered_day <= {day} AND l.known_day <= {day}"
        " AND list_contains(?, s.subject_id) ORDER BY l.entered_day, l.list, l.listing_id",
        [sorted(chosen)],
    ).fetchall()
    entries: dict[str, Rows] = {}
    for subject, name, entered, end, left in rows:
        has_left, is_over = left is not None and left <= day, end is not None and end < day
        entry = {
            "list": clean(name),
            **both(list_name(name, str(from_day(entered)))),
            "entered_on": str(from_day(entered)),
            "term_end": "" if end is None else str(from_day(end)),
            "exited_on": str(from_day(left)) if has_left else "",
            "state": "exited" if has_left else "term_over" if is_over else "running",
        }
        entries.setdefault(subject, []).append(entry)
    return entries
