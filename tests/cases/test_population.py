"""The same cases through the public door: tables in, one run for all cases of a year, the population engine."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from tests.cases.test_cases import cases, outcome
from tests.tiers import thinned


def runs() -> dict[tuple[str, Any, Any], list[dict[str, Any]]]:
    """Cases by scheme, period and day of knowledge; each becomes one subject. Days of the law alone stay outside."""
    grouped: dict[tuple[str, Any, Any], list[dict[str, Any]]] = {}
    for case in cases():
        scheme, content = case.values
        if "law_known_at" not in content and "refused" not in content["expect"]:
            key = (scheme, content.get("period", content.get("as_of")), content.get("known_at"))
            grouped.setdefault(key, []).append(content)
    return grouped


RUNS = runs()
NAMES = {f"{scheme} {at} {known_at or ''}".strip(): (scheme, at, known_at) for scheme, at, known_at in RUNS}


def plain(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def words(row: Mapping[str, Any]) -> dict[str, str]:
    return {key: plain(value) for key, value in row.items()}


def events(subject: str, number: int, raw: Mapping[str, Any]) -> list[dict[str, str]]:
    """One record of a case as rows of the log."""
    later = {"corrected", "corrected_on", "withdrawn_on", "repaired_on"}
    key = {"record_id": f"{subject}-{number:03}", "subject_id": subject, "item": str(raw["item"])}
    first = {
        **key,
        "event_no": "1",
        "event": "filed",
        **{name: plain(value) for name, value in raw.items() if name not in later | {"item"}},
    }
    rows = [first]
    parts = list(raw.get("corrected", []))
    if "corrected_on" in raw:
        parts.append({"on": raw["corrected_on"], "share": 1})
    for part in parts:
        rows.append({**key, "event": "corrected", "event_on": plain(part["on"]), "share": plain(part["share"])})
    for event in ("withdrawn", "repaired"):
        if f"{event}_on" in raw:
            rows.append({**key, "event": event, "event_on": plain(raw[f"{event}_on"])})
    return [{**row, "event_no": str(i)} for i, row in enumerate(rows, 1)]


def tables(contents: list[dict[str, Any]]) -> dict[str, pd.DataFrame]:
    subjects, records, history, listings = [], [], [], []
    for i, case in enumerate(contents):
        name = f"C{i:04}"
        subjects.append(
            {"subject_id": name, **{key: plain(value) for key, value in (case.get("subject") or {}).items()}}
        )
        for number, raw in enumerate(case.get("records", []), 1):
            records += events(name, number, raw)
        history += [
            {"subject_id": name, **{key: plain(value) for key, value in row.items()}} for row in case.get("history", [])
        ]
        listings += [
            {"listing_id": f"{name}-{k}", "subject_id": name, **words(row)}
            for k, row in enumerate(case.get("listings", []))
        ]
    results: dict[str, list[dict[str, str]]] = {"subjects": subjects, "records": records}
    results |= {name: rows for name, rows in (("history", history), ("listings", listings)) if rows}
    frames = {name: pd.DataFrame(rows).fillna("") for name, rows in results.items()}
    if not records:
        frames["records"] = pd.DataFrame({name: pd.Series(dtype=str) for name in ("record_id", "subject_id", "item")})
    return frames


@pytest.mark.parametrize("name", thinned(NAMES, 15, in_ci=3))
def test_the_population_engine_gives_every_case_its_grade(name: str) -> None:
    scheme, at, known_at = NAMES[name]
    contents = RUNS[NAMES[name]]
    snapshot = cs.ingest(subject_ids="local", **tables(contents))
    when = {"as_of": at} if isinstance(at, date) else {"period": at}
    grading = cs.grade(snapshot, scheme, known_at=known_at, provisional=True, **when)  # cases of years to come
    rows = grading.grades.to_pylist()
    assert len(rows) == len(contents)
    for row, case in zip(rows, contents, strict=True):
        _, expected = outcome(scheme, case)
        assert row["state"] == expected.state, case["name"]
        assert row["state_reason"] == expected.state_reason, case["name"]
        assert (row["grade"] or "") == expected.grade, case["name"]
        assert row["evidence"] == expected.evidence, case["name"]
        assert row["readings"] == ";".join(expected.readings), case["name"]
        for column in ("start", "score"):
            if column in case["expect"]:
                assert row[column] == Decimal(case["expect"][column]), (case["name"], column)
        if "grade" in case["expect"]:
            assert (row["grade"] or "") == case["expect"]["grade"], case["name"]
    identity(grading)
    json.dumps(grading.manifest, default=str)


def identity(grading: cs.Grading) -> None:
    """start + Σ effective = score, exactly, for every graded subject."""
    sums: dict[str, Decimal] = {}
    for line in grading.ledger.to_pylist():
        sums[line["subject_id"]] = sums.get(line["subject_id"], Decimal(0)) + (line["effective"] or 0)
    for row in grading.grades.to_pylist():
        if row["state"] == "graded" and row["score"] is not None:
            assert row["start"] + sums[row["subject_id"]] == row["score"]
