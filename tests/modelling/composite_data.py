"""Scored firms with known truth: three domains matter for what happens later, one does not."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import pandas as pd

import creditscore as cs
from tests.composite.composite_helpers import COURT, ENV, LABOUR, TAX, grades, small

TRUTH = {"tax": 3.0, "environment": 1.5, "labour": 0.0, "court": 1.5}


@lru_cache(maxsize=1)
def scored(rows: int = 6000) -> tuple[Any, pd.DataFrame]:
    """(composite, outcomes): events follow the values of the domains by TRUTH, in log-odds per 1000 points."""
    rng = np.random.default_rng(8)
    config = small(hard_rules=[])
    result, risk = [], np.full(rows, -1.6)
    for name, domain in ((TAX, "tax"), (ENV, "environment"), (LABOUR, "labour"), (COURT, "court")):
        values = next(
            composite_domain.schemes[name] for composite_domain in config.domains if composite_domain.id == domain
        )
        codes = list(values)
        drawn = rng.choice(len(codes), rows, p=rng.dirichlet(np.full(len(codes), 6.0)))
        risk += TRUTH[domain] * (800 - np.array([values[codes[k]] for k in drawn])) / 1000
        period = "2019-12-31" if name == COURT else "2019"
        result += [(f"F{k:05}", name, period, codes[drawn[k]]) for k in range(rows)]
    event = (rng.random(rows) < 1 / (1 + np.exp(-risk))).astype(int)
    outcomes = pd.DataFrame({"subject_id": [f"F{k:05}" for k in range(rows)], "event": event})
    return cs.combine(grades(result), config, acts="unchecked"), outcomes
