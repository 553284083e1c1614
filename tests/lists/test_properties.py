"""Whatever people try, in any order: what is allowed keeps the book sound, what is not changes nothing."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditscore.core.days import from_day, to_day
from creditscore.core.errors import CreditscoreError
from creditscore.lists import Book, ListCase, book_of, due, expire, list_exits, listings
from tests.lists.players import A, B, play

FIRST = date(2022, 1, 4)
WHERE = [
    ("wage_arrears", "wage_arrears@2022", "to_be_noticed"),
    ("wage_arrears", "wage_arrears@2018", "to_be_decided"),
    ("ngo_abnormal", "social_organisation/abnormal@2018", "fundraising"),
    ("bidding_violation_record", "bidding/violation_record@2009", "published"),
    ("customs_dishonest", "customs/grade@2021", "bribery"),
]
ACTIONS = (
    "propose",
    "take_over",
    "notice",
    "object",
    "check",
    "decide",
    "publish",
    "prolong",
    "bar",
    "apply",
    "refuse",
    "exit",
    "expire",
    "withdraw",
    "revoke",
    "correct",
)
PLAUSIBLE = {
    "proposed": ("notice", "notice", "decide"),
    "noticed": ("object", "decide", "decide", "correct"),
    "objected": ("check",),
    "checked": ("decide",),
    "declined": ("propose", "correct"),
    "listed": ("publish", "prolong", "bar", "apply", "refuse", "exit", "exit", "expire", "correct"),
    "exited": ("withdraw", "revoke", "correct", "propose"),
}
STEP = st.fixed_dictionaries(
    {
        "wild": st.integers(0, 3).map(lambda integer: integer == 0),
        "action": st.integers(0, 15),
        "days": st.integers(0, 400) | st.integers(0, 8),
        "late": st.sampled_from([0, 0, 3]),
        "subject": st.sampled_from([A, B]),
        "where": st.sampled_from(WHERE),
        "case": st.integers(0, 3),
        "flag": st.booleans(),
        "by": st.sampled_from(["li.na", "chen.jie"]),
        "records": st.sampled_from([["r1"], ["r2"], ["r1", "r2"]]),
        "way": st.sampled_from(["early", "annulled", "corrected", "nothing_to_correct", "deregistered", "automatic"]),
    }
)


def attempt(book: Book, move: dict[str, Any], on: date) -> Book:
    """One move; the same book where it is refused."""
    key, scheme, trigger = move["where"]
    case_id = sorted(book.cases)[move["case"] % len(book.cases)] if book.cases else "none"
    state = book.cases[case_id].state if book.cases else "declined"
    likely = ACTIONS if move["wild"] else PLAUSIBLE[state]
    action = likely[move["action"] % len(likely)]
    data: dict[str, Any] = {"on": on, "by": move["by"], "recorded_on": on + timedelta(move["late"])}
    back = on - timedelta(move["days"])
    more: dict[str, dict[str, Any]] = {
        "propose": {
            "list": key,
            "scheme": scheme,
            "subject": move["subject"],
            "trigger": trigger,
            "records": move["records"],
        },
        "take_over": {"list": key, "scheme": scheme, "subject": move["subject"], "records": move["records"]},
        "notice": {"heard_until": on + timedelta(12)},
        "check": {"upheld": move["flag"]},
        "decide": {"enter": move["flag"]},
        "prolong": {"term": {"wage_arrears": "uncorrected", "ngo_abnormal": "again"}.get(key, "term")},
        "bar": {"ground": "new_arrears" if move["flag"] else "new_ground"},
        "apply": {"exit": move["way"]},
        "exit": {
            "exit": move["way"],
            "dates": {"corrected_on": FIRST},
            "confirm": {"corrected": "a"} | ({"pledge": "b"} if move["way"] == "early" else {}),
            "absent": {"new_arrears": "a", "criminal_case": "b"} if move["way"] == "early" else {},
        },
        "correct": {
            "no": 1 + move["case"],
            "to": {"document": "〔2023〕9号"} if move["flag"] else {"on": back},
        },
    }
    if action == "exit" and move["way"] in ("annulled", "deregistered", "automatic"):
        more["exit"] = {"exit": move["way"]}
    if action == "exit" and move["way"] == "nothing_to_correct":
        more["exit"] = {"exit": move["way"], "confirm": {"nothing_to_correct": "a"}}
    try:
        return play(book, case_id, action, {**data, **more.get(action, {})})[0]
    except CreditscoreError:
        return book


def in_force(row: dict[str, Any], on: date) -> bool:
    """As grading reads a listing."""
    return (
        row["entered_on"] <= on
        and (row["exited_on"] is None or row["exited_on"] > on)
        and (row["term_end"] is None or row["term_end"] >= on)
    )


def sound(book: Book) -> None:
    rows = listings(book).to_pylist()
    for row in rows:
        case = book.case(row["listing_id"])
        kinds = [event.kind for event in case.events]
        assert {"decided", "imported", "revoked"} & set(kinds)
        assert row["exited_on"] is None or row["exited_on"] >= row["entered_on"]
        assert row["term_end"] is None or row["term_end"] >= row["entered_on"] - timedelta(1)
        assert (row["exit_reason"] is None) == (row["exited_on"] is None)
        decision = next((event for event in case.events if event.kind == "decided"), None)
        if decision is not None and case.kind != "record":
            assert case.heard_until is not None
            assert decision.on > case.heard_until
            assert not case.upheld
            assert decision.by not in {event.by for event in case.events if event.kind in ("proposed", "noticed")}
    for subject, key in {(row["subject_id"], row["list"]) for row in rows}:
        own = [row for row in rows if (row["subject_id"], row["list"]) == (subject, key)]
        edges = {day for row in own for day in (row["entered_on"], row["exited_on"], row["term_end"]) if day}
        for on in edges:
            holding = [row for row in own if in_force(row, on)]
            used = [record for row in holding for record in book.case(row["listing_id"]).records]
            several = holding and book.case(holding[0]["listing_id"]).kind == "record"
            assert len(used) == len(set(used)) if several else len(holding) <= 1


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(STEP, min_size=4, max_size=14))
def test_any_sequence_of_steps_keeps_the_book_sound(moves: list[dict[str, Any]]) -> None:
    book, on = Book(), FIRST
    then: dict[tuple[str, int], ListCase] = {}  # a case as it stood after so many events
    for move in moves:
        on += timedelta(move["days"])
        after = attempt(book, move, on)
        assert after.events[: len(book.events)] == book.events
        for event in after.events[len(book.events) :]:
            then[event.case_id, event.no] = after.case(event.case_id)
        book = after
        sound(book)
    assert book_of(book.events) == book
    due(book, on)
    for known in {event.recorded_on for event in book.events}:
        replayed = book.known(from_day(known))
        sound(replayed)
        for case_id, case in replayed.cases.items():
            own = [event for event in book.events if event.case_id == case_id]
            count = len(case.events)
            assert case == then[case_id, count]
            assert [event.recorded_on <= known for event in own] == [True] * count + [False] * (len(own) - count)
    gone, first = expire(book, "2090-01-01", by="li.na")
    again, second = expire(gone, "2090-01-01", by="li.na")
    assert again == gone
    assert second.left == ()
    assert second.waiting == first.waiting
    sound(gone)
    lifted = {row["listing_id"]: row["lifted_from"] for row in list_exits(gone).to_pylist()}
    for row in listings(gone).to_pylist():
        assert lifted.get(row["listing_id"]) == row["exited_on"]


@settings(max_examples=80, deadline=None)
@given(st.dates(date(2018, 1, 1), date(2026, 6, 30)), st.integers(1, 5), st.sampled_from(["inclusive", "exclusive"]))
def test_a_term_of_whole_years_ends_at_its_edge(since: date, years: int, edge: str) -> None:
    from creditscore.lists.terms import last_day
    from creditscore.schemes.lists import ListTerm, Span

    term = ListTerm(id="t", since="entered_on", span=Span(years=years), edge=edge)  # type: ignore[arg-type]
    leap = (since.month, since.day) == (2, 29) and (since.year + years) % 4
    same = date(since.year + years, since.month, 28 if leap else since.day)
    assert from_day(last_day(term, to_day(since))) == (same if edge == "inclusive" else same - timedelta(1))


def test_the_moves_reach_every_step() -> None:
    """The property above would say little if hardly any move were allowed."""
    import random

    rng, reached = random.Random(7), set()
    for _ in range(120):
        book, on = Book(), FIRST
        for _ in range(14):
            move = {
                "action": rng.randrange(16),
                "wild": rng.random() < 0.25,
                "days": rng.choice([0, 1, 3, 14, 200]),
                "late": 0,
                "subject": A,
                "where": rng.choice(WHERE),
                "case": rng.randrange(3),
                "records": ["r1"],
                "flag": rng.random() < 0.6,
                "by": rng.choice(["li.na", "chen.jie"]),
                "way": rng.choice(["early", "annulled", "corrected", "nothing_to_correct", "deregistered"]),
            }
            on += timedelta(move["days"])
            book = attempt(book, move, on)
        reached |= {event.kind for event in book.events}
    wanted = {"proposed", "imported", "noticed", "objected", "checked", "decided", "published", "prolonged", "barred"}
    assert reached >= wanted | {"applied", "refused", "exited", "unpublished", "corrected"}


@pytest.mark.parametrize("field", ["on", "recorded_on", "by", "case"])
def test_an_illegal_step_changes_nothing(field: str) -> None:
    book, case_id, _ = play(
        Book(), "", "take_over", {"list": "market_serious", "scheme": "market/serious@2021", "on": "2022-03-15"}
    )
    wrong: dict[str, Any] = {"exit": "annulled", "on": "2022-05-05", "by": "chen.jie"}
    wrong |= {"on": "2022-03-14"} if field == "on" else {}
    wrong |= {"recorded_on": "2022-05-04"} if field == "recorded_on" else {}
    wrong |= {"by": "  "} if field == "by" else {}
    events = book.events
    with pytest.raises(CreditscoreError):
        play(book, "market_serious-0" if field == "case" else case_id, "exit", wrong)
    assert book.events is events
