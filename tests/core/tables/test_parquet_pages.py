"""Headers of pages of Parquet files: those of every writer are read, damaged ones refused before the engine dies."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import InputError
from creditscore.core.tables.parquet_pages import DamagedPage, check_pages
from creditscore.records import ingest

ROWS = 50_000
TABLE = pa.table(
    {
        "code": pa.array([f"code {number % 7}" for number in range(ROWS)]),
        "text": pa.array([f"text {number}" * 20 if number % 3 else None for number in range(ROWS)]),
        "number": pa.array(range(ROWS)),
        "parts": pa.array([[{"a": number, "b": "x"}] * (number % 3) for number in range(ROWS)]),
    }
)


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("compression", ["none", "gzip", "zstd"])
def test_whole_files_pass(tmp_path: Path, version: str, compression: str) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(
        TABLE,
        file,
        compression=compression,
        data_page_version=version,
        row_group_size=9_000,
        data_page_size=4_000,
        write_page_checksum=version == "2.0",
    )
    check_pages(duckdb.connect(), file)
    check_pages(duckdb.connect(), _by_engine(tmp_path))
    pq.write_table(TABLE.slice(0, 0), file)
    check_pages(duckdb.connect(), file)


def _by_engine(folder: Path) -> Path:
    file = folder / "engine.parquet"
    rows = "SELECT range AS number, 'code ' || range % 5 AS code FROM range(40000)"
    duckdb.sql(f"COPY ({rows}) TO '{file}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE 10000)")
    return file


def test_a_damaged_header_is_found_wherever_it_stands(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(TABLE.slice(0, 200), file, compression="gzip")
    whole = file.read_bytes()
    about = pq.read_metadata(file).row_group(0)
    for number in range(about.num_columns):
        column = about.column(number)
        for place in filter(None, (column.dictionary_page_offset, column.data_page_offset)):
            file.write_bytes(whole[:place] + b"\xff\xff\xff" + whole[place + 3 :])
            with pytest.raises(DamagedPage):
                check_pages(duckdb.connect(), file)


def test_records_of_a_damaged_file_are_refused_before_the_engine_dies_of_them(tmp_path: Path) -> None:
    file = tmp_path / "records.parquet"
    rows = {"record_id": ["1", "2"], "subject_id": ["s1", "s1"], "item": ["010103", "020101"], "domain": ["tax", "tax"]}
    pq.write_table(pa.table(rows), file, compression="gzip")
    whole, column = file.read_bytes(), pq.read_metadata(file).row_group(0).column(3)
    place = column.dictionary_page_offset
    file.write_bytes(whole[:place] + b"\x15\x04\x15\xfe\xff\x03" + whole[place + 6 :])
    with pytest.raises(InputError, match="the Parquet file is damaged"):
        ingest([{"subject_id": "s1"}], file, subject_ids="local")


def test_a_footer_of_which_another_reader_dies_is_read(tmp_path: Path) -> None:
    """A histogram of levels that a column does not have: Arrow ends the process where it is asked for the column."""
    file = tmp_path / "subjects.parquet"
    pq.write_table(pa.table({"subject_id": ["s1", "s2"], "name": ["a", "b"]}), file)
    whole, defined, repeated = file.read_bytes(), b"\x19\x06\x19&\x00\x04\x00", b"\x19&\x00\x04\x19\x06\x00"
    assert whole.count(defined) == 2
    file.write_bytes(whole.replace(defined, repeated))
    check_pages(duckdb.connect(), file)
    assert ingest(file, [{"record_id": "1", "subject_id": "s1", "item": "1"}], subject_ids="local")
