"""Resident numbers, credit codes, spoilt ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import uscc

from creditscore.core.identity import is_mangled, is_resident, look_at_id, redact, redact_cell, resident_numbers
from tests.records.records_helpers import FIRM, PERSON, code, person

LETTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@given(st.text(LETTERS + "IOZ-", min_size=18, max_size=18), st.booleans())
def test_a_code_is_good_exactly_when_stdnum_says_so(text, repair):
    if repair:
        text = code(("91440300" + text)[:17].replace("I", "1").replace("O", "0").replace("Z", "2").replace("-", "A"))
    reason = look_at_id(text, uscc_only=True)[1]
    assert (reason is None) == uscc.is_valid(text) or reason == "natural_person"


def test_local_ids_keep_their_case():
    assert look_at_id(" shop-a\uff11 ", uscc_only=False, upper=False) == ("shop-a1", None)


@pytest.mark.parametrize("year", ["1900", "1999", "2024"])
@pytest.mark.parametrize("suffix", ["", "-1", "X9", "号"])
def test_a_resident_number_is_found_and_shortened(year, suffix):
    number = person(f"440300{year}0229001"[:17].replace("0229", "0228"))
    assert resident_numbers(f"no {number}{suffix}") == [(3, 21)] or suffix.startswith("X") or suffix == "-1"
    assert number[3:] not in redact(f"no {number}{suffix}")


@pytest.mark.parametrize("shape", ["{0} {1} {2}", "{0}-{1}-{2}", "{0} {1}{2}", "{0} 1949 1231 {2}"])
def test_blanks_and_hyphens_do_not_hide_a_number(shape: str) -> None:
    """Alone or among other words; with another number behind it."""
    number = shape.format("110105", "19491231", "002x")
    wide = "".join(chr(ord(sign) + 0xFEE0) if sign not in " -" else sign for sign in number)
    for text in (number, f"欧阳测试 {number}，", f"{number} 0432-6512", wide, f"欧阳测试{wide}"):
        assert is_resident(text), text
        assert "002" not in redact(text), text
    for ordinary in ("2019-01-01 2020-01-01", "0432-65120000 65120001 12"):
        assert not is_resident(ordinary)
        assert redact(f"no {ordinary}") == f"no {ordinary}"


def test_a_mistyped_number_is_hidden_but_proves_nothing():
    wrong = PERSON[:-1] + ("1" if PERSON[-1] != "1" else "2")
    assert resident_numbers(wrong) == []
    assert not is_resident(wrong)
    assert look_at_id(wrong, uscc_only=True)[1] == "bad_uscc"
    assert look_at_id(wrong, uscc_only=False)[1] is None
    hidden = wrong[:3] + "*" * 15
    assert redact(f"号码{wrong}。") == f"号码{hidden}。"
    assert redact_cell(f"欧阳测试 {wrong}") == hidden
    for ordinary in (
        "990105" + wrong[6:],  # no county
        wrong[:6] + "2090" + wrong[10:],  # nobody was born then
        wrong[:6] + "19901332" + wrong[14:],  # no day
        f"7{wrong}",  # a longer number
        FIRM,
    ):
        assert redact(f"no {ordinary}") == f"no {ordinary}"
    assert resident_numbers(PERSON[:6] + "19901332" + PERSON[14:]) == []


@pytest.mark.parametrize("text", ["9.14403E+17", "9.14403e+17", "9E+17", "123.0"])
def test_spoilt_ids(text):
    assert is_mangled(text)


@pytest.mark.parametrize("text", ["1.2.3", "E17", FIRM, "12A", "0101", "9E1"])
def test_ids_that_only_look_odd(text):
    assert not is_mangled(text)


def test_persons_come_first():
    assert look_at_id(PERSON, uscc_only=True)[1] == "natural_person"
    assert look_at_id(FIRM.lower(), uscc_only=True) == (FIRM, None)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13800138000。", "电话138********。"),
        ("１３８００１３８０００", "138********"),
        ("no. 23800138000", "no. 23800138000"),
        ("amount 138001380001", "amount 138001380001"),
        ("A13800138000", "A13800138000"),
        (FIRM, FIRM),
    ],
)
def test_mobile_numbers_are_cut_where_they_stand_alone(text: str, shown: str) -> None:
    assert redact(text) == shown


def test_a_cell_that_names_a_resident_number_shows_nothing_else() -> None:
    assert redact_cell(f"欧阳测试 {PERSON} 电话13800138000") == PERSON[:3] + "*" * 15
    assert redact_cell("欧阳测试") == "欧阳测试"
    assert redact_cell("电话13800138000") == "电话138********"


@pytest.mark.parametrize(
    "number",
    [
        "110105 19491231 002X",
        "110105-1949-1231-002X",
        "1101051949 1231002x",
        "110105\u200b19491231002X",
        "110105—19491231—002X",
        "110105 491231 002",  # the old form
    ],
)
def test_a_number_written_with_gaps_is_still_a_number(number: str) -> None:
    text = f"联系人{number}。"
    assert [text[start:end] for start, end in resident_numbers(text)] == [number]
    assert redact(text) == f"联系人110{'*' * (len(number) - 3)}。"
    assert redact_cell(text) == "110" + "*" * (len(number) - 3)


@pytest.mark.parametrize(
    "text",
    [
        "2022-03-16 2022-04-16 12",  # days
        "税字 2201 0220 2203 1600 01",
        "990105 19491231 0022",  # no county
        "110105 20190315 0021",  # the check character does not fit, and a child has no records: a document
        "110105-2022-0315-0021",
        "110105 19491331 0021",
        FIRM[:8] + " " + FIRM[8:],
    ],
)
def test_digits_with_gaps_that_are_no_number_of_a_person_stay(text: str) -> None:
    assert resident_numbers(text) == []
    assert redact(text) == text


@pytest.mark.parametrize(
    "number", ["110105 19491231 0021", "110105-1949-1231-0021", "1101051949 1231 002１", "110105－19491231－0021"]
)
def test_a_mistyped_number_in_pieces_is_hidden_but_proves_nothing(number: str) -> None:
    assert not is_resident(number)
    assert redact(f"联系人{number}。") == f"联系人110{'*' * (len(number) - 3)}。"
    assert redact_cell(f"欧阳测试 {number}") == "110" + "*" * (len(number) - 3)


@pytest.mark.parametrize("number", ["11010519491231002X", "110105 19491231 002X"])
def test_a_letter_before_a_number_does_not_hide_it(number: str) -> None:
    assert redact(f"ID{number}") == f"ID110{'*' * (len(number) - 3)}"


@pytest.mark.parametrize(
    "digest", ["110105491231002f", "110105491231002F", "a110105491231002", f"{'0a' * 20}110105194912311006{'9' * 5}b"]
)
def test_digits_within_a_hash_are_no_number_of_a_person(digest: str) -> None:
    assert len(digest) in (16, 64)
    assert not is_resident(digest)
    assert not is_resident(f"{digest}-joint")
    assert redact(f"run {digest}") == f"run {digest}"


@pytest.mark.parametrize(
    "text", ["110105491231002", "110105491231002g", "x110105491231002", "110105491231002 f", "id110105194912311006"]
)
def test_a_word_that_is_no_hash_hides_no_number(text: str) -> None:
    assert is_resident(text)


def test_long_words_are_looked_at_no_further_than_a_hash_is_long() -> None:
    number = "110105194912311006"
    assert is_resident(f"{'f' * 100_000}{number}")
    assert is_resident(f"{number}{'f' * 100_000}")
    assert not is_resident(f"{'f' * 46}{number}")
