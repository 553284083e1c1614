"""Made-up subjects as tables of the data contract, so that a population can be made of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from creditscore.core.days import iso
from creditscore.core.quantities import from_micro
from creditscore.grading.interpreter.exact import Subject
from creditscore.grading.plan import Plan
from creditscore.schemes.parts import DATES
from creditscore.schemes.types import SUBJECT_COLUMNS

if TYPE_CHECKING:
    import pyarrow as pa

EVENTS = {1: "withdrawn", 2: "repaired"}


def tables(plan: Plan, subjects: Iterable[Subject]) -> dict[str, pa.Table]:
    """`subjects`, `records`, `history` and `listings` as intake reads them; what a table cannot say is left out."""
    rows_by_table: dict[str, list[dict[str, Any]]] = {"subjects": [], "records": [], "history": [], "listings": []}
    for number, subject in enumerate(subjects):
        key = {"subject_id": f"S{number:06}"}
        rows_by_table["subjects"].append(key | _columns(plan, subject))
        for record in subject.records:
            rows_by_table["records"] += [key | row for row in _events(plan, record, key["subject_id"])]
        rows_by_table["history"] += [
            key | {"period": str(row["year"]), "grade": row["grade"], "route": row["route"]} for row in subject.history
        ]
        rows_by_table["listings"] += [
            key | {"listing_id": f"{key['subject_id']}-{k}", "list": row["list"], "entered_on": iso(row["entered_day"])}
            for k, row in enumerate(subject.listings)
        ]
    rows_by_table["records"] = rows_by_table["records"] or [
        {"record_id": None, "subject_id": None, "item": None, "event": None}
    ]
    return {name: _table(rows) for name, rows in rows_by_table.items() if rows}


def _columns(plan: Plan, subject: Subject) -> dict[str, str]:
    cells = {name: subject.columns.get(name) or "" for name in SUBJECT_COLUMNS}
    day = subject.columns.get("registered_day")
    cells["registered_on"] = "" if day is None else iso(int(day))
    typed = {name: attribute.type for name, attribute in plan.scheme.attributes.items()}
    return cells | {name: _text(subject.attributes.get(name), kind) for name, kind in typed.items()}


def _events(plan: Plan, record: Mapping[str, Any], subject_id: str) -> list[dict[str, str]]:
    key = {"record_id": f"{subject_id}-{record['record_id']}"}
    filed = key | {"item": record["item"], "event": "filed", "event_no": "1", "act_id": record["act_id"]}
    filed |= {name: _text(record[name], "number") for name in ("quantity", "amount")}
    filed |= {name: _text(record.get(name.replace("_on", "_day")), "date") for name in DATES}
    for name, attribute in plan.scheme.record_attributes.items():
        if attribute.of is None:
            filed[name] = _text(record.get(name), attribute.type)
    later = [
        {"event": "corrected", "event_on": iso(day), "share": _text(share, "number")}
        for day, share in record["corrections"]
    ]
    if record["status"]:
        later.append({"event": EVENTS[record["status"]], "event_on": iso(record["status_day"])})
    return [filed, *(key | {"event_no": str(k)} | row for k, row in enumerate(later, start=2))]


def _text(value: Any, kind: str) -> str:
    if value is None or value == "":
        return ""
    if kind == "bool":
        return "true" if value else "false"
    if kind == "number":
        return str(from_micro(value))
    return iso(value) if kind == "date" else str(value)


def _table(rows: list[dict[str, Any]]) -> pa.Table:
    import pyarrow as pa

    names = dict.fromkeys(name for row in rows for name in row)
    return pa.table({name: pa.array([row.get(name) or None for row in rows], pa.string()) for name in names})
