"""What every test of intake starts from."""

from collections.abc import Callable

import pytest

from creditscore.records import Snapshot, ingest
from tests.records.records_helpers import KEYS, Rows, as_csv


@pytest.fixture
def take(tmp_path) -> Callable[..., Snapshot]:
    """Ingest rows given as dicts, through CSV files; ids are local unless said otherwise."""

    def run(subjects: Rows, records: Rows, subject_ids: str = "local", **further: Rows) -> Snapshot:
        files = {}
        for name, rows in {"subjects": subjects, "records": records, **further}.items():
            files[name] = tmp_path / f"{name}.csv"
            files[name].write_text(as_csv(rows, KEYS.get(name)), encoding="utf-8")
        return ingest(files.pop("subjects"), files.pop("records"), subject_ids=subject_ids, **files)

    return run
