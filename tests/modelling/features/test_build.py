"""`build_dataset` equals plain Python on random logs, knows nothing too early, and says what it leaves out."""

import json
import random
from datetime import date
from functools import cache

import pandas as pd
import pytest

from creditscore.core.days import to_day
from creditscore.core.errors import InputError, UsageError
from creditscore.modelling.features import Pick, build_dataset, rebuild
from creditscore.records import ingest, read_snapshot, write_snapshot
from tests.modelling.features import reference
from tests.modelling.features.reference import iso
from tests.tiers import thinned

ITEMS = ("a", "b", "c", "d")
SEVERITY = {"a": "minor", "b": "grave", "c": "grave"}
POINTS = {"a": "2", "b": "3.5", "c": "-1"}
GROUPS = {
    "all": {},
    "tax": {"domains": ["tax"]},
    "grave": {"severity": ["grave"]},
    "a_of_labour": {"items": ["a"], "domains": ["labour"]},
}
INDICATORS = ("count", "amount", "quantity", "points", "rate", "per_inspection", "delay", "open", "recency", "trend")
FIRST, LAST = to_day(date(2019, 1, 1)), to_day(date(2023, 12, 31))


def some_day(rng, low=FIRST, high=LAST):
    return iso(rng.randint(low, high))


def random_tables(seed, feeds):
    """A small log with every kind of event, dates that are absent, attributes, history and feeds."""
    rng = random.Random(seed)
    subjects = [
        {
            "subject_id": f"S{k}",
            "district": rng.choice(["east", "west"]),
            "registered_on": rng.choice(["", some_day(rng), some_day(rng, FIRST - 400, FIRST)]),
        }
        for k in range(8)
    ]
    # two of whom nobody ever said anything
    subjects += [{"subject_id": f"S{k}", "district": "north", "registered_on": ""} for k in (8, 9)]
    records = [{"record_id": "end", "subject_id": "S0", "item": "d", "domain": "tax", "recorded_on": iso(LAST)}]
    for k in range(rng.randint(20, 120)):
        records += random_record(rng, f"r{k}")
    tables = {"subjects": subjects, "records": records, "attributes": [], "history": []}
    for subject in subjects[:8]:
        sid = subject["subject_id"]
        for value in ("big", "small", "mid")[: rng.randint(0, 3)]:
            start = rng.randint(FIRST, LAST)
            tables["attributes"].append(
                {
                    "subject_id": sid,
                    "name": "size",
                    "value": value,
                    "valid_from": rng.choice(["", iso(start)]),
                    "valid_to": rng.choice(["", iso(start + 500)]),
                    "recorded_on": rng.choice(["", some_day(rng)]),
                }
            )
        if rng.random() < 0.3:
            tables["attributes"].append(
                {
                    "subject_id": sid,
                    "name": "ended_on",
                    "value": some_day(rng),
                    "valid_from": "",
                    "valid_to": "",
                    "recorded_on": some_day(rng),
                }
            )
        if rng.random() < 0.4:
            tables["attributes"].append(
                {
                    "subject_id": sid,
                    "name": "inspected",
                    "value": rng.choice(["true", "false"]),
                    "valid_from": "",
                    "valid_to": "",
                    "recorded_on": some_day(rng),
                }
            )
        for year in (2019, 2020, 2021):
            if rng.random() < 0.6:
                tables["history"].append(
                    {
                        "subject_id": sid,
                        "domain": rng.choice(["tax", "labour"]),
                        "period": str(year),
                        "grade": rng.choice("ABCD"),
                        "recorded_on": rng.choice(["", some_day(rng)]),
                        "status": rng.choice(["final", "superseded"]),
                    }
                )
    if feeds:
        tables["feeds"] = [random_feed(rng) for _ in range(rng.randint(1, 5))]
        always = {"domain": "tax", "from": "2010-01-01", "to": "2024-12-31", "source": "x", "district": "east"}
        tables["feeds"] += [{**always, "subject_id": ""}, {**always, "district": "", "subject_id": "S3"}]
    return tables


def random_feed(rng):
    start = rng.randint(FIRST - 800, FIRST + 1500)
    return {
        "domain": rng.choice(["tax", "labour"]),
        "from": iso(start),
        "to": iso(start + rng.randint(300, 2500)),
        "source": "x",
        "district": rng.choice(["east", "west"]),
        "subject_id": rng.choice(["", "S1", "S2"]),
    }


def random_record(rng, name):
    happened = rng.randint(FIRST, LAST)
    known = happened + rng.choice([0, 3, 40, 400])
    first = {
        "record_id": name,
        "event_no": "1",
        "event": "filed",
        "subject_id": f"S{rng.randint(0, 7)}",
        "item": rng.choice(ITEMS),
        "domain": rng.choice(["tax", "labour", ""]),
        "occurred_on": rng.choice([iso(happened), iso(happened), ""]),
        "decided_on": rng.choice([iso(happened), ""]),
        "recorded_on": rng.choice([iso(known), iso(known), ""]),
        "amount": rng.choice(["", "10", "0.1", "1234.567891"]),
        "quantity": rng.choice(["", "2", "0.5"]),
        "corrected_on": iso(known + rng.randint(0, 300)) if rng.random() < 0.2 else "",
    }
    rows, share, at = [first], 0.0, known
    for no in range(2, 2 + rng.choice([0, 0, 1, 2, 4])):
        at += rng.randint(0, 200)
        event = rng.choice(["amended", "corrected", "repaired", "withdrawn", "reinstated", "disputed"])
        row = {
            "record_id": name,
            "event_no": str(no),
            "event": event,
            "event_on": iso(at),
            "recorded_on": rng.choice(["", iso(at + rng.choice([0, 50]))]),
        }
        if event == "amended":
            row |= {
                "item": rng.choice(["", *ITEMS]),
                "domain": rng.choice(["", "tax", "labour"]),
                "amount": rng.choice(["", "7"]),
                "occurred_on": rng.choice(["", iso(happened)]),
                "event_on": "",
            }
            row["recorded_on"] = iso(at)
        if event == "corrected":
            if first["corrected_on"] or share >= 1:
                continue
            part = rng.choice([0.25, 0.5, None])
            if part is not None and share + part > 1:
                continue
            row["share"] = "" if part is None else str(part)
            share += 1 if part is None else part
        rows.append(row)
    return rows


COLUMNS = {
    "records": [
        "record_id",
        "event_no",
        "event",
        "subject_id",
        "item",
        "domain",
        "occurred_on",
        "decided_on",
        "event_on",
        "recorded_on",
        "amount",
        "quantity",
        "corrected_on",
        "share",
    ],
    "subjects": ["subject_id", "district", "registered_on"],
    "attributes": ["subject_id", "name", "value", "valid_from", "valid_to", "recorded_on"],
    "history": ["subject_id", "domain", "period", "grade", "recorded_on", "status"],
    "feeds": ["domain", "from", "to", "source", "district", "subject_id"],
}


def frames(tables):
    return {
        name: pd.DataFrame(
            [{c: row.get(c) or None for c in COLUMNS[name]} for row in rows], columns=COLUMNS[name], dtype="str"
        )
        for name, rows in tables.items()
    }


def take(tables, threads=None):
    given = frames(tables)
    return ingest(given.pop("subjects"), given.pop("records"), subject_ids="local", threads=threads, **given)


def build(source, days, **changes):
    asked = {
        "outcome": {"severity": ["grave"]},
        "windows": (6, 12),
        "gap": 1,
        "horizon": 6,
        "indicators": INDICATORS,
        "groups": GROUPS,
        "severity": SEVERITY,
        "points": POINTS,
        "inspections": ["a", "d"],
        "attributes": ["size"],
        "history": ["tax"],
        "complete_until": iso(LAST),
        **changes,
    }
    return build_dataset(source, observed_on=days, **asked)


def as_rows(data, at):
    """{subject: {column: value}} with None for what is missing."""
    here = (data.observed_on == pd.Timestamp(iso(at))).to_numpy()
    table = data.X[here].assign(inspected=data.inspected[here].astype(object))
    if data.y is not None:
        table["y"] = data.y[here]
    return {
        sid: {name: None if value is pd.NA or value is None or value != value else value for name, value in row.items()}
        for sid, row in zip(data.groups[here], table.to_dict("records"), strict=True)
    }


def good(tables):
    """Without the rows that intake refuses, so that both sides read the same log."""
    snapshot = take(tables)
    if snapshot.rows("quarantine") == 0:
        return tables, snapshot
    bad = {
        row[0]
        for row in snapshot.con.execute("SELECT record_id FROM quarantine WHERE \"table\" = 'records'").fetchall()
    }
    tables = {**tables, "records": [row for row in tables["records"] if row["record_id"] not in bad]}
    snapshot = take(tables)
    assert snapshot.rows("quarantine") == 0
    return tables, snapshot


SEEDS = (0, 1, 2, 3, 5, 6, 7, 8, 11, 13, 15, 19)
OUTCOMES = ({"severity": ["grave"]}, {"domains": ["tax"], "items": ["b", "c"]}, {"items": ["a"]}, None)


@cache
def case(seed):
    """A random log without refused rows, and the data set of two days of it."""
    tables, snapshot = good(random_tables(seed, feeds=seed % 2 == 1))
    repaired = "keep" if seed % 3 == 0 else "leave_out"
    data = build(snapshot, ["2021-02-28", "2022-08-31"], repaired=repaired, outcome=OUTCOMES[seed % 4])
    return tables, repaired, data


@pytest.mark.parametrize("seed", thinned(SEEDS, 4))
def test_equal_to_plain_python_on_random_logs(seed):
    tables, repaired, data = case(seed)
    outcome = OUTCOMES[seed % 4]
    assert (data.y is None) == (outcome is None)
    for day in data.about["dates"]:
        at = reference.day(day["observed_on"])
        rows, left_out = reference.table(
            tables,
            at,
            groups=GROUPS,
            windows=(6, 12),
            outcome=outcome,
            gap=1,
            horizon=6,
            end=LAST,
            severity=SEVERITY,
            points=POINTS,
            inspections={"items": ["a", "d"]},
            repaired=repaired,
        )
        assert as_rows(data, at) == rows
        assert {k: v for k, v in day["left_out"].items() if v and k != "ended_in_outcome_window"} == left_out
        events = None if outcome is None else sum(row["y"] for row in rows.values())
        assert (day["rows"], day.get("events")) == (len(rows), events)


def test_the_random_logs_hold_what_they_should_show():
    """Feeds that leave gaps, subjects nobody spoke of, outcomes, missing cells: each occurs in the comparison."""
    seen = {"events": 0, "missing": 0, "unknown": 0, "not_fed": 0, "early": 0, "ended": 0, "at_risk": 0}
    for _, _, data in map(case, SEEDS):
        seen["events"] += data.about["events"] or 0
        seen["missing"] += int(data.X["tax__count_6m"].isna().sum())
        seen["unknown"] += data.about["inspected"]["unknown"]
        for day in data.about["dates"]:
            seen["not_fed"] += day["left_out"]["outcome_not_fed"]
            seen["early"] += day["left_out"]["not_yet_registered"]
            seen["ended"] += day["left_out"]["ended"]
            seen["at_risk"] += day["left_out"]["no_time_at_risk"]
    assert min(seen.values()) >= 3, seen


@cache
def small():
    """A log without feeds, for what needs any log."""
    return good(random_tables(2, feeds=False))


def same(value, other):
    pd.testing.assert_frame_equal(value.X, other.X, check_exact=True)
    for name in ("y", "groups", "observed_on", "inspected"):
        pd.testing.assert_series_equal(getattr(value, name), getattr(other, name))
    assert value.about == other.about
    assert value.content_hash() == other.content_hash()


def test_the_same_bytes_for_any_order_of_rows_threads_and_form(tmp_path):
    tables, snapshot = good(random_tables(9, feeds=True))
    days, outcome = ["2021-02-28", "2022-08-31"], OUTCOMES[1]
    first = build(snapshot, days, outcome=outcome)
    rng = random.Random(0)
    turned = {name: rng.sample(rows, len(rows)) for name, rows in tables.items()}
    same(first, build(take(turned, threads=1), list(reversed(days)), outcome=outcome))
    write_snapshot(snapshot, tmp_path / "snapshot")
    same(first, build(read_snapshot(tmp_path / "snapshot", threads=2), days, outcome=outcome))
    same(first, build(snapshot, days, outcome=outcome))  # nothing of the first run is left behind in the connection


LATER = [
    (
        "a record of the window, recorded later",
        "records",
        {
            "record_id": "x",
            "subject_id": "S0",
            "item": "b",
            "domain": "tax",
            "occurred_on": "2021-01-05",
            "recorded_on": "2021-03-01",
        },
    ),
    (
        "a record of the outcome window",
        "records",
        {
            "record_id": "x",
            "subject_id": "S0",
            "item": "b",
            "domain": "tax",
            "occurred_on": "2021-05-05",
            "recorded_on": "2021-05-06",
        },
    ),
    (
        "a withdrawal that came later",
        "records",
        {"record_id": "old", "event_no": "2", "event": "withdrawn", "event_on": "2021-03-01"},
    ),
    (
        "a correction that came later",
        "records",
        {"record_id": "old", "event_no": "2", "event": "corrected", "event_on": "2021-03-01"},
    ),
    (
        "a correction dated before and recorded later",
        "records",
        {
            "record_id": "old",
            "event_no": "2",
            "event": "corrected",
            "corrected_on": "2021-02-01",
            "recorded_on": "2021-03-02",
        },
    ),
    (
        "an amendment that came later",
        "records",
        {"record_id": "old", "event_no": "2", "event": "amended", "amount": "9", "recorded_on": "2021-03-01"},
    ),
    (
        "an attribute valid later",
        "attributes",
        {"subject_id": "S0", "name": "size", "value": "huge", "valid_from": "2021-03-01"},
    ),
    (
        "an attribute recorded later",
        "attributes",
        {"subject_id": "S0", "name": "size", "value": "huge", "valid_from": "2021-01-01", "recorded_on": "2021-03-01"},
    ),
    (
        "an inspection recorded later",
        "attributes",
        {"subject_id": "S9", "name": "inspected", "value": "true", "recorded_on": "2021-03-01"},
    ),
    (
        "a grade of a later period",
        "history",
        {
            "subject_id": "S0",
            "domain": "tax",
            "period": "2021",
            "grade": "D",
            "recorded_on": "2020-06-01",
            "status": "final",
        },
    ),
    (
        "a grade decided later",
        "history",
        {
            "subject_id": "S0",
            "domain": "tax",
            "period": "2020",
            "grade": "D",
            "recorded_on": "2021-04-01",
            "status": "final",
        },
    ),
    (
        "a grade that nobody dated",
        "history",
        {"subject_id": "S0", "domain": "tax", "period": "2020", "grade": "D", "status": "final"},
    ),
]


KNOWN = {
    "subjects": [{"subject_id": "S0"}, {"subject_id": "S9"}],
    "records": [
        {
            "record_id": "old",
            "event_no": "1",
            "event": "filed",
            "subject_id": "S0",
            "item": "b",
            "domain": "tax",
            "occurred_on": "2021-01-10",
            "recorded_on": "2021-01-20",
            "amount": "5",
        },
        {
            "record_id": "end",
            "event_no": "1",
            "event": "filed",
            "subject_id": "S0",
            "item": "d",
            "domain": "tax",
            "recorded_on": iso(LAST),
        },
    ],
    "attributes": [{"subject_id": "S0", "name": "size", "value": "mid", "valid_from": "2020-01-01"}],
    "history": [
        {
            "subject_id": "S0",
            "domain": "tax",
            "period": "2019",
            "grade": "A",
            "recorded_on": "2020-03-01",
            "status": "final",
        }
    ],
}


def observed_twice(tables):
    """(features and inspected on the day before anything was planted, those of a day after it)."""
    data = build(
        take(tables),
        ["2021-02-28", "2022-05-31"],
        outcome=None,
        windows=(24, 36),
        groups={"all": {}},
        indicators=["count", "amount", "delay", "open", "recency"],
    )
    table = data.X.assign(inspected=data.inspected)
    return table.iloc[:2].reset_index(drop=True), table.iloc[2:].reset_index(drop=True)


@pytest.fixture(scope="module")
def clean():
    return observed_twice(KNOWN)


@pytest.mark.parametrize(("what", "table", "row"), thinned(LATER, 3), ids=[what for what, *_ in LATER])
def test_what_was_known_later_changes_no_feature(clean, what, table, row):
    """The same features with and without the planted row; that it can matter is shown by observing later."""
    if table == "records":
        row = {"event_no": "1", "event": "filed", **row}
    before, after = observed_twice({**KNOWN, table: [*KNOWN[table], row]})
    pd.testing.assert_frame_equal(before, clean[0], check_exact=True)
    assert after.equals(clean[1]) == (what == "a grade that nobody dated")


def test_a_later_log_gives_the_features_of_the_log_cut_at_that_day():
    """The strongest form: everything recorded after the day taken away, nothing changes."""
    for seed in (2, 4):
        tables, _ = good(random_tables(seed, feeds=False))
        at = to_day(date(2021, 8, 15))
        keep = [row for row in tables["records"] if (reference.known_day(row) or 0) <= at]
        cut = {**tables, "records": keep}
        cut["records"].append({**tables["records"][0], "record_id": "z", "recorded_on": iso(at), "subject_id": "S7"})
        both = {**tables, "records": [*tables["records"], cut["records"][-1]]}
        whole, part = (
            build(take(both), [iso(at)], outcome=None),
            build(take(cut), [iso(at)], outcome=None, complete_until=None),
        )
        pd.testing.assert_frame_equal(whole.X, part.X, check_exact=True)


def test_an_outcome_window_that_is_not_complete_is_refused():
    _, snapshot = small()
    assert len(build(snapshot, ["2023-05-31"])) > 0
    with pytest.raises(
        UsageError, match="ends on 2024-01-01, and the data are complete until 2023-12-31"
    ) as exception_info:
        build(snapshot, ["2021-05-31", "2023-06-01"])
    assert "2023-05-31" in str(exception_info.value)
    with pytest.raises(UsageError, match="complete until 2023-06-30"):
        build(snapshot, ["2023-05-31"], complete_until="2023-06-30")
    with pytest.raises(UsageError, match="complete_until is 2030-06-30"):
        build(snapshot, ["2022-05-31"], complete_until="2030-06-30")
    with pytest.raises(UsageError, match="after the data"):
        build(snapshot, ["2030-01-01"], outcome=None)


def test_silence_inside_declared_feeds_is_missing_and_without_any_it_is_zero():
    subjects = [{"subject_id": "S1", "district": "east"}, {"subject_id": "S2", "district": "west"}]
    records = [{"record_id": "r", "subject_id": "S1", "item": "a", "domain": "tax", "recorded_on": "2023-12-31"}]
    feed = {"domain": "tax", "from": "2015-01-01", "to": "2023-12-31", "source": "x", "district": "east"}
    tables = {"subjects": subjects, "records": records}
    groups = {"tax": Pick(domains=("tax",)), "other": Pick(domains=("fire",))}
    asked = {
        "outcome": None,
        "groups": groups,
        "inspections": None,
        "indicators": ["count"],
        "windows": [12],
        "history": [],
        "attributes": [],
    }
    plain = build(take(tables), ["2022-12-31"], **asked)
    assert plain.X.to_numpy().tolist() == [[0, 0], [0, 0]]
    assert plain.inspected.tolist() == [False, False]
    fed = build(take({**tables, "feeds": [feed]}), ["2022-12-31"], **asked)
    assert fed.X["tax__count_12m"].tolist()[0] == 0
    assert fed.X.isna().to_numpy().tolist() == [[False, True], [True, True]]
    assert fed.inspected.tolist() == [False, pd.NA]
    assert any("no feeds" in note for note in plain.about["notes"])
    assert fed.about["feeds"] == ["tax"]


def test_the_same_columns_again_for_scoring_and_for_later_outcomes():
    _, snapshot = small()
    first = build(snapshot, ["2021-02-28"])
    scored = rebuild(snapshot, first.about, observed_on="2023-12-31")
    assert scored.y is None
    assert list(scored.X.columns) == list(first.X.columns)
    about = json.loads(json.dumps(first.about))
    assert about == first.about
    same(first, rebuild(snapshot, about, observed_on=["2021-02-28"], outcome=True, complete_until=iso(LAST)))
    with pytest.raises(UsageError, match="no recipe"):
        rebuild(snapshot, {}, observed_on="2023-12-31")
    with pytest.raises(UsageError, match="not the recipe"):
        rebuild(snapshot, {"recipe": {}}, observed_on="2023-12-31")


def test_groups_left_away_are_all_domains_and_severities_and_more_than_62_fit():
    _, snapshot = small()
    data = build(snapshot, ["2021-02-28"], groups=None, indicators=["count"], windows=[12])
    assert list(data.X.columns)[:5] == [f"{name}__count_12m" for name in ("all", "labour", "tax", "grave", "minor")]
    many = {f"g{k}": {"items": [ITEMS[k % 4]]} for k in range(130)}
    wide = build(snapshot, ["2021-02-28"], groups=many, indicators=["count", "recency"], windows=[12])
    for k in range(4, 130):
        assert wide.X[f"g{k}__count_12m"].tolist() == wide.X[f"g{k % 4}__count_12m"].tolist()
        assert wide.X[f"g{k}__recency"].equals(wide.X[f"g{k % 4}__recency"])
    assert wide.X["g0__count_12m"].sum() > 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"windows": []}, "windows"),
        ({"windows": [0]}, "windows"),
        ({"windows": [12, 12]}, "windows"),
        ({"windows": [True]}, "windows"),
        ({"windows": [1.5]}, "windows"),
        ({"gap": -1}, "gap"),
        ({"horizon": 0}, "horizon"),
        ({"indicators": ["sum"]}, "no 'sum'"),
        ({"indicators": ["count", "count"]}, "stands twice"),
        ({"outcome": {"item": ["a"]}}, "has no 'item'"),
        ({"outcome": {"severity": ["deadly"]}}, "no 'deadly'"),
        ({"outcome": [""]}, "no name"),
        ({"points": None}, "points"),
        ({"points": {"a": 0.1}}, "points of a"),
        ({"inspections": None}, "inspections"),
        ({"attributes": {"size": "enum"}}, "no 'enum'"),
        ({"subject_columns": ["colour"]}, "no 'colour'"),
        ({"clock": ["born_on"]}, "no 'born_on'"),
        ({"clock": []}, "no clock"),
        ({"repaired": "maybe"}, "repaired"),
        ({"speed": 3}, "speed"),
        ({"groups": {}}, "no group"),
        ({"groups": {"x": ["a"], "x__count": ["a"]}, "attributes": [], "indicators": []}, None),
        ({"groups": {"attribute": ["a"]}, "attributes": {"count_6m": "text"}}, "called 'attribute__count_6m'"),
    ],
)
def test_what_cannot_be_is_refused_with_what_is_allowed(change, message):
    _, snapshot = small()
    if message is None:
        assert build(snapshot, ["2021-02-28"], **change).X.shape[1] == 1
        return
    with pytest.raises(UsageError, match=message):
        build(snapshot, ["2021-02-28"], **change)


def test_days_and_sources_that_cannot_be():
    tables, snapshot = small()
    for days, text in ([], "no day"), (["2021-02-28"] * 2, "twice"), (["28.2.2021"], "no date"), ([3], "no date"):
        with pytest.raises(UsageError, match=text):
            build(snapshot, days)
    with pytest.raises(UsageError, match="no log"):
        build("records.csv", ["2021-02-28"])
    with pytest.raises(UsageError, match="no table 'record'"):
        build({"record": None}, ["2021-02-28"])
    with pytest.raises(InputError, match="which no record has"):
        build(snapshot, ["2021-02-28"], outcome=["zz"])
    with pytest.raises(InputError, match="no subject is in"):
        build(
            take(
                {**tables, "subjects": [{**subject, "registered_on": "2022-01-01"} for subject in tables["subjects"]]}
            ),
            ["2021-02-28"],
        )
    same(build(snapshot, ["2021-02-28"]), build(frames(tables), [date(2021, 2, 28)], subject_ids="local"))


def test_codes_the_log_does_not_have_are_named_and_the_columns_stay():
    _, snapshot = small()
    data = build(snapshot, ["2021-02-28"], groups={"x": ["zz"]}, indicators=["count"], windows=[12])
    assert data.X["x__count_12m"].eq(0).all()
    assert "x: no record has item zz" in data.about["notes"]


def test_attributes_are_typed_and_subjects_have_an_age():
    tables = {
        **KNOWN,
        "subjects": [{"subject_id": "S0", "district": "east", "registered_on": "2021-02-18"}, {"subject_id": "S9"}],
        "attributes": [
            {"subject_id": "S0", "name": name, "value": value}
            for name, value in {"workers": "12.5", "has_income": "是", "built": "2021-02-01", "trade": "制造"}.items()
        ]
        + [{"subject_id": "S9", "name": "workers", "value": "many"}],
    }
    data = build(
        take(tables),
        ["2021-02-28"],
        outcome=None,
        indicators=[],
        history=[],
        subject_columns=["age_days", "district"],
        attributes={"workers": "number", "has_income": "bool", "built": "date", "trade": "text", "none": "text"},
    )
    first, second = (list(row.values()) for row in as_rows(data, reference.day("2021-02-28")).values())
    assert first[:-1] == [12.5, 1.0, 27.0, "制造", None, 10.0, "east"]
    assert second[:-1] == [None] * 7
    assert any("district" in note for note in data.about["notes"])
    assert [str(kind) for kind in data.X.dtypes] == ["float64"] * 3 + ["str"] * 2 + ["float64", "str"]


def test_nothing_is_left_in_the_connection_of_the_snapshot():
    _, snapshot = small()
    listed = "SELECT table_name FROM duckdb_tables() UNION SELECT view_name FROM duckdb_views() ORDER BY 1"
    before = snapshot.con.execute(listed).fetchall()
    build(snapshot, ["2021-02-28"])
    with pytest.raises(InputError):
        build(snapshot, ["2021-02-28"], outcome=["zz"])
    assert snapshot.con.execute(listed).fetchall() == before
