"""Explanations of every shipped scheme, read by a machine against what decided: no sentence in them is false.

For each scheme and each way to a grade that its generated subjects take, one subject: text and page, three depths, both
languages.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from typing import Any

import pandas as pd
import pytest

from creditscore.core.i18n import Lang, catalogue, day_said, say, word
from creditscore.explanation.deciding import holding
from creditscore.explanation.document import DEPTHS
from creditscore.explanation.ledger import Explanation, explain
from creditscore.grading.grade import grade
from creditscore.grading.result import Grading
from creditscore.records import ingest
from creditscore.schemes import registry
from creditscore.schemes.expressions import parse
from creditscore.schemes.laws import load_laws
from creditscore.schemes.model import Scheme
from tests.grading.shipped_tables import moments, tables
from tests.tiers import thinned

LANGS: tuple[Lang, ...] = ("zh", "en")
COUNT = 40
CLEAN = {"zh": "没有影响得分的不良记录", "en": "No adverse record counts"}
STANDS = {"zh": "结果都不变", "en": "the result would be the same"}
ENTRIES = [entry for entry in registry.entries() if moments(entry)]
MARKED = r'<(span|dd|td) class="code">.*?</\1>'
BEHIND = re.compile(r"[（(][\w:@/.+-]+[）)]")  # a code behind the name of what it stands for
LAWS = re.compile(r"\b(" + "|".join(map(re.escape, load_laws())) + r")\b")


def grading_of(entry: registry.Entry) -> Grading:
    scheme = registry.load(entry)
    moment = moments(entry)[-1]
    year = moment if isinstance(moment, int) else moment.year
    intake = date(year + 3, 1, 1)  # the period is over, and no record lies ahead
    snapshot = ingest(subject_ids="local", intake_on=intake, **tables(scheme, year, 0, COUNT))
    when: dict[str, Any] = {"period": moment} if isinstance(moment, int) else {"as_of": moment.isoformat()}
    return grade(snapshot, f"{scheme.scheme}@{scheme.version}", max_rejected=10**9, **when)


def ways(grading: Grading) -> Iterator[str]:
    """One subject for each rule and route on the way to a grade, and one for each reason without a grade."""
    ledger = grading.ledger.to_pandas()
    rules = ledger[ledger.step == "decide"].groupby("subject_id").rule.agg(";".join)
    grades = grading.grades.to_pandas().fillna("").set_index("subject_id")
    seen = pd.DataFrame({"rules": rules, "route": grades.route, "state": grades.state}).fillna("")
    yield from seen.drop_duplicates().index


def shown(explanation: Explanation) -> Iterator[tuple[str, Lang, str, str, str]]:
    """Everything a person can read: depth, language, text; with the data inside a page of a subject; without codes."""
    for depth in DEPTHS:
        for lang in LANGS:
            text = explanation.text(lang, 200, depth)
            yield depth, lang, text, text, text if depth == "subject" else BEHIND.sub("", re.sub(r"\n +", "", text))
            page = explanation.page(lang, depth)
            text = visible(page, "style|script")
            named = text if depth == "subject" else visible(re.sub(MARKED, "", page), "style|script")
            yield depth, lang, text, visible(page, "style") if depth == "subject" else text, named


def visible(page: str, without: str) -> str:
    """The text of a page, without some of its elements."""
    return unescape(re.sub(r"<[^>]+>", "\n", re.sub(rf"<({without}).*?</\1>", "", page, flags=re.S)))


def codes_of(scheme: Scheme) -> set[str]:
    """Codes of the scheme that have words: grades, items, rules and lists; not what a text itself prints."""
    named = {grade.code for grade in scheme.grades} | {rule.id for rule in scheme.decide} | set(scheme.items)
    named |= set(scheme.lists) | set(scheme.facts)
    return {code for code in named if "_" in code}


def codes_in_words(scheme: Scheme) -> list[str]:
    """Grades whose code is a word of ours (`red`, `triggered`), and the ids of our own rows."""
    words_of_ours = [grade.code for grade in scheme.grades if grade.code.islower()]
    return words_of_ours + [re.escape(code) for code in scheme.items if "-" in code]


def behind(scheme: Scheme, rule: str, table: str) -> bool:
    """Whether a rule holds by the presence of facts over a table alone: one of its rows must stand behind it."""
    line = next(rule_line for rule_line in scheme.decide if rule_line.id == rule)
    read = set(holding(parse(line.when), None)) if line.when and not re.search(r"= 0|<", line.when) else set()
    return bool(read) and all(name in scheme.facts and scheme.facts[name].of == table for name in read)


def flat(text: str) -> str:
    """Without folds, and quotation marks within quotation marks as without."""
    return re.sub(r"\s+", "", text).translate(str.maketrans("‘’", "“”"))


@pytest.mark.parametrize(
    "entry", thinned(ENTRIES, 45, in_ci=5), ids=[f"{version.scheme}@{version.version}" for version in ENTRIES]
)
def test_every_explanation_is_true(entry: registry.Entry) -> None:
    grading = grading_of(entry)
    assert grading.grades.num_rows > COUNT / 2, "nothing to read"
    scheme = registry.load(entry)
    codes = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, codes_of(scheme) or {"no code"})) + r")(?![\w-])")
    marks = {lang: [say(word("marks", code), lang) for code in catalogue()["marks"]] for lang in LANGS}
    marks["en"].remove("unknown")
    marks["zh"].remove("未知")
    for subject_id in ways(grading):
        explanation = explain(grading, subject_id)
        rows = [line for line in explanation.lines if line.step == "record"]
        standing = [line for line in rows if line.reason.partition(":")[0] not in ("withdrawn", "exempt")]
        bare = re.compile("|".join(rf"(?<![\w-]){code}(?![\w-])" for code in codes_in_words(scheme)) or "no code")
        for decider in explanation.deciders:
            assert decider.sure
            if explanation.state != "graded":
                continue  # also what is absent leaves without a grade
            assert decider.basis or not behind(scheme, decider.rule, "records"), decider
            assert decider.entries or not behind(scheme, decider.rule, "listings"), decider
        for depth, lang, text, whole, named in shown(explanation):
            about = f"{explanation.scheme} {subject_id} {depth} {lang}: {text}"
            for decider in explanation.deciders:
                assert flat(say(decider.label, lang)) in flat(text), about
                assert flat(say(decider.cited, lang)) in flat(text), about
                for basis in decider.basis[:6]:
                    assert basis.record_id in flat(text), about
                    assert flat(say(basis.label, lang)) in flat(text), about
                for list_entry in decider.entries[:6]:
                    assert list_entry.listing_id in flat(text), about
                    assert flat(day_said(list_entry.entered_on, lang)) in flat(text), about
                    assert flat(say(list_entry.label, lang)) in flat(text), about
            assert not (explanation.blocked and STANDS[lang] in text), about
            if CLEAN[lang] in text:
                assert not standing, about
                assert not explanation.deciders, about
            assert "{0}" not in text, about
            assert depth == "auditor" or not LAWS.search(text), about
            assert depth == "auditor" or not codes.search(named), about
            assert depth == "auditor" or lang == "en" or not bare.search(named), about
            if depth == "subject":
                assert not any(mark in whole for mark in marks[lang]), about
                assert "recalled" not in whole, about
        if explanation.state == "graded" and not explanation.by_score:
            assert explanation.deciders, explanation
            assert "→" not in explanation.sum
            page = explanation.page("zh", depth="subject")
            assert "起评分" not in page
            assert "<svg" not in page
        decided = [line for line in explanation.lines if line.decides]
        assert not any(line.said.zh.startswith("记载") for line in decided)
