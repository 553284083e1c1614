"""Made-up tables of indicators with every kind of column, for tests of estimators."""

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

NAMES = ("days", "ratio", "noise", "sector", "region", "empty", "constant")


def indicators(rows: int = 1500, seed: int = 0) -> tuple[pd.DataFrame, Any]:
    """A frame with numbers, gaps, text, a category, an empty and a constant column; and the latent risk of each row."""
    rng = np.random.default_rng(seed)
    days = rng.exponential(30, rows)
    ratio = rng.normal(0, 1, rows)
    sector = rng.choice(["food", "trade", "works"], rows)
    region = rng.choice(["north", "south"], rows)
    risk = 0.04 * np.minimum(days, 60) - ratio + (sector == "works") - 1.5
    frame = pd.DataFrame(
        {
            "days": np.where(rng.random(rows) < 0.1, np.nan, days),
            "ratio": ratio,
            "noise": rng.integers(0, 5, rows),
            "sector": sector,
            "region": pd.Categorical(np.where(rng.random(rows) < 0.05, None, region)),
            "empty": np.full(rows, np.nan),
            "constant": np.ones(rows),
        }
    )
    return frame, risk


def outcomes(risk: Any, seed: int = 1) -> Any:
    """0/1 with log-odds `risk`."""
    return (np.random.default_rng(seed).random(len(risk)) < expit(risk)).astype(int)
