"""What a packet calls a field, a column, an event or a grade, in one language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from creditscore.core.i18n import Lang, catalogue, clean, day_said, phrase, say, word
from creditscore.core.model import Label
from creditscore.core.quantities import MINUS
from creditscore.present.document import Lines, Named, Value

Words = Mapping[str, str]  # a label as JSON has it
FIRST = (
    "occurred_on",
    "event_on",
    "decided_on",
    "booked_on",
    "published_on",
    "corrected_on",
    "amount",
    "quantity",
    "document_no",
    "act_id",
    "basis",
    "source",
)
UNSAID = ("domain", "recorded_on")  # the same for every row, or told with the event


def column_label(name: str) -> Label:
    """What a column is called in the words of the pages; shorter in a packet where it has its own."""
    return word("packet_columns" if name in catalogue()["packet_columns"] else "columns", name)


def tell(label: Words, lang: Lang) -> str:
    """A label of the packet in a language."""
    return clean(str(label[lang]))


def tell_item(label: Words, code: str, lang: Lang) -> Value:
    """An item by its label, with its number where the text itself numbers it; an id of ours is not told."""
    return Named(tell(label, lang), code if code.isdigit() else "")


def tell_grade(results: Mapping[str, Any], end: Mapping[str, Any] | str, lang: Lang) -> str:
    """A grade by its name, or the state where there is none."""
    code = end if isinstance(end, str) else end["grade"] or end["state"]
    label = results.get("grades", {}).get(code)
    return say(word("states", code), lang) if label is None else tell(label, lang)


def tell_facts(facts: Mapping[str, str], results: Mapping[str, Any], lang: Lang) -> Lines:
    """What a record says, each with the name of its column; a quantity of one goes without saying."""
    named = [name for name in (*FIRST, *(field for field in facts if field not in FIRST)) if name in facts]
    shown = [name for name in named if name not in UNSAID and (name, facts[name]) != ("quantity", "1.000000")]
    return Lines([f"{_column(name, results, lang)} {short(day_said(facts[name], lang))}" for name in shown])


def _column(name: str, results: Mapping[str, Any], lang: Lang) -> str:
    label = results.get("columns", {}).get(name)
    return say(column_label(name), lang) if label is None else tell(label, lang)


def tell_events(events: Iterable[Mapping[str, Any]], lang: Lang) -> Lines:
    """The events of a record, each with its day; what was not known when it was graded says so."""
    lines = []
    for event in events:
        day = day_said(event.get("recorded_on") or event.get("event_on") or "", lang)
        share = f" {event['share']}" if "share" in event else ""
        late = "" if event["known"] else f" · {phrase('packet', 'not_known_then', lang)}"
        lines.append(f"{day} {say(word('events', event.get('event', 'filed')), lang)}{share}{late}".strip())
    return Lines(lines)


def tell_field(row: Mapping[str, Any], name: str, lang: Lang) -> str:
    """A field of a case in words where the row brings them; a day in the form of the language."""
    return short(day_said(str(row.get(f"{name}_{lang}") or row.get(name, "")), lang))


def number(value: str | None) -> Value:
    """A number as the packet has it; None where nobody knows it."""
    return None if value is None else value.replace("-", MINUS)


def short(value: str) -> str:
    """A decimal without idle zeros; any other text as it stands."""
    if value.startswith("-") and value[1:].replace(".", "", 1).isdigit():
        return MINUS + short(value[1:])
    whole, dot, rest = value.partition(".")
    return f"{whole}.{rest.rstrip('0')}".rstrip(".") if dot and whole.isdigit() and rest.isdigit() else clean(value)
