"""What is shown is what is scored: table, score, contributions, JSON, SQL, reasons and edits tell one story."""

from __future__ import annotations

import json
from dataclasses import replace

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creditscore.core.errors import TableError, UsageError
from creditscore.modelling import CardTable, ScorecardClassifier, card_sql, edit_points, rank_reasons
from tests.modelling.data import firms, probes

X, Y = firms()
CARD = ScorecardClassifier(specials={"margin": [-99]}).fit(X, Y).card_
FLOATS = ScorecardClassifier(specials={"margin": [-99]}, round_points=False).fit(X, Y).card_
WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
CARDS = {"whole": CARD, "floats": FLOATS}


def by_hand(card: CardTable, table: pd.DataFrame) -> list[float]:
    """The score as a reader of the table would compute it, row by row, from `to_pandas()` alone."""
    lines = card.to_pandas().to_dict("records")
    out = []
    for row in table.to_dict("records"):
        score = next(line["points"] for line in lines if line["role"] == "base")
        for variable in dict.fromkeys(line["variable"] for line in lines if line["role"] != "base"):
            own = [line for line in lines if line["variable"] == variable]
            value = row[variable]
            roles = {line["role"]: line for line in own}
            if value is None or value != value:
                role = roles["missing"]
            else:
                named = [line for line in own if line["levels"] and value in line["levels"]]
                ranged = [line for line in own if line["role"] == "bin" and line["kind"] == "number"]
                inside = [
                    line for line in ranged if line["low"] <= value and (value < line["high"] or line["high"] == np.inf)
                ]
                role = (named or inside or [roles.get("other")])[0]
            score += role["points"]
        out.append(score)
    return out


def cuts(card: CardTable) -> dict[str, tuple[float, ...]]:
    return {v.name: v.bins.cuts for v in card.variables}


def in_duckdb(card: CardTable, table: pd.DataFrame) -> np.ndarray:
    con = duckdb.connect()
    con.register("firms", table.assign(_n=range(len(table))))
    return con.sql(card_sql(card, "firms", keep=["_n"])).df().sort_values("_n")["score"].to_numpy()


@pytest.mark.parametrize("name", CARDS)
def test_shown_is_scored_on_every_edge(name: str) -> None:
    card = CARDS[name]
    table = probes(X, cuts(card))
    score = card.score(table)
    np.testing.assert_allclose(score, by_hand(card, table), rtol=0, atol=0 if card.whole else 1e-9)
    again = CardTable.from_dict(json.loads(json.dumps(card.to_dict())))
    assert again == card
    np.testing.assert_array_equal(again.score(table), score)
    np.testing.assert_allclose(in_duckdb(card, table), score, rtol=0, atol=0 if card.whole else 1e-9)
    assert (in_duckdb(card, table).dtype == np.int64) == card.whole


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.differing_executors])
@given(
    st.lists(
        st.tuples(
            st.floats(allow_nan=True, allow_infinity=True),
            st.floats(-120, 10) | st.just(-99.0),
            st.floats(allow_nan=True),
            st.sampled_from(["trade", "works", "farm", "inn", None]) | WORDS,
            st.booleans(),
        ),
        min_size=1,
        max_size=8,
    )
)
@pytest.mark.slow
def test_any_row_scores_alike_everywhere(rows: list[tuple[float, float, float, str | None, bool]]) -> None:
    table = pd.DataFrame(rows, columns=list(X)).astype({"kind": object})
    score = CARD.score(table)
    assert score.tolist() == by_hand(CARD, table)
    assert score.tolist() == in_duckdb(CARD, table).tolist()
    assert score[0] == CARD.score(table.iloc[[0]])[0]
    parts = CARD.contributions(table)
    assert (parts.sum(axis=1) + CARD.base).tolist() == score.tolist()


def test_counts_in_the_table_are_counts_of_scoring() -> None:
    table = CARD.to_pandas()
    for variable, parts in CARD.codes(X):
        codes = np.concatenate([np.array(c) for _, c in parts])
        counts = np.bincount(codes, minlength=variable.bins.total)
        events = np.bincount(codes, Y, variable.bins.total)
        own = table[table["variable"] == variable.name]
        assert own["count"].tolist() == counts.tolist()
        assert own["events"].tolist() == events.tolist()


def test_neighbours_of_equal_points_are_one_bin() -> None:
    table = CARD.to_pandas()
    for _, own in table[(table["role"] == "bin") & (table["kind"] == "number")].groupby("variable"):
        assert (own["points"].diff().iloc[1:] != 0).all()


def test_hand_made_changes_of_rows_are_caught() -> None:
    rows = list(CARD.rows)
    place = next(i for i, row in enumerate(rows) if row.role == "bin" and row.kind == "number" and row.high is not None)
    for wrong in (replace(rows[place], high=rows[place].high + 0.5), replace(rows[place], points=0.5)):  # type: ignore[operator]
        with pytest.raises(TableError):
            replace(CARD, rows=(*rows[:place], wrong, *rows[place + 1 :]))
    with pytest.raises(TableError, match="one base row"):
        replace(CARD, rows=tuple(rows[1:]))
    with pytest.raises(TableError, match="not complete"):
        replace(CARD, rows=tuple(row for row in rows if row.role != "missing"))
    with pytest.raises(TableError, match="not a saved scorecard_table"):
        CardTable.from_dict({"kind": "other"})


def test_an_edit_changes_everything_and_stays_on_record() -> None:
    row = next(row for row in CARD.rows if row.variable == "kind" and row.role == "bin")
    card = edit_points(CARD, "kind", row.bin, row.points - 7, reason="ministry list", author="Li", on="2020-01-02")
    hit = X["kind"].isin(row.levels).to_numpy()
    assert hit.any()
    assert (CARD.score(X) - card.score(X)).tolist() == (7 * hit).tolist()
    np.testing.assert_array_equal(in_duckdb(card, X), card.score(X))
    again = CardTable.from_dict(json.loads(json.dumps(card.to_dict())))
    assert again == card
    (edit,) = again.edits
    assert (edit["reason"], edit["author"], edit["on"], edit["to"]) == (
        "ministry list",
        "Li",
        "2020-01-02",
        row.points - 7,
    )
    assert CARD.edits == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"reason": " "}, "reason and an author"),
        ({"author": ""}, "reason and an author"),
        ({"points": 1.5}, "whole points"),
        ({"bin": "nowhere"}, "no bin"),
        ({"variable": "nothing"}, "no variable"),
    ],
)
def test_edits_without_ground_are_refused(change: dict[str, object], words: str) -> None:
    row = next(row for row in CARD.rows if row.variable == "kind" and row.role == "bin")
    args: dict[str, object] = {
        "variable": "kind",
        "bin": row.bin,
        "points": 1.0,
        "reason": "r",
        "author": "a",
        **change,
    }
    with pytest.raises(UsageError, match=words):
        edit_points(CARD, **args)  # type: ignore[arg-type]


def test_a_refused_value_is_an_error_in_python_and_sql() -> None:
    card = ScorecardClassifier(missing={"late": "error"}).fit(X, Y).card_
    with pytest.raises(TableError, match="refuses 'missing' of 'late'"):
        card.score(X)
    with pytest.raises(duckdb.Error, match="refuses missing of late"):
        in_duckdb(card, X)
    full = X[X["late"].notna()]
    np.testing.assert_array_equal(in_duckdb(card, full), card.score(full))


def test_reasons_are_the_largest_shortfalls() -> None:
    card = replace(CARD, evidence=None)  # as a card of an earlier version, which tells every shortfall
    for baseline in ("mean", "best"):
        table = rank_reasons(card, X, 3, baseline)
        base = table.attrs["baseline"]
        parts = CARD.contributions(X)
        short = pd.DataFrame({name: base[name] - parts[name] for name in parts})
        for n in (0, 5, 77):
            expected = sorted(((-v, j) for j, v in enumerate(short.iloc[n]) if v > 0))[:3]
            own = table[table["row"] == n]
            assert own["shortfall"].round(6).tolist() == [round(-v, 6) for v, _ in expected]
            assert own["variable"].tolist() == [short.columns[j] for _, j in expected]
            assert own["rank"].tolist() == list(range(1, len(expected) + 1))
    assert (rank_reasons(card, X, 9, "best").groupby("row")["shortfall"].min() > 0).all()


def test_a_baseline_of_ones_own_names_every_variable() -> None:
    base = dict.fromkeys((v.name for v in CARD.variables), 0.0)
    assert (rank_reasons(CARD, X, 2, base)["baseline"] == 0).all()
    with pytest.raises(UsageError, match="no points for"):
        rank_reasons(CARD, X, 2, {"late": 0.0})
    with pytest.raises(UsageError, match="unknown baseline"):
        rank_reasons(CARD, X, 2, "median")
    with pytest.raises(UsageError, match="k is 0"):
        rank_reasons(CARD, X, 0)


def test_mean_points_are_those_of_the_population() -> None:
    parts = CARD.contributions(X)
    for variable in CARD.variables:
        assert variable.mean == pytest.approx(parts[variable.name].mean(), abs=1e-9)
        assert abs(variable.mean) <= 0.5


def test_sql_of_another_dialect_is_refused() -> None:
    with pytest.raises(UsageError, match="unknown dialect"):
        card_sql(CARD, "t", "oracle")


def test_sql_parts_are_the_contributions() -> None:
    con = duckdb.connect()
    con.register("firms", X)
    parts = con.sql(card_sql(CARD, "firms", parts=True)).df()
    for name, column in CARD.contributions(X).items():
        assert parts[f"points_{name}"].tolist() == column.tolist()


def test_names_that_sql_cannot_tell_apart_are_refused() -> None:
    random = np.random.default_rng(0)
    table = pd.DataFrame(random.normal(size=(800, 3)), columns=["debt", "Debt", "score"])
    y = (random.random(800) < 1 / (1 + np.exp(-table.sum(axis=1)))).astype(int)
    both = ScorecardClassifier().fit(table[["debt", "Debt"]], y)
    with pytest.raises(UsageError, match="'debt' but for upper and lower case"):
        both.to_sql("firms")
    scorecard_classifier = ScorecardClassifier().fit(table[["debt", "score"]], y)
    with pytest.raises(UsageError, match="'score' is called as a result is"):
        scorecard_classifier.to_sql("firms")
    with pytest.raises(UsageError, match="'points_debt'"):
        scorecard_classifier.to_sql("firms", keep=["points_debt"], parts=True)
    np.testing.assert_array_equal(
        in_duckdb(scorecard_classifier.card_, table[["debt", "score"]]),
        scorecard_classifier.score_points(table[["debt", "score"]]),
    )


def test_categories_that_are_no_text_score_alike_in_sql_and_arrow() -> None:
    random = np.random.default_rng(0)
    late = random.random(600) > 0.5
    y = (random.random(600) < np.where(late, 0.6, 0.2)).astype(int)
    for values in (late, late.astype(int), late / 2):
        table = pd.DataFrame({"k": pd.Categorical(values)})
        card = ScorecardClassifier().fit(table, y)
        score = card.score_points(table)
        assert len(set(score.tolist())) == 2
        np.testing.assert_array_equal(in_duckdb(card.card_, table), score)
        np.testing.assert_array_equal(card.card_.score(pa.Table.from_pandas(table)), score)


def test_levels_called_as_a_bin_have_names_of_their_own() -> None:
    levels = ["missing", "other", "a, b", "a", "b", "", " ", "special: a", "'a'", "plain"]
    random = np.random.default_rng(0)
    code = random.integers(0, len(levels), 4000)
    table = pd.DataFrame({"k": np.array(levels, dtype=object)[code]})
    y = (random.random(4000) < (code + 0.5) / len(levels)).astype(int)
    card = ScorecardClassifier().fit(table, y).card_
    names = [row.bin for row in card.rows if row.variable == "k"]
    assert len(set(names)) == len(names)
    assert "plain" in " ".join(names)
    for name in names:
        edited = edit_points(card, "k", name, 7, reason="test", author="li")
        place = next(i for i, row in enumerate(card.rows) if row.variable == "k" and row.bin == name)
        assert [i for i, (a, b) in enumerate(zip(card.rows, edited.rows, strict=True)) if a != b] in ([place], [])


@pytest.mark.parametrize("points", [np.nan, np.inf, 10**400, 2.5, "5", -2_000_000])
def test_points_that_are_none_are_refused(points: object) -> None:
    row = next(row for row in CARD.rows if row.role == "bin")
    with pytest.raises(UsageError, match="points"):
        edit_points(CARD, row.variable, row.bin, points, reason="test", author="li")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["count", "events", "woe", "points", "low", "high", "error"])
def test_a_saved_card_whose_numbers_are_none_is_refused(name: str) -> None:
    saved = json.loads(json.dumps(CARD.to_dict()))
    for value in ("9" * 999, True, [1], {"a": 1}):
        rows = [dict(row) for row in saved["rows"]]
        rows[-1][name] = value
        with pytest.raises(TableError, match=f"{name} of a line of the card"):
            CardTable.from_dict({**saved, "rows": rows})
