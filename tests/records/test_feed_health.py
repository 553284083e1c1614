"""Feeds with known breaks: what is silent, thin, surging or late, and what the data say beside it."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creditscore.core.days import from_day, to_day
from creditscore.core.errors import UsageError
from creditscore.records import ingest
from creditscore.records.feed_health import FeedHealth, feed_health

ON = to_day(pd.Timestamp("2020-12-31").date())
BEGAN = ON - 13 * 30 + 1
Rows = list[dict[str, Any]]
Row = dict[str, Any]


def feed(domain: str, each: float, seed: int, change: Callable[[Row, int], Row | None] | None = None) -> Rows:
    """About `each` records a day for 13 windows; `change` may alter or drop a row by its window (0: the last)."""
    rng = np.random.default_rng(seed)
    rows: Rows = []
    for day in range(BEGAN, ON + 1):
        for _ in range(rng.poisson(each)):
            delay = int(rng.integers(1, 8))
            row = {
                "record_id": f"{domain}{len(rows)}",
                "subject_id": f"s{rng.integers(60)}",
                "domain": domain,
                "item": f"i{rng.choice(4, p=[0.4, 0.3, 0.2, 0.1])}",
                "occurred_on": day - delay,
                "recorded_on": day,
                "source": f"desk {rng.integers(3)}",
            }
            results = row if change is None else change(row, (ON - day) // 30)
            rows += [results] if results else []
    return rows


def health(*feeds: Rows, **more: Any) -> FeedHealth:
    rows = [row for other_feed in feeds for row in other_feed]
    table = pd.DataFrame(rows)
    for name in ("occurred_on", "recorded_on"):
        table[name] = [str(from_day(day)) for day in table[name]]
    subjects = pd.DataFrame({"subject_id": [f"s{k}" for k in range(60)], "district": [f"d{k % 4}" for k in range(60)]})
    return feed_health(ingest(subjects, table, subject_ids="local", **more), ON)


def states(other_feed_health: FeedHealth) -> dict[str, str]:
    return {row["feed"]: row["state"] for row in other_feed_health.feeds}


def speaks(other_feed_health: FeedHealth, feed: str) -> dict[str, str]:
    return {row["code"]: row["sign"] for row in other_feed_health.signs if row["feed"] == feed}


def test_steady_feeds_are_ok_and_false_alarms_are_rare() -> None:
    state_rows = [
        state
        for seed in range(6)
        for state in states(health(*(feed(f"f{k}", 1.5, 100 * seed + k) for k in range(5)))).values()
    ]
    assert sum(state != "ok" for state in state_rows) <= 1  # 30 feeds at a level of 0.01 over each five


def test_a_silent_feed() -> None:
    other_feed_health = health(feed("a", 1, 1), feed("b", 1, 2, lambda row, window: None if window == 0 else row))
    assert states(other_feed_health) == {"a": "ok", "b": "silent"}
    row = other_feed_health.feeds[1]
    assert (row["observed"], row["days_since_last"]) == (0, 30)
    assert 20 < row["expected"] < 40
    assert row["p_zero"] == pytest.approx(np.exp(-row["expected"]))
    assert row["p_low"] < row["level"] == 0.005
    assert speaks(other_feed_health, "b")["others_alike"] == "open"


def test_a_rare_feed_is_not_called_silent() -> None:
    other_feed_health = health(feed("a", 0.02, 3, lambda row, window: None if window == 0 else row), feed("b", 1, 4))
    assert other_feed_health.feeds[0]["observed"] == 0
    assert states(other_feed_health)["a"] == "ok"


def test_two_silent_feeds_point_to_what_they_share() -> None:
    stop: Callable[[Row, int], Row | None] = lambda row, window: None if window == 0 else row  # noqa: E731
    other_feed_health = health(feed("a", 1, 1, stop), feed("b", 1, 2, stop), feed("c", 1, 5))
    assert states(other_feed_health) == {"a": "silent", "b": "silent", "c": "ok"}
    assert speaks(other_feed_health, "a")["others_alike"] == "fault"
    (sign,) = [row for row in other_feed_health.signs if row["feed"] == "a" and row["code"] == "others_alike"]
    assert (sign["recent"], sign["past"]) == (1, 2)


def test_one_desk_falls_silent() -> None:
    other_feed_health = health(
        feed("a", 3, 1, lambda row, window: None if window == 0 and row["source"] != "desk 0" else row)
    )
    assert states(other_feed_health) == {"a": "thin"}
    (sign,) = [row for row in other_feed_health.signs if row["code"] == "sources_moved"]
    assert (sign["recent"], sign["past"], sign["sign"]) == (2, 3, "fault")


def test_a_surge_of_records_sent_again() -> None:
    rows = feed("a", 2, 1)
    again = [{**row, "record_id": f"x{k}", "recorded_on": ON - 3} for k, row in enumerate(rows[-260:-100])]
    other_feed_health = health(rows + again, feed("b", 2, 2))
    assert states(other_feed_health)["a"] == "surging+late" or states(other_feed_health)["a"] == "surging"
    statements = speaks(other_feed_health, "a")
    assert (statements["sent_again"], statements["one_day"], statements["old_events"]) == ("fault", "fault", "fault")


def test_a_surge_that_is_real() -> None:
    rows = feed("a", 2, 1)
    added = [row for row in feed("a", 4, 9) if row["recorded_on"] > ON - 30]
    more = [{**row, "record_id": f"x{k}", "item": "i3", "subject_id": f"s{k * 7 % 60}"} for k, row in enumerate(added)]
    other_feed_health = health(rows + more)
    assert states(other_feed_health) == {"a": "surging"}
    statements = speaks(other_feed_health, "a")
    assert statements["items_changed"] == "change"
    assert statements["one_day"] == statements["old_events"] == "open"


def yearly(seed: int, quiet: Callable[[int, int], bool], years: int = 4) -> Rows:
    """About one record a day; none in the months that `quiet(year, month)` names. Ends on the last day of February."""
    rng = np.random.default_rng(seed)
    end = to_day(pd.Timestamp("2021-02-28").date())
    rows: Rows = []
    for day in range(end - 365 * years, end + 1):
        if quiet(from_day(day).year, from_day(day).month):
            continue
        for _ in range(rng.poisson(1)):
            rows.append(
                {
                    "record_id": f"r{len(rows)}",
                    "subject_id": f"s{rng.integers(60)}",
                    "domain": "a",
                    "item": "i",
                    "occurred_on": day,
                    "recorded_on": day,
                    "source": "desk",
                }
            )
    return rows


@pytest.mark.parametrize(
    ("quiet", "years", "state"),
    [
        (lambda year, month: month == 2, 4, "seasonal"),
        (lambda year, month: month == 2, 2, "silent"),  # one past February is no season
        (lambda year, month: (year, month) == (2021, 2), 4, "silent"),  # the others had records
        (lambda year, month: month == 2 and year != 2021, 4, "ok"),
    ],
)
def test_a_feed_that_is_always_silent_in_february(quiet: Any, years: int, state: str) -> None:
    rows = pd.DataFrame(yearly(8, quiet, years))
    for name in ("occurred_on", "recorded_on"):
        rows[name] = [str(from_day(day)) for day in rows[name]]
    subjects = pd.DataFrame({"subject_id": [f"s{k}" for k in range(60)]})
    other_feed_health = feed_health(
        ingest(subjects, rows, subject_ids="local"), to_day(pd.Timestamp("2021-02-28").date()), days=28
    )
    assert states(other_feed_health) == {"a": state}
    assert other_feed_health.feeds[0]["season_years"] == years - 1
    assert not other_feed_health.signs or state == "silent"


def test_late_records() -> None:
    def slower(row: Row, window: int) -> Row:
        return {**row, "occurred_on": row["occurred_on"] - 20} if window == 0 else row

    other_feed_health = health(feed("a", 1, 1, slower), feed("b", 1, 2))
    assert states(other_feed_health) == {"a": "late", "b": "ok"}
    row = other_feed_health.feeds[0]
    assert row["late_limit"] <= 7
    assert row["late_share"] == 1
    assert row["late_past"] <= 0.1


def test_amended_more_often() -> None:
    rows = [*feed("a", 2, 1), *feed("b", 1, 4)]
    doubled = feed("a", 4, 11)
    recent = [{**row, "record_id": f"x{k}"} for k, row in enumerate(doubled) if row["recorded_on"] > ON - 30]
    undo = {"event": "withdrawn", "event_no": 2, "occurred_on": None, "event_on": str(from_day(ON - 1))}
    undone = [{**row, **undo, "recorded_on": ON} for row in recent[:40]]
    table = [*rows, *recent]
    frame = pd.DataFrame(table)
    for name in ("occurred_on", "recorded_on"):
        frame[name] = [str(from_day(day)) for day in frame[name]]
    events = pd.DataFrame([{**row, "recorded_on": str(from_day(ON))} for row in undone])
    subjects = pd.DataFrame({"subject_id": [f"s{k}" for k in range(60)]})
    other_feed_health = feed_health(ingest(subjects, pd.concat([frame, events]), subject_ids="local"), ON)
    assert "surging" in states(other_feed_health)["a"]
    assert speaks(other_feed_health, "a")["amended"] == "fault"


def test_too_short_and_never() -> None:
    feeds = pd.DataFrame([{"domain": "c", "from": "2019-01-01", "to": "2021-01-01", "source": "office"}])
    young = [row for row in feed("a", 1, 1) if row["recorded_on"] > ON - 90]
    other_feed_health = health(young, feed("b", 1, 2), feeds=feeds)
    assert states(other_feed_health) == {"a": "too_short", "b": "ok", "c": "never"}


def test_what_is_known_later_changes_nothing_and_order_neither() -> None:
    rows = feed("a", 1, 1)
    later = [{**row, "record_id": f"y{k}", "recorded_on": ON + 5} for k, row in enumerate(rows[:50])]
    base = health(rows)
    assert health(later + rows[::-1]) == base


def test_windows_that_cannot_be_judged() -> None:
    with pytest.raises(UsageError, match="2 windows"):
        feed_health(
            ingest(
                pd.DataFrame({"subject_id": ["s"]}), pd.DataFrame(feed("a", 1, 1)[:1]).astype(str), subject_ids="local"
            ),
            ON,
            past=2,
        )
