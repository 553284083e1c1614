"""`rules_beside`: everything about rules and model on the same organisations, as one report of plain tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.i18n import label_of
from creditscore.modelling.validation import champion_challenger, rules
from creditscore.modelling.validation.metrics.calibration_tests import fit_line
from creditscore.modelling.validation.metrics.inputs import column, expit, log_odds, outcomes, probabilities
from creditscore.modelling.validation.validate import records, tidy

if TYPE_CHECKING:
    import pandas as pd

MOST = 200  # organisations listed in a queue of the report; the functions of `challenge` list all


@dataclass(frozen=True)
class RulesReport:
    """`numbers` and `tables` as the functions of `rules` and `challenge` give them; advisory throughout."""

    about: Mapping[str, Any]
    numbers: Mapping[str, Mapping[str, Any]]
    tables: Mapping[str, pd.DataFrame]
    limits: tuple[Mapping[str, str], ...]

    def to_dict(self) -> dict[str, Any]:
        return {
            "kind": "rules_report",
            "format": 1,
            "about": tidy(dict(self.about)),
            "numbers": tidy({name: dict(number) for name, number in self.numbers.items()}),
            "tables": {name: records(table) for name, table in self.tables.items()},
            "limits": tidy(list(self.limits)),
        }


def rules_beside(
    graded: rules.Statutory,
    outcome: Mapping[Any, Any] | pd.Series[Any],
    p: Mapping[Any, Any] | pd.Series[Any] | None = None,
    classes: Mapping[Any, Any] | pd.Series[Any] | None = None,
    *,
    class_order: Sequence[Any] | None = None,
    attributes: pd.DataFrame | None = None,
    advisory_explanations: Mapping[Any, str] | None = None,
    flag_share: float | None = None,
    about: Mapping[str, Any] | None = None,
    most: int = MOST,
) -> RulesReport:
    """Report on rules and model side by side: points, items and, with a model's `p` and `classes`, agreement and swaps.

    Organisations without score or outcome, or without prediction where there is a model, are left out and counted.

    Parameters
    ----------
    graded
        Statutory grades and items, as `from_grading` gives them.
    outcome
        Outcome 0/1 by subject_id.
    p
        The model's probability by subject_id; None: there is no model, and `classes` is not compared.
    classes
        The model's class by subject_id; None: no agreement and no queue of disagreements.
    class_order
        The classes, best first, as many as grades; None: they are called as the grades.
    attributes
        Table with subject_id and, say, sector and size, by which the swap set is shown beside the grade; None: the
        grade only.
    advisory_explanations
        Words by subject_id that explain the model's result; None: there are none.
    flag_share
        Share that both sides flag, in (0, 1); None: as much as had the event.
    about
        Words for the report; None: there are none.
    most
        Greatest number of organisations in a list.

    Returns
    -------
    RulesReport
        `numbers` (coverage, points and, with a model, agreement and challenge) and `tables` (points, items,
        wrong_signs, redundant, inflation; agreement, queue, measures, swaps, cases); advisory throughout.

    Raises
    ------
    InputError
        Where no organisation has all that is needed, a value is not keyed by subject_id or given twice, or the points
        part the outcomes wholly.
    TableError
        For unusable outcomes or probabilities.

    Notes
    -----
    In the swap set the statutory points are the champion: a straight line, fitted on these same outcomes, turns them
    into probabilities, so that both sides are measured alike; the model is the challenger.

    Examples
    --------
    >>> report = rules_beside(from_grading(grading), outcome, p, classes)  # doctest: +SKIP
    >>> report.tables["queue"]  # doctest: +SKIP
    """
    import pandas as pd

    subjects = graded.subjects
    y = _by(subjects["subject_id"], outcome, "outcome")
    column_values = y.notna()
    predicted = None if p is None else _by(subjects["subject_id"], p, "p")
    named = None if classes is None else _by(subjects["subject_id"], classes, "classes")
    for opinion in (predicted, named):
        if opinion is not None:
            column_values &= opinion.notna()
    scored = subjects["score"].notna()
    column_values &= scored
    if not column_values.any():
        raise InputError("modelling.no_graded_organisation_score_outcome_prediction", where="outcome")
    chosen = subjects[column_values].reset_index(drop=True)
    items = graded.items[graded.items["subject_id"].isin(chosen["subject_id"])]
    held = rules.Statutory(chosen, items, graded.grades, graded.higher_is_better, graded.not_graded)
    bad = outcomes(y[column_values])
    points = rules.points_against_log_odds(chosen["score"], bad, higher_is_better=graded.higher_is_better)
    lifts = rules.item_lift(held, bad)
    pairs, inflation = rules.redundancy(held)
    tables = {
        "points": points.table,
        "items": lifts,
        "wrong_signs": rules.wrong_signs(lifts),
        "redundant": pairs,
        "inflation": inflation,
    }
    numbers: dict[str, dict[str, Any]] = {
        "coverage": {"graded": len(subjects), "used": len(chosen), "events": int(bad.sum())}
        | {
            "not_graded": graded.not_graded,
            "without_score": int((~scored).sum()),
            "left_out": int((~column_values).sum()),
        },
        "points": {name: value for name, value in asdict(points).items() if name != "table"},
    }
    if predicted is not None:
        chance = probabilities(predicted[column_values])
        explained = champion_challenger.ledger_explanations(held)
        if named is not None:
            second = named[column_values].to_numpy()
            tables |= _opinions(held, second, class_order, bad, chance, explained, advisory_explanations, most, numbers)
        by: dict[str, Any] = {"grade": pd.Categorical(chosen["grade"], categories=list(held.grades), ordered=True)}
        if attributes is not None:
            table = attributes.set_index("subject_id").reindex(pd.Index(chosen["subject_id"]))
            by |= {str(name): table[name].reset_index(drop=True) for name in table.columns}
        challenge = champion_challenger.champion_challenger(
            bad,
            _from_points(chosen["score"], bad, graded.higher_is_better),
            chance,
            flag_share=flag_share,
            by=by,
            subject_id=chosen["subject_id"],
            champion_explanations=explained,
            challenger_explanations=advisory_explanations,
        )
        tables |= {"measures": challenge.measures, "swaps": challenge.swaps, "cases": challenge.cases.head(most)}
        numbers["challenge"] = {"auc_p": challenge.auc_p, "cases": len(challenge.cases)}
    return RulesReport({**(about or {}), "advisory": True}, numbers, tables, _limits(numbers["coverage"]))


def _by(ids: Any, values: Any, name: str) -> pd.Series[Any]:
    import pandas as pd

    series = pd.Series(values) if isinstance(values, Mapping) else values
    if not isinstance(series, pd.Series):
        raise InputError("modelling.not_keyed_subject_id", name=name, where=name)
    if series.index.has_duplicates:
        raise InputError("modelling.organisation_twice", name=name, where=name)
    return series.reindex(pd.Index(ids)).reset_index(drop=True)


def _opinions(
    held: rules.Statutory,
    second: Any,
    class_order: Any,
    bad: Any,
    chance: Any,
    explained: Any,
    advisory: Any,
    most: int,
    numbers: dict[str, dict[str, Any]],
) -> dict[str, pd.DataFrame]:
    grade = held.subjects["grade"].to_numpy()
    agreed = champion_challenger.agreement(grade, second, held.grades, class_order, y=bad)
    queue = champion_challenger.disagreement_queue(
        held.subjects["subject_id"],
        grade,
        second,
        chance,
        held.grades,
        class_order,
        statutory_explanations=explained,
        advisory_explanations=advisory,
        most=most,
    )
    numbers["agreement"] = {name: value for name, value in asdict(agreed).items() if name != "cells"}
    numbers["agreement"] |= {"queue": queue.attrs["total"], "grades": list(held.grades)}
    numbers["agreement"]["classes"] = list(class_order or held.grades)
    return {"agreement": agreed.cells, "queue": queue}


def _from_points(score: Any, bad: Any, higher_is_better: bool) -> Any:
    """Probabilities from points: a straight line on the log-odds, all but level where it would turn the ranks."""
    values = column("score", score) * (-1.0 if higher_is_better else 1.0)
    z = (values - values.mean()) / (float(np.std(values)) or 1.0)
    theta, _, settled = fit_line(bad, z, np.ones(len(bad)))
    if not settled:
        raise InputError("modelling.points_part_outcomes_wholly_no_line", where="score")
    if theta[1] <= 0:  # the ranks stay those of the rules, however wrong
        return expit(log_odds(np.mean(bad)) + 1e-6 * z)
    return expit(theta[0] + theta[1] * z)


def _limits(held: Mapping[str, Any]) -> tuple[Mapping[str, str], ...]:
    labels = [label_of("model_limits", code) for code in ("people_look", "silence")]
    labels.append(label_of("model_limits", "not_compared", held["left_out"]))
    return tuple(label.model_dump() for label in labels)
