"""Disputes beside a written grading: read where there are any, refused where they cannot be."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import InputError
from creditscore.grading.disputes import NAMES, read_disputes

ROW = dict.fromkeys(NAMES, "x")


def test_disputes_of_a_folder_are_read(tmp_path: Path) -> None:
    assert read_disputes(tmp_path) == []
    pq.write_table(
        pa.table({name: [value] for name, value in {"more": "y", **ROW}.items()}), tmp_path / "disputes.parquet"
    )
    assert read_disputes(tmp_path) == [ROW]


@pytest.mark.parametrize("kind", ["no table", "no column"])
def test_what_is_no_table_of_disputes_is_refused(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "disputes.parquet"
    if kind == "no table":
        file.write_bytes(b"PAR1")
    else:
        pq.write_table(pa.table({"scheme": ["tax"]}), file)
    with pytest.raises(InputError, match="cannot be read") as refused:
        read_disputes(str(tmp_path))
    assert refused.value.where == str(file)
