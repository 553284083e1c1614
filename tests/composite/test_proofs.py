"""Which grades a composite can reach is computed whole: compared with brute force, and asked of every shipped one."""

from __future__ import annotations

import itertools
import json
import random
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

import creditscore as cs
from creditscore.cli.main import app
from creditscore.composite.combine import combine
from creditscore.composite.config import TOP, CompositeConfig
from creditscore.composite.load import composites, load_composite
from creditscore.composite.proofs import Cell, prove, reached, stretches
from creditscore.composite.score import function_of, points, raw
from creditscore.composite.separation import spread
from creditscore.core.config import config_root
from creditscore.core.yaml_source import Source
from creditscore.schemes import registry
from tests.composite.composite_helpers import COURT, ENV, IDS, LABOUR, SMALL, TAX, grades, small, write_small

NAMES = sorted(composites())


def faults_of(config: CompositeConfig) -> list[str]:
    source = Source("small.yaml")
    prove(config, source)
    return [f"{fault.code} {fault.path}" for fault in source.faults]


def by_hand(config: CompositeConfig, cells: Sequence[frozenset[Cell]]) -> set[int]:
    """The grades of every combination of values, one by one, with every list that may be entered beside them."""
    f, codes = function_of(config), [grade.code for grade in config.grades]
    listed = {codes.index(rule.ceiling) for rule in config.hard_rules for trigger in rule.when if trigger.lists}
    result = set()
    for combination in itertools.product(*cells):
        values = np.array([[value for value, _ in combination]], dtype=np.int64)
        held = max(place for _, place in combination)
        for ceiling in {held, *(max(held, place) for place in listed)}:
            top = TOP if ceiling == 0 else config.ceiling(codes[ceiling])
            score = int(points(f, raw(f, values, np.array([top], dtype=np.int64)))[0])
            result.add(next(k for k, grade in enumerate(config.grades) if score >= grade.at_least))
    return result


@pytest.mark.parametrize("seed", range(60))
def test_reach_is_what_brute_force_finds(seed: int) -> None:
    rng = random.Random(seed)
    data: dict[str, Any] = json.loads(json.dumps(SMALL))
    weights = [rng.randrange(1, 400) for _ in range(4)]
    domains = [domain for group in data["groups"] for domain in group["domains"]]
    for domain, weight in zip(domains, weights, strict=True):
        domain["weight"] = weight
    data["groups"][1] |= {"at_least": rng.choice([0, 300, 640]), "at_most": rng.choice([1000, 900, 660])}
    edges = sorted(rng.sample(range(1, 1001), 5), reverse=True)
    data["grades"] = [{"code": f"g{k}", "at_least": edge, "evidence": "local"} for k, edge in enumerate([*edges, 0])]
    for rule in data["hard_rules"]:
        rule["ceiling"] = rng.choice([f"g{k}" for k in range(6)])
    config = small(**data | {"rule": rng.choice(["weighted", "weighted", "weakest_link"])})
    cells = tuple(
        frozenset((rng.randrange(1001), rng.choice([0, 0, 0, *range(6)])) for _ in range(rng.randrange(1, 5)))
        for _ in config.domains
    )
    assert reached(config, cells).places == by_hand(config, cells)


@pytest.mark.parametrize("name", NAMES)
def test_every_grade_of_every_shipped_composite_is_reached_in_every_stretch(name: str) -> None:
    config = load_composite(name)
    seen = 0
    for day, cells in stretches(config):
        seen += 1
        assert reached(config, cells).places == set(range(len(config.grades))), day
        # and the best grade also where every scheme that is in force grades: of several the worst decides
        best = [
            min(
                (max(values.values()) for key, values in domain.schemes.items() if in_force(key, day)),
                default=config.stands_at(domain),
            )
            for domain in config.domains
        ]
        f = function_of(config)
        score = int(points(f, raw(f, np.array([best], dtype=np.int64), np.array([TOP], dtype=np.int64)))[0])
        assert score >= config.grades[0].at_least, (day, score)
    assert seen >= 5


def in_force(name: str, day: date) -> bool:
    scheme = registry.load(next(entry for entry in registry.entries() if f"{entry.scheme}@{entry.version}" == name))
    return not scheme.missing and bool(registry.in_force(scheme, day.year if scheme.period == "year" else day))


@pytest.mark.parametrize(
    ("name", "edge", "was", "grade"), [("jilin_edz", 900, 950, "AAA"), ("four_grades", 890, 950, "excellent")]
)
def test_an_edge_above_the_best_score_is_named_with_its_line(
    tmp_path: Path, name: str, edge: int, was: int, grade: str
) -> None:
    shipped = config_root() / "composite" / name / "2018-06-27.yaml"
    text = shipped.read_text(encoding="utf-8")
    file = tmp_path / "changed.yaml"
    file.write_text(text.replace(f"{grade}, at_least: {edge}", f"{grade}, at_least: {was}"), encoding="utf-8")
    with pytest.raises(cs.SchemeError, match=rf"E901 grades\.0: {grade} \(from 950\) cannot be reached .* give 928"):
        load_composite(file)
    line = text[: text.index(f"code: {grade},")].count("\n") + 1
    shown = CliRunner().invoke(app, ["composite", "check", str(file), "--json"])
    (fault,) = json.loads(shown.output)["faults"]
    assert (shown.exit_code, fault["code"], fault["line"]) == (4, "E901", line)


def test_the_check_of_the_library_finds_nothing_and_says_what_is_reached() -> None:
    shown = CliRunner().invoke(app, ["composite", "check"])
    assert shown.exit_code == 0, shown.output
    assert "3 composites: 0 faults" in shown.output
    assert "10 of 10" in shown.output


def test_a_best_grade_below_the_reference_needs_a_reason(tmp_path: Path) -> None:
    data = json.loads(json.dumps(SMALL))
    domain = data["groups"][0]["domains"][2]
    domain["schemes"]["labour/national@2016"] = {"A": 790, "B": 700, "C": 200}
    with pytest.raises(cs.SchemeError, match=r"E902 .*labour/national@2016: its best grade is worth 790"):
        load_composite(write_small(tmp_path, **data))
    domain["best_costs"] = {"zh": "评级本身即为关注", "en": "being rated at all is a sign of concern"}
    assert load_composite(write_small(tmp_path, **data)).composite == "small"


@pytest.mark.parametrize(
    "change",
    [{"use": "public_grade"}, {"label": {"zh": "小", "en": "illustrative"}}, {"label": {"zh": "示例", "en": "small"}}],
)
def test_own_numbers_are_internal_and_called_illustrative(tmp_path: Path, change: dict[str, Any]) -> None:
    with pytest.raises(cs.SchemeError, match=r"small\.yaml:\d+: E903 (use|label): "):
        load_composite(write_small(tmp_path, **change))
    adopted = {"weights": "local", "maps": "local", "bands": "local"}
    assert load_composite(write_small(tmp_path, marks=adopted, **change)).marks.weights == "local"


@pytest.mark.parametrize("name", NAMES)
def test_shipped_composites_are_illustrative_and_internal(name: str) -> None:
    config = load_composite(name)
    assert config.use == "internal_risk"
    assert config.label.zh.startswith("示例")
    assert config.label.en.startswith("Illustrative")


@pytest.mark.parametrize(("name", "grade"), [("jilin_edz", "C"), ("four_grades", "poor"), ("weakest_link", "poor")])
def test_a_firm_of_false_invoices_does_not_pass(name: str, grade: str) -> None:
    """Direct D in tax, everything else at its best: 802 points without the rule, a BBB."""
    rows = [(IDS[0], TAX, "2019", "D"), (IDS[0], ENV, "2019", "green"), (IDS[0], LABOUR, "2019", "A")]
    rows += [(IDS[0], COURT, "2019-12-31", "clear")]
    subjects = pd.DataFrame({"subject_id": IDS[:1], "kind": "enterprise"})
    composite = combine(grades(rows), name, subjects=subjects, as_of=date(2019, 12, 31), acts="unchecked")
    (row,) = composite.composite.to_pylist()
    assert (row["grade"], row["hard_rules"]) == (grade, "tax_d")


def test_old_rules_are_scored_again_although_they_would_not_pass_today() -> None:
    """A composite that was kept before is made again from the rules that it holds."""
    old = small(use="public_grade", label={"zh": "小", "en": "small"})
    composite = combine(grades([(IDS[0], TAX, "2019", "A")]), old, as_of=date(2019, 12, 31), acts="unchecked")
    assert composite.composite.num_rows == 1


def test_how_grades_separate() -> None:
    separation = spread(["A", "B", "C"], ["A", "A", "B", "B"])
    assert separation.counts == (("A", 2, 0.5), ("B", 2, 0.5), ("C", 0, 0.0))
    assert separation.different == pytest.approx(4 / 6)  # of 6 pairs, 4 are one A and one B
    assert separation.even == pytest.approx(5 / 6)  # 2, 1, 1
    assert "2 of 3 grades occur among 4 organisations" in str(separation.sentence)
    assert "nobody has a score" in str(spread(["A", "B"], []).sentence)


@pytest.mark.slow
def test_the_demo_is_scored_and_its_spread_reported() -> None:
    shown = CliRunner().invoke(app, ["composite", "check", "jilin_edz", "--demo", "--subjects", "120", "--json"])
    assert shown.exit_code == 0, shown.output
    spread_of = json.loads(shown.output)["demo"]["jilin_edz@2018-06-27"]
    assert [row[0] for row in spread_of["grades"]] == ["AAA", "AA", "A", "BBB", "BB", "B", "CCC", "CC", "C", "D"]
    assert sum(row[1] for row in spread_of["grades"]) > 30
    assert "two drawn at random have different grades" in spread_of["sentence"]
