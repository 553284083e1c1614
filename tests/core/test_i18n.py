"""Every code that a result can carry has its words."""

import re
from typing import get_args

import pytest

from creditscore.core.errors import UsageError
from creditscore.core.i18n import lang_of, plain, text, word, words
from creditscore.core.model import Label
from creditscore.schemes.model import EFFECTS, MARKS, Route
from tests.paths import ROOT


def test_marks_routes_and_states_have_words() -> None:
    known = words()
    assert set(known["marks"]) == set(MARKS)
    assert set(known["routes"]) == set(get_args(Route))
    assert set(known["states"]) == {
        "graded",
        "not_graded",
        "not_computable",
        "absent",
    }  # absent: not in one of two runs


def test_what_a_deciding_rule_does_has_words() -> None:
    assert set(EFFECTS) - {"bands"} <= set(words()["effects"])  # bands are told as the score's grade


def test_every_label_is_in_both_languages() -> None:
    for section in words().values():
        for label in section.values():
            assert label.zh.strip()
            assert label.en.strip()


def test_the_codes_of_the_contract_have_words() -> None:
    contract = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    for section, start in (("steps", "`step`:"), ("reasons", "`reason`:")):
        line = next(line for line in contract.splitlines() if line.startswith(start))
        codes = set(re.findall(r"`([a-z_]+)`", line.removeprefix(start)))
        assert len(codes) >= 6
        assert codes <= set(words()[section])


def test_a_code_without_words_is_its_own_name() -> None:
    assert word("reasons", "brand_new") == plain("brand_new")
    assert word("reasons", "exempt:X9").en == "exempt: X9"
    assert word("reasons", "corrected:d30", Label(zh="30日内", en="30 days")).en == "corrected (30 days)"


def test_languages() -> None:
    assert text("interval", "en", "1", "2") == "between 1 and 2"
    with pytest.raises(UsageError, match="fr") as caught:
        lang_of("fr")
    assert caught.value.exit_code == 2
