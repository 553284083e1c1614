"""Two composites of the same subjects as the two sides of a change: what a change of weights or hard rules does."""

from __future__ import annotations

from datetime import date
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from creditscore.core.boundary import outside
from creditscore.core.errors import InputError
from creditscore.core.i18n import LANGS, plain, word
from creditscore.core.json_source import read_object
from creditscore.core.model import Label
from creditscore.core.tables.read import load_table
from creditscore.core.tables.table import Table, literal
from creditscore.grading.migration import Side
from creditscore.pages.impact import ABOUT, Impact, impact, name_state
from creditscore.pages.notices import SIDES, Draft
from creditscore.schemes.remedies import ANY, remedy

if TYPE_CHECKING:
    import pyarrow as pa

FILES = ("composite.parquet", "contributions.parquet")
NEEDED = {
    "composite": ("subject_id", "as_of", "config", "config_version", "state", "state_reason", "score", "grade"),
    "contributions": ("subject_id", "domain", "scheme", "version", "grade", "weight", "contribution"),
}


def composite_impact(
    a: Path, b: Path, *, about: pa.Table | None = None, on: date | None = None
) -> tuple[Impact, Side, Side, Draft]:
    """Effects when the composites of folder `b` take the place of those of folder `a`.

    `about`: subjects with name, industry, size, district. InputError where a folder holds no composites.
    """
    sides, heads = zip(*(composite_side(folder) for folder in (a, b)), strict=True)
    names = [side.name for side in sides]
    if names[0] == names[1]:
        names = [f"{name} ({folder.name})" for name, folder in zip(names, (a, b), strict=True)]
    changed = _weights(heads[0]["weights"], heads[1]["weights"])
    draft = Draft(
        label=lambda line: plain(line["item"]),
        changes={row["name"]: [row] for row in changed},
        behind=[],
        remedy=remedy(ANY, int(heads[1]["as_of"][:4] or 0), on or date.fromisoformat(heads[1]["as_of"])),
        from_day=heads[1]["as_of"],
        on=on,
        names={"before": {"zh": names[0], "en": names[0]}, "after": {"zh": names[1], "en": names[1]}},
        called={key: partial(_called, head["labels"]) for key, head in zip(SIDES, heads, strict=True)},
    )
    marks = {mark for head in heads for mark in head["marks"]}
    head = {
        "kind": "composite",
        "title": {"zh": "综合评价", "en": "Composite"},
        "a": {"name": names[0], "grades": list(sides[0].grades)},
        "b": {"name": names[1], "grades": list(sides[1].grades)},
        "at": " / ".join(dict.fromkeys(head["as_of"] for head in heads)),
        "on": str(on or ""),
        "made_up": any(head["made_up"] for head in heads),
        "notes": [
            *(["project_default"] if "project_default" in marks else []),
            *(["acts_unchecked"] if "unchecked" in {head["acts"] for head in heads} else []),
            *([] if on else ["no_day"]),
        ],
        "changes": [row["cells"] for row in changed],
    }
    return impact(sides[0], sides[1], head, draft, about), sides[0], sides[1], draft


def _called(labels: dict[str, Label], name: str) -> Label:
    """Name a grade by its label, or a state with why there is no grade."""
    code = name.partition(": ")[2]
    return name_state(name, word("state_reasons", code)) if code else labels.get(name, word("states", name))


def composite_side(folder: Path) -> tuple[Side, dict[str, Any]]:
    """The composites of a folder as one side, and what its head says: as_of, weights by domain, marks, made_up."""
    with outside("the composite", folder, "make the composites again"):
        return _side(folder)


def _side(folder: Path) -> tuple[Side, dict[str, Any]]:
    import duckdb

    for file in (*FILES, "manifest.json"):
        if not (folder / file).is_file():
            raise InputError("pages.composite_lacks_file", file=file, where=str(folder))
    con = duckdb.connect()
    for name, columns in NEEDED.items():
        con.execute(f"CREATE VIEW {name} AS SELECT * FROM read_parquet({literal(str(folder / f'{name}.parquet'))})")
        held = {row[0] for row in con.execute(f"DESCRIBE {name}").fetchall()}
        missing = [column for column in columns if column not in held]
        if missing:
            raise InputError("pages.parquet_lacks", name=name, columns=missing, where=str(folder))
    manifest = read_object(folder / "manifest.json", "the manifest of the composite", next="make the composites again")
    head = con.execute(
        "SELECT any_value(config), any_value(CAST(config_version AS VARCHAR)), any_value(CAST(as_of AS VARCHAR))"
        " FROM composite"
    ).fetchall()[0]
    table = con.sql(
        "SELECT CAST(subject_id AS VARCHAR) AS subject_id, coalesce(CAST(grade AS VARCHAR), concat(state, ': ',"
        " state_reason)) AS grade, CAST(score AS DECIMAL(18, 6)) AS score FROM composite"
    ).to_arrow_table()
    # best first: by the lowest score a grade was given for, where the manifest does not say
    by_score = con.execute(
        "SELECT CAST(grade AS VARCHAR) FROM composite WHERE grade IS NOT NULL GROUP BY 1 ORDER BY min(score) DESC, 1"
    ).fetchall()
    stated_grades = manifest.get("grades") or [grade["code"] for grade in manifest.get("rules", {}).get("grades", ())]
    grades = tuple(stated_grades or (row[0] for row in by_score))
    if not all(isinstance(grade, str) for grade in grades):
        raise InputError("pages.manifest_names_grade_no_text", where=str(folder))
    acts = manifest.get("acts", "")
    if not isinstance(acts, str):
        raise InputError("pages.acts_manifest_no_text", where=str(folder))
    weights = con.execute(
        "SELECT domain, list(DISTINCT CAST(weight AS VARCHAR) ORDER BY CAST(weight AS VARCHAR)) FROM contributions"
        " GROUP BY 1 ORDER BY 1"
    ).fetchall()
    marks = [row[0] for row in con.execute("SELECT DISTINCT evidence FROM composite").fetchall()]

    def parts(subjects: pa.Table) -> pa.Table:
        con.register("wanted_parts", subjects)
        parts = con.sql(
            "SELECT CAST(c.subject_id AS VARCHAR) AS subject_id, 'domain' AS step, '' AS record_id, domain AS item,"
            " CAST(contribution AS DECIMAL(18, 6)) AS effective, concat(scheme, '@', version, ' ', c.grade) AS rule,"
            " '' AS article, '' AS reason FROM contributions c JOIN wanted_parts w ON w.subject_id = c.subject_id"
        ).to_arrow_table()
        con.unregister("wanted_parts")
        return parts

    data: dict[str, Any] = {
        "as_of": head[2] or "",
        "labels": _grade_labels(manifest),
        "weights": {domain: " ".join(value for value in result if value is not None) for domain, result in weights},
        "marks": marks,
        "acts": acts,
        "made_up": bool(manifest.get("made_up", False)),
    }
    return Side(f"{head[0]}@{head[1]}", grades, table, False, parts), data


def _grade_labels(manifest: dict[str, Any]) -> dict[str, Label]:
    """Words for the grades, where the manifest holds the rules that gave them."""
    rules = manifest.get("rules", {}).get("grades", ())
    given = {rule["code"]: rule.get("label") for rule in rules}
    return {code: Label(zh=label["zh"], en=label["en"]) for code, label in given.items() if label}


def _weights(before: dict[str, str], after: dict[str, str]) -> list[dict[str, Any]]:
    """Domains whose weight changes, in words."""
    words = {"zh": "权重", "en": "weight"}
    weights = []
    for name in dict.fromkeys([*before, *after]):
        was, now = before.get(name, ""), after.get(name, "")
        if was == now:
            continue
        cells = {lang: [name, "", words[lang], was, now] for lang in LANGS}
        row: dict[str, Any] = {"name": name, "key": f"{name}.weight", "cells": cells}
        row.update({lang: f"{name} {words[lang]}: {was or '—'} → {now or '—'}" for lang in LANGS})
        weights.append(row)
    return weights


def read_about(source: Any) -> pa.Table:
    """Subjects with what a page groups by, from a table of subjects."""
    import duckdb

    con = duckdb.connect()
    load_table(con, source, Table("subjects", ("subject_id",), ABOUT))
    columns = ", ".join(f"min({name}) AS {name}" for name in ABOUT)
    return con.sql(f"SELECT subject_id, {columns} FROM subjects GROUP BY 1 ORDER BY 1").to_arrow_table()
