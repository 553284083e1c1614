"""What is wrong in one place does not hide what is wrong in another, and nothing is said that only follows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from creditscore.core.errors import SchemeError
from creditscore.core.i18n import set_language
from creditscore.core.partial_parse import raise_faults
from creditscore.schemes.load import inspect
from tests.schemes.library_helpers import LAWS, RICH


def codes(tmp_path: Path, *changes: tuple[str, str]) -> list[str]:
    text = RICH
    for old, new in changes:
        assert old in text, old
        text = text.replace(old, new, 1)
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    _, source = inspect(file, "s.yaml", LAWS)
    return sorted(fault.code for fault in source.faults)


SEMANTIC = [
    ("cite: {law: L}", "cite: {law: M}"),
    ("window: life", "window: lives"),
    ("prior_d, deduct", "prior_e, deduct"),
]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("use: public_grade", "use: public_grade\ncolour: red"), "E106"),
        (("deduct: {each: 2}", "deduct: {each: 2.00000001}"), "E110"),
        (("use: public_grade", "use: secret"), "E108"),
        (("checked_on: 2026-11-23\n", ""), "E107"),
        (("period: year\n", ""), "E107"),
        (("down: 1", "down: 1, up: 1"), "E109"),
    ],
)
def test_everything_is_said_in_one_round(tmp_path: Path, more: tuple[str, str], code: str) -> None:
    assert codes(tmp_path, *SEMANTIC, more) == sorted(["E201", "E301", "E530", code])


@pytest.mark.parametrize(
    "change",
    [
        ("  vetoes: {take: count,", "  vetoes: {take: counts,"),  # a fact that others read
        ("{label: {zh: 十, en: veto}, tags", "{label: {zh: 十, en: veto}, deduct: x, tags"),  # an item with a tag
        ("  year: {years: [0, 0]}", "  year: {years: [0, 0], ever: true}"),  # a window that others name
        ("  limit: {key: region,", "  limit: {key: [region],"),  # a table whose columns are names
        ("  - {code: B, label: {zh: 乙, en: B}}", "  - {code: B, label: 乙}"),  # a grade of bands and limits
        ("{id: y0, end_of_year: 0}", "{id: y0, end_of_year: 0.5}"),  # a window that items give back in
        ("  level: {type: text,", "  level: {type: words,"),  # an attribute that points read
        ("{id: veto, when", "{id: [veto], when"),  # a trigger of a list
    ],
)
def test_a_part_that_is_left_out_causes_no_second_fault(tmp_path: Path, change: tuple[str, str]) -> None:
    assert len(codes(tmp_path, change)) == 1


def test_lines_stay_right_when_an_element_of_a_list_is_left_out(tmp_path: Path) -> None:
    text = RICH.replace("  - {id: new, when: age < 12,", "  - {id: new, when: [age],").replace("down: 1", "down: 9")
    file = tmp_path / "s.yaml"
    file.write_text(text, encoding="utf-8")
    _, source = inspect(file, "s.yaml", LAWS)
    lines = text.splitlines()
    (shift,) = [fault for fault in source.faults if fault.code == "E123"]
    assert "down: 9" in lines[shift.line - 1]
    assert shift.path == "decide.4.down"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("deduct: {each: 2}", "deduc: {each: 2}"), "unknown key; did you mean deduct? allowed are accepts, add"),
        (("use: public_grade", "use: public_grade\ncolour: red"), "unknown key; allowed are admit, attributes"),
        (("{each: 2}", "{eech: 2}"), "did you mean each? allowed are base, each, fixed, levels"),
        (("deduct: {each: 2}", "deduct: five"), "needs a number, unknown, or a mapping with keys among base, each"),
        (("{zh: 乙, en: B}", "{zh: 乙, en: no}"), "needs a text; words such as no, yes, on and numbers need quotes"),
        (("  year: {years: [0, 0]}", "  year: 2020"), "needs a mapping with keys among after_days, beyond, cycle"),
    ],
)
def test_a_fault_says_what_may_stand_there(tmp_path: Path, change: tuple[str, str], message: str) -> None:
    assert change[0] in RICH
    file = tmp_path / "s.yaml"
    file.write_text(RICH.replace(*change, 1), encoding="utf-8")
    _, source = inspect(file, "s.yaml", LAWS)
    assert message in " ".join(str(fault) for fault in source.faults)


@pytest.mark.parametrize(
    "text",
    [
        *(
            RICH.replace(old, new, 1).encode()
            for old, new in [
                ("use: public_grade", "use: public_grade\ncolour: red"),
                ("use: public_grade", "use: public_grade\nlabell: {zh: x, en: y}"),
                ("use: public_grade", "use: public_grade\nuse: public_grade"),
                ("use: public_grade", "use: secret"),
                ("deduct: {each: 2}", "deduct: {each: 2.00000001}"),
                ("deduct: {each: 2}", "deduct: {each: 1e3}"),
                ("deduct: {each: 2}", "deduct: {each: 9999999999999999}"),
                ("checked_on: 2026-11-23", "checked_on: 2026-13-23"),
                ("checked_on: 2026-11-23\n", ""),
                ("checked_on: 2026-11-23", "checked_on: !odd 2026-11-23"),
            ]
        ),
        b"",
        b"- a",
        b"a: [",
        b"\xff\xfe",
        b"a: \x01",
        b"a: &x [*x]",
        b"? [a]\n: b",
    ],
)
def test_faults_of_a_file_are_told_in_chinese(tmp_path: Path, text: bytes) -> None:
    file = tmp_path / "s.yaml"
    file.write_bytes(text)
    _, source = inspect(file, "s.yaml", LAWS)
    set_language("zh")
    with pytest.raises(SchemeError) as told:
        raise_faults(source.faults)
    head, *lines, last = str(told.value).splitlines()
    assert head.startswith("配置有")
    assert last.startswith("  处理办法：请改正")
    assert lines
    for line in lines:
        words = line.partition("YAML：")[0]  # what the reader of YAML says of a file that is none
        assert re.search("[\u4e00-\u9fff]", words), line
        assert not re.search("[a-z]{3,} [a-z]{2,} [a-z]{2,}", words), line
