"""A subject's life on the lists in words: each case and its state, each step with day, person, paper, basis, effect."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from creditscore.core.days import day_in_words, iso
from creditscore.core.errors import UsageError
from creditscore.core.model import Label
from creditscore.core.yaml_source import unplaced
from creditscore.lists.case import ListCase
from creditscore.lists.events import Day, Event, subject
from creditscore.lists.exit_route import Note
from creditscore.lists.register import Book
from creditscore.lists.rules import GeneralExit, list_rule, procedure, version
from creditscore.schemes.citing import cited_text
from creditscore.schemes.lists import ListExit
from creditscore.schemes.vocabulary import list_name

Lang = Literal["zh", "en"]


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


@lru_cache(maxsize=1)
def _words() -> Mapping[str, Mapping[str, Label]]:
    data = unplaced((Path(__file__).parent / "words.yaml").read_text(encoding="utf-8"))
    return {section: {code: Label(**label) for code, label in codes.items()} for section, codes in data.items()}


def word(section: str, code: str, lang: Lang, *values: str) -> str:
    """The word for a code, its places filled in; the code itself where it has no word."""
    label = _words()[section].get(code)
    text = code if label is None else getattr(label, lang)
    for k, value in enumerate(values):
        text = text.replace(f"{{{k}}}", value)
    return str(text)


def lang_of(text: str) -> Lang:
    if text not in ("zh", "en"):
        raise UsageError(f"{text!r} is not a language of the lists", allowed="zh, en")
    return "zh" if text == "zh" else "en"


def life(book: Book, subject_id: str, lang: str = "zh", known_at: Day | None = None) -> list[Life]:
    """The cases of a subject as known on a day, oldest first; empty where there are none."""
    chosen = lang_of(lang)
    return [_life(case, chosen) for case in book.known(known_at).of(subject(subject_id))]


def _life(case: ListCase, lang: Lang) -> Life:
    rule = list_rule(case.scheme, case.list)
    return Life(
        case.case_id,
        getattr(rule.label, lang),
        word("kinds", case.kind, lang),
        word("states", case.state, lang),
        day_in_words(iso(case.entered_on), lang),
        _end(case, lang),
        _grounds(case, lang),
        case.records,
        tuple(_step(event, case, lang) for event in case.events),
    )


def _end(case: ListCase, lang: Lang) -> str:
    if case.exited_on is not None:
        left, reason = _day("from", iso(case.exited_on), lang), word("exits", case.exit_reason, lang)
        return f"{left}（{reason}）" if lang == "zh" else f"{left} ({reason})"
    if case.entered_on is None:
        return ""
    if case.term_end is not None:
        return _day("term_to", iso(case.term_end), lang)
    return word("ends", case.end, lang)


def _day(text: str, day: str, lang: Lang) -> str:
    """A text about a day."""
    return word("texts", text, lang, day_in_words(day, lang))


def _grounds(case: ListCase, lang: Lang) -> tuple[str, ...]:
    """The deciding rules behind an entry in words."""
    labels = [rule.label for rule in version(case.scheme).decide if rule.id in case.triggers]
    return tuple(str(getattr(label, lang)) for label in labels if label is not None)


def _step(event: Event, case: ListCase, lang: Lang) -> Step:
    recorded = day_in_words(iso(event.recorded_on), lang) if event.recorded_on != event.on else ""
    paper = " ".join(part for part in (event.organ, event.document) if part)
    lines = [_effect(event, case, lang), *_stated(event, case, lang)]
    lines.append(word("texts", "rests_on", lang, with_mark(event.basis, event.mark, lang)) if event.basis else "")
    lines.append(word("texts", "evidence", lang, event.evidence) if event.evidence else "")
    what, day = word("steps", event.kind, lang), day_in_words(iso(event.on), lang)
    return Step(event.no, day, recorded, what, event.by, paper, tuple(line for line in lines if line))


def note_in_words(note: Note, case: ListCase, lang: Lang) -> str:
    """What must be known beside a step that is due, or an exit that waits."""
    rule = list_rule(case.scheme, case.list)
    ways: dict[str, ListExit | GeneralExit] = {way.id: way for way in procedure().exits}
    ways |= {way.id: way for way in rule.exits}
    needs = {key: label for way in rule.exits for key, label in (way.needs | way.unless).items()}

    def named(value: str) -> str:
        label: Label | None
        if note.code == "beside":
            label = list_name(value)
        elif note.code == "not_known":
            return word("days", value, lang)
        elif note.code == "way" and value in ways:
            label = ways[value].label
            return word("exits", ways[value].kind, lang) if label is None else str(getattr(label, lang))
        else:
            label = needs.get(value)
        return value if label is None else str(getattr(label, lang))

    return word("notes", note.code, lang, ("、" if lang == "zh" else ", ").join(map(named, note.values)))


def with_mark(basis: str, mark: str, lang: Lang) -> str:
    """The articles as a person reads them, and their weakest mark where it is not that they were verified."""
    articles = str(getattr(cited_text(basis, number=True), lang))
    return articles + (mark_in_words(mark, lang) if basis else "")


def mark_in_words(mark: str | None, lang: Lang) -> str:
    """`（待核实）`, ` (to be verified)`: an evidence mark behind what it marks; nothing for what was verified."""
    if mark in (None, "", "verified"):
        return ""
    shown = word("marks", str(mark), lang)
    return f"（{shown}）" if lang == "zh" else f" ({shown})"


def _stated(event: Event, case: ListCase, lang: Lang) -> list[str]:
    """The parts of a notice, and each point that an exit needed or that could have barred it."""
    labels: dict[str, Label] = dict(procedure().notice.contents)
    for way in list_rule(case.scheme, case.list).exits:
        labels |= way.needs | way.unless
    colon = "：" if lang == "zh" else ": "
    result = []
    for part in ("contents", "confirm", "absent"):
        stated = dict(event.args.get(part, {}))
        for key, text in sorted(stated.items(), key=lambda pair: [*labels, pair[0]].index(pair[0])):
            stated_label = getattr(labels[key], lang) if key in labels else key
            stated_label = word("texts", "not_so", lang, stated_label) if part == "absent" else stated_label
            result.append(f"{stated_label}{colon}{text}")
    return result


def _effect(event: Event, case: ListCase, lang: Lang) -> str:
    """What a step did, in a few words."""
    done: dict[str, Any] = dict(event.data.get("set", []))
    parts = []
    if event.kind == "noticed":
        parts.append(_day("window", str(done["heard_until"]), lang))
        if done.get("provisional"):
            parts.append(word("texts", "provisional", lang))
    if event.kind == "objected" and not done:
        parts.append(word("texts", "late", lang))
    if event.kind == "checked":
        parts.append(word("texts", "upheld" if event.args.get("upheld") else "not_upheld", lang))
    if done.get("state") == "declined":
        parts.append(word("texts", "declined", lang))
    if done.get("entered_on"):
        parts.append(_day("entered", str(done["entered_on"]), lang))
    if done.get("term_end"):
        parts.append(_day("term_to", str(done["term_end"]), lang))
    elif done.get("end") in ("until_exit", "unknown", "waiting"):
        parts.append(word("ends", str(done["end"]), lang))
    if done.get("exited_on"):
        parts.append(word("exits", str(done["exit_reason"]), lang))
        parts.append(_day("from", str(done["exited_on"]), lang))
    if event.kind == "corrected":
        parts.append(word("texts", "step", lang, str(event.args["no"])))
    parts += [str(event.args[name]) for name in ("reason", "content", "answer") if name in event.args]
    return "; ".join(parts) if lang == "en" else "；".join(parts)
