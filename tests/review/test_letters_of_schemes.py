"""Letters of every shipped scheme, about a grade that a record decided and about another, read as others are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from creditscore.explanation.ledger import Explanation, explain
from creditscore.explanation.words import LANGS, say
from creditscore.grading.grade import grade
from creditscore.records import ingest
from creditscore.records.store import read_snapshot, write_snapshot
from creditscore.review.cascade import bench
from creditscore.review.cases import WHOLE, Ground
from creditscore.review.casework import open_case
from creditscore.review.deciding import decide, weigh
from creditscore.review.dossier import dossier
from creditscore.review.keeping import keep, snapshot_of
from creditscore.review.letter import letter
from creditscore.review.ruling import Ruling
from creditscore.schemes import registry
from creditscore.store import Database, Log
from tests.clock import at_day
from tests.explanation.test_truth import ENTRIES, codes_of, flat
from tests.grading.test_shipped import moments, tables
from tests.review.test_letters import read_letter
from tests.tiers import thinned

COUNT = 12


@pytest.fixture(autouse=True)
def when_all_days_have_come() -> Iterator[None]:
    with at_day("2091-01-01"):
        yield


def two_of(explanations: list[Explanation]) -> Iterator[Explanation]:
    """One whose grade a record decided, and one whose grade none did, as far as there are such."""
    graded = [explanation for explanation in explanations if explanation.state == "graded"]
    yield from [explanation for explanation in graded if any(decider.basis for decider in explanation.deciders)][:1]
    yield from [explanation for explanation in graded if not any(decider.basis for decider in explanation.deciders)][:1]


NAMES = [f"{version.scheme}@{version.version}" for version in ENTRIES]


@pytest.mark.parametrize("entry", thinned(ENTRIES, 30), ids=NAMES)
def test_letters_of_a_scheme_are_true(entry: registry.Entry, tmp_path: Path) -> None:
    scheme, moment = registry.load(entry), moments(entry)[-1]
    year = moment if isinstance(moment, int) else moment.year
    ingested = ingest(subject_ids="local", intake_on=date(year + 3, 1, 1), **tables(scheme, year, 0, COUNT))
    write_snapshot(ingested, tmp_path / "snapshot")
    when: dict[str, Any] = {"period": moment} if isinstance(moment, int) else {"as_of": moment.isoformat()}
    grading = grade(read_snapshot(tmp_path / "snapshot"), entry.scheme, max_rejected=10**9, **when)
    grading.write(tmp_path / "grading")
    codes = re.compile(r"(?<![\w-])(" + "|".join(map(re.escape, codes_of(scheme) or {"no code"})) + r")(?![\w-])")
    opened = date.fromisoformat(str(grading.manifest["known_at"])) + timedelta(days=1)
    with Database(tmp_path / "s.store") as store:
        log = Log(store)
        (run,) = keep(store, log, tmp_path / "grading", tmp_path / "snapshot", by="li.na", check=False)
        snapshot = snapshot_of(run)
        for explanation in two_of([explain(grading, row["subject_id"]) for row in grading.grades.to_pylist()]):
            records = [basis.record_id for decider in explanation.deciders for basis in decider.basis][:1]
            grounds = [Ground("facts_wrong", record) for record in records] or [Ground("rule_misapplied", WHOLE)]
            case = open_case(log, run, snapshot, explanation.subject_id, grounds, by="wang.wei", on=opened)
            ruling = Ruling({ground.record_id: "uphold" for ground in grounds}, "查实", ("R2014A 20",), {})
            on_bench = bench(store, [snapshot])
            case = decide(log, on_bench, weigh(log, on_bench, case.case_id, ruling, by="zhang.min", on=opened))
            data = dossier(store, case, snapshot, on=opened, weighed=False)
            for lang in LANGS:
                text = str(letter(data, lang, document_no="1", on=str(opened), office="局"))
                assert read_letter(text) == [], text
                assert not codes.search(text), text
                for decider in explanation.deciders:
                    assert flat(say(decider.label, lang)) in flat(text), text
                    assert flat(say(decider.cited, lang)) in flat(text), text
                    for basis in decider.basis[:6]:
                        assert basis.record_id in text, text
