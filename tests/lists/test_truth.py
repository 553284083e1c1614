"""Lists and joint measures in words, for every list that the library ships: nothing told that is not there, no code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from creditscore.core.i18n import catalogue, phrase
from creditscore.core.messages import day_in_words, show
from creditscore.lists.clocks import holds
from creditscore.lists.entries import list_due
from creditscore.lists.history import tell_entries
from creditscore.lists.rules import list_rule, procedure
from creditscore.lists.words import Lang, describe_note, with_mark
from creditscore.measures import lines
from creditscore.measures.load import load_four_lists
from creditscore.schemes import registry
from creditscore.schemes.laws import load_laws
from creditscore.schemes.lists import ListRule
from creditscore.schemes.model import MARKS, Scheme
from tests.lists.offices import Office

LANGS: tuple[Lang, ...] = ("zh", "en")
SUBJECT, OTHER = "91110105MA00000000", "91110105MA11111111"
PAPER = {"organ": "某局", "document": "甲〔1〕号", "by": "li.na"}
KEPT = [
    (scheme, key, rule)
    for scheme in map(registry.load, registry.entries())
    for key, rule in scheme.lists.items()
    if "unit" in rule.who
]
LAW = re.compile(r"\b(" + "|".join(map(re.escape, load_laws())) + r")\b")
ENGLISH = re.compile(r"[a-z]{3,}")  # a Chinese page for people has none, but in ids and names of persons


def shown(office: Office, lang: Lang) -> Iterator[str]:
    """Every line of `lists show` and `lists due`, without the ids of entries and records and without persons."""
    for entry in (entry for who in (SUBJECT, OTHER) for entry in tell_entries(office.store, who, lang)):
        yield from (entry.list, entry.kind, entry.state, entry.entered, entry.end, *entry.grounds)
        for step in entry.steps:
            yield from (step.day, step.recorded, step.what, *step.lines)
    for due in list_due(office.store, "2026-01-01"):
        yield phrase("list_due", due.what, lang)
        yield with_mark(due.basis, due.mark, lang)
        if due.note is not None:
            scheme = office.store.read(due.case).fields["scheme"]
            yield describe_note(due.note, list_rule(scheme, due.list), lang)


def codes(scheme: Scheme, rule: ListRule) -> re.Pattern[str]:
    """Codes that have words: of the rules, ways, terms, steps, days and marks."""
    named = {line.id for line in scheme.decide} | {grade.code for grade in scheme.grades} | set(scheme.lists)
    named |= {part.id for part in (*rule.terms, *rule.exits, *rule.steps, *procedure().exits)}
    named |= {name for way in rule.exits for name in (*way.needs, *way.unless)} | set(MARKS)
    return re.compile(r"(?<![\w-])(" + "|".join(re.escape(code) for code in named if "_" in code) + r"|\w+_on)(?!\w)")


@pytest.mark.parametrize(("scheme", "key", "rule"), KEPT, ids=[f"{scheme.name}-{key}" for scheme, key, _ in KEPT])
def test_every_list_is_told_in_words(scheme: Scheme, key: str, rule: ListRule, tmp_path: Path) -> None:
    office = Office(str(tmp_path / "credit.db"))
    days = {"on": "2023-06-15", "recorded_on": "2023-06-20"}
    given = {"triggers": rule.triggers[:1], "records": ["R1"], **PAPER, **days}
    entry = office.enter(key, scheme.name, subject=SUBJECT, **given)
    office.enter(key, scheme.name, subject=OTHER, published_on="2023-06-16", **given)
    late = {**PAPER, "on": "2023-06-20"}
    office.play(entry, "publish", late)
    fields = office.store.read(entry).fields
    if holds(fields, "2023-06-20") and rule.kind != "red":
        office.play(entry, "exit", {**late, "exit": "annulled", "evidence": "甲"})
    case = office.store.read(entry)
    bare = codes(scheme, rule)
    for lang in LANGS:
        texts = list(shown(office, lang))
        about = f"{scheme.name} {key} {lang}: {texts}"
        assert texts, about
        for line in texts:
            assert not bare.search(line), about
            assert not LAW.search(line), about
            assert "{0}" not in line, about
            assert lang == "en" or not ENGLISH.search(re.sub(r"《[^》]*》", "", line)), (line, about)
            assert lang == "en" or not re.search(r"\d{4}-\d\d-\d\d", line), (line, about)
        # the name is that of its own version, and the entry stands as the store says it
        assert getattr(list_rule(scheme.name, key).label, lang) in texts
        state = phrase("entry_states", case.state, lang)
        assert state in texts, about
        assert phrase("entry_steps", "noticed", lang) not in texts, "nobody gave a notice"
        for rule_line in scheme.decide:
            if rule_line.id in rule.triggers[:1]:
                assert getattr(rule_line.label, lang) in texts, about


MEASURE_WORDS = ("measure_at", "measure_objects", "measure_tiers", "basis_levels", "measure_sides")


@pytest.mark.parametrize("lang", LANGS)
def test_joint_measures_are_told_in_words(lang: Lang) -> None:
    lists = load_four_lists()
    sections = lines.of_lists(lists)
    blocks = [block for _, blocks_of_list in sections for block in blocks_of_list]
    told = [*(title for title, _ in sections), *(line for _, under in blocks for line in under), *lines.legend(lists)]
    heads = [show(head, lang).split("  ", 1)[1] for head, _ in blocks]
    text = "\n".join([*(show(line, lang) for line in told), *heads])
    named = (
        {
            code
            for section in ("measure_at", "measure_objects", "measure_tiers", "basis_levels", "measure_sides")
            for code in catalogue()[section]
        }
        | {*MARKS}
        | {conduct.list for conduct in lists.conducts.values()}
    )
    bare = re.compile(r"(?<![\w-])(" + "|".join(re.escape(code) for code in named if "_" in code) + r")(?![\w-])")
    assert not bare.search(text), bare.search(text)
    assert not LAW.search(text)
    assert not re.search(r"\b(DC|RC|PM|RM)-[A-Z]", text)
    if lang == "zh":
        assert not ENGLISH.search(text), ENGLISH.search(text)
    parts = [*lists.measures.values(), *lists.conducts.values()]
    sections = {"at": "measure_at", "object": "measure_objects", "tier": "measure_tiers", "basis_level": "basis_levels"}
    for name, section in sections.items():
        values = [getattr(part, name, []) for part in parts]
        used = {code for value in values for code in ([value] if isinstance(value, str) else value)}
        assert used <= set(catalogue()[section]), f"no words for {used - set(catalogue()[section])}"


def test_days_in_words() -> None:
    assert day_in_words("2023-06-15", "zh") == "2023年6月15日"
