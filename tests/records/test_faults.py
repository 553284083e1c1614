"""Every reason to refuse a row, in a table just big enough to show it."""

import json

import pytest

from tests.records.records_helpers import FIRM, OTHER, PERSON, code, person, reasons, table

SUBJECTS = [{"subject_id": "A"}, {"subject_id": "B"}]


def record(**cells):
    return {"record_id": "r1", "subject_id": "A", "item": "010101", "occurred_on": "2024-03-01", **cells}


RECORD_FAULTS = [
    ({"subject_id": PERSON}, "natural_person", "subject_id"),
    ({"subject_id": PERSON[:6] + " " + PERSON[6:14] + "-" + PERSON[14:]}, "natural_person", "subject_id"),
    ({"subject_id": "110101900307001"}, "natural_person", "subject_id"),
    ({"record_id": f"R-{PERSON}-1"}, "natural_person", "record_id"),
    ({"record_id": f"号{PERSON[:6]}\u2014{PERSON[6:14]}\u2014{PERSON[14:]}"}, "natural_person", "record_id"),
    ({"record_id": f"2024{PERSON}11"}, "natural_person", "record_id"),
    ({"source_subject_id": PERSON.lower()}, "natural_person", "source_subject_id"),
    ({"act_id": PERSON}, "natural_person", "act_id"),
    ({"subject_id": "9.14403E+17"}, "mangled_id", "subject_id"),
    ({"source_subject_id": "9.14403e+17"}, "mangled_id", "source_subject_id"),
    ({"subject_id": ""}, "empty_id", "subject_id"),
    ({"record_id": "  "}, "empty_id", "record_id"),
    ({"item": ""}, "empty_id", "item"),
    ({"subject_id": "Z"}, "unknown_subject", "subject_id"),
    ({"occurred_on": "2024-02-30"}, "bad_date", "occurred_on"),
    ({"occurred_on": "20240230"}, "bad_date", "occurred_on"),
    ({"occurred_on": "1899-12-31"}, "bad_date", "occurred_on"),
    ({"booked_on": "2101-01-01"}, "bad_date", "booked_on"),
    ({"decided_on": "yesterday"}, "bad_date", "decided_on"),
    ({"published_on": "03/01/2024"}, "bad_date", "published_on"),
    ({"recorded_on": "infinity"}, "bad_date", "recorded_on"),
    ({"corrected_on": "2024-13-01"}, "bad_date", "corrected_on"),
    ({"recorded_on": "2024-02-29"}, "occurred_after_recorded", "recorded_on"),
    ({"corrected_on": "2024-02-29"}, "corrected_before_occurred", "corrected_on"),
    ({"quantity": "-1"}, "bad_number", "quantity"),
    ({"quantity": "nan"}, "bad_number", "quantity"),
    ({"amount": "inf"}, "bad_number", "amount"),
    ({"amount": "1,000"}, "bad_number", "amount"),
    ({"amount": "0.1234567"}, "bad_number", "amount"),
    ({"amount": "9000000000000"}, "bad_number", "amount"),
    ({"amount": "1e3"}, "bad_number", "amount"),
    ({"share": "1.1"}, "bad_share", "share"),
    ({"share": "half"}, "bad_share", "share"),
    ({"event": "deleted"}, "unknown_event", "event"),
    ({"event_no": "0"}, "bad_event_no", "event_no"),
    ({"event_no": "1.5"}, "bad_event_no", "event_no"),
    ({"event": "corrected", "event_no": "2"}, "orphan_event", "event"),
]


def test_a_mistyped_persons_number_is_hidden_and_no_reason_of_its_own(take):
    wrong = PERSON[:-1] + ("1" if PERSON[-1] != "1" else "2")
    snapshot = take([{"subject_id": wrong}], [record(subject_id="Z", document_no=wrong)], subject_ids="uscc")
    faults = table(snapshot, "quarantine")
    assert {row["reason"] for row in faults} == {"bad_uscc", "unknown_subject"}
    assert wrong not in str(faults)
    assert {row["value"] for row in faults} == {wrong[:3] + "*" * 15, "Z"}


HINTS = [
    ({"occurred_on": "45413"}, "an Excel day number: 2024-05-01; format the column as a date"),
    ({"occurred_on": "45413.75"}, "an Excel day number: 2024-05-01; format the column as a date"),
    ({"occurred_on": "2024-05-32"}, ""),
    ({"occurred_on": "99999"}, ""),
    ({"amount": "1,234.50"}, "write 1234.50, without separators and signs of currency"),
    ({"amount": "￥500"}, "write 500, without separators and signs of currency"),
    ({"amount": "¥１，２３４ 元"}, "write 1234, without separators and signs of currency"),
    ({"amount": "1.2万元"}, "in units of 10,000; write it in yuan"),
    ({"amount": "many"}, ""),
    ({"amount": "-5"}, ""),
]


@pytest.mark.parametrize(("cells", "hint"), HINTS)
def test_the_message_names_the_fix_where_it_is_plain(take, cells, hint):
    (fault,) = table(take(SUBJECTS, [record(**cells)]), "quarantine")
    (column,) = cells
    assert (fault["column"], fault["value"]) == (column, cells[column])
    assert fault["message"].endswith(f" ({hint})" if hint else ("decimals", "(YYYY-MM-DD)")[column == "occurred_on"])


@pytest.mark.parametrize(("cells", "reason", "column"), RECORD_FAULTS)
def test_faulty_record_is_refused_with_its_reason(take, cells, reason, column):
    snapshot = take(SUBJECTS, [record(record_id="good"), record(**cells)])
    assert reasons(snapshot) == {("records", 3, reason, column)}
    assert [row["record_id"] for row in table(snapshot, "log")] == ["good"]
    assert snapshot.counts["records"] == {"rows": 2, "refused": 1, "repeated": 0}


def test_all_faults_of_a_row_are_listed(take):
    bad = record(subject_id="Z", occurred_on="x", amount="-1", event_no="0")
    assert {reason for _, _, reason, _ in reasons(take(SUBJECTS, [bad]))} == {
        "unknown_subject",
        "bad_date",
        "bad_number",
        "bad_event_no",
    }


def test_faults_between_rows_of_a_record(take):
    rows = [
        record(record_id="same", amount="1"),
        record(record_id="same", amount="2"),
        record(record_id="moved"),
        record(record_id="moved", event_no="2", event="withdrawn", subject_id="B"),
        record(record_id="twice"),
        record(record_id="twice", event_no="2"),
        record(record_id="early"),
        {"record_id": "early", "event_no": "2", "event": "corrected", "corrected_on": "2024-02-01"},
        record(record_id="over"),
        {"record_id": "over", "event_no": "2", "event": "corrected", "share": "0.6"},
        {"record_id": "over", "event_no": "3", "event": "corrected", "share": "0.6"},
        {"record_id": "over", "event_no": "4", "event": "corrected", "share": "0.4"},
        record(record_id="late", event_no="2"),
        {"record_id": "late", "event_no": "1", "event": "disputed"},
        record(record_id="fallen", occurred_on="x"),
        {"record_id": "fallen", "event_no": "2", "event": "repaired"},
        record(record_id="clash"),
        {"record_id": "clash", "event_no": "2", "event": "repaired"},
        {"record_id": "clash", "event_no": "2", "event": "withdrawn"},
    ]
    snapshot = take(SUBJECTS, rows)
    assert reasons(snapshot) == {
        ("records", 2, "conflicting_key", "record_id"),
        ("records", 3, "conflicting_key", "record_id"),
        ("records", 5, "conflicting_key", "subject_id"),
        ("records", 6, "conflicting_key", "record_id"),
        ("records", 7, "conflicting_key", "record_id"),
        ("records", 9, "corrected_before_occurred", "corrected_on"),
        ("records", 12, "bad_share", "share"),
        ("records", 15, "orphan_event", "event"),
        ("records", 16, "bad_date", "occurred_on"),
        ("records", 17, "orphan_event", "event"),
        ("records", 19, "conflicting_key", "record_id"),
        ("records", 20, "conflicting_key", "record_id"),
    }
    left = {(row["record_id"], row["event_no"], row["single"]) for row in table(snapshot, "log")}
    assert left == {
        ("moved", 1, True),
        ("early", 1, True),
        ("over", 1, False),
        ("over", 2, False),
        ("over", 4, False),
        ("late", 2, True),
        ("clash", 1, True),
    }


def test_one_record_id_for_two_subjects_refuses_both(take):
    snapshot = take(SUBJECTS, [record(), record(subject_id="B")])
    assert {line for _, line, reason, _ in reasons(snapshot) if reason == "conflicting_key"} == {2, 3}


def test_exact_repeats_count_once(take):
    event = {"record_id": "r1", "event_no": "2", "event": "disputed"}
    snapshot = take(SUBJECTS + SUBJECTS[:1], [record(), record(), event, event, record(record_id="r2")])
    assert snapshot.counts["records"] == {"rows": 5, "refused": 0, "repeated": 2}
    assert snapshot.counts["subjects"] == {"rows": 3, "refused": 0, "repeated": 1}
    assert snapshot.rows("log") == 3
    assert snapshot.rows("quarantine") == 0


SUBJECT_FAULTS = [
    ({"subject_id": PERSON}, "natural_person", "subject_id"),
    ({"subject_id": FIRM, "kind": "自然人"}, "natural_person", "kind"),
    ({"subject_id": "9.14403E+17"}, "mangled_id", "subject_id"),
    ({"subject_id": FIRM[:-1] + ("0" if FIRM[-1] != "0" else "1")}, "bad_uscc", "subject_id"),
    ({"subject_id": "91440300"}, "bad_uscc", "subject_id"),
    ({"subject_id": ""}, "empty_id", "subject_id"),
    ({"subject_id": FIRM, "kind": "company"}, "unknown_kind", "kind"),
    ({"subject_id": FIRM, "registered_on": "2024-02-30"}, "bad_date", "registered_on"),
]


@pytest.mark.parametrize(("cells", "reason", "column"), SUBJECT_FAULTS)
def test_faulty_subject_is_refused_and_its_records_with_it(take, cells, reason, column):
    rows = [{"subject_id": OTHER, "kind": ""}, {"kind": "enterprise", **cells}]
    snapshot = take(rows, [record(subject_id=cells["subject_id"] or "x")], subject_ids="uscc")
    assert ("subjects", 3, reason, column) in reasons(snapshot)
    assert [row["subject_id"] for row in table(snapshot, "subjects")] == [OTHER]
    of_records = {reason for name, _, reason, _ in reasons(snapshot) if name == "records"}
    if cells["subject_id"] == PERSON:
        assert of_records == {"natural_person"}
    elif reason == "mangled_id":
        assert of_records == {"mangled_id"}
    else:
        assert of_records == {"unknown_subject"}


def test_a_subject_with_two_contents_is_refused_whole(take):
    snapshot = take([{"subject_id": "A", "name": "x"}, {"subject_id": "A", "name": "y"}, {"subject_id": "B"}], [])
    assert reasons(snapshot) == {
        ("subjects", 2, "duplicate_subject", "subject_id"),
        ("subjects", 3, "duplicate_subject", "subject_id"),
    }


def test_faults_of_the_other_tables(take):
    snapshot = take(
        SUBJECTS,
        [record()],
        attributes=[
            {"subject_id": "A", "name": "x", "value": "1", "valid_from": "2024-01-01", "valid_to": "2023-01-01"},
            {"subject_id": "Z", "name": "x", "value": "1"},
            {"subject_id": PERSON, "name": "x", "value": "1"},
            {"subject_id": "A", "name": "", "value": "1"},
            {"subject_id": "A", "name": "x", "value": "", "valid_from": "2024-01-01"},
        ],
        listings=[
            {"listing_id": "l1", "subject_id": "A", "list": "x", "entered_on": ""},
            {"listing_id": "", "subject_id": "A", "list": "x", "entered_on": "2024-01-01"},
            {"listing_id": PERSON, "subject_id": "A", "list": "x", "entered_on": "2024-01-01"},
            {"listing_id": "l2", "subject_id": "A", "list": "x", "entered_on": "2024-01-01"},
            {"listing_id": "l2", "subject_id": "A", "list": "y", "entered_on": "2024-01-01"},
            {"listing_id": "l3", "subject_id": "", "list": "", "entered_on": "2024-01-01"},
            {"listing_id": "l4", "subject_id": "B", "list": "x", "entered_on": "2024-01-01"},
        ],
        history=[
            {"subject_id": "A", "period": "2024Q1", "grade": "A"},
            {"subject_id": "A", "period": "2024-13-01", "grade": "A"},
            {"subject_id": "A", "period": "1724", "grade": "A"},
            {"subject_id": "A", "period": "", "grade": "A"},
            {"subject_id": "A", "period": "2023", "grade": "A"},
            {"subject_id": "A", "period": "２０２３年12月31日", "grade": "B"},
        ],
        feeds=[
            {"domain": "tax", "from": "2024-01-01", "to": "", "source": "s", "subject_id": ""},
            {"domain": "tax", "from": "2024-01-01", "to": "2024-12-31", "source": "s", "subject_id": "Z"},
            {"domain": "tax", "from": "2024-01-01", "to": "2024-12-31", "source": "s", "subject_id": ""},
        ],
    )
    assert reasons(snapshot) == {
        ("attributes", 2, "bad_date", "valid_to"),
        ("attributes", 3, "unknown_subject", "subject_id"),
        ("attributes", 4, "natural_person", "subject_id"),
        ("attributes", 5, "empty_id", "name"),
        ("listings", 2, "bad_date", "entered_on"),
        ("listings", 3, "empty_id", "listing_id"),
        ("listings", 4, "natural_person", "listing_id"),
        ("listings", 5, "conflicting_key", "listing_id"),
        ("listings", 6, "conflicting_key", "listing_id"),
        ("listings", 7, "empty_id", "subject_id"),
        ("listings", 7, "empty_id", "list"),
        ("history", 2, "bad_period", "period"),
        ("history", 3, "bad_period", "period"),
        ("history", 4, "bad_period", "period"),
        ("history", 5, "bad_period", "period"),
        ("feeds", 3, "unknown_subject", "subject_id"),
    }
    assert [(row["value"], row["from_day"]) for row in table(snapshot, "attributes")] == [(None, 19723)]
    assert [row["listing_id"] for row in table(snapshot, "listings")] == ["l4"]
    assert [(row["year"], row["state"], row["status"]) for row in table(snapshot, "history")] == [
        (2023, "graded", "final")
    ] * 2
    assert snapshot.rows("feeds") == 2  # an open end is not a fault


def test_no_resident_number_leaves_intake(take, tmp_path):
    from creditscore.records import write_snapshot

    old, wide = "110101900307001", "".join(chr(ord(digit) + 0xFEE0) for digit in PERSON[:-1]) + PERSON[-1]
    spaced = f"{PERSON[:6]}-{PERSON[6:14]}-{PERSON[14:]}"
    hidden = [PERSON, old, wide, spaced, f"X{PERSON}", f"2024{PERSON}99"]
    snapshot = take(
        SUBJECTS + [{"subject_id": number, "name": "n"} for number in hidden],
        [record(record_id=f"p{k}", subject_id=number) for k, number in enumerate(hidden)]
        + [record(record_id=f"K-{number}") for number in hidden if number != spaced]
        + [record(record_id="q", item=PERSON, amount="-1"), record(record_id="s", amount=PERSON)],
    )
    write_snapshot(snapshot, tmp_path / "out")
    text = json.dumps([table(snapshot, name) for name in ("quarantine", "log", "subjects")], default=str)
    shown = json.dumps(table(snapshot, "quarantine"), ensure_ascii=False)
    for number in (PERSON, old, wide, spaced, PERSON[3:]):
        assert number not in text
        assert number not in shown
    assert "110***************" in shown
    assert snapshot.rows("log") == 0


def test_codes_of_firms_are_not_taken_for_persons(take):
    # Yanqing is 110119: with a date-like organisation code the number could pass as dated.
    body = next(
        f"91110119{number:06d}{tail:03d}"
        for number in (900307, 801231, 750101)
        for tail in range(1000)
        if person(f"91110119{number:06d}{tail:03d}") == code(f"91110119{number:06d}{tail:03d}")
    )
    snapshot = take([{"subject_id": code(body)}], [], subject_ids="uscc")
    assert snapshot.rows("subjects") == 1


def test_long_numbers_that_are_no_persons_pass(take):
    ids = ["202401010000123456", "440300201903071234567890", "123456789012345", "999999999999999999"]
    snapshot = take(SUBJECTS, [record(record_id=number) for number in ids])
    assert snapshot.rows("log") == len(ids)


def test_the_connection_of_a_snapshot_keeps_no_number_of_a_person(take):
    records = [{"record_id": f"r{PERSON}", "subject_id": PERSON, "item": "1"}]
    snapshot = take([{"subject_id": FIRM}, {"subject_id": PERSON}], records, subject_ids="uscc")
    names = [name for (name,) in snapshot.con.execute("SELECT table_name FROM information_schema.tables").fetchall()]
    assert "quarantine" in names
    held = "".join(str(snapshot.con.execute(f'SELECT * FROM "{name}"').fetchall()) for name in names)
    assert PERSON not in held
