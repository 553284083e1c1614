"""Dead parts are faults: a deleted rule leaves its facts and items behind, and the check says so."""

from __future__ import annotations

import random
import re
from pathlib import Path

from creditscore.core.yaml_source import Source, read
from creditscore.schemes import registry
from creditscore.schemes.check import check_scheme, sound
from creditscore.schemes.checks import dead
from creditscore.schemes.laws import load_laws
from creditscore.schemes.load import load_scheme
from creditscore.schemes.model import Scheme
from tests.schemes.library_helpers import RICH, library, library_faults

VERSIONS = [entry for entry in registry.entries() if not registry.load(entry).missing]


def faults_of(scheme: Scheme, source: Source) -> list[str]:
    """Codes and places of the faults of a scheme made in memory."""
    source.faults.clear()
    source.notes.clear()
    check_scheme(scheme, source, set(load_laws()))
    if sound(source):
        dead.check(scheme, source)
    return [f"{fault.code} {fault.path}" for fault in source.faults]


def test_a_deleted_veto_leaves_a_dead_fact_and_a_dead_item(tmp_path: Path) -> None:
    faults, _ = library_faults(library(tmp_path, RICH.replace("vetoes >= 1 or on_list", "on_list")))
    assert {(fault.code, fault.path) for fault in faults} == {
        ("E707", "facts.vetoes"),
        ("E707", "items.veto"),
        ("E707", "items.veto.tags"),
    }
    assert [fault.line for fault in faults if fault.path == "items.veto"] == [
        RICH[: RICH.index("  veto:")].count("\n") + 1
    ]


def test_an_older_text_with_a_dead_part_still_grades_what_it_graded(tmp_path: Path) -> None:
    """Runs are computed again from the text that graded them; only the check of the library speaks of dead parts."""
    text = RICH.replace("prior_d, deduct", "age > 1, deduct")
    root = library(tmp_path, text)
    (tmp_path / "rich.yaml").write_text(text, encoding="utf-8")
    assert "prior_d" in load_scheme(tmp_path / "rich.yaml").facts
    assert [(fault.code, fault.path) for fault in library_faults(root)[0]] == [("E707", "facts.prior_d")]


def test_what_only_a_dead_fact_reads_is_dead_too(tmp_path: Path) -> None:
    extra = "  idle: {take: count, items: [base], window: until, where: ratio > 0}\n  chain:"
    faults, _ = library_faults(library(tmp_path, RICH.replace("  chain:", extra).replace(", window: until}", "}")))
    assert {fault.path for fault in faults} == {"facts.idle", "windows.until", "record_attributes.ends_on"}


def test_an_item_of_no_weight_says_so(tmp_path: Path) -> None:
    item = "  idle: {label: {zh: 闲, en: idle}, %scite: {law: L}, evidence: verified}\n  veto: {label"
    text = "noted: {zh: 本项不计分, en: the text gives it no weight}, "
    assert {
        fault.code for fault in library_faults(library(tmp_path / "a", RICH.replace("  veto: {label", item % "")))[0]
    } == {"E402"}
    assert library_faults(library(tmp_path / "b", RICH.replace("  veto: {label", item % text)))[0] == []


def test_points_that_no_grade_reads_are_dead(tmp_path: Path) -> None:
    bands = RICH[RICH.index("    bands:") : RICH.index("    cite", RICH.index("    bands:"))]
    text = RICH.replace(bands, "    grade: B\n")
    text = text.replace(
        "{id: veto,", "{id: best, when: staff > 9, grade: A, cite: {law: L}, evidence: verified}\n  - {id: veto,"
    )
    text = text.replace(
        "{id: veto,", "{id: third, when: staff > 8, grade: C, cite: {law: L}, evidence: verified}\n  - {id: veto,"
    )
    faults, _ = library_faults(library(tmp_path, text))
    assert ("E707", "start") in {(fault.code, fault.path) for fault in faults}


def without(scheme: Scheme, place: int) -> Scheme:
    """The scheme without one line of decide, and without its name where a list or an acknowledgement has it."""
    line = scheme.decide[place]
    lists = {
        name: list_rules.model_copy(update={"triggers": [key for key in list_rules.triggers if key != line.id]})
        for name, list_rules in scheme.lists.items()
    }
    rest = [decide for decide in scheme.decide if decide is not line]
    not_monotones = [not_monotone for not_monotone in scheme.not_monotone if not_monotone.id != line.id]
    return scheme.model_copy(update={"decide": rest, "lists": lists, "not_monotone": not_monotones})


def unread_names(scheme: Scheme, other: Scheme) -> set[str]:
    """Facts that conditions named before and no condition names after: read off the text, not from the check."""

    def words(scheme: Scheme) -> set[str]:
        rules = [
            *scheme.decide,
            *scheme.conditions,
            *scheme.admit.exempt,
            *(scheme.start.rules if scheme.start else ()),
        ]
        texts = [rule.when or "" for rule in rules] + [fact.where or "" for fact in scheme.facts.values()]
        texts += [bonus.of for bonus in (scheme.start.bonus if scheme.start else ())]
        texts += [name for fact in scheme.facts.values() for name in fact.dates]
        return set(re.findall(r"[a-z_]\w*", re.sub(r"'[^']*'", "", " ".join(texts))))

    return (words(scheme) - words(other)) & set(scheme.facts)


def measure(versions: list[registry.Entry]) -> tuple[int, int, int, list[str]]:
    """Deletions, those that a fault notices, those that leave a fact unread, and of these the unnoticed."""
    deleted = noticed = dead = 0
    silent: list[str] = []
    for entry in versions:
        scheme, source = registry.load(entry), read(entry.file, str(entry.file))
        for place, line in enumerate(scheme.decide):
            other = without(scheme, place)
            faults = faults_of(other, source)
            left = unread_names(scheme, other)
            deleted, noticed, dead = deleted + 1, noticed + bool(faults), dead + bool(left)
            if left and not faults:
                silent.append(f"{scheme.name} without {line.id}: {sorted(left)}")
    return deleted, noticed, dead, silent


def test_a_deleted_line_that_leaves_something_dead_is_noticed_in_the_shipped_schemes() -> None:
    """A drawn third of the versions; run as a script, this file measures all of them."""
    versions = random.Random(5).sample(VERSIONS, len(VERSIONS) // 3)
    deleted, noticed, dead, silent = measure(versions)
    assert silent == []
    assert dead > 40
    assert noticed > deleted // 2


if __name__ == "__main__":
    print("deleted, noticed, leaving a fact unread, of these unnoticed:", *measure(VERSIONS))
