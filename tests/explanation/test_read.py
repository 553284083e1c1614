"""Reading one subject of a grading: what is missing is said."""

from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.core.errors import InputError
from creditscore.explanation.read import read
from creditscore.grading.result import Grading
from tests.explanation.conftest import MANY


def test_a_folder_and_a_grading_in_memory_say_the_same(small: Grading, folder: Path) -> None:
    there, here = read(folder, MANY), read(small, MANY)
    assert there.grade == here.grade
    assert there.ledger == here.ledger
    assert here.ledger[0]["step"] == "start"
    assert len(here.ledger) == 10
    assert (here.name, there.name) == ("多条记录", "")


def test_an_id_may_be_written_carelessly(folder: Path) -> None:
    assert read(folder, f"  {MANY.lower()} ").grade["subject_id"] == MANY


def test_a_persons_number_in_a_name_is_hidden() -> None:
    person = "11010519491231002X"
    subjects = pd.DataFrame({"subject_id": ["91500000MAAAAAA188"], "name": [f"王某 {person}"]})
    none = pd.DataFrame({"record_id": [], "subject_id": [], "item": []}, dtype=str)
    grading = cs.grade(none, "tax", subjects=subjects, period=2020)
    assert read(grading, "91500000MAAAAAA188").name == "王某 110***************"


def test_no_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder"):
        read(tmp_path / "nowhere", MANY)


@pytest.mark.parametrize("file", ["grades.parquet", "ledger.parquet", "manifest.json"])
def test_a_missing_file_is_named(folder: Path, file: str) -> None:
    (folder / file).unlink()
    with pytest.raises(InputError, match=file):
        read(folder, MANY)


@pytest.mark.parametrize("file", ["grades.parquet", "ledger.parquet", "manifest.json"])
def test_a_damaged_file_is_an_input_error(folder: Path, file: str) -> None:
    (folder / file).write_text("not what it says")
    with pytest.raises(InputError, match="cannot be read"):
        read(folder, MANY)


@pytest.mark.parametrize(("file", "column"), [("grades", "margin"), ("ledger", "effective")])
def test_a_file_without_a_column_or_with_another_type_is_an_input_error(folder: Path, file: str, column: str) -> None:
    place = folder / f"{file}.parquet"
    table = pq.read_table(place)
    number = table.column_names.index(column)
    pq.write_table(table.set_column(number, column, table[column].cast("string")), place)
    with pytest.raises(InputError, match=f"column {column} holds string"):
        read(folder, MANY)
    pq.write_table(table.rename_columns([name.replace(column, "other") for name in table.column_names]), place)
    with pytest.raises(InputError, match=f"no column {column}"):
        read(folder, MANY)


def test_a_missing_subject_brings_near_ids(folder: Path) -> None:
    with pytest.raises(InputError) as caught:
        read(folder, MANY[:-1] + "4")
    assert MANY in (caught.value.allowed or "")
    assert "4 graded" in caught.value.what


def test_a_resident_number_is_not_repeated(folder: Path) -> None:
    number = "11010519491231002X"  # the example of GB 11643
    with pytest.raises(InputError) as caught:
        read(folder, number)
    assert number not in str(caught.value)


def test_nothing_near_is_not_called_near(small: Grading) -> None:
    with pytest.raises(InputError) as caught:
        read(small, "zzz")
    assert caught.value.allowed is None
