"""A packet says all about one grade, and a changed digit anywhere is named with its line."""

from __future__ import annotations

import json
import random
import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from creditscore.core.calendars import calendar_given, installed, is_working_day
from creditscore.core.days import to_day
from creditscore.core.errors import DifferenceError, InputError, UsageError
from creditscore.evidence.packet import verify
from creditscore.evidence.packet.form import assembled, text_of
from creditscore.evidence.packet.gather import Added, gather, run_in_folder
from creditscore.evidence.packet.results import build_packet
from creditscore.evidence.packet.verify import Changed, verify_text
from creditscore.explanation.audit import audit
from creditscore.grading.grade import grade
from creditscore.records import Snapshot, ingest
from tests.evidence.packet.conftest import EVENTS, MODEL, SCHEME, taken_in

Packet = dict[str, Any]


def test_every_record_stands_there_with_what_became_of_it(packet: Packet) -> None:
    rows = {row["record_id"]: row for row in packet["results"]["records"]}
    assert {record: row["use"] for record, row in rows.items()} == {
        "R1": "counted",
        "R2": "no_effect",
        "R3": "no_effect",
        "R4": "out_of_window",
        "R5": "not_yet_known",
        "R6": "other_domain",
        "R7": "refused",
    }
    assert rows["R7"]["why"]["en"] == "unknown_item"
    assert rows["R1"]["disputed"]
    assert not rows["R2"]["disputed"]
    assert [event["known"] for event in rows["R5"]["events"]] == [False]


def test_nothing_of_another_subject_is_in_it(packet: Packet) -> None:
    assert "X1" not in text_of(packet)
    assert "乙厂" not in text_of(packet)
    assert not re.search(r"(?<![A-Z0-9])S2(?![A-Z0-9])", text_of(packet))  # legal texts have names such as JSWS2016


def test_its_parts_agree_with_one_another(packet: Packet, folder: Path) -> None:
    results = packet["results"]
    shown, replays = results["explanation"], results["replays"]
    assert results["hashes"]["digest"] == audit(folder, "S1").digest
    assert replays["whole"]["then"] == {name: shown[name] for name in ("state", "grade", "score")}
    by_record = {tuple(row["without"]): row for row in replays["without"]}
    for single in results["decisive"]["singles"]:
        for record in single["records"]:
            assert by_record[(record,)]["then"]["grade"] == single["grade"]
    assert replays["whole"]["now"] != replays["whole"]["then"]  # R5 became known afterwards
    assert {option["target"] for option in results["repair"]["options"]} >= {"R2"}


def test_the_file_is_what_it_says(packet: Packet) -> None:
    text = text_of(packet)
    assert json.loads(text) == json.loads(json.dumps(packet))
    assert text_of(json.loads(text)) == text
    assert verify_text(text) == []
    rows = sum(len(part) for part in packet["inputs"].values())
    assert text.count("\n") > rows  # one line for each thing given


def test_the_same_packet_from_any_order_of_rows(packet: Packet, tmp_path: Path) -> None:
    turned = taken_in(EVENTS[::-1])
    accepted = packet["inputs"]["accepted"]
    again = grade(turned, str(SCHEME), 2020, known_at="2020-12-31", accepted=accepted).write(tmp_path / "again")
    added = Added(model=MODEL, disputed=["R1"])
    assert text_of(build_packet(run_in_folder(again, "S1"), turned, file=SCHEME, added=added)) == text_of(packet)


@pytest.mark.slow
def test_a_changed_digit_is_named_with_its_line(packet: Packet, monkeypatch: pytest.MonkeyPatch) -> None:
    text, rng = text_of(packet), random.Random(5)
    computed: dict[str, Any] = {}

    def once(given: Any) -> Any:  # the same inputs give the same results: computed once for all mutations of results
        key = json.dumps(given, ensure_ascii=False)
        if key not in computed:
            computed[key] = original(given)
        return computed[key]

    original = verify.compute
    monkeypatch.setattr(verify, "compute", once)
    places = [match.start() for match in re.finditer("[0-9]", text)]
    assert len(places) > 3000
    for place in rng.sample(places, 250):
        digit = str((int(text[place]) + rng.randint(1, 9)) % 10)
        changed_lines = verify_text(text[:place] + digit + text[place + 1 :])
        assert [changed.line for changed in changed_lines[:1]] == [text.count("\n", 0, place) + 1], text[
            place - 40 : place + 20
        ]
    assert len(computed) <= 1


@pytest.mark.parametrize("part", ["records", "model", "scheme", "laws", "subjects", "about", "refused"])
def test_a_row_that_was_taken_away_is_missed(packet: Packet, part: str) -> None:
    broken = json.loads(text_of(packet))
    del broken["inputs"][part][-1]
    assert verify_text(text_of(broken))


def test_a_record_id_with_the_number_of_a_person_is_refused(tmp_path: Path) -> None:
    person = "110105194912310021"
    events = [{**EVENTS[0], "record_id": person}]
    snapshot = taken_in(events)
    folder = grade(snapshot, str(SCHEME), 2020, known_at="2020-12-31").write(tmp_path / "graded")
    with pytest.raises(InputError, match="record_id holds the number of a person") as caught:
        build_packet(run_in_folder(folder, "S1"), snapshot, file=SCHEME)
    assert person not in str(caught.value)
    assert "under another id" in str(caught.value)


def test_a_packet_made_anew_to_fit_has_another_digest(packet: Packet) -> None:
    forged = json.loads(text_of(packet))
    line = next(row for row in forged["inputs"]["records"] if row["record_id"] == "R1")
    line["document_no"] = "乙字2号"
    anew = assembled(forged["inputs"], forged["results"])
    assert anew["digest"] != packet["digest"]
    (changed, *_) = verify_text(text_of(anew))  # the record's own row in the results no longer follows
    assert changed.place.startswith("results.records")


@pytest.mark.parametrize(
    ("spoil", "place"),
    [
        (lambda text: text[: len(text) // 2], "JSON"),
        (lambda text: text.replace('"kind": "creditscore-packet"', '"kind": "letter"'), "kind"),
        (lambda text: text.replace('  "laws": [', '  "lows": ['), "inputs.laws"),
        (lambda text: text.replace(": ", ":  ", 1), "as written"),
        (lambda text: "[]", "kind"),
        (lambda text: "[" * 200_000, "JSON"),
        (lambda text: text.replace('  "laws": [', '  "more": 1,\n  "laws": ['), "inputs.more"),
    ],
)
def test_a_spoilt_file_is_said_not_raised(packet: Packet, spoil: Any, place: str) -> None:
    (changed,) = verify_text(spoil(text_of(packet)))
    assert isinstance(changed, Changed)
    assert place in changed.place


@pytest.mark.parametrize(
    ("part", "row"),
    [
        ("about", {"name": "period"}),
        ("case", 7),
        ("disputed", {}),
        ("subjects", {"subject_id": None}),
        ("records", {"record_id": ["R1"]}),
        ("listings", {"list": {"a": 1}}),
        ("refused", None),
        ("scheme", {"items": 1}),
        ("laws", {"id": "../../outside", "text": "id: outside"}),
        ("laws", {"id": "/outside", "text": "id: outside"}),
        ("rules", {"file": "../../outside.yaml", "text": "id: outside"}),
        ("rules", {"file": "repair/../../outside.yaml", "text": "id: outside"}),
        ("rules", {"file": "/outside.yaml", "text": "id: outside"}),
        ("rules", {"file": "repair/outside.sh", "text": "id: outside"}),
        ("calendar", {"year": "next", "days": ""}),
        ("calendar", {"year": "2023", "days": "tomorrow"}),
    ],
)
def test_a_row_of_another_shape_is_named_also_where_every_hash_was_made_anew(
    packet: Packet, monkeypatch: pytest.MonkeyPatch, part: str, row: Any
) -> None:
    """A packet comes from outside: nothing of it is used before its shape is known, least of all as a file's name."""
    monkeypatch.setattr("creditscore.evidence.packet.verify.compute", lambda inputs: pytest.fail("was computed"))
    forged = json.loads(text_of(packet))
    forged["inputs"][part].insert(0, row)
    text = text_of(assembled(forged["inputs"], forged["results"]))
    (changed,) = verify_text(text)
    assert changed.place == f"inputs.{part}[0]"
    assert text.split("\n")[changed.line - 1].strip() == changed.stands + ("," if forged["inputs"][part][1:] else "")


@pytest.mark.parametrize(
    ("part", "message"), [("about", "rows for run_id"), ("subjects", "one row"), ("calendar", "a row for each year")]
)
def test_a_part_without_which_nothing_can_be_computed_is_named(packet: Packet, part: str, message: str) -> None:
    forged = json.loads(text_of(packet))
    forged["inputs"][part].clear()
    (changed,) = verify_text(text_of(assembled(forged["inputs"], forged["results"])))
    assert changed.place == f"inputs.{part}"
    assert message in changed.expected


def test_a_model_part_that_does_not_add_up_is_named(packet: Packet) -> None:
    forged = json.loads(text_of(packet))
    forged["inputs"]["model"][-1]["points"] = -2.5
    (changed,) = verify_text(text_of(assembled(forged["inputs"], forged["results"])))
    assert "the shares of the model part come to" in changed.stands


def test_the_place_of_a_changed_result_is_the_changed_one(packet: Packet) -> None:
    forged = json.loads(text_of(packet))
    forged["results"]["law"]["texts"].pop()
    (changed, *_) = verify_text(text_of(assembled(forged["inputs"], forged["results"])))
    assert changed.place == "results.law.texts"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"subject_id": "S2"}, "another subject"),
        ({"advisory": False}, "advisory"),
        ({"points": 650.0}, "the shares of the model part come to"),
        ({"kind": "letter"}, "no model part"),
    ],
)
def test_a_model_part_that_does_not_belong_is_refused(
    folder: Path, snapshot: Snapshot, changed: dict[str, Any], message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        gather(run_in_folder(folder, "S1"), snapshot, file=SCHEME, added=Added(model={**MODEL, **changed}))


def test_what_does_not_belong_together_is_refused(folder: Path, snapshot: Snapshot) -> None:
    run = run_in_folder(folder, "S1")
    with pytest.raises(InputError, match="not the one that was graded"):
        gather(run, taken_in(EVENTS[:-1]), file=SCHEME)
    with pytest.raises(InputError, match="no subject"):
        run_in_folder(folder, "S9")
    with pytest.raises(DifferenceError, match="does not come out of its snapshot"):
        build_packet(replace(run, digest="sha256:0"), snapshot, file=SCHEME)


def test_a_personal_number_is_in_no_packet(tmp_path: Path) -> None:
    number = "11010519491231002X"
    rows = [{**EVENTS[0], "document_no": f"证件{number}", "basis": number}, *EVENTS[1:]]
    source = taken_in(rows)
    out = grade(source, str(SCHEME), 2020, known_at="2020-12-31", max_rejected=10).write(tmp_path / "graded")
    packet = build_packet(run_in_folder(out, "S1"), source, file=SCHEME)
    assert number not in text_of(packet)
    assert verify_text(text_of(packet)) == []


@pytest.mark.slow
def test_a_version_that_governs_no_more_has_its_ways_as_of_the_run(tmp_path: Path) -> None:
    file = tmp_path / "caps.yaml"
    text = SCHEME.read_text(encoding="utf-8").replace(
        "effective_from: 2010", "effective_from: 2010\neffective_to: 2021"
    )
    file.write_text(text, encoding="utf-8")
    late = {
        "record_id": "R2",
        "event_no": "3",
        "event": "disputed",
        "event_on": "2022-05-01",
        "recorded_on": "2022-05-01",
    }
    source = taken_in([*EVENTS, late])
    out = grade(source, str(file), 2020, known_at="2020-12-31", max_rejected=10).write(tmp_path / "graded")
    packet = build_packet(run_in_folder(out, "S1"), source, file=file)
    assert packet["results"]["repair"]["on"] == "2020-12-31"
    assert packet["results"]["repair"]["options"]
    assert verify_text(text_of(packet)) == []


def test_the_plan_to_a_better_grade_stands_in_it_with_its_proof(packet: Packet) -> None:
    plan = packet["results"]["repair"]["plan"]
    assert plan["why"] == "" or plan["why"] in ("no_better", "too_many")
    assert plan.get("state") != "undecided"


def test_working_days_are_those_of_the_packet(packet: Packet) -> None:
    rows = packet["inputs"]["calendar"]
    free = {day for row in rows for day in row["days"].split()}
    assert {"2020-01-24", "2020-01-19"} <= free  # the eve of the festival was free, the Sunday before was worked
    known = [replace(installed(), turned=frozenset()), installed()]
    with calendar_given(known[0]):
        assert is_working_day(to_day(date(2020, 1, 24)))
    with calendar_given(known[1]):
        assert not is_working_day(to_day(date(2020, 1, 24)))


@pytest.mark.slow
def test_what_the_version_changed_stands_in_both_languages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`tax@2025` follows `tax@2014`; some labels changed in one language alone."""
    filed = {"record_id": "R1", "subject_id": "91220296MADML0UU1J", "item": "010101", "occurred_on": "2025-03-01"}
    subjects = pd.DataFrame([{"subject_id": "91220296MADML0UU1J", "name": "甲厂", "registered_on": "2015-01-01"}])
    source = ingest(subjects=subjects, records=pd.DataFrame([filed]))
    out = grade(source, "tax", 2025, max_rejected=10).write(tmp_path / "graded")
    packet = build_packet(run_in_folder(out, "91220296MADML0UU1J"), source)
    law = packet["results"]["law"]
    assert (law["version"], law["version_before"]) == ("tax@2025", "tax@2014")
    assert len(law["changes"]) > 50
    assert all(len(change["zh"]) == len(change["en"]) == 6 for change in law["changes"])
    assert verify_text(text_of(packet)) == []
    monkeypatch.setenv("CREDITSCORE_CONFIGS", str(tmp_path / "graded"))  # rules of a later release, or none at all
    assert verify_text(text_of(packet)) == []
    assert {row["file"] for row in packet["inputs"]["rules"]} >= {"coverage.yaml", "repair/tax/2025-07-01.yaml"}
    broken = json.loads(text_of(packet))
    broken["inputs"]["version_before"][0] += " "
    assert [changed.place for changed in verify_text(text_of(broken))] == ["inputs.version_before[0]"]


@pytest.mark.slow
def test_a_packet_holds_the_refused_rows_that_leave_its_grade_open(tmp_path: Path) -> None:
    """Intake refused R8 for its day, the scheme R7 for its item: graded again from the packet alone, it is as open."""
    bad = {**EVENTS[0], "record_id": "R8", "occurred_on": "2020-13-01", "recorded_on": "2020-13-02"}
    snapshot = taken_in([*EVENTS, bad])
    folder = grade(snapshot, str(SCHEME), 2020, known_at="2020-12-31", max_rejected=10).write(tmp_path / "g")
    packet = build_packet(run_in_folder(folder, "S1"), snapshot, file=SCHEME)
    shown = packet["results"]["explanation"]
    assert (shown["state"], shown["grade"]) == ("not_computable", "")
    assert shown["grade_without"] == packet["results"]["replays"]["whole"]["then"]["grade"]
    assert {row["record_id"] for row in shown["refused"]} == {"R7", "R8"}
    text = text_of(packet)
    assert verify_text(text) == []
    changed = verify_text(text.replace("2020-13-01", "2020-12-01"))
    assert {line.place.partition("[")[0] for line in changed} >= {"inputs.refused_rows"}


@pytest.mark.slow
def test_a_packet_of_a_run_of_an_earlier_version_is_as_that_run(snapshot: Snapshot, tmp_path: Path) -> None:
    older = replace(snapshot, judges_refused=False)
    folder = grade(older, str(SCHEME), 2020, known_at="2020-12-31", max_rejected=10).write(tmp_path / "g")
    packet = build_packet(run_in_folder(folder, "S1"), snapshot, file=SCHEME)
    assert packet["results"]["explanation"]["state"] == "graded"
    assert "earlier version" in " ".join(packet["results"]["explanation"]["input"]["en"])
    assert verify_text(text_of(packet)) == []


def test_an_accepted_row_stays_accepted_in_a_packet(packet: Packet) -> None:
    (row,) = packet["results"]["explanation"]["refused"]
    assert (row["record_id"], row["accepted_by"]) == ("R7", "li.na")
    assert "accepted_rows" in packet["results"]["explanation"]["input_state"].split(";")
