"""Tables for the comparison of cards: real ones beside the checkout, and made-up ones of any size.

Real: (table, y, groups); y is 1 for the adverse event; rows of one group never stand on both sides of a split.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
Table = tuple[pd.DataFrame, np.ndarray, np.ndarray | None]


def german() -> Table:
    table = pd.read_csv(DATA / "german_credit" / "germancredit.csv")
    return table, (table.pop("creditability") == "bad").astype(int).to_numpy(), None


def taiwan() -> Table:
    table = pd.read_parquet(DATA / "taiwan_card_default" / "cards.parquet").drop(columns="ID").astype(float)
    return table, table.pop("default_next_month").astype(int).to_numpy(), None


def polish() -> Table:
    table = pd.read_parquet(DATA / "polish_bankruptcy" / "year5.parquet").drop(columns="row_id")
    return table, table.pop("bankrupt").to_numpy(), None


def ratings() -> Table:
    table = pd.read_parquet(DATA / "corporate_ratings" / "ratings_2010_2016.parquet")
    y = 1 - table["Binary Rating"].astype(int).to_numpy()
    return table[list(table.columns[9:])].astype(float), y, table["CIK"].to_numpy()


REAL = {"german": german, "taiwan": taiwan, "polish": polish, "ratings": ratings}
SIZES = {"100k x 30": (100_000, 26, 4), "1M x 20": (1_000_000, 17, 3)}


def made_up(rows: int, numbers: int, texts: int, seed: int = 0) -> tuple[pd.DataFrame, np.ndarray]:
    """Numbers of many shapes with 6 % missing in a quarter of them, text of eight levels, about 5 % events."""
    random = np.random.default_rng(seed)
    table: dict[str, object] = {}
    eta = np.full(rows, -3.6)
    for i in range(numbers):
        z = random.normal(size=rows)
        shape = (z, -z, np.abs(z), np.tanh(2 * z), np.sin(2 * z))[i % 5]
        eta += (0.35 if i < 12 else 0.05) * shape
        values = np.exp(z) if i % 2 else z
        if i % 4 == 0:
            values[random.random(rows) < 0.06] = np.nan
        table[f"n{i}"] = values
    for i in range(texts):
        code = random.integers(0, 8, rows)
        eta += 0.15 * (code - 3.5) / 2
        table[f"c{i}"] = pd.array(np.array(list("ABCDEFGH"))[code], dtype="str")
    y = (random.random(rows) < 1 / (1 + np.exp(-eta))).astype(int)
    return pd.DataFrame(table), y
