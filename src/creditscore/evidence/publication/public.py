"""What of a grading may be public: its use is enforced; decided grades only, no person, no record, no free text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.errors import CreditscoreError, UsageError
from creditscore.core.i18n import LANGS, clean, plain
from creditscore.core.identity import redact
from creditscore.core.json_source import read_object, require
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import Table, literal
from creditscore.evidence.publication.rows import (
    GRADES,
    ITEMS,
    LIST,
    LISTS,
    PUBLIC,
    SHARES,
    Graded,
    basis,
    grades_of,
    items_of,
    lists_of,
    shares_of,
)
from creditscore.grading.disputes import read_disputes
from creditscore.grading.input_state.state import input_column
from creditscore.grading.manifest import refuse_failed
from creditscore.schemes import registry
from creditscore.schemes.laws import load_laws
from creditscore.schemes.publication import load_publication
from creditscore.schemes.remedies import remedy

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa


NAMES = Table("names", ("subject_id",), ("name", "kind"))
HISTORY = Table("history", ("subject_id", "period", "grade", "status"), ("scheme", "domain", "decided_on"))
SHOWN = 40  # rows on the page; the tables hold them all


@dataclass(frozen=True)
class Public:
    """`data` is what the page shows; `withheld` counts rows by the reason for which they are not published."""

    data: dict[str, Any]
    grades: pa.Table = field(repr=False)
    lists: pa.Table = field(repr=False)
    shares: pa.Table = field(repr=False)
    items: pa.Table | None = field(repr=False)
    withheld: dict[str, int]

    def tables(self) -> dict[str, pa.Table]:
        data = {"public_grades": self.grades, "public_lists": self.lists, "public_shares": self.shares}
        return data if self.items is None else {**data, "public_items": self.items}


def publish(
    folder: Path,
    *,
    schemes: Sequence[str] = (),
    subjects: Any = None,
    history: Any = None,
    decided_by: str = "",
    decided_on: date | None = None,
    listings: Any = None,
    on: date | None = None,
    items: bool = False,
) -> Public:
    """Choose what may be published of a folder that `creditscore grade` or `creditscore composite` wrote.

    A computed grade is nobody's decision: `history` holds the decisions (status `announced` or `final`, the same
    grade), or `decided_by` and `decided_on` say that an office decided all of them as computed. `listings` gives
    running entries of lists on the day `on`; `subjects` gives names. A grade that refused rows leave open, or of
    a period that is not over, is withheld; other marks of its input are published with it. UsageError where a scheme
    may not be published or the decision is missing.
    """
    import duckdb

    con = duckdb.connect()
    rows = _open(con, folder)
    chosen = _chosen(folder, rows, schemes)
    computed = any(graded.use == PUBLIC and not graded.decided for graded in chosen)
    if computed and history is None and not (decided_by and decided_on):
        raise UsageError(
            "a computed grade is not a decision",
            where=str(folder),
            allowed="--history FILE with the decisions, or --decided-by OFFICE --decided-on DAY",
            next="publish after the office has decided",
        )
    if decided_on is not None:
        _not_before_its_period(
            con, folder, [graded for graded in chosen if graded.use == PUBLIC and not graded.decided], decided_on
        )
    if (listings is None) != (on is None):
        raise UsageError("entries of lists need the table and the day", allowed="--listings FILE --on DAY")
    rules = load_publication()
    load_table(con, subjects, NAMES)
    load_table(con, history, HISTORY)
    withheld: dict[str, int] = {}
    grades = grades_of(con, chosen, rules, history is not None, decided_on, withheld, _disputed(folder))
    data = _head(folder, chosen, decided_by, decided_on)
    entries = lists_of(con, rules, listings, on, withheld) if on is not None else []
    shares = shares_of(con, chosen)
    own = items_of(con, folder, chosen, grades) if items else None
    con.close()
    data |= {"shares": shares, "counts": {"grades": len(grades), "lists": len(entries)}, "on": str(on or "")}
    data |= {"grades": grades[:SHOWN], "lists": entries[:SHOWN]}
    return Public(
        data,
        _table(GRADES, grades),
        _table(LISTS, entries),
        _table(SHARES, shares),
        None if own is None else _table(ITEMS, own),
        dict(sorted(withheld.items())),
    )


def _disputed(folder: Path) -> dict[tuple[str, str], str]:
    """(scheme, subject) of the grades of a folder that rest on a contested record → the first day of the dispute."""
    composite = "composite:" if (folder / "composite.parquet").is_file() else ""
    disputed_since: dict[tuple[str, str], str] = {}
    for row in read_disputes(folder):
        key, since = (f"{composite}{row['scheme']}", str(row["subject_id"])), str(row["disputed_since"])
        disputed_since[key] = min(disputed_since.get(key, since), since)
    return disputed_since


def _not_before_its_period(con: duckdb.DuckDBPyConnection, folder: Path, schemes: Sequence[Graded], day: date) -> None:
    """UsageError where grades are said to have been decided before the period that they grade was over."""
    names = [f"{scheme.scheme}@{scheme.version}" for scheme in schemes]
    rows = con.execute(
        "SELECT max(CASE WHEN length(period) = 4 THEN concat(period, '-12-31') ELSE period END) FROM rows"
        " WHERE state = 'graded' AND list_contains(?, concat(scheme, '@', version))",
        [names],
    ).fetchall()
    last = rows[0][0] if rows else None
    if last is not None and str(day) < last:
        raise UsageError(
            f"decided on {day}, and the period that is graded ends on {last}",
            where=str(folder),
            allowed=f"--decided-on {last} or later",
        )


def _table(columns: Sequence[str], rows: Sequence[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    kinds = {"subjects": pa.int64(), "times": pa.int64()}
    return pa.table({name: pa.array([row[name] for row in rows], kinds.get(name, pa.string())) for name in columns})


def _open(con: duckdb.DuckDBPyConnection, folder: Path) -> list[str]:
    """Make `rows` of a folder's grades; returns the schemes named there. Plans and other folders are refused."""
    manifest = _manifest(folder)
    if (folder / "composite.parquet").is_file():
        require({"rules": {}, **manifest}, "the manifest of the composite", folder, {"rules": dict}, "make it again")
        rules = {"marks": {}, **manifest.get("rules", {})}
        require(rules, "the rules in the manifest", folder, {"marks": dict}, "make the composite again")
        use, marks = manifest.get("use") or rules.get("use", ""), rules["marks"]
        own = [name for name, mark in marks.items() if mark == "project_default"]
        why = f"its use is {use or 'not declared'}" if use != PUBLIC else ""
        if own and not why:  # made before such a composite had to be internal
            why = f"its {' and '.join(own)} are this project's own (project_default)"
        if why:
            raise UsageError(
                f"the composite {manifest.get('config', '')} may not be published: {why}",
                where=str(folder),
                allowed="a configuration with use: public_grade whose weights, values and bands an office has adopted",
            )
        source = f"read_parquet({literal(str(folder / 'composite.parquet'))})"
        con.execute(
            "CREATE TABLE rows AS SELECT CAST(subject_id AS VARCHAR) AS subject_id, 'composite' AS domain,"
            " concat('composite:', config) AS scheme, CAST(config_version AS VARCHAR) AS version,"
            " CAST(as_of AS VARCHAR) AS period, CASE WHEN grade IS NULL THEN state ELSE 'graded' END AS state,"
            f" {input_column(con, source, 'state_reason')} AS state_reason, {input_column(con, source)} AS input_state,"
            f" CAST(grade AS VARCHAR) AS grade, evidence FROM {source}"
        )
    elif (folder / "grades.parquet").is_file():
        source = f"read_parquet({literal(str(folder / 'grades.parquet'))})"
        con.execute(
            "CREATE TABLE rows AS SELECT CAST(subject_id AS VARCHAR) AS subject_id, CAST(domain AS VARCHAR) AS domain,"
            " CAST(scheme AS VARCHAR) AS scheme, CAST(version AS VARCHAR) AS version,"
            " CAST(period AS VARCHAR) AS period, CAST(state AS VARCHAR) AS state, CAST(grade AS VARCHAR) AS grade,"
            f" {input_column(con, source, 'state_reason')} AS state_reason, {input_column(con, source)} AS input_state,"
            f" CAST(evidence AS VARCHAR) AS evidence FROM {source}"
        )
    else:
        internal = [path.name for path in sorted(folder.glob("*")) if path.stem in ("strata", "plan", "frame", "draw")]
        raise UsageError(
            "a supervision plan holds internal risk classes; it is never published"
            if internal
            else "no grading lies there",
            where=str(folder),
            allowed="a folder that `creditscore grade --out` or `creditscore composite --out` wrote",
        )
    return [
        f"{row[0]}@{row[1]}" for row in con.execute("SELECT DISTINCT scheme, version FROM rows ORDER BY ALL").fetchall()
    ]


def _manifest(folder: Path) -> dict[str, Any]:
    refuse_failed(folder)
    return read_object(
        folder / "manifest.json", "the manifest of the folder", next="give the folder of a grading or a composite"
    )


def _chosen(folder: Path, named: Sequence[str], wanted: Sequence[str]) -> list[Graded]:
    """The schemes to publish; UsageError names every one that may not be, and those that may."""
    graded_schemes = {name: _scheme(name) for name in named}
    if wanted:
        missing = [
            value
            for value in wanted
            if value not in graded_schemes and value not in {name.partition("@")[0] for name in graded_schemes}
        ]
        if missing:
            raise UsageError(
                f"{', '.join(missing)} is not in this folder", where=str(folder), allowed=", ".join(graded_schemes)
            )
        graded_schemes = {
            name: scheme
            for name, scheme in graded_schemes.items()
            if name in wanted or name.partition("@")[0] in wanted
        }
    barred = {name: scheme.use for name, scheme in graded_schemes.items() if scheme.use not in (PUBLIC, LIST)}
    if barred:
        public = [name for name in graded_schemes if name not in barred]
        raise UsageError(
            "; ".join(f"{name} is {use}: it is never published" for name, use in barred.items()),
            where=str(folder),
            allowed=", ".join(public) or "schemes with use: public_grade",
            next="name the schemes to publish with --scheme" if public else None,
        )
    return list(graded_schemes.values())


def _scheme(name: str) -> Graded:
    ident, _, version = name.partition("@")
    if ident.startswith("composite:"):
        return Graded(ident, version, PUBLIC, plain(ident.partition(":")[2]), (), None)
    try:
        scheme = registry.pick(name)
    except CreditscoreError as error:
        raise UsageError(
            f"the use of {name} is not known, so it is not published",
            allowed="schemes of the library",
            next="put its file into the library (CREDITSCORE_CONFIGS)",
        ) from error
    laws = tuple(cite.law for cite in scheme.cite)
    return Graded(scheme.scheme, scheme.version, scheme.use, scheme.label, laws, scheme)


def _head(folder: Path, schemes: Sequence[Graded], decided_by: str, decided_on: date | None) -> dict[str, Any]:
    """What the page says of the schemes: their names, texts, and what a subject can do."""
    manifest = _manifest(folder)
    runs = manifest.get("schemes", {"": manifest})
    laws = load_laws()
    day = decided_on or max((date.fromisoformat(run["known_at"]) for run in runs.values()), default=date.max)
    schemes_shown = []
    for scheme in schemes:
        periods = {
            str(run.get("period", run.get("as_of", ""))) for run in runs.values() if scheme.name == run.get("scheme")
        }
        period = min(periods) if periods else ""
        cited = scheme.laws
        foreign = bool(cited) and all(laws[law].level == "foreign" for law in cited if law in laws)
        way = None if foreign else remedy(scheme.scheme, int(period[:4]) if period[:4].isdigit() else 0, day)
        schemes_shown.append(
            {
                "scheme": scheme.name,
                "use": scheme.use,
                "period": period,
                "label": {lang: getattr(scheme.label, lang) for lang in LANGS},
                "laws": [
                    {lang: f"{getattr(laws[law].title, lang)} {laws[law].number}".strip() for lang in LANGS}
                    for law in cited
                    if law in laws
                ],
                "remedy": None
                if way is None
                else {
                    "what": {lang: getattr(way.what, lang) for lang in LANGS},
                    "where": {lang: getattr(way.where, lang) for lang in LANGS},
                    "until": {lang: getattr(way.until, lang) for lang in LANGS} if way.until else None,
                    "basis": basis(way),
                    "evidence": way.evidence,
                },
            }
        )
    return {
        "schemes": schemes_shown,
        "decided_by": redact(clean(decided_by)),
        "decided_on": str(decided_on or ""),
        "made_up": bool(manifest.get("made_up", False)),
    }
