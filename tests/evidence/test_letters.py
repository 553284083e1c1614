"""Letters of every route of a case, read by rules: nothing is said to have been done that the store does not hold."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditscore.cascade.preview import bench
from creditscore.core.i18n import LANGS
from creditscore.evidence.case_file import compile_case_file, review_words
from creditscore.evidence.first_papers import read_first_papers
from creditscore.evidence.letter import compose_letter
from creditscore.objections.actions import notify, open_case
from creditscore.objections.case import Case, Ground, case_of
from creditscore.objections.decision import decide, weigh
from creditscore.objections.ruling import Ruling
from creditscore.schemes.laws import load_laws
from creditscore.status.transitions import move
from creditscore.store import Database, Log
from creditscore.store.legacy.archive.runs import KeptRun, keep, snapshot_of
from tests.graded import Graded
from tests.tiers import thinned

D = date
OPENED, DECIDED, WRITTEN = D(2023, 5, 4), D(2023, 5, 9), D(2023, 5, 10)
TOLD = re.compile(
    r"已通知|已告知|已于 ?\S* ?告知|已送达|已公布|已公示|已公告|was told|were told|was asked|was sent|"
    r"was served|was announced|was published|has been|notified"
)
MARKS = [name for mark in review_words()["marks"].values() for name in (mark.zh, mark.en)]
CODES = ("not_graded", "not_computable", "project_default", "evidence:", "None", "{", "}")

# what is decided about each of three records, under which procedure, on which grounds
ROUTES: dict[str, tuple[str, tuple[str, ...]]] = {
    "granted": ("objection", ("withdraw", "withdraw", "withdraw")),
    "refused": ("objection", ("uphold", "uphold", "uphold")),
    "partly": ("objection", ("withdraw", "uphold", "uphold")),
    "corrected": ("objection", ("correct", "uphold", "uphold")),
    "repaired by objection": ("objection", ("repair", "uphold", "uphold")),
    "re-evaluated": ("reevaluation", ("withdraw", "uphold", "correct")),
    "repair granted": ("repair", ("repair", "repair", "repair")),
    "repair refused": ("repair", ("uphold", "uphold", "uphold")),
}


@pytest.fixture(scope="module")
def store_file(graded: Graded, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("letters") / "s.store"
    with Database(path) as store:
        keep(store, Log(store), graded.grading, graded.snapshot, by="li.na", check=False)
    return path


@pytest.fixture
def desk(store_file: Path, tmp_path: Path) -> Iterator[tuple[Log, KeptRun]]:
    copy = tmp_path / "s.store"
    copy.write_bytes(store_file.read_bytes())
    with Database(copy) as store:
        from creditscore.store.legacy.archive.runs import kept_runs

        yield Log(store), kept_runs(store)[0]


def decided_case(log: Log, run: KeptRun, route: str) -> Case:
    procedure, actions = ROUTES[route]
    subject, records = log.store.rows(
        "SELECT subject_id, list(record_id ORDER BY record_id) FROM run_ledger WHERE step = 'record'"
        " AND reason = 'counted' AND effective < 0 GROUP BY subject_id HAVING count(*) >= 3 ORDER BY subject_id"
    )[0]
    ground = "apply_repair" if procedure == "repair" else "facts_wrong"
    snapshot = snapshot_of(run)
    case = open_case(
        log,
        run,
        snapshot,
        subject,
        [Ground(ground, record) for record in records[:3]],
        by="wang.wei",
        on=OPENED,
        procedure=procedure,
    )
    findings = dict(zip(records, actions, strict=False))
    changes = {record: {"corrected_on": "2023-04-30"} for record, action in findings.items() if action == "correct"}
    on_bench = bench(log.store, [snapshot])
    ruling = Ruling(findings, "查实", ("R2014A 20", "R2015A", "R2014B 010101"), changes)
    return decide(log, on_bench, weigh(log, on_bench, case.case_id, ruling, by="zhang.min", on=DECIDED))


# before and after the grade is announced; CI sees every route once, the quick tier half of them, both days among them
ANNOUNCED = [(route, bool(k // 2 % 2) != other) for k, route in enumerate(ROUTES) for other in (False, True)]


@pytest.mark.parametrize(("route", "announced"), thinned(ANNOUNCED, 4, in_ci=2))
def test_a_letter_says_nothing_that_the_store_does_not_hold(
    desk: tuple[Log, KeptRun], route: str, announced: bool
) -> None:
    log, run = desk
    if announced:
        move(log, run, "announce", by="chen.jie", on=D(2023, 4, 25))
    case = decided_case(log, run, route)
    papers = read_first_papers(log.store, case)
    data: dict[str, Any] = compile_case_file(papers, snapshot_of(run), on=WRITTEN, weighed=False)
    assert {step["status"] for step in data["life"]} <= ({"announced", "superseded"} if announced else set())
    for lang in LANGS:
        text = str(compose_letter(data, lang, document_no="1", on=str(WRITTEN), office="局"))
        assert read_letter(text) == []
        assert not re.search(r"[。；] |不再计分", text)
        assert data["decision"]["after"]["words"][lang] in text
        assert lang == "en" or not re.search(r"\d{4}-\d\d-\d\d", text), "days in letters have the Chinese form"
        for sentence in data["decision"]["after"]["decided_by"][lang]:
            assert sentence in text
        assert ("评价结果公布后" in text or "Once the grade is announced" in text) <= (not announced)
    notify(log, case.case_id, by="zhang.min", on=WRITTEN, document_no="1", content_hash="sha256:0")
    assert case_of(log.store, case.case_id).state == "closed"


@pytest.mark.parametrize(("action", "offered"), [("withdraw", False), ("uphold", True)])
@pytest.mark.slow
def test_repair_is_offered_only_where_something_can_be_repaired(
    desk: tuple[Log, KeptRun], action: str, offered: bool
) -> None:
    log, run = desk
    subject, record = log.store.rows(
        "SELECT subject_id, any_value(record_id) FROM run_ledger WHERE step = 'record' GROUP BY subject_id"
        " HAVING count(*) = 1 AND any_value(reason) = 'counted' AND any_value(effective) < 0 ORDER BY subject_id"
    )[0]
    snapshot = snapshot_of(run)
    case = open_case(log, run, snapshot, subject, [Ground("facts_wrong", record)], by="wang.wei", on=OPENED)
    on_bench = bench(log.store, [snapshot])
    ruling = Ruling({record: action}, "查实", ("R2014A 20",), {})
    case = decide(log, on_bench, weigh(log, on_bench, case.case_id, ruling, by="zhang.min", on=DECIDED))
    data: dict[str, Any] = compile_case_file(read_first_papers(log.store, case), snapshot, on=WRITTEN, weighed=False)
    letters = {lang: str(compose_letter(data, lang, document_no="1", on=str(WRITTEN), office="局")) for lang in LANGS}
    assert ("可以申请纳税信用修复" in letters["zh"]) == offered
    assert ("repair can be applied for" in letters["en"]) == offered
    assert "可以申请纳税信用复评" in letters["zh"]  # what may be objected to stays


def read_letter(text: str) -> list[str]:
    """What a letter must not say: acts that nobody did, evidence marks, ids of laws, codes."""
    faults = [f"told: {sentence}" for sentence in TOLD.findall(text)]
    faults += [f"mark: {mark}" for mark in MARKS if mark in text]
    faults += [
        f"law: {key}" for key in load_laws() if re.search(rf"(?<![A-Za-z0-9]){re.escape(key)}(?![A-Za-z0-9])", text)
    ]
    faults += [f"code: {code}" for code in CODES if code in text]
    faults += [f"scheme: {name}" for name in re.findall(r"\b[a-z_/]+@[0-9-]+", text)]
    return faults


def test_the_reader_finds_what_it_looks_for() -> None:
    text = "已通知主管部门办理；R2014A 20（凭记忆，未核对）；tax@2014：not_graded"
    assert len(read_letter(text)) == 5
