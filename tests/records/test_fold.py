"""Folding: what a record says on a day, event by event."""

from datetime import date

import pytest

from creditscore.records import fold
from tests.records.records_helpers import table

A = [{"subject_id": "A"}]


def day(text):
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def filed(**cells):
    return {
        "record_id": "r",
        "event_no": "1",
        "subject_id": "A",
        "item": "i",
        "occurred_on": "2024-01-01",
        "recorded_on": "2024-01-10",
        **cells,
    }


def event(no, word, on, **cells):
    return {"record_id": "r", "event_no": str(no), "event": word, "event_on": on, **cells}


def state(snapshot, known_at):
    """(the only folded record or None, its corrections as (day, share), rows not yet known)."""
    folded = fold(snapshot, day(known_at))
    rows = table(snapshot, folded.folded)
    shares = sorted((row["day"], row["share"]) for row in table(snapshot, folded.corrections))
    assert len(rows) <= 1
    return (rows[0] if rows else None), shares, folded.not_yet_known


def test_a_record_is_unknown_before_its_day_and_known_on_it(take):
    snapshot = take(A, [filed()])
    assert state(snapshot, "2024-01-09") == (None, [], 1)
    row, shares, late = state(snapshot, "2024-01-10")
    assert (row["status"], row["disputed"], row["n_rows"], shares, late) == (0, False, 1, [], 0)


def test_a_record_without_dates_is_always_known(take):
    snapshot = take(A, [filed(occurred_on="", recorded_on="")])
    assert state(snapshot, "1950-01-01")[2] == 0


def test_amended_replaces_what_it_gives_and_only_from_its_day(take):
    rows = [
        filed(amount="10", color="red", document_no="1", domain="tax"),
        event(2, "amended", "2024-02-01", amount="20", occurred_on="2023-12-31"),
        event(3, "amended", "2024-03-01", item="j", color="blue"),
        event(4, "amended", "2024-04-01", quantity="3", amount=""),
    ]
    snapshot = take(A, rows)
    j = snapshot.items.index("j")
    seen = [state(snapshot, on)[0] for on in ("2024-01-31", "2024-02-01", "2024-03-01", "2024-04-01")]
    assert [row["amount"] for row in seen] == [10_000_000, 20_000_000, 20_000_000, 20_000_000]
    assert [row["item"] for row in seen] == [1 - j, 1 - j, j, j]
    assert [row["a_color"] for row in seen] == ["red", "red", "blue", "blue"]
    assert [row["quantity"] for row in seen] == [1_000_000] * 3 + [3_000_000]
    assert [row["occurred_day"] for row in seen] == [day("2024-01-01")] + [day("2023-12-31")] * 3
    assert [row["n_rows"] for row in seen] == [1, 2, 3, 4]
    assert {(row["known_day"], row["document_no"], row["domain"]) for row in seen} == {(day("2024-01-10"), "1", 0)}


def test_corrections_add_up_in_the_order_of_events(take):
    rows = [
        filed(),
        event(2, "corrected", "2024-02-01", share="0.2"),
        event(3, "corrected", "", corrected_on="2024-03-01", share="0.3"),
        event(4, "corrected", "2024-05-01", recorded_on="2024-05-10"),
        event(5, "corrected", "2024-06-01"),
    ]
    snapshot = take(A, rows)
    first, second, rest = (day("2024-02-01"), 200_000), (day("2024-03-01"), 300_000), (day("2024-05-01"), 500_000)
    assert state(snapshot, "2024-01-31")[1] == []
    assert state(snapshot, "2024-03-01")[1] == [first, second]
    assert state(snapshot, "2024-05-09")[1] == [first, second]
    assert state(snapshot, "2024-12-31")[1:] == ([first, second, rest], 0)


def test_corrected_on_is_one_full_correction(take):
    snapshot = take(A, [filed(corrected_on="2024-06-01")])
    assert state(snapshot, "2024-05-31")[1:] == ([], 0)
    assert state(snapshot, "2024-06-01")[1] == [(day("2024-06-01"), 1_000_000)]


def test_corrected_on_is_not_known_before_the_row(take):
    snapshot = take(A, [filed(corrected_on="2024-01-05")])
    assert state(snapshot, "2024-01-09")[1:] == ([], 1)
    assert state(snapshot, "2024-01-10")[1] == [(day("2024-01-05"), 1_000_000)]


def test_a_correction_beside_corrected_on_is_refused(take):
    rows = [filed(corrected_on="2024-06-01"), event(2, "corrected", "2024-07-01", share="0.5")]
    snapshot = take(A, rows)
    assert snapshot.rows("quarantine") == 1
    assert state(snapshot, "2024-06-30")[1] == [(day("2024-06-01"), 1_000_000)]
    assert state(snapshot, "2024-07-01")[1] == [(day("2024-06-01"), 1_000_000)]


def test_an_amendment_may_bring_corrected_on(take):
    snapshot = take(A, [filed(), event(2, "amended", "2024-02-01", corrected_on="2024-03-01")])
    assert state(snapshot, "2024-02-15")[1] == []
    assert state(snapshot, "2024-03-01")[1] == [(day("2024-03-01"), 1_000_000)]


def test_withdrawn_and_repaired_hold_until_reinstated(take):
    rows = [
        filed(),
        event(2, "corrected", "2024-01-20", share="0.4"),
        event(3, "repaired", "2024-02-01"),
        event(4, "reinstated", "2024-03-01"),
        event(5, "withdrawn", "2024-04-01"),
        event(6, "reinstated", "2024-05-01"),
    ]
    snapshot = take(A, rows)
    result = []
    for month in range(1, 6):
        row, shares, _ = state(snapshot, f"2024-{month:02}-28")
        result.append((row["status"], row["status_day"]))
        assert shares == [(day("2024-01-20"), 400_000)]
    assert result == [(0, None), (2, day("2024-02-01")), (0, None), (1, day("2024-04-01")), (0, None)]


def test_the_order_of_events_is_event_no_not_the_day(take):
    rows = [filed(), event(2, "withdrawn", "2024-04-01"), event(3, "reinstated", "2024-03-01")]
    assert state(take(A, rows), "2024-12-31")[0]["status"] == 0


def test_disputed_is_a_flag(take):
    rows = [filed(), event(2, "disputed", "2024-02-01"), event(3, "dispute_resolved", "2024-03-01")]
    snapshot = take(A, rows)
    flags = [state(snapshot, on)[0]["disputed"] for on in ("2024-01-31", "2024-02-01", "2024-03-01")]
    assert flags == [False, True, False]
    assert {state(snapshot, on)[0]["status"] for on in ("2024-01-31", "2024-02-01", "2024-03-01")} == {0}


def test_events_of_an_unknown_record_are_not_yet_known_either(take):
    rows = [filed(recorded_on="2024-03-01"), event(2, "corrected", "2024-02-01")]
    snapshot = take(A, rows)
    assert state(snapshot, "2024-02-15") == (None, [], 2)
    assert state(snapshot, "2024-03-01")[2] == 0


@pytest.mark.parametrize("known_at", ["2023-12-31", "2024-02-15", "2025-01-01"])
def test_every_row_is_known_or_not_yet_known(take, known_at):
    rows = [filed(record_id=f"s{k}", recorded_on=f"2024-0{k}-01") for k in range(1, 6)]
    rows += [filed(), event(2, "disputed", "2024-02-01"), event(3, "withdrawn", "2024-06-01")]
    snapshot = take(A, rows)
    folded = fold(snapshot, day(known_at))
    known = sum(row["n_rows"] for row in table(snapshot, folded.folded))
    assert known + folded.not_yet_known == len(rows)


def test_folds_of_two_days_stand_side_by_side(take):
    snapshot = take(A, [filed()])
    early, late = fold(snapshot, -5), fold(snapshot, day("2024-12-31"))
    assert (table(snapshot, early.folded), len(table(snapshot, late.folded))) == ([], 1)
