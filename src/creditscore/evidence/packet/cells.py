"""Cells of a packet's page: what a field, a column, an event or a grade is called, Chinese first, then English."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from creditscore.core.i18n import LANGS, catalogue, clean, phrase, word
from creditscore.core.quantities import MINUS

Cell = tuple[str, ...]  # the lines of a cell
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
UNSAID = ("domain", "recorded_on")  # the same for every row, or said with the event


def refusals_said(why: Mapping[str, str]) -> Cell:
    """The reasons for which rows of a record were refused, in words."""
    codes = [code for code in why["en"].split(", ") if code]
    pairs = [word_in_both("refusals", code) for code in codes]
    return tuple(between.join(pair[k] for pair in pairs) for k, between in enumerate(("、", ", ")) if pairs)


def facts_said(facts: Mapping[str, str], results: Mapping[str, Any]) -> Cell:
    """What a record says, each with the name of its column in both languages; a quantity of one is not said."""
    named = [name for name in (*FIRST, *(field for field in facts if field not in FIRST)) if name in facts]
    shown_facts = [name for name in named if name not in UNSAID and (name, facts[name]) != ("quantity", "1.000000")]
    return tuple(f"{' '.join(column_said(name, results))} {short(facts[name])}" for name in shown_facts)


def column_said(name: str, results: Mapping[str, Any]) -> Cell:
    """What a column is called: as the scheme calls its attribute, else in the words of the pages."""
    label = results.get("columns", {}).get(name)
    return label_said("columns", name) if label is None else pair_said(label)


def events_said(events: Iterable[Mapping[str, Any]]) -> Cell:
    lines = []
    for event in events:
        zh, en = word_in_both("events", event.get("event", "filed"))
        day = event.get("recorded_on") or event.get("event_on") or ""
        share = f" {event['share']}" if "share" in event else ""
        late = "" if event["known"] else f" · {' '.join(text_in_both('not_known_then'))}"
        lines.append(f"{day} {zh} {en}{share}{late}")
    return tuple(lines)


def grade_said(results: Mapping[str, Any], code: str) -> Cell:
    """A grade in both languages; a packet of an earlier version has codes."""
    label = results.get("grades", {}).get(code)
    return label_said("states", code) if label is None else pair_said(label)


def field_said(row: Mapping[str, Any], name: str) -> Cell:
    """A field in words where the row brings them; a row of an earlier version has codes."""
    return tuple(short(str(row.get(f"{name}_{lang}") or row.get(name, ""))) for lang in LANGS)


def text_in_both(code: str, *values: object) -> Cell:
    return tuple(phrase("packet", code, lang, *values) for lang in LANGS)


def filled_in_both(code: str, pairs: Cell) -> Cell:
    return tuple(phrase("packet", code, lang, pairs[k]) for k, lang in enumerate(LANGS))


def word_in_both(section: str, code: str) -> Cell:
    own = section == "columns" and code in catalogue()["packet_columns"]  # shorter than elsewhere
    label = word("packet_columns" if own else section, code)
    return label.zh, label.en


def label_said(section: str, code: str) -> Cell:
    return tuple(dict.fromkeys(word_in_both(section, code)))


def pair_said(label: Mapping[str, str], code: str = "") -> Cell:
    lines = dict.fromkeys(clean(label[lang]) for lang in LANGS)
    numbered = [code] if code.isdigit() and code not in lines else []  # a number of the text's own, no id of ours
    return (*numbered, *lines)


def number_said(value: str | None) -> str:
    return "" if value is None else value.replace("-", MINUS)


def open_number_said(value: str | None) -> str:
    return "?" if value is None else value.replace("-", MINUS)


def short(value: str) -> str:
    """A decimal without idle zeros; any other text as it stands."""
    if value.startswith("-") and value[1:].replace(".", "", 1).isdigit():
        return MINUS + short(value[1:])
    whole, dot, rest = value.partition(".")
    return f"{whole}.{rest.rstrip('0')}".rstrip(".") if dot and whole.isdigit() and rest.isdigit() else clean(value)
