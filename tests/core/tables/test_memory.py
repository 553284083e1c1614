"""Tables in memory: mappings of columns."""

from __future__ import annotations

import pytest

from creditscore import ingest
from creditscore.core.errors import InputError
from creditscore.core.tables.memory import to_arrow


def test_a_mapping_of_columns_is_a_table() -> None:
    table, _, columns = to_arrow({"subject_id": ["A", "B"], 1: (1, None)}, "rows")
    assert columns == ["subject_id", "1"]
    assert table.to_pylist() == [{"subject_id": "A", "1": 1}, {"subject_id": "B", "1": None}]
    assert to_arrow({"n": iter([1, 2])}, "rows")[0].num_rows == 2


def test_columns_of_different_length_are_refused() -> None:
    with pytest.raises(InputError, match="different length") as caught:
        to_arrow({"record_id": ["r1", "r2"], "amount": [1]}, "records")
    error = caught.value
    assert (error.what, error.where) == (
        "records: columns of different length: record_id 2, amount 1",
        "the mapping of columns given as records",
    )
    assert error.allowed
    assert error.next
    with pytest.raises(InputError, match="different length"):
        ingest(subjects={"subject_id": ["A", "B"], "name": ["a"]}, records=[])
