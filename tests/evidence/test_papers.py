"""The papers of a case on a log: the life of its grade, what else the decision changed, and what was erased."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from creditscore.core.errors import UsageError
from creditscore.core.i18n import LANGS
from creditscore.evidence.case_file import compile_case_file
from creditscore.evidence.letter import compose_letter
from creditscore.evidence.papers import read_papers
from creditscore.objections.cases import read_cases
from creditscore.office import open_office
from creditscore.store.archive.runs import keep_grading, snapshot_of
from creditscore.store.erasure import erase_stream
from creditscore.store.store import Store
from tests.evidence.test_letters import ROUTES, read_letter
from tests.graded import Graded
from tests.tiers import thinned

OPENED, DECIDED, WRITTEN = "2023-05-04", "2023-05-09", "2023-05-10"


@pytest.fixture
def store(store_url: str, tmp_path: Path, graded: Graded) -> Iterator[Store]:
    with open_office(store_url, archive=tmp_path / "archive") as opened:
        keep_grading(opened, graded.grading, graded.snapshot, by="li.na", check=False)
        yield opened


def open_case(store: Store, procedure: str = "objection", ground: str = "facts_wrong") -> tuple[str, list[str]]:
    """Open a case on three records of the first organisation that has as many."""
    (row,) = store.rows("run")
    run = store.read(row["stream"])
    counted: dict[str, list[str]] = {}
    for entry in store.archive.read(run.fields["files"]["ledger"]).to_pylist():
        if entry["step"] == "record" and entry["reason"] == "counted" and entry["effective"] < 0:
            counted.setdefault(entry["subject_id"], []).append(entry["record_id"])
    subject, records = next((name, sorted(own)[:3]) for name, own in sorted(counted.items()) if len(own) >= 3)
    grounds = [{"ground": ground, "record_id": record} for record in records]
    given = {"subject": subject, "run": run.name.removeprefix("run/"), "grounds": grounds, "procedure": procedure}
    return store.act("objection", "open", by="wang.wei", on=OPENED, **given).name, records


def decide(store: Store, name: str, findings: dict[str, str]) -> None:
    changes = {record: {"corrected_on": "2023-04-30"} for record, action in findings.items() if action == "correct"}
    given = {"findings": findings, "reason": "查实", "articles": ["R2014A 20"], "changes": changes}
    store.act("objection", "decide", name, by="zhang.min", on=DECIDED, **given)


def announce(store: Store) -> None:
    """Announce the grades of the kept run."""
    (row,) = store.rows("run")
    store.act("status", "open", by="li.na", on="2023-01-02", scheme="tax", period="2022")
    given = {"by": "chen.jie", "on": "2023-04-25", "run": row["stream"].removeprefix("run/")}
    store.act("status", "announce", "status/tax.2022", **given)


@pytest.mark.parametrize("route", thinned(list(ROUTES), 4, in_ci=2))
def test_a_letter_says_nothing_that_the_log_does_not_hold(store: Store, route: str) -> None:
    announce(store)
    procedure, actions = ROUTES[route]
    name, records = open_case(store, procedure, "apply_repair" if procedure == "repair" else "facts_wrong")
    decide(store, name, dict(zip(records, actions, strict=True)))
    papers = read_papers(store, name)
    assert [(step.status, step.on) for step in papers.life] == [("announced", "2023-04-25")]
    assert (papers.keeper, papers.case.opened_by, papers.asked) == ("li.na", "wang.wei", {procedure})
    data = compile_case_file(papers, snapshot_of(papers.run), on=date(2023, 5, 10), weighed=False)
    for lang in LANGS:
        text = str(compose_letter(data, lang, document_no="1", on=WRITTEN, office="局"))
        assert read_letter(text) == []
        assert data["decision"]["after"]["words"][lang] in text
        assert "评价结果公布后" not in text


def test_a_case_is_read_as_it_stood_on_a_day(store: Store) -> None:
    name, records = open_case(store)
    decide(store, name, dict.fromkeys(records, "uphold"))
    assert read_cases(store, date(2023, 5, 3)) == []
    assert [case.state for case in read_cases(store, date(2023, 5, 8))] == ["open"]
    (case,) = read_cases(store, date(2023, 5, 9))
    assert (case.state, case.records) == ("decided", tuple(records))
    assert read_papers(store, case.case_id).follows["changes"] == []


def test_an_erased_case_is_told_as_such(store: Store) -> None:
    name, records = open_case(store)
    decide(store, name, dict.fromkeys(records, "uphold"))
    erase_stream(store, name, reason="its time is over", by="chen.jie")
    with pytest.raises(UsageError, match="was erased"):
        read_papers(store, name)
    assert read_cases(store, date(2023, 5, 9)) == []
