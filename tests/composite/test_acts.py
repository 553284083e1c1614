"""One act weighs once: the grades that enter are those of gradings without the act's other records."""

from __future__ import annotations

from itertools import product
from typing import Any

import pandas as pd
import pytest

import creditscore as cs
from tests.composite.composite_helpers import small

SCHEMES = ["tax", "environment/national", "labour/national"]
DOMAINS = ("tax", "environment", "labour")


def record(subject: str, number: str, domain: str, item: str, act: str | None, **more: Any) -> dict[str, Any]:
    row = {"record_id": f"{subject[-2:]}{number}", "subject_id": subject, "domain": domain, "item": item, "act_id": act}
    return row | {"occurred_on": "2019-03-05", **more}


def case(firm: str, act: str | None, number: str = "l") -> dict[str, Any]:
    return record(firm, number, "labour", "case", act)


def red(firm: str, act: str | None) -> dict[str, Any]:
    return record(firm, "e", "environment", "N-V01", act)


def tax(firm: str, act: str | None, number: str = "t") -> dict[str, Any]:
    return record(firm, number, "tax", "010101", act)


A, B, C, D, E, F, G = [
    "914403001922038216",
    "91440115618712245T",
    "91350100M000100Y43",
    "12100000400000624D",
    "11120000MB1529459B",
    "11500233742893960Y",
    "91310000631295002H",
]
ROWS = [
    # A: a case and a red card, one act; a tax record that belongs to nothing
    case(A, "a1"),
    red(A, "a1"),
    tax(A, None),
    # B: as A, the case as an act of its own
    case(B, "a2"),
    red(B, "a1"),
    tax(B, None),
    # C: two cases, either of which would do; each is an act that counts elsewhere too
    case(C, "a1"),
    red(C, "a1"),
    case(C, "a2", "l2"),
    tax(C, "a2"),
    # D: three domains, none with a ceiling
    case(D, "a1"),
    tax(D, "a1"),
    record(D, "e", "environment", "N-V04", "a1"),
    # E, F: one act id at two organisations is two acts
    case(E, "a1"),
    red(F, "a1"),
    # G: the case was withdrawn
    case(G, "a1"),
    red(G, "a1"),
]
WITHDRAWN = case(G, "a1") | {"event": "withdrawn", "event_no": 2, "event_on": "2019-06-01"}


def graded(rows: list[dict[str, Any]]) -> Any:
    table = pd.DataFrame([{"event": "filed", "event_no": 1, **row} for row in rows])
    subjects = pd.DataFrame({"subject_id": [A, B, C, D, E, F, G], "kind": "enterprise", "registered_on": "2010-01-01"})
    return cs.grade_all(table, SCHEMES, 2019, subjects=subjects)


@pytest.fixture(scope="module")
def gradings() -> Any:
    return graded([*ROWS, WITHDRAWN])


@pytest.fixture(scope="module")
def combined(gradings: Any) -> Any:
    return cs.combine(gradings, small())


def rows_of(result: Any, firm: str) -> dict[str, Any]:
    return {row["domain"]: row for row in result.contributions.to_pylist() if row["subject_id"] == firm}


def acts_of(result: Any, firm: str) -> list[tuple[str, str, str]]:
    rows = [row for row in result.shared_acts.to_pylist() if row["subject_id"] == firm]
    return [(row["act_id"], row["counted_in"], row["also_in"]) for row in rows]


@pytest.mark.slow
def test_the_act_stays_where_it_costs_most_and_the_others_stand_as_if_it_were_not_there(combined: Any) -> None:
    assert acts_of(combined, A) == [("a1", "environment", "labour")]
    rows = rows_of(combined, A)
    assert (rows["environment"]["grade"], rows["environment"]["note"]) == ("red", "hard_rule:red")
    assert (rows["labour"]["grade"], rows["labour"]["note"]) == ("A", "without_act:a1")
    (shared,) = [row for row in combined.shared_acts.to_pylist() if row["subject_id"] == A]
    assert shared["records"] == "16e;16l"
    ledger = [row for row in combined.regraded.to_pylist() if row["subject_id"] == A]
    assert {row["scheme"] for row in ledger} == {"labour/national"}
    assert [(row["step"], row["record_id"], row["reason"]) for row in ledger] == [("decide", "", "A")]


def test_different_acts_and_acts_of_two_organisations_are_not_shared(combined: Any) -> None:
    assert acts_of(combined, B) == acts_of(combined, E) == acts_of(combined, F) == []
    assert rows_of(combined, B)["labour"]["grade"] == "B"


def test_two_acts_are_settled_one_after_the_other(combined: Any) -> None:
    assert acts_of(combined, C) == [("a1", "environment", "labour"), ("a2", "tax", "labour")]
    # either case alone would still be one; both are counted elsewhere
    labour = rows_of(combined, C)["labour"]
    assert (labour["grade"], labour["note"]) == ("A", "without_act:a1;without_act:a2")


def test_a_withdrawn_record_does_not_weigh(combined: Any) -> None:
    assert acts_of(combined, G) == []


@pytest.mark.slow
def test_the_lowest_score_of_all_ways_to_count_once_from_gradings_without_the_other_records(combined: Any) -> None:
    results = [[row for row in ROWS if row["subject_id"] != D or row["domain"] == domain] for domain in DOMAINS]
    options = [cs.combine(graded([*rows, WITHDRAWN]), small(), acts="unchecked") for rows in results]
    scores = [{r["subject_id"]: r["score"] for r in option.composite.to_pylist()}[D] for option in options]
    assert len(set(scores)) == 3
    assert {r["subject_id"]: r["score"] for r in combined.composite.to_pylist()}[D] == min(scores)
    assert acts_of(combined, D)[0][1] == ("tax", "environment", "labour")[scores.index(min(scores))]
    best = options[scores.index(min(scores))]
    for domain, row in rows_of(combined, D).items():
        other = rows_of(best, D)[domain]
        assert [row[name] for name in ("grade", "value", "contribution")] == [
            other[name] for name in ("grade", "value", "contribution")
        ]


def test_unchecked_counts_everywhere_and_says_so(gradings: Any) -> None:
    loose = cs.combine(gradings, small(), acts="unchecked")
    assert rows_of(loose, A)["labour"]["grade"] == "B"
    assert any("acts were not looked at" in note for note in loose.manifest["notes"])
    with pytest.raises(cs.UsageError, match="acts is 'twice'"):
        cs.combine(gradings, small(), acts="twice")  # type: ignore[arg-type]


def test_the_order_of_gradings_does_not_matter(gradings: Any, combined: Any) -> None:
    again = cs.combine(list(gradings)[::-1], small())
    assert again.manifest == combined.manifest
    for composite, name in product([again], ("composite", "contributions", "shared_acts", "regraded")):
        assert getattr(composite, name) == getattr(combined, name)
