"""Letters, packets and public pages of every shipped scheme, read by a machine: every way to a grade, every outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from creditscore.cascade.inputs import as_known
from creditscore.core.errors import UsageError
from creditscore.core.i18n import LANGS, Lang, say
from creditscore.evidence.case_file import compile_case_file
from creditscore.evidence.letter import compose_letter, letter_text
from creditscore.evidence.packet.of_case import build_case_packet
from creditscore.evidence.packet.page import packet_document
from creditscore.evidence.papers import read_papers
from creditscore.evidence.publication.page import public_document
from creditscore.evidence.publication.public import publish
from creditscore.evidence.publication.rows import LIST, PUBLIC
from creditscore.explanation.ledger import Explanation, explain
from creditscore.grading.grade import grade
from creditscore.objections.case import WHOLE
from creditscore.office import Store
from creditscore.present.html import render_page
from creditscore.records import ingest
from creditscore.records.snapshot_files import read_snapshot, write_snapshot
from creditscore.schemes import registry
from creditscore.store.archive.runs import snapshot_of
from tests.clock import at_day
from tests.evidence.test_letter import read_letter
from tests.explanation.test_truth import CLEAN, ENTRIES, LAWS, codes_of, flat, visible
from tests.grading.shipped_tables import moments, tables
from tests.tiers import thinned

COUNT = 12


@pytest.fixture(autouse=True)
def when_all_days_have_come() -> Iterator[None]:
    with at_day("2091-01-01"):
        yield


OUTCOMES = ("uphold", "withdraw", "correct", "partly")
REMEDY = "可以依法申请行政复议 / a review can be asked for"
CORRECTED = {"document_no": "更正〔2022〕1号"}
WORDS_OF_OURS = re.compile(r"(?<![\w@/.-])(?!packet_)[a-z]+(?:_[a-z]+)+(?![\w@/.-])")
RUNS = re.compile(r"(?<![0-9a-f:])[0-9a-f]{16}(?![0-9a-f])")


def every_way(explanations: list[Explanation]) -> Iterator[Explanation]:
    """One for each rule and route on the way to a grade."""
    seen = set()
    for explanation in explanations:
        way = (explanation.route, *(decider.rule for decider in explanation.deciders))
        if explanation.state == "graded" and way not in seen:
            seen.add(way)
            yield explanation


def ruled(contested: list[str], outcome: str) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
    """The finding on each contested record; where several are contested, `partly` upholds all but the first."""
    first = {"partly": "withdraw"}.get(outcome, outcome)
    rest = "uphold" if outcome == "partly" else first
    findings = {record: rest if number else first for number, record in enumerate(contested)}
    findings = {record: "uphold" if record == WHOLE else action for record, action in findings.items()}
    return findings, {record: CORRECTED for record, action in findings.items() if action == "correct"}


def has_deciders(text: str, explanation: Explanation, lang: Lang) -> bool:
    """Whether a paper names the rules that decided, their articles and the records behind them."""
    paper = flat(text)
    wanted = [say(label, lang) for decider in explanation.deciders for label in (decider.label, decider.cited)]
    wanted += [basis.record_id for decider in explanation.deciders for basis in decider.basis[:6]]
    return all(flat(part) in paper for part in wanted)


def read_packet(page: str, explanation: Explanation, codes: re.Pattern[str], values: set[str], lang: Lang) -> None:
    """The page of a packet without its provenance, which is for machines."""
    text = visible(page, "style|script").partition({"zh": "来源与校验", "en": "Provenance"}[lang])[0]
    assert not re.search(r"Decimal\(|datetime\.|record: grade|\{'", text), text  # no value as the program holds it
    assert ("影响分值" in text or "shares of the records add up" in text) <= (explanation.score is not None), text
    assert has_deciders(text, explanation, lang), text
    text = re.sub(r"[a-z_/]+@[0-9-]+", "", text)  # the ids of versions stand behind their titles
    text = re.sub(
        r"(?s)(与前一版本相比的变化.*?重演|changes against the version before.*?Replays)", "", text
    )  # how two rule files differ, by names of parts
    given = "|".join(map(re.escape, sorted(values))) or "-"
    text = re.sub(rf"(?<!\w)({given})(?!\w)", "", text)  # what was delivered, in the words of the delivery
    for pattern in (codes, LAWS, WORDS_OF_OURS, RUNS):
        code = pattern.search(text)
        assert not code, (code, text[max(0, code.start() - 90) : code.end() + 40] if code else "")
    assert "告知日期" not in text  # nobody was told
    assert not re.search("clock: default(?! of this package)", text)  # its label, not its code
    assert not (explanation.deciders and "No adverse record" in text), text


def read_public(folder: Path, explanations: list[Explanation], codes: re.Pattern[str], on: date) -> None:
    """The public page of a grading that an office decided: names for grades, no records."""
    data = publish(folder, decided_by="局", decided_on=on).data
    records = {line.record_id for explanation in explanations for line in explanation.lines if line.record_id}
    for lang in LANGS:
        text = visible(render_page(public_document(data, lang)), "style|script")
        for pattern in (codes, LAWS, WORDS_OF_OURS, RUNS):
            code = pattern.search(text)
            assert not code, (code, text[max(0, code.start() - 90) : code.end() + 40] if code else "")
        assert not records & set(re.findall(r"[\w-]+", text)), text
        assert "已通知" not in text
        assert CLEAN[lang] not in text


NAMES = [f"{version.scheme}@{version.version}" for version in ENTRIES]


@pytest.mark.parametrize(("number", "entry"), thinned(enumerate(ENTRIES), 88, in_ci=22), ids=NAMES)
def test_papers_of_a_scheme_are_true(number: int, entry: registry.Entry, tmp_path: Path) -> None:
    scheme, moment = registry.load(entry), moments(entry)[-1]
    year = moment if isinstance(moment, int) else moment.year
    ingested = ingest(subject_ids="local", intake_on=date(year + 3, 1, 1), **tables(scheme, year, 0, COUNT))
    write_snapshot(ingested, tmp_path / "snapshot")
    when: dict[str, Any] = {"period": moment} if isinstance(moment, int) else {"as_of": moment.isoformat()}
    grading = grade(read_snapshot(tmp_path / "snapshot"), entry.scheme, max_rejected=10**9, **when)
    grading.write(tmp_path / "grading")
    codes = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, codes_of(scheme) or {"no code"})) + r")(?![\w-])")
    fields = [*scheme.record_attributes.values(), *scheme.attributes.values()]
    values = {value for field in fields for value in field.allowed or ()}
    known_at, as_of = (date.fromisoformat(grading.manifest[name]) for name in ("known_at", "as_of"))
    opened = known_at + timedelta(days=1)
    explanations = [explain(grading, row["subject_id"]) for row in grading.grades.to_pylist()]
    if scheme.use in (PUBLIC, LIST):
        read_public(tmp_path / "grading", explanations, codes, max(opened, as_of))
    else:
        with pytest.raises(UsageError, match="it is never published"):
            read_public(tmp_path / "grading", explanations, codes, opened)
    with Store(tmp_path / "s.db") as store:
        (run,) = store.keep(tmp_path / "grading", tmp_path / "snapshot", by="li.na", check=False)
        snapshot = snapshot_of(run)
        for way, explanation in enumerate(every_way(explanations)):
            records = list(dict.fromkeys(basis.record_id for each in explanation.deciders for basis in each.basis))[:2]
            grounds = [{"ground": "facts_wrong", "record_id": record} for record in records]
            grounds = grounds or [{"ground": "rule_misapplied", "record_id": WHOLE}]
            findings, changes = ruled(records or [WHOLE], OUTCOMES[(number + way) % len(OUTCOMES)])
            contested = {"subject": explanation.subject_id, "run": run.run_id, "grounds": grounds}
            case = store.act("objection", "open", by="wang.wei", on=opened, **contested).name
            ruling = {"findings": findings, "changes": changes, "reason": "查实", "articles": ["R2014A 20"]}
            store.act("objection", "decide", case, by="zhang.min", on=opened, **ruling)
            papers = read_papers(store, case)
            after = explain(
                as_known(run, snapshot, [papers.case.subject_id], papers.events, opened), papers.case.subject_id
            )
            after = explanation if set(findings.values()) == {"uphold"} else after
            data = compile_case_file(papers, snapshot, on=opened, weighed=False)
            for lang in LANGS:
                text = letter_text(
                    compose_letter(data, lang, document_no="1", on=str(opened), office="局", remedy=REMEDY)
                )
                assert read_letter(text) == [], text
                assert not codes.search(text), text
                assert after.state != "graded" or has_deciders(text, after, lang), text
            if not way:
                packet = build_case_packet(papers, snapshot, on=opened)
                for lang in LANGS:
                    read_packet(render_page(packet_document(packet, lang)), explanation, codes, values, lang)
