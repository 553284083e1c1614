"""Letters of every route of a case, read by rules: nothing is said to have been done that the store does not hold."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from creditscore.core.errors import UsageError
from creditscore.core.i18n import LANGS, catalogue
from creditscore.evidence.case_file import compile_case_file
from creditscore.evidence.letter import compose_letter, letter_text, write_letters
from creditscore.evidence.papers import read_papers
from creditscore.office.opening import Store
from creditscore.schemes.laws import load_laws
from creditscore.store.archive.runs import snapshot_of
from tests.graded import Graded
from tests.tiers import thinned

OPENED, DECIDED, WRITTEN = "2023-05-04", "2023-05-09", "2023-05-10"
WRITTEN_DAY = date(2023, 5, 10)
BODIES = {"review_body": "示范市人民政府", "court": "示范区人民法院"}
TOLD = re.compile(
    r"已通知|已告知|已于 ?\S* ?告知|已送达|已公布|已公示|已公告|was told|were told|was asked|was sent|"
    r"was served|was announced|was published|has been|notified"
)
MARKS = [str(text) for mark in catalogue()["case_marks"].values() for text in mark.values()]
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


@pytest.fixture
def store(store_url: str, tmp_path: Path, graded: Graded) -> Iterator[Store]:
    with Store(store_url, archive=tmp_path / "archive") as opened:
        opened.keep(graded.grading, graded.snapshot, by="li.na", check=False)
        yield opened


def list_counted(store: Store) -> dict[str, list[str]]:
    """The records of each organisation that cost points in the kept run."""
    (run,) = store.runs()
    counted: dict[str, list[str]] = {}
    for row in store.archive.read(run.files["ledger"]).to_pylist():
        if row["step"] == "record" and row["reason"] == "counted" and row["effective"] < 0:
            counted.setdefault(row["subject_id"], []).append(row["record_id"])
    return {subject: sorted(records) for subject, records in sorted(counted.items())}


def announce(store: Store) -> None:
    """Announce the grades of the kept run."""
    (run,) = store.runs()
    store.act("status", "open", by="li.na", on="2023-01-02", scheme="tax", period="2022")
    store.act("status", "announce", "status/tax.2022", by="chen.jie", on="2023-04-25", run=run.run_id)


def open_case(store: Store, subject: str, records: list[str], ground: str = "facts_wrong", **more: str) -> str:
    """Open a case on records of an organisation."""
    (run,) = store.runs()
    grounds = [{"ground": ground, "record_id": record} for record in records]
    given = {"subject": subject, "run": run.run_id, "grounds": grounds, **more}
    return store.act("objection", "open", by="wang.wei", on=OPENED, **given).name


def open_route(store: Store, procedure: str) -> tuple[str, list[str]]:
    """Open a case on three records of the first organisation that has as many."""
    subject, records = next((name, own[:3]) for name, own in list_counted(store).items() if len(own) >= 3)
    ground = "apply_repair" if procedure == "repair" else "facts_wrong"
    return open_case(store, subject, records, ground, procedure=procedure), records


def decide(store: Store, name: str, findings: dict[str, str]) -> None:
    changes = {record: {"corrected_on": "2023-04-30"} for record, action in findings.items() if action == "correct"}
    given = {"findings": findings, "reason": "查实", "articles": ["R2014A 20", "R2015A", "R2014B 010101"]}
    store.act("objection", "decide", name, by="zhang.min", on=DECIDED, changes=changes, **given)


# before and after the grade is announced; CI sees every route once, the quick tier half of them, both days among them
ANNOUNCED = [(route, bool(k // 2 % 2) != other) for k, route in enumerate(ROUTES) for other in (False, True)]


@pytest.mark.parametrize(("route", "announced"), thinned(ANNOUNCED, 4, in_ci=2))
def test_a_letter_says_nothing_that_the_store_does_not_hold(store: Store, route: str, announced: bool) -> None:
    if announced:
        announce(store)
    procedure, actions = ROUTES[route]
    name, records = open_route(store, procedure)
    decide(store, name, dict(zip(records, actions, strict=True)))
    papers = read_papers(store, name)
    assert [(step.status, step.on) for step in papers.life][:1] == [("announced", "2023-04-25")] * announced
    assert (papers.keeper, papers.case.opened_by, papers.asked) == ("li.na", "wang.wei", {procedure})
    data: dict[str, Any] = compile_case_file(papers, snapshot_of(papers.run), on=WRITTEN_DAY, weighed=False)
    assert {step["status"] for step in data["life"]} <= ({"announced", "superseded"} if announced else set())
    for lang in LANGS:
        text = letter_text(compose_letter(data, lang, document_no="1", on=WRITTEN, office="局", **BODIES))
        assert read_letter(text) == []
        assert not re.search(r"[。；] |不再计分", text)
        assert data["decision"]["after"]["words"][lang] in text
        assert lang == "en" or not re.search(r"\d{4}-\d\d-\d\d", text), "days in letters have the Chinese form"
        for sentence in data["decision"]["after"]["decided_by"][lang]:
            assert sentence in text
        assert ("评价结果公布后" in text or "Once the grade is announced" in text) <= (not announced)
    store.act("objection", "letter", name, by="zhang.min", on=WRITTEN, document_no="1", content="sha256:0")
    assert store.read(name).state == "closed"


@pytest.mark.parametrize(("action", "offered"), [("withdraw", False), ("uphold", True)])
@pytest.mark.slow
def test_repair_is_offered_only_where_something_can_be_repaired(store: Store, action: str, offered: bool) -> None:
    (run,) = store.runs()
    ledger = [row for row in store.archive.read(run.files["ledger"]).to_pylist() if row["step"] == "record"]
    rows = Counter(row["subject_id"] for row in ledger)
    subject, records = next(
        (subject, own) for subject, own in list_counted(store).items() if rows[subject] == len(own) == 1
    )
    name = open_case(store, subject, records)
    decide(store, name, {records[0]: action})
    data = compile_case_file(read_papers(store, name), snapshot_of(run), on=WRITTEN_DAY, weighed=False)
    letters = {
        lang: letter_text(compose_letter(data, lang, document_no="1", on=WRITTEN, office="局", **BODIES))
        for lang in LANGS
    }
    assert ("可以申请纳税信用修复" in letters["zh"]) == offered
    assert ("repair can be applied for" in letters["en"]) == offered
    assert "可以申请纳税信用复评" in letters["zh"]  # what may be objected to stays


@pytest.fixture
def refused(store: Store) -> dict[str, Any]:
    """The case of a repair that was refused, as data."""
    name, records = open_route(store, "repair")
    decide(store, name, dict.fromkeys(records, "uphold"))
    papers = read_papers(store, name)
    return compile_case_file(papers, snapshot_of(papers.run), on=WRITTEN_DAY, weighed=False)


def test_a_decision_against_the_addressee_tells_of_review_and_suit(refused: dict[str, Any]) -> None:
    given = {"document_no": "1", "office": "局"}
    told = letter_text(compose_letter(refused, "zh", on=WRITTEN, **given, **BODIES))
    assert "自收到本决定之日起六十日内向示范市人民政府申请行政复议" in told
    assert "自收到本决定之日起六个月内向示范区人民法院提起行政诉讼" in told
    assert "《中华人民共和国行政复议法》（1999年，2017年修正）第九条" in told
    later = letter_text(compose_letter(refused, "en", on="2024-01-02", **given, **BODIES))
    assert "within 60 days of its receipt by asking 示范市人民政府" in later
    assert "revision of 2023" in later
    assert "六个月" not in letter_text(compose_letter(refused, "zh", on=WRITTEN, **given, remedy="另行告知"))
    for more, fault in (({}, "the office has not said it"), ({"court": "x"}, "tells of the suit too")):
        with pytest.raises(UsageError, match=fault):
            compose_letter(refused, "zh", on=WRITTEN, **given, **more)
    with pytest.raises(UsageError, match="no terms of review and suit"):
        compose_letter(refused, "zh", on="2017-12-30", **given, **BODIES)


def test_a_letter_is_written_as_pages_data_and_word_files(refused: dict[str, Any], tmp_path: Path) -> None:
    given = {"document_no": "评〔2023〕1号", "on": WRITTEN, "office": "示范局"}
    letters = {lang: compose_letter(refused, lang, **given, **BODIES) for lang in LANGS}
    files = write_letters(letters, tmp_path, docx=True)
    forms = [f"letter.{lang}.{form}" for lang in LANGS for form in ("txt", "html", "docx")]
    assert sorted(file.name for file in files) == sorted([*forms, "letter.json"])
    page = (tmp_path / "letter.zh.html").read_text(encoding="utf-8")
    assert (
        page.index("编号：评〔2023〕1号")
        < page.index("不服本决定的")
        < page.index("（印章）")
        < page.index("示范局<br>")
    )
    data = json.loads((tmp_path / "letter.json").read_text(encoding="utf-8"))
    assert data["letter"] == given
    assert data["decision"]["findings"]
    assert not {"opened_by", "kept_by", "letters"} & set(data)
    word: Any = pytest.importorskip("docx").Document(str(tmp_path / "letter.zh.docx"))
    lines = [paragraph.text for paragraph in word.paragraphs]
    assert lines[-3:] == ["（印章）", "示范局", "2023年5月10日"]
    assert any("六十日内向示范市人民政府" in line for line in lines)
    template: Any = pytest.importorskip("docx").Document()
    for line in ("文件 {{number}}", "{{title}}", "致{{to}}", "{{letter}}", "{{office}}", "{{day}}"):
        template.add_paragraph(line)
    template.save(str(tmp_path / "own.docx"))
    write_letters(letters, tmp_path / "own", template=tmp_path / "own.docx")
    word = pytest.importorskip("docx").Document(str(tmp_path / "own" / "letter.zh.docx"))
    lines = [paragraph.text for paragraph in word.paragraphs]
    assert lines[0] == "文件 评〔2023〕1号"
    assert refused["subject_id"] in lines[2]
    assert lines[-2:] == ["示范局", "2023年5月10日"]


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
