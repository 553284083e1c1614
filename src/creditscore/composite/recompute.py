"""One subject scored again from what its rows say: the check behind every explanation."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from creditscore.composite.config import TOP, CompositeConfig
from creditscore.composite.score import function_of, places, points, raw, reference_score
from creditscore.composite.shapley import shares, whole


def again(config: CompositeConfig, values: Sequence[int], rules: Sequence[Sequence[str]]) -> tuple[int, str, list[int]]:
    """Score, grade and shares from each domain's value and the ids of the hard rules that it sets off."""
    f = function_of(config)
    tops = {rule.id: config.ceiling(rule.ceiling) for rule in config.hard_rules}
    one_row = np.array([values], dtype=np.int64)
    ceilings = np.array([[min([tops[key] for key in ids], default=TOP) for ids in rules]], dtype=np.int64)
    score = points(f, raw(f, one_row, ceilings.min(axis=1)))
    result = whole(f, shares(f, one_row, ceilings), score - reference_score(f))
    return int(score[0]), config.grades[int(places(f, score)[0])].code, result[0].tolist()
