"""`MasterScale`: from probability to grade, best first, with what each grade's outcomes say of its rate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from creditscore.core.errors import TableError, UsageError
from creditscore.core.statistics.intervals import effective_counts
from creditscore.modelling.models.cut_rules import CutRules, Objective
from creditscore.modelling.models.cutoffs import optimise_cuts
from creditscore.modelling.models.inputs import Floats, saved_as
from creditscore.modelling.validation.low_default import (
    bayes_rate,
    jeffreys_interval,
    most_prudent_rates,
)
from creditscore.modelling.validation.metrics.inputs import column, outcomes, probabilities, weights

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MasterScale", "log_odds_of_score", "probability_of_score", "score_of_probability"]

Codes = NDArray[np.int64]
GRADES = ("A", "B", "M", "C", "D")


def log_odds_of_score(score: Any, base_score: float = 600, base_odds: float = 50, pdo: float = 20) -> Floats:
    """Log-odds of the event behind points: ln 2 / pdo · (base_score - score) - ln base_odds.

    `base_score` points stand for good : bad odds of `base_odds`; `pdo` points more double them. Higher is better.

    >>> float(np.exp(-log_odds_of_score(620)).round(9))
    100.0
    """
    if not (base_odds > 0 and pdo > 0):
        raise UsageError("modelling.base_odds_pdo", base_odds=base_odds, pdo=pdo)
    return np.asarray(np.log(2) / pdo * (base_score - np.asarray(score, dtype=np.float64)) - np.log(base_odds))


def probability_of_score(score: Any, base_score: float = 600, base_odds: float = 50, pdo: float = 20) -> Floats:
    """Probability of the event behind points: 1 / (1 + exp(-log-odds)); falls as points rise."""
    from scipy.special import expit

    return np.asarray(expit(log_odds_of_score(score, base_score, base_odds, pdo)))


def score_of_probability(p: Any, base_score: float = 600, base_odds: float = 50, pdo: float = 20) -> Floats:
    """Points behind a probability inside (0, 1); not rounded.

    >>> float(score_of_probability(1 / 51).round(9))
    600.0
    """
    from scipy.special import logit

    result = np.asarray(p, dtype=np.float64)
    if not ((result > 0) & (result < 1)).all():
        raise TableError("modelling.probability_not_inside")
    if not (base_odds > 0 and pdo > 0):
        raise UsageError("modelling.base_odds_pdo", base_odds=base_odds, pdo=pdo)
    return np.asarray(base_score - pdo / np.log(2) * (logit(result) + np.log(base_odds)))


class MasterScale:
    """Grade probabilities by cut-offs, best grade first: grade k holds cuts[k-1] <= p < cuts[k].

    `fit(p, y)` finds the cut-offs, or keeps those that were given, and counts the outcomes per grade. The grade is a
    model's, hence advisory: it sets no statutory grade.

    Parameters
    ----------
    grades
        Labels, best first; two or more, no two alike.
    cuts
        len(grades) - 1 ascending cut-offs in (0, 1]; None: `fit` finds the best ones.
    rules
        What the best cut-offs must keep; None for the defaults of CutRules.
    objective
        What the best cut-offs are best at: `likelihood`, `iv` or `discrimination` (see `optimise_cuts`).

    Attributes
    ----------
    cuts_
        The cut-offs in use.
    table_
        Outcomes per grade: grade, p_from, p_to, count, share, events, observed_rate, rate with low and high,
        prudent_rate, mean_p; only after `fit`.

    Examples
    --------
    >>> scale = MasterScale.from_cuts([0.02, 0.10], ["A", "B", "C"])
    >>> scale.labels([0.019, 0.02, 0.5]).tolist()
    ['A', 'B', 'C']
    """

    def __init__(
        self,
        grades: Sequence[str] = GRADES,
        cuts: Sequence[float] | None = None,
        rules: CutRules | None = None,
        objective: Objective = "likelihood",
    ) -> None:
        self.grades, self.cuts, self.rules, self.objective = grades, cuts, rules, objective

    def __repr__(self) -> str:
        return f"MasterScale({list(self.grades)!r}, cuts={getattr(self, 'cuts_', self.cuts)!r})"

    @classmethod
    def from_cuts(cls, cuts: Sequence[float], grades: Sequence[str] = GRADES) -> Self:
        """A scale with hand-set cut-offs, ready to grade; `fit` adds the table of outcomes."""
        new = cls(grades, tuple(float(cut) for cut in cuts))
        new.cuts_ = new._given()
        return new

    @classmethod
    def geometric(cls, first: float, last: float, grades: Sequence[str] = GRADES) -> Self:
        """Cut-offs in a constant ratio from `first` (best grade's upper end) to `last` (worst grade's lower end).

        >>> MasterScale.geometric(0.01, 0.16, ["A", "B", "C"]).cuts_
        (0.01, 0.16)
        """
        count = len(grades) - 1
        if not 0 < first < 1 or not 0 < last < 1 or (count > 1 and first >= last) or (count == 1 and first != last):
            raise UsageError("modelling.no_cut_offs", count=count, first=first, last=last)
        cuts = np.geomspace(first, last, count)
        return cls.from_cuts([first, *cuts[1:-1].tolist(), last][-count:] if count else [], grades)

    def fit(self, p: Any, y: Any, sample_weight: Any = None, periods: Any = None) -> Self:
        """Find the cut-offs, or keep those given, and count outcomes per grade. p (n,) in [0, 1], y (n,) 0/1."""
        x = probabilities(p)
        if self.cuts is None:
            _labels(self.grades)
            cut_solution = optimise_cuts(
                x,
                y,
                len(self.grades),
                self.rules,
                objective=self.objective,
                sample_weight=sample_weight,
                periods=periods,
            )
            self.cuts_ = cut_solution.cuts
        else:
            self.cuts_ = self._given()
        self.table_ = self._count(x, y, sample_weight)
        return self

    def grade(self, p: Any) -> Codes:
        """Number of each grade, 0 = best; shape (n,). A missing or impossible probability is an error, no grade."""
        return np.searchsorted(self._cuts(), probabilities(p), side="right").astype(np.int64)

    def labels(self, p: Any) -> NDArray[np.str_]:
        """Label of each grade; shape (n,)."""
        return np.asarray(_labels(self.grades), dtype=np.str_)[self.grade(p)]

    def grade_of_score(self, score: Any, base_score: float = 600, base_odds: float = 50, pdo: float = 20) -> Codes:
        """Grade of points whose log-odds are calibrated: always that of `probability_of_score`."""
        return self.grade(probability_of_score(column("points", score), base_score, base_odds, pdo))

    def least_scores(self, probability: Callable[[Floats], Floats] = probability_of_score) -> NDArray[np.float64]:
        """The least whole points with which each grade is reached, best first; minus infinity for the worst one.

        `probability`: from points to the probability that is graded, never rising; by default `probability_of_score`,
        else the whole path, such as `lambda s: calibrator.predict(log_odds_of_score(s))`. Found by halving on whole
        points, so that points >= least_scores()[k] if and only if the grade is k or better, for every whole score. Plus
        infinity for a grade that no points within a million reach.
        """
        least_scores = np.full(len(self.grades), -np.inf)
        for grade_number in range(len(self.grades) - 1):

            def reached(score: int, number: int = grade_number) -> bool:
                return int(self.grade(probability(np.array([float(score)])))[0]) <= number

            low, high = -1_000_000, 1_000_000
            if not reached(high):
                least_scores[grade_number] = np.inf
                continue
            if reached(low):
                continue
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (low, middle) if reached(middle) else (middle, high)
            least_scores[grade_number] = high
        return least_scores

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON: labels, cut-offs and, after `fit`, the table."""
        from creditscore.modelling.scorecard.tables import rows_of

        table = getattr(self, "table_", None)
        return {
            "kind": "master_scale",
            "format": 1,
            "grades": list(_labels(self.grades)),
            "cuts": self._cuts().tolist(),
            "table": None if table is None else rows_of(table),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The scale saved by `to_dict`; it grades and shows its table as before, with its cut-offs as given ones."""
        import pandas as pd

        data = saved_as(data, "master_scale")
        new = cls.from_cuts(data["cuts"], data["grades"])
        if data["table"] is not None:
            table = pd.DataFrame(data["table"])
            new.table_ = table.astype({name: "float64" for name in table.columns if name != "grade"})
        return new

    def _given(self) -> tuple[float, ...]:
        labels, cuts = _labels(self.grades), tuple(float(cut) for cut in self.cuts or ())
        inside = all(0 < cut <= 1 for cut in cuts)
        if len(cuts) != len(labels) - 1 or not inside or any(a >= b for a, b in pairwise(cuts)):
            raise UsageError(
                "modelling.cut_offs_grades",
                cuts=list(cuts),
                labels_count=len(labels),
                count=len(labels) - 1,
                where="MasterScale",
            )
        return cuts

    def _cuts(self) -> Floats:
        if not hasattr(self, "cuts_"):
            raise UsageError("modelling.scale_no_cut_offs_yet")
        return np.array(self.cuts_, dtype=np.float64)

    def _count(self, p: Floats, y: Any, sample_weight: Any) -> pd.DataFrame:
        """One row per grade, best first.

        grade, p_from, p_to; count (Σ w), share; events (Σ w), observed_rate = events / count (NaN where empty);
        rate: Jeffreys' posterior mean on effective counts, never 0; low, high: Jeffreys' 95 % interval; prudent_rate:
        most prudent upper bound at 75 % over this grade and the worse ones; mean_p: mean of the model's probabilities.
        """
        import pandas as pd

        t, w = outcomes(y, len(p)), weights(sample_weight, len(p))
        order = np.lexsort((w, t, p))
        p, t, w = p[order], t[order], w[order]
        labels, code = _labels(self.grades), self.grade(p)
        weight, squares, events, expected = (
            np.bincount(code, part, minlength=len(labels)) for part in (w, w * w, w * t, w * p)
        )
        k, n = effective_counts(np.minimum(events, weight), weight, squares)
        low, high = jeffreys_interval(k, n)
        cuts = self._cuts()
        empty = weight == 0
        per_row = np.where(empty, 1.0, weight)
        return pd.DataFrame(
            {
                "grade": list(labels),
                "p_from": np.r_[0.0, cuts],
                "p_to": np.r_[cuts, 1.0],
                "count": weight,
                "share": weight / weight.sum(),
                "events": events,
                "observed_rate": np.where(empty, np.nan, events / per_row),
                "rate": np.where(empty, np.nan, bayes_rate(k, n)),
                "low": low,
                "high": high,
                "prudent_rate": most_prudent_rates(k, n),
                "mean_p": np.where(empty, np.nan, expected / per_row),
            }
        )


def _labels(grades: Sequence[str]) -> tuple[str, ...]:
    labels = tuple(str(grade) for grade in grades)
    if isinstance(grades, str) or len(labels) < 2 or len(set(labels)) < len(labels):
        raise UsageError("modelling.grades_2", grades=grades, where="MasterScale")
    return labels
