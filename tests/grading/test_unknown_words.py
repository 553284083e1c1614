"""Domains and lists that nobody knows are refused, with the near match; what another scheme knows is left to it."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import creditscore as cs
from tests.paths import TEST_SCHEMES

FIRM = "914403001922038216"
SUBJECTS = pd.DataFrame({"subject_id": [FIRM]})
CITY = TEST_SCHEMES / "third_city.yaml"


def records(*domains: str) -> pd.DataFrame:
    return pd.DataFrame(
        [
            {"record_id": f"r{k}", "subject_id": FIRM, "item": "030110", "domain": domain, "occurred_on": "2020-03-01"}
            for k, domain in enumerate(domains)
        ]
    )


@pytest.mark.parametrize(
    ("word", "hint"),
    [
        ("Tax", "did you mean tax?"),
        ("TAX ", "did you mean tax?"),
        ("税务", "did you mean tax?"),
        ("taxx", "did you mean tax?"),
        ("enviroment", "did you mean environment?"),
        ("安全生产", "did you mean safety?"),
        ("Social Insurance", "did you mean social_insurance?"),
        ("weather", "known: association, bidding"),
    ],
)
def test_a_domain_that_nobody_knows_is_refused_with_the_near_match(word: str, hint: str) -> None:
    with pytest.raises(cs.TooManyRejected, match="records: unknown_domain 1"):
        cs.grade(records(word), "tax", 2020, subjects=SUBJECTS)
    grading = cs.grade(records("tax", word, "labour"), "tax", 2020, subjects=SUBJECTS, max_rejected=1)
    (row,) = grading.quarantine.to_pylist()
    assert (row["reason"], row["column"], row["value"]) == ("unknown_domain", "domain", word.strip())
    assert hint in row["message"]
    counts = grading.manifest["counts"]["records"]
    assert (counts["in"], counts["used"], counts["refused"], counts["other_domain"]) == (3, 1, 1, 1)


def test_a_list_that_nobody_knows_is_refused_with_the_near_match() -> None:
    listings = pd.DataFrame(
        [
            {"listing_id": f"l{k}", "subject_id": FIRM, "list": name, "entered_on": "2020-01-01"}
            for k, name in enumerate(["judgement_defaulter", "judgment_defaulter", "market_serious", "blacklist"])
        ]
    )
    grading = cs.grade(records("tax"), "tax", 2020, subjects=SUBJECTS, listings=listings, max_rejected=2)
    messages = {row["value"]: row["message"] for row in grading.quarantine.to_pylist()}
    assert set(messages) == {"judgement_defaulter", "blacklist"}
    assert "did you mean judgment_defaulter?" in messages["judgement_defaulter"]
    assert grading.manifest["reasons"] == {"listings: unknown_list": 2}
    assert grading.manifest["rejected"] == 2


def test_what_a_scheme_of_the_run_knows_is_known_to_all_of_them(tmp_path: Path) -> None:
    own = tmp_path / "own.yaml"
    own.write_text(
        CITY.read_text(encoding="utf-8").replace("domain: food_hygiene", "domain: kitchens"), encoding="utf-8"
    )
    subjects = pd.DataFrame({"subject_id": ["a"]})
    rows = [("r1", "kitchens"), ("r2", "kitchen"), ("r3", "food_hygiene")]
    table = pd.DataFrame(
        [
            {"record_id": r, "subject_id": "a", "item": "violation", "domain": d, "occurred_on": "2016-02-01"}
            for r, d in rows
        ]
    )
    schemes = [str(own), "food_hygiene_uk"]
    gradings = cs.grade_all(table, schemes, as_of="2016-12-31", subjects=subjects, max_rejected=9)
    refused = {(row["record_id"], row["reason"]) for row in gradings.quarantine.to_pylist()}
    assert ("r2", "unknown_domain") in refused
    assert not {pair for pair in refused if pair[0] == "r1"}
    assert gradings.manifest["rejected"] == len({record for record, _ in refused})


def test_feeds_and_earlier_grades_of_a_domain_that_nobody_knows_are_refused() -> None:
    subjects = pd.DataFrame({"subject_id": [FIRM]})
    records = pd.DataFrame(
        [{"record_id": "r", "subject_id": FIRM, "item": "010101", "domain": "tax", "booked_on": "2023-04-01"}]
    )
    feed = {"from": "2010-01-01", "to": "2024-06-01", "source": "office"}
    feeds = pd.DataFrame([{"domain": domain, **feed} for domain in ("taxx", "税务", "labour")])
    history = pd.DataFrame([{"subject_id": FIRM, "domain": "Tax", "period": "2022", "grade": "B"}])
    tables = {"subjects": subjects, "feeds": feeds, "history": history, "intake_on": "2024-06-01"}
    with pytest.raises(cs.TooManyRejected):
        cs.grade(records, "tax", 2023, **tables)
    grading = cs.grade(records, "tax", 2023, **tables, max_rejected=9)
    refused = {(row["table"], row["value"]): row["message"] for row in grading.quarantine.to_pylist()}
    assert set(refused) == {("feeds", "taxx"), ("feeds", "税务"), ("history", "Tax")}
    assert all("did you mean tax?" in message for message in refused.values())
    assert grading.manifest["rejected"] == 3
    assert [row["state_reason"] for row in grading.grades.to_pylist()] == ["no_feed"]
