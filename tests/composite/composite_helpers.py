"""Small composites, gradings and a brute-force reading of what a score means."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from itertools import combinations
from math import factorial
from typing import Any

import pandas as pd

from creditscore.composite.config import CompositeConfig
from creditscore.composite.load import load_composite

IDS = ["914403001922038216", "91440115618712245T"]
SOLE_TRADER = "92220200MA0000009X"
SUBJECTS = pd.DataFrame({"subject_id": IDS, "kind": "enterprise", "region": "220200", "registered_on": "2010-01-01"})
# tax, environment and labour decide; the rest is small
SMALL: dict[str, Any] = {
    "composite": "small",
    "label": {"zh": "示例：小", "en": "illustrative: small"},
    "use": "internal_risk",
    "effective_from": "2018-06-27",
    "effective_to": "2021-01-01",
    "checked_on": "2026-11-25",
    "cite": [{"law": "JLEDZ2018"}],
    "marks": {"weights": "project_default", "maps": "project_default", "bands": "project_default"},
    "rule": "weighted",
    "reference": 800,
    "grades": [
        {"code": "good", "at_least": 850, "evidence": "project_default"},
        {"code": "medium", "at_least": 600, "evidence": "project_default"},
        {"code": "poor", "at_least": 0, "evidence": "project_default"},
    ],
    "coverage": {"at_least": 300, "evidence": "project_default"},
    "groups": [
        {
            "id": "law",
            "evidence": "project_default",
            "domains": [
                {
                    "id": "tax",
                    "weight": 400,
                    "schemes": {"tax@2014": {"A": 1000, "B": 850, "M": 800, "C": 500, "D": 0}},
                },
                {
                    "id": "environment",
                    "weight": 300,
                    "schemes": {"environment/national@2013": {"green": 1000, "blue": 850, "yellow": 500, "red": 0}},
                },
                {"id": "labour", "weight": 200, "schemes": {"labour/national@2016": {"A": 1000, "B": 800, "C": 200}}},
            ],
        },
        {
            "id": "trades",
            "at_least": 300,
            "at_most": 900,
            "evidence": "project_default",
            "domains": [
                {
                    "id": "court",
                    "weight": 100,
                    "schemes": {"court/judgment_defaulter@2017-05-01": {"clear": 900, "triggered": 800, "listed": 0}},
                }
            ],
        },
    ],
    "hard_rules": [
        {
            "id": "defaulter",
            "ceiling": "medium",
            "evidence": "project_default",
            "when": [
                {"domain": "court", "lists": ["judgment_defaulter"], "grades": {"court/judgment_defaulter": ["listed"]}}
            ],
        },
        {
            "id": "red",
            "ceiling": "poor",
            "evidence": "project_default",
            "when": [{"domain": "environment", "grades": {"environment/national": ["red"]}}],
        },
    ],
}


def small(**changes: Any) -> CompositeConfig:
    """The small composite with some keys changed."""
    import json

    return CompositeConfig.model_validate_json(json.dumps({**SMALL, **changes}))


def write_small(folder: Any, **changes: Any) -> Any:
    """The same as a file, checked by loading it."""
    import json
    from datetime import date

    import yaml

    data = json.loads(json.dumps({**SMALL, **changes}))
    for key in ("effective_from", "effective_to", "checked_on"):
        if isinstance(data.get(key), str):
            data[key] = date.fromisoformat(data[key])
    file = folder / "small.yaml"
    file.write_text(yaml.safe_dump(data, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return file


def grades(rows: Iterable[tuple[str, str, str, str]], evidence: str = "verified") -> pd.DataFrame:
    """A table of grades: subject, scheme@version, period, grade; a grade in brackets is a state."""
    result = []
    for subject, name, period, grade in rows:
        scheme, _, version = name.partition("@")
        state = grade[1:-1].partition(":") if grade.startswith("(") else ("graded", "", "")
        result.append(
            {"subject_id": subject, "scheme": scheme, "version": version, "period": period, "state": state[0]}
            | {"state_reason": state[2], "grade": None if state[0] != "graded" else grade, "evidence": evidence}
        )
    return pd.DataFrame(result)


TAX, ENV, LABOUR, COURT = (
    "tax@2014",
    "environment/national@2013",
    "labour/national@2016",
    "court/judgment_defaulter@2017-05-01",
)


def score_of(config: CompositeConfig, known: dict[str, int], ceilings: Iterable[int] = ()) -> Fraction:
    """The unrounded score when the domains in `known` have a value and the others stand at their reference."""
    total = Fraction(0)
    for group in config.groups:
        weight = sum(domain.weight for domain in group.domains)
        if weight:
            mean = Fraction(
                sum(domain.weight * known.get(domain.id, config.stands_at(domain)) for domain in group.domains), weight
            )
            total += weight * min(max(mean, Fraction(group.at_least)), Fraction(group.at_most))
    return min([total / 1000, *map(Fraction, ceilings)])


def shapley_of(config: CompositeConfig, values: dict[str, int], ceilings: dict[str, int]) -> dict[str, Fraction]:
    """The mean of what a domain moves, over every order in which domains become known: from the definition."""

    def v(chosen: tuple[str, ...]) -> Fraction:
        return score_of(
            config,
            {name: values[name] for name in chosen if name in values},
            [ceilings[name] for name in chosen if name in ceilings],
        )

    names = [domain.id for domain in config.domains]
    n = len(names)
    shares = {}
    for name in names:
        others = [value for value in names if value != name]
        shares[name] = sum(
            (
                Fraction(factorial(size) * factorial(n - size - 1), factorial(n)) * (v((*chosen, name)) - v(chosen))
                for size in range(n)
                for chosen in combinations(others, size)
            ),
            Fraction(0),
        )
    return shares


__all__ = ["COURT", "ENV", "IDS", "LABOUR", "SMALL", "SOLE_TRADER", "SUBJECTS", "TAX", "grades", "load_composite"]
