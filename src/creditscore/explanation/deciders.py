"""The rules that decided a grade, in words: each with its article, records, list entries and earlier grades."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from creditscore.core.days import iso
from creditscore.core.i18n import SYMBOL, Lang, period_said, plain, say, text, word
from creditscore.core.model import Label
from creditscore.explanation.deciding import Deciding, RuleInputs, find_day_and_number, find_deciding
from creditscore.explanation.labels import Labels
from creditscore.explanation.read import SubjectRows
from creditscore.grading.input_state.state import REFUSED
from creditscore.schemes.citing import all_laws, cited_rules, cited_text
from creditscore.schemes.laws import Law
from creditscore.schemes.model import EFFECTS, NO_GRADE

NOTHING = plain("")


@dataclass(frozen=True)
class Basis:
    """One record behind a rule: its conduct, its day and the number of its document, as far as they are at hand."""

    record_id: str
    label: Label
    day: str = ""
    document_no: str = ""


@dataclass(frozen=True)
class Entry:
    """One entry of a list behind a rule; without a number and a day where only the list is known."""

    list: str
    label: Label
    listing_id: str = ""
    entered_on: str = ""
    term_end: str = ""
    basis: Label = NOTHING  # the articles, office and document that the entry names


@dataclass(frozen=True)
class Earlier:
    """An earlier grade behind a rule: its evaluation year and its name."""

    period: str
    grade: Label


@dataclass(frozen=True)
class Decider:
    """A rule that gave or changed the grade: its words, article, effect, and the records and list entries behind it.

    `effect` is that of the rule (`grade`, `ceiling`, `down` …), empty where the rules are not at hand; `sure`: these
    records and no others; else the deciding ones are among them.
    """

    rule: str
    label: Label
    cited: Label
    effect: str
    grade: Label
    basis: tuple[Basis, ...]
    sure: bool = True
    entries: tuple[Entry, ...] = ()
    earlier: tuple[Earlier, ...] = ()


def deciders_of(
    written: SubjectRows, labels: Labels, rule_inputs: RuleInputs | None, laws: Path | None
) -> tuple[Decider, ...]:
    """The rules on the way to a grade, or the one that gives none; without the one that only looked up a score band."""
    state = written.grade["state"]
    if written.grade["state_reason"] == REFUSED:
        return ()  # the ledger is that without the refused rows, and nothing in it decides
    law_by_id = all_laws(laws)
    chosen = []
    for row in written.ledger:
        rule = labels.rule(row["rule"] or "")
        if row["step"] != "decide" or (rule is not None and rule.bands is not None):
            continue
        if rule is None and written.grade["route"] == "score":
            continue  # without the rules at hand a grade by score cannot be told from a band
        if state != "graded" and row["reason"] not in NO_GRADE:
            continue
        behind = Deciding() if rule is None else find_deciding(rule, labels.known, written.ledger, rule_inputs)
        code = row["reason"] or ""
        chosen.append(
            Decider(
                row["rule"] or "",
                labels.line("decide", "", row["rule"] or "", row["article"] or ""),
                cited_text(row["article"] or "", law_by_id) if rule is None else cited_rules(rule.cite, law_by_id),
                "" if rule is None else next(effect for effect in EFFECTS if getattr(rule, effect) is not None),
                labels.grade(code) or word("states", code.partition(":")[0]),
                tuple(_basis(written, labels, rule_inputs, record_id) for record_id in behind.records),
                behind.sure,
                tuple(_entry(labels, entry, law_by_id) for entry in behind.entries),
                earlier_of(labels, behind.earlier),
            )
        )
    return tuple(chosen)


def _basis(written: SubjectRows, labels: Labels, rule_inputs: RuleInputs | None, record_id: str) -> Basis:
    row = next(
        record_row
        for record_row in written.ledger
        if record_row["step"] == "record" and record_row["record_id"] == record_id
    )
    label = labels.item(row["item"] or "", row["article"] or "") or plain(row["item"] or "")
    return Basis(record_id, label, *find_day_and_number(rule_inputs, record_id))


def _entry(labels: Labels, entry: Mapping[str, Any], law_by_id: Mapping[str, Law]) -> Entry:
    basis = cited_text(entry.get("basis") or "", law_by_id, number=True)
    entered, ends = ("" if entry.get(name) is None else iso(entry[name]) for name in ("entered_day", "term_end_day"))
    listed = entry["list"]
    return Entry(listed, labels.list_name(listed, entered), entry.get("listing_id") or "", entered, ends, basis)


def earlier_of(labels: Labels, rows: Collection[Mapping[str, Any]]) -> tuple[Earlier, ...]:
    return tuple(Earlier(str(row["year"]), labels.named_grade(row["grade"])) for row in rows)


def earlier_said(earlier: Earlier, lang: Lang) -> str:
    """`2018年度D级`, `D for 2018`."""
    return text("earlier", lang, period_said(earlier.period, lang), say(earlier.grade, lang))


def is_result(grade: str, start: Decimal | None, score: Decimal | None) -> bool:
    """Whether a grade is a finding in words (on a list, a ground to enter) rather than a rating."""
    return start is None and score is None and not SYMBOL.fullmatch(grade)
