"""Whatever people try, in any order: what is allowed keeps the entries sound, what is not changes nothing."""

from __future__ import annotations

import random
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from creditscore.core.days import from_day, to_day
from creditscore.core.errors import CreditscoreError
from creditscore.lists.entries import expire_entries, list_due, read_cases
from creditscore.lists.entry_tables import tabulate_events, tabulate_exits, tabulate_listings
from creditscore.store.verify import verify
from tests.lists.offices import Office
from tests.lists.players import A, B

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
WAYS = ("early", "annulled", "corrected", "nothing_to_correct", "deregistered", "automatic")


def make_move(rng: random.Random) -> dict[str, Any]:
    return {
        "action": rng.randrange(16),
        "wild": rng.random() < 0.25,
        "days": rng.choice([0, 1, 3, 14, 200]),
        "late": rng.choice([0, 0, 3]),
        "subject": rng.choice([A, A, B]),
        "where": rng.choice(WHERE),
        "case": rng.randrange(3),
        "records": rng.choice([["r1"], ["r2"], ["r1", "r2"]]),
        "flag": rng.random() < 0.6,
        "by": rng.choice(["li.na", "chen.jie"]),
        "way": rng.choice(WAYS),
    }


def attempt(office: Office, move: dict[str, Any], on: date) -> str:
    """Try one move; return the act, or nothing where it is refused and nothing was written."""
    key, scheme, trigger = move["where"]
    cases = read_cases(office.store)
    case = cases[move["case"] % len(cases)] if cases else None
    state = "declined" if case is None else case.state
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
    size = office.store.head().size
    refused = None
    try:
        office.play("listing/none" if case is None else case.name, action, {**data, **more.get(action, {})})
    except CreditscoreError as error:
        refused = error
    if refused is None:
        return action
    assert refused.allowed
    assert refused.next
    assert office.store.head().size == size
    return ""


def in_force(row: dict[str, Any], on: date) -> bool:
    """As grading reads a listing."""
    return (
        row["entered_on"] <= on
        and (row["exited_on"] is None or row["exited_on"] > on)
        and (row["term_end"] is None or row["term_end"] >= on)
    )


def require_sound(office: Office, known_at: date | None = None) -> None:
    """No entry without a decision, after its end, or beside another one of its list; nobody decides alone."""
    rows = tabulate_listings(office.store, known_at).to_pylist()
    cases = {case.name.partition("/")[2]: case for case in read_cases(office.store, known_at=known_at)}
    for row in rows:
        case = cases[row["listing_id"]]
        events = list(case.acts().values())
        assert {"decided", "imported", "revoked"} & {event.name for event in events}
        assert row["exited_on"] is None or row["exited_on"] >= row["entered_on"]
        assert row["term_end"] is None or row["term_end"] >= row["entered_on"] - timedelta(1)
        assert (row["exit_reason"] is None) == (row["exited_on"] is None)
        decision = next((event for event in events if event.name == "decided"), None)
        if decision is not None and case.fields["kind"] != "record":
            assert case.day_of(decision) > case.fields["heard_until"]
            assert not case.fields.get("upheld")
            assert decision.actor not in {event.actor for event in events if event.name in ("proposed", "noticed")}
    for subject, key in {(row["subject_id"], row["list"]) for row in rows}:
        own = [row for row in rows if (row["subject_id"], row["list"]) == (subject, key)]
        edges = {day for row in own for day in (row["entered_on"], row["exited_on"], row["term_end"]) if day}
        for on in edges:
            holding = [cases[row["listing_id"]].fields for row in own if in_force(row, on)]
            used = [record for fields in holding for record in fields.get("records") or ()]
            several = holding and holding[0]["kind"] == "record"
            assert len(used) == len(set(used)) if several else len(holding) <= 1


@pytest.mark.parametrize("seed", [*range(6), *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(6, 40))])
def test_any_sequence_of_steps_keeps_the_entries_sound(seed: int, tmp_path: Path) -> None:
    rng, office, on = random.Random(seed), Office(str(tmp_path / "credit.db")), FIRST
    stood: dict[str, list[dict[str, Any]]] = {}  # a case as it stood after so many events
    for _ in range(14):
        move = make_move(rng)
        on += timedelta(move["days"])
        attempt(office, move, on)
        for case in read_cases(office.store):
            stood.setdefault(case.name, []).append({"count": len(case.events), **case.fields})
    require_sound(office)
    list_due(office.store, on)
    for known in sorted(set(tabulate_events(office.store)["recorded_on"].to_pylist())):
        require_sound(office, known)
        for case in read_cases(office.store, known_at=known):
            own = office.store.read(case.name).events
            assert [event.known_on <= known.isoformat() for event in own] == [
                number < len(case.events) for number in range(len(own))
            ]
            assert {"count": len(case.events), **case.fields} in stood[case.name]
    ended = expire_entries(office.store, "2026-11-30", by="li.na")
    again = expire_entries(office.store, "2026-11-30", by="li.na")
    assert again.left == ()
    assert again.waiting == ended.waiting
    require_sound(office)
    lifted = {row["listing_id"]: row["lifted_from"] for row in tabulate_exits(office.store).to_pylist()}
    for row in tabulate_listings(office.store).to_pylist():
        assert lifted.get(row["listing_id"]) == row["exited_on"]
    assert verify(office.store).faults == []
    office.store.close()


@pytest.mark.long
def test_the_moves_reach_every_step(tmp_path: Path) -> None:
    """The property above would say little if hardly any move were allowed."""
    reached, wanted, seeds = {""}, {*ACTIONS} - {"revoke", "expire"}, count()
    while not reached >= wanted and (seed := next(seeds)) < 200:
        rng, office, on = random.Random(seed), Office(str(tmp_path / f"{seed}.db")), FIRST
        for _ in range(14):
            move = make_move(rng)
            on += timedelta(move["days"])
            reached.add(attempt(office, move, on))
        office.store.close()
    assert reached >= wanted


@settings(max_examples=80, deadline=None)
@given(st.dates(date(2018, 1, 1), date(2026, 6, 30)), st.integers(1, 5), st.sampled_from(["inclusive", "exclusive"]))
def test_a_term_of_whole_years_ends_at_its_edge(since: date, years: int, edge: str) -> None:
    from creditscore.lists.terms import last_day
    from creditscore.schemes.lists import ListTerm, Span

    term = ListTerm(id="t", since="entered_on", span=Span(years=years), edge=edge)  # type: ignore[arg-type]
    leap = (since.month, since.day) == (2, 29) and (since.year + years) % 4
    same = date(since.year + years, since.month, 28 if leap else since.day)
    assert from_day(last_day(term, to_day(since))) == (same if edge == "inclusive" else same - timedelta(1))
