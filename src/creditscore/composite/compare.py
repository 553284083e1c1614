"""Composites of the same gradings beside each other: rank correlation, who moves, sensitivity to weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from creditscore.composite.combine import NO_LISTINGS, NO_SUBJECTS
from creditscore.composite.config import TOP, CompositeConfig
from creditscore.composite.ranks import joint, kendall, spearman
from creditscore.composite.result import Composite
from creditscore.composite.score import Function, Ints, function_of, places, points, raw
from creditscore.core.errors import UsageError
from creditscore.core.i18n import plain
from creditscore.core.messages import Message

STEP, DRAWS, SEED, CONCENTRATION = 10, 200, 1, 200
MOST = 20  # moves listed on the page; the flows count all
NONE = "not_graded"


def compare_composites(
    composites: Sequence[Composite], *, step: int = STEP, draws: int = DRAWS, seed: int = SEED
) -> dict[str, Any]:
    """Compare two or more composites that were computed from the same gradings.

    Parameters
    ----------
    composites
        At least two, from the same gradings, lists, subjects and day.
    step
        How far each weight is moved, in per cent; above 0 and below 100.
    draws
        The number of random weights; 0 leaves them out.
    seed
        The seed of the random weights; the same seed gives the same result.

    Returns
    -------
    dict
        Plain values for JSON. `composites`: of each, name, rule, marks, counts per grade and share of fragile grades.
        `pairs`: of each two, rank correlations of the subjects that both score, flows between grades, mean difference
        in points and the largest moves (at most 20). `sensitivity`: of each, per domain the share of scored subjects
        whose grade changes when its weight is larger (`up`) or smaller (`down`) by `step`, and the same under random
        weights (`draws`); empty for a weakest-link composite, which has no weighted sum, and where nobody is scored.
        `settings`, `notes`, `as_of` and `made_up` (whether any of the data is synthetic).

    Raises
    ------
    UsageError
        For fewer than two composites, a `step` or `draws` out of range, or composites of different inputs.

    Notes
    ----- Sensitivity scores with weights w'_k = w_k · (100 ± step) / 100, the others unchanged; a score divides by the
    sum of the weights, so the others follow in proportion. Random weights are Dirichlet with parameters 200 · w_k / Σ
    w, whose mean is the configured weights. Rank correlations are Spearman's ρ (the correlation of mean ranks) and
    Kendall's τ-b = (C − D) / √((P − T₁)(P − T₂)), with C and D the concordant and discordant pairs, P all pairs, T₁ and
    T₂ the pairs tied in the first and the second score; None where all subjects have the same score.

    References
    ----------
    Kendall (1945), for the correction for ties in τ-b.

    Examples
    --------
    >>> data = compare_composites([read_composite("a"), read_composite("b")])  # doctest: +SKIP
    >>> data["pairs"][0]["spearman"]  # doctest: +SKIP
    0.971204
    """
    if len(composites) < 2:
        raise UsageError("composite.composite_cannot_compared")
    if not 0 < step < 100 or draws < 0:
        raise UsageError("composite.step_draws", step=step, draws=draws)
    _same_inputs(composites)
    names = _names(composites)
    held = [_held(composite) for composite in composites]
    return {
        "kind": "composite_comparison",
        "as_of": composites[0].manifest["as_of"],
        "composites": [
            _about(name, composite, part) for name, composite, part in zip(names, composites, held, strict=True)
        ],
        "pairs": [_pair(names[a], names[b], held[a], held[b]) for a, b in combinations(range(len(held)), 2)],
        "sensitivity": [_sensitivity(name, part, step, draws, seed) for name, part in zip(names, held, strict=True)],
        "settings": {"step": step, "draws": draws, "seed": seed, "concentration": CONCENTRATION},
        "notes": list(dict.fromkeys(note for composite in composites for note in composite.manifest["notes"])),
        "made_up": any(composite.manifest.get("made_up", False) for composite in composites),
    }


@dataclass(frozen=True)
class _Compared:
    """What a comparison reads of a composite: ids, scores and grades (−1: none), kinds of values with their counts."""

    config: CompositeConfig
    function: Function
    ids: np.ndarray
    score: Ints
    place: Ints
    fragile: int
    values: Ints
    ceilings: Ints
    counts: Ints


def _held(composite: Composite) -> _Compared:
    config = composite.config
    table = composite.coded["composite"]
    graded = np.array([state == "graded" for state in table["state"].to_pylist()], dtype=bool)
    score = table["score"].fill_null(-1).to_numpy().astype(np.int64)
    f = function_of(config)
    tops = {rule.id: config.ceiling(rule.ceiling) for rule in config.hard_rules}
    top = {
        rules: min([tops[name] for name in rules.split(";") if name], default=TOP)
        for rules in set(table["hard_rules"].to_pylist())
    }
    ceiling = np.array([top[rules] for rules in table["hard_rules"].to_pylist()], dtype=np.int64)
    ids = np.array(table["subject_id"].to_pylist(), dtype=object)
    shares = composite.coded["contributions"]
    size = len(config.domains)
    values = shares["value"].to_numpy().astype(np.int64).reshape(-1, size)
    left = np.array([why != "individual_business" for why in table["state_reason"].to_pylist()], dtype=bool)
    rows = np.column_stack([values, ceiling[left]])[graded[left]]
    kinds, counts = np.unique(rows, axis=0, return_counts=True)
    fragile = int(sum(bool(value) for value in table["fragile"].to_pylist()))
    place = np.where(graded, places(f, np.maximum(score, 0)), -1)
    return _Compared(config, f, ids, np.where(graded, score, -1), place, fragile, kinds[:, :-1], kinds[:, -1], counts)


def _same_inputs(composites: Sequence[Composite]) -> None:
    first = composites[0].manifest
    for manifest in (other.manifest for other in composites[1:]):
        for what in ("as_of", "listings", "acts", "subjects"):
            if manifest[what] != first[what]:
                raise UsageError(
                    "composite.made_different_inputs",
                    config=manifest["config"],
                    config_2=first["config"],
                    what_value=what,
                    first=_tell_input(first[what]),
                    manifest=_tell_input(manifest[what]),
                )
        tables = [{part.get("table_sha256") for part in data["inputs"]} - {None} for data in (first, manifest)]
        if tables[0] != tables[1]:
            raise UsageError(
                "composite.made_different_tables_grades", config=manifest["config"], config_2=first["config"]
            )
        known = {part.get("scheme"): part.get("run_id") for part in first["inputs"]}
        for part in manifest["inputs"]:
            if known.get(part.get("scheme"), part.get("run_id")) != part.get("run_id"):
                raise UsageError(
                    "composite.made_different_gradings_under",
                    config=manifest["config"],
                    config_2=first["config"],
                    scheme=part["scheme"],
                )


def _tell_input(text: str) -> str | Message:
    """Return a hash or a day as it stands; in words that there was no such input."""
    absent = {NO_LISTINGS: Message("composite.no_listings"), NO_SUBJECTS: Message("composite.no_subjects")}
    return absent.get(text, text)


def _names(composites: Sequence[Composite]) -> list[str]:
    names = [f"{composite.manifest['config']}@{composite.manifest['config_version']}" for composite in composites]
    return [f"{name} ({k + 1})" if names.count(name) > 1 else name for k, name in enumerate(names)]


def _about(name: str, composite: Composite, held: _Compared) -> dict[str, Any]:
    scored = int((held.place >= 0).sum())
    label = held.config.label
    return {
        "name": name,
        "label": {"zh": label.zh, "en": label.en},
        "rule": held.config.rule,
        "marks": held.config.marks.model_dump(),
        "run_id": composite.manifest["run_id"],
        "reference": composite.manifest["reference"],
        "subjects": len(held.ids),
        "graded": scored,
        "fragile": held.fragile,
        "fragile_share": _share(held.fragile, scored),
        "weights": {domain.id: domain.weight for domain in held.config.domains},
        "labels": {
            domain.id: {"zh": domain.label.zh, "en": domain.label.en}
            if domain.label
            else {"zh": domain.id, "en": domain.id}
            for domain in held.config.domains
        },
        "grades": [
            {
                "grade": grade.code,
                "label": (grade.label or plain(grade.code)).model_dump(),
                "count": int((held.place == k).sum()),
                "share": _share(int((held.place == k).sum()), scored),
            }
            for k, grade in enumerate(held.config.grades)
        ],
    }


def _share(count: int, total: int) -> float | None:
    return round(count / total, 6) if total else None


def _pair(first: str, second: str, a: _Compared, b: _Compared) -> dict[str, Any]:
    ids, at, bt = np.intersect1d(a.ids.astype(str), b.ids.astype(str), return_indices=True)
    score_a, score_b, place_a, place_b = a.score[at], b.score[bt], a.place[at], b.place[bt]
    both = (place_a >= 0) & (place_b >= 0)
    table = joint(score_a[both], score_b[both], np.ones(int(both.sum()), dtype=np.int64))
    codes = [[grade.code for grade in compared.config.grades] for compared in (a, b)]
    flows = [
        {"from": name, "to": other, "count": int(((place_a == i) & (place_b == j)).sum())}
        for i, name in [*enumerate(codes[0]), (-1, NONE)]
        for j, other in [*enumerate(codes[1]), (-1, NONE)]
    ]
    moved = score_b - score_a
    order = np.lexsort((ids, -np.abs(moved)))
    largest = [k for k in order[: MOST * 50] if both[k] and moved[k]][:MOST]
    alike = codes[0] == codes[1]
    return {
        "first": first,
        "second": second,
        "both": int(both.sum()),
        "same_grade": _share(int((both & (place_a == place_b)).sum()), int(both.sum())) if alike else None,
        "spearman": spearman(table),
        "kendall": kendall(table),
        "mean_difference": round(float(moved[both].mean()), 3) if both.any() else None,
        "better": int((both & (moved > 0)).sum()),
        "worse": int((both & (moved < 0)).sum()),
        "same": int((both & (moved == 0)).sum()),
        "flows": [row for row in flows if row["count"]],
        "grades": codes,
        "moved": [
            {
                "subject_id": str(ids[k]),
                "first": int(score_a[k]),
                "second": int(score_b[k]),
                "first_grade": codes[0][place_a[k]],
                "second_grade": codes[1][place_b[k]],
            }
            for k in largest
        ],
    }


def _sensitivity(name: str, compared: _Compared, step: int, draws: int, seed: int) -> dict[str, Any]:
    f, total = compared.function, int(compared.counts.sum())
    if f.weakest or not total:
        return {"name": name, "weights": not f.weakest, "domains": [], "draws": None}
    base = points(f, raw(f, compared.values, compared.ceilings))
    grade = places(f, base)

    def scored(weights: Any) -> tuple[Ints, float]:
        reweighted = f.with_weights(weights)
        score = points(reweighted, raw(reweighted, compared.values, compared.ceilings))
        return score, round(int(compared.counts[places(reweighted, score) != grade].sum()) / total, 6)

    rows = []
    for k, domain in enumerate(compared.config.domains):
        changed = []
        for percent in (100 + step, 100 - step):
            weights = f.weights * 100
            weights[k] = f.weights[k] * percent
            changed.append(scored(weights)[1])
        rows.append({"domain": domain.id, "weight": domain.weight, "up": changed[0], "down": changed[1]})
    rng = np.random.default_rng(seed)
    shape = f.weights / f.total * CONCENTRATION
    result, order = [], []
    for _ in range(draws):
        drawn = np.where(shape > 0, rng.standard_gamma(np.maximum(shape, 1e-12)), 0.0)
        weights = np.rint(drawn / drawn.sum() * 1_000_000).astype(np.int64)
        score, moved = scored(weights)
        result.append(moved)
        order.append(spearman(joint(base, score, compared.counts)))
    held = [number for number in order if number is not None]
    summary = (
        {
            "mean": round(float(np.mean(result)), 6),
            "largest": max(result),
            "spearman_least": min(held, default=None),
        }
        if result
        else None
    )
    return {"name": name, "weights": True, "domains": rows, "draws": summary}
