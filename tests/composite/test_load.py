"""Composites are read strictly: each mistake is named with its place, all of them at once."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import creditscore as cs
from creditscore.composite.load import COMPOSITES, composites, load_composite
from creditscore.core.i18n import set_language
from creditscore.schemes import registry
from creditscore.schemes.codes import CODES
from tests.composite.composite_helpers import SMALL, write_small


def test_every_composite_of_the_library_loads() -> None:
    composite_configs = [
        load_composite(f"{name}@{file.stem}") for name, files in composites().items() for file in files
    ]
    assert {composite_config.composite for composite_config in composite_configs} >= {"jilin_edz", "four_grades"}
    for composite_config in composite_configs:
        assert sum(domain.weight for domain in composite_config.domains) == 1000
        assert composite_config.marks.weights == "project_default"  # nobody publishes them
        used = {name.partition("@")[0] for domain in composite_config.domains for name in domain.schemes}
        uses = {registry.pick(name).use for name in used}
        assert uses <= {"public_grade", "list"}
        for name in ("food/risk", "market/risk_class"):
            assert name not in used


def test_the_same_letter_is_worth_what_its_scheme_means() -> None:
    (environment,) = [domain for domain in load_composite("four_grades").domains if domain.id == "environment"]
    shaanxi, ningxia = (
        environment.schemes[name] for name in ("environment/shaanxi@2023-12-31", "environment/ningxia@2025-02-01")
    )
    stands = load_composite("four_grades").reference
    assert shaanxi["B"] > stands > ningxia["B"]


def test_names_versions_days_and_files(tmp_path: Path) -> None:
    assert load_composite("jilin_edz@2018").version == "2018-06-27"
    assert load_composite("jilin_edz", date(2020, 1, 1)).name == "jilin_edz@2018-06-27"
    assert load_composite(write_small(tmp_path)).composite == "small"
    with pytest.raises(cs.NotInForce, match="jilin_edz@2018-06-27 is not in force on 2018-06-26"):
        load_composite("jilin_edz", date(2018, 6, 26))
    for name in ("jilin_edx", "jilin_edz@2017", str(tmp_path / "none.yaml")):
        with pytest.raises(cs.UsageError):
            load_composite(name)


def changed(*path: Any, to: Any = None, drop: bool = False) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        place = data
        for key in path[:-1]:
            place = place[key]
        if drop:
            del place[path[-1]]
        else:
            place[path[-1]] = to

    return change


def both(*changes: Callable[[dict[str, Any]], None]) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        for change in changes:
            change(data)

    return change


LAW, TRADES = ("groups", 0, "domains"), ("groups", 1)
MISTAKES = {
    "weights": (changed(*LAW, 0, "weight", to=399), "the weights add up to 999; they must add up to 1000"),
    "a grade without value": (
        changed(*LAW, 0, "schemes", "tax@2014", "M", drop=True),
        "small.yaml:.*tax@2014: the grade 'M' has no value; nothing is taken as neutral in silence",
    ),
    "a grade of another scheme": (changed(*LAW, 0, "schemes", "tax@2014", "E", to=0), "is not a grade of tax@2014"),
    "a better grade worth less": (
        changed(*LAW, 0, "schemes", "tax@2014", "A", to=100),
        "a better grade is worth less than a worse one",
    ),
    "a value beyond": (changed(*LAW, 0, "schemes", "tax@2014", "A", to=1001), "values lie between 0 and 1000"),
    "a float": (changed(*LAW, 0, "schemes", "tax@2014", "A", to=999.5), "999.5"),
    "an unknown version": (
        changed(*LAW, 0, "schemes", to={"tax@2015": {"A": 1}}),
        "is no version of the library; there are: tax@2014, tax@2025",
    ),
    "a version left out": (changed("effective_to", drop=True), "tax@2025 is in force in the time of this composite"),
    "an internal class": (
        both(
            changed("use", to="public_grade"),
            changed(*LAW, 2, "schemes", to={"food/risk@2016-12-01": {"A": 1000, "B": 800, "C": 400, "D": 0}}),
        ),
        "food/risk is internal_risk; a composite for public_grade takes public_grade and list",
    ),
    "a professional record": (changed("use", to="professional_record"), "is public_grade, or internal_risk for one"),
    "a scheme twice": (
        changed(*LAW, 2, "schemes", to={"tax@2014": SMALL["groups"][0]["domains"][0]["schemes"]["tax@2014"]}),
        "tax stands in tax too; it would weigh twice",
    ),
    "a domain twice": (changed(*LAW, 1, "id", to="tax"), "the domain 'tax' stands twice"),
    "a group twice": (changed(*TRADES, "id", to="law"), "the group 'law' stands twice"),
    "a person": (
        changed("label", to={"zh": "张三 11010519491231002x", "en": "x"}),
        "label.zh: a resident identity number",
    ),
    "edges": (changed("grades", 1, "at_least", to=850), "each with a lower edge than the one before"),
    "no bottom": (changed("grades", 2, "at_least", to=10), "the worst grade begins at 0"),
    "a grade twice": (changed("grades", 1, "code", to="good"), "the grade 'good' stands twice"),
    "limits": (changed(*TRADES, "at_most", to=700), "its reference lies outside 300 to 700"),
    "a ceiling": (changed("hard_rules", 0, "ceiling", to="bad"), "'bad' is not a grade; there are: good, medium, poor"),
    "a list": (changed("hard_rules", 0, "when", 0, "lists", to=["x"]), "'x' is no list of the library's schemes"),
    "a rule's domain": (changed("hard_rules", 0, "when", 0, "domain", to="x"), "'x' is no domain; there are: tax"),
    "a rule's scheme": (changed("hard_rules", 1, "when", 0, "domain", to="tax"), "is no scheme of the domain tax"),
    "a rule's grade": (
        changed("hard_rules", 1, "when", 0, "grades", to={"environment/national": ["black"]}),
        "'black' is no grade of any of its versions",
    ),
    "a rule of nothing": (changed("hard_rules", 1, "when", 0, "grades", drop=True), "needs lists, grades or both"),
    "a rule without mark": (changed("hard_rules", 1, "evidence", drop=True), "carries no evidence mark"),
    "a mark without text": (changed("coverage", "evidence", to="verified"), "is marked verified and cites nothing"),
    "a law": (changed("cite", to=[{"law": "NIX"}]), "cites the law 'NIX', which has no file"),
    "stale": (
        changed("stale", to={"decay_from": 24, "drop_after": 24, "evidence": "project_default"}),
        "decay_from must come before drop_after",
    ),
    "sole traders": (changed("individual_business", to={"included": True}), "only where a cited text says so"),
    "an unknown key": (changed("bonus", to=5), "bonus"),
    "changes without a base": (changed("weights", to={"tax": 300}), "belongs to a file that builds on another one"),
    "time": (changed("effective_to", to="2018-01-01"), "must be later than effective_from"),
    "a domain of nothing": (
        changed(*LAW, 2, "schemes", to={}),
        "names no scheme, and no hard rule takes a fact from it",
    ),
}


def refused(name: str, folder: Path) -> cs.SchemeError:
    """What the loader says of a composite with one mistake."""
    data = copy.deepcopy(SMALL)
    MISTAKES[name][0](data)
    file = write_small(folder, **(dict.fromkeys(SMALL) | data))
    with pytest.raises(cs.SchemeError) as stopped:
        load_composite(file)
    return stopped.value


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named(name: str, tmp_path: Path) -> None:
    assert re.search(MISTAKES[name][1], str(refused(name, tmp_path)))


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_in_chinese(name: str, tmp_path: Path) -> None:
    set_language("zh")
    for fault in refused(name, tmp_path).faults:
        assert re.search("[\u4e00-\u9fff]", str(fault.message)), fault
        assert not re.search("[a-z]{3,} [a-z]{2,} [a-z]{2,}", str(fault.message)), fault


def test_each_code_of_composites_has_a_mistake(tmp_path: Path) -> None:
    result = {fault.code for name in MISTAKES for fault in refused(name, tmp_path).faults}
    proved = {"E901", "E902", "E903"}  # test_proofs.py
    assert {code for code in CODES if code.startswith("E9")} == {code for code in result | proved if code[:2] == "E9"}


def test_all_mistakes_at_once_with_their_lines(tmp_path: Path) -> None:
    data = copy.deepcopy(SMALL)
    for name in ("weights", "a ceiling", "a list", "edges"):
        MISTAKES[name][0](data)
    with pytest.raises(cs.SchemeError) as stopped:
        load_composite(write_small(tmp_path, **data))
    assert len(stopped.value.faults) == 4
    assert all(fault.line > 1 for fault in stopped.value.faults)


def test_a_file_builds_on_another_one(tmp_path: Path) -> None:
    write_small(tmp_path)
    file = tmp_path / "other.yaml"
    file.write_text(
        "composite: other\nbase: small.yaml\nlabel: {zh: 示例, en: illustrative other}\neffective_from: 2019-01-01\n"
        "effective_to: 2020-01-01\nchecked_on: 2026-11-25\ncite: {law: JLEDZ2018}\nmarks: {weights: derived}\n"
        "weights: {tax: 300, labour: 300}\nceilings: {defaulter: poor}\n",
        encoding="utf-8",
    )
    composite_config = load_composite(file)
    assert [domain.weight for domain in composite_config.domains] == [300, 300, 300, 100]
    assert (composite_config.marks.weights, composite_config.marks.maps) == ("derived", "project_default")
    assert composite_config.hard_rules[0].ceiling == "poor"
    assert composite_config.version == "2019-01-01"
    file.write_text(
        file.read_text(encoding="utf-8").replace("weights: {tax: 300", "weights: {taxes: 300"), encoding="utf-8"
    )
    with pytest.raises(cs.SchemeError, match="'taxes' is not in the base; there are: tax, environment"):
        load_composite(file)
    file.write_text("composite: other\nbase: small.yaml\nmaps: {tax: abc}\n", encoding="utf-8")
    with pytest.raises(cs.SchemeError, match=r"other.yaml:3: E108 maps.tax: must be a mapping of scheme versions"):
        load_composite(file)
    file.write_text("composite: other\nbase: other.yaml\n", encoding="utf-8")
    with pytest.raises(cs.SchemeError, match="at most 5 deep"):
        load_composite(file)


def test_a_changed_base_is_seen(tmp_path: Path) -> None:
    base = write_small(tmp_path)
    file = tmp_path / "other.yaml"
    own = "composite: other\nbase: small.yaml\neffective_from: 2019-01-01\neffective_to: 2020-01-01\n"
    file.write_text(own, encoding="utf-8")
    assert COMPOSITES.pick(str(file)).reference == 800
    base.write_text(base.read_text(encoding="utf-8").replace("reference: 800", "reference: 790"), encoding="utf-8")
    assert COMPOSITES.pick(str(file)).reference == 790


def test_a_broken_file_is_no_crash(tmp_path: Path) -> None:
    file = tmp_path / "broken.yaml"
    for text in ("", "[1, 2]", "composite: [", "groups: {a: 1}", "base: 5", "base: jilin_edz\nweights: 3\n"):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(cs.SchemeError):
            load_composite(file)
