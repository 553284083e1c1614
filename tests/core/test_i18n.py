"""Every code that a result can carry has its words."""

import ast
import re
from datetime import date
from typing import get_args

import pytest
from babel import Locale

from creditscore.core.errors import InternalError, UsageError
from creditscore.core.i18n import LANGS, Lang, catalogue, lang_of, phrase, phrases, plain, plural_form, text, word
from creditscore.core.model import Label
from creditscore.schemes.model import EFFECTS, MARKS, Route
from tests.paths import ROOT


def test_marks_routes_and_states_have_words() -> None:
    known = catalogue()
    assert set(known["marks"]) == set(MARKS)
    assert set(known["routes"]) == set(get_args(Route))
    assert set(known["states"]) == {
        "graded",
        "not_graded",
        "not_computable",
        "absent",  # not in one of two runs
        "no_rule",  # of a year for which no version of a scheme is known
    }


def test_what_a_deciding_rule_does_has_words() -> None:
    assert set(EFFECTS) - {"bands"} <= set(catalogue()["effects"])  # bands are told as the score's grade


def test_every_text_is_in_both_languages() -> None:
    for section, codes in catalogue().items():
        for code, entry in codes.items():
            assert set(entry) == {"zh", "en"}, f"{section}.{code}"
            for lang, forms in entry.items():
                texts = [forms] if isinstance(forms, str) else list(forms.values())
                assert texts, f"{section}.{code}.{lang}"
                assert all(part.strip() for part in texts), f"{section}.{code}.{lang}"


def test_the_codes_of_the_contract_have_words() -> None:
    contract = (ROOT / "docs" / "contract.md").read_text(encoding="utf-8")
    for section, start in (("steps", "`step`:"), ("reasons", "`reason`:")):
        line = next(line for line in contract.splitlines() if line.startswith(start))
        codes = set(re.findall(r"`([a-z_]+)`", line.removeprefix(start)))
        assert len(codes) >= 6
        assert codes <= set(catalogue()[section])


def test_a_code_without_words_is_its_own_name() -> None:
    assert word("reasons", "brand_new") == plain("brand_new")
    assert word("reasons", "exempt:X9").en == "exempt: X9"
    assert word("reasons", "corrected:d30", Label(zh="30日内", en="30 days")).en == "corrected (30 days)"


def test_languages() -> None:
    assert text("interval", "en", "1", "2") == "between 1 and 2"
    with pytest.raises(UsageError, match="fr") as caught:
        lang_of("fr")
    assert caught.value.exit_code == 2


def test_values_are_read_in_the_language() -> None:
    assert phrase("timeline", "held", "zh", date(2023, 5, 10)).startswith("记录和规则均按2023年5月10日")
    assert phrase("explanation", "year", "en", Label(zh="二〇二二", en="2022")) == "2022"
    assert phrase("decisive", "or_better", "en", ["A", "B"]) == "A, B or better"
    assert phrase("decisive", "or_better", "en", "{0} {1}") == "{0} {1} or better", "a value is never filled in"


def test_a_text_of_another_section_is_the_second_choice() -> None:
    t = phrases("impact", "en", "pages")
    assert t("worse") == "worse"
    assert t("made_up") == phrase("pages", "made_up", "en")
    with pytest.raises(InternalError, match=r"impact\.no_such_text"):
        t("no_such_text")


@pytest.mark.parametrize("lang", LANGS)
def test_plural_forms_are_those_of_the_language(lang: Lang) -> None:
    for count in (*range(200), 1000, 1001, 10**6, 10**6 + 1):
        assert plural_form(lang, count) == Locale(lang).plural_form(count), count


WITH_CODE = ("phrase", "Phrase", "label_of")  # names a text that must be there; `word` has an answer for any code


def test_every_text_that_the_source_names_is_in_the_catalogue() -> None:
    missing = []
    for file in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call) or getattr(node.func, "id", "") not in (*WITH_CODE, "phrases", "word"):
                continue
            section, *codes = [part.value if isinstance(part, ast.Constant) else None for part in node.args]
            if not codes and node.func.id != "phrases":  # type: ignore[attr-defined]
                continue  # a function of another module
            if section is not None and section not in catalogue():
                missing.append(f"{file.name}: {section}")
            elif section is not None and node.func.id in WITH_CODE and codes[0] not in (None, *catalogue()[section]):  # type: ignore[attr-defined]
                missing.append(f"{file.name}: {section}.{codes[0]}")
    assert not missing
