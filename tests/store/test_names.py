"""Names that look alike are one; names of two people are two."""

from __future__ import annotations

import runpy
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from creditscore.core.errors import UsageError
from creditscore.store.names import DATA, check_name, fold_name
from tests.paths import ROOT

GB_2312 = [char for char in map(chr, range(0x4E00, 0xA000)) if char.encode("gb2312", "ignore")]

ALIKE = [
    # case, width, blanks, separators, signs without shape
    ("li.na", "LI.NA"),
    ("li.na", " li.na"),
    ("li.na", "ｌｉ.na"),
    ("li.na", "li na"),
    ("li.na", "li-na"),
    ("li.na", "li_na"),
    ("li.na", "lina"),
    ("li.na", "li․na"),
    ("li.na", "li．na"),
    ("o'brien", "O’Brien"),
    ("o'brien", "OʼBrien"),
    ("王芳", "王 芳"),
    ("王芳", "王\u3000芳"),
    ("王芳", "王\u200b芳"),
    ("王芳", "王芳\ufe00"),
    ("王芳", "王\U000e0101芳"),
    ("王芳", "\u2066王芳\u2069"),
    ("王芳", "王\u3164芳"),
    ("王芳", "王\u2800芳"),
    ("王芳", "王\x00芳\ufeff"),
    ("王芳", "王芳\U000e0041"),
    ("阿卜杜拉·买买提", "阿卜杜拉•买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉・买买提"),
    ("阿卜杜拉·买买提", "阿卜杜拉.买买提"),
    ("张伟(1)", "张伟（1）"),
    ("straße", "STRASSE"),
    ("ΟΔΟΣ", "οδος"),
    # radicals and compatibility forms are the ideograph
    ("王玉", "⺩⽟"),
    ("金山", "⾦⼭"),
    ("马力", "⻢⼒"),
    ("金山", "\uf90a山"),
    ("羽田", "\ufa1e⽥"),
    ("二力", "ニカ"),
    # the same ideograph written another way
    ("值", "値"),
    ("黑", "黒"),
    ("郎", "郞"),
    # one letter of another script, or all of them
    ("wang.fang", "wаng.fang"),
    ("wang.fang", "wang.fаng"),
    ("chen.jie", "сhеn.jiе"),
    ("scope", "ѕсоре"),
    ("BOB", "ВОВ"),
    ("bob", "ВОВ"),
    ("вов", "ВОВ"),
    ("григорий", "ГРИГОРИЙ"),
    ("peter", "pеtеr"),
    ("oxo", "οχο"),
    ("ANNA", "ΑΝΝΑ"),
    ("paul", "𝓅𝒶𝓊𝓁"),
    ("paul", "ⓟⓐⓤⓛ"),
    # letters that look like others, and digits that look like letters
    ("li.na", "1i.na"),
    ("lin", "Iin"),
    ("zhao", "zha0"),
    ("ma", "rna"),
    ("ılker", "ilker"),
    ("İlker", "ilker"),
    ("ﬁnn", "finn"),
    ("Æsa", "aesa"),
    # one letter, written as one sign or as two
    ("lü", "lu\u0308"),
]
DISTINCT = [
    ("王芳", "王方"),
    ("王芳", "王放"),
    ("王士", "王土"),
    ("王鹃", "王鹂"),
    ("王末", "王未"),
    ("张伟", "张炜"),
    ("张伟", "張偉"),
    ("己", "已"),
    ("已", "巳"),
    ("日", "曰"),
    ("人", "入"),
    ("王一", "王"),
    ("王一", "王二"),
    ("王今", "王合"),
    ("张伟1", "张伟2"),
    ("li.na", "li.ma"),
    ("li.na", "li.an"),
    ("lu", "lü"),
    ("wang", "wanq"),
    ("han", "hav"),
    ("zoe", "zoé"),
    ("a1", "a2"),
    ("王\ue000", "王\ue001"),  # signs of an office's own, and ideographs that this Python does not know yet
    ("\U00031350", "\U00031351"),
    ("\U0003347f", "\U0003347e"),
    ("a+b", "ab"),
]


@pytest.mark.parametrize(("left", "right"), ALIKE)
def test_names_that_look_alike_are_one(left, right):
    assert fold_name(left) == fold_name(right) != ""
    check_name(right)


@pytest.mark.parametrize(("left", "right"), DISTINCT)
def test_names_of_two_people_are_two(left, right):
    assert fold_name(left) != fold_name(right)
    check_name(left)


def test_no_ideograph_in_use_counts_as_another_one():
    assert len(GB_2312) == 6763
    assert [fold_name(char) for char in GB_2312] == GB_2312


def test_letters_and_digits_stay_apart_but_for_those_that_nobody_tells_apart():
    signs = "abcdefghijklmnopqrstuvwxyz0123456789"
    folded = {sign: fold_name(sign) for sign in signs}
    classes = [{sign for sign in signs if folded[sign] == text} for text in dict.fromkeys(folded.values())]
    assert [group for group in classes if len(group) > 1] == [{"i", "l", "1"}, {"o", "0"}]
    assert {sign for sign in signs if folded[sign] != sign} == {"l", "1", "0", "m"}


def test_every_radical_is_an_ideograph():
    for code in range(0x2F00, 0x2FD6):
        assert fold_name(chr(code)) == fold_name(unicodedata.normalize("NFKC", chr(code))) != ""


def test_folding_again_changes_nothing_whatever_the_sign():
    for code in (*range(0x33480), *range(0xE0000, 0xE0200), 0xF0000, 0x10FFFF):
        folded = fold_name(chr(code))
        assert fold_name(folded) == folded, hex(code)


TABLE = [line.split("\t") for line in (ROOT / "src/creditscore/store" / DATA).read_text("utf-8").splitlines()[32:]]
SIGNS = st.one_of(
    st.characters(),
    st.sampled_from([char for _, chars in TABLE for char in chars]),
    st.sampled_from("iIjJ\u0307\u0323\u0345\u200d\u0301·.王芳 "),
)


@given(st.text(SIGNS, max_size=12))
def test_folding_again_changes_nothing(name):
    folded = fold_name(name)
    assert fold_name(folded) == folded
    assert fold_name(unicodedata.normalize("NFC", name)) == folded
    assert fold_name(unicodedata.normalize("NFD", name)) == folded


@given(
    st.text(SIGNS, max_size=8), st.sampled_from([" ", "\u200b", ".", "\u3164", "·", "\u2028", "\ufe0f", "-", "\x7f"])
)
def test_separators_change_nothing_wherever_they_stand(name, separator):
    for place in range(len(name) + 1):
        before, after = name[:place], name[place:]
        if not unicodedata.combining(after[:1] or "a"):  # a mark belongs to what stands before it
            assert fold_name(before + separator + after) == fold_name(name)


@given(st.text("abcdefghijklmnopqrstuvwxyzäöüéžABCДЖИ王芳012 .-"))
def test_case_and_width_change_nothing(name):
    wide = "".join(chr(ord(char) + 0xFEE0) if "!" <= char <= "~" else char for char in name)
    assert fold_name(name.upper()) == fold_name(name.lower()) == fold_name(wide) == fold_name(name)


@pytest.mark.parametrize(
    "name", ["", " ", "...", "\u200b\u3164", "·", "\u2800", "---", "\ufe0f", "（）", "\u202e", "、"]
)
def test_a_name_that_nobody_sees_is_no_name(name):
    assert fold_name(name) == ""
    with pytest.raises(UsageError, match="can be seen") as error:
        check_name(name)
    assert "wang.fang" in str(error.value)


@pytest.mark.parametrize("name", ["王\ud800", "\udcff", None, 7, b"wang"])
def test_what_is_no_text_is_no_name(name):
    with pytest.raises(UsageError, match="is no name"):
        check_name(name)


@given(st.text())
def test_a_name_of_something_that_is_seen_is_never_empty(name):
    shown = set(unicodedata.normalize("NFKD", name)) - set("\u115f\u1160\u3164\uffa0")
    if any(unicodedata.category(char) in {"Ll", "Lo", "Lt", "Lu", "Nd", "Nl", "No", "So", "Sc"} for char in shown):
        assert fold_name(name)


def test_the_table_says_where_it_comes_from():
    head = (ROOT / "src/creditscore/store" / DATA).read_text("utf-8")[:3000]
    assert "Unicode 17.0.0" in head
    assert "Unicode License V3" in head


def test_the_script_keeps_two_words_apart():
    script = runpy.run_path(str(ROOT / "scripts" / "make_confusables.py"))
    looks = {"士": "土", "値": "值", "а": "a", "ν": "v", "Ν": "N", "m": "rn", "ю": "lo", "丶": ""}
    counts_as = script["gather"]({sign: text for sign, text in looks.items() if text})
    assert counts_as["値"] == "值"
    assert counts_as["а"] == counts_as["А"] == "a"
    assert (counts_as["ν"], counts_as["Ν"], counts_as["M"], counts_as["Ю"]) == ("v", "n", "rn", "lo")
    assert not {"士", "土", "值", "a"} & counts_as.keys()
