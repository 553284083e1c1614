"""Every record of a subject in a packet: what it counts for, or why it does not."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from creditscore.core.days import read_day
from creditscore.core.model import Label
from creditscore.core.quantities import MINUS, points
from creditscore.evidence.packet.recompute import Again
from creditscore.explanation.labels import Labels
from creditscore.grading.interpreter.assess import assess
from creditscore.schemes.citing import cited_text
from creditscore.schemes.laws import load_laws

NOT_USED = (
    "not_yet_known",
    "other_domain",
    "other_scheme",
    "refused",
    "read_by_conditions",
    "out_of_window",
    "no_item",
)


def record_rows(again: Again, given: Mapping[str, list[Any]]) -> list[dict[str, Any]]:
    """One row per record of the subject, used ones first in the order of the ledger.

    `use` is `counted` (it moves the score), `no_effect` (a line of the ledger with 0 and its reason) or a reason of
    NOT_USED; `effective` is exact text; `events` are all that is known, each with `known` (on the day of the run).
    """
    labels = Labels(again.scheme, again.scheme.name)
    lines: dict[str, list[Mapping[str, Any]]] = {}
    for row in again.subject_rows.ledger:
        if row["record_id"]:
            lines.setdefault(row["record_id"], []).append(row)
    filed: dict[str, list[Mapping[str, str]]] = {}
    for row in given["records"]:
        filed.setdefault(row["record_id"], []).append(row)
    order = {record: k for k, record in enumerate(lines)}
    disputed = {row["record_id"] for row in given["disputed"]}
    refused: dict[str, list[str]] = {}
    for row in given["refused"]:
        if row.get("record_id"):
            refused.setdefault(row["record_id"], []).append(row["reason"])
            filed.setdefault(row["record_id"], [])
    assessed, laws = _assessed(again), load_laws(again.laws)
    rows = []
    for record_id in sorted({*filed, *lines}, key=lambda line: (order.get(line, len(order)), line)):
        events = filed.get(record_id, [])
        head: Mapping[str, str] = next((event for event in events if event.get("event", "filed") == "filed"), {})
        code = (lines[record_id][0]["item"] if record_id in lines else head.get("item")) or ""
        mine = lines.get(record_id, [])
        effective = [row["effective"] for row in mine]
        total = None if None in effective or not mine else sum(effective)
        use, reason = _use(again, mine, total, events, refused.get(record_id, []), assessed.get(record_id), labels)
        article = mine[0]["article"] if mine else ""
        label = labels.item(code, article or "") or Label(zh=code, en=code)
        rows.append(
            {
                "record_id": record_id,
                "item": code,
                "label": {"zh": label.zh, "en": label.en},
                "use": use,
                "effective": None if total is None else points(total).replace(MINUS, "-"),
                "why": reason,
                "article": article or "",
                "cited": cited_text(article or "", laws).model_dump(),
                "disputed": record_id in disputed or bool((assessed.get(record_id) or {}).get("disputed")),
                "facts": {
                    name: value
                    for name, value in head.items()
                    if name not in ("subject_id", "record_id", "event", "event_no", "item")
                },
                "events": [_event(again, event) for event in events],
            }
        )
    return rows


def _use(
    again: Again,
    lines: list[Mapping[str, Any]],
    total: Any,
    events: list[Mapping[str, str]],
    refused: list[str],
    row: Mapping[str, Any] | None,
    labels: Labels,
) -> tuple[str, dict[str, str]]:
    """(use, reason in words)."""
    if lines:
        first = lines[0]
        label = labels.reason(first["reason"] or "", first["item"] or "", "record")
        return "no_effect" if total == 0 else "counted", {"zh": label.zh, "en": label.en}
    return _unused(again, events, refused, row), {"zh": "、".join(refused), "en": ", ".join(refused)}


def _unused(again: Again, events: list[Mapping[str, str]], refused: list[str], row: Mapping[str, Any] | None) -> str:
    head = next((event for event in events if event.get("event", "filed") == "filed"), None)
    if refused:
        return "refused"
    if head is None or not _event(again, head)["known"]:
        return "not_yet_known"
    if head.get("domain") not in (None, again.scheme.domain):
        return "other_domain"
    if head.get("item") in again.plan.beside:
        return "other_scheme"
    if row is None:
        return "no_item"
    return "read_by_conditions" if row["seen"] else "out_of_window"


def _assessed(again: Again) -> dict[str, Mapping[str, Any]]:
    """Each admitted record as the interpreter weighs it; without those that the scheme has no item for."""
    cycles = (None,) * len(again.plan.cycles)
    weighed = (assess(again.plan, row, cycles) for row in again.then.records)
    return {row["record_id"]: row for row in weighed if row is not None}


def _event(again: Again, row: Mapping[str, str]) -> dict[str, Any]:
    recorded = row.get("recorded_on")
    known = recorded is None or read_day(recorded[:10]) <= again.plan.known_at
    names = ("event_no", "event", "event_on", "recorded_on", "corrected_on", "share")
    return {name: row[name] for name in names if name in row} | {"known": known}
