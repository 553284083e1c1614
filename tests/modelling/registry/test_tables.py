"""Tables are hashed by content, read from CSV and Parquet alike."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creditscore.core.tables.write import write_table
from creditscore.modelling.features.frames import read_frame
from creditscore.modelling.registry.tables import table_hash

TABLE = pd.DataFrame({"n": [1, 2, 3], "x": [0.1, np.nan, -3.5], "word": ["a", "", "ü"]}).replace("", None)


@pytest.mark.parametrize("name", ["t.csv", "t.parquet"])
def test_written_and_read_back(tmp_path: Path, name: str) -> None:
    again = read_frame(write_table(TABLE, tmp_path / "new" / name))
    assert table_hash(again) == table_hash(TABLE)
    assert again["x"].tolist()[2] == -3.5


def test_the_hash_knows_content_and_no_order() -> None:
    assert table_hash(TABLE.sample(frac=1, random_state=2)[["word", "n", "x"]]) == table_hash(TABLE)
    for change in ({"n": [1, 2, 4]}, {"word": ["a", None, "u"]}, {"x": [0.1, 0.0, -3.5]}):
        assert table_hash(TABLE.assign(**change)) != table_hash(TABLE)
    assert table_hash(TABLE.rename(columns={"n": "m"})) != table_hash(TABLE)
    assert table_hash(pd.concat([TABLE, TABLE.iloc[:1]])) != table_hash(TABLE)
