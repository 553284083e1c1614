"""An organisation's life on the lists in words, from a store: each case, each step with day, person, paper, effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from creditscore.core.i18n import Lang, lang_of, phrase, word
from creditscore.core.messages import day_in_words
from creditscore.lists.beside import make_id
from creditscore.lists.clocks import Case
from creditscore.lists.entries import Day, read_cases
from creditscore.lists.entry_tables import describe_basis, read_papers
from creditscore.lists.rules import list_rule, procedure, version
from creditscore.lists.words import with_mark
from creditscore.store.fold import Stream
from creditscore.store.log import Event
from creditscore.store.people import People
from creditscore.store.store import Store

SAME_WORD = {"expired": "exited"}


@dataclass(frozen=True)
class Step:
    """One step in words. `day` is its legal day, `recorded` the day of recording where it is another one; `lines` say
    what it did, what was stated or proved, its basis and its evidence.
    """

    number: int
    day: str
    recorded: str
    what: str
    by: str
    paper: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Life:
    """One case in words: its list, state, entry and end, and its steps in order."""

    case_id: str
    list: str
    kind: str
    state: str
    entered: str
    end: str
    grounds: tuple[str, ...]
    records: tuple[str, ...]
    steps: tuple[Step, ...]


def tell_entries(store: Store, subject: str, lang: str = "zh", known_at: Day | None = None) -> list[Life]:
    """Tell the cases of an organisation as known on a day, oldest first.

    Parameters
    ----------
    store
        The open store.
    subject
        The organisation.
    lang
        `zh` or `en`.
    known_at
        Leaves out what was recorded after this day; None for everything.

    Returns
    -------
    list of Life
        Empty where there are none.

    Raises
    ------
    UsageError
        For another language, and where `known_at` is not a day.

    Examples
    --------
    >>> tell_entries(store, "91350100M000100Y43")[0].state  # doctest: +SKIP
    '在名单内'
    """
    chosen, people = lang_of(lang), store.people()
    cases = read_cases(store, subject=subject, known_at=known_at)
    oldest = sorted(cases, key=lambda case: (case.day_of(case.events[0]), case.name))
    return [_tell_case(case, people, chosen) for case in oldest]


def _tell_case(case: Stream, people: People, lang: Lang) -> Life:
    fields = case.fields
    grounds = [rule.label for rule in version(fields["scheme"]).decide if rule.id in (fields.get("triggers") or ())]
    before: dict[str, Any] = {}
    steps = []
    for number, event in case.acts().items():
        steps.append(_tell_step(number, event, case, before, people, lang))
        before |= case.payload_of(event).get("set", {})
    return Life(
        make_id(case),
        getattr(list_rule(fields["scheme"], fields["list"]).label, lang),
        phrase("list_kinds", fields["kind"], lang),
        phrase("entry_states", case.state, lang),
        day_in_words(fields.get("entered_on") or "", lang),
        _tell_end(fields, lang),
        tuple(str(getattr(label, lang)) for label in grounds if label is not None),
        tuple(fields.get("records") or ()),
        tuple(steps),
    )


def _tell_end(case: Case, lang: Lang) -> str:
    if case.get("exited_on"):
        left = _tell_day("from", case["exited_on"], lang)
        return phrase("entries", "because", lang, left, word("list_exits", case["exit_reason"]))
    if not case.get("entered_on"):
        return ""
    return (
        _tell_day("term_to", case["term_end"], lang) if case.get("term_end") else phrase("list_ends", case["end"], lang)
    )


def _tell_day(text: str, day: str, lang: Lang) -> str:
    return phrase("entries", text, lang, day_in_words(day, lang))


def _tell_step(number: int, event: Event, case: Stream, before: Mapping[str, Any], people: People, lang: Lang) -> Step:
    day, papers, (basis, mark) = case.day_of(event), read_papers(case, event), describe_basis(case, event)
    lines = [_tell_effect(event, case, before, lang), *_list_stated(event, case, lang)]
    lines.append(phrase("entries", "rests_on", lang, with_mark(basis, mark, lang)) if basis else "")
    lines.append(phrase("entries", "evidence", lang, papers["evidence"]) if papers["evidence"] else "")
    recorded = day_in_words(event.known_on, lang) if event.known_on != day else ""
    what = phrase("entry_steps", SAME_WORD.get(event.name, event.name), lang)
    paper = " ".join(part for part in (papers["organ"], papers["document"]) if part)
    by = people.name_of(event.actor)
    return Step(number, day_in_words(day, lang), recorded, what, by, paper, tuple(line for line in lines if line))


def _list_stated(event: Event, case: Stream, lang: Lang) -> list[str]:
    """The parts of a notice, and each point that an exit needed or that could have barred it."""
    labels = dict(procedure().notice.contents)
    for way in list_rule(case.fields["scheme"], case.fields["list"]).exits:
        labels |= way.needs | way.unless
    lines, given = [], case.payload_of(event).get("given", {})
    for part in ("contents", "confirm", "absent"):
        stated = given.get(part) or {}
        for key in sorted(stated, key=lambda key: [*labels, key].index(key)):
            label = getattr(labels[key], lang) if key in labels else key
            label = phrase("entries", "not_so", lang, label) if part == "absent" else label
            lines.append(phrase("entries", "stated", lang, label, stated[key]))
    return lines


def _tell_effect(event: Event, case: Stream, before: Mapping[str, Any], lang: Lang) -> str:
    """What a step did, in a few words: what is otherwise than before."""
    payload = case.payload_of(event)
    given = payload.get("given", {})
    new = {name: value for name, value in payload.get("set", {}).items() if value and value != before.get(name)}
    parts = []
    if event.name == "noticed":
        parts.append(_tell_day("window", new["heard_until"], lang))
        parts += [phrase("entries", "provisional", lang)] if new.get("provisional") else []
    if event.name == "objected" and case.day_of(event) > before["heard_until"]:
        parts.append(phrase("entries", "late", lang))
    if event.name == "checked":
        parts.append(phrase("entries", "upheld" if given["upheld"] else "not_upheld", lang))
    if event.name == "decided" and not given["enter"]:
        parts.append(phrase("entries", "declined", lang))
    if "entered_on" in new:
        parts.append(_tell_day("entered", new["entered_on"], lang))
    if "term_end" in new:
        parts.append(_tell_day("term_to", new["term_end"], lang))
    elif new.get("end") in ("until_exit", "unknown", "waiting"):
        parts.append(phrase("list_ends", new["end"], lang))
    if "exited_on" in new:
        parts += [phrase("list_exits", new["exit_reason"], lang), _tell_day("from", new["exited_on"], lang)]
    if event.name == "corrected":
        parts.append(phrase("entries", "step", lang, str(given["number"])))
    parts += [str(given[name]) for name in ("reason", "content", "answer") if name in given]
    return phrase("entries", "semicolon", lang).join(parts)
