"""Declarations of workflows: what they may say, each fault of one, and what is drawn of them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError, StoreDiffers, UsageError
from creditscore.store.context import Registry
from creditscore.store.declarations import WORKFLOWS, Workflow, draw_workflow
from creditscore.store.declaring import read_declaration
from creditscore.store.store import Store
from creditscore.store.values import check_given, check_values
from creditscore.store.verify import verify
from tests.store.helpers import FIRM, FOLDER

DOCS = Path(__file__).parents[2] / "docs" / "workflows.md"
TEXT = (FOLDER / "promise" / "1.yaml").read_text(encoding="utf-8")


def load(text: str, tmp_path: Path, name: str = "promise", version: int = 1) -> Workflow:
    """Load one declaration as the catalogue does."""
    file = tmp_path / name / f"{version}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
    (workflow,) = WORKFLOWS.load(tmp_path)
    return workflow


def test_the_example_of_the_docs_is_a_workflow(tmp_path: Path) -> None:
    (example,) = re.findall(r"```yaml\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.S)
    workflow = load(example, tmp_path)
    with Store(tmp_path / "credit.db", Registry([workflow])) as store:
        given = {"id": "1", "subject": FIRM, "matter": "licence", "missing": ["plan"]}
        store.act("promise", "give", by="li.na", on="2026-03-02", **given)
        store.act("promise", "accept", "promise/1", by="zhang.min", on="2026-03-02")
        assert (
            store.act("promise", "check", "promise/1", by="li.na", on="2026-03-03", kept=True, result="x").state
            == "kept"
        )
        assert verify(store).faults == []


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("    to: settled", "    to: nowhere", "nowhere is no state"),
        ("    from: broken", "    from: nowhere", "nowhere is no state"),
        ("    from: broken\n", "", "no state from which"),
        ("    event: settled", "    event: checked", "is what check writes already"),
        ("    by: approver\n    from: broken", "    by: mayor\n    from: broken", "mayor is no role"),
        ("{than: checked}", "{than: weighed}", "no act writes it"),
        ("    set: {matter: given.matter,", "    set: {colour: given.matter,", "colour is no field"),
        ("    parts: {papers:", "    parts: {leaves:", "leaves is no part"),
        ("{number: given.number, name: given.name,", "{name: given.name,", "which row it is"),
        ("name: given.name, supplied_on", "title: given.name, supplied_on", "no such cell"),
        ("given.name not in case.missing", "given.colour not in case.missing", "given.colour: there is no such field"),
        ("given.name not in case.missing", "given.name not in case.absent", "case.absent: there is no such field"),
        ("given.name not in case.missing", "open('x')", "calls what is not allowed"),
        ("given.name not in case.missing", "given.name not in", "this is no expression"),
        ("given.name not in case.missing", "'[x for x in case.missing]'", "ListComp is not allowed"),
        ("given.name not in case.missing", "case.__class__", "__class__ is not allowed"),
        ("given.name not in case.missing", "2 ** 64", "Pow is not allowed"),
        ("given.name not in case.missing", "gven.name not in case.missing", "gven: there is no such name here"),
        ("given.name not in case.missing", "given.name not in facts.missing", "facts: there is no such name here"),
        ("given.name not in case.missing", "given.name not in next.missing", "next: there is no such name here"),
        ("when: case.state == 'given'", "when: given.state == 'given'", "given: there is no such name here"),
        ("when: case.state == 'given'", "when: row.colour == 'given'", "row.colour: there is no such field"),
        ("promise/{given.id}", "promise/{given.name}", "given.name: there is no such field"),
        ("promise/{given.id}", "promise/{given.id", "a brace is not closed"),
        ("{given.name} was not", "{given.nme} was not", "given.nme: there is no such field"),
        ("{given.name}不在", "{given.name不在", "a brace is not closed"),
        (
            "give: {number: number, name: text}",
            "give: {number: number, name: text, office: text}",
            "given to every act",
        ),
        ("given_on: day}", "given_on: on}", "true|boolean|on"),
        ("fields: {matter: text,", "fields: {state: text, matter: text,", "state is known of every case"),
        ("  papers: {name: text,", "  papers: {number: number, name: text,", "known of every row"),
        ("workflow: promise", "workflow: task", "a name of the store itself|path must be"),
        ("  settle:\n", "  correct:\n", "an act that every workflow has"),
        ("team: grader}", "team: mayor}", "mayor is no role"),
        (
            "  settled: {zh: 已办结, en: settled}",
            "  settled: {zh: 已办结, en: settled}\n  lost: {zh: 无, en: lost}",
            "no act leads",
        ),
        ("    opens: true", "    opens: true\n    from: given", "comes from no state"),
        ("en: settle}", "en: ''}", "is empty"),
    ],
)
def test_a_fault_of_a_declaration_is_named_with_its_line(old: str, new: str, match: str, tmp_path: Path) -> None:
    assert old in TEXT
    with pytest.raises(SchemeError, match=match) as raised:
        load(TEXT.replace(old, new, 1), tmp_path)
    assert re.search(r"promise/1\.yaml:\d+", str(raised.value))


def test_what_is_given_is_checked_against_the_declaration() -> None:
    workflow = read_declaration(TEXT)
    assert check_given(workflow, "supply", {"number": 1, "name": " plan "}) == {"number": 1, "name": "plan"}
    for given, match in (
        ({"number": "1", "name": "plan"}, "number"),
        ({"number": 1, "name": " "}, "is empty"),
        ({"number": 1}, "Field required"),
        ({"number": 1, "name": "plan", "colour": "red"}, "colour"),
        ({"number": True, "name": "plan"}, "number"),
    ):
        with pytest.raises(UsageError, match=match) as raised:
            check_given(workflow, "supply", given)
        assert raised.value.allowed == "number (number), name (text)"
    with pytest.raises(UsageError, match="no field"):
        check_values({"a": "day"}, {"b": "2026-01-01"}, "x")
    for value in ("2026-13-01", "tomorrow", 5, True):
        with pytest.raises(UsageError, match="a is no day"):
            check_values({"a": "day"}, {"a": value}, "x")


def test_a_changed_text_needs_a_new_number(tmp_path: Path) -> None:
    first = read_declaration(TEXT)
    given = {"id": "1", "subject": FIRM, "matter": "licence", "missing": ["plan"]}
    with Store(tmp_path / "credit.db", Registry([first])) as store:
        store.act("promise", "give", by="li.na", on="2026-03-02", **given)
    changed = read_declaration(TEXT.replace("working_days(day, 20)", "working_days(day, 30)"))
    with Store(tmp_path / "credit.db", Registry([changed])) as store:
        with pytest.raises(StoreDiffers, match="not the one under which this store has acted"):
            store.act("promise", "accept", "promise/1", by="zhang.min", on="2026-03-02")
        assert any(fault.sort == "declaration" for fault in verify(store).faults)


def test_a_case_keeps_its_declaration_until_it_is_upgraded(tmp_path: Path) -> None:
    first = read_declaration(TEXT)
    newer = read_declaration(TEXT.replace("version: 1", "version: 2").replace("working_days(day, 20)", "days(day, 3)"))
    given = {"subject": FIRM, "matter": "licence", "missing": ["plan"], "by": "li.na", "on": "2026-03-02"}
    with Store(tmp_path / "credit.db", Registry([first])) as store:
        for name in ("1", "2"):
            store.act("promise", "give", id=name, **given)
    with Store(tmp_path / "credit.db", Registry([first, newer])) as store:
        store.act("promise", "give", id="3", **given)
        with pytest.raises(UsageError, match="stands under promise/2 already"):
            store.act("promise", "upgrade", "promise/3", by="chen.jie", on="2026-03-02", reason="x")
        case = store.act(
            "promise", "upgrade", "promise/2", by="chen.jie", on="2026-03-02", reason="the new text says so"
        )
        assert (case.flow, case.state) == ("promise/2", "given")
        until = [
            store.act("promise", "accept", f"promise/{name}", by="zhang.min", on="2026-03-02").fields["supply_by"]
            for name in ("1", "2", "3")
        ]
        assert until == ["2026-03-30", "2026-03-05", "2026-03-05"]
        assert verify(store).faults == []
        store.rebuild()
        assert verify(store).faults == []


def test_a_workflow_is_drawn_in_both_languages() -> None:
    workflow = read_declaration(TEXT)
    zh, en = draw_workflow(workflow, "zh"), draw_workflow(workflow, "en")
    assert "受理 [reviewer/approver ≠ given] → 已受理" in zh
    assert "check [reviewer] → kept | broken" in en
    assert max(map(len, en.splitlines())) <= 80
