"""A domain that refused rows leave open: the composite stands only where its grade does not depend on it."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.parquet as pq
import pytest

import creditscore as cs
from creditscore.composite.result import read_composite
from creditscore.explanation.composite import explain_composite
from creditscore.explanation.composite_document import composite_data
from creditscore.present.html import render_page
from tests.composite.composite_helpers import COURT, ENV, IDS, LABOUR, SUBJECTS, TAX, grades, small

AT = "2019-12-31"
OPEN = "(not_computable:refused_rows)"


def combined(rows: Any, marks: dict[str, str] | None = None, config: Any = None) -> Any:
    table = grades(rows)
    table["input_state"] = [(marks or {}).get(scheme, "whole") for scheme in table["scheme"]]
    return cs.combine(table, config or small(), acts="unchecked")


def row_of(composite: Any, subject: str = IDS[0]) -> dict[str, Any]:
    (row,) = [row for row in composite.composite.to_pylist() if row["subject_id"] == subject]
    return row


def test_a_blocked_domain_does_not_stand_at_its_reference() -> None:
    """Tax A would give 880 (good), tax D 480 (poor): the reference of 800 is neither."""
    rows = [(IDS[0], TAX, "2019", OPEN), (IDS[0], ENV, "2019", "green"), (IDS[0], LABOUR, "2019", "A")]
    row = row_of(combined(rows, {"tax": "refused_rows"}))
    assert (row["state"], row["state_reason"], row["score"], row["grade"]) == ("not_graded", "refused_rows", None, None)
    assert row["input_state"] == "refused_rows"
    composite = combined(rows, {"tax": "refused_rows"})
    notes = {share["domain"]: share["note"] for share in composite.contributions.to_pylist()}
    assert notes["tax"] == "absent:not_computable:refused_rows"
    assert composite.manifest["counts"]["states"] == {"not_graded:refused_rows": 1}


def test_it_stands_where_every_grade_of_the_domain_gives_the_same() -> None:
    """A hard rule holds the score at the top of poor, whatever the tax grade."""
    rows = [(IDS[0], TAX, "2019", OPEN), (IDS[0], ENV, "2019", "red"), (IDS[0], LABOUR, "2019", "A")]
    composite = combined(rows, {"tax": "refused_rows;feeds_undeclared", "labour/national": "accepted_rows"})
    row = row_of(composite)
    assert (row["state"], row["grade"]) == ("graded", "poor")
    assert row["input_state"] == "accepted_rows;feeds_undeclared;refused_rows"
    explained = explain_composite(composite, IDS[0])
    for lang, words in (("zh", "综合等级都不变"), ("en", "this grade would be the same")):
        assert words in explained.text(lang)
        assert words in render_page(explained.document(lang))
    assert "refused rows were accepted as lost by a person" in composite_data(explained)["input"]["en"]


VALUES = {
    name: next(domain.schemes[name] for domain in small().domains if name in domain.schemes)
    for name in (TAX, ENV, LABOUR)
}


@pytest.mark.parametrize("blocked", [(TAX,), (ENV,), (TAX, LABOUR)])
def test_the_state_is_that_of_all_grades_that_the_domains_could_have(blocked: tuple[str, ...]) -> None:
    """Compared with every combination of grades in the blocked domains, and with none."""
    others = [name for name in VALUES if name not in blocked]
    firms = list(product(*([*VALUES[name], None] for name in others)))
    rows, trials = [], []
    for number, known in enumerate(firms):
        pairs = [(name, grade) for name, grade in zip(others, known, strict=True) if grade]
        rows += [(f"F{number:02}", name, "2019", grade) for name, grade in pairs]
        rows += [(f"F{number:02}", name, "2019", OPEN) for name in blocked]
        for place, grades_ in enumerate(product(*([*VALUES[name], "(not_graded:x)"] for name in blocked))):
            trials += [(f"F{number:02}.{place:03}", name, "2019", grade) for name, grade in pairs]
            trials += [(f"F{number:02}.{place:03}", name, "2019", grade) for name, grade in zip(blocked, grades_)]  # noqa: B905
    config = small(coverage={"at_least": 500, "evidence": "project_default"})
    possible: dict[str, set[tuple[str, str | None]]] = {}
    for row in combined(trials, config=config).composite.to_pylist():
        possible.setdefault(row["subject_id"].partition(".")[0], set()).add((row["state"], row["grade"]))
    for row in combined(rows, config=config).composite.to_pylist():
        outcomes = possible[row["subject_id"]]
        if len(outcomes) > 1:
            assert row["state_reason"] == "refused_rows", (row, outcomes)
        elif row["state_reason"] != "refused_rows":
            assert outcomes == {(row["state"], row["grade"])}, row


def test_a_domain_with_another_scheme_names_the_blocked_one() -> None:
    """Of two schemes of a domain the least value decides; the worst one is known here, and nothing can change it."""
    config = small()
    groups = config.model_dump(by_alias=True, mode="json", exclude_none=True)["groups"]
    groups[0]["domains"][0]["schemes"] |= groups[0]["domains"].pop(2)["schemes"]
    groups[0]["domains"][1]["weight"] += 200
    rows = [(IDS[0], TAX, "2019", "D"), (IDS[0], LABOUR, "2019", OPEN)]
    composite = combined(rows, config=small(groups=groups))
    assert row_of(composite)["grade"] == "poor"
    (tax,) = [share for share in composite.contributions.to_pylist() if share["domain"] == "tax"]
    assert (tax["grade"], tax["note"]) == ("D", "refused_rows:labour/national")
    better = combined([(IDS[0], TAX, "2019", "A"), *rows[1:]], config=small(groups=groups))
    assert row_of(better)["state_reason"] == "refused_rows"


def test_grades_without_the_column_are_said_to_be_older(tmp_path: Path) -> None:
    rows = [(IDS[0], TAX, "2019", "A"), (IDS[0], LABOUR, "2019", "A"), (IDS[0], COURT, AT, "clear")]
    composite = cs.combine(grades(rows), small(), acts="unchecked")
    assert row_of(composite)["input_state"] == "unstated"
    assert "made by an earlier version" in explain_composite(composite, IDS[0]).text("en")
    folder = composite.write(tmp_path / "c")
    table = pq.read_table(folder / "composite.parquet")
    pq.write_table(table.drop_columns(["input_state"]), folder / "composite.parquet")
    explained = explain_composite(read_composite(folder), IDS[0])
    assert explained.input_state == ""
    assert "早期版本" in explained.text("zh")


def test_whole_input_is_not_remarked_upon() -> None:
    composite = combined([(IDS[0], TAX, "2019", "A"), (IDS[0], LABOUR, "2019", "A")])
    explained = explain_composite(composite, IDS[0])
    assert row_of(composite)["input_state"] == "whole"
    assert composite_data(explained)["input"] == {"zh": [], "en": []}
    assert "earlier version" not in explained.text("en")


def test_a_row_refused_in_one_domain_reaches_the_composite_of_its_firm() -> None:
    """One firm with a false-invoice record whose date cannot be read: its composite is open, the other's is not."""
    records = pd.DataFrame(
        [
            {"record_id": "1", "subject_id": IDS[0], "domain": "tax", "item": "030110", "booked_on": "2019年4月"},
            {"record_id": "2", "subject_id": IDS[1], "domain": "tax", "item": "010101", "booked_on": "2019-04-02"},
        ]
    )
    schemes = ["tax", "environment/national", "labour/national"]
    graded = cs.grade_all(records, schemes, 2019, subjects=SUBJECTS, max_rejected=5)
    composite = cs.combine(graded, small())
    assert row_of(composite)["state_reason"] == "refused_rows"
    assert "refused_rows" in row_of(composite)["input_state"]
    assert row_of(composite, IDS[1])["state"] == "graded"


def test_an_act_that_moves_elsewhere_does_not_settle_a_grade_that_rested_on_it() -> None:
    """The labour grade stands beside a refused row because of an act; where the act counts elsewhere, nobody knows."""
    records = pd.DataFrame(
        [
            {"record_id": "e", "subject_id": IDS[0], "domain": "environment", "item": "N-V01", "act_id": "a1"}
            | {"occurred_on": "2019-03-05"},
            {"record_id": "l", "subject_id": IDS[0], "domain": "labour", "item": "case", "act_id": "a1"}
            | {"occurred_on": "2019-03-05"},
            {"record_id": "m", "subject_id": IDS[0], "domain": "labour", "item": "case", "act_id": "a2"}
            | {"occurred_on": "2019年3月"},
        ]
    )
    schemes = ["tax", "environment/national", "labour/national"]
    graded = cs.grade_all(records, schemes, 2019, subjects=SUBJECTS, max_rejected=5)
    states = {row["scheme"]: row for row in graded.grades.to_pylist() if row["subject_id"] == IDS[0]}
    composite = cs.combine(graded, small())
    (labour,) = [
        share
        for share in composite.contributions.to_pylist()
        if share["domain"] == "labour" and share["subject_id"] == IDS[0]
    ]
    assert "refused_rows" in states["labour/national"]["input_state"]
    assert labour["note"].startswith("absent:not_computable:refused_rows"), labour
