"""A validation from end to end: any model, plain predictions, any order of rows, a verdict by its criteria."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.linear_model import LogisticRegression

from creditscore.core.errors import InputError, TableError
from creditscore.modelling import ScorecardClassifier
from creditscore.modelling.validation.criteria import judge, load_criteria, verdict
from creditscore.modelling.validation.metrics.stability import profile_of
from creditscore.modelling.validation.sensitivity import left_out, shifts
from creditscore.modelling.validation.validate import Reference, ValidationReport, validate
from tests.modelling.data import firms as made_up_firms


def firms(n: int = 1500, seed: int = 0, shift: float = 0.0) -> tuple[pd.DataFrame, np.ndarray, pd.DataFrame]:
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=["debt", "delay", "noise"])
    z = -1.6 + shift + X["debt"] * 1.1 + X["delay"] * 0.7
    y = (rng.random(n) < 1 / (1 + np.exp(-z))).astype(int)
    more = pd.DataFrame(
        {
            "size": rng.choice(["小型", "大型"], n),
            "age": rng.gamma(2, 5, n),
            "year": rng.integers(2018, 2021, n),
            "inspected": rng.random(n) < 0.8,
        }
    )
    return X, y, more


def scale(p: Any) -> np.ndarray:
    return np.array(["A", "B", "C", "D"])[np.digitize(p, [0.08, 0.2, 0.4])]


@pytest.fixture(scope="module")
def model() -> LogisticRegression:
    X, y, _ = firms(4000, 1)
    return LogisticRegression().fit(X, y)


def full(model: Any, X: Any, y: Any, more: pd.DataFrame, order: Any = slice(None), **changed: Any) -> ValidationReport:
    first = firms(3000, 2)[0]
    more = more.iloc[order]
    given: dict[str, Any] = {
        "scale": scale,
        "grade_order": list("ABCD"),
        "cohort": more["year"],
        "inspected": more["inspected"],
        "protected": more[["size", "age"]],
        "edges": {"age": [5, 15]},
        "bootstraps": 20,
        "reference": Reference(X=first, auc=0.8),
        "previous_grades": scale(np.linspace(0, 0.6, len(y)))[order],
    }
    return validate(model, X.iloc[order], y[order], **given | changed)


def test_a_good_model_passes_with_every_part(model: LogisticRegression) -> None:
    X, y, more = firms()
    report = full(model, X, y, more)
    outcome = report.criteria.set_index("criterion")["outcome"]
    assert "not_assessed" not in set(outcome)
    assert outcome[["auc_low", "alarm", "slope", "ece_relative", "events", "psi"]].eq("pass").all()
    assert report.verdict in ("pass", "warn")
    assert {
        "labels",
        "curves",
        "cohorts",
        "reliability",
        "calibration_tests",
        "periods",
        "grades",
        "heterogeneity",
        "homogeneity",
        "migration",
        "psi",
        "csi",
        "csi_bins",
        "shifts",
        "left_out",
        "fairness",
    } == set(report.tables)
    assert report.tables["left_out"]["variable"][0] == "debt"
    assert report.tables["cohorts"]["count"].sum() == len(y)
    assert len(report.figures) == len(report.tables)
    assert report.figures["sha256"].is_unique


def test_a_profile_stands_for_the_reference(model: LogisticRegression) -> None:
    X, y, more = firms()
    first = firms(3000, 2)[0]
    p = model.predict_proba(first)[:, 1]
    names, counts = np.unique(scale(p), return_counts=True)
    reference = Reference(profile=profile_of(first, p), grades=dict(zip(names, counts, strict=True)), auc=0.8)
    assert full(model, X, y, more, reference=reference).to_dict() == full(model, X, y, more).to_dict()


def test_any_order_of_rows_gives_the_same_bytes(model: LogisticRegression) -> None:
    X, y, more = firms()
    validation_report = full(model, X, y, more)
    two = full(model, X, y, more, np.random.default_rng(5).permutation(len(y)))
    assert json.dumps(validation_report.to_dict(), sort_keys=True) == json.dumps(two.to_dict(), sort_keys=True)
    assert validation_report.sha256 == two.sha256
    other = y.copy()
    other[0] = 1 - other[0]
    assert full(model, X, other, more).about["data_sha256"] != validation_report.about["data_sha256"]


def test_the_report_is_plain_json(model: LogisticRegression, tmp_path: Any) -> None:
    X, y, more = firms(400)
    report = full(model, X, y, more)
    text = report.write(tmp_path / "deep" / "report.json").read_text(encoding="utf-8")
    assert json.loads(text) == report.to_dict()
    assert "NaN" not in text
    assert "Infinity" not in text


def test_a_changed_horizon_fails_though_ranks_hold(model: LogisticRegression) -> None:
    X, y, more = firms(3000, 7, shift=-2.0)
    report = full(model, X, y, more)
    outcome = report.criteria.set_index("criterion")["outcome"]
    assert outcome[["auc_low", "psi", "csi"]].eq("pass").all()
    assert outcome["alarm"] == "fail"
    assert report.verdict == "fail"


def test_a_fall_of_auc_must_be_large_and_certain() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0, 0.5, 25_000)
    y = (rng.random(25_000) < p).astype(int)
    now = validate(p, y=y, bootstraps=0).numbers["discrimination"]["auc"]

    def outcome(initial: float, rows: int) -> str:
        validation_report = validate(p[:rows], y=y[:rows], reference=Reference(auc=initial), bootstraps=0)
        return str(validation_report.criteria.set_index("criterion").loc["auc_fall", "outcome"])

    assert outcome(now + 0.012, 25_000) == "pass"  # certain and small
    assert outcome(now + 0.03, 25_000) == "warn"
    assert outcome(now + 0.1, 25_000) == "fail"
    assert outcome(now + 0.03, 150) == "pass"  # large, and chance does as much


def test_days_become_cohorts() -> None:
    p = np.linspace(0.01, 0.5, 800)
    y = (np.random.default_rng(0).random(800) < p).astype(int)
    days = pd.Series(pd.date_range("2019-01-01", periods=800))
    for given in (days, days.dt.strftime("%Y-%m-%d"), days.dt.date):
        assert validate(p, y=y, cohort=given, bootstraps=0).tables["cohorts"]["cohort"].to_list() == [
            "2019",
            "2020",
            "2021",
        ]
    few = validate(p, y=y, cohort=np.where(np.arange(800) % 2, "2019-12-31", "2020-12-31"), bootstraps=0)
    assert few.tables["periods"]["period"].to_list() == ["2019-12-31", "2020-12-31", "all"]


def test_plain_predictions_need_nothing_else() -> None:
    X, y, _ = firms()
    p = 1 / (1 + np.exp(-(-1.6 + X["debt"] * 1.1 + X["delay"] * 0.7)))
    report = validate(p, y=y, bootstraps=10)
    assert report.verdict in ("pass", "warn")
    assert report.numbers["discrimination"]["auc"] > 0.75
    assert "sensitivity" not in report.numbers
    outcome = report.criteria.set_index("criterion")["outcome"]
    assert outcome[["psi", "impact", "herfindahl", "inspected"]].eq("not_assessed").all()
    assert any("Not assessed" in limit["en"] for limit in report.limits)
    two = validate(np.c_[1 - p, p], y=y, bootstraps=10)
    assert two.numbers["discrimination"] == report.numbers["discrimination"]


@dataclass(frozen=True)
class Data:
    X: pd.DataFrame
    y: np.ndarray
    weight: np.ndarray
    observed_on: Any
    inspected: Any
    groups: Any = None

    def content_hash(self) -> str:
        return "abc"


def test_a_data_set_brings_what_it_knows(model: LogisticRegression) -> None:
    X, y, more = firms()
    data = Data(X, y, np.full(len(y), 2.0), more["year"], more["inspected"], np.arange(len(y)) // 2)
    report = validate(model, data, bootstraps=10)
    assert report.about["data_content_hash"] == "abc"
    assert {"cohorts", "labels"} <= set(report.tables)
    assert report.numbers["coverage"]["organisations"] == 750
    assert report.numbers["discrimination"]["method"] == "delong, groups"


def test_tables_of_other_kinds(model: LogisticRegression) -> None:
    X, y, _ = firms(500)
    expected = validate(model, X, y, bootstraps=0).numbers["discrimination"]["auc"]
    for other in (pa.Table.from_pandas(X), X.to_dict("list")):
        assert validate(model, other, y, bootstraps=0).numbers["discrimination"]["auc"] == pytest.approx(expected)
    matrix = LogisticRegression().fit(X.to_numpy(), y)
    assert "x0" in set(validate(matrix, X.to_numpy(), y, bootstraps=0).tables["left_out"]["variable"])


def test_rows_left_out_are_counted() -> None:
    X, y, _ = firms(600)
    p = pd.Series(1 / (1 + np.exp(1.6 - X["debt"])))
    p[:30] = np.nan
    known = pd.Series(y, dtype=float)
    known[590:] = np.nan
    report = validate(p, y=known, bootstraps=0)
    held = report.numbers["coverage"]
    assert (held["rows"], held["used"], held["without_outcome"], held["without_prediction"]) == (600, 560, 10, 30)
    assert report.criteria.set_index("criterion").loc["coverage", "outcome"] == "warn"
    assert any("10 rows without outcome" in limit["en"] for limit in report.limits)


def test_one_class_is_no_pass() -> None:
    report = validate(np.full(200, 0.01), y=np.zeros(200), bootstraps=0)
    outcome = report.criteria.set_index("criterion")["outcome"]
    assert outcome["auc_low"] == "not_assessed"
    assert outcome["events"] == "fail"
    assert report.verdict == "fail"


def test_grades_without_a_scale_and_a_probability_of_each() -> None:
    X, y, _ = firms()
    p = 1 / (1 + np.exp(1.6 - X["debt"]))
    report = validate(
        p,
        y=y,
        grades=scale(p),
        grade_order=list("ABCD"),
        bootstraps=0,
        pd_by_grade={"A": 0.05, "B": 0.01, "C": 0.01, "D": 0.5},
    )
    assert report.criteria.set_index("criterion").loc["grades_understated", "outcome"] == "fail"
    assert list(report.tables["grades"]["grade"]) == ["A", "B", "C", "D", "portfolio"]


def test_criteria_are_ours_and_turn_at_their_bounds() -> None:
    rules = load_criteria()
    assert {"auc_low", "alarm", "psi"} <= set(rules)
    high = {"better": "high", "warn": 0.65, "fail": 0.55}
    assert [judge(number, high) for number in (0.65, 0.64, 0.54, None)] == ["pass", "warn", "fail", "not_assessed"]
    low = {"better": "low", "warn": 1, "fail": 2}
    assert [judge(number, low) for number in (0.0, 1.0, 2.0, float("nan"))] == ["pass", "warn", "fail", "not_assessed"]
    near = {"better": "near_one", "warn": 1.25, "fail": 2}
    assert [judge(number, near) for number in (0.79, 0.81, 1.3, 0.49, 2.1)] == ["warn", "pass", "warn", "fail", "fail"]
    row = {"x": {"better": "low", "warn": 1, "section": "s", "label": {"zh": "", "en": ""}, "essential": True}}
    assert verdict({}, row)[0] == "warn"
    assert verdict({"x": 0}, row)[0] == "pass"
    assert set(verdict({}, rules)[1]["evidence"]) == {"project_default"}


def test_a_criterion_that_cannot_be_read_is_refused(tmp_path: Any) -> None:
    file = tmp_path / "criteria.yaml"
    file.write_text("criteria:\n  x: {better: nice, warn: 1, section: s, label: {zh: a, en: b}}\n")
    with pytest.raises(InputError, match="criterion x"):
        load_criteria(file)


def test_sensitivity_moves_what_matters() -> None:
    X = pd.DataFrame({"a": np.linspace(-1, 1, 200), "b": 1.0, "level": ["x", "y"] * 100})

    def predict(table: pd.DataFrame) -> np.ndarray:
        if table["a"].isna().any():
            raise ValueError("no gaps")
        return np.asarray(1 / (1 + np.exp(-2 * table["a"])) * np.where(table["level"].isna(), 0.5, 1.0))

    moved = shifts(predict, X, scale)
    assert moved["variable"].to_list() == ["a", "a"]
    assert moved["mean_change"][0] == pytest.approx(-moved["mean_change"][1], abs=1e-9)
    assert moved["shift"][1] == pytest.approx(0.5 * (X["a"].quantile(0.75) - X["a"].quantile(0.25)))
    y = (X["a"] > 0).to_numpy().astype(float)
    out = left_out(predict, X, y, np.ones(200)).set_index("variable")
    assert out["how"].to_dict() == {"a": "typical", "b": "missing", "level": "missing"}
    assert out.loc["a", "auc_change"] == pytest.approx(-0.5)
    assert out.loc["b", "auc_change"] == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda X, y: validate([0.1, 0.2]), "outcomes are missing"),
        (lambda X, y: validate([0.1, 0.2], y=["good", "bad"]), "no numbers"),
        (lambda X, y: validate([0.1, 0.2], y=y), "2 predictions"),
        (lambda X, y: validate(LogisticRegression().fit(X, y), y=y), "no inputs"),
        (lambda X, y: validate(np.full(50, 1.5), y=y), "outside 0 to 1"),
        (lambda X, y: validate(np.full((50, 3), 0.1), y=y), "shape"),
        (lambda X, y: validate(np.full(50, 0.1), X.iloc[:10], y), "10 rows of inputs"),
        (lambda X, y: validate(np.full(50, np.nan), y=y), "no row has both"),
        (lambda X, y: validate(np.full(50, 0.1), y=y, cohort=[1, 2]), "2 values"),
        (lambda X, y: validate(np.full(50, 0.1), y=y, scale=3), "no grades"),
        (lambda X, y: validate(np.full(50, 0.1), X[["debt", "debt"]], y), "twice"),
        (lambda X, y: validate(LogisticRegression().fit(X, np.arange(50) % 3), X, y), "3 classes"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    X, y, _ = firms(50, 3)
    with pytest.raises(InputError, match=message):
        call(X, y)


def test_extreme_ratios_are_validated_as_they_are_scored() -> None:
    table, y = made_up_firms(900)
    card = ScorecardClassifier().fit(table[:500], y[:500])
    assert (table["ratio"][:3].abs() == 1e100).all()
    for late in (table[500:], table[500:].assign(ratio=1e100)):
        report = validate(card, late, y[500:], reference=Reference(X=table[:500]), bootstraps=5)
        assert "ratio" in set(report.tables["csi"]["variable"])
    with pytest.raises(TableError, match="'ratio' holds infinity in 400 of 400 rows"):
        validate(card, table[500:].assign(ratio=np.inf), y[500:], bootstraps=5)
