"""Snapshots on disk."""

import json

import pyarrow.parquet as pq
import pytest

from creditscore.core.errors import InputError, UsageError
from creditscore.records import fold, read_snapshot, write_snapshot
from tests.records.records_helpers import PERSON, table

SUBJECTS = [{"subject_id": "B", "x": "1"}, {"subject_id": "A"}]
RECORDS = [
    {"record_id": "b", "subject_id": "B", "item": "i", "occurred_on": "2024-01-01", "domain": "tax"},
    {"record_id": "a", "subject_id": "A", "item": "j", "occurred_on": "2024-05-01", "color": "red"},
    {"record_id": "a", "event_no": "2", "event": "corrected", "event_on": "2024-07-01", "share": "0.5"},
    {"record_id": "c", "subject_id": "A", "item": "j", "occurred_on": "2024-06-01"},
    {"record_id": "d", "subject_id": PERSON, "item": "j", "occurred_on": "2024-06-01"},
]


def comparable(snapshot, name, without=()):
    rows = table(snapshot, name)
    return sorted(json.dumps({k: v for k, v in row.items() if k not in without}, sort_keys=True) for row in rows)


def test_what_is_written_is_read(take, tmp_path):
    snapshot = take(
        SUBJECTS, RECORDS, listings=[{"listing_id": "l", "subject_id": "A", "list": "x", "entered_on": "2024-01-01"}]
    )
    manifest = write_snapshot(snapshot, tmp_path / "out")
    again = read_snapshot(tmp_path / "out", verify=True)
    for name in ("subjects", "attributes", "listings", "history", "feeds", "quarantine"):
        assert comparable(again, name) == comparable(snapshot, name)
    assert comparable(again, "log", {"rk"}) == comparable(snapshot, "log", {"rk"})
    assert [row["row"] for row in table(again, "log")] == [5, 2, 3, 4]  # records of several events last
    assert [row["rk"] for row in table(again, "log")] == [1, 3, 0, 0]
    assert manifest["content_hash"] == snapshot.content_hash() == again.content_hash() == again.computed_hash()
    for name in ("items", "domains", "attribute_columns", "newest_day", "subject_ids"):
        assert getattr(again, name) == getattr(snapshot, name)
    assert again.counts == snapshot.counts
    assert json.loads((tmp_path / "out" / "snapshot.json").read_text(encoding="utf-8")) == manifest


def test_records_without_any_date_are_written_and_read(take, tmp_path):
    rows = [{"record_id": name, "subject_id": "A", "item": "x"} for name in ("b", "a")]
    write_snapshot(take([{"subject_id": "A"}], rows), tmp_path / "out")
    again = read_snapshot(tmp_path / "out", verify=True)
    assert [row["record_id"] for row in table(again, "log")] == ["a", "b"]


def test_folds_of_both_are_alike(take, tmp_path):
    snapshot = take(SUBJECTS, RECORDS)
    write_snapshot(snapshot, tmp_path / "out")
    again = read_snapshot(tmp_path / "out")
    for known_at in (0, 19900, 20000):
        folded, two = fold(snapshot, known_at), fold(again, known_at)
        assert folded.not_yet_known == two.not_yet_known
        assert comparable(snapshot, folded.folded, {"rk"}) == comparable(again, two.folded, {"rk"})
        assert comparable(snapshot, folded.corrections, {"rk"}) == comparable(again, two.corrections, {"rk"})


def test_a_snapshot_of_a_snapshot_is_the_same(take, tmp_path):
    write_snapshot(take(SUBJECTS, RECORDS), tmp_path / "one")
    first = read_snapshot(tmp_path / "one")
    write_snapshot(first, tmp_path / "two")
    second = read_snapshot(tmp_path / "two", verify=True)
    assert table(second, "log") == table(first, "log")


def test_order_of_rows_does_not_change_the_files_but_for_lines(take, tmp_path):
    write_snapshot(take(SUBJECTS, RECORDS), tmp_path / "one")
    write_snapshot(take(SUBJECTS[::-1], RECORDS[::-1]), tmp_path / "two")
    snapshot, two = read_snapshot(tmp_path / "one"), read_snapshot(tmp_path / "two")
    for name in ("log", "subjects", "attributes"):
        left, right = ([{k: v for k, v in r.items() if k != "row"} for r in table(s, name)] for s in (snapshot, two))
        assert left == right


def test_changed_files_are_noticed(take, tmp_path):
    write_snapshot(take(SUBJECTS, RECORDS), tmp_path / "out")
    path = tmp_path / "out" / "subjects.parquet"
    data_table = pq.read_table(path)
    pq.write_table(data_table.set_column(2, "name", [["changed"] * data_table.num_rows]), path)
    read_snapshot(tmp_path / "out")
    with pytest.raises(InputError, match="do not match"):
        read_snapshot(tmp_path / "out", verify=True)


def test_other_folders_and_formats_are_refused(take, tmp_path):
    with pytest.raises(InputError, match="no snapshot"):
        read_snapshot(tmp_path / "none")
    snapshot = take(SUBJECTS, RECORDS)
    with pytest.raises(UsageError, match="something else"):
        write_snapshot(snapshot, tmp_path)
    write_snapshot(snapshot, tmp_path / "out")
    write_snapshot(snapshot, tmp_path / "out")
    manifest = json.loads((tmp_path / "out" / "snapshot.json").read_text(encoding="utf-8"))
    (tmp_path / "out" / "log.parquet").unlink()
    with pytest.raises(InputError, match="missing"):
        read_snapshot(tmp_path / "out")
    (tmp_path / "out" / "snapshot.json").write_text(json.dumps(manifest | {"format_version": 99}), encoding="utf-8")
    with pytest.raises(InputError, match="99"):
        read_snapshot(tmp_path / "out")
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_damaged_snapshot_json_is_said_as_such(take, tmp_path):
    write_snapshot(take(SUBJECTS, RECORDS), tmp_path / "s")
    path = tmp_path / "s" / "snapshot.json"
    whole = json.loads(path.read_text(encoding="utf-8"))
    for name in ("content_hash", "subject_ids", "newest_day", "items", "domains", "attribute_columns", "log_columns"):
        path.write_text(json.dumps({key: value for key, value in whole.items() if key != name}), encoding="utf-8")
        with pytest.raises(InputError, match=f"does not say {name}"):
            read_snapshot(tmp_path / "s")
    for name, value, text in (
        ("subject_ids", "any", "does not say subject_ids"),
        ("log_columns", [*whole["log_columns"], "zz"], "hash|cannot be read"),
        ("attribute_columns", ["zz"], "cannot be read"),
        ("items", [None], "does not say items"),
        ("counts", {"records": {"rows": ""}}, "does not say counts"),
        ("counts", {"records": None}, "does not say counts"),
        ("rows", {**whole["rows"], "log": 99}, "counts other rows"),
    ):
        path.write_text(json.dumps({**whole, name: value}), encoding="utf-8")
        with pytest.raises(InputError, match=text):
            read_snapshot(tmp_path / "s", verify=True)
    path.write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="it is no object"):
        read_snapshot(tmp_path / "s")


@pytest.mark.parametrize("name", ["subjects", "attributes", "listings", "history", "feeds", "quarantine"])
def test_a_file_without_one_of_its_columns_is_named(take, tmp_path, name):
    write_snapshot(take(SUBJECTS, RECORDS), tmp_path / "out")
    file = tmp_path / "out" / f"{name}.parquet"
    columns = pq.read_table(file)
    pq.write_table(columns.drop_columns([columns.column_names[-1]]), file)
    with pytest.raises(InputError, match=f"lacks {columns.column_names[-1]}") as raised:
        read_snapshot(tmp_path / "out")
    assert str(file) in str(raised.value)


@pytest.mark.parametrize(("table", "count"), [("records", "rows"), ("records", "refused"), ("subjects", "rows")])
def test_counts_that_do_not_add_up_are_refused(take, tmp_path, table, count):
    write_snapshot(take(SUBJECTS, RECORDS), tmp_path / "out")
    file = tmp_path / "out" / "snapshot.json"
    manifest = json.loads(file.read_text(encoding="utf-8"))
    manifest["counts"][table][count] += 1
    file.write_text(json.dumps(manifest), encoding="utf-8")
    with pytest.raises(InputError, match=f"rows of {table}"):
        read_snapshot(tmp_path / "out")
