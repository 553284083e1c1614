"""Two opinions on the same organisations: where grade and class disagree, and who changes places under a new model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import InputError
from creditscore.core.statistics.intervals import jeffreys
from creditscore.modelling.validation.metrics.calibration_tests import brier, calibration_error
from creditscore.modelling.validation.metrics.clusters import observed_to_expected
from creditscore.modelling.validation.metrics.discrimination import compare_auc, discrimination
from creditscore.modelling.validation.metrics.grade_tests import coded_grades
from creditscore.modelling.validation.metrics.inputs import (
    Floats,
    Ints,
    codes,
    effective,
    frame,
    outcomes,
    plain,
    probabilities,
    tally,
    weights,
)

if TYPE_CHECKING:
    import pandas as pd

    from creditscore.modelling.validation.rules import Statutory

Explained = Mapping[Any, str] | None


@dataclass(frozen=True)
class Agreement:
    """`cells`: statutory grade × advisory class with count and, where outcomes are known, events, rate and its
    interval.

    `equal`, `model_worse`, `rule_worse`: shares; `kappa`: Cohen's with quadratic weights (1 agreement, 0 chance).
    """

    cells: pd.DataFrame
    equal: float
    model_worse: float
    rule_worse: float
    kappa: float


def agreement(
    grade: Any,
    advisory: Any,
    order: Sequence[Any],
    advisory_order: Sequence[Any] | None = None,
    *,
    y: Any = None,
    sample_weight: Any = None,
    level: float = 0.95,
) -> Agreement:
    """The statutory grade beside the advisory class of the same organisations; both orders best first, of equal length.

    Source of kappa: Cohen 1968, Psychological Bulletin 70.
    """
    length = len(grade)
    first, names = coded_grades(grade, length, order)
    second, classes = coded_grades(advisory, length, advisory_order or order)
    if len(names) != len(classes):
        raise InputError(
            "modelling.grades_classes", names_count=len(names), classes_count=len(classes), where="advisory_order"
        )
    _check_places(names, classes)
    weight, size = weights(sample_weight, length), len(names)
    bad = None if y is None else outcomes(y)
    rows = []
    for i in range(size):
        for j in range(size):
            inside = (first == i) & (second == j)
            row: dict[str, Any] = {"grade": names[i], "advisory": classes[j], "count": int(inside.sum())}
            rows.append(row | _rate(bad, weight, inside, level))
    table = tally(first * size + second, weight, size * size).reshape(size, size)
    table = table / float(table.sum())
    step = np.arange(size)
    far = (step[:, None] - step[None, :]) ** 2 / max(1, (size - 1) ** 2)
    chance = float(np.sum(far * np.outer(table.sum(axis=1), table.sum(axis=0))))
    return Agreement(
        cells=frame(rows),
        equal=float(np.trace(table)),
        model_worse=float(np.triu(table, 1).sum()),
        rule_worse=float(np.tril(table, -1).sum()),
        kappa=1 - float(np.sum(far * table)) / chance if chance else float("nan"),
    )


def _check_places(names: Sequence[Any], classes: Sequence[Any]) -> None:
    """A class stands beside the grade of its place, so one name must not stand at two places."""
    for place, name in enumerate(classes):
        if name in names and names.index(name) != place:
            raise InputError(
                "modelling.grade_class",
                name=name,
                count=names.index(name) + 1,
                count_2=place + 1,
                where="advisory_order",
                allowed=list(map(str, names)),
            )


def _rate(y: Floats | None, weight: Floats, inside: Any, level: float) -> dict[str, Any]:
    if y is None:
        return {}
    w = weight[inside]
    if not w.any():
        return {"events": 0, "rate": float("nan"), "rate_low": float("nan"), "rate_high": float("nan")}
    rate, n = float(np.sum(w * y[inside]) / np.sum(w)), effective(w)
    low, high = jeffreys(rate * n, n, level)
    return {"events": int(np.sum(y[inside])), "rate": rate, "rate_low": float(low), "rate_high": float(high)}


def disagreement_queue(
    subject_id: Any,
    grade: Any,
    advisory: Any,
    p: Any,
    order: Sequence[Any],
    advisory_order: Sequence[Any] | None = None,
    *,
    statutory_explanations: Explained = None,
    advisory_explanations: Explained = None,
    least: int = 1,
    most: int | None = None,
) -> pd.DataFrame:
    """List the organisations on which rule and model disagree, for people to look at: the widest gap first.

    Nothing here changes a grade.

    Parameters
    ----------
    subject_id
        Id of each organisation, each once.
    grade
        Statutory grade of each.
    advisory
        The model's class of each.
    p
        The model's probability of the event of each, in [0, 1].
    order
        The grades, best first.
    advisory_order
        The classes, best first; None: they are called as the grades. A name in both must stand at the same place.
    statutory_explanations, advisory_explanations
        Words by id that explain grade and class; None: there are none.
    least
        Steps of difference that are needed, 1 or more.
    most
        Greatest number of rows; None for all.

    Returns
    -------
    DataFrame
        Columns: place, subject_id, grade, advisory, steps (class less grade in steps; positive: the model sees it
        worse), direction (`model_worse`, `rule_worse`), p, statutory_explanation, advisory_explanation. Sorted by
        |steps|, then by how sure the model is on its side (p high where it is worse, low where it is better), then by
        id. `attrs["total"]` says how many there were before the cut at `most`.

    Raises
    ------
    InputError
        For an organisation that stands twice, a missing or unknown grade or class, and a name that stands at two
        places.
    TableError
        For unusable probabilities.

    Examples
    --------
    >>> queue = disagreement_queue(["F1", "F2"], ["A", "D"], ["C", "D"], [0.4, 0.6], ["A", "B", "C", "D"])
    >>> queue[["subject_id", "steps", "direction"]].values.tolist()
    [['F1', 2, 'model_worse']]
    """
    ids = [plain(value) for value in subject_id]
    if len(set(ids)) < len(ids):
        raise InputError("modelling.organisation_stands_twice", where="subject_id")
    first, names = coded_grades(grade, len(ids), order)
    second, classes = coded_grades(advisory, len(ids), advisory_order or order)
    _check_places(names, classes)
    p = probabilities(p, len(ids))
    steps = second - first
    chosen = [k for k in range(len(ids)) if abs(int(steps[k])) >= max(1, least)]
    chosen.sort(key=lambda k: (-abs(int(steps[k])), -p[k] if steps[k] > 0 else p[k] - 1, str(ids[k])))
    rows = [
        {"place": place, "subject_id": ids[k], "grade": names[first[k]], "advisory": classes[second[k]]}
        | {"steps": int(steps[k]), "direction": "model_worse" if steps[k] > 0 else "rule_worse", "p": float(p[k])}
        | {"statutory_explanation": (statutory_explanations or {}).get(ids[k], "")}
        | {"advisory_explanation": (advisory_explanations or {}).get(ids[k], "")}
        for place, k in enumerate(chosen[:most], start=1)
    ]
    columns = [
        "place",
        "subject_id",
        "grade",
        "advisory",
        "steps",
        "direction",
        "p",
        "statutory_explanation",
        "advisory_explanation",
    ]
    table = frame(rows, columns)
    table.attrs["total"] = len(chosen)
    return table


def ledger_explanations(rules: Statutory, most: int = 5) -> dict[Any, str]:
    """For each organisation the items that moved its score most, as `item points`, separated by semicolons; in
    brackets before them the rules that decided, where they are not the bands of points alone.
    """
    moved = rules.items[rules.items["points"] != 0].copy()
    moved["size"] = -moved["points"].abs()
    moved = moved.sort_values(["subject_id", "size", "item"], kind="stable")
    moved["text"] = moved["item"].astype(str) + " " + moved["points"].map(lambda point: f"{point:+g}".replace("-", "−"))
    table = moved.groupby("subject_id", sort=False).head(most)
    text_by_subject = {plain(key): "; ".join(column) for key, column in table.groupby("subject_id", sort=False)["text"]}
    if "decided" in rules.subjects:
        for key, rule in zip(rules.subjects["subject_id"], rules.subjects["decided"], strict=True):
            if rule not in ("", "bands"):  # a grade that does not come from points alone
                text_by_subject[plain(key)] = f"[{rule}] {text_by_subject.get(plain(key), '')}".strip()
    return text_by_subject


@dataclass(frozen=True)
class Challenge:
    """Champion against challenger on the same rows.

    `measures`: one row per figure (champion, challenger, difference, better). `auc_p`: DeLong's test of the two AUCs.
    `swaps`: by part (`all`, and each group of each attribute) the four sets both_flagged, flagged_by_champion (let
    go by the challenger), flagged_by_challenger (taken up by it), neither: count, share, events, rate with its
    interval. `cases`: the rows that change places, with both explanations.
    """

    measures: pd.DataFrame
    auc_p: float
    champion_threshold: float
    challenger_threshold: float
    swaps: pd.DataFrame = field(repr=False)
    cases: pd.DataFrame = field(repr=False)


SETS = ("neither", "flagged_by_champion", "flagged_by_challenger", "both_flagged")


def champion_challenger(
    y: Any,
    champion: Any,
    challenger: Any,
    *,
    flag_share: float | None = None,
    by: Mapping[str, Any] | pd.DataFrame | None = None,
    subject_id: Any = None,
    champion_explanations: Explained = None,
    challenger_explanations: Explained = None,
    sample_weight: Any = None,
    groups: Any = None,
    level: float = 0.95,
) -> Challenge:
    """Compare two models' probabilities on the same outcomes, and show whom each flags at the same capacity.

    Both flag the riskiest share of the weight; rows of equal probability are flagged together. A challenger earns its
    place where what it takes up has a higher rate than what it lets go.

    Parameters
    ----------
    y
        Outcomes 0/1, shape (n,), both of them present.
    champion
        Probabilities of the model in use, shape (n,).
    challenger
        Probabilities of the model that may replace it, shape (n,).
    flag_share
        Share of the weight that is flagged, in (0, 1); None: as much as had the event.
    by
        Attributes of each row, such as grade, sector, size: name → labels, or a table; None: the whole only.
    subject_id
        Id of each row; None: its position from 0.
    champion_explanations, challenger_explanations
        Words by id that explain each probability; None: there are none.
    sample_weight
        Weight of each row, 0 or more; None for 1 each.
    groups
        The organisation of each row, where some have several, for the errors of the AUC; None: every row is its own.
    level
        Confidence of the intervals, 0.5 to below 1.

    Returns
    -------
    Challenge
        `measures`, one row per figure of both; `auc_p`, DeLong's test of the two AUCs; `swaps`, the four sets of who is
        flagged by whom, for the whole and each group; `cases`, the rows that change places, with both explanations.

    Raises
    ------
    TableError
        For unusable outcomes, probabilities or weights.
    InputError
        For a share outside (0, 1), and labels or ids of another length.
    UsageError
        For a level outside its range.

    Examples
    --------
    >>> challenge = champion_challenger(y, p_old, p_new, by={"size": size})  # doctest: +SKIP
    >>> challenge.swaps  # doctest: +SKIP
    """
    y = outcomes(y)
    first, second = probabilities(champion, len(y), "champion"), probabilities(challenger, len(y), "challenger")
    weight = weights(sample_weight, len(y))
    share = float(np.sum(weight * y) / np.sum(weight)) if flag_share is None else flag_share
    if not 0 < share < 1:
        raise InputError("modelling.share_cannot_flagged", share=share, where="flag_share")
    at = _threshold(first, weight, share), _threshold(second, weight, share)
    which = (first >= at[0]).astype(np.int64) + 2 * (second >= at[1])
    parts: list[tuple[str, Any, Any]] = [("all", "", np.ones(len(y), dtype=bool))]
    attributes: Mapping[str, Any] | pd.DataFrame = {} if by is None else by
    for name in attributes if isinstance(attributes, Mapping) else attributes.columns:
        code, group_names = codes(str(name), attributes[name], len(y))
        parts += [(str(name), group, code == k) for k, group in enumerate(group_names)]
    swaps = []
    for name, group, inside in parts:
        total = float(np.sum(weight[inside]))
        for k, label in enumerate(SETS):
            rows = inside & (which == k)
            held = float(np.sum(weight[rows]))
            swaps.append(
                {"by": name, "group": group, "set": label, "count": int(rows.sum())}
                | {"share": held / total if total else float("nan")}
                | _rate(y, weight, rows, level)
            )
    measures, p_value = _measures(y, first, second, weight, groups, level)
    return Challenge(
        measures=measures,
        auc_p=p_value,
        champion_threshold=at[0],
        challenger_threshold=at[1],
        swaps=frame(swaps),
        cases=_cases(which, first, second, subject_id, champion_explanations, challenger_explanations),
    )


def _threshold(p: Floats, weight: Floats, share: float) -> float:
    order = np.argsort(-p, kind="stable")
    reached = np.cumsum(weight[order])
    at = int(np.searchsorted(reached, share * reached[-1] * (1 - 1e-12)))
    return float(p[order][min(at, len(p) - 1)])


def _measures(
    y: Floats, first: Floats, second: Floats, weight: Floats, groups: Any, level: float
) -> tuple[pd.DataFrame, float]:
    test = compare_auc(y, first, second, weight, level=level, groups=groups)
    rows: list[dict[str, Any]] = []

    def add(name: str, number: float, two: float, good: str) -> None:
        gap = two - number
        if good == "one":
            gap = abs(number - 1) - abs(two - 1)
        gain = -gap if good == "low" else gap
        better = "equal" if abs(gain) < 1e-12 else "challenger" if gain > 0 else "champion"
        rows.append(
            {"measure": name, "champion": number, "challenger": two, "difference": two - number, "better": better}
        )

    both = [discrimination(y, p, weight, bootstraps=0) for p in (first, second)]
    add("auc", both[0].auc, both[1].auc, "high")
    add("ks", both[0].ks, both[1].ks, "high")
    add("brier", brier(y, first, weight).score, brier(y, second, weight).score, "low")
    add("ece", calibration_error(y, first, weight)["ece"], calibration_error(y, second, weight)["ece"], "low")
    add("oe", observed_to_expected(y, first, weight)[0], observed_to_expected(y, second, weight)[0], "one")
    table = frame(rows)
    table.attrs["auc"] = asdict(test)
    return table, test.p_value


def _cases(
    which: Ints, first: Floats, second: Floats, subject_id: Any, explained: Explained, two: Explained
) -> pd.DataFrame:
    ids = list(range(len(which))) if subject_id is None else [plain(each) for each in subject_id]
    if len(ids) != len(which):
        raise InputError("modelling.ids_outcomes", ids_count=len(ids), which_count=len(which), where="subject_id")
    moved = [int(k) for k in np.flatnonzero((which == 1) | (which == 2))]
    moved.sort(key=lambda k: (-abs(second[k] - first[k]), str(ids[k])))
    rows = [
        {"subject_id": ids[k], "set": SETS[which[k]], "champion_p": float(first[k]), "challenger_p": float(second[k])}
        | {
            "champion_explanation": (explained or {}).get(ids[k], ""),
            "challenger_explanation": (two or {}).get(ids[k], ""),
        }
        for k in moved
    ]
    columns = ["subject_id", "set", "champion_p", "challenger_p", "champion_explanation", "challenger_explanation"]
    return frame(rows, columns)
