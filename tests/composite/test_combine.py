"""`combine`: from grades to scores, by hand and from the definition; who is left out and why; the same bytes always."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import creditscore as cs
from creditscore.composite.result import read_composite
from creditscore.records import write_snapshot
from tests.composite.composite_helpers import (
    COURT,
    ENV,
    IDS,
    LABOUR,
    SOLE_TRADER,
    SUBJECTS,
    TAX,
    grades,
    score_of,
    shapley_of,
    small,
)

AT = "2019-12-31"


def combined(rows: Any, config: Any = None, **more: Any) -> Any:
    return cs.combine(grades(rows), config or small(), acts="unchecked", **more)


def only_row(result: Any, subject: str = IDS[0]) -> dict[str, Any]:
    (row,) = [row for row in result.composite.to_pylist() if row["subject_id"] == subject]
    return row


def shares(result: Any, subject: str = IDS[0]) -> dict[str, int]:
    return {r["domain"]: r["contribution"] for r in result.contributions.to_pylist() if r["subject_id"] == subject}


def test_by_hand() -> None:
    result = combined([(IDS[0], TAX, "2019", "A"), (IDS[0], ENV, "2019", "yellow"), (IDS[0], COURT, AT, "clear")])
    # 800 + 400 × (1000 − 800)/1000 + 300 × (500 − 800)/1000 + 100 × (900 − 800)/1000
    assert shares(result) == {"tax": 80, "environment": -90, "labour": 0, "court": 10}
    row = only_row(result)
    assert (row["score"], row["grade"], row["coverage"], row["hard_rules"]) == (800, "medium", 800, "")
    assert (row["config"], row["config_version"], str(row["as_of"])) == ("small", "2018-06-27", AT)
    assert result.manifest["reference"] == 800
    values = {r["domain"]: (r["value"], r["note"]) for r in result.contributions.to_pylist()}
    assert values["labour"] == (800, "absent:no_row")


def test_a_hard_rule_holds_the_score_at_the_top_of_its_band() -> None:
    rows = [(IDS[0], TAX, "2019", "A"), (IDS[0], LABOUR, "2019", "A"), (IDS[0], COURT, AT, "listed")]
    result = combined(rows)
    row = only_row(result)
    # without the rule: 800 + 80 + 40 − (100 × 500 held at 300 → −50) = 870, good; with it the top of medium
    assert (row["score"], row["grade"]) == (849, "medium")
    assert row["hard_rules"] == "defaulter"
    assert sum(shares(result).values()) == 49
    (court,) = [r for r in result.contributions.to_pylist() if r["domain"] == "court"]
    assert court["note"] == "hard_rule:defaulter"


def test_an_entry_of_a_list_sets_off_the_rule_while_it_is_in_force() -> None:
    rows = [(IDS[0], TAX, "2019", "A"), (IDS[0], LABOUR, "2019", "A")]
    entry = {"listing_id": "1", "subject_id": IDS[0], "list": "judgment_defaulter", "entered_on": "2019-06-01"}

    def graded(as_of: str, **more: str) -> str:
        result_row = combined(rows, listings=pd.DataFrame([entry | more]), as_of=as_of)
        return str(only_row(result_row)["hard_rules"])

    assert graded("2019-12-31") == "defaulter"
    assert graded("2020-03-01", term_end="2020-03-01") == "defaulter"  # its last day
    assert graded("2020-03-02", term_end="2020-03-01") == ""
    assert graded("2020-03-01", exited_on="2020-03-01") == ""  # the day of exit is outside
    assert graded("2020-02-29", exited_on="2020-03-01") == "defaulter"
    assert graded("2020-02-01", recorded_on="2020-02-02") == ""  # not yet known
    result = combined(rows, listings=pd.DataFrame([entry, entry | {"list": "other"}, entry | {"subject_id": IDS[1]}]))
    assert result.manifest["counts"]["listings"] == {
        "rows": 3,
        "not_yet_known": 0,
        "not_in_force": 0,
        "no_hard_rule": 1,
        "not_scored": 1,
    }


def test_entries_of_lists_are_read_like_every_table(tmp_path: Path) -> None:
    """Dates and codes as the contract of tables allows them, and in the encoding of office programs."""
    rows = [(IDS[1], TAX, "2019", "A"), (IDS[1], LABOUR, "2019", "A")]
    for day in ("20190601", "2019年6月1日", "2019/6/1"):
        for who in (IDS[1], IDS[1].lower(), "".join(chr(ord(sign) + 0xFEE0) for sign in IDS[1])):
            file = tmp_path / "listings.csv"
            lines = f"subject_id,list,entered_on,basis\n{who},judgment_defaulter,{day},（2019）执1号\n"
            file.write_text(lines, encoding="gb18030")
            assert only_row(combined(rows, listings=file), IDS[1])["hard_rules"] == "defaulter", (day, who)


NAMES = {TAX: "tax", ENV: "environment", LABOUR: "labour", COURT: "court"}
CODES = [
    [
        *next(composite_domain.schemes[name] for composite_domain in small().domains if composite_domain.id == domain),
        "(not_graded:no_feed)",
        "(not_computable:x:y)",
    ]
    for name, domain in NAMES.items()
]


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(*map(st.sampled_from, CODES)), min_size=1, max_size=12))
def test_scores_and_shares_are_those_of_the_definition(firms: list[tuple[str, ...]]) -> None:
    config = small()
    result = combined(
        (f"F{k:02}", name, AT if name == COURT else "2019", grade)
        for k, firm in enumerate(firms)
        for name, grade in zip(NAMES, firm, strict=True)
    )
    for k, firm in enumerate(firms):
        given_grades = dict(zip(NAMES, firm, strict=True))
        maps = {domain.id: domain.schemes for domain in config.domains}
        values = {
            NAMES[name]: maps[NAMES[name]][name][grade] for name, grade in given_grades.items() if grade[0] != "("
        }
        ceilings = {"court": 849} if given_grades[COURT] == "listed" else {}
        ceilings |= {"environment": 599} if given_grades[ENV] == "red" else {}
        row, results = only_row(result, f"F{k:02}"), shares(result, f"F{k:02}")
        assert row["coverage"] == sum(d.weight for d in config.domains if d.id in values)
        if row["coverage"] < 300:
            assert (row["state_reason"], row["score"], row["grade"]) == ("coverage", None, None)
            assert set(results.values()) == {None}
            continue
        assert row["score"] == int(score_of(config, values, ceilings.values()) + Fraction(1, 2))
        assert row["grade"] == next(g.code for g in config.grades if row["score"] >= g.at_least)
        meant = shapley_of(config, values, ceilings)
        assert sum(results.values()) + result.manifest["reference"] == row["score"]
        assert all(abs(results[name] - meant[name]) < 1 for name in results)


def test_nothing_known_is_not_scored_and_just_enough_is() -> None:
    assert only_row(combined([(IDS[0], LABOUR, "2019", "A")]))["state_reason"] == "coverage"
    assert only_row(combined([(IDS[0], LABOUR, "2019", "A"), (IDS[0], COURT, AT, "clear")]))["state"] == "graded"  # 300
    result = combined([(IDS[0], TAX, "2019", "(not_graded:no_feed)"), (IDS[1], TAX, "2019", "M")])
    assert only_row(result)["state_reason"] == "coverage"
    (tax, *_) = [r for r in result.contributions.to_pylist() if r["subject_id"] == IDS[0]]
    assert (tax["note"], tax["grade"], tax["value"]) == ("absent:not_graded:no_feed", None, 800)


def test_a_class_for_internal_use_does_not_enter_and_is_named() -> None:
    rows = [(IDS[0], TAX, "2019", "A"), (IDS[0], "food/risk@2016-12-01", AT, "D")]
    result = combined(rows)
    assert result.manifest["not_used"] == ["food/risk"]
    assert only_row(result)["score"] == 880


def test_who_gets_none() -> None:
    person = "11010519491231002X"  # the example of the standard GB 11643
    wide = "".join(chr(ord(sign) + 0xFEE0) for sign in person)
    rows = [(who, TAX, "2019", "A") for who in (IDS[0], SOLE_TRADER, person, f"张三 {wide}", "110105 19491231 002x")]
    result = combined(rows)
    row = only_row(result, SOLE_TRADER)
    assert (row["state"], row["state_reason"], row["score"]) == ("not_graded", "individual_business", None)
    assert shares(result, SOLE_TRADER) == {}
    assert {(row["subject_id"].rstrip("*"), row["reason"]) for row in result.quarantine.to_pylist()} == {
        ("110", "natural_person"),
        ("张三 110", "natural_person"),
    }
    assert result.manifest["counts"]["refused"] == 3
    assert [row["subject_id"] for row in result.composite.to_pylist()] == [IDS[0], SOLE_TRADER]
    text = json.dumps([result.manifest, result.composite.to_pylist(), result.contributions.to_pylist()], default=str)
    assert person not in text
    local = combined(
        [("L-1", TAX, "2019", "A")], subjects=pd.DataFrame([{"subject_id": "L-1", "kind": "individual_business"}])
    )
    assert only_row(local, "L-1")["state_reason"] == "individual_business"
    named = combined(rows[:1], subjects=pd.DataFrame([{"subject_id": IDS[0].lower(), "kind": "自然人"}]))
    assert named.quarantine.to_pylist() == [{"subject_id": IDS[0], "reason": "natural_person"}]
    assert len(named.composite) == 0
    opted = small(individual_business={"included": True, "cite": [{"law": "JLEDZ2018"}]})
    assert only_row(combined(rows, opted), SOLE_TRADER)["grade"] == "good"


def test_exactly_those_asked_for_are_scored() -> None:
    rows = [(IDS[0], TAX, "2019", "A"), (IDS[1], TAX, "2019", "D")]
    result = combined(rows, subjects=pd.DataFrame({"subject_id": [IDS[1], "91000000000000000X"]}))
    assert [(r["subject_id"], r["state"]) for r in result.composite.to_pylist()] == [
        ("91000000000000000X", "not_graded"),
        (IDS[1], "graded"),
    ]
    assert result.manifest["counts"]["graded_but_not_asked_for"] == 1


def test_old_grades_move_to_the_reference_and_then_drop() -> None:
    config = small(stale={"decay_from": 12, "drop_after": 24, "evidence": "project_default"}, effective_to="2022-01-01")
    rows = [(IDS[0], TAX, "2018", "A"), (IDS[0], LABOUR, "2020", "B")]

    def tax(as_of: str) -> tuple[int, str]:
        result_row = combined(rows, config, as_of=as_of)
        (row,) = [r for r in result_row.contributions.to_pylist() if r["domain"] == "tax"]
        return row["value"], row["note"]

    rows[1] = (IDS[0], LABOUR, "2018", "B")
    assert tax("2019-12-30") == (1000, "")
    assert tax("2019-12-31") == (1000, "")  # twelve months: the steps begin after them
    assert tax("2020-01-31") == (983, "aged:13")  # 800 + 200 × 11/12, rounded half up
    assert tax("2020-06-30") == (900, "aged:18")
    assert tax("2020-11-30") == (817, "aged:23")
    assert tax("2020-12-31") == (800, "stale:24")
    result = combined(rows, config, as_of="2020-12-31")
    assert only_row(result)["coverage"] == 0


def test_of_several_periods_the_newest_counts_and_of_several_schemes_the_worst() -> None:
    composite = combined([(IDS[0], TAX, "2018", "D"), (IDS[0], TAX, "2019", "A")])
    assert shares(composite)["tax"] == 80
    config = "jilin_edz"
    market = ["market/abnormal@2014-10-01", "market/serious@2014-10-01"]
    rows = [(IDS[0], market[0], AT, "listed"), (IDS[0], market[1], AT, "clear"), (IDS[0], TAX, "2019", "A")]
    rows += [(IDS[0], ENV, "2019", "green"), (IDS[0], LABOUR, "2019", "A")]
    for order in (rows, rows[::-1]):
        composite = cs.combine(grades(order), config, acts="unchecked")
        (row,) = [r for r in composite.contributions.to_pylist() if r["domain"] == "market"]
        assert (row["scheme"], row["grade"], row["value"], row["contribution"]) == (
            "market/abnormal",
            "listed",
            400,
            -32,
        )
    rows[1] = (IDS[0], market[1], AT, "listed")  # the same domain, now on the serious list too
    assert only_row(cs.combine(grades(rows), config, acts="unchecked"))["grade"] == "D"


def test_the_weakest_link_on_the_same_inputs() -> None:
    rows = [(IDS[0], TAX, "2019", "A"), (IDS[0], ENV, "2019", "yellow"), (IDS[0], COURT, AT, "clear")]
    result = combined(rows, small(rule="weakest_link"))
    assert only_row(result)["score"] == 500
    assert only_row(result)["fragile"] is False
    assert shares(result) == {"tax": 0, "environment": -300, "labour": 0, "court": 0}
    every = combined(
        [*rows[::2], (IDS[0], ENV, "2019", "green"), (IDS[0], LABOUR, "2019", "A")], small(rule="weakest_link")
    )
    assert only_row(every)["score"] == 900  # only with everything known does it pass the reference


def test_evidence_is_the_weakest_of_all_that_enters() -> None:
    marks = {"weights": "derived", "maps": "verified", "bands": "verified"}
    rows = [(IDS[0], TAX, "2019", "A")]
    sure = cs.combine(grades(rows), small(marks=marks), acts="unchecked")
    assert only_row(sure)["evidence"] == "derived"
    weak = cs.combine(grades(rows, "inference"), small(marks=marks), acts="unchecked")
    assert only_row(weak)["evidence"] == "inference"
    ruled = cs.combine(grades([*rows, (IDS[0], ENV, "2019", "red")]), small(marks=marks), acts="unchecked")
    assert only_row(ruled)["evidence"] == "project_default"  # the hard rule is ours
    assert only_row(combined(rows))["evidence"] == "project_default"
    assert any(note.startswith("project_default: weights, maps, bands") for note in combined(rows).manifest["notes"])


@pytest.mark.parametrize(
    ("rows", "more", "message"),
    [
        ([(IDS[0], "tax@2013", "2019", "A")], {}, "has no values in small"),
        ([(IDS[0], TAX, "2019", "X")], {}, "is no grade of tax@2014"),
        ([(IDS[0], TAX, "19", "A")], {}, "is no period"),
        ([(IDS[0], TAX, "2019", "11010519491231002X")], {}, r"'110\*+' is no grade"),
        (
            [(IDS[0], TAX, "2019", "A")],
            {"subjects": pd.DataFrame([{"subject_id": IDS[0], "kind": "firm"}])},
            "'firm' is no kind",
        ),
        ([(IDS[0], TAX, "2020", "A")], {"as_of": "2020-06-30"}, "ends after 2020-06-30"),
        ([(IDS[0], TAX, "2019", "A"), (IDS[0], TAX, "2019", "B")], {}, "2 grades under tax for 2019"),
        ([(IDS[0], TAX, "2019", "A")], {"as_of": "31.12.2019"}, "is not a day"),
        (
            [(IDS[0], TAX, "2019", "A")],
            {"listings": pd.DataFrame({"subject_id": ["x"]})},
            "listings: missing columns list",
        ),
        (
            [(IDS[0], TAX, "2019", "A")],
            {"listings": pd.DataFrame([{"subject_id": "x", "list": "l", "entered_on": "2019-13-01"}])},
            r"in entered_on is not a day \(row 1\)",
        ),
        (
            [(IDS[0], TAX, "2019", "A")],
            {"listings": pd.DataFrame([{"subject_id": "x", "list": "l", "entered_on": None}])},
            "rows lack subject_id or list or entered_on",
        ),
        (
            [(IDS[0], TAX, "2019", "A")],
            {"subjects": pd.DataFrame([{"subject_id": "x", "kind": "a"}, {"subject_id": "x", "kind": "b"}])},
            "stands twice",
        ),
        ([(IDS[0], "food/risk@2016-12-01", AT, "A")], {}, "there is no grade under a scheme of this composite"),
    ],
)
def test_bad_input_is_said(rows: Any, more: Any, message: str) -> None:
    with pytest.raises(cs.CreditscoreError, match=message):
        combined(rows, **more)


def test_a_composite_out_of_force_does_not_score() -> None:
    with pytest.raises(cs.NotInForce, match="not in force"):
        combined([(IDS[0], TAX, "2021", "A")])
    with pytest.raises(cs.SchemeError, match=r"tax@2025 is in force in the time of this composite"):
        combined([(IDS[0], TAX, "2019", "A")], small(effective_to=None))
    with pytest.raises(cs.NotInForce, match="not in force"):
        cs.combine(grades([(IDS[0], TAX, "2017", "A")]), "jilin_edz", acts="unchecked", as_of="2018-01-01")


def test_rows_in_any_order_written_and_read_the_same_bytes(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    rows = [
        (f"91{k:016}", name, AT if name == COURT else "2019", str(rng.choice(codes)))
        for k in range(300)
        for name, codes in ((TAX, list("ABMCD")), (ENV, ["green", "red", "blue"]), (COURT, ["clear", "listed"]))
        if rng.random() < 0.8
    ]
    table = grades(rows)
    written = []
    for k in range(2):
        shuffled = table.sample(frac=1, random_state=k)
        folder = cs.combine(shuffled, small(), acts="unchecked").write(tmp_path / str(k))
        written.append({file.name: file.read_bytes() for file in sorted(folder.iterdir())})
    assert written[0] == written[1]
    again = read_composite(tmp_path / "0")
    direct = cs.combine(table, small(), acts="unchecked")
    assert again.config == small()
    for name in ("composite", "contributions", "shared_acts", "regraded", "quarantine"):
        assert getattr(again, name).to_pylist() == getattr(direct, name).to_pylist()
    total = direct.contributions.to_pandas().groupby("subject_id")["contribution"].sum()
    scores = direct.composite.to_pandas().set_index("subject_id")["score"]
    graded = scores.notna()
    assert ((total + 800)[graded] == scores[graded]).all()


def test_a_folder_is_replaced_as_a_whole_or_not_at_all(tmp_path: Path) -> None:
    result = combined([(IDS[0], TAX, "2019", "A")])
    result.write(tmp_path / "out", csv=True)
    result.write(tmp_path / "out")
    assert not (tmp_path / "out" / "composite.csv").exists()
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "letter.txt").touch()
    with pytest.raises(cs.UsageError, match="holds something else"):
        result.write(tmp_path / "mine")
    (tmp_path / "out" / "composite.parquet").write_bytes(b"no")
    with pytest.raises(cs.InputError, match="cannot be read"):
        read_composite(tmp_path / "out")
    (tmp_path / "out" / "composite.parquet").unlink()
    with pytest.raises(cs.InputError, match=r"composite\.parquet not found"):
        read_composite(tmp_path / "out")


@pytest.mark.parametrize(
    ("part", "value", "words"),
    [
        ("inputs", [True], "no object"),
        ("inputs", None, "inputs is not a list"),
        ("notes", {}, "notes is not a list"),
        ("notes", [{}], "a note in the manifest is no text"),
    ],
)
def test_a_spoilt_manifest_is_said_as_such(tmp_path: Path, part: str, value: object, words: str) -> None:
    file = combined([(IDS[0], TAX, "2019", "A")]).write(tmp_path / "out") / "manifest.json"
    file.write_text(json.dumps(json.loads(file.read_text(encoding="utf-8")) | {part: value}), encoding="utf-8")
    with pytest.raises(cs.InputError, match=words):
        read_composite(tmp_path / "out")


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("contributions", "domain", "taxes"),
        ("contributions", "note", "hard_rule:none"),
        ("composite", "grade", "ZZ"),
        ("composite", "hard_rules", "none"),
    ],
)
def test_tables_of_names_that_the_rules_do_not_have_are_refused(
    tmp_path: Path, table: str, column: str, value: str
) -> None:
    folder = combined([(IDS[0], TAX, "2019", "A")]).write(tmp_path / "out")
    file = folder / f"{table}.parquet"
    rows = pq.read_table(file)
    place = rows.column_names.index(column)
    pq.write_table(rows.set_column(place, column, pa.array([value] * rows.num_rows)), file)
    with pytest.raises(cs.InputError, match=value.rpartition(":")[2]):
        read_composite(folder)


def test_tables_without_their_columns_are_refused(tmp_path: Path) -> None:
    folder = combined([(IDS[0], TAX, "2019", "A")]).write(tmp_path / "out")
    file = folder / "shared_acts.parquet"
    rows = pq.read_table(file)
    pq.write_table(rows.rename_columns(["subject", *rows.column_names[1:]]), file)
    with pytest.raises(cs.InputError, match=r"shared_acts\.parquet: no column subject_id"):
        read_composite(folder)
    pq.write_table(rows, file)
    file = folder / "contributions.parquet"
    rows = pq.read_table(file)
    place = rows.column_names.index("value")
    pq.write_table(rows.set_column(place, "value", rows["value"].cast("string")), file)
    with pytest.raises(cs.InputError, match=r"contributions\.parquet: column value holds string, not INTEGER"):
        read_composite(folder)


def test_a_written_grading_needs_its_records(tmp_path: Path) -> None:
    records = pd.DataFrame(
        [{"record_id": "t", "subject_id": IDS[0], "domain": "tax", "item": "010101", "occurred_on": "2019-03-05"}]
    )
    snapshot = cs.ingest(SUBJECTS, records)
    gradings = cs.grade_all(snapshot, ["tax", "labour/national"], 2019)
    gradings.write(tmp_path / "g")
    with pytest.raises(cs.UsageError, match="acts that several domains count cannot be told"):
        cs.combine(tmp_path / "g", small())
    direct = cs.combine(gradings, small())
    again = cs.combine(tmp_path / "g", small(), snapshot=snapshot)
    assert again.manifest == direct.manifest
    assert again.composite == direct.composite
    loose = cs.combine(tmp_path / "g", small(), acts="unchecked")
    assert loose.composite == direct.composite
    assert any("acts were not looked at" in note for note in loose.manifest["notes"])
    other = cs.ingest(SUBJECTS, records.assign(record_id="u"))
    with pytest.raises(cs.UsageError, match="was not made from this snapshot"):
        cs.combine(tmp_path / "g", small(), snapshot=other)
    write_snapshot(snapshot, tmp_path / "s")
    (tmp_path / "g" / "manifest.json").write_text("{}", encoding="utf-8")
    with pytest.raises(cs.InputError, match="names no scheme"):
        cs.combine(tmp_path / "g", small(), acts="unchecked")
