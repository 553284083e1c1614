"""A manifest that was changed is named as such by whoever reads it, whatever stands in it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from creditscore.core.errors import InputError
from creditscore.grading.manifest import read_manifest, refuse_failed

RUN = {
    "run_id": "a",
    "scheme_hash": "b",
    "snapshot_hash": "c",
    "creditscore": "0.1.0",
    "scheme": "tax@2014",
    "period": "2022",
    "as_of": "2022-12-31",
    "known_at": "2023-04-01",
    "law_known_at": "latest",
    "readings": {"x": {"zh": "甲", "en": "a"}},
}
CHANGES = {
    "run_id is missing": {"run_id": None},
    "scheme is not a text": {"scheme": ["tax"]},
    "period is 'x": {"period": "x" * 500},
    "as_of is ''": {"as_of": ""},
    "known_at is 'latest'": {"known_at": "latest"},
    "the reading x has no words": {"readings": {"x": None}},
    "counts is not an object": {"counts": []},
    "schemes is not an object": {"schemes": None},
    "a scheme has no manifest": {"schemes": {"tax": None}},
    "input_marks is not a list": {"input_marks": [{}]},
    "near_misses is not a list": {"near_misses": [["records"]]},
    "ignored_columns is not a list": {"ignored_columns": 3},
    "notes is not a list": {"notes": "x"},
    "accepted is not a list": {"accepted": {"line": 1}},
}


def written(folder: Path, data: object) -> Path:
    (folder / "manifest.json").write_text(json.dumps(data), encoding="utf-8")
    return folder


@pytest.mark.parametrize("words", CHANGES)
def test_what_is_wrong_is_named(words: str, tmp_path: Path) -> None:
    data = RUN | CHANGES[words]
    if words.endswith("is missing"):
        del data["run_id"]
    with pytest.raises(InputError, match=words) as raised:
        read_manifest(written(tmp_path, data))
    assert raised.value.next == "grade again with --out"
    assert len(str(raised.value)) < 500


def test_a_sound_one_is_read_and_a_failed_one_is_not(tmp_path: Path) -> None:
    assert read_manifest(written(tmp_path, RUN)) == RUN
    refuse_failed(tmp_path)
    with pytest.raises(InputError, match="has no result: 3 rows were refused"):
        refuse_failed(written(tmp_path, RUN | {"failed": "3 rows were refused"}))
    (tmp_path / "manifest.json").write_text('{"scheme": ' + "[" * 100_000, encoding="utf-8")
    with pytest.raises(InputError, match="nested too deeply"):
        read_manifest(tmp_path)
