"""A reviewer's case on a log of events, by commands alone: worked, told by a letter, and carried in a packet."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import DifferenceError, StoreError, UsageError
from creditscore.evidence.packet.files import write_packet
from creditscore.evidence.packet.form import assembled
from creditscore.evidence.packet.results import compute
from tests.cli.promises import call
from tests.graded import Graded

pytestmark = pytest.mark.usefixtures("pages_in_chinese")

BODIES = ("--review-body", "示范市人民政府", "--court", "示范区人民法院")
CASE = "C2023-0001"


@dataclass(frozen=True)
class Desk:
    """A store with a kept run, and a subject with two counted records."""

    address: str
    run: str
    subject: str
    first: str
    second: str

    def act(self, act: str, *words: str, by: str = "wang.wei", on: str = "2023-05-04") -> str:
        return call("act", "objection", act, *words, "--store", self.address, "--by", by, "--on", on)

    def open(self) -> None:
        grounds = (f"ground=facts_wrong;record_id={self.first};statement=按期申报，电话13800138000",)
        grounds += (f"ground=already_corrected;record_id={self.second}",)
        given = [word for ground in grounds for word in ("--grounds", ground)]
        self.act("open", "--subject", self.subject, "--run", self.run, *given)

    def decide(self) -> None:
        findings = ("--findings", f"{self.first}=withdraw", "--findings", f"{self.second}=uphold")
        given = (*findings, "--reason", "查实", "--articles", "R2014B 010101")
        self.act("decide", CASE, *given, by="zhang.min", on="2023-05-09")

    def case(self, command: str, *words: str) -> str:
        return call("case", command, *words, "--store", self.address)


@pytest.fixture
def desk(store_url: str, graded: Graded, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.setenv("CREDITSCORE_ARCHIVE", str(tmp_path / "archive"))
    call("store", "create", "--store", store_url)
    keeping = (str(graded.grading), "--snapshot", str(graded.snapshot), "--store", store_url, "--by", "li.na")
    call("archive", "add", *keeping, "--no-check")
    counted: dict[str, list[str]] = {}
    for row in pq.read_table(graded.grading / "ledger.parquet").to_pylist():
        if row["step"] == "record" and row["reason"] == "counted" and row["effective"] < 0:
            counted.setdefault(row["subject_id"], []).append(row["record_id"])
    subject, records = next((name, own) for name, own in sorted(counted.items()) if len(own) >= 3)
    run = json.loads((graded.grading / "manifest.json").read_text(encoding="utf-8"))["run_id"]
    return Desk(store_url, run, subject, *sorted(records)[:2])


def test_a_case_from_opening_to_letter(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    asked = ("--department", "征收科", "--text", "是否按期？", "--due", "2023-05-08")
    desk.act("ask", CASE, *asked, on="2023-05-05")
    for lang, words in (("zh", ("等待有关部门答复", "异议处理中")), ("en", ("waiting for an answer", "disputed"))):
        shown = desk.case("show", CASE, "--lang", lang)
        assert all(word in shown for word in (*words, desk.first, desk.second, "征收科", "wang.wei"))
    data = json.loads(desk.case("show", CASE, "--json"))
    assert [row["record_id"] for row in data["merits"]] == [desk.first, desk.second, ""]
    assert "13800138000" not in json.dumps(data)
    due = desk.case("due", "--on", "2023-05-13")
    assert "2023-05-08  C2023-0001  等待答复  征收科  已逾期" in due
    assert "未办结 2 件，逾期 2 件" in due
    assert json.loads(desk.case("due", "--on", "2023-05-03", "--json")) == []  # as it stood then
    desk.act("answer", CASE, "--question", "1", "--text", "有误", on="2023-05-08")
    desk.decide()
    assert "出具告知书" in desk.case("due", "--on", "2023-05-09")
    shown = json.loads(desk.case("show", CASE, "--json"))
    decision = shown["decision"]
    assert (decision["by"], shown["kept_by"], shown["opened_by"]) == ("zhang.min", "li.na", "wang.wei")
    assert decision["after"]["score"] > decision["before"]["score"]
    (own,) = decision["follows"]["changes"]
    assert own["own"]
    letter = ("--out", str(tmp_path / "letter"), "--document", "12", "--office", "信用办", *BODIES)
    written = desk.case("letter", CASE, *letter, "--by", "zhang.min", "--on", "2023-05-10")
    assert "撤销，不再作为评价依据" in written
    assert "征收科，2023年5月8日：有误" in written
    assert "六十日内向示范市人民政府申请行政复议" in written
    assert not re.search(r"li\.na|zhang\.min|wang\.wei", (tmp_path / "letter" / "letter.json").read_text("utf-8"))
    assert desk.case("due", "--on", "2023-05-10").strip() == "截至 2023年5月10日，未办结 0 件，逾期 0 件"
    assert "0 faults" in call("store", "verify", "--store", desk.address, code=7)


def test_decided_events_are_exported_as_rows_of_the_record_log(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.decide()
    out = tmp_path / "events.parquet"
    assert "5 events" in desk.case("events", "--out", str(out))
    rows = pq.read_table(out).to_pylist()
    assert {(row["record_id"], row["event"]) for row in rows} == {
        *((record, kind) for record in (desk.first, desk.second) for kind in ("disputed", "dispute_resolved")),
        (desk.first, "withdrawn"),
    }
    assert "2 events" in desk.case("events", "--out", str(out), "--known-at", "2023-05-04")


@pytest.mark.slow
def test_a_packet_proves_that_its_decision_stands_in_the_log(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    out, note = tmp_path / "packet", tmp_path / "note.txt"
    built = ("packet", "build", CASE, "--store", desk.address, "--out", str(out))
    call(*built)
    assert "(objection.opened)" in call("packet", "verify", str(out))
    desk.decide()
    call("store", "checkpoint", "--store", desk.address, "--out", str(note))
    call(*built)
    assert "(objection.decided)" in call("packet", "verify", str(out), "--held", str(note))
    with pytest.raises(DifferenceError, match="no packet with this digest"):
        call("packet", "verify", str(out), "--store", desk.address)
    call(*built, "--by", "zhang.min", "--on", "2023-05-09")
    assert f"case {CASE}" in call("packet", "verify", str(out), "--store", desk.address)
    text = (out / "packet.json").read_text(encoding="utf-8")
    assert not re.search(r"13800138000|li\.na|zhang\.min|wang\.wei", text)
    packet = json.loads(text)
    call("store", "checkpoint", "--store", desk.address, "--out", str(note))
    with pytest.raises(DifferenceError, match="held elsewhere"):  # of a log that has grown since
        call("packet", "verify", str(out), "--held", str(note))
    # made anew with another reason it fits itself, but not what the log proves
    decision = next(row for row in packet["inputs"]["case"] if row["what"] == "decision")
    decision["reason"] = "查无"
    write_packet(assembled(packet["inputs"], compute(packet["inputs"])), out)
    with pytest.raises(DifferenceError, match="1 line"):
        call("packet", "verify", str(out))


@pytest.mark.parametrize(
    ("words", "match"),
    [
        (("case", "show", "C2024-0009"), "there is no objection/C2024-0009"),
        (("case", "due", "--on", "tomorrow"), "is not a day"),
        (("act", "objection", "decide", CASE, "--findings", "x", "--reason", "r"), "findings"),
        (("act", "objection", "decide", CASE, "--findings", "x=uphold", "--reason", "r"), "has no finding"),
    ],
)
def test_mistakes_are_errors_in_words(desk: Desk, words: tuple[str, ...], match: str) -> None:
    desk.open()
    acting = ("--by", "zhang.min", "--on", "2023-05-09") if words[0] == "act" else ()
    with pytest.raises(UsageError, match=match) as exception_info:
        call(*words, "--store", desk.address, *acting)
    assert exception_info.value.allowed or exception_info.value.next


def test_a_case_waits_for_its_letter_where_the_letter_cannot_be_written(desk: Desk, tmp_path: Path) -> None:
    desk.open()
    desk.decide()
    (tmp_path / "a_file").touch()
    letter = ("--out", str(tmp_path / "a_file"), "--document", "12", "--office", "信用办", *BODIES)
    with pytest.raises(UsageError):
        desk.case("letter", CASE, *letter, "--by", "zhang.min", "--on", "2023-05-10")
    assert json.loads(desk.case("show", CASE, "--json"))["state"] == "decided"


def test_a_store_that_is_not_there_says_who_makes_it(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as exception_info:
        call("case", "due", "--store", str(tmp_path / "none.db"), "--on", "2023-05-05")
    assert "store create" in str(exception_info.value)
