"""Every case in tests/cases/**/*.yaml, graded by the reference interpreter.

A case: `name`, `period` (or `as_of`), `subject` (columns and attributes), `records`, `history`, `listings`,
`expect`, `cite`. `known_at` replays what was known of the records and of the law, `law_known_at` of the law
alone. The folder names the scheme: tests/cases/tax/scope.yaml → tax. A record may carry `withdrawn_on`,
`repaired_on`, `corrected_on` (in full) or `corrected: [{on, share}]`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.days import to_day, year_end
from creditscore.core.errors import NotInForce
from creditscore.core.quantities import MICRO, from_micro, to_micro
from creditscore.core.yaml_source import read
from creditscore.grading.bind import bind
from creditscore.grading.interpreter.assess import day_column
from creditscore.grading.interpreter.exact import Outcome, Subject, grade_subject
from creditscore.grading.plan import Plan
from creditscore.schemes import registry
from creditscore.schemes.laws import load_laws
from creditscore.schemes.model import Scheme

HERE = Path(__file__).parent
CASE = {"name", "period", "as_of", "subject", "records", "history", "listings", "expect", "cite"}
CASE |= {"known_at", "law_known_at"}
EXPECT = {"state", "state_reason", "start", "score", "score_low", "score_high", "grade", "route", "margin"}
EXPECT |= {"evidence", "readings", "rules"}  # rules: the whole way to the grade; readings: at least these
EXPECT |= {"refused"}  # no version is in force
COLUMNS = ("kind", "region", "district", "industry", "size", "ownership")
DATES = ("event_on", "occurred_on", "decided_on", "booked_on", "published_on")
LISTED = {"entered": "entered_on", "exited": "exited_on", "term_end": "term_end"}
RECORD = {*DATES, "item", "recorded_on", "quantity", "amount", "act_id", "source", "document_no", "basis", "disputed"}
RECORD |= {"withdrawn_on", "repaired_on", "corrected_on", "corrected"}


def files() -> list[Path]:
    return sorted(HERE.rglob("*.yaml"))


def cases() -> Iterator[Any]:
    """Each case of each file, named by both."""
    for file in files():
        scheme = file.parent.relative_to(HERE).as_posix()
        source = read(file)
        assert not source.faults, source.faults
        for case in source.data:
            yield pytest.param(scheme, case, id=f"{scheme}/{file.stem}: {case['name']}")


def known_days(case: Mapping[str, Any], as_of: int) -> tuple[int, date | None]:
    """Day of knowledge of the records (absent: the newest date of the case) and of the law (absent: all)."""
    known = case.get("known_at")
    if known:
        return to_day(known), known
    records = case.get("records", [])
    dates = [value for record in records for value in record.values() if isinstance(value, date)]
    dates += [part["on"] for record in records for part in record.get("corrected", [])]
    return max([as_of, *map(to_day, dates)]), case.get("law_known_at")


def typed(kind: str, value: Any) -> Any:
    if value is None:
        return None
    return {"number": to_micro, "date": to_day}.get(kind, lambda same: same)(value)


def record_of(scheme: Scheme, key: int, raw: Mapping[str, Any], known_at: int) -> dict[str, Any] | None:
    """A folded record as the interpreter takes it; None when it is not yet known on `known_at`."""
    given = {name: attribute for name, attribute in scheme.record_attributes.items() if attribute.of is None}
    unknown = set(raw) - RECORD - set(given)
    assert not unknown, f"unknown keys of a record: {unknown}"
    days = {name.replace("_on", "_day"): to_day(raw[name]) if name in raw else None for name in DATES}
    newest = max(day for day in days.values() if day is not None)
    known = to_day(raw["recorded_on"]) if "recorded_on" in raw else newest
    if known > known_at:
        return None
    parts = [(to_day(part["on"]), to_micro(part["share"])) for part in raw.get("corrected", [])]
    if "corrected_on" in raw:
        parts.append((to_day(raw["corrected_on"]), MICRO))
    status, status_day = 0, None
    for code, name in ((1, "withdrawn_on"), (2, "repaired_on")):
        if name in raw and to_day(raw[name]) <= known_at:
            status, status_day = code, to_day(raw[name])
    return {
        **days,
        "rk": key,
        "record_id": f"r{key:03}",
        "item": raw["item"],
        "known_day": known,
        "quantity": to_micro(raw.get("quantity", 1)),
        "amount": typed("number", raw.get("amount")),
        "act_id": raw.get("act_id"),
        "status": status,
        "status_day": status_day,
        "corrections": [part for part in parts if part[0] <= known_at],
        **{name: raw.get(name) for name in ("source", "document_no", "basis", "disputed")},
        **{name: typed(record_attribute.type, raw.get(name)) for name, record_attribute in given.items()},
    }


def admissible(plan: Plan, record: Mapping[str, Any]) -> None:
    """A case may not rest on a record that the intake would refuse."""
    known = record["item"] in plan.by_code or record["item"] in plan.foreign or record["item"] in plan.beside
    assert known, f"unknown item {record['item']}"
    for item in plan.by_code.get(record["item"], ()):
        missing = [name for name in item.requires if record.get(day_column(name) if name in DATES else name) is None]
        assert not missing, f"{record['item']} needs {missing}"


def outcome(scheme_id: str, case: Mapping[str, Any]) -> tuple[Plan, Outcome]:
    at = case.get("period", case.get("as_of"))
    known_at, law = known_days(case, year_end(at) if isinstance(at, int) else to_day(at))
    scheme = registry.find(scheme_id, at, law_known_at=law)
    beside = [version for name in scheme.beside for version in registry.versions(name)]
    siblings = registry.versions(scheme_id)
    plan = bind(scheme, at, known_at=known_at, law_known_at=law, siblings=siblings, beside=beside)
    given = case.get("subject") or {}
    unknown = set(given) - {*COLUMNS, "registered_on", *scheme.attributes}
    assert not unknown, f"unknown keys of the subject: {unknown}"
    columns = {name: given.get(name, "") for name in COLUMNS}
    columns["registered_day"] = to_day(given["registered_on"]) if "registered_on" in given else None
    attributes = {name: typed(attribute.type, given.get(name)) for name, attribute in scheme.attributes.items()}
    shorthand = {name: item for name, item in scheme.shorthand_records.items() if name in given}
    short = [{"item": item, "event_on": given[name]} for name, item in shorthand.items()]
    raw = [*case.get("records", []), *short]
    folded = (record_of(scheme, key, record, known_at) for key, record in enumerate(raw, 1))
    records = [record for record in folded if record is not None]
    for record in records:
        admissible(plan, record)
    usual = {"grade": "", "route": "", "scheme": scheme_id, "state": "graded", "status": "final"}
    history = [{**usual, **row, "year": row["period"]} for row in case.get("history", [])]
    listings = [
        {**row, **{f"{name}_day": typed("date", row.get(key)) for name, key in LISTED.items()}}
        for row in case.get("listings", [])
    ]
    return plan, grade_subject(plan, Subject(columns, attributes, records, history, listings))


def shown(result: Outcome, key: str) -> Any:
    if key == "rules":
        return [line.rule for line in result.ledger if line.step == "decide"]
    value = getattr(result, key)
    return from_micro(value) if isinstance(value, int) else value


@pytest.mark.parametrize(("scheme", "case"), list(cases()))
def test_case(scheme: str, case: dict[str, Any]) -> None:
    assert set(case) <= CASE, f"unknown keys: {set(case) - CASE}"
    assert set(case["expect"]) <= EXPECT, f"unknown keys of expect: {set(case['expect']) - EXPECT}"
    assert case["expect"], "a case expects something"
    assert str(case["cite"]).split()[0] in load_laws(), f"cite begins with a law: {case['cite']}"
    if case["expect"].get("refused"):
        with pytest.raises(NotInForce):
            outcome(scheme, case)
        return
    _, result = outcome(scheme, case)
    expected = {"state": "graded", **case["expect"]}
    for key, value in expected.items():
        got = shown(result, key)
        if key == "readings":
            assert set(value) <= set(got), f"readings: {got}"
        elif isinstance(value, int | Decimal) and not isinstance(value, bool):
            assert got == Decimal(value), f"{key}: expected {value}, got {got}\n{result}\n{result.ledger}"
        else:
            assert got == value, f"{key}: expected {value}, got {got}\n{result}\n{result.ledger}"
    if result.score is not None:
        effects = [line.effective for line in result.ledger]
        assert None not in effects
        assert result.start + sum(effects) == result.score  # every point belongs to a line


def test_names_are_unique() -> None:
    names = [case.id for case in cases()]
    assert len(names) == len(set(names))
