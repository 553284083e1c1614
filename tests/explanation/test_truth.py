"""Explanations of every shipped scheme, read by a machine against what decided: no sentence in them is false.

For each scheme and each way to a grade that its generated subjects take, one subject: text and page, three depths, both
languages.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import pandas as pd
import pytest

from creditscore.explanation.audit import audit
from creditscore.explanation.ledger import Explanation, explain
from creditscore.explanation.text import DEPTHS, render
from creditscore.explanation.words import Lang, say, words
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from creditscore.records.intake import ingest
from creditscore.reports.html import subject_page
from creditscore.schemes import registry
from creditscore.schemes.laws import load_laws
from creditscore.schemes.model import Scheme
from tests.grading.test_shipped import moments, tables
from tests.tiers import thinned

LANGS: tuple[Lang, ...] = ("zh", "en")
COUNT = 40
CLEAN = {"zh": "没有影响得分的不良记录", "en": "No adverse record counts"}
ENTRIES = [entry for entry in registry.entries() if moments(entry)]
LAWS = re.compile(r"\b(" + "|".join(map(re.escape, load_laws())) + r")\b")


def grading_of(entry: registry.Entry) -> Grading:
    scheme = registry.load(entry)
    moment = moments(entry)[-1]
    year = moment if isinstance(moment, int) else moment.year
    intake = date(year + 3, 1, 1)  # the period is over, and no record lies ahead
    snapshot = ingest(subject_ids="local", intake_on=intake, **tables(scheme, year, 0, COUNT))
    when: dict[str, Any] = {"period": moment} if isinstance(moment, int) else {"as_of": moment}
    return grade(snapshot, f"{scheme.scheme}@{scheme.version}", max_rejected=10**9, **when)


def ways(grading: Grading) -> Iterator[str]:
    """One subject for each rule and route on the way to a grade, and one for each reason without a grade."""
    ledger = grading.ledger.to_pandas()
    rules = ledger[ledger.step == "decide"].groupby("subject_id").rule.agg(";".join)
    grades = grading.grades.to_pandas().fillna("").set_index("subject_id")
    seen = pd.DataFrame({"rules": rules, "route": grades.route, "state": grades.state}).fillna("")
    yield from seen.drop_duplicates().index


def shown(grading: Grading, explanation: Explanation) -> Iterator[tuple[str, Lang, str, str]]:
    """Everything a person can read: depth, language, text (a page without styles) and what of it is to be seen.

    The data in the page of a subject are text as well, in both languages: no more stands in them than on the page.
    """
    hashes = audit(grading, explanation.subject_id)
    for depth in DEPTHS:
        held = hashes if depth == "auditor" else None
        for lang in LANGS:
            text = render(explanation, lang, 200, depth, held)
            yield depth, lang, text, text
            page = subject_page(explanation, lang, hashes=held, depth=depth)
            seen = plain_text(re.sub(r"<(style|script).*?</\1>", "", page, flags=re.S))
            whole = plain_text(re.sub(r"<style.*?</style>", "", page, flags=re.S)) if depth == "subject" else seen
            yield depth, lang, whole, seen


def plain_text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", "\n", page))


def codes_of(scheme: Scheme) -> set[str]:
    """Codes of the scheme that have words: grades, items, rules and lists; not what a text itself prints."""
    named = {grade.code for grade in scheme.grades} | {rule.id for rule in scheme.decide} | set(scheme.items)
    named |= set(scheme.lists) | set(scheme.facts)
    return {code for code in named if "_" in code}


def codes_in_words(scheme: Scheme) -> list[str]:
    """Grades whose code is a word of ours (`red`, `triggered`), and the ids of our own rows."""
    words_of_ours = [grade.code for grade in scheme.grades if grade.code.islower()]
    return words_of_ours + [re.escape(code) for code in scheme.items if "-" in code]


def behind_records(scheme: Scheme, rule: str) -> bool:
    """Whether a rule holds by a fact over records alone, so that a record must stand behind it."""
    when = next(rule_line.when for rule_line in scheme.decide if rule_line.id == rule)
    return when in scheme.facts and scheme.facts[when].of == "records"


def flat(text: str) -> str:
    """Without blanks and quotation marks: where a line ends, and which marks stand inside others, says nothing."""
    return re.sub(r"[\s“”‘’\"']+", "", text)


@pytest.mark.parametrize(
    "entry", thinned(ENTRIES, 3), ids=[f"{version.scheme}@{version.version}" for version in ENTRIES]
)
def test_every_explanation_is_true(entry: registry.Entry) -> None:
    grading = grading_of(entry)
    scheme = registry.load(entry)
    codes = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, codes_of(scheme) or {"no code"})) + r")(?![\w-])")
    marks = {lang: [say(label, lang) for label in words()["marks"].values()] for lang in LANGS}
    marks["en"].remove("unknown")
    marks["zh"].remove("未知")
    subjects = list(ways(grading))
    assert subjects  # whoever is not read is not found false
    for subject_id in subjects:
        explanation = explain(grading, subject_id)
        rows = [line for line in explanation.lines if line.step == "record"]
        standing = [line for line in rows if line.reason.partition(":")[0] not in ("withdrawn", "exempt")]
        bare = re.compile("|".join(rf"(?<![\w-]){code}(?![\w-])" for code in codes_in_words(scheme)) or "no code")
        for decider in explanation.deciders:
            assert decider.sure
            assert decider.basis or not behind_records(scheme, decider.rule), decider
        for depth, lang, text, seen in shown(grading, explanation):
            about = f"{explanation.scheme} {subject_id} {depth} {lang}: {text}"
            for decider in explanation.deciders:
                assert flat(say(decider.label, lang)) in flat(text), about
                assert flat(say(decider.cited, lang)) in flat(text), about
                for basis in decider.basis[:6]:
                    assert flat(basis.record_id) in flat(text), about
                    assert flat(say(basis.label, lang)) in flat(text), about
            if CLEAN[lang] in text:
                assert not standing, about
                assert not explanation.deciders, about
            assert "{0}" not in text, about
            assert depth == "auditor" or not LAWS.search(text), about
            assert depth == "auditor" or not codes.search(seen.replace(explanation.scheme, "")), about
            assert depth == "auditor" or lang == "en" or not bare.search(seen.replace(explanation.scheme, "")), about
            if depth == "subject":
                assert not any(mark in text for mark in marks[lang]), about
                assert "recalled" not in text, about
        if explanation.state == "graded" and not explanation.by_score:
            assert explanation.deciders, explanation
            assert "→" not in explanation.sum
            page = subject_page(explanation, "zh", depth="subject")
            assert "起评分" not in page
            assert "<svg" not in page
        decided = [line for line in explanation.lines if line.decides]
        assert not any(line.said.zh.startswith("记载") for line in decided)
