"""`creditscore act`: commands made from declarations, and an office's own workflow from its file to its last step."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from creditscore.cli.act import read_corrected, read_json, read_pairs, read_value
from creditscore.cli.main import app
from creditscore.core.errors import InputError, NotAllowed, SchemeError, StoreError, UsageError
from creditscore.store.context import Refused
from creditscore.store.declarations import WORKFLOWS
from creditscore.store.machine import Stale
from tests.cli.promises import FIRM, Office, call, write_promise

pytestmark = pytest.mark.usefixtures("pages_in_chinese")


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(str(tmp_path / "credit.db"), tmp_path)


def test_every_act_of_every_workflow_is_a_command_with_what_it_is_given() -> None:
    listed = call("act", "--help")
    for workflow in WORKFLOWS.load():
        assert f"  {workflow.workflow} " in listed
        acts = call("act", workflow.workflow, "--help")
        for name, rule in workflow.acts.items():
            assert f"  {name.replace('_', '-')} " in acts
            shown = call("act", workflow.workflow, name.replace("_", "-"), "--help")
            for given in (*rule.give, *rule.may):
                option = "document" if given == "document_no" else given.replace("_", "-")
                assert f"--{option} " in shown.replace("/--no-", " --no-")
        assert "  correct " in acts
        assert "  upgrade " in acts


def test_a_workflow_of_the_documentation_runs_from_its_file_to_its_end(store_url: str, tmp_path: Path) -> None:
    office = Office(store_url, tmp_path)
    assert "promise/7  已提交" in office.give()
    with pytest.raises(NotAllowed, match="second person"):
        office.act("accept", "7", on="2026-03-03")
    assert "期限 2026-05-03" in office.act("accept", "promise/7", by="zhang.min", on="2026-03-03")
    office.act("supply", "7", "--number", "1", "--name", "plan", on="2026-03-04")
    ended = office.act("check", "7", "--no-kept", "--result", "nothing built", by="zhang.min", on="2026-03-05")
    assert "未履行" in ended
    assert "待办" not in ended
    shown = call("store", "show", "--store", store_url, "promise/7")
    assert "2 accepted  2026-03-03  zhang.min (reviewer)" in shown
    assert max(map(len, shown.splitlines())) <= 80
    assert "0 faults" in call("store", "verify", "--store", store_url, code=7)


def test_a_preview_writes_nothing_and_is_confirmed_by_its_hash(office: Office) -> None:
    office.give()
    accept = ("accept", "7", "--json")
    plan = json.loads(office.act(*accept, "--preview", by="zhang.min", on="2026-03-03"))
    assert plan["events"][0]["set"]["check_by"] == "2026-05-03"
    assert "尚未写入任何内容" in office.act("accept", "7", "--preview", by="zhang.min", on="2026-03-03")
    with pytest.raises(Stale, match="not what was shown"):
        office.act(*accept, "--as-shown", "0" * 64, by="zhang.min", on="2026-03-03")
    with pytest.raises(Stale):  # somebody else would confirm
        office.act(*accept, "--as-shown", plan["digest"], by="sun.li", on="2026-03-03")
    accepted = json.loads(office.act(*accept, "--as-shown", plan["digest"], by="zhang.min", on="2026-03-03"))
    assert accepted["state"] == "accepted"
    with pytest.raises(Refused, match="cannot follow"):
        office.act(*accept, "--as-shown", plan["digest"], by="zhang.min", on="2026-03-03")


def test_what_is_stale_is_shown_again(office: Office) -> None:
    office.give()
    words = ("act", "promise", "accept", "7", "--store", office.address, "--by", "zhang.min", "--on", "2026-03-03")
    plan = json.loads(call(*words, "--preview", "--json"))
    office.act("correct", "7", "--number", "1", "--to", "matter=moving", "--reason", "misread", by="sun.li")
    stale = CliRunner().invoke(app, [*words, "--as-shown", plan["digest"]], standalone_mode=False)
    assert isinstance(stale.exception, Stale)
    digest = re.findall("[0-9a-f]{64}", stale.stdout)[-1]  # of what it would be now
    assert digest != plan["digest"]
    assert json.loads(call(*words, "--as-shown", digest, "--json"))["state"] == "accepted"


def test_a_step_is_corrected_and_a_case_upgraded(office: Office, tmp_path: Path) -> None:
    office.give()
    words = ("--to", "matter=moving", "--to", "missing=plan", "--to", "on=2026-03-01", "--reason", "misread")
    corrected = json.loads(office.act("correct", "7", "--number", "1", *words, "--json", by="zhang.min"))
    assert (corrected["matter"], corrected["missing"], corrected["given_on"]) == ("moving", ["plan"], "2026-03-01")
    newer = tmp_path / "2.yaml"
    newer.write_text(
        write_promise(tmp_path).read_text(encoding="utf-8").replace("version: 1", "version: 2"), encoding="utf-8"
    )
    with pytest.raises(UsageError, match="promise/1 is declared here already"):
        call("workflow", "declare", str(write_promise(tmp_path)), "--store", office.address, "--by", "wang.fang")
    call("workflow", "declare", str(newer), "--store", office.address, "--by", "wang.fang")
    office.act("upgrade", "7", "--reason", "rules of 2026", by="wang.fang", on="2026-03-03")
    assert "promise/7" in call("store", "show", "--store", office.address, "promise/7")


def test_a_refusal_is_said_in_the_language_that_is_asked_for(office: Office) -> None:
    given = ("--id", "9", "--subject", FIRM, "--matter", "m", "--missing", "plan")
    office.act("give", *given)
    office.act("accept", "9", by="zhang.min", on="2026-03-03")
    with pytest.raises(Refused, match="lease不在欠缺之列"):
        office.act("supply", "9", "--number", "1", "--name", "lease", on="2026-03-04")
    with pytest.raises(Refused, match="lease was not missing"):
        office.act("supply", "9", "--number", "1", "--name", "lease", "--lang", "en", on="2026-03-04")
    shown = call("store", "show", "--store", office.address, "promise/9", "--lang", "en")
    assert "promise/9  accepted" in shown


def test_what_cannot_be_read_is_refused_with_what_would_be(office: Office, tmp_path: Path) -> None:
    office.give()
    with pytest.raises(UsageError, match="'2026-02-30' is not a day"):
        office.act("accept", "7", by="zhang.min", on="2026-02-30")
    with pytest.raises(UsageError, match="no case promise/8"):
        office.act("accept", "8", by="zhang.min")
    with pytest.raises(UsageError, match="is no pair"):
        office.act("correct", "7", "--number", "1", "--to", "moving", "--reason", "r", by="zhang.min")
    with pytest.raises(InputError, match="line 1, column 2"):
        office.act("correct", "7", "--number", "1", "--to", "missing=[plan", "--reason", "r", by="zhang.min")
    with pytest.raises(UsageError, match="'--3' is no number"):
        office.act("correct", "7", "--number", "--3", "--to", "matter=m", "--reason", "r", by="zhang.min")
    with pytest.raises(UsageError, match="no address of a store"):
        call("queue", "list", "--store", "postgresql+psycopg://h:port/x")
    with pytest.raises(StoreError, match="there is no store"):
        call("act", "objection", "letter", "1", *_letter(), "--store", str(tmp_path / "none.db"))
    file = tmp_path / "listing.yaml"
    text = write_promise(tmp_path).read_text(encoding="utf-8")
    file.write_text(text.replace("workflow: promise", "workflow: listing").replace("promise/{", "listing/{"), "utf-8")
    with pytest.raises(UsageError, match="ships with creditscore"):
        call("workflow", "declare", str(file), "--store", office.address, "--by", "wang.fang")
    file.write_text("workflow: listing\nstates: [", encoding="utf-8")
    with pytest.raises(SchemeError):
        call("workflow", "check", str(file))


def _letter() -> tuple[str, ...]:
    return ("--document", "1", "--content", "c", "--on", "2026-03-02", "--by", "li.na")


def test_a_workflow_that_needs_functions_is_not_declared_without_them(office: Office, tmp_path: Path) -> None:
    file = write_promise(tmp_path)
    text = file.read_text(encoding="utf-8").replace("workflow: promise", "workflow: vow")
    text = text.replace("promise/{", "vow/{").replace("fields:", "facts: vow.read\nfields:", 1)
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"names functions that are not registered here: vow\.read"):
        call("workflow", "declare", str(file), "--store", office.address, "--by", "wang.fang")


@pytest.mark.parametrize(
    "changes",
    [
        {"promise": "task_open"},
        {"promise": "event_subject"},
        {"promise": "sqlite_own"},
        {"promise": "vow", "papers": "subject"},
    ],
)
def test_a_declaration_without_tables_never_closes_a_store(
    office: Office, tmp_path: Path, changes: dict[str, str]
) -> None:
    text = write_promise(tmp_path).read_text(encoding="utf-8")
    fields, rest = text.partition("parts:")[::2]
    for old, new in changes.items():
        fields, rest = fields.replace(old, new), rest.replace(old, new)
    file = tmp_path / "own.yaml"
    file.write_text(f"{fields}parts:{rest}", encoding="utf-8")
    with pytest.raises(UsageError, match="no tables can be made"):
        call("workflow", "declare", str(file), "--store", office.address, "--by", "wang.fang")
    office.give()


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("give: {kept: yes_no", "give: {'a b': text, kept: yes_no", "'a b' is no name"),
        ("give: {kept: yes_no", "give: {json: text, kept: yes_no", "json cannot be"),
        ("give: {kept: yes_no", "give: {no_kept: text, kept: yes_no", "no_kept cannot be"),
        ("give: {kept: yes_no", "may: {kept: text}\n    give: {kept: yes_no", "kept must be given already"),
        ("  supply:\n", "  --help:\n", "'--help' is no name"),
        ('stream: "promise/', 'stream: "other/', "begins with promise/"),
    ],
)
def test_names_that_are_none_are_faults(tmp_path: Path, old: str, new: str, fault: str) -> None:
    file = write_promise(tmp_path)
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(SchemeError, match=fault):
        call("workflow", "check", str(file))


def test_a_field_keeps_its_type_in_later_versions(office: Office, tmp_path: Path) -> None:
    text = write_promise(tmp_path).read_text(encoding="utf-8").replace("version: 1", "version: 2")
    file = tmp_path / "2.yaml"
    file.write_text(text.replace("fields: {matter: text", "fields: {matter: data"), encoding="utf-8")
    with pytest.raises(UsageError, match="matter: an earlier version of promise declares another type"):
        call("workflow", "declare", str(file), "--store", office.address, "--by", "wang.fang")


def test_corrections_are_read_by_the_types_of_their_act() -> None:
    types = {"dates": "days", "missing": "texts", "copies": "number", "kept": "yes_no", "lines": "rows"}
    texts = ["dates=a=2026-03-02;b=2026-03-04", "missing=plan; lease", "copies=-3", "kept=no", "lines=a=1;b=2", "x=1;2"]
    assert read_corrected(types, texts) == {
        "dates": {"a": "2026-03-02", "b": "2026-03-04"},
        "missing": ["plan", "lease"],
        "copies": -3,
        "kept": False,
        "lines": [{"a": "1", "b": "2"}],
        "x": "1;2",
    }
    for number in ("9" * 19, "1_000", "٣", "1.0", "--3"):
        with pytest.raises(UsageError, match="is no number"):
            read_value("number", number, "--copies")


def test_cases_go_on_by_command_under_their_own_version(office: Office, tmp_path: Path) -> None:
    office.give()
    text = write_promise(tmp_path).read_text(encoding="utf-8").replace("version: 1", "version: 2")
    text = text.replace("give: {kept: yes_no, result: text}", "give: {kept: yes_no, score: number}")
    text = text.replace("set: {result: given.result}", "set: {result: text(given.score)}")
    file = tmp_path / "2.yaml"
    file.write_text(text, encoding="utf-8")
    call("workflow", "declare", str(file), "--store", office.address, "--by", "wang.fang")
    office.give("8")
    for number, given in (("7", ("--result", "built")), ("8", ("--score", "3"))):
        office.act("accept", number, by="zhang.min", on="2026-03-03")
        assert "已履行" in office.act("check", number, "--kept", *given, by="zhang.min", on="2026-03-05")
    office.give("9")
    office.act("accept", "9", by="zhang.min", on="2026-03-03")
    with pytest.raises(UsageError, match="Field required"):
        office.act("check", "9", "--kept", "--result", "built", by="zhang.min", on="2026-03-05")


def test_values_of_every_type_are_read() -> None:
    assert read_value("words", ["r1=withdrawn", "r2=stands = yes"], "--findings") == {
        "r1": "withdrawn",
        "r2": "stands = yes",
    }
    assert read_value("days", [], "--dates") is None
    rows = read_value("rows", ["ground=wrong_record; record_id=R1", '[{"ground": "other"}]'], "--grounds")
    assert rows == [{"ground": "wrong_record", "record_id": "R1"}, {"ground": "other"}]
    assert read_value("data", '{"a": 1}', "--changes") == {"a": 1}
    assert read_value("text", FIRM, "--subject") == FIRM
    with pytest.raises(UsageError, match="names 'a' twice"):
        read_pairs(["a=1", "a=2"], "--findings")
    with pytest.raises(InputError, match="nested too deeply"):
        read_json("[" * 5000, "--changes")


def test_json_is_read_from_a_file_too(tmp_path: Path) -> None:
    file = tmp_path / "changes.json"
    file.write_text('{"R1": {"amount": "5"}}', encoding="utf-8")
    assert read_json(f"@{file}", "--changes") == {"R1": {"amount": "5"}}
    with pytest.raises(InputError, match="not found"):
        read_json(f"@{tmp_path / 'none.json'}", "--changes")


def test_the_store_may_be_named_by_the_environment(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CREDITSCORE_STORE", office.address)
    given = ("--id", "9", "--subject", FIRM, "--matter", "m", "--missing", "plan", "--by", "li.na")
    assert "promise/9" in call("act", "promise", "give", *given, "--on", "2026-03-02")
    assert "promise/9" in call("queue", "list")
