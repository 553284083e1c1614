"""One step in the life of an entry: what happened on which day, by whom, on what paper; appended, never changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime
from typing import Any, Required, TypedDict

from creditscore.core.clock import check_day_has_come
from creditscore.core.days import FIRST, LAST, from_day, iso, to_day
from creditscore.core.errors import UsageError
from creditscore.core.identity import INVISIBLE, canonical_code, is_resident, look_at_id

Day = date | str
# The three kinds that open a case, then those that move it, in the usual order.
OPENING = ("proposed", "imported", "revoked")
KINDS = (
    *OPENING,
    "noticed",
    "objected",
    "checked",
    "extended",
    "decided",
    "published",
    "prolonged",
    "barred",
    "applied",
    "refused",
    "exited",
    "unpublished",
    "corrected",
)
TEXTS = ("organ", "document", "evidence")


class StepFields(TypedDict, total=False):
    """What every step says: the day, the person, the organ, its paper, what it rests on, and when it was recorded."""

    on: Required[Day]
    by: Required[str]
    organ: str
    document: str
    evidence: str
    recorded_on: Day | None


@dataclass(frozen=True)
class Event:
    """Describe one step of a case: what happened on which day, by whom, on what paper.

    Parameters
    ----------
    case_id
        The case.
    no
        The number of the step in its case, from 1.
    kind
        proposed, imported or revoked, which open a case; noticed, objected, checked, extended, decided, published,
        prolonged, barred, applied, refused, exited, unpublished or corrected.
    on
        The legal day of the step, in days since 1970-01-01.
    recorded_on
        The day from which the step was known, in days since 1970-01-01; not before `on`.
    by
        The person who acted.
    organ
        The office; empty where none was given.
    document
        The number of its document; empty where none was given.
    evidence
        What the step rests on; empty where nothing was given.
    basis
        The articles of law that the step rests on, as text.
    mark
        The weakest evidence mark of these articles.
    args
        What the person gave, as plain JSON.
    data
        What follows for the case, as plain JSON.
    """

    case_id: str
    no: int
    kind: str
    on: int
    recorded_on: int
    by: str
    organ: str = ""
    document: str = ""
    evidence: str = ""
    basis: str = ""
    mark: str = ""
    args: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    def row(self) -> dict[str, Any]:
        """The event as plain values: days as dates, `args` and `data` as JSON text."""
        plain = {named_field.name: getattr(self, named_field.name) for named_field in fields(self)}
        plain |= {name: from_day(plain[name]) for name in ("on", "recorded_on")}
        return plain | {name: as_json(plain[name]) for name in ("args", "data")}

    @staticmethod
    def of(row: Mapping[str, Any]) -> Event:
        """The inverse of `row`."""
        given = {named_field.name: row[named_field.name] for named_field in fields(Event)}
        given |= {name: to_day(given[name]) for name in ("on", "recorded_on")}
        return Event(**given | {name: json.loads(given[name]) for name in ("args", "data")})


COLUMNS = tuple(named_field.name for named_field in fields(Event))


def event(case_id: str, no: int, kind: str, step_fields: StepFields, args: Mapping[str, Any]) -> Event:
    """The step with its common parts read and checked; UsageError names the part that is wrong."""
    unknown = sorted(set(step_fields) - set(StepFields.__annotations__))
    if unknown:
        raise UsageError(f"a step has no {', '.join(unknown)}", allowed=sorted(StepFields.__annotations__))
    on = day(step_fields.get("on"), "on")
    recorded = step_fields.get("recorded_on")
    known = on if recorded is None else day(recorded, "recorded_on")
    if known < on:
        raise UsageError(
            f"recorded on {from_day(known)}, before it happened on {from_day(on)}",
            allowed="a recorded_on that is not before the day of the step",
        )
    for name, value in {"on": on, "recorded_on": known}.items():
        check_day_has_come(value, name)
    person = text(step_fields.get("by", ""), "by")
    if not person:
        raise UsageError(f"nobody is named for this step ({kind})", next="name the person who acts (--by)")
    organ, document, evidence = (text(step_fields.get(name, ""), name) for name in TEXTS)
    return Event(case_id, no, kind, on, known, person, organ, document, evidence, args=plain(args))


def with_result(step: Event, data: Mapping[str, Any], basis: str, mark: str) -> Event:
    return replace(step, data=plain(data), basis=basis, mark=mark)


def day(value: Any, name: str) -> int:
    """A day as integer; UsageError for what is no day between 1900 and 2100."""
    given = value
    if isinstance(given, datetime):
        given = given.date()
    if isinstance(given, str):
        try:
            given = date.fromisoformat(given.strip())
        except ValueError:
            given = None
    if not isinstance(given, date) or not FIRST <= to_day(given) <= LAST:
        raise UsageError(f"{name}: {value!r} is not a day", allowed="YYYY-MM-DD", next=f"correct {name}")
    return to_day(given)


def text(value: Any, name: str) -> str:
    """A text without invisible characters; UsageError where a resident identity number stands in it."""
    if not isinstance(value, str):
        raise UsageError(f"{name} is {value!r}", allowed="a text")
    clean = "".join(sign for sign in value if sign not in INVISIBLE).strip()
    if is_resident(canonical_code(clean)):
        raise UsageError(
            f"a resident identity number stands in {name}",
            allowed="names of offices, numbers of documents, codes of organisations",
            next="leave the number away",
        )
    return clean


def subject(value: Any) -> str:
    """The canonical id of an organisation; UsageError for a natural person, an empty or a spoilt id."""
    if not isinstance(value, str):
        raise UsageError(f"the subject is {value!r}", allowed="the id of an organisation, as text")
    clean, reason = look_at_id(value, uscc_only=False)
    if reason:
        shown = "a resident identity number" if reason == "natural_person" else repr(value)
        raise UsageError(
            f"{shown} is no id of an organisation ({reason})", allowed="organisations only", next="correct the subject"
        )
    return clean


def plain(values: Mapping[str, Any]) -> dict[str, Any]:
    """Plain JSON values only, texts checked; what is None or empty is left out."""
    return {name: _plain(value, name) for name, value in values.items() if value not in (None, "", (), [], {})}


def _plain(value: Any, name: str) -> Any:
    if isinstance(value, Mapping):
        return {text(key, name): _plain(element, f"{name}.{key}") for key, element in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(element, name) for element in value]
    if isinstance(value, date):
        return value.isoformat()
    return text(value, name) if isinstance(value, str) else value


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def opened(event: Event, kind: str) -> dict[str, Any]:
    """The case as its first event describes it."""
    args = event.args
    return {
        "subject_id": args["subject"],
        "list": args["list"],
        "kind": kind,
        "scheme": args["scheme"],
        "triggers": list(args.get("triggers", [])),
        "records": list(args.get("records", [])),
        "dates": {name: day(argument, name) for name, argument in args.get("dates", {}).items()},
    }


def case_id_of(key: str, who: str, content: list[Any], step_fields: StepFields) -> str:
    """The name of a case: the list, and a hash of whom, on what, since when."""
    whole = as_json([who, *content, iso(day(step_fields["on"], "on"))])
    return f"{key}-{hashlib.sha256(whole.encode()).hexdigest()[:12]}"
