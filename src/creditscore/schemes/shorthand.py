"""Short forms of a scheme: predicates by name, a decision that somebody else takes, a text that is not complete."""

from __future__ import annotations

import re
from typing import Any, Literal

from pydantic import ValidationError, model_validator

from creditscore.core.i18n import label_of
from creditscore.core.model import Label, Model
from creditscore.schemes.lists import Span


class ImportedDecision(Model):
    """Somebody else decides; the scheme validates, dates, expires and cites the decision, and computes nothing.

    `life`: how long a decision holds where it does not say `valid_until` itself; absent: until a newer one.
    """

    by: Label  # who decides
    life: Span | None = None
    edge: Literal["inclusive", "exclusive"] = "inclusive"

    @model_validator(mode="after")
    def _calendar(self) -> ImportedDecision:
        if self.life is not None and self.life.workdays is not None:
            raise ValueError("the life of a decision is in days, months or years")
        return self


def expand(data: Any) -> Any:
    """A scheme in short form with the sections that follow from it; every other scheme as it is."""
    if not isinstance(data, dict):
        return data
    data = _written_out(data)
    if isinstance(data.get("imported_decision"), dict | ImportedDecision):
        return _imported(data)
    return _stub(data) if data.get("missing") else data


NAMES_AND_TEXTS = re.compile(r"'[^']*'|\"[^\"]*\"|[A-Za-z_][A-Za-z0-9_]*")
ON_RECORDS = {"facts": "where", "items": "accepts", "admit": "when"}


def _written_out(data: dict[str, Any]) -> dict[str, Any]:
    """Each name of a predicate, in conditions on records, with the condition that it stands for in its place.

    A predicate may name those above it.
    """
    predicates = data.get("predicates")
    if not isinstance(predicates, dict):
        return data
    meant: dict[str, str] = {}
    for name, text in predicates.items():
        meant[name] = _replaced(text, meant) if isinstance(text, str) else text
    known = {name: text for name, text in meant.items() if isinstance(text, str)}
    conditions = {section: _each(data[section], key, known) for section, key in ON_RECORDS.items() if section in data}
    return {**data, "predicates": meant, **conditions}


def _replaced(text: str, meant: dict[str, str]) -> str:
    return NAMES_AND_TEXTS.sub(lambda name: f"({meant[name[0]]})" if name[0] in meant else name[0], text)


def _each(part: Any, key: str, meant: dict[str, str]) -> Any:
    if isinstance(part, dict):
        return {
            name: _replaced(value, meant) if name == key and isinstance(value, str) else _each(value, key, meant)
            for name, value in part.items()
        }
    return [_each(value, key, meant) for value in part] if isinstance(part, list) else part


def _stub(data: dict[str, Any]) -> dict[str, Any]:
    given = {
        "clocks": {"event": ["event_on"]},
        "windows": {"ever": {"ever": True}},
        "admit": {"clock": "event", "window": "ever"},
        "items": {},
        "decide": [{"id": "missing", "not_computable": "rule_text_missing", **_without(data)}],
    }
    return {**given, **data}


def _imported(data: dict[str, Any]) -> dict[str, Any]:
    about = data["imported_decision"]
    if isinstance(about, ImportedDecision):
        about = about.model_dump(exclude_none=True)
    listed = data.get("grades")
    named = [grade for grade in listed if isinstance(grade, dict)] if isinstance(listed, list) else []
    grades = [grade.get("code") for grade in named]
    life = about.get("life")
    window: dict[str, Any] = {"ever": True}
    if isinstance(life, dict) and life:
        window = {"valid": dict(life), "edge": about.get("edge", "inclusive")}
    source = _source(data)
    alive = "(last_own >= last_decided or last_until >= last_decided)"
    dated = {"take": "latest", "items": ["decision"]}
    decide: list[dict[str, Any]] = [
        {
            "id": f"decided_{grade.get('code')}",
            "when": f"{alive} and decision == '{grade.get('code')}'",
            "grade": grade.get("code"),
            "route": "imported",
            **_decided(about, grade),
            **source,
        }
        for grade in named
    ]
    ended = {"id": "expired", "when": "given(last_decided)", "not_graded": "decision_expired", **_labelled("expired")}
    decide.append({**ended, **source})
    decide.append({"id": "none", "not_graded": "no_decision", **_labelled("no_decision"), **source})
    given = {
        "record_attributes": {
            "decided_grade": {"type": "text", "allowed": grades},
            "valid_until": {"type": "date"},
        },
        "clocks": {"decision": ["decided_on", "event_on"]},
        "windows": {"ever": {"ever": True}, "life": window},
        "admit": {"clock": "decision", "window": "ever"},
        "items": {
            "decision": {
                **_labelled("decision"),
                "requires": ["decided_grade", "document_no", "source"],
                **source,
            }
        },
        "facts": {
            "decision": {"take": "newest", "items": ["decision"], "column": "decided_grade"},
            "last_decided": dated,
            "last_own": {**dated, "window": "life", "where": "not given(valid_until)"},
            "last_until": {**dated, "where": "valid_until >= as_of"},
        },
        "decide": decide,
    }
    return {**given, **data}


def _decided(about: dict[str, Any], grade: dict[str, Any]) -> dict[str, Any]:
    """The words of a decision: who gave which grade; none where a label is not whole, which is a fault of its own."""
    try:
        return _labelled("decided", *(Label.model_validate(label) for label in (about.get("by"), grade.get("label"))))
    except ValidationError:
        return {}


def _without(data: dict[str, Any]) -> dict[str, Any]:
    return {**_labelled("incomplete"), **_source(data, unknown=True)}


def _labelled(code: str, *values: Label) -> dict[str, Any]:
    return {"label": label_of("scheme_lines", code, *values).model_dump()}


def _source(data: dict[str, Any], unknown: bool = False) -> dict[str, Any]:
    return {"cite": data.get("cite"), "evidence": "unknown" if unknown else data.get("evidence")}
