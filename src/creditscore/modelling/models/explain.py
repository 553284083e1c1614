"""`explain`: what each column adds to a model's points, against a pinned background, exactly, or not at all.

Shares are Shapley values in points (scaled log-odds; higher is better), so base + Σ shares = points. They do not add up
in probability, and not after calibration. An additive model (a scorecard, an ordinal model) has them in closed form:
points less their mean over the background. Boosted trees have them exactly too, see `treeshap`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from creditscore.core.errors import DifferenceError, InputError, TableError, UsageError
from creditscore.modelling.features.draws import mixed, row_hashes
from creditscore.modelling.features.frames import as_frame, column_names
from creditscore.modelling.models.inputs import Floats, saved_as
from creditscore.modelling.scorecard.tables import rows_of
from creditscore.modelling.validation.inputs import digest

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "AdditivityError",
    "Explainer",
    "ModelExplanation",
    "Points",
    "explain",
    "make_explainer",
    "shares_under",
]

ALGORITHMS = ("additive", "tree_interventional", "shap_tree_interventional", "shap_tree_path_dependent")
TOLERANCE = 1e-9  # of the greatest points; shap's interventional values are held to this as well
KEPT = 500  # background rows that a model carries along


class AdditivityError(DifferenceError):
    """The shares of an explanation do not add up to the points; nothing is returned."""


@dataclass(frozen=True)
class Points:
    """Points of log-odds: base_score - pdo / ln 2 · (log_odds + ln base_odds); higher is better."""

    base_score: float = 600.0
    base_odds: float = 50.0
    pdo: float = 20.0

    @property
    def per_log_odds(self) -> float:
        return -self.pdo / math.log(2)

    def of(self, log_odds: Any) -> Floats:
        return np.asarray(self.base_score + self.per_log_odds * (np.asarray(log_odds) + math.log(self.base_odds)))


@dataclass(frozen=True)
class Explainer:
    """Describe how a model is explained, and against which background; stored with the model.

    Parameters
    ----------
    algorithm
        `additive` (closed form), `tree_interventional` (exact, over every background row), `shap_tree_interventional`
        or `shap_tree_path_dependent` (shap's TreeExplainer).
    rows
        Number of background rows.
    sha256
        Hash of the background rows, the same in any order.
    base
        Mean points of the background.
    means
        For `additive`: mean points of each column over all rows of the background; empty for trees.
    kept
        Background rows that the model carries, by column: all that a tree explainer uses; for an additive one a sample
        for the stability of reasons.
    seed
        Seed of the draw of those rows.
    source
        What the background is, in words.
    points
        How log-odds become points.
    event_from
        For ordinal models the best grade that counts as the event; else None.
    versions
        Versions of the libraries that were installed when it was made.
    """

    algorithm: str
    rows: int
    sha256: str
    base: float
    means: Mapping[str, float]
    kept: Mapping[str, list[Any]]
    seed: int
    source: str
    points: Points
    event_from: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    def background(self) -> pd.DataFrame:
        """The rows that are kept, as a table."""
        import pandas as pd

        return pd.DataFrame(dict(self.kept))

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON; `from_dict` explains alike."""
        return {
            "kind": "explainer",
            "format": 1,
            **{name: getattr(self, name) for name in ("algorithm", "rows", "sha256", "base", "seed", "source")},
            "event_from": self.event_from,
            "means": dict(self.means),
            "kept": {name: list(values) for name, values in self.kept.items()},
            "points": dict(vars(self.points)),
            "versions": dict(self.versions),
        }

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Self:
        """The explainer saved by `to_dict`; TableError that names what it does not say."""
        data = saved_as(data, "explainer")
        _check_saved(data)
        given = {name: value for name, value in data.items() if name not in ("kind", "format", "points")}
        return cls(**given, points=Points(**data["points"]))


SAVED: dict[str, tuple[type, ...]] = {  # what a saved explainer says, and as what
    "algorithm": (str,),
    "rows": (int,),
    "sha256": (str,),
    "base": (int, float),
    "means": (dict,),
    "kept": (dict,),
    "seed": (int,),
    "source": (str,),
    "points": (dict,),
}


def _check_saved(data: Mapping[str, Any]) -> None:
    wrong = [name for name, kinds in SAVED.items() if type(data.get(name)) not in kinds]
    if not wrong:
        wrong += [f"means of {name}" for name, mean in data["means"].items() if type(mean) not in (int, float)]
        wrong += [f"kept rows of {name}" for name, cells in data["kept"].items() if type(cells) is not list]
    if not wrong and len({len(cells) for cells in data["kept"].values()}) > 1:
        wrong.append("as many kept rows of each column")
    if wrong:
        raise TableError("modelling.saved_explainer_not_say", listed=", ".join(wrong))


@dataclass(frozen=True)
class ModelExplanation:
    """Hold the explanation of some rows: what each column adds to each row's points.

    Parameters
    ----------
    shares
        Points of each row (index of the rows explained) and column; base + the sum of a row's shares is its score.
    base
        Mean points of the background.
    score
        Points of each row, not rounded.
    values
        The inputs explained, as text where they are bins.
    explainer
        How and against which background they were explained.
    gap
        Greatest difference between base + shares and score over the rows; larger ones than rounding are refused before.
    """

    shares: pd.DataFrame
    base: float
    score: Floats
    values: pd.DataFrame
    explainer: Explainer
    gap: float

    def ranked(self, row: int, worst: int | None = None) -> list[tuple[str, float]]:
        """(column, points) of one row by size, greatest first; `worst`: that many that cost most points."""
        column = self.shares.iloc[row]
        if worst is None:
            return [
                (str(c), float(column[c]))
                for c in sorted(column.index, key=lambda c: (-abs(column[c]), c))
                if column[c]
            ]
        return [
            (str(c), float(column[c])) for c in sorted(column.index, key=lambda c: (column[c], c)) if column[c] < 0
        ][:worst]


def make_explainer(
    model: Any,
    background: Any,
    *,
    algorithm: str | None = None,
    points: Points | None = None,
    event_from: str | None = None,
    keep: int = KEPT,
    seed: int = 0,
    source: str = "training rows",
) -> Explainer:
    """Fix the background against which a fitted model is explained.

    Parameters
    ----------
    model
        A fitted ScorecardClassifier, OrdinalGrader or MonotoneBoosting.
    background
        Table of inputs, one row or more. An additive model declares all of it. A tree model declares exactly the `keep`
        rows drawn from it; `shap_tree_path_dependent` does not explain against them.
    algorithm
        One of the algorithms of Explainer that fits the model; None for `additive`, or `tree_interventional` for trees.
    points
        How log-odds become points; None for those of the scorecard, or 600 points at odds of 50 to 1, 20 to double
        them.
    event_from
        For ordinal models, where it is needed, the best grade that counts as the event.
    keep
        Rows of the background that the model carries along, 1 or more; drawn by their hashes and `seed`.
    seed
        Seed of that draw.
    source
        What the background is, in words.

    Returns
    -------
    Explainer
        The algorithm, the background with its hash, and its mean points.

    Raises
    ------
    UsageError
        For an algorithm that does not fit the model, a model that cannot be explained, a background without rows, or an
        ordinal model without a usable `event_from`.

    Examples
    --------
    >>> explainer = make_explainer(model, X_train, keep=200)  # doctest: +SKIP
    >>> explain(model, X_test, explainer).ranked(0)  # doctest: +SKIP
    """
    frame = as_frame(background)
    kind = kind_of(model)
    algorithm = algorithm or ("tree_interventional" if kind == "trees" else "additive")
    if algorithm not in ALGORITHMS or (algorithm == "additive") != (kind == "additive"):
        allowed = [a for a in ALGORITHMS if (a == "additive") == (kind == "additive")]
        raise UsageError("modelling.algorithm", algorithm=algorithm, name=type(model).__name__, allowed=allowed)
    if len(frame) == 0 or keep < 1:
        raise UsageError("modelling.background_without_rows")
    hashes = row_hashes(frame)
    drawn = np.lexsort((hashes, mixed(hashes, seed)))[:keep]
    drawn = drawn[np.argsort(hashes[drawn], kind="stable")]
    held = frame.iloc[drawn].reset_index(drop=True)
    declared = frame if kind == "additive" else held
    if points is None:
        points = points_of(model)
    explainer = Explainer(
        algorithm=algorithm,
        rows=len(declared),
        sha256=digest(declared),
        base=0.0,
        means={},
        kept=_kept(held),
        seed=seed,
        source=source,
        points=points,
        event_from=event_from,
        versions=_installed_versions("creditscore", "numpy", "scikit-learn", "shap"),
    )
    if kind == "additive":
        parts, start = additive_points(model, declared, explainer)
        means = {str(name): math.fsum(parts[name]) / len(parts) for name in parts.columns}
        return replace(explainer, means=means, base=start + math.fsum(means.values()))
    _, base = tree_points(model, held.iloc[:1], explainer)
    return replace(explainer, base=base)


def explain(model: Any, X: Any, explainer: Explainer) -> ModelExplanation:
    """Shares of every row of X in points.

    Raises AdditivityError when base and shares of any row do not add up to its points: a wrong explanation is none.
    """
    frame = as_frame(X)
    score = score_of(model, frame, explainer.points, event_log_odds(model, frame, explainer.event_from))
    if explainer.algorithm == "additive":
        parts, _ = additive_points(model, frame, explainer)
        lacking = [str(name) for name in parts.columns if str(name) not in explainer.means]
        if lacking:
            raise InputError("modelling.explainer_holds_no_mean_points", listed=", ".join(lacking))
        shares, base = parts - np.array([explainer.means[str(name)] for name in parts.columns]), explainer.base
    else:
        shares, base = tree_points(model, frame, explainer)
    gap = check_sum(shares.to_numpy(), base, score, explainer.algorithm)
    shares.index = frame.index
    return ModelExplanation(shares, float(base), score, frame[list(shares.columns)], explainer, gap)


def shares_under(model: Any, X: Any, explainer: Explainer, weights: Floats) -> Floats:
    """Shares under several weightings (draws, rows) of the background rows that are kept: (draws, n, columns)."""
    frame, table = as_frame(X), explainer.background()
    score = score_of(model, frame, explainer.points, event_log_odds(model, frame, explainer.event_from))
    if explainer.algorithm == "additive":
        parts, start = additive_points(model, frame, explainer)
        known, _ = additive_points(model, table, explainer)
        means = weights @ known.to_numpy() / weights.sum(axis=1, keepdims=True)
        shares, base = parts.to_numpy()[None, :, :] - means[:, None, :], start + means.sum(axis=1)
    elif explainer.algorithm == "tree_interventional":
        from creditscore.modelling.models.treeshap import tree_values_under

        result, level = tree_values_under(model, frame, table, weights)
        shares, base = result * explainer.points.per_log_odds, explainer.points.of(level)
    else:
        raise UsageError("modelling.shap_s_explainer_takes_no_weights", allowed="additive, tree_interventional")
    for share, middle in zip(shares, base, strict=True):
        check_sum(share, float(middle), score, explainer.algorithm)
    return np.asarray(shares)


def check_sum(shares: Floats, base: float, score: Floats, algorithm: str) -> float:
    """The greatest gap between base + Σ shares and the points; AdditivityError when it is not rounding."""
    if not len(score):
        return 0.0
    gap = float(np.abs(base + shares.sum(axis=1) - score).max())
    limit = TOLERANCE * max(1.0, float(np.abs(score).max()))
    if not gap <= limit:
        raise AdditivityError("modelling.base_shares_miss_points", gap=gap, limit=limit, where=algorithm)
    return gap


def kind_of(model: Any) -> str:
    """additive or trees."""
    if hasattr(model, "trees_"):
        return "trees"
    if hasattr(model, "contributions"):
        return "additive"
    raise UsageError(
        "modelling.cannot_explained",
        name=type(model).__name__,
        allowed="ScorecardClassifier, OrdinalGrader, MonotoneBoosting",
    )


def points_of(model: Any) -> Points:
    """The points of a scorecard's own table; 600 at 50 to 1, 20 to double, for others."""
    card = getattr(model, "card_", None)
    return Points() if card is None else Points(card.base_score, card.base_odds, card.pdo)


def event_log_odds(model: Any, X: Any, event_from: str | None = None) -> Floats:
    """Log-odds of the event: of the second class, or of an ordinal model's grade being `event_from` or worse."""
    if not hasattr(model, "thresholds_"):
        return np.asarray(model.decision_function(X), dtype=np.float64)
    return np.asarray(model.latent(X) - _threshold(model, event_from), dtype=np.float64)


def score_of(model: Any, X: Any, points: Points, log_odds: Any = None) -> Floats:
    """Points before rounding: a scorecard's own, others from their log-odds."""
    if hasattr(model, "card_"):
        return np.asarray(model.score_points(X), dtype=np.float64)
    return points.of(log_odds)


def additive_points(model: Any, X: pd.DataFrame, explainer: Explainer) -> tuple[pd.DataFrame, float]:
    """Points of each column, not centred, and the points of no column."""
    parts = model.contributions(X)
    if hasattr(model, "card_"):
        return parts.astype(np.float64), float(model.card_.base)
    points = explainer.points
    start = float(points.of(-_threshold(model, explainer.event_from)))
    return parts * points.per_log_odds, start


def tree_points(model: Any, X: pd.DataFrame, explainer: Explainer) -> tuple[pd.DataFrame, float]:
    """Shares of boosted trees in points, and their base."""
    import pandas as pd

    from creditscore.modelling.models.treeshap import shap_tree_values, tree_values

    if explainer.algorithm == "tree_interventional":
        result, base = tree_values(model, X, explainer.background())
    else:
        along = explainer.algorithm == "shap_tree_path_dependent"
        result, base = shap_tree_values(model, X, None if along else explainer.background())
    points = explainer.points
    return pd.DataFrame(result * points.per_log_odds, columns=list(column_names(model))), float(points.of(base))


def _threshold(model: Any, event_from: str | None) -> float:
    grades = [str(grade) for grade in model.grades_]
    if event_from is None or str(event_from) not in grades[1:]:
        raise UsageError("modelling.event", event_from=event_from, allowed=grades[1:])
    return float(model.thresholds_[grades.index(str(event_from)) - 1])


def _installed_versions(*names: str) -> dict[str, str]:
    """Versions of those distributions that are installed."""
    versions = {}
    for name in names:
        with suppress(PackageNotFoundError):
            versions[name] = version(name)
    return versions


def _kept(rows: pd.DataFrame) -> dict[str, list[Any]]:
    """Rows as plain JSON by column. An infinity becomes the greatest float: beyond every cut as it is, and JSON."""
    most = float(np.finfo(np.float64).max)
    plain = rows_of(rows)
    return {
        str(name): [
            math.copysign(most, value) if isinstance(value, float) and math.isinf(value) else value
            for value in (row[str(name)] for row in plain)
        ]
        for name in rows.columns
    }
