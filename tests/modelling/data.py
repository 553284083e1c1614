"""Made-up tables for the tests of the card."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.paths import SHARED

DATA = SHARED / "data"


def firms(n: int = 1500, seed: int = 1) -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers with missing, special and extreme values, text with rare and missing levels, a bool; y depends on
    them.
    """
    random = np.random.default_rng(seed)
    late = random.poisson(1.5, n).astype(float)
    margin = random.normal(size=n)
    ratio = np.exp(random.normal(size=n))
    kind = random.choice(["trade", "works", "farm", "inn"], n, p=[0.5, 0.3, 0.17, 0.03])
    eta = -2 + 0.6 * late - 0.8 * margin + np.abs(np.log(ratio)) + np.where(kind == "farm", 0.9, 0.0)
    y = (random.random(n) < 1 / (1 + np.exp(-eta))).astype(int)
    late[random.random(n) < 0.1] = np.nan
    margin[random.random(n) < 0.05] = -99.0
    ratio[:3] = [1e100, -1e100, 1e100]
    table = pd.DataFrame({"late": late, "margin": margin, "ratio": ratio, "kind": pd.array(kind, dtype="str")})
    table.loc[random.random(n) < 0.04, "kind"] = None
    table["exports"] = random.random(n) < 0.3
    return table, y


def probes(table: pd.DataFrame, cuts: dict[str, tuple[float, ...]]) -> pd.DataFrame:
    """Rows that try every edge: each cut, its two neighbours, infinities, zero, missing; unseen, empty and odd
    levels.
    """
    columns = {}
    for name in table:
        if table[name].dtype.kind in "fib":
            edges = np.array([*cuts.get(name, ()), 0.0, -99.0, 1.0])
            values = np.concatenate(
                [
                    edges,
                    np.nextafter(edges, np.inf),
                    np.nextafter(edges, -np.inf),
                    [np.inf, -np.inf, np.nan, 1e308, 5e-324],
                ]
            )
            columns[name] = values
        else:
            seen = [v for v in table[name].unique() if isinstance(v, str)]
            columns[name] = np.array([*seen, "never seen", "", "it's", '"', "Trade", " trade", None], dtype=object)
    n = max(map(len, columns.values()))
    return pd.DataFrame({name: np.resize(values, n) for name, values in columns.items()})


def shared(name: str) -> Path:
    """A folder of real data beside the checkout; skips where it is absent."""
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there")
    return path
